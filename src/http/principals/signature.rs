//! The headers of a request that a trolley signed instead of sending its key: `X-Device-Id`,
//! `X-Time`, `X-Nonce` and `X-Signature`.

use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::app::signatures::{SignedRequest, bad_signature};
use crate::domain::id::DeviceId;
use crate::http::exchange::{self, text};
use crate::http::{Problem, Result};

/// Shortest and longest nonce, in characters.
const NONCE_LENGTHS: std::ops::RangeInclusive<usize> = 8..=32;
/// Longest time, in digits.
const TIME_DIGITS_MAX: usize = 12;

/// What was signed, if the request says that it is.
pub(in crate::http) fn presented(parts: &Parts) -> Result<Option<SignedRequest>> {
    if !parts.headers.contains_key("x-signature") {
        return Ok(None);
    }
    let uri = &exchange::of(parts)?.uri;
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let wrong = |detail: &str| Problem::from(bad_signature(detail));
    let headers = &parts.headers;
    let device_id = one(headers, "x-device-id").and_then(|id| id.parse().ok());
    let device_id = device_id.and_then(|id| DeviceId::new(id).ok());
    let time = one(headers, "x-time").filter(|time| time.len() <= TIME_DIGITS_MAX);
    let nonce = one(headers, "x-nonce").filter(|nonce| is_nonce(nonce));
    let signature = one(headers, "x-signature");
    Ok(Some(SignedRequest {
        device_id: device_id.ok_or_else(|| wrong("X-Device-Id is the number of the trolley"))?,
        time: time.ok_or_else(|| wrong("X-Time is a number of seconds since 1970"))?.to_owned(),
        nonce: nonce.ok_or_else(|| wrong("X-Nonce is 8 to 32 of A-Za-z0-9_-"))?.to_owned(),
        signature: signature.ok_or_else(|| wrong("X-Signature is 64 hex digits"))?.to_owned(),
        method: parts.method.as_str().to_owned(),
        target: target.to_owned(),
    }))
}

/// A header that is there once: of two, somebody in between could have added one.
fn one<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    text(headers, name).filter(|_| headers.get_all(name).iter().nth(1).is_none())
}

fn is_nonce(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    NONCE_LENGTHS.contains(&text.len()) && text.bytes().all(is_letter)
}
