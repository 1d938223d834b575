//! The use case "draw", one after the other: requests become drawings with recipes.
use super::DrawError;
use super::jury::Jury;
use super::request::{Answer, Options, drawn_as, follow, request};
use crate::diffusion::NoiseSchedule;
use crate::domain::{Candidates, DrawRequest, Drawing, InkMap, Prompt, Recipe, Variation};
use crate::engine::{Artist, EngineError, Sketch};
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
    jury: Jury,
}

impl DrawService {
    /// A service around a model at work, with those who pick among candidates.
    pub fn new(artist: Artist, jury: Jury) -> Self {
        Self { artist, jury }
    }

    /// The model's manifest.
    pub fn manifest(&self) -> &Manifest {
        self.artist.manifest()
    }

    /// The request for one variation of a prompt, see [`request`].
    pub fn request(&self, prompt: Prompt, variation: Variation, options: &Options) -> DrawRequest {
        request(self.manifest(), prompt, variation, options)
    }

    /// The request that a recipe writes down, see [`follow`].
    ///
    /// # Errors
    /// [`DrawError`] when another model drew it, or this one cannot.
    pub fn follow(&self, recipe: &Recipe) -> Result<DrawRequest, DrawError> {
        follow(self.manifest(), recipe)
    }

    /// The model's noise schedule.
    pub fn noise_schedule(&self) -> &NoiseSchedule {
        self.artist.noise_schedule()
    }

    /// Draws requests that share size, style, sampler and steps. `on_step` is told after each step
    /// of each batch, with previews where `previews` is set, and may stop. Of a request with several
    /// candidates the previews show the one that is kept: it is found out beforehand.
    ///
    /// # Errors
    /// [`DrawError`].
    pub fn draw(
        &mut self,
        requests: &[DrawRequest],
        previews: bool,
        on_step: &mut dyn FnMut(Preview) -> ControlFlow<()>,
    ) -> Result<Vec<Answer>, DrawError> {
        if previews && requests.iter().any(|request| request.candidates != Candidates::ONE) {
            let answers = self.draw(requests, false, &mut |_| ControlFlow::Continue(()))?;
            let kept: Vec<_> = answers.iter().map(|answer| answer.recipe.request()).collect();
            return self.draw(&kept, true, on_step);
        }
        let entries: Vec<_> = requests.iter().flat_map(DrawRequest::entries).collect();
        let mut sketches = Vec::with_capacity(entries.len());
        for batch in entries.chunks(BATCH) {
            sketches.extend(self.sketch(batch, previews, on_step)?);
        }
        let model = self.manifest().id();
        let mut competitors = entries.into_iter().zip(sketches);
        let mut answers = Vec::with_capacity(requests.len());
        for request in requests {
            let own = competitors.by_ref().take(request.candidates.get());
            let (entries, mut sketches): (Vec<_>, Vec<_>) = own.unzip();
            let best = self.jury.best(&sketches).map_err(EngineError::from)?;
            let (request, sketch) = (&entries[best], sketches.swap_remove(best));
            answers.push(Answer {
                drawing: decoder(request).decode(&sketch.map, request.size).tinted(&sketch.tints),
                drawn_as: drawn_as(request, &sketch),
                map: sketch.map,
                recipe: Recipe::of(request, &model),
            });
        }
        Ok(answers)
    }

    /// Draws one batch.
    fn sketch(
        &mut self,
        batch: &[DrawRequest],
        previews: bool,
        on_step: &mut dyn FnMut(Preview) -> ControlFlow<()>,
    ) -> Result<Vec<Sketch>, DrawError> {
        let Some(first) = batch.first() else { return Ok(Vec::new()) };
        let decoder = decoder(first);
        let sketches = self.artist.sketch(batch, &mut |progress| {
            let maps = progress.pred_original_samples.iter().filter(|_| previews);
            let maps = maps.filter_map(|map| InkMap::new(map.clone()).ok());
            on_step(Preview {
                steps_done: progress.steps_done,
                num_inference_steps: progress.num_inference_steps,
                drawings: maps.map(|map| decoder.preview(&map, first.size)).collect(),
            })
        });
        sketches?.ok_or(DrawError::Stopped)
    }
}

/// The decoder that a request asks for.
fn decoder(request: &DrawRequest) -> Decoder {
    Decoder::new(request.style, request.charset.as_ref())
}
