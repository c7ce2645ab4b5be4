//! Imports: a file of products, promotions or users, validated whole, then applied.
//!
//! ```text
//! bytes --file--> disk --lines--> records --headers, cells, table--> members
//!   products:          --products--> checked against the catalogue, row by row
//!                      --write--> chunks of one import, each with its journal --undo--> taken back
//!   users, promotions: --users, promotions--> rows in memory --batch--> transactions
//! ```
//!
//! A file of products is read twice and never held: once to judge each row against the file and the
//! committed catalogue, beside everything else that goes on, and once to write. The writer gets at
//! most `CHUNK_ROWS` rows at a time, so that scans never wait long, and each chunk's transaction
//! notes what the rows were before. So an import is one act although it is many transactions: one
//! that cannot be completed, or was cut off, is taken back by its journal.

mod batch;
mod cells;
mod check;
mod differences;
mod file;
mod headers;
mod lines;
pub mod products;
pub mod promotions;
mod references;
mod seen;
pub(super) mod settle;
pub mod table;
mod undo;
pub mod users;
mod write;

use std::fmt;
use std::sync::Arc;

use tokio::sync::Mutex;

pub use self::file::{FILE_MAX_BYTES, ImportFile, RECEIVED_MAX_BYTES, Spool, SpoolError};
use self::seen::Seen;
use super::audit::{Act, Change};
use super::{Error, Result};
use crate::wire::import::{ImportPhase, ImportProgress, RowError};

/// Most rows of a file.
pub const ROWS_MAX: usize = 500_000;
/// Most rows in one transaction, so that scans never wait long.
const CHUNK_ROWS: usize = 250;
/// Most bytes of a file behind one transaction.
const CHUNK_BYTES: u64 = 2 * 1024 * 1024;
/// Most errors in a report; `rejected` counts all rows.
const ERRORS_REPORTED_MAX: usize = 1_000;
/// Most new and changed rows in a report.
const CHANGES_REPORTED_MAX: usize = 200;
/// Longest text in a report, in characters.
const TEXT_REPORTED_MAX: usize = 200;
/// The most changed rows of one transaction whose members the audit log tells.
const CHANGES_TOLD_MAX: usize = 25;

/// What imports share: room for their files, and whose turn it is to write.
#[derive(Debug, Default)]
pub(super) struct Imports {
    files: file::Files,
    /// One import is written or undone at a time.
    turn: Arc<Mutex<()>>,
}

/// Is told how far an import is.
#[derive(Clone, Default)]
pub struct Watcher(Option<Arc<dyn Fn(ImportProgress) + Send + Sync>>);

impl Watcher {
    /// One that is told by this function.
    pub fn new(tell: impl Fn(ImportProgress) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(tell)))
    }

    fn tell(&self, phase: ImportPhase, done: u64, total: u64) {
        if let Self(Some(tell)) = self {
            tell(ImportProgress { phase, done, total });
        }
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Watcher").field(&self.0.is_some()).finish()
    }
}

/// What a row did.
#[derive(Debug)]
pub(super) enum Verdict {
    New,
    /// Which thing, and what of it changed, for the audit log.
    Changed(String, Change),
    Unchanged,
}

/// How an import stands in the audit log: who, `product.import` and `product`, and the SHA-256 of
/// the file.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) act: Act,
    pub(super) action: &'static str,
    pub(super) kind: &'static str,
    pub(super) sha256: String,
}

impl Source {
    /// The file behind an import, and who brings it.
    pub(super) fn of(
        act: Act,
        action: &'static str,
        kind: &'static str,
        file: &ImportFile,
    ) -> Self {
        let sha256 = crate::auth::Digest::from_bytes(file.sha256()).to_hex();
        Self { act, action, kind, sha256 }
    }
}

/// A row that was read, and the line it stands on.
#[derive(Debug, Clone)]
pub(super) struct Checked<T> {
    pub(super) line: usize,
    pub(super) row: T,
}

/// Rows, and what is wrong with the others.
#[derive(Debug)]
pub(super) struct Parsed<T> {
    pub(super) rows: Vec<Checked<T>>,
    pub(super) errors: Errors,
}

/// What is wrong with a row: a field, or nothing for the whole row, and why.
pub(super) type Reason = (String, String);

/// Errors by row, counted in full and kept up to a limit.
#[derive(Debug, Default)]
pub(super) struct Errors {
    kept: Vec<RowError>,
    rows: usize,
}

impl Errors {
    /// Notes what is wrong with one row.
    pub(super) fn reject(&mut self, line: usize, reasons: Vec<Reason>) {
        self.rows += 1;
        for (field, message) in reasons {
            if self.kept.len() < ERRORS_REPORTED_MAX {
                let (field, message) = (cut(field), cut(message));
                self.kept.push(RowError { line, field, message });
            }
        }
    }

    fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.kept.extend(other.kept);
        self.kept.sort();
        self.kept.truncate(ERRORS_REPORTED_MAX);
    }
}

/// A text of a file as a report quotes it.
fn cut(text: String) -> String {
    match text.char_indices().nth(2 * TEXT_REPORTED_MAX) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text,
    }
}

/// What a refusal says about a row, field by field; a failure of ours is passed on.
fn reasons(error: Error) -> Result<Vec<Reason>> {
    match error {
        Error::Invalid(fields) => {
            Ok(fields.iter().map(|e| (e.field.clone(), e.message.clone())).collect())
        }
        Error::Conflict(refusal) => {
            let field = match refusal.code {
                "sku-taken" => "sku",
                "barcode-taken" => "barcodes",
                "plu-taken" => "plu",
                "rfid-taken" => "rfid",
                "email-taken" => "email",
                "username-taken" => "username",
                "number-taken" => "mobile_number",
                "last-admin" => "role",
                _ => "",
            };
            Ok(vec![(field.to_owned(), refusal.detail)])
        }
        other => Err(other),
    }
}

#[cfg(test)]
mod tests;
