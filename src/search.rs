//! Product search over an index that is derived from the store.
//!
//! ```text
//! store's change log -> one thread -> facts (price, stock, names)   -> filters, sorts, facets
//!                                  -> text index (tantivy, in memory) -> matching, relevance
//!                                  -> popularity (sales, in memory)   -> a push of at most 15 %
//!                                  -> thesaurus (the owner's words)   -> what words stand for
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
//! - After [`Search::caught_up`] a search sees the change, of products and of synonyms.
//! - Every order is total: products that are equal in it are in the order of their ids, so that
//!   the pages of a search fit together.

mod facts;
mod index;
mod indexer;
mod language;
mod popularity;
mod query;
#[cfg(test)]
mod relevance_tests;
mod score;
mod suggest;
#[cfg(test)]
mod tests;
mod text;
mod thesaurus;
mod tuning;
mod understand;
mod vocabulary;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use facts::{Facts, PriceBand};
pub use language::Language;
pub use suggest::{SUGGESTIONS_MAX, Suggestion};

use crate::domain::id::ProductId;
use crate::domain::money::Money;
use crate::domain::promotions::running::Running;
use crate::storage::Store;
use facts::{FactsTable, Marker, Match, Spread, Window};
use index::TextReader;
use indexer::{Indexer, Loaded};
use query::{Engine, TextMatches};
use thesaurus::Thesaurus;
use understand::Effort;

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
    /// What the owner's words stand for.
    thesaurus: RwLock<Arc<Thesaurus>>,
    language: Language,
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
    /// Whether it is at or below its own threshold.
    pub low_stock: Option<bool>,
    /// Whether it is on offer: whether one of `promotions` makes it cheaper.
    pub on_offer: Option<bool>,
    /// Only products that are all of this, such as `vegan`, in any case.
    pub food_types: Vec<String>,
    /// Only products without any of these, such as `milk`, in any case.
    pub without_allergens: Vec<String>,
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
    /// The names of the page's products as HTML, matching words in `<b>`.
    pub highlights: Vec<String>,
    /// No product has all words of the query: these have some of them.
    pub fallback: bool,
}

/// Names with how many products bear them, in alphabetical order.
pub type Counts = Vec<(Arc<str>, usize)>;

