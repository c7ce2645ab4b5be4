//! What is wrong with a map, the one in use or another: nothing is changed by asking. A file that
//! is taken for the map is looked at in the same way before.

use std::ops::Bound;

use bytes::Bytes;

use super::export::deposits;
use super::{App, Result, Staff, Versions, unblocked};
use crate::domain::catalog::Product;
use crate::domain::id::ProductId;
use crate::domain::invalid::FieldErrors;
use crate::domain::store_map::lint::{Level, Linted, MapReport, ProductCheck};
use crate::domain::store_map::{Format, StoreMap};
use crate::storage::Reader;
use crate::storage::tables::PRODUCT_BY_ID;

/// Products that are read at a time.
const PAGE_PRODUCTS: usize = 1_000;

/// What became of a map in a file.
#[derive(Debug, Clone, PartialEq)]
pub struct MapImport {
    /// What was found about it.
    pub report: MapReport,
    /// The map, when it was only looked at and has no errors.
    pub map: Option<StoreMap>,
    /// The version of the map in use, when it is this one now.
    pub version: Option<u64>,
}

/// What of a product has to do with the map.
struct Placed {
    id: ProductId,
    name: String,
    location: Option<String>,
}

/// Findings about the map in a file, without a shop.
pub fn lint_file(file: &[u8]) -> MapReport {
    Linted::read(file).into_report().0
}

impl App {
    /// Findings about the map in use, and about where products are.
    pub async fn map_findings(&self, _staff: &Staff) -> Result<MapReport> {
        let loaded = self.loaded_map().await?;
        let linted = unblocked(move || Linted::of((*loaded.map).clone(), Format::Json)).await?;
        Ok(self.with_products(linted).await?.into_report().0)
    }

    /// Findings about the map in a file, and about where the shop's products would be on it; the
    /// map itself, unless it has errors.
    pub async fn lint_map(
        &self,
        _staff: &Staff,
        file: Vec<u8>,
    ) -> Result<(MapReport, Option<StoreMap>)> {
        let linted = unblocked(move || Linted::read(&file)).await?;
        Ok(self.with_products(linted).await?.into_report())
    }

    /// Takes the map in a file of any format for the shop's; with `dry_run` only looks at it. Files
    /// are read one after the other, because each takes several times its size in memory.
    pub async fn import_map(
        &self,
        staff: &Staff,
        file: Bytes,
        expected: Option<Versions>,
        dry_run: bool,
    ) -> Result<MapImport> {
        let _turn = self.inner.map.reading.lock().await;
        let linted = unblocked(move || Linted::read(&file)).await?;
        let (report, map) = self.with_products(linted).await?.into_report();
        if dry_run {
            return Ok(MapImport { report, map, version: None });
        }
        let Some(map) = map else { return Err(refused(&report).into()) };
        let loaded = self.replace_store_map(staff, map, expected).await?;
        Ok(MapImport { report, map: None, version: Some(loaded.version) })
    }

    /// Holds all products on sale against the map, but for deposits, which stand with the products
    /// that bring them along.
    async fn with_products(&self, mut linted: Linted) -> Result<Linted> {
        let Some(map) = &linted.map else { return Ok(linted) };
        let check = ProductCheck::new(map);
        let deposits = self.scan(deposits).await?;
        let (mut after, mut count) = (Bound::Unbounded, 0);
        loop {
            let page = self.scan(move |tx| {
                let page = tx.scan(PRODUCT_BY_ID, (after, Bound::Unbounded), PAGE_PRODUCTS)?;
                Ok(page.into_iter().map(|(id, product)| (id, placed(product))).collect::<Vec<_>>())
            });
            let page = page.await?;
            let Some((last, _)) = page.last() else { break };
            after = Bound::Excluded(*last);
            for product in page.into_iter().filter_map(|(_, product)| product) {
                if !deposits.contains(&product.id) {
                    let location = product.location.as_deref();
                    check.check(&mut linted.findings, product.id, &product.name, location);
                    count += 1;
                }
            }
        }
        linted.products = Some(count);
        Ok(linted)
    }
}

/// Why a map cannot be used, by the place in its file.
fn refused(report: &MapReport) -> FieldErrors {
    let mut fields = FieldErrors::new();
    for finding in report.findings.iter().filter(|finding| finding.level == Level::Error) {
        fields.push(&finding.at, &finding.message);
    }
    fields
}

fn placed(product: Product) -> Option<Placed> {
    let Product { id, name, location, .. } = product.is_on_sale().then_some(product)?;
    Some(Placed { id, name, location })
}
