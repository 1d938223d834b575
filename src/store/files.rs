//! Files beside the database: private from their first moment, on the disk before anybody is told.
use super::StoreError;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// The path with something behind its name.
pub(super) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// The folder of a file.
pub(super) fn folder(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Makes a file that was not there and that only its owner may read.
///
/// # Errors
/// When it cannot be made, or is there.
#[cfg(unix)]
pub fn create_private(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    File::options().write(true).create_new(true).mode(0o600).open(path)
}

/// Makes a file that was not there.
///
/// # Errors
/// When it cannot be made, or is there.
#[cfg(not(unix))]
pub fn create_private(path: &Path) -> io::Result<File> {
    File::create_new(path)
}

/// Gives what root made to whom the database belongs, or its folder. Nobody else may, or has to.
#[cfg(unix)]
pub(super) fn hand_over(path: &Path, database: &Path) {
    use std::os::unix::fs::MetadataExt;
    let owner = fs::metadata(database).or_else(|_| fs::metadata(folder(database)));
    if let (Ok(owner), Ok(made)) = (owner, fs::metadata(path))
        && (owner.uid(), owner.gid()) != (made.uid(), made.gid())
    {
        let _ = std::os::unix::fs::chown(path, Some(owner.uid()), Some(owner.gid()));
    }
}

#[cfg(not(unix))]
pub(super) fn hand_over(_path: &Path, _database: &Path) {}

/// Sees to it that a name in a folder outlives a power cut.
pub(super) fn sync_folder(file: &Path) {
    // Not every system opens folders; those write names at once.
    let _ = File::open(folder(file)).and_then(|folder| folder.sync_all());
}

/// Moves a finished file to its place, whatever stands there.
pub(super) fn put(from: &Path, to: &Path) -> Result<(), StoreError> {
    let done = File::open(from)
        .and_then(|file| file.sync_all())
        .and_then(|()| fs::rename(from, to))
        .map_err(|error| cannot_write(to, error));
    done.inspect(|()| sync_folder(to))
}

/// That a file cannot be written.
pub(super) fn cannot_write(path: &Path, error: io::Error) -> StoreError {
    StoreError::File { path: path.display().to_string(), error }
}
