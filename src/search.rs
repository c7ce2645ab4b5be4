//! Product search over an index that is derived from the store.
//!
//! ```text
//! store's change log -> one thread -> facts (price, stock, names)   -> filters, sorts, facets
//!                                  -> text index (tantivy, in memory) -> matching, relevance
//! ```
//!
//! Only this room knows the search engine (tantivy). The index holds text alone and never answers
//! price or stock: those come from the facts, so a sale does not touch the index.
//!
//! Invariants:
//! - Nothing here is the truth; everything can be thrown away and built again from the store.
//! - A failure here never fails a write: the thread starts over and text search says
//!   [`SearchError::Building`] meanwhile.
//! - Deleted products are in no result, inactive ones only in those of who may see them.
//! - After [`Search::caught_up`] a search sees the change.

mod facts;
mod index;
mod indexer;
mod query;
#[cfg(test)]
mod relevance_tests;
mod score;
mod suggest;
#[cfg(test)]
mod tests;
mod text;
mod tuning;
mod understand;
mod vocabulary;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use facts::Facts;
pub use suggest::{SUGGESTIONS_MAX, Suggestion};

use crate::domain::id::ProductId;
use crate::domain::money::Money;
use crate::domain::promotions::running::Running;
use crate::storage::Store;
use facts::{FactsTable, Match};
use index::TextReader;
use indexer::Indexer;
use query::Engine;

/// The search of a shop. Clones are handles to the same one; the last to go stops its thread.
#[derive(Clone)]
pub struct Search {
    shared: Arc<Shared>,
    follower: Arc<Follower>,
}

/// What the thread and the handles share.
struct Shared {
    facts: RwLock<FactsTable>,
    /// Absent while the index is built.
    index: RwLock<Option<TextReader>>,
    /// The last change that a search sees.
    progress: watch::Sender<u64>,
    /// How many of the next commits fail.
    #[cfg(test)]
    commits_to_fail: std::sync::atomic::AtomicUsize,
}

/// The thread that follows the store.
struct Follower {
    stop: CancellationToken,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// Whether text can be searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Text search works.
    Ready,
    /// The index is being built; lists work.
    Building,
}

/// What to look for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// As somebody typed it: words, a SKU, or a barcode. The first 128 characters count.
    pub text: String,
    /// Which products are wanted.
    pub filter: Filter,
    /// In which order.
    pub sort: Sort,
    /// How many of them to leave out.
    pub offset: usize,
    /// How many to tell at most.
    pub limit: usize,
}

/// Which products are wanted; `None` means either way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The path of a category: that one and all below it, in any case.
    pub category: Option<String>,
    /// The brand, in any case.
    pub brand: Option<String>,
    /// The lowest price.
    pub min_price: Option<Money>,
    /// The highest price.
    pub max_price: Option<Money>,
    /// Whether there is any of it.
    pub in_stock: Option<bool>,
    /// Whether it is on offer: whether one of `promotions` makes it cheaper.
    pub on_offer: Option<bool>,
    /// The promotions that run: they come with each search, so none can be out of date here.
    pub promotions: Arc<Running>,
    /// Inactive products too, for the shop's staff.
    pub include_hidden: bool,
}

/// The order of results; equal ones are in the order of their ids.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// The best match first; a list is in the order of ids.
    #[default]
    Relevance,
    /// By id.
    Id,
    /// By name, ignoring case, accents and punctuation.
    Name,
    /// The cheapest first.
    Price,
    /// The dearest first.
    PriceDescending,
    /// The latest in the catalogue first.
    Newest,
}

/// A page of results.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The products of the page, in order.
    pub ids: Vec<ProductId>,
    /// How many products there are on all pages.
    pub total: usize,
    /// How those are spread.
    pub facets: Facets,
    /// The query as it was understood, when a word in it was corrected.
    pub did_you_mean: Option<String>,
    /// No product has all words of the query: these have some of them.
    pub fallback: bool,
}

/// How many of the results have which category and brand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facets {
    /// By the whole path of the category.
    pub category: BTreeMap<String, usize>,
    /// By brand.
    pub brand: BTreeMap<String, usize>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The index is not built yet, or is being built again.
    #[error("the search index is being built: try again in a moment")]
    Building,
    /// The catalogue or the index cannot be read.
    #[error("search failed: {0}")]
    Index(String),
}

impl From<tantivy::TantivyError> for SearchError {
    fn from(error: tantivy::TantivyError) -> Self {
        Self::Index(error.to_string())
    }
}

impl Search {
    /// Loads the facts of the catalogue and starts the thread that builds the index and follows
    /// the store. Lists work at once, text search when [`Search::status`] is ready. Blocks while
    /// the catalogue is read.
    pub fn start(store: Store) -> Result<Self, SearchError> {
        let (facts, seq) =
            indexer::load_facts(&store).map_err(|error| SearchError::Index(error.to_string()))?;
        let shared = Arc::new(Shared {
            facts: RwLock::new(facts),
            index: RwLock::new(None),
            progress: watch::Sender::new(seq),
            #[cfg(test)]
            commits_to_fail: std::sync::atomic::AtomicUsize::new(0),
        });
        let stop = CancellationToken::new();
        let indexer = Indexer::new(store, Arc::clone(&shared), stop.clone(), seq);
        let thread = thread::Builder::new()
            .name("search-indexer".into())
            .spawn(move || indexer.run())
            .map_err(|error| SearchError::Index(error.to_string()))?;
        let follower = Arc::new(Follower { stop, thread: Mutex::new(Some(thread)) });
        Ok(Self { shared, follower })
    }

    /// Stops following the store and lets go of it. Blocks until the thread is gone; dropping the
    /// last handle does the same. Lists go on as of this moment, text search ends.
    pub fn close(&self) {
        self.follower.close();
    }

