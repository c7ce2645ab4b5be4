//! How long nobody did anything to a cart, in three words.

use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// How a cart stands, by the time since somebody last did something to it or with its trolley.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CartState {
    /// Somebody shops.
    #[default]
    Active,
    /// Nothing happened for a while.
    Idle,
    /// Nobody comes back to it: its trolley is given free.
    Abandoned,
}

impl FromStr for CartState {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "active" => Ok(Self::Active),
            "idle" => Ok(Self::Idle),
            "abandoned" => Ok(Self::Abandoned),
            _ => Err("is active, idle or abandoned"),
        }
    }
}

/// After how much silence a cart is idle, and after how much it is abandoned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CartTimes {
    idle: Option<SignedDuration>,
    abandoned: Option<SignedDuration>,
}

impl Default for CartTimes {
    fn default() -> Self {
        Self::from_minutes(15, 120)
    }
}

impl CartTimes {
    /// Both in minutes; 0 is never.
    pub fn from_minutes(idle: u32, abandoned: u32) -> Self {
        let limit =
            |minutes: u32| (minutes > 0).then(|| SignedDuration::from_mins(i64::from(minutes)));
        Self { idle: limit(idle), abandoned: limit(abandoned) }
    }

    /// How a cart stands with which somebody last did something at `last_sign`. A clock that was
    /// set back makes no cart older.
    pub fn state(&self, last_sign: Timestamp, now: Timestamp) -> CartState {
        let silence = now.duration_since(last_sign);
        let is_reached = |limit: Option<SignedDuration>| limit.is_some_and(|it| silence >= it);
        if is_reached(self.abandoned) {
            CartState::Abandoned
        } else if is_reached(self.idle) {
            CartState::Idle
        } else {
            CartState::Active
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CartState::{Abandoned, Active, Idle};
    use super::*;

    fn after(times: CartTimes, minutes: i64) -> CartState {
        let noon: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        times.state(noon, noon + SignedDuration::from_mins(minutes))
    }

    #[test]
    fn silence_makes_a_cart_idle_and_then_abandoned() {
        let times = CartTimes::default();
        let seen = [-5, 0, 14, 15, 119, 120, 100_000].map(|minutes| after(times, minutes));
        assert_eq!(seen, [Active, Active, Active, Idle, Idle, Abandoned, Abandoned]);
    }

    #[test]
    fn nought_is_never_and_the_graver_word_counts() {
        assert_eq!(after(CartTimes::from_minutes(0, 0), 1_000_000), CartState::Active);
        assert_eq!(after(CartTimes::from_minutes(0, 30), 29), CartState::Active);
        assert_eq!(after(CartTimes::from_minutes(0, 30), 30), CartState::Abandoned);
        assert_eq!(after(CartTimes::from_minutes(5, 0), 1_000_000), CartState::Idle);
        assert_eq!(after(CartTimes::from_minutes(60, 30), 40), CartState::Abandoned);
    }

    #[test]
    fn each_word_reads_back() {
        for state in [CartState::Active, CartState::Idle, CartState::Abandoned] {
            let word = format!("{state:?}").to_lowercase();
            assert_eq!(word.parse(), Ok(state));
        }
        assert!("lost".parse::<CartState>().is_err());
    }
}
