//! Work on the whole database: copy it out, build it from a copy, check it, measure it.
//!
//! The live file is never copied as a file. A backup reads all tables in one read transaction,
//! beside the writer, and a restore builds a fresh file from those rows. The registry in
//! [`tables`] says what "all" is, and a file with a table that the registry lacks is an error: a
//! backup with a hole in it would be noticed on the worst day.

use std::fs::{self, OpenOptions};
use std::io::ErrorKind;
use std::ops::{Bound, ControlFlow};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use redb::Database;

use super::engine::{self, Options};
use super::error::Error;
use super::migrate;
use super::read::{Direction, ReadTx, sealed::Rows};
use super::table::{MAX_KEY_BYTES, MAX_VALUE_BYTES};
use super::tables::{self, META_BY_NAME};
use super::write::WriteTx;
use super::{Store, audit, change_log, ledger};
use crate::domain::audit::ChainReport;
use crate::domain::stock::LedgerReport;

/// A build commits after this many rows or bytes, whichever comes first: bounds its memory.
const BUILD_ROWS_PER_COMMIT: usize = 20_000;
const BUILD_BYTES_PER_COMMIT: usize = 8 * 1024 * 1024;

/// What an export wrote: everything that was committed when it began, nothing later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// Schema version of the rows.
    pub schema_version: u64,
    /// The newest change that the rows include.
    pub last_change_seq: u64,
    /// Rows per table, in the order in which they were given out.
    pub rows_by_table: Vec<(&'static str, u64)>,
}

/// One row of a table, as it is in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawRow {
    /// The table's name.
    pub table: String,
    /// The encoded key.
    pub key: Vec<u8>,
    /// The format byte and the body.
    pub value: Vec<u8>,
}

/// The outcome of [`Store::check`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Whether the file's structure was sound; if not, the engine has repaired it.
    pub was_sound: bool,
    /// Rows that were read and decoded.
    pub rows: u64,
    /// What the audit log's chain says.
    pub audit: ChainReport,
    /// Whether each stock is what its ledger adds up to.
    pub ledger: LedgerReport,
}

/// How large a store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Size {
    /// Length of the file, if the store is in one.
    pub file_bytes: Option<u64>,
    /// Rows per table.
    pub rows_by_table: Vec<(&'static str, u64)>,
}

impl Store {
    /// Hands every row of every table to `visit`: table by table, each in the order of its keys,
    /// all from one moment. Blocks for as long as that takes; writes go on meanwhile.
    pub fn export_tables<E: From<Error>>(
        &self,
        visit: impl FnMut(&'static str, &[u8], &[u8]) -> Result<(), E>,
    ) -> Result<Export, E> {
        let tx = self.inner.shared.begin_read()?;
        export(&tx, visit)
    }

    /// Builds a new database file at `path` from the rows of an export, upgrades it if they are
    /// from an older version, and makes it durable. Returns the number of rows. On failure there
    /// is no file.
    pub fn create_from<E: From<Error>>(
        path: &Path,
        rows: impl IntoIterator<Item = Result<RawRow, E>>,
    ) -> Result<u64, E> {
        reserve(path)?;
        let built = build(path, rows);
        if built.is_err() {
            // The build's own error says more than one of the clean-up would.
            drop(fs::remove_file(path));
        }
        built
    }

    /// Checks a closed database file: the checksums of all pages, and that every row decodes.
    pub fn check(path: &Path) -> Result<Check, Error> {
        let mut database =
            engine::open_file(path, Options { create: false, ..Options::default() })?;
        engine::guard(move || {
            let was_sound = database.check_integrity()?;
            let (mut rows, tx) = (0, ReadTx::begin(Arc::new(database))?);
            let mut ledger = ledger::RowCheck::default();
            export(&tx, |table, key, value| {
                rows += 1;
                tables::check_row(table, key, value)?;
                ledger.row(table, key, value)
            })?;
            Ok(Check { was_sound, rows, audit: audit::check(&tx)?, ledger: ledger.finish() })
        })?
    }

    /// How large the store is.
    pub fn size(&self) -> Result<Size, Error> {
        let tx = self.inner.shared.begin_read()?;
        let rows_by_table = tables::ALL
            .iter()
            .map(|&table| Ok((table, tx.row_count(table)?)))
            .collect::<Result<_, Error>>()?;
        let file_bytes = match &self.inner.path {
            Some(path) => {
                let metadata = fs::metadata(path)
                    .map_err(|source| Error::File { path: path.clone(), source })?;
                Some(metadata.len())
            }
            None => None,
        };
        Ok(Size { file_bytes, rows_by_table })
    }
}

fn export<E: From<Error>>(
    tx: &ReadTx,
    mut visit: impl FnMut(&'static str, &[u8], &[u8]) -> Result<(), E>,
) -> Result<Export, E> {
    let unknown = tx.table_names()?.into_iter().find(|name| !tables::ALL.contains(&name.as_str()));
    if let Some(table) = unknown {
        return Err(Error::UnregisteredTable { table }.into());
    }
    let mut rows_by_table = Vec::with_capacity(tables::ALL.len());
    for &table in tables::ALL {
        let mut rows = 0;
        let mut refusal = None;
        let everything = (Bound::Unbounded, Bound::Unbounded);
        tx.visit_rows(table, &everything, Direction::Forward, &mut |key, value| match visit(
            table, key, value,
        ) {
            Ok(()) => {
                rows += 1;
                Ok(ControlFlow::Continue(()))
            }
            Err(error) => {
                refusal = Some(error);
                Ok(ControlFlow::Break(()))
            }
        })?;
        if let Some(error) = refusal {
            return Err(error);
        }
        rows_by_table.push((table, rows));
    }
    let schema_version = migrate::version_in(tx)?.unwrap_or_default();
    Ok(Export { schema_version, last_change_seq: change_log::last_seq(tx)?, rows_by_table })
}

/// Makes an empty file that only its owner can read, unless there is one already.
fn reserve(path: &Path) -> Result<(), Error> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Err(Error::AlreadyExists { path: path.into() })
        }
        Err(source) => Err(Error::File { path: path.into(), source }),
    }
}

