//! The only caller of `now()`.
//!
//! Every room that needs the time of day is handed a [`Clock`], so a test can stand at the
//! minute before a token expires, or at the end of a promotion, without waiting. Durations that
//! drive sockets (deadlines, drain periods) use tokio's monotonic time instead: they must not
//! move when somebody sets the wall clock.
//!
//! A box without a battery for its clock starts in 1970 and jumps to today once it has found a time
//! server. The clock notices that, by monotonic time beside it, and tells of the last [`Jump`], so
//! that who measures silence over minutes does not take it for silence.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// From here on a difference is a clock that was set, not one that is put right slowly.
const JUMP_MIN: SignedDuration = SignedDuration::from_secs(5);
/// How long both times are compared from one moment: what is put right slowly does not add up.
const PACE: Duration = Duration::from_mins(1);

/// The wall clock was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jump {
    /// Rises with each.
    pub number: u64,
    /// What it showed just after.
    pub at: Timestamp,
    /// How far it went; negative for back.
    pub by: SignedDuration,
}

/// A source of the current time; clones of one clock show the same time.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System(Arc<Mutex<Pace>>),
    Manual(Arc<Mutex<Shown>>),
}

/// What a manual clock shows.
#[derive(Debug)]
struct Shown {
    time: Timestamp,
    jump: Option<Jump>,
}

/// The machine's two times, side by side.
#[derive(Debug, Default)]
struct Pace {
    both: Option<(Timestamp, Instant)>,
    jump: Option<Jump>,
}

impl Pace {
    /// Takes in what both show now.
    fn follow(&mut self, wall: Timestamp, instant: Instant) {
        let (old_wall, old_instant) = *self.both.get_or_insert((wall, instant));
        let passed = instant.saturating_duration_since(old_instant);
        let expected = old_wall.saturating_add(passed).unwrap_or(old_wall);
        let jump = jump(self.jump, expected, wall);
        if jump.is_some() || passed >= PACE {
            self.both = Some((wall, instant));
        }
        self.jump = jump.or(self.jump);
    }
}

/// The jump between the time that was expected and the one that is shown, if it is one.
fn jump(last: Option<Jump>, expected: Timestamp, shown: Timestamp) -> Option<Jump> {
    let by = shown.duration_since(expected);
    let number = last.map_or(0, |last| last.number) + 1;
    (by.abs() >= JUMP_MIN).then_some(Jump { number, at: shown, by })
}

fn locked<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System(Arc::default()))
    }

    /// A clock that stands at `start` until [`Clock::advance`] or [`Clock::set`] moves it.
    pub fn manual(start: Timestamp) -> Self {
        Self(Source::Manual(Arc::new(Mutex::new(Shown { time: start, jump: None }))))
    }

    /// The current time, cut to microseconds: records keep no more, and what was just written
    /// has to read the same later.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    pub fn now(&self) -> Timestamp {
        let now = match &self.0 {
            Source::System(pace) => {
                let mut pace = locked(pace);
                let now = Timestamp::now();
                pace.follow(now, Instant::now());
                now
            }
            Source::Manual(shown) => locked(shown).time,
        };
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    /// The last time that the clock was set since it is read here, as of the last [`Clock::now`].
    pub fn last_jump(&self) -> Option<Jump> {
        match &self.0 {
            Source::System(pace) => locked(pace).jump,
            Source::Manual(shown) => locked(shown).jump,
        }
    }

    /// Moves a manual clock, and all its clones, by `step`; it stops at the ends of the
    /// calendar. The system clock ignores it.
    pub fn advance(&self, step: SignedDuration) {
        if let Source::Manual(shown) = &self.0 {
            let mut shown = locked(shown);
            shown.time = shown.time.saturating_add(step).unwrap_or(shown.time);
        }
    }

    /// Sets a manual clock, and all its clones: a jump, no time passes by it. The system clock
    /// ignores it.
    pub fn set(&self, to: Timestamp) {
        if let Source::Manual(shown) = &self.0 {
            let mut shown = locked(shown);
            shown.jump = jump(shown.jump, shown.time, to).or(shown.jump);
            shown.time = to;
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
    fn a_clock_that_is_set_jumps_and_one_that_is_put_right_slowly_does_not() {
        let started = Instant::now();
        let wall = |seconds: f64| {
            Timestamp::UNIX_EPOCH + SignedDuration::try_from_secs_f64(seconds).unwrap()
        };
        let mut pace = Pace::default();
        // It gains half a second a minute, for two hours.
        for minute in 0..120_u32 {
            let passed = Duration::from_mins(u64::from(minute));
            pace.follow(wall(f64::from(minute) * 60.5), started + passed);
        }
        assert_eq!(pace.jump, None);
        let today: Timestamp = "2026-11-21T08:00:00Z".parse().unwrap();
        pace.follow(today, started + Duration::from_hours(2));
        let jump = pace.jump.unwrap();
        assert_eq!((jump.number, jump.at), (1, today));
        pace.follow(today + SignedDuration::from_secs(30), started + Duration::from_secs(7_230));
        assert_eq!(pace.jump, Some(jump));
        pace.follow(wall(60.0), started + Duration::from_secs(7_240));
        let back = pace.jump.unwrap();
        assert_eq!((back.number, back.at), (2, wall(60.0)));
        assert!(back.by.is_negative());
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
