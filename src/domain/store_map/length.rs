//! Lengths inside the program: whole ticks of 0.1 mm.
//!
//! Sums of floats depend on their order, so two routes over the same edges could differ in the
//! last digit and "proven equal to the bound" would mean nothing. Every length is rounded once,
//! here, when it comes in, and turned back into metres once, here, when it goes out.

/// A length in units of 0.1 mm. Signed, so that differences need no care.
pub type Ticks = i64;

/// Ticks in one metre.
pub const TICKS_PER_METRE: Ticks = 10_000;

/// Longest length that converts, in metres: far beyond any store, far below 2^53 ticks.
const MAX_METRES: f64 = 100_000_000.0;

/// Rounds metres to ticks, half away from zero. `None` for NaN, infinities, negative lengths and
/// lengths beyond 100,000 km.
pub fn ticks_from_metres(metres: f64) -> Option<Ticks> {
    if !(0.0..=MAX_METRES).contains(&metres) {
        return None;
    }
    Some(rounded(metres * 10_000.0))
}

/// The same length in metres: the double nearest to the exact decimal.
pub fn metres_from_ticks(ticks: Ticks) -> f64 {
    exact(ticks) / 10_000.0
}

/// `fraction` (0 to 1) of `whole`, rounded; never outside `0..=whole`.
pub fn fraction_of(whole: Ticks, fraction: f64) -> Ticks {
    // Not by way of metres, which would round twice.
    rounded(exact(whole) * fraction.clamp(0.0, 1.0)).min(whole)
}

/// `part / whole` as a number from 0 to 1; 0 when `whole` is 0.
pub fn share(part: Ticks, whole: Ticks) -> f64 {
    if whole == 0 { 0.0 } else { exact(part) / exact(whole) }
}

/// The way in, for numbers that are known to be small enough.
fn rounded(ticks: f64) -> Ticks {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a whole number of at most 1e12, checked by whoever took the length in"
    )]
    let whole = ticks.round() as Ticks;
    whole
}

/// The way out.
fn exact(ticks: Ticks) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "lengths stay below 2^53 ticks, which is 900 million kilometres"
    )]
    let exact = ticks as f64;
    exact
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metres_round_to_a_tenth_of_a_millimetre() {
        assert_eq!(ticks_from_metres(0.0), Some(0));
        assert_eq!(ticks_from_metres(1.2), Some(12_000));
        assert_eq!(ticks_from_metres(0.000_04), Some(0));
        assert_eq!(ticks_from_metres(0.000_06), Some(1));
        assert_eq!(ticks_from_metres(2.0_f64.sqrt()), Some(14_142));
    }

    #[test]
    fn numbers_that_are_no_length_are_refused() {
        for metres in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.1, 1e300] {
            assert_eq!(ticks_from_metres(metres), None);
        }
    }

    #[test]
    fn every_tick_count_survives_the_way_out_and_in() {
        for ticks in (0..2_000_000).step_by(7) {
            assert_eq!(ticks_from_metres(metres_from_ticks(ticks)), Some(ticks));
        }
    }

    #[test]
    fn fractions_stay_inside() {
        assert_eq!(fraction_of(3, 0.5), 2);
        assert_eq!(fraction_of(10, 7.0), 10);
        assert_eq!(fraction_of(10, -1.0), 0);
        assert!(share(1, 0).abs() < f64::EPSILON);
    }
}
