//! The thread that keeps facts and index in step with the store.
//!
//! It alone changes them. A batch of the change log is read in one state of the store, applied to
//! the facts, then (if any text changed) to the index; only then is its number published. So what
//! is published is in the facts and, while there is an index, in that too.
//!
//! A follower that missed changes loads everything anew. An index that fails in any way is thrown
//! away and built again; the store and its writers never notice.

use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::Shared;
use super::facts::FactsTable;
use super::index::TextIndex;
use super::language::Language;
use super::popularity::{Popularity, Sale};
use super::thesaurus::Thesaurus;
use crate::domain::catalog::Product;
use crate::domain::event::Change;
use crate::domain::id::ProductId;
use crate::domain::synonyms::SynonymGroup;
use crate::storage::tables::PRODUCT_BY_ID;
use crate::storage::{self, Reader, Store, change_log, orders, products, synonyms};

/// Most changes in one batch.
const BATCH_CHANGES_MAX: usize = 1_000;
/// Products read at once while the index is built: no state of the store is held for long.
const BUILD_PAGE_PRODUCTS: usize = 1_000;
/// The pause after a failure.
const RETRY_PAUSE: Duration = Duration::from_millis(200);
/// How often a thread without changes looks whether the store is still there.
const IDLE_LOOK: Duration = Duration::from_mins(1);

