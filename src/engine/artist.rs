//! Draws ink maps for requests with one model.
use super::EngineError;
use super::cascade::LowResStage;
use super::check::{check, kind, lettering, picture};
use super::letterer::Letterer;
use super::plan::{Piece, Plans};
use crate::diffusion::{
    Conditions, Denoiser, NoiseSchedule, Progress, SamplingPlan, TextEncoder, resample, sample,
};
use crate::domain::{DrawRequest, InkMap, Lettering, Place, Prompt, Seed, Tint};
use crate::model::{Lexicon, Manifest, Meaning, NoiseScheduleSpec, Part, Subject, colour, scene};
use ndarray::Array2;
use std::ops::ControlFlow;

/// A model with its networks.
pub struct Artist {
    manifest: Manifest,
    lexicon: Lexicon,
    noise_schedule: NoiseSchedule,
    denoiser: Box<dyn Denoiser + Send>,
    text_encoder: Box<dyn TextEncoder + Send>,
    low_res: Option<LowResStage>,
    letterer: Option<Letterer>,
}

/// The networks that not every model has.
#[derive(Default)]
pub struct MoreNetworks {
    /// The first stage of a cascade.
    pub low_res: Option<LowResStage>,
    /// The network that draws letters.
    pub letterer: Option<Letterer>,
}

/// An ink map and what was drawn.
#[derive(Debug, Clone)]
pub struct Sketch {
    /// The ink.
    pub map: InkMap,
    /// The things on it, each with its own ink; none where the text was written in letters.
    pub things: Vec<Thing>,
    /// The colours of its parts; none where the text names no colour.
    pub tints: Vec<Tint>,
}

/// A thing of a sketch.
#[derive(Debug, Clone)]
pub struct Thing {
    /// What the text was taken for.
    pub meaning: Meaning,
    /// Its ink alone.
    pub map: InkMap,
}

/// Shares of inked dots between which a drawing is neither blank nor a slab.
const SOUND_INK: std::ops::Range<f64> = 0.06..0.85;
/// How often a blank or a slab is drawn anew.
const RETRIES: u32 = 3;
/// Longest text, in bytes, that is written in letters because its meaning is not known.
const SHORT_TEXT: usize = 24;
/// How far a small change noises a drawing before it is drawn again, 0…1 of the way.
const CHANGE_STRENGTH: f32 = 0.6;

/// One pass over a batch.
#[derive(Clone, Copy)]
struct Task<'a> {
    requests: &'a [DrawRequest],
    pieces: &'a [Piece],
    seeds: &'a [Seed],
    /// Maps that are redrawn and how far they are noised, where it is not noise that is.
    x_starts: Option<(&'a [Array2<f32>], f32)>,
}

impl Artist {
    /// Puts a model to work.
    ///
    /// # Errors
    /// [`EngineError::NoiseSchedule`].
    pub fn new(
        manifest: Manifest,
        lexicon: Lexicon,
        denoiser: Box<dyn Denoiser + Send>,
        text_encoder: Box<dyn TextEncoder + Send>,
        more: MoreNetworks,
    ) -> Result<Self, EngineError> {
        let noise_schedule = noise_schedule(&manifest.noise_schedule)?;
        let MoreNetworks { low_res, letterer } = more;
        Ok(Self { manifest, lexicon, noise_schedule, denoiser, text_encoder, low_res, letterer })
    }

    /// The model's manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Names of what the model draws.
    pub fn concepts(&self) -> &[String] {
        self.lexicon.concepts()
    }

    /// The noise schedule of training.
    pub fn noise_schedule(&self) -> &NoiseSchedule {
        &self.noise_schedule
    }

    /// What a text means to the model: a known phrase, what it describes, or the nearest meaning.
    ///
    /// # Errors
    /// [`EngineError::Network`] when the text encoder fails.
    pub fn meaning(&mut self, prompt: &Prompt) -> Result<Meaning, EngineError> {
        if !self.lexicon.describes(prompt.as_str())
            && let Some(meaning) = self.lexicon.known(prompt.as_str())
        {
            return Ok(meaning);
        }
        let embeds = self.text_encoder.encode(&[prompt.as_str()])?;
        Ok(self.lexicon.meaning_of(prompt.as_str(), embeds.row(0)))
    }

