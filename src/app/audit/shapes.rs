//! How things look in the audit log: as the API shows them, or shorter. Never a secret.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::domain::accounts::User;
use crate::domain::cart::{Amount, Cart};
use crate::domain::closures::{Blocked, Closure};
use crate::domain::devices::Device;
use crate::domain::money::Currency;
use crate::domain::orders::Order;
use crate::domain::promotions::Promotion;
use crate::domain::store_map::StoreMap;
use crate::domain::synonyms::SynonymGroup;
use crate::domain::view::StockedProduct;
use crate::wire;

/// A product.
pub(in crate::app) fn product(
    product: &StockedProduct,
    currency: &Currency,
) -> wire::product::Product {
    wire::product::Product::new(product.clone(), currency)
}

/// A promotion.
pub(in crate::app) fn promotion(
    promotion: &Promotion,
    currency: &Currency,
    now: Timestamp,
) -> wire::promotion::Promotion {
    wire::promotion::Promotion::new(promotion, currency, now)
}

/// An account, without its hash.
pub(in crate::app) fn user(user: &User) -> wire::user::User {
    wire::user::User::from(user.clone())
}

/// A trolley, without its keys and the code on its display.
pub(in crate::app) fn device(device: &Device) -> Value {
    json!({
        "id": device.id.value(),
        "name": device.name,
        "user_id": device.user_id,
        "revoked": device.revoked,
        "dedupe_ms": device.profile.dedupe_ms,
        "weight_unit": device.profile.weight_unit,
        "signed_only": device.profile.needs_signature,
        "heartbeat_s": device.profile.interval_s,
    })
}

/// What staff can change of an order, and what it was worth.
pub(in crate::app) fn order(order: &Order, currency: &Currency) -> Value {
    json!({
        "number": order.number,
        "user_id": order.user_id,
        "status": order.status,
        "tracking_number": order.tracking_number,
        "lines": order.lines.len(),
        "total": wire::amount::Amount::of(order.totals.total, currency),
        "version": order.version,
    })
}

/// A cart's lines.
pub(in crate::app) fn cart(cart: &Cart) -> Value {
    let lines = cart.lines.iter().map(|line| {
        let (id, product_id) = (line.id.value(), line.product_id.value());
        match line.amount {
            Amount::Pieces(count) => {
                json!({"id": id, "product_id": product_id, "quantity": count.value()})
            }
            Amount::Weighed(grams) => {
                json!({"id": id, "product_id": product_id, "weight_g": grams.value()})
            }
            Amount::Priced(money) => {
                json!({"id": id, "product_id": product_id, "price_minor": money.minor()})
            }
        }
    });
    json!({
        "user_id": cart.user_id,
        "device_id": cart.device_id,
        "items": lines.collect::<Value>(),
    })
}

/// A map, by its size: the whole of it would not fit.
pub(in crate::app) fn map(map: &StoreMap, version: u64) -> Value {
    json!({
        "name": map.name,
        "nodes": map.nodes.len(),
        "edges": map.edges.len(),
        "sections": map.sections.len(),
        "locations": map.locations.len(),
        "version": version,
    })
}

/// A blocked aisle.
pub(in crate::app) fn closure(closure: &Closure) -> Value {
    let (aisle, between) = match &closure.blocked {
        Blocked::Aisle(aisle) => (Some(aisle), None),
        Blocked::Between(from, to) => (None, Some([from, to])),
    };
    json!({
        "aisle": aisle,
        "between": between,
        "reason": closure.reason,
        "until": closure.until,
    })
}

/// Words of one meaning.
pub(in crate::app) fn synonyms(group: &SynonymGroup) -> Value {
    json!({ "words": group.words, "version": group.version })
}
