//! The file of an import: spooled to the disk as it arrives, then read as often as it takes.
//!
//! A spooled file has no name, so that nothing is left of it whatever happens: the system gives its
//! room free as soon as the program lets go of it or dies. It lies in the data directory, readable
//! by nobody else.

use std::fmt;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::lines::LINE_MAX_BYTES;
use crate::app::{App, Error};

/// Largest file on the disk, in bytes.
pub const FILE_MAX_BYTES: u64 = 1024 * 1024 * 1024;
/// Most bytes that are received for one file: what over-long lines have too much is not kept.
pub const RECEIVED_MAX_BYTES: u64 = 4 * FILE_MAX_BYTES;
/// What stays free on the disk for the shop itself, in bytes.
const DISK_RESERVE_BYTES: u64 = 64 * 1024 * 1024;
/// How often the disk is looked at while a file arrives, in bytes.
const DISK_CHECK_BYTES: u64 = 16 * 1024 * 1024;
/// Files that arrive or are imported at a time.
const FILES_MAX: usize = 4;

/// Where files wait for their import, and how many may.
#[derive(Debug)]
pub(in crate::app) struct Files {
    places: Arc<Semaphore>,
}

impl Default for Files {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(FILES_MAX)) }
    }
}

/// Why a file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// It is too large.
    #[error("the file has more than {} MiB: split it", FILE_MAX_BYTES / 1024 / 1024)]
    TooLarge,
    /// The disk is nearly full.
    #[error("the disk has no room for this file: {} MiB must stay free", DISK_RESERVE_BYTES / 1024 / 1024)]
    DiskFull,
    /// Others are being imported.
    #[error("{FILES_MAX} files are being imported already: try again in a moment")]
    TooMany,
    /// The system refused.
    #[error("the file cannot be kept: {0}")]
    Io(#[from] io::Error),
}

impl From<SpoolError> for Error {
    fn from(error: SpoolError) -> Self {
        match error {
            SpoolError::TooLarge => Self::bad_request("too-large", error),
            SpoolError::DiskFull => Self::unavailable("disk-full", error),
            SpoolError::TooMany => Self::unavailable("too-many-imports", error),
            SpoolError::Io(_) => Self::Internal(error.to_string()),
        }
    }
}

/// A file that arrives.
#[derive(Debug)]
pub struct Spool {
    file: File,
    place: OwnedSemaphorePermit,
    hasher: Sha256,
    received_bytes: u64,
    kept_bytes: u64,
    checked_at_bytes: u64,
    /// Bytes of the line that arrives.
    line_bytes: usize,
}

impl App {
    /// Makes room for a file that `announced_bytes` are known of, be it nothing. Blocks for as
    /// long as a file takes to be made.
    pub fn spool(&self, announced_bytes: u64) -> Result<Spool, SpoolError> {
        let places = Arc::clone(&self.inner.imports.files.places);
        let place = places.try_acquire_owned().map_err(|_| SpoolError::TooMany)?;
        if announced_bytes > RECEIVED_MAX_BYTES {
            return Err(SpoolError::TooLarge);
        }
        let file = match &self.inner.parts.settings_file {
            Some(settings) => tempfile::tempfile_in(settings.data_dir().path())?,
            None => tempfile::tempfile()?,
        };
        let spool = Spool {
            file,
            place,
            hasher: Sha256::new(),
            received_bytes: 0,
            kept_bytes: 0,
            checked_at_bytes: 0,
            line_bytes: 0,
        };
        spool.check_disk(announced_bytes.min(FILE_MAX_BYTES))?;
        Ok(spool)
    }
}

