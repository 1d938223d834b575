//! Draws ink maps for requests with one model.
use crate::diffusion::{
    Conditions, Denoiser, NetworkError, NoiseSchedule, Progress, SamplingPlan, TextEncoder,
    resample, sample,
};
use crate::domain::{DrawRequest, InkMap, Origin, Prompt, SamplerName, Seed, Steps};
use crate::model::{Lexicon, Manifest, Meaning, NoiseScheduleSpec};
use ndarray::Array2;
use std::ops::ControlFlow;
use thiserror::Error;

/// A model with its networks.
pub struct Artist {
    manifest: Manifest,
    lexicon: Lexicon,
    noise_schedule: NoiseSchedule,
    denoiser: Box<dyn Denoiser + Send>,
    text_encoder: Box<dyn TextEncoder + Send>,
}

/// An ink map and what was drawn.
#[derive(Debug, Clone)]
pub struct Sketch {
    /// The ink.
    pub map: InkMap,
    /// What the text was taken for.
    pub meaning: Meaning,
}

/// Why nothing was drawn. `Clone`, because one failure fans out to a whole batch.
#[derive(Debug, Clone, Error)]
pub enum EngineError {
    /// A network failed.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The model does not know this kind of drawing.
    #[error("the model draws no kind \"{kind}\": use one of {known}")]
    UnknownKind {
        /// The kind asked for.
        kind: String,
        /// The kinds there are.
        known: String,
    },
    /// The picture of a recipe does not fit the model.
    #[error(
        "the picture is {found} dots wide and the model draws {wanted}: it is of another model"
    )]
    PictureSize {
        /// Dots along a side of the picture.
        found: usize,
        /// Dots along a side of the model's maps.
        wanted: usize,
    },
    /// The request waited longer than anybody waits for it.
    #[error("the request waited too long to be drawn")]
    TooLate,
    /// The engine has stopped.
    #[error("the engine has stopped")]
    Stopped,
    /// The manifest's noise schedule is not understood.
    #[error("the model's noise schedule \"{0}\" is not known to this program, or is unsound")]
    NoiseSchedule(String),
}

/// Shares of inked dots between which a drawing is neither blank nor a slab.
const SOUND_INK: std::ops::Range<f64> = 0.015..0.85;
/// How often a blank or a slab is drawn anew.
const RETRIES: u32 = 3;
/// How far a small change noises a drawing before it is drawn again, 0…1 of the way.
const CHANGE_STRENGTH: f32 = 0.6;

/// What requests must share to be drawn in one batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape {
    sampler: SamplerName,
    steps: Steps,
    changed: bool,
    /// Bits of the strength with which a picture is redrawn.
    strength: Option<u32>,
}

impl Shape {
    /// The shape of a request.
    pub fn of(request: &DrawRequest) -> Self {
        let strength = request.origin.as_ref().map(|origin| origin.strength.get().to_bits());
        Self {
            sampler: request.sampler,
            steps: request.steps,
            changed: request.change > 0,
            strength,
        }
    }
}

