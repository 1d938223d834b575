//! The use case "draw": options become checked requests, requests become drawings with recipes.
use super::DrawError;
use crate::diffusion::NoiseSchedule;
use crate::domain::{
    CanvasSize, Charset, DrawRequest, Drawing, GuidanceScale, InkMap, Prompt, Recipe, SamplerName,
    Seed, Steps, Style, Variation,
};
use crate::engine::Artist;
use crate::ink::Decoder;
use crate::model::{Manifest, normalise};
use std::ops::ControlFlow;

/// Drawings that go through the network together.
pub const BATCH: usize = 4;

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

/// The drawings on the way.
#[derive(Debug, Clone)]
pub struct Preview {
    /// Steps done, from 1.
    pub steps_done: usize,
    /// Steps in all.
    pub num_inference_steps: usize,
    /// The model's own estimates, as they would be drawn; empty when previews are not wanted.
    pub drawings: Vec<Drawing>,
}

/// Makes drawings with one model.
pub struct DrawService {
    artist: Artist,
}

impl DrawService {
    /// A service around a model at work.
    pub fn new(artist: Artist) -> Self {
        Self { artist }
    }

    /// The model's manifest.
    pub fn manifest(&self) -> &Manifest {
        self.artist.manifest()
    }

    /// The request for one variation of a prompt. A given seed is the first variation's; the others
    /// count up from it.
    pub fn request(&self, prompt: Prompt, variation: Variation, options: &Options) -> DrawRequest {
        let defaults = &self.manifest().defaults;
        let seed = match options.seed {
            Some(seed) => Seed::new(seed.get().wrapping_add(variation.get() - 1)),
            None => Seed::derive(&self.manifest().id(), &prompt, variation),
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
        }
    }

    /// The request that a recipe writes down.
    ///
    /// # Errors
    /// [`DrawError::OtherModel`] when another model drew it.
    pub fn follow(&self, recipe: &Recipe) -> Result<DrawRequest, DrawError> {
        let loaded = self.manifest().id();
        if recipe.model != loaded {
            return Err(DrawError::OtherModel { wanted: recipe.model.clone(), loaded });
        }
        Ok(recipe.request())
    }

    /// The model's noise schedule.
    pub fn noise_schedule(&self) -> &NoiseSchedule {
        self.artist.noise_schedule()
    }

    /// Draws requests that share size, style, sampler and steps. `on_step` is told after each step
    /// of each batch, with previews where `previews` is set, and may stop.
    ///
    /// # Errors
    /// [`DrawError`].
    pub fn draw(
        &mut self,
        requests: &[DrawRequest],
        previews: bool,
        on_step: &mut dyn FnMut(Preview) -> ControlFlow<()>,
    ) -> Result<Vec<Answer>, DrawError> {
        let mut answers = Vec::with_capacity(requests.len());
        for batch in requests.chunks(BATCH) {
            let Some(first) = batch.first() else { continue };
            let decoder = Decoder::new(first.style, first.charset.as_ref());
            let sketches = self.artist.sketch(batch, &mut |progress| {
                let maps = progress.pred_original_samples.iter().filter(|_| previews);
                let maps = maps.filter_map(|map| InkMap::new(map.clone()).ok());
                on_step(Preview {
                    steps_done: progress.steps_done,
                    num_inference_steps: progress.num_inference_steps,
                    drawings: maps.map(|map| decoder.preview(&map, first.size)).collect(),
                })
            })?;
            let model = self.manifest().id();
            for (request, sketch) in batch.iter().zip(sketches.ok_or(DrawError::Stopped)?) {
                // "a house" says what is drawn, "villa" does not.
                let asked = format!(" {} ", normalise(request.prompt.as_str()));
                let concept = sketch.meaning.concept;
                answers.push(Answer {
                    drawing: decoder.decode(&sketch.map, request.size),
                    map: sketch.map,
                    recipe: Recipe::of(request, &model),
                    drawn_as: (!asked.contains(&format!(" {} ", normalise(&concept))))
                        .then_some(concept),
                });
            }
        }
        Ok(answers)
    }
}
