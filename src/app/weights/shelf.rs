//! What the scale's judge wants to know of the shop, read when it asks.

use std::collections::BTreeMap;

use super::Result;
use crate::domain::cart::{Amount, Cart};
use crate::domain::id::{ProductId, UserId};
use crate::domain::weight::learned::Belief;
use crate::domain::weight::scale::{CANDIDATES_MAX, Held, Known};
use crate::storage::{Error, Reader, checklists, products, weights};

/// Weights and wishes, read from one state of the store. The judge cannot fail, so that a fault is
/// kept until [`Shelf::finish`].
pub(super) struct Shelf<'a, R> {
    tx: &'a R,
    user: Option<UserId>,
    fault: Option<Error>,
}

impl<'a, R: Reader> Shelf<'a, R> {
    pub(super) const fn new(tx: &'a R, user: Option<UserId>) -> Self {
        Self { tx, user, fault: None }
    }

    /// What went wrong on the way.
    pub(super) fn finish(self) -> Result<()> {
        self.fault.map_or(Ok(()), |fault| Err(fault.into()))
    }

    fn keep<T>(&mut self, found: std::result::Result<T, Error>) -> Option<T> {
        found.map_err(|fault| self.fault = Some(fault)).ok()
    }

    fn read(&self, product: ProductId) -> std::result::Result<Option<Belief>, Error> {
        let label_g = products::product(self.tx, product)?.and_then(|product| product.weight_g);
        Ok(weights::learned(self.tx, product)?.belief(label_g))
    }
}

impl<R: Reader> Known for Shelf<'_, R> {
    fn belief(&mut self, product: ProductId) -> Option<Belief> {
        let read = self.read(product);
        self.keep(read).flatten()
    }

    fn wanted(&mut self) -> Vec<ProductId> {
        let Some(user) = self.user else { return Vec::new() };
        let list = checklists::of_user(self.tx, user);
        let items = self.keep(list).map(|list| list.items).unwrap_or_default();
        items.into_iter().map(|item| item.product_id).take(CANDIDATES_MAX).collect()
    }
}

/// What the list puts onto the scale, by rising product.
pub(super) fn held(tx: &impl Reader, cart: &Cart) -> Result<Vec<Held>> {
    let mut by_product = BTreeMap::new();
    for line in &cart.lines {
        let product_id = line.product_id;
        let held = by_product.entry(product_id).or_insert(Held {
            product_id,
            pieces: 0,
            grams: 0,
            vague: 0,
        });
        match line.amount {
            Amount::Pieces(quantity) => held.pieces += quantity.value(),
            Amount::Weighed(net) => {
                let product = products::product(tx, product_id)?;
                let tare_g = product.and_then(|product| product.tare_g).unwrap_or(0);
                held.grams = held.grams.saturating_add(net.value().saturating_add(tare_g));
            }
            Amount::Priced(_) => held.vague += 1,
        }
    }
    Ok(by_product.into_values().collect())
}
