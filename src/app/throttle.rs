//! The back-off for guessed passwords, by account and by address.
//!
//! Kept in memory: a restart forgives, and guessing through restarts needs the power switch.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::{Error, Result};

/// Failures of one account that cost nothing yet.
const ACCOUNT_FREE: u32 = 5;
/// Failures of one address that cost nothing yet: a shop's tablets may share one.
const ADDRESS_FREE: u32 = 50;
/// Failures older than this do not count.
const WINDOW: SignedDuration = SignedDuration::from_mins(15);
/// The longest wait.
const WAIT_MAX_S: u64 = 30;
/// The most accounts and addresses remembered; beyond it the oldest are forgotten.
const ENTRIES_MAX: usize = 10_000;

/// Who may have to wait.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Account(String),
    Address(IpAddr),
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    first: Timestamp,
    last: Timestamp,
}

/// Counts failures and says who must wait.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    failures: Mutex<HashMap<Key, Failures>>,
}

impl Throttle {
    /// Refuses while the account or the address must wait.
    pub(super) fn check(
        &self,
        account: &str,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<()> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, free) in keys(account, address) {
            let Some(entry) = failures.get(&key).filter(|entry| now - WINDOW < entry.first) else {
                continue;
            };
            let Some(over) = entry.count.checked_sub(free) else { continue };
            let wait_s = 1u64.checked_shl(over).unwrap_or(WAIT_MAX_S).min(WAIT_MAX_S);
            let waited_s = u64::try_from(now.duration_since(entry.last).as_secs()).unwrap_or(0);
            if waited_s < wait_s {
                return Err(Error::TooManyRequests { retry_after_s: wait_s - waited_s });
            }
        }
        Ok(())
    }

    /// Notes a failure.
    pub(super) fn fail(&self, account: &str, address: Option<IpAddr>, now: Timestamp) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, _) in keys(account, address) {
            if failures.len() >= ENTRIES_MAX {
                failures.retain(|_, entry| now - WINDOW < entry.first);
            }
            if failures.len() >= ENTRIES_MAX {
                failures.clear();
            }
            let fresh = Failures { count: 0, first: now, last: now };
            let entry = failures.entry(key).or_insert(fresh);
            if entry.first <= now - WINDOW {
                *entry = fresh;
            }
            entry.count += 1;
            entry.last = now;
        }
    }

    /// A success clears the account.
    pub(super) fn succeed(&self, account: &str) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.remove(&Key::Account(account.to_owned()));
    }
}

fn keys(account: &str, address: Option<IpAddr>) -> impl Iterator<Item = (Key, u32)> {
    let account = (Key::Account(account.to_owned()), ACCOUNT_FREE);
    let address = address.map(|address| (Key::Address(address), ADDRESS_FREE));
    std::iter::once(account).chain(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(throttle: &Throttle, now: Timestamp) -> Option<u64> {
        match throttle.check("ann", None, now) {
            Ok(()) => None,
            Err(Error::TooManyRequests { retry_after_s }) => Some(retry_after_s),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn the_sixth_failure_waits_and_each_next_twice_as_long() {
        let throttle = Throttle::default();
        let mut now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        for _ in 0..5 {
            assert_eq!(wait(&throttle, now), None);
            throttle.fail("ann", None, now);
        }
        for seconds in [1, 2, 4, 8, 16, 30, 30] {
            assert_eq!(wait(&throttle, now), Some(seconds));
            now += SignedDuration::from_secs(seconds.try_into().unwrap());
            assert_eq!(wait(&throttle, now), None);
            throttle.fail("ann", None, now);
        }
        assert!(throttle.check("bob", None, now).is_ok());
        throttle.succeed("ann");
        assert_eq!(wait(&throttle, now), None);
    }
}
