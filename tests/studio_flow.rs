//! Many requests, one model: what the studio does when the network is slow, fails or panics. The network
//! is a puppet here; tests/bot has the real ones.
use glyffuse::cache::DrawingCache;
use glyffuse::diffusion::{Denoiser, DenoiserInput, NetworkError, TextEncoder};
use glyffuse::domain::{Candidates, DrawRequest, Prompt, Seed, Variation};
use glyffuse::engine::{Artist, Engine, EngineError, EngineSettings, MoreNetworks, SubmitError};
use glyffuse::limits::{Limits, Rate};
use glyffuse::model::Model;
use glyffuse::service::{self, Caller, Finished, Jury, Options, Refusal, Studio, StudioError};
use ndarray::{Array2, Array4};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// What the network does when it is asked.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Mood {
    Willing,
    Waiting,
    Failing,
    Panicking,
}

/// The strings of the puppet.
#[derive(Clone)]
struct Strings {
    mood: Arc<(Mutex<Mood>, Condvar)>,
    calls: Arc<AtomicUsize>,
}

impl Strings {
    fn pull(&self, mood: Mood) {
        *self.mood.0.lock().expect("sound") = mood;
        self.mood.1.notify_all();
    }
}

impl Denoiser for Strings {
    fn predict(&mut self, input: DenoiserInput<'_>) -> Result<Array4<f32>, NetworkError> {
        self.calls.fetch_add(1, SeqCst);
        let mood = self.mood.0.lock().expect("sound");
        let mood = *self.mood.1.wait_while(mood, |mood| *mood == Mood::Waiting).expect("sound");
        match mood {
            Mood::Failing => Err(NetworkError("out of memory".to_owned())),
            Mood::Panicking => panic!("the puppet was told to"),
            _ => Ok(Array4::zeros(input.sample.raw_dim())),
        }
    }
}

impl TextEncoder for Strings {
    fn encode(&mut self, texts: &[&str]) -> Result<Array2<f32>, NetworkError> {
        Ok(Array2::ones((texts.len(), 16)))
    }
}

/// A studio around a puppet.
fn studio(queue: usize, guess: Duration) -> (Arc<Studio>, Strings) {
    let strings = Strings {
        mood: Arc::new((Mutex::new(Mood::Willing), Condvar::new())),
        calls: Arc::default(),
    };
    let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tiny");
    let model = Model::open(&tiny).expect("the tiny model is there");
    let (manifest, lexicon, _) = model.into_parts();
    let (denoiser, encoder) = (Box::new(strings.clone()), Box::new(strings.clone()));
    let artist = Artist::new(manifest.clone(), lexicon, denoiser, encoder, MoreNetworks::default())
        .expect("sound");
    let settings = EngineSettings { queue, batch: 4, gather: Duration::from_millis(5), guess };
    let engine = Engine::start(artist, settings).expect("a thread");
    let (cache, limits) = (DrawingCache::new(1 << 20), Limits::new(1_000));
    let studio = Studio::new((manifest, vec![]), (engine, Jury::new(None)), cache, limits);
    (Arc::new(studio), strings)
}

fn request(studio: &Studio, seed: u32) -> DrawRequest {
    let options = Options { seed: Some(Seed::new(seed)), ..Options::default() };
    let prompt = Prompt::new("ring").expect("sound");
    service::request(studio.manifest(), prompt, Variation::FIRST, &options)
}

/// Somebody who may draw once a minute.
fn caller(user: u64) -> Caller {
    Caller { user, guild: None, rate: Rate(1) }
}

/// Draws for somebody in a task of its own.
fn draw(
    studio: &Arc<Studio>,
    user: u64,
    request: DrawRequest,
    within: Duration,
) -> tokio::task::JoinHandle<Result<Finished, StudioError>> {
    let now = Instant::now();
    let admission = studio.admit(&caller(user), request, now).expect("in the budget");
    let studio = Arc::clone(studio);
    tokio::spawn(async move {
        let (progress, _estimates) = watch::channel(None);
        studio.run(admission, now + within, progress).await
    })
}

