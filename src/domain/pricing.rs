//! What a cart costs: the one pure function that cart view, device reply and checkout share.

use std::collections::BTreeMap;

use super::cart::{Amount, CartLine};
use super::catalog::{Product, TaxRate, Unit};
use super::id::{LineId, ProductId};
use super::money::Money;
use super::settings::TaxMode;

/// Grams of a kilogram; prices of loose goods are per kilogram.
const GRAMS_PER_KG: i64 = 1_000;
/// Hundredths of a percent in the whole.
const BASIS_POINTS: i64 = 10_000;

/// A line with its price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricedLine {
    /// The cart line.
    pub id: LineId,
    /// What.
    pub product_id: ProductId,
    /// The product's SKU at this moment.
    pub sku: String,
    /// The product's name at this moment.
    pub name: String,
    /// Units: pieces, or 1.
    pub quantity: u32,
    /// Grams of a weighed or priced line.
    pub weight_g: Option<u32>,
    /// Per piece or per kilogram.
    pub unit_price: Money,
    /// Taken off the line.
    pub discount: Money,
    /// What the line costs after discount; rounded half up, once.
    pub total: Money,
    /// The tax on it.
    pub tax_rate: TaxRate,
    /// What the line takes from the stock, in pieces or grams.
    pub stock_units: i64,
}

/// What a cart or an order costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Before discount and, where it comes on top, before tax.
    pub subtotal: Money,
    /// Taken off all lines together.
    pub discount: Money,
    /// Contained in the total, or added to it: see [`TaxMode`].
    pub tax: Money,
    /// What is to be paid.
    pub total: Money,
}

/// Prices one line.
pub fn price_line(line: &CartLine, product: &Product) -> PricedLine {
    let (gross, weight_g) = match line.amount {
        Amount::Pieces(quantity) => (product.price.times(i64::from(quantity.value())), None),
        Amount::Weighed(grams) => {
            (product.price.scaled(i64::from(grams.value()), GRAMS_PER_KG), Some(grams.value()))
        }
        Amount::Priced(price) => (price, priced_grams(price, product)),
    };
    let stock_units = match (product.unit, line.amount) {
        (Unit::Each, _) => i64::from(line.amount.units()),
        (Unit::Kg, _) => weight_g.map_or(0, i64::from),
    };
    let discount = Money::ZERO;
    PricedLine {
        id: line.id,
        product_id: product.id,
        sku: product.sku.as_str().to_owned(),
        name: product.name.clone(),
        quantity: line.amount.units(),
        weight_g,
        unit_price: product.price,
        discount,
        total: gross - discount,
        tax_rate: product.tax_rate,
        stock_units,
    }
}

/// The grams that an embedded price stands for: price / price per kilogram.
fn priced_grams(price: Money, product: &Product) -> Option<u32> {
    if product.unit == Unit::Each || product.price <= Money::ZERO {
        return None;
    }
    let grams = price.scaled(GRAMS_PER_KG, product.price.minor()).minor();
    u32::try_from(grams).ok()
}

/// Adds priced lines up. Tax is computed and rounded once per rate, as a receipt shows it.
pub fn totals(lines: &[PricedLine], tax_mode: TaxMode) -> Totals {
    let discount: Money = lines.iter().map(|line| line.discount).sum();
    let net_or_gross: Money = lines.iter().map(|line| line.total).sum();
    let tax: Money = tax_by_rate(lines, tax_mode).values().map(|(_, tax)| *tax).sum();
    let total = match tax_mode {
        TaxMode::Included => net_or_gross,
        TaxMode::Excluded => net_or_gross + tax,
    };
    Totals { subtotal: net_or_gross + discount, discount, tax, total }
}

/// For each tax rate what the lines under it cost (as priced) and the tax on that.
pub fn tax_by_rate(lines: &[PricedLine], tax_mode: TaxMode) -> BTreeMap<TaxRate, (Money, Money)> {
    let mut groups: BTreeMap<TaxRate, (Money, Money)> = BTreeMap::new();
    for line in lines {
        groups.entry(line.tax_rate).or_default().0 += line.total;
    }
    for (rate, (amount, tax)) in &mut groups {
        let rate = i64::from(rate.basis_points());
        *tax = match tax_mode {
            TaxMode::Included => amount.scaled(rate, BASIS_POINTS + rate),
            TaxMode::Excluded => amount.scaled(rate, BASIS_POINTS),
        };
    }
    groups
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::domain::catalog::ProductPatch;
    use crate::domain::quantity::{Grams, Quantity};

    fn product(price: i64, unit: Unit, tax: i64) -> Product {
        let patch = ProductPatch {
            name: Some("Cheese".into()),
            price: Some(Money::from_minor(price)),
            unit: Some(unit),
            tax_rate: Some(TaxRate::from_basis_points(tax).unwrap()),
            ..ProductPatch::default()
        };
        Product::create(ProductId::new(1).unwrap(), &patch, Timestamp::UNIX_EPOCH).unwrap()
    }

    fn line(amount: Amount) -> CartLine {
        CartLine {
            id: LineId::new(1).unwrap(),
            product_id: ProductId::new(1).unwrap(),
            amount,
            uids: Vec::new(),
        }
    }

    #[test]
    fn pieces_weights_and_embedded_prices() {
        let milk = product(129, Unit::Each, 700);
        let three = price_line(&line(Amount::Pieces(Quantity::new(3).unwrap())), &milk);
        assert_eq!((three.total.minor(), three.stock_units, three.weight_g), (387, 3, None));

        let cheese = product(1999, Unit::Kg, 700);
        let weighed = price_line(&line(Amount::Weighed(Grams::new(1500).unwrap())), &cheese);
        assert_eq!((weighed.total.minor(), weighed.stock_units), (2999, 1500));
        let priced = price_line(&line(Amount::Priced(Money::from_minor(1000))), &cheese);
        assert_eq!(
            (priced.total.minor(), priced.stock_units, priced.weight_g),
            (1000, 500, Some(500))
        );
    }

    #[test]
    fn tax_is_contained_or_comes_on_top() {
        let lines = [price_line(
            &line(Amount::Pieces(Quantity::new(1).unwrap())),
            &product(11900, Unit::Each, 1900),
        )];
        let included = totals(&lines, TaxMode::Included);
        assert_eq!((included.tax.minor(), included.total.minor()), (1900, 11900));
        let excluded = totals(&lines, TaxMode::Excluded);
        assert_eq!((excluded.tax.minor(), excluded.total.minor()), (2261, 14161));
    }

    proptest! {
        #[test]
        fn totals_agree_with_their_lines(
            prices in prop::collection::vec((0i64..100_000, 1i64..999, 0i64..3_000), 0..20)
        ) {
            let lines: Vec<_> = prices
                .iter()
                .map(|(price, count, tax)| price_line(
                    &line(Amount::Pieces(Quantity::new(*count).unwrap())),
                    &product(*price, Unit::Each, *tax),
                ))
                .collect();
            let sum: i64 = lines.iter().map(|line| line.total.minor()).sum();
            for mode in [TaxMode::Included, TaxMode::Excluded] {
                let totals = totals(&lines, mode);
                prop_assert_eq!(totals.subtotal.minor(), sum);
                prop_assert!(totals.tax.minor() >= 0);
                prop_assert!(totals.tax <= totals.total);
                let on_top = if mode == TaxMode::Excluded { totals.tax } else { Money::ZERO };
                prop_assert_eq!(totals.total, totals.subtotal - totals.discount + on_top);
            }
        }
    }
}
