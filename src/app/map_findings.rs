//! What is wrong with a map, the one in use or another: nothing is changed by asking.

use std::ops::Bound;

use super::export::deposits;
use super::{App, Result, Staff, unblocked};
use crate::domain::catalog::Product;
use crate::domain::id::ProductId;
use crate::domain::store_map::lint::{Linted, MapReport, ProductCheck};
use crate::domain::store_map::{Format, StoreMap};
use crate::storage::Reader;
use crate::storage::tables::PRODUCT_BY_ID;

/// Findings about the map in a file, where there is no shop with products.
pub fn lint_file(file: &[u8]) -> MapReport {
    Linted::read(file).into_report().0
}

/// Products that are read at a time.
const PAGE_PRODUCTS: usize = 1_000;

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

fn placed(product: Product) -> Option<Placed> {
    let Product { id, name, location, .. } = product.is_on_sale().then_some(product)?;
    Some(Placed { id, name, location })
}
