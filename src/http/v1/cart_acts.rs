//! What staff do to a cart as a whole.

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Answer;
use super::carts::answer;
use crate::app::orders::Addresses;
use crate::app::{App, Shopper, Staff};
use crate::domain::id::{CartId, DeviceId};
use crate::domain::orders::Order as DomainOrder;
use crate::http::extract::{IfMatch, Keyed, KeyedJson, Path};
use crate::http::reply::{Stored, Versioned};
use crate::http::{Problem, Result};
use crate::wire::order::Order;

/// Where a cart is to go.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct CartMove {
    /// A trolley that nobody has and that holds nothing.
    #[schema(minimum = 1)]
    device_id: u64,
}

pub(in crate::http) async fn move_to(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<CartId>,
    IfMatch(expected): IfMatch,
    KeyedJson { body, idempotency }: KeyedJson<CartMove>,
) -> Result<Versioned<Stored>> {
    let to = DeviceId::new(body.device_id).map_err(|error| Problem::field("device_id", error))?;
    let answer = answer(&app, 200);
    let request = answer.once(idempotency);
    Ok(answer.reply_versioned(app.move_cart(&staff, id, to, expected, request).await?))
}

pub(in crate::http) async fn empty(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<CartId>,
    IfMatch(expected): IfMatch,
    Keyed(idempotency): Keyed,
) -> Result<Versioned<Stored>> {
    let answer = answer(&app, 200);
    let request = answer.once(idempotency);
    Ok(answer.reply_versioned(app.empty_cart(&staff, id, expected, request).await?))
}

pub(in crate::http) async fn take_over(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<CartId>,
    IfMatch(expected): IfMatch,
    Keyed(idempotency): Keyed,
) -> Result<Versioned<Stored>> {
    let answer = answer(&app, 200);
    let request = answer.once(idempotency);
    Ok(answer.reply_versioned(app.take_over_cart(&staff, id, expected, request).await?))
}

pub(in crate::http) async fn check_out(
    State(app): State<App>,
    shopper: Shopper,
    Path(id): Path<CartId>,
    IfMatch(expected): IfMatch,
    Keyed(idempotency): Keyed,
) -> Result<Stored> {
    let answer = Answer::new(201, |order: &DomainOrder| Order::from(order.clone()));
    let request = answer.once(idempotency);
    let addresses = Addresses::default();
    Ok(answer.reply(app.checkout(&shopper, Some(id), addresses, expected, request).await?))
}
