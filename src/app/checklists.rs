//! A shopper's shopping list, and what of it is in the cart already.

use super::once::{Once, Outcome, once};
use super::products::{on_sale, stocked};
use super::{App, Error, Refusal, Result, Shopper};
use crate::domain::checklist::{Checklist, ChecklistError, ChecklistItem};
use crate::domain::id::{ChecklistItemId, ProductId, UserId};
use crate::domain::orders::Order;
use crate::domain::promotions::running::Running;
use crate::domain::quantity::Quantity;
use crate::domain::view::StockedProduct;
use crate::storage::{Reader, WriteTx, carts, checklists};

/// An item with its product, and how much of it is in the cart.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedItem {
    /// What is on the list.
    pub item: ChecklistItem,
    /// Whose list.
    pub user_id: UserId,
    /// The product as it is now.
    pub product: StockedProduct,
    /// Units in the shopper's cart; at least the item's quantity ticks it off.
    pub picked: u32,
}

impl ListedItem {
    /// Whether enough of it is in the cart.
    pub fn is_ticked(&self) -> bool {
        self.picked >= self.item.quantity.value()
    }
}

impl App {
    /// The shopper's list, in the order in which it was written. What is no longer sold is left out.
    pub fn checklist(&self, shopper: &Shopper) -> Result<Vec<ListedItem>> {
        let running = self.running(self.now())?;
        self.read(|tx| listed(tx, shopper.user_id(), &running))
    }

    /// Puts a product on the shopper's list, or more of it.
    pub async fn add_to_checklist(
        &self,
        shopper: &Shopper,
        product: ProductId,
        quantity: i64,
        request: Option<Once<ListedItem>>,
    ) -> Result<Outcome<ListedItem>> {
        let (now, user) = (self.now(), shopper.user_id());
        let running = self.running(now)?;
        let quantity = Quantity::new(quantity).map_err(|error| Error::field("quantity", error))?;
        self.write(move |tx| {
            once(tx, request, now, |tx| {
                let product = on_sale(tx, product)?;
                let mut list = checklists::of_user(tx, user)?;
                let id = match list.item(product.id) {
                    Some(item) => item.id,
                    None => super::next(tx, "checklist", ChecklistItemId::new)?,
                };
                let item = list.add(id, product.id, quantity)?;
                checklists::put(tx, user, &list)?;
                let picked = picked(tx, user, product.id)?;
                let product = stocked(tx, product, &running)?;
                Ok(ListedItem { item, user_id: user, product, picked })
            })
        })
        .await
    }

    /// Takes a product off the shopper's list.
    pub async fn remove_from_checklist(
        &self,
        shopper: &Shopper,
        product: ProductId,
        request: Option<Once<ProductId>>,
    ) -> Result<Outcome<ProductId>> {
        let (now, user) = (self.now(), shopper.user_id());
        self.write(move |tx| {
            once(tx, request, now, |tx| {
                let mut list = checklists::of_user(tx, user)?;
                if !list.remove(product) {
                    let detail = format!("product {product} is not on the shopping list");
                    return Err(Error::NotFound(Refusal::new("not-on-list", detail)));
                }
                checklists::put(tx, user, &list)?;
                Ok(product)
            })
        })
        .await
    }
}

/// The list with products and ticks.
pub(super) fn listed(tx: &impl Reader, user: UserId, running: &Running) -> Result<Vec<ListedItem>> {
    let Checklist { items } = checklists::of_user(tx, user)?;
    let mut listed = Vec::with_capacity(items.len());
    for item in items {
        let product = match on_sale(tx, item.product_id) {
            Ok(product) => stocked(tx, product, running)?,
            Err(Error::NotFound(_)) => continue,
            Err(error) => return Err(error),
        };
        let picked = picked(tx, user, item.product_id)?;
        listed.push(ListedItem { item, user_id: user, product, picked });
    }
    Ok(listed)
}

/// What was bought goes off the shopper's list, in the transaction of its order.
pub(super) fn bought(tx: &mut WriteTx<'_>, order: &Order) -> Result<()> {
    let Some(user) = order.user_id else { return Ok(()) };
    let mut list = checklists::of_user(tx, user)?;
    if list.items.is_empty() {
        return Ok(());
    }
    for line in order.lines.iter().filter(|line| line.deposit_of.is_none()) {
        list.take_off(line.product_id, line.quantity);
    }
    Ok(checklists::put(tx, user, &list)?)
}

fn picked(tx: &impl Reader, user: UserId, product: ProductId) -> Result<u32> {
    Ok(carts::of_user(tx, user)?.map_or(0, |cart| cart.units_of(product)))
}

impl From<ChecklistError> for Error {
    fn from(error: ChecklistError) -> Self {
        match error {
            ChecklistError::TooMany => Self::field("quantity", error),
            ChecklistError::Full => Self::conflict("list-full", error),
        }
    }
}
