//! The catalogue: create, edit, delete, find.

use std::time::Duration;

use jiff::Timestamp;

use super::audit::{self, shapes};
use super::once::{Once, Outcome, once};
use super::{App, Error, Result, Staff, Versions, deposits};
use crate::domain::catalog::{Product, ProductPatch};
use crate::domain::codes::{Gtin, Measure, ScannedCode, TradeMeasure};
use crate::domain::id::{MovementId, ProductId, UserId};
use crate::domain::pricing::offer;
use crate::domain::promotions::running::Running;
use crate::domain::settings::StoreSettings;
use crate::domain::stock::{MovementKind, StockMovement};
use crate::domain::view::StockedProduct;
use crate::storage::{Reader, WriteTx, products};

/// Why a counted stock is refused. Only the ledger goes below zero.
pub(super) const BELOW_ZERO: &str = "is a whole number from 0 to 1000000000, or what it is already";

/// How long the answer to an edit waits for the search index; the edit itself is durable.
const SEARCH_WAIT: Duration = Duration::from_secs(2);

/// Which product a scanned code means, and what the code says beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Scanned {
    /// The product.
    pub product: Product,
    /// An embedded weight or price.
    pub measure: Option<Measure>,
    /// The pieces behind the code: more than 1 for the barcode of a pack.
    pub pack: u32,
}

impl App {
    /// Adds a product. Its stock, if given, is booked as a receipt.
    pub async fn create_product(
        &self,
        staff: &Staff,
        patch: ProductPatch,
        request: Option<Once<StockedProduct>>,
    ) -> Result<Outcome<StockedProduct>> {
        let (now, by) = (self.now(), staff.user_id());
        let running = self.running(now)?;
        let (act, currency) = (self.act(staff), self.settings().currency);
        let created = self
            .write(move |tx| {
                once(tx, request, now, |tx| {
                    let made = create(tx, &patch, by, now)?;
                    let change = audit::Change::made(shapes::product(&made, &currency));
                    let target = ("product", made.product.id);
                    audit::record(tx, &act, "product.create", target, change)?;
                    Ok(offered(made, &running))
                })
            })
            .await?;
        self.search_caught_up().await;
        Ok(created)
    }

    /// Sets the fields of `patch`. `expected` is the version that the caller saw.
    pub async fn update_product(
        &self,
        staff: &Staff,
        id: ProductId,
        patch: ProductPatch,
        expected: Option<Versions>,
    ) -> Result<StockedProduct> {
        let (now, by) = (self.now(), staff.user_id());
        let running = self.running(now)?;
        let (act, currency) = (self.act(staff), self.settings().currency);
        let updated = self
            .write(move |tx| {
                let before = unpriced(tx, existing(tx, id)?)?;
                let after = update(tx, id, &patch, expected, by, now)?;
                if after != before {
                    let shape = |it| shapes::product(it, &currency);
                    let change = audit::Change::between(shape(&before), shape(&after));
                    audit::record(tx, &act, "product.update", ("product", id), change)?;
                }
                Ok(after)
            })
            .await?;
        self.search_caught_up().await;
        Ok(offered(updated, &running))
    }

    /// Takes a product out of the catalogue. Orders keep their copies of it.
    pub async fn delete_product(
        &self,
        staff: &Staff,
        id: ProductId,
        expected: Option<Versions>,
    ) -> Result<()> {
        let now = self.now();
        let (act, currency) = (self.act(staff), self.settings().currency);
        self.write(move |tx| {
            let mut product = existing(tx, id)?;
            super::check_version(expected, product.version)?;
            deposits::check_unused(tx, id)?;
            let gone = unpriced(tx, product.clone())?;
            let change = audit::Change::removed(shapes::product(&gone, &currency));
            audit::record(tx, &act, "product.delete", ("product", id), change)?;
            product.deleted = true;
            product.version += 1;
            product.updated_at = now;
            products::put(tx, &product)?;
            Ok(())
        })
        .await?;
        self.search_caught_up().await;
        Ok(())
    }

    /// A product of the catalogue; staff see inactive ones too.
    pub fn product(&self, viewer: Option<&Staff>, id: ProductId) -> Result<StockedProduct> {
        let running = self.running(self.now())?;
        self.read(|tx| {
            let product = existing(tx, id)?;
            visible(viewer, product).and_then(|product| stocked(tx, product, &running))
        })
    }

    /// The product of a scanned code (GTIN, variable measure, or PLU), and the pieces behind it.
    pub fn product_by_code(
        &self,
        viewer: Option<&Staff>,
        code: &str,
    ) -> Result<(StockedProduct, u32)> {
        let settings = self.settings();
        let running = self.running(self.now())?;
        self.read(|tx| {
            let scanned = scan(tx, settings, code)?;
            let product = visible(viewer, scanned.product)?;
            Ok((stocked(tx, product, &running)?, scanned.pack))
        })
    }

