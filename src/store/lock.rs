//! One bot a database: a lock on a file beside it. The system lets go of it when the process ends,
//! however it ends, so that nobody has to clear it away; the file itself stays.
use super::files::{beside, create_private, hand_over};
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;

/// The lock, as long as it lives.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of a database, whose folder must be there.
    ///
    /// # Errors
    /// `WouldBlock` when somebody has it; else why there can be none.
    pub fn take(database: &Path) -> Result<Self, TryLockError> {
        // Whoever comes over a link meets the others.
        let database = fs::canonicalize(database).unwrap_or_else(|_| database.to_owned());
        let path = beside(&database, ".lock");
        let file = match create_private(&path) {
            Ok(file) => {
                hand_over(&path, &database);
                file
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                File::open(&path).map_err(TryLockError::Error)?
            }
            Err(error) => return Err(TryLockError::Error(error)),
        };
        file.try_lock()?;
        Ok(Self { _file: file })
    }
}
