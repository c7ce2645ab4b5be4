//! Orders: checkout, place, list, move on, print.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::Answer;
use crate::app::carts::{Addition, Item};
use crate::app::orders::{Addresses, NewOrder, OrderChange, OrderFilter};
use crate::app::{App, Shopper, Staff};
use crate::domain::id::{CartId, OrderId, ProductId, UserId};
use crate::domain::orders::{Order as DomainOrder, OrderStatus};
use crate::http::extract::{IfMatch, Json, KeyedJson, KeyedOptionalJson, Page, Path, Query};
use crate::http::reply::{Listed, Stored, Versioned};
use crate::http::{Problem, Result};
use crate::wire::amount::Amount;
use crate::wire::order::Order;
use crate::wire::read_only;

mod receipt;

/// What may come with a checkout.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::http) struct Checkout {
    /// Any JSON, at most 4 KiB.
    #[schema(value_type = serde_json::Value, required = false)]
    shipping_address: Option<Value>,
    /// Any JSON, at most 4 KiB.
    #[schema(value_type = serde_json::Value, required = false)]
    billing_address: Option<Value>,
    /// For staff: the id of an open cart.
    #[schema(minimum = 1)]
    cart: Option<u64>,
}

/// An order placed by a list; what only the server sets is ignored.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "what is ignored is only named")]
pub(in crate::http) struct OrderInput {
    /// For whom; oneself, unless staff.
    #[schema(minimum = 1)]
    user_id: u64,
    /// What; a cart's lines fit. Deposits are computed anew: those among the lines are not charged
    /// twice.
    #[schema(min_items = 1, max_items = 500)]
    items: Vec<OrderItem>,
    /// What the client believes it costs.
    total: Option<Amount>,
    /// The store's, or nothing.
    currency: Option<String>,
    /// Nothing but `pending`, with which every order begins.
    #[schema(example = "pending", required = false)]
    status: Option<String>,
    /// Any JSON, at most 4 KiB.
    #[schema(value_type = serde_json::Value, required = false)]
    shipping_address: Option<Value>,
    /// Any JSON, at most 4 KiB.
    #[schema(value_type = serde_json::Value, required = false)]
    billing_address: Option<Value>,
    #[schema(schema_with = read_only)]
    id: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    number: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    code: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    device_id: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    subtotal: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    discount: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    tax: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    next_statuses: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    history: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    version: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    created_at: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    updated_at: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    min_age: Option<IgnoredAny>,
}

/// An item of an order; a cart's line fits, its other members are ignored.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::http) struct OrderItem {
    /// What.
    #[schema(minimum = 1)]
    product_id: u64,
    /// Pieces, 1 to 999; 1 when left out.
    #[schema(minimum = 1, maximum = 999)]
    quantity: Option<i64>,
    /// Grams of a product that is sold by weight.
    #[schema(minimum = 1, maximum = 100_000)]
    weight_g: Option<i64>,
    /// A line that is a deposit is left out: deposits come with their products.
    is_deposit: Option<bool>,
}

/// A change of an order; what only the server sets is ignored, so an answer can be sent back.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::http) struct OrderPatch {
    /// Where to move it: `next_statuses` names the direct steps.
    #[schema(value_type = Option<OrderStatus>)]
    status: Option<String>,
    /// The carrier's number.
    #[schema(max_length = 120)]
    tracking_number: Option<String>,
    #[schema(schema_with = read_only)]
    id: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    number: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    code: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    user_id: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    device_id: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    items: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    subtotal: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    discount: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    tax: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    total: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    currency: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    next_statuses: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    history: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    shipping_address: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    billing_address: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    version: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    created_at: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    updated_at: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    min_age: Option<IgnoredAny>,
}

/// Which orders.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
pub(in crate::http) struct OrderQuery {
    /// In this state.
    #[param(inline, value_type = Option<OrderStatus>)]
    status: Option<String>,
    /// Of this shopper; for staff.
    #[param(minimum = 1)]
    user_id: Option<u64>,
    /// With this product on a line.
    #[param(minimum = 1)]
    product_id: Option<u64>,
    /// The code shown at the till.
    code: Option<String>,
    /// Placed at or after, RFC 3339.
    #[param(format = DateTime)]
    from: Option<String>,
    /// Placed before, RFC 3339.
    #[param(format = DateTime)]
    to: Option<String>,
}

/// A receipt's form.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
pub(in crate::http) struct ReceiptQuery {
    /// `html`, or `txt` with 42 columns.
    #[param(pattern = "^(html|txt)?$")]
    format: Option<String>,
}

/// The answer to a checkout.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Placed {
    message: &'static str,
    order_id: u64,
    order: Order,
}

fn status(word: &str) -> Result<OrderStatus> {
    word.parse().map_err(|error| Problem::field("status", error))
}

fn time(field: &str, text: Option<&str>) -> Result<Option<Timestamp>> {
    let parse = |text: &str| {
        text.parse().map_err(|_| Problem::field(field, "is a time such as 2026-11-20T12:00:00Z"))
    };
    text.map(parse).transpose()
}

