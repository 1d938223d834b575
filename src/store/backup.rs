//! Copies of the database, made while the bot runs, and checked before they get their name.
use super::StoreError;
use super::files::{beside, cannot_write, create_private, put};
use super::inspect::{inspect, look, whole};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What a database holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// Drawings whose recipes are kept.
    pub drawings: i64,
    /// Prompts under a name.
    pub saved_prompts: i64,
    /// Drawings in galleries.
    pub exhibits: i64,
    /// Servers with settings of their own.
    pub guilds: i64,
    /// Whether some prompts are sealed, and open with their key only.
    pub sealed: bool,
    /// The size of the file.
    pub bytes: u64,
}

impl fmt::Display for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} drawings, {} saved prompts, {} in galleries, {} servers with settings, {} kB",
            self.drawings,
            self.saved_prompts,
            self.exhibits,
            self.guilds,
            self.bytes.div_ceil(1000)
        )
    }
}

/// Now, as it stands in the names of files: sorted by name they are sorted by time.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn stamp() -> Result<String, StoreError> {
    let mut connection = SqliteConnectOptions::new().in_memory(true).connect().await?;
    let stamp = sqlx::query_scalar("SELECT strftime('%Y-%m-%dT%H-%M-%SZ', 'now')");
    Ok(stamp.fetch_one(&mut connection).await?)
}

/// Writes all that was committed at one moment into a file of its own, checks it, and gives it its
/// name; a file of that name is kept unless it may be replaced. Writers do not wait for it.
///
/// # Errors
/// [`StoreError`].
pub async fn back_up(database: &Path, to: &Path, replace: bool) -> Result<Contents, StoreError> {
    if !database.try_exists()? {
        return Err(StoreError::Absent);
    }
    let same = |one: &Path| fs::canonicalize(one).ok();
    if same(to).is_some() && same(to) == same(database) {
        return Err(StoreError::Itself);
    }
    let taken = || if !replace && to.exists() { Err(there(to)) } else { Ok(()) };
    taken()?;
    inspect(database).await?;
    let part = Part::new(beside(to, ".part"))?;
    let contents = copy(database, &part.0).await?;
    taken()?;
    put(&part.0, to)?;
    Ok(contents)
}

fn there(path: &Path) -> StoreError {
    StoreError::There(path.display().to_string())
}

/// An unfinished file, removed unless it was moved to its place.
pub(super) struct Part(pub PathBuf);

impl Part {
    /// Makes one that was not there.
    pub fn new(path: PathBuf) -> Result<Self, StoreError> {
        match create_private(&path) {
            Ok(_) => Ok(Self(path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(there(&path)),
            Err(error) => Err(cannot_write(&path, error)),
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Copies a database into an empty file: what is in force, and nothing that was deleted.
pub(super) async fn copy(from: &Path, to: &Path) -> Result<Contents, StoreError> {
    let wrong = |error| cannot_write(to, error);
    // Absolute, so that SQLite takes no name for an address.
    let path = std::path::absolute(to).map_err(wrong)?;
    let name = path.to_str().ok_or_else(|| {
        wrong(io::Error::new(io::ErrorKind::InvalidInput, "the path is not UTF-8"))
    })?;
    let mut connection = look(from).await?;
    sqlx::query("VACUUM INTO ?1").bind(name).execute(&mut connection).await?;
    connection.close().await?;
    let mut copied = look(to).await?;
    whole(&mut copied, "PRAGMA integrity_check(1)").await?;
    let contents = contents(&mut copied, to).await?;
    copied.close().await?;
    Ok(contents)
}

async fn contents(connection: &mut SqliteConnection, file: &Path) -> Result<Contents, StoreError> {
    let (drawings, saved_prompts, exhibits, guilds, sealed) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM drawings), (SELECT count(*) FROM saved_prompts),
             (SELECT count(*) FROM gallery), (SELECT count(*) FROM guild_settings),
             EXISTS (SELECT 1 FROM drawings WHERE substr(prompt, 1, 1) = x'01')
             OR EXISTS (SELECT 1 FROM saved_prompts WHERE substr(prompt, 1, 1) = x'01')
             OR EXISTS (SELECT 1 FROM gallery WHERE substr(prompt, 1, 1) = x'01')",
    )
    .fetch_one(connection)
    .await?;
    let bytes = fs::metadata(file)?.len();
    Ok(Contents { drawings, saved_prompts, exhibits, guilds, sealed, bytes })
}
