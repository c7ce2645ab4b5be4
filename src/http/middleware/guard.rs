//! Around each handler: who may, and how long it may take.
//!
//! The table's `who` is enforced here and nowhere else; handlers find the principal, already
//! authenticated, in the request.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State as Of};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::Principal;
use crate::http::exchange::Exchange;
use crate::http::principals::{self, Presented};
use crate::http::route::{Meta, Who};
use crate::http::{Problem, Result, State};

/// The longest a request may take, unless its route streams.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Runs the handler of a route for those who may use it.
pub(in crate::http) async fn guard(
    Of((state, meta)): Of<(State, Arc<Meta>)>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    if let Some(exchange) = parts.extensions.get::<Exchange>() {
        // A request meets one route only, so that the slot is always empty here.
        let _ = exchange.route.set(Arc::clone(&meta));
    }
    let unbounded = meta.unbounded;
    let answer = async {
        match admit(&state, &meta, &parts).await {
            Ok(principal) => {
                parts.extensions.insert(principal);
                parts.extensions.insert(meta);
                next.run(Request::from_parts(parts, body)).await
            }
            Err(problem) => problem.into_response(),
        }
    };
    if unbounded {
        return answer.await;
    }
    tokio::time::timeout(REQUEST_TIMEOUT, answer).await.unwrap_or_else(|_| timed_out())
}

/// Who sends the request, if they may.
async fn admit(state: &State, meta: &Meta, parts: &Parts) -> Result<Principal> {
    let presented = Presented::by(parts, meta.live);
    if meta.who == Who::Anyone {
        let principal = principals::authenticate(state, &presented, parts, meta).await;
        return Ok(principal.unwrap_or(Principal::Anonymous));
    }
    let principal = principals::authenticate(state, &presented, parts, meta).await?;
    match principal {
        Principal::Anonymous => Err(principals::sign_in_first(meta.who)),
        _ if meta.who.admits(&principal) => Ok(principal),
        _ => Err(principals::not_allowed(meta.who)),
    }
}

fn timed_out() -> Response {
    let detail = format!(
        "this took longer than {} s and was given up; it may have been done all the same: \
         look before asking again, or ask with the same Idempotency-Key",
        REQUEST_TIMEOUT.as_secs()
    );
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "timed-out", detail).into_response()
}
