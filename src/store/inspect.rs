//! Looks at a database without changing it: which steps it has, and whether it is whole.
use super::files::{beside, folder};
use super::{Fault, StoreError};
use sqlx::migrate::MigrateError;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a look waits for others.
const PATIENCE: Duration = Duration::from_secs(5);

/// What there is in the place of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inspection {
    /// Nothing yet; this folder, which can be written to, will hold it.
    Absent(PathBuf),
    /// A sound database.
    Sound {
        /// Steps of `migrations/` that it has.
        migrations: usize,
        /// Steps that it will get at the next start.
        pending: usize,
    },
}

/// A step of `migrations/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its number.
    pub version: i64,
    /// What it does.
    pub name: String,
    /// Whether the database has it.
    pub state: StepState,
}

/// Whether a database has a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepState {
    /// It has.
    Applied,
    /// It will get it.
    Pending,
    /// It has, from a newer version of the program.
    Unknown,
}

/// Looks at the file, or at the folder where it would be made.
///
/// # Errors
/// [`StoreError::Folder`] when no file can be made there, [`StoreError::Damaged`],
/// [`StoreError::Newer`], [`StoreError::Foreign`], [`StoreError::Database`].
pub async fn inspect(file: &Path) -> Result<Inspection, StoreError> {
    if !file.try_exists()? {
        let folder = folder(file).ancestors().find(|folder| folder.is_dir());
        let folder = folder.unwrap_or(Path::new(".")).to_owned();
        let trial = folder.join(format!(".glyffuse-{}", std::process::id()));
        File::create_new(&trial)?;
        fs::remove_file(&trial)?;
        return Ok(Inspection::Absent(folder));
    }
    let mut connection = look(file).await?;
    whole(&mut connection, "PRAGMA quick_check(1)").await?;
    let steps = steps_of(&mut connection).await?;
    connection.close().await?;
    if steps.iter().any(|step| step.state == StepState::Unknown) {
        return Err(StoreError::Newer);
    }
    let pending = steps.iter().filter(|step| step.state == StepState::Pending).count();
    Ok(Inspection::Sound { migrations: steps.len() - pending, pending })
}

/// The steps of a database, in order; all of them are pending where there is none yet.
///
/// # Errors
/// [`StoreError`].
pub async fn steps(file: &Path) -> Result<Vec<Step>, StoreError> {
    if !file.try_exists()? {
        return merged(Vec::new());
    }
    let mut connection = look(file).await?;
    let steps = steps_of(&mut connection).await?;
    connection.close().await?;
    Ok(steps)
}

/// Opens a file to read it. On a disk that can only be read SQLite has no place for its notes, so that
/// a file whose journal is empty is taken as one that nobody changes.
pub(super) async fn look(file: &Path) -> Result<SqliteConnection, StoreError> {
    let options = SqliteConnectOptions::new().filename(file).read_only(true).busy_timeout(PATIENCE);
    let error = match peek(options.clone()).await {
        Ok(connection) => return Ok(connection),
        Err(error) => error,
    };
    let journal = fs::metadata(beside(file, "-wal"));
    let is_stuck = matches!(Fault::of(&error), Fault::ReadOnly | Fault::Disk);
    if is_stuck && journal.map_or(0, |journal| journal.len()) == 0 {
        return Ok(peek(options.immutable(true)).await?);
    }
    Err(error.into())
}

async fn peek(options: SqliteConnectOptions) -> Result<SqliteConnection, sqlx::Error> {
    let mut connection = options.connect().await?;
    sqlx::query("SELECT count(*) FROM sqlite_schema").fetch_one(&mut connection).await?;
    Ok(connection)
}

/// Lets SQLite check a file.
pub(super) async fn whole(
    connection: &mut SqliteConnection,
    check: &'static str,
) -> Result<(), StoreError> {
    let said: String = sqlx::query_scalar(check).fetch_one(connection).await?;
    match said.as_str() {
        "ok" => Ok(()),
        _ => Err(StoreError::Damaged(said.split_whitespace().collect::<Vec<_>>().join(" "))),
    }
}

/// Number, name and hash of a step that a database has.
type Had = (i64, String, Vec<u8>);

async fn steps_of(connection: &mut SqliteConnection) -> Result<Vec<Step>, StoreError> {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
    )
    .fetch_all(&mut *connection)
    .await?;
    let has = |name: &str| tables.iter().any(|table| table == name);
    if tables.is_empty() {
        return merged(Vec::new());
    }
    if !has("_sqlx_migrations") {
        return Err(StoreError::Foreign);
    }
    let had: Vec<Had> = sqlx::query_as(
        "SELECT version, description, checksum FROM _sqlx_migrations ORDER BY version",
    )
    .fetch_all(connection)
    .await?;
    // Other programs keep their steps in a table of that name too.
    if !had.is_empty() && !has("drawings") {
        return Err(StoreError::Foreign);
    }
    merged(had)
}

/// The steps that a database has with those that it lacks.
fn merged(had: Vec<Had>) -> Result<Vec<Step>, StoreError> {
    let known = sqlx::migrate!();
    let mut steps = Vec::new();
    for step in known.iter().filter(|step| !step.migration_type.is_down_migration()) {
        let found = had.iter().find(|(version, ..)| *version == step.version);
        if found.is_some_and(|(_, _, hash)| hash[..] != step.checksum[..]) {
            return Err(StoreError::Migration(MigrateError::VersionMismatch(step.version)));
        }
        let state = if found.is_some() { StepState::Applied } else { StepState::Pending };
        steps.push(Step { version: step.version, name: step.description.to_string(), state });
    }
    let unknown = had.into_iter().filter(|(version, ..)| !known.version_exists(*version));
    steps.extend(unknown.map(|(version, name, _)| Step {
        version,
        name,
        state: StepState::Unknown,
    }));
    Ok(steps)
}
