//! The command line: one file a subcommand.
//!
//! Exit codes: 0 done, 1 a check of `doctor` failed, 2 the input was wrong or the program could not
//! do what was asked. What is wrong stands in one sentence on stderr.
mod output;
mod style;
mod trace;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Text to ASCII art with a denoising diffusion model.
#[derive(Debug, Parser)]
#[command(name = "glyffuse", version, about, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Turn pictures into ASCII art
    Trace(trace::TraceArgs),
}

/// Runs the command line and says how it ended.
pub fn run(cli: Cli) -> ExitCode {
    let result = match cli.command {
        Command::Trace(args) => trace::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("glyffuse: {error:#}");
            ExitCode::from(2)
        }
    }
}
