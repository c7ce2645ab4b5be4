//! Every path of the runtime directory, created 0700 and 0600.
//!
//! One method per path, and one place that creates files, so that two rules hold everywhere:
//!
//! - the directory is 0700 and each file in it 0600, whatever the umask;
//! - a file that root creates (`sudo cartwright user add ...`) belongs to the directory's
//!   owner afterwards, so the service can open what the command line left behind.
//!
//! Replacing a file is atomic and durable: a temporary file in the same directory is written,
//! synced and renamed over the old one, then the directory is synced. A reader sees the old
//! bytes or the new ones, also after a power cut.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Where the installer puts the data.
pub const SYSTEM_DIR: &str = "/var/lib/cartwright";
/// Where data goes when nothing is installed and nothing was said.
pub const LOCAL_DIR: &str = "./cartwright-data";

const DIR_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;
const GROUP_AND_OTHERS: u32 = 0o077;
const WORLD_WRITABLE_OR_STICKY: u32 = 0o1002;
/// Names that make a directory recognisable as one of ours.
const OUR_NAMES: [&str; 5] = ["cartwright.redb", "config.toml", "keys", "blobs", "lock"];

/// Why the data directory, or a file in it, cannot be used. The text says what to do.
#[derive(Debug, Error)]
pub enum DataDirError {
    /// The operating system refused; `action` reads like "create" or "write".
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The path exists and is a file, a device, or the like.
    #[error("{} is not a directory: give --data a directory", path.display())]
    NotADirectory {
        /// The path given.
        path: PathBuf,
    },
    /// Closing the directory to others would hurt whoever else uses it.
    #[error(
        "{} holds other programs' files and is open to others: give --data a directory of its own",
        path.display()
    )]
    Shared {
        /// The path given.
        path: PathBuf,
    },
    /// A file of ours turns out to be a link to something else.
    #[error("{} is a link: put the file itself there", path.display())]
    Link {
        /// The file.
        path: PathBuf,
    },
    /// Another process serves or changes this directory.
    #[error(
        "{} is in use by another cartwright process: stop it first, or give --data another directory",
        path.display()
    )]
    InUse {
        /// The data directory.
        path: PathBuf,
    },
}

type Result<T> = std::result::Result<T, DataDirError>;

/// An open data directory: it exists, and only its owner can look inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataDir {
    root: PathBuf,
}

/// Proof that this process alone uses the data directory; dropping it lets go.
#[derive(Debug)]
#[must_use = "the directory is free again when the lock is dropped"]
pub struct DirLock {
    _file: File,
}

/// User and group of the directory, for files that root creates in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Owner {
    uid: u32,
    gid: u32,
}

impl DataDir {
    /// The directory to use: `--data`, else `CARTWRIGHT_DATA` (empty counts as absent), else
    /// [`SYSTEM_DIR`] if it exists, else [`LOCAL_DIR`]. Nothing is created.
    pub fn locate(flag: Option<&Path>, env: Option<&OsStr>) -> PathBuf {
        locate_with(flag, env, Path::new(SYSTEM_DIR))
    }

