//! The command line: one file a subcommand.
//!
//! Exit codes: 0 done, 1 a check of `doctor` failed or the program itself failed, 2 the input was
//! wrong. What is wrong stands in one sentence on stderr.
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
pub enum Command {}

/// Runs the command line and says how it ended.
pub fn run(cli: Cli) -> ExitCode {
    match cli.command {}
}
