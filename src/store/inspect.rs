//! Looks at a database without changing it: for `glyffuse doctor`.
use super::StoreError;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

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

/// Looks at the file, or at the folder where it would be made.
///
/// # Errors
/// [`StoreError::Folder`] when no file can be made there, [`StoreError::Damaged`],
/// [`StoreError::Newer`], [`StoreError::Database`].
pub async fn inspect(file: &Path) -> Result<Inspection, StoreError> {
    if !file.try_exists()? {
        let folder = file.ancestors().skip(1).find(|folder| folder.is_dir());
        let folder = folder.unwrap_or(Path::new(".")).to_owned();
        let trial = folder.join(format!(".glyffuse-{}", std::process::id()));
        File::create_new(&trial)?;
        fs::remove_file(&trial)?;
        return Ok(Inspection::Absent(folder));
    }
    let mut connection =
        SqliteConnectOptions::new().filename(file).read_only(true).connect().await?;
    let said: String =
        sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut connection).await?;
    if said != "ok" {
        return Err(StoreError::Damaged(said));
    }
    let had: Vec<i64> = sqlx::query_scalar("SELECT version FROM _sqlx_migrations")
        .fetch_all(&mut connection)
        .await?;
    connection.close().await?;
    let known = sqlx::migrate!();
    if had.iter().any(|version| !known.version_exists(*version)) {
        return Err(StoreError::Newer);
    }
    let pending = known.iter().filter(|step| !had.contains(&step.version)).count();
    Ok(Inspection::Sound { migrations: had.len(), pending })
}
