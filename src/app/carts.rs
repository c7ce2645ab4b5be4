//! Carts: what shoppers and staff do to them. Scans of a trolley are in [`super::scans`].

mod hand_over;

use jiff::Timestamp;

use super::audit::{self, shapes};
use super::deposits;
use super::once::{Once, Outcome, once};
use super::products::{on_sale, scan};
use super::promotions::Terms;
use super::{App, Error, Result, Shopper, Staff, Versions};
use crate::domain::cart::{Amount, Cart, CartError, CartState};
use crate::domain::catalog::{Product, Unit};
use crate::domain::codes::{Measure, Uid};
use crate::domain::deposits as deposit_lines;
use crate::domain::id::{CartId, DeviceId, LineId, ProductId, UserId};
use crate::domain::money::Money;
use crate::domain::pricing::{price_line, totals};
use crate::domain::quantity::{Grams, QUANTITY_MAX, Quantity};
use crate::domain::settings::StoreSettings;
use crate::domain::view::PricedCart;
use crate::storage::{Reader, WriteTx, accounts, carts, devices, products};

/// What is to be put into a cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// By id.
    Product(ProductId),
    /// By what a scanner read.
    Barcode(String),
    /// By the uid of its RFID tag.
    Tag(Uid),
}

/// An item and how much of it, as a client sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addition {
    /// What.
    pub item: Item,
    /// Pieces; 1 when not said.
    pub quantity: Option<i64>,
    /// Grams of a product that is sold by weight.
    pub weight_g: Option<i64>,
}

/// A change of one line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineChange {
    /// Pieces.
    pub quantity: Option<i64>,
    /// Grams of a weighed line.
    pub weight_g: Option<i64>,
    /// Another product in its place.
    pub product_id: Option<ProductId>,
}

/// Which open carts to list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CartFilter {
    /// That stand so.
    pub state: Option<CartState>,
    /// On this trolley.
    pub device_id: Option<DeviceId>,
}

/// A product and an amount that fit each other.
pub(super) struct Resolved {
    pub(super) product: Product,
    pub(super) amount: Amount,
    /// Whether the code itself said the weight or the price.
    pub(super) is_measured: bool,
    /// Pieces behind the code that was read: more than 1 for a pack.
    pub(super) pack: u32,
    pub(super) uid: Option<Uid>,
}

impl App {
    /// A shopper's cart; staff may look at anyone's.
    pub fn cart_of(&self, shopper: &Shopper, user: UserId) -> Result<PricedCart> {
        let now = self.now();
        let terms = self.terms(now)?;
        self.read(|tx| {
            may_act_for(tx, shopper, user)?;
            price(tx, &terms, find_or_empty(tx, user, now)?)
        })
    }

    /// Puts an item into a shopper's cart. `expected` is the version that the caller saw; a repeat
    /// gets its answer whatever became of the cart since.
    pub async fn add_to_cart(
        &self,
        shopper: &Shopper,
        user: UserId,
        addition: Addition,
        expected: Option<Versions>,
        request: Option<Once<PricedCart>>,
    ) -> Result<Outcome<PricedCart>> {
        self.change_cart(shopper, user, expected, request, move |tx, settings, cart| {
            let Resolved { product, amount, uid, .. } = resolve(tx, settings, &addition)?;
            cart.add(product.id, amount, uid)?;
            Ok(())
        })
        .await
    }

    /// Takes units of a product out of the shopper's own cart.
    pub async fn remove_from_cart(
        &self,
        shopper: &Shopper,
        product: ProductId,
        quantity: i64,
        expected: Option<Versions>,
        request: Option<Once<PricedCart>>,
    ) -> Result<Outcome<PricedCart>> {
        let user = shopper.user_id();
        self.change_cart(shopper, user, expected, request, move |tx, _, cart| {
            let quantity =
                Quantity::new(quantity).map_err(|error| Error::field("quantity", error))?;
            deposits::keep_product(tx, cart, product)?;
            cart.remove(product, quantity)?;
            Ok(())
        })
        .await
    }

