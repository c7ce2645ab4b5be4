//! What an import is told and what it reports.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How an import treats its file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ImportOptions {
    /// Say what would happen and change nothing.
    pub dry_run: bool,
    /// Apply the good rows although others are bad.
    pub partial: bool,
}

/// What came of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportReport {
    /// The import's number; `null` when nothing was changed.
    pub id: Option<u64>,
    /// Whether anything was written, or needed to be.
    pub applied: bool,
    /// Rows that were added.
    pub new: usize,
    /// Rows that changed something that was there.
    pub changed: usize,
    /// Rows that said what was there already.
    pub unchanged: usize,
    /// Rows with errors.
    pub rejected: usize,
    /// The first errors, by line.
    pub errors: Vec<RowError>,
}

/// One thing that is wrong with a line of the file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct RowError {
    /// Counted from 1, as editors do; the line on which the row begins.
    pub line: usize,
    /// The column or member; empty when it is the line as a whole.
    pub field: String,
    /// What is wrong and what would be right.
    pub message: String,
}
