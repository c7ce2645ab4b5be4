//! The effect of one event on the trolley's cart. Everything is checked before anything is
//! written, so that a refusal can be kept as an answer in the same transaction.

use jiff::SignedDuration;

use super::super::carts::{self as cart_use, Addition, Resolved, pieces, resolve, resolve_in_cart};
use super::super::deposits;
use super::super::devices::end_session;
use super::super::orders::{Addresses, Origin, checkout_cart};
use super::super::promotions::Terms;
use super::super::weights::{self, Checked, Weighed};
use super::super::{Error, Result, positions};
use super::{Action, Content, Event, Scene};
use crate::domain::cart::{Amount, Cart, CartError, CartLine};
use crate::domain::catalog::Product;
use crate::domain::devices::{CHECKOUT_REPEAT_S, Device, LastCheckout};
use crate::domain::id::{CartId, LineId, OrderId, ProductId};
use crate::domain::money::Money;
use crate::domain::orders::Actor;
use crate::domain::pricing::price_line;
use crate::domain::promotions::running::Running;
use crate::domain::quantity::{Grams, Quantity};
use crate::storage::{Reader, WriteTx, carts, devices, orders};

/// What an event did, and the cart after it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Done {
    /// A word for people: `Added`.
    pub message: &'static str,
    /// The product's name.
    pub name: String,
    /// The product.
    pub product_id: Option<ProductId>,
    /// Units on the product's line now.
    pub quantity: u32,
    /// The piece's price, or what the weighed scan costs.
    pub price: Money,
    /// Units in the cart.
    pub items: u32,
    /// What the cart costs, or the order.
    pub total: Money,
    /// The youngest age that may buy the product, in years.
    pub min_age: Option<u8>,
    /// What the trolley's scale says about it.
    pub check: Option<Checked>,
    /// Whether this was done before.
    pub duplicate: bool,
    /// The order and its code, after a checkout.
    pub order: Option<(OrderId, String)>,
}

/// Carries the event out.
pub(super) fn act(
    tx: &mut WriteTx<'_>,
    scene: &Scene<'_>,
    device: &mut Device,
    event: &Event,
) -> Result<Done> {
    if event.session.is_some_and(|session| session < device.session) {
        let detail = "this happened before the trolley changed hands";
        return Err(Error::conflict("session-ended", detail));
    }
    if event.cart.as_ref().is_some_and(|cart| !cart.may_be(device)) {
        let detail = "is this trolley's number, name or code, or left out";
        return Err(Error::field("cart_id", detail));
    }
    match &event.action {
        Action::Checkout => checkout(tx, scene, device),
        Action::Add(item) => scanned(tx, scene, device, (event, item), add),
        Action::Remove(item) => scanned(tx, scene, device, (event, item), remove),
        Action::Set(item) => scanned(tx, scene, device, (event, item), set),
    }
}

type Change = fn(&mut Cart, &Addition, &Resolved) -> Result<&'static str>;

fn scanned(
    tx: &mut WriteTx<'_>,
    scene: &Scene<'_>,
    device: &mut Device,
    (event, item): (&Event, &Content<Addition>),
    change: Change,
) -> Result<Done> {
    let addition = item.clone()?;
    // Zero is a count, not an amount: the product is looked up as if it were one piece.
    let lookup = Addition {
        quantity: addition.quantity.filter(|count| *count != 0),
        weight_g: addition.weight_g.filter(|grams| *grams != 0).or(Some(1)),
        item: addition.item.clone(),
    };
    let is_zero = addition.quantity == Some(0) || addition.weight_g == Some(0);
    let takes_out = matches!(event.action, Action::Remove(_)) || is_zero;
    let resolved = if takes_out {
        resolve_in_cart(tx, scene.settings, &lookup)?
    } else {
        resolve(tx, scene.settings, &lookup)?
    };
    let (mut cart, exists) = open_cart(tx, device, scene)?;
    if !matches!(event.action, Action::Add(_)) {
        deposits::keep_product(tx, &cart, resolved.product.id)?;
    }
    let message = change(&mut cart, &addition, &resolved)?;
    if !exists {
        cart.id = super::super::next(tx, "cart", CartId::new)?;
    }
    let quantity = cart.units_of(resolved.product.id);
    let line = cart.lines.iter().rev().find(|line| line.product_id == resolved.product.id);
    let price = price_shown(line, &resolved.product, &scene.terms.running)?;
    let priced = cart_use::store(tx, scene.terms, cart, scene.now)?;
    positions::scanned(tx, device.id, &resolved.product, scene.now)?;
    let weighed = Weighed {
        rules: &scene.settings.weight,
        before: scene.before.clone(),
        device,
        cart: &priced.cart,
        product: &resolved.product,
        reading_g: event.cart_weight_g,
        alone: alone(event, &addition, &resolved),
        now: scene.now,
    };
    let check = weights::check(tx, &weighed)?;
    if device.last_checkout.take().is_some() {
        devices::put(tx, device)?;
    }
    Ok(Done {
        message,
        name: resolved.product.name,
        product_id: Some(resolved.product.id),
        quantity,
        price,
        items: priced.cart.item_count(),
        total: priced.totals.total,
        min_age: resolved.product.min_age,
        check,
        ..Done::default()
    })
}