/// Waits until so many requests are in the queue and at work.
async fn busy(studio: &Studio, waiting: usize, running: usize) {
    for _ in 0..1_000 {
        let load = studio.status().engine;
        if (load.waiting, load.running) == (waiting, running) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{:?}", studio.status());
}

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_failure_is_everybodys_in_the_batch_and_costs_nobody_anything() {
    for mood in [Mood::Failing, Mood::Panicking] {
        let (studio, strings) = studio(10, Duration::ZERO);
        strings.pull(mood);
        let tasks: Vec<_> =
            (0..3).map(|user| draw(&studio, user.into(), request(&studio, user), LONG)).collect();
        for task in tasks {
            let failed = task.await.expect("no panic here");
            assert!(matches!(failed, Err(StudioError::Engine(EngineError::Network(_)))));
        }
        strings.pull(Mood::Willing);
        for user in 0..3 {
            // The whole budget of one drawing is there again.
            let drawn = draw(&studio, user.into(), request(&studio, user), LONG);
            assert!(drawn.await.expect("no panic").is_ok(), "{mood:?}");
            let spent = studio.admit(&caller(user.into()), request(&studio, 9), Instant::now());
            assert!(matches!(spent, Err(Refusal::User(_))));
        }
    }
}

#[tokio::test]
async fn an_overload_comes_with_an_estimate_and_costs_nothing() {
    let (studio, strings) = studio(2, Duration::from_secs(7));
    strings.pull(Mood::Waiting);
    let first = draw(&studio, 0, request(&studio, 0), LONG);
    busy(&studio, 0, 1).await;
    let waiting: Vec<_> =
        (1..3).map(|user| draw(&studio, user.into(), request(&studio, user), LONG)).collect();
    busy(&studio, 2, 1).await;
    let refused = draw(&studio, 3, request(&studio, 3), LONG).await.expect("no panic");
    match refused {
        Err(StudioError::Submit(SubmitError::Overloaded { waiting: 2, wait })) => {
            assert_eq!(wait, Duration::from_secs(3 * 7));
        }
        other => panic!("{other:?}"),
    }
    assert!(studio.admit(&caller(3), request(&studio, 3), Instant::now()).is_ok());
    strings.pull(Mood::Willing);
    assert!(first.await.expect("no panic").is_ok());
    for task in waiting {
        assert!(task.await.expect("no panic").is_ok());
    }
}

#[tokio::test]
async fn the_same_is_drawn_once_for_all_and_then_costs_a_tenth() {
    let (studio, strings) = studio(10, Duration::ZERO);
    let tasks: Vec<_> = (0..8).map(|user| draw(&studio, user, request(&studio, 1), LONG)).collect();
    let mut drawings = Vec::new();
    for task in tasks {
        drawings.push(task.await.expect("no panic").expect("drawn").drawing);
    }
    drawings.dedup();
    assert_eq!(drawings.len(), 1);
    let calls = strings.calls.load(SeqCst);
    let status = studio.status();
    assert_eq!((status.engine.drawings, status.cache), (1, (8, 7)));
    for _ in 0..10 {
        assert!(draw(&studio, 99, request(&studio, 1), LONG).await.expect("no panic").is_ok());
    }
    assert!(studio.admit(&caller(99), request(&studio, 1), Instant::now()).is_err());
    assert_eq!(strings.calls.load(SeqCst), calls, "the network was left alone");
}

#[tokio::test]
async fn who_is_in_time_is_not_refused_with_the_one_who_is_late() {
    let (studio, strings) = studio(10, Duration::ZERO);
    strings.pull(Mood::Waiting);
    let first = draw(&studio, 0, request(&studio, 0), LONG);
    busy(&studio, 0, 1).await;
    let late = draw(&studio, 1, request(&studio, 1), Duration::from_millis(1));
    busy(&studio, 1, 1).await;
    // Waits for the drawing of the one before.
    let in_time = draw(&studio, 2, request(&studio, 1), LONG);
    tokio::time::sleep(Duration::from_millis(50)).await;
    strings.pull(Mood::Willing);
    assert!(first.await.expect("no panic").is_ok());
    let late = late.await.expect("no panic");
    assert!(matches!(late, Err(StudioError::Engine(EngineError::TooLate))));
    assert!(in_time.await.expect("no panic").is_ok());
    assert!(studio.admit(&caller(1), request(&studio, 5), Instant::now()).is_ok(), "not counted");
}

#[tokio::test]
async fn what_the_model_cannot_draw_fails_alone() {
    let (studio, strings) = studio(10, Duration::ZERO);
    strings.pull(Mood::Waiting);
    let first = draw(&studio, 0, request(&studio, 0), LONG);
    busy(&studio, 0, 1).await;
    let neighbour = draw(&studio, 1, request(&studio, 1), LONG);
    let odd = DrawRequest { kind: "oil".to_owned(), ..request(&studio, 2) };
    let odd = draw(&studio, 2, odd, LONG).await.expect("no panic");
    assert!(matches!(odd, Err(StudioError::Engine(EngineError::UnknownKind { .. }))));
    strings.pull(Mood::Willing);
    assert!(first.await.expect("no panic").is_ok());
    assert!(neighbour.await.expect("no panic").is_ok());
}

#[tokio::test]
async fn what_nobody_waits_for_is_broken_off() {
    let (studio, strings) = studio(10, Duration::ZERO);
    strings.pull(Mood::Waiting);
    let many = Candidates::try_from(16).expect("in range");
    let given_up = DrawRequest { candidates: many, ..request(&studio, 0) };
    let given_up = draw(&studio, 0, given_up, LONG);
    busy(&studio, 0, 1).await;
    given_up.abort();
    assert!(given_up.await.is_err_and(|error| error.is_cancelled()));
    let before = strings.calls.load(SeqCst);
    strings.pull(Mood::Willing);
    busy(&studio, 0, 0).await;
    assert!(strings.calls.load(SeqCst) <= before + 1, "it goes on for nobody");
    assert!(studio.admit(&caller(0), request(&studio, 1), Instant::now()).is_ok(), "not counted");
}
