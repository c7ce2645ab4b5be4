//! The thread that hashes, and the line of those who wait for it.
//!
//! One thread, because a shop's box has two cores and the scans need one of them; 50 sign-ins a
//! second are plenty. Its priority is low, so that under load it takes what the scans leave. It
//! keeps one block of memory: 19 MiB that are freed again and again would stay in the allocator's
//! arenas.
//!
//! An address may fill the line while nobody else needs it. Once it is full, a newcomer takes the
//! place of the last who came from the address with the most in it, so that a flood from one
//! address turns away its own and lets the others in.
//!
//! The thread starts with the first password and ends with the last handle.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use argon2::Block;
use tokio::sync::oneshot;

use super::{HashError, hash};
use crate::auth::network;

/// Callers that may wait for their turn: about two seconds' worth.
pub(super) const WAITING_MAX: usize = 128;
/// Callers that may wait in front of all others.
const NEXT_MAX: usize = 64;
/// The thread's niceness (19 is the lowest priority): about a tenth of a busy core.
const NICENESS: i32 = 10;

/// Where a caller waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Behind those who came before, from this address. For everybody.
    InLine(Option<IpAddr>),
    /// In front of the line. For the owner at the command line and for admins, who must get
    /// through while strangers flood the shop with sign-ins.
    Next,
}

/// A handle to the thread.
#[derive(Clone, Debug, Default)]
pub(super) struct Line(Arc<Handles>);

/// Its drop, with the last handle, sends the thread home.
#[derive(Debug, Default)]
struct Handles(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    work_came: Condvar,
}

#[derive(Default)]
struct State {
    next: VecDeque<Box<dyn Job>>,
    waiting: VecDeque<Waiting>,
    has_thread: bool,
    is_over: bool,
}

/// Somebody in the line.
struct Waiting {
    /// The network that they came from; `None` is one like any other.
    from: Option<IpAddr>,
    job: Box<dyn Job>,
}

/// Something to hash, for somebody.
trait Job: Send {
    /// Whether the caller still waits.
    fn is_wanted(&self) -> bool;
    fn run(self: Box<Self>, memory: &mut Vec<Block>);
    /// Tells the caller that the turn will not come.
    fn turn_away(self: Box<Self>);
}

struct Task<T, W> {
    answer: oneshot::Sender<Result<T, HashError>>,
    work: W,
}

impl<T: Send, W: FnOnce(&mut Vec<Block>) -> T + Send> Job for Task<T, W> {
    fn is_wanted(&self) -> bool {
        !self.answer.is_closed()
    }

    fn run(self: Box<Self>, memory: &mut Vec<Block>) {
        // The caller may have gone away.
        let _ = self.answer.send(Ok((self.work)(memory)));
    }

    fn turn_away(self: Box<Self>) {
        // The caller may have gone away.
        let _ = self.answer.send(Err(HashError::Busy));
    }
}

impl Line {
    /// Does the work on the thread when its turn comes.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        turn: Turn,
        work: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let (answer, done) = oneshot::channel();
        self.0.0.put(turn, Box::new(Task { answer, work }))?;
        done.await.map_err(|_| HashError::Failed)?
    }

    /// How many wait.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.0.0.lock().waiting.len()
    }
}

impl Drop for Handles {
    fn drop(&mut self) {
        self.0.lock().is_over = true;
        self.0.work_came.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(self: &Arc<Self>, turn: Turn, job: Box<dyn Job>) -> Result<(), HashError> {
        let mut state = self.lock();
        match turn {
            Turn::InLine(address) => state.stand_in_line(address.map(network), job)?,
            Turn::Next => state.stand_in_front(job)?,
        }
        if !state.has_thread {
            let shared = Arc::clone(self);
            let thread = thread::Builder::new().name("passwords".into());
            thread.spawn(move || shared.work()).map_err(|_| HashError::Failed)?;
            state.has_thread = true;
        }
        drop(state);
        self.work_came.notify_one();
        Ok(())
    }

    fn work(&self) {
        // On Linux this is about the calling thread alone.
        if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
            tracing::debug!(%error, "passwords are hashed at the usual priority");
        }
        let mut memory = Vec::new();
        while let Some(job) = self.next_job() {
            if catch_unwind(AssertUnwindSafe(|| job.run(&mut memory))).is_err() {
                tracing::error!("a password could not be hashed: this is a defect");
                memory = Vec::new();
            }
            // A foreign hash may have needed more than ours do.
            memory.truncate(hash::our_blocks());
            memory.shrink_to(hash::our_blocks());
        }
    }

    /// Waits for somebody who waits; `None` when all handles are gone.
    fn next_job(&self) -> Option<Box<dyn Job>> {
        let mut state = self.lock();
        loop {
            if state.is_over {
                return None;
            }
            let job = match state.next.pop_front() {
                Some(job) => Some(job),
                None => state.waiting.pop_front().map(|waiting| waiting.job),
            };
            match job {
                Some(job) if job.is_wanted() => return Some(job),
                Some(_) => {}
                None => {
                    state = self.work_came.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }
}

impl State {
    fn stand_in_front(&mut self, job: Box<dyn Job>) -> Result<(), HashError> {
        if self.next.len() >= NEXT_MAX {
            // Those who hung up make room for those who stayed.
            self.next.retain(|job| job.is_wanted());
        }
        if self.next.len() >= NEXT_MAX {
            return Err(HashError::Busy);
        }
        self.next.push_back(job);
        Ok(())
    }

    fn stand_in_line(&mut self, from: Option<IpAddr>, job: Box<dyn Job>) -> Result<(), HashError> {
        if self.waiting.len() >= WAITING_MAX {
            self.waiting.retain(|waiting| waiting.job.is_wanted());
        }
        if self.waiting.len() >= WAITING_MAX {
            self.turn_away_for(from)?;
        }
        self.waiting.push_back(Waiting { from, job });
        Ok(())
    }

    /// Makes room at the cost of the address with the most in the line, unless that would leave
    /// it with fewer than the newcomer's.
    fn turn_away_for(&mut self, from: Option<IpAddr>) -> Result<(), HashError> {
        let mut counts: HashMap<Option<IpAddr>, usize> = HashMap::new();
        for waiting in &self.waiting {
            *counts.entry(waiting.from).or_default() += 1;
        }
        let own = counts.get(&from).copied().unwrap_or(0);
        let most = counts.into_iter().max_by_key(|(_, count)| *count);
        let (heaviest, _) = most.filter(|(_, count)| *count > own + 1).ok_or(HashError::Busy)?;
        let last = self.waiting.iter().rposition(|waiting| waiting.from == heaviest);
        let turned_away = last.and_then(|at| self.waiting.remove(at)).ok_or(HashError::Busy)?;
        turned_away.job.turn_away();
        Ok(())
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (next, waiting) = (self.next.len(), self.waiting.len());
        let state = &mut f.debug_struct("State");
        state.field("next", &next).field("waiting", &waiting).finish_non_exhaustive()
    }
}
