//! Carts of shoppers.

use axum::extract::State;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Answer;
use crate::app::carts::{Addition, CartFilter, Item, LineChange};
use crate::app::deposits::deposit_line;
use crate::app::{App, Shopper, Staff};
use crate::domain::cart::CartState;
use crate::domain::id::{CartId, DeviceId, LineId, ProductId, UserId};
use crate::domain::view::PricedCart;
use crate::http::extract::{IfMatch, Json, KeyedJson, Page, Path, Query};
use crate::http::reply::{Listed, Stored, Versioned};
use crate::http::{Problem, Result};
use crate::wire::cart::Cart;
use crate::wire::read_only;

/// An item to put into a cart; what only the server sets is ignored, so a line can be sent back.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::http) struct NewItem {
    /// Either this or `barcode`.
    #[schema(minimum = 1)]
    product_id: Option<u64>,
    /// A GTIN, a PLU or a code with an embedded weight or price.
    barcode: Option<String>,
    /// Pieces, 1 to 999; 1 when left out.
    #[schema(minimum = 1, maximum = 999)]
    quantity: Option<i64>,
    /// Grams of a product that is sold by weight.
    #[schema(minimum = 1, maximum = 100_000)]
    weight_g: Option<i64>,
    #[schema(schema_with = read_only)]
    id: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    sku: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    name: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    unit_price: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    discount: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    promotions: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    total: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    min_age: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    is_deposit: Option<bool>,
    #[schema(schema_with = read_only)]
    deposit_of: Option<IgnoredAny>,
}

/// A change of a line; what only the server sets is ignored, so a line can be sent back.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::http) struct ItemChange {
    /// Pieces.
    #[schema(minimum = 1, maximum = 999)]
    quantity: Option<i64>,
    /// Grams of a weighed line.
    #[schema(minimum = 1, maximum = 100_000)]
    weight_g: Option<i64>,
    /// Another product instead.
    #[schema(minimum = 1)]
    product_id: Option<u64>,
    #[schema(schema_with = read_only)]
    id: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    sku: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    name: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    unit_price: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    discount: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    promotions: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    total: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    min_age: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    is_deposit: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    deposit_of: Option<IgnoredAny>,
}

/// An item for the caller's own cart.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct OwnItem {
    /// What.
    #[schema(minimum = 1)]
    product_id: u64,
    /// Pieces, 1 to 999; 1 when left out.
    #[schema(minimum = 1, maximum = 999)]
    quantity: Option<i64>,
    /// Grams of a product that is sold by weight.
    #[schema(minimum = 1, maximum = 100_000)]
    weight_g: Option<i64>,
    /// The caller's own id, as older clients send it.
    user_id: Option<u64>,
}

/// Which open carts.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
pub(in crate::http) struct CartQuery {
    /// That stand so.
    #[param(inline, value_type = Option<CartState>)]
    state: Option<String>,
    /// On this trolley.
    #[param(minimum = 1)]
    device_id: Option<u64>,
}

impl CartQuery {
    fn filter(&self) -> Result<CartFilter> {
        let state = self.state.as_deref().map(str::parse).transpose();
        let device = self.device_id.map(DeviceId::new).transpose();
        Ok(CartFilter {
            state: state.map_err(|error| Problem::field("state", error))?,
            device_id: device.map_err(|error| Problem::field("device_id", error))?,
        })
    }
}

/// A cart and what happened to it, in both spellings of the older systems.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct CartMessage {
    msg: &'static str,
    message: &'static str,
    #[serde(flatten)]
    cart: Cart,
}

fn product_id(field: &str, id: u64) -> Result<ProductId> {
    ProductId::new(id).map_err(|error| Problem::field(field, error))
}

impl NewItem {
    fn addition(self) -> Result<Addition> {
        if self.is_deposit == Some(true) {
            return Err(deposit_line().into());
        }
        let item = match (self.product_id, self.barcode) {
            (Some(id), None) => Item::Product(product_id("product_id", id)?),
            (None, Some(code)) => Item::Barcode(code),
            _ => return Err(Problem::field("product_id", "send either product_id or barcode")),
        };
        Ok(Addition { item, quantity: self.quantity, weight_g: self.weight_g })
    }
}

/// A cart's answer with its version.
pub(in crate::http) fn versioned(app: &App, cart: &PricedCart) -> Versioned<Json<Cart>> {
    Versioned(cart.cart.version, Json(Cart::new(cart, &app.settings().currency)))
}

/// How a cart is answered.
pub(super) fn answer(app: &App, status: u16) -> Answer<PricedCart> {
    let currency = app.settings().currency;
    Answer::new(status, move |cart: &PricedCart| Cart::new(cart, &currency))
}

fn with_message(app: &App, message: &'static str) -> Answer<PricedCart> {
    let currency = app.settings().currency;
    Answer::new(200, move |cart: &PricedCart| CartMessage {
        msg: message,
        message,
        cart: Cart::new(cart, &currency),
    })
}

