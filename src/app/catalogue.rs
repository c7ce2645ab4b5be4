//! Lists and searches of the catalogue.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{App, Error, Result};
use crate::domain::view::StockedProduct;
pub use crate::search::{Filter, Sort, Suggestion};
use crate::search::{Query, SearchError, Status};

/// A page of products.
#[derive(Debug, Clone, PartialEq)]
pub struct ProductPage {
    /// The products, in the order that was asked for.
    pub products: Vec<StockedProduct>,
    /// How many match in all.
    pub total: usize,
    /// How many match in each category.
    pub categories: BTreeMap<String, usize>,
    /// How many match of each brand.
    pub brands: BTreeMap<String, usize>,
    /// What was searched for instead of an unknown word.
    pub did_you_mean: Option<String>,
}

impl App {
    /// Whether text search answers yet.
    pub fn search_ready(&self) -> bool {
        matches!(self.search().status(), Status::Ready)
    }

    /// Products that match a text and a filter; an empty text lists all.
    pub async fn find_products(
        &self,
        text: String,
        mut filter: Filter,
        sort: Option<Sort>,
        offset: usize,
        limit: usize,
    ) -> Result<ProductPage> {
        let running = self.running(self.now())?;
        filter.promotions = Arc::clone(&running);
        let app = self.clone();
        // A page may have a thousand products: they are read on the same thread.
        let found = tokio::task::spawn_blocking(move || {
            let search = app.search();
            let found = if text.trim().is_empty() {
                search.list(&filter, sort.unwrap_or(Sort::Id), offset, limit)
            } else {
                let sort = sort.unwrap_or(Sort::Relevance);
                search.find(&Query { text, filter, sort, offset, limit })?
            };
            Ok(ProductPage {
                products: app.products_at(&found.ids, &running)?,
                total: found.total,
                categories: found.facets.category,
                brands: found.facets.brand,
                did_you_mean: found.did_you_mean,
            })
        });
        found.await.map_err(|error| Error::Internal(error.to_string()))?
    }

    /// Names that begin like the text.
    pub async fn suggest(&self, text: String, limit: usize) -> Result<Vec<Suggestion>> {
        let search = self.search().clone();
        let found = tokio::task::spawn_blocking(move || search.suggest(&text, limit)).await;
        Ok(found.map_err(|error| Error::Internal(error.to_string()))??)
    }
}

impl From<SearchError> for Error {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Building => Self::unavailable(
                "index-building",
                "the search index is being built: lists, ids and barcodes work already",
            ),
            SearchError::Index(cause) => Self::Internal(cause),
        }
    }
}
