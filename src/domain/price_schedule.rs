//! Prices that are to come: each becomes the product's price at its moment.
//!
//! A product keeps them in the order of their moments. Whoever looks at the clock calls
//! `take_due`; of several that are due the last counts, because the shop was closed while the
//! others did.

use jiff::Timestamp;

use super::invalid::FieldErrors;
use super::money::Money;

/// Most prices to come of one product.
pub const SCHEDULED_PRICES_MAX: usize = 8;

/// A price and the moment from which it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScheduledPrice {
    /// Per piece or per kilogram, as the product's unit says.
    pub price: Money,
    /// From then on, in whole microseconds.
    pub valid_from: Timestamp,
}

/// Checks a product's prices to come. Those that it had `before` may be due meanwhile: an answer
/// can be sent back while its first price takes effect.
pub(super) fn check(
    errors: &mut FieldErrors,
    prices: &[ScheduledPrice],
    before: &[ScheduledPrice],
    now: Timestamp,
) {
    if prices.len() > SCHEDULED_PRICES_MAX {
        errors.push("scheduled_prices", format!("has at most {SCHEDULED_PRICES_MAX} entries"));
        return;
    }
    for (index, scheduled) in prices.iter().enumerate() {
        let field = |member| format!("scheduled_prices[{index}].{member}");
        if !scheduled.price.is_price() {
            errors.push(field("price"), "must not be negative, nor above ten billion");
        }
        if scheduled.valid_from <= now && !before.contains(scheduled) {
            errors.push(field("valid_from"), "has to be in the future");
        }
        let earlier = index.checked_sub(1).and_then(|before| prices.get(before));
        if earlier.is_some_and(|earlier| earlier.valid_from >= scheduled.valid_from) {
            errors.push(field("valid_from"), "has to be later than that of the entry before");
        }
    }
}

/// Takes out the prices whose moment has come; the last of them counts now.
pub(super) fn take_due(prices: &mut Vec<ScheduledPrice>, now: Timestamp) -> Option<Money> {
    let due = prices.partition_point(|scheduled| scheduled.valid_from <= now);
    prices.drain(..due).next_back().map(|scheduled| scheduled.price)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(minor: i64, second: i64) -> ScheduledPrice {
        let valid_from = Timestamp::from_second(second).unwrap();
        ScheduledPrice { price: Money::from_minor(minor), valid_from }
    }

    fn refused(prices: &[ScheduledPrice], before: &[ScheduledPrice], now: i64) -> Vec<String> {
        let mut errors = FieldErrors::new();
        check(&mut errors, prices, before, Timestamp::from_second(now).unwrap());
        errors.iter().map(|error| error.field.clone()).collect()
    }

    #[test]
    fn prices_come_in_order_and_in_the_future() {
        assert!(refused(&[price(1, 10), price(2, 20)], &[], 9).is_empty());
        assert_eq!(refused(&[price(1, 10)], &[], 10), ["scheduled_prices[0].valid_from"]);
        assert!(refused(&[price(1, 10)], &[price(1, 10)], 11).is_empty(), "it was there before");
        let out_of_order = [price(1, 20), price(2, 20), price(3, 10)];
        assert_eq!(
            refused(&out_of_order, &[], 0),
            ["scheduled_prices[1].valid_from", "scheduled_prices[2].valid_from"]
        );
        assert_eq!(refused(&[price(-1, 10)], &[], 0), ["scheduled_prices[0].price"]);
        let many: Vec<_> = (1..=9).map(|second| price(1, second)).collect();
        assert_eq!(refused(&many, &[], 0), ["scheduled_prices"]);
    }

    #[test]
    fn the_last_that_is_due_counts() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut prices = vec![price(1, 10), price(2, 20), price(3, 30)];
        assert_eq!(take_due(&mut prices, at(9)), None);
        assert_eq!(take_due(&mut prices, at(20)), Some(Money::from_minor(2)));
        assert_eq!(prices, [price(3, 30)]);
        assert_eq!(take_due(&mut prices, at(20)), None);
    }
}
