//! A product in JSON.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa::openapi::Schema;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};

mod packs;

use self::packs::PackInput;
use super::amount::Amount;
use super::promotion::time;
use super::read_only;
use crate::domain::catalog::{Pack as DomainPack, ProductPatch, Unit};
use crate::domain::id::ProductId;
use crate::domain::invalid::FieldErrors;
use crate::domain::money::Currency;
use crate::domain::pictures::thumbnail_path;
use crate::domain::price_schedule::{self, SCHEDULED_PRICES_MAX};
use crate::domain::stock::{STOCK_MAX, StockMovement};
use crate::domain::view::StockedProduct;

/// A product as clients see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Product {
    id: u64,
    sku: String,
    /// GTINs in their usual form.
    barcodes: Vec<String>,
    plu: Option<String>,
    rfid: Vec<String>,
    name: String,
    brand: String,
    /// A path such as `Dairy/Milk`.
    category: String,
    description: String,
    /// Per piece, or per kilogram when `unit` is `kg`.
    price: Amount,
    currency: String,
    /// What one piece or kilogram costs while a promotion of the product or its category runs;
    /// `null` while none does. Promotions of whole carts show in carts only.
    discounted_price: Option<Amount>,
    /// The name of that promotion.
    offer_name: Option<String>,
    /// Pieces, or grams when `unit` is `kg`.
    stock: i64,
    unit: Unit,
    /// The stock at or below which it runs low.
    low_stock: Option<i64>,
    /// Whether the stock is at or below `low_stock`.
    is_low: bool,
    /// Prices that are to come, in the order of their moments.
    scheduled_prices: Vec<ScheduledPrice>,
    weight_g: Option<u32>,
    /// Percent.
    tax_rate: Amount,
    /// The youngest age that may buy it, in years.
    min_age: Option<u8>,
    /// Barcodes of several pieces together: a scan of one counts that many pieces.
    packs: Vec<Pack>,
    /// Grams of packaging that are taken off what a trolley's scale reads.
    tare_g: Option<u32>,
    /// The product whose price each piece of this one brings along as a deposit.
    deposit_id: Option<u64>,
    allergens: Vec<String>,
    food_types: Vec<String>,
    pick_group: i8,
    location: Option<String>,
    images: Vec<String>,
    /// Small forms of `images`, in their order; `null` for pictures that are kept elsewhere.
    thumbnails: Vec<Option<String>>,
    #[schema(value_type = Object)]
    attributes: Map<String, Value>,
    active: bool,
    version: u64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// Several pieces of a product under a barcode of their own.
#[derive(Debug, Serialize, ToSchema)]
pub struct Pack {
    /// A GTIN that belongs to no other product, nor to the single piece.
    #[schema(example = "4006381333948")]
    barcode: String,
    /// The pieces in it.
    #[schema(minimum = 2, maximum = 999, example = 6)]
    quantity: u32,
}

/// A product and what a scanned code says of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScannedProduct {
    #[serde(flatten)]
    product: Product,
    /// The pieces that one scan of this code counts: more than 1 for the barcode of a pack.
    #[schema(example = 1)]
    pack_quantity: u32,
}

impl ScannedProduct {
    /// The wire form of a product that was found by a code.
    pub fn new(stocked: StockedProduct, pack_quantity: u32, currency: &Currency) -> Self {
        Self { product: Product::new(stocked, currency), pack_quantity }
    }
}

