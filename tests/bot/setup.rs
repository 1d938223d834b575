//! The first run: `glyffuse setup`, asked and unasked, and a bot that lives on what it left behind.
#![cfg(unix)]
use crate::fake::{FakeDiscord, TOKEN};
use crate::world::GUILD;
use rexpect::session::PtySession;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A machine on which nothing is set up.
struct Machine {
    discord: FakeDiscord,
    folder: TempDir,
}

impl Machine {
    async fn new() -> Self {
        let discord = FakeDiscord::start(&[GUILD]).await;
        Self { discord, folder: tempfile::tempdir().expect("a temporary folder") }
    }

    fn settings(&self) -> PathBuf {
        self.folder.path().join("etc/glyffuse.toml")
    }

    fn token(&self) -> PathBuf {
        self.folder.path().join("etc/token")
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("data/glyffuse.db")
    }

    /// The program, which knows of nothing but the model and the fake.
    fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_glyffuse"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("GLYFFUSE") {
                command.env_remove(name);
            }
        }
        command
            .args(arguments)
            .env_remove("DISCORD_TOKEN")
            .env("GLYFFUSE_CONFIG", self.settings())
            .env("GLYFFUSE__STORE__FILE", self.database())
            .env("GLYFFUSE__DISCORD__API_BASE", self.discord.api_base())
            .env(
                "GLYFFUSE__MODEL__NAME",
                Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tiny"),
            )
            .env("GLYFFUSE__RUNTIME__THREADS", "1")
            .env("GLYFFUSE__HTTP__ADDRESS", "127.0.0.1:0")
            .stdin(Stdio::null());
        command
    }

    /// The first run without questions.
    async fn unasked(&self, token: Option<&str>, more: &[&str]) -> Output {
        let arguments = [&["setup", "--non-interactive", "--no-service"], more].concat();
        let mut command = self.program(&arguments);
        command.envs(token.map(|token| ("DISCORD_TOKEN", token)));
        // The fake answers on this thread.
        tokio::task::spawn_blocking(move || command.output().expect("the program starts"))
            .await
            .expect("it ends")
    }
}

