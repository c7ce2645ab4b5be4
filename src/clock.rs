//! The only caller of `now()`.
//!
//! Every room that needs the time of day is handed a [`Clock`], so a test can stand at the
//! minute before a token expires, or at the end of a promotion, without waiting. Durations that
//! drive sockets (deadlines, drain periods) use tokio's monotonic time instead: they must not
//! move when somebody sets the wall clock.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// A source of the current time; clones of one clock show the same time.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(Arc<Mutex<Timestamp>>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `start` until [`Clock::advance`] or [`Clock::set`] moves it.
    pub fn manual(start: Timestamp) -> Self {
        Self(Source::Manual(Arc::new(Mutex::new(start))))
    }

    /// The current time, cut to microseconds: records keep no more, and what was just written
    /// has to read the same later.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    pub fn now(&self) -> Timestamp {
        let now = match &self.0 {
            Source::System => Timestamp::now(),
            Source::Manual(time) => *time.lock().unwrap_or_else(PoisonError::into_inner),
        };
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    /// Moves a manual clock, and all its clones, by `step`; it stops at the ends of the
    /// calendar. The system clock ignores it.
    pub fn advance(&self, step: SignedDuration) {
        if let Source::Manual(time) = &self.0 {
            let mut time = time.lock().unwrap_or_else(PoisonError::into_inner);
            *time = time.saturating_add(step).unwrap_or(*time);
        }
    }

    /// Sets a manual clock, and all its clones. The system clock ignores it.
    pub fn set(&self, to: Timestamp) {
        if let Source::Manual(time) = &self.0 {
            *time.lock().unwrap_or_else(PoisonError::into_inner) = to;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_stands_still_until_moved_and_its_clones_move_with_it() {
        let noon: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let clock = Clock::manual(noon);
        let copy = clock.clone();
        assert_eq!(clock.now(), noon);
        assert_eq!(clock.now(), noon);
        clock.advance(SignedDuration::from_mins(15));
        assert_eq!(copy.now(), "2026-11-20T12:15:00Z".parse().unwrap());
        copy.set(noon);
        assert_eq!(clock.now(), noon);
    }

    #[test]
    fn a_manual_clock_stops_at_the_end_of_the_calendar() {
        let clock = Clock::manual(Timestamp::MAX);
        clock.advance(SignedDuration::from_hours(1));
        assert_eq!(clock.now().as_microsecond(), Timestamp::MAX.as_microsecond());
    }

    #[test]
    fn times_are_whole_microseconds() {
        let fine = Clock::manual("2026-11-20T12:00:00.123456789Z".parse().unwrap());
        assert_eq!(fine.now(), "2026-11-20T12:00:00.123456Z".parse().unwrap());
        assert_eq!(Clock::system().now().as_nanosecond() % 1_000, 0);
    }

    #[test]
    fn the_system_clock_moves_by_itself_only() {
        let clock = Clock::system();
        let before = clock.now();
        clock.advance(SignedDuration::from_hours(24));
        assert!(clock.now() < before.saturating_add(SignedDuration::from_hours(1)).unwrap());
    }
}
