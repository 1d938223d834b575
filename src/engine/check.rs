//! Whether a model can draw a request at all: in a batch, one that it cannot would fail all.
use super::EngineError;
use crate::domain::{DrawRequest, Lettering, LetteringError, Origin, Prompt};
use crate::model::Manifest;
use ndarray::Array2;

/// Checks a request against what the model can draw.
///
/// # Errors
/// [`EngineError`] for a kind, a picture or letters that it cannot.
pub fn check(manifest: &Manifest, request: &DrawRequest) -> Result<(), EngineError> {
    if let Some(style) = Lettering::style_of(&request.kind) {
        let writes = |letters: &crate::model::LettersSpec| !letters.hands_of(style).is_empty();
        if !manifest.letters.as_ref().is_some_and(writes) {
            return Err(unknown_kind(manifest, &request.kind));
        }
        if request.origin.is_some() {
            return Err(EngineError::LettersFromPicture);
        }
        return lettering(manifest, &request.prompt).map(|_| ());
    }
    kind(manifest, &request.kind)?;
    let origin = request.origin.as_ref();
    origin.map_or(Ok(()), |origin| picture(origin, manifest.denoiser.map_size).map(|_| ()))
}

/// A text as letters that a model can write.
pub(super) fn lettering(manifest: &Manifest, prompt: &Prompt) -> Result<Lettering, EngineError> {
    let lettering = Lettering::of(prompt)?;
    let known = manifest.letters.as_ref().map_or("", |letters| &letters.characters);
    let mut characters = lettering.lines().iter().flat_map(|line| line.chars());
    match characters.find(|&character| character != ' ' && !known.contains(character)) {
        Some(unknown) => Err(LetteringError::Unknown(unknown).into()),
        None => Ok(lettering),
    }
}

/// The dots of a picture that a model of this size can start from.
pub(super) fn picture(origin: &Origin, side: usize) -> Result<Array2<f32>, EngineError> {
    match origin.picture.map() {
        Ok(map) if map.side() == side => Ok(map.view().to_owned()),
        _ => Err(EngineError::PictureSize { found: origin.picture.side(), wanted: side }),
    }
}

/// The number under which the denoiser knows a kind of picture.
pub(super) fn kind(manifest: &Manifest, kind: &str) -> Result<i64, EngineError> {
    let index = manifest.denoiser.kinds.iter().position(|known| known == kind);
    index.map(|index| index as i64).ok_or_else(|| unknown_kind(manifest, kind))
}

fn unknown_kind(manifest: &Manifest, kind: &str) -> EngineError {
    let mut known = manifest.denoiser.kinds.clone();
    if let Some(letters) = &manifest.letters {
        known.push(Lettering::kind_of(""));
        known.extend(letters.styles().into_iter().map(Lettering::kind_of));
    }
    EngineError::UnknownKind { kind: kind.to_owned(), known: known.join(", ") }
}
