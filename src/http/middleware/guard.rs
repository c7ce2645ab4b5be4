//! Around each handler: who may, and how long it may take.
//!
//! The table's `who` is enforced here and nowhere else; handlers find the principal, already
//! authenticated, in the request.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
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

use super::rate;
use super::timeout::Arriving;

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
    let timeout = state.request_timeout;
    let (body, arrived) = Arriving::new(body);
    let answer = async {
        match admit(&state, &meta, &parts).await {
            Ok(principal) => {
                if let Principal::Device(device) = &principal {
                    state.app.note_address(device, principals::address(&parts));
                }
                parts.extensions.insert(principal);
                parts.extensions.insert(meta);
                parts.extensions.insert(state.body_room.clone());
                next.run(Request::from_parts(parts, Body::new(body))).await
            }
            Err(problem) => problem.into_response(),
        }
    };
    if unbounded {
        return answer.await;
    }
    // The way here is bounded by the rate at which a body must come; this bounds the work.
    let deadline = async {
        arrived.await;
        tokio::time::sleep(timeout).await;
    };
    tokio::select! {
        biased;
        answer = answer => answer,
        () = deadline => timed_out(timeout),
    }
}

/// Who sends the request, if they may.
async fn admit(state: &State, meta: &Meta, parts: &Parts) -> Result<Principal> {
    // A WebSocket is for signed-in accounts, also where everybody may send a plain GET, or for
    // trolleys.
    let is_handshake = meta.websocket && principals::is_handshake(&parts.method, &parts.headers);
    if is_handshake {
        principals::check_handshake_origin(parts, state, meta.who)?;
    }
    let is_peoples = meta.who != Who::Device;
    let who = if is_handshake && is_peoples { Who::Shopper } else { meta.who };
    let presented = Presented::by(parts, (meta.live || is_handshake) && is_peoples);
    if who == Who::Anyone {
        let principal = principals::authenticate(state, &presented, parts, meta).await;
        let principal = principal.unwrap_or(Principal::Anonymous);
        rate::check_principal(state, meta, &principal)?;
        return Ok(principal);
    }
    let principal = principals::authenticate(state, &presented, parts, meta).await?;
    rate::check_principal(state, meta, &principal)?;
    match principal {
        Principal::Anonymous => Err(principals::sign_in_first(who)),
        _ if who.admits(&principal) => Ok(principal),
        _ => Err(principals::not_allowed(who)),
    }
}

fn timed_out(timeout: Duration) -> Response {
    let detail = format!(
        "this took longer than {} s and was given up; it may have been done all the same: \
         look before asking again, or ask with the same Idempotency-Key",
        timeout.as_secs()
    );
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "timed-out", detail).into_response()
}
