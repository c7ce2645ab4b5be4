//! Failed sign-ins, gathered before they are written: a flood of guesses must not become a flood
//! of writes, nor push the rest of the log out of its retention.
//!
//! The first failure is written within [`SOON`], and what comes after it at the end of
//! [`WINDOW`]: one entry for each account and address with the number of failures, at most
//! [`KEYS_MAX`] of them for each [`Target`], and one for all others together. So made-up names
//! cannot hide guesses at accounts that exist, nor those at customers what staff suffer. Reading the log writes what is gathered
//! first. Nobody waits for these writes, so that their time tells nothing about which accounts
//! exist; and names of unknown accounts are not kept, because people type passwords there.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::super::{App, Error, Result};
use super::{Act, By, Change, record};
use crate::domain::accounts::Role;
use crate::domain::id::UserId;
use crate::storage::accounts;

/// How soon the first failures are written.
const SOON: Duration = Duration::from_secs(1);
/// How often they are written while they go on.
const WINDOW: SignedDuration = SignedDuration::from_mins(5);
/// The most accounts and addresses that are told apart in one window, for each [`Target`].
const KEYS_MAX: usize = 16;

/// Bits of an IPv6 address that name a network: one customer has all the rest of them.
const NETWORK_BITS: u32 = 64;

/// Whose sign-in failed, from where, and how they tried: `password`, `code`, `setup-token`.
type Key = (&'static str, Option<UserId>, Option<IpAddr>);

/// What kind of account somebody tried to sign in to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Target {
    Staff,
    Customer,
    Unknown,
}

#[derive(Debug, Clone, Copy)]
struct Count {
    /// Refused because the credential was wrong.
    failed: u64,
    /// Refused unchecked, because there were too many before.
    throttled: u64,
    first: Timestamp,
    last: Timestamp,
}

#[derive(Debug, Default)]
struct Gathered {
    by_key: HashMap<Key, (Target, Count)>,
    others: Option<Count>,
    written_at: Option<Timestamp>,
    is_awaited: bool,
}

/// What failed since it was last written down.
#[derive(Debug, Default)]
pub(in crate::app) struct Failures {
    gathered: Mutex<Gathered>,
}

impl Count {
    fn new(now: Timestamp) -> Self {
        Self { failed: 0, throttled: 0, first: now, last: now }
    }

    fn add(&mut self, error: &Error, now: Timestamp) {
        match error {
            Error::TooManyRequests { .. } => self.throttled += 1,
            _ => self.failed += 1,
        }
        self.last = now;
    }

    fn change(&self, how: Option<&str>) -> Change {
        let mut members = Map::new();
        let mut set = |name: &str, value: Value| drop(members.insert(name.to_owned(), value));
        if let Some(how) = how {
            set("how", how.into());
        }
        set("failed", self.failed.into());
        if self.throttled > 0 {
            set("throttled", self.throttled.into());
        }
        if self.first != self.last {
            set("first", json!(self.first));
            set("last", json!(self.last));
        }
        Change::made(members)
    }
}

impl Failures {
    /// Notes a failure; tells in how long it is due to be written, unless that is known already.
    fn note(
        &self,
        (how, user, from): Key,
        target: Target,
        error: &Error,
        now: Timestamp,
    ) -> Option<Duration> {
        let key = (how, user, from.map(network));
        let mut gathered = self.gathered.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = gathered.by_key.contains_key(&key);
        let of_target = gathered.by_key.values().filter(|(of, _)| *of == target).count();
        let count = if is_known || of_target < KEYS_MAX {
            &mut gathered.by_key.entry(key).or_insert_with(|| (target, Count::new(now))).1
        } else {
            gathered.others.get_or_insert_with(|| Count::new(now))
        };
        count.add(error, now);
        if std::mem::replace(&mut gathered.is_awaited, true) {
            return None;
        }
        let due = gathered.written_at.map_or(now, |at| at + WINDOW);
        let wait = Duration::try_from(due.duration_since(now)).unwrap_or_default();
        Some(wait.clamp(SOON, Duration::try_from(WINDOW).unwrap_or(SOON)))
    }

    fn take(&self, now: Timestamp) -> (Vec<(Key, Count)>, Option<Count>) {
        let mut gathered = self.gathered.lock().unwrap_or_else(PoisonError::into_inner);
        gathered.is_awaited = false;
        let others = gathered.others.take();
        let mut counts: Vec<(Key, Count)> =
            gathered.by_key.drain().map(|(key, (_, count))| (key, count)).collect();
        if !counts.is_empty() {
            gathered.written_at = Some(now);
        }
        counts.sort_by_key(|((how, user, from), count)| (count.first, *how, *user, *from));
        (counts, others)
    }
}

