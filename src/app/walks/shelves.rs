//! Where to look for products that have no place on the map: in the middle of those of their
//! category that have one.
//!
//! Which products stand where is held in memory, from the first time that somebody asks, and kept
//! from the change log; the middle of a category is computed when it is asked for and kept until a
//! product moves or the map changes. A walk costs a look at the log's end, then, however large the
//! catalogue is.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::{Bound, ControlFlow};
use std::sync::{Arc, Mutex, PoisonError};

use super::super::{App, Result};
use super::LoadedMap;
use crate::domain::catalog::Product;
use crate::domain::event::Change;
use crate::domain::id::ProductId;
use crate::domain::store_map::centre::{Shelf, medoid};
use crate::storage::tables::PRODUCT_BY_ID;
use crate::storage::{ReadTx, Reader, change_log, products};

/// Changes that are read at once.
const CHANGES_READ_MAX: usize = 4_096;

/// Which products stand where, as of a change.
#[derive(Debug, Default)]
pub(super) struct Shelves(Mutex<Option<Stand>>);

#[derive(Debug, Default)]
struct Stand {
    seen: u64,
    /// Category and location of each product that shoppers can buy and that has both.
    places: HashMap<ProductId, (Arc<str>, Arc<str>)>,
    /// Their number at each location, by category. Categories are in lower case, as filters
    /// compare them.
    counts: BTreeMap<Arc<str>, BTreeMap<Arc<str>, u32>>,
    /// The middles of categories on the map of this version.
    middles: HashMap<String, Option<Arc<str>>>,
    map_version: u64,
}

/// The part of a product's category that stands somewhere, and the location in its middle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Middle {
    pub(super) category: String,
    pub(super) location: String,
}

impl App {
    /// The middle of the deepest of these categories (a product's path, or what is above it) of
    /// which any product stands on the map.
    pub(super) fn middle_of(&self, loaded: &LoadedMap, path: &str) -> Result<Option<Middle>> {
        let mut held = self.inner.map.shelves.0.lock().unwrap_or_else(PoisonError::into_inner);
        // What could not follow to the end is not put back, and read anew.
        let mut stand = held.take().unwrap_or_default();
        self.read(|tx| stand.follow(tx))?;
        let stand = held.insert(stand);
        if stand.map_version != loaded.version {
            stand.middles.clear();
            stand.map_version = loaded.version;
        }
        let mut category = path;
        while !category.is_empty() {
            if let Some(location) = stand.middle(loaded, category) {
                let (category, location) = (category.to_owned(), location.as_ref().to_owned());
                return Ok(Some(Middle { category, location }));
            }
            category = category.rsplit_once('/').map_or("", |(above, _)| above);
        }
        Ok(None)
    }
}

impl Stand {
    /// Takes in what changed; reads everything when changes were missed, and at first.
    fn follow(&mut self, tx: &ReadTx) -> Result<()> {
        let last = change_log::last_seq(tx)?;
        if last == self.seen && last != 0 {
            return Ok(());
        }
        if self.seen == 0 || last < self.seen || change_log::first_seq(tx)? > self.seen + 1 {
            return self.read_all(tx, last);
        }
        let mut changed = HashSet::new();
        while self.seen < last {
            let page = change_log::changes_since::<Change>(tx, self.seen, CHANGES_READ_MAX)?;
            let Some((seq, _)) = page.last() else { break };
            self.seen = *seq;
            changed.extend(page.into_iter().filter_map(|(_, change)| match change {
                Change::Product(id) => Some(id),
                _ => None,
            }));
        }
        for id in changed {
            let product = products::product(tx, id)?;
            self.set(id, product.as_ref().and_then(place));
        }
        Ok(())
    }

    fn read_all(&mut self, tx: &ReadTx, last: u64) -> Result<()> {
        *self = Self { seen: last, ..Self::default() };
        tx.for_each(PRODUCT_BY_ID, .., |id, product| {
            self.set(id, place(&product));
            Ok::<_, crate::storage::Error>(ControlFlow::Continue(()))
        })?;
        Ok(())
    }

    fn set(&mut self, id: ProductId, place: Option<(String, String)>) {
        let known = self.places.get(&id);
        let is_same = match (known, &place) {
            (None, None) => true,
            (Some((category, location)), Some(place)) => {
                **category == *place.0 && **location == *place.1
            }
            _ => false,
        };
        if is_same {
            return;
        }
        self.middles.clear();
        if let Some((category, location)) = self.places.remove(&id)
            && let Some(shelves) = self.counts.get_mut(&category)
        {
            match shelves.get_mut(&location) {
                Some(count) if *count > 1 => *count -= 1,
                _ => drop(shelves.remove(&location)),
            }
            if shelves.is_empty() {
                self.counts.remove(&category);
            }
        }
        if let Some((category, location)) = place {
            let (category, location) = self.shared(&category, &location);
            let shelves = self.counts.entry(Arc::clone(&category)).or_default();
            *shelves.entry(Arc::clone(&location)).or_default() += 1;
            self.places.insert(id, (category, location));
        }
    }

    /// The texts as they are held already, so that a category's name is there once.
    fn shared(&self, category: &str, location: &str) -> (Arc<str>, Arc<str>) {
        match self.counts.get_key_value(category) {
            None => (category.into(), location.into()),
            Some((category, shelves)) => {
                let known = shelves.get_key_value(location).map(|(known, _)| Arc::clone(known));
                (Arc::clone(category), known.unwrap_or_else(|| location.into()))
            }
        }
    }

    fn middle(&mut self, loaded: &LoadedMap, category: &str) -> Option<&Arc<str>> {
        let category = category.to_lowercase();
        if !self.middles.contains_key(&category) {
            let middle = self.computed(loaded, &category);
            self.middles.insert(category.clone(), middle);
        }
        self.middles[&category].as_ref()
    }

    fn computed(&self, loaded: &LoadedMap, category: &str) -> Option<Arc<str>> {
        // What begins with `category/` is below it, and lies together in the order of paths.
        let below = format!("{category}/");
        let within =
            self.counts.range::<str, _>((Bound::Included(below.as_str()), Bound::Unbounded));
        let within = within.take_while(|(path, _)| path.starts_with(&below)).map(|(_, it)| it);
        let mut counts = BTreeMap::<&str, u32>::new();
        for shelves in self.counts.get(category).into_iter().chain(within) {
            for (location, count) in shelves {
                *counts.entry(location).or_default() += count;
            }
        }
        let shelves: Vec<_> = counts
            .into_iter()
            .filter_map(|(id, weight)| {
                let point = loaded.graph.location_point(id)?;
                Some(Shelf { id, x: point.x, y: point.y, floor: point.floor, weight })
            })
            .collect();
        medoid(&shelves).map(Arc::from)
    }
}

/// Where a product stands, and of which category it is there.
fn place(product: &Product) -> Option<(String, String)> {
    if !product.is_on_sale() || product.category.is_empty() {
        return None;
    }
    Some((product.category.to_lowercase(), product.location.clone()?))
}
