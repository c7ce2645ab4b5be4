//! Signed requests of trolleys: each counts once, near its time.
//!
//! What a trolley signed can be recorded on the way and sent again. So a time must be near the
//! appliance's, and the nonces of that window are remembered, in memory. Three rules keep that
//! small and survive a restart, which forgets them:
//!
//! - A time ahead of the appliance's waits until it has come (at most a second; further ahead is
//!   refused). So nothing is ever accepted before its time, and
//! - a time before the appliance's start is refused: whatever was accepted before it is older.
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
#[derive(Debug)]
pub(super) struct Nonces {
    /// The first whole second of this process.
    since_s: i64,
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
    /// Of a process that began at this time.
    pub(super) fn since(started: Timestamp) -> Self {
        let is_whole = started.subsec_nanosecond() == 0;
        Self {
            since_s: started.as_second() + i64::from(!is_whole),
            used: Mutex::default(),
            hasher: RandomState::new(),
        }
    }

    fn is_near(&self, time_s: i64, now_s: i64) -> bool {
        time_s >= self.since_s && now_s.saturating_sub(time_s) <= AGE_MAX_S
    }

    /// Uses a nonce up.
    fn take(&self, device: DeviceId, time_s: i64, nonce: &str, now_s: i64) -> Freshness {
        if !self.is_near(time_s, now_s) {
            return Freshness::Skewed;
        }
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

    fn forget_oldest(&mut self) {
        if let Some((time_s, nonce)) = self.by_time.pop_first() {
            self.nonces.remove(&nonce);
            self.forgotten_s = self.forgotten_s.max(time_s);
        }
    }
}

impl App {
    /// Refuses a time that is not near the appliance's, before anything else of a request is
    /// looked at, and waits for one that is about to come.
    pub async fn await_signed_time(&self, request: &SignedRequest) -> Result<()> {
        let now = self.now();
        let time_s = seconds(request)?;
        let ahead_s = time_s.saturating_sub(now.as_second());
        if !self.inner.nonces.is_near(time_s, now.as_second()) || ahead_s > AHEAD_MAX_S {
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
        let nonces = &self.inner.nonces;
        match nonces.take(device.id, time_s, &request.nonce, now.as_second()) {
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

    fn nonces(since_s: i64) -> Nonces {
        Nonces::since(Timestamp::from_second(since_s).unwrap())
    }

    #[test]
    fn a_nonce_counts_once_per_trolley_and_time_window() {
        let nonces = nonces(1_000);
        assert_eq!(nonces.take(device(1), 1_000, "a", 1_000), Freshness::Fresh);
        assert_eq!(nonces.take(device(1), 1_000, "a", 1_300), Freshness::Replayed);
        assert_eq!(nonces.take(device(1), 1_200, "a", 1_300), Freshness::Replayed);
        assert_eq!(nonces.take(device(2), 1_000, "a", 1_300), Freshness::Fresh);
        assert_eq!(nonces.take(device(1), 1_000, "b", 1_301), Freshness::Skewed);
        assert_eq!(nonces.take(device(1), 999, "b", 1_100), Freshness::Skewed, "before the start");
        assert_eq!(nonces.take(device(1), 1_301, "a", 1_301), Freshness::Fresh, "forgotten by now");
    }

    #[test]
    fn a_process_that_begins_within_a_second_takes_the_next_one() {
        let started = Timestamp::new(1_000, 1_000).unwrap();
        let nonces = Nonces::since(started);
        assert_eq!(nonces.take(device(1), 1_000, "a", 1_000), Freshness::Skewed);
        assert_eq!(nonces.take(device(1), 1_001, "a", 1_001), Freshness::Fresh);
    }

    #[test]
    fn memory_is_bounded_and_what_was_forgotten_is_refused() {
        let nonces = nonces(1_000);
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
        let nonces = nonces(1_000);
        let taken = (0..2_000).map(|it| nonces.take(device(1), 1_000, &format!("n{it}"), 1_000));
        let fresh = taken.filter(|it| *it == Freshness::Fresh).count();
        assert_eq!(fresh, NONCES_PER_DEVICE_MAX);
        assert_eq!(nonces.take(device(1), 1_000, "n1", 1_000), Freshness::Skewed);
        assert_eq!(nonces.take(device(1), 1_001, "next", 1_001), Freshness::Fresh);
    }
}
