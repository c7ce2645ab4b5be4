//! Pages of other origins: only those on the owner's list, and those with credentials.

use axum::extract::Request;
use axum::http::header;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::http::exchange::{Dialect, Exchange};
use crate::http::extract::Json;

/// How long a browser may remember the answer to a preflight, in seconds.
const PREFLIGHT_MAX_AGE_S: &str = "600";
const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";
const REQUEST_HEADERS: &str =
    "authorization, content-type, idempotency-key, if-match, x-api-key, x-device-key";
const ANSWER_HEADERS: &str =
    "etag, idempotency-replayed, link, location, retry-after, x-request-id, x-total-count";

/// The request's origin, if it is on the list.
pub(super) fn origin(headers: &HeaderMap, allowed: &[String]) -> Option<HeaderValue> {
    let origin = headers.get(header::ORIGIN)?;
    let listed = allowed.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes());
    listed.then(|| origin.clone())
}

/// The answer to a listed origin's question what it may send.
pub(super) fn preflight(request: &Request, origin: Option<&HeaderValue>) -> Option<Response> {
    origin?;
    let asks = request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    (asks && request.method() == Method::OPTIONS).then(|| {
        let headers = [
            (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS),
            (header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_MAX_AGE_S),
        ];
        match request.extensions().get::<Exchange>().map(|exchange| exchange.dialect) {
            // Nothing below the trolleys' prefix is without a body, whoever asks.
            Some(Dialect::Device) => (headers, Json(json!({ "success": true }))).into_response(),
            _ => (StatusCode::NO_CONTENT, headers).into_response(),
        }
    })
}

/// Lets a listed origin's page read the answer.
pub(super) fn allow(headers: &mut HeaderMap, origin: Option<HeaderValue>, allowed: &[String]) {
    if !allowed.is_empty() {
        headers.append(header::VARY, HeaderValue::from_static("origin"));
    }
    let Some(origin) = origin else { return };
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    let yes = HeaderValue::from_static("true");
    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, yes);
    let exposed = HeaderValue::from_static(ANSWER_HEADERS);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
}
