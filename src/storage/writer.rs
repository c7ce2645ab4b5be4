//! The one writer: a thread that carries out commands and commits many of them at once.
//!
//! A commit waits for the disk; what a command itself does takes microseconds. So the thread takes
//! whatever waits in the queue, runs it in one transaction, commits once, and only then answers
//! them all. The more callers wait, the more of them share a commit: throughput rises with load
//! while a lone caller waits for nobody.
//!
//! Invariants: nobody is answered before the commit of their command returned. A command that
//! failed has left no trace. After a commit with an unknown outcome nothing is written until the
//! database was opened anew.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use redb::{CommitError, Database};
use tokio::sync::{mpsc, oneshot};

use super::change_log;
use super::engine::{begin_write, guard, message_of};
use super::error::{Error, WriteError};
use super::shared::Shared;
use super::write::WriteTx;

/// Most commands that wait; one more is told that the store is busy.
pub const QUEUE_LIMIT: usize = 1024;
/// Most commands in one commit.
pub const BATCH_LIMIT: usize = 512;
/// A commit takes in no further command once this many rows were written in it.
const BATCH_ROWS_LIMIT: usize = 20_000;
/// How often the writer offers its processor to the callers that it has just answered.
const YIELDS_LIMIT: u32 = 10;

/// What became of a transaction, and with it of all commands in it.
pub(super) enum Fate {
    Committed,
    RolledBack(Arc<Error>),
    Unknown(Arc<Error>),
    Unavailable(Arc<Error>),
}

/// A command in the queue, whatever its types are.
pub(super) trait Command: Send {
    /// Whether the caller has stopped waiting.
    fn is_abandoned(&self) -> bool;
    /// Runs the command; if it fails, takes back what it wrote.
    fn run(&mut self, tx: &mut WriteTx<'_>);
    /// Tells the caller.
    fn answer(self: Box<Self>, fate: &Fate);
}

enum State<T, E, F> {
    Waiting(F),
    Done(Result<T, WriteError<E>>),
    Running,
}

struct Pending<T, E, F> {
    state: State<T, E, F>,
    caller: oneshot::Sender<Result<T, WriteError<E>>>,
}

/// What a caller waits on.
pub(super) type Answer<T, E> = oneshot::Receiver<Result<T, WriteError<E>>>;

/// Wraps a caller's closure for the queue.
pub(super) fn pending<T, E, F>(command: F) -> (Box<dyn Command>, Answer<T, E>)
where
    F: FnOnce(&mut WriteTx<'_>) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    let (caller, answer) = oneshot::channel();
    (Box::new(Pending { state: State::Waiting(command), caller }), answer)
}

impl<T, E, F> Command for Pending<T, E, F>
where
    F: FnOnce(&mut WriteTx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: Send,
{
    fn is_abandoned(&self) -> bool {
        self.caller.is_closed()
    }

    fn run(&mut self, tx: &mut WriteTx<'_>) {
        let State::Waiting(command) = std::mem::replace(&mut self.state, State::Running) else {
            return;
        };
        tx.begin_command();
        // Unwind safety: whatever the command left half done in the transaction is taken back
        // below, and the command itself is gone.
        let result = match catch_unwind(AssertUnwindSafe(|| command(tx))) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(refusal)) => Err(WriteError::Refused(refusal)),
            Err(panic) => Err(WriteError::Panicked(message_of(&*panic))),
        };
        if result.is_err() {
            tx.undo_command();
        }
        self.state = State::Done(result);
    }

    fn answer(self: Box<Self>, fate: &Fate) {
        let result = match (self.state, fate) {
            (State::Done(result), Fate::Committed) => result,
            (_, Fate::RolledBack(error)) => Err(WriteError::RolledBack(Arc::clone(error))),
            (_, Fate::Unknown(error)) => Err(WriteError::Unknown(Arc::clone(error))),
            (_, Fate::Unavailable(error)) => Err(WriteError::Unavailable(Arc::clone(error))),
            (State::Waiting(_) | State::Running, Fate::Committed) => return,
        };
        // A caller that stopped waiting is no error: the command was carried out all the same.
        drop(self.caller.send(result));
    }
}

/// Opens the database again after it broke; a store that lives in memory has none.
pub(super) type Reopen = Box<dyn Fn() -> Result<Database, Error> + Send>;

/// The state of the writer thread.
pub(super) struct Writer {
    pub(super) shared: Arc<Shared>,
    pub(super) queue: mpsc::Receiver<Box<dyn Command>>,
    pub(super) reopen: Option<Reopen>,
}

