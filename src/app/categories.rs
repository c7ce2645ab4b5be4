//! Categories as a tree, brands, renaming a category with all below it, and the loose goods that
//! people pick by their picture.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::json;

use super::audit::{self, Act, Change};
use super::once::{Once, Outcome, once};
use super::{App, Error, Result, Staff, promotions};
use crate::domain::catalog::{Product, ProductPatch};
use crate::domain::categories::{CategoryNode, Renaming, is_within, tree};
use crate::domain::id::ProductId;
use crate::domain::promotions::PromotionPatch;
use crate::domain::settings::StoreSettings;
use crate::search::{Facets, Filter, Sort};
use crate::storage::{WriteTx, idempotency, products};

/// Most products in one transaction of a renaming, so that scans never wait long.
const CHUNK: usize = 500;
/// How often a renaming looks for products that others put into the category meanwhile.
const ROUNDS_MAX: usize = 4;
/// Most products with a PLU that a lookup goes through.
const PLU_PRODUCTS_MAX: usize = 20_000;

impl App {
    /// The tree of categories with the numbers of their products; staff count inactive ones too.
    pub fn categories(&self, viewer: Option<&Staff>) -> Vec<CategoryNode> {
        let counts = self.facets(viewer).category.into_iter();
        tree(counts.map(|(path, count)| (path.to_string(), count)))
    }

    /// The brands by name, each with the number of its products; staff count inactive ones too.
    pub fn brands(&self, viewer: Option<&Staff>) -> Vec<(String, usize)> {
        let brands = self.facets(viewer).brand.into_iter();
        let mut brands: Vec<_> = brands.map(|(name, count)| (name.to_string(), count)).collect();
        brands.sort_by_cached_key(|(name, _)| (name.to_lowercase(), name.clone()));
        brands
    }

    fn facets(&self, viewer: Option<&Staff>) -> Facets {
        let filter = Filter { include_hidden: viewer.is_some(), ..Filter::default() };
        self.search().list(&filter, Sort::Id, 0, 0).facets
    }

    /// The products with a PLU that are on sale, by category and name, and how many there are.
    pub async fn loose_goods(
        &self,
        category: Option<String>,
        offset: usize,
        limit: usize,
    ) -> Result<(Vec<Product>, u64)> {
        self.scan(move |tx| {
            let mut found = products::with_plu(tx, PLU_PRODUCTS_MAX)?;
            found.retain(|product| {
                let wanted = category.as_deref();
                product.is_on_sale() && wanted.is_none_or(|it| is_within(&product.category, it))
            });
            found.sort_by_cached_key(|product| {
                let category = product.category.to_lowercase();
                (category, product.name.to_lowercase(), product.id)
            });
            let total = u64::try_from(found.len()).unwrap_or(u64::MAX);
            Ok((found.into_iter().skip(offset).take(limit).collect(), total))
        })
        .await
    }

    /// Renames a category with all below it; how many products moved. A large one moves in several
    /// transactions: one that is cut off can be asked for again. Promotions of the category go
    /// along, in the first of them.
    pub async fn rename_category(
        &self,
        staff: &Staff,
        renaming: Renaming,
        mut request: Option<Once<usize>>,
    ) -> Result<Outcome<usize>> {
        if self.is_kept(request.as_ref())? {
            // The work is done: `once` gives the answer again, or refuses another request.
            let now = self.now();
            return self.write(move |tx| once(tx, request, now, |_| Ok(0))).await;
        }
        let category = Some(renaming.from().to_owned());
        let filter = Filter { category, include_hidden: true, ..Filter::default() };
        self.search_caught_up().await;
        if self.search().list(&filter, Sort::Id, 0, 0).total == 0 {
            return Err(Error::not_found("category"));
        }
        let act = self.act(staff);
        let (mut moved, mut is_first) = (0, true);
        let mut seen = BTreeSet::new();
        for _ in 0..ROUNDS_MAX {
            self.search_caught_up().await;
            let mut ids = self.within(&renaming)?;
            // Whatever its new path is, none moves twice.
            ids.retain(|id| seen.insert(*id));
            let mut chunks = ids.chunks(CHUNK).peekable();
            while let Some(chunk) = chunks.next() {
                let is_whole = is_first && chunks.peek().is_none();
                let work = Move {
                    act,
                    renaming: renaming.clone(),
                    ids: chunk.to_vec(),
                    promotions: is_first.then(|| self.settings().clone()),
                    now: self.now(),
                };
                if is_whole {
                    // The usual case: all of it, and the answer, in one transaction.
                    let (now, request) = (work.now, request.take());
                    let done =
                        self.write(move |tx| once(tx, request, now, |tx| work.run(tx))).await?;
                    self.category_renamed().await;
                    return Ok(done);
                }
                moved += self.write(move |tx| work.run(tx)).await?;
                is_first = false;
            }
            if ids.len() < CHUNK {
                break;
            }
        }
        let now = self.now();
        let done = self.write(move |tx| once(tx, request, now, |_| Ok(moved))).await?;
        self.category_renamed().await;
        Ok(done)
    }

