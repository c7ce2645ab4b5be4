//! Products: what the shop sells, apart from how much of it is there.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::codes::{Gtin, Plu, Sku, Uid};
use super::id::ProductId;
use super::invalid::FieldErrors;
use super::money::Money;
use super::price_schedule::{self, ScheduledPrice};
use super::stock::STOCK_MAX;

mod goods;

pub use goods::{InvalidPack, PACK_PIECES_MIN, Pack, TARE_MAX_G};

/// Longest name or brand, in characters.
pub const NAME_MAX: usize = 200;
/// Longest description, in characters.
pub const DESCRIPTION_MAX: usize = 4_000;
/// Longest category path, in characters; levels are separated by `/`.
pub const CATEGORY_MAX: usize = 200;
/// Deepest category.
pub const CATEGORY_LEVELS_MAX: usize = 6;
/// Most barcodes, tags, allergens, food types or images of one product.
pub const PRODUCT_LIST_MAX: usize = 64;
/// Longest allergen, food type, image path or location id, in characters.
pub const WORD_MAX: usize = 120;
/// Largest `attributes` object, in bytes of JSON.
pub const ATTRIBUTES_MAX_BYTES: usize = 8 * 1024;
/// Heaviest piece, in grams: a pallet.
pub const PIECE_WEIGHT_MAX_G: u32 = 2_000_000;

/// How a product is sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = SalesUnit)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// By the piece; price and stock are per piece.
    #[default]
    Each,
    /// By weight; the price is per kilogram, the stock in grams.
    Kg,
}

impl Unit {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Each => "each",
            Self::Kg => "kg",
        }
    }

    /// How many units of stock one piece or kilogram is.
    pub const fn stock_units(self) -> i64 {
        match self {
            Self::Each => 1,
            Self::Kg => 1_000,
        }
    }
}

impl FromStr for Unit {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "each" => Ok(Self::Each),
            "kg" => Ok(Self::Kg),
            _ => Err("a unit is `each` or `kg`"),
        }
    }
}

/// A tax rate in hundredths of a percent: 700 is 7 %.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct TaxRate(u16);

impl TaxRate {
    /// No tax.
    pub const ZERO: Self = Self(0);

    /// The rate in hundredths of a percent; at most 100 %.
    pub fn from_basis_points(basis_points: i64) -> Result<Self, &'static str> {
        u16::try_from(basis_points)
            .ok()
            .filter(|rate| *rate <= 10_000)
            .map(Self)
            .ok_or("a tax rate is a percentage from 0 to 100 with at most two decimals")
    }

    /// Hundredths of a percent.
    pub const fn basis_points(self) -> u16 {
        self.0
    }
}

/// A product of the catalogue. Stock, offers and popularity are kept elsewhere because they move
/// by themselves; `version` covers everything here.
#[derive(Debug, Clone, PartialEq)]
pub struct Product {
    /// Identity.
    pub id: ProductId,
    /// The shop's own name for it, unique.
    pub sku: Sku,
    /// Its GTINs; each belongs to one product only.
    pub barcodes: Vec<Gtin>,
    /// Barcodes of several pieces together; each belongs to one product only.
    pub packs: Vec<Pack>,
    /// Its price look-up number, unique; also the item of variable-measure barcodes.
    pub plu: Option<Plu>,
    /// Uids of RFID tags on single pieces; each belongs to one product only.
    pub rfid: Vec<Uid>,
    /// What people call it.
    pub name: String,
    /// Empty when it has none.
    pub brand: String,
    /// A path such as `Dairy/Milk`; empty when it has none.
    pub category: String,
    /// Free text; empty when there is none.
    pub description: String,
    /// Per piece or per kilogram, as `unit` says.
    pub price: Money,
    /// How it is sold.
    pub unit: Unit,
    /// What one piece weighs, in grams.
    pub weight_g: Option<u32>,
    /// What the packaging of a weighed product weighs, in grams: a trolley's scale weighs both.
    pub tare_g: Option<u32>,
    /// The product that each piece of this one brings along: see [`super::deposits`].
    pub deposit_id: Option<ProductId>,
    /// The tax on it.
    pub tax_rate: TaxRate,
    /// The youngest age that may buy it, in years.
    pub min_age: Option<u8>,
    /// For example `milk`.
    pub allergens: Vec<String>,
    /// For example `vegan`.
    pub food_types: Vec<String>,
    /// When it is picked on a walk: heavy things first (-1), frozen last (9).
    pub pick_group: i8,
    /// A location id of the store map; it may name one that the map does not have yet.
    pub location: Option<String>,
    /// Paths of its pictures.
    pub images: Vec<String>,
    /// The stock at or below which it runs low, in pieces or grams.
    pub low_stock: Option<i64>,
    /// Prices that are to come, in the order of their moments.
    pub scheduled_prices: Vec<ScheduledPrice>,
    /// Anything else that the owner wants to keep.
    pub attributes: Map<String, Value>,
    /// An inactive product is hidden from shoppers and devices.
    pub active: bool,
    /// Deleted products stay for the orders and carts that name them.
    pub deleted: bool,
    /// Counts edits from 1.
    pub version: u64,
    /// When it came into the catalogue.
    pub created_at: Timestamp,
    /// When it was edited last.
    pub updated_at: Timestamp,
}