/// The grams of pieces that were put in and weighed by themselves.
fn alone(event: &Event, addition: &Addition, found: &Resolved) -> Option<(i64, i64)> {
    match (&event.action, found.amount, addition.weight_g) {
        (Action::Add(_), Amount::Pieces(pieces), Some(grams)) => {
            Some((grams, i64::from(pieces.value())))
        }
        _ => None,
    }
}

/// What the display shows: the cost of a weighed or priced scan, else of one piece.
fn price_shown(line: Option<&CartLine>, product: &Product, running: &Running) -> Result<Money> {
    let is_single = |line: &&CartLine| !matches!(line.amount, Amount::Pieces(_));
    if let Some(line) = line.filter(is_single) {
        return Ok(price_line(line, product, running).total);
    }
    let id = LineId::new(1).map_err(|error| Error::Internal(error.to_string()))?;
    let amount = Amount::Pieces(Quantity::ONE);
    let one = CartLine { id, product_id: product.id, amount, uids: Vec::new() };
    Ok(price_line(&one, product, running).total)
}

fn add(cart: &mut Cart, addition: &Addition, found: &Resolved) -> Result<&'static str> {
    count(addition)?;
    weight(addition, found)?;
    cart.add(found.product.id, net(found)?, found.uid.clone())?;
    Ok("Added")
}

fn remove(cart: &mut Cart, addition: &Addition, found: &Resolved) -> Result<&'static str> {
    match &found.uid {
        Some(uid) => {
            cart.remove_tag(uid)?;
        }
        None => {
            cart.remove(found.product.id, pieces(addition.quantity, found.pack)?)?;
        }
    }
    Ok("Removed")
}

fn set(cart: &mut Cart, addition: &Addition, found: &Resolved) -> Result<&'static str> {
    let id = found.product.id;
    let weighs_nothing = matches!(found.amount, Amount::Weighed(_))
        && !found.is_measured
        && addition.weight_g == Some(0);
    if addition.quantity == Some(0) || weighs_nothing {
        return match cart.set_pieces(id, None) {
            Ok(_) | Err(CartError::NotInCart) => Ok("Removed"),
            Err(error) => Err(error.into()),
        };
    }
    match found.amount {
        Amount::Pieces(quantity) => {
            cart.set_pieces(id, Some(quantity))?;
        }
        Amount::Weighed(_) | Amount::Priced(_) => {
            weight(addition, found)?;
            cart.set_single(id, net(found)?)?;
        }
    }
    Ok("Set")
}

fn count(addition: &Addition) -> Result<Quantity> {
    Quantity::new(addition.quantity.unwrap_or(1)).map_err(|error| Error::field("quantity", error))
}

