//! What happens around every request, in the order in which `edge` reads.

mod cors;
mod guard;
mod headers;
pub mod rate;
mod redirect;
mod shape;
mod timeout;

pub(super) use guard::guard;
pub use headers::always as security_headers;
pub use shape::URI_MAX_BYTES;

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use axum::extract::{Request, State as Of};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;

use super::State;
use super::exchange::Exchange;
use super::problem::{self, Problem};

/// The outermost layer: everything that is answered passes through here.
pub(super) async fn edge(Of(state): Of<State>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let exchange = Exchange::begin(&mut request, &state);
    let origin = cors::origin(request.headers(), &state.cors_origins);
    let early = cors::preflight(&request, origin.as_ref());
    let response = match early.or_else(|| redirect::to_https(&request, &exchange, &state)) {
        Some(answer) => answer,
        None => match shape::check(&request).and_then(|()| rate::check_address(&state, &request)) {
            Err(problem) => problem.into_response(),
            Ok(()) => AssertUnwindSafe(next.run(request))
                .catch_unwind()
                .await
                .unwrap_or_else(|panic| panicked(panic.as_ref())),
        },
    };
    let mut response = problem::render(response, &exchange).await;
    cors::allow(response.headers_mut(), origin, &state.cors_origins);
    headers::secure(response.headers_mut(), &exchange);
    let status = response.status().as_u16();
    log(&exchange, status, started.elapsed());
    state.count(&exchange, status, started.elapsed());
    response
}

/// A panic is our fault like any other.
fn panicked(panic: &(dyn Any + Send)) -> Response {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    Problem::internal(format!("panic: {}", text.unwrap_or_default())).into_response()
}

/// One line a request that changes something or fails; reads that succeed are the many, and tell
/// little: they are for `debug`. The query is left out: it may hold a ticket.
fn log(exchange: &Exchange, status: u16, took: Duration) {
    let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    let route = exchange.route_name();
    let is_quiet = exchange.route.get().is_some_and(|meta| meta.quiet);
    if is_quiet || (exchange.method.is_safe() && status < 400) {
        tracing::debug!(request_id = %exchange.id, method = %exchange.method, route, status, took_us);
    } else {
        tracing::info!(
            request_id = %exchange.id,
            method = %exchange.method,
            route,
            path = exchange.uri.path(),
            client = %exchange.client.address,
            status,
            took_us,
        );
    }
}
