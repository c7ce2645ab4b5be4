//! What a shop knows of its trolleys by when it heard of them last: whether one is there, asleep or
//! gone, and whether it needs charging.

use jiff::{SignedDuration, Timestamp};

/// Heartbeats that may be missed: a trolley counts as there for so many of its intervals.
const INTERVALS: i64 = 2;
/// What is added to them for a slow network, in seconds.
const SLACK_S: i64 = 10;
/// How long after the end of its sleep a trolley may take to say so, in seconds.
const WAKING_S: i64 = 60;
/// The longest sleep that is believed, in seconds: a week.
pub const SLEEP_MAX_S: u32 = 7 * 86_400;
/// At and below this a battery is low, in percent.
pub const BATTERY_LOW_PCT: u8 = 15;
/// From here on a low battery counts as charged, in percent: in between it stays what it was, so
/// that a reading that trembles tells nothing.
pub const BATTERY_CHARGED_PCT: u8 = 25;

/// Whether a trolley can be counted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DeviceState {
    /// It was never heard of.
    #[default]
    New,
    /// It was heard of when it was expected.
    Online,
    /// It said that it sleeps, and may still do so.
    Asleep,
    /// It is overdue.
    Offline,
}

impl DeviceState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::New, Self::Online, Self::Asleep, Self::Offline];

    /// The stable word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Online => "online",
            Self::Asleep => "asleep",
            Self::Offline => "offline",
        }
    }
}

/// When a trolley was heard of, and what it said about the time after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LastHeard {
    /// When; `None` for never.
    pub at: Option<Timestamp>,
    /// With its last word it announced to sleep for so many seconds.
    pub sleep_s: Option<u32>,
    /// Whether it holds a connection open.
    pub is_connected: bool,
}

impl LastHeard {
    /// The state of a trolley that is expected every `interval_s` seconds.
    pub fn state(self, interval_s: u32, now: Timestamp) -> DeviceState {
        let Some(at) = self.at else {
            return if self.is_connected { DeviceState::Online } else { DeviceState::New };
        };
        let silence = now.duration_since(at);
        // A trolley that sleeps may not have closed its connection.
        if let Some(sleep_s) = self.sleep_s.filter(|sleep_s| *sleep_s > 0)
            && silence <= SignedDuration::from_secs(i64::from(sleep_s) + WAKING_S)
        {
            return DeviceState::Asleep;
        }
        if self.is_connected || silence <= patience(interval_s) {
            return DeviceState::Online;
        }
        DeviceState::Offline
    }
}

/// How long a trolley that is expected every `interval_s` seconds may be silent.
pub fn patience(interval_s: u32) -> SignedDuration {
    SignedDuration::from_secs(INTERVALS * i64::from(interval_s) + SLACK_S)
}

/// Whether a battery counts as low, after what it counted as before.
pub const fn is_battery_low(was_low: bool, percent: u8) -> bool {
    percent <= BATTERY_LOW_PCT || (was_low && percent < BATTERY_CHARGED_PCT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_trolley_is_there_for_two_intervals_and_a_little() {
        let heard = LastHeard { at: Some(at(1_000)), ..LastHeard::default() };
        for (interval_s, second, state) in [
            (30, 1_000, DeviceState::Online),
            (30, 1_070, DeviceState::Online),
            (30, 1_071, DeviceState::Offline),
            (1, 1_012, DeviceState::Online),
            (1, 1_013, DeviceState::Offline),
            (86_400, 173_810, DeviceState::Online),
            (86_400, 173_811, DeviceState::Offline),
            // Somebody set the clock back.
            (30, 0, DeviceState::Online),
        ] {
            assert_eq!(heard.state(interval_s, at(second)), state, "{interval_s} at {second}");
        }
        let connected = LastHeard { is_connected: true, ..heard };
        assert_eq!(connected.state(30, at(9_000)), DeviceState::Online);
        assert_eq!(LastHeard::default().state(30, at(0)), DeviceState::New);
    }

    #[test]
    fn a_sleeper_is_waited_for() {
        let heard = LastHeard { at: Some(at(1_000)), sleep_s: Some(600), is_connected: true };
        assert_eq!(heard.state(30, at(1_001)), DeviceState::Asleep);
        assert_eq!(heard.state(30, at(1_660)), DeviceState::Asleep);
        assert_eq!(heard.state(30, at(1_661)), DeviceState::Online, "its connection is open");
        let gone = LastHeard { is_connected: false, ..heard };
        assert_eq!(gone.state(30, at(1_661)), DeviceState::Offline);
        let awake = LastHeard { sleep_s: Some(0), ..gone };
        assert_eq!(awake.state(30, at(1_001)), DeviceState::Online);
    }

    #[test]
    fn a_low_battery_stays_low_until_it_is_charged() {
        let steps = [(40, false), (16, false), (15, true), (16, true), (24, true), (25, false)];
        let mut is_low = false;
        for (percent, expected) in steps {
            is_low = is_battery_low(is_low, percent);
            assert_eq!(is_low, expected, "{percent}");
        }
        assert!(!is_battery_low(false, 20) && is_battery_low(true, 20));
    }
}
