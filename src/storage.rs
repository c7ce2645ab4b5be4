//! The Store: the one database file, behind typed tables, one writer and many readers.
//!
//! ```text
//! store.write(|tx| ...)   queue -> writer thread -> one commit for all that wait -> answers
//! store.read(|tx| ...)    the last committed state, beside the writer, never blocked by it
//! ```
//!
//! Only this room knows the database engine (redb) and the encoding of values (postcard). The rest
//! of the house sees [`Table`]s, [`Reader`], [`WriteTx`] and [`Store`]. There is no storage trait:
//! tests use [`Store::in_memory`], crash tests bring their own [`StorageBackend`].
//!
//! Invariants:
//! - A write is answered after its commit is durable, and a command is there whole or not at all.
//! - A command that returned an error or panicked has written nothing.
//! - What must happen together is written by one command.
//! - No transaction is held across an await.

pub mod accounts;
pub mod alerts;
pub mod audit;
pub mod barcode_rules;
mod bulk;
pub mod carts;
pub mod change_log;
pub mod checklists;
pub mod classes;
pub mod closures;
pub mod currency;
pub mod devices;
mod engine;
pub mod enrolment;
mod error;
pub mod firmware;
pub mod idempotency;
pub mod imports;
mod key;
pub mod last_seen;
pub mod ledger;
mod migrate;
pub mod mobile_numbers;
pub mod one_time_codes;
pub mod orders;
pub mod pictures;
pub mod positions;
pub mod price_schedule;
pub mod products;
pub mod promotions;
mod read;
mod record;
pub mod records;
pub mod search_misses;
mod shared;
pub mod store_map;
pub mod synonyms;
mod table;
pub mod tables;
#[cfg(test)]
mod tests;
pub mod weights;
mod write;
mod writer;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle, ThreadId};

use redb::Database;
use redb::backends::InMemoryBackend;
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::sync::watch;

pub use bulk::{Check, Export, RawRow, Size};
pub use engine::Options;
pub use error::{Error, WriteError};
pub use key::{Key, KeyError, StartsWith, encode_text};
pub use read::{ReadTx, Reader};
pub use record::{Blob, Record, RecordError, decode_postcard, encode_postcard};
pub use redb::StorageBackend;
pub use shared::Health;
pub use table::{ByteBounds, KeyRange, MAX_KEY_BYTES, MAX_VALUE_BYTES, Prefix, Table, prefix};
pub use write::{MAX_COMMAND_ROWS, WriteTx};
pub use writer::{BATCH_LIMIT, QUEUE_LIMIT};

use shared::Shared;
use writer::{Answer, Command, Reopen, Writer};

/// The database of the shop. Clones are handles to the same store; the last one to go closes it.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    /// Gone once the store is closed.
    queue: Mutex<Option<mpsc::Sender<Box<dyn Command>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    writer: ThreadId,
    path: Option<PathBuf>,
}

/// Numbers about a running store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriterStats {
    /// Commits since the store was opened.
    pub commits: u64,
    /// Commands in those commits.
    pub commands: u64,
    /// Commands that wait now.
    pub queue_length: usize,
}

impl Store {
    /// Opens the database file at `path`, making or upgrading it as needed.
    pub fn open(path: &Path, options: Options) -> Result<Self, Error> {
        let database = engine::open_file(path, options)?;
        migrate::prepare(&database, path, migrate::UPGRADES)?;
        let file = path.to_owned();
        let reopen = move || engine::open_file(&file, Options { create: false, ..options });
        Self::start(database, Some(Box::new(reopen)), Some(path.to_owned()))
    }

    /// A store that is gone when it is closed: for tests.
    pub fn in_memory() -> Result<Self, Error> {
        Self::with_backend(InMemoryBackend::new())
    }

    /// A store in a place of the caller's: for tests that break it.
    ///
    /// Unlike a file it cannot be opened again after a failed commit, and stays broken.
    pub fn with_backend(backend: impl StorageBackend) -> Result<Self, Error> {
        let database = engine::open_backend(backend, Options::default())?;
        migrate::prepare(&database, Path::new("the backend"), migrate::UPGRADES)?;
        Self::start(database, None, None)
    }

    /// A store in a place that can be opened again after a failed commit: `open` gives it.
    pub fn with_backends<B: StorageBackend>(
        open: impl Fn() -> B + Send + 'static,
    ) -> Result<Self, Error> {
        let database = engine::open_backend(open(), Options::default())?;
        migrate::prepare(&database, Path::new("the backend"), migrate::UPGRADES)?;
        let reopen = move || engine::open_backend(open(), Options::default());
        Self::start(database, Some(Box::new(reopen)), None)
    }

