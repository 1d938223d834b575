//! `glyffuse setup`: the first run. It asks, or takes everything from the environment; what is done
//! stays done, so that it can be ended at any time and run again.
use super::install_service::{self, InstallServiceArgs, has_systemd};
use super::{doctor, output};
use crate::app::App;
use crate::config::{
    SecretError, Settings, Written, commented_defaults, parse_token, token_variable, with_setting,
    write_secret, write_settings,
};
use crate::domain::{Prompt, Variation};
use crate::service::Options;
use crate::store::{Inspection, inspect};
use anyhow::{Context, Result, bail};
use clap::Args;
use dialoguer::{Confirm, Password};
use secrecy::SecretString;
use std::fs;
use std::io::{self, IsTerminal};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Checks the token, writes settings, makes the database, checks the model, and offers the service.
#[derive(Debug, Args)]
pub struct SetupArgs {
    /// Ask nothing: the token comes from DISCORD_TOKEN, or from the file that discord.token_file
    /// names.
    #[arg(long)]
    non_interactive: bool,
    /// Do not ask Discord whether the token is right.
    #[arg(long)]
    offline: bool,
    /// Install the systemd service without asking (needs root).
    #[arg(long, conflicts_with = "no_service")]
    service: bool,
    /// Do not offer the systemd service.
    #[arg(long)]
    no_service: bool,
}

/// A token that can be kept.
struct Token {
    secret: SecretString,
    /// Whether it stands in discord.token_file already.
    is_kept: bool,
    invite: Option<String>,
}

/// Goes through the first run; `read` reads the settings, and does so again once they are written.
///
/// # Errors
/// One sentence saying what is wrong and what to do.
pub fn run(args: &SetupArgs, read: impl Fn() -> Result<App>) -> Result<()> {
    let asks = !args.non_interactive;
    if asks && !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        bail!(
            "setup asks questions, and this is no terminal: use --non-interactive, with the token in DISCORD_TOKEN"
        );
    }
    let (file, _) = Settings::file();
    let app = read()?;
    let token = if asks { asked_token(args, &app)? } else { Some(given_token(args, &app)?) };
    let place = token.as_ref().map(|token| keep(token, &app, &file)).transpose()?;
    settings(&app, &file, place.as_deref())?;
    let app = read()?;
    database(&app)?;
    model(&app)?;
    match &token {
        Some(token) => finish(args, &app, token),
        None => {
            println!("\nNow `glyffuse draw` draws; run this again when there is a token.");
            Ok(())
        }
    }
}

fn ok(what: &str, said: &str) {
    println!("ok     {what:<12} {said}");
}

/// The token of the environment, which wins here, or of the settings.
fn given(app: &App) -> Result<(SecretString, bool), SecretError> {
    match token_variable()? {
        Some(token) => Ok((token, false)),
        None => Ok((app.settings().token()?, true)),
    }
}

fn given_token(args: &SetupArgs, app: &App) -> Result<Token> {
    let (secret, is_kept) = given(app)?;
    let invite = check(args, app, &secret)?;
    Ok(Token { secret, is_kept, invite })
}

/// The token that is there, or the one that is typed; `None` for a person who wants no bot.
fn asked_token(args: &SetupArgs, app: &App) -> Result<Option<Token>> {
    let known = match given(app) {
        Ok((secret, is_kept)) => {
            check(args, app, &secret).map(|invite| Some(Token { secret, is_kept, invite }))
        }
        Err(SecretError::NoToken) => Ok(None),
        Err(error) => Err(error.into()),
    };
    match known {
        Ok(Some(token)) => return Ok(Some(token)),
        Ok(None) => {}
        Err(error) => eprintln!("glyffuse: {error:#}"),
    }
    eprintln!(
        "The bot needs a token. In https://discord.com/developers/applications: New Application,\n\
         then Bot, Reset Token, Copy. It needs no privileged intent."
    );
    loop {
        let prompt = "Token (it is not shown; nothing, to do without the bot)";
        let typed = Password::new().with_prompt(prompt).allow_empty_password(true).interact()?;
        if typed.trim().is_empty() {
            return Ok(None);
        }
        let checked = parse_token(&typed, "this")
            .map_err(anyhow::Error::from)
            .and_then(|secret| check(args, app, &secret).map(|invite| (secret, invite)));
        match checked {
            Ok((secret, invite)) => return Ok(Some(Token { secret, is_kept: false, invite })),
            Err(error) => eprintln!("glyffuse: {error:#}"),
        }
    }
}