    /// Opens the directory, creating it and its `keys/` and `blobs/` where missing, and takes
    /// away the access of group and others.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self> {
        let root = root.into();
        create_dir(&root)?;
        let metadata = fs::metadata(&root).map_err(failed("read", &root))?;
        if !metadata.is_dir() {
            return Err(DataDirError::NotADirectory { path: root });
        }
        if metadata.mode() & GROUP_AND_OTHERS != 0 {
            if is_shared(&root, &metadata)? {
                return Err(DataDirError::Shared { path: root });
            }
            set_mode(&root, DIR_MODE)?;
        }
        let dir = Self { root };
        dir.create_subdir(&dir.keys())?;
        dir.create_subdir(&dir.blobs())?;
        Ok(dir)
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.root.join("cartwright.redb")
    }

    /// Images and firmware, one file each.
    pub fn blobs(&self) -> PathBuf {
        self.root.join("blobs")
    }

    /// Signing keys and certificates.
    pub fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    /// Keys that sign access tokens.
    pub fn token_keys(&self) -> PathBuf {
        self.keys().join("access-tokens.json")
    }

    /// The key of the local authority for HTTPS.
    pub fn ca_key(&self) -> PathBuf {
        self.keys().join("ca.key")
    }

    /// The certificate of the local authority, which devices trust.
    pub fn ca_cert(&self) -> PathBuf {
        Self::ca_cert_in(&self.root)
    }

    /// The same for a directory that is only looked at.
    pub fn ca_cert_in(root: &Path) -> PathBuf {
        root.join("keys").join("ca.pem")
    }

    /// Key and certificate that the local authority made for HTTPS.
    pub fn https_leaf(&self) -> PathBuf {
        self.keys().join("https.pem")
    }

    /// The secret that signs one-time codes on their way to the SMS gateway.
    pub fn otp_webhook_secret(&self) -> PathBuf {
        self.keys().join("otp-webhook-secret")
    }

    /// Where the channel `file` writes one-time codes unless the settings name another place.
    pub fn one_time_codes(&self) -> PathBuf {
        self.root.join("one-time-codes.ndjson")
    }

    /// The owner's settings.
    pub fn config_file(&self) -> PathBuf {
        self.root.join("config.toml")
    }

    /// The token that allows the first admin to be made; gone once there is one.
    pub fn setup_token(&self) -> PathBuf {
        self.root.join("setup-token")
    }

    /// The Unix socket by which the command line reaches a running server.
    pub fn control_socket(&self) -> PathBuf {
        self.root.join("control.sock")
    }

    /// Held by the one process that uses the directory.
    pub fn lock_file(&self) -> PathBuf {
        self.root.join("lock")
    }

    /// Backups that the server makes by itself or by request.
    pub fn backups(&self) -> PathBuf {
        self.root.join("backups")
    }

    /// Where a restore is unpacked and verified before it replaces anything.
    pub fn staging(&self) -> PathBuf {
        self.root.join("staging")
    }

    /// Takes the directory for this process alone, or says that another one has it.
    pub fn lock(&self) -> Result<DirLock> {
        let file = self.open_private(&self.lock_file())?;
        match file.try_lock() {
            Ok(()) => Ok(DirLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(DataDirError::InUse { path: self.root.clone() }),
            Err(TryLockError::Error(source)) => Err(failed("lock", &self.lock_file())(source)),
        }
    }

    /// Opens a file for reading and writing, creating it empty if it is missing.
    pub fn open_private(&self, path: &Path) -> Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(FILE_MODE);
        let file = options.open(path).map_err(failed("open", path))?;
        // Root must not be led, by a link in a directory that the service may write, into
        // changing the mode or owner of a file elsewhere.
        let named = fs::symlink_metadata(path).map_err(failed("read", path))?;
        let opened = file.metadata().map_err(failed("read", path))?;
        if (named.dev(), named.ino()) != (opened.dev(), opened.ino()) {
            return Err(DataDirError::Link { path: path.to_owned() });
        }
        self.claim(&file, path)?;
        Ok(file)
    }

    /// Creates a file with these bytes, durably; an existing one is an error of kind
    /// [`io::ErrorKind::AlreadyExists`].
    pub fn create_private(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        let staged = self.stage(path, bytes)?;
        staged.persist_noclobber(path).map_err(|e| failed("create", path)(e.error))?;
        sync_parent(path)
    }

    /// Puts these bytes in the place of whatever the file held, atomically and durably.
    pub fn write_private(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        let staged = self.stage(path, bytes)?;
        staged.persist(path).map_err(|e| failed("write", path)(e.error))?;
        sync_parent(path)
    }

    /// Deletes a file, durably; one that is not there is no error.
    pub fn remove(&self, path: &Path) -> Result<()> {
        match fs::remove_file(path) {
            Ok(()) => sync_parent(path),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(source) => Err(failed("delete", path)(source)),
        }
    }

    /// Creates a directory inside this one, 0700, if it is missing.
    pub fn create_subdir(&self, path: &Path) -> Result<()> {
        create_dir(path)?;
        self.give_to_owner(path)
    }

    /// Makes something that another library created (a socket) private and the owner's.
    pub fn adopt(&self, path: &Path) -> Result<()> {
        set_mode(path, FILE_MODE)?;
        self.give_to_owner(path)
    }

    fn stage(&self, path: &Path, bytes: &[u8]) -> Result<tempfile::NamedTempFile> {
        let folder = path.parent().unwrap_or(&self.root);
        let mut staged = tempfile::Builder::new()
            .prefix(".cartwright-")
            .suffix(".tmp")
            .permissions(Permissions::from_mode(FILE_MODE))
            .tempfile_in(folder)
            .map_err(failed("write into", folder))?;
        self.claim(staged.as_file(), path)?;
        staged.write_all(bytes).map_err(failed("write", path))?;
        staged.as_file().sync_all().map_err(failed("write", path))?;
        Ok(staged)
    }

    /// 0600 and the directory owner's, whatever the umask and whoever runs.
    fn claim(&self, file: &File, path: &Path) -> Result<()> {
        let metadata = file.metadata().map_err(failed("read", path))?;
        let owner = self.owner()?;
        let is_loose = metadata.mode() & (GROUP_AND_OTHERS | FILE_MODE) != FILE_MODE;
        let is_foreign = metadata.uid() != owner.uid;
        if !is_loose && !is_foreign {
            return Ok(());
        }
        if metadata.nlink() > 1 || !metadata.is_file() {
            return Err(DataDirError::Link { path: path.to_owned() });
        }
        if is_loose {
            file.set_permissions(Permissions::from_mode(FILE_MODE))
                .map_err(failed("close to others", path))?;
        }
        if is_foreign {
            std::os::unix::fs::fchown(file, Some(owner.uid), Some(owner.gid))
                .map_err(failed("give to its owner", path))?;
        }
        Ok(())
    }

    fn give_to_owner(&self, path: &Path) -> Result<()> {
        let metadata = fs::symlink_metadata(path).map_err(failed("read", path))?;
        let owner = self.owner()?;
        if metadata.uid() != owner.uid {
            std::os::unix::fs::lchown(path, Some(owner.uid), Some(owner.gid))
                .map_err(failed("give to its owner", path))?;
        }
        Ok(())
    }

    fn owner(&self) -> Result<Owner> {
        let metadata = fs::metadata(&self.root).map_err(failed("read", &self.root))?;
        Ok(Owner::of(&metadata))
    }
}

