//! The frames of an archive, written and read.
//!
//! Reading trusts nothing: a length is compared with its limit before a byte is allocated for it.

use std::io::{self, Read, Write};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{BackupError, TableRows};

/// The version of the format that this program writes, and the newest that it reads.
pub const FORMAT_VERSION: u32 = 1;
/// The most bytes in the payload of one frame.
pub const FRAME_BYTES_MAX: usize = 256 * 1024;

pub(super) const MAGIC: [u8; 4] = *b"CWB1";
/// Bytes of the lengths in front of a row.
pub(super) const ROW_HEAD_BYTES: usize = 8;
/// The longest name of a file, all folders included.
const NAME_BYTES_MAX: usize = 1024;
/// The longest name of a file or folder by itself.
const COMPONENT_BYTES_MAX: usize = 255;
/// The deepest file: `blobs/a/b/c`.
pub(super) const DEPTH_MAX: usize = 4;
/// The folders that are in a backup.
pub(super) const FOLDERS: [&str; 2] = ["blobs", "keys"];
/// The one file at the top that is in a backup, next to the database.
pub(super) const CONFIG_FILE: &str = "config.toml";

pub(super) const HEADER: u8 = b'H';
pub(super) const TABLE: u8 = b'T';
pub(super) const ROWS: u8 = b'R';
pub(super) const FILE: u8 = b'F';
pub(super) const DATA: u8 = b'D';
pub(super) const TRAILER: u8 = b'Z';

/// What is known before the first row.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) created_at: Timestamp,
    pub(super) cartwright: String,
    pub(super) schema_version: u64,
}

/// What is known after the last file.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Trailer {
    pub(super) tables: Vec<TableRows>,
    pub(super) files: u64,
    pub(super) file_bytes: u64,
}

impl Trailer {
    /// Counts a row of the table that came last.
    pub(super) fn count_row(&mut self) {
        if let Some(table) = self.tables.last_mut() {
            table.rows += 1;
        }
    }
}

/// Why a file of this name is not in archives, if so. The name is relative to the data directory.
pub(super) fn name_fault(name: &str) -> Option<&'static str> {
    if name == CONFIG_FILE {
        return None;
    }
    if name.len() > NAME_BYTES_MAX {
        return Some("its name is too long");
    }
    let parts: Vec<&str> = name.split('/').collect();
    if parts.len() > DEPTH_MAX {
        return Some("it is too deep in folders");
    }
    if parts.len() < 2 || !FOLDERS.contains(&parts[0]) {
        return Some("it is in no folder of ours");
    }
    let is_odd = |part: &&str| {
        matches!(*part, "" | "." | "..")
            || part.len() > COMPONENT_BYTES_MAX
            || part.contains(|c: char| c.is_control() || c == '\\')
    };
    parts.iter().any(is_odd).then_some("its name has signs that are not allowed")
}

/// A length of something in this program as the archive writes it.
fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).expect("frames and rows are limited to far less").to_le_bytes()
}

/// Writes frames, and digests them.
pub(super) struct FrameWriter<W> {
    out: W,
    digest: Sha256,
    position: u64,
}

impl<W: Write> FrameWriter<W> {
    pub(super) fn begin(out: W) -> Result<Self, BackupError> {
        let mut writer = Self { out, digest: Sha256::new(), position: 0 };
        writer.write(&MAGIC)?;
        writer.write(&FORMAT_VERSION.to_le_bytes())?;
        Ok(writer)
    }

    pub(super) fn frame(&mut self, kind: u8, payload: &[u8]) -> Result<(), BackupError> {
        debug_assert!(payload.len() <= FRAME_BYTES_MAX, "the reader would refuse it");
        let mut crc = crc32fast::Hasher::new();
        for part in [&[kind][..], &length(payload.len()), payload] {
            crc.update(part);
            self.write(part)?;
        }
        self.write(&crc.finalize().to_le_bytes())
    }

    pub(super) fn json(&mut self, kind: u8, value: &impl Serialize) -> Result<(), BackupError> {
        let text = serde_json::to_vec(value).map_err(|error| BackupError::Write(error.into()))?;
        self.frame(kind, &text)
    }