impl Spool {
    /// Takes a piece. What a line has beyond the longest that is read is not kept: the reader
    /// finds it too long all the same.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), SpoolError> {
        self.received_bytes += u64::try_from(piece.len()).unwrap_or(u64::MAX);
        if self.received_bytes > RECEIVED_MAX_BYTES {
            return Err(SpoolError::TooLarge);
        }
        self.hasher.update(piece);
        for line in piece.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            let is_whole = line.ends_with(b"\n") || line.ends_with(b"\r");
            let room = (LINE_MAX_BYTES + 1).saturating_sub(self.line_bytes);
            let (kept, rest) = line.split_at(room.min(line.len()));
            self.keep(kept)?;
            if is_whole && !rest.is_empty() {
                self.keep(&rest[rest.len() - 1..])?;
            }
            self.line_bytes = if is_whole { 0 } else { self.line_bytes + line.len() };
        }
        Ok(())
    }

    /// The whole file.
    pub fn finish(self) -> ImportFile {
        let Self { file, place, hasher, kept_bytes, .. } = self;
        ImportFile {
            content: Content::Disk { file, _place: place },
            bytes: kept_bytes,
            sha256: hasher.finalize().into(),
        }
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), SpoolError> {
        self.kept_bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if self.kept_bytes > FILE_MAX_BYTES {
            return Err(SpoolError::TooLarge);
        }
        if self.kept_bytes - self.checked_at_bytes > DISK_CHECK_BYTES {
            self.checked_at_bytes = self.kept_bytes;
            self.check_disk(DISK_CHECK_BYTES)?;
        }
        Ok(self.file.write_all(bytes)?)
    }

    fn check_disk(&self, needed_bytes: u64) -> Result<(), SpoolError> {
        let disk = rustix::fs::fstatvfs(&self.file).map_err(io::Error::from)?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        if free < needed_bytes.saturating_add(DISK_RESERVE_BYTES) {
            return Err(SpoolError::DiskFull);
        }
        Ok(())
    }
}

/// A whole file that waits for its import.
pub struct ImportFile {
    content: Content,
    bytes: u64,
    sha256: [u8; 32],
}

enum Content {
    Memory(Arc<[u8]>),
    Disk { file: File, _place: OwnedSemaphorePermit },
}

impl ImportFile {
    /// How long it is.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The SHA-256 of what was received.
    pub const fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// Reads it from its beginning. One reader at a time: a file has one position.
    pub(super) fn reader(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(match &self.content {
            Content::Memory(bytes) => Box::new(Cursor::new(Arc::clone(bytes))),
            Content::Disk { file, .. } => {
                let mut file = file.try_clone()?;
                file.seek(SeekFrom::Start(0))?;
                Box::new(file)
            }
        })
    }

    /// All of it, for what is not read row by row; refuses what is longer than `limit` bytes.
    pub fn into_bytes(self, limit: u64) -> Result<Vec<u8>, SpoolError> {
        if self.bytes > limit {
            return Err(SpoolError::TooLarge);
        }
        let mut bytes = Vec::new();
        self.reader()?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl From<Vec<u8>> for ImportFile {
    fn from(bytes: Vec<u8>) -> Self {
        Self {
            bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            sha256: Sha256::digest(&bytes).into(),
            content: Content::Memory(bytes.into()),
        }
    }
}

impl fmt::Debug for ImportFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportFile").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spooled_file_comes_back_without_what_no_line_may_have() {
        let app = crate::app::import::tests::app();
        let mut spool = app.spool(0).unwrap();
        spool.push(b"name,price\nMilk").unwrap();
        spool.push(b",1\r\n").unwrap();
        for _ in 0..5 {
            spool.push(&vec![b'x'; LINE_MAX_BYTES / 2]).unwrap();
        }
        spool.push(b"\nTea,2\n").unwrap();
        let file = spool.finish();
        let mut text = Vec::new();
        file.reader().unwrap().read_to_end(&mut text).unwrap();
        assert_eq!(text.len(), 19 + LINE_MAX_BYTES + 1 + 1 + 6);
        assert!(text.starts_with(b"name,price\nMilk,1\r\nxx") && text.ends_with(b"x\nTea,2\n"));
        // Read again from its beginning.
        assert_eq!(file.into_bytes(u64::MAX).unwrap(), text);
    }

    #[test]
    fn only_so_many_files_wait_and_too_much_is_refused() {
        let app = crate::app::import::tests::app();
        assert!(matches!(app.spool(RECEIVED_MAX_BYTES + 1), Err(SpoolError::TooLarge)));
        let held: Vec<_> = (0..FILES_MAX).map(|_| app.spool(0).unwrap()).collect();
        assert!(matches!(app.spool(0), Err(SpoolError::TooMany)));
        drop(held);
        app.spool(0).unwrap();
    }
}