/// How all results are spread, those of other pages included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facets {
    /// By the whole path of the category; at most 1,000, those with the most products.
    pub category: Counts,
    /// By brand; at most 200.
    pub brand: Counts,
    /// By food type; at most 200. A product may have several.
    pub food_type: Counts,
    /// By price: at most six round bands with about as many products each.
    pub price: Vec<PriceBand>,
    /// How many are in stock.
    pub in_stock: usize,
    /// How many a running promotion makes cheaper.
    pub on_offer: usize,
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
        Self::start_in(store, Language::default())
    }

    /// The same for a catalogue in this language. All words of products and queries are taken for
    /// words of it.
    pub fn start_in(store: Store, language: Language) -> Result<Self, SearchError> {
        let loaded = Loaded::read(&store, language);
        let Loaded { facts, thesaurus, seq } =
            loaded.map_err(|error| SearchError::Index(error.to_string()))?;
        let shared = Arc::new(Shared {
            facts: RwLock::new(facts),
            index: RwLock::new(None),
            thesaurus: RwLock::new(Arc::new(thesaurus)),
            language,
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
        self.find_with(query, Spread::Counted)
    }

    /// The same without facets and highlights: ids, total, and how the query was understood.
    pub fn find_plain(&self, query: &Query) -> Result<Found, SearchError> {
        self.find_with(query, Spread::Ignored)
    }

    fn find_with(&self, query: &Query, spread: Spread) -> Result<Found, SearchError> {
        let Query { text, filter, sort, offset, limit } = query;
        let window = Window { sort: *sort, offset: *offset, limit: *limit, spread };
        let text = text::cut(text.trim_start());
        let facts = self.shared.facts();
        let include_hidden = filter.include_hidden;
        if text.trim().is_empty() {
            let page = facts.list(filter, window);
            let nothing = TextMatches::default();
            let highlights = match spread {
                Spread::Counted => self.highlights(&facts, "", &nothing, &page.ids, include_hidden),
                Spread::Whole | Spread::Ignored => Vec::new(),
            };
            return Ok(Found { highlights, ..page });
        }
        let mut found = self.text_matches(&facts, text, include_hidden, Effort::Sent)?;
        let has_digit = text.chars().any(|c| c.is_ascii_digit());
        let mut coded = facts.by_code(text, has_digit, include_hidden);
        if coded.is_empty() && (found.scored.is_empty() || found.did_you_mean.is_some()) {
            // A part of a SKU may be a word that the catalogue does not know.
            coded = facts.by_code(text, true, include_hidden);
        }
        if !coded.is_empty() {
            // The codes explain the query as it is.
            found.did_you_mean = None;
            found.fallback = false;
        }
        let page = facts.select(united(&found.scored, &coded), filter, window);
        let highlights = match spread {
            Spread::Counted => self.highlights(&facts, text, &found, &page.ids, include_hidden),
            Spread::Whole | Spread::Ignored => Vec::new(),
        };
        Ok(Found {
            did_you_mean: found.did_you_mean,
            fallback: found.fallback && page.total > 0,
            highlights,
            ..page
        })
    }

    /// The visible products whose text matches. A product that sells well counts a little more
    /// among those that have all words; among those that have some, more words count first.
    fn text_matches(
        &self,
        facts: &FactsTable,
        text: &str,
        include_hidden: bool,
        effort: Effort,
    ) -> Result<TextMatches, SearchError> {
        let TextReader { reader, fields } = self.shared.index().ok_or(SearchError::Building)?;
        let searcher = reader.searcher();
        let thesaurus = self.shared.thesaurus();
        let language = self.shared.language;
        let (searcher, thesaurus) = (&searcher, &*thesaurus);
        let engine = Engine { searcher, fields, facts, include_hidden, language, thesaurus };
        let mut found = engine.search(text, effort)?;
        if !found.fallback {
            facts.boost(&mut found.scored);
        }
        Ok(found)
    }

    fn highlights(
        &self,
        facts: &FactsTable,
        text: &str,
        found: &TextMatches,
        ids: &[ProductId],
        include_hidden: bool,
    ) -> Vec<String> {
        let words = text::query_words(text, self.shared.language);
        let marker = Marker::new(&words, &found.stems);
        let highlight = |id: &ProductId| facts.highlighted(*id, &marker, include_hidden);
        ids.iter().map(|id| highlight(id).unwrap_or_default()).collect()
    }

    /// All products that pass the filter, with facets. Answers from the facts, so it works before
    /// the index is built.
    pub fn list(&self, filter: &Filter, sort: Sort, offset: usize, limit: usize) -> Found {
        let window = Window { sort, offset, limit, spread: Spread::Whole };
        self.shared.facts().list(filter, window)
    }

    /// Products to offer while somebody types, the best first, at most [`SUGGESTIONS_MAX`]. Only
    /// what shoppers may see.
    pub fn suggest(&self, text: &str, limit: usize) -> Result<Vec<Suggestion>, SearchError> {
        let text = text::cut(text.trim_start());
        let facts = self.shared.facts();
        let found = self.text_matches(&facts, text, false, Effort::Typing)?;
        let (sort, limit) = (Sort::Relevance, limit.min(SUGGESTIONS_MAX));
        let window = Window { sort, offset: 0, limit, spread: Spread::Ignored };
        let matches = united(&found.scored, &HashMap::new()).collect::<Vec<_>>();
        let page = facts.select(matches.into_iter(), &Filter::default(), window);
        let highlights = self.highlights(&facts, text, &found, &page.ids, false);
        let suggestion = |(id, highlight): (ProductId, String)| {
            let name = facts.visible_name(id, false)?.to_owned();
            Some(Suggestion { id, name, highlight })
        };
        Ok(page.ids.into_iter().zip(highlights).filter_map(suggestion).collect())
    }

    /// How many products the search has seen, about: those that were deleted since its start count.
    pub fn size(&self) -> usize {
        self.shared.facts().size()
    }

    /// What is known of a product that is not deleted.
    pub fn facts(&self, id: ProductId) -> Option<Facts> {
        self.shared.facts().facts(id)
    }
}

/// The better of both for each product.
fn united<'m>(
    scored: &'m [(ProductId, f32)],
    coded: &'m HashMap<ProductId, Match>,
) -> impl Iterator<Item = (ProductId, Match)> + 'm {
    let better = |(id, score): &(ProductId, f32)| {
        let fit = Match::Text(*score);
        // A code that is the query wins over its text, a part of one does not.
        let is_worse = coded.get(id).is_some_and(|coded| *coded > fit);
        (!is_worse).then_some((*id, fit))
    };
    let by_text = scored.iter().filter_map(better);
    let by_id: HashMap<ProductId, f32> =
        if coded.is_empty() { HashMap::new() } else { scored.iter().copied().collect() };
    let by_code = coded.iter().filter_map(move |(id, fit)| {
        let is_worse = by_id.get(id).is_some_and(|score| Match::Text(*score) >= *fit);
        (!is_worse).then_some((*id, *fit))
    });
    by_text.chain(by_code)
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

    fn thesaurus(&self) -> Arc<Thesaurus> {
        Arc::clone(&self.thesaurus.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn set_thesaurus(&self, thesaurus: Thesaurus) {
        *self.thesaurus.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(thesaurus);
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
