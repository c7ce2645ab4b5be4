//! Orders on disk.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{domain_record, from_us, to_us};
use crate::domain::catalog::TaxRate;
use crate::domain::id::{DeviceId, LineId, OrderId, ProductId, PromotionId, UserId};
use crate::domain::money::Money;
use crate::domain::orders::{Actor, Order, OrderStatus, StatusChange};
use crate::domain::pricing::{AppliedPromotion, PricedLine, Totals};
use crate::storage::RecordError;

/// The formats differ in their lines only.
#[derive(Serialize, Deserialize)]
struct OrderRecord<Line> {
    id: OrderId,
    number: String,
    code: String,
    user_id: Option<UserId>,
    device_id: Option<DeviceId>,
    lines: Vec<Line>,
    subtotal: Money,
    discount: Money,
    tax: Money,
    total: Money,
    currency: String,
    status: OrderStatus,
    history: Vec<StatusRecord>,
    tracking_number: Option<String>,
    /// JSON, because its shape is the client's.
    shipping_address: Option<String>,
    /// JSON, because its shape is the client's.
    billing_address: Option<String>,
    version: u64,
    created_at_us: i64,
    updated_at_us: i64,
}

/// Format 1: before lines named their promotions.
#[derive(Serialize, Deserialize)]
struct LineRecordV1 {
    id: LineId,
    product_id: ProductId,
    sku: String,
    name: String,
    quantity: u32,
    weight_g: Option<u32>,
    unit_price: Money,
    discount: Money,
    total: Money,
    tax_rate: TaxRate,
    stock_units: i64,
}

/// Format 2: before ages and deposits.
#[derive(Serialize, Deserialize)]
struct LineRecordV2 {
    id: LineId,
    product_id: ProductId,
    sku: String,
    name: String,
    quantity: u32,
    weight_g: Option<u32>,
    unit_price: Money,
    discount: Money,
    total: Money,
    tax_rate: TaxRate,
    stock_units: i64,
    promotions: Vec<AppliedRecord>,
}

#[derive(Serialize, Deserialize)]
struct LineRecord {
    id: LineId,
    product_id: ProductId,
    sku: String,
    name: String,
    quantity: u32,
    weight_g: Option<u32>,
    unit_price: Money,
    discount: Money,
    total: Money,
    tax_rate: TaxRate,
    stock_units: i64,
    promotions: Vec<AppliedRecord>,
    min_age: Option<u8>,
    deposit_of: Option<LineId>,
}

#[derive(Serialize, Deserialize)]
struct AppliedRecord {
    id: PromotionId,
    name: String,
    amount: Money,
}

#[derive(Serialize, Deserialize)]
struct StatusRecord {
    status: OrderStatus,
    at_us: i64,
    by: ActorRecord,
}

#[derive(Serialize, Deserialize)]
enum ActorRecord {
    User(UserId),
    Device(DeviceId),
    System,
}

domain_record!(
    Order as OrderRecord<LineRecord>,
    format 3,
    format 2 from OrderRecord<LineRecordV2>,
    format 1 from OrderRecord<LineRecordV1>
);

impl From<&PricedLine> for LineRecord {
    fn from(line: &PricedLine) -> Self {
        let promotions = line.promotions.iter().map(|applied| AppliedRecord {
            id: applied.id,
            name: applied.name.clone(),
            amount: applied.amount,
        });
        Self {
            id: line.id,
            product_id: line.product_id,
            sku: line.sku.clone(),
            name: line.name.clone(),
            quantity: line.quantity,
            weight_g: line.weight_g,
            unit_price: line.unit_price,
            discount: line.discount,
            total: line.total,
            tax_rate: line.tax_rate,
            stock_units: line.stock_units,
            promotions: promotions.collect(),
            min_age: line.min_age,
            deposit_of: line.deposit_of,
        }
    }
}

impl From<LineRecordV1> for LineRecordV2 {
    fn from(line: LineRecordV1) -> Self {
        Self {
            id: line.id,
            product_id: line.product_id,
            sku: line.sku,
            name: line.name,
            quantity: line.quantity,
            weight_g: line.weight_g,
            unit_price: line.unit_price,
            discount: line.discount,
            total: line.total,
            tax_rate: line.tax_rate,
            stock_units: line.stock_units,
            promotions: Vec::new(),
        }
    }
}

