//! An order in JSON.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::amount::Amount;
use super::cart::Line;
use crate::domain::id::{DeviceId, UserId};
use crate::domain::money::Currency;
use crate::domain::orders::{Actor, Order as DomainOrder, OrderStatus};

/// A placed order.
#[derive(Debug, Serialize, ToSchema)]
pub struct Order {
    id: u64,
    number: String,
    /// Shown at the till.
    code: String,
    user_id: Option<u64>,
    device_id: Option<u64>,
    items: Vec<Line>,
    /// The highest age that one of its lines asks for, in years: to be checked at the till.
    min_age: Option<u8>,
    subtotal: Amount,
    discount: Amount,
    tax: Amount,
    total: Amount,
    currency: String,
    status: OrderStatus,
    /// The states that may follow directly.
    #[schema(value_type = Vec<OrderStatus>)]
    next_statuses: &'static [OrderStatus],
    history: Vec<Step>,
    tracking_number: Option<String>,
    #[schema(value_type = serde_json::Value)]
    shipping_address: Option<Value>,
    #[schema(value_type = serde_json::Value)]
    billing_address: Option<Value>,
    version: u64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// One step of an order's life.
#[derive(Debug, Serialize, ToSchema)]
pub struct Step {
    status: OrderStatus,
    at: Timestamp,
    /// `user:1`, `device:2` or `system`.
    by: String,
}

impl From<DomainOrder> for Order {
    fn from(order: DomainOrder) -> Self {
        // An order keeps the currency that it was placed in; one that no build knew would be a
        // damaged record, and shows with two decimals.
        let currency: Currency =
            order.currency.parse().unwrap_or_else(|_| "EUR".parse().expect("EUR is a currency"));
        Self {
            id: order.id.value(),
            number: order.number,
            code: order.code,
            user_id: order.user_id.map(UserId::value),
            device_id: order.device_id.map(DeviceId::value),
            items: order.lines.iter().map(|line| Line::new(line, &currency)).collect(),
            min_age: order.lines.iter().filter_map(|line| line.min_age).max(),
            subtotal: Amount::of(order.totals.subtotal, &currency),
            discount: Amount::of(order.totals.discount, &currency),
            tax: Amount::of(order.totals.tax, &currency),
            total: Amount::of(order.totals.total, &currency),
            currency: order.currency,
            status: order.status,
            next_statuses: order.status.next(),
            history: order
                .history
                .into_iter()
                .map(|step| Step {
                    status: step.status,
                    at: step.at,
                    by: match step.by {
                        Actor::User(id) => format!("user:{id}"),
                        Actor::Device(id) => format!("device:{id}"),
                        Actor::System => "system".to_owned(),
                    },
                })
                .collect(),
            tracking_number: order.tracking_number,
            shipping_address: order.shipping_address,
            billing_address: order.billing_address,
            version: order.version,
            created_at: order.created_at,
            updated_at: order.updated_at,
        }
    }
}

impl Order {
    /// The order's number, for logs and messages.
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// The version, for `ETag`.
    pub const fn version(&self) -> u64 {
        self.version
    }
}
