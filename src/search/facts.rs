//! Live facts of the catalogue: what filters, sorts and facets are answered from.
//!
//! One small row for each product that is not deleted, kept from the change log. A product has a
//! slot, a place in arrays, for as long as the table lives: what a search looks at of thousands of
//! products (`Hot`) is in one dense array, what only a page of them needs (`Cold`) in another.
//! Categories, brands and sets of food types and allergens are numbered, so that a filter compares
//! text once for each name and not for each product, and facets are counted in arrays.

mod bands;
mod codes;
mod filter;
mod marks;
mod names;
mod slots;

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;

pub use bands::PriceBand;

use super::{Facets, Filter, Found, Language, Sort, index};
use crate::domain::catalog::Product;
use crate::domain::codes::Gtin;
use crate::domain::id::ProductId;
use crate::domain::money::Money;
use bands::STEPS;
use codes::Codes;
use filter::{CompiledFilter, Offers};
pub(super) use marks::Marker;
use marks::Marks;
use names::{Names, Sets};
use slots::Slots;

/// Shortest part of a SKU or barcode that finds it, in characters.
const CODE_PART_CHARS_MIN: usize = 3;
/// Most products that a part of a code finds.
const CODE_PARTS_MAX: usize = 1_000;
/// Most categories of a facet; those with the most products.
const CATEGORIES_MAX: usize = 1_000;
/// Most brands or food types of a facet; those with the most products.
const FACET_VALUES_MAX: usize = 200;

/// What is known of a product without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Its name.
    pub name: Arc<str>,
    /// Per piece or per kilogram.
    pub price: Money,
    /// In pieces or grams.
    pub stock: i64,
    /// Its category's path; empty when it has none.
    pub category: Arc<str>,
    /// Its brand; empty when it has none.
    pub brand: Arc<str>,
    /// Whether shoppers may see it.
    pub active: bool,
    /// When it came into the catalogue.
    pub created_at: Timestamp,
}

/// What filters and facets look at, with names as numbers.
#[derive(Debug)]
struct Hot {
    id: ProductId,
    price: Money,
    stock: i64,
    low_stock: Option<i64>,
    category: u32,
    brand: u32,
    food_types: u32,
    allergens: u32,
    /// What its popularity adds to its relevance, as a share of it.
    boost: f32,
    /// The step of its price; see `bands`.
    step: u8,
    active: bool,
    /// Not deleted.
    is_there: bool,
}

impl Hot {
    /// The same as [`Product::is_low`].
    fn is_low(&self) -> bool {
        self.low_stock.is_some_and(|threshold| self.stock <= threshold)
    }
}

/// What a page of results looks at.
#[derive(Debug)]
struct Cold {
    name: Arc<str>,
    marks: Marks,
    created_at: Timestamp,
    fingerprint: u64,
}

/// How well a product fits a query; the greater, the better.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(super) enum Match {
    /// The query is a part of its SKU or of a barcode.
    CodePart,
    /// Its text fits this well.
    Text(f32),
    /// The query is its SKU or a barcode.
    Code,
}

/// Whether a search wants to know how its results are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spread {
    /// With facets that are fit to be shown.
    Counted,
    /// With every category and brand.
    Whole,
    /// Without.
    Ignored,
}

/// Which part of the results is wanted, and in which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) sort: Sort,
    pub(super) offset: usize,
    pub(super) limit: usize,
    pub(super) spread: Spread,
}

/// Facts of the whole catalogue.
#[derive(Debug, Default)]
pub(super) struct FactsTable {
    slots: Slots,
    hot: Vec<Hot>,
    cold: Vec<Cold>,
    categories: Names,
    brands: Names,
    food_types: Sets,
    allergens: Sets,
    codes: Codes,
    /// Slots are not in the order of ids.
    is_mixed: bool,
    language: Language,
    /// Which products the promotions that ran last name; see `filter`.
    offers: Mutex<Option<Arc<Offers>>>,
}

/// A product that matches, with what it is sorted by.
struct Pick {
    /// The lower, the earlier.
    key: u64,
    id: ProductId,
    slot: usize,
}

