//! What staff do to a cart as a whole: move it to another trolley, empty it, take it over.
//!
//! A trolley that loses or gets a cart begins a new session: what it still has to tell of before is
//! refused and can fall into nobody else's cart.

use jiff::Timestamp;

use super::{find_or_create, price, store};
use crate::app::audit::{self, Change, shapes};
use crate::app::devices::{begin_session, existing};
use crate::app::once::{Once, Outcome, once};
use crate::app::pairing::changed_hands;
use crate::app::{App, Error, Result, Staff, Versions, check_version};
use crate::domain::cart::Cart;
use crate::domain::devices::Device;
use crate::domain::id::{CartId, DeviceId};
use crate::domain::view::PricedCart;
use crate::storage::{Reader, WriteTx, carts, devices};

impl App {
    /// Moves a cart, and with it its shopper, to a trolley that is free and empty. Moving it to the
    /// trolley that it is on does nothing.
    pub async fn move_cart(
        &self,
        staff: &Staff,
        id: CartId,
        to: DeviceId,
        expected: Option<Versions>,
        request: Option<Once<PricedCart>>,
    ) -> Result<Outcome<PricedCart>> {
        let (now, act) = (self.now(), self.act(staff));
        let terms = self.terms(now)?;
        self.write(move |tx| {
            once(tx, request, now, |tx| {
                let before = open(tx, id, expected)?;
                let mut target = existing(tx, to)?;
                let left = trolley_of(tx, &before)?;
                if left.as_ref().is_some_and(|left| left.id == to) {
                    return price(tx, &terms, (before, true));
                }
                check_free(tx, &target)?;
                if let Some(mut left) = left {
                    left.user_id = None;
                    changed_hands(tx, &mut left, now)?;
                }
                // The empty cart that the trolley has of its own makes room.
                if let Some(empty) = carts::of_device(tx, to)? {
                    carts::delete(tx, &empty)?;
                }
                let mut cart = before.clone();
                cart.device_id = Some(to);
                cart.touch(now);
                carts::reassign(tx, &before, &cart)?;
                target.user_id = cart.user_id;
                changed_hands(tx, &mut target, now)?;
                let change = Change::between(shapes::cart(&before), shapes::cart(&cart));
                audit::record(tx, &act, "cart.move", ("cart", id), change)?;
                price(tx, &terms, (cart, true))
            })
        })
        .await
    }

    /// Empties a cart, whoever's it is; its shopper keeps the trolley. Emptying an empty one does
    /// nothing.
    pub async fn empty_cart(
        &self,
        staff: &Staff,
        id: CartId,
        expected: Option<Versions>,
        request: Option<Once<PricedCart>>,
    ) -> Result<Outcome<PricedCart>> {
        let (now, act) = (self.now(), self.act(staff));
        let terms = self.terms(now)?;
        self.write(move |tx| {
            once(tx, request, now, |tx| {
                let mut cart = open(tx, id, expected)?;
                if cart.lines.is_empty() {
                    return price(tx, &terms, (cart, true));
                }
                let before = shapes::cart(&cart);
                cart.lines.clear();
                if let Some(trolley) = trolley_of(tx, &cart)? {
                    begin_session(tx, trolley.id, now)?;
                }
                let change = Change::between(before, shapes::cart(&cart));
                audit::record(tx, &act, "cart.empty", ("cart", id), change)?;
                store(tx, &terms, cart, now)
            })
        })
        .await
    }

    /// Puts a cart into the staff member's own and gives them its trolley. What was theirs before
    /// stays with it. Taking over one's own does nothing.
    pub async fn take_over_cart(
        &self,
        staff: &Staff,
        id: CartId,
        expected: Option<Versions>,
        request: Option<Once<PricedCart>>,
    ) -> Result<Outcome<PricedCart>> {
        let Some(user) = staff.user_id() else {
            return Err(Error::forbidden("no-account", "whoever takes a cart over has an account"));
        };
        let (now, act) = (self.now(), self.act(staff));
        let terms = self.terms(now)?;
        self.write(move |tx| {
            once(tx, request, now, |tx| {
                let taken = open(tx, id, expected)?;
                if taken.user_id == Some(user) {
                    return price(tx, &terms, (taken, true));
                }
                let trolley = trolley_of(tx, &taken)?;
                if trolley.is_some() && devices::of_user(tx, user)?.is_some() {
                    let detail = "you have another trolley: disconnect from it first";
                    return Err(Error::conflict("already-connected", detail));
                }
                let mut own = find_or_create(tx, user, now)?;
                let change = Change::removed(shapes::cart(&taken))
                    .with("cart_id", own.id.value())
                    .with("user_id", user.value());
                give_up(tx, &taken, now)?;
                own.absorb(taken)?;
                if let Some(mut trolley) = trolley {
                    own.device_id = Some(trolley.id);
                    trolley.user_id = Some(user);
                    changed_hands(tx, &mut trolley, now)?;
                }
                audit::record(tx, &act, "cart.take-over", ("cart", id), change)?;
                store(tx, &terms, own, now)
            })
        })
        .await
    }
}

/// The cart of this id, as the caller saw it.
fn open(tx: &impl Reader, id: CartId, expected: Option<Versions>) -> Result<Cart> {
    let cart = carts::cart(tx, id)?.ok_or_else(|| Error::not_found("cart"))?;
    check_version(expected, cart.version)?;
    Ok(cart)
}

/// The trolley that a cart is on: its shopper's, or the one whose own it is.
fn trolley_of(tx: &impl Reader, cart: &Cart) -> Result<Option<Device>> {
    match (cart.user_id, cart.device_id) {
        (Some(user), _) => Ok(devices::of_user(tx, user)?),
        (None, Some(id)) => existing(tx, id).map(Some),
        (None, None) => Ok(None),
    }
}

/// Refuses a trolley that cannot take a cart.
fn check_free(tx: &impl Reader, target: &Device) -> Result<()> {
    if target.revoked {
        return Err(Error::conflict("revoked", "this trolley is revoked: choose another"));
    }
    if target.user_id.is_some() {
        return Err(Error::conflict("trolley-taken", "another shopper has this trolley"));
    }
    if carts::of_device(tx, target.id)?.is_some_and(|cart| !cart.lines.is_empty()) {
        let detail = "this trolley holds something: empty it or choose another";
        return Err(Error::conflict("trolley-not-empty", detail));
    }
    Ok(())
}

/// What becomes of a cart whose content somebody else has now: a shopper's stays, empty.
fn give_up(tx: &mut WriteTx<'_>, taken: &Cart, now: Timestamp) -> Result<()> {
    if taken.user_id.is_none() {
        return Ok(carts::delete(tx, taken)?);
    }
    let mut empty = Cart { lines: Vec::new(), device_id: None, ..taken.clone() };
    empty.touch(now);
    Ok(carts::put(tx, &empty)?)
}
