//! What is remembered: guild settings, recipes, prompts, gallery. One SQLite file, created and
//! migrated on start.
mod cipher;
mod drawings;
mod fault;
mod gallery;
mod guilds;
mod inspect;
mod notes;
mod privacy;
mod prompts;

pub use cipher::PromptCipher;
pub use drawings::{NewDrawing, StoredDrawing};
pub use fault::Fault;
pub use gallery::{Exhibit, GalleryView};
pub use inspect::{Inspection, inspect};
pub use prompts::SaveError;

use sqlx::SqlitePool;
use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use thiserror::Error;

/// Why something could not be remembered or looked up.
#[derive(Debug, Error)]
pub enum StoreError {
    /// SQLite failed.
    #[error("{} ({error})", fault.mend())]
    Database {
        /// What kind of failure.
        fault: Fault,
        /// What SQLite said.
        error: sqlx::Error,
    },
    /// The file is of another version, or damaged.
    #[error(
        "the database cannot be brought up to date ({0}): use the newest program, or restore a backup"
    )]
    Migration(MigrateError),
    /// The file does not hold what SQLite wrote.
    #[error("the file is damaged ({0}): restore a backup, or move it away to start afresh")]
    Damaged(String),
    /// The file has seen a newer program.
    #[error("a newer version of the program wrote it: use that version, or restore a backup")]
    Newer,
    /// The folder of the file cannot be made or written to.
    #[error("its folder cannot be made or written to ({0}): change that, or set store.file")]
    Folder(#[from] std::io::Error),
    /// A prompt was sealed with another key.
    #[error("a stored prompt does not open: it was sealed with another key, or is damaged")]
    Cipher,
    /// A stored value makes no sense to this version.
    #[error("a stored {0} makes no sense")]
    Corrupt(&'static str),
}

/// The database.
pub struct Store {
    pool: SqlitePool,
    cipher: PromptCipher,
}

impl Store {
    /// Opens the file, creates it where it is absent, and brings it up to date.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open(file: &Path, cipher: PromptCipher) -> Result<Self, StoreError> {
        if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            // What is deleted is overwritten.
            .pragma("secure_delete", "ON")
            .busy_timeout(Duration::from_secs(2));
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .acquire_timeout(Duration::from_secs(2))
            .connect_with(options)
            .await?;
        sqlx::migrate!().run(&pool).await?;
        Ok(Self { pool, cipher })
    }

    /// Asks the database to take a note: whether it answers, and can be written to.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn probe(&self) -> Result<(), StoreError> {
        self.set_note("probed", &now().to_string()).await
    }

    /// Writes everything out and closes the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Discord's identifiers fit: they are times in milliseconds with 22 bits behind.
fn id(id: u64) -> i64 {
    id.cast_signed()
}

#[cfg(test)]
mod tests;