/// Why a step did not succeed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the catalogue cannot be read: {0}")]
    Store(#[from] storage::Error),
    #[error("the search index failed: {0}")]
    Index(#[from] tantivy::TantivyError),
    #[error("the search index panicked")]
    Panicked,
    #[error("stopped")]
    Stopped,
}

/// The products of a batch of changes, as they are now.
#[derive(Default)]
struct Batch {
    /// The last change in it.
    seq: u64,
    products: BTreeMap<ProductId, (Product, i64)>,
    stocks: BTreeMap<ProductId, i64>,
    sales: Vec<Sale>,
    /// All groups, when any of them changed.
    synonyms: Option<Vec<SynonymGroup>>,
}

enum Read {
    Nothing,
    Batch(Batch),
    /// Changes are missing: they were pruned, or the log is another one.
    Behind,
}

/// The state of the thread.
pub(super) struct Indexer {
    store: Store,
    shared: Arc<Shared>,
    stop: CancellationToken,
    /// The last change that is in the facts.
    seq: u64,
    index: Option<TextIndex>,
    /// Absent until it is loaded, which comes after all else.
    popularity: Option<Popularity>,
}

/// What is held in memory of one state of the store.
pub(super) struct Loaded {
    pub(super) facts: FactsTable,
    pub(super) thesaurus: Thesaurus,
    /// The last change in it.
    pub(super) seq: u64,
}

impl Loaded {
    /// Reads the whole catalogue and the owner's synonyms.
    pub(super) fn read(store: &Store, language: Language) -> Result<Self, storage::Error> {
        store.read(|tx| {
            let mut facts = FactsTable::new(language);
            tx.for_each(PRODUCT_BY_ID, .., |id, product| {
                facts.put(&product, products::stock(tx, id)?);
                Ok::<_, storage::Error>(ControlFlow::Continue(()))
            })?;
            let thesaurus = Thesaurus::new(&synonyms::all(tx)?, language);
            Ok(Self { facts, thesaurus, seq: change_log::last_seq(tx)? })
        })
    }
}

impl Indexer {
    /// A follower of `store` whose facts hold everything up to `seq`.
    pub(super) fn new(
        store: Store,
        shared: Arc<Shared>,
        stop: CancellationToken,
        seq: u64,
    ) -> Self {
        Self { store, shared, stop, seq, index: None, popularity: None }
    }

    /// Follows the store until it is told to stop or the store is closed.
    pub(super) fn run(mut self) {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_time().build() {
            Ok(runtime) => runtime,
            Err(error) => {
                tracing::error!(%error, "search cannot follow the catalogue");
                return;
            }
        };
        let mut changes = self.store.subscribe();
        while !self.stop.is_cancelled() {
            changes.mark_unchanged();
            let outcome = catch_unwind(AssertUnwindSafe(|| self.step()));
            match outcome.unwrap_or(Err(Failure::Panicked)) {
                Ok(()) => runtime.block_on(self.wait(&mut changes)),
                Err(Failure::Stopped | Failure::Store(storage::Error::Closed)) => break,
                Err(failure) => {
                    tracing::warn!(error = %failure, "search starts over");
                    if !matches!(failure, Failure::Store(_)) {
                        self.drop_index();
                    }
                    runtime.block_on(self.pause());
                }
            }
        }
        self.drop_index();
    }

    async fn wait(&self, changes: &mut watch::Receiver<u64>) {
        tokio::select! {
            // Either way there is nothing to do but to look.
            _ = timeout(IDLE_LOOK, changes.changed()) => {}
            () = self.stop.cancelled() => {}
        }
    }

    async fn pause(&self) {
        tokio::select! {
            () = sleep(RETRY_PAUSE) => {}
            () = self.stop.cancelled() => {}
        }
    }

    /// Takes in what changed, and builds the index if there is none.
    fn step(&mut self) -> Result<(), Failure> {
        self.follow()?;
        if self.index.is_none() {
            self.build()?;
        }
        if self.popularity.is_none() {
            self.load_popularity()?;
        }
        Ok(())
    }

    /// Counts past sales. Those that are made meanwhile are newer than all that it counted.
    fn load_popularity(&mut self) -> Result<(), Failure> {
        let popularity = self.store.read(Popularity::load)?;
        self.shared.facts_mut().set_boosts(popularity.boosts());
        self.popularity = Some(popularity);
        // Changes that were taken in before it was there.
        self.follow()
    }

    /// Takes in everything that is committed.
    fn follow(&mut self) -> Result<(), Failure> {
        loop {
            match self.read()? {
                Read::Nothing => return Ok(()),
                Read::Behind => self.reload()?,
                Read::Batch(batch) => {
                    let changed = self.apply_to_facts(&batch);
                    self.apply_synonyms(&batch);
                    if let Some(index) = self.index.as_mut().filter(|_| !changed.is_empty()) {
                        apply_to_index(index, &batch, &changed)?;
                        self.shared.before_commit()?;
                        index.commit()?;
                    }
                    self.publish(batch.seq);
                }
            }
            self.check_stop()?;
        }
    }

    /// Builds the index page by page, taking in changes between the pages.
    fn build(&mut self) -> Result<(), Failure> {
        let index = TextIndex::create(self.shared.language)?;
        let mut built_to = None;
        loop {
            self.check_stop()?;
            let start = built_to.map_or(Bound::Unbounded, Bound::Excluded);
            let page = self.store.read(|tx| {
                tx.scan(PRODUCT_BY_ID, (start, Bound::Unbounded), BUILD_PAGE_PRODUCTS)
            })?;
            let Some((last, _)) = page.last() else { break };
            built_to = Some(*last);
            for (_, product) in page.iter().filter(|(_, product)| !product.deleted) {
                index.add(product)?;
            }
            self.follow_while_building(&index, built_to)?;
        }
        self.shared.before_commit()?;
        let index = index.finish_build()?;
        self.shared.show_index(Some(index.reader()));
        self.index = Some(index);
        // What was committed since the last page is in neither yet.
        self.follow()
    }

    /// Takes in changes of products that the building has passed; the others are read when it
    /// comes to them.
    fn follow_while_building(
        &mut self,
        index: &TextIndex,
        built_to: Option<ProductId>,
    ) -> Result<(), Failure> {
        loop {
            match self.read()? {
                Read::Nothing => return Ok(()),
                Read::Behind => {
                    // The pages so far may be stale.
                    self.reload()?;
                    return Err(Failure::Index(tantivy::TantivyError::SystemError(
                        "changes were pruned while it was built".into(),
                    )));
                }
                Read::Batch(batch) => {
                    self.apply_to_facts(&batch);
                    self.apply_synonyms(&batch);
                    // All of them, whatever the facts say changed: the page may be newer.
                    let passed: Vec<_> =
                        batch.products.keys().copied().filter(|id| Some(*id) <= built_to).collect();
                    apply_to_index(index, &batch, &passed)?;
                    self.publish(batch.seq);
                }
            }
        }
    }

    /// The next batch of changes.
    fn read(&self) -> Result<Read, storage::Error> {
        self.store.read(|tx| {
            let (first, last) = (change_log::first_seq(tx)?, change_log::last_seq(tx)?);
            if first > self.seq + 1 || last < self.seq {
                return Ok(Read::Behind);
            }
            let mut batch = Batch::default();
            let counts = |id| self.popularity.as_ref().is_some_and(|it| it.is_news(id));
            for (seq, change) in change_log::changes_since(tx, self.seq, BATCH_CHANGES_MAX)? {
                batch.seq = seq;
                match change {
                    Change::Product(id) => {
                        if let Some(product) = products::product(tx, id)? {
                            batch.products.insert(id, (product, products::stock(tx, id)?));
                        }
                    }
                    Change::Stock(id) => {
                        batch.stocks.insert(id, products::stock(tx, id)?);
                    }
                    Change::Order(id) if counts(id) => {
                        batch.sales.extend(orders::order(tx, id)?.as_ref().and_then(Sale::of));
                    }
                    Change::Synonym(_) if batch.synonyms.is_none() => {
                        batch.synonyms = Some(synonyms::all(tx)?);
                    }
                    _ => {}
                }
            }
            Ok(if batch.seq == 0 { Read::Nothing } else { Read::Batch(batch) })
        })
    }

    /// Loads everything anew.
    fn reload(&mut self) -> Result<(), Failure> {
        tracing::info!("search missed changes and loads the catalogue anew");
        self.drop_index();
        self.popularity = None;
        let Loaded { facts, thesaurus, seq } = Loaded::read(&self.store, self.shared.language)?;
        *self.shared.facts_mut() = facts;
        self.shared.set_thesaurus(thesaurus);
        self.publish(seq);
        Ok(())
    }

    /// Takes a batch into the facts; the products whose text changed.
    fn apply_to_facts(&mut self, batch: &Batch) -> Vec<ProductId> {
        let popularity = self.popularity.as_mut();
        let boosts = popularity.map(|it| it.count(&batch.sales)).unwrap_or_default();
        let mut facts = self.shared.facts_mut();
        for (id, stock) in &batch.stocks {
            facts.set_stock(*id, *stock);
        }
        let products = batch.products.iter();
        let changed = products
            .filter_map(|(id, (product, stock))| facts.put(product, *stock).then_some(*id))
            .collect();
        facts.set_boosts(boosts);
        changed
    }

    fn apply_synonyms(&self, batch: &Batch) {
        if let Some(groups) = &batch.synonyms {
            self.shared.set_thesaurus(Thesaurus::new(groups, self.shared.language));
        }
    }

    fn publish(&mut self, seq: u64) {
        self.seq = seq;
        self.shared.progress.send_replace(seq);
    }

    fn drop_index(&mut self) {
        self.shared.show_index(None);
        self.index = None;
    }

    fn check_stop(&self) -> Result<(), Failure> {
        if self.stop.is_cancelled() { Err(Failure::Stopped) } else { Ok(()) }
    }
}

fn apply_to_index(
    index: &TextIndex,
    batch: &Batch,
    changed: &[ProductId],
) -> Result<(), tantivy::TantivyError> {
    for id in changed {
        index.remove(*id);
        if let Some((product, _)) = batch.products.get(id).filter(|(product, _)| !product.deleted) {
            index.add(product)?;
        }
    }
    Ok(())
}
