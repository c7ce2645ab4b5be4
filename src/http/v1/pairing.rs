//! A shopper takes a trolley and gives it back.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Answer;
use crate::app::pairing::{Pairing, Trolley};
use crate::app::{App, Shopper};
use crate::domain::id::DeviceId;
use crate::http::exchange::Client;
use crate::http::extract::{Keyed, KeyedJson};
use crate::http::reply::Stored;
use crate::http::{Problem, Result};

/// Which trolley.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct Connect {
    /// The code on its display.
    cart_code: Option<String>,
    /// Its number alone is enough for an unpaired, empty trolley.
    #[schema(minimum = 1)]
    cart_id: Option<u64>,
}

/// Who has which trolley now.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Paired {
    cart_id: Option<u64>,
    message: &'static str,
    user_id: u64,
}

fn answer(message: &'static str) -> Answer<Pairing> {
    Answer::new(200, move |pairing: &Pairing| Paired {
        cart_id: pairing.device.as_ref().map(|device| device.id.value()),
        message,
        user_id: pairing.user_id.value(),
    })
}

pub(in crate::http) async fn connect(
    State(app): State<App>,
    shopper: Shopper,
    client: Client,
    KeyedJson { body, idempotency }: KeyedJson<Connect>,
) -> Result<Stored> {
    let trolley = match (body.cart_code, body.cart_id) {
        (Some(code), _) => Trolley::Code(code),
        (None, Some(id)) => {
            Trolley::Id(DeviceId::new(id).map_err(|error| Problem::field("cart_id", error))?)
        }
        (None, None) => return Err(Problem::field("cart_code", "send the code on the display")),
    };
    let answer = answer("Connected to the cart");
    let request = answer.once(idempotency);
    Ok(answer.reply(app.connect(&shopper, trolley, request, Some(client.address)).await?))
}

pub(in crate::http) async fn disconnect(
    State(app): State<App>,
    shopper: Shopper,
    Keyed(idempotency): Keyed,
) -> Result<Stored> {
    let answer = answer("Disconnected from the cart");
    let request = answer.once(idempotency);
    Ok(answer.reply(app.disconnect(&shopper, request).await?))
}
