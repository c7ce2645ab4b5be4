//! Reads an archive and believes nothing: order, limits, names, rows, counts and digest.
//!
//! [`Archive`] gives out one item at a time and checks all it gives out. Verifying and restoring
//! are two ways to use it up, so neither is laxer than the other.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use super::create::{schema_version, summary};
use super::error::failed;
use super::format::{
    DATA, FILE, FrameReader, HEADER, Header, ROW_HEAD_BYTES, ROWS, TABLE, TRAILER, Trailer,
    name_fault,
};
use super::{BackupError, Summary, TableRows};
use crate::storage::audit::RowCheck;
use crate::storage::ledger;
use crate::storage::tables::{self, META_BY_NAME};
use crate::storage::{self, MAX_KEY_BYTES, MAX_VALUE_BYTES, RawRow, Store};

const READ_BUFFER_BYTES: usize = 256 * 1024;

/// Reads a whole archive and tells what it holds. An error means that it must not be relied on.
pub fn verify(input: impl Read) -> Result<Summary, BackupError> {
    let mut archive = Archive::open(input)?;
    loop {
        if let Item::End(summary) = archive.next()? {
            return Ok(summary);
        }
    }
}

/// [`verify`] for the file at `path`.
pub fn verify_file(path: &Path) -> Result<Summary, BackupError> {
    verify(File::open(path).map_err(failed("open", path))?)
}

/// A part of an archive.
#[derive(Debug)]
pub(super) enum Item {
    /// A row of a table. Rows come before files.
    Row(RawRow),
    /// A file begins. Its name is safe to append to a directory.
    File(String),
    /// The next bytes of that file.
    Data(Vec<u8>),
    /// That was all, and all of it is good.
    End(Summary),
}

/// An archive being read.
pub(super) struct Archive<R: Read> {
    frames: FrameReader<BufReader<R>>,
    header: Option<Header>,
    seen: Trailer,
    /// Rows of the current frame, from `rows_at` on.
    rows: Vec<u8>,
    rows_at: usize,
    last_key: Option<Vec<u8>>,
    last_file: Option<String>,
    payload: Vec<u8>,
    audit: RowCheck,
    ledger: ledger::RowCheck,
}

impl<R: Read> Archive<R> {
    pub(super) fn open(input: R) -> Result<Self, BackupError> {
        let input = BufReader::with_capacity(READ_BUFFER_BYTES, input);
        let mut frames = FrameReader::begin(input)?;
        let mut payload = Vec::new();
        if frames.next(&mut payload)? != HEADER {
            return Err(frames.damaged("no header"));
        }
        let header: Header = serde_json::from_slice(&payload)
            .map_err(|error| frames.damaged(format!("header: {error}")))?;
        // A fresh store has the newest schema that this program knows.
        let supported = schema_version(&Store::in_memory()?)?;
        if header.schema_version > supported {
            return Err(BackupError::Newer {
                detail: format!(
                    "cartwright {}, schema {}; this one knows schemas up to {supported}",
                    header.cartwright, header.schema_version
                ),
            });
        }
        Ok(Self {
            frames,
            header: Some(header),
            seen: Trailer::default(),
            rows: Vec::new(),
            rows_at: 0,
            last_key: None,
            last_file: None,
            payload,
            audit: RowCheck::default(),
            ledger: ledger::RowCheck::default(),
        })
    }

    /// The next part. Nothing may be asked for after [`Item::End`] or an error.
    pub(super) fn next(&mut self) -> Result<Item, BackupError> {
        while self.rows_at == self.rows.len() {
            match self.frames.next(&mut self.payload)? {
                TABLE => self.begin_table()?,
                ROWS if self.last_file.is_none() && !self.seen.tables.is_empty() => {
                    std::mem::swap(&mut self.rows, &mut self.payload);
                    self.rows_at = 0;
                }
                FILE => return self.begin_file().map(Item::File),
                DATA if self.last_file.is_some() => {
                    let bytes = u64::try_from(self.payload.len()).expect("lengths fit 64 bits");
                    self.seen.file_bytes += bytes;
                    return Ok(Item::Data(std::mem::take(&mut self.payload)));
                }
                TRAILER => return self.end().map(Item::End),
                _ => return Err(self.frames.damaged("a part that does not belong here")),
            }
        }
        self.take_row().map(Item::Row)
    }

