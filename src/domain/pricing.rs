//! What a cart costs: the one pure function that cart view, device reply and checkout share.
//!
//! A line gets the one promotion that leaves the least to pay; of several that leave the same, the
//! oldest (the lowest id). What is to be paid is rounded half up once for each line, and never
//! below zero. How each kind of line takes a discount:
//!
//! | line | percent | amount off each unit |
//! |---|---|---|
//! | pieces | of the price | off each piece |
//! | weighed | of the price | off each kilogram, times the weight |
//! | embedded price, by weight | of that price | off each kilogram that it stands for; none where the product has no price |
//! | embedded price, by the piece | of that price | off the one piece |

use std::collections::BTreeMap;

use super::cart::{Amount, CartLine};
use super::catalog::{Product, TaxRate, Unit};
use super::id::{LineId, ProductId, PromotionId};
use super::money::Money;
use super::promotions::Discount;
use super::promotions::running::{Deal, Running};
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
    /// What took it off; their amounts add up to the discount.
    pub promotions: Vec<AppliedPromotion>,
    /// What the line costs after discount; rounded half up, once.
    pub total: Money,
    /// The tax on it.
    pub tax_rate: TaxRate,
    /// What the line takes from the stock, in pieces or grams.
    pub stock_units: i64,
    /// The youngest age that may buy it, in years, at this moment.
    pub min_age: Option<u8>,
    /// The line whose deposit this is: see [`super::deposits`].
    pub deposit_of: Option<LineId>,
}

/// A promotion that made a line cheaper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedPromotion {
    /// Which.
    pub id: PromotionId,
    /// Its name at this moment.
    pub name: String,
    /// What it took off.
    pub amount: Money,
}

/// What one unit of a product costs while a promotion runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Per piece or per kilogram; below the product's price.
    pub price: Money,
    /// The promotion's name.
    pub name: String,
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

/// Prices one line with the promotions that run.
pub fn price_line(line: &CartLine, product: &Product, running: &Running) -> PricedLine {
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
    let deals = own_deals(product, running).chain(running.of_every_line());
    let best = best(deals, gross, |discount| reduced(discount, line.amount, product));
    let total = best.map_or(gross, |(total, _)| total);
    let promotions = best.map(|(total, deal)| AppliedPromotion {
        id: deal.id,
        name: deal.name.clone(),
        amount: gross - total,
    });
    PricedLine {
        id: line.id,
        product_id: product.id,
        sku: product.sku.as_str().to_owned(),
        name: product.name.clone(),
        quantity: line.amount.units(),
        weight_g,
        unit_price: product.price,
        discount: gross - total,
        promotions: promotions.into_iter().collect(),
        total,
        tax_rate: product.tax_rate,
        stock_units,
        min_age: product.min_age,
        deposit_of: None,
    }
}

/// The best offer of a product by itself: promotions of whole carts are none of a product.
pub fn offer(product: &Product, running: &Running) -> Option<Offer> {
    let of_unit = |discount: Discount| discount.of_unit(product.price);
    let (price, deal) = best(own_deals(product, running), product.price, of_unit)?;
    Some(Offer { price, name: deal.name.clone() })
}

/// The promotions that cover a product, those of whole carts left out.
fn own_deals<'r>(product: &Product, running: &'r Running) -> impl Iterator<Item = &'r Deal> {
    running.of_product(product.id).chain(running.of_category(&product.category))
}

/// The deal that leaves the least to pay, if any leaves less than `gross`.
fn best<'r>(
    deals: impl Iterator<Item = &'r Deal>,
    gross: Money,
    reduced: impl Fn(Discount) -> Money,
) -> Option<(Money, &'r Deal)> {
    deals
        .map(|deal| (reduced(deal.discount), deal))
        .filter(|(total, _)| *total < gross)
        .min_by_key(|(total, deal)| (*total, deal.id))
}

/// What an amount of a product costs after a discount.
fn reduced(discount: Discount, amount: Amount, product: &Product) -> Money {
    match (amount, discount) {
        (Amount::Pieces(quantity), _) => {
            discount.applied(product.price, i64::from(quantity.value()), 1)
        }
        (Amount::Weighed(grams), _) => {
            discount.applied(product.price, i64::from(grams.value()), GRAMS_PER_KG)
        }
        (Amount::Priced(price), Discount::Percent(_)) => discount.of_unit(price),
        (Amount::Priced(price), Discount::AmountOff(_)) => match product.unit {
            Unit::Each => discount.of_unit(price),
            // It stands for price / price per kilogram, which need not be whole grams.
            Unit::Kg if product.price > Money::ZERO => {
                discount.applied(product.price, price.minor(), product.price.minor())
            }
            Unit::Kg => price,
        },
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
mod tests;
