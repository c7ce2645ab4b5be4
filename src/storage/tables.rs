//! Every table of the file, in one list.
//!
//! A table that is not in this list cannot be backed up, so there is no other way to declare one:
//! the macro makes the typed constant, the registry that backups walk, and the check that a row of
//! an archive decodes. Names say key and content, `PRODUCT_BY_ID`, and never change.

use super::error::Error;
use super::idempotency::{IdempotencyKey, IdempotencyRecord};
use super::record::Blob;
use super::table::Table;

macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident: $key:ty => $record:ty;)+) => {
        $($(#[$doc])* pub const $name: Table<$key, $record> = Table::new(stringify!($name));)+

        /// The names of all tables, in the order in which a backup writes them.
        pub const ALL: &[&str] = &[$(stringify!($name)),+];

        /// Checks that a row decodes as its table's types.
        pub fn check_row(table: &str, key: &[u8], value: &[u8]) -> Result<(), Error> {
            match table {
                $(stringify!($name) => $name.check_row(key, value),)+
                _ => Err(Error::UnregisteredTable { table: table.into() }),
            }
        }
    };
}

tables! {
    /// Facts about the file itself, by name: the schema version.
    META_BY_NAME: String => u64;

    /// The last number that each sequence gave out, by the sequence's name.
    SEQUENCE_BY_NAME: String => u64;

    /// What changed, by change sequence. The content is the event's own record; see `change_log`.
    CHANGE_BY_SEQ: u64 => super::change_log::AnyChange;

    /// Answers already given, by who asked, for what, with which key; see `idempotency`.
    IDEMPOTENCY_BY_KEY: IdempotencyKey => IdempotencyRecord;
    /// The answers' contents, in pieces of at most 60 KiB.
    IDEMPOTENCY_CONTENT_BY_KEY: (IdempotencyKey, u32) => Blob;
    /// The answers' keys by their time, in milliseconds since 1970: what pruning follows.
    IDEMPOTENCY_BY_TIME: (i64, IdempotencyKey) => ();
}
