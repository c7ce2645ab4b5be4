//! Rows that are held in memory, of users and promotions: tried whole, then applied.
//!
//! A file of at most `ROWS_AT_ONCE` rows is one transaction: all of it is there or nothing. A
//! longer one is first tried chunk by chunk in transactions that are taken back, so that a bad
//! row is found before anything is written, and then applied in chunks. A dry run is the same
//! transaction, taken back.

use std::sync::Arc;

use super::{CHANGES_TOLD_MAX, CHUNK_ROWS, Checked, Errors, Parsed, Source, Verdict, reasons};
use crate::app::audit::{self, Change};
use crate::app::{App, Error, Result};
use crate::domain::id::InvalidId;
use crate::storage::WriteTx;
use crate::wire::import::{ImportOptions, ImportReport};

/// Most rows in one transaction: each writes up to ten rows of tables, and a command may write
/// 100,000 of those.
const ROWS_AT_ONCE: usize = 8_000;

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
    pub(in crate::app::import) async fn import_rows<T, F>(
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
            ..ImportReport::default()
        };
        if written && report.new + report.changed > 0 {
            let id = self.write(|tx| crate::app::next(tx, "import", Ok::<u64, InvalidId>)).await?;
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
