//! Answers that more than one resource gives.

use axum::body::Bytes;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::extract::json::Json;
use super::extract::page::Page;

/// A page of a list: a bare array, with the number of all items and the address of the next page.
#[derive(Debug)]
pub struct Listed<T, const DEFAULT: usize> {
    /// This page.
    pub items: Vec<T>,
    /// How many there are on all pages.
    pub total: u64,
    /// Which page was asked for.
    pub page: Page<DEFAULT>,
}

impl<T: Serialize, const DEFAULT: usize> IntoResponse for Listed<T, DEFAULT> {
    fn into_response(self) -> Response {
        let next = self.page.next(self.items.len(), self.total);
        let mut response = Json(self.items).into_response();
        let headers = response.headers_mut();
        headers.insert("x-total-count", self.total.into());
        if let Some(link) = next.and_then(|next| HeaderValue::try_from(next).ok()) {
            headers.insert(header::LINK, link);
        }
        response
    }
}

/// A thing with its version as `ETag`: a lock for `If-Match`, never a reason not to send it.
#[derive(Debug)]
pub struct Versioned<R>(pub u64, pub R);

impl<R: IntoResponse> IntoResponse for Versioned<R> {
    fn into_response(self) -> Response {
        let mut response = self.1.into_response();
        if let Ok(tag) = HeaderValue::try_from(format!("\"{}\"", self.0)) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

/// JSON that is there already, as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawJson(pub Bytes);

impl IntoResponse for RawJson {
    fn into_response(self) -> Response {
        let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        ([kind], self.0).into_response()
    }
}

/// An answer as it is kept under an idempotency key: fresh, or given before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The HTTP status.
    pub status: u16,
    /// The JSON content.
    pub content: Vec<u8>,
    /// Whether it was given before.
    pub replayed: bool,
}

impl IntoResponse for Stored {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let mut response = (status, [kind], self.content).into_response();
        if self.replayed {
            let name = HeaderName::from_static("idempotency-replayed");
            response.headers_mut().insert(name, HeaderValue::from_static("true"));
        }
        response
    }
}
