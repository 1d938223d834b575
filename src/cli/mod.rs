//! The command line: one file a subcommand.
//!
//! Exit codes: 0 done, 1 a check of `doctor`, `health` or `migrate --status` failed, 2 the input was wrong
//! or the program could not do what was asked. What is wrong stands in one sentence on stderr.
mod backup;
mod bot;
mod completions;
mod doctor;
mod draw;
mod health;
mod install_service;
mod man;
mod migrate;
mod models;
mod noise;
mod output;
mod progress;
mod restore;
mod setup;
mod side_by_side;
mod style;
mod trace;

use crate::app::{App, Overrides};
use crate::domain::ProviderName;
use anyhow::Result;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Text to ASCII art with a denoising diffusion model.
#[derive(Debug, Parser)]
#[command(name = "glyffuse", version, about, propagate_version = true)]
pub struct Cli {
    /// The model: a name in models/ or a path to a model folder [default: the setting model.name].
    #[arg(long, global = true, value_name = "NAME")]
    model: Option<String>,
    /// Execution providers, the preferred first, with commas between [default: the setting
    /// runtime.providers].
    #[arg(long, global = true, value_delimiter = ',', value_parser = PossibleValuesParser::new(
        ProviderName::ALL.map(ProviderName::name)).try_map(|name| name.parse::<ProviderName>()))]
    provider: Vec<ProviderName>,
    /// What to do.
    #[command(subcommand)]
    command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
enum Command {
    /// Turn words into ASCII art
    Draw(draw::DrawArgs),
    /// Turn pictures into ASCII art
    Trace(trace::TraceArgs),
    /// Show how noise takes a drawing apart: the forward process
    Noise(noise::NoiseArgs),
    /// List the models
    Models,
    /// Run the Discord bot
    Bot,
    /// Ask the running bot whether it is ready
    Health(health::HealthArgs),
    /// Copy the database into a file, also while the bot runs
    Backup(backup::BackupArgs),
    /// Put a backup in the place of the database
    Restore(restore::RestoreArgs),
    /// Bring the database up to date, or say whether it is
    Migrate(migrate::MigrateArgs),
    /// Check that everything is there and works
    Doctor(doctor::DoctorArgs),
    /// Set up the bot: token, settings, database, model, service
    Setup(setup::SetupArgs),
    /// Install the bot as a systemd service
    InstallService(install_service::InstallServiceArgs),
    /// Print a shell's completions of this program's commands and options
    Completions(completions::CompletionsArgs),
    /// Print the manual page
    Man(man::ManArgs),
}

/// Runs the command line and says how it ended.
pub fn run(cli: Cli) -> ExitCode {
    match dispatch(cli) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("glyffuse: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Runs one subcommand; false when `doctor`, `health` or `migrate --status` found a fault.
fn dispatch(cli: Cli) -> Result<bool> {
    // What needs no settings.
    match &cli.command {
        Command::Trace(args) => return trace::run(args).map(|()| true),
        Command::Completions(args) => return completions::run(args).map(|()| true),
        Command::Man(args) => return man::run(args).map(|()| true),
        _ => {}
    }
    let overrides = Overrides { model: cli.model, providers: cli.provider };
    if let Command::Setup(args) = &cli.command {
        return setup::run(args, || App::first(overrides.clone())).map(|()| true);
    }
    let app = App::new(overrides)?;
    match &cli.command {
        Command::Draw(args) => draw::run(args, &app).map(|()| true),
        Command::Noise(args) => noise::run(args, &app).map(|()| true),
        Command::Models => models::run(&app).map(|()| true),
        Command::Bot => bot::run(&app).map(|()| true),
        Command::Health(args) => Ok(health::run(args, &app)),
        Command::Backup(args) => backup::run(args, &app).map(|()| true),
        Command::Restore(args) => restore::run(args, &app).map(|()| true),
        Command::Migrate(args) => migrate::run(args, &app),
        Command::Doctor(args) => doctor::run(args, &app),
        Command::InstallService(args) => install_service::run(args, &app).map(|()| true),
        // Done above.
        Command::Trace(_) | Command::Completions(_) | Command::Man(_) | Command::Setup(_) => {
            Ok(true)
        }
    }
}
