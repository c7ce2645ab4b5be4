//! The promotions that run at a moment, found by product and by category without a scan.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{Discount, Promotion, Scope};
use crate::domain::id::{ProductId, PromotionId};

/// What pricing needs of a promotion that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deal {
    /// The promotion.
    pub id: PromotionId,
    /// Its name.
    pub name: String,
    /// By how much it is cheaper.
    pub discount: Discount,
}

/// The promotions that run at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Running {
    deals: Vec<Deal>,
    by_product: HashMap<ProductId, Vec<usize>>,
    /// By path in lower case: categories are compared without regard to case, as searches do.
    by_category: HashMap<String, Vec<usize>>,
    /// Those of scope `cart`.
    everywhere: Vec<usize>,
}

impl Running {
    /// Those of `all` that run at `now`.
    pub fn at(all: &[Promotion], now: Timestamp) -> Self {
        let mut running = Self::default();
        for promotion in all.iter().filter(|promotion| promotion.is_running(now)) {
            let index = running.deals.len();
            running.deals.push(Deal {
                id: promotion.id,
                name: promotion.name.clone(),
                discount: promotion.discount,
            });
            match &promotion.scope {
                Scope::Products(ids) => {
                    for id in ids {
                        running.by_product.entry(*id).or_default().push(index);
                    }
                }
                Scope::Categories(paths) => {
                    for path in paths {
                        running.by_category.entry(path.to_lowercase()).or_default().push(index);
                    }
                }
                Scope::Cart => running.everywhere.push(index),
            }
        }
        running
    }

    /// Whether none is of products or categories.
    pub fn is_empty(&self) -> bool {
        self.by_product.is_empty() && self.by_category.is_empty()
    }

    /// The products that some name, in any order.
    pub fn named_products(&self) -> impl Iterator<Item = ProductId> {
        self.by_product.keys().copied()
    }

    /// Those that name the product.
    pub fn of_product(&self, id: ProductId) -> impl Iterator<Item = &Deal> {
        self.named(self.by_product.get(&id))
    }

    /// Those of the category and of all above it; one may come twice.
    pub fn of_category(&self, path: &str) -> impl Iterator<Item = &Deal> {
        let path = if self.by_category.is_empty() { String::new() } else { path.to_lowercase() };
        let ends = path.match_indices('/').map(|(end, _)| end).chain([path.len()]);
        let found: Vec<&Vec<usize>> =
            ends.filter_map(|end| self.by_category.get(&path[..end])).collect();
        found.into_iter().flat_map(|indexes| self.named(Some(indexes)))
    }

    /// Those of every line of a cart.
    pub fn of_every_line(&self) -> impl Iterator<Item = &Deal> {
        self.named(Some(&self.everywhere))
    }

    fn named<'r>(&'r self, indexes: Option<&'r Vec<usize>>) -> impl Iterator<Item = &'r Deal> {
        let indexes = indexes.map_or(&[][..], Vec::as_slice);
        indexes.iter().filter_map(|index| self.deals.get(*index))
    }
}

/// The moments around `now` at which another set of promotions runs: the last one that is not
/// after it, and the first one after it.
pub fn moments_around(all: &[Promotion], now: Timestamp) -> (Option<Timestamp>, Option<Timestamp>) {
    let moments = all
        .iter()
        .filter(|promotion| promotion.active)
        .flat_map(|promotion| [Some(promotion.starts_at), promotion.ends_at])
        .flatten();
    moments.fold((None, None), |(before, after), moment| {
        if moment <= now {
            (before.max(Some(moment)), after)
        } else {
            (before, Some(after.map_or(moment, |after: Timestamp| after.min(moment))))
        }
    })
}
