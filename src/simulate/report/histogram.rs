//! Times in buckets that grow with them: 64 for each doubling, so that a percentile is at most
//! 1.6 % too high, in 20 KiB however long it runs.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Up to here each microsecond has a bucket of its own.
const FINE: u64 = 128;
/// Buckets of each doubling above.
const EACH: u64 = 64;
/// Doublings above: the last bucket ends at 25 days.
const DOUBLINGS: u64 = 34;
/// All of them.
const BUCKETS: usize = 128 + 64 * 34;

#[derive(Debug)]
pub(super) struct Histogram {
    buckets: Vec<AtomicU64>,
    longest_us: AtomicU64,
}

impl Default for Histogram {
    fn default() -> Self {
        let buckets = (0..BUCKETS).map(|_| AtomicU64::new(0)).collect();
        Self { buckets, longest_us: AtomicU64::new(0) }
    }
}

impl Histogram {
    pub(super) fn note(&self, time: Duration) {
        let us = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.buckets[bucket(us)].fetch_add(1, Ordering::Relaxed);
        self.longest_us.fetch_max(us, Ordering::Relaxed);
    }

    /// So many of a thousand took at most this long; 0 without any.
    pub(super) fn percentile(&self, per_thousand: u64) -> Duration {
        let counts: Vec<u64> = self.buckets.iter().map(|it| it.load(Ordering::Relaxed)).collect();
        let all: u64 = counts.iter().sum();
        let rank = (all * per_thousand).div_ceil(1_000);
        let mut seen = 0;
        for (index, count) in counts.iter().enumerate() {
            seen += count;
            if *count > 0 && seen >= rank {
                let end = Duration::from_micros(end_us(index));
                return end.min(self.longest());
            }
        }
        Duration::ZERO
    }

    pub(super) fn longest(&self) -> Duration {
        Duration::from_micros(self.longest_us.load(Ordering::Relaxed))
    }
}

/// The bucket of a time.
fn bucket(us: u64) -> usize {
    let index = if us < FINE {
        us
    } else {
        let doubling = u64::from(us.ilog2()) - u64::from(FINE.ilog2());
        let within = (us >> (doubling + 1)) - EACH;
        FINE + doubling.min(DOUBLINGS) * EACH + within
    };
    usize::try_from(index).unwrap_or(usize::MAX).min(BUCKETS - 1)
}

/// The longest time of a bucket.
fn end_us(bucket: usize) -> u64 {
    let index = u64::try_from(bucket).unwrap_or(0);
    if index < FINE {
        return index;
    }
    let (doubling, within) = ((index - FINE) / EACH, (index - FINE) % EACH);
    ((EACH + within + 1) << (doubling + 1)) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_follow_each_other_without_a_hole() {
        for us in (0..70_000).chain([1 << 30, (1 << 30) + 1, 1 << 40]) {
            let (own, end) = (bucket(us), end_us(bucket(us)));
            assert!(us <= end, "{us} is in bucket {own}, which ends at {end}");
            assert!(end - us <= us / 64, "{us}: {end} is too coarse");
            assert_eq!(bucket(end), own);
            assert_eq!(bucket(end + 1), own + 1);
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn percentiles_are_those_of_the_sorted_list() {
        let histogram = Histogram::default();
        assert_eq!(histogram.percentile(500), Duration::ZERO);
        for ms in 1..=1_000 {
            histogram.note(Duration::from_millis(ms));
        }
        for (per_thousand, ms) in [(1, 1), (500, 500), (950, 950), (990, 990), (1_000, 1_000)] {
            let exact = Duration::from_millis(ms);
            let told = histogram.percentile(per_thousand);
            assert!(told >= exact && told <= exact.mul_f64(1.016), "{per_thousand}: {told:?}");
        }
        assert_eq!(histogram.longest(), Duration::from_secs(1));
        let few = Histogram::default();
        few.note(Duration::from_micros(10));
        few.note(Duration::from_secs(3));
        assert_eq!(few.percentile(500), Duration::from_micros(10));
        assert_eq!(few.percentile(990), Duration::from_secs(3));
    }
}
