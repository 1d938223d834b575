//! Puts a backup in the place of the database. At any moment the place holds either the old one or the
//! new one as a whole, and the old one stays under another name.
use super::backup::{Contents, Part, copy, stamp};
use super::files::{beside, cannot_write, folder, hand_over, put, sync_folder};
use super::inspect::{Inspection, inspect};
use super::lock::Lock;
use super::{Fault, StoreError};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use std::fs::{self, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use thiserror::Error;

/// Numbers that are left out after a restore. Buttons of drawings that were made after the backup
/// still stand in Discord: they must not meet drawings that are made after the restore.
const GAP: i64 = 1_000_000;

/// Why a backup was not restored; nothing was changed.
#[derive(Debug, Error)]
pub enum RestoreError {
    /// There is no such file, or it may not be read.
    #[error("the backup cannot be read ({0}): name a file that `glyffuse backup` wrote")]
    Unreadable(io::Error),
    /// The backup is not whole.
    #[error("the backup is damaged ({0}): use another one; nothing was changed")]
    Damaged(String),
    /// The backup has steps that this program does not know.
    #[error(
        "a newer version of the program wrote the backup: use that version; nothing was changed"
    )]
    Newer,
    /// It is something else.
    #[error("this is no backup of Glyffuse: name a file that `glyffuse backup` wrote")]
    Foreign,
    /// The place of the database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What the database holds now.
    pub contents: Contents,
    /// Where what stood there before is.
    pub kept: Option<PathBuf>,
    /// Steps of `migrations/` that it will get at the next start.
    pub pending: usize,
}

/// Checks a backup and puts it in the place of the database, which no bot may use meanwhile.
///
/// # Errors
/// [`RestoreError`].
pub async fn restore(database: &Path, from: &Path) -> Result<Restored, RestoreError> {
    let real = fs::canonicalize(from).map_err(RestoreError::Unreadable)?;
    // What a link points to is replaced, not the link.
    let database = &fs::canonicalize(database).unwrap_or_else(|_| database.to_owned());
    if real == *database {
        return Err(StoreError::Itself.into());
    }
    fs::create_dir_all(folder(database)).map_err(StoreError::Folder)?;
    let _lock = Lock::take(database).map_err(|error| match error {
        TryLockError::WouldBlock => StoreError::InUse,
        TryLockError::Error(error) => StoreError::Folder(error),
    })?;
    let pending = match inspect(&real).await.map_err(of_backup)? {
        Inspection::Sound { migrations, pending } if migrations > 0 => pending,
        _ => return Err(RestoreError::Foreign),
    };
    let fresh = beside(database, ".restoring");
    // Nobody else writes it: we have the lock.
    let _ = fs::remove_file(&fresh);
    let fresh = Part::new(fresh)?;
    let contents = copy(&real, &fresh.0).await.map_err(of_backup)?;
    leave_gap(&fresh.0).await?;
    hand_over(&fresh.0, database);
    let kept = if database.exists() { Some(set_aside(database).await?) } else { None };
    put(&fresh.0, database)?;
    Ok(Restored { contents, kept, pending })
}

/// What an error means when it is the backup's.
fn of_backup(error: StoreError) -> RestoreError {
    match error {
        StoreError::Damaged(said) => RestoreError::Damaged(said),
        StoreError::Newer => RestoreError::Newer,
        StoreError::Foreign | StoreError::Migration(_) => RestoreError::Foreign,
        StoreError::Database { fault: Fault::Damaged, error } => {
            RestoreError::Damaged(error.to_string())
        }
        other => RestoreError::Store(other),
    }
}

/// Lets the numbers of drawings and exhibits go on far behind those that were given.
async fn leave_gap(file: &Path) -> Result<(), StoreError> {
    let mut connection = SqliteConnectOptions::new().filename(file).connect().await?;
    let mut transaction = connection.begin().await?;
    for table in ["drawings", "gallery"] {
        let before: Option<i64> =
            sqlx::query_scalar("SELECT seq FROM sqlite_sequence WHERE name = ?1")
                .bind(table)
                .fetch_optional(&mut *transaction)
                .await?;
        let query = match before {
            Some(_) => "UPDATE sqlite_sequence SET seq = ?2 WHERE name = ?1",
            None => "INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)",
        };
        let after = before.unwrap_or(0).saturating_add(GAP);
        sqlx::query(query).bind(table).bind(after).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(connection.close().await?)
}

/// Gives the present database a second name, with all that belongs to it, and leaves its place without
/// a journal: one that stayed would be taken for the new database's.
async fn set_aside(database: &Path) -> Result<PathBuf, StoreError> {
    match fold(database).await {
        Err(StoreError::Database { fault: Fault::Busy, .. }) => return Err(StoreError::InUse),
        Err(StoreError::InUse) => return Err(StoreError::InUse),
        // What is damaged is kept as it is, with its journal.
        Ok(()) | Err(_) => {}
    }
    let name = beside(database, &format!(".before-restore-{}", stamp().await?));
    let names = (1..).map(|number| match number {
        1 => name.clone(),
        _ => beside(&name, &format!("-{number}")),
    });
    let kept = names.into_iter().find(|name| !name.exists()).unwrap_or(name.clone());
    let wrong = |error| cannot_write(&kept, error);
    // Not every disk knows second names.
    fs::hard_link(database, &kept)
        .or_else(|_| fs::copy(database, &kept).map(|_| ()))
        .and_then(|()| fs::File::open(&kept)?.sync_all())
        .map_err(wrong)?;
    let journal = beside(database, "-wal");
    if journal.exists() {
        fs::rename(&journal, beside(&kept, "-wal")).map_err(wrong)?;
    }
    let _ = fs::remove_file(beside(database, "-shm"));
    sync_folder(database);
    Ok(kept)
}

/// Writes the journal of a database into it. Whoever leaves last takes the journal away: where it stays,
/// another program has the file open.
async fn fold(database: &Path) -> Result<(), StoreError> {
    let options = SqliteConnectOptions::new().filename(database);
    let mut connection = options.busy_timeout(Duration::from_secs(2)).connect().await?;
    let (busy, _, _): (i64, i64, i64) =
        sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut connection).await?;
    connection.close().await?;
    match busy != 0 || beside(database, "-wal").exists() || beside(database, "-shm").exists() {
        true => Err(StoreError::InUse),
        false => Ok(()),
    }
}
