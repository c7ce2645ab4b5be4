//! Live facts of the catalogue: what filters, sorts and facets are answered from.
//!
//! One small row for each product that is not deleted, kept from the change log. Categories and
//! brands are numbered, so that a filter compares text once for each name and not for each
//! product, and facets are counted in an array.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::{Facets, Filter, Found, Sort, index, text};
use crate::domain::catalog::Product;
use crate::domain::codes::Gtin;
use crate::domain::id::ProductId;
use crate::domain::money::Money;
use crate::domain::promotions::running::Deal;

/// Shortest part of a SKU or barcode that finds it, in characters.
const CODE_PART_CHARS_MIN: usize = 3;

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

/// The facts of one product, with names as numbers.
#[derive(Debug)]
struct Row {
    name: Arc<str>,
    sort_key: Box<str>,
    /// The SKU in lower case and the barcodes as fourteen digits, each ended by a line break.
    codes: Box<str>,
    price: Money,
    stock: i64,
    category: usize,
    brand: usize,
    active: bool,
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

/// Facts of the whole catalogue.
#[derive(Debug, Default)]
pub(super) struct FactsTable {
    rows: BTreeMap<ProductId, Row>,
    categories: Names,
    brands: Names,
}

impl FactsTable {
    /// Takes in a product as it is now; whether the text index has to follow.
    pub(super) fn put(&mut self, product: &Product, stock: i64) -> bool {
        if product.deleted {
            return self.rows.remove(&product.id).is_some();
        }
        let fingerprint = index::fingerprint(product);
        let row = Row {
            name: product.name.as_str().into(),
            sort_key: text::sort_key(&product.name).into(),
            codes: codes(product).into(),
            price: product.price,
            stock,
            category: self.categories.number(&product.category),
            brand: self.brands.number(&product.brand),
            active: product.active,
            created_at: product.created_at,
            fingerprint,
        };
        let old = self.rows.insert(product.id, row);
        old.is_none_or(|old| old.fingerprint != fingerprint)
    }

    /// Takes in a product's stock.
    pub(super) fn set_stock(&mut self, id: ProductId, stock: i64) {
        if let Some(row) = self.rows.get_mut(&id) {
            row.stock = stock;
        }
    }

    /// The facts of one product.
    pub(super) fn facts(&self, id: ProductId) -> Option<Facts> {
        self.rows.get(&id).map(|row| Facts {
            name: Arc::clone(&row.name),
            price: row.price,
            stock: row.stock,
            category: self.categories.name(row.category),
            brand: self.brands.name(row.brand),
            active: row.active,
            created_at: row.created_at,
        })
    }

    /// A product's name, for who may see it.
    pub(super) fn visible_name(&self, id: ProductId, include_hidden: bool) -> Option<&str> {
        let row = self.rows.get(&id)?;
        (row.active || include_hidden).then_some(&*row.name)
    }

    /// The visible products whose SKU or barcode is `query`, and (with `parts`) those of which it
    /// is a part.
    pub(super) fn by_code(
        &self,
        query: &str,
        parts: bool,
        include_hidden: bool,
    ) -> Vec<(ProductId, Match)> {
        let query = query.trim().to_lowercase();
        if query.is_empty() || query.contains('\n') {
            return Vec::new();
        }
        let whole = format!("{query}\n");
        let gtin = query.parse().ok().map(|gtin: Gtin| format!("\n{}\n", gtin.padded()));
        let parts = parts && query.chars().count() >= CODE_PART_CHARS_MIN;
        let mut found = Vec::new();
        for (id, row) in &self.rows {
            if !row.active && !include_hidden {
                continue;
            }
            let is_whole = row.codes.starts_with(&whole)
                || gtin.as_ref().is_some_and(|gtin| row.codes.contains(gtin.as_str()));
            if is_whole {
                found.push((*id, Match::Code));
            } else if parts && row.codes.contains(&query) {
                found.push((*id, Match::CodePart));
            }
        }
        found
    }

    /// The page of the products that pass the filter.
    pub(super) fn list(&self, filter: &Filter, sort: Sort, offset: usize, limit: usize) -> Found {
        let filter = self.compile(filter);
        let rows = self.rows.iter().map(|(id, row)| (*id, row, Match::Text(0.0)));
        self.page(rows.filter(|(id, row, _)| filter.passes(*id, row)), sort, offset, limit)
    }

    /// The page of the matches that pass the filter.
    pub(super) fn select(
        &self,
        matches: &[(ProductId, Match)],
        filter: &Filter,
        sort: Sort,
        offset: usize,
        limit: usize,
    ) -> Found {
        let filter = self.compile(filter);
        let rows = matches.iter().filter_map(|(id, fit)| Some((*id, self.rows.get(id)?, *fit)));
        self.page(rows.filter(|(id, row, _)| filter.passes(*id, row)), sort, offset, limit)
    }

