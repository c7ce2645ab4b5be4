//! Imports: a file of products, promotions or users, validated whole, then applied.
//!
//! ```text
//! bytes --table--> rows --products/users--> checked rows --here--> one transaction
//! ```
//!
//! A file of at most `ROWS_AT_ONCE` rows is one transaction: all of it is there or nothing. A
//! longer one is first tried chunk by chunk in transactions that are taken back, so that a bad
//! row is found before anything is written, and then applied in chunks. A dry run is the same
//! transaction, taken back.

pub mod products;
pub mod promotions;
pub mod table;
pub mod users;

use std::collections::HashMap;
use std::sync::Arc;

use super::audit::{self, Act, Change};
use super::{App, Error, Result};
use crate::domain::id::InvalidId;
use crate::storage::WriteTx;
use crate::wire::import::{ImportOptions, ImportReport, RowError};

/// Largest file, in bytes.
pub const FILE_MAX_BYTES: usize = 256 * 1024 * 1024;
/// Most rows of a file.
pub const ROWS_MAX: usize = 500_000;
/// Most rows in one transaction: each writes up to ten rows of tables, and a command may write
/// 100,000 of those.
const ROWS_AT_ONCE: usize = 8_000;
/// Rows in each transaction of a longer file, so that scans never wait long.
const CHUNK_ROWS: usize = 500;
/// Most errors in a report; `rejected` counts all rows.
const ERRORS_REPORTED_MAX: usize = 1_000;

/// The most changed rows of one transaction whose members the audit log tells.
const CHANGES_TOLD_MAX: usize = 25;

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

/// A row that was read, and the line it stands on.
#[derive(Debug, Clone)]
pub(super) struct Checked<T> {
    pub(super) line: usize,
    pub(super) row: T,
}

impl Source {
    /// The file behind an import, and who brings it.
    pub(super) fn of(act: Act, action: &'static str, kind: &'static str, file: &[u8]) -> Self {
        Self { act, action, kind, sha256: crate::auth::digest(file).to_hex() }
    }
}

/// Rows, and what is wrong with the others.
#[derive(Debug)]
pub(super) struct Parsed<T> {
    pub(super) rows: Vec<Checked<T>>,
    pub(super) errors: Errors,
}

/// Errors by row, counted in full and kept up to a limit.
#[derive(Debug, Default)]
pub(super) struct Errors {
    kept: Vec<RowError>,
    rows: usize,
}

