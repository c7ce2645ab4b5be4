//! Signing in by a code that is sent to a mobile phone.

use axum::extract::State;
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::auth::{TokenAnswer, agent_of, pair_answer};
use crate::app::{App, Principal};
use crate::http::exchange::Client;
use crate::http::extract::Json;
use crate::http::principals::{Presented, check_cookie_origin};
use crate::http::{self, Result};

/// The number to which a code goes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct VerifyMobile {
    /// With the country's code (`+49 176 04069003`), or as it is written in the store's country.
    #[schema(example = "+49 176 04069003", max_length = 40)]
    mobile_number: String,
}

/// That a code is on its way.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct CodeSent {
    #[schema(example = "OTP sent to +49 176 04069003")]
    message: String,
    /// Seconds that the code is good.
    #[schema(example = 300)]
    expires_in: i64,
}

/// A code that came back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct VerifyOtp {
    /// The number to which it was sent, in any form.
    #[schema(example = "+49 176 04069003", max_length = 40)]
    mobile_number: String,
    /// Six digits.
    #[schema(example = "042137")]
    otp: String,
}

/// The token answer, and what an app needs to go on.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct CodeSignedIn {
    #[serde(flatten)]
    pair: TokenAnswer,
    user_id: u64,
    /// Whether the account has a name; if not, `POST /auth/create_profile` is next.
    is_profile_complete: bool,
}

pub(in crate::http) async fn send(
    State(app): State<App>,
    client: Client,
    Json(body): Json<VerifyMobile>,
) -> Result<Json<CodeSent>> {
    let life = app.send_code(&body.mobile_number, Some(client.address)).await?;
    let message = format!("OTP sent to {}", body.mobile_number.trim());
    Ok(Json(CodeSent { message, expires_in: life.as_secs() }))
}

pub(in crate::http) async fn verify(
    State(state): State<http::State>,
    principal: Principal,
    client: Client,
    parts: Parts,
    Json(body): Json<VerifyOtp>,
) -> Result<Response> {
    // Open to all, so that a cookie from a foreign page was ignored so far; but whoever sends one
    // means its account, and must not be signed in to another.
    if matches!(Presented::by(&parts, false), Presented::Cookie(_)) {
        check_cookie_origin(&parts, &state)?;
    }
    let (app, shopper) = (&state.app, principal.shopper());
    let agent = agent_of(&client);
    let signed_in = app.sign_in_by_code(shopper, &body.mobile_number, &body.otp, agent).await?;
    let (user_id, complete) = (signed_in.user.id.value(), signed_in.user.is_profile_complete());
    let message = if shopper.is_some() { "Mobile number verified" } else { "Login successful" };
    let (cookies, pair) = pair_answer(message, &client, signed_in);
    let answer = CodeSignedIn { pair, user_id, is_profile_complete: complete };
    Ok((cookies, [(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response())
}
