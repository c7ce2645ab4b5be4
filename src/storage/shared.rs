//! What the writer thread and all handles of a store share: the open database and its health.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread;
use std::time::Duration;

use redb::Database;
use tokio::sync::watch;

use super::change_log;
use super::error::Error;
use super::read::ReadTx;
use super::writer::Reopen;

/// How often and how long the writer looks whether the last reader of a broken database is gone.
const READER_POLL: Duration = Duration::from_millis(5);
const READER_POLLS_LIMIT: u32 = 1000;

/// Whether a store works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// Reads and writes work.
    Open,
    /// A commit failed and the database could not be opened again yet. Reads may still work.
    Broken {
        /// What happened, for the operator.
        reason: String,
    },
    /// The store was closed.
    Closed,
}

struct Slot {
    database: Option<Arc<Database>>,
    health: Health,
}

/// Counts since the store was opened.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) commits: AtomicU64,
    pub(super) commands: AtomicU64,
}

pub(super) struct Shared {
    slot: RwLock<Slot>,
    last_change_seq: watch::Sender<u64>,
    pub(super) counters: Counters,
}

impl Shared {
    pub(super) fn new(database: Database) -> Result<Self, Error> {
        let database = Arc::new(database);
        let seq = change_log::last_seq(&ReadTx::begin(Arc::clone(&database))?)?;
        Ok(Self {
            slot: RwLock::new(Slot { database: Some(database), health: Health::Open }),
            last_change_seq: watch::Sender::new(seq),
            counters: Counters::default(),
        })
    }

    // A panic while the lock is held leaves the slot whole, so poisoning means nothing here.
    fn slot(&self) -> RwLockReadGuard<'_, Slot> {
        self.slot.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn slot_mut(&self) -> RwLockWriteGuard<'_, Slot> {
        self.slot.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn health(&self) -> Health {
        self.slot().health.clone()
    }

    pub(super) fn is_broken(&self) -> bool {
        matches!(self.slot().health, Health::Broken { .. })
    }

    pub(super) fn begin_read(&self) -> Result<ReadTx, Error> {
        let database = {
            let slot = self.slot();
            slot.database.clone().ok_or_else(|| reason_of(&slot.health))?
        };
        ReadTx::begin(database)
    }

    /// The database, unless the store is broken or closed.
    pub(super) fn database_for_writing(&self) -> Result<Arc<Database>, Error> {
        let slot = self.slot();
        match (&slot.health, &slot.database) {
            (Health::Open, Some(database)) => Ok(Arc::clone(database)),
            (health, _) => Err(reason_of(health)),
        }
    }

    /// From now on nothing is written until [`Shared::replace_database`] succeeds.
    pub(super) fn break_down(&self, error: &Error) {
        let mut slot = self.slot_mut();
        if slot.health == Health::Open {
            let reason = error.to_string();
            tracing::error!(reason, "the database is broken");
            slot.health = Health::Broken { reason };
        }
    }

    /// Closes the broken database and opens it anew. Readers get an error meanwhile.
    pub(super) fn replace_database(&self, reopen: &Reopen) {
        let Some(database) = self.slot_mut().database.take() else {
            return self.put_database(reopen());
        };
        match wait_until_unshared(database) {
            Ok(database) => {
                drop(database);
                self.put_database(reopen());
            }
            // The file cannot be opened twice. The next write tries again.
            Err(still_read) => self.slot_mut().database = Some(still_read),
        }
    }

    fn put_database(&self, opened: Result<Database, Error>) {
        let opened = opened.map(Arc::new).and_then(|database| {
            let seq = change_log::last_seq(&ReadTx::begin(Arc::clone(&database))?)?;
            Ok((database, seq))
        });
        match opened {
            Ok((database, seq)) => {
                tracing::warn!("the database was opened again");
                *self.slot_mut() = Slot { database: Some(database), health: Health::Open };
                self.publish(seq);
            }
            Err(error) => {
                tracing::error!(%error, "the database cannot be opened again");
                self.slot_mut().health = Health::Broken { reason: error.to_string() };
            }
        }
    }

    pub(super) fn close(&self) {
        *self.slot_mut() = Slot { database: None, health: Health::Closed };
    }

    /// Tells followers of the change log how far it reaches.
    pub(super) fn publish(&self, seq: u64) {
        self.last_change_seq.send_if_modified(|last| std::mem::replace(last, seq) != seq);
    }

    pub(super) fn last_change_seq(&self) -> u64 {
        *self.last_change_seq.borrow()
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<u64> {
        self.last_change_seq.subscribe()
    }
}

fn reason_of(health: &Health) -> Error {
    match health {
        Health::Open => Error::Unavailable { reason: "it is being opened again".into() },
        Health::Broken { reason } => Error::Unavailable { reason: reason.clone() },
        Health::Closed => Error::Closed,
    }
}

fn wait_until_unshared(mut database: Arc<Database>) -> Result<Database, Arc<Database>> {
    for _ in 0..READER_POLLS_LIMIT {
        match Arc::try_unwrap(database) {
            Ok(alone) => return Ok(alone),
            Err(shared) => database = shared,
        }
        thread::sleep(READER_POLL);
    }
    Err(database)
}
