//! Orders: checkout, placing by list, states.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::audit::{self, shapes};
use super::carts::{self as cart_use, Addition, may_act_for};
use super::deposits;
use super::devices::begin_session;
use super::once::{Once, Outcome, once};
use super::products::book;
use super::promotions::Terms;
use super::{App, Error, Refusal, Result, Shopper, Staff, Versions};
use crate::domain::cart::Cart;
use crate::domain::id::{CartId, DeviceId, LineId, OrderId, ProductId, UserId};
use crate::domain::money::Money;
use crate::domain::orders::{
    ADDRESS_MAX_BYTES, Actor, Order, OrderStatus, StatusChange, TRACKING_NUMBER_MAX,
};
use crate::domain::pricing::{PricedLine, totals};
use crate::domain::settings::StoreSettings;
use crate::domain::stock::MovementKind;
use crate::storage::{Reader, WriteTx, carts, orders, products};

/// The most lines of an order that is placed by a list.
pub const ORDER_LINES_MAX: usize = 500;

/// Where an order goes and who pays.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Addresses {
    /// Any JSON.
    pub shipping: Option<Value>,
    /// Any JSON.
    pub billing: Option<Value>,
}

/// An order placed by a list instead of from a cart.
#[derive(Debug, Clone, PartialEq)]
pub struct NewOrder {
    /// The shopper.
    pub user_id: UserId,
    /// What.
    pub items: Vec<Addition>,
    /// Whether deposit lines were marked as such and are left out of the items already. Else
    /// those that the items bring along are found among them.
    pub deposits_left_out: bool,
    /// What the client believes it costs.
    pub total: Option<Money>,
    /// See [`Addresses`].
    pub addresses: Addresses,
}

/// Which orders to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// In this state.
    pub status: Option<OrderStatus>,
    /// Of this shopper.
    pub user_id: Option<UserId>,
    /// With this product on a line.
    pub product_id: Option<ProductId>,
    /// With this code.
    pub code: Option<String>,
    /// Placed at or after.
    pub from: Option<Timestamp>,
    /// Placed before.
    pub to: Option<Timestamp>,
}

/// A change that staff make to an order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderChange {
    /// The state to go to.
    pub status: Option<OrderStatus>,
    /// The carrier's number.
    pub tracking_number: Option<String>,
}

/// Whom an order is for and where it came from.
pub(super) struct Origin {
    pub(super) user_id: Option<UserId>,
    pub(super) device_id: Option<DeviceId>,
    pub(super) by: Actor,
    pub(super) addresses: Addresses,
    /// A random code, drawn outside the transaction.
    pub(super) code: String,
}

impl App {
    /// The shopper's cart becomes an order; staff may name another cart. `expected` is the
    /// version of the cart that the caller saw.
    pub async fn checkout(
        &self,
        shopper: &Shopper,
        cart: Option<CartId>,
        addresses: Addresses,
        expected: Option<Versions>,
        request: Option<Once<Order>>,
    ) -> Result<Outcome<Order>> {
        check_addresses(&addresses)?;
        let (now, shopper, settings) = (self.now(), *shopper, self.settings().clone());
        let (code, terms) = (order_code(), self.terms(now)?);
        let act = self.act(&shopper);
        self.write(move |tx| {
            once(tx, request, now, |tx| {
                let cart = match cart {
                    None => carts::of_user(tx, shopper.user_id())?,
                    Some(id) => Some(named_cart(tx, &shopper, id)?),
                };
                super::check_version(expected, cart.as_ref().map_or(0, |cart| cart.version))?;
                let cart = cart.ok_or_else(empty_cart)?;
                let origin = Origin {
                    user_id: cart.user_id,
                    device_id: cart.device_id,
                    by: Actor::User(shopper.user_id()),
                    addresses,
                    code,
                };
                let trolley = cart.device_id;
                let order = checkout_cart(tx, (&settings, &terms), cart, origin, now)?;
                if let Some(trolley) = trolley {
                    begin_session(tx, trolley, now)?;
                }
                record_for_other(tx, &act, &shopper, &order, &settings)?;
                Ok(order)
            })
        })
        .await
    }