impl FactsTable {
    /// Facts of no products, whose names are in this language.
    pub(super) fn new(language: Language) -> Self {
        Self { language, ..Self::default() }
    }

    /// Takes in a product as it is now; whether the text index has to follow.
    pub(super) fn put(&mut self, product: &Product, stock: i64) -> bool {
        if product.deleted {
            return self.remove(product.id);
        }
        let fingerprint = index::fingerprint(product);
        let hot = Hot {
            id: product.id,
            price: product.price,
            stock,
            low_stock: product.low_stock,
            category: self.categories.number(&product.category),
            brand: self.brands.number(&product.brand),
            food_types: self.food_types.number(&product.food_types),
            allergens: self.allergens.number(&product.allergens),
            boost: 0.0,
            step: bands::step(product.price),
            active: product.active,
            is_there: true,
        };
        let slot = self.slots.get(product.id);
        let known = slot.and_then(|slot| self.hot.get_mut(slot).zip(self.cold.get_mut(slot)));
        let (Some((old_hot, old_cold)), Some(slot)) = (known, slot) else {
            self.is_mixed |= self.hot.last().is_some_and(|last| last.id > product.id);
            let slot = self.slots.add(product.id);
            self.hot.push(hot);
            self.cold.push(Cold {
                name: product.name.as_str().into(),
                marks: Marks::of(&product.name, self.language),
                created_at: product.created_at,
                fingerprint,
            });
            self.codes.set(slot, &codes::text_of(product));
            return true;
        };
        let has_changed = !old_hot.is_there || old_cold.fingerprint != fingerprint;
        *old_hot = Hot { boost: old_hot.boost, ..hot };
        old_cold.fingerprint = fingerprint;
        old_cold.created_at = product.created_at;
        if *old_cold.name != *product.name {
            old_cold.name = product.name.as_str().into();
            old_cold.marks = Marks::of(&product.name, self.language);
        }
        self.codes.set(slots::number(slot), &codes::text_of(product));
        has_changed
    }

    fn remove(&mut self, id: ProductId) -> bool {
        let Some(slot) = self.slots.get(id) else { return false };
        self.codes.set(slots::number(slot), "");
        self.hot.get_mut(slot).is_some_and(|row| std::mem::take(&mut row.is_there))
    }

    /// Takes in a product's stock.
    pub(super) fn set_stock(&mut self, id: ProductId, stock: i64) {
        if let Some(row) = self.slots.get(id).and_then(|slot| self.hot.get_mut(slot)) {
            row.stock = stock;
        }
    }

    /// Takes in what products' popularity adds to their relevance, as a share of it.
    pub(super) fn set_boosts(&mut self, boosts: Vec<(ProductId, f32)>) {
        for (id, boost) in boosts {
            if let Some(row) = self.slots.get(id).and_then(|slot| self.hot.get_mut(slot)) {
                row.boost = boost;
            }
        }
    }

    /// How many slots there are.
    pub(super) fn size(&self) -> usize {
        self.hot.len()
    }

    /// The facts of one product.
    pub(super) fn facts(&self, id: ProductId) -> Option<Facts> {
        let (slot, row) = self.row(id)?;
        let cold = self.cold.get(slot)?;
        Some(Facts {
            name: Arc::clone(&cold.name),
            price: row.price,
            stock: row.stock,
            category: self.categories.name(row.category),
            brand: self.brands.name(row.brand),
            active: row.active,
            created_at: cold.created_at,
        })
    }

    fn row(&self, id: ProductId) -> Option<(usize, &Hot)> {
        let slot = self.slots.get(id)?;
        let row = self.hot.get(slot).filter(|row| row.is_there)?;
        Some((slot, row))
    }

    /// Whether there is such a product, for who may see it.
    pub(super) fn is_visible(&self, id: ProductId, include_hidden: bool) -> bool {
        self.row(id).is_some_and(|(_, row)| row.active || include_hidden)
    }

