//! What can be wrong with a database, sorted by what to do about it, and counted.
use super::StoreError;
use crate::measures;
use sqlx::Error;
use sqlx::migrate::MigrateError;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No room is left.
    Full,
    /// File, folder or disk can only be read.
    ReadOnly,
    /// Somebody else holds it for longer than anybody waits.
    Busy,
    /// The file does not hold what SQLite wrote.
    Damaged,
    /// The system cannot open, read or write it.
    Disk,
    /// It takes too long.
    Timeout,
    /// Anything else.
    Other,
}

impl Fault {
    /// Sorts an error of SQLite.
    pub fn of(error: &Error) -> Self {
        match error {
            Error::PoolTimedOut => return Self::Timeout,
            Error::Io(_) => return Self::Disk,
            _ => {}
        }
        // The lowest byte is the primary code: https://www.sqlite.org/rescode.html
        match code(error).map(|code| code & 0xff) {
            Some(5 | 6) => Self::Busy,
            Some(8) => Self::ReadOnly,
            Some(10 | 14) => Self::Disk,
            Some(11 | 26) => Self::Damaged,
            Some(13) => Self::Full,
            _ => Self::Other,
        }
    }

    /// Its name in the figures.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::ReadOnly => "read_only",
            Self::Busy => "busy",
            Self::Damaged => "damaged",
            Self::Disk => "disk",
            Self::Timeout => "timeout",
            Self::Other => "other",
        }
    }

    /// What is wrong and what to do, after the error's own words.
    pub(super) fn mend(self) -> &'static str {
        match self {
            Self::Full => "the disk is full: free some space",
            Self::ReadOnly => {
                "it can only be read: let the bot's user write to the file and its folder, or set \
                 store.file"
            }
            Self::Busy => "another program holds it: end that program",
            Self::Damaged => {
                "the file is damaged: `glyffuse restore` a backup, or move it away to start afresh"
            }
            Self::Disk => {
                "the system cannot open, read or write it: look at its folder, the permissions, the \
                 free space and the disk"
            }
            Self::Timeout => "it does not answer in time",
            Self::Other => "the database fails",
        }
    }
}

/// SQLite's result code.
fn code(error: &Error) -> Option<u32> {
    error.as_database_error()?.code()?.parse().ok()
}

/// Every failing statement comes through here, so that it is counted here. A broken constraint is
/// the answer to a request, no failure.
impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        const CONSTRAINT: u32 = 19;
        let fault = Fault::of(&error);
        if code(&error).map(|code| code & 0xff) != Some(CONSTRAINT) {
            measures::store_error(fault.name());
        }
        Self::Database { fault, error }
    }
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
            MigrateError::VersionMissing(_) => Self::Newer,
            other => Self::Migration(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_that_carry_no_code_are_sorted_too() {
        assert_eq!(Fault::of(&Error::PoolTimedOut), Fault::Timeout);
        assert_eq!(Fault::of(&Error::Io(std::io::Error::other("x"))), Fault::Disk);
        assert_eq!(Fault::of(&Error::RowNotFound), Fault::Other);
    }
}