    /// Places an order by a list of items, at the catalogue's prices.
    pub async fn place_order(
        &self,
        shopper: &Shopper,
        new: NewOrder,
        request: Option<Once<Order>>,
    ) -> Result<Outcome<Order>> {
        check_addresses(&new.addresses)?;
        if new.items.is_empty() || new.items.len() > ORDER_LINES_MAX {
            return Err(Error::field("items", format!("has 1 to {ORDER_LINES_MAX} entries")));
        }
        let (now, shopper, settings) = (self.now(), *shopper, self.settings().clone());
        let (code, terms) = (order_code(), self.terms(now)?);
        let act = self.act(&shopper);
        self.write(move |tx| {
            may_act_for(tx, &shopper, new.user_id)?;
            once(tx, request, now, |tx| {
                let id = CartId::new(1).map_err(|error| Error::Internal(error.to_string()))?;
                let mut basket = Cart::empty(id, now);
                let items = if new.deposits_left_out {
                    new.items.into_iter().enumerate().collect()
                } else {
                    deposits::without_deposits(tx, new.items)?
                };
                for (index, addition) in &items {
                    add_item(tx, &settings, &mut basket, addition)
                        .map_err(|error| at_item(error, *index))?;
                }
                let priced = cart_use::price(tx, &terms, (basket, false))?;
                if let Some(total) = new.total.filter(|total| *total != priced.totals.total) {
                    return Err(price_changed(total, priced.totals.total, &settings));
                }
                let origin = Origin {
                    user_id: Some(new.user_id),
                    device_id: None,
                    by: Actor::User(shopper.user_id()),
                    addresses: new.addresses,
                    code,
                };
                let order = place(tx, &settings, priced.lines, origin, now)?;
                record_for_other(tx, &act, &shopper, &order, &settings)?;
                Ok(order)
            })
        })
        .await
    }

    /// An order; a shopper's own, or any for staff.
    pub fn order(&self, shopper: &Shopper, id: OrderId) -> Result<Order> {
        let staff = super::Principal::User(shopper.0).staff().is_some();
        let order = self.read(|tx| Ok(orders::order(tx, id)?))?;
        match order {
            Some(order) if staff || order.user_id == Some(shopper.user_id()) => Ok(order),
            Some(_) | None if !staff => {
                Err(Error::forbidden("not-yours", "this order is not one of yours"))
            }
            _ => Err(Error::not_found("order")),
        }
    }

    /// An order as it is now, for whoever follows the change log and knows who may see it.
    pub fn order_snapshot(&self, id: OrderId) -> Result<Option<Order>> {
        self.read(|tx| Ok(orders::order(tx, id)?))
    }

    /// Orders, newest first, and how many match in all. A shopper sees their own.
    pub async fn orders(
        &self,
        shopper: &Shopper,
        mut filter: OrderFilter,
        offset: usize,
        limit: usize,
    ) -> Result<(Vec<Order>, usize)> {
        if super::Principal::User(shopper.0).staff().is_none() {
            if filter.user_id.is_some_and(|user| user != shopper.user_id()) {
                return Err(Error::forbidden("not-yours", "these are another shopper's orders"));
            }
            filter.user_id = Some(shopper.user_id());
        }
        self.scan(move |tx| {
            let (mut page, mut total) = (Vec::new(), 0);
            orders::newest_first(tx, filter.user_id, |order| {
                if matches(&filter, &order) {
                    if total >= offset && page.len() < limit {
                        page.push(order);
                    }
                    total += 1;
                }
                true
            })?;
            Ok((page, total))
        })
        .await
    }

    /// Moves an order on, or notes its tracking number.
    pub async fn change_order(
        &self,
        staff: &Staff,
        id: OrderId,
        change: OrderChange,
        expected: Option<Versions>,
    ) -> Result<Order> {
        if let Some(number) = &change.tracking_number
            && (number.chars().count() > TRACKING_NUMBER_MAX
                || number.chars().any(char::is_control))
        {
            let rule = format!("has at most {TRACKING_NUMBER_MAX} printable characters");
            return Err(Error::field("tracking_number", rule));
        }
        let (now, staff) = (self.now(), *staff);
        let (act, currency) = (self.act(&staff), self.settings().currency);
        self.write(move |tx| {
            let mut order = orders::order(tx, id)?.ok_or_else(|| Error::not_found("order"))?;
            super::check_version(expected, order.version)?;
            let before = order.clone();
            if let Some(status) = change.status {
                let stock_returns = order.advance(status, staff.by(), now).map_err(|illegal| {
                    Error::Conflict(
                        Refusal::new("illegal-status", illegal)
                            .with("next_statuses", json!(before.status.next())),
                    )
                })?;
                if stock_returns {
                    return_stock(tx, &order, staff.user_id(), now)?;
                }
            }
            if change.tracking_number.is_some() {
                order.tracking_number = change.tracking_number;
            }
            if order == before {
                return Ok(order);
            }
            order.version += 1;
            order.updated_at = now;
            orders::put(tx, &order)?;
            let shape = |order| shapes::order(order, &currency);
            let change = audit::Change::between(shape(&before), shape(&order));
            audit::record(tx, &act, "order.update", ("order", id), change)?;
            Ok(order)
        })
        .await
    }
}

