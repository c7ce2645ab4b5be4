//! Imports of products: what each one was, and what it takes to undo it.

use jiff::Timestamp;

use super::id::{ProductId, UserId};

/// How an import stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportState {
    /// Its chunks are being written, or it was cut off and the next start takes it back.
    Running,
    /// It is in the catalogue.
    Done,
    /// It is being taken back.
    Undoing,
    /// It was taken back.
    Undone,
    /// It was cut off, and what it had written stays: its bad rows were to be left out anyway.
    Interrupted,
}

impl ImportState {
    /// The word on the wire. What is being taken back still runs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running | Self::Undoing => "running",
            Self::Done => "done",
            Self::Undone => "undone",
            Self::Interrupted => "interrupted",
        }
    }
}

/// One import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Its number.
    pub id: u64,
    /// When it began.
    pub at: Timestamp,
    /// Who brought the file; `None` for the command line.
    pub by: Option<UserId>,
    /// The SHA-256 of the file.
    pub file_sha256: [u8; 32],
    /// Whether bad rows are left out; else it is there whole or not at all.
    pub is_partial: bool,
    /// Rows that were added.
    pub new: u64,
    /// Rows that changed something.
    pub changed: u64,
    /// Rows that said what was there already.
    pub unchanged: u64,
    /// Rows with errors.
    pub rejected: u64,
    /// How it stands.
    pub state: ImportState,
    /// When it was taken back.
    pub undone_at: Option<Timestamp>,
    /// Products that undoing brought back to what they were.
    pub restored: u64,
    /// Products that undoing removed.
    pub deleted: u64,
    /// Whether what it takes to undo it is still kept.
    pub has_journal: bool,
}

/// What an import did to one product, and what it was before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// Which.
    pub product_id: ProductId,
    /// The product's record as it was, format byte first; `None` when the import added it.
    pub before: Option<Vec<u8>>,
    /// The product's version after the import: another one says that somebody edited it since.
    pub version_after: u64,
    /// What the import booked into its stock.
    pub stock_delta: i64,
}

/// A product that undoing left as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Which.
    pub product_id: ProductId,
    /// Its SKU.
    pub sku: String,
    /// Why.
    pub reason: String,
}
