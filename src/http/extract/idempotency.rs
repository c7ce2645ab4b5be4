//! `Idempotency-Key`: a request that a client may repeat without it being done twice.
//!
//! The key names an answer together with who asks and for what; the use case keeps the answer in
//! the transaction of its effect.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::app::{Idempotency, Principal};
use crate::http::route::Meta;
use crate::http::{Problem, Result, State};

use super::json::{optional, required};
use super::read::read;

/// The longest key in characters.
const KEY_MAX: usize = 255;

/// No body, and the key if one was sent.
#[derive(Debug, Clone)]
pub struct Keyed(pub Option<Idempotency>);

/// The body as it came, and the key if one was sent.
#[derive(Debug, Clone)]
pub struct KeyedBody {
    /// The body.
    pub body: Bytes,
    /// The key, bound to who asks, the route and the body.
    pub idempotency: Option<Idempotency>,
}

/// A JSON body, and the key if one was sent.
#[derive(Debug, Clone)]
pub struct KeyedJson<T> {
    /// The body.
    pub body: T,
    /// The key, bound to who asks, the route and the body.
    pub idempotency: Option<Idempotency>,
}

/// A JSON body that may be left out, and the key if one was sent.
#[derive(Debug, Clone)]
pub struct KeyedOptionalJson<T> {
    /// The body.
    pub body: Option<T>,
    /// The key, bound to who asks, the route and the body.
    pub idempotency: Option<Idempotency>,
}

impl FromRequest<State> for Keyed {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &State) -> Result<Self> {
        keyed(request, state).await.map(|(_, _, idempotency)| Self(idempotency))
    }
}

impl FromRequest<State> for KeyedBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &State) -> Result<Self> {
        let (_, body, idempotency) = keyed(request, state).await?;
        Ok(Self { body, idempotency })
    }
}

impl<T: DeserializeOwned> FromRequest<State> for KeyedJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &State) -> Result<Self> {
        let (parts, bytes, idempotency) = keyed(request, state).await?;
        Ok(Self { body: required(&parts, &bytes)?, idempotency })
    }
}

impl<T: DeserializeOwned> FromRequest<State> for KeyedOptionalJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &State) -> Result<Self> {
        let (parts, bytes, idempotency) = keyed(request, state).await?;
        Ok(Self { body: optional(&parts, &bytes)?, idempotency })
    }
}

async fn keyed(request: Request, state: &State) -> Result<(Parts, Bytes, Option<Idempotency>)> {
    let (mut parts, body) = request.into_parts();
    let key = key(&parts)?;
    let bytes = read(&parts, body).await?;
    let Some(key) = key else { return Ok((parts, bytes, None)) };
    let principal = Principal::from_request_parts(&mut parts, state).await?.key();
    let operation = operation(&mut parts, state).await?;
    let query = parts.uri.query().unwrap_or_default();
    let mut hasher = Sha256::new();
    hasher.update(query.as_bytes());
    hasher.update([0]);
    hasher.update(&bytes);
    let body_hash = hasher.finalize().into();
    Ok((parts, bytes, Some(Idempotency { principal, operation, key, body_hash })))
}

/// The key of a request whose body was read otherwise, with its SHA-256; see [`Keyed`].
pub(super) async fn of_upload(
    mut parts: Parts,
    state: &State,
    sha256: [u8; 32],
) -> Result<Option<Idempotency>> {
    let Some(key) = key(&parts)? else { return Ok(None) };
    let principal = Principal::from_request_parts(&mut parts, state).await?.key();
    let operation = operation(&mut parts, state).await?;
    let mut hasher = Sha256::new();
    hasher.update(parts.uri.query().unwrap_or_default().as_bytes());
    hasher.update([0]);
    hasher.update(sha256);
    let body_hash = hasher.finalize().into();
    Ok(Some(Idempotency { principal, operation, key, body_hash }))
}

pub(super) fn key(parts: &Parts) -> Result<Option<String>> {
    let Some(value) = parts.headers.get("idempotency-key") else { return Ok(None) };
    let bytes = value.as_bytes();
    let printable = bytes.iter().all(|byte| matches!(byte, b' '..=b'~'));
    if bytes.is_empty() || bytes.len() > KEY_MAX || !printable {
        let message = format!("1 to {KEY_MAX} printable ASCII characters");
        return Err(Problem::field("Idempotency-Key", message));
    }
    Ok(Some(String::from_utf8_lossy(bytes).into_owned()))
}

/// Method and canonical path with the parameters of this request: aliases and prefixes share it,
/// two carts do not.
async fn operation(parts: &mut Parts, state: &State) -> Result<String> {
    let meta = parts.extensions.get::<Arc<Meta>>().cloned();
    let meta = meta.ok_or_else(|| Problem::internal("a handler outside the route table"))?;
    let params = RawPathParams::from_request_parts(parts, state).await;
    let params = params.map_err(|error| Problem::bad_request("bad-path", error.to_string()))?;
    let mut values = params.iter().map(|(_, value)| value);
    let segments = meta.path.split('/').map(|segment| {
        let value = if segment.starts_with('{') { values.next() } else { None };
        value.unwrap_or(segment)
    });
    Ok(format!("{} {}", meta.method, segments.collect::<Vec<_>>().join("/")))
}