/// An order that is not the actor's own in the audit log.
fn record_for_other(
    tx: &mut WriteTx<'_>,
    act: &audit::Act,
    shopper: &Shopper,
    order: &Order,
    settings: &StoreSettings,
) -> Result<()> {
    if order.user_id == Some(shopper.user_id()) {
        return Ok(());
    }
    let change = audit::Change::made(shapes::order(order, &settings.currency));
    audit::record(tx, act, "order.create", ("order", order.id), change)
}

/// Draws an order's code.
pub(super) fn order_code() -> String {
    crate::auth::CartCode::generate().to_string()
}

fn empty_cart() -> Error {
    Error::bad_request("empty-cart", "the cart is empty: put something into it first")
}

fn named_cart(tx: &impl Reader, shopper: &Shopper, id: CartId) -> Result<Cart> {
    if super::Principal::User(shopper.0).staff().is_none() {
        return Err(Error::forbidden("not-staff", "only staff check out a cart by its id"));
    }
    carts::cart(tx, id)?.ok_or_else(|| Error::not_found("cart"))
}

/// Turns a cart into an order and empties it.
pub(super) fn checkout_cart(
    tx: &mut WriteTx<'_>,
    (settings, terms): (&StoreSettings, &Terms),
    mut cart: Cart,
    origin: Origin,
    now: Timestamp,
) -> Result<Order> {
    if cart.lines.is_empty() {
        return Err(empty_cart());
    }
    let priced = cart_use::price(tx, terms, (cart.clone(), true))?;
    let order = place(tx, settings, priced.lines, origin, now)?;
    cart.lines.clear();
    cart.touch(now);
    carts::put(tx, &cart)?;
    Ok(order)
}