    /// Changes one line of a cart. `expected` is the version that the caller saw.
    pub async fn change_line(
        &self,
        shopper: &Shopper,
        user: UserId,
        line: LineId,
        change: LineChange,
        expected: Option<Versions>,
    ) -> Result<PricedCart> {
        self.change_cart_now(shopper, user, expected, move |tx, cart| {
            deposits::keep_line(tx, cart, line)?;
            change_line(tx, cart, line, &change)
        })
        .await
    }

    /// Takes one line out of a cart.
    pub async fn remove_line(
        &self,
        shopper: &Shopper,
        user: UserId,
        line: LineId,
        expected: Option<Versions>,
    ) -> Result<PricedCart> {
        self.change_cart_now(shopper, user, expected, move |tx, cart| {
            deposits::keep_line(tx, cart, line)?;
            cart.remove_line(line)?;
            Ok(())
        })
        .await
    }

    /// Empties a cart.
    pub async fn clear_cart(
        &self,
        shopper: &Shopper,
        user: UserId,
        expected: Option<Versions>,
    ) -> Result<PricedCart> {
        self.change_cart_now(shopper, user, expected, move |_, cart| {
            cart.lines.clear();
            Ok(())
        })
        .await
    }

    /// The carts that hold something, anonymous ones too.
    pub async fn open_carts(&self, _staff: &Staff, filter: CartFilter) -> Result<Vec<PricedCart>> {
        let terms = self.terms(self.now())?;
        self.scan(move |tx| {
            let mut found = Vec::new();
            for cart in carts::open(tx)? {
                let is_there = filter.device_id.is_none_or(|id| cart.device_id == Some(id));
                let is_so = match filter.state {
                    Some(state) if is_there => terms.watch.state(tx, &cart)? == state,
                    _ => is_there,
                };
                if is_so {
                    found.push(price(tx, &terms, (cart, true))?);
                }
            }
            Ok(found)
        })
        .await
    }

    /// A cart by its own id.
    pub fn cart_by_id(&self, _staff: &Staff, id: CartId) -> Result<PricedCart> {
        self.cart_snapshot(id)?.ok_or_else(|| Error::not_found("cart"))
    }

    /// A cart as it is now, for whoever follows the change log and knows who may see it.
    pub fn cart_snapshot(&self, id: CartId) -> Result<Option<PricedCart>> {
        let terms = self.terms(self.now())?;
        self.read(|tx| carts::cart(tx, id)?.map(|cart| price(tx, &terms, (cart, true))).transpose())
    }