    /// A product's name, for who may see it.
    pub(super) fn visible_name(&self, id: ProductId, include_hidden: bool) -> Option<&str> {
        let (slot, row) = self.row(id)?;
        let cold = self.cold.get(slot)?;
        (row.active || include_hidden).then_some(&*cold.name)
    }

    /// A product's name as HTML with what `marker` looks for in `<b>`, for who may see it.
    pub(super) fn highlighted(
        &self,
        id: ProductId,
        marker: &Marker,
        include_hidden: bool,
    ) -> Option<String> {
        let (slot, row) = self.row(id)?;
        let cold = self.cold.get(slot)?;
        (row.active || include_hidden).then(|| marker.highlight(&cold.name, &cold.marks))
    }

    /// Adds to each score what the product's popularity is worth.
    pub(super) fn boost(&self, scored: &mut [(ProductId, f32)]) {
        for (id, score) in scored {
            if let Some((_, row)) = self.row(*id) {
                *score *= 1.0 + row.boost;
            }
        }
    }

    /// The visible products whose SKU or barcode is `query`, and (with `parts`) those of which it
    /// is a part, at most [`CODE_PARTS_MAX`].
    pub(super) fn by_code(
        &self,
        query: &str,
        parts: bool,
        include_hidden: bool,
    ) -> HashMap<ProductId, Match> {
        let query = query.trim().to_lowercase();
        let mut found = HashMap::new();
        if query.is_empty() {
            return found;
        }
        let mut add = |slot: u32, fit: Match| {
            let row = self.hot.get(names::index(slot));
            if let Some(row) = row.filter(|row| row.is_there && (row.active || include_hidden)) {
                found.entry(row.id).or_insert(fit);
            }
        };
        self.codes.exact(&query).for_each(|slot| add(slot, Match::Code));
        if let Ok(gtin) = query.parse::<Gtin>() {
            self.codes.exact(&gtin.padded()).for_each(|slot| add(slot, Match::Code));
        }
        if parts && query.chars().count() >= CODE_PART_CHARS_MIN {
            for slot in self.codes.with_part(&query, CODE_PARTS_MAX) {
                add(slot, Match::CodePart);
            }
        }
        found
    }

    /// The page of the products that pass the filter.
    pub(super) fn list(&self, filter: &Filter, window: Window) -> Found {
        let filter = self.compile(filter, window.spread);
        let rows = self.hot.iter().enumerate().filter(|(_, row)| row.is_there);
        let rows = rows.map(|(slot, row)| (slot, row, Match::Text(0.0)));
        let is_by_id = matches!(window.sort, Sort::Id | Sort::Relevance);
        self.page(rows, &filter, window, is_by_id && !self.is_mixed)
    }

    /// The page of the matches that pass the filter.
    pub(super) fn select(
        &self,
        matches: impl Iterator<Item = (ProductId, Match)>,
        filter: &Filter,
        window: Window,
    ) -> Found {
        let filter = self.compile(filter, window.spread);
        let rows = matches.filter_map(|(id, fit)| {
            let (slot, row) = self.row(id)?;
            Some((slot, row, fit))
        });
        self.page(rows, &filter, window, false)
    }

    fn page<'t>(
        &'t self,
        rows: impl Iterator<Item = (usize, &'t Hot, Match)>,
        filter: &CompiledFilter<'_>,
        window: Window,
        is_sorted: bool,
    ) -> Found {
        let Window { sort, offset, limit, spread } = window;
        let mut tally = (spread != Spread::Ignored).then(|| Tally::new(self));
        let mut picks = Vec::with_capacity(rows.size_hint().0);
        for (slot, row, fit) in rows {
            if !filter.passes(slot, row) {
                continue;
            }
            if let Some(tally) = &mut tally {
                tally.count(row, filter.is_on_offer(slot, row));
            }
            picks.push(Pick { key: self.key(sort, slot, row, fit), id: row.id, slot });
        }
        let total = picks.len();
        let end = offset.saturating_add(limit).min(total);
        if !is_sorted {
            let order = |a: &Pick, b: &Pick| self.compare(sort, a, b);
            if end > 0 && end < total {
                picks.select_nth_unstable_by(end - 1, order);
                picks.truncate(end);
            }
            picks.sort_unstable_by(order);
        }
        Found {
            ids: picks.iter().skip(offset).take(limit).map(|pick| pick.id).collect(),
            total,
            facets: tally.map(|tally| tally.into_facets(self, spread)).unwrap_or_default(),
            ..Found::default()
        }
    }

