//! `glyffuse backup`: a copy of the database in one file, also while the bot runs.
use crate::app::App;
use crate::store::{Contents, back_up, stamp};
use anyhow::{Context, Result, bail};
use clap::Args;
use std::fs::{self, File};
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

/// Copies the database, also while the bot runs, checks the copy, and says what is in it. Only its
/// owner may read it.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// The file to write, a folder to write it into, or `-` for stdout [default: beside the database,
    /// named after the date].
    file: Option<PathBuf>,
    /// Replace the file when it is there.
    #[arg(long)]
    force: bool,
    /// Then remove the oldest of the folder's backups that are named after the date, and keep so many.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    keep: Option<u32>,
}

/// Begin and end of a backup's name; between them stands when it was made.
const NAME: (&str, &str) = ("glyffuse-", ".db");
/// The date in a name, with 0 for any digit.
const STAMP: &str = "0000-00-00T00-00-00Z";

/// Writes a backup.
///
/// # Errors
/// One sentence saying what is wrong and what to do.
pub fn run(args: &BackupArgs, app: &App) -> Result<()> {
    let database = app.settings().store.path();
    let named = args.file.as_deref().filter(|file| !file.is_dir());
    if args.keep.is_some() && named.is_some() {
        bail!("--keep counts backups that are named after the date: name a folder, or nothing");
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let write = |to: &Path, replace| {
        let contents = runtime.block_on(back_up(&database, to, replace));
        contents.with_context(|| format!("the database {}", database.display()))
    };
    let contents = match named {
        Some(file) if file == Path::new("-") => to_stdout(&database, write)?,
        Some(file) => {
            let contents = write(file, args.force)?;
            println!("{}: {contents}", file.display());
            contents
        }
        None => {
            let beside = database.parent().unwrap_or(Path::new(""));
            let folder = args.file.as_deref().unwrap_or(beside);
            let file = folder.join([NAME.0, &runtime.block_on(stamp())?, NAME.1].concat());
            let contents = write(&file, args.force)?;
            println!("{}: {contents}", file.display());
            if let Some(keep) = args.keep {
                prune(folder, keep as usize)?;
            }
            contents
        }
    };
    if contents.sealed {
        let place = match app.settings().store.prompt_key_file.as_str() {
            "" => "GLYFFUSE_PROMPT_KEY",
            file => file,
        };
        eprintln!(
            "glyffuse: prompts in it are sealed, and open with the key in {place} only: keep that key too, in another place"
        );
    }
    Ok(())
}

/// Writes to stdout what is whole already.
fn to_stdout(database: &Path, write: impl Fn(&Path, bool) -> Result<Contents>) -> Result<Contents> {
    if io::stdout().is_terminal() {
        bail!("a terminal can do nothing with a backup: name a file, or write > FILE behind it");
    }
    let mut name = database.as_os_str().to_owned();
    name.push(format!(".stdout-{}", std::process::id()));
    let copy = PathBuf::from(name);
    let contents = write(&copy, false)?;
    let written = File::open(&copy).and_then(|mut copy| {
        let mut stdout = io::stdout().lock();
        io::copy(&mut copy, &mut stdout)?;
        io::Write::flush(&mut stdout)
    });
    let _ = fs::remove_file(&copy);
    written.context("cannot write to stdout")?;
    eprintln!("glyffuse: wrote {contents}");
    Ok(contents)
}

/// The date in the name of a backup, or of one that was cut short.
fn date(name: &str) -> Option<&str> {
    let name = name.strip_suffix(".part").unwrap_or(name);
    let date = name.strip_prefix(NAME.0)?.strip_suffix(NAME.1)?;
    let alike = |(c, pattern): (char, char)| match pattern {
        '0' => c.is_ascii_digit(),
        _ => c == pattern,
    };
    (date.len() == STAMP.len() && date.chars().zip(STAMP.chars()).all(alike)).then_some(date)
}

/// Removes what is older than the newest backups of a folder.
fn prune(folder: &Path, keep: usize) -> Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let wrong = || format!("old backups in {} cannot be removed", folder.display());
    let mut names: Vec<String> = Vec::new();
    for entry in fs::read_dir(folder).with_context(wrong)? {
        let name = entry.with_context(wrong)?.file_name().into_string();
        names.extend(name.ok().filter(|name| date(name).is_some()));
    }
    names.sort_unstable();
    let whole = names.iter().rev().filter(|name| name.ends_with(NAME.1));
    let Some(oldest) = whole.take(keep).last() else { return Ok(()) };
    for name in names.iter().filter(|name| date(name) < date(oldest)) {
        fs::remove_file(folder.join(name)).with_context(wrong)?;
        eprintln!("glyffuse: removed {}", folder.join(name).display());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_old_backups_of_that_name_go() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let days =
            ["01", "02", "03", "04"].map(|day| format!("glyffuse-2026-08-{day}T04-15-00Z.db"));
        let cut = "glyffuse-2026-08-01T04-15-00Z.db.part";
        let others = [
            "glyffuse.db",
            "glyffuse-mine.db",
            "glyffuse-2026-08-01T04-15-00Z.db.txt",
            "glyffuse-2026-08-0xT04-15-00Z.db",
            "glyffuse-2026-08-05T04-15-00Z.db.part",
        ];
        for name in days.iter().map(String::as_str).chain(others).chain([cut]) {
            fs::write(folder.path().join(name), name).expect("writable");
        }
        prune(folder.path(), 2).expect("removed");
        let there = |name: &&str| folder.path().join(name).exists();
        assert!(others.iter().all(there));
        assert!(!there(&cut));
        assert_eq!(days.map(|name| there(&name.as_str())), [false, false, true, true]);
        prune(folder.path(), 9).expect("nothing to do");
        assert!(folder.path().join("glyffuse-2026-08-03T04-15-00Z.db").exists());
    }
}