/// Asks Discord whose the token is; the link that adds the bot to a server.
fn check(args: &SetupArgs, app: &App, token: &SecretString) -> Result<Option<String>> {
    if args.offline {
        println!("--     token        not checked (--offline)");
        return Ok(None);
    }
    let identity = runtime()?.block_on(app.identify(token))?;
    ok("token", &format!("Discord knows it: {}", identity.name));
    Ok(Some(identity.invite))
}

/// Puts the token into a file of its own; the file, where the settings do not name it yet.
fn keep(token: &Token, app: &App, settings: &Path) -> Result<PathBuf> {
    let named = &app.settings().discord.token_file;
    let place = if named.is_empty() {
        std::path::absolute(settings.with_file_name("token"))?
    } else {
        named.into()
    };
    if !token.is_kept {
        let previous = match write_secret(&place, &token.secret)? {
            Written::Replaced => {
                format!("; what it held before is in {}.previous", place.display())
            }
            Written::Fresh | Written::Same => String::new(),
        };
        ok("token file", &format!("{} (only you may read it){previous}", place.display()));
    }
    Ok(place)
}

/// Writes the settings file where there is none, and names the token's file in it.
fn settings(app: &App, file: &Path, token: Option<&Path>) -> Result<()> {
    let before = match fs::read_to_string(file) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
    };
    let mut text = before.clone().unwrap_or_else(commented_defaults);
    if let Some(token) = token.filter(|_| app.settings().discord.token_file.is_empty()) {
        let place = token.to_str().context("the path of the token's file is not UTF-8")?;
        text = with_setting((file, &text), ("discord", "token_file"), place)?;
    }
    let said = match before {
        Some(before) if before == text => "kept as it is",
        Some(_) => "kept; discord.token_file was added",
        None => "written: every setting with its default",
    };
    write_settings(file, &text)?;
    ok("settings", &format!("{} ({said})", file.display()));
    Ok(())
}

fn database(app: &App) -> Result<()> {
    let file = app.settings().store.path();
    let key = app.settings().prompt_key()?;
    runtime()?.block_on(async {
        // A bot that runs has it up to date already.
        if let Ok(Inspection::Sound { pending: 0, .. }) = inspect(&file).await {
            return Ok(());
        }
        let store = app.store(key.as_ref()).await?;
        store.close().await;
        anyhow::Ok(())
    })?;
    ok("database", &format!("{} is made and up to date", file.display()));
    Ok(())
}

/// Checks the model and lets it draw.
fn model(app: &App) -> Result<()> {
    ok("model", &doctor::model(app)?);
    let mut service = app.draw_service(&mut |line| eprintln!("glyffuse: {line}"))?;
    let cat = service.request(Prompt::new("cat")?, Variation::FIRST, &Options::default());
    let answers = service.draw(&[cat], false, &mut |_| ControlFlow::Continue(()))?;
    let answer = answers.first().context("nothing was drawn")?;
    ok("drawing", "works: a cat");
    let lines: Vec<_> = answer.drawing.trimmed_lines().skip_while(|line| line.is_empty()).collect();
    output::write(format!("\n{}\n\n", lines.join("\n").trim_end()).as_bytes(), None)
}

/// Offers the service, and says how to go on.
fn finish(args: &SetupArgs, app: &App, token: &Token) -> Result<()> {
    let program = std::env::current_exe().context("the program cannot find itself")?;
    let (file, _) = Settings::file();
    let by_hand = format!(
        "sudo env GLYFFUSE_CONFIG={} {} install-service",
        std::path::absolute(&file)?.display(),
        program.display()
    );
    let offers = has_systemd() && !args.no_service;
    let question = "Install the bot as a service that starts with the machine?";
    let wants = args.service
        || (offers
            && !args.non_interactive
            && Confirm::new().with_prompt(question).default(is_root()).interact()?);
    let mut starts = "start the bot with `glyffuse bot`".to_owned();
    if wants && is_root() {
        install_service::run(&InstallServiceArgs::default(), app)?;
        starts = "the service runs; `journalctl -u glyffuse` shows its log".to_owned();
    } else if wants && args.service {
        bail!("only root installs services: run `{by_hand}`");
    } else if wants || offers {
        starts = format!("{starts}, or install the service with `{by_hand}`");
    }
    println!("All is there: {starts}.");
    match &token.invite {
        Some(invite) => println!("Add the bot to a server with {invite}"),
        None => println!("The bot prints the link that adds it to a server when it starts."),
    }
    Ok(())
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("the system gives no threads")
}

#[cfg(unix)]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}
