//! A Discord of our own on a loopback address: REST and gateway of API v10, as far as the bot uses
//! them, with Discord's rules (3 seconds, once only, 15 minutes) and error codes. What it invents and
//! what the bot sends is read by twilight's models and checks as a second opinion, and the bot's bodies
//! by Discord's own specification where that file is present.
mod check;
mod gateway;
mod invent;
mod rest;
pub mod weather;

pub use check::Specification;
pub use invent::Place;
use weather::Weather;

use serde_json::Value;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// The application's number.
pub const APPLICATION: u64 = 1_100_000_000_000_000_001;
/// The token that is accepted.
pub const TOKEN: &str = "MTEwMDAwMDAwMDAwMDAwMDAwMQ.GfAkEe.not-a-real-token_of-anything";

/// What was sent about one interaction.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Its token.
    pub token: String,
    /// When the bot was told.
    pub told: Instant,
    /// The first answer, its type and data, and when it came.
    pub answer: Option<(u64, Value, Instant)>,
    /// The later versions of the original answer, in order.
    pub edits: Vec<Value>,
    /// Further messages.
    pub follow_ups: Vec<Value>,
    /// Whether the original answer was deleted.
    pub deleted: bool,
    /// Names and contents of files that came with any of these.
    pub files: Vec<(String, Vec<u8>)>,
}

impl Exchange {
    /// The message that stands at the end: the newest edit, else the first answer's data.
    pub fn message(&self) -> &Value {
        let first = self.answer.as_ref().map(|answer| &answer.1);
        self.edits.last().or(first).unwrap_or(&Value::Null)
    }

    /// Its text.
    pub fn content(&self) -> &str {
        self.message()["content"].as_str().unwrap_or_default()
    }

    /// Whether nothing more is to come: answered at once, or the deferred answer was replaced by
    /// something finished, or taken away.
    pub fn is_settled(&self) -> bool {
        let Some((kind, _, _)) = &self.answer else { return false };
        match kind {
            5 => {
                let finished = self.edits.last().is_some_and(|edit| {
                    !edit["content"].as_str().unwrap_or_default().contains("\n-# step ")
                });
                finished || self.deleted
            }
            6 => self.deleted || !self.edits.is_empty(),
            _ => true,
        }
    }

    /// Whether the first answer is for the one who asked only.
    pub fn is_private(&self) -> bool {
        let flags = self.answer.as_ref().and_then(|answer| answer.1["flags"].as_u64());
        flags.unwrap_or(0) & 64 != 0
    }

    /// The sentence that somebody was told alone: a private answer, or a private follow-up.
    pub fn told_privately(&self) -> Option<&str> {
        let follow_up = self.follow_ups.iter().find(|m| m["flags"].as_u64().unwrap_or(0) & 64 != 0);
        match follow_up {
            Some(message) => message["content"].as_str(),
            None if self.is_private() => Some(self.content()),
            None => None,
        }
    }

    /// The custom id of a button by its label.
    pub fn button(&self, label: &str) -> Option<String> {
        let rows = self.message()["components"].as_array()?;
        let buttons =
            rows.iter().flat_map(|row| row["components"].as_array().into_iter().flatten());
        let found = buttons.into_iter().find(|button| button["label"] == label)?;
        found["custom_id"].as_str().map(str::to_owned)
    }

    /// How long the first answer took.
    pub fn answered_in(&self) -> Option<Duration> {
        self.answer.as_ref().map(|answer| answer.2 - self.told)
    }
}

/// A refusal to come: how often, and with what.
#[derive(Debug, Clone, Copy)]
pub struct Failure {
    /// HTTP status.
    pub status: u16,
    /// Requests that it hits.
    pub times: usize,
    /// Only requests whose path holds this.
    pub path: &'static str,
}

/// What the fake knows.
#[derive(Default)]
pub struct State {
    address: Mutex<Option<SocketAddr>>,
    guilds: Mutex<Vec<u64>>,
    exchanges: Mutex<HashMap<u64, Exchange>>,
    commands: Mutex<Vec<Vec<Value>>>,
    failures: Mutex<Vec<Failure>>,
    /// What the checks found wrong in what the bot sent.
    faults: Mutex<Vec<String>>,
    events: Mutex<Vec<Value>>,
    /// What every connection of the moment is told beside events.
    tells: Mutex<Vec<Value>>,
    changed: Notify,
    identifies: AtomicUsize,
    resumes: AtomicUsize,
    drops: AtomicUsize,
    /// Close code with which the next Identify is refused; 0 for none.
    refuse: AtomicU64,
    /// How long every answer of the REST side waits, in milliseconds.
    slowness: AtomicU64,
    /// Logins that are left for the day; 0 means plenty.
    logins_left: AtomicU64,
    /// Connections to the gateway that are to be turned away.
    closed_doors: AtomicUsize,
    /// Files by their paths.
    files: Mutex<HashMap<String, Vec<u8>>>,
    handed_out: AtomicUsize,
    /// Faults at random.
    weather: Mutex<Option<Weather>>,
    specification: Option<Specification>,
}

/// The fake.
#[derive(Clone)]
pub struct FakeDiscord {
    state: Arc<State>,
    address: SocketAddr,
}

