//! Unpacks an archive beside the data, then lets it take the data's place.
//!
//! Sessions are left out, and the numbers of sessions to come start above all that were ever given
//! out. So no refresh token works, and an access token from before names a session that will never
//! exist again; the keys that sign tokens may well be the same before and after.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::archive::{Archive, Item, verify};
use super::error::failed;
use super::format::FOLDERS;
use super::swap::{self, DATABASE, sync_dir};
use super::{BackupError, Summary};
use crate::data_dir::DataDir;
use crate::domain::audit::Event;
use crate::storage::tables::SEQUENCE_BY_NAME;
use crate::storage::{self, Key, Options, RawRow, Record, RecordError, Store, WriteError, audit};

/// How the names of the tables begin whose rows are sessions or lead to them.
const SESSION_TABLES: &str = "SESSION_";
/// The sequence that numbers sessions.
const SESSION_SEQUENCE: &str = "session";

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What the archive held.
    pub summary: Summary,
    /// Where the data is now that was replaced, if there was any.
    pub replaced: Option<PathBuf>,
}

/// An archive that is unpacked and ready to take the data's place. Dropped, it is deleted.
#[derive(Debug)]
#[must_use = "nothing is restored before the swap"]
pub struct Staged {
    summary: Summary,
    staging: Staging,
    now: Timestamp,
}

/// Replaces the data of a directory that no process serves with that of the archive at `path`.
///
/// The caller holds the directory's lock, and no store is open in it. Without `force` a directory
/// with a database is refused. An error other than [`BackupError::Interrupted`] means that nothing
/// was changed.
pub fn restore(
    path: &Path,
    dir: &DataDir,
    now: Timestamp,
    force: bool,
) -> Result<Restored, BackupError> {
    swap::finish_interrupted_restore(dir)?;
    if !force && dir.database().exists() {
        return Err(BackupError::HoldsData { path: dir.path().to_owned() });
    }
    stage(path, dir, now)?.swap(dir)
}

/// Verifies the archive at `path` and unpacks it inside the directory, beside the data, which may
/// be in use meanwhile.
pub fn stage(path: &Path, dir: &DataDir, now: Timestamp) -> Result<Staged, BackupError> {
    if swap::journal(dir).exists() {
        return Err(BackupError::RestoreUnderWay);
    }
    let mut file = File::open(path).map_err(failed("open", path))?;
    // Before a byte is unpacked, so that a damaged file does not even fill the disk. Unpacking
    // checks it all again.
    verify(&file)?;
    file.rewind().map_err(BackupError::Read)?;
    let staging = Staging::create(dir)?;
    let summary = unpack(&file, dir, &staging.path, now)?;
    Ok(Staged { summary, staging, now })
}

impl Staged {
    /// What the archive holds.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Puts it in the data's place, and the data aside. No store may be open in the directory.
    ///
    /// After [`BackupError::Interrupted`] call [`finish_interrupted_restore`] before anything in
    /// the directory is opened again.
    ///
    /// [`finish_interrupted_restore`]: super::finish_interrupted_restore
    pub fn swap(mut self, dir: &DataDir) -> Result<Restored, BackupError> {
        let begun = swap::begin(dir, self.now);
        if begun.is_err() && swap::retract(dir).is_err() {
            // The journal may be there after the next power cut, and then needs what is unpacked.
            self.staging.is_mine = false;
        }
        let aside = begun?;
        // From here on it belongs to the journal.
        self.staging.is_mine = false;
        swap::finish(dir, &mut || Ok(()))
            .map_err(|source| BackupError::Interrupted { source: Box::new(source) })?;
        Ok(Restored { summary: self.summary.clone(), replaced: aside })
    }

    /// Stops where a power cut right after the journal would.
    #[cfg(test)]
    pub(super) fn begin_swap(mut self, dir: &DataDir) {
        swap::begin(dir, self.now).unwrap();
        self.staging.is_mine = false;
    }
}

/// The folder that an archive is unpacked into.
#[derive(Debug)]
struct Staging {
    path: PathBuf,
    is_mine: bool,
}

impl Staging {
    fn create(dir: &DataDir) -> Result<Self, BackupError> {
        let path = dir.staging();
        match DirBuilder::new().mode(0o700).create(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(BackupError::RestoreUnderWay);
            }
            made => made.map_err(failed("create", &path))?,
        }
        let staging = Self { path, is_mine: true };
        // A strict umask may have taken even the owner's bits.
        fs::set_permissions(&staging.path, Permissions::from_mode(0o700))
            .map_err(failed("close to others", &staging.path))?;
        dir.create_subdir(&staging.path)?;
        Ok(staging)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if self.is_mine {
            // What is left is deleted at the next start.
            drop(fs::remove_dir_all(&self.path));
        }
    }
}

