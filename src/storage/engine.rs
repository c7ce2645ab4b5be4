//! The database engine: how the file is opened, and how every transaction is committed.

use std::any::Any;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use redb::{Builder, Database, DatabaseError, StorageBackend, StorageError, WriteTransaction};

use super::error::Error;

/// How to open a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Memory for pages of the file, in bytes.
    pub cache_bytes: usize,
    /// Whether to make a new database where there is no file.
    pub create: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { cache_bytes: 128 * 1024 * 1024, create: true }
    }
}

/// Begins a write transaction. Everything that is ever committed goes through here, so that there
/// is one commit mode: a commit in another mode would be only as strong as the weaker of the two.
///
/// `quick_repair` means two phases: the new pages are synced before the header that points to
/// them is written and synced. It costs a second sync per commit, which group commit divides among
/// all that wait. What it buys: a start after a power cut that does not walk the whole file, and
/// that a failed sync leaves nothing behind that a reopened database could mistake for durable,
/// so the store may go on after a full disk. It trusts a disk that says "synced": on one that
/// lies, only [`Store::check`](super::Store::check) looks at every checksum.
pub(super) fn begin_write(database: &Database) -> Result<WriteTransaction, Error> {
    #[expect(clippy::disallowed_methods, reason = "the one place that begins writes")]
    let mut transaction = database.begin_write()?;
    transaction.set_quick_repair(true);
    Ok(transaction)
}

/// Opens the file at `path`, or makes one that only its owner can read.
pub(super) fn open_file(path: &Path, options: Options) -> Result<Database, Error> {
    let in_file = |source| Error::File { path: path.into(), source };
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(options.create)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(in_file)?;
    let is_new = file.metadata().map_err(in_file)?.len() == 0;
    if is_new && !options.create {
        return Err(Error::Unfinished { path: path.into() });
    }
    let database = guard(|| Builder::new().set_cache_size(options.cache_bytes).create_file(file))?
        .map_err(|error| explain(path, error))?;
    if is_new {
        sync_parent(path)?;
    }
    Ok(database)
}

/// Opens a database kept in something else than a file.
pub(super) fn open_backend(
    backend: impl StorageBackend,
    options: Options,
) -> Result<Database, Error> {
    let mut builder = Builder::new();
    builder.set_cache_size(options.cache_bytes);
    Ok(guard(|| builder.create_with_backend(backend))??)
}

/// Runs a part of the engine that reads a file nobody has vouched for: it panics on some kinds of
/// damage, and the program should say so instead of dying.
pub(super) fn guard<T>(part: impl FnOnce() -> T) -> Result<T, Error> {
    // Unwind safety: what the part was building is dropped with the panic.
    catch_unwind(AssertUnwindSafe(part))
        .map_err(|panic| Error::EnginePanicked { detail: message_of(&*panic) })
}

/// What a panic said.
pub(super) fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panic".into())
}

/// Makes a new or renamed file's name durable.
pub(super) fn sync_parent(path: &Path) -> Result<(), Error> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .map_err(|source| Error::File { path: directory.into(), source })
}

/// Says what is the matter with a file that the engine refuses.
fn explain(path: &Path, error: DatabaseError) -> Error {
    let path = path.to_owned();
    match error {
        DatabaseError::DatabaseAlreadyOpen => Error::AlreadyOpen { path },
        DatabaseError::Storage(StorageError::Io(error))
            if error.kind() == io::ErrorKind::InvalidData =>
        {
            // The engine writes its magic number last, so zeros in its place mean that the file
            // was never complete.
            let mut magic = [1; 9];
            match File::open(&path).and_then(|mut file| file.read_exact(&mut magic)) {
                Ok(()) if magic == [0; 9] => Error::Unfinished { path },
                _ => Error::NotADatabase { path, detail: error.to_string() },
            }
        }
        DatabaseError::Storage(StorageError::Io(source)) => Error::File { path, source },
        error => Error::Damaged { path, source: Box::new(error.into()) },
    }
}
