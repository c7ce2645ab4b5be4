//! Bands of prices for a facet: round bounds, so that about as many products are in each.
//!
//! Each price belongs to a step of a fixed scale of round numbers (1, 1.5, 2, 3, 4, 5, 7.5 and
//! powers of ten of them), which is known with the product. A search counts steps and joins
//! neighbours: it never looks at a price.

use crate::domain::money::{MONEY_MAX_MINOR, Money};

/// Most bands.
const BANDS_MAX: usize = 6;
/// How many steps there are.
pub(super) const STEPS: usize = 84;
/// The lowest price of each step, in minor units; the first is free of charge.
const BOUNDS: [i64; STEPS] = bounds();

/// Products of about one price. Both ends belong to it: as `min_price` and `max_price` they find
/// the same products.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceBand {
    /// The lowest price.
    pub from: Money,
    /// The highest price.
    pub to: Money,
    /// How many products.
    pub count: usize,
}

const fn bounds() -> [i64; STEPS] {
    let mut bounds = [0; STEPS];
    let (small, scale) = ([1, 2, 3, 4, 5, 7], [10, 15, 20, 30, 40, 50, 75]);
    let mut at = 0;
    while at < small.len() {
        bounds[at + 1] = small[at];
        at += 1;
    }
    let (mut step, mut power) = (at + 1, 1);
    while step < STEPS {
        let place = (step - at - 1) % scale.len();
        bounds[step] = scale[place] * power;
        if place + 1 == scale.len() {
            power *= 10;
        }
        step += 1;
    }
    bounds
}

/// The step of a price.
pub(super) fn step(price: Money) -> u8 {
    let above = BOUNDS.partition_point(|bound| *bound <= price.minor());
    u8::try_from(above.saturating_sub(1)).expect("there are fewer steps than 256")
}

/// The bands of what was counted by steps, the cheapest first; none of them is empty.
pub(super) fn bands(counts: &[u32; STEPS]) -> Vec<PriceBand> {
    let total: usize = counts.iter().map(|count| size(*count)).sum();
    let Some(last) = counts.iter().rposition(|count| *count > 0) else { return Vec::new() };
    let mut bands = Vec::with_capacity(BANDS_MAX);
    let (mut left, mut first, mut count) = (total, None, 0);
    for (step, counted) in counts.iter().enumerate().take(last + 1) {
        if *counted == 0 {
            continue;
        }
        let begun = *first.get_or_insert(step);
        count += size(*counted);
        let bands_left = BANDS_MAX - bands.len();
        if step == last || (bands_left > 1 && count >= left.div_ceil(bands_left)) {
            let bound = |step: usize| BOUNDS.get(step).copied().unwrap_or(MONEY_MAX_MINOR + 1);
            let (from, to) =
                (Money::from_minor(bound(begun)), Money::from_minor(bound(step + 1) - 1));
            bands.push(PriceBand { from, to, count });
            left -= count;
            (first, count) = (None, 0);
        }
    }
    bands
}

fn size(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(prices: &[i64]) -> Vec<(i64, i64, usize)> {
        let mut counts = [0; STEPS];
        for price in prices {
            counts[usize::from(step(Money::from_minor(*price)))] += 1;
        }
        let bands = bands(&counts);
        bands.iter().map(|band| (band.from.minor(), band.to.minor(), band.count)).collect()
    }

    #[test]
    fn steps_rise_and_hold_every_price() {
        assert!(BOUNDS.is_sorted_by(|a, b| a < b), "{BOUNDS:?}");
        assert!(BOUNDS[STEPS - 1] > MONEY_MAX_MINOR / 100);
        for (price, lowest) in [(0, 0), (1, 1), (99, 75), (100, 100), (149, 100), (1_999, 1_500)] {
            assert_eq!(BOUNDS[usize::from(step(Money::from_minor(price)))], lowest, "{price}");
        }
        assert_eq!(usize::from(step(Money::from_minor(i64::MAX))), STEPS - 1);
        assert_eq!(step(Money::from_minor(-1)), 0);
    }

    #[test]
    fn bands_are_round_and_even() {
        assert!(of(&[]).is_empty());
        assert_eq!(of(&[129]), [(100, 149, 1)]);
        assert_eq!(of(&[129, 149, 2_000]), [(100, 149, 2), (2_000, 2_999, 1)]);
        let prices: Vec<i64> = (0..600).map(|n| 50 + n * 2).collect();
        let bands = of(&prices);
        assert!((5..=6).contains(&bands.len()), "{bands:?}");
        assert_eq!(bands.iter().map(|band| band.2).sum::<usize>(), 600);
        for (from, to, count) in &bands {
            let inside = prices.iter().filter(|price| (from..=to).contains(price)).count();
            assert_eq!(inside, *count, "both ends belong to {from}..={to}");
        }
        assert!(bands.windows(2).all(|pair| pair[0].1 < pair[1].0));
    }
}