    /// The stock ledger of a product, newest first.
    pub fn stock_movements(
        &self,
        _staff: &Staff,
        id: ProductId,
        offset: usize,
        limit: usize,
    ) -> Result<(Vec<StockMovement>, u64)> {
        self.read(|tx| {
            existing(tx, id)?;
            let total = products::movement_count(tx, id)?;
            Ok((products::movements(tx, id, offset, limit)?, total))
        })
    }

    /// The products of these ids, in their order; those that are gone are left out.
    pub fn products_of(&self, ids: &[ProductId]) -> Result<Vec<StockedProduct>> {
        let running = self.running(self.now())?;
        self.products_at(ids, &running)
    }

    /// The same while these promotions run.
    pub(super) fn products_at(
        &self,
        ids: &[ProductId],
        running: &Running,
    ) -> Result<Vec<StockedProduct>> {
        self.read(|tx| {
            let mut found = Vec::with_capacity(ids.len());
            for id in ids {
                if let Some(product) = products::product(tx, *id)?.filter(|found| !found.deleted) {
                    found.push(stocked(tx, product, running)?);
                }
            }
            Ok(found)
        })
    }

    /// Waits, for a bounded time, until the next search sees what was just written.
    pub(super) async fn search_caught_up(&self) {
        let seq = self.store().last_change_seq();
        if !self.search().caught_up(seq, SEARCH_WAIT).await {
            tracing::warn!(seq, "the search index is behind an edit");
        }
    }
}

/// The product with this id, unless it was deleted.
pub(super) fn existing(tx: &impl Reader, id: ProductId) -> Result<Product> {
    products::product(tx, id)?
        .filter(|product| !product.deleted)
        .ok_or_else(|| Error::not_found("product"))
}

/// The product with this id, if shoppers and devices may buy it.
pub(super) fn on_sale(tx: &impl Reader, id: ProductId) -> Result<Product> {
    existing(tx, id).and_then(|product| visible(None, product))
}

fn visible(viewer: Option<&Staff>, product: Product) -> Result<Product> {
    if product.is_on_sale() || (viewer.is_some() && !product.deleted) {
        Ok(product)
    } else {
        Err(Error::not_found("product"))
    }
}

pub(super) fn stocked(
    tx: &impl Reader,
    product: Product,
    running: &Running,
) -> Result<StockedProduct> {
    Ok(offered(unpriced(tx, product)?, running))
}

/// The product with its stock, apart from what runs.
pub(super) fn unpriced(tx: &impl Reader, product: Product) -> Result<StockedProduct> {
    let stock = products::stock(tx, product.id)?;
    Ok(StockedProduct { product, stock, offer: None })
}

/// The product with what makes it cheaper while these promotions run.
fn offered(stocked: StockedProduct, running: &Running) -> StockedProduct {
    StockedProduct { offer: offer(&stocked.product, running), ..stocked }
}

/// Finds the product of a scanned code. A registered GTIN wins over a variable-measure reading,
/// that over a PLU. `App::explain_code` tells the same story in words.
pub(super) fn scan(tx: &impl Reader, settings: &StoreSettings, code: &str) -> Result<Scanned> {
    let unknown = || Error::not_found("product with this barcode");
    let rules = super::barcode_rules::in_force(tx, settings)?.rules;
    let Ok(readings) = ScannedCode::parse(code, &rules) else {
        return Err(unknown());
    };
    if let Some(gtin) = readings.gtin
        && let Some(id) = products::by_gtin(tx, gtin)?
    {
        let measure = match readings.trade_measure {
            None => None,
            Some(TradeMeasure::Weight { grams }) => Some(Measure::Weight { grams }),
            Some(TradeMeasure::Price(price)) => {
                let price = price.to_money(&settings.currency).ok();
                let price = price.filter(|price| price.is_price()).ok_or_else(unknown)?;
                Some(Measure::Price { minor: price.minor() })
            }
        };
        let product = existing(tx, id)?;
        return Ok(Scanned { pack: product.pieces_of(gtin), product, measure });
    }
    if let Some(variable) = readings.variable_measure
        && let Some(id) = products::by_plu(tx, variable.item)?
    {
        return Ok(Scanned {
            product: existing(tx, id)?,
            measure: Some(variable.measure),
            pack: 1,
        });
    }
    if let Some(plu) = readings.plu
        && let Some(id) = products::by_plu(tx, plu)?
    {
        return Ok(Scanned { product: existing(tx, id)?, measure: None, pack: 1 });
    }
    if let Some(gtin) = short_gtin(code)
        && let Some(id) = products::by_gtin(tx, gtin)?
    {
        let product = existing(tx, id)?;
        return Ok(Scanned { pack: product.pieces_of(gtin), product, measure: None });
    }
    Err(unknown())
}

