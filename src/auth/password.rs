//! Passwords: which may be chosen, how they are kept, how one is checked.
//!
//! Kept as argon2id in PHC string form at OWASP's parameters (19 MiB, 2 passes, 1 lane; RFC 9106
//! for the function). A hash costs about 20 ms of one core and 19 MiB, which makes a flood of
//! logins a way to starve the scans of carts; hence
//!
//! - at most [`MAX_CONCURRENT`] hashes run, and the permit travels with the work: a caller who
//!   goes away does not make room before the core is free again;
//! - at most [`MAX_WAITING`] callers wait, the next is told to come back;
//! - the 19 MiB blocks are reused: freed ones would stay in the allocator's arenas.
//!
//! An unknown user costs the same hash as a wrong password, so timing tells nothing.

mod hash;
mod rules;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use argon2::Block;
use thiserror::Error;
use tokio::sync::Semaphore;

use self::hash::StoredHash;
pub use self::rules::{NewPassword, PasswordRuleError};

/// Hashes that run at a time.
const MAX_CONCURRENT: usize = 2;
/// Callers that may wait for their turn: about a second's worth.
const MAX_WAITING: usize = 128;
/// Longest attempt that is hashed at all, in bytes; 128 characters of UTF-8 need no more.
const MAX_ATTEMPT_BYTES: usize = 512;

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The password is not the one, or there is no such user.
    Wrong,
    /// The password is the one.
    Right {
        /// The hash is of an older kind: store a new one while the password is at hand.
        needs_rehash: bool,
    },
}

/// Why no verdict could be reached.
#[derive(Debug, Error)]
pub enum HashError {
    /// As many callers as may wait already.
    #[error("too many sign-ins at once, try again in a moment")]
    Busy,
    /// The stored text is no hash that this version knows.
    #[error("the stored password hash is damaged or of an unknown kind")]
    UnknownHash,
    /// The hashing thread died.
    #[error("password hashing failed")]
    Failed,
}

/// Hashes and checks passwords, a bounded number at a time; clones share the bound.
#[derive(Clone, Debug)]
pub struct PasswordHasher {
    turns: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    memory: Memory,
}

impl PasswordHasher {
    /// One per process.
    pub fn new() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(MAX_CONCURRENT)),
            waiting: Arc::new(AtomicUsize::new(0)),
            memory: Memory::default(),
        }
    }

    /// The PHC string to store for this password, with a fresh salt.
    pub async fn hash(&self, password: &NewPassword) -> Result<String, HashError> {
        let password = password.clone();
        self.run(move |memory| hash::hash(password.expose(), memory)).await
    }

    /// The same without a runtime, for the command line.
    pub fn hash_blocking(&self, password: &NewPassword) -> String {
        self.memory.lend(|memory| hash::hash(password.expose(), memory))
    }

    /// Whether this is a hash that [`PasswordHasher::verify`] can check.
    pub fn knows(stored: &str) -> bool {
        StoredHash::parse(stored).is_some()
    }

    /// Checks an attempt against the stored hash; `None` stands for an unknown user and takes
    /// as long.
    pub async fn verify(&self, attempt: &str, stored: Option<&str>) -> Result<Verdict, HashError> {
        if attempt.len() > MAX_ATTEMPT_BYTES {
            return Ok(Verdict::Wrong);
        }
        let stored = match stored {
            Some(text) => StoredHash::parse(text).ok_or(HashError::UnknownHash)?,
            None => StoredHash::nobodys(),
        };
        let attempt = attempt.to_owned();
        self.run(move |memory| stored.verify(&attempt, memory)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let permit = {
            let _place = WaitingPlace::take(&self.waiting)?;
            let turns = Arc::clone(&self.turns);
            turns.acquire_owned().await.map_err(|_| HashError::Failed)?
        };
        let memory = self.memory.clone();
        let running = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            memory.lend(work)
        });
        running.await.map_err(|_| HashError::Failed)
    }
}

impl Default for PasswordHasher {
    fn default() -> Self {
        Self::new()
    }
}

/// A place in the queue, given back on drop: also when the caller goes away while waiting.
struct WaitingPlace<'a>(&'a AtomicUsize);

impl<'a> WaitingPlace<'a> {
    fn take(waiting: &'a AtomicUsize) -> Result<Self, HashError> {
        let place = Self(waiting);
        // The place exists before the check, so that its drop undoes the addition either way.
        if waiting.fetch_add(1, Ordering::Relaxed) < MAX_WAITING {
            Ok(place)
        } else {
            Err(HashError::Busy)
        }
    }
}

impl Drop for WaitingPlace<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Blocks of memory between hashes; never more than [`MAX_CONCURRENT`].
#[derive(Clone, Debug, Default)]
struct Memory(Arc<Mutex<Vec<Vec<Block>>>>);

impl Memory {
    fn lend<T>(&self, work: impl FnOnce(&mut Vec<Block>) -> T) -> T {
        let mut blocks = self.idle().pop().unwrap_or_default();
        let result = work(&mut blocks);
        // A foreign hash may have needed more than ours do.
        blocks.truncate(hash::our_blocks());
        blocks.shrink_to(hash::our_blocks());
        let mut idle = self.idle();
        if idle.len() < MAX_CONCURRENT {
            idle.push(blocks);
        }
        result
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Vec<Block>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