impl App {
    /// Notes a sign-in that was refused, if it was refused for what the client presented. Returns
    /// at once; the log has it a little later.
    pub(in crate::app) fn note_failure(
        &self,
        how: &'static str,
        user: Option<UserId>,
        from: Option<IpAddr>,
        error: &Error,
    ) {
        let is_attempt = matches!(
            error,
            Error::Unauthenticated(_)
                | Error::Forbidden(_)
                | Error::TooManyRequests { .. }
                | Error::Invalid(_)
                | Error::BadRequest(_)
        );
        if !is_attempt {
            return;
        }
        let target = self.target(user);
        let noted = self.inner.failures.note((how, user, from), target, error, self.now());
        let Some(wait) = noted else { return };
        let app = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            app.note_failures().await;
        });
    }

    fn target(&self, user: Option<UserId>) -> Target {
        let Some(user) = user else { return Target::Unknown };
        match self.read(|tx| Ok(accounts::user(tx, user)?)) {
            Ok(Some(user)) if user.role >= Role::Staff => Target::Staff,
            _ => Target::Customer,
        }
    }

    /// Writes down the failures that were gathered; at the end, and before somebody reads.
    pub async fn note_failures(&self) {
        if let Err(error) = self.write_failures().await {
            tracing::warn!(%error, "failed sign-ins are missing in the audit log");
        }
    }

    async fn write_failures(&self) -> Result<()> {
        let (counts, others) = self.inner.failures.take(self.now());
        if counts.is_empty() {
            return Ok(());
        }
        self.write(move |tx| {
            for ((how, user, from), count) in counts {
                let act = Act { at: count.last, by: By::anonymous(from) };
                let change = count.change(Some(how));
                let id = user.map(|user| user.to_string()).unwrap_or_default();
                record(tx, &act, "session.sign-in-failed", ("user", id), change)?;
            }
            if let Some(others) = others {
                let act = Act { at: others.last, by: By::anonymous(None) };
                let change = others.change(None);
                record(tx, &act, "session.sign-in-failed", ("user", ""), change)?;
            }
            Ok(())
        })
        .await
    }
}

/// An IPv4 address, or the network of an IPv6 address.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let mask = u128::MAX << (u128::BITS - NETWORK_BITS);
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CUSTOMER: Target = Target::Customer;

    fn wrong() -> Error {
        Error::unauthenticated("wrong-credentials", "no")
    }

    fn key(user: u64) -> Key {
        ("password", UserId::new(user).ok(), None)
    }

    #[test]
    fn a_flood_is_a_handful_of_entries() {
        let failures = Failures::default();
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        assert_eq!(failures.note(key(1), CUSTOMER, &wrong(), now), Some(SOON));
        for round in 0..100 {
            for user in 1..=100 {
                let at = now + SignedDuration::from_secs(round);
                assert_eq!(
                    failures.note(key(user), CUSTOMER, &wrong(), at),
                    None,
                    "one write is due"
                );
            }
        }
        let (counts, others) = failures.take(now);
        assert_eq!(counts.len(), KEYS_MAX);
        let told: u64 = counts.iter().map(|(_, count)| count.failed).sum();
        assert_eq!(told + others.unwrap().failed, 10_001);
        let later = now + SignedDuration::from_secs(100);
        assert_eq!(
            failures.note(key(1), CUSTOMER, &wrong(), later),
            Some(Duration::from_secs(200))
        );
        assert_eq!(failures.take(later).0.len(), 1);
        let much_later = later + SignedDuration::from_hours(1);
        assert_eq!(failures.note(key(1), CUSTOMER, &wrong(), much_later), Some(SOON));
    }

    #[test]
    fn what_was_refused_unchecked_is_told_apart() {
        let failures = Failures::default();
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        failures.note(key(1), CUSTOMER, &wrong(), now);
        failures.note(key(1), CUSTOMER, &Error::TooManyRequests { retry_after_s: 1 }, now);
        let (counts, _) = failures.take(now);
        assert_eq!((counts[0].1.failed, counts[0].1.throttled), (1, 1));
    }

    #[test]
    fn made_up_names_hide_no_guesses_at_accounts() {
        let failures = Failures::default();
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        for host in 0..100 {
            let from = Some(IpAddr::from([10, 0, 0, host]));
            failures.note(("password", None, from), Target::Unknown, &wrong(), now);
        }
        for user in 1..=100 {
            failures.note(key(user), CUSTOMER, &wrong(), now);
        }
        failures.note(key(101), Target::Staff, &wrong(), now);
        let (counts, others) = failures.take(now);
        assert_eq!(counts.len(), 2 * KEYS_MAX + 1);
        assert!(counts.iter().any(|(told, _)| *told == key(101)));
        assert_eq!(others.unwrap().failed, 200 - 2 * 16);
    }

    #[test]
    fn one_network_is_one_origin() {
        let failures = Failures::default();
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        for host in ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1", "192.0.2.1"] {
            let from = Some(host.parse().unwrap());
            failures.note(("password", None, from), Target::Unknown, &wrong(), now);
        }
        let (counts, _) = failures.take(now);
        let mut from: Vec<_> = counts.iter().map(|((.., from), _)| from.unwrap()).collect();
        from.sort();
        let told = ["192.0.2.1", "2001:db8:1:2::", "2001:db8:1:3::"];
        assert_eq!(from, told.map(|address| address.parse::<IpAddr>().unwrap()));
    }
}