    fn begin_table(&mut self) -> Result<(), BackupError> {
        let name = self.payload_text()?;
        if self.last_file.is_some() || self.seen.tables.iter().any(|table| table.name == name) {
            return Err(self.frames.damaged("a table that does not belong here"));
        }
        if !tables::ALL.contains(&name.as_str()) {
            return Err(BackupError::Newer { detail: format!("it has a table {name:?}") });
        }
        self.seen.tables.push(TableRows { name, rows: 0 });
        self.last_key = None;
        Ok(())
    }

    fn take_row(&mut self) -> Result<RawRow, BackupError> {
        let Some((key, value, end)) = split_row(&self.rows, self.rows_at) else {
            return Err(self.frames.damaged("a malformed row"));
        };
        if self.last_key.as_deref().is_some_and(|last| last >= key) {
            return Err(self.frames.damaged("rows in the wrong order"));
        }
        let table = self.seen.tables.last().map(|table| table.name.clone()).unwrap_or_default();
        tables::check_row(&table, key, value).map_err(|error| self.explain(error))?;
        self.audit.row(&table, key, value).map_err(|error| self.explain(error))?;
        self.ledger.row(&table, key, value).map_err(|error| self.explain(error))?;
        let row = RawRow { table, key: key.to_vec(), value: value.to_vec() };
        self.rows_at = end;
        self.last_key = Some(row.key.clone());
        self.seen.count_row();
        Ok(row)
    }

    fn begin_file(&mut self) -> Result<String, BackupError> {
        let name = self.payload_text()?;
        if let Some(fault) = name_fault(&name) {
            return Err(self.frames.damaged(format!("file {name:?}: {fault}")));
        }
        if self.last_file.as_ref().is_some_and(|last| *last >= name) {
            return Err(self.frames.damaged("files in the wrong order"));
        }
        self.last_file = Some(name.clone());
        self.seen.files += 1;
        Ok(name)
    }

    fn end(&mut self) -> Result<Summary, BackupError> {
        let trailer: Trailer = serde_json::from_slice(&self.payload)
            .map_err(|error| self.frames.damaged(format!("trailer: {error}")))?;
        if trailer != self.seen {
            return Err(self.frames.damaged("counts that do not match the content"));
        }
        if !trailer.tables.iter().any(|table| table.name == META_BY_NAME.name()) {
            return Err(self.frames.damaged("no schema version among the rows"));
        }
        let archive_bytes = self.frames.finish()?;
        let header = self.header.take().ok_or_else(|| self.frames.damaged("a second end"))?;
        let audit = std::mem::take(&mut self.audit).finish();
        let ledger = std::mem::take(&mut self.ledger).finish();
        Ok(summary(header, trailer, archive_bytes, (audit, ledger)))
    }

    fn payload_text(&self) -> Result<String, BackupError> {
        let text = str::from_utf8(&self.payload).map(str::to_owned);
        text.map_err(|_| self.frames.damaged("a name that is no text"))
    }

    /// What a row that does not decode says about the archive.
    fn explain(&self, error: storage::Error) -> BackupError {
        match error {
            storage::Error::NewerFormat { table, found, .. } => {
                BackupError::Newer { detail: format!("table {table} has format {found}") }
            }
            storage::Error::Corrupt { table, detail } => {
                self.frames.damaged(format!("a row of {table}: {detail}"))
            }
            error => BackupError::Store(error),
        }
    }
}

/// Key and value of the row at `at`, and where the next row begins.
fn split_row(rows: &[u8], at: usize) -> Option<(&[u8], &[u8], usize)> {
    let (key_bytes, rest) = rows.get(at..)?.split_first_chunk()?;
    let (value_bytes, rest) = rest.split_first_chunk()?;
    let key_bytes = usize::try_from(u32::from_le_bytes(*key_bytes)).ok()?;
    let value_bytes = usize::try_from(u32::from_le_bytes(*value_bytes)).ok()?;
    if key_bytes > MAX_KEY_BYTES || value_bytes > MAX_VALUE_BYTES {
        return None;
    }
    let (key, rest) = rest.split_at_checked(key_bytes)?;
    let value = rest.get(..value_bytes)?;
    Some((key, value, at + ROW_HEAD_BYTES + key_bytes + value_bytes))
}
