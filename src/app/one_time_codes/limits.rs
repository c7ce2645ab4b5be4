//! How many codes leave at all, whatever the numbers: each may cost the shop a text message, and
//! each number a row. Kept in memory; a restart forgives.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::app::{Error, Result};
use crate::auth::network;

/// What is counted is counted for so long.
const WINDOW: SignedDuration = SignedDuration::from_hours(1);
/// Codes for one address in a window. A shop's tablets and, behind a router, all of its shoppers
/// may share one.
const CODES_PER_ADDRESS_MAX: u32 = 1_000;
/// Codes for everybody in a window.
const CODES_MAX: u32 = 6_000;

/// Codes of the current window; clones count together.
#[derive(Debug, Clone, Default)]
pub(super) struct Limits(Arc<Mutex<Option<Window>>>);

#[derive(Debug)]
struct Window {
    began: Timestamp,
    codes: u32,
    /// As many as there were codes at most.
    by_address: HashMap<IpAddr, u32>,
}

impl Limits {
    /// Counts a code, or refuses it until the window is over.
    pub(super) fn take(&self, address: Option<IpAddr>, now: Timestamp) -> Result<()> {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let in_window = |began| (SignedDuration::ZERO..WINDOW).contains(&now.duration_since(began));
        if current.as_ref().is_none_or(|window| !in_window(window.began)) {
            *current = None;
        }
        let fresh = || Window { began: now, codes: 0, by_address: HashMap::new() };
        let window = current.get_or_insert_with(fresh);
        let rest = WINDOW - now.duration_since(window.began);
        let of_address = address.map(network).map(|network| window.by_address.entry(network));
        let of_address = of_address.map(|entry| entry.or_insert(0));
        let used_up = of_address.as_ref().is_some_and(|codes| **codes >= CODES_PER_ADDRESS_MAX);
        if used_up || window.codes >= CODES_MAX {
            let retry_after_s = u64::try_from(rest.as_secs()).unwrap_or(0) + 1;
            return Err(Error::TooManyRequests { retry_after_s });
        }
        if let Some(codes) = of_address {
            *codes += 1;
        }
        window.codes += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gets_so_many_codes_an_hour_and_so_does_everybody() {
        let limits = Limits::default();
        let noon: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let address = |n: u32| Some(IpAddr::from(n.to_be_bytes()));
        for code in 0..CODES_MAX {
            limits.take(address(code / CODES_PER_ADDRESS_MAX), noon).unwrap();
        }
        let later = noon + SignedDuration::from_mins(59);
        for n in [0, 99] {
            let refused = limits.take(address(n), later).unwrap_err();
            assert!(matches!(refused, Error::TooManyRequests { retry_after_s: 61 }));
        }
        limits.take(address(0), noon + WINDOW).unwrap();
    }

    #[test]
    fn one_address_leaves_codes_to_the_others() {
        let limits = Limits::default();
        let noon: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let address = |text: &str| Some(text.parse().unwrap());
        for code in 0..CODES_PER_ADDRESS_MAX {
            limits.take(address(&format!("fe80::{:x}", code % 100 + 1)), noon).unwrap();
        }
        assert!(limits.take(address("fe80::ffff"), noon).is_err());
        limits.take(address("fe80:0:0:1::1"), noon).unwrap();
        limits.take(address("192.168.1.2"), noon).unwrap();
    }
}