/// Writes the order and its stock movements, or refuses with every shortage.
fn place(
    tx: &mut WriteTx<'_>,
    settings: &StoreSettings,
    priced: Vec<PricedLine>,
    origin: Origin,
    now: Timestamp,
) -> Result<Order> {
    check_available(tx, &priced)?;
    let id = super::next(tx, "order", OrderId::new)?;
    let order = Order {
        id,
        number: format!("{}-{:06}", now.to_zoned(TimeZone::UTC).year(), id.value()),
        code: free_code(tx, origin.code, id)?,
        user_id: origin.user_id,
        device_id: origin.device_id,
        totals: totals(&priced, settings.tax_mode),
        lines: renumbered(priced)?,
        currency: settings.currency.code().to_owned(),
        status: OrderStatus::Pending,
        history: vec![StatusChange { status: OrderStatus::Pending, at: now, by: origin.by }],
        tracking_number: None,
        shipping_address: origin.addresses.shipping,
        billing_address: origin.addresses.billing,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let by = match origin.by {
        Actor::User(user) => Some(user),
        Actor::Device(_) | Actor::System => None,
    };
    for line in order.lines.iter().filter(|line| line.stock_units != 0) {
        let delta = -line.stock_units;
        book(tx, line.product_id, MovementKind::Sale, delta, Some(id), by, now)?;
    }
    orders::put(tx, &order)?;
    super::checklists::bought(tx, &order)?;
    Ok(order)
}

/// A code that no other order has; two in a billion need the id behind it.
fn free_code(tx: &impl Reader, code: String, id: OrderId) -> Result<String> {
    Ok(if orders::by_code(tx, &code)?.is_some() { format!("{code}{id}") } else { code })
}

fn renumbered(lines: Vec<PricedLine>) -> Result<Vec<PricedLine>> {
    let mut new_ids = std::collections::BTreeMap::new();
    (1..)
        .zip(lines)
        .map(|(number, line)| {
            let id = LineId::new(number).map_err(|error| Error::Internal(error.to_string()))?;
            new_ids.insert(line.id, id);
            // A deposit stands behind its line.
            let deposit_of = line.deposit_of.and_then(|of| new_ids.get(&of).copied());
            Ok(PricedLine { id, deposit_of, ..line })
        })
        .collect()
}

/// Collects every line whose product is gone, or else every line that the stock cannot serve.
/// Deposits are not on sale by themselves and have no stock: they stop nobody.
fn check_available(tx: &impl Reader, lines: &[PricedLine]) -> Result<()> {
    let mut gone = Vec::new();
    let mut short = Vec::new();
    let mut taken: std::collections::BTreeMap<ProductId, i64> = std::collections::BTreeMap::new();
    for (index, line) in lines.iter().enumerate().filter(|(_, line)| line.deposit_of.is_none()) {
        let field = format!("items[{index}]");
        let product = products::product(tx, line.product_id)?;
        if !product.is_some_and(|product| product.is_on_sale()) {
            let message = format!("{} is no longer sold", line.name);
            gone.push(json!({"field": field, "message": message,
                "product_id": line.product_id.value()}));
            continue;
        }
        let before = taken.entry(line.product_id).or_default();
        let available = (products::stock(tx, line.product_id)? - *before).max(0);
        *before += line.stock_units;
        if line.stock_units > available {
            let message = format!("{}: {available} of {} there", line.name, line.stock_units);
            short.push(json!({"field": field, "message": message,
                "product_id": line.product_id.value(), "requested": line.stock_units,
                "available": available}));
        }
    }
    if !gone.is_empty() {
        let refusal = Refusal::new("product-unavailable", "take out what is no longer sold");
        return Err(Error::Conflict(refusal.with("errors", gone)));
    }
    if !short.is_empty() {
        let refusal = Refusal::new("out-of-stock", "the stock does not serve every line");
        return Err(Error::Conflict(refusal.with("errors", short)));
    }
    Ok(())
}

fn return_stock(
    tx: &mut WriteTx<'_>,
    order: &Order,
    by: Option<UserId>,
    now: Timestamp,
) -> Result<()> {
    for line in order.lines.iter().filter(|line| line.stock_units != 0) {
        let delta = line.stock_units;
        book(tx, line.product_id, MovementKind::Return, delta, Some(order.id), by, now)?;
    }
    Ok(())
}

fn add_item(
    tx: &impl Reader,
    settings: &StoreSettings,
    basket: &mut Cart,
    addition: &Addition,
) -> Result<()> {
    let found = cart_use::resolve(tx, settings, addition)?;
    // A cart may hold more than 999 pieces on two lines, and its lines may be sent here.
    let mut more = Cart::empty(basket.id, basket.updated_at);
    more.add(found.product.id, found.amount, found.uid)?;
    basket.absorb(more)?;
    Ok(())
}

/// The same error, its field named within the list.
fn at_item(error: Error, index: usize) -> Error {
    match error {
        Error::Invalid(fields) => {
            let mut moved = crate::domain::invalid::FieldErrors::new();
            for field in fields.iter() {
                moved.push(format!("items[{index}].{}", field.field), &field.message);
            }
            Error::Invalid(moved)
        }
        other => other,
    }
}

fn price_changed(sent: Money, now: Money, settings: &StoreSettings) -> Error {
    let text = |money| crate::domain::money::Decimal::from_money(money, &settings.currency);
    let detail = format!("the total is {} now, not {}", text(now), text(sent));
    Error::conflict("price-changed", detail)
}

fn check_addresses(addresses: &Addresses) -> Result<()> {
    for (field, address) in
        [("shipping_address", &addresses.shipping), ("billing_address", &addresses.billing)]
    {
        if address.as_ref().is_some_and(|json| json.to_string().len() > ADDRESS_MAX_BYTES) {
            return Err(Error::field(field, format!("has at most {ADDRESS_MAX_BYTES} bytes")));
        }
    }
    Ok(())
}

fn matches(filter: &OrderFilter, order: &Order) -> bool {
    filter.status.is_none_or(|status| order.status == status)
        && filter.user_id.is_none_or(|user| order.user_id == Some(user))
        && filter
            .product_id
            .is_none_or(|product| order.lines.iter().any(|line| line.product_id == product))
        && filter.code.as_ref().is_none_or(|code| order.code.eq_ignore_ascii_case(code))
        && filter.from.is_none_or(|from| order.created_at >= from)
        && filter.to.is_none_or(|to| order.created_at < to)
}
