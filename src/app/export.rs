//! Exports: whole tables as CSV or NDJSON, page by page, so that a large shop needs no memory.

pub(super) mod rows;

use std::ops::Bound;

use tokio::sync::mpsc;

use self::rows::{CART_COLUMNS, ORDER_COLUMNS, PRODUCT_COLUMNS, USER_COLUMNS};
use super::{Admin, App, Error, Result, Staff, audit};
use crate::storage::tables::{CART_BY_ID, ORDER_BY_ID, PRODUCT_BY_ID, USER_BY_ID};
use crate::storage::{Key, ReadTx, Reader, Record, Table};
use crate::wire::control::{ExportFormat, ExportTable};

/// Rows that are read at a time.
const PAGE_ROWS: usize = 250;

/// Where an export's pieces go; a full one makes the export wait.
pub type Pieces = mpsc::Sender<Vec<u8>>;

impl App {
    /// Writes all products of the catalogue; those of a CSV can be imported again.
    pub async fn export_products(
        &self,
        _staff: &Staff,
        format: ExportFormat,
        pieces: &Pieces,
    ) -> Result<usize> {
        let currency = self.settings().currency;
        self.export_table(PRODUCT_BY_ID, format, PRODUCT_COLUMNS, pieces, move |tx, product| {
            if product.deleted {
                return Ok(None);
            }
            let stock = crate::storage::products::stock(tx, product.id)?;
            rows::product(product, stock, &currency, format).map(Some)
        })
        .await
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
    pub fn export_map(&self, _staff: &Staff) -> Result<Vec<u8>> {
        let loaded = self.store_map()?;
        let mut json = serde_json::to_vec_pretty(&loaded.map)
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
            send(pieces, rows::csv_line(columns.iter().map(|name| (*name).to_owned()))?).await?;
        }
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

async fn send(pieces: &Pieces, piece: Vec<u8>) -> Result<()> {
    let gone = |_| Error::unavailable("reader-gone", "whoever asked for the export has gone");
    pieces.send(piece).await.map_err(gone)
}

#[cfg(test)]
mod tests;
