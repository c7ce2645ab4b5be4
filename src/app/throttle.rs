//! The back-off for guessed secrets, by account and by address.
//!
//! Kept in memory: a restart forgives, and guessing through restarts needs the power switch. The
//! wait is capped, so that whoever hammers somebody's account cannot lock them out for long.
//!
//! Accounts that exist, names that do not, and addresses are remembered apart, each within
//! `ENTRIES_MAX`: inventing names pushes out other invented names and nothing else. Where there
//! is no room, the least suspicious goes: of the fewest failures the one whose last is oldest.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{App, Error, Result};
use crate::auth::digest;
use crate::auth::network;
use crate::domain::id::UserId;

/// Failures of one account that cost nothing yet.
const ACCOUNT_FREE: u32 = 5;
/// Failures of one address that cost nothing yet: a shop's tablets may share one.
const ADDRESS_FREE: u32 = 50;
/// Failures older than this do not count.
const WINDOW: SignedDuration = SignedDuration::from_mins(15);
/// How far a note may lie in the future: further, and the clock was set back since.
const CLOCK_SLACK: SignedDuration = SignedDuration::from_mins(1);
/// The longest wait.
const WAIT_MAX_S: u64 = 30;
/// How long a refusal is held back. It costs nothing to make, so that whoever ignores it and asks
/// again at once would otherwise keep a core busy, which the scans need.
const REFUSAL_PAUSE: Duration = Duration::from_millis(200);
/// The most accounts, the most names and the most addresses remembered.
const ENTRIES_MAX: usize = 10_000;

/// What a fingerprint of a name is: names may be as long as a body.
type NameHash = [u8; 32];

/// Somebody's try at a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Guess {
    subject: Subject,
    address: Option<IpAddr>,
}

/// Whose secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Account(UserId),
    Name(NameHash),
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    first: Timestamp,
    last: Timestamp,
}

/// Counts failures and says who must wait; clones count together.
#[derive(Debug, Clone, Default)]
pub(super) struct Throttle(Arc<Mutex<Noted>>);

#[derive(Debug, Default)]
struct Noted {
    accounts: Notes<UserId>,
    names: Notes<NameHash>,
    addresses: Notes<IpAddr>,
}

#[derive(Debug)]
struct Notes<K>(HashMap<K, Failures>);

impl App {
    /// Checks a secret that people could guess, under the back-off: the one way in which that is
    /// done. `check` finds nothing when the secret is wrong; its errors count as nothing.
    pub(super) async fn guarded<T>(
        &self,
        guess: Guess,
        check: impl Future<Output = Result<Option<T>>>,
    ) -> Result<Option<T>> {
        let throttle = &self.inner.attempts;
        let outcome = async {
            throttle.check(guess, self.now())?;
            let found = check.await?;
            throttle.settle(guess, found.is_some(), self.now())?;
            Ok(found)
        };
        let outcome = outcome.await;
        if matches!(outcome, Err(Error::TooManyRequests { .. })) {
            tokio::time::sleep(REFUSAL_PAUSE).await;
        }
        outcome
    }
}

impl Guess {
    /// At a secret of this account.
    pub(super) fn of_account(id: UserId, address: Option<IpAddr>) -> Self {
        Self { subject: Subject::Account(id), address: address.map(network) }
    }

    /// At a secret of a name that nobody has, or of something that is no account; `kind` keeps
    /// names of different kinds apart.
    pub(super) fn of_name(kind: &str, name: &str, address: Option<IpAddr>) -> Self {
        let hash = *digest(format!("{kind}\0{name}")).as_bytes();
        Self { subject: Subject::Name(hash), address: address.map(network) }
    }
}

impl Guess {
    /// Where it comes from.
    pub(super) const fn address(&self) -> Option<IpAddr> {
        self.address
    }
}

impl Throttle {
    /// Refuses while the account or the address must wait.
    pub(super) fn check(&self, guess: Guess, now: Timestamp) -> Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).check(guess, now)
    }

    /// Notes how a checked guess came out. Others may have failed since it was let in: then it
    /// was one too many, whatever it found, and guessing in parallel gains nothing.
    fn settle(&self, guess: Guess, is_right: bool, now: Timestamp) -> Result<()> {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noted.check(guess, now)?;
        if is_right {
            match guess.subject {
                Subject::Account(id) => noted.accounts.0.remove(&id),
                Subject::Name(hash) => noted.names.0.remove(&hash),
            };
            return Ok(());
        }
        match guess.subject {
            Subject::Account(id) => noted.accounts.fail(id, now),
            Subject::Name(hash) => noted.names.fail(hash, now),
        }
        if let Some(address) = guess.address {
            noted.addresses.fail(address, now);
        }
        Ok(())
    }
}

impl Noted {
    fn check(&self, guess: Guess, now: Timestamp) -> Result<()> {
        let by_subject = match guess.subject {
            Subject::Account(id) => self.accounts.wait_s(&id, ACCOUNT_FREE, now),
            Subject::Name(hash) => self.names.wait_s(&hash, ACCOUNT_FREE, now),
        };
        let by_address = guess.address.and_then(|it| self.addresses.wait_s(&it, ADDRESS_FREE, now));
        match by_subject.max(by_address) {
            Some(retry_after_s) => Err(Error::TooManyRequests { retry_after_s }),
            None => Ok(()),
        }
    }
}

impl<K> Default for Notes<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Eq + Hash + Copy> Notes<K> {
    /// Seconds that are still to wait, if any.
    fn wait_s(&self, key: &K, free: u32, now: Timestamp) -> Option<u64> {
        let entry = self.0.get(key).filter(|entry| entry.counts(now))?;
        let over = entry.count.checked_sub(free)?;
        let wait_s = 1u64.checked_shl(over).unwrap_or(WAIT_MAX_S).min(WAIT_MAX_S);
        let waited_s = u64::try_from(now.duration_since(entry.last).as_secs()).unwrap_or(0);
        (waited_s < wait_s).then(|| wait_s - waited_s)
    }

    fn fail(&mut self, key: K, now: Timestamp) {
        if self.0.len() >= ENTRIES_MAX && !self.0.contains_key(&key) {
            self.make_room(now);
        }
        let fresh = Failures { count: 0, first: now, last: now };
        let entry = self.0.entry(key).or_insert(fresh);
        if !entry.counts(now) {
            *entry = fresh;
        }
        entry.count = entry.count.saturating_add(1);
        entry.last = now;
    }

    fn make_room(&mut self, now: Timestamp) {
        self.0.retain(|_, entry| entry.counts(now));
        if self.0.len() < ENTRIES_MAX {
            return;
        }
        let least = self.0.iter().min_by_key(|(_, entry)| (entry.count, entry.last));
        if let Some(key) = least.map(|(key, _)| *key) {
            self.0.remove(&key);
        }
    }
}

impl Failures {
    fn counts(&self, now: Timestamp) -> bool {
        now - WINDOW < self.first && self.last <= now + CLOCK_SLACK
    }
}

#[cfg(test)]
mod tests;