/// An EAN-8 that was sent as a number and lost all its zeros: too short to be told from a PLU,
/// so it is looked for last.
fn short_gtin(code: &str) -> Option<Gtin> {
    let digits = code.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    if digits.len() < 6 { format!("{digits:0>8}").parse().ok() } else { None }
}

/// Creates a product inside a transaction; the importer does the same.
pub(super) fn create(
    tx: &mut WriteTx<'_>,
    patch: &ProductPatch,
    by: Option<UserId>,
    now: Timestamp,
) -> Result<StockedProduct> {
    let id = super::next(tx, "product", ProductId::new)?;
    let product = Product::create(id, patch, now)?;
    check_codes(tx, &product)?;
    check_references(tx, None, &product)?;
    products::put(tx, &product)?;
    let stock = patch.stock.unwrap_or(0);
    if stock < 0 {
        return Err(Error::field("stock", BELOW_ZERO));
    }
    if stock > 0 {
        book(tx, id, MovementKind::Receipt, stock, None, by, now)?;
    }
    Ok(StockedProduct { product, stock, offer: None })
}

/// Edits a product inside a transaction; the importer does the same.
pub(super) fn update(
    tx: &mut WriteTx<'_>,
    id: ProductId,
    patch: &ProductPatch,
    expected: Option<Versions>,
    by: Option<UserId>,
    now: Timestamp,
) -> Result<StockedProduct> {
    let mut product = existing(tx, id)?;
    super::check_version(expected, product.version)?;
    let before = product.clone();
    if product.apply(patch, now)? {
        check_codes(tx, &product)?;
        check_references(tx, Some(&before), &product)?;
        products::put(tx, &product)?;
    }
    let present = products::stock(tx, id)?;
    let stock = patch.stock.unwrap_or(present);
    if stock != present {
        // One that is below zero already may be sent back as it is.
        if stock < 0 {
            return Err(Error::field("stock", BELOW_ZERO));
        }
        book(tx, id, MovementKind::Adjustment, stock - present, None, by, now)?;
    }
    Ok(StockedProduct { product, stock, offer: None })
}

/// Books a stock movement.
pub(super) fn book(
    tx: &mut WriteTx<'_>,
    product_id: ProductId,
    kind: MovementKind,
    delta: i64,
    order_id: Option<crate::domain::id::OrderId>,
    by: Option<UserId>,
    at: Timestamp,
) -> Result<()> {
    let id = super::next(tx, "movement", MovementId::new)?;
    let stock_after = products::stock(tx, product_id)?.checked_add(delta);
    let stock_after = stock_after.ok_or_else(|| Error::Internal("a stock overflows".into()))?;
    let note = None;
    let movement =
        StockMovement { id, product_id, kind, delta, stock_after, order_id, by, at, note };
    Ok(products::book(tx, &movement)?)
}

/// What a product names is there: its deposit, and its pictures.
pub(super) fn check_references(
    tx: &impl Reader,
    before: Option<&Product>,
    product: &Product,
) -> Result<()> {
    deposits::check_link(tx, before, product)?;
    let images = before.map(|before| before.images.as_slice());
    super::pictures::check(tx, images.unwrap_or_default(), &product.images)
}

/// Every code belongs to one product.
pub(super) fn check_codes(tx: &impl Reader, product: &Product) -> Result<()> {
    let other = |owner: Option<ProductId>| owner.filter(|owner| *owner != product.id);
    if let Some(owner) = other(products::by_sku(tx, &product.sku)?) {
        return Err(taken("sku", "sku-taken", &product.sku, owner));
    }
    for gtin in product.all_barcodes() {
        if let Some(owner) = other(products::by_gtin(tx, gtin)?) {
            return Err(taken("barcode", "barcode-taken", &gtin, owner));
        }
    }
    if let Some(plu) = product.plu
        && let Some(owner) = other(products::by_plu(tx, plu)?)
    {
        return Err(taken("PLU", "plu-taken", &plu, owner));
    }
    for uid in &product.rfid {
        if let Some(owner) = other(products::by_uid(tx, uid)?) {
            return Err(taken("RFID tag", "rfid-taken", uid, owner));
        }
    }
    Ok(())
}

fn taken(
    what: &str,
    code: &'static str,
    value: &impl std::fmt::Display,
    owner: ProductId,
) -> Error {
    Error::conflict(code, format!("{what} {value} belongs to product {owner}"))
}
