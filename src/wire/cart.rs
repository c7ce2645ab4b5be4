//! A cart and its lines in JSON.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::amount::Amount;
use crate::domain::cart::CartState;
use crate::domain::id::{DeviceId, LineId, UserId};
use crate::domain::money::Currency;
use crate::domain::pricing::PricedLine;
use crate::domain::view::PricedCart;

/// A cart with today's prices.
#[derive(Debug, Serialize, ToSchema)]
pub struct Cart {
    /// `null` while nothing was ever put into it.
    id: Option<u64>,
    user_id: Option<u64>,
    /// The trolley that fills it.
    device_id: Option<u64>,
    items: Vec<Line>,
    subtotal: Amount,
    discount: Amount,
    tax: Amount,
    total: Amount,
    currency: String,
    /// Units: pieces, and 1 for each weighed line; deposits are none.
    item_count: u32,
    version: u64,
    /// Whether somebody shops, nothing happened for a while, or it was left behind.
    state: CartState,
    updated_at: Timestamp,
}

/// A line of a cart or an order.
#[derive(Debug, Serialize, ToSchema)]
pub struct Line {
    id: u64,
    product_id: u64,
    sku: String,
    name: String,
    quantity: u32,
    /// Grams of a weighed line.
    weight_g: Option<u32>,
    unit_price: Amount,
    discount: Amount,
    /// What took the discount off.
    promotions: Vec<AppliedPromotion>,
    /// After discount.
    total: Amount,
    /// The youngest age that may buy it, in years: to be checked at the till.
    min_age: Option<u8>,
    /// Whether it is the deposit on another line: it comes, counts and goes with that one, and is
    /// none of the units of `item_count`.
    is_deposit: bool,
    /// The id of that line.
    deposit_of: Option<u64>,
}

/// A promotion that made a line cheaper.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppliedPromotion {
    id: u64,
    name: String,
    /// What it took off the line.
    amount: Amount,
}

impl Line {
    /// The wire form of a priced line.
    pub fn new(line: &PricedLine, currency: &Currency) -> Self {
        let promotions = line.promotions.iter().map(|applied| AppliedPromotion {
            id: applied.id.value(),
            name: applied.name.clone(),
            amount: Amount::of(applied.amount, currency),
        });
        Self {
            id: line.id.value(),
            product_id: line.product_id.value(),
            sku: line.sku.clone(),
            name: line.name.clone(),
            quantity: line.quantity,
            weight_g: line.weight_g,
            unit_price: Amount::of(line.unit_price, currency),
            discount: Amount::of(line.discount, currency),
            promotions: promotions.collect(),
            total: Amount::of(line.total, currency),
            min_age: line.min_age,
            is_deposit: line.deposit_of.is_some(),
            deposit_of: line.deposit_of.map(LineId::value),
        }
    }
}

impl Cart {
    /// The wire form of a cart.
    pub fn new(priced: &PricedCart, currency: &Currency) -> Self {
        let PricedCart { cart, lines, totals, state, exists } = priced;
        Self {
            id: exists.then(|| cart.id.value()),
            user_id: cart.user_id.map(UserId::value),
            device_id: cart.device_id.map(DeviceId::value),
            items: lines.iter().map(|line| Line::new(line, currency)).collect(),
            subtotal: Amount::of(totals.subtotal, currency),
            discount: Amount::of(totals.discount, currency),
            tax: Amount::of(totals.tax, currency),
            total: Amount::of(totals.total, currency),
            currency: currency.code().to_owned(),
            item_count: cart.item_count(),
            version: cart.version,
            state: *state,
            updated_at: cart.updated_at,
        }
    }

    /// The version, for `ETag`.
    pub const fn version(&self) -> u64 {
        self.version
    }
}
