//! What can go wrong in the store, told so that a shopkeeper knows the remedy.
//!
//! [`Error`] is what one operation on the database reports; [`WriteError`] is what the caller of
//! [`Store::write`](super::Store::write) gets, and its variants answer the one question a client
//! has after a failure: was my change made? `Refused`, `Busy`, `RolledBack`, `Panicked` and
//! `Unavailable` mean no; only `Unknown` means that nobody can say before the next look.

use std::path::PathBuf;
use std::sync::Arc;

/// A failure of one operation on the database.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process holds the lock on the database file.
    #[error("{} is in use by another cartwright process: stop it, or use another data directory", path.display())]
    AlreadyOpen {
        /// The database file.
        path: PathBuf,
    },
    /// The file is something else than a database of ours.
    #[error("{} is not a cartwright database ({detail}): check the data directory, or restore a backup", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
        /// What was seen instead.
        detail: String,
    },
    /// The very first start was cut off before the file was complete; it holds no data.
    #[error("{} was left unfinished by an interrupted first start and holds no data: delete it and start again", path.display())]
    Unfinished {
        /// The database file.
        path: PathBuf,
    },
    /// A database is to be created where a file already is.
    #[error("{} already exists: nothing was overwritten", path.display())]
    AlreadyExists {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by a newer version of the program.
    #[error(
        "the database has schema version {found}, this cartwright knows versions up to {supported}: install the newer cartwright again"
    )]
    NewerSchema {
        /// The version in the file.
        found: u64,
        /// The newest version this program knows.
        supported: u64,
    },
    /// A value was written in a format that this version of the program does not know.
    #[error(
        "a value in table {table} has format {found}, this cartwright knows formats up to {supported}: install the newer cartwright again"
    )]
    NewerFormat {
        /// The table's name.
        table: String,
        /// The format byte in the value.
        found: u8,
        /// The newest format this program knows.
        supported: u8,
    },
    /// A key or value cannot be decoded.
    #[error("table {table} holds damaged data ({detail}): restore a backup")]
    Corrupt {
        /// The table's name.
        table: String,
        /// What was wrong with it.
        detail: String,
    },
    /// A key is longer than [`MAX_KEY_BYTES`](super::MAX_KEY_BYTES).
    #[error("a key of {bytes} bytes is too long for table {table}")]
    KeyTooLarge {
        /// The table's name.
        table: &'static str,
        /// The encoded key's length.
        bytes: usize,
    },
    /// A value is longer than [`MAX_VALUE_BYTES`](super::MAX_VALUE_BYTES).
    #[error("a value of {bytes} bytes is too large for table {table}")]
    ValueTooLarge {
        /// The table's name.
        table: &'static str,
        /// The encoded value's length.
        bytes: usize,
    },
    /// A value cannot be encoded.
    #[error("a value for table {table} cannot be encoded: {detail}")]
    Encode {
        /// The table's name.
        table: &'static str,
        /// What the encoder said.
        detail: String,
    },
    /// One command wrote more than [`MAX_COMMAND_ROWS`](super::MAX_COMMAND_ROWS) rows.
    #[error("one command may write at most {limit} rows: split it")]
    CommandTooLarge {
        /// The limit, in rows.
        limit: usize,
    },
    /// The file has a table, or a row names one, that the registry of tables lacks.
    #[error("table {table} is not one that this cartwright knows")]
    UnregisteredTable {
        /// The table's name.
        table: String,
    },
    /// The store is broken; the reason says what happened to it.
    #[error("the database is unavailable: {reason}")]
    Unavailable {
        /// What happened.
        reason: String,
    },
    /// The store was closed.
    #[error("the database is closed")]
    Closed,
    /// The file system refused.
    #[error("{}: {source}", path.display())]
    File {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The engine cannot open the file.
    #[error("{} cannot be opened: {source}: restore a backup", path.display())]
    Damaged {
        /// The database file.
        path: PathBuf,
        /// What the engine said.
        source: Box<redb::Error>,
    },
    /// The database engine gave up in the middle, as it does on some kinds of damage to a file.
    #[error(
        "the database engine stopped ({detail}): check the disk, and restore a backup if the file is damaged"
    )]
    EnginePanicked {
        /// What it said.
        detail: String,
    },
    /// The database engine failed.
    #[error("the database engine failed: {0}")]
    Engine(#[source] Box<redb::Error>),
}

/// The outcome of a command that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum WriteError<E> {
    /// The command itself said no. Nothing of it was written.
    #[error("{0}")]
    Refused(E),
    /// Too many commands wait already. The command was not run: try again in a moment.
    #[error("too many writes are waiting: try again in a moment")]
    Busy,
    /// The commit was rolled back. Nothing was written: trying again is safe.
    #[error("the write was rolled back: {0}")]
    RolledBack(#[source] Arc<Error>),
    /// The commit failed half way: the command is there whole or not at all, and only a look at
    /// the reopened database tells which. Try again with the same idempotency key.
    #[error("the outcome of the write is unknown: {0}")]
    Unknown(#[source] Arc<Error>),
    /// The store is broken or closed. The command was not run.
    #[error("{0}")]
    Unavailable(#[source] Arc<Error>),
    /// The command panicked. Nothing of it was written.
    #[error("the write failed inside: {0}")]
    Panicked(String),
}

macro_rules! from_engine {
    ($($error:ty),+) => {
        $(impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self::Engine(Box::new(error.into()))
            }
        })+
    };
}

from_engine!(
    redb::StorageError,
    redb::TableError,
    redb::TransactionError,
    redb::CommitError,
    redb::DatabaseError
);