impl OrderQuery {
    fn filter(&self) -> Result<OrderFilter> {
        let user = self.user_id.map(UserId::new).transpose();
        let product = self.product_id.map(ProductId::new).transpose();
        Ok(OrderFilter {
            status: self.status.as_deref().map(status).transpose()?,
            user_id: user.map_err(|error| Problem::field("user_id", error))?,
            product_id: product.map_err(|error| Problem::field("product_id", error))?,
            code: self.code.clone(),
            from: time("from", self.from.as_deref())?,
            to: time("to", self.to.as_deref())?,
        })
    }
}

pub(in crate::http) async fn checkout(
    State(app): State<App>,
    shopper: Shopper,
    IfMatch(expected): IfMatch,
    KeyedOptionalJson { body, idempotency }: KeyedOptionalJson<Checkout>,
) -> Result<Stored> {
    let body = body.unwrap_or_default();
    let cart = body.cart.map(CartId::new).transpose();
    let cart = cart.map_err(|error| Problem::field("cart", error))?;
    let addresses = Addresses { shipping: body.shipping_address, billing: body.billing_address };
    let answer = Answer::new(201, |order: &DomainOrder| Placed {
        message: "Order placed successfully!",
        order_id: order.id.value(),
        order: Order::from(order.clone()),
    });
    let request = answer.once(idempotency);
    Ok(answer.reply(app.checkout(&shopper, cart, addresses, expected, request).await?))
}

pub(in crate::http) async fn create(
    State(app): State<App>,
    shopper: Shopper,
    KeyedJson { body, idempotency }: KeyedJson<OrderInput>,
) -> Result<Stored> {
    let currency = app.settings().currency;
    if let Some(other) = body.currency.filter(|it| !it.eq_ignore_ascii_case(currency.code())) {
        let detail = format!("this store's prices are in {currency}, not in {other}");
        return Err(Problem::bad_request("currency-mismatch", detail));
    }
    if body.status.is_some_and(|word| word != "pending") {
        return Err(Problem::field("status", "every order begins as pending: PATCH moves it on"));
    }
    let total = body.total.map(|total| total.money(&currency)).transpose();
    let deposits_left_out = body.items.iter().any(|item| item.is_deposit == Some(true));
    let items = body.items.into_iter().enumerate();
    let items = items.filter(|(_, item)| item.is_deposit != Some(true)).map(|(index, item)| {
        let id = ProductId::new(item.product_id)
            .map_err(|error| Problem::field(&format!("items[{index}].product_id"), error))?;
        let (quantity, weight_g) = (item.quantity, item.weight_g);
        Ok(Addition { item: Item::Product(id), quantity, weight_g })
    });
    let new = NewOrder {
        user_id: UserId::new(body.user_id).map_err(|error| Problem::field("user_id", error))?,
        items: items.collect::<Result<_>>()?,
        deposits_left_out,
        total: total.map_err(|error| Problem::field("total", error))?,
        addresses: Addresses { shipping: body.shipping_address, billing: body.billing_address },
    };
    let answer = Answer::new(201, |order: &DomainOrder| Order::from(order.clone()));
    let request = answer.once(idempotency);
    Ok(answer.reply(app.place_order(&shopper, new, request).await?))
}

pub(in crate::http) async fn list(
    State(app): State<App>,
    shopper: Shopper,
    Query(query): Query<OrderQuery>,
    page: Page,
) -> Result<Listed<Order, 50>> {
    let filter = query.filter()?;
    let (found, total) = app.orders(&shopper, filter, page.offset, page.limit).await?;
    let total = u64::try_from(total).unwrap_or(u64::MAX);
    Ok(Listed { items: found.into_iter().map(Order::from).collect(), total, page })
}

pub(in crate::http) async fn find(
    State(app): State<App>,
    shopper: Shopper,
    Path(id): Path<OrderId>,
) -> Result<Versioned<Json<Order>>> {
    let order = app.order(&shopper, id)?;
    Ok(Versioned(order.version, Json(Order::from(order))))
}

pub(in crate::http) async fn update(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<OrderId>,
    IfMatch(expected): IfMatch,
    Json(body): Json<OrderPatch>,
) -> Result<Versioned<Json<Order>>> {
    let change = OrderChange {
        status: body.status.as_deref().map(status).transpose()?,
        tracking_number: body.tracking_number,
    };
    let order = app.change_order(&staff, id, change, expected).await?;
    Ok(Versioned(order.version, Json(Order::from(order))))
}

pub(in crate::http) async fn receipt(
    State(app): State<App>,
    shopper: Shopper,
    Path(id): Path<OrderId>,
    Query(query): Query<ReceiptQuery>,
) -> Result<Response> {
    let order = app.order(&shopper, id)?;
    let (kind, text) = match query.format.as_deref() {
        None | Some("html") => ("text/html; charset=utf-8", receipt::html(&order)),
        Some("txt") => ("text/plain; charset=utf-8", receipt::text(&order)),
        Some(_) => return Err(Problem::field("format", "is html or txt")),
    };
    Ok(([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")], text).into_response())
}
