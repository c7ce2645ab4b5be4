//! Daily opening hours of an edge, such as `08:00-20:00`.
//!
//! Wall-clock minutes only: which day it is and which zone the store is in are the caller's
//! business. Hours may run over midnight (`22:00-06:00`).

use std::{fmt, str::FromStr};

/// Minutes in a day.
const DAY_MINUTES: u16 = 24 * 60;

/// A minute of the day, 0 to 1439.
pub type Minute = u16;

/// Opening hours: open from the first minute on, closed from the last one on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    from_minute: Minute,
    to_minute: Minute,
}

/// Why a text is not opening hours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("hours are written like 08:00-20:00, from 00:00 to 24:00, with two different times")]
pub struct HoursError;

impl Hours {
    /// Whether it is open during that minute of the day.
    pub fn is_open_at(self, minute: Minute) -> bool {
        if self.from_minute < self.to_minute {
            (self.from_minute..self.to_minute).contains(&minute)
        } else {
            minute >= self.from_minute || minute < self.to_minute
        }
    }
}

impl FromStr for Hours {
    type Err = HoursError;

    fn from_str(text: &str) -> Result<Self, HoursError> {
        let (from, to) = text.split_once('-').ok_or(HoursError)?;
        let hours = Self { from_minute: minute(from)?, to_minute: minute(to)? };
        if hours.from_minute == hours.to_minute || hours.from_minute == DAY_MINUTES {
            return Err(HoursError);
        }
        Ok(hours)
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (self.from_minute, self.to_minute);
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}

/// Reads `HH:MM` with two digits each, 00:00 to 24:00.
fn minute(text: &str) -> Result<Minute, HoursError> {
    let (hours, minutes) = text.split_once(':').ok_or(HoursError)?;
    let minute = two_digits(hours)? * 60 + two_digits(minutes)?;
    let in_range = two_digits(minutes)? < 60 && minute <= DAY_MINUTES;
    if in_range { Ok(minute) } else { Err(HoursError) }
}

fn two_digits(text: &str) -> Result<u16, HoursError> {
    if text.len() != 2 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(HoursError);
    }
    text.parse().map_err(|_| HoursError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_open_at_the_first_minute_and_close_at_the_last() {
        let hours: Hours = "08:00-20:00".parse().unwrap();
        assert!(!hours.is_open_at(479));
        assert!(hours.is_open_at(480));
        assert!(hours.is_open_at(1199));
        assert!(!hours.is_open_at(1200));
        assert_eq!(hours.to_string(), "08:00-20:00");
    }

    #[test]
    fn hours_may_run_over_midnight_and_all_day() {
        let night: Hours = "22:00-06:00".parse().unwrap();
        assert!(night.is_open_at(1439) && night.is_open_at(0) && night.is_open_at(359));
        assert!(!night.is_open_at(360) && !night.is_open_at(1319));
        let always: Hours = "00:00-24:00".parse().unwrap();
        assert!(always.is_open_at(0) && always.is_open_at(1439));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "08:00",
            "8:00-20:00",
            "08:00-20:60",
            "25:00-26:00",
            "08:00-08:00",
            "24:00-08:00",
            "08:00-24:01",
            "ab:cd-20:00",
            "+8:00-20:00",
            "08:00–20:00",
            "08:00-20:00-22:00",
        ] {
            assert_eq!(text.parse::<Hours>(), Err(HoursError), "{text}");
        }
    }
}
