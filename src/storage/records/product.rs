//! Products, their stock and its ledger on disk.

use serde::{Deserialize, Serialize};

use super::{domain_record, from_us, to_us};
use crate::domain::catalog::{Pack, Product, TaxRate, Unit};
use crate::domain::codes::{Gtin, Plu, Sku, Uid};
use crate::domain::id::{MovementId, OrderId, ProductId, UserId};
use crate::domain::money::Money;
use crate::domain::quantity::Quantity;
use crate::domain::stock::{MovementKind, StockMovement};
use crate::storage::RecordError;
use crate::storage::record::record;

/// Format 1: before packs, tare and deposits.
#[derive(Serialize, Deserialize)]
struct ProductRecordV1 {
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
    packs: Vec<(Gtin, Quantity)>,
    tare_g: Option<u32>,
    deposit_id: Option<ProductId>,
}

domain_record!(Product as ProductRecord, format 2, format 1 from ProductRecordV1);

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
            packs: product.packs.iter().map(|pack| (pack.barcode, pack.quantity)).collect(),
            tare_g: product.tare_g,
            deposit_id: product.deposit_id,
        }
    }
}

impl ProductRecord {
    fn into_domain(self) -> Result<Product, RecordError> {
        let packs = self.packs.into_iter();
        Ok(Product {
            id: self.id,
            sku: self.sku,
            barcodes: self.barcodes,
            packs: packs.map(|(barcode, quantity)| Pack { barcode, quantity }).collect(),
            plu: self.plu,
            rfid: self.rfid,
            name: self.name,
            brand: self.brand,
            category: self.category,
            description: self.description,
            price: self.price,
            unit: self.unit,
            weight_g: self.weight_g,
            tare_g: self.tare_g,
            deposit_id: self.deposit_id,
            tax_rate: self.tax_rate,
            min_age: self.min_age,
            allergens: self.allergens,
            food_types: self.food_types,
            pick_group: self.pick_group,
            location: self.location,
            images: self.images,
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

impl ProductRecordV1 {
    fn into_domain(self) -> Result<Product, RecordError> {
        let record = ProductRecord {
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
            attributes: self.attributes,
            active: self.active,
            deleted: self.deleted,
            version: self.version,
            created_at_us: self.created_at_us,
            updated_at_us: self.updated_at_us,
            packs: Vec::new(),
            tare_g: None,
            deposit_id: None,
        };
        record.into_domain()
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

domain_record!(StockMovement as MovementRecord, format 1);

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
        })
    }
}
