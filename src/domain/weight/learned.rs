//! What a piece of a product weighs, learned from accepted scans by Welford's method (Technometrics
//! 4, 1962): count, mean and sum of squared deviations, one value at a time and numerically stable.
//!
//! A value far from what is known is not learned, so that a swap teaches nothing. When such values
//! agree among themselves over several carts, the product has another packaging and starts anew.

use super::NOISE_G;

/// Scans from which a product counts as learned.
pub const LEARNED_MIN: u32 = 3;
/// Weight of the past, in scans: later ones count as if there had been no more before.
const COUNT_MAX: u32 = 400;
/// A value counts when it lies within so many standard deviations.
const GATE: f64 = 4.0;
/// The least deviation that keeps a value out, in grams.
const GATE_MIN_G: f64 = 15.0;
/// So many values that agree with each other and not with what is known replace it.
const RIVALS_MIN: u32 = 8;
/// What a piece may weigh, in grams.
const PIECE_RANGE_G: std::ops::RangeInclusive<f64> = 2.0..=60_000.0;
/// Variance that is assumed before there are values, in grams squared, and how many values it is
/// worth.
const PRIOR_VARIANCE: f64 = 16.0;
const PRIOR_WORTH: f64 = 2.0;

/// The state of learning one product's weight.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LearnedWeight {
    /// Values behind it.
    pub count: u32,
    /// Their mean, in grams.
    pub mean_g: f64,
    /// The sum of their squared deviations from it.
    pub m2: f64,
    /// Values since that agree with each other, but not with the mean.
    pub rivals: u32,
    /// Their mean, in grams.
    pub rival_mean_g: f64,
    /// The cart that the last of them came from: one cart counts once.
    pub rival_cart: u64,
}

/// What a piece of a product is believed to weigh.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Belief {
    /// In grams.
    pub mean_g: f64,
    /// How much pieces differ: a standard deviation in grams.
    pub spread_g: f64,
    /// How far off the mean itself may be.
    pub error_g: f64,
    /// Whether it comes from scans, not from a label.
    pub is_learned: bool,
}

impl LearnedWeight {
    /// What this and the catalogue say together: scans once there are enough, else the label.
    pub fn belief(&self, label_g: Option<u32>) -> Option<Belief> {
        if self.count >= LEARNED_MIN {
            let count = f64::from(self.count);
            let variance = (self.m2 + PRIOR_WORTH * PRIOR_VARIANCE) / (count - 1.0 + PRIOR_WORTH);
            let (spread_g, error_g) = (variance.sqrt(), (variance / count).sqrt());
            return Some(Belief { mean_g: self.mean_g, spread_g, error_g, is_learned: true });
        }
        label_g.filter(|label| *label > 0).map(|label| {
            let mean_g = f64::from(label);
            // A label says what is inside, or is rounded: off by about 3 %.
            Belief { mean_g, spread_g: 4.0, error_g: (0.03 * mean_g).max(4.0), is_learned: false }
        })
    }

    /// Learns from one piece that weighed this much; whether anything was learned.
    pub fn observe(&mut self, grams: f64, label_g: Option<u32>, cart: u64) -> bool {
        if !PIECE_RANGE_G.contains(&grams) {
            return false;
        }
        let fits = match self.count {
            // A label is of the contents, and glass weighs as much again.
            0 => label_g.is_none_or(|label| {
                let label = f64::from(label);
                (label - 30.0).min(0.7 * label) <= grams && grams <= (2.2 * label).max(label + 60.0)
            }),
            _ => (grams - self.mean_g).abs() <= self.gate_g(),
        };
        if fits {
            self.add(grams);
            self.rivals = 0;
            return true;
        }
        self.rival(grams, cart);
        true
    }

    fn gate_g(&self) -> f64 {
        match self.count {
            count if count < LEARNED_MIN => (0.1 * self.mean_g).max(20.0),
            count => {
                let belief_variance = (self.m2 + PRIOR_WORTH * PRIOR_VARIANCE)
                    / (f64::from(count) - 1.0 + PRIOR_WORTH);
                (GATE * (belief_variance + 2.0 * NOISE_G * NOISE_G).sqrt()).max(GATE_MIN_G)
            }
        }
    }

    fn add(&mut self, grams: f64) {
        if self.count >= COUNT_MAX {
            self.m2 *= f64::from(COUNT_MAX - 1) / f64::from(COUNT_MAX);
            self.count = COUNT_MAX - 1;
        }
        self.count += 1;
        let before = grams - self.mean_g;
        self.mean_g += before / f64::from(self.count);
        self.m2 += before * (grams - self.mean_g);
    }

