//! What the scale of a trolley says about its list: whether a scan fits what the scale gained,
//! what else explains the difference, and how sure that is.
//!
//! Three layers, each pure. [`learned`]: what a piece of a product weighs, from accepted scans.
//! [`judge`]: explanations of one change are weighed against each other by their likelihoods, and
//! when none stands out there is no verdict. [`scale`]: what one trolley's scale read when it last
//! agreed with the list, and what has changed since. [`readings`] tells when a scale rests.
//!
//! A verdict is about weights, never about people: an item is accepted whatever comes out.

pub mod judge;
pub mod learned;
pub mod readings;
pub mod scale;

#[cfg(test)]
mod simulated;

/// Standard deviation of one reading of a resting scale, in grams.
pub const NOISE_G: f64 = 3.0;
/// Readings outside this range are none, in grams: below it a scale is not set to zero.
pub const READING_RANGE_G: std::ops::RangeInclusive<i64> = -50..=300_000;

/// What the owner finds tolerable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeightRules {
    /// Whether scales are compared with lists at all.
    pub is_on: bool,
    /// Differences up to this many grams are none.
    pub tolerance_g: u32,
    /// Nor are those up to this share of a weight that is printed and not yet learned, in percent.
    pub tolerance_percent: u32,
}

impl Default for WeightRules {
    fn default() -> Self {
        Self { is_on: true, tolerance_g: 20, tolerance_percent: 5 }
    }
}

/// A reading as a device sent it, in grams; `None` for what no scale can read.
pub fn plausible_g(reading_g: i64) -> Option<i64> {
    READING_RANGE_G.contains(&reading_g).then_some(reading_g)
}

/// The nearest whole number of something that lies within [`READING_RANGE_G`] or its differences.
pub(crate) fn whole(grams: f64) -> i64 {
    let bounded = grams.clamp(-1e6, 1e6).round();
    #[expect(clippy::cast_possible_truncation, reason = "bounded and whole; NaN becomes 0")]
    let whole = bounded as i64;
    whole
}

/// Grams as a number to reckon with: exact below 2^53.
#[expect(clippy::cast_precision_loss, reason = "weights are far below 2^53 grams")]
pub(crate) fn real(grams: i64) -> f64 {
    grams as f64
}