    /// What the product is sorted by, as a number; names are compared by themselves.
    fn key(&self, sort: Sort, slot: usize, row: &Hot, fit: Match) -> u64 {
        let rising = |number: i64| number.cast_unsigned() ^ (1 << 63);
        match sort {
            Sort::Relevance => !fit.rank(),
            Sort::Id | Sort::Name => 0,
            Sort::Price => rising(row.price.minor()),
            Sort::PriceDescending => !rising(row.price.minor()),
            Sort::Newest => {
                let created =
                    self.cold.get(slot).map_or(0, |cold| cold.created_at.as_microsecond());
                !rising(created)
            }
        }
    }

    /// The order of results; equal ones are in the order of their ids, so that pages fit together.
    fn compare(&self, sort: Sort, a: &Pick, b: &Pick) -> Ordering {
        let name = |pick: &Pick| self.cold.get(pick.slot).map(|cold| cold.marks.sort_key());
        let by_name = || if sort == Sort::Name { name(a).cmp(&name(b)) } else { Ordering::Equal };
        a.key.cmp(&b.key).then_with(by_name).then(a.id.cmp(&b.id))
    }

    fn compile<'f>(&'f self, filter: &'f Filter, spread: Spread) -> CompiledFilter<'f> {
        let counts_offers = spread == Spread::Counted && !filter.promotions.is_empty();
        let offers = (counts_offers || filter.on_offer.is_some())
            .then(|| Offers::of(self, &filter.promotions));
        CompiledFilter::new(self, filter, offers)
    }
}

impl Match {
    /// A number that is greater for what fits better.
    fn rank(self) -> u64 {
        let (kind, score) = match self {
            Self::CodePart => (0, 0.0),
            Self::Text(score) => (1, score),
            Self::Code => (2, 0.0),
        };
        // The bits of floats that are not negative rise with them.
        kind << 32 | u64::from(f32::max(score, 0.0).to_bits())
    }
}

/// How results are spread, as it is counted.
struct Tally {
    categories: Vec<u32>,
    brands: Vec<u32>,
    food_types: Vec<u32>,
    steps: [u32; STEPS],
    in_stock: usize,
    on_offer: usize,
}

impl Tally {
    fn new(table: &FactsTable) -> Self {
        Self {
            categories: vec![0; table.categories.len()],
            brands: vec![0; table.brands.len()],
            food_types: vec![0; table.food_types.len()],
            steps: [0; STEPS],
            in_stock: 0,
            on_offer: 0,
        }
    }

    fn count(&mut self, row: &Hot, is_on_offer: bool) {
        for (counts, number) in [
            (&mut self.categories[..], row.category),
            (&mut self.brands[..], row.brand),
            (&mut self.food_types[..], row.food_types),
            (&mut self.steps[..], u32::from(row.step)),
        ] {
            if let Some(count) = counts.get_mut(names::index(number)) {
                *count += 1;
            }
        }
        self.in_stock += usize::from(row.stock > 0);
        self.on_offer += usize::from(is_on_offer);
    }

    fn into_facets(self, table: &FactsTable, spread: Spread) -> Facets {
        let most = |limit| if spread == Spread::Whole { usize::MAX } else { limit };
        Facets {
            category: table.categories.counted(&self.categories, most(CATEGORIES_MAX)),
            brand: table.brands.counted(&self.brands, most(FACET_VALUES_MAX)),
            food_type: table.food_types.counted(&self.food_types, most(FACET_VALUES_MAX)),
            price: bands::bands(&self.steps),
            in_stock: self.in_stock,
            on_offer: self.on_offer,
        }
    }
}
