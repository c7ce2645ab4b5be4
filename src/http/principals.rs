//! From the credentials in a request to the principal who acts.
//!
//! An explicit credential (a header, or a ticket on a live route) is used and cookies are then
//! ignored; a cookie counts only from the appliance's own pages and listed origins. A trolley may
//! sign a request instead of sending its key.

pub mod cookies;
mod origin;
pub(super) mod signature;

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};

use crate::app::{Admin, CartDevice, Credential, Principal, Shopper, Staff};

use super::exchange::{Exchange, text};
use super::route::{Meta, Who};
use super::{Problem, Result, State};

/// The `Origin` that the WebSocket library of most ESP32 firmware sends unless it is told not to.
const FIRMWARE_ORIGIN: &str = "file://";
/// How trolleys' keys begin, so that they are never taken for a token.
const DEVICE_KEY_PREFIX: &str = "cwk_";

/// The credentials that a request presents.
#[derive(Debug)]
pub(super) enum Presented {
    /// None.
    Nothing,
    /// In headers or as a ticket; at least one, all different.
    Explicit(Vec<Credential>),
    /// An access token in a cookie.
    Cookie(Credential),
}

impl Presented {
    /// What this request presents; `live` routes take tickets.
    pub(super) fn by(parts: &Parts, live: bool) -> Self {
        let headers = &parts.headers;
        let mut explicit: Vec<Credential> = Vec::new();
        let authorization = sent(headers, header::AUTHORIZATION.as_str()).map(without_scheme);
        let keys =
            authorization.chain(sent(headers, "x-api-key")).chain(sent(headers, "x-device-key"));
        let tickets = parts.uri.query().filter(|_| live).and_then(ticket);
        let given = keys.map(credential).chain(tickets);
        for credential in given {
            if !explicit.contains(&credential) {
                explicit.push(credential);
            }
        }
        if !explicit.is_empty() {
            return Self::Explicit(explicit);
        }
        let https = parts.extensions.get::<Exchange>().is_some_and(|it| it.client.https);
        cookies::access_token(headers, https)
            .map_or(Self::Nothing, |token| Self::Cookie(Credential::AccessToken(token)))
    }
}

/// What stands in a credential's header, each time it was sent. What is not ASCII is a credential
/// all the same, and no good one: it must not make a cookie count instead.
fn sent<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).into_iter();
    values.map(|value| value.to_str().map_or("?", str::trim)).filter(|text| !text.is_empty())
}

/// The credential of an `Authorization` header, with or without `Bearer`.
pub(super) fn without_scheme(value: &str) -> &str {
    match value.split_once(' ') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => rest.trim(),
        _ => value,
    }
}

/// What a client sent as a token: a trolley's key is told by how it begins.
pub(super) fn credential(value: &str) -> Credential {
    if value.starts_with(DEVICE_KEY_PREFIX) {
        Credential::DeviceKey(value.to_owned())
    } else {
        Credential::AccessToken(value.to_owned())
    }
}

fn ticket(query: &str) -> Option<Credential> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let (_, ticket) = pairs.find(|(name, value)| name == "ticket" && !value.is_empty())?;
    Some(Credential::Ticket(ticket.into_owned()))
}

/// Who presents these; without a credential, anonymous.
pub(super) async fn authenticate(
    state: &State,
    presented: &Presented,
    parts: &Parts,
    meta: &Meta,
) -> Result<Principal> {
    match presented {
        Presented::Nothing => Ok(Principal::Anonymous),
        Presented::Cookie(credential) => {
            if meta.live || !is_safe(&parts.method) {
                check_cookie_origin(parts, state)?;
            }
            Ok(state.app.authenticate(credential, address(parts)).await?)
        }
        Presented::Explicit(credentials) => one_principal(state, credentials, parts).await,
    }
}

/// Who presents all of these.
pub(super) async fn one_principal(
    state: &State,
    credentials: &[Credential],
    parts: &Parts,
) -> Result<Principal> {
    let found = agreed(state, None, credentials, parts).await?;
    Ok(found.unwrap_or(Principal::Anonymous))
}