impl Product {
    /// The wire form of a product.
    pub fn new(stocked: StockedProduct, currency: &Currency) -> Self {
        let StockedProduct { product, stock, offer } = stocked;
        let packs = product.packs.iter().map(|pack| Pack {
            barcode: pack.barcode.to_string(),
            quantity: pack.quantity.value(),
        });
        let (discounted_price, offer_name) =
            offer.map(|offer| (Amount::of(offer.price, currency), offer.name)).unzip();
        let is_low = product.is_low(stock);
        Self {
            id: product.id.value(),
            sku: product.sku.to_string(),
            barcodes: product.barcodes.iter().map(ToString::to_string).collect(),
            plu: product.plu.map(|plu| plu.to_string()),
            rfid: product.rfid.iter().map(ToString::to_string).collect(),
            name: product.name,
            brand: product.brand,
            category: product.category,
            description: product.description,
            price: Amount::of(product.price, currency),
            currency: currency.code().to_owned(),
            discounted_price,
            offer_name,
            stock,
            unit: product.unit,
            low_stock: product.low_stock,
            is_low,
            scheduled_prices: product
                .scheduled_prices
                .iter()
                .map(|scheduled| ScheduledPrice::new(*scheduled, currency))
                .collect(),
            weight_g: product.weight_g,
            tax_rate: Amount::percent(product.tax_rate),
            min_age: product.min_age,
            packs: packs.collect(),
            tare_g: product.tare_g,
            deposit_id: product.deposit_id.map(ProductId::value),
            allergens: product.allergens,
            food_types: product.food_types,
            pick_group: product.pick_group,
            location: product.location,
            thumbnails: product.images.iter().map(|image| thumbnail_path(image)).collect(),
            images: product.images,
            attributes: product.attributes,
            active: product.active,
            version: product.version,
            created_at: product.created_at,
            updated_at: product.updated_at,
        }
    }
}

/// A price that is to come.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScheduledPrice {
    /// Per piece or kilogram.
    price: Amount,
    /// From this moment on it is the product's price.
    valid_from: Timestamp,
}

impl ScheduledPrice {
    fn new(scheduled: price_schedule::ScheduledPrice, currency: &Currency) -> Self {
        let price = Amount::of(scheduled.price, currency);
        Self { price, valid_from: scheduled.valid_from }
    }
}

/// A price to schedule.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ScheduledPriceInput {
    /// Per piece or kilogram.
    price: Amount,
    /// In the future; RFC 3339, without an offset in the store's time zone.
    valid_from: String,
}

/// The fields of a product to set. Members that only the server sets are ignored, so that an
/// answer can be edited and sent back.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::option_option, reason = "null clears a field, absence leaves it")]
pub struct ProductInput {
    /// The shop's own name for it, unique; made from the id when left out.
    #[schema(min_length = 1, max_length = 64)]
    sku: Option<String>,
    /// GTINs with a right check digit; each belongs to one product only.
    #[schema(max_items = 64)]
    barcodes: Option<Vec<String>>,
    /// Its price look-up number, 1 to 6 digits; `null` for none.
    #[serde(deserialize_with = "sent")]
    #[schema(schema_with = code_schema)]
    plu: Option<Option<Code>>,
    /// Uids of tags on single pieces, hexadecimal.
    #[schema(max_items = 64)]
    rfid: Option<Vec<String>>,
    /// What people call it; needed for a new product.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// Empty when it has none.
    #[schema(max_length = 200)]
    brand: Option<String>,
    /// A path such as `Dairy/Milk`, at most 6 levels.
    #[schema(max_length = 200)]
    category: Option<String>,
    /// Free text.
    #[schema(max_length = 4_000)]
    description: Option<String>,
    /// Per piece, or per kilogram when `unit` is `kg`; needed for a new product.
    price: Option<Amount>,
    /// The store's, or nothing.
    currency: Option<String>,
    /// Pieces, or grams when `unit` is `kg`; booked as an adjustment.
    #[serde(alias = "inventory")]
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    stock: Option<i64>,
    /// `each` or `kg`.
    #[schema(pattern = "^(each|kg)$")]
    unit: Option<String>,
    /// The stock at or below which it runs low; `null` for none.
    #[serde(deserialize_with = "sent")]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 1_000_000_000)]
    low_stock: Option<Option<i64>>,
    /// Prices that are to come, the earliest first; each becomes the price at its moment.
    #[schema(max_items = 8)]
    scheduled_prices: Option<Vec<ScheduledPriceInput>>,
    /// What one piece weighs, in grams; `null` when unknown.
    #[serde(deserialize_with = "sent")]
    #[schema(value_type = Option<u32>, maximum = 2_000_000)]
    weight_g: Option<Option<u32>>,
    /// Percent, 0 to 100 with at most two decimals.
    tax_rate: Option<Amount>,
    /// The youngest age that may buy it, in years; `null` for none.
    #[serde(deserialize_with = "sent")]
    #[schema(value_type = Option<u8>, maximum = 99)]
    min_age: Option<Option<u8>>,
    /// Barcodes of several pieces together, each with its GTIN and 2 to 999 pieces; also as text,
    /// `4006381333948*6`. For products sold by the piece.
    #[schema(value_type = Option<Vec<Pack>>, max_items = 64)]
    packs: Option<Vec<PackInput>>,
    /// Grams of packaging that are taken off what a trolley's scale reads, not off a label's
    /// weight; `null` for none. For products sold by weight.
    #[serde(deserialize_with = "sent")]
    #[schema(value_type = Option<u32>, maximum = 10_000)]
    tare_g: Option<Option<u32>>,
    /// The product whose price each piece of this one brings along as a deposit; `null` for none.
    /// It is sold by the piece and has no deposit itself.
    #[serde(deserialize_with = "sent")]
    #[schema(value_type = Option<u64>, minimum = 1)]
    deposit_id: Option<Option<u64>>,
    /// For example `milk`.
    #[schema(max_items = 64)]
    allergens: Option<Vec<String>>,
    /// For example `vegan`.
    #[schema(max_items = 64)]
    food_types: Option<Vec<String>>,
    /// When it is picked on a walk: heavy things first (-1), frozen last (9).
    #[schema(minimum = -128, maximum = 127)]
    pick_group: Option<i8>,
    /// A location id of the store map; `null` for none.
    #[serde(deserialize_with = "sent")]
    #[schema(value_type = Option<String>, max_length = 120)]
    location: Option<Option<String>>,
    /// Paths of its pictures. One below `/misc/images/` must be there already.
    #[schema(max_items = 64)]
    images: Option<Vec<String>>,
    /// Anything else, at most 8 KiB.
    #[schema(value_type = Option<Object>)]
    attributes: Option<Map<String, Value>>,
    /// Whether shoppers and trolleys see it.
    active: Option<bool>,
    #[schema(schema_with = read_only)]
    id: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    version: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    created_at: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    updated_at: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    discounted_price: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    offer_name: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    is_low: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    pack_quantity: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    thumbnails: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    highlight: Option<IgnoredAny>,
}

