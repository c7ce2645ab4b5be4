//! The second reading of a file of products: chunks of rows under one import, each chunk one
//! transaction with its journal.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::check::Found;
use super::products::{COLUMNS, Candidate, candidate, matching};
use super::references::{Resolved, as_in_file};
use super::table::{Rows, defaults};
use super::{
    CHANGES_TOLD_MAX, CHUNK_BYTES, CHUNK_ROWS, Errors, ImportFile, Reason, Source, Verdict,
    Watcher, reasons, undo,
};
use crate::app::audit::{self, Act, Change, shapes};
use crate::app::once::once;
use crate::app::products::{create, existing, unpriced, update};
use crate::app::{Error, Once, Outcome, Result};
use crate::domain::id::{InvalidId, UserId};
use crate::domain::imports::{Import, ImportState, JournalEntry};
use crate::domain::settings::StoreSettings;
use crate::storage::{Store, WriteError, WriteTx, imports};
use crate::wire::import::{ImportOptions, ImportPhase, ImportReport};

/// How often a chunk tries again when the writer has too much to do.
const BUSY_ATTEMPTS: u32 = 100;
const BUSY_PAUSE: Duration = Duration::from_millis(50);

/// Who imports or undoes, and when.
#[derive(Debug, Clone)]
pub(super) struct Whose {
    pub(super) act: Act,
    pub(super) by: Option<UserId>,
    pub(super) now: Timestamp,
    pub(super) settings: StoreSettings,
}

/// An import that is being written.
pub(super) struct Writing<'a> {
    pub(super) store: &'a Store,
    pub(super) file: &'a ImportFile,
    pub(super) options: &'a ImportOptions,
    pub(super) whose: Whose,
    pub(super) source: Source,
    pub(super) watcher: Watcher,
}

/// Rows of one transaction, each with its line.
type Chunk = Arc<Vec<(usize, Candidate)>>;

/// What a chunk came to.
#[derive(Debug, Default)]
struct Tally {
    new: usize,
    changed: usize,
    unchanged: usize,
    errors: Errors,
}

