//! Lists and searches of the catalogue.

use std::sync::Arc;

use super::{App, Error, Result};
use crate::domain::view::StockedProduct;
pub use crate::search::{Counts, Facets, Filter, PriceBand, Sort, Suggestion};
use crate::search::{Found, Query, SearchError, Status};

/// A page of products.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProductPage {
    /// The products, in the order that was asked for.
    pub products: Vec<StockedProduct>,
    /// How many match in all.
    pub total: usize,
    /// How all of them are spread, for [`Detail::Facets`].
    pub facets: Facets,
    /// The products' names as HTML, matches in `<b>`, for [`Detail::Facets`].
    pub highlights: Vec<String>,
    /// What was searched for instead of an unknown word.
    pub did_you_mean: Option<String>,
    /// No product has all words: these have some of them.
    pub fallback: bool,
}

/// Largest page of a small catalogue that is found and read on the thread that asks: that takes a
/// fraction of a millisecond, of which the way to another thread and back would be a fifth.
const QUICK_PAGE_MAX: usize = 50;
/// Largest catalogue that is small in this sense, in products.
const QUICK_PRODUCTS_MAX: usize = 20_000;

/// What else than products a caller wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// How many there are.
    Total,
    /// How they are spread and what matched.
    Facets,
}

impl App {
    /// Whether text search answers yet.
    pub fn search_ready(&self) -> bool {
        matches!(self.search().status(), Status::Ready)
    }

    /// Products that match a text and a filter; an empty text lists all, by id unless a sort is
    /// given. Products that are equal in the sort are in the order of their ids.
    pub async fn find_products(
        &self,
        text: String,
        mut filter: Filter,
        sort: Option<Sort>,
        (offset, limit): (usize, usize),
        detail: Detail,
    ) -> Result<ProductPage> {
        let now = self.now();
        let running = self.running(now)?;
        filter.promotions = Arc::clone(&running);
        let is_blank = text.trim().is_empty();
        let is_filtered = narrows(&filter);
        let default = if is_blank { Sort::Id } else { Sort::Relevance };
        let query = Query { text, filter, sort: sort.unwrap_or(default), offset, limit };
        let app = self.clone();
        let is_quick = limit <= QUICK_PAGE_MAX && app.search().size() <= QUICK_PRODUCTS_MAX;
        let work = move || {
            let found = match detail {
                Detail::Facets => app.search().find(&query),
                Detail::Total => app.search().find_plain(&query),
            };
            let Found { ids, total, facets, did_you_mean, highlights, fallback } = found?;
            if !is_blank {
                app.inner.searches.count(total > 0);
                // With a filter it is the filter that found nothing, for all we know.
                if total == 0 && !is_filtered {
                    app.inner.searches.missed(&query.text, now);
                }
            }
            // A page may have a thousand products: they are read where they were found.
            let found = app.products_at(&ids, &running)?;
            let (products, highlights) = in_step(&ids, found, highlights);
            Ok(ProductPage { products, total, facets, highlights, did_you_mean, fallback })
        };
        if is_quick {
            return work();
        }
        let page = tokio::task::spawn_blocking(work).await;
        page.map_err(|error| Error::Internal(error.to_string()))?
    }

    /// Names that begin like the text.
    pub async fn suggest(&self, text: String, limit: usize) -> Result<Vec<Suggestion>> {
        let search = self.search().clone();
        let found = tokio::task::spawn_blocking(move || search.suggest(&text, limit)).await;
        Ok(found.map_err(|error| Error::Internal(error.to_string()))??)
    }
}

/// The highlights of the products that are still there: one may have been deleted since the
/// search.
fn in_step(
    ids: &[crate::domain::id::ProductId],
    products: Vec<StockedProduct>,
    highlights: Vec<String>,
) -> (Vec<StockedProduct>, Vec<String>) {
    if highlights.is_empty() || products.len() == ids.len() {
        return (products, highlights);
    }
    let mut left = ids.iter().zip(highlights);
    let kept = products.iter().map(|found| {
        let own = left.find(|(id, _)| **id == found.product.id);
        own.map(|(_, highlight)| highlight).unwrap_or_default()
    });
    let kept = kept.collect();
    (products, kept)
}

/// Whether a filter leaves out anything that its viewer could see.
fn narrows(filter: &Filter) -> bool {
    let all = Filter {
        promotions: Arc::clone(&filter.promotions),
        include_hidden: filter.include_hidden,
        ..Filter::default()
    };
    *filter != all
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