/// The fields of a product to set; `None` leaves a field as it is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProductPatch {
    /// See [`Product::sku`].
    pub sku: Option<Sku>,
    /// See [`Product::barcodes`].
    pub barcodes: Option<Vec<Gtin>>,
    /// See [`Product::packs`].
    pub packs: Option<Vec<Pack>>,
    /// See [`Product::plu`].
    pub plu: Option<Option<Plu>>,
    /// See [`Product::rfid`].
    pub rfid: Option<Vec<Uid>>,
    /// See [`Product::name`].
    pub name: Option<String>,
    /// See [`Product::brand`].
    pub brand: Option<String>,
    /// See [`Product::category`].
    pub category: Option<String>,
    /// See [`Product::description`].
    pub description: Option<String>,
    /// See [`Product::price`].
    pub price: Option<Money>,
    /// See [`Product::unit`].
    pub unit: Option<Unit>,
    /// See [`Product::weight_g`].
    pub weight_g: Option<Option<u32>>,
    /// See [`Product::tare_g`].
    pub tare_g: Option<Option<u32>>,
    /// See [`Product::deposit_id`].
    pub deposit_id: Option<Option<ProductId>>,
    /// See [`Product::tax_rate`].
    pub tax_rate: Option<TaxRate>,
    /// See [`Product::min_age`].
    pub min_age: Option<Option<u8>>,
    /// See [`Product::allergens`].
    pub allergens: Option<Vec<String>>,
    /// See [`Product::food_types`].
    pub food_types: Option<Vec<String>>,
    /// See [`Product::pick_group`].
    pub pick_group: Option<i8>,
    /// See [`Product::location`].
    pub location: Option<Option<String>>,
    /// See [`Product::images`].
    pub images: Option<Vec<String>>,
    /// See [`Product::low_stock`].
    pub low_stock: Option<Option<i64>>,
    /// See [`Product::scheduled_prices`]; those that are new have to be in the future.
    pub scheduled_prices: Option<Vec<ScheduledPrice>>,
    /// See [`Product::attributes`].
    pub attributes: Option<Map<String, Value>>,
    /// See [`Product::active`].
    pub active: Option<bool>,
    /// The stock to set, in pieces or grams; booked as an adjustment.
    pub stock: Option<i64>,
}