impl Writer {
    /// Carries out commands until every sender is gone and the queue is empty.
    pub(super) fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH_LIMIT);
        while let Some(first) = self.queue.blocking_recv() {
            // A panic of the engine itself, not of a command, may have come at any point.
            let fate = guard(|| self.carry_out(first, &mut batch)).unwrap_or_else(|error| {
                self.shared.break_down(&error);
                Fate::Unknown(Arc::new(error))
            });
            let answered = batch.len();
            for command in batch.drain(..) {
                command.answer(&fate);
            }
            self.let_callers_return(answered);
            if self.shared.is_broken() && !matches!(fate, Fate::Unavailable(_)) {
                // It broke just now. Healed at once, so that readers need not wait for the next
                // write to see the truth.
                self.heal();
            }
        }
        self.shared.close();
    }

    /// Callers that were answered together often have a next command each. Lets them run before the
    /// next batch begins, so that it does not begin with the first of them alone: 16 callers then
    /// get a tenth to a fifth more done. It waits for nobody: on an idle processor a yield returns
    /// at once.
    fn let_callers_return(&self, answered: usize) {
        for _ in 0..YIELDS_LIMIT {
            if answered <= 1 || self.queue.len() >= answered {
                return;
            }
            thread::yield_now();
        }
    }

    fn carry_out(&mut self, first: Box<dyn Command>, batch: &mut Vec<Box<dyn Command>>) -> Fate {
        if self.shared.is_broken() {
            self.heal();
        }
        let begun = self
            .shared
            .database_for_writing()
            .and_then(|database| Ok((begin_write(&database)?, database)));
        let (transaction, _database) = match begun {
            Ok(begun) => begun,
            Err(error) => {
                // All that wait hear the same, instead of one attempt to heal for each.
                batch.push(first);
                while batch.len() < BATCH_LIMIT {
                    let Ok(next) = self.queue.try_recv() else { break };
                    batch.push(next);
                }
                let error = Arc::new(error);
                self.shared.break_down(&error);
                return Fate::Unavailable(error);
            }
        };
        let batch_end = self.run_batch(&transaction, first, batch);
        match batch_end {
            BatchEnd::Failed(error) => {
                let error = Arc::new(error);
                if let Err(abort_error) = transaction.abort() {
                    self.shared.break_down(&abort_error.into());
                }
                Fate::RolledBack(error)
            }
            // Nothing to make durable: what the commands saw is durable already.
            BatchEnd::Unchanged => match transaction.abort() {
                Ok(()) => Fate::Committed,
                Err(error) => {
                    let error = Arc::new(error.into());
                    self.shared.break_down(&error);
                    Fate::Unavailable(error)
                }
            },
            BatchEnd::Changed { last_change_seq } => match transaction.commit() {
                Ok(()) => {
                    let counters = &self.shared.counters;
                    counters.commits.fetch_add(1, Ordering::Relaxed);
                    counters.commands.fetch_add(size_of_batch(batch), Ordering::Relaxed);
                    self.shared.publish(last_change_seq);
                    Fate::Committed
                }
                Err(error @ CommitError::TransactionPoisoned) => {
                    Fate::RolledBack(Arc::new(error.into()))
                }
                Err(error) => {
                    let error = Arc::new(Error::from(error));
                    self.shared.break_down(&error);
                    Fate::Unknown(error)
                }
            },
        }
    }

    /// Runs `first` and all that waits behind it, also what comes in meanwhile.
    fn run_batch(
        &mut self,
        transaction: &redb::WriteTransaction,
        first: Box<dyn Command>,
        batch: &mut Vec<Box<dyn Command>>,
    ) -> BatchEnd {
        let mut tx = WriteTx::new(transaction);
        let mut next = Some(first);
        while let Some(mut command) = next {
            if !command.is_abandoned() {
                command.run(&mut tx);
                batch.push(command);
            }
            let is_full = batch.len() >= BATCH_LIMIT
                || tx.rows_written() >= BATCH_ROWS_LIMIT
                || tx.failure().is_some();
            next = if is_full { None } else { self.queue.try_recv().ok() };
        }
        let last_change_seq = change_log::last_seq(&tx);
        match (tx.failure(), last_change_seq) {
            (Some(reason), _) => BatchEnd::Failed(Error::Unavailable { reason }),
            (None, Err(error)) => BatchEnd::Failed(error),
            (None, Ok(_)) if tx.rows_written() == 0 => BatchEnd::Unchanged,
            (None, Ok(last_change_seq)) => BatchEnd::Changed { last_change_seq },
        }
    }

    /// Tries to open the broken database again.
    fn heal(&self) {
        if let Some(reopen) = &self.reopen {
            self.shared.replace_database(reopen);
        }
    }
}

enum BatchEnd {
    /// The engine failed: nothing may be committed.
    Failed(Error),
    /// No command wrote anything.
    Unchanged,
    Changed {
        last_change_seq: u64,
    },
}

fn size_of_batch(batch: &[Box<dyn Command>]) -> u64 {
    u64::try_from(batch.len()).expect("bounded by BATCH_LIMIT")
}
