//! When a scale rests: readings come every 100 ms to every minute, with noise, with hands on the
//! trolley and with children in it. A phone that is laid down and taken up again is a step up and
//! a step down, and no news.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use super::real;

/// Readings that are remembered.
const KEPT: usize = 48;
/// Readings of a resting scale differ by no more than this from their mean, in grams.
const REST_G: f64 = 12.0;
/// So many readings in a row make a rest.
const REST_COUNT: u32 = 3;
/// And they span so long.
const REST_SPAN: SignedDuration = SignedDuration::from_secs(2);
/// After so long without a reading what was before says nothing.
const GAP_MAX: SignedDuration = SignedDuration::from_secs(180);
/// How far back motion is looked for.
const MOTION_SPAN: SignedDuration = SignedDuration::from_millis(1_500);

/// The newest readings of one scale.
#[derive(Debug, Clone, Default)]
pub struct Readings(VecDeque<(Timestamp, i64)>);

impl Readings {
    /// Adds a reading. Whether those before it say nothing any more: they are too old, or of a clock
    /// that was set since.
    pub fn push(&mut self, at: Timestamp, grams: i64) -> bool {
        let is_anew =
            self.0.back().is_some_and(|(last, _)| at.duration_since(*last) > GAP_MAX || at < *last);
        if is_anew {
            self.0.clear();
        }
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back((at, grams));
        is_anew
    }

    /// Forgets them: something was put in or taken out.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// What the scale reads at rest: the mean of its last readings, if they agree for long enough.
    pub fn at_rest(&self) -> Option<i64> {
        let (newest, _) = self.0.back()?;
        let (mut sum, mut count) = (0.0, 0_u32);
        let mut oldest = *newest;
        for (at, grams) in self.0.iter().rev() {
            let grams = real(*grams);
            if count > 0 && (grams - sum / f64::from(count)).abs() > REST_G {
                break;
            }
            sum += grams;
            count += 1;
            oldest = *at;
        }
        let is_long_enough = newest.duration_since(oldest) >= REST_SPAN;
        (count >= REST_COUNT && is_long_enough).then(|| super::whole(sum / f64::from(count)))
    }

    /// Whether the scale moved more than once just now: one step is somebody who puts something
    /// in, several are a trolley over a kerb.
    pub fn is_in_motion(&self, now: Timestamp) -> bool {
        let recent =
            self.0.iter().rev().take_while(|(at, _)| now.duration_since(*at) <= MOTION_SPAN);
        let grams: Vec<f64> = recent.map(|(_, grams)| real(*grams)).collect();
        grams.windows(2).filter(|pair| (pair[0] - pair[1]).abs() > REST_G).count() >= 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(millis).unwrap()
    }

    fn of(step_ms: i64, grams: &[i64]) -> Readings {
        let mut readings = Readings::default();
        for (index, grams) in (0..).zip(grams) {
            readings.push(at(index * step_ms), *grams);
        }
        readings
    }

    #[test]
    fn a_scale_rests_when_readings_agree_for_two_seconds() {
        assert_eq!(of(1_000, &[500, 502, 498]).at_rest(), Some(500));
        assert_eq!(of(1_000, &[500, 502]).at_rest(), None, "too few");
        assert_eq!(of(100, &[500; 15]).at_rest(), None, "too short");
        assert_eq!(of(100, &[500; 40]).at_rest(), Some(500));
        assert_eq!(of(1_000, &[500, 500, 500, 680]).at_rest(), None, "just changed");
        assert_eq!(of(1_000, &[500, 540, 580, 620]).at_rest(), None, "drifting");
        assert_eq!(of(200_000, &[500, 500, 500]).at_rest(), None, "too seldom");
        assert_eq!(of(30_000, &[500, 500, 500]).at_rest(), Some(500));
        assert_eq!(Readings::default().at_rest(), None);
    }

    #[test]
    fn one_step_is_no_motion() {
        assert!(!of(100, &[500, 500, 500, 900, 900]).is_in_motion(at(500)));
        assert!(of(100, &[500, 460, 530, 470]).is_in_motion(at(500)));
        assert!(!of(100, &[500, 460, 530, 470]).is_in_motion(at(9_000)));
    }

    #[test]
    fn no_more_are_kept_than_needed() {
        assert_eq!(of(10, &[1; 500]).0.len(), KEPT);
        let mut readings = of(1_000, &[500; 5]);
        readings.push(at(0), 700);
        assert_eq!(readings.0.len(), 1, "a clock that was set back");
        readings.clear();
        assert_eq!(readings.at_rest(), None);
    }
}
