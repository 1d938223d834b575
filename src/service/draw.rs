//! The use case "draw", one after the other: requests become drawings with recipes.
use super::DrawError;
use super::request::{Answer, Options, drawn_as, follow, request};
use crate::diffusion::NoiseSchedule;
use crate::domain::{DrawRequest, Drawing, InkMap, Prompt, Recipe, Variation};
use crate::engine::Artist;
use crate::ink::Decoder;
use crate::model::Manifest;
use std::ops::ControlFlow;

/// Drawings that go through the network together.
pub const BATCH: usize = 4;

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

    /// The request for one variation of a prompt, see [`request`].
    pub fn request(&self, prompt: Prompt, variation: Variation, options: &Options) -> DrawRequest {
        request(self.manifest(), prompt, variation, options)
    }

    /// The request that a recipe writes down.
    ///
    /// # Errors
    /// [`DrawError::OtherModel`] when another model drew it.
    pub fn follow(&self, recipe: &Recipe) -> Result<DrawRequest, DrawError> {
        follow(self.manifest(), recipe)
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
                answers.push(Answer {
                    drawing: decoder.decode(&sketch.map, request.size),
                    drawn_as: drawn_as(request, &sketch),
                    map: sketch.map,
                    recipe: Recipe::of(request, &model),
                });
            }
        }
        Ok(answers)
    }
}
