//! What should be in a cart: the effects of all acknowledged events, each once.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

/// What an event does to the units of its product, once it is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// So many more.
    Add(u32),
    /// So many fewer, none at least.
    Remove(u32),
    /// So many from now on.
    Set(u32),
    /// It is nonsense and will be refused.
    Nothing,
    /// The cart becomes an order.
    Checkout,
}

impl Effect {
    /// How many units there are after it.
    const fn after(self, units: u32) -> u32 {
        match self {
            Self::Add(more) => units.saturating_add(more),
            Self::Remove(fewer) => units.saturating_sub(fewer),
            Self::Set(units) => units,
            Self::Nothing => units,
            Self::Checkout => 0,
        }
    }
}

/// A product and what happened to it.
pub(super) type Change = (u64, Effect);

/// Units by product; no product has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Basket(BTreeMap<u64, u32>);

impl Basket {
    pub(super) fn apply(&mut self, (product, effect): Change) {
        if effect == Effect::Checkout {
            self.0.clear();
            return;
        }
        let units = effect.after(self.units(product));
        if units == 0 {
            self.0.remove(&product);
        } else {
            self.0.insert(product, units);
        }
    }

    pub(super) fn units(&self, product: u64) -> u32 {
        self.0.get(&product).copied().unwrap_or(0)
    }

    /// How many products are in it.
    pub(super) fn products(&self) -> usize {
        self.0.len()
    }

    /// The product at this place.
    pub(super) fn product(&self, index: usize) -> Option<u64> {
        self.0.keys().nth(index).copied()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, u32)> {
        self.0.iter().map(|(product, units)| (*product, *units))
    }
}

impl FromIterator<(u64, u32)> for Basket {
    /// Several lines of a product add up.
    fn from_iter<T: IntoIterator<Item = (u64, u32)>>(lines: T) -> Self {
        let mut basket = Self::default();
        for (product, units) in lines {
            basket.apply((product, Effect::Add(units)));
        }
        basket
    }
}

/// A product of which a cart holds another number of units than it should.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The trolley.
    pub device_id: u64,
    /// Its name.
    pub cart: String,
    /// The product.
    pub product_id: u64,
    /// What it is called.
    pub product: String,
    /// How many units there may be: one number, unless events of a dead cart were never answered.
    pub expected: Vec<u32>,
    /// How many there are.
    pub found: u32,
}

/// Compares what was found with what was acknowledged. `unknown` are events that were sent and
/// never answered: each may have happened or not, in this order. Of a product that they do not
/// touch exactly one number of units is right.
pub(super) fn differences(
    known: &Basket,
    unknown: &[Change],
    found: &Basket,
) -> Vec<(u64, Vec<u32>, u32)> {
    let mut possible: BTreeMap<u64, BTreeSet<u32>> =
        known.iter().map(|(product, units)| (product, BTreeSet::from([units]))).collect();
    for (product, _) in found.iter() {
        possible.entry(product).or_insert_with(|| BTreeSet::from([0]));
    }
    for (product, effect) in unknown {
        let touched: Vec<u64> = if *effect == Effect::Checkout {
            possible.keys().copied().collect()
        } else {
            vec![*product]
        };
        for product in touched {
            let units = possible.entry(product).or_insert_with(|| BTreeSet::from([0]));
            let after: Vec<u32> = units.iter().map(|units| effect.after(*units)).collect();
            units.extend(after);
        }
    }
    let wrong = possible.into_iter().filter_map(|(product, expected)| {
        let there = found.units(product);
        let is_right = expected.contains(&there);
        (!is_right).then(|| (product, expected.into_iter().collect(), there))
    });
    wrong.collect()
}

#[cfg(test)]
mod tests {
    use super::Effect::{Add, Checkout, Nothing, Remove, Set};
    use super::*;

    fn after(changes: &[Change]) -> Basket {
        let mut basket = Basket::default();
        for change in changes {
            basket.apply(*change);
        }
        basket
    }

    #[test]
    fn a_basket_holds_the_effects_of_its_events() {
        let basket = after(&[(1, Add(2)), (2, Add(1)), (1, Remove(1)), (3, Set(5)), (4, Nothing)]);
        assert_eq!(basket.iter().collect::<Vec<_>>(), [(1, 1), (2, 1), (3, 5)]);
        assert_eq!(after(&[(1, Add(2)), (1, Remove(9))]), Basket::default());
        assert_eq!(after(&[(1, Add(2)), (1, Set(0))]).products(), 0);
        assert_eq!(after(&[(1, Add(2)), (2, Add(3)), (0, Checkout)]), Basket::default());
        assert_eq!([(1, 1), (2, 1), (1, 1)].into_iter().collect::<Basket>().units(1), 2);
        assert_eq!((basket.product(1), basket.product(3)), (Some(2), None));
    }

    #[test]
    fn one_lost_or_doubled_unit_is_a_difference() {
        let known = after(&[(1, Add(2)), (2, Add(1))]);
        assert_eq!(differences(&known, &[], &known), []);
        let lost = after(&[(1, Add(2))]);
        assert_eq!(differences(&known, &[], &lost), [(2, vec![1], 0)]);
        let doubled = after(&[(1, Add(2)), (2, Add(2))]);
        assert_eq!(differences(&known, &[], &doubled), [(2, vec![1], 2)]);
        let foreign = after(&[(1, Add(2)), (2, Add(1)), (7, Add(1))]);
        assert_eq!(differences(&known, &[], &foreign), [(7, vec![0], 1)]);
    }

    #[test]
    fn what_was_never_answered_is_in_or_not_and_nothing_else() {
        let known = after(&[(1, Add(2))]);
        let unknown = [(1, Add(1)), (1, Add(3)), (5, Add(1))];
        for units in [2, 3, 5, 6] {
            assert_eq!(differences(&known, &unknown, &after(&[(1, Add(units))])), [], "{units}");
        }
        assert_eq!(
            differences(&known, &unknown, &after(&[(1, Add(4))])),
            [(1, vec![2, 3, 5, 6], 4)]
        );
        // An answered event cannot be missing, whatever else is open.
        assert_eq!(differences(&known, &unknown, &after(&[(1, Add(1))])).len(), 1);
        assert_eq!(
            differences(&known, &unknown, &after(&[(1, Add(2)), (5, Add(2))])),
            [(5, vec![0, 1], 2)]
        );
    }

    #[test]
    fn an_unanswered_checkout_took_all_or_nothing() {
        let known = after(&[(1, Add(2)), (2, Add(1))]);
        let unknown = [(0, Checkout)];
        assert_eq!(differences(&known, &unknown, &known), []);
        assert_eq!(differences(&known, &unknown, &Basket::default()), []);
        assert_eq!(differences(&known, &unknown, &after(&[(1, Add(1))])).len(), 1);
    }
}
