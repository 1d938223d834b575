//! What somebody asked for becomes a request; what was left open is filled in by the model's defaults.
use super::DrawError;
use crate::domain::{
    Candidates, CanvasSize, Charset, DrawRequest, Drawing, GuidanceScale, InkMap, Lettering,
    Origin, Prompt, Recipe, SamplerName, Seed, Steps, Style, Variation,
};
use crate::engine::{self, Sketch};
use crate::model::{Manifest, normalise};

/// What somebody asked for; what is left open is filled in by the model's defaults.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Size in cells.
    pub size: CanvasSize,
    /// How ink becomes characters.
    pub style: Style,
    /// The characters, where they are not the style's own.
    pub charset: Option<Charset>,
    /// Where the noise begins; else it follows from model, prompt and variation.
    pub seed: Option<Seed>,
    /// Denoising steps.
    pub steps: Option<Steps>,
    /// How strongly the text guides.
    pub guidance_scale: Option<GuidanceScale>,
    /// The stepping algorithm.
    pub sampler: Option<SamplerName>,
    /// The kind of drawing.
    pub kind: Option<String>,
    /// Which small change of the drawing, from 1; 0 is the drawing itself.
    pub change: u32,
    /// The picture that is redrawn toward the text.
    pub origin: Option<Origin>,
    /// Drawings that compete; else the model's number, and one where the seed is given or a drawing is
    /// changed: then it is known which one is wanted.
    pub candidates: Option<Candidates>,
}

/// A finished drawing.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The characters.
    pub drawing: Drawing,
    /// The ink that they were made from.
    pub map: InkMap,
    /// How to draw it again.
    pub recipe: Recipe,
    /// The concept that was drawn, where it is not what the text says.
    pub drawn_as: Option<String>,
}

/// The request for one variation of a prompt. A given seed is the first variation's; the others count
/// up from it.
pub fn request(
    manifest: &Manifest,
    prompt: Prompt,
    variation: Variation,
    options: &Options,
) -> DrawRequest {
    let defaults = &manifest.defaults;
    let settled = options.seed.is_some() || options.change > 0;
    let usual = manifest.ranker.as_ref().filter(|_| !settled).map(|ranker| ranker.candidates);
    let seed = match options.seed {
        Some(seed) => Seed::new(seed.get().wrapping_add(variation.get() - 1)),
        None => Seed::derive(&manifest.id(), &prompt, variation),
    };
    DrawRequest {
        prompt,
        size: options.size,
        style: options.style,
        charset: options.charset.clone(),
        seed,
        steps: options.steps.unwrap_or(defaults.steps),
        guidance_scale: options.guidance_scale.unwrap_or(defaults.guidance_scale),
        sampler: options.sampler.unwrap_or(defaults.sampler),
        kind: options.kind.clone().unwrap_or_else(|| defaults.kind.clone()),
        change: options.change,
        origin: options.origin.clone(),
        candidates: options.candidates.or(usual).unwrap_or(Candidates::ONE),
    }
}

/// The request that a recipe writes down, one that the model can draw: a batch fails as a whole, and
/// nobody's recipe may fail others' drawings.
///
/// # Errors
/// [`DrawError::OtherModel`] when another model drew it, [`DrawError::Engine`] when it asks for a kind,
/// a picture or letters that the model cannot draw.
pub fn follow(manifest: &Manifest, recipe: &Recipe) -> Result<DrawRequest, DrawError> {
    let loaded = manifest.id();
    if recipe.model != loaded {
        return Err(DrawError::OtherModel { wanted: recipe.model.clone(), loaded });
    }
    let request = recipe.request();
    engine::check(manifest, &request)?;
    Ok(request)
}

/// What was drawn, where it is not what the text says: "a house" says it, "villa" does not, and words
/// nobody asked for as letters do not.
pub(super) fn drawn_as(request: &DrawRequest, sketch: &Sketch) -> Option<String> {
    if sketch.things.is_empty() {
        let asked =
            Lettering::style_of(&request.kind).is_some() || Lettering::is_wanted(&request.prompt);
        return (!asked).then(|| "letters".to_owned());
    }
    let asked = format!(" {} ", normalise(request.prompt.as_str()));
    let mut others: Vec<&str> = Vec::new();
    for thing in &sketch.things {
        let concept = thing.meaning.concept.as_str();
        let said = asked.contains(&format!(" {} ", normalise(concept)));
        if !said && !others.contains(&concept) {
            others.push(concept);
        }
    }
    (!others.is_empty()).then(|| others.join(" and "))
}