    /// Draws requests of one [`Shape`](super::Shape) in one batch, from noise or from their pictures: a thing, several
    /// things with their places, or letters. A thing that comes out blank or as a slab is drawn anew
    /// from a seed that follows from its own; one that is asked for with a change is partly noised
    /// again and redrawn. `on_step` sees the estimates of the drawings and may stop: then `None`.
    ///
    /// # Errors
    /// [`EngineError`] for an unknown kind, letters that cannot be written, or a failing network.
    pub fn sketch(
        &mut self,
        requests: &[DrawRequest],
        on_step: &mut dyn FnMut(&Progress<'_>) -> ControlFlow<()>,
    ) -> Result<Option<Vec<Sketch>>, EngineError> {
        let Some(plans) = self.plan(requests, on_step)? else { return Ok(None) };
        let seeds: Vec<_> = plans.pieces.iter().map(|piece| piece.seed).collect();
        let origins = self.origins(requests)?;
        let strength = requests.first().and_then(|request| Some(request.origin.as_ref()?.strength));
        let x_starts = strength.map(|strength| (origins.as_slice(), strength.get()));
        let all = requests.first().map_or(0, |request| request.steps.get());
        let steps = x_starts.map_or(all, |(_, strength)| steps_of(all, strength));
        let changed = requests.first().is_some_and(|request| request.change > 0);
        let more = if changed { steps_of(all, CHANGE_STRENGTH) } else { 0 };
        let mut shifted = |progress: &Progress<'_>, before: usize| {
            // An estimate that is no ink map shows in the end, as the network's failure.
            let estimates = plans.estimates(progress.pred_original_samples).unwrap_or_default();
            on_step(&Progress {
                steps_done: before + progress.steps_done,
                num_inference_steps: steps + more,
                pred_original_samples: &estimates,
            })
        };
        let mut task = Task { requests, pieces: &plans.pieces, seeds: &seeds, x_starts };
        let Some(mut maps) = self.maps(&task, &mut |progress| shifted(progress, 0))? else {
            return Ok(None);
        };
        self.redraw_unsound(&task, &mut maps)?;
        if changed && !maps.is_empty() {
            let change = |piece: &Piece| piece.seed.of_change(requests[piece.request].change);
            let seeds: Vec<_> = plans.pieces.iter().map(change).collect();
            task = Task { x_starts: Some((&maps, CHANGE_STRENGTH)), seeds: &seeds, ..task };
            let Some(again) = self.maps(&task, &mut |progress| shifted(progress, steps))? else {
                return Ok(None);
            };
            let sound = again.into_iter().zip(maps);
            maps = sound
                .map(|(new, old)| if SOUND_INK.contains(&ink_share(&new)) { new } else { old })
                .collect();
        }
        plans.sketches(maps).map(Some)
    }

