//! `glyffuse doctor`: checks everything that a drawing and the bot need, one line each with the mend.
use crate::app::App;
use crate::backend::{Runtime, fetch, find, packages};
use crate::config::{SecretError, Settings};
use crate::domain::{CanvasSize, Prompt, ProviderName, Steps, Variation};
use crate::model::Model;
use crate::service::Options;
use crate::store::{Inspection, inspect};
use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use std::ops::ControlFlow;
use std::time::Instant;

/// Checks settings, model, ONNX Runtime, execution providers, database and token.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Fetch the libraries of the CPU, or of CUDA (about 1.6 GB), into the cache folder first.
    #[arg(long, value_enum, value_name = "WHAT")]
    fetch: Option<Fetch>,
}

/// What can be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Fetch {
    /// ONNX Runtime for the CPU.
    Cpu,
    /// ONNX Runtime for NVIDIA cards, with the CUDA libraries it needs.
    Cuda,
}

/// The findings; the first that is wrong makes the whole wrong.
#[derive(Default)]
struct Report {
    faults: usize,
}

impl Report {
    fn line(&mut self, what: &str, finding: Result<String>) {
        match finding {
            Ok(said) => println!("ok     {what:<12} {said}"),
            Err(error) => {
                self.faults += 1;
                println!("WRONG  {what:<12} {error:#}");
            }
        }
    }

    fn note(what: &str, said: &str) {
        println!("--     {what:<12} {said}");
    }
}

/// Checks everything; true when nothing is wrong.
///
/// # Errors
/// When what `--fetch` asks for cannot be fetched.
pub fn run(args: &DoctorArgs, app: &App) -> Result<bool> {
    if let Some(what) = args.fetch {
        for package in packages(what == Fetch::Cuda) {
            fetch(package, &app.settings().runtime.cache(), &mut |line| {
                eprintln!("glyffuse: {line}")
            })?;
        }
    }
    let mut report = Report::default();
    let (file, _) = Settings::file();
    let origin = if file.is_file() { "read" } else { "absent, the defaults are in force" };
    report.line("settings", Ok(format!("{} ({origin})", file.display())));
    report.line("model", model(app));
    let runtime = app.runtime(&mut |line| eprintln!("glyffuse: {line}"));
    providers(&mut report, app, runtime.as_ref().ok());
    report.line("library", runtime.and_then(|runtime| library(app, &runtime)));
    if report.faults == 0 {
        report.line("drawing", trial(app));
    }
    report.line("database", database(app));
    match app.settings().token() {
        Err(absent @ SecretError::NoToken) => {
            Report::note("token", &format!("only the bot needs it; {absent}"));
        }
        token => report.line("token", token.map(|_| "is there".to_owned()).map_err(Into::into)),
    }
    Ok(report.faults == 0)
}

/// What the model holds, once its hashes are right.
pub(super) fn model(app: &App) -> Result<String> {
    let model = Model::open(&app.model_folder()?)?;
    let manifest = model.manifest();
    Ok(format!(
        "{}, {} files with the right hashes, {} concepts, {} phrases",
        manifest.id(),
        manifest.files.len(),
        model.lexicon().concepts().len(),
        model.lexicon().phrase_count()
    ))
}

fn database(app: &App) -> Result<String> {
    let file = app.settings().store.path();
    let sealed = match app.settings().prompt_key()? {
        Some(_) => "prompts are sealed",
        None => "prompts are kept openly (GLYFFUSE_PROMPT_KEY would seal them)",
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let found = runtime.block_on(inspect(&file));
    let said = match found.with_context(|| format!("the database {}", file.display()))? {
        Inspection::Absent(_) => "will be made by `glyffuse bot`".to_owned(),
        Inspection::Sound { pending: 0, .. } => "sound and up to date".to_owned(),
        Inspection::Sound { pending, .. } => {
            format!("sound; the next start brings it up to date ({pending} steps)")
        }
    };
    Ok(format!("{}, {said}; {sealed}", file.display()))
}

fn library(app: &App, runtime: &Runtime) -> Result<String> {
    // Say where it would be found the next time, not that it was fetched just now.
    let library = find(&app.library_search())?.unwrap_or_else(|| runtime.library().clone());
    let version = library.version().unwrap_or("1.24 or later");
    let build = runtime.build_info().split("git-commit-id=").nth(1);
    let build = build.and_then(|rest| rest.split(',').next()).unwrap_or("unknown");
    Ok(format!(
        "ONNX Runtime {version} (build {build}), {}, {}",
        library.path.display(),
        library.origin
    ))
}

fn providers(report: &mut Report, app: &App, runtime: Option<&Runtime>) {
    for name in ProviderName::ALL {
        let chosen = app.settings().runtime.providers.contains(&name);
        let active = runtime.is_some_and(|runtime| runtime.providers().contains(&name));
        let what = name.name();
        match (chosen, active) {
            (true, true) => report.line(what, Ok("chosen".to_owned())),
            (true, false) => match runtime.and_then(Runtime::fell_back) {
                Some(reason) => Report::note(what, &format!("the CPU steps in: {reason}")),
                None => report
                    .line(what, Err(anyhow::anyhow!("chosen, but it cannot be had; see library"))),
            },
            (false, _) => Report::note(what, "not chosen (runtime.providers)"),
        }
    }
}

/// Draws once, with few steps, so that every part has run.
fn trial(app: &App) -> Result<String> {
    let started = Instant::now();
    let mut service = app.draw_service(&mut |line| eprintln!("glyffuse: {line}"))?;
    let loaded = started.elapsed();
    let options = Options {
        size: CanvasSize::Phone,
        steps: Some(Steps::try_from(2).map_err(anyhow::Error::msg)?),
        ..Options::default()
    };
    let request = service.request(Prompt::new("cat")?, Variation::FIRST, &options);
    service.draw(&[request], false, &mut |_| ControlFlow::Continue(()))?;
    let drawn = started.elapsed() - loaded;
    Ok(format!("works: loaded in {} ms, two steps in {} ms", loaded.as_millis(), drawn.as_millis()))
}
