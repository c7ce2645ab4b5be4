//! What can go wrong with a backup, told so that a shopkeeper knows the remedy.

use std::io;
use std::path::{Path, PathBuf};

use crate::data_dir::DataDirError;
use crate::storage;

/// Why a backup was not made, is not good, or was not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file is something else.
    #[error("this is not a cartwright backup: give the file that `cartwright backup` wrote")]
    NotABackup,
    /// A byte is wrong, missing, or one too many.
    #[error("the backup is damaged at byte {byte} ({detail}): use another backup")]
    Damaged {
        /// Where the damaged part begins, counted from zero.
        byte: u64,
        /// What was wrong.
        detail: String,
    },
    /// A later version of the program made it.
    #[error("the backup was made by a newer cartwright ({detail}): install that version first")]
    Newer {
        /// What this version does not know.
        detail: String,
    },
    /// The archive cannot be read.
    #[error("the backup cannot be read: {0}")]
    Read(#[source] io::Error),
    /// The archive cannot be written.
    #[error("the backup cannot be written: {0}: check the free space there")]
    Write(#[source] io::Error),
    /// The operating system refused; `action` reads like "create" or "rename".
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something in the data directory cannot be in a backup, and a hole in it would be worse than
    /// none.
    #[error("{} cannot be backed up ({detail}): move it out of the data directory", path.display())]
    Unsupported {
        /// The entry.
        path: PathBuf,
        /// What is the matter with it.
        detail: &'static str,
    },
    /// The backup would land among the data that it is made of.
    #[error(
        "{} is inside the data directory: choose a place outside, or its backups folder",
        path.display()
    )]
    InsideData {
        /// Where the backup was to go.
        path: PathBuf,
    },
    /// The directory holds data, and replacing it was not asked for.
    #[error(
        "{} already holds data: add --force to replace it; the old data is kept beside the new",
        path.display()
    )]
    HoldsData {
        /// The data directory.
        path: PathBuf,
    },
    /// Another restore is being unpacked, or an earlier one was cut off.
    #[error("another restore is under way: wait for it, or start cartwright again to clear it")]
    RestoreUnderWay,
    /// The swap began and could not go on.
    #[error(
        "the restore stopped half way ({source}): nothing is lost, remove the cause and start cartwright again to finish it"
    )]
    Interrupted {
        /// What stopped it.
        source: Box<Self>,
    },
    /// The note about a swap that was cut off cannot be read.
    #[error(
        "{} is damaged: compare the data directory with its replaced-... folder, put the data that you want in place, and delete that file",
        path.display()
    )]
    JournalDamaged {
        /// The note.
        path: PathBuf,
    },
    /// The data directory cannot be used.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] storage::Error),
}

/// For `map_err`: an [`BackupError::Io`] about `path`.
pub(super) fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.to_owned();
    move |source| BackupError::Io { action, path, source }
}
