//! The use case "draw for many": limits, then the cache, then the engine.
//!
//! [`Studio::admit`] checks and prices a request at once, in memory; [`Studio::run`] draws what was
//! admitted. The type says that the checks passed, so that an acknowledgement can lie between.
use super::request::drawn_as;
use super::{Jury, Latencies, Quantiles};
use crate::cache::{CacheKey, CachedDrawing, DrawingCache};
use crate::domain::{CanvasSize, DrawRequest, Drawing, InkMap, Recipe, Steps};
use crate::engine::{self, Engine, EngineError, EngineLoad, Estimate, SubmitError};
use crate::ink::Decoder;
use crate::limits::{Cost, Key, Limits, Permit, Rate, Refused};
use crate::measures;
use crate::model::Manifest;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};
use thiserror::Error;
use tokio::sync::watch;

/// What a drawing out of the cache costs.
pub const CHEAP: Cost = Cost(1);

/// Where the estimates of a drawing on its way are shown.
pub type Progress = watch::Sender<Option<Estimate>>;

/// Who asks, with the budgets that hold for it.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    /// The user.
    pub user: u64,
    /// The guild with its drawings a minute, where it is in one.
    pub guild: Option<(u64, Rate)>,
    /// Drawings a minute of the user, here.
    pub rate: Rate,
}

/// Why a request is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The user's own budget is spent.
    #[error("the user's budget is spent for {} s", .0.as_secs())]
    User(Duration),
    /// The guild's budget is spent.
    #[error("the guild's budget is spent for {} s", .0.as_secs())]
    Guild(Duration),
}

/// Why an admitted request was not drawn; what it took from budgets is given back.
#[derive(Debug, Clone, Error)]
pub enum StudioError {
    /// The queue is full or closed.
    #[error(transparent)]
    Submit(#[from] SubmitError),
    /// The engine failed, or it was too late.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The task that decodes was called off.
    #[error("the decoder was called off")]
    Decoder,
}

/// A request that was let in.
#[derive(Debug)]
pub struct Admission {
    request: DrawRequest,
    key: CacheKey,
    permit: Permit,
    cached: bool,
}

impl Admission {
    /// Whether the drawing is there already.
    pub fn is_cached(&self) -> bool {
        self.cached
    }
}

/// A drawing for somebody.
#[derive(Debug, Clone)]
pub struct Finished {
    /// The characters.
    pub drawing: Drawing,
    /// How to draw it again.
    pub recipe: Recipe,
    /// The concept that was drawn, where it is not what the text says.
    pub drawn_as: Option<String>,
}

/// How the studio is doing.
#[derive(Debug, Clone, Copy)]
pub struct StudioStatus {
    /// The engine's work.
    pub engine: EngineLoad,
    /// Lookups of the cache, and how many of them needed no drawing.
    pub cache: (u64, u64),
    /// How long drawings took, from admission to characters, without those from the cache.
    pub latencies: Quantiles,
    /// People and guilds with a budget that is not full.
    pub limited: usize,
}

/// Draws for many.
pub struct Studio {
    manifest: Manifest,
    fingerprint: String,
    concepts: Vec<String>,
    engine: Engine,
    cache: DrawingCache,
    limits: Arc<Limits>,
    latencies: Latencies,
    jury: Arc<Jury>,
}

impl Studio {
    /// A studio around an engine. `concepts` are names of what the model draws.
    pub fn new(
        (manifest, concepts): (Manifest, Vec<String>),
        (engine, jury): (Engine, Jury),
        cache: DrawingCache,
        limits: Limits,
    ) -> Self {
        Self {
            fingerprint: manifest.fingerprint(),
            manifest,
            concepts,
            engine,
            cache,
            limits: Arc::new(limits),
            latencies: Latencies::default(),
            jury: Arc::new(jury),
        }
    }

    /// The model's manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Names of what the model draws.
    pub fn concepts(&self) -> &[String] {
        &self.concepts
    }

    /// The budgets.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Lets a request in, or says when it may come again. Touches memory only.
    ///
    /// # Errors
    /// [`Refusal`] with the time to wait.
    pub fn admit(
        &self,
        caller: &Caller,
        request: DrawRequest,
        now: Instant,
    ) -> Result<Admission, Refusal> {
        let key = CacheKey::new(&self.fingerprint, &request);
        let cached = self.cache.holds(&key);
        let cost = if cached { CHEAP } else { self.cost(&request) };
        let permit = self.take(caller, cost, now)?;
        Ok(Admission { request, key, permit, cached })
    }

    /// Takes a cost from the budgets of a caller: a tenth of a drawing, [`CHEAP`], for small favours.
    ///
    /// # Errors
    /// [`Refusal`] with the time to wait.
    pub fn take(&self, caller: &Caller, cost: Cost, now: Instant) -> Result<Permit, Refusal> {
        let budgets = match caller.guild {
            Some((guild, rate)) => {
                let member = Key::Member { guild, user: caller.user };
                vec![(member, caller.rate), (Key::Guild(guild), rate)]
            }
            None => vec![(Key::User(caller.user), caller.rate)],
        };
        self.limits.acquire(&budgets, cost, now).map_err(|refused| refusal(&refused))
    }

    fn cost(&self, request: &DrawRequest) -> Cost {
        cost(self.manifest.defaults.steps, request)
    }

