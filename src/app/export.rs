//! Exports: whole tables as CSV or NDJSON, page by page, so that a large shop needs no memory.

pub(super) mod rows;

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;

use tokio::sync::mpsc;

use self::rows::{CART_COLUMNS, ORDER_COLUMNS, PRODUCT_COLUMNS, USER_COLUMNS};
use super::{Admin, App, Error, Result, Staff, audit};
use crate::domain::catalog::Product;
use crate::domain::id::ProductId;
use crate::domain::money::Currency;
use crate::storage::tables::{
    CART_BY_ID, ORDER_BY_ID, PRODUCT_BY_DEPOSIT, PRODUCT_BY_ID, USER_BY_ID,
};
use crate::storage::{Key, ReadTx, Reader, Record, Table, products};
use crate::wire::control::{ExportFormat, ExportTable, MapFormat};

/// Rows that are read at a time.
const PAGE_ROWS: usize = 250;

/// Where an export's pieces go; a full one makes the export wait.
pub type Pieces = mpsc::Sender<Vec<u8>>;

impl App {
    /// Writes all products of the catalogue; the importer reads them, here and in another shop.
    ///
    /// Deposits come first, so that their rows stand before those of their bottles.
    pub async fn export_products(
        &self,
        _staff: &Staff,
        format: ExportFormat,
        pieces: &Pieces,
    ) -> Result<usize> {
        if format == ExportFormat::Csv {
            send(pieces, header(PRODUCT_COLUMNS)?).await?;
        }
        let currency = self.settings().currency;
        // What was written as a deposit is not written again, whatever happens meanwhile.
        let deposits = Arc::new(self.scan(deposits).await?);
        let ids: Vec<ProductId> = deposits.iter().copied().collect();
        let mut written = 0;
        for page in ids.chunks(PAGE_ROWS) {
            let page = page.to_vec();
            let rows = self.scan(move |tx| {
                let mut rows = Vec::with_capacity(page.len());
                for id in page {
                    if let Some(product) = products::product(tx, id)? {
                        rows.extend(product_row(tx, product, &currency, format)?);
                    }
                }
                Ok(rows)
            });
            let rows = rows.await?;
            written += rows.len();
            send(pieces, rows.concat()).await?;
        }
        let others = move |tx: &ReadTx, product: Product| {
            if deposits.contains(&product.id) {
                return Ok(None);
            }
            product_row(tx, product, &currency, format)
        };
        Ok(written + self.export_rows(PRODUCT_BY_ID, pieces, others).await?)
    }

    /// Writes a whole table and tells how many rows it has.
    pub async fn export(
        &self,
        admin: &Admin,
        table: ExportTable,
        format: ExportFormat,
        pieces: &Pieces,
    ) -> Result<usize> {
        match table {
            ExportTable::Products => self.export_products(&admin.staff(), format, pieces).await,
            ExportTable::Users => {
                self.record_user_export(admin).await?;
                self.export_table(USER_BY_ID, format, USER_COLUMNS, pieces, move |_, user| {
                    rows::user(user, format).map(Some)
                })
                .await
            }
            ExportTable::Orders => {
                self.export_table(ORDER_BY_ID, format, ORDER_COLUMNS, pieces, move |_, order| {
                    rows::order(order, format).map(Some)
                })
                .await
            }
            ExportTable::Carts => {
                let (terms, currency) = (self.terms(self.now())?, self.settings().currency);
                self.export_table(CART_BY_ID, format, CART_COLUMNS, pieces, move |tx, cart| {
                    if cart.lines.is_empty() {
                        return Ok(None);
                    }
                    let priced = super::carts::price(tx, &terms, (cart, true))?;
                    rows::cart(&priced, &currency, format).map(Some)
                })
                .await
            }
        }
    }

    /// An export of users holds their password hashes: who took it is worth knowing.
    async fn record_user_export(&self, admin: &Admin) -> Result<()> {
        let act = self.act(admin);
        self.write(move |tx| {
            audit::record(tx, &act, "user.export", ("user", ""), audit::Change::none())
        })
        .await
    }