    /// Whether text can be searched.
    pub fn status(&self) -> Status {
        if self.shared.index().is_some() { Status::Ready } else { Status::Building }
    }

    /// Waits until a search sees change `seq` of the store's log, at most for `timeout`; whether
    /// it does. While the index is built this is about lists only: there is no text search yet.
    pub async fn caught_up(&self, seq: u64, timeout: Duration) -> bool {
        let mut progress = self.shared.progress.subscribe();
        let seen = progress.wait_for(|seen| *seen >= seq);
        matches!(tokio::time::timeout(timeout, seen).await, Ok(Ok(_)))
    }

    /// The products that match a query: those whose SKU or barcode it is, then those whose text
    /// matches, then those whose codes it is a part of. A blank query lists all.
    ///
    /// Works for milliseconds without waiting: not for an asynchronous thread.
    pub fn find(&self, query: &Query) -> Result<Found, SearchError> {
        let Query { text, filter, sort, offset, limit } = query;
        let text = text::cut(text.trim_start());
        if text.trim().is_empty() {
            return Ok(self.list(filter, *sort, *offset, *limit));
        }
        let TextReader { reader, fields } = self.shared.index().ok_or(SearchError::Building)?;
        let searcher = reader.searcher();
        let facts = self.shared.facts();
        let include_hidden = filter.include_hidden;
        let has_digit = text.chars().any(|c| c.is_ascii_digit());
        let mut coded = facts.by_code(text, has_digit, include_hidden);
        let engine = Engine { searcher: &searcher, fields, facts: &facts, include_hidden };
        let mut found = engine.search(text)?;
        if coded.is_empty() && (found.scored.is_empty() || found.did_you_mean.is_some()) {
            // A part of a SKU may be a word that the catalogue does not know.
            coded = facts.by_code(text, true, include_hidden);
        }
        if !coded.is_empty() {
            // The codes explain the query as it is.
            found.did_you_mean = None;
            found.fallback = false;
        }
        let matches = united(&found.scored, &coded);
        let page = facts.select(&matches, filter, *sort, *offset, *limit);
        let fallback = found.fallback && page.total > 0;
        Ok(Found { did_you_mean: found.did_you_mean, fallback, ..page })
    }

    /// All products that pass the filter. Answers from the facts, so it works before the index is
    /// built.
    pub fn list(&self, filter: &Filter, sort: Sort, offset: usize, limit: usize) -> Found {
        self.shared.facts().list(filter, sort, offset, limit)
    }

    /// Products to offer while somebody types, the best first, at most [`SUGGESTIONS_MAX`]. Only
    /// what shoppers may see.
    pub fn suggest(&self, text: &str, limit: usize) -> Result<Vec<Suggestion>, SearchError> {
        let text = text::cut(text.trim_start());
        let TextReader { reader, fields } = self.shared.index().ok_or(SearchError::Building)?;
        let searcher = reader.searcher();
        let facts = self.shared.facts();
        let engine = Engine { searcher: &searcher, fields, facts: &facts, include_hidden: false };
        let found = engine.suggest(text)?;
        let matches = united(&found.scored, &[]);
        let limit = limit.min(SUGGESTIONS_MAX);
        let page = facts.select(&matches, &Filter::default(), Sort::Relevance, 0, limit);
        let words = text::query_words(text);
        let suggestion = |id: ProductId| {
            let name = facts.visible_name(id, false)?;
            let highlight = suggest::highlight(name, &words, &found.stems);
            Some(Suggestion { id, name: name.to_owned(), highlight })
        };
        Ok(page.ids.into_iter().filter_map(suggestion).collect())
    }

    /// What is known of a product that is not deleted.
    pub fn facts(&self, id: ProductId) -> Option<Facts> {
        self.shared.facts().facts(id)
    }
}

/// The better of both for each product.
fn united(scored: &[(ProductId, f32)], coded: &[(ProductId, Match)]) -> Vec<(ProductId, Match)> {
    let scored = scored.iter().map(|(id, score)| (*id, Match::Text(*score)));
    if coded.is_empty() {
        return scored.collect();
    }
    let mut best: BTreeMap<_, _> = coded.iter().copied().collect();
    for (id, fit) in scored {
        let known = best.entry(id).or_insert(fit);
        if fit > *known {
            *known = fit;
        }
    }
    best.into_iter().collect()
}

impl Shared {
    // A panic while a lock is held leaves whole rows, and the thread loads what it doubts anew.
    fn facts(&self) -> RwLockReadGuard<'_, FactsTable> {
        self.facts.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn facts_mut(&self) -> RwLockWriteGuard<'_, FactsTable> {
        self.facts.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn index(&self) -> Option<TextReader> {
        self.index.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn show_index(&self, index: Option<TextReader>) {
        *self.index.write().unwrap_or_else(PoisonError::into_inner) = index;
    }

    /// A place for tests to break the index.
    #[cfg_attr(
        not(test),
        expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "only tests use it")
    )]
    fn before_commit(&self) -> tantivy::Result<()> {
        #[cfg(test)]
        {
            use std::sync::atomic::Ordering;
            let fewer = |left: usize| left.checked_sub(1);
            if self.commits_to_fail.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer).is_ok()
            {
                return Err(tantivy::TantivyError::ErrorInThread(
                    "an index writer was killed".into(),
                ));
            }
        }
        Ok(())
    }
}

impl Follower {
    fn close(&self) {
        self.stop.cancel();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // The thread catches panics of the index; one of its own was reported already.
            drop(thread.join());
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Search")
            .field("status", &self.status())
            .field("seen", &*self.shared.progress.borrow())
            .finish_non_exhaustive()
    }
}
