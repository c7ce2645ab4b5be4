//! Deposits: what links products to them, and what keeps hands off their lines.
//!
//! Deposit lines are made when a cart is priced ([`crate::domain::deposits`]). A deposit that is
//! hidden from shoppers (inactive) still comes with its bottles: that is how a shop keeps deposits
//! out of its lists. One that is gone brings nothing, but `check_unused` lets none go that is
//! still needed.

use std::collections::BTreeMap;

use serde_json::json;

use super::carts::{Addition, Item};
use super::{Error, Refusal, Result};
use crate::domain::cart::Cart;
use crate::domain::catalog::{Product, Unit};
use crate::domain::deposits;
use crate::domain::id::{LineId, ProductId};
use crate::domain::quantity::QUANTITY_MAX;
use crate::storage::{Reader, products};

/// The most products that a refusal names.
const NAMED_MAX: usize = 20;

/// The deposit on a product.
pub(super) fn of(tx: &impl Reader, product: &Product) -> Result<Option<Product>> {
    let Some(id) = product.deposit_id else { return Ok(None) };
    Ok(products::product(tx, id)?.filter(|deposit| !deposit.deleted))
}

/// Refuses a line id that is a deposit's: it goes with the line that it belongs to.
pub(super) fn keep_line(tx: &impl Reader, cart: &Cart, id: LineId) -> Result<()> {
    let Some(line) = deposits::line_of(id).and_then(|of| cart.line(of)) else { return Ok(()) };
    let Some(product) = products::product(tx, line.product_id)? else { return Ok(()) };
    match of(tx, &product)? {
        Some(_) => Err(goes_with(&product)),
        None => Ok(()),
    }
}

/// Refuses to take out a product that is in the cart as a deposit only.
pub(super) fn keep_product(tx: &impl Reader, cart: &Cart, deposit: ProductId) -> Result<()> {
    if cart.units_of(deposit) > 0 || products::deposit_count(tx, deposit)? == 0 {
        return Ok(());
    }
    for line in &cart.lines {
        let product = products::product(tx, line.product_id)?;
        if let Some(product) = product.filter(|product| product.deposit_id == Some(deposit)) {
            return Err(goes_with(&product));
        }
    }
    Ok(())
}

/// 409 for a hand on a deposit.
pub fn deposit_line() -> Error {
    Error::conflict("deposit-line", "a deposit comes and goes with its product: leave it out")
}

fn goes_with(product: &Product) -> Error {
    let detail = format!("this deposit goes with {}: change that", product.name);
    Error::conflict("deposit-line", detail)
}

/// Judges the deposit of a product that is about to be written; `before` is as it was. What is a
/// deposit is sold by the piece and has none itself.
pub(super) fn check_link(
    tx: &impl Reader,
    before: Option<&Product>,
    product: &Product,
) -> Result<()> {
    let was = before.and_then(|before| before.deposit_id);
    if let Some(id) = product.deposit_id.filter(|id| was != Some(*id)) {
        let deposit = products::product(tx, id)?.filter(|deposit| !deposit.deleted);
        let wrong = match deposit {
            None => Some(format!("names no product: there is no product {id}")),
            Some(it) if it.deposit_id.is_some() => {
                Some(format!("{} (product {id}) has a deposit itself: a chain", it.name))
            }
            Some(it) if it.unit != Unit::Each => {
                Some(format!("{} (product {id}) is sold by weight, a deposit is not", it.name))
            }
            Some(_) => None,
        };
        if let Some(message) = wrong {
            return Err(Error::field("deposit_id", message));
        }
    }
    let field = if product.deposit_id.is_some() && was.is_none() {
        "deposit_id"
    } else if product.unit != Unit::Each && before.is_some_and(|it| it.unit == Unit::Each) {
        "unit"
    } else {
        return Ok(());
    };
    let users = products::with_deposit(tx, product.id, NAMED_MAX)?;
    if users.is_empty() {
        return Ok(());
    }
    let message = format!(
        "this product is the deposit of {}: it is sold by the piece and has none itself",
        named(&users)
    );
    Err(Error::field(field, message))
}

/// Refuses to let a product go that others have for their deposit.
pub(super) fn check_unused(tx: &impl Reader, id: ProductId) -> Result<()> {
    let users = products::with_deposit(tx, id, NAMED_MAX)?;
    if users.is_empty() {
        return Ok(());
    }
    let count = products::deposit_count(tx, id)?;
    let detail = format!(
        "product {id} is the deposit of {count} {}, among them {}: give those another deposit first",
        if count == 1 { "product" } else { "products" },
        named(&users)
    );
    let ids: Vec<u64> = users.iter().map(|user| user.value()).collect();
    Err(Error::Conflict(Refusal::new("deposit-in-use", detail).with("product_ids", json!(ids))))
}

fn named(ids: &[ProductId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Items of an order without the deposits that the others bring along, each with its index: a
/// cart's lines may be sent as they are, their deposits among them, and are not charged twice.
/// What is there of a deposit beyond that is ordered for itself.
pub(super) fn without_deposits(
    tx: &impl Reader,
    items: Vec<Addition>,
) -> Result<Vec<(usize, Addition)>> {
    let mut brought: BTreeMap<ProductId, i64> = BTreeMap::new();
    for addition in &items {
        if let Item::Product(id) = addition.item
            && let Some(product) = products::product(tx, id)?
            && let Some(deposit) = of(tx, &product)?
        {
            let units = if product.unit == Unit::Each { addition.quantity.unwrap_or(1) } else { 1 };
            *brought.entry(deposit.id).or_default() += units.clamp(0, i64::from(QUANTITY_MAX));
        }
    }
    let mut kept = Vec::with_capacity(items.len());
    for (index, mut addition) in items.into_iter().enumerate() {
        let quantity = addition.quantity.unwrap_or(1);
        if let Item::Product(id) = addition.item
            && let Some(left) = brought.get_mut(&id).filter(|left| **left > 0)
            && (1..=i64::from(QUANTITY_MAX)).contains(&quantity)
        {
            let taken = quantity.min(*left);
            *left -= taken;
            if taken == quantity {
                continue;
            }
            addition.quantity = Some(quantity - taken);
        }
        kept.push((index, addition));
    }
    Ok(kept)
}