impl Product {
    /// A product with nothing but what every product must have; `patch` fills in the rest.
    /// Its version is 1.
    pub fn create(
        id: ProductId,
        patch: &ProductPatch,
        now: Timestamp,
    ) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        if patch.name.is_none() {
            errors.push("name", "is required");
        }
        if patch.price.is_none() {
            errors.push("price", "is required");
        }
        errors.into_result()?;
        let mut product = Self {
            id,
            sku: default_sku(id),
            barcodes: Vec::new(),
            packs: Vec::new(),
            plu: None,
            rfid: Vec::new(),
            name: String::new(),
            brand: String::new(),
            category: String::new(),
            description: String::new(),
            price: Money::ZERO,
            unit: Unit::Each,
            weight_g: None,
            tare_g: None,
            deposit_id: None,
            tax_rate: TaxRate::ZERO,
            min_age: None,
            allergens: Vec::new(),
            food_types: Vec::new(),
            pick_group: 0,
            location: None,
            images: Vec::new(),
            low_stock: None,
            scheduled_prices: Vec::new(),
            attributes: Map::new(),
            active: true,
            deleted: false,
            version: 0,
            created_at: now,
            updated_at: now,
        };
        product.apply(patch, now)?;
        product.version = 1;
        Ok(product)
    }

    /// Sets the fields of `patch`; whether anything but the stock changed. Nothing is set when
    /// any field is refused. A change raises the version.
    pub fn apply(&mut self, patch: &ProductPatch, now: Timestamp) -> Result<bool, FieldErrors> {
        let mut next = self.clone();
        let ProductPatch { stock: _, .. } = patch;
        set(&mut next.sku, patch.sku.as_ref());
        set(&mut next.barcodes, patch.barcodes.as_ref());
        set(&mut next.packs, patch.packs.as_ref());
        set(&mut next.plu, patch.plu.as_ref());
        set(&mut next.rfid, patch.rfid.as_ref());
        set(&mut next.name, patch.name.as_ref());
        set(&mut next.brand, patch.brand.as_ref());
        set(&mut next.category, patch.category.as_ref());
        set(&mut next.description, patch.description.as_ref());
        set(&mut next.price, patch.price.as_ref());
        set(&mut next.unit, patch.unit.as_ref());
        set(&mut next.weight_g, patch.weight_g.as_ref());
        set(&mut next.tare_g, patch.tare_g.as_ref());
        set(&mut next.deposit_id, patch.deposit_id.as_ref());
        set(&mut next.tax_rate, patch.tax_rate.as_ref());
        set(&mut next.min_age, patch.min_age.as_ref());
        set(&mut next.allergens, patch.allergens.as_ref());
        set(&mut next.food_types, patch.food_types.as_ref());
        set(&mut next.pick_group, patch.pick_group.as_ref());
        set(&mut next.location, patch.location.as_ref());
        set(&mut next.images, patch.images.as_ref());
        set(&mut next.low_stock, patch.low_stock.as_ref());
        set(&mut next.scheduled_prices, patch.scheduled_prices.as_ref());
        set(&mut next.attributes, patch.attributes.as_ref());
        set(&mut next.active, patch.active.as_ref());
        next.tidy();
        next.check(self, now)?;
        if next == *self {
            return Ok(false);
        }
        next.version += 1;
        next.updated_at = now;
        *self = next;
        Ok(true)
    }

    /// Makes the last price whose moment has come the product's price; whether there was one. That
    /// raises the version.
    pub fn take_due_price(&mut self, now: Timestamp) -> bool {
        let Some(price) = price_schedule::take_due(&mut self.scheduled_prices, now) else {
            return false;
        };
        self.price = price;
        self.version += 1;
        self.updated_at = now;
        true
    }

    /// Whether this stock is at or below the product's threshold.
    pub fn is_low(&self, stock: i64) -> bool {
        self.low_stock.is_some_and(|threshold| stock <= threshold)
    }

    /// Whether shoppers and devices may see it.
    pub const fn is_on_sale(&self) -> bool {
        self.active && !self.deleted
    }

    /// Repeated codes and blank edges carry no meaning.
    fn tidy(&mut self) {
        self.name = self.name.trim().to_owned();
        self.brand = self.brand.trim().to_owned();
        self.description = self.description.trim().to_owned();
        self.category = category_path(&self.category);
        dedupe(&mut self.barcodes);
        dedupe(&mut self.packs);
        dedupe(&mut self.rfid);
        dedupe(&mut self.images);
        for words in [&mut self.allergens, &mut self.food_types] {
            for word in words.iter_mut() {
                *word = word.trim().to_lowercase();
            }
            words.retain(|word| !word.is_empty());
            dedupe(words);
        }
    }

    /// Checks every field; `before` is the product as it was.
    fn check(&self, before: &Self, now: Timestamp) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::new();
        if self.name.is_empty() {
            errors.push("name", "must not be empty");
        }
        text_limit(&mut errors, "name", &self.name, NAME_MAX);
        text_limit(&mut errors, "brand", &self.brand, NAME_MAX);
        text_limit(&mut errors, "category", &self.category, CATEGORY_MAX);
        if self.category.split('/').count() > CATEGORY_LEVELS_MAX {
            errors.push("category", format!("has at most {CATEGORY_LEVELS_MAX} levels"));
        }
        if self.description.chars().count() > DESCRIPTION_MAX {
            errors.push("description", format!("has at most {DESCRIPTION_MAX} characters"));
        }
        if !self.price.is_price() {
            errors.push("price", "must not be negative, nor above ten billion");
        }
        if self.weight_g.is_some_and(|grams| grams > PIECE_WEIGHT_MAX_G) {
            errors.push("weight_g", format!("is at most {PIECE_WEIGHT_MAX_G}"));
        }
        if self.min_age.is_some_and(|years| years > 99) {
            errors.push("min_age", "is at most 99");
        }
        self.check_goods(&mut errors);
        let lists = [
            ("barcodes", self.barcodes.len()),
            ("rfid", self.rfid.len()),
            ("allergens", self.allergens.len()),
            ("food_types", self.food_types.len()),
            ("images", self.images.len()),
        ];
        for (field, len) in lists {
            if len > PRODUCT_LIST_MAX {
                errors.push(field, format!("has at most {PRODUCT_LIST_MAX} entries"));
            }
        }
        for (field, words) in [
            ("allergens", &self.allergens),
            ("food_types", &self.food_types),
            ("images", &self.images),
        ] {
            for word in words {
                text_limit(&mut errors, field, word, WORD_MAX);
            }
        }
        for (i, image) in self.images.iter().enumerate() {
            if has_foreign_scheme(image) {
                errors.push(format!("images[{i}]"), "is a path or an http(s) address");
            }
        }
        if let Some(location) = &self.location {
            text_limit(&mut errors, "location", location, WORD_MAX);
        }
        if self.low_stock.is_some_and(|threshold| !(0..=STOCK_MAX).contains(&threshold)) {
            errors.push("low_stock", format!("is a whole number from 0 to {STOCK_MAX}"));
        }
        price_schedule::check(&mut errors, &self.scheduled_prices, &before.scheduled_prices, now);
        let attributes_bytes = serde_json::to_string(&self.attributes).map_or(0, |json| json.len());
        if attributes_bytes > ATTRIBUTES_MAX_BYTES {
            errors.push("attributes", format!("has at most {ATTRIBUTES_MAX_BYTES} bytes of JSON"));
        }
        errors.into_result()
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn set<T: Clone>(field: &mut T, value: Option<&T>) {
    if let Some(value) = value {
        field.clone_from(value);
    }
}