    fn page<'t>(
        &'t self,
        rows: impl Iterator<Item = (ProductId, &'t Row, Match)>,
        sort: Sort,
        offset: usize,
        limit: usize,
    ) -> Found {
        let mut categories = vec![0; self.categories.len()];
        let mut brands = vec![0; self.brands.len()];
        let mut rows: Vec<_> = rows
            .inspect(|(_, row, _)| {
                if let Some(count) = categories.get_mut(row.category) {
                    *count += 1;
                }
                if let Some(count) = brands.get_mut(row.brand) {
                    *count += 1;
                }
            })
            .collect();
        let total = rows.len();
        let end = offset.saturating_add(limit).min(total);
        let order = |a: &(ProductId, &Row, Match), b: &(ProductId, &Row, Match)| {
            compare(sort, a, b).then(a.0.cmp(&b.0))
        };
        if end > 0 && end < total {
            rows.select_nth_unstable_by(end - 1, order);
            rows.truncate(end);
        }
        rows.sort_unstable_by(order);
        Found {
            ids: rows.iter().skip(offset).take(limit).map(|(id, ..)| *id).collect(),
            total,
            facets: Facets {
                category: self.categories.named(&categories),
                brand: self.brands.named(&brands),
            },
            did_you_mean: None,
            fallback: false,
        }
    }

    fn compile<'f>(&'f self, filter: &'f Filter) -> CompiledFilter<'f> {
        let category = filter.category.as_ref().map(|path| {
            let path: Vec<_> = levels(path).collect();
            self.categories.that(|name| starts_with(&levels(name).collect::<Vec<_>>(), &path))
        });
        let brand = filter.brand.as_ref().map(|brand| {
            let brand = brand.trim().to_lowercase();
            self.brands.that(|name| name.to_lowercase() == brand)
        });
        let offers = filter.on_offer.map(|_| {
            let names = self.categories.names.iter();
            names.map(|name| filter.promotions.of_category(name).collect()).collect()
        });
        CompiledFilter { filter, category, brand, offers }
    }
}

/// A filter whose texts were compared already.
struct CompiledFilter<'f> {
    filter: &'f Filter,
    /// Whether the category of this number passes.
    category: Option<Vec<bool>>,
    /// Whether the brand of this number passes.
    brand: Option<Vec<bool>>,
    /// The promotions of the category of this number, when they are asked for.
    offers: Option<Vec<Vec<&'f Deal>>>,
}

impl CompiledFilter<'_> {
    fn passes(&self, id: ProductId, row: &Row) -> bool {
        let named = |names: &Option<Vec<bool>>, number: usize| {
            names.as_ref().is_none_or(|names| names.get(number).copied().unwrap_or(false))
        };
        let filter = self.filter;
        (row.active || filter.include_hidden)
            && named(&self.category, row.category)
            && named(&self.brand, row.brand)
            && filter.min_price.is_none_or(|least| row.price >= least)
            && filter.max_price.is_none_or(|most| row.price <= most)
            && filter.in_stock.is_none_or(|wanted| (row.stock > 0) == wanted)
            && filter.on_offer.is_none_or(|wanted| self.is_on_offer(id, row) == wanted)
    }

    /// The same as [`crate::domain::pricing::offer`] being there, without the product.
    fn is_on_offer(&self, id: ProductId, row: &Row) -> bool {
        let of_category = self.offers.as_ref().and_then(|offers| offers.get(row.category));
        let of_category = of_category.into_iter().flatten().copied();
        let mut deals = self.filter.promotions.of_product(id).chain(of_category);
        deals.any(|deal| deal.discount.of_unit(row.price) < row.price)
    }
}

fn compare(sort: Sort, a: &(ProductId, &Row, Match), b: &(ProductId, &Row, Match)) -> Ordering {
    let ((_, row_a, match_a), (_, row_b, match_b)) = (a, b);
    match sort {
        Sort::Relevance => match_b.partial_cmp(match_a).unwrap_or(Ordering::Equal),
        Sort::Id => Ordering::Equal,
        Sort::Name => row_a.sort_key.cmp(&row_b.sort_key),
        Sort::Price => row_a.price.cmp(&row_b.price),
        Sort::PriceDescending => Reverse(row_a.price).cmp(&Reverse(row_b.price)),
        Sort::Newest => Reverse(row_a.created_at).cmp(&Reverse(row_b.created_at)),
    }
}

fn codes(product: &Product) -> String {
    let mut codes = product.sku.as_str().to_lowercase();
    codes.push('\n');
    for gtin in &product.barcodes {
        codes.push_str(&gtin.padded());
        codes.push('\n');
    }
    codes
}

/// The levels of a category's path, as they are compared.
fn levels(path: &str) -> impl Iterator<Item = String> {
    path.split('/').map(|level| level.trim().to_lowercase()).filter(|level| !level.is_empty())
}

fn starts_with(path: &[String], beginning: &[String]) -> bool {
    path.len() >= beginning.len() && path.iter().zip(beginning).all(|(a, b)| a == b)
}

/// Numbered texts. A text keeps its number when no product bears it any more, until the table is
/// loaded anew.
#[derive(Debug, Default)]
struct Names {
    names: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, usize>,
}

impl Names {
    fn len(&self) -> usize {
        self.names.len()
    }

    fn number(&mut self, name: &str) -> usize {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let name: Arc<str> = name.into();
        let number = self.names.len();
        self.names.push(Arc::clone(&name));
        self.numbers.insert(name, number);
        number
    }

    fn name(&self, number: usize) -> Arc<str> {
        self.names.get(number).map_or_else(|| "".into(), Arc::clone)
    }

    fn that(&self, passes: impl Fn(&str) -> bool) -> Vec<bool> {
        self.names.iter().map(|name| passes(name)).collect()
    }

    fn named(&self, counts: &[usize]) -> BTreeMap<String, usize> {
        let named = self.names.iter().zip(counts);
        let used = named.filter(|(name, count)| !name.is_empty() && **count > 0);
        used.map(|(name, count)| (name.to_string(), *count)).collect()
    }
}
