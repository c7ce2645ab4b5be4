//! What a request must look like before anybody looks up its route.
//!
//! hyper has parsed it and refused what is no HTTP (see `server::refusal`). A request without a
//! `Host` passes: firmware that writes its own requests often leaves it out.

use axum::extract::Request;
use axum::http::{StatusCode, header};

use crate::http::{Problem, Result};

/// The longest path and query, in bytes.
pub const URI_MAX_BYTES: usize = 8 * 1024;

/// Refuses what no honest client sends.
pub(super) fn check(request: &Request) -> Result<()> {
    let uri = request.uri();
    let length = uri.path().len() + uri.query().map_or(0, |query| query.len() + 1);
    if length > URI_MAX_BYTES {
        let detail =
            format!("the address has {length} bytes, and at most {URI_MAX_BYTES} are read");
        return Err(Problem::new(StatusCode::URI_TOO_LONG, "uri-too-long", detail));
    }
    // Two hosts let a proxy and this server read one request in two ways (RFC 9112, 3.2).
    if request.headers().get_all(header::HOST).iter().nth(1).is_some() {
        let detail = "the request has more than one Host header";
        return Err(Problem::bad_request("bad-host", detail));
    }
    Ok(())
}
