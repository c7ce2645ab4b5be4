//! A shopper's shopping list. What is in the cart counts as ticked off, so nothing has to be kept
//! in step with scans, removals and hand-overs; a checkout takes what was bought off the list.

use super::id::{ChecklistItemId, ProductId};
use super::quantity::{InvalidQuantity, Quantity};

/// The most items on one list.
pub const ITEMS_MAX: usize = 200;

/// A product to be bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChecklistItem {
    /// Identity; unique in the shop.
    pub id: ChecklistItemId,
    /// What to buy.
    pub product_id: ProductId,
    /// How many pieces, or how many weighings of a product that is sold by weight.
    pub quantity: Quantity,
}

/// A shopper's list, in the order in which it was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checklist {
    /// At most one item for each product.
    pub items: Vec<ChecklistItem>,
}

/// Why a list cannot be changed like that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChecklistError {
    /// Together with what is on the list.
    #[error("would be more than 999 with what is on the list")]
    TooMany,
    /// See [`ITEMS_MAX`].
    #[error("a shopping list has at most {ITEMS_MAX} items: remove some first")]
    Full,
}

impl Checklist {
    /// The item of a product.
    pub fn item(&self, product: ProductId) -> Option<&ChecklistItem> {
        self.items.iter().find(|item| item.product_id == product)
    }

    /// Puts more of a product on the list; `id` is for an item that is new.
    pub fn add(
        &mut self,
        id: ChecklistItemId,
        product_id: ProductId,
        quantity: Quantity,
    ) -> Result<ChecklistItem, ChecklistError> {
        if let Some(item) = self.items.iter_mut().find(|item| item.product_id == product_id) {
            item.quantity = item.quantity.checked_add(quantity).ok_or(ChecklistError::TooMany)?;
            return Ok(*item);
        }
        if self.items.len() >= ITEMS_MAX {
            return Err(ChecklistError::Full);
        }
        let item = ChecklistItem { id, product_id, quantity };
        self.items.push(item);
        Ok(item)
    }

    /// Takes a product off the list; whether it was on it.
    pub fn remove(&mut self, product: ProductId) -> bool {
        let before = self.items.len();
        self.items.retain(|item| item.product_id != product);
        self.items.len() < before
    }

    /// Takes off what was bought: of a product bought in part, the rest stays.
    pub fn take_off(&mut self, product: ProductId, units: u32) {
        self.items.retain_mut(|item| {
            if item.product_id != product {
                return true;
            }
            let rest = item.quantity.value().saturating_sub(units);
            let rest: Result<Quantity, InvalidQuantity> = Quantity::new(rest.into());
            match rest {
                Ok(rest) => {
                    item.quantity = rest;
                    true
                }
                Err(_) => false,
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product(id: u64) -> ProductId {
        ProductId::new(id).unwrap()
    }

    fn list() -> Checklist {
        let mut list = Checklist::default();
        let quantity = Quantity::new(3).unwrap();
        list.add(ChecklistItemId::new(1).unwrap(), product(7), quantity).unwrap();
        list
    }

    #[test]
    fn the_same_product_is_one_item() {
        let mut list = list();
        let more = Quantity::new(2).unwrap();
        let item = list.add(ChecklistItemId::new(2).unwrap(), product(7), more).unwrap();
        assert_eq!((item.id.value(), item.quantity.value()), (1, 5));
        let many = Quantity::new(999).unwrap();
        let refused = list.add(ChecklistItemId::new(2).unwrap(), product(7), many);
        assert_eq!(refused, Err(ChecklistError::TooMany));
        assert_eq!(list.item(product(7)).unwrap().quantity.value(), 5);
    }

    #[test]
    fn the_rest_of_what_was_bought_in_part_stays() {
        let mut list = list();
        list.take_off(product(8), 1);
        list.take_off(product(7), 2);
        assert_eq!(list.items[0].quantity.value(), 1);
        list.take_off(product(7), 2);
        assert!(list.items.is_empty());
    }

    #[test]
    fn a_list_ends_somewhere() {
        let mut list = Checklist::default();
        let one = Quantity::new(1).unwrap();
        for id in 1..=200 {
            list.add(ChecklistItemId::new(id).unwrap(), product(id), one).unwrap();
        }
        let refused = list.add(ChecklistItemId::new(201).unwrap(), product(201), one);
        assert_eq!(refused, Err(ChecklistError::Full));
        assert!(list.remove(product(1)) && !list.remove(product(1)));
    }
}
