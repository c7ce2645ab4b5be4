//! The backup archive: create, verify, restore.
//!
//! One file holds everything that a shop cannot make again: every table of the database as of one
//! moment, `blobs/`, `keys/` and `config.toml`. It holds secrets, so it is 0600 like the data.
//!
//! # Format 1
//! All numbers are little-endian.
//!
//! ```text
//! magic     "CWB1", then u32 format version
//! frame     u8 kind, u32 length, payload, u32 CRC-32 of kind, length and payload
//!   H       header JSON {created_at, cartwright, schema_version}: first, once
//!   T       a table begins: its name
//!   R       rows of that table, keys rising: (u32 key length, u32 value length, key, value)*
//!   F       a file begins: its name, relative to the data directory; names rise
//!   D       the next bytes of that file
//!   Z       trailer JSON {tables: [{name, rows}], files, file_bytes}: last, once
//! digest    SHA-256 of every byte before it; nothing follows
//! ```
//!
//! A frame's payload has at most [`FRAME_BYTES_MAX`] bytes, so both ends work in constant memory.
//! The CRCs say where a file is damaged, the digest says that nothing is missing.
//!
//! Invariants:
//! - A backup appears under its name whole, or not at all.
//! - Nothing in the data directory changes before the whole archive has been verified and unpacked
//!   beside the data.
//! - After a crash at any point [`finish_interrupted_restore`] leaves the old data or the new, whole.
//! - A restore deletes nothing: what it replaces is moved to `replaced-<time>/`.
//! - No session outlives a restore.

mod archive;
mod create;
mod error;
mod format;
mod restore;
mod swap;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::audit::ChainReport;
use crate::domain::stock::LedgerReport;

pub use archive::{verify, verify_file};
pub use create::{create, create_file};
pub use error::BackupError;
pub use format::{FORMAT_VERSION, FRAME_BYTES_MAX};
pub use restore::{Restored, Staged, restore, stage};
pub use swap::finish_interrupted_restore;

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// When it was made.
    pub created_at: Timestamp,
    /// The version of the program that made it.
    pub cartwright: String,
    /// Schema version of its rows.
    pub schema_version: u64,
    /// Its tables, in the order in which they are in the file.
    pub tables: Vec<TableRows>,
    /// Rows of all tables.
    pub rows: u64,
    /// Files beside the database: images, firmware, keys, settings.
    pub files: u64,
    /// The length of those files together.
    pub file_bytes: u64,
    /// The length of the archive.
    pub archive_bytes: u64,
    /// What the audit log's chain says. A broken one makes no backup useless, so that it is
    /// restored like any other; but it must not go unnoticed.
    pub audit: ChainReport,
    /// Whether each product's stock is what its ledger adds up to. The same holds for this.
    pub ledger: LedgerReport,
}

/// How many rows of a table a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableRows {
    /// The table's name.
    pub name: String,
    /// Its rows.
    pub rows: u64,
}
