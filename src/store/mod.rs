//! What is remembered: guild settings, recipes, prompts, gallery. One SQLite file, created and
//! migrated on start.
mod backup;
mod cipher;
mod drawings;
mod fault;
mod files;
mod gallery;
mod guilds;
mod inspect;
mod lock;
mod notes;
mod privacy;
mod prompts;
mod restore;

pub use backup::{Contents, back_up, stamp};
pub use cipher::PromptCipher;
pub use drawings::{NewDrawing, StoredDrawing};
pub use fault::Fault;
pub use files::create_private;
pub use gallery::{Exhibit, GalleryView};
pub use inspect::{Inspection, Step, StepState, inspect, steps};
pub use prompts::SaveError;
pub use restore::{RestoreError, Restored, restore};

use lock::Lock;
use sqlx::SqlitePool;
use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::fs::TryLockError;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
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
    #[error(
        "the file is damaged ({0}): `glyffuse restore` a backup, or move it away to start afresh"
    )]
    Damaged(String),
    /// The file has seen a newer program.
    #[error("a newer version of the program wrote it: use that version, or restore a backup")]
    Newer,
    /// The file is some other program's.
    #[error("the file is no database of Glyffuse: set store.file to another place")]
    Foreign,
    /// A bot has it.
    #[error("a bot that runs uses it: stop the bot first, or set store.file to another place")]
    InUse,
    /// There is none.
    #[error("there is none yet: `glyffuse bot` makes it, and store.file says where it is")]
    Absent,
    /// A file would be copied onto itself.
    #[error("the backup is the database itself: name another file")]
    Itself,
    /// A file is there that nobody allowed to be replaced.
    #[error("{0} is there already: name another file, remove it, or use --force")]
    There(String),
    /// A file beside the database, or a backup, cannot be written.
    #[error(
        "cannot write {path} ({error}): look at its folder, the permissions and the free space"
    )]
    File {
        /// The file.
        path: String,
        /// What the system said.
        error: io::Error,
    },
    /// The folder of the file cannot be made or written to.
    #[error("its folder cannot be made or written to ({0}): change that, or set store.file")]
    Folder(io::Error),
    /// A prompt was sealed with another key.
    #[error("a stored prompt does not open: it was sealed with another key, or is damaged")]
    Cipher,
    /// A stored value makes no sense to this version.
    #[error("a stored {0} makes no sense")]
    Corrupt(&'static str),
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        Self::Folder(error)
    }
}

/// The database.
pub struct Store {
    pool: SqlitePool,
    cipher: PromptCipher,
    /// Held until the store is closed, or the process ends.
    lock: Mutex<Option<Lock>>,
}

impl Store {
    /// Opens the file, creates it where it is absent, and brings it up to date. Nobody else may open it
    /// meanwhile. A sound database on a disk that takes nothing is opened all the same: what is asked of
    /// it fails until the disk is mended.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open(file: &Path, cipher: PromptCipher) -> Result<Self, StoreError> {
        std::fs::create_dir_all(files::folder(file))?;
        let lock = match Lock::take(file) {
            Ok(lock) => Some(lock),
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse),
            Err(TryLockError::Error(error)) => {
                tracing::warn!(%error, "the database cannot be locked: let no second bot use it");
                None
            }
        };
        let found = match inspect(file).await {
            Ok(Inspection::Absent(_)) => {
                // Only the bot's user reads it, from the beginning.
                create_private(file)?;
                None
            }
            Ok(Inspection::Sound { pending, .. }) => Some(pending),
            // Opening it says what can be done.
            Err(StoreError::Database { fault, .. }) if fault != Fault::Damaged => None,
            Err(error) => return Err(error),
        };
        let pool = match connect(file).await {
            Err(error @ StoreError::Database { .. }) if found == Some(0) => {
                tracing::warn!(%error, "the database cannot be used until that is mended");
                pool_options().connect_lazy_with(options(file))
            }
            pool => pool?,
        };
        Ok(Self { pool, cipher, lock: Mutex::new(lock) })
    }

    /// Asks the database to take a note: whether it answers, and can be written to.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn probe(&self) -> Result<(), StoreError> {
        self.set_note("probed", &now().to_string()).await
    }

    /// Writes everything out, closes the file, and lets others have it.
    pub async fn close(&self) {
        self.pool.close().await;
        self.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// Opens the file and brings it up to date.
async fn connect(file: &Path) -> Result<SqlitePool, StoreError> {
    let pool = pool_options().connect_with(options(file)).await?;
    sqlx::migrate!().run(&pool).await?;
    Ok(pool)
}

fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // What somebody was told is kept outlives a power cut: a few milliseconds each.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // What is deleted is overwritten.
        .pragma("secure_delete", "ON")
        .busy_timeout(Duration::from_secs(2))
}

fn pool_options() -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(4)
        .acquire_timeout(Duration::from_secs(2))
        // A file that could only be read once stays so for whoever opened it then.
        .max_lifetime(Duration::from_secs(60))
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
