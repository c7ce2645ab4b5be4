//! Signing up, in and out; tokens and tickets.

use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::accounts::NewAccount;
use crate::app::accounts::sessions::{self, SignedIn};
use crate::app::tickets::TICKET_LIFE;
use crate::app::{App, Credential, Error, Principal, Shopper};
use crate::http::exchange::Client;
use crate::http::extract::{Json, OptionalJson};
use crate::http::principals::cookies::{self, SetCookies};
use crate::http::principals::{Presented, check_cookie_origin};
use crate::http::{self, Result};
use crate::wire::read_only;
use crate::wire::user::User;

/// An account to be made by its owner; what only the server sets is ignored.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "what is ignored is only named")]
pub(in crate::http) struct SignUp {
    /// Case does not count. Made from the e-mail address when missing.
    #[schema(
        min_length = 3,
        max_length = 32,
        pattern = "^[A-Za-z0-9._-]*[A-Za-z][A-Za-z0-9._-]*$"
    )]
    username: Option<String>,
    /// Needed without a username.
    #[schema(max_length = 254, pattern = "^[^@]+@[^@]+$")]
    email: Option<String>,
    /// What the person is called.
    #[schema(min_length = 1, max_length = 120)]
    name: Option<String>,
    /// 8 to 128 characters, not on the list of common ones.
    #[schema(min_length = 8, max_length = 128)]
    password: String,
    /// Nothing but `customer` or `user`.
    #[schema(pattern = "^(customer|user)$")]
    role: Option<String>,
    #[schema(schema_with = read_only)]
    id: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    created_at: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    last_login: Option<IgnoredAny>,
}

/// Who signs in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct Login {
    /// An e-mail address is taken here too.
    username: Option<String>,
    /// Instead of a username.
    email: Option<String>,
    /// The account's password.
    password: String,
}

/// A refresh token, for clients without cookies.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::http) struct RefreshInput {
    /// Counts before the cookie.
    refresh_token: Option<String>,
}

/// A change of password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct PasswordChange {
    /// The one in force.
    old_password: String,
    /// 8 to 128 characters, not on the list of common ones.
    #[schema(min_length = 8, max_length = 128)]
    new_password: String,
}

/// What a client gets when it signs in; the tokens come as cookies too.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct TokenAnswer {
    access_token: String,
    refresh_token: String,
    /// The same as `access_token`.
    token: String,
    token_type: &'static str,
    /// Seconds.
    expires_in: u64,
    msg: &'static str,
    message: &'static str,
    user: User,
}

/// A plain message, in both spellings of the older systems.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Message {
    msg: &'static str,
    message: &'static str,
}

/// Whether somebody is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Check {
    logged_in: bool,
    user: User,
}

/// A ticket for a live connection.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Ticket {
    ticket: String,
    /// Seconds.
    expires_in: i64,
}

impl Message {
    const fn new(text: &'static str) -> Self {
        Self { msg: text, message: text }
    }
}

fn of(client: &Client) -> sessions::Client {
    sessions::Client { user_agent: client.user_agent.clone(), address: Some(client.address) }
}

/// Who the client is, for its session.
pub(super) fn agent_of(client: &Client) -> sessions::Client {
    of(client)
}

