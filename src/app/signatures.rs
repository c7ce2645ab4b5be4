//! Signed requests of trolleys: each counts once, near its time.
//!
//! What a trolley signed can be recorded on the way and sent again. So a time must be near the
//! appliance's, and the nonces of that window are remembered, in memory. Three rules keep that
//! small and survive a restart, which forgets them:
//!
//! - A time ahead of the appliance's waits until it has come (at most a second; further ahead is
//!   refused). So nothing is ever accepted before its time, and
//! - a time before the appliance's start is refused: whatever was accepted before it is older.
//!   Where the clock was set since, a time before that moment is, and what a clock a day ahead left
//!   behind is forgotten: it would keep the trolley out until then.
//! - Who fills its share of the memory loses its oldest nonces, and whatever is not younger than
//!   they were is refused from then on.
//!
//! A refused trolley is told the time, corrects its offset and signs anew.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::BuildHasher;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::access::live_keys;
use super::{App, CartDevice, Error, Refusal, Result};
use crate::auth::{SignedMessage, digest};
use crate::domain::id::DeviceId;
use crate::storage::devices;

/// How long ago a request may have been signed, in seconds.
const AGE_MAX_S: i64 = 300;
/// How far ahead a time may lie that is waited for, in seconds.
const AHEAD_MAX_S: i64 = 1;
/// Times that lie further ahead, in seconds, were noted by a clock that has been put right since.
const FOREIGN_S: i64 = 86_400;
/// The most nonces of one trolley: a hundred seconds of weighing ten times a second.
const NONCES_PER_DEVICE_MAX: usize = 1_024;
/// However many trolleys sign, each may have so many.
const NONCES_PER_DEVICE_MIN: usize = 32;
/// The most nonces of all trolleys, unless there are so many that each has the least share.
const NONCES_MAX: usize = 262_144;

/// A request as it was signed.
#[derive(Debug, Clone)]
pub struct SignedRequest {
    /// Who claims to have signed it.
    pub device_id: DeviceId,
    /// Seconds since 1970, as sent.
    pub time: String,
    /// What makes it unlike all others.
    pub nonce: String,
    /// 64 hexadecimal digits.
    pub signature: String,
    /// `POST`.
    pub method: String,
    /// Path and query, as sent.
    pub target: String,
}

/// The nonces that were used, by trolley.
#[derive(Debug, Default)]
pub(super) struct Nonces {
    used: Mutex<HashMap<DeviceId, Used>>,
    /// Nonces are kept as hashes that nobody outside can foresee.
    hasher: RandomState,
}

/// The nonces of one trolley.
#[derive(Debug)]
struct Used {
    /// Times up to this one were forgotten, and are refused.
    forgotten_s: i64,
    by_time: BTreeSet<(i64, u64)>,
    nonces: HashSet<u64>,
}

/// What a nonce and its time are worth.
#[derive(Debug, PartialEq, Eq)]
enum Freshness {
    Fresh,
    Replayed,
    /// Not near enough to the appliance's time.
    Skewed,
}

