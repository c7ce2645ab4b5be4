//! Reading a body, within the limit of its route.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::http::exchange::text;
use crate::http::route::{BODY_MAX_BYTES, Meta};
use crate::http::{Problem, Result, State};

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

/// The whole body.
pub(super) async fn read(parts: &Parts, body: Body) -> Result<Bytes> {
    let limit = parts.extensions.get::<Arc<Meta>>().map_or(BODY_MAX_BYTES, |it| it.body_max_bytes);
    let announced = text(&parts.headers, header::CONTENT_LENGTH.as_str());
    if announced
        .and_then(|length| length.parse().ok())
        .is_some_and(|length: u64| usize::try_from(length).map_or(true, |length| length > limit))
    {
        return Err(too_large(limit));
    }
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large(limit)),
        Err(_) => Err(Problem::bad_request("incomplete-body", "the body ended too early")),
    }
}

fn too_large(limit: usize) -> Problem {
    let detail = format!("the body is larger than {} KiB", limit / 1024);
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", detail)
        .with("limit_bytes", u64::try_from(limit).unwrap_or(u64::MAX))
}