/// The token answer with its cookies.
pub(super) fn signed_in(
    status: StatusCode,
    message: &'static str,
    client: &Client,
    pair: SignedIn,
) -> Response {
    let (cookies, answer) = pair_answer(message, client, pair);
    (status, cookies, [(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
}

/// What [`signed_in`] answers, for those who have more to say.
pub(super) fn pair_answer(
    message: &'static str,
    client: &Client,
    pair: SignedIn,
) -> (SetCookies, TokenAnswer) {
    let refresh_life_s = u64::try_from(pair.refresh_expires_in_s).unwrap_or(0);
    let cookies = SetCookies::signed_in(
        client,
        (&pair.access_token, pair.expires_in_s),
        (&pair.refresh_token, refresh_life_s),
    );
    let answer = TokenAnswer {
        token: pair.access_token.clone(),
        access_token: pair.access_token,
        refresh_token: pair.refresh_token,
        token_type: "Bearer",
        expires_in: pair.expires_in_s,
        msg: message,
        message,
        user: User::from(pair.user),
    };
    (cookies, answer)
}

pub(in crate::http) async fn sign_up(
    State(app): State<App>,
    client: Client,
    Json(body): Json<SignUp>,
) -> Result<Response> {
    if body.role.as_deref().is_some_and(|role| !matches!(role, "customer" | "user")) {
        let detail = "nobody can give themselves a role: leave `role` out";
        return Err(Error::forbidden("role-not-allowed", detail).into());
    }
    let account = NewAccount {
        username: body.username,
        email: body.email,
        name: body.name,
        mobile_number: None,
        password: Some(body.password),
        disabled: false,
    };
    let user = app.sign_up(account, Some(client.address)).await?;
    let pair = app.sign_in_new(&user, of(&client)).await?;
    Ok(signed_in(StatusCode::CREATED, "User registered successfully!", &client, pair))
}

pub(in crate::http) async fn sign_in(
    State(app): State<App>,
    client: Client,
    Json(body): Json<Login>,
) -> Result<Response> {
    let name = body.username.or(body.email);
    let name = name.ok_or_else(|| Error::field("username", "send username or email"))?;
    let pair = app.sign_in(&name, &body.password, of(&client)).await?;
    Ok(signed_in(StatusCode::OK, "Login successful", &client, pair))
}

pub(in crate::http) async fn refresh(
    State(state): State<http::State>,
    client: Client,
    parts: Parts,
    OptionalJson(body): OptionalJson<RefreshInput>,
) -> Result<Response> {
    let token = if let Some(sent) = body.unwrap_or_default().refresh_token {
        sent
    } else {
        let cookie = cookies::refresh_token(&parts.headers, client.https).ok_or_else(|| {
            let detail = "send refresh_token, or its cookie";
            Error::unauthenticated("missing-refresh-token", detail)
        })?;
        check_cookie_origin(&parts, &state)?;
        cookie
    };
    let pair = state.app.refresh(&token, of(&client)).await?;
    Ok(signed_in(StatusCode::OK, "Token refreshed", &client, pair))
}

pub(in crate::http) async fn sign_out(
    State(state): State<http::State>,
    client: Client,
    parts: Parts,
    body: Result<OptionalJson<RefreshInput>>,
) -> Result<Response> {
    let cleared = SetCookies::signed_out(&client);
    // Whatever is wrong with the body, the session that the headers name ends: a browser forgets
    // its tokens, and they must not be good any longer.
    let (sent, unreadable) = match body {
        Ok(OptionalJson(body)) => (body.unwrap_or_default().refresh_token, None),
        Err(problem) => (None, Some(problem)),
    };
    let headers = &parts.headers;
    let explicit = match Presented::by(&parts, false) {
        Presented::Explicit(credentials) => credentials,
        Presented::Cookie(_) | Presented::Nothing => Vec::new(),
    };
    let (access, refresh) = if !explicit.is_empty() || sent.is_some() {
        let token = |credential| match credential {
            Credential::AccessToken(token) => Some(token),
            Credential::DeviceKey(_) | Credential::Ticket(_) => None,
        };
        (explicit.into_iter().find_map(token), sent)
    } else {
        let access = cookies::access_token(headers, client.https);
        let refresh = cookies::refresh_token(headers, client.https);
        if access.is_some() || refresh.is_some() {
            check_cookie_origin(&parts, &state)?;
        }
        (access, refresh)
    };
    let from = Some(client.address);
    let known = state.app.sign_out(access.as_deref(), refresh.as_deref(), from).await?;
    if let Some(problem) = unreadable {
        return Ok((cleared, problem).into_response());
    }
    if known {
        return Ok((cleared, Json(Message::new("Logged out"))).into_response());
    }
    let problem = Error::unauthenticated("not-signed-in", "there is no session to end");
    Ok((cleared, crate::http::Problem::from(problem)).into_response())
}

pub(in crate::http) async fn change_password(
    State(app): State<App>,
    shopper: Shopper,
    client: Client,
    Json(body): Json<PasswordChange>,
) -> Result<Json<Message>> {
    let address = Some(client.address);
    app.change_password(&shopper, &body.old_password, &body.new_password, address).await?;
    Ok(Json(Message::new("Password updated successfully")))
}

pub(in crate::http) async fn check(
    State(app): State<App>,
    principal: Principal,
) -> Result<Json<Check>> {
    let Some(shopper) = principal.shopper() else {
        let problem: crate::http::Problem =
            Error::unauthenticated("not-signed-in", "nobody is signed in").into();
        return Err(problem.with("logged_in", false));
    };
    let user = User::from(app.own_account(&shopper)?);
    Ok(Json(Check { logged_in: true, user }))
}

pub(in crate::http) async fn ticket(
    State(app): State<App>,
    shopper: Shopper,
) -> Result<(StatusCode, Json<Ticket>)> {
    let ticket = app.issue_ticket(&shopper)?;
    Ok((StatusCode::CREATED, Json(Ticket { ticket, expires_in: TICKET_LIFE.as_secs() })))
}
