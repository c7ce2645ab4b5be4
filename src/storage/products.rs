//! The catalogue, its unique codes, and the stock ledger.

use super::error::Error;
use super::read::Reader;
use super::records::product::StockRecord;
use super::tables::{
    MOVEMENT_BY_PRODUCT, PRODUCT_BY_DEPOSIT, PRODUCT_BY_GTIN, PRODUCT_BY_ID, PRODUCT_BY_PLU,
    PRODUCT_BY_SKU, PRODUCT_BY_UID, STOCK_BY_PRODUCT,
};
use super::write::WriteTx;
use crate::domain::catalog::Product;
use crate::domain::codes::{Gtin, Plu, Sku, Uid};
use crate::domain::event::Change;
use crate::domain::id::ProductId;
use crate::domain::stock::StockMovement;

/// The product, deleted ones included: carts and orders may still name them.
pub fn product(tx: &impl Reader, id: ProductId) -> Result<Option<Product>, Error> {
    tx.get(PRODUCT_BY_ID, &id)
}

/// The product with this SKU.
pub fn by_sku(tx: &impl Reader, sku: &Sku) -> Result<Option<ProductId>, Error> {
    tx.get(PRODUCT_BY_SKU, sku)
}

/// The product with this barcode, be it a pack's.
pub fn by_gtin(tx: &impl Reader, gtin: Gtin) -> Result<Option<ProductId>, Error> {
    tx.get(PRODUCT_BY_GTIN, &gtin)
}

/// Products whose deposit this one is, at most `limit` of them, by id.
pub fn with_deposit(
    tx: &impl Reader,
    deposit: ProductId,
    limit: usize,
) -> Result<Vec<ProductId>, Error> {
    let rows = tx.scan(PRODUCT_BY_DEPOSIT, super::prefix(&deposit), limit)?;
    Ok(rows.into_iter().map(|((_, product), ())| product).collect())
}

/// How many products have this one for their deposit.
pub fn deposit_count(tx: &impl Reader, deposit: ProductId) -> Result<u64, Error> {
    tx.count(PRODUCT_BY_DEPOSIT, super::prefix(&deposit))
}

/// The product with this PLU.
pub fn by_plu(tx: &impl Reader, plu: Plu) -> Result<Option<ProductId>, Error> {
    tx.get(PRODUCT_BY_PLU, &plu.value())
}

/// All products with a PLU, by its number; at most `limit`.
pub fn with_plu(tx: &impl Reader, limit: usize) -> Result<Vec<Product>, Error> {
    let mut found = Vec::new();
    for (_, id) in tx.scan(PRODUCT_BY_PLU, .., limit)? {
        found.extend(product(tx, id)?);
    }
    Ok(found)
}

/// The product that carries this tag.
pub fn by_uid(tx: &impl Reader, uid: &Uid) -> Result<Option<ProductId>, Error> {
    tx.get(PRODUCT_BY_UID, uid)
}

/// Pieces or grams in the shop.
pub fn stock(tx: &impl Reader, id: ProductId) -> Result<i64, Error> {
    Ok(tx.get(STOCK_BY_PRODUCT, &id)?.map_or(0, |StockRecord(stock)| stock))
}

/// Writes a product and its indexes. The caller has checked that its codes are free.
pub fn put(tx: &mut WriteTx<'_>, product: &Product) -> Result<(), Error> {
    let old = tx.get(PRODUCT_BY_ID, &product.id)?;
    super::pictures::name(tx, old.as_ref(), product)?;
    if let Some(old) = old {
        unindex(tx, &old)?;
    }
    if !product.deleted {
        index(tx, product)?;
    }
    tx.put(PRODUCT_BY_ID, &product.id, product)?;
    tx.log(&Change::Product(product.id))?;
    Ok(())
}

fn index(tx: &mut WriteTx<'_>, product: &Product) -> Result<(), Error> {
    tx.put(PRODUCT_BY_SKU, &product.sku, &product.id)?;
    for gtin in product.all_barcodes() {
        tx.put(PRODUCT_BY_GTIN, &gtin, &product.id)?;
    }
    if let Some(deposit) = product.deposit_id {
        tx.put(PRODUCT_BY_DEPOSIT, &(deposit, product.id), &())?;
    }
    if let Some(plu) = product.plu {
        tx.put(PRODUCT_BY_PLU, &plu.value(), &product.id)?;
    }
    for uid in &product.rfid {
        tx.put(PRODUCT_BY_UID, uid, &product.id)?;
    }
    super::price_schedule::index(tx, product)
}

fn unindex(tx: &mut WriteTx<'_>, product: &Product) -> Result<(), Error> {
    if product.deleted {
        return Ok(());
    }
    tx.remove(PRODUCT_BY_SKU, &product.sku)?;
    for gtin in product.all_barcodes() {
        tx.remove(PRODUCT_BY_GTIN, &gtin)?;
    }
    if let Some(deposit) = product.deposit_id {
        tx.remove(PRODUCT_BY_DEPOSIT, &(deposit, product.id))?;
    }
    if let Some(plu) = product.plu {
        tx.remove(PRODUCT_BY_PLU, &plu.value())?;
    }
    for uid in &product.rfid {
        tx.remove(PRODUCT_BY_UID, uid)?;
    }
    super::price_schedule::unindex(tx, product)
}

/// Books a movement: the ledger entry and the new stock, in one place so that they agree.
pub fn book(tx: &mut WriteTx<'_>, movement: &StockMovement) -> Result<(), Error> {
    tx.put(MOVEMENT_BY_PRODUCT, &(movement.product_id, movement.id), movement)?;
    super::ledger::note(tx, movement)?;
    tx.put(STOCK_BY_PRODUCT, &movement.product_id, &StockRecord(movement.stock_after))?;
    tx.log(&Change::Stock(movement.product_id))?;
    Ok(())
}

/// A product's movements, newest first.
pub fn movements(
    tx: &impl Reader,
    id: ProductId,
    offset: usize,
    limit: usize,
) -> Result<Vec<StockMovement>, Error> {
    let rows = tx.scan_rev(MOVEMENT_BY_PRODUCT, super::prefix(&id), offset + limit)?;
    Ok(rows.into_iter().skip(offset).map(|(_, movement)| movement).collect())
}

/// How many entries the stock ledger of a product has.
pub fn movement_count(tx: &impl Reader, id: ProductId) -> Result<u64, Error> {
    tx.count(MOVEMENT_BY_PRODUCT, super::prefix(&id))
}