impl Errors {
    /// Notes what is wrong with one row.
    pub(super) fn reject(&mut self, line: usize, reasons: Vec<(String, String)>) {
        self.rows += 1;
        for (field, message) in reasons {
            if self.kept.len() < ERRORS_REPORTED_MAX {
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

/// Finds what stands twice in a file: each code belongs to one row.
#[derive(Debug, Default)]
pub(super) struct Seen {
    line_by_code: HashMap<(&'static str, String), usize>,
}

impl Seen {
    /// Notes a code; an error when an earlier line has it.
    pub(super) fn check(
        &mut self,
        field: &'static str,
        code: String,
        line: usize,
    ) -> std::result::Result<(), String> {
        match self.line_by_code.insert((field, code), line) {
            Some(earlier) if earlier != line => Err(format!("is on line {earlier} already")),
            _ => Ok(()),
        }
    }
}

/// What the rows of one transaction came to.
#[derive(Debug, Default)]
struct Tally {
    new: usize,
    changed: usize,
    unchanged: usize,
    errors: Errors,
    told: Vec<(String, Change)>,
}

impl Tally {
    /// What the audit log says about these rows.
    fn change(&mut self, source: &Source) -> Change {
        let told = std::mem::take(&mut self.told);
        Change::of_many(told)
            .with("new", self.new)
            .with("changed", self.changed)
            .with("unchanged", self.unchanged)
            .with("rejected", self.errors.rows)
            .with("sha256", source.sha256.as_str())
    }

    fn add(&mut self, other: Self) {
        self.new += other.new;
        self.changed += other.changed;
        self.unchanged += other.unchanged;
        self.errors.add(other.errors);
    }
}

/// Why a transaction was taken back.
enum Back {
    /// It was a trial, or a row was bad.
    Tally(Tally),
    Failed(Error),
}

impl From<Error> for Back {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// What happens to a transaction of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Taken back in any case.
    Trial,
    /// Kept if every row is good.
    Whole,
    /// Kept, without the bad rows.
    Partial,
}

impl App {
    /// Applies parsed rows, each by `apply`, as the options say.
    pub(super) async fn import_rows<T, F>(
        &self,
        parsed: Parsed<T>,
        options: ImportOptions,
        source: Source,
        apply: F,
    ) -> Result<ImportReport>
    where
        T: Send + Sync + 'static,
        F: Fn(&mut WriteTx<'_>, &T) -> Result<Verdict> + Send + Sync + 'static,
    {
        let Parsed { rows, errors } = parsed;
        let (rows, apply) = (Arc::new(rows), Arc::new(apply));
        let is_bad = errors.rows > 0 && !options.partial;
        let mut tally = Tally { errors, ..Tally::default() };
        let mut written = false;
        let chunk = if rows.len() <= ROWS_AT_ONCE { ROWS_AT_ONCE } else { CHUNK_ROWS };
        let kept = if options.partial { Mode::Partial } else { Mode::Whole };
        if options.dry_run || is_bad {
            tally.add(self.import_pass(&rows, &apply, &source, Mode::Trial, chunk).await?);
        } else if chunk == ROWS_AT_ONCE || options.partial {
            let pass = self.import_pass(&rows, &apply, &source, kept, chunk).await?;
            written = options.partial || pass.errors.rows == 0;
            tally.add(pass);
        } else {
            let trial = self.import_pass(&rows, &apply, &source, Mode::Trial, chunk).await?;
            if trial.errors.rows == 0 {
                tally.add(self.import_pass(&rows, &apply, &source, kept, chunk).await?);
                written = true;
            } else {
                tally.add(trial);
            }
        }
        let mut report = ImportReport {
            id: None,
            applied: written,
            new: tally.new,
            changed: tally.changed,
            unchanged: tally.unchanged,
            rejected: tally.errors.rows,
            errors: tally.errors.kept,
        };
        if written && report.new + report.changed > 0 {
            let id = self.write(|tx| super::next(tx, "import", Ok::<u64, InvalidId>)).await?;
            report.id = Some(id);
        } else if !written && !options.dry_run {
            // What happened is nothing; the errors say why.
            (report.new, report.changed) = (0, 0);
        }
        Ok(report)
    }

    async fn import_pass<T, F>(
        &self,
        rows: &Arc<Vec<Checked<T>>>,
        apply: &Arc<F>,
        source: &Source,
        mode: Mode,
        chunk: usize,
    ) -> Result<Tally>
    where
        T: Send + Sync + 'static,
        F: Fn(&mut WriteTx<'_>, &T) -> Result<Verdict> + Send + Sync + 'static,
    {
        let mut tally = Tally::default();
        for begin in (0..rows.len()).step_by(chunk) {
            let end = rows.len().min(begin + chunk);
            let (rows, apply, source) = (Arc::clone(rows), Arc::clone(apply), source.clone());
            let command = move |tx: &mut WriteTx<'_>| -> std::result::Result<Tally, Back> {
                let mut tally = apply_rows(tx, &rows[begin..end], &*apply)?;
                let keeps = match mode {
                    Mode::Trial => false,
                    Mode::Whole => tally.errors.rows == 0,
                    Mode::Partial => true,
                };
                if !keeps {
                    return Err(Back::Tally(tally));
                }
                if tally.new + tally.changed > 0 {
                    let change = tally.change(&source);
                    audit::record(tx, &source.act, source.action, (source.kind, ""), change)?;
                }
                Ok(tally)
            };
            tally.add(match self.store().write(command).await {
                Ok(tally) | Err(crate::storage::WriteError::Refused(Back::Tally(tally))) => tally,
                Err(error) => return Err(failure(error)),
            });
        }
        Ok(tally)
    }
}

fn apply_rows<T>(
    tx: &mut WriteTx<'_>,
    rows: &[Checked<T>],
    apply: &impl Fn(&mut WriteTx<'_>, &T) -> Result<Verdict>,
) -> std::result::Result<Tally, Back> {
    let mut tally = Tally::default();
    for Checked { line, row } in rows {
        match apply(tx, row) {
            Ok(Verdict::New) => tally.new += 1,
            Ok(Verdict::Changed(target, change)) => {
                tally.changed += 1;
                if tally.told.len() < CHANGES_TOLD_MAX {
                    tally.told.push((target, change));
                }
            }
            Ok(Verdict::Unchanged) => tally.unchanged += 1,
            Err(error) => tally.errors.reject(*line, reasons(error)?),
        }
    }
    Ok(tally)
}

/// What a refusal says about a row, field by field; a failure of ours is passed on.
fn reasons(error: Error) -> Result<Vec<(String, String)>> {
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

fn failure(error: crate::storage::WriteError<Back>) -> Error {
    use crate::storage::WriteError;
    match error {
        WriteError::Refused(Back::Failed(error)) => error,
        WriteError::Refused(Back::Tally(_)) => Error::Internal("a tally is no failure".into()),
        WriteError::Busy => Error::unavailable("busy", "too much is going on: try again"),
        WriteError::RolledBack(cause) | WriteError::Unavailable(cause) => {
            Error::unavailable("database-unavailable", cause)
        }
        WriteError::Unknown(cause) => Error::unavailable("outcome-unknown", cause),
        WriteError::Panicked(cause) => Error::Internal(cause.clone()),
    }
}

#[cfg(test)]
mod tests;