pub(in crate::http) async fn find(
    State(app): State<App>,
    shopper: Shopper,
    Path(user): Path<UserId>,
) -> Result<Versioned<Json<Cart>>> {
    Ok(versioned(&app, &app.cart_of(&shopper, user)?))
}

pub(in crate::http) async fn find_own(
    State(app): State<App>,
    shopper: Shopper,
) -> Result<Versioned<Json<Cart>>> {
    Ok(versioned(&app, &app.cart_of(&shopper, shopper.user_id())?))
}

pub(in crate::http) async fn add(
    State(app): State<App>,
    shopper: Shopper,
    Path(user): Path<UserId>,
    IfMatch(expected): IfMatch,
    KeyedJson { body, idempotency }: KeyedJson<NewItem>,
) -> Result<Versioned<Stored>> {
    let answer = answer(&app, 201);
    let request = answer.once(idempotency);
    Ok(answer.reply_versioned(
        app.add_to_cart(&shopper, user, body.addition()?, expected, request).await?,
    ))
}

pub(in crate::http) async fn add_own(
    State(app): State<App>,
    shopper: Shopper,
    IfMatch(expected): IfMatch,
    KeyedJson { body, idempotency }: KeyedJson<OwnItem>,
) -> Result<Versioned<Stored>> {
    let answer = with_message(&app, "Item added to cart!");
    let user = own(&shopper, &body)?;
    let addition = Addition {
        item: Item::Product(product_id("product_id", body.product_id)?),
        quantity: body.quantity,
        weight_g: body.weight_g,
    };
    let request = answer.once(idempotency);
    Ok(answer.reply_versioned(app.add_to_cart(&shopper, user, addition, expected, request).await?))
}

pub(in crate::http) async fn remove_own(
    State(app): State<App>,
    shopper: Shopper,
    IfMatch(expected): IfMatch,
    KeyedJson { body, idempotency }: KeyedJson<OwnItem>,
) -> Result<Versioned<Stored>> {
    let answer = with_message(&app, "Item removed from cart");
    own(&shopper, &body)?;
    let product = product_id("product_id", body.product_id)?;
    let request = answer.once(idempotency);
    let quantity = body.quantity.unwrap_or(1);
    Ok(answer.reply_versioned(
        app.remove_from_cart(&shopper, product, quantity, expected, request).await?,
    ))
}

/// Older clients name themselves; naming somebody else is refused.
fn own(shopper: &Shopper, body: &OwnItem) -> Result<UserId> {
    match body.user_id {
        Some(named) if named != shopper.user_id().value() => {
            Err(crate::app::Error::forbidden("not-yours", "user_id is another shopper's").into())
        }
        _ => Ok(shopper.user_id()),
    }
}

pub(in crate::http) async fn change_item(
    State(app): State<App>,
    shopper: Shopper,
    Path((user, line)): Path<(UserId, LineId)>,
    IfMatch(expected): IfMatch,
    Json(body): Json<ItemChange>,
) -> Result<Versioned<Json<Cart>>> {
    let product_id = body.product_id.map(|id| product_id("product_id", id)).transpose()?;
    if body.quantity.is_none() && body.weight_g.is_none() && product_id.is_none() {
        return Err(Problem::field("quantity", "send quantity, weight_g or product_id"));
    }
    let change = LineChange { quantity: body.quantity, weight_g: body.weight_g, product_id };
    Ok(versioned(&app, &app.change_line(&shopper, user, line, change, expected).await?))
}

pub(in crate::http) async fn remove_item(
    State(app): State<App>,
    shopper: Shopper,
    Path((user, line)): Path<(UserId, LineId)>,
    IfMatch(expected): IfMatch,
) -> Result<Versioned<Json<Cart>>> {
    Ok(versioned(&app, &app.remove_line(&shopper, user, line, expected).await?))
}

pub(in crate::http) async fn clear(
    State(app): State<App>,
    shopper: Shopper,
    Path(user): Path<UserId>,
    IfMatch(expected): IfMatch,
) -> Result<Versioned<Json<Cart>>> {
    Ok(versioned(&app, &app.clear_cart(&shopper, user, expected).await?))
}

pub(in crate::http) async fn list(
    State(app): State<App>,
    staff: Staff,
    Query(query): Query<CartQuery>,
    page: Page,
) -> Result<Listed<Cart, 50>> {
    let open = app.open_carts(&staff, query.filter()?).await?;
    let total = u64::try_from(open.len()).unwrap_or(u64::MAX);
    let shown = open.iter().skip(page.offset).take(page.limit);
    let items = shown.map(|cart| Cart::new(cart, &app.settings().currency)).collect();
    Ok(Listed { items, total, page })
}

pub(in crate::http) async fn find_by_id(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<CartId>,
) -> Result<Versioned<Json<Cart>>> {
    Ok(versioned(&app, &app.cart_by_id(&staff, id)?))
}
