//! A soak: many people, and a Discord that drops connections, refuses, is slow and talks nonsense. Every
//! sound interaction is answered, once, and the process does not grow.
use crate::fake::weather::{Random, Weather};
use crate::fake::{Exchange, Place};
use crate::world::{World, ascii, with_flags};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// Interactions that may be under way.
const MOST_AT_ONCE: usize = 40;
/// How long after its end an interaction is looked at again: nothing more may have come.
const AFTERMATH: Duration = Duration::from_secs(2);
/// New sessions in one run: the bot pauses above ten an hour.
const MOST_SESSIONS: u64 = 6;

#[tokio::test]
async fn a_few_seconds_of_everything_lose_nothing() {
    // One refusal leaves time for the other tests, which run beside it.
    soak(Duration::from_secs(6), 1, 1).await;
}

/// `GLYFFUSE_SOAK_SECONDS` says how long, ten minutes if it is not set; `GLYFFUSE_SOAK_SEED` another run.
#[tokio::test]
#[ignore = "takes ten minutes: docs/RELIABILITY.md"]
async fn ten_minutes_of_everything_lose_nothing() {
    let number = |name: &str, usual| {
        std::env::var(name).map_or(usual, |text| text.parse::<u64>().expect("a number"))
    };
    let length = Duration::from_secs(number("GLYFFUSE_SOAK_SECONDS", 600));
    soak(length, number("GLYFFUSE_SOAK_SEED", 1), 2).await;
}

/// What a process holds.
#[derive(Debug, Clone, Copy)]
struct Held {
    kilobytes: u64,
    files: usize,
    threads: usize,
}

impl Held {
    fn by(world: &mut World) -> Self {
        let folder = format!("/proc/{}", world.process().id());
        let count =
            |what: &str| std::fs::read_dir(format!("{folder}/{what}")).expect("it runs").count();
        let (files, threads) = (count("fd"), count("task"));
        Self { kilobytes: world.resident_kilobytes(), files, threads }
    }
}