/// Why a chunk was not written.
enum Stop {
    /// A row that was good is so no longer.
    Row(usize, Vec<Reason>),
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl Writing<'_> {
    /// Writes the rows that are wanted. An import that is all or nothing and cannot be completed is
    /// taken back.
    pub(super) fn run(
        self,
        mut found: Found,
        request: Option<Once<ImportReport>>,
    ) -> Result<Outcome<ImportReport>> {
        let wanted = found.new + found.changed;
        let id = if wanted > 0 { Some(self.begin(&found)?) } else { None };
        let mut tally = Tally { errors: std::mem::take(&mut found.errors), ..Tally::default() };
        tally.unchanged = found.unchanged;
        if let Some(id) = id
            && let Err(stop) = self.chunks(id, &found.is_wanted, wanted, &mut tally)
        {
            return Err(self.stopped(id, stop));
        }
        tally.errors.kept.sort();
        let report = ImportReport {
            id,
            applied: true,
            new: tally.new,
            changed: tally.changed,
            unchanged: tally.unchanged,
            rejected: tally.errors.rows,
            images_left_out: found.images_left_out,
            columns: found.columns,
            changes: found.changes,
            errors: tally.errors.kept,
        };
        if id.is_none() && request.is_none() {
            return Ok(Outcome::Fresh(report));
        }
        // The answer is kept in the transaction that says that the import is done.
        let now = self.whose.now;
        let finish = move |tx: &mut WriteTx<'_>| {
            once(tx, request, now, |tx| {
                if let Some(id) = report.id {
                    let mut import = existing_import(tx, id)?;
                    import.state = ImportState::Done;
                    (import.new, import.changed) = (count(report.new), count(report.changed));
                    import.unchanged = count(report.unchanged);
                    import.rejected = count(report.rejected);
                    imports::put(tx, &import)?;
                }
                Ok(report)
            })
        };
        Ok(self.store.write_blocking(finish)?)
    }

    fn begin(&self, found: &Found) -> Result<u64> {
        let Whose { by, now, .. } = self.whose;
        let (is_partial, file_sha256) = (self.options.partial, self.file.sha256());
        let counts = [found.new, found.changed, found.unchanged, found.errors.rows].map(count);
        let begin = move || {
            move |tx: &mut WriteTx<'_>| -> Result<u64> {
                let id = crate::app::next(tx, "import", Ok::<u64, InvalidId>)?;
                let [new, changed, unchanged, rejected] = counts;
                let import = Import {
                    id,
                    at: now,
                    by,
                    file_sha256,
                    is_partial,
                    new,
                    changed,
                    unchanged,
                    rejected,
                    state: ImportState::Running,
                    undone_at: None,
                    restored: 0,
                    deleted: 0,
                    has_journal: true,
                };
                imports::put(tx, &import)?;
                Ok(id)
            }
        };
        Ok(patiently(self.store, begin)?)
    }

    fn chunks(
        &self,
        id: u64,
        is_wanted: &[bool],
        wanted: usize,
        tally: &mut Tally,
    ) -> std::result::Result<(), Stop> {
        let defaults = defaults(&self.options.defaults, COLUMNS)?;
        let mut rows = Rows::open(self.file, COLUMNS, self.options, true)?;
        let mut wanted_rows: VecDeque<bool> = is_wanted.iter().copied().collect();
        let (mut chunk, mut chunk_begin, mut number) = (Vec::new(), 0, 0);
        loop {
            let next = rows.next_row()?;
            let is_over = next.is_none();
            if let Some((line, row)) = next
                && wanted_rows.pop_front() == Some(true)
                && let Ok(row) =
                    row.and_then(|members| candidate(members, &defaults, &self.whose.settings))
            {
                chunk.push((line, row));
            }
            let read_bytes = rows.read_bytes();
            let is_full = chunk.len() >= CHUNK_ROWS || read_bytes - chunk_begin > CHUNK_BYTES;
            if !chunk.is_empty() && (is_over || is_full) {
                chunk_begin = read_bytes;
                let rows: Chunk = Arc::new(std::mem::take(&mut chunk));
                let first = number;
                number += count(rows.len());
                let done = self.chunk(id, first, &rows)?;
                tally.new += done.new;
                tally.changed += done.changed;
                tally.unchanged += done.unchanged;
                tally.errors.add(done.errors);
                self.watcher.tell(ImportPhase::Writing, number, count(wanted));
            }
            if is_over {
                return Ok(());
            }
        }
    }

    fn chunk(&self, id: u64, first: u64, rows: &Chunk) -> std::result::Result<Tally, Stop> {
        let is_partial = self.options.partial;
        let written = patiently(self.store, || {
            let (rows, source) = (Arc::clone(rows), self.source.clone());
            let whose = self.whose.clone();
            move |tx: &mut WriteTx<'_>| -> std::result::Result<Tally, Stop> {
                let (mut tally, mut told) = (Tally::default(), Vec::new());
                for (number, (line, row)) in (first..).zip(rows.iter()) {
                    match apply(tx, (id, number), row, &whose) {
                        Ok(Verdict::New) => tally.new += 1,
                        Ok(Verdict::Changed(target, change)) => {
                            tally.changed += 1;
                            if told.len() < CHANGES_TOLD_MAX {
                                told.push((target, change));
                            }
                        }
                        Ok(Verdict::Unchanged) => tally.unchanged += 1,
                        Err(error) => {
                            let reasons = as_in_file(reasons(error)?, row.deposit.as_ref());
                            if !is_partial {
                                return Err(Stop::Row(*line, reasons));
                            }
                            tally.errors.reject(*line, reasons);
                        }
                    }
                }
                let change = Change::of_many(told)
                    .with("import", id)
                    .with("new", tally.new)
                    .with("changed", tally.changed)
                    .with("sha256", source.sha256.as_str());
                audit::record(tx, &source.act, source.action, (source.kind, ""), change)?;
                Ok(tally)
            }
        });
        written.map_err(|error| match error {
            WriteError::Refused(stop) => stop,
            other => Stop::Failed(failure(other)),
        })
    }

    /// What the caller hears of an import that was not completed. One that leaves bad rows out
    /// anyway stays as far as it came; the other is taken back.
    fn stopped(&self, id: u64, stop: Stop) -> Error {
        if self.options.partial {
            if let Err(error) = self.interrupt(id) {
                tracing::warn!(%error, id, "an import stays running until the next start");
            }
            return match stop {
                Stop::Failed(error) => error,
                Stop::Row(..) => Error::Internal("a row stopped a partial import".into()),
            };
        }
        let back = undo::undo(self.store, id, &self.whose, None, &self.watcher);
        let told = match &back {
            Ok(_) => "all of the import was taken back: nothing of it is there",
            Err(error) => {
                tracing::warn!(%error, id, "an import is taken back at the next start");
                "the import is taken back at the next start"
            }
        };
        match stop {
            Stop::Failed(error) => {
                tracing::warn!(%error, id, "an import failed; {told}");
                error
            }
            Stop::Row(line, reasons) => {
                let why: Vec<String> = reasons
                    .into_iter()
                    .map(|(field, message)| format!("{field} {message}").trim().to_owned())
                    .collect();
                let why = why.join("; ");
                let detail = format!(
                    "line {line}: {why}. The catalogue was changed since the file was checked, so \
                     {told}. Try again"
                );
                Error::conflict("import-conflict", detail)
            }
        }
    }

    fn interrupt(&self, id: u64) -> Result<()> {
        let interrupt = move |tx: &mut WriteTx<'_>| -> Result<()> {
            let mut import = existing_import(tx, id)?;
            import.state = ImportState::Interrupted;
            Ok(imports::put(tx, &import)?)
        };
        Ok(self.store.write_blocking(interrupt)?)
    }
}

