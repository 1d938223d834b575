//! Many requests, one model: a bounded queue, and one thread that owns the networks and draws what
//! waits in batches. Neighbours in a batch do not change a drawing.
use super::{Artist, EngineError, Shape, Sketch};
use crate::diffusion::NetworkError;
use crate::domain::{DrawRequest, InkMap};
use crate::measures;
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use thiserror::Error;
use tokio::sync::{oneshot, watch};

/// How much the engine takes on.
#[derive(Debug, Clone, Copy)]
pub struct EngineSettings {
    /// Most requests that may wait.
    pub queue: usize,
    /// Most drawings of one batch, candidates counted; a request is never split.
    pub batch: usize,
    /// How long a request waits for others of its shape.
    pub gather: Duration,
    /// How long a drawing takes about, until some were made here.
    pub guess: Duration,
}

/// The model's own estimate of a drawing on its way.
#[derive(Debug, Clone)]
pub struct Estimate {
    /// Steps done, from 1.
    pub steps_done: usize,
    /// Steps in all.
    pub num_inference_steps: usize,
    /// The estimated ink.
    pub map: InkMap,
}

/// A request that was taken on. Dropping it calls the request off.
#[derive(Debug)]
pub struct Ticket {
    /// The finished ink of every candidate, once.
    pub sketches: oneshot::Receiver<Result<Vec<Sketch>, EngineError>>,
    /// The newest estimate of the first candidate.
    pub estimates: watch::Receiver<Option<Estimate>>,
}

/// Why a request was not taken on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SubmitError {
    /// Too many wait already.
    #[error("{waiting} drawings wait already, about {} s of work", wait.as_secs().max(1))]
    Overloaded {
        /// Requests in the queue.
        waiting: usize,
        /// How long they will take, by the drawings before.
        wait: Duration,
    },
    /// The engine is shutting down, or its thread is gone.
    #[error("the engine takes no more drawings")]
    Stopped,
}

/// What the engine has to do and has done.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct EngineLoad {
    /// Requests in the queue.
    pub waiting: usize,
    /// Requests in the batch at work.
    pub running: usize,
    /// Batches done.
    pub batches: u64,
    /// Drawings done.
    pub drawings: u64,
    /// Seconds of one drawing, averaged over the last ones; a guess before the first.
    pub seconds_per_drawing: f64,
}

/// A handle on the thread that draws; clones share it.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    settings: EngineSettings,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Job>,
    /// Drawings in the batch at work, candidates counted.
    drawings: usize,
    closed: bool,
    load: EngineLoad,
}

struct Job {
    request: DrawRequest,
    deadline: Instant,
    reply: oneshot::Sender<Result<Vec<Sketch>, EngineError>>,
    estimates: watch::Sender<Option<Estimate>>,
}

impl Engine {
    /// Starts the thread that owns `artist`.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(artist: Artist, settings: EngineSettings) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                load: EngineLoad {
                    seconds_per_drawing: settings.guess.as_secs_f64(),
                    ..EngineLoad::default()
                },
                ..State::default()
            }),
            changed: Condvar::new(),
            settings,
            thread: Mutex::default(),
        });
        let worker = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("engine".to_owned())
            .spawn(move || worker.work(artist))?;
        *lock(&shared.thread) = Some(thread);
        Ok(Self { shared })
    }

    /// Takes a request on; it is dropped when it has not begun by `deadline`.
    ///
    /// # Errors
    /// [`SubmitError`] when the queue is full or the engine has stopped.
    pub fn submit(&self, request: DrawRequest, deadline: Instant) -> Result<Ticket, SubmitError> {
        let (reply, sketches) = oneshot::channel();
        let (sender, estimates) = watch::channel(None);
        let mut state = lock(&self.shared.state);
        if state.closed {
            return Err(SubmitError::Stopped);
        }
        let waiting = state.waiting.len();
        if waiting >= self.shared.settings.queue {
            measures::queue_refused();
            let seconds = state.load.seconds_per_drawing * (waiting + state.load.running) as f64;
            return Err(SubmitError::Overloaded {
                waiting,
                wait: Duration::from_secs_f64(seconds),
            });
        }
        state.waiting.push_back(Job { request, deadline, reply, estimates: sender });
        state.measure();
        drop(state);
        self.shared.changed.notify_all();
        Ok(Ticket { sketches, estimates })
    }

    /// What there is to do, and was done.
    pub fn load(&self) -> EngineLoad {
        let state = lock(&self.shared.state);
        EngineLoad { waiting: state.waiting.len(), ..state.load }
    }

    /// Takes nothing more on, finishes what waits, and ends the thread. Blocks.
    pub fn stop(&self) {
        self.close();
        let thread = lock(&self.shared.thread).take();
        if let Some(thread) = thread {
            // A panic of the thread has already been answered to everybody who waited.
            let _ = thread.join();
        }
    }

    /// Takes nothing more on; what waits is finished.
    pub fn close(&self) {
        lock(&self.shared.state).closed = true;
        self.shared.changed.notify_all();
    }
}

