//! Files by content: pictures now, firmware later, in the data directory's `blobs/`.
//!
//! ```text
//! blobs/images/ab/ab54...e1.jpg      folder, the first two signs of the name, the name
//! ```
//!
//! Whoever keeps a blob names it after the hash of its content ([`address`]), so that a name never
//! stands for two contents and a file is never changed. A file appears whole and durably or not at
//! all: it is written beside its place, synced and renamed, and the folder is synced. All are 0600
//! in folders of 0700, and all are in every backup.
//!
//! What no longer belongs to anything is for the caller to know; [`Blobs::shard`] lists what is there,
//! a two-hundred-and-fifty-sixth at a time.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::data_dir::{DataDir, DataDirError};

/// The longest name of a blob.
const NAME_BYTES_MAX: usize = 128;
/// The most entries that one listing gives.
pub const SHARD_ENTRIES_MAX: usize = 10_000;
/// How the names begin of files that are being written.
const PARTIAL: &str = ".cartwright-";

/// Why a blob cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// No blob can have this name.
    #[error("{0:?} is no name of a file by content")]
    Name(String),
    /// The data directory refused.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The file system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

type Result<T> = std::result::Result<T, BlobError>;

/// Where files by content are kept. Clones are handles to the same place.
#[derive(Debug, Clone)]
pub struct Blobs {
    place: Arc<Place>,
}

#[derive(Debug)]
enum Place {
    Kept(DataDir),
    /// Made when the first blob comes, gone with the last handle.
    Temporary(OnceLock<(DataDir, TempDir)>),
}

/// A file in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name within the folder.
    pub name: String,
    /// When it was written.
    pub modified: SystemTime,
    path: PathBuf,
}

/// The SHA-256 of a blob's content, after which it is named.
pub fn address(content: &[u8]) -> [u8; 32] {
    Sha256::digest(content).into()
}

impl Blobs {
    /// In the `blobs/` of a data directory.
    pub fn in_dir(dir: DataDir) -> Self {
        Self { place: Arc::new(Place::Kept(dir)) }
    }

    /// In a temporary directory, for an appliance without one of its own.
    pub fn temporary() -> Self {
        Self { place: Arc::new(Place::Temporary(OnceLock::new())) }
    }

    /// Keeps `content` under a name in a folder such as `images`, durably. Blocks while it is
    /// written; one that is there with the same length is left as it is.
    pub fn keep(&self, folder: &str, name: &str, content: &[u8]) -> Result<()> {
        let dir = self.dir()?;
        let path = path_of(dir, folder, name)?;
        let length = u64::try_from(content.len()).unwrap_or(u64::MAX);
        if fs::symlink_metadata(&path).is_ok_and(|it| it.is_file() && it.len() == length) {
            return Ok(());
        }
        dir.create_subdir(&dir.blobs().join(folder))?;
        if let Some(shard) = path.parent() {
            dir.create_subdir(shard)?;
        }
        Ok(dir.write_private(&path, content)?)
    }

    /// The open file of a blob and its length, unless there is none.
    pub fn open(&self, folder: &str, name: &str) -> Result<Option<(File, u64)>> {
        let path = path_of(self.dir()?, folder, name)?;
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file.map_err(failed("open", &path))?,
        };
        let length = file.metadata().map_err(failed("read", &path))?.len();
        Ok(Some((file, length)))
    }

    /// Deletes a blob; one that is not there is no error.
    pub fn remove(&self, folder: &str, name: &str) -> Result<()> {
        let dir = self.dir()?;
        Ok(dir.remove(&path_of(dir, folder, name)?)?)
    }

    /// Deletes what a listing gave, if it is still there.
    pub fn remove_entry(&self, entry: &Entry) -> Result<()> {
        Ok(self.dir()?.remove(&entry.path)?)
    }

    /// The files of a folder whose name begins with this byte in hexadecimal, those that a crash
    /// left half written included, in no order and at most [`SHARD_ENTRIES_MAX`].
    pub fn shard(&self, folder: &str, first_byte: u8) -> Result<Vec<Entry>> {
        let path = self.dir()?.blobs().join(folder).join(format!("{first_byte:02x}"));
        let listing = match fs::read_dir(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            listing => listing.map_err(failed("read", &path))?,
        };
        let mut entries = Vec::new();
        for entry in listing.take(SHARD_ENTRIES_MAX) {
            let entry = entry.map_err(failed("read", &path))?;
            let (Ok(name), Ok(metadata)) = (entry.file_name().into_string(), entry.metadata())
            else {
                continue;
            };
            if metadata.is_file() {
                let modified = metadata.modified().map_err(failed("read", &path))?;
                entries.push(Entry { name, modified, path: entry.path() });
            }
        }
        Ok(entries)
    }

    fn dir(&self) -> Result<&DataDir> {
        let cell = match &*self.place {
            Place::Kept(dir) => return Ok(dir),
            Place::Temporary(cell) => cell,
        };
        if let Some((dir, _)) = cell.get() {
            return Ok(dir);
        }
        let place = tempfile::tempdir().map_err(failed("create", &std::env::temp_dir()))?;
        let dir = DataDir::open(place.path().join("shop"))?;
        // Whoever was faster has made the one that counts.
        Ok(&cell.get_or_init(|| (dir, place)).0)
    }
}

impl Entry {
    /// Whether it is a file that was being written when the appliance stopped, or is now.
    pub fn is_partial(&self) -> bool {
        self.name.starts_with(PARTIAL)
    }
}

/// The place of a blob. Names are lower-case letters, digits, `-` and `.`, and begin with two
/// hexadecimal digits: none leads anywhere else.
fn path_of(dir: &DataDir, folder: &str, name: &str) -> Result<PathBuf> {
    let is_plain = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.');
    let is_hex = |byte: &u8| matches!(byte, b'a'..=b'f' | b'0'..=b'9');
    let bytes = name.as_bytes();
    let is_name = (3..=NAME_BYTES_MAX).contains(&bytes.len())
        && bytes.iter().all(is_plain)
        && bytes[..2].iter().all(is_hex);
    if !is_name {
        return Err(BlobError::Name(name.to_owned()));
    }
    Ok(dir.blobs().join(folder).join(&name[..2]).join(name))
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> BlobError {
    let path = path.to_owned();
    move |source| BlobError::Io { action, path, source }
}

#[cfg(test)]
mod tests;