    /// Writes the digest; the number of bytes in all.
    pub(super) fn finish(mut self) -> Result<u64, BackupError> {
        let digest = self.digest.clone().finalize();
        self.write(&digest)?;
        self.out.flush().map_err(BackupError::Write)?;
        Ok(self.position)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), BackupError> {
        self.out.write_all(bytes).map_err(BackupError::Write)?;
        self.digest.update(bytes);
        self.position += u64::try_from(bytes.len()).expect("lengths fit 64 bits");
        Ok(())
    }
}

/// Appends a row to a frame's payload.
pub(super) fn push_row(payload: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    payload.extend_from_slice(&length(key.len()));
    payload.extend_from_slice(&length(value.len()));
    payload.extend_from_slice(key);
    payload.extend_from_slice(value);
}

/// Reads frames, and digests them.
pub(super) struct FrameReader<R> {
    input: R,
    digest: Sha256,
    position: u64,
    /// Where the frame began that was read last.
    frame_at: u64,
}

impl<R: Read> FrameReader<R> {
    pub(super) fn begin(input: R) -> Result<Self, BackupError> {
        let mut reader = Self { input, digest: Sha256::new(), position: 0, frame_at: 0 };
        let magic: [u8; 4] = match reader.array() {
            Err(BackupError::Damaged { .. }) => return Err(BackupError::NotABackup),
            magic => magic?,
        };
        if magic != MAGIC {
            return Err(BackupError::NotABackup);
        }
        reader.frame_at = reader.position;
        match u32::from_le_bytes(reader.array()?) {
            FORMAT_VERSION => Ok(reader),
            0 => Err(reader.damaged("format version 0")),
            newer => Err(BackupError::Newer {
                detail: format!("format {newer}, this one reads up to {FORMAT_VERSION}"),
            }),
        }
    }

    /// Reads the next frame into `payload`, in place of what was there; its kind.
    pub(super) fn next(&mut self, payload: &mut Vec<u8>) -> Result<u8, BackupError> {
        self.frame_at = self.position;
        let [kind] = self.array()?;
        let length_bytes: [u8; 4] = self.array()?;
        let length = usize::try_from(u32::from_le_bytes(length_bytes)).unwrap_or(usize::MAX);
        if length > FRAME_BYTES_MAX {
            return Err(self.damaged("an impossible length"));
        }
        payload.clear();
        payload.resize(length, 0);
        self.fill(payload)?;
        let mut crc = crc32fast::Hasher::new();
        crc.update(&[kind]);
        crc.update(&length_bytes);
        crc.update(payload);
        if u32::from_le_bytes(self.array()?) == crc.finalize() {
            Ok(kind)
        } else {
            Err(self.damaged("wrong checksum"))
        }
    }

    /// Reads the digest and makes sure that nothing follows; the number of bytes in all.
    pub(super) fn finish(&mut self) -> Result<u64, BackupError> {
        self.frame_at = self.position;
        let expected = self.digest.clone().finalize();
        let digest: [u8; 32] = self.array()?;
        if digest[..] != expected[..] {
            return Err(self.damaged("wrong digest"));
        }
        self.frame_at = self.position;
        let mut extra = Vec::new();
        self.input.by_ref().take(1).read_to_end(&mut extra).map_err(BackupError::Read)?;
        if extra.is_empty() { Ok(self.position) } else { Err(self.damaged("bytes after the end")) }
    }

    /// The frame that was read last is not what it should be.
    pub(super) fn damaged(&self, detail: impl Into<String>) -> BackupError {
        BackupError::Damaged { byte: self.frame_at, detail: detail.into() }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], BackupError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), BackupError> {
        self.input.read_exact(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => self.damaged("the file ends too early"),
            _ => BackupError::Read(error),
        })?;
        self.digest.update(&*bytes);
        self.position += u64::try_from(bytes.len()).expect("lengths fit 64 bits");
        Ok(())
    }
}