fn said(output: &Output) -> String {
    let texts = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    texts.concat()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

#[tokio::test]
async fn without_questions_it_leaves_all_that_a_bot_needs() {
    let machine = Machine::new().await;
    let done = machine.unasked(Some(TOKEN), &[]).await;
    let told = said(&done);
    assert!(done.status.success(), "{told}");
    for words in ["Discord knows it: glyffuse", "permissions=0", "glyffuse.db", "tiny@1", "a cat"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert!(!told.contains(TOKEN), "the token is shown to nobody");
    let settings = read(&machine.settings());
    assert!(!settings.contains(TOKEN), "no secret stands in the settings");
    assert!(settings.contains("# Drawings a minute of one member"), "{settings}");
    assert!(settings.contains("\n# member_per_minute = 6\n"), "{settings}");
    let named = format!("\ntoken_file = \"{}\"\n", machine.token().display());
    assert!(settings.contains(&named), "{settings}");
    assert_eq!(read(&machine.token()).trim(), TOKEN);
    assert_eq!(mode(&machine.token()), 0o600);
    assert!(machine.database().is_file());
    // What it left behind is enough for the bot.
    let mut bot = machine.program(&["bot"]).stderr(Stdio::null()).spawn().expect("it starts");
    machine
        .discord
        .until("the bot to connect", || (machine.discord.logins().0 == 1).then_some(()))
        .await;
    bot.kill().expect("it runs");
    bot.wait().expect("it ends");
}

#[tokio::test]
async fn what_stands_there_is_kept() {
    let machine = Machine::new().await;
    let own = "# my own words\n[limits]\nmember_per_minute = 2 # enough\n";
    fs::create_dir_all(machine.settings().parent().expect("a folder")).expect("made");
    fs::write(machine.settings(), own).expect("writable");
    assert!(machine.unasked(Some(TOKEN), &[]).await.status.success());
    let after = read(&machine.settings());
    assert!(after.starts_with(own), "{after}");
    // Again, without the variable: the file has the token.
    let again = machine.unasked(None, &[]).await;
    assert!(again.status.success(), "{}", said(&again));
    assert_eq!(read(&machine.settings()), after);
    assert!(said(&again).contains("kept as it is"), "{}", said(&again));
    assert_eq!(read(&machine.token()).trim(), TOKEN);
    // Another token takes its place, and the old one is still to be had.
    let other = TOKEN.replace("GfAkEe", "GfReSh");
    let done = machine.unasked(Some(&other), &["--offline"]).await;
    assert!(done.status.success(), "{}", said(&done));
    assert_eq!(read(&machine.token()).trim(), other);
    let previous = machine.token().with_file_name("token.previous");
    assert_eq!((read(&previous).trim(), mode(&previous)), (TOKEN, 0o600));
}

#[tokio::test]
async fn what_is_wrong_is_said_and_nothing_is_written() {
    let machine = Machine::new().await;
    let refused = machine.unasked(Some("aaaa.bbbb.cccc"), &[]).await;
    assert!(said(&refused).contains("Reset Token"), "{}", said(&refused));
    let no_shape = machine.unasked(Some("no token at all"), &[]).await;
    assert!(said(&no_shape).contains("copy the whole token"), "{}", said(&no_shape));
    let none = machine.unasked(None, &[]).await;
    assert!(said(&none).contains("set DISCORD_TOKEN"), "{}", said(&none));
    let mut asks = machine.program(&["setup"]);
    let asks = asks.env("DISCORD_TOKEN", TOKEN).output().expect("the program starts");
    assert!(said(&asks).contains("--non-interactive"), "{}", said(&asks));
    let mut lonely = machine.program(&["setup", "--non-interactive"]);
    lonely.env("GLYFFUSE__DISCORD__API_BASE", "http://127.0.0.1:9").env("DISCORD_TOKEN", TOKEN);
    let lonely = lonely.output().expect("the program starts");
    assert!(said(&lonely).contains("cannot be reached"), "{}", said(&lonely));
    for output in [&refused, &no_shape, &none, &asks, &lonely] {
        assert_eq!(output.status.code(), Some(2));
    }
    assert!(!machine.settings().exists() && !machine.token().exists());
    assert!(!machine.database().exists());
    // Settings that make no sense are left to their owner.
    fs::create_dir_all(machine.settings().parent().expect("a folder")).expect("made");
    fs::write(machine.settings(), "[limits]\nmember_per_hour = 2\n").expect("writable");
    let unsound = machine.unasked(Some(TOKEN), &[]).await;
    assert_eq!(unsound.status.code(), Some(2));
    assert!(said(&unsound).contains("member_per_hour"), "{}", said(&unsound));
    assert_eq!(read(&machine.settings()), "[limits]\nmember_per_hour = 2\n");
    assert!(!machine.token().exists());
}

/// Talks with the program through a terminal, off the fake's thread. What is shown ends with the
/// program's exit code.
async fn at_a_terminal(
    program: Command,
    talk: impl FnOnce(&mut PtySession) -> Result<String, rexpect::error::Error> + Send + 'static,
) -> String {
    let mut command = Command::new("sh");
    command.args(["-c", "\"$@\"; echo it ended with $?", "sh"]);
    command.arg(program.get_program()).args(program.get_args());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let talked = tokio::task::spawn_blocking(move || {
        let mut terminal = rexpect::session::spawn_command(command, Some(30_000))?;
        talk(&mut terminal)
    });
    talked.await.expect("it ends").unwrap_or_else(|error| panic!("{error}"))
}

#[tokio::test]
async fn at_a_terminal_it_asks_until_the_token_is_right() {
    let machine = Machine::new().await;
    let shown = at_a_terminal(machine.program(&["setup", "--no-service"]), |terminal| {
        let mut shown = terminal.exp_string("Token (")?;
        terminal.send_line("hunter2")?;
        shown += &terminal.exp_string("copy the whole token")?;
        shown += &terminal.exp_string("Token (")?;
        terminal.send_line("aaaa.bbbb.cccc")?;
        shown += &terminal.exp_string("Reset Token")?;
        shown += &terminal.exp_string("Token (")?;
        terminal.send_line(TOKEN)?;
        Ok(shown + &terminal.exp_eof()?)
    })
    .await;
    assert!(shown.contains("it ended with 0"), "{shown}");
    for words in ["developers/applications", "Discord knows it: glyffuse", "permissions=0"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    for secret in [TOKEN, "hunter2", "aaaa.bbbb.cccc"] {
        assert!(!shown.contains(secret), "what is typed is not shown: {shown}");
    }
    assert_eq!(read(&machine.token()).trim(), TOKEN);
    // The second time there is nothing to ask.
    let second = machine.program(&["setup", "--no-service"]);
    let shown = at_a_terminal(second, |terminal| terminal.exp_eof()).await;
    assert!(shown.contains("it ended with 0"), "{shown}");
    assert!(!shown.contains("Token ("), "{shown}");
}

#[tokio::test]
async fn who_wants_no_bot_gets_the_rest() {
    let machine = Machine::new().await;
    let shown = at_a_terminal(machine.program(&["setup"]), |terminal| {
        terminal.exp_string("Token (")?;
        terminal.send_line("")?;
        terminal.exp_eof()
    })
    .await;
    assert!(shown.contains("it ended with 0"), "{shown}");
    assert!(shown.contains("`glyffuse draw` draws"), "{shown}");
    assert!(!machine.token().exists());
    assert!(read(&machine.settings()).contains("\n# token_file = \"\"\n"));
}
