//! The `glyffuse` program: parses the command line and runs one subcommand.
use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    glyffuse::cli::run(glyffuse::cli::Cli::parse())
}