    async fn category_renamed(&self) {
        self.tell_promotions();
        self.search_caught_up().await;
    }

    fn is_kept(&self, request: Option<&Once<usize>>) -> Result<bool> {
        let Some(request) = request else { return Ok(false) };
        let asked = request.idempotency.clone();
        let key = (asked.principal, asked.operation, asked.key);
        self.read(|tx| Ok(idempotency::find(tx, &key)?.is_some()))
    }

    /// The products within the category that are to move, once it is sure that each can.
    fn within(&self, renaming: &Renaming) -> Result<Vec<ProductId>> {
        let category = Some(renaming.from().to_owned());
        let filter = Filter { category, include_hidden: true, ..Filter::default() };
        let found = self.search().list(&filter, Sort::Id, 0, usize::MAX);
        for (path, _) in &found.facets.category {
            if let Some(Err(error)) = renaming.of(path) {
                return Err(Error::field("to", format!("{error}; {path} would move along")));
            }
        }
        let unmoved = |id: &ProductId| {
            let facts = self.search().facts(*id);
            // One that stands where it would go needs no move: another case of the same name.
            facts.is_none_or(|facts| {
                renaming.of(&facts.category).is_some_and(|to| to.as_deref() != Ok(&*facts.category))
            })
        };
        Ok(found.ids.into_iter().filter(unmoved).collect())
    }
}

/// One transaction of a renaming.
struct Move {
    act: Act,
    renaming: Renaming,
    ids: Vec<ProductId>,
    /// The store's settings, when promotions are to go along.
    promotions: Option<StoreSettings>,
    now: Timestamp,
}

impl Move {
    fn run(self, tx: &mut WriteTx<'_>) -> Result<usize> {
        let (mut moved, mut paths) = (Vec::new(), BTreeMap::new());
        for id in &self.ids {
            let Some(mut product) = products::product(tx, *id)?.filter(|it| !it.deleted) else {
                continue;
            };
            let Some(Ok(new)) = self.renaming.of(&product.category) else { continue };
            let before = product.category.clone();
            let patch = ProductPatch { category: Some(new.clone()), ..ProductPatch::default() };
            if product.apply(&patch, self.now)? {
                products::put(tx, &product)?;
                moved.push(id.value());
                paths.insert(before, new);
            }
        }
        let promotions = match &self.promotions {
            Some(settings) => self.move_promotions(tx, settings)?,
            None => Vec::new(),
        };
        if moved.is_empty() && promotions.is_empty() {
            return Ok(0);
        }
        let before = json!({ "categories": paths.keys().collect::<BTreeSet<_>>() });
        let after = json!({ "categories": paths.values().collect::<BTreeSet<_>>() });
        let change = Change::between(before, after)
            .with("changed", moved.len())
            .with("products", moved.clone())
            .with("promotions", promotions);
        let target = ("category", self.renaming.from());
        audit::record(tx, &self.act, "category.rename", target, change)?;
        Ok(moved.len())
    }

    /// Lets promotions of the category name the new one; their ids.
    fn move_promotions(&self, tx: &mut WriteTx<'_>, settings: &StoreSettings) -> Result<Vec<u64>> {
        let mut moved = Vec::new();
        for promotion in crate::storage::promotions::all(tx)? {
            let paths = promotion.scope.categories();
            let new = |path: &String| match self.renaming.of(path) {
                Some(Ok(path)) => path,
                _ => path.clone(),
            };
            let paths: Vec<String> = paths.iter().map(new).collect();
            if paths == promotion.scope.categories() {
                continue;
            }
            let id = promotion.id.value();
            let patch = PromotionPatch { categories: Some(paths), ..PromotionPatch::default() };
            let (_, changed) = promotions::update(tx, settings, promotion, &patch, self.now)?;
            if changed {
                moved.push(id);
            }
        }
        Ok(moved)
    }
}