    fn start(
        database: Database,
        reopen: Option<Reopen>,
        path: Option<PathBuf>,
    ) -> Result<Self, Error> {
        let shared = Arc::new(Shared::new(database)?);
        let (sender, queue) = mpsc::channel(QUEUE_LIMIT);
        let writer = Writer { shared: Arc::clone(&shared), queue, reopen };
        let thread = thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || writer.run())
            .map_err(|source| Error::File { path: "a thread for the writer".into(), source })?;
        let inner = Inner {
            shared,
            queue: Mutex::new(Some(sender)),
            writer: thread.thread().id(),
            thread: Mutex::new(Some(thread)),
            path,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Runs `command` in the next commit and answers when that is durable.
    ///
    /// If the command returns an error or panics, nothing of it is written. It runs on the writer
    /// thread, with everybody else waiting: check, write, return; no I/O, no waiting, no hashing of
    /// passwords. When the returned future is dropped before the command's turn, the command does
    /// not run; after that it is carried out regardless.
    pub async fn write<T, E, F>(&self, command: F) -> Result<T, WriteError<E>>
    where
        F: FnOnce(&mut WriteTx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        let (command, answer) = writer::pending(command);
        self.sender()?.try_send(command).map_err(|error| match error {
            TrySendError::Full(_) => WriteError::Busy,
            TrySendError::Closed(_) => closed(),
        })?;
        answer.await.unwrap_or_else(|_| Err(writer_lost()))
    }

    /// [`Store::write`] for a thread that may block, such as an import's: waits also for a place in
    /// the queue, so it is never told that the store is busy.
    ///
    /// Never call it inside a command: the writer would wait for itself.
    ///
    /// # Panics
    /// When called on a thread that drives asynchronous tasks.
    pub fn write_blocking<T, E, F>(&self, command: F) -> Result<T, WriteError<E>>
    where
        F: FnOnce(&mut WriteTx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        let (command, answer): (_, Answer<T, E>) = writer::pending(command);
        self.sender()?.blocking_send(command).map_err(|_| closed())?;
        answer.blocking_recv().unwrap_or_else(|_| Err(writer_lost()))
    }

    /// Reads the last committed state on this thread. On an asynchronous thread only for a bounded
    /// number of rows, microseconds; else [`Store::read_task`].
    pub fn read<T, E: From<Error>>(
        &self,
        query: impl FnOnce(&ReadTx) -> Result<T, E>,
    ) -> Result<T, E> {
        query(&self.inner.shared.begin_read()?)
    }

    /// Reads the last committed state on a thread that may block: for scans.
    pub async fn read_task<T, E, F>(&self, query: F) -> Result<T, E>
    where
        F: FnOnce(&ReadTx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let store = self.clone();
        match tokio::task::spawn_blocking(move || store.read(query)).await {
            Ok(result) => result,
            Err(failed) => match failed.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_cancelled) => Err(Error::Closed.into()),
            },
        }
    }

    /// The number of the last committed change; see [`change_log`].
    pub fn last_change_seq(&self) -> u64 {
        self.inner.shared.last_change_seq()
    }

    /// Follows [`Store::last_change_seq`]. A caller that has been answered finds its own change
    /// here already.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.inner.shared.subscribe()
    }

    /// Whether the store works.
    pub fn health(&self) -> Health {
        self.inner.shared.health()
    }

    /// Numbers for monitoring.
    pub fn writer_stats(&self) -> WriterStats {
        let counters = &self.inner.shared.counters;
        let queue = self.inner.queue.lock().unwrap_or_else(PoisonError::into_inner);
        WriterStats {
            commits: counters.commits.load(Ordering::Relaxed),
            commands: counters.commands.load(Ordering::Relaxed),
            queue_length: queue.as_ref().map_or(0, |queue| queue.max_capacity() - queue.capacity()),
        }
    }

    /// Takes no more commands, carries out and answers those that wait, and closes the file as soon
    /// as the last reader is done. Blocks until the commands are answered; dropping the last handle
    /// does the same.
    pub fn close(&self) {
        self.inner.close();
    }

    fn sender<E>(&self) -> Result<mpsc::Sender<Box<dyn Command>>, WriteError<E>> {
        let queue = self.inner.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.clone().ok_or_else(closed)
    }
}

impl Inner {
    fn close(&self) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        // A command may own the last handle; the writer thread cannot wait for itself.
        if thread::current().id() == self.writer {
            return;
        }
        // Held while waiting, so that a second caller waits too.
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.take() {
            // The thread catches the panics of commands; one of its own was reported already.
            drop(thread.join());
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("health", &self.health()).finish_non_exhaustive()
    }
}

fn closed<E>() -> WriteError<E> {
    WriteError::Unavailable(Arc::new(Error::Closed))
}

fn writer_lost<E>() -> WriteError<E> {
    WriteError::Unknown(Arc::new(Error::Unavailable { reason: "the writer stopped".into() }))
}