    /// What every request consists of, its letters already written. `on_step` sees the letters on their
    /// way where nothing else is to be drawn.
    fn plan(
        &mut self,
        requests: &[DrawRequest],
        on_step: &mut dyn FnMut(&Progress<'_>) -> ControlFlow<()>,
    ) -> Result<Option<Plans>, EngineError> {
        let parts = requests.iter().map(|request| self.parts(request));
        let parts = parts.collect::<Result<Vec<_>, _>>()?;
        let mut plans = Plans::new(requests, parts);
        if let (Some(letterer), false) = (&mut self.letterer, plans.writings.is_empty()) {
            let alone = plans.pieces.is_empty();
            let written =
                letterer.write(&plans.writings, &self.noise_schedule, &mut |progress| {
                    if alone { on_step(progress) } else { ControlFlow::Continue(()) }
                })?;
            let Some(written) = written else { return Ok(None) };
            plans.take_written(written);
        }
        Ok(Some(plans))
    }

    /// The parts of a request: letters, the things of a scene, or one thing. Short texts that are far
    /// from everything the model knows are written in letters, where it can write.
    fn parts(&mut self, request: &DrawRequest) -> Result<Vec<Part>, EngineError> {
        let prompt = &request.prompt;
        let whole =
            |subject, colour| vec![Part { subject, place: Place::PAGE, in_front: false, colour }];
        let letters = |lettering| Ok(whole(Subject::Letters(lettering), None));
        check(&self.manifest, request)?;
        if Lettering::style_of(&request.kind).is_some() {
            return letters(lettering(&self.manifest, prompt)?);
        }
        let letterer = self.letterer.as_ref().filter(|_| request.origin.is_none());
        let below = letterer.map(|letterer| letterer.spec().below);
        let lettering = below.and_then(|_| lettering(&self.manifest, prompt).ok());
        if let (true, Some(lettering)) = (Lettering::is_wanted(prompt), &lettering) {
            return letters(lettering.clone());
        }
        if request.origin.is_none()
            && let Some(parts) = scene(&self.lexicon, prompt)
            && (below.is_some()
                || parts.iter().all(|part| matches!(part.subject, Subject::Thing(_))))
        {
            return Ok(parts);
        }
        let meaning = self.meaning(prompt)?;
        match (below, lettering) {
            (Some(below), Some(lettering))
                if meaning.similarity < below && prompt.as_str().len() <= SHORT_TEXT =>
            {
                letters(lettering)
            }
            _ => {
                let colour = colour(&self.lexicon, prompt.as_str());
                Ok(whole(Subject::Thing(meaning), colour))
            }
        }
    }

    /// Draws anew, alone, what came out blank or as a slab.
    fn redraw_unsound(
        &mut self,
        task: &Task<'_>,
        maps: &mut [Array2<f32>],
    ) -> Result<(), EngineError> {
        for (item, map) in maps.iter_mut().enumerate() {
            for retry in 1..=RETRIES {
                if SOUND_INK.contains(&ink_share(map)) {
                    break;
                }
                let seed = task.seeds[item].get().wrapping_add(retry * 0x9E37_79B9);
                let one = Task {
                    requests: task.requests,
                    pieces: &task.pieces[item..=item],
                    seeds: &[Seed::new(seed)],
                    x_starts: task.x_starts.map(|(maps, strength)| (&maps[item..=item], strength)),
                };
                let again = self.maps(&one, &mut |_| ControlFlow::Continue(()))?;
                if let Some(again) = again.and_then(|mut maps| maps.pop()) {
                    *map = again;
                }
            }
        }
        Ok(())
    }

    fn maps(
        &mut self,
        task: &Task<'_>,
        on_step: &mut dyn FnMut(&Progress<'_>) -> ControlFlow<()>,
    ) -> Result<Option<Vec<Array2<f32>>>, EngineError> {
        let requests = || task.pieces.iter().map(|piece| &task.requests[piece.request]);
        let Some(first) = requests().next() else { return Ok(Some(Vec::new())) };
        let size = self.manifest.text_encoder.embedding_size;
        let kinds = requests().map(|request| kind(&self.manifest, &request.kind));
        let mut conditions = Conditions {
            kinds: kinds.collect::<Result<_, _>>()?,
            text_embeds: Array2::from_shape_fn((task.pieces.len(), size), |(item, place)| {
                task.pieces[item].meaning.text_embeds[place]
            }),
            guidance_scales: requests().map(|request| request.guidance_scale.get()).collect(),
            low_res: None,
        };
        if let Some(first_stage) = &mut self.low_res {
            conditions.low_res = Some(first_stage.draw(&conditions, task.seeds, task.x_starts)?);
            conditions.guidance_scales.fill(first_stage.second_guidance_scale());
        }
        let plan = SamplingPlan {
            noise_schedule: &self.noise_schedule,
            sampler: first.sampler,
            num_inference_steps: first.steps.get(),
            side: self.manifest.denoiser.map_size,
        };
        let denoiser = self.denoiser.as_mut();
        Ok(match task.x_starts {
            None => sample(denoiser, &plan, &conditions, task.seeds, on_step)?,
            Some(start) => resample(denoiser, &plan, &conditions, start, task.seeds, on_step)?,
        })
    }

    /// The pictures that the requests start from; empty where they start from noise.
    fn origins(&self, requests: &[DrawRequest]) -> Result<Vec<Array2<f32>>, EngineError> {
        let side = self.manifest.denoiser.map_size;
        let origins = requests.iter().filter_map(|request| request.origin.as_ref());
        origins.map(|origin| picture(origin, side)).collect()
    }
}

/// The schedule that a manifest describes.
pub(super) fn noise_schedule(spec: &NoiseScheduleSpec) -> Result<NoiseSchedule, EngineError> {
    let wrong = || EngineError::NoiseSchedule(spec.name.clone());
    match spec.name.as_str() {
        "shifted_cosine" => {
            NoiseSchedule::shifted_cosine(spec.num_train_timesteps, spec.signal_scale)
                .map_err(|_| wrong())
        }
        _ => Err(wrong()),
    }
}

/// The last steps of `all` that a redrawing takes.
fn steps_of(all: usize, strength: f32) -> usize {
    (all as f32 * strength).round() as usize
}

/// The share of dots that hold ink, 0…1.
fn ink_share(map: &Array2<f32>) -> f64 {
    map.iter().filter(|&&ink| ink > 0.0).count() as f64 / map.len() as f64
}
