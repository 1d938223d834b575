//! `glyffuse restore`: puts a backup in the place of the database.
use crate::app::App;
use crate::store::{create_private, restore};
use anyhow::{Context, Result, bail};
use clap::Args;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

/// Checks a backup and puts it in the place of the database, while no bot runs. What was there before
/// is kept under another name.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// A file that `glyffuse backup` wrote, or `-` for stdin.
    file: PathBuf,
}

/// Restores a backup.
///
/// # Errors
/// One sentence saying what is wrong and what to do.
pub fn run(args: &RestoreArgs, app: &App) -> Result<()> {
    let database = app.settings().store.path();
    let received = if args.file == Path::new("-") { Some(receive(&database)?) } else { None };
    let from = received.as_ref().map_or(args.file.as_path(), |received| &received.0);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let restored = runtime.block_on(restore(&database, from)).with_context(|| {
        format!("cannot restore {} to {}", args.file.display(), database.display())
    })?;
    println!("{}: {}", database.display(), restored.contents);
    if let Some(kept) = restored.kept {
        eprintln!("glyffuse: what was there before is in {}", kept.display());
    }
    if restored.pending > 0 {
        eprintln!("glyffuse: the next start brings it up to date ({} steps)", restored.pending);
    }
    if restored.contents.sealed && app.settings().prompt_key()?.is_none() {
        eprintln!(
            "glyffuse: prompts in it are sealed, and there is no key: set store.prompt_key_file to the one that was in force"
        );
    }
    Ok(())
}

/// What came from stdin, removed when it is done with.
struct Received(PathBuf);

impl Drop for Received {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Takes a backup from stdin into a file beside the database.
fn receive(database: &Path) -> Result<Received> {
    if io::stdin().is_terminal() {
        bail!("nobody types a backup: name a file, or write < FILE behind it");
    }
    let mut name = database.as_os_str().to_owned();
    name.push(format!(".stdin-{}", std::process::id()));
    let path = PathBuf::from(name);
    let wrong = || format!("cannot write {}", path.display());
    if let Some(folder) = database.parent() {
        fs::create_dir_all(folder).with_context(wrong)?;
    }
    let mut file = create_private(&path).with_context(wrong)?;
    let received = Received(path.clone());
    io::copy(&mut io::stdin().lock(), &mut file).with_context(wrong)?;
    Ok(received)
}