/// Whether a picture's address begins with a scheme that no picture comes by: `javascript:`.
fn has_foreign_scheme(image: &str) -> bool {
    let scheme = image.split_once(':').map(|(scheme, _)| scheme.trim().to_ascii_lowercase());
    let scheme = scheme.filter(|scheme| !scheme.contains(['/', '?', '#']));
    scheme.is_some_and(|scheme| !matches!(scheme.as_str(), "http" | "https"))
}

/// The path of a category without blank levels and edges.
pub(in crate::domain) fn category_path(text: &str) -> String {
    let levels = text.split('/').map(str::trim).filter(|level| !level.is_empty());
    levels.collect::<Vec<_>>().join("/")
}

pub(in crate::domain) fn dedupe<T: Ord + Clone>(items: &mut Vec<T>) {
    let mut seen = BTreeSet::new();
    items.retain(|item| seen.insert(item.clone()));
}

/// Notes an error when a text is too long for its field or has line breaks.
pub(in crate::domain) fn text_limit(errors: &mut FieldErrors, field: &str, text: &str, max: usize) {
    if text.chars().count() > max {
        errors.push(field, format!("has at most {max} characters"));
    } else if text.chars().any(char::is_control) {
        errors.push(field, "must not contain line breaks or control characters");
    }
}