impl Nonces {
    /// Uses up a nonce whose time is near.
    fn take(&self, device: DeviceId, time_s: i64, nonce: &str, now_s: i64) -> Freshness {
        let nonce = self.hasher.hash_one(nonce);
        let mut used = self.lock();
        let others = used.len() + usize::from(!used.contains_key(&device));
        let share = (NONCES_MAX / others).clamp(NONCES_PER_DEVICE_MIN, NONCES_PER_DEVICE_MAX);
        used.entry(device).or_insert_with(Used::none).take(time_s, nonce, now_s, share)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<DeviceId, Used>> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Used {
    fn none() -> Self {
        Self { forgotten_s: i64::MIN, by_time: BTreeSet::new(), nonces: HashSet::new() }
    }

    fn take(&mut self, time_s: i64, nonce: u64, now_s: i64, share: usize) -> Freshness {
        self.forget_foreign(now_s.saturating_add(FOREIGN_S));
        while let Some((oldest_s, _)) = self.by_time.first()
            && now_s.saturating_sub(*oldest_s) > AGE_MAX_S
        {
            self.forget_oldest();
        }
        if time_s <= self.forgotten_s {
            return Freshness::Skewed;
        }
        if self.nonces.contains(&nonce) {
            return Freshness::Replayed;
        }
        while self.nonces.len() >= share {
            self.forget_oldest();
        }
        if time_s <= self.forgotten_s {
            return Freshness::Skewed;
        }
        self.nonces.insert(nonce);
        self.by_time.insert((time_s, nonce));
        Freshness::Fresh
    }

    fn forget_foreign(&mut self, limit_s: i64) {
        if self.forgotten_s > limit_s {
            self.forgotten_s = i64::MIN;
        }
        while let Some((newest_s, nonce)) = self.by_time.last().copied()
            && newest_s > limit_s
        {
            self.by_time.remove(&(newest_s, nonce));
            self.nonces.remove(&nonce);
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((time_s, nonce)) = self.by_time.pop_first() {
            self.nonces.remove(&nonce);
            self.forgotten_s = self.forgotten_s.max(time_s);
        }
    }
}

/// Whether a time may be that of a request: not before the clock ran as it does now, and not long
/// ago.
fn is_near(time_s: i64, since: Timestamp, now_s: i64) -> bool {
    // The first whole second.
    let since_s = since.as_second() + i64::from(since.subsec_nanosecond() != 0);
    time_s >= since_s && now_s.saturating_sub(time_s) <= AGE_MAX_S
}

impl App {
    /// Refuses a time that is not near the appliance's, before anything else of a request is
    /// looked at, and waits for one that is about to come.
    pub async fn await_signed_time(&self, request: &SignedRequest) -> Result<()> {
        let now = self.now();
        let time_s = seconds(request)?;
        let ahead_s = time_s.saturating_sub(now.as_second());
        if !is_near(time_s, self.steady().since, now.as_second()) || ahead_s > AHEAD_MAX_S {
            return Err(self.skewed());
        }
        if ahead_s > 0 {
            let left_ns = 1_000_000_000 - i64::from(now.subsec_nanosecond());
            tokio::time::sleep(Duration::from_nanos(left_ns.unsigned_abs())).await;
        }
        Ok(())
    }

    /// The trolley that signed this request with this body. Its nonce is used up.
    pub async fn authenticate_signed(
        &self,
        request: &SignedRequest,
        body: &[u8],
    ) -> Result<CartDevice> {
        let (now, time_s) = (self.now(), seconds(request)?);
        let device = self.read(|tx| Ok(devices::device(tx, request.device_id)?))?;
        let device = device.filter(|device| !device.revoked).ok_or_else(|| {
            let detail = "this device is unknown or revoked";
            Error::unauthenticated("unknown-device-key", detail)
        })?;
        let message = SignedMessage {
            method: &request.method,
            target: &request.target,
            time: &request.time,
            nonce: &request.nonce,
            body: digest(body),
        };
        let mut keys = live_keys(&device, now);
        let key = keys.find(|secret| message.is_signed(secret, &request.signature));
        let key = *key.ok_or_else(|| bad_signature("the signature is not of this request"))?;
        // The body may have been long on its way.
        if !is_near(time_s, self.steady().since, now.as_second()) {
            return Err(self.skewed());
        }
        match self.inner.nonces.take(device.id, time_s, &request.nonce, now.as_second()) {
            Freshness::Fresh => self.has_used(&device, &key).await,
            Freshness::Skewed => Err(self.skewed()),
            Freshness::Replayed => {
                let detail = "this request came before: sign each anew";
                Err(Error::unauthenticated("replayed", detail))
            }
        }
    }

    fn skewed(&self) -> Error {
        let detail = "the time is too far off: take it from unix and sign anew";
        let refusal = Refusal::new("clock-skew", detail);
        Error::Unauthenticated(refusal.with("unix", self.now().as_second()))
    }
}

/// 401 for a signature that is none.
pub fn bad_signature(detail: &str) -> Error {
    Error::unauthenticated("bad-signature", detail)
}

fn seconds(request: &SignedRequest) -> Result<i64> {
    let is_number = request.time.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = if is_number { request.time.parse().ok() } else { None };
    seconds.ok_or_else(|| bad_signature("X-Time is a number of seconds since 1970"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(id: u64) -> DeviceId {
        DeviceId::new(id).unwrap()
    }

    #[test]
    fn a_nonce_counts_once_per_trolley_and_time_window() {
        let nonces = Nonces::default();
        assert_eq!(nonces.take(device(1), 1_000, "a", 1_000), Freshness::Fresh);
        assert_eq!(nonces.take(device(1), 1_000, "a", 1_300), Freshness::Replayed);
        assert_eq!(nonces.take(device(1), 1_200, "a", 1_300), Freshness::Replayed);
        assert_eq!(nonces.take(device(2), 1_000, "a", 1_300), Freshness::Fresh);
        assert_eq!(nonces.take(device(1), 1_301, "a", 1_301), Freshness::Fresh, "forgotten by now");
    }

    #[test]
    fn a_process_that_begins_within_a_second_takes_the_next_one() {
        let started = Timestamp::new(1_000, 1_000).unwrap();
        assert!(!is_near(1_000, started, 1_000) && is_near(1_001, started, 1_001));
        let started = Timestamp::new(1_000, 0).unwrap();
        assert!(!is_near(999, started, 1_100) && is_near(1_000, started, 1_300));
        assert!(!is_near(1_000, started, 1_301), "too long ago");
    }

    #[test]
    fn what_a_clock_that_was_ahead_left_behind_keeps_nobody_out() {
        let (nonces, day_s) = (Nonces::default(), 86_400);
        for number in 0..2_000 {
            nonces.take(device(1), 90 * day_s + number / 100, &format!("n{number}"), 90 * day_s);
        }
        assert_eq!(nonces.take(device(1), day_s, "a", day_s), Freshness::Fresh);
        assert_eq!(nonces.take(device(1), day_s, "a", day_s), Freshness::Replayed);
        // What was not long ago is remembered, whichever way the clock went.
        assert_eq!(nonces.take(device(1), day_s + 60, "b", day_s + 60), Freshness::Fresh);
        assert_eq!(nonces.take(device(1), day_s + 60, "b", day_s - 60), Freshness::Replayed);
    }

    #[test]
    fn memory_is_bounded_and_what_was_forgotten_is_refused() {
        let nonces = Nonces::default();
        for number in 0..3_000_i64 {
            let time_s = 1_000 + number / 100;
            let taken = nonces.take(device(1), time_s, &format!("n{number}"), time_s);
            assert_eq!(taken, Freshness::Fresh, "{number}");
        }
        assert!(nonces.lock()[&device(1)].nonces.len() <= NONCES_PER_DEVICE_MAX);
        assert_eq!(nonces.take(device(1), 1_000, "n0", 1_030), Freshness::Skewed);
        assert_eq!(nonces.take(device(1), 1_029, "n2999", 1_030), Freshness::Replayed);
    }

    #[test]
    fn one_second_may_have_as_many_as_the_share_and_no_more() {
        let nonces = Nonces::default();
        let taken = (0..2_000).map(|it| nonces.take(device(1), 1_000, &format!("n{it}"), 1_000));
        let fresh = taken.filter(|it| *it == Freshness::Fresh).count();
        assert_eq!(fresh, NONCES_PER_DEVICE_MAX);
        assert_eq!(nonces.take(device(1), 1_000, "n1", 1_000), Freshness::Skewed);
        assert_eq!(nonces.take(device(1), 1_001, "next", 1_001), Freshness::Fresh);
    }
}