fn unpack(
    input: &File,
    dir: &DataDir,
    staging: &Path,
    now: Timestamp,
) -> Result<Summary, BackupError> {
    let mut rows = RestoredRows {
        archive: Archive::open(input)?,
        after_rows: None,
        last_session: u64::try_from(now.as_millisecond()).unwrap_or_default(),
        is_over: false,
    };
    let database = staging.join(DATABASE);
    Store::create_from(&database, &mut rows)?;
    dir.adopt(&database)?;
    let RestoredRows { mut archive, after_rows: Some(mut item), .. } = rows else {
        unreachable!("rows end where something else begins");
    };
    let mut folders = BTreeSet::from([staging.to_owned()]);
    for folder in FOLDERS {
        let folder = staging.join(folder);
        dir.create_subdir(&folder)?;
        folders.insert(folder);
    }
    let mut current: Option<(File, PathBuf)> = None;
    loop {
        match item {
            Item::File(name) => {
                close(current.take())?;
                let path = staging.join(&name);
                create_folders(dir, &path, &mut folders)?;
                current = Some((dir.open_private(&path)?, path));
            }
            Item::Data(bytes) => {
                if let Some((file, path)) = &mut current {
                    file.write_all(&bytes).map_err(failed("write", path))?;
                }
            }
            Item::Row(_) => unreachable!("an archive has its rows before its files"),
            Item::End(summary) => {
                close(current)?;
                note_restore(&database, &summary, now)?;
                // Children first is not needed: all are on disk before the swap begins.
                folders.iter().try_for_each(|folder| sync_dir(folder))?;
                return Ok(summary);
            }
        }
        item = archive.next()?;
    }
}

/// The restored shop's audit log goes on with what happened to it. Written before the swap, so
/// that there is no restored shop without it.
fn note_restore(database: &Path, summary: &Summary, now: Timestamp) -> Result<(), BackupError> {
    let mut after = serde_json::json!({
        "cartwright": summary.cartwright,
        "created_at": summary.created_at,
        "rows": summary.rows,
    });
    if let Some(complaint) = summary.audit.complaint() {
        after["complaint"] = complaint.into();
    }
    if let Some(complaint) = summary.ledger.complaint() {
        after["ledger_complaint"] = complaint.into();
    }
    let event = Event {
        at: now,
        actor: "cli".to_owned(),
        actor_name: None,
        from: Some("local".to_owned()),
        action: "backup.restore".to_owned(),
        target: "backup".to_owned(),
        before: None,
        after: Some(after.to_string()),
    };
    let store = Store::open(database, Options { create: false, ..Options::default() })?;
    let written = store.write_blocking(move |tx| audit::append(tx, event).map(drop));
    store.close();
    written.map_err(|error| match error {
        WriteError::Refused(error) => error.into(),
        other => storage::Error::Unavailable { reason: other.to_string() }.into(),
    })
}

fn close(file: Option<(File, PathBuf)>) -> Result<(), BackupError> {
    file.map_or(Ok(()), |(file, path)| file.sync_all().map_err(failed("write", &path)))
}

/// Makes the folders above `path` that are not in `folders` yet.
fn create_folders(
    dir: &DataDir,
    path: &Path,
    folders: &mut BTreeSet<PathBuf>,
) -> Result<(), BackupError> {
    let mut missing = Vec::new();
    for folder in path.ancestors().skip(1) {
        if folders.contains(folder) {
            break;
        }
        missing.push(folder);
    }
    for folder in missing.into_iter().rev() {
        dir.create_subdir(folder)?;
        folders.insert(folder.to_owned());
    }
    Ok(())
}

/// The rows of an archive without its sessions. Stops at the first item that is no row.
struct RestoredRows<R: io::Read> {
    archive: Archive<R>,
    after_rows: Option<Item>,
    /// The highest number of a session so far: at least the time in milliseconds, which no shop's
    /// count of sessions overtakes.
    last_session: u64,
    is_over: bool,
}

impl<R: io::Read> Iterator for RestoredRows<R> {
    type Item = Result<RawRow, BackupError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        match self.next_row() {
            Ok(row) => Some(Ok(row)),
            Err(error) => {
                self.is_over = true;
                Some(Err(error))
            }
        }
    }
}

impl<R: io::Read> RestoredRows<R> {
    fn next_row(&mut self) -> Result<RawRow, BackupError> {
        loop {
            let row = match self.archive.next()? {
                Item::Row(row) => row,
                item => {
                    self.after_rows = Some(item);
                    self.is_over = true;
                    return session_sequence(self.last_session);
                }
            };
            if row.table.starts_with(SESSION_TABLES) {
                continue;
            }
            if let Some(last) = session_number(&row)? {
                self.last_session = self.last_session.max(last);
                continue;
            }
            return Ok(row);
        }
    }
}

/// The number in the row, if it is that of the sequence of sessions.
fn session_number(row: &RawRow) -> Result<Option<u64>, BackupError> {
    if row.table != SEQUENCE_BY_NAME.name() || row.key != session_key() {
        return Ok(None);
    }
    let Some((&format, body)) = row.value.split_first() else { return Ok(None) };
    <u64 as Record>::decode(format, body).map(Some).map_err(|error| in_sequence(&error))
}

fn session_sequence(last: u64) -> Result<RawRow, BackupError> {
    let mut value = vec![u64::FORMAT];
    Record::encode(&last, &mut value).map_err(|error| in_sequence(&error))?;
    Ok(RawRow { table: SEQUENCE_BY_NAME.name().to_owned(), key: session_key(), value })
}

fn session_key() -> Vec<u8> {
    let mut key = Vec::new();
    Key::encode(&SESSION_SEQUENCE.to_owned(), &mut key);
    key
}

fn in_sequence(error: &RecordError) -> BackupError {
    let table = SEQUENCE_BY_NAME.name().to_owned();
    crate::storage::Error::Corrupt { table, detail: error.to_string() }.into()
}