/// A product created without a SKU gets one from its id.
fn default_sku(id: ProductId) -> Sku {
    format!("P{id:0>6}").parse().expect("P and digits are a SKU")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> ProductId {
        ProductId::new(7).unwrap()
    }

    fn milk() -> ProductPatch {
        ProductPatch {
            name: Some(" Milk 1 l ".into()),
            price: Some(Money::from_minor(129)),
            category: Some("Dairy / Milk/".into()),
            allergens: Some(vec!["Milk".into(), "milk ".into(), String::new()]),
            ..ProductPatch::default()
        }
    }

    #[test]
    fn a_product_starts_tidy_at_version_one() {
        let product = Product::create(id(), &milk(), Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(product.name, "Milk 1 l");
        assert_eq!(product.category, "Dairy/Milk");
        assert_eq!(product.allergens, ["milk"]);
        assert_eq!(product.sku.as_str(), "P000007");
        assert_eq!(product.version, 1);
    }

    #[test]
    fn pictures_are_paths_or_addresses() {
        let with = |image: &str| ProductPatch { images: Some(vec![image.into()]), ..milk() };
        for good in ["/misc/images/a.png", "milk.png", "https://shop.example/a.png?b=c:d"] {
            assert!(Product::create(id(), &with(good), Timestamp::UNIX_EPOCH).is_ok(), "{good}");
        }
        for bad in ["javascript:alert(1)", " JavaScript:x", "data:image/svg+xml,"] {
            assert!(Product::create(id(), &with(bad), Timestamp::UNIX_EPOCH).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_a_change_raises_the_version() {
        let mut product = Product::create(id(), &milk(), Timestamp::UNIX_EPOCH).unwrap();
        let later = Timestamp::from_second(60).unwrap();
        assert!(!product.apply(&milk(), later).unwrap());
        let stock = ProductPatch { stock: Some(5), ..ProductPatch::default() };
        assert!(!product.apply(&stock, later).unwrap());
        assert_eq!((product.version, product.updated_at), (1, Timestamp::UNIX_EPOCH));
        let price = ProductPatch { price: Some(Money::from_minor(99)), ..ProductPatch::default() };
        assert!(product.apply(&price, later).unwrap());
        assert_eq!((product.version, product.updated_at), (2, later));
    }

    #[test]
    fn every_bad_field_is_named_and_nothing_changes() {
        let mut product = Product::create(id(), &milk(), Timestamp::UNIX_EPOCH).unwrap();
        let before = product.clone();
        let bad = ProductPatch {
            name: Some("  ".into()),
            price: Some(Money::from_minor(-1)),
            brand: Some("x".repeat(NAME_MAX + 1)),
            ..ProductPatch::default()
        };
        let errors = product.apply(&bad, Timestamp::UNIX_EPOCH).unwrap_err();
        let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["name", "brand", "price"]);
        assert_eq!(product, before);
        let missing = Product::create(id(), &ProductPatch::default(), Timestamp::UNIX_EPOCH);
        assert_eq!(missing.unwrap_err().iter().count(), 2);
    }

    #[test]
    fn a_price_takes_effect_at_its_moment_and_raises_the_version() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let scheduled = ScheduledPrice { price: Money::from_minor(99), valid_from: at(60) };
        let patch = ProductPatch { scheduled_prices: Some(vec![scheduled]), ..milk() };
        let mut product = Product::create(id(), &patch, at(0)).unwrap();
        assert!(!product.take_due_price(at(59)));
        assert!(product.take_due_price(at(61)));
        assert_eq!((product.price.minor(), product.version), (99, 2));
        assert!(product.scheduled_prices.is_empty() && !product.take_due_price(at(61)));
    }

    #[test]
    fn a_threshold_counts_itself_as_low() {
        let patch = ProductPatch { low_stock: Some(Some(5)), ..milk() };
        let mut product = Product::create(id(), &patch, Timestamp::UNIX_EPOCH).unwrap();
        assert!(product.is_low(5) && product.is_low(-1) && !product.is_low(6));
        let bad = ProductPatch { low_stock: Some(Some(-1)), ..ProductPatch::default() };
        assert!(product.apply(&bad, Timestamp::UNIX_EPOCH).is_err());
        let none = ProductPatch { low_stock: Some(None), ..ProductPatch::default() };
        assert!(product.apply(&none, Timestamp::UNIX_EPOCH).unwrap() && !product.is_low(0));
    }
}