/// A run under way.
struct Soak {
    world: World,
    random: Random,
    /// Sent, and not settled.
    open: VecDeque<(u64, &'static str)>,
    /// Settled, to be looked at once more.
    over: VecDeque<(u64, &'static str, Instant)>,
    /// Messages with buttons, the newest last.
    messages: VecDeque<(Place, Exchange)>,
    counts: BTreeMap<&'static str, u64>,
    slowest: Duration,
    /// Megabytes after every tenth of the time.
    megabytes: Vec<u64>,
}

/// `refusals` is how often one request is refused at most.
async fn soak(length: Duration, seed: u64, refusals: u32) {
    let world = World::with(&[
        ("GLYFFUSE__LOG__LEVEL", "info"),
        ("GLYFFUSE__CACHE__MEGABYTES", "1"),
        ("GLYFFUSE__LIMITS__MEMBER_PER_MINUTE", "120"),
        ("GLYFFUSE__LIMITS__GUILD_PER_MINUTE", "100000"),
    ])
    .await;
    let mut soak = Soak {
        world,
        random: Random(seed),
        open: VecDeque::new(),
        over: VecDeque::new(),
        messages: VecDeque::new(),
        counts: BTreeMap::new(),
        slowest: Duration::ZERO,
        megabytes: Vec::new(),
    };
    // Warm: every kind once, in good weather.
    soak.for_some_time(length.min(Duration::from_secs(60)) / 4, false).await;
    soak.quiet().await;
    let before = Held::by(&mut soak.world);
    soak.counts.clear();
    soak.megabytes.clear();
    soak.world.discord.weather(Some(Weather::new(seed, refusals)));
    soak.for_some_time(length, true).await;
    let weather = soak.world.discord.weather(None).expect("there was weather");
    soak.quiet().await;
    // Threads that wait for work, and connections, are given back after a while.
    tokio::time::sleep((length / 20).min(Duration::from_secs(20))).await;
    let after = Held::by(&mut soak.world);
    let (identifies, resumes) = soak.world.discord.logins();
    let alive = soak.world.get("/healthz").await;
    let log = soak.world.log();
    soak.world.terminate();
    let ended = soak.world.ended().await;
    println!("{length:?}, seed {seed}; sent and injected: {:?}", soak.counts);
    println!("REST faults: {:?}; sessions {identifies}, resumed {resumes}", weather.counts);
    println!("slowest first answer {:?}; before {before:?}; after {after:?}", soak.slowest);
    println!("megabytes after every tenth of the time: {:?}", soak.megabytes);
    assert!(alive.status == 200 && ended.success(), "{ended}");
    assert!(!log.contains("panicked"), "a panic is in the log");
    assert!(after.kilobytes < before.kilobytes + 40_000, "memory: {before:?}, {after:?}");
    assert!(after.files <= before.files + MOST_AT_ONCE, "files: {before:?}, {after:?}");
    assert!(after.threads <= before.threads + 8, "threads: {before:?}, {after:?}");
}

impl Soak {
    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// People ask, and where it is `rough`, the gateway breaks meanwhile.
    async fn for_some_time(&mut self, length: Duration, rough: bool) {
        let end = Instant::now() + length;
        let (start, mut sessions) = (Instant::now(), 0);
        while Instant::now() < end {
            if start.elapsed() * 10 > length * (self.megabytes.len() as u32 + 1) {
                self.megabytes.push(self.world.resident_kilobytes() / 1_000);
            }
            for _ in 0..self.random.below(8) {
                if self.open.len() < MOST_AT_ONCE {
                    self.ask();
                }
            }
            if rough {
                match self.random.below(120) {
                    0 => {
                        self.count("dropped connections");
                        self.world.discord.drop_connection();
                        self.back().await;
                    }
                    1 => {
                        self.count("wishes to reconnect");
                        let logins = self.world.discord.logins();
                        self.world.discord.tell(7, json!(null));
                        self.until_logins(logins.0, logins.1 + 1).await;
                    }
                    2 if sessions < MOST_SESSIONS => {
                        // What is sent to a session that ends is lost with it, at Discord too.
                        sessions += 1;
                        self.settle().await;
                        self.count("ended sessions");
                        let logins = self.world.discord.logins();
                        self.world.discord.tell(9, json!(false));
                        self.until_logins(logins.0 + 1, logins.1).await;
                    }
                    3 => {
                        self.settle().await;
                        self.count("gateways that turn away");
                        self.world.discord.turn_away(1);
                        self.world.discord.drop_connection();
                        self.back().await;
                    }
                    4..=24 => self.nonsense(),
                    _ => {}
                }
            }
            self.look();
            tokio::time::sleep(Duration::from_millis(20 + self.random.below(80))).await;
        }
    }

    /// Waits for a login of either kind after the connection was broken.
    async fn back(&self) {
        let (identifies, resumes) = self.world.discord.logins();
        let discord = &self.world.discord;
        let all = identifies + resumes + 1;
        let back = || (discord.logins().0 + discord.logins().1 >= all).then_some(());
        discord.until("the bot to come back", back).await;
    }

    async fn until_logins(&self, identifies: usize, resumes: usize) {
        let discord = &self.world.discord;
        let there = || {
            let logins = discord.logins();
            (logins.0 >= identifies && logins.1 >= resumes).then_some(())
        };
        discord.until("the login", there).await;
    }

    /// Somebody does something.
    fn ask(&mut self) {
        let guild = crate::world::GUILD + 1_000 * self.random.below(2);
        let user = 1_000 + self.random.below(60);
        let place = match self.random.below(8) {
            0 => Place::direct(user),
            1 => Place::admin(guild, user),
            _ => Place::member(guild, user),
        };
        let option = |name: &str, value: &str| json!({"name": name, "type": 3, "value": value});
        let sub =
            |name: &str, options: Value| json!([{"name": name, "type": 1, "options": options}]);
        let word = *self.random.of(&["ring", "bar", "cross", "square", "a ring and a bar", "丸"]);
        let name = *self.random.of(&["one", "two", "three"]);
        let (what, asked) = match self.random.below(16) {
            0..=3 => {
                let seed = json!([{"name": "seed", "type": 4, "value": self.random.below(5_000)}]);
                ("/ascii", place.command("ascii", &ascii(word, seed)))
            }
            4 | 5 => ("/ascii, seen before", place.command("ascii", &ascii(word, json!([])))),
            6 => {
                let typed = json!([{"name": "text", "type": 3, "value": "r", "focused": true}]);
                ("typing", place.autocomplete("ascii", &typed))
            }
            7 => {
                let save = sub("save", json!([option("name", name), option("text", word)]));
                ("/prompts", place.command("prompts", &save))
            }
            8 => {
                let used = sub("use", json!([option("name", name)]));
                ("/prompts", place.command("prompts", &used))
            }
            9 => {
                let command = *self.random.of(&["help", "privacy", "paint"]);
                ("other commands", place.command(command, &json!([])))
            }
            10 => ("/gallery", place.command("gallery", &sub("new", json!([])))),
            11 => {
                let texts = ["", "a\u{1b}[2J", "gly1-AAAA", "```", "@everyone"];
                let text = *self.random.of(&texts);
                ("hostile texts", place.command("ascii", &ascii(text, json!([]))))
            }
            12 => {
                let ids = ["1:again:99999999", "2:old", "1:page:new:0:1", "1:delete:1"];
                let id = *self.random.of(&ids);
                ("old buttons", place.button(id, &json!({"content": "x", "components": []})))
            }
            _ => match self.pressed() {
                Some(pressed) => ("buttons", pressed),
                None => ("/ascii, seen before", place.command("ascii", &ascii(word, json!([])))),
            },
        };
        self.count(what);
        self.count("interactions");
        self.open.push_back((self.world.discord.interact(asked), what));
    }

    /// A button under a message that was sent.
    fn pressed(&mut self) -> Option<Value> {
        let place = self.random.below(self.messages.len().max(1) as u64) as usize;
        let label = *self.random.of(&["Again", "Vary", "Edit", "Recipe", "Share", "Delete"]);
        let (place, message) = self.messages.get(place)?;
        Some(place.button(&message.button(label)?, &with_flags(message)))
    }

    /// Something that Discord would not send.
    fn nonsense(&mut self) {
        self.count("malformed payloads");
        let mut sound =
            Place::member(crate::world::GUILD, 7).command("ascii", &ascii("bar", json!([])));
        let fields = ["id", "token", "type", "data", "channel_id", "member", "version", "locale"];
        let field = *self.random.of(&fields);
        let discord = &self.world.discord;
        match self.random.below(9) {
            0 => discord.send_text("{\"op\": 0, \"t\": \"INTERACTION_CREATE\""),
            1 => discord.send_text("no JSON at all \u{0}\u{FFFF}"),
            2 => discord.send_text("{\"op\": 99, \"d\": null}"),
            3 => discord.send_text(&"[".repeat(10_000)),
            4 => discord.dispatch("SOMETHING_NEW", json!({"a": [1, {"b": null}]})),
            5 => discord.dispatch("GUILD_CREATE", json!({"id": "0", "unavailable": "perhaps"})),
            6 => discord.dispatch("INTERACTION_CREATE", json!(["not", "an", "object"])),
            7 => {
                sound[field] =
                    self.random.of(&[json!(null), json!(-1), json!("x"), json!([])]).clone();
                discord.dispatch("INTERACTION_CREATE", sound);
            }
            _ => {
                sound.as_object_mut().expect("an object").remove(field);
                discord.dispatch("INTERACTION_CREATE", sound);
            }
        }
    }

    /// Looks at what is under way, and once more at what is over.
    fn look(&mut self) {
        for _ in 0..self.open.len() {
            let (id, what) = self.open.pop_front().expect("as many");
            let exchange = self.world.discord.exchange(id);
            if !exchange.is_settled() {
                let since = exchange.told.elapsed();
                assert!(since < Duration::from_secs(45), "{what} {id} is lost: {exchange:?}");
                self.open.push_back((id, what));
                continue;
            }
            self.slowest = self.slowest.max(exchange.answered_in().expect("answered"));
            self.over.push_back((id, what, Instant::now()));
        }
        while self.over.front().is_some_and(|(_, _, since)| since.elapsed() > AFTERMATH) {
            let (id, what, _) = self.over.pop_front().expect("just seen");
            self.close(id, what);
        }
    }

    /// Nothing came after the end: one answer, whatever was tried again.
    fn close(&mut self, id: u64, what: &str) {
        let exchange = self.world.discord.exchange(id);
        self.world.discord.forget(id);
        assert!(exchange.is_settled(), "{what}: {exchange:?}");
        let mut finished: Vec<_> = exchange.edits.iter().map(|edit| &edit["content"]).collect();
        finished.retain(|text| !text.as_str().unwrap_or_default().contains("\n-# step "));
        finished.dedup();
        let told = exchange.follow_ups.len();
        assert!(finished.len() + told <= 1, "{what} was answered twice: {exchange:?}");
        self.count("answers");
        if exchange.button("Again").is_some() {
            let place = Place::member(crate::world::GUILD, 1_000);
            self.messages.push_back((place, exchange));
        }
        if self.messages.len() >= 60 {
            self.messages.drain(..20);
        }
    }

    /// Waits until nothing is under way.
    async fn settle(&mut self) {
        while !self.open.is_empty() {
            self.look();
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// Waits until everything is over, and was looked at twice.
    async fn quiet(&mut self) {
        self.settle().await;
        while !self.over.is_empty() {
            self.look();
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
