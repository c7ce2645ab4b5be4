//! A filter whose texts were compared already, and what is on offer.

use std::sync::{Arc, PoisonError};

use super::names::{folded, index};
use super::{FactsTable, Filter, Hot};
use crate::domain::promotions::Discount;
use crate::domain::promotions::running::Running;

/// The promotions that run, by slot and by category number. Made once for each set of promotions,
/// which stays the same until one starts, ends or is edited.
#[derive(Debug)]
pub(super) struct Offers {
    running: Arc<Running>,
    /// Whether one names the product of this slot; slots beyond the end are looked up.
    is_named: Vec<bool>,
    /// The discounts of the category of this number.
    of_category: Vec<Vec<Discount>>,
}

impl Offers {
    /// What these promotions make cheaper.
    pub(super) fn of(table: &FactsTable, running: &Arc<Running>) -> Arc<Self> {
        let mut cache = table.offers.lock().unwrap_or_else(PoisonError::into_inner);
        let is_whole = |known: &&Arc<Self>| {
            Arc::ptr_eq(&known.running, running)
                && known.of_category.len() == table.categories.len()
        };
        if let Some(known) = cache.as_ref().filter(is_whole) {
            return Arc::clone(known);
        }
        let mut is_named = vec![false; table.hot.len()];
        for id in running.named_products() {
            if let Some(named) = table.slots.get(id).and_then(|slot| is_named.get_mut(slot)) {
                *named = true;
            }
        }
        let discounts =
            |name: &str| running.of_category(name).map(|deal| deal.discount).collect::<Vec<_>>();
        let of_category = table.categories.iter().map(discounts).collect();
        let offers = Arc::new(Self { running: Arc::clone(running), is_named, of_category });
        *cache = Some(Arc::clone(&offers));
        offers
    }

    /// The same as [`crate::domain::pricing::offer`] being there, without the product.
    fn covers(&self, slot: usize, row: &Hot) -> bool {
        let is_less = |discount: &Discount| discount.of_unit(row.price) < row.price;
        let of_category = self.of_category.get(index(row.category));
        of_category.is_some_and(|discounts| discounts.iter().any(is_less))
            || (self.is_named.get(slot).copied().unwrap_or(true)
                && self.running.of_product(row.id).any(|deal| is_less(&deal.discount)))
    }
}

/// A filter, ready to be asked for each product.
pub(super) struct CompiledFilter<'f> {
    filter: &'f Filter,
    /// Whether the category of this number passes; the same for the others.
    category: Option<Vec<bool>>,
    brand: Option<Vec<bool>>,
    food_types: Option<Vec<bool>>,
    allergens: Option<Vec<bool>>,
    /// What is on offer, when somebody asks.
    offers: Option<Arc<Offers>>,
}

impl<'f> CompiledFilter<'f> {
    pub(super) fn new(table: &FactsTable, filter: &'f Filter, offers: Option<Arc<Offers>>) -> Self {
        let category = filter.category.as_ref().map(|path| {
            let path = folded(path);
            let below = format!("{path}/");
            let is_in = |name: &str| path.is_empty() || name == path || name.starts_with(&below);
            table.categories.that(is_in)
        });
        let brand = filter.brand.as_ref().map(|brand| {
            let brand = folded(brand);
            table.brands.that(|name| name == brand)
        });
        let (eaten, avoided) = (&filter.food_types, &filter.without_allergens);
        Self {
            filter,
            category,
            brand,
            food_types: (!eaten.is_empty()).then(|| table.food_types.with_all(eaten)),
            allergens: (!avoided.is_empty()).then(|| table.allergens.without(avoided)),
            offers,
        }
    }

    pub(super) fn passes(&self, slot: usize, row: &Hot) -> bool {
        let numbered = |passing: &Option<Vec<bool>>, number: u32| {
            passing.as_ref().is_none_or(|it| it.get(index(number)).copied().unwrap_or(false))
        };
        let filter = self.filter;
        (row.active || filter.include_hidden)
            && numbered(&self.category, row.category)
            && numbered(&self.brand, row.brand)
            && numbered(&self.food_types, row.food_types)
            && numbered(&self.allergens, row.allergens)
            && filter.min_price.is_none_or(|least| row.price >= least)
            && filter.max_price.is_none_or(|most| row.price <= most)
            && filter.low_stock.is_none_or(|wanted| row.is_low() == wanted)
            && filter.in_stock.is_none_or(|wanted| (row.stock > 0) == wanted)
            && filter.on_offer.is_none_or(|wanted| self.is_on_offer(slot, row) == wanted)
    }

    /// Whether a promotion makes it cheaper, when the filter or a facet asks for that.
    pub(super) fn is_on_offer(&self, slot: usize, row: &Hot) -> bool {
        self.offers.as_ref().is_some_and(|offers| offers.covers(slot, row))
    }
}
