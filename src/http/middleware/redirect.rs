//! Browsers that open a page over plain HTTP, led to HTTPS where the owner wants it.
//!
//! Only pages, and only when a person opens one: a trolley's firmware and a program of the API
//! follow no redirect, or lose their body on the way. `/trust` stays, because a device that does
//! not trust the shop's authority yet can read it over plain HTTP only.

use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::http::State;
use crate::http::exchange::{Exchange, text};
use crate::http::trust::Host;

/// What people open by typing an address or by a link from elsewhere.
const PAGES: [&str; 5] = ["/", "/admin", "/admin/", "/docs", "/setup"];

/// Where the browser should go instead, if anywhere. The answer is temporary (307): one that
/// browsers remember would outlive the owner's decision.
pub(super) fn to_https(request: &Request, exchange: &Exchange, state: &State) -> Option<Response> {
    if !state.https_redirect || exchange.client.https || !is_navigation(request) {
        return None;
    }
    let port = state.trust.borrow().as_ref()?.https_port;
    let path = exchange.uri.path();
    if !PAGES.contains(&path) {
        return None;
    }
    let host = Host::of(request.headers())?;
    let query = exchange.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let location = format!("{}{path}{query}", host.https(port));
    let headers = [(header::LOCATION, location), (header::CACHE_CONTROL, "no-store".to_owned())];
    Some((StatusCode::TEMPORARY_REDIRECT, headers).into_response())
}

/// Whether a person opens a page. Over plain HTTP browsers leave out `Sec-Fetch-Mode`.
fn is_navigation(request: &Request) -> bool {
    let headers = request.headers();
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let wants_page = text(headers, "accept").is_some_and(|kinds| kinds.contains("text/html"));
    let mode = text(headers, "sec-fetch-mode");
    is_read && wants_page && mode.is_none_or(|mode| mode == "navigate")
}
