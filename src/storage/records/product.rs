//! Products, their stock and its ledger on disk.

use serde::{Deserialize, Serialize};

use super::{domain_record, from_us, to_us};
use crate::domain::catalog::{Pack, Product, TaxRate, Unit};
use crate::domain::codes::{Gtin, Plu, Sku, Uid};
use crate::domain::id::{MovementId, OrderId, ProductId, UserId};
use crate::domain::money::Money;
use crate::domain::price_schedule::ScheduledPrice;
use crate::domain::quantity::Quantity;
use crate::domain::stock::{MovementKind, StockMovement};
use crate::storage::RecordError;
use crate::storage::record::record;

#[derive(Serialize, Deserialize)]
struct ProductRecord {
    id: ProductId,
    sku: Sku,
    barcodes: Vec<Gtin>,
    plu: Option<Plu>,
    rfid: Vec<Uid>,
    name: String,
    brand: String,
    category: String,
    description: String,
    price: Money,
    unit: Unit,
    weight_g: Option<u32>,
    tax_rate: TaxRate,
    min_age: Option<u8>,
    allergens: Vec<String>,
    food_types: Vec<String>,
    pick_group: i8,
    location: Option<String>,
    images: Vec<String>,
    /// JSON, because its shape is the owner's.
    attributes: String,
    active: bool,
    deleted: bool,
    version: u64,
    created_at_us: i64,
    updated_at_us: i64,
}

impl From<&Product> for ProductRecord {
    fn from(product: &Product) -> Self {
        let product = product.clone();
        Self {
            id: product.id,
            sku: product.sku,
            barcodes: product.barcodes,
            plu: product.plu,
            rfid: product.rfid,
            name: product.name,
            brand: product.brand,
            category: product.category,
            description: product.description,
            price: product.price,
            unit: product.unit,
            weight_g: product.weight_g,
            tax_rate: product.tax_rate,
            min_age: product.min_age,
            allergens: product.allergens,
            food_types: product.food_types,
            pick_group: product.pick_group,
            location: product.location,
            images: product.images,
            attributes: serde_json::Value::Object(product.attributes).to_string(),
            active: product.active,
            deleted: product.deleted,
            version: product.version,
            created_at_us: to_us(product.created_at),
            updated_at_us: to_us(product.updated_at),
        }
    }
}

impl ProductRecord {
    fn into_domain(self) -> Result<Product, RecordError> {
        Ok(Product {
            id: self.id,
            sku: self.sku,
            barcodes: self.barcodes,
            plu: self.plu,
            rfid: self.rfid,
            name: self.name,
            brand: self.brand,
            category: self.category,
            description: self.description,
            price: self.price,
            unit: self.unit,
            weight_g: self.weight_g,
            tax_rate: self.tax_rate,
            min_age: self.min_age,
            allergens: self.allergens,
            food_types: self.food_types,
            pick_group: self.pick_group,
            location: self.location,
            images: self.images,
            low_stock: None,
            scheduled_prices: Vec::new(),
            packs: Vec::new(),
            tare_g: None,
            deposit_id: None,
            attributes: serde_json::from_str(&self.attributes)
                .map_err(|error| RecordError::Malformed(error.to_string()))?,
            active: self.active,
            deleted: self.deleted,
            version: self.version,
            created_at: from_us(self.created_at_us)?,
            updated_at: from_us(self.updated_at_us)?,
        })
    }
}

/// Format 1, and what came later.
#[derive(Serialize, Deserialize)]
struct ProductRecordV2 {
    first: ProductRecord,
    low_stock: Option<i64>,
    scheduled_prices: Vec<ScheduledPriceRecord>,
    packs: Vec<(Gtin, Quantity)>,
    tare_g: Option<u32>,
    deposit_id: Option<ProductId>,
}

#[derive(Serialize, Deserialize)]
struct ScheduledPriceRecord {
    price: Money,
    valid_from_us: i64,
}

domain_record!(Product as ProductRecordV2, format 2, format 1 from ProductRecord);

impl From<&Product> for ProductRecordV2 {
    fn from(product: &Product) -> Self {
        let scheduled_prices = product.scheduled_prices.iter().map(|scheduled| {
            let valid_from_us = to_us(scheduled.valid_from);
            ScheduledPriceRecord { price: scheduled.price, valid_from_us }
        });
        Self {
            first: product.into(),
            low_stock: product.low_stock,
            scheduled_prices: scheduled_prices.collect(),
            packs: product.packs.iter().map(|pack| (pack.barcode, pack.quantity)).collect(),
            tare_g: product.tare_g,
            deposit_id: product.deposit_id,
        }
    }
}

impl ProductRecordV2 {
    fn into_domain(self) -> Result<Product, RecordError> {
        let scheduled_prices = self.scheduled_prices.into_iter().map(|record| {
            let valid_from = from_us(record.valid_from_us)?;
            Ok(ScheduledPrice { price: record.price, valid_from })
        });
        let packs = self.packs.into_iter();
        Ok(Product {
            low_stock: self.low_stock,
            scheduled_prices: scheduled_prices.collect::<Result<_, RecordError>>()?,
            packs: packs.map(|(barcode, quantity)| Pack { barcode, quantity }).collect(),
            tare_g: self.tare_g,
            deposit_id: self.deposit_id,
            ..self.first.into_domain()?
        })
    }
}

/// A stock level on disk: pieces or grams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockRecord(pub i64);

record!(StockRecord, format 1);

#[derive(Serialize, Deserialize)]
struct MovementRecord {
    id: MovementId,
    product_id: ProductId,
    kind: MovementKind,
    delta: i64,
    stock_after: i64,
    order_id: Option<OrderId>,
    by: Option<UserId>,
    at_us: i64,
}

impl From<&StockMovement> for MovementRecord {
    fn from(movement: &StockMovement) -> Self {
        Self {
            id: movement.id,
            product_id: movement.product_id,
            kind: movement.kind,
            delta: movement.delta,
            stock_after: movement.stock_after,
            order_id: movement.order_id,
            by: movement.by,
            at_us: to_us(movement.at),
        }
    }
}

impl MovementRecord {
    fn into_domain(self) -> Result<StockMovement, RecordError> {
        Ok(StockMovement {
            id: self.id,
            product_id: self.product_id,
            kind: self.kind,
            delta: self.delta,
            stock_after: self.stock_after,
            order_id: self.order_id,
            by: self.by,
            at: from_us(self.at_us)?,
            note: None,
        })
    }
}

/// Format 1, and what came later.
#[derive(Serialize, Deserialize)]
struct MovementRecordV2 {
    first: MovementRecord,
    note: Option<String>,
}

domain_record!(StockMovement as MovementRecordV2, format 2, format 1 from MovementRecord);

impl From<&StockMovement> for MovementRecordV2 {
    fn from(movement: &StockMovement) -> Self {
        Self { first: movement.into(), note: movement.note.clone() }
    }
}

impl MovementRecordV2 {
    fn into_domain(self) -> Result<StockMovement, RecordError> {
        Ok(StockMovement { note: self.note, ..self.first.into_domain()? })
    }
}

/// A movement in the ledger of the whole shop: where it stands, and what the ledger is asked by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerLine {
    /// Whose stock moved.
    pub product_id: ProductId,
    /// Why.
    pub kind: MovementKind,
    /// When, in microseconds since 1970.
    pub at_us: i64,
}

record!(LedgerLine, format 1);