/// One pass over a batch.
#[derive(Clone, Copy)]
struct Task<'a> {
    requests: &'a [DrawRequest],
    meanings: &'a [Meaning],
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
    ) -> Result<Self, EngineError> {
        let noise_schedule = noise_schedule(&manifest.noise_schedule)?;
        Ok(Self { manifest, lexicon, noise_schedule, denoiser, text_encoder })
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

    /// What a text means to the model: a known phrase, or the nearest meaning.
    ///
    /// # Errors
    /// [`EngineError::Network`] when the text encoder fails.
    pub fn meaning(&mut self, prompt: &Prompt) -> Result<Meaning, EngineError> {
        if let Some(meaning) = self.lexicon.known(prompt.as_str()) {
            return Ok(meaning);
        }
        let embeds = self.text_encoder.encode(&[prompt.as_str()])?;
        Ok(self.lexicon.nearest(embeds.row(0)))
    }

    /// Draws requests of one [`Shape`] in one batch, from noise or from their pictures. A drawing that
    /// comes out blank or as a slab is drawn anew from a seed that follows from its own; one that is
    /// asked for with a change is partly noised again and redrawn. `on_step` sees the estimates of the drawings and may stop:
    /// then `None`.
    ///
    /// # Errors
    /// [`EngineError`] for an unknown kind or a failing network.
    pub fn sketch(
        &mut self,
        requests: &[DrawRequest],
        on_step: &mut dyn FnMut(&Progress<'_>) -> ControlFlow<()>,
    ) -> Result<Option<Vec<Sketch>>, EngineError> {
        let mut meanings = Vec::with_capacity(requests.len());
        for request in requests {
            meanings.push(self.meaning(&request.prompt)?);
        }
        let seeds: Vec<_> = requests.iter().map(|request| request.seed).collect();
        let origins = self.origins(requests)?;
        let strength = requests.first().and_then(|request| Some(request.origin.as_ref()?.strength));
        let x_starts = strength.map(|strength| (origins.as_slice(), strength.get()));
        let all = requests.first().map_or(0, |request| request.steps.get());
        let steps = x_starts.map_or(all, |(_, strength)| steps_of(all, strength));
        let changed = requests.first().is_some_and(|request| request.change > 0);
        let more = if changed { steps_of(all, CHANGE_STRENGTH) } else { 0 };
        let mut shifted = |progress: &Progress<'_>, before: usize| {
            on_step(&Progress {
                steps_done: before + progress.steps_done,
                num_inference_steps: steps + more,
                pred_original_samples: progress.pred_original_samples,
            })
        };
        let mut task = Task { requests, meanings: &meanings, seeds: &seeds, x_starts };
        let Some(mut maps) = self.maps(&task, &mut |progress| shifted(progress, 0))? else {
            return Ok(None);
        };
        self.redraw_unsound(&task, &mut maps)?;
        if changed {
            let seeds: Vec<_> =
                requests.iter().map(|request| request.seed.of_change(request.change)).collect();
            task = Task { x_starts: Some((&maps, CHANGE_STRENGTH)), seeds: &seeds, ..task };
            let Some(again) = self.maps(&task, &mut |progress| shifted(progress, steps))? else {
                return Ok(None);
            };
            let sound = again.into_iter().zip(maps);
            maps = sound
                .map(|(new, old)| if SOUND_INK.contains(&ink_share(&new)) { new } else { old })
                .collect();
        }
        let sketches = maps.into_iter().zip(meanings).map(|(map, meaning)| {
            let map = InkMap::new(map).map_err(|error| NetworkError(error.to_string()))?;
            Ok(Sketch { map, meaning })
        });
        sketches.collect::<Result<Vec<_>, EngineError>>().map(Some)
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
                    requests: &task.requests[item..=item],
                    meanings: &task.meanings[item..=item],
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
        let requests = task.requests;
        let Some(first) = requests.first() else { return Ok(Some(Vec::new())) };
        let size = self.manifest.text_encoder.embedding_size;
        let kinds: Result<Vec<_>, _> =
            requests.iter().map(|request| kind(&self.manifest, &request.kind)).collect();
        let conditions = Conditions {
            text_embeds: Array2::from_shape_fn((requests.len(), size), |(item, place)| {
                task.meanings[item].text_embeds[place]
            }),
            kinds: kinds?,
            guidance_scales: requests.iter().map(|request| request.guidance_scale.get()).collect(),
        };
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

/// Whether a model can draw a request at all: in a batch, one that it cannot would fail all.
///
/// # Errors
/// [`EngineError::UnknownKind`], [`EngineError::PictureSize`].
pub fn check(manifest: &Manifest, request: &DrawRequest) -> Result<(), EngineError> {
    kind(manifest, &request.kind)?;
    let origin = request.origin.as_ref();
    origin.map_or(Ok(()), |origin| picture(origin, manifest.denoiser.map_size).map(|_| ()))
}

fn picture(origin: &Origin, side: usize) -> Result<Array2<f32>, EngineError> {
    match origin.picture.map() {
        Ok(map) if map.side() == side => Ok(map.view().to_owned()),
        _ => Err(EngineError::PictureSize { found: origin.picture.side(), wanted: side }),
    }
}

fn kind(manifest: &Manifest, kind: &str) -> Result<i64, EngineError> {
    let kinds = &manifest.denoiser.kinds;
    kinds
        .iter()
        .position(|known| known == kind)
        .map(|index| index as i64)
        .ok_or_else(|| EngineError::UnknownKind { kind: kind.to_owned(), known: kinds.join(", ") })
}

/// The schedule that a manifest describes.
fn noise_schedule(spec: &NoiseScheduleSpec) -> Result<NoiseSchedule, EngineError> {
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
