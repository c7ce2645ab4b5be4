//! Reproducible randomness: xoshiro256** seeded by `SplitMix64`, both by Sebastiano Vigna and in the
//! public domain (<https://prng.di.unimi.it>). Fit for simulations, not for keys.

use super::chaos::Share;

/// A stream of numbers that its seed decides.
#[derive(Debug, Clone)]
pub(super) struct Random {
    state: [u64; 4],
}

/// The next number of `SplitMix64`.
const fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Random {
    /// Stream number `stream` of a seed; streams know nothing of each other.
    pub(super) const fn new(seed: u64, stream: u64) -> Self {
        let mut of_stream = stream;
        let mut state = seed ^ split_mix(&mut of_stream);
        let words = [
            split_mix(&mut state),
            split_mix(&mut state),
            split_mix(&mut state),
            split_mix(&mut state),
        ];
        Self { state: words }
    }

    /// Any number.
    pub(super) const fn next(&mut self) -> u64 {
        let s = &mut self.state;
        let result = s[1].wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// A number below `end`, 0 if there is none. The favour for small numbers, about `end` in 2^32,
    /// shows in no simulation.
    pub(super) fn below(&mut self, end: u32) -> u32 {
        let wide = (self.next() >> 32) * u64::from(end);
        u32::try_from(wide >> 32).unwrap_or(0)
    }

    /// A place in a list of this length; 0 for an empty one.
    pub(super) fn index(&mut self, length: usize) -> usize {
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        usize::try_from(self.below(length)).unwrap_or(0)
    }

    /// At least 0, below 1.
    pub(super) fn unit(&mut self) -> f64 {
        f64::from(self.below(u32::MAX)) / f64::from(u32::MAX)
    }

    /// Whether it happens this time.
    pub(super) fn happens(&mut self, share: Share) -> bool {
        self.below(Share::WHOLE) < share.parts()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_decides_and_streams_differ() {
        let numbers = |seed, stream| {
            let mut random = Random::new(seed, stream);
            (0..8).map(|_| random.next()).collect::<Vec<_>>()
        };
        assert_eq!(numbers(7, 1), numbers(7, 1));
        assert_ne!(numbers(7, 1), numbers(7, 2));
        assert_ne!(numbers(7, 1), numbers(8, 1));
    }

    #[test]
    fn the_generators_are_the_published_ones() {
        // The first numbers of the authors' programs.
        let mut state = 1_234_567;
        assert_eq!(split_mix(&mut state), 6_457_827_717_110_365_317);
        assert_eq!(split_mix(&mut state), 3_203_168_211_198_807_973);
        let mut random = Random { state: [1, 2, 3, 4] };
        let first: Vec<u64> = (0..4).map(|_| random.next()).collect();
        assert_eq!(first, [11_520, 0, 1_509_978_240, 1_215_971_899_390_074_240]);
    }

    #[test]
    fn numbers_stay_below_their_end_and_reach_all_below_it() {
        let mut random = Random::new(1, 0);
        let mut seen = [0; 10];
        for _ in 0..10_000 {
            seen[random.index(10)] += 1;
        }
        assert!(seen.iter().all(|count| (850..1_150).contains(count)), "{seen:?}");
        assert_eq!((random.below(0), random.below(1), random.index(0)), (0, 0, 0));
        assert!((0..1_000).all(|_| (0.0..1.0).contains(&random.unit())));
    }
}
