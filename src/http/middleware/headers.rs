//! Headers on every answer: what a browser may do with it, and which request it answers.

use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue};

use crate::http::exchange::Exchange;

/// Scripts, styles and connections come from the appliance itself and nothing is inline.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; \
     object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Set unless the handler chose a value of its own.
const ALWAYS: [(HeaderName, &str); 8] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    // What the API says is of the moment and often private; pages and assets say otherwise.
    (header::CACHE_CONTROL, "no-store"),
    // Phones scan with their camera; nothing here asks for more.
    (HeaderName::from_static("permissions-policy"), "camera=(self), geolocation=(), microphone=()"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// The same for answers that are given before there is a request.
pub fn always() -> impl Iterator<Item = (&'static str, &'static str)> {
    const NAMES: [&str; 8] = [
        "Content-Security-Policy",
        "X-Content-Type-Options",
        "X-Frame-Options",
        "Referrer-Policy",
        "Cache-Control",
        "Permissions-Policy",
        "Cross-Origin-Opener-Policy",
        "Cross-Origin-Resource-Policy",
    ];
    NAMES.into_iter().zip(ALWAYS).map(|(name, (_, value))| (name, value))
}

/// Adds them, and the request's id.
pub(super) fn secure(headers: &mut HeaderMap, exchange: &Exchange) {
    for (name, value) in ALWAYS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if let Ok(id) = HeaderValue::try_from(exchange.id.to_string()) {
        headers.insert("x-request-id", id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_on_the_wire_are_those_of_the_table() {
        for ((name, value), (known, text)) in always().zip(ALWAYS) {
            assert_eq!((name.to_ascii_lowercase().as_str(), value), (known.as_str(), text));
        }
        assert_eq!(always().count(), ALWAYS.len());
    }
}