/// A code that clients send as text or as a number.
#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged)]
enum Code {
    Text(String),
    Number(u32),
}

/// What [`Code`] reads, and `null`.
fn code_schema() -> Schema {
    let kinds = SchemaType::from_iter([Type::String, Type::Integer, Type::Null]);
    let schema = ObjectBuilder::new().schema_type(kinds).pattern(Some("^[0-9]{1,6}$"));
    let about = "Its price look-up number, 1 to 6 digits; `null` for none.";
    schema.minimum(Some(1)).maximum(Some(999_999)).description(Some(about)).build().into()
}

/// A member that was sent, be it `null`.
#[expect(clippy::option_option, reason = "null clears a field, absence leaves it")]
pub(super) fn sent<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

impl ProductInput {
    /// The currency that the client named, when it is not the store's.
    pub fn other_currency(&self, store: &Currency) -> Option<&str> {
        self.currency.as_deref().filter(|named| !named.eq_ignore_ascii_case(store.code()))
    }

    /// The fields as the domain reads them; times without an offset are in `zone`.
    pub fn into_patch(
        self,
        currency: &Currency,
        zone: &TimeZone,
    ) -> Result<ProductPatch, FieldErrors> {
        let mut errors = FieldErrors::new();
        let scheduled_prices = self
            .scheduled_prices
            .map(|prices| scheduled_prices(&mut errors, &prices, currency, zone));
        let patch = ProductPatch {
            sku: self.sku.and_then(|sku| errors.take("sku", sku.parse())),
            barcodes: parse_all(&mut errors, "barcodes", self.barcodes),
            plu: self.plu.map(|plu| {
                plu.and_then(|code| {
                    let text = match code {
                        Code::Text(text) => text,
                        Code::Number(number) => number.to_string(),
                    };
                    errors.take("plu", text.parse())
                })
            }),
            rfid: parse_all(&mut errors, "rfid", self.rfid),
            name: self.name,
            brand: self.brand,
            category: self.category,
            description: self.description,
            price: self.price.and_then(|price| errors.take("price", price.money(currency))),
            unit: self.unit.and_then(|unit| errors.take("unit", unit.parse())),
            low_stock: self.low_stock,
            scheduled_prices,
            weight_g: self.weight_g,
            tax_rate: self.tax_rate.and_then(|rate| errors.take("tax_rate", rate.tax_rate())),
            min_age: self.min_age,
            packs: packs(&mut errors, self.packs),
            tare_g: self.tare_g,
            deposit_id: self
                .deposit_id
                .map(|id| id.and_then(|id| errors.take("deposit_id", ProductId::new(id)))),
            allergens: self.allergens,
            food_types: self.food_types,
            pick_group: self.pick_group,
            location: self.location,
            images: self.images,
            attributes: self.attributes,
            active: self.active,
            stock: self.stock,
        };
        // A stock below zero may be what the ledger says, sent back as it is: the use case knows,
        // unless the input is refused anyway.
        let least = if errors.is_empty() { -STOCK_MAX } else { 0 };
        if self.stock.is_some_and(|stock| !(least..=STOCK_MAX).contains(&stock)) {
            errors.push("stock", format!("is a whole number from 0 to {STOCK_MAX}"));
        }
        errors.into_result()?;
        Ok(patch)
    }
}

