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

use crate::app::{CartDevice, Principal};
use crate::http::exchange::Exchange;
use crate::http::extract::read_whole;
use crate::http::principals::{self, Presented, signature};
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
        parts.extensions.insert(Arc::clone(&meta));
        parts.extensions.insert(state.body_room.clone());
        let admitted = async {
            let (signer, body) = signer(&state, &meta, &parts, Body::new(body)).await?;
            Ok((admit(&state, &meta, &parts, signer).await?, body))
        };
        match admitted.await {
            Ok((principal, body)) => {
                if let Principal::Device(device) = &principal {
                    state.app.note_address(device, principals::address(&parts));
                }
                parts.extensions.insert(principal);
                next.run(Request::from_parts(parts, body)).await
            }
            Err(problem) => Problem::into_response(problem),
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

/// The trolley that signed the request, and the body, which had to be read for that. Nothing is
/// read of a request whose time is wrong.
async fn signer(
    state: &State,
    meta: &Meta,
    parts: &Parts,
    body: Body,
) -> Result<(Option<CartDevice>, Body)> {
    // Elsewhere a trolley is nobody, whatever it signs.
    if !meta.who.admits_devices() {
        return Ok((None, body));
    }
    let Some(signed) = signature::presented(parts)? else { return Ok((None, body)) };
    state.app.await_signed_time(&signed).await?;
    let body = read_whole(parts, body).await?;
    let device = state.app.authenticate_signed(&signed, &body).await?;
    Ok((Some(device), Body::from(body)))
}

/// Who sends the request, if they may.
async fn admit(
    state: &State,
    meta: &Meta,
    parts: &Parts,
    signer: Option<CartDevice>,
) -> Result<Principal> {
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
    let principal = match (signer, &presented) {
        (Some(device), Presented::Explicit(others)) => {
            principals::beside(state, device, others, parts).await?
        }
        (Some(device), Presented::Nothing | Presented::Cookie(_)) => Principal::Device(device),
        (None, _) => principals::authenticate(state, &presented, parts, meta).await?,
    };
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
