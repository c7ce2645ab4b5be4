//! How often one address, one account and one trolley may ask. All of it is off until the owner
//! sets it, and `/health` is never limited, so that a monitor can always look.
//!
//! A bucket of tokens is kept as one number, the time at which it will be full again (the generic
//! cell rate algorithm, ITU-T I.371): a request moves that time on by what one token takes to
//! come back, and is refused when it would lie further ahead than the whole bucket takes to fill.
//!
//! Refused requests cost nothing: they reach no handler and no store, so that a trolley's number
//! is not used up, and they do not prolong the wait.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::Request;
use axum::http::StatusCode;

use crate::app::Principal;
use crate::config::{Config, Rate};
use crate::domain::id::{DeviceId, UserId};
use crate::http::exchange::Exchange;
use crate::http::route::Meta;
use crate::http::{Problem, Result, State};
use crate::telemetry::Counter;

/// The most addresses (accounts, trolleys) remembered; those with most room left go first.
const ENTRIES_MAX: usize = 16_384;
/// How many make room when the table is full of such as are not full again: one in so many.
const FORGET_ONE_IN: usize = 8;
/// What is always answered.
const HEALTH_PATH: &str = "/health";

/// The three limits; each is absent unless it is set.
#[derive(Debug)]
pub struct RateLimits {
    /// Times are counted from here.
    started: Instant,
    address: Option<Limiter<IpAddr>>,
    account: Option<Limiter<UserId>>,
    device: Option<Limiter<DeviceId>>,
}

impl RateLimits {
    /// The limits that the settings ask for.
    pub fn from_config(config: &Config) -> Self {
        Self {
            started: Instant::now(),
            address: config.rate_limit_per_address.map(Limiter::new),
            account: config.rate_limit_per_account.map(Limiter::new),
            device: config.rate_limit_per_device.map(Limiter::new),
        }
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }
}

impl Default for RateLimits {
    /// No limits.
    fn default() -> Self {
        Self { started: Instant::now(), address: None, account: None, device: None }
    }
}

/// Refuses a request of an address that asks too often. For requests on their way to routing.
pub(super) fn check_address(state: &State, request: &Request) -> Result<()> {
    let Some(limiter) = &state.rates.address else { return Ok(()) };
    let Some(exchange) = request.extensions().get::<Exchange>() else { return Ok(()) };
    if request.uri().path() == HEALTH_PATH {
        return Ok(());
    }
    let taken = limiter.take(subnet(exchange.client.address), state.rates.now());
    outcome(taken, "address", limiter.rate, &state.metrics.rate_limited_address)
}

/// Refuses a request of an account or a trolley that asks too often.
pub(super) fn check_principal(state: &State, meta: &Meta, principal: &Principal) -> Result<()> {
    if meta.path == HEALTH_PATH {
        return Ok(());
    }
    let rates = &state.rates;
    match (principal, &rates.account, &rates.device) {
        (Principal::User(identity), Some(limiter), _) => {
            let taken = limiter.take(identity.user_id(), rates.now());
            outcome(taken, "account", limiter.rate, &state.metrics.rate_limited_account)
        }
        (Principal::Device(device), _, Some(limiter)) => {
            let taken = limiter.take(device.id(), rates.now());
            outcome(taken, "device", limiter.rate, &state.metrics.rate_limited_device)
        }
        _ => Ok(()),
    }
}

fn outcome(
    taken: std::result::Result<(), Duration>,
    whose: &str,
    rate: Rate,
    refused: &Counter,
) -> Result<()> {
    let Err(wait) = taken else { return Ok(()) };
    refused.increment();
    let wait_s = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let detail = format!(
        "too many requests of one {whose}: {} a minute, {} at once; try again in {wait_s} s",
        rate.per_minute, rate.burst
    );
    Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate-limited", detail).retry_after(wait_s))
}