    /// Draws what was admitted, unless it is in the cache or being drawn. The request is dropped
    /// when its turn has not come by `deadline`; `progress` sees the estimates.
    ///
    /// # Errors
    /// [`StudioError`].
    pub async fn run(
        &self,
        admission: Admission,
        deadline: Instant,
        progress: Progress,
    ) -> Result<Finished, StudioError> {
        let Admission { request, key, permit, .. } = admission;
        let drawn = loop {
            let draw = self.draw(request.clone(), deadline, progress.clone());
            match self.cache.get_or_draw(key, draw).await {
                // The one who drew for all was late, and this one is not.
                Err(StudioError::Engine(EngineError::TooLate)) if Instant::now() < deadline => {}
                drawn => break drawn?,
            }
        };
        permit.commit();
        let kept = DrawRequest { seed: drawn.seed, ..request };
        let recipe = Recipe::of(&kept, &self.manifest.id());
        Ok(Finished { drawing: drawn.drawing.clone(), drawn_as: drawn.drawn_as.clone(), recipe })
    }

    async fn draw(
        &self,
        request: DrawRequest,
        deadline: Instant,
        progress: Progress,
    ) -> Result<CachedDrawing, StudioError> {
        engine::check(&self.manifest, &request)?;
        let started = Instant::now();
        let mut ticket = self.engine.submit(request.clone(), deadline)?;
        let forward = async {
            while ticket.estimates.changed().await.is_ok() {
                let newest = ticket.estimates.borrow_and_update().clone();
                progress.send_replace(newest);
            }
            // The engine lets go of the estimates when it is done.
            std::future::pending::<Infallible>().await
        };
        let answer = tokio::select! {
            answer = &mut ticket.sketches => answer,
            never = forward => match never {},
        };
        let sketches = answer.map_err(|_| EngineError::Stopped)??;
        let jury = Arc::clone(&self.jury);
        let decoded = tokio::task::spawn_blocking(move || {
            let best = jury.best(&sketches).map_err(EngineError::from)?;
            let sketch = &sketches[best];
            let decoder = Decoder::new(request.style, request.charset.as_ref());
            Ok::<_, EngineError>(CachedDrawing {
                drawing: decoder.decode(&sketch.map, request.size).tinted(&sketch.tints),
                drawn_as: drawn_as(&request, sketch),
                seed: request.seed.of_candidate(best as u32),
            })
        });
        let decoded = decoded.await.map_err(|_| StudioError::Decoder)??;
        self.latencies.record(started.elapsed());
        measures::drawing(started.elapsed());
        Ok(decoded)
    }

    /// A quick look at an estimate, as it would be drawn. Takes some 30 ms of a core.
    pub async fn preview(request: DrawRequest, map: InkMap) -> Option<Drawing> {
        let preview = move || {
            Decoder::new(request.style, request.charset.as_ref()).preview(&map, request.size)
        };
        tokio::task::spawn_blocking(preview).await.ok()
    }

    /// How the studio is doing.
    pub fn status(&self) -> StudioStatus {
        StudioStatus {
            engine: self.engine.load(),
            cache: self.cache.counts(),
            latencies: self.latencies.quantiles(),
            limited: self.limits.len(),
        }
    }

    /// Takes no more requests; those taken on are finished.
    pub fn close(&self) {
        self.engine.close();
    }

    /// Finishes what was taken on and ends the engine's thread. Blocks.
    pub fn stop(&self) {
        self.engine.stop();
    }
}

/// What a request costs: one ordinary drawing for the model's `usual` number of steps, more in
/// proportion, half as much again for the large size, and what a change adds.
fn cost(usual: Steps, request: &DrawRequest) -> Cost {
    let steps = request.steps.get() as f64 * if request.change > 0 { 1.6 } else { 1.0 };
    let size = if request.size == CanvasSize::Desktop { 1.5 } else { 1.0 };
    Cost((10.0 * size * (steps / usual.get() as f64).max(0.5)).ceil() as u32)
}

/// Who has to wait, counted.
fn refusal(refused: &Refused) -> Refusal {
    let (budget, refusal) = match refused.key {
        Key::Guild(_) => ("guild", Refusal::Guild(refused.wait)),
        Key::Member { .. } => ("member", Refusal::User(refused.wait)),
        Key::User(_) => ("user", Refusal::User(refused.wait)),
    };
    measures::limited(budget);
    refusal
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Candidates, GuidanceScale, Prompt, SamplerName, Seed, Style};

    #[test]
    fn the_cost_grows_with_steps_and_size() {
        let steps = |number: usize| Steps::try_from(number).expect("in range");
        let price = |taken: usize, size: CanvasSize, change: u32| {
            let request = DrawRequest {
                prompt: Prompt::new("cat").expect("sound"),
                size,
                style: Style::Line,
                charset: None,
                seed: Seed::new(1),
                steps: steps(taken),
                guidance_scale: GuidanceScale::try_from(2.0).expect("in range"),
                sampler: SamplerName::DpmSolver,
                kind: "any".to_owned(),
                change,
                origin: None,
                candidates: Candidates::ONE,
            };
            cost(steps(12), &request).0
        };
        assert_eq!(price(12, CanvasSize::Phone, 0), 10, "the usual drawing");
        assert_eq!(price(24, CanvasSize::Phone, 0), 20);
        assert_eq!(price(12, CanvasSize::Desktop, 0), 15);
        assert_eq!(price(24, CanvasSize::Desktop, 0), 30);
        assert_eq!(price(1, CanvasSize::Phone, 0), 5, "nothing is cheaper than half");
        assert!(price(12, CanvasSize::Phone, 1) > 10);
    }
}