    /// The store's map as its importer reads it.
    pub fn export_map(&self, _staff: &Staff, format: MapFormat) -> Result<Vec<u8>> {
        let loaded = self.store_map()?;
        if format == MapFormat::Geojson {
            return Ok(loaded.map.to_geojson().into_bytes());
        }
        let mut json = serde_json::to_vec_pretty(&*loaded.map)
            .map_err(|error| Error::Internal(error.to_string()))?;
        json.push(b'\n');
        Ok(json)
    }

    async fn export_table<K, V, F>(
        &self,
        table: Table<K, V>,
        format: ExportFormat,
        columns: &'static [&'static str],
        pieces: &Pieces,
        render: F,
    ) -> Result<usize>
    where
        K: Key + Copy + Send + Sync + 'static,
        V: Record + Send + 'static,
        F: Fn(&ReadTx, V) -> Result<Option<Vec<u8>>> + Send + Sync + Clone + 'static,
    {
        if format == ExportFormat::Csv {
            send(pieces, header(columns)?).await?;
        }
        self.export_rows(table, pieces, render).await
    }

    async fn export_rows<K, V, F>(
        &self,
        table: Table<K, V>,
        pieces: &Pieces,
        render: F,
    ) -> Result<usize>
    where
        K: Key + Copy + Send + Sync + 'static,
        V: Record + Send + 'static,
        F: Fn(&ReadTx, V) -> Result<Option<Vec<u8>>> + Send + Sync + Clone + 'static,
    {
        let (mut after, mut count) = (None, 0);
        loop {
            let render = render.clone();
            let page = self
                .scan(move |tx| {
                    let begin = after.map_or(Bound::Unbounded, Bound::Excluded);
                    let found = tx.scan(table, (begin, Bound::Unbounded), PAGE_ROWS)?;
                    let last = found.last().map(|(key, _)| *key);
                    let (mut text, mut rows) = (Vec::new(), 0);
                    for (_, value) in found {
                        if let Some(row) = render(tx, value)? {
                            text.extend(row);
                            rows += 1;
                        }
                    }
                    Ok((last, text, rows))
                })
                .await?;
            let (Some(last), text, rows) = page else { return Ok(count) };
            after = Some(last);
            count += rows;
            if !text.is_empty() {
                send(pieces, text).await?;
            }
        }
    }
}

/// Products that are the deposit of others, by id.
pub(super) fn deposits(tx: &ReadTx) -> Result<BTreeSet<ProductId>> {
    let (mut found, mut after) = (BTreeSet::new(), Bound::Unbounded);
    loop {
        let page = tx.scan(PRODUCT_BY_DEPOSIT, (after, Bound::Unbounded), PAGE_ROWS)?;
        let Some((last, ())) = page.last() else { return Ok(found) };
        after = Bound::Excluded(*last);
        found.extend(page.into_iter().map(|((deposit, _), ())| deposit));
    }
}

fn product_row(
    tx: &ReadTx,
    product: Product,
    currency: &Currency,
    format: ExportFormat,
) -> Result<Option<Vec<u8>>> {
    if product.deleted {
        return Ok(None);
    }
    let stock = products::stock(tx, product.id)?;
    let deposit = super::deposits::of(tx, &product)?;
    let sku = deposit.as_ref().map(|it| &it.sku);
    rows::product(product, stock, sku, currency, format).map(Some)
}

fn header(columns: &[&str]) -> Result<Vec<u8>> {
    rows::csv_line(columns.iter().map(|name| (*name).to_owned()))
}

async fn send(pieces: &Pieces, piece: Vec<u8>) -> Result<()> {
    let gone = |_| Error::unavailable("reader-gone", "whoever asked for the export has gone");
    pieces.send(piece).await.map_err(gone)
}

#[cfg(test)]
mod tests;