    fn rival(&mut self, grams: f64, cart: u64) {
        let agrees = (grams - self.rival_mean_g).abs() <= (0.05 * grams).max(15.0);
        if self.rivals == 0 || !agrees {
            (self.rivals, self.rival_mean_g, self.rival_cart) = (1, grams, cart);
            return;
        }
        if self.rival_cart == cart {
            return;
        }
        self.rivals += 1;
        self.rival_mean_g += (grams - self.rival_mean_g) / f64::from(self.rivals);
        self.rival_cart = cart;
        let wanted = if self.count < LEARNED_MIN { self.count + 2 } else { RIVALS_MIN };
        if self.rivals >= wanted {
            let (count, mean_g) = (self.rivals, self.rival_mean_g);
            let m2 = f64::from(count - 1) * (PRIOR_VARIANCE + NOISE_G * NOISE_G);
            *self = Self { count, mean_g, m2, ..Self::default() };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taught(values: &[f64]) -> LearnedWeight {
        let mut weight = LearnedWeight::default();
        for (cart, value) in (1..).zip(values) {
            weight.observe(*value, None, cart);
        }
        weight
    }

    #[test]
    fn welford_gives_mean_and_variance() {
        let values = [1028.0, 1031.0, 1030.0, 1027.0, 1034.0];
        let weight = taught(&values);
        assert_eq!(weight.count, 5);
        assert!((weight.mean_g - 1030.0).abs() < 1e-9);
        assert!((weight.m2 - 30.0).abs() < 1e-9);
        let belief = weight.belief(Some(1)).unwrap();
        assert!(belief.is_learned && belief.spread_g > 2.0 && belief.spread_g < 5.0, "{belief:?}");
    }

    #[test]
    fn a_label_counts_until_there_are_scans() {
        assert_eq!(LearnedWeight::default().belief(None), None);
        assert_eq!(LearnedWeight::default().belief(Some(0)), None);
        let label = taught(&[520.0]).belief(Some(500)).unwrap();
        assert!(!label.is_learned && (label.mean_g - 500.0).abs() < 1e-9);
        let learned = taught(&[520.0, 521.0, 519.0]).belief(Some(500)).unwrap();
        assert!(learned.is_learned && (learned.mean_g - 520.0).abs() < 1e-9);
    }

    #[test]
    fn what_is_far_off_teaches_nothing_unless_many_carts_say_it() {
        let mut weight = taught(&[500.0, 501.0, 499.0, 500.0]);
        for cart in 0..3 {
            assert!(weight.observe(750.0, None, cart));
        }
        assert!((weight.mean_g - 500.0).abs() < 1.0 && weight.count == 4);
        // One cart alone can repeat it as often as it likes.
        let mut same = weight;
        for _ in 0..50 {
            same.observe(751.0, None, 2);
        }
        assert!((same.mean_g - 500.0).abs() < 1.0, "{same:?}");
        for cart in 10..20 {
            weight.observe(752.0, None, cart);
        }
        assert!((weight.mean_g - 752.0).abs() < 2.0, "{weight:?}");
        // A right one in between begins the count again.
        let mut mixed = taught(&[500.0, 501.0, 499.0, 500.0]);
        for cart in 0..60 {
            mixed.observe(if cart % 5 == 0 { 500.0 } else { 700.0 }, None, cart);
        }
        assert!((mixed.mean_g - 500.0).abs() < 1.0, "{mixed:?}");
    }

    #[test]
    fn a_first_value_may_not_belie_the_label_and_nonsense_is_nothing() {
        let mut weight = LearnedWeight::default();
        weight.observe(5_000.0, Some(500), 1);
        assert_eq!(weight.count, 0);
        weight.observe(910.0, Some(500), 1);
        assert_eq!(weight.count, 1, "in glass");
        for nonsense in [f64::NAN, f64::INFINITY, -5.0, 0.0, 1e9] {
            assert!(!weight.observe(nonsense, None, 1));
        }
        assert_eq!(weight.count, 1);
    }

    #[test]
    fn a_wrong_beginning_is_overcome() {
        let mut weight = taught(&[300.0, 1030.0, 1031.0, 1029.0, 1030.0, 1030.0]);
        weight.observe(1030.0, None, 9);
        assert!((weight.mean_g - 1030.0).abs() < 2.0, "{weight:?}");
    }

    #[test]
    fn the_past_does_not_weigh_for_ever() {
        let mut weight = LearnedWeight::default();
        for cart in 0_u32..5_000 {
            weight.observe(500.0 + f64::from(cart % 3), None, cart.into());
        }
        for cart in 0_u32..2_000 {
            weight.observe(508.0 + f64::from(cart % 3), None, cart.into());
        }
        assert!((weight.mean_g - 509.0).abs() < 1.0 && weight.count <= COUNT_MAX, "{weight:?}");
    }
}
