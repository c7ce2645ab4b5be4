//! Passwords: which may be chosen, how they are kept, how one is checked.
//!
//! Kept as argon2id in PHC string form at OWASP's parameters (19 MiB, 2 passes, 1 lane; RFC 9106
//! for the function). A hash costs about 20 ms of one core and 19 MiB, which makes a flood of
//! sign-ins a way to starve the scans of carts; hence all hashing happens on the one thread of
//! [`line`], of low priority and with a line of bounded length before it.
//!
//! Hashes that came from older systems are checked as those systems would have; whoever gives the
//! right password gets a hash of ours in the same turn, so that each foreign hash serves once.
//!
//! An unknown user costs the same hash as a wrong password, so timing tells nothing.

mod foreign;
mod hash;
mod line;
mod rules;

use std::net::IpAddr;

use thiserror::Error;

pub use self::hash::HashRefusal;
use self::hash::StoredHash;
use self::line::Line;
pub use self::line::Turn;
pub use self::rules::{NewPassword, PasswordRuleError};

/// Longest attempt that is hashed at all, in bytes; 128 characters of UTF-8 need no more.
const MAX_ATTEMPT_BYTES: usize = 512;

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The password is not the one, or there is no such user.
    Wrong,
    /// The password is the one.
    Right {
        /// To be stored, where the hash so far is of another kind or of older parameters.
        new_hash: Option<String>,
    },
    /// Nothing was hashed: the caller's condition did not hold any more.
    Unchecked,
}

/// Why no verdict could be reached.
#[derive(Debug, Error)]
pub enum HashError {
    /// As many callers as may wait already.
    #[error("too many sign-ins at once, try again in a moment")]
    Busy,
    /// The stored text is no hash that this version knows.
    #[error("the stored password hash {0}")]
    UnknownHash(HashRefusal),
    /// The hashing thread died.
    #[error("password hashing failed")]
    Failed,
}

/// Hashes and checks passwords, one at a time; clones share the thread and its line.
#[derive(Clone, Debug, Default)]
pub struct PasswordHasher {
    line: Line,
}

impl PasswordHasher {
    /// One per process.
    pub fn new() -> Self {
        Self::default()
    }

    /// The PHC string to store for this password, with a fresh salt.
    pub async fn hash(&self, password: &NewPassword, turn: Turn) -> Result<String, HashError> {
        let password = password.clone();
        self.line.run(turn, move |memory| hash::hash(password.expose(), memory)).await
    }

    /// Whether this is a hash that [`PasswordHasher::verify`] can check, at a bearable cost.
    pub fn judge(stored: &str) -> Result<(), HashRefusal> {
        StoredHash::parse(stored).map(|_| ())
    }

    /// Whether this hash was made by us, and not by an older system.
    pub fn is_ours(stored: &str) -> bool {
        StoredHash::parse(stored).is_ok_and(|hash| hash.is_current())
    }

    /// Checks an attempt against the stored hash; `None` stands for an unknown user and takes
    /// as long. `from` is where the attempt comes from; `may` is asked when its turn comes: much
    /// can have happened while it waited.
    pub async fn verify(
        &self,
        attempt: &str,
        stored: Option<&str>,
        from: Option<IpAddr>,
        may: impl FnOnce() -> bool + Send + 'static,
    ) -> Result<Verdict, HashError> {
        if attempt.is_empty() || attempt.len() > MAX_ATTEMPT_BYTES {
            return Ok(Verdict::Wrong);
        }
        let stored = match stored {
            Some(text) => StoredHash::parse(text).map_err(HashError::UnknownHash)?,
            None => StoredHash::nobodys(),
        };
        let attempt = attempt.to_owned();
        let work = move |memory: &mut _| {
            if may() { stored.verify(&attempt, memory) } else { Verdict::Unchecked }
        };
        self.line.run(Turn::InLine(from), work).await
    }
}

#[cfg(test)]
mod tests;
