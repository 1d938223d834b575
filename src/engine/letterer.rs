//! Writes words with the network that draws single letters: each letter by itself, so that the spelling
//! is never wrong, all of one hand, set in lines on a page.
use super::EngineError;
use crate::diffusion::{
    Conditions, Denoiser, NetworkError, NoiseSchedule, Progress, SamplingPlan, sample,
};
use crate::domain::{InkMap, Lettering, Seed};
use crate::ink::typeset;
use crate::model::LettersSpec;
use ndarray::{Array2, ArrayView2};
use std::ops::ControlFlow;

/// Dots along a side of a page with letters: twice the pictures', so that small letters keep their
/// shape.
pub const PAGE_SIDE: usize = 144;

/// The network of letters at work.
pub struct Letterer {
    spec: LettersSpec,
    denoiser: Box<dyn Denoiser + Send>,
}

/// A text to be written.
#[derive(Debug, Clone)]
pub struct Writing {
    /// The lines.
    pub lettering: Lettering,
    /// The style, "" leaves it open.
    pub style: String,
    /// Chooses the hand, and is where the noise begins.
    pub seed: Seed,
}

/// A letter to be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Letter {
    character: char,
    /// Its place among the characters that the network knows.
    place: usize,
    hand: i64,
    seed: Seed,
}

impl Letterer {
    /// Puts the network to work.
    pub fn new(spec: LettersSpec, denoiser: Box<dyn Denoiser + Send>) -> Self {
        Self { spec, denoiser }
    }

    /// What the manifest says of the network.
    pub fn spec(&self) -> &LettersSpec {
        &self.spec
    }

    /// Writes texts, a page each. Equal letters of a text look alike. `on_step` sees the pages on the
    /// way and may stop: then `None`.
    ///
    /// # Errors
    /// [`EngineError`] for an unknown style or a failing network.
    pub fn write(
        &mut self,
        writings: &[Writing],
        noise_schedule: &NoiseSchedule,
        on_step: &mut dyn FnMut(&Progress<'_>) -> ControlFlow<()>,
    ) -> Result<Option<Vec<InkMap>>, EngineError> {
        let letters = writings.iter().map(|writing| self.letters(writing));
        let letters = letters.collect::<Result<Vec<_>, _>>()?;
        let all: Vec<Letter> = letters.concat();
        let conditions = Conditions {
            text_embeds: Array2::from_shape_fn(
                (all.len(), self.spec.characters.chars().count()),
                |(item, place)| if all[item].place == place { 1.0 } else { 0.0 },
            ),
            kinds: all.iter().map(|letter| letter.hand).collect(),
            guidance_scales: vec![1.0; all.len()],
            low_res: None,
        };
        let plan = SamplingPlan {
            noise_schedule,
            sampler: self.spec.sampler,
            num_inference_steps: self.spec.steps.get(),
            side: self.spec.map_size,
        };
        let seeds: Vec<_> = all.iter().map(|letter| letter.seed).collect();
        let mut failure = None;
        let maps =
            sample(
                self.denoiser.as_mut(),
                &plan,
                &conditions,
                &seeds,
                &mut |progress| match pages(writings, &letters, progress.pred_original_samples) {
                    Ok(pages) => {
                        let pages: Vec<_> =
                            pages.iter().map(|page| page.view().to_owned()).collect();
                        on_step(&Progress { pred_original_samples: &pages, ..*progress })
                    }
                    Err(error) => {
                        failure = Some(error);
                        ControlFlow::Break(())
                    }
                },
            )?;
        match (failure, maps) {
            (Some(error), _) => Err(error.into()),
            (None, Some(maps)) => Ok(Some(pages(writings, &letters, &maps)?)),
            (None, None) => Ok(None),
        }
    }

    /// The different letters of a text.
    fn letters(&self, writing: &Writing) -> Result<Vec<Letter>, EngineError> {
        let hands = self.spec.hands_of(&writing.style);
        if hands.is_empty() {
            let kinds = self.spec.styles().into_iter().map(Lettering::kind_of);
            return Err(EngineError::UnknownKind {
                kind: Lettering::kind_of(&writing.style),
                known: kinds.collect::<Vec<_>>().join(", "),
            });
        }
        let hand = hands[writing.seed.get() as usize % hands.len()];
        let mut letters: Vec<Letter> = Vec::new();
        for character in writing.lettering.lines().iter().flat_map(|line| line.chars()) {
            let place = self.spec.characters.chars().position(|known| known == character);
            let Some(place) = place else { continue };
            if letters.iter().all(|letter| letter.place != place) {
                let seed = writing.seed.of_letter(character);
                letters.push(Letter { character, place, hand, seed });
            }
        }
        Ok(letters)
    }
}

/// The pages made of letters in their order.
fn pages(
    writings: &[Writing],
    letters: &[Vec<Letter>],
    mut maps: &[Array2<f32>],
) -> Result<Vec<InkMap>, NetworkError> {
    let mut pages = Vec::with_capacity(writings.len());
    for (writing, letters) in writings.iter().zip(letters) {
        let (own, rest) = maps.split_at(letters.len());
        maps = rest;
        let map = |character: char| -> Option<ArrayView2<'_, f32>> {
            let place = letters.iter().position(|letter| letter.character == character)?;
            Some(own[place].view())
        };
        let lines = writing.lettering.lines().iter().map(|line| line.chars().map(map).collect());
        let page = typeset(&lines.collect::<Vec<_>>(), PAGE_SIDE);
        pages.push(page.map_err(|error| NetworkError(error.to_string()))?);
    }
    Ok(pages)
}