fn scheduled_prices(
    errors: &mut FieldErrors,
    prices: &[ScheduledPriceInput],
    currency: &Currency,
    zone: &TimeZone,
) -> Vec<price_schedule::ScheduledPrice> {
    let mut read = Vec::with_capacity(prices.len().min(SCHEDULED_PRICES_MAX + 1));
    // One too many is enough to be refused.
    for (i, scheduled) in prices.iter().enumerate().take(SCHEDULED_PRICES_MAX + 1) {
        let field = |member| format!("scheduled_prices[{i}].{member}");
        let price = errors.take(&field("price"), scheduled.price.money(currency));
        let valid_from = errors.take(&field("valid_from"), time(&scheduled.valid_from, zone));
        if let (Some(price), Some(valid_from)) = (price, valid_from) {
            read.push(price_schedule::ScheduledPrice { price, valid_from });
        }
    }
    read
}

fn packs(errors: &mut FieldErrors, inputs: Option<Vec<PackInput>>) -> Option<Vec<DomainPack>> {
    let inputs = inputs?.into_iter().enumerate();
    let packs = inputs.filter_map(|(i, input)| match input {
        PackInput::Text(text) => errors.take(&format!("packs[{i}]"), text.parse()),
        PackInput::Members { barcode, quantity } => {
            let barcode = errors.take(&format!("packs[{i}].barcode"), barcode.parse())?;
            errors.take(&format!("packs[{i}].quantity"), DomainPack::new(barcode, quantity))
        }
    });
    Some(packs.collect())
}

fn parse_all<T: std::str::FromStr<Err: std::fmt::Display>>(
    errors: &mut FieldErrors,
    field: &str,
    texts: Option<Vec<String>>,
) -> Option<Vec<T>> {
    let texts = texts?;
    let parsed = texts.iter().enumerate();
    Some(
        parsed
            .filter_map(|(i, text)| errors.take(&format!("{field}[{i}]"), text.parse()))
            .collect(),
    )
}

/// An entry of the stock ledger.
#[derive(Debug, Serialize, ToSchema)]
pub struct Movement {
    id: u64,
    product_id: u64,
    /// `sale`, `receipt`, `return`, `adjustment` or `shrinkage`.
    kind: &'static str,
    /// Pieces or grams, negative when they left.
    delta: i64,
    stock_after: i64,
    order_id: Option<u64>,
    by: Option<u64>,
    at: Timestamp,
    /// What whoever booked it wrote beside it.
    note: Option<String>,
}

impl From<StockMovement> for Movement {
    fn from(movement: StockMovement) -> Self {
        Self {
            id: movement.id.value(),
            product_id: movement.product_id.value(),
            kind: movement.kind.as_str(),
            delta: movement.delta,
            stock_after: movement.stock_after,
            order_id: movement.order_id.map(crate::domain::id::OrderId::value),
            by: movement.by.map(crate::domain::id::UserId::value),
            at: movement.at,
            note: movement.note,
        }
    }
}