impl State {
    fn measure(&self) {
        measures::queue(self.waiting.len(), self.drawings);
    }
}

/// A poisoned lock guards plain data that is sound at every moment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn work(&self, mut artist: Artist) {
        while let Some(batch) = self.next_batch() {
            let started = Instant::now();
            let count = batch.len();
            draw(&mut artist, batch);
            let each = started.elapsed().as_secs_f64() / count as f64;
            let mut state = lock(&self.state);
            state.drawings = 0;
            state.measure();
            let load = &mut state.load;
            load.running = 0;
            load.batches += 1;
            load.drawings += count as u64;
            load.seconds_per_drawing = match load.batches {
                1 => each,
                _ => 0.8 * load.seconds_per_drawing + 0.2 * each,
            };
        }
    }

    /// The next requests of one shape, the longest waiting first; `None` when closed and empty.
    fn next_batch(&self) -> Option<Vec<Job>> {
        let mut state = lock(&self.state);
        let mut gathered_by = None;
        loop {
            let now = Instant::now();
            drop_dead(&mut state.waiting, now);
            let Some(first) = state.waiting.front() else {
                if state.closed {
                    return None;
                }
                gathered_by = None;
                state.measure();
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let shape = Shape::of(&first.request);
            let alike = state.waiting.iter().filter(|job| Shape::of(&job.request) == shape);
            let alike: usize = alike.map(|job| job.request.candidates.get()).sum();
            let until = *gathered_by.get_or_insert(now + self.settings.gather);
            if alike >= self.settings.batch || now >= until || state.closed {
                let batch = take_alike(&mut state.waiting, shape, self.settings.batch);
                state.load.running = batch.len();
                state.drawings = batch.iter().map(|job| job.request.candidates.get()).sum();
                state.measure();
                return Some(batch);
            }
            let waited = self.changed.wait_timeout(state, until - now);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Drops what nobody waits for any more, and answers what came too late.
fn drop_dead(waiting: &mut VecDeque<Job>, now: Instant) {
    let jobs = std::mem::take(waiting);
    for job in jobs {
        if job.reply.is_closed() {
            continue;
        }
        if job.deadline <= now {
            let _ = job.reply.send(Err(EngineError::TooLate));
        } else {
            waiting.push_back(job);
        }
    }
}

fn take_alike(waiting: &mut VecDeque<Job>, shape: Shape, most: usize) -> Vec<Job> {
    let (mut batch, mut drawings) = (Vec::new(), 0);
    for job in std::mem::take(waiting) {
        let more = drawings + job.request.candidates.get();
        if Shape::of(&job.request) == shape && (more <= most || batch.is_empty()) {
            drawings = more;
            batch.push(job);
        } else {
            waiting.push_back(job);
        }
    }
    batch
}

/// Draws a batch and answers everybody in it.
fn draw(artist: &mut Artist, batch: Vec<Job>) {
    let requests: Vec<_> = batch.iter().flat_map(|job| job.request.entries()).collect();
    let counts: Vec<_> = batch.iter().map(|job| job.request.candidates.get()).collect();
    measures::batch(requests.len());
    let mut begun = Instant::now();
    let drawn = catch_unwind(AssertUnwindSafe(|| {
        artist.sketch(&requests, &mut |progress| {
            measures::step(begun.elapsed());
            let mut maps = progress.pred_original_samples;
            for (job, &count) in batch.iter().zip(&counts) {
                let (own, rest) = maps.split_at(count);
                maps = rest;
                if job.estimates.receiver_count() > 0
                    && let Ok(map) = InkMap::new(own[0].clone())
                {
                    job.estimates.send_replace(Some(Estimate {
                        steps_done: progress.steps_done,
                        num_inference_steps: progress.num_inference_steps,
                        map,
                    }));
                }
            }
            begun = Instant::now();
            match batch.iter().all(|job| job.reply.is_closed()) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        })
    }));
    let result = match drawn {
        Ok(Ok(Some(sketches))) => Ok(sketches),
        // Stopped, because nobody waits any more.
        Ok(Ok(None)) => return,
        Ok(Err(error)) => Err(error),
        Err(_) => Err(NetworkError("the engine panicked".to_owned()).into()),
    };
    match result {
        Ok(sketches) => {
            let mut sketches = sketches.into_iter();
            for (job, count) in batch.into_iter().zip(counts) {
                let _ = job.reply.send(Ok(sketches.by_ref().take(count).collect()));
            }
        }
        Err(error) => {
            for job in batch {
                let _ = job.reply.send(Err(error.clone()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        Candidates, CanvasSize, GuidanceScale, Prompt, SamplerName, Seed, Steps, Style,
    };

    fn job(steps: usize, deadline: Instant) -> (Job, Ticket) {
        let (reply, sketches) = oneshot::channel();
        let (sender, estimates) = watch::channel(None);
        let request = DrawRequest {
            prompt: Prompt::new("ring").expect("sound"),
            size: CanvasSize::Phone,
            style: Style::Line,
            charset: None,
            seed: Seed::new(1),
            steps: Steps::try_from(steps).expect("in range"),
            guidance_scale: GuidanceScale::try_from(1.0).expect("in range"),
            sampler: SamplerName::Ddim,
            kind: "any".to_owned(),
            change: 0,
            origin: None,
            candidates: Candidates::ONE,
        };
        (Job { request, deadline, reply, estimates: sender }, Ticket { sketches, estimates })
    }

    fn steps(jobs: impl IntoIterator<Item = Job>) -> Vec<usize> {
        jobs.into_iter().map(|job| job.request.steps.get()).collect()
    }

    #[test]
    fn a_batch_holds_one_shape_and_keeps_the_order_of_the_rest() {
        let later = Instant::now() + Duration::from_secs(60);
        let (jobs, _tickets): (Vec<_>, Vec<_>) =
            [8, 4, 8, 4, 8].into_iter().map(|steps| job(steps, later)).unzip();
        let mut waiting = VecDeque::from(jobs);
        let shape = Shape::of(&waiting[0].request);
        assert_eq!(steps(take_alike(&mut waiting, shape, 2)), [8, 8]);
        assert_eq!(steps(waiting), [4, 4, 8]);
    }

    #[test]
    fn candidates_count_and_stay_together() {
        let later = Instant::now() + Duration::from_secs(60);
        let (jobs, _tickets): (Vec<_>, Vec<_>) = [3, 2, 1, 9]
            .map(|candidates| {
                let (mut job, ticket) = job(4, later);
                job.request.candidates = Candidates::try_from(candidates).expect("in range");
                (job, ticket)
            })
            .into_iter()
            .unzip();
        let mut waiting = VecDeque::from(jobs);
        let shape = Shape::of(&waiting[0].request);
        let mut batches = Vec::new();
        while !waiting.is_empty() {
            let batch = take_alike(&mut waiting, shape, 4);
            let counts = batch.iter().map(|job| job.request.candidates.get());
            batches.push(counts.collect::<Vec<_>>());
        }
        assert_eq!(batches, [vec![3, 1], vec![2], vec![9]]);
    }

    #[test]
    fn what_nobody_waits_for_is_dropped_and_the_late_are_told() {
        let now = Instant::now();
        let later = now + Duration::from_secs(60);
        let (kept, _ticket) = job(1, later);
        let (forsaken, dropped) = job(2, later);
        let (late, mut told) = job(3, now);
        drop(dropped);
        let mut waiting = VecDeque::from([forsaken, late, kept]);
        drop_dead(&mut waiting, now);
        assert_eq!(steps(waiting), [1]);
        assert!(matches!(told.sketches.try_recv(), Ok(Err(EngineError::TooLate))));
    }
}