fn build<E: From<Error>>(
    path: &Path,
    rows: impl IntoIterator<Item = Result<RawRow, E>>,
) -> Result<u64, E> {
    let database = engine::open_file(path, Options::default())?;
    let mut about_the_file = Vec::new();
    let mut total = 0;
    let mut rows = rows.into_iter().inspect(|row| total += u64::from(row.is_ok())).filter_map(
        |row| match row {
            Ok(row) if row.table == META_BY_NAME.name() => {
                about_the_file.push(Ok(row));
                None
            }
            row => Some(row),
        },
    );
    while build_some(&database, &mut rows)? {}
    drop(rows);
    // Last, so that a build that was cut off has no schema version and cannot be taken for whole.
    build_some(&database, &mut about_the_file.into_iter())?;
    migrate::prepare(&database, path, migrate::UPGRADES)?;
    // Closing writes what makes the next open quick; every commit before was durable already.
    drop(database);
    Ok(total)
}

/// Writes and commits the next rows; tells whether there were any.
fn build_some<E: From<Error>>(
    database: &Database,
    rows: &mut impl Iterator<Item = Result<RawRow, E>>,
) -> Result<bool, E> {
    let transaction = engine::begin_write(database)?;
    let rows_written = {
        let mut tx = WriteTx::new(&transaction);
        let mut bytes = 0;
        for row in rows {
            let row = row?;
            bytes += row.key.len() + row.value.len();
            build_row(&mut tx, row)?;
            if tx.rows_written() >= BUILD_ROWS_PER_COMMIT || bytes >= BUILD_BYTES_PER_COMMIT {
                break;
            }
        }
        tx.rows_written()
    };
    if rows_written > 0 {
        transaction.commit().map_err(Error::from)?;
    }
    Ok(rows_written > 0)
}

fn build_row(tx: &mut WriteTx<'_>, row: RawRow) -> Result<(), Error> {
    let table = tables::ALL.iter().find(|&&name| name == row.table);
    let &table = table.ok_or_else(|| Error::UnregisteredTable { table: row.table.clone() })?;
    if row.key.len() > MAX_KEY_BYTES {
        return Err(Error::KeyTooLarge { table, bytes: row.key.len() });
    }
    if row.value.len() > MAX_VALUE_BYTES {
        return Err(Error::ValueTooLarge { table, bytes: row.value.len() });
    }
    tables::check_row(table, &row.key, &row.value)?;
    tx.begin_command();
    tx.write_row(table, row.key, Some(&row.value))?;
    Ok(())
}