impl Owner {
    fn of(metadata: &fs::Metadata) -> Self {
        Self { uid: metadata.uid(), gid: metadata.gid() }
    }
}

fn locate_with(flag: Option<&Path>, env: Option<&OsStr>, system: &Path) -> PathBuf {
    if let Some(path) = flag {
        return path.to_owned();
    }
    if let Some(path) = env.filter(|value| !value.is_empty()) {
        return PathBuf::from(path);
    }
    if system.is_dir() { system.to_owned() } else { PathBuf::from(LOCAL_DIR) }
}

/// Creates the directory, and parents where missing, 0700; one that exists stays as it is.
fn create_dir(path: &Path) -> Result<()> {
    if path.exists() {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(DIR_MODE).create(path).map_err(failed("create", path))?;
    // A strict umask may have taken even the owner's bits.
    set_mode(path, DIR_MODE)?;
    sync_parent(path)
}

/// Whether closing this directory would lock others out of files that are not ours: it is
/// world-writable or at the top of the tree (`/tmp`, `/srv`), and nothing in it is ours.
fn is_shared(path: &Path, metadata: &fs::Metadata) -> Result<bool> {
    let real = path.canonicalize().map_err(failed("read", path))?;
    let at_the_top = real.parent().is_none_or(|parent| parent == Path::new("/"));
    if !at_the_top && metadata.mode() & WORLD_WRITABLE_OR_STICKY == 0 {
        return Ok(false);
    }
    let mut holds_others = false;
    for entry in fs::read_dir(path).map_err(failed("read", path))? {
        let name = entry.map_err(failed("read", path))?.file_name();
        if OUR_NAMES.iter().any(|ours| name == *ours) {
            return Ok(false);
        }
        holds_others |= name != "lost+found";
    }
    Ok(holds_others)
}

fn set_mode(path: &Path, mode: u32) -> Result<()> {
    fs::set_permissions(path, Permissions::from_mode(mode)).map_err(failed("close to others", path))
}

fn sync_parent(path: &Path) -> Result<()> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(parent).and_then(|dir| dir.sync_all()).map_err(failed("sync", parent))
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> DataDirError {
    let path = path.to_owned();
    move |source| DataDirError::Io { action, path, source }
}

#[cfg(test)]
mod tests;