/// Whoever has one IPv6 address of a /64 has them all.
fn subnet(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// One limit over many keys.
#[derive(Debug)]
struct Limiter<K> {
    rate: Rate,
    /// What one token takes to come back.
    per_token: Duration,
    /// What an empty bucket takes to fill.
    whole: Duration,
    /// When each bucket will be full again. A full bucket needs no entry.
    full_at: Mutex<HashMap<K, Duration>>,
}

impl<K: Copy + Eq + Hash> Limiter<K> {
    fn new(rate: Rate) -> Self {
        let per_token = Duration::from_mins(1) / rate.per_minute.max(1);
        Self { rate, per_token, whole: per_token * rate.burst, full_at: Mutex::default() }
    }

    /// Takes a token, or says how long there will be none.
    fn take(&self, key: K, now: Duration) -> std::result::Result<(), Duration> {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let known = full_at.get(&key).copied();
        let next = known.unwrap_or(now).max(now) + self.per_token;
        let wait = next.saturating_sub(now + self.whole);
        if !wait.is_zero() {
            return Err(wait);
        }
        if known.is_none() && full_at.len() >= ENTRIES_MAX {
            make_room(&mut full_at, now);
        }
        full_at.insert(key, next);
        Ok(())
    }
}

/// Forgets full buckets, which say nothing, and if that is not enough those nearest to it: who
/// floods the table with new addresses frees none that is at its limit.
fn make_room<K: Eq + Hash>(full_at: &mut HashMap<K, Duration>, now: Duration) {
    full_at.retain(|_, full| *full > now);
    let enough = ENTRIES_MAX / FORGET_ONE_IN;
    if full_at.len() + enough <= ENTRIES_MAX {
        return;
    }
    let mut times: Vec<Duration> = full_at.values().copied().collect();
    let (_, limit, _) = times.select_nth_unstable(enough);
    let limit = *limit;
    full_at.retain(|_, full| *full > limit);
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn limiter<K: Copy + Eq + Hash>(per_minute: u32, burst: u32) -> Limiter<K> {
        Limiter::new(Rate { per_minute, burst })
    }

    #[test]
    fn a_burst_passes_and_then_one_token_at_a_time() {
        let limiter = limiter(60, 3);
        let start = Duration::from_secs(5);
        for _ in 0..3 {
            assert_eq!(limiter.take("ann", start), Ok(()));
        }
        assert_eq!(limiter.take("ann", start), Err(Duration::from_secs(1)));
        assert_eq!(limiter.take("ann", start + 400 * MS), Err(600 * MS));
        assert_eq!(limiter.take("bob", start), Ok(()), "others are not concerned");
        assert_eq!(limiter.take("ann", start + 1000 * MS), Ok(()));
        assert_eq!(limiter.take("ann", start + 1000 * MS), Err(1000 * MS));
        let later = start + Duration::from_hours(1);
        for _ in 0..3 {
            assert_eq!(limiter.take("ann", later), Ok(()), "a pause fills the bucket and no more");
        }
        assert!(limiter.take("ann", later).is_err());
    }

    #[test]
    fn asking_in_vain_does_not_prolong_the_wait() {
        let limiter = limiter(60, 1);
        assert_eq!(limiter.take(1, Duration::ZERO), Ok(()));
        for ms in 0..999 {
            assert!(limiter.take(1, ms * MS).is_err());
        }
        assert_eq!(limiter.take(1, 1000 * MS), Ok(()));
    }

    #[test]
    fn in_the_long_run_the_rate_holds() {
        let limiter = limiter(600, 10);
        let passed = (0..60_000).filter(|ms| limiter.take(1, *ms * MS).is_ok()).count();
        assert_eq!(passed, 609, "600 in the minute and the burst of its beginning");
    }

    #[test]
    fn the_table_is_bounded_and_forgets_nobody_at_their_limit() {
        let limiter = limiter(60, 100);
        for _ in 0..100 {
            assert_eq!(limiter.take(0, Duration::ZERO), Ok(()));
        }
        assert!(limiter.take(0, Duration::ZERO).is_err());
        // A flood of keys that ask once each, all within the second that one token takes.
        for key in 1..60_000_u32 {
            assert_eq!(limiter.take(key, Duration::from_micros(key.into())), Ok(()));
            assert!(limiter.full_at.lock().unwrap().len() <= ENTRIES_MAX);
        }
        assert!(limiter.take(0, 60 * MS).is_err(), "the greedy one is still known");
        assert_eq!(limiter.take(0, Duration::from_secs(2)), Ok(()));
    }

    #[test]
    fn full_buckets_are_the_first_to_go() {
        let limiter = limiter(60, 100);
        for key in 0..u32::try_from(ENTRIES_MAX).unwrap() {
            limiter.take(key, Duration::ZERO).unwrap();
        }
        limiter.take(u32::MAX, Duration::from_secs(2)).unwrap();
        assert_eq!(limiter.full_at.lock().unwrap().len(), 1);
    }

    #[test]
    fn one_ipv6_network_is_one_address() {
        let same = |a: &str, b: &str| subnet(a.parse().unwrap()) == subnet(b.parse().unwrap());
        assert!(same("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"));
        assert!(!same("2001:db8:1:2::1", "2001:db8:1:3::1"));
        assert!(same("::ffff:192.168.1.2", "192.168.1.2"));
        assert!(!same("192.168.1.2", "192.168.1.3"));
    }
}
