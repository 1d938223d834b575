//! `glyffuse man`: the manual pages, made of what `--help` says.
use super::Cli;
use anyhow::{Context, Result};
use clap::{Args, CommandFactory};
use clap_mangen::Man;
use std::path::PathBuf;

/// Prints the manual page of the program, or of one of its commands.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// The command [default: the program itself].
    #[arg(value_name = "COMMAND")]
    of: Option<String>,
    /// Write all pages into this folder, which is made where it is absent.
    #[arg(long, value_name = "FOLDER", conflicts_with = "of")]
    folder: Option<PathBuf>,
}

/// Prints or writes them.
///
/// # Errors
/// When there is no such command, or the pages cannot be written.
pub fn run(args: &ManArgs) -> Result<()> {
    let mut command = Cli::command().disable_help_subcommand(true);
    if let Some(folder) = &args.folder {
        return std::fs::create_dir_all(folder)
            .and_then(|()| clap_mangen::generate_to(command, folder))
            .with_context(|| format!("cannot write to {}", folder.display()));
    }
    // Subcommands get their full names and the global options.
    command.build();
    let page = match &args.of {
        None => command,
        Some(name) => command
            .find_subcommand(name)
            .with_context(|| format!("there is no command {name}: `glyffuse help` lists them"))?
            .clone(),
    };
    let mut roff = Vec::new();
    Man::new(page).render(&mut roff)?;
    super::output::write(&roff, None)
}
