//! The swap of unpacked data for live data, with a journal that survives a power cut.
//!
//! ```text
//! begin   write restore-journal.json: what was there, what comes       <- decided from here on
//! finish  for each of database, blobs, keys, config.toml:
//!             live -> replaced-<time>/    if it was there and is not there yet
//!             staging/ -> live            if it comes and has not come yet
//!         sync the folders, delete the journal, delete staging/
//! ```
//!
//! Before the journal is on disk nothing has changed, and a start deletes what was unpacked. After
//! that every step is either done or not, which the folders themselves tell, so a start carries
//! out the rest, as often as it takes.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::BackupError;
use super::error::failed;
use super::format::{CONFIG_FILE, FOLDERS};
use crate::data_dir::DataDir;

/// The database's name, in the data directory and where it is unpacked.
pub(super) const DATABASE: &str = "cartwright.redb";
/// What is swapped, the database first.
const ENTRIES: [&str; 4] = [DATABASE, FOLDERS[0], FOLDERS[1], CONFIG_FILE];
const JOURNAL: &str = "restore-journal.json";
const ASIDE_PREFIX: &str = "replaced-";
/// Restores within one second.
const ASIDE_NAMES_MAX: u32 = 1000;

/// Called before every step of a swap; an error stops there, as a power cut would.
pub(super) type Checkpoint<'a> = &'a mut dyn FnMut() -> Result<(), BackupError>;

#[derive(Debug, Serialize, Deserialize)]
struct Journal {
    /// The folder in the data directory for what is replaced, if there is anything.
    aside: Option<String>,
    /// Which of [`ENTRIES`] were there.
    old: Vec<String>,
    /// Which of [`ENTRIES`] come.
    new: Vec<String>,
}

/// Completes a restore that was cut off, or deletes what it had unpacked; tells whether the data
/// was replaced.
///
/// To be called at every start, with the directory's lock held, before anything in the directory
/// is opened.
pub fn finish_interrupted_restore(dir: &DataDir) -> Result<bool, BackupError> {
    finish(dir, &mut || Ok(()))
}

/// Where the journal is.
pub(super) fn journal(dir: &DataDir) -> PathBuf {
    dir.path().join(JOURNAL)
}

/// Decides that what is in staging takes the data's place. Returns where the data will go, if
/// there is any.
pub(super) fn begin(dir: &DataDir, now: Timestamp) -> Result<Option<PathBuf>, BackupError> {
    let mut swap = Journal { aside: None, old: Vec::new(), new: Vec::new() };
    for name in ENTRIES {
        if holds_something(&dir.path().join(name))? {
            swap.old.push(name.to_owned());
        }
        if exists(&dir.staging().join(name))? {
            swap.new.push(name.to_owned());
        }
    }
    if !swap.old.is_empty() {
        swap.aside = Some(free_name(dir, now)?);
    }
    let text = serde_json::to_vec_pretty(&swap)
        .map_err(|error| failed("write", &journal(dir))(error.into()))?;
    dir.write_private(&journal(dir), &text)?;
    Ok(swap.aside.map(|name| dir.path().join(name)))
}

/// Makes sure that there is no journal, after [`begin`] failed.
pub(super) fn retract(dir: &DataDir) -> Result<(), BackupError> {
    dir.remove(&journal(dir))?;
    sync_dir(dir.path())
}

/// Carries out what the journal says, if there is one, and deletes what was unpacked; tells
/// whether there was one.
pub(super) fn finish(dir: &DataDir, checkpoint: Checkpoint<'_>) -> Result<bool, BackupError> {
    let swap = read_journal(dir)?;
    if let Some(swap) = &swap {
        checkpoint()?;
        carry_out(dir, swap, checkpoint)?;
        checkpoint()?;
        dir.remove(&journal(dir))?;
    }
    checkpoint()?;
    let staging = dir.staging();
    match fs::remove_dir_all(&staging) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        removed => removed.map_err(failed("delete", &staging))?,
    }
    Ok(swap.is_some())
}

fn carry_out(dir: &DataDir, swap: &Journal, checkpoint: Checkpoint<'_>) -> Result<(), BackupError> {
    let root = dir.path();
    let aside = swap.aside.as_ref().map(|name| root.join(name));
    if let Some(aside) = &aside {
        // Nothing is moved away for something that is not there to take its place.
        for name in swap.new.iter().filter(|&name| swap.old.contains(name)) {
            if !exists(&aside.join(name))? && !exists(&dir.staging().join(name))? {
                return Err(BackupError::JournalDamaged { path: journal(dir) });
            }
        }
        dir.create_subdir(aside)?;
    }
    for name in ENTRIES {
        let (live, staged) = (root.join(name), dir.staging().join(name));
        if let Some(aside) = &aside
            && swap.old.iter().any(|old| old == name)
            && !exists(&aside.join(name))?
        {
            checkpoint()?;
            fs::rename(&live, aside.join(name)).map_err(failed("move aside", &live))?;
            // The old is safe under its new name before anything takes its place.
            sync_dir(aside)?;
        }
        if swap.new.iter().any(|new| new == name) && exists(&staged)? {
            checkpoint()?;
            // An empty folder may be in the way: opening the directory makes one. A rename
            // replaces it, and refuses to replace one with content.
            fs::rename(&staged, &live).map_err(failed("put in place", &live))?;
        }
    }
    checkpoint()?;
    if exists(&dir.staging())? {
        sync_dir(&dir.staging())?;
    }
    sync_dir(root)
}

fn read_journal(dir: &DataDir) -> Result<Option<Journal>, BackupError> {
    let path = journal(dir);
    let text = match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => text.map_err(failed("read", &path))?,
    };
    let swap: Option<Journal> = serde_json::from_slice(&text).ok();
    let is_ours = |swap: &Journal| match &swap.aside {
        Some(name) => name.starts_with(ASIDE_PREFIX) && !name.contains('/'),
        None => swap.old.is_empty(),
    };
    swap.filter(is_ours).map(Some).ok_or(BackupError::JournalDamaged { path })
}

/// A name in the data directory that nothing has yet: `replaced-20261120T120000Z`.
fn free_name(dir: &DataDir, now: Timestamp) -> Result<String, BackupError> {
    let time = now.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string();
    for number in 1..=ASIDE_NAMES_MAX {
        let name = match number {
            1 => format!("{ASIDE_PREFIX}{time}"),
            _ => format!("{ASIDE_PREFIX}{time}-{number}"),
        };
        if !exists(&dir.path().join(&name))? {
            return Ok(name);
        }
    }
    let path = dir.path().join(format!("{ASIDE_PREFIX}{time}"));
    Err(failed("create", &path)(io::ErrorKind::AlreadyExists.into()))
}

fn exists(path: &Path) -> Result<bool, BackupError> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(failed("read", path)(error)),
    }
}

/// Whether there is a file, or a folder with something in it.
fn holds_something(path: &Path) -> Result<bool, BackupError> {
    if !exists(path)? || !path.is_dir() {
        return exists(path);
    }
    Ok(fs::read_dir(path).map_err(failed("read", path))?.next().is_some())
}

/// Makes the names in a folder durable.
pub(super) fn sync_dir(path: &Path) -> Result<(), BackupError> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(failed("sync", path))
}