impl FakeDiscord {
    /// Listens on a free port. The bot is a member of `guilds`.
    pub async fn start(guilds: &[u64]) -> Self {
        let state = Arc::new(State {
            guilds: Mutex::new(guilds.to_vec()),
            specification: Specification::load(),
            ..State::default()
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        *state.address.lock().expect("sound") = Some(address);
        let app = rest::router(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { state, address }
    }

    /// What the bot is told with `discord.api_base`.
    pub fn api_base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sends an interaction; its number.
    pub fn interact(&self, interaction: Value) -> u64 {
        check::interaction(&interaction);
        let id: u64 = interaction["id"].as_str().and_then(|id| id.parse().ok()).expect("a number");
        let exchange = Exchange {
            token: interaction["token"].as_str().expect("a token").to_owned(),
            told: Instant::now(),
            answer: None,
            edits: Vec::new(),
            follow_ups: Vec::new(),
            deleted: false,
            files: Vec::new(),
        };
        self.state.exchanges.lock().expect("sound").insert(id, exchange);
        self.dispatch("INTERACTION_CREATE", interaction);
        id
    }

    /// Sends any event.
    pub fn dispatch(&self, name: &str, data: Value) {
        self.state.dispatch(name, data);
    }

    /// Sends any text through the gateway, sound or not.
    pub fn send_text(&self, text: &str) {
        self.state.events.lock().expect("sound").push(Value::from(text));
        self.state.changed.notify_waiters();
    }

    /// What was sent about an interaction so far.
    pub fn exchange(&self, id: u64) -> Exchange {
        self.state.exchanges.lock().expect("sound")[&id].clone()
    }

    /// Waits until `seen` is true of an interaction.
    pub async fn wait(&self, id: u64, seen: impl Fn(&Exchange) -> bool) -> Exchange {
        self.until(&format!("interaction {id}"), || {
            let exchange = self.exchange(id);
            seen(&exchange).then_some(exchange)
        })
        .await
    }

    /// Waits until `found` gives something, half a minute at most.
    pub async fn until<T>(&self, what: &str, found: impl Fn() -> Option<T>) -> T {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
        loop {
            let changed = self.state.changed.notified();
            if let Some(found) = found() {
                return found;
            }
            let tick = tokio::time::timeout(Duration::from_millis(200), changed);
            let _ = tick.await;
            assert!(tokio::time::Instant::now() < deadline, "waited in vain for {what}");
        }
    }

    /// Refuses requests to come.
    pub fn fail(&self, failure: Failure) {
        self.state.failures.lock().expect("sound").push(failure);
    }

    /// Refuses nothing any more.
    pub fn heal(&self) {
        self.state.failures.lock().expect("sound").clear();
    }

    /// Lets faults happen at random, or no more; the weather that was.
    pub fn weather(&self, weather: Option<Weather>) -> Option<Weather> {
        std::mem::replace(&mut *self.state.weather.lock().expect("sound"), weather)
    }

    /// Forgets an interaction that is over.
    pub fn forget(&self, id: u64) {
        self.state.exchanges.lock().expect("sound").remove(&id);
    }

    /// Lets every answer of the REST side wait.
    pub fn slow_down(&self, by: Duration) {
        let milliseconds = u64::try_from(by.as_millis()).expect("short");
        self.state.slowness.store(milliseconds, std::sync::atomic::Ordering::SeqCst);
    }

    /// Refuses the next Identify with a close code.
    pub fn refuse_identify(&self, code: u64) {
        self.state.refuse.store(code, std::sync::atomic::Ordering::SeqCst);
    }

    /// Leaves so many logins for the day, until they are reset after two seconds.
    pub fn leave_logins(&self, left: u64) {
        self.state.logins_left.store(left, std::sync::atomic::Ordering::SeqCst);
    }

    /// Tells every connection something beside events: an opcode with its data.
    pub fn tell(&self, opcode: u64, data: Value) {
        let told = serde_json::json!({"op": opcode, "s": null, "t": null, "d": data});
        self.state.tells.lock().expect("sound").push(told);
        self.state.changed.notify_waiters();
    }

    /// Turns so many connections to the gateway away.
    pub fn turn_away(&self, connections: usize) {
        self.state.closed_doors.store(connections, std::sync::atomic::Ordering::SeqCst);
    }

    /// Keeps a file as Discord's file server does; its address.
    pub fn keep_file(&self, path: &str, bytes: Vec<u8>) -> String {
        self.state.files.lock().expect("sound").insert(path.to_owned(), bytes);
        format!("{}{path}", self.api_base())
    }

    /// How often a file was handed out.
    pub fn handed_out(&self) -> usize {
        self.state.handed_out.load(std::sync::atomic::Ordering::SeqCst)
    }

    /// Breaks the gateway connection off.
    pub fn drop_connection(&self) {
        self.state.drops.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        self.state.changed.notify_waiters();
    }

    /// Identifies and resumes so far.
    pub fn logins(&self) -> (usize, usize) {
        use std::sync::atomic::Ordering::SeqCst;
        (self.state.identifies.load(SeqCst), self.state.resumes.load(SeqCst))
    }

    /// The commands of every registration.
    pub fn registrations(&self) -> Vec<Vec<Value>> {
        self.state.commands.lock().expect("sound").clone()
    }

    /// What was wrong in what the bot sent: must stay empty.
    pub fn faults(&self) -> Vec<String> {
        self.state.faults.lock().expect("sound").clone()
    }
}

impl State {
    fn dispatch(&self, name: &str, data: Value) {
        let mut events = self.events.lock().expect("sound");
        let sequence = events.len() + 1;
        events.push(serde_json::json!({"op": 0, "s": sequence, "t": name, "d": data}));
        drop(events);
        self.changed.notify_waiters();
    }

    fn fault(&self, fault: String) {
        self.faults.lock().expect("sound").push(fault);
    }
}