impl From<LineRecordV2> for LineRecord {
    fn from(line: LineRecordV2) -> Self {
        Self {
            id: line.id,
            product_id: line.product_id,
            sku: line.sku,
            name: line.name,
            quantity: line.quantity,
            weight_g: line.weight_g,
            unit_price: line.unit_price,
            discount: line.discount,
            total: line.total,
            tax_rate: line.tax_rate,
            stock_units: line.stock_units,
            promotions: line.promotions,
            min_age: None,
            deposit_of: None,
        }
    }
}

impl From<LineRecordV1> for LineRecord {
    fn from(line: LineRecordV1) -> Self {
        LineRecordV2::from(line).into()
    }
}

impl From<LineRecord> for PricedLine {
    fn from(line: LineRecord) -> Self {
        let promotions = line.promotions.into_iter().map(|applied| AppliedPromotion {
            id: applied.id,
            name: applied.name,
            amount: applied.amount,
        });
        Self {
            id: line.id,
            product_id: line.product_id,
            sku: line.sku,
            name: line.name,
            quantity: line.quantity,
            weight_g: line.weight_g,
            unit_price: line.unit_price,
            discount: line.discount,
            total: line.total,
            tax_rate: line.tax_rate,
            stock_units: line.stock_units,
            promotions: promotions.collect(),
            min_age: line.min_age,
            deposit_of: line.deposit_of,
        }
    }
}

impl From<&Order> for OrderRecord<LineRecord> {
    fn from(order: &Order) -> Self {
        let history = order.history.iter().map(|step| StatusRecord {
            status: step.status,
            at_us: to_us(step.at),
            by: match step.by {
                Actor::User(id) => ActorRecord::User(id),
                Actor::Device(id) => ActorRecord::Device(id),
                Actor::System => ActorRecord::System,
            },
        });
        Self {
            id: order.id,
            number: order.number.clone(),
            code: order.code.clone(),
            user_id: order.user_id,
            device_id: order.device_id,
            lines: order.lines.iter().map(LineRecord::from).collect(),
            subtotal: order.totals.subtotal,
            discount: order.totals.discount,
            tax: order.totals.tax,
            total: order.totals.total,
            currency: order.currency.clone(),
            status: order.status,
            history: history.collect(),
            tracking_number: order.tracking_number.clone(),
            shipping_address: order.shipping_address.as_ref().map(Value::to_string),
            billing_address: order.billing_address.as_ref().map(Value::to_string),
            version: order.version,
            created_at_us: to_us(order.created_at),
            updated_at_us: to_us(order.updated_at),
        }
    }
}

impl<Line: Into<LineRecord>> OrderRecord<Line> {
    fn into_domain(self) -> Result<Order, RecordError> {
        let history = self.history.into_iter().map(|step| {
            Ok(StatusChange {
                status: step.status,
                at: from_us(step.at_us)?,
                by: match step.by {
                    ActorRecord::User(id) => Actor::User(id),
                    ActorRecord::Device(id) => Actor::Device(id),
                    ActorRecord::System => Actor::System,
                },
            })
        });
        Ok(Order {
            id: self.id,
            number: self.number,
            code: self.code,
            user_id: self.user_id,
            device_id: self.device_id,
            lines: self.lines.into_iter().map(|line| line.into().into()).collect(),
            totals: Totals {
                subtotal: self.subtotal,
                discount: self.discount,
                tax: self.tax,
                total: self.total,
            },
            currency: self.currency,
            status: self.status,
            history: history.collect::<Result<_, RecordError>>()?,
            tracking_number: self.tracking_number,
            shipping_address: json(self.shipping_address)?,
            billing_address: json(self.billing_address)?,
            version: self.version,
            created_at: from_us(self.created_at_us)?,
            updated_at: from_us(self.updated_at_us)?,
        })
    }
}

fn json(text: Option<String>) -> Result<Option<Value>, RecordError> {
    text.map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|error| RecordError::Malformed(error.to_string()))
}
