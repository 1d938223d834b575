//! A fake Discord and a bot that is connected to it.
use crate::fake::{Exchange, FakeDiscord, Place, TOKEN};
use glyffuse::health::{Answer, ask};
use serde_json::{Value, json};
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;
use tempfile::TempDir;

/// Two guilds that the bot is a member of.
pub const GUILD: u64 = 1_200_000_000_000_001_000;
/// The other one.
pub const OTHER_GUILD: u64 = 1_200_000_000_000_002_000;
/// A member of both.
pub const ANNA: u64 = 1_300_000_000_000_000_010;
/// Another one.
pub const BERT: u64 = 1_300_000_000_000_000_020;

/// Discord, the bot's process and its files.
pub struct World {
    /// Discord.
    pub discord: FakeDiscord,
    folder: TempDir,
    settings: Vec<(String, String)>,
    bot: Option<Child>,
    starts: usize,
}

impl World {
    /// A bot with the tiny model that is connected and ready.
    pub async fn new() -> Self {
        Self::with(&[]).await
    }

    /// The same with settings of its own, as environment variables.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        let mut world = Self::unconnected(settings).await;
        world.start();
        world.connected().await;
        world
    }

    /// A Discord, and a bot that is not started.
    pub async fn unconnected(settings: &[(&str, &str)]) -> Self {
        let settings = settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(folder.path().join("data")).expect("writable");
        Self {
            discord: FakeDiscord::start(&[GUILD, OTHER_GUILD]).await,
            folder,
            settings,
            bot: None,
            starts: 0,
        }
    }

    /// Starts the bot's process.
    pub fn start(&mut self) {
        self.start_under(&[]);
    }

    /// Starts the bot's process under another program, which becomes the bot.
    pub fn start_under(&mut self, runner: &[&str]) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let program = [runner, &[env!("CARGO_BIN_EXE_glyffuse")]].concat();
        let mut command = Command::new(program[0]);
        command.args(&program[1..]);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("GLYFFUSE") {
                command.env_remove(name);
            }
        }
        self.starts += 1;
        let log = File::create(self.log_file(self.starts)).expect("writable");
        command
            .arg("bot")
            .env("GLYFFUSE_CONFIG", root.join("tests/data/empty.toml"))
            .env("GLYFFUSE__MODEL__NAME", root.join("tests/data/tiny"))
            .env("GLYFFUSE__RUNTIME__THREADS", "1")
            .env("GLYFFUSE__STORE__FILE", self.database())
            .env("GLYFFUSE__DISCORD__API_BASE", self.discord.api_base())
            .env("GLYFFUSE__LOG__LEVEL", "trace")
            .env("GLYFFUSE__HTTP__ADDRESS", "127.0.0.1:0")
            .env("DISCORD_TOKEN", TOKEN)
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(log);
        self.bot = Some(command.spawn().expect("the program starts"));
    }

    /// Changes a setting for the next start.
    pub fn set(&mut self, name: &str, value: &str) {
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    fn log_file(&self, start: usize) -> PathBuf {
        self.folder.path().join(format!("log{start}"))
    }

    /// Where the bot keeps what it remembers.
    pub fn database(&self) -> PathBuf {
        self.folder.path().join("data").join("glyffuse.db")
    }

    /// Everything that was logged so far.
    pub fn log(&self) -> String {
        let logs = (1..=self.starts).map(|start| std::fs::read(self.log_file(start)));
        logs.map(|log| String::from_utf8_lossy(&log.unwrap_or_default()).into_owned()).collect()
    }

    /// Waits until the log holds a text.
    pub async fn logged(&self, text: &str) {
        self.discord
            .until(&format!("the log to say {text:?}"), || self.log().contains(text).then_some(()))
            .await;
    }

    /// Waits until the bot of this start is connected.
    pub async fn connected(&self) {
        let starts = self.starts;
        self.discord
            .until("the bot to connect", || {
                (self.log().matches("connected to Discord").count() >= starts).then_some(())
            })
            .await;
    }

    /// Where the bot of this start tells about itself.
    pub async fn http(&self) -> SocketAddr {
        let log = self.log_file(self.starts);
        let told = |line: &str| {
            let (_, address) = line.split_once("figures on http://")?;
            address.trim_end_matches(['"', '}']).parse().ok()
        };
        self.discord
            .until("the bot to listen", || {
                std::fs::read_to_string(&log).ok()?.lines().find_map(told)
            })
            .await
    }

    /// Asks the bot of this start for a path.
    pub async fn get(&self, path: &'static str) -> Answer {
        let address = self.http().await;
        let asked = tokio::task::spawn_blocking(move || ask(address, path)).await;
        asked.expect("no panic").expect("an answer")
    }

    /// The value of a figure, named with its labels as in `/metrics`.
    pub async fn figure(&self, name: &str) -> Option<f64> {
        let figures = self.get("/metrics").await.body;
        let line = figures.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
        Some(line.parse().expect("a number"))
    }

    /// The bot's process.
    pub fn process(&mut self) -> &mut Child {
        self.bot.as_mut().expect("the bot was started")
    }

    /// Tells the bot to stop, as a service manager does. By the shell's own `kill`: a bare system has
    /// no program of that name.
    pub fn terminate(&mut self) {
        let id = self.process().id().to_string();
        let told = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &id]).status();
        assert!(told.expect("there is a shell").success());
    }

    /// Kills the bot, as a power cut does.
    pub fn kill(&mut self) {
        self.process().kill().expect("it runs");
        self.process().wait().expect("it ends");
    }

    /// Waits for the process to end.
    pub async fn ended(&mut self) -> ExitStatus {
        for _ in 0..600 {
            if let Some(status) = self.process().try_wait().expect("it was started") {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the bot does not stop: {}", self.log());
    }

    /// Memory of the process in kilobytes.
    pub fn resident_kilobytes(&mut self) -> u64 {
        let status = format!("/proc/{}/status", self.process().id());
        let status = std::fs::read_to_string(status).expect("it runs");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a size");
        line.split_whitespace().nth(1).and_then(|size| size.parse().ok()).expect("a number")
    }

    /// Sends an interaction and waits for the end of it.
    pub async fn ask(&self, interaction: Value) -> Exchange {
        let id = self.discord.interact(interaction);
        self.discord.wait(id, Exchange::is_settled).await
    }

    /// `/ascii` with a text and other options.
    pub async fn ascii(&self, place: Place, text: &str, more: Value) -> Exchange {
        self.ask(place.command("ascii", &ascii(text, more))).await
    }

    /// Presses a button of a message by its label.
    pub async fn press(&self, place: Place, message: &Exchange, label: &str) -> Exchange {
        let custom_id = message.button(label);
        let custom_id = custom_id.unwrap_or_else(|| panic!("no {label} in {}", message.message()));
        self.ask(place.button(&custom_id, &with_flags(message))).await
    }
}

/// The message of an exchange with the flags that Discord keeps on it.
pub fn with_flags(exchange: &Exchange) -> Value {
    let mut message = exchange.message().clone();
    if exchange.is_private() {
        message["flags"] = 64.into();
    }
    message
}

/// The options of `/ascii`.
pub fn ascii(text: &str, more: Value) -> Value {
    let mut options = vec![json!({"name": "text", "type": 3, "value": text})];
    options.extend(more.as_array().expect("options").clone());
    Value::Array(options)
}

/// The art of a message, its lines.
pub fn art(exchange: &Exchange) -> Vec<String> {
    let content = exchange.content();
    let (_, rest) = content.split_once("```\n").unwrap_or_else(|| panic!("no art: {content}"));
    let (art, _) = rest.split_once("\n```").expect("a closed block");
    art.split('\n').map(str::to_owned).collect()
}

/// The seed that a message names.
pub fn seed(exchange: &Exchange) -> u32 {
    let (_, rest) = exchange.content().split_once("seed ").expect("a seed");
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().expect("a number")
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(bot) = &mut self.bot {
            let _ = bot.kill();
            let _ = bot.wait();
        }
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<_> = log.lines().filter(|line| !line.contains("TRACE")).collect();
            eprintln!(
                "the bot's log ends:\n{}",
                lines[lines.len().saturating_sub(40)..].join("\n")
            );
            eprintln!("faults: {:?}", self.discord.faults());
        } else {
            assert_eq!(
                self.discord.faults(),
                Vec::<String>::new(),
                "what the bot sent is not sound"
            );
        }
    }
}