/// Writes one row, and notes what it takes to undo it.
fn apply(
    tx: &mut WriteTx<'_>,
    (import, number): (u64, u64),
    row: &Candidate,
    whose: &Whose,
) -> Result<Verdict> {
    let Whose { by, now, settings, .. } = whose;
    let Some(id) = matching(tx, &row.patch)? else {
        let patch = Resolved::new(tx, row.for_new(), None)?.whole()?;
        let made = create(tx, &patch, *by, *now)?;
        let entry = JournalEntry {
            product_id: made.product.id,
            before: None,
            version_after: made.product.version,
            stock_delta: made.stock,
        };
        imports::note(tx, import, number, &entry)?;
        return Ok(Verdict::New);
    };
    let before = unpriced(tx, existing(tx, id)?)?;
    let patch = Resolved::new(tx, row.for_present(), Some(&before.product))?.whole()?;
    let after = update(tx, id, &patch, None, *by, *now)?;
    if after == before {
        return Ok(Verdict::Unchanged);
    }
    let entry = JournalEntry {
        product_id: id,
        before: Some(imports::image(&before.product)?),
        version_after: after.product.version,
        stock_delta: after.stock - before.stock,
    };
    imports::note(tx, import, number, &entry)?;
    let shape = |it| shapes::product(it, &settings.currency);
    Ok(Verdict::Changed(id.to_string(), Change::between(shape(&before), shape(&after))))
}

/// The import, which is there because this program wrote it.
pub(super) fn existing_import(tx: &WriteTx<'_>, id: u64) -> Result<Import> {
    imports::import(tx, id)?.ok_or_else(|| Error::not_found("import"))
}

/// Writes what `command` makes, again for a while when too much waits to be written: nobody at a
/// counter is held up by that.
pub(super) fn patiently<T, E, C>(
    store: &Store,
    command: impl Fn() -> C,
) -> std::result::Result<T, WriteError<E>>
where
    T: Send + 'static,
    E: Send + 'static,
    C: FnOnce(&mut WriteTx<'_>) -> std::result::Result<T, E> + Send + 'static,
{
    for _ in 0..BUSY_ATTEMPTS {
        match store.write_blocking(command()) {
            Err(WriteError::Busy) => std::thread::sleep(BUSY_PAUSE),
            other => return other,
        }
    }
    Err(WriteError::Busy)
}

/// A failure that is not the command's own.
fn failure<E>(error: WriteError<E>) -> Error {
    let other: WriteError<Error> = match error {
        WriteError::Refused(_) => return Error::Internal("a refusal is no failure".into()),
        WriteError::Busy => WriteError::Busy,
        WriteError::RolledBack(cause) => WriteError::RolledBack(cause),
        WriteError::Unknown(cause) => WriteError::Unknown(cause),
        WriteError::Unavailable(cause) => WriteError::Unavailable(cause),
        WriteError::Panicked(cause) => WriteError::Panicked(cause),
    };
    other.into()
}

pub(super) fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