/// The trolley that signed the request, unless a credential beside the signature is another's.
pub(super) async fn beside(
    state: &State,
    signer: CartDevice,
    credentials: &[Credential],
    parts: &Parts,
) -> Result<Principal> {
    let signer = Principal::Device(signer);
    let found = agreed(state, Some(signer), credentials, parts).await?;
    Ok(found.unwrap_or(signer))
}

async fn agreed(
    state: &State,
    mut found: Option<Principal>,
    credentials: &[Credential],
    parts: &Parts,
) -> Result<Option<Principal>> {
    for credential in credentials {
        let principal = state.app.authenticate(credential, address(parts)).await?;
        match found {
            Some(earlier) if earlier.key() != principal.key() => {
                let detail = "the request's credentials name different principals: send one";
                return Err(Problem::bad_request("conflicting-credentials", detail));
            }
            _ => found = Some(principal),
        }
    }
    Ok(found)
}

/// Where the request came from.
pub(super) fn address(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<Exchange>().map(|it| it.client.address)
}

const fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Refuses a request that a foreign page made a browser send. For handlers that act on a cookie
/// of their own accord, such as the refresh token's; all others are checked before they run.
pub fn check_cookie_origin(parts: &Parts, state: &State) -> Result<()> {
    if is_welcome(parts, state) {
        return Ok(());
    }
    let detail = "a cookie counts only from the appliance's own pages: use a Bearer token, or let \
                  the owner add the page's origin to CARTWRIGHT_CORS_ORIGINS";
    Err(Problem::new(StatusCode::FORBIDDEN, "bad-origin", detail))
}

/// Whether it comes from the appliance's own pages, from a listed one or from no page at all.
fn is_welcome(parts: &Parts, state: &State) -> bool {
    let client = parts.extensions.get::<Exchange>().map(|it| &it.client);
    let https = client.is_some_and(|client| client.https);
    let host = client.and_then(|client| client.host.as_deref());
    origin::is_welcome(&parts.headers, host, https, &state.cors_origins)
}

/// Whether the request asks for a WebSocket.
pub(super) fn is_handshake(method: &Method, headers: &HeaderMap) -> bool {
    let upgrade = text(headers, header::UPGRADE.as_str());
    *method == Method::GET && upgrade.is_some_and(|to| to.eq_ignore_ascii_case("websocket"))
}

/// Refuses the handshake of a live connection that a foreign page made a browser send, whatever
/// its credential: nothing else keeps a page from opening sockets to everywhere. What firmware
/// sends by habit is no page.
pub(super) fn check_handshake_origin(parts: &Parts, state: &State, who: Who) -> Result<()> {
    let is_firmware = || text(&parts.headers, "origin") == Some(FIRMWARE_ORIGIN);
    if is_welcome(parts, state) || (who == Who::Device && is_firmware()) {
        return Ok(());
    }
    let detail = "live connections are for the appliance's own pages: let the owner add the \
                  page's origin to CARTWRIGHT_CORS_ORIGINS";
    Err(Problem::new(StatusCode::FORBIDDEN, "bad-origin", detail))
}

/// 401 for a request without a credential.
pub(super) fn sign_in_first(who: Who) -> Problem {
    let detail = match who {
        Who::Device => "a trolley's key is needed, as X-API-Key",
        _ => "sign in first: a Bearer token or the session's cookie is needed",
    };
    Problem::new(StatusCode::UNAUTHORIZED, "unauthenticated", detail)
}

/// 403 for somebody else's route.
pub(super) fn not_allowed(who: Who) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "forbidden", format!("this is for {who} only"))
}

impl FromRequestParts<State> for Principal {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self> {
        let found = parts.extensions.get::<Self>().copied();
        found.ok_or_else(|| Problem::internal("a handler outside the route table"))
    }
}

macro_rules! principals {
    ($($kind:ident from $method:ident for $who:expr),* $(,)?) => {$(
        impl FromRequestParts<State> for $kind {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self> {
                let principal = Principal::from_request_parts(parts, state).await?;
                principal.$method().ok_or_else(|| match principal {
                    Principal::Anonymous => sign_in_first($who),
                    _ => not_allowed($who),
                })
            }
        }
    )*};
}

principals! {
    Shopper from shopper for Who::Shopper,
    Staff from staff for Who::Staff,
    Admin from admin for Who::Admin,
    CartDevice from device for Who::Device,
}