/// What is in the packaging: the trolley's scale weighs both. What a code or the counter weighed
/// is net already.
fn net(found: &Resolved) -> Result<Amount> {
    let (Amount::Weighed(gross), Some(tare)) = (found.amount, found.product.tare_g) else {
        return Ok(found.amount);
    };
    if found.is_measured {
        return Ok(found.amount);
    }
    let net = Grams::new(i64::from(gross.value()) - i64::from(tare));
    net.map(Amount::Weighed).map_err(|_| {
        let detail = format!("is {} g, and the packaging alone is {tare} g", gross.value());
        Error::field("weight", detail)
    })
}

/// A weighed amount must come from the scan itself, not from the stand-in of the lookup.
fn weight(addition: &Addition, found: &Resolved) -> Result<()> {
    if matches!(found.amount, Amount::Weighed(_))
        && !found.is_measured
        && addition.weight_g == Some(0)
    {
        return Err(Error::field("weight", "is 1 to 100000 grams"));
    }
    let is_known = addition.weight_g.is_some() || found.is_measured;
    if matches!(found.amount, Amount::Weighed(_)) && !is_known {
        let detail = format!("{} is sold by weight: send its grams as weight", found.product.name);
        return Err(Error::bad_request("weight-required", detail));
    }
    Ok(())
}

/// The shopper's cart, or the trolley's own, and whether it exists.
fn open_cart(tx: &impl Reader, device: &Device, scene: &Scene<'_>) -> Result<(Cart, bool)> {
    if let Some(user) = device.user_id {
        let (mut cart, exists) = cart_use::find_or_empty(tx, user, scene.now)?;
        cart.device_id = Some(device.id);
        return Ok((cart, exists));
    }
    if let Some(cart) = carts::of_device(tx, device.id)? {
        return Ok((cart, true));
    }
    let id = CartId::new(1).map_err(|error| Error::Internal(error.to_string()))?;
    let mut cart = Cart::empty(id, scene.now);
    cart.device_id = Some(device.id);
    Ok((cart, false))
}

fn checkout(tx: &mut WriteTx<'_>, scene: &Scene<'_>, device: &mut Device) -> Result<Done> {
    let (cart, _) = open_cart(tx, device, scene)?;
    let origin = Origin {
        user_id: device.user_id,
        device_id: Some(device.id),
        by: Actor::Device(device.id),
        addresses: Addresses::default(),
        code: scene.code.to_owned(),
    };
    let order = checkout_cart(tx, (scene.settings, scene.terms), cart, origin, scene.now)?;
    end_session(tx, device, scene.now)?;
    device.last_checkout = Some(LastCheckout { order_id: order.id, at: scene.now });
    devices::put(tx, device)?;
    Ok(Done {
        message: "Pay at the till",
        total: order.totals.total,
        order: Some((order.id, order.code)),
        ..Done::default()
    })
}

/// The last order again, for an unnumbered checkout that is repeated within a minute.
pub(super) fn repeated_checkout(
    tx: &impl Reader,
    scene: &Scene<'_>,
    device: &Device,
    event: &Event,
) -> Result<Option<Done>> {
    let Some(last) = device.last_checkout.filter(|_| event.action == Action::Checkout) else {
        return Ok(None);
    };
    if scene.now.duration_since(last.at).abs() > SignedDuration::from_secs(CHECKOUT_REPEAT_S) {
        return Ok(None);
    }
    let order = orders::order(tx, last.order_id)?;
    Ok(order.map(|order| Done {
        message: "Pay at the till",
        total: order.totals.total,
        order: Some((order.id, order.code)),
        duplicate: true,
        ..Done::default()
    }))
}

/// The answer to a repeat whose own answer is no longer kept.
pub(super) fn nothing_new(tx: &impl Reader, terms: &Terms, device: &Device) -> Result<Done> {
    let (items, total) = totals(tx, terms, device)?;
    Ok(Done { message: "Done before", items, total, duplicate: true, ..Done::default() })
}

/// Units and cost of the trolley's cart.
pub(super) fn totals(tx: &impl Reader, terms: &Terms, device: &Device) -> Result<(u32, Money)> {
    let Some(cart) = carts::on_trolley(tx, device)? else { return Ok((0, Money::ZERO)) };
    let priced = cart_use::price(tx, terms, (cart, true))?;
    Ok((priced.cart.item_count(), priced.totals.total))
}