    async fn change_cart(
        &self,
        shopper: &Shopper,
        user: UserId,
        expected: Option<Versions>,
        request: Option<Once<PricedCart>>,
        change: impl FnOnce(&WriteTx<'_>, &StoreSettings, &mut Cart) -> Result<()> + Send + 'static,
    ) -> Result<Outcome<PricedCart>> {
        let (now, shopper, settings) = (self.now(), *shopper, self.settings().clone());
        let terms = self.terms(now)?;
        let act = self.act(&shopper);
        self.write(move |tx| {
            may_act_for(tx, &shopper, user)?;
            once(tx, request, now, |tx| {
                let mut cart = find_or_create(tx, user, now)?;
                super::check_version(expected, cart.version)?;
                let before = shapes::cart(&cart);
                change(tx, &settings, &mut cart)?;
                audit::record_cart(tx, &act, &before, &cart)?;
                store(tx, &terms, cart, now)
            })
        })
        .await
    }

    async fn change_cart_now(
        &self,
        shopper: &Shopper,
        user: UserId,
        expected: Option<Versions>,
        change: impl FnOnce(&WriteTx<'_>, &mut Cart) -> Result<()> + Send + 'static,
    ) -> Result<PricedCart> {
        let (now, shopper) = (self.now(), *shopper);
        let terms = self.terms(now)?;
        let act = self.act(&shopper);
        self.write(move |tx| {
            may_act_for(tx, &shopper, user)?;
            let (mut cart, exists) = find_or_empty(tx, user, now)?;
            super::check_version(expected, cart.version)?;
            let (before, shape) = (cart.lines.clone(), shapes::cart(&cart));
            change(tx, &mut cart)?;
            if cart.lines == before {
                return price(tx, &terms, (cart, exists));
            }
            audit::record_cart(tx, &act, &shape, &cart)?;
            store(tx, &terms, cart, now)
        })
        .await
    }
}

/// For another user's id, known or not, a customer is forbidden; staff learn whether it exists.
pub(super) fn may_act_for(tx: &impl Reader, shopper: &Shopper, user: UserId) -> Result<()> {
    if shopper.user_id() == user {
        return Ok(());
    }
    if super::Principal::User(shopper.0).staff().is_none() {
        return Err(Error::forbidden("not-yours", "this belongs to another shopper"));
    }
    accounts::user(tx, user)?.map(drop).ok_or_else(|| Error::not_found("user"))
}

/// The shopper's cart and whether it exists; else an empty one at version 0.
pub(super) fn find_or_empty(
    tx: &impl Reader,
    user: UserId,
    now: Timestamp,
) -> Result<(Cart, bool)> {
    if let Some(cart) = carts::of_user(tx, user)? {
        return Ok((cart, true));
    }
    let id = CartId::new(1).map_err(|error| Error::Internal(error.to_string()))?;
    let mut cart = Cart::empty(id, now);
    cart.user_id = Some(user);
    cart.device_id = devices::of_user(tx, user)?.map(|device| device.id);
    Ok((cart, false))
}

/// The shopper's cart, with an id of its own.
pub(super) fn find_or_create(tx: &mut WriteTx<'_>, user: UserId, now: Timestamp) -> Result<Cart> {
    let (mut cart, exists) = find_or_empty(tx, user, now)?;
    if !exists {
        cart.id = super::next(tx, "cart", CartId::new)?;
    }
    Ok(cart)
}

/// Writes a changed cart and prices it.
pub(super) fn store(
    tx: &mut WriteTx<'_>,
    terms: &Terms,
    mut cart: Cart,
    now: Timestamp,
) -> Result<PricedCart> {
    cart.touch(now);
    carts::put(tx, &cart)?;
    price(tx, terms, (cart, true))
}

/// Prices a cart at today's catalogue and promotions, and sets deposits behind their lines.
pub(super) fn price(
    tx: &impl Reader,
    terms: &Terms,
    (cart, exists): (Cart, bool),
) -> Result<PricedCart> {
    let mut lines = Vec::with_capacity(cart.lines.len());
    for line in &cart.lines {
        let product = products::product(tx, line.product_id)?.ok_or_else(|| {
            Error::Internal(format!("cart {} names product {}", cart.id, line.product_id))
        })?;
        let priced = price_line(line, &product, &terms.running);
        let deposit = deposits::of(tx, &product)?;
        let deposit = deposit.map(|deposit| deposit_lines::line(&priced, &deposit));
        lines.push(priced);
        lines.extend(deposit);
    }
    let totals = totals(&lines, terms.tax_mode);
    let state = terms.watch.state(tx, &cart)?;
    Ok(PricedCart { cart, lines, totals, state, exists })
}

/// Finds the product of an addition and brings its amount into the product's unit.
pub(super) fn resolve(
    tx: &impl Reader,
    settings: &StoreSettings,
    addition: &Addition,
) -> Result<Resolved> {
    resolve_by(tx, settings, addition, |id| on_sale(tx, id))
}

/// The same for what is to be taken out: it may have left the shelves meanwhile.
pub(super) fn resolve_in_cart(
    tx: &impl Reader,
    settings: &StoreSettings,
    addition: &Addition,
) -> Result<Resolved> {
    let any = |id| products::product(tx, id)?.ok_or_else(|| Error::not_found("product"));
    resolve_by(tx, settings, addition, any)
}

fn resolve_by(
    tx: &impl Reader,
    settings: &StoreSettings,
    addition: &Addition,
    find: impl Fn(ProductId) -> Result<Product>,
) -> Result<Resolved> {
    let mut pack = 1;
    let (product, measure, uid) = match &addition.item {
        Item::Product(id) => (find(*id)?, None, None),
        Item::Barcode(code) => {
            let scanned = scan(tx, settings, code)?;
            pack = scanned.pack;
            (find(scanned.product.id)?, scanned.measure, None)
        }
        Item::Tag(uid) => {
            let (id, uid) = tagged(tx, uid)?;
            (find(id)?, None, Some(uid))
        }
    };
    let amount = amount(&product, (measure, pack), addition)?;
    Ok(Resolved { product, amount, is_measured: measure.is_some(), pack, uid })
}

/// The product that carries a tag, and the tag as the catalogue has it: readers that leave out
/// zeros are understood where only one tag can be meant.
fn tagged(tx: &impl Reader, uid: &Uid) -> Result<(ProductId, Uid)> {
    if let Some(id) = products::by_uid(tx, uid)? {
        return Ok((id, uid.clone()));
    }
    let mut found = None;
    for reading in uid.unpadded_readings() {
        let Some(id) = products::by_uid(tx, &reading)? else { continue };
        if found.is_some() {
            let detail =
                "more than one tag reads like this: let the reader print two digits a byte";
            return Err(Error::conflict("ambiguous-tag", detail));
        }
        found = Some((id, reading));
    }
    found.ok_or_else(|| Error::not_found("product with this tag"))
}

/// The pieces of so many packs; a single piece is a pack of one.
pub(super) fn pieces(count: Option<i64>, pack: u32) -> Result<Quantity> {
    let count = Quantity::new(count.unwrap_or(1)).map_err(|e| Error::field("quantity", e))?;
    Quantity::new(i64::from(count.value()) * i64::from(pack)).map_err(|_| {
        let detail = format!("{count} packs of {pack}: a line holds at most {QUANTITY_MAX} pieces");
        Error::field("quantity", detail)
    })
}

fn amount(
    product: &Product,
    (measure, pack): (Option<Measure>, u32),
    addition: &Addition,
) -> Result<Amount> {
    let quantity = pieces(addition.quantity, pack)?;
    match (product.unit, measure) {
        (_, Some(Measure::Price { minor })) => Ok(Amount::Priced(Money::from_minor(minor))),
        (Unit::Kg, Some(Measure::Weight { grams })) => weighed(i64::from(grams)),
        (Unit::Each, _) => Ok(Amount::Pieces(quantity)),
        (Unit::Kg, None) => match addition.weight_g {
            Some(grams) => weighed(grams),
            None => Err(Error::bad_request(
                "weight-required",
                format!("{} is sold by weight: send its grams as weight_g", product.name),
            )),
        },
    }
}

fn weighed(grams: i64) -> Result<Amount> {
    Grams::new(grams).map(Amount::Weighed).map_err(|error| Error::field("weight_g", error))
}

fn change_line(tx: &impl Reader, cart: &mut Cart, id: LineId, change: &LineChange) -> Result<()> {
    let line = cart.line(id).ok_or(CartError::NoSuchLine)?.clone();
    if let Some(count) = change.quantity {
        Quantity::new(count).map_err(|error| Error::field("quantity", error))?;
    }
    let product = on_sale(tx, change.product_id.unwrap_or(line.product_id))?;
    let amount = match (product.unit, line.amount) {
        (Unit::Kg, _) => match (change.weight_g, line.amount) {
            (Some(grams), _) => weighed(grams)?,
            (None, Amount::Pieces(_)) => {
                return Err(Error::bad_request(
                    "weight-required",
                    format!("{} is sold by weight: send its grams as weight_g", product.name),
                ));
            }
            (None, kept) => match change.quantity {
                None | Some(1) => kept,
                Some(_) => return Err(Error::field("quantity", "a weighed line has quantity 1")),
            },
        },
        (Unit::Each, present) => {
            let count = change.quantity.unwrap_or(i64::from(present.units()));
            Amount::Pieces(Quantity::new(count).map_err(|error| Error::field("quantity", error))?)
        }
    };
    if product.id == line.product_id {
        cart.set_line(id, amount)?;
    } else {
        cart.replace_line(id, product.id, amount)?;
    }
    Ok(())
}

impl From<CartError> for Error {
    fn from(error: CartError) -> Self {
        match error {
            CartError::TooMany => Self::field("quantity", error),
            CartError::TooManyLines => Self::conflict("cart-full", error),
            CartError::NotInCart => Self::NotFound(super::Refusal::new("not-in-cart", error)),
            CartError::NoSuchLine => Self::not_found("line in this cart"),
            CartError::TagAlreadyIn => Self::conflict("tag-already-in-cart", error),
            CartError::OtherMeasure => Self::bad_request("other-measure", error),
        }
    }
}
