//! The first admin.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::auth::signed_in;
use crate::app::App;
use crate::app::accounts::NewAccount;
use crate::app::accounts::sessions;
use crate::http::Result;
use crate::http::exchange::Client;
use crate::http::extract::Json;

/// The first admin, and the token that only the owner can read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct FirstAdmin {
    /// Printed when the appliance starts; `cartwright setup-token` shows it again.
    token: String,
    /// Case does not count.
    #[schema(
        min_length = 3,
        max_length = 32,
        pattern = "^[A-Za-z0-9._-]*[A-Za-z][A-Za-z0-9._-]*$"
    )]
    username: String,
    /// 8 to 128 characters, not on the list of common ones.
    #[schema(min_length = 8, max_length = 128)]
    password: String,
    /// Signs in too.
    #[schema(max_length = 254, pattern = "^[^@]+@[^@]+$")]
    email: Option<String>,
    /// What the person is called.
    #[schema(min_length = 1, max_length = 120)]
    name: Option<String>,
}

pub(in crate::http) async fn create(
    State(app): State<App>,
    client: Client,
    Json(body): Json<FirstAdmin>,
) -> Result<Response> {
    let account = NewAccount {
        username: Some(body.username),
        email: body.email,
        name: body.name,
        mobile_number: None,
        disabled: false,
        password: Some(body.password),
    };
    let admin = app.set_up(&body.token, account, Some(client.address)).await?;
    let who =
        sessions::Client { user_agent: client.user_agent.clone(), address: Some(client.address) };
    let pair = app.sign_in_new(&admin, who).await?;
    Ok(signed_in(StatusCode::CREATED, "The shop is set up", &client, pair))
}
