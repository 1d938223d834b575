//! The command line: one file a subcommand.
//!
//! Exit codes: 0 done, 1 a check of `doctor` or `health` failed, 2 the input was wrong or the program could not
//! do what was asked. What is wrong stands in one sentence on stderr.
mod bot;
mod doctor;
mod draw;
mod health;
mod models;
mod noise;
mod output;
mod progress;
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
    /// Check that everything is there and works
    Doctor(doctor::DoctorArgs),
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

/// Runs one subcommand; false when `doctor` or `health` found a fault.
fn dispatch(cli: Cli) -> Result<bool> {
    if let Command::Trace(args) = &cli.command {
        return trace::run(args).map(|()| true);
    }
    let app = App::new(Overrides { model: cli.model, providers: cli.provider })?;
    match &cli.command {
        Command::Draw(args) => draw::run(args, &app).map(|()| true),
        Command::Trace(args) => trace::run(args).map(|()| true),
        Command::Noise(args) => noise::run(args, &app).map(|()| true),
        Command::Models => models::run(&app).map(|()| true),
        Command::Bot => bot::run(&app).map(|()| true),
        Command::Health(args) => Ok(health::run(args, &app)),
        Command::Doctor(args) => doctor::run(args, &app),
    }
}
