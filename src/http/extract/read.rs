//! Reading a body, within the limit of its route.

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use bytes::BytesMut;
use http_body_util::BodyExt;

use crate::http::exchange::text;
use crate::http::route::{BODY_MAX_BYTES, Meta};
use crate::http::{Problem, Result, State};

use super::room::Place;

/// The body as it came, for routes that parse it themselves.
#[derive(Debug, Clone)]
pub struct RawBody(pub Bytes);

impl FromRequest<State> for RawBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &State) -> Result<Self> {
        let (parts, body) = request.into_parts();
        read(&parts, body).await.map(Self)
    }
}

/// The whole body. Memory is taken as it arrives, whatever length it announced.
pub(in crate::http) async fn read(parts: &Parts, mut body: Body) -> Result<Bytes> {
    let limit = parts.extensions.get::<Arc<Meta>>().map_or(BODY_MAX_BYTES, |it| it.body_max_bytes);
    let announced = text(&parts.headers, header::CONTENT_LENGTH.as_str());
    if announced
        .and_then(|length| length.parse().ok())
        .is_some_and(|length: u64| usize::try_from(length).map_or(true, |length| length > limit))
    {
        return Err(too_large(limit));
    }
    let mut place = Place::of(parts);
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken_off(&error))?;
        // The other kind of frame are trailers, which nothing here asks for.
        let Ok(piece) = frame.into_data() else { continue };
        let length = whole.len().saturating_add(piece.len());
        if length > limit {
            return Err(too_large(limit));
        }
        place.grow_to(length)?;
        whole.extend_from_slice(&piece);
    }
    Ok(whole.freeze())
}

/// A body that came too slowly, or not to its end.
pub(super) fn broken_off(error: &axum::Error) -> Problem {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = cause {
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        if kind == Some(io::ErrorKind::TimedOut) {
            let detail = "the body of the request came too slowly";
            return Problem::new(StatusCode::REQUEST_TIMEOUT, "body-too-slow", detail);
        }
        cause = error.source();
    }
    Problem::bad_request("incomplete-body", "the body ended too early")
}

pub(super) fn too_large(limit: usize) -> Problem {
    let detail = format!("the body is larger than {} KiB", limit / 1024);
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", detail)
        .with("limit_bytes", u64::try_from(limit).unwrap_or(u64::MAX))
}
