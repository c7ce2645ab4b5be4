//! Promotions as a WebSocket: `GET /promotions/ws`, and an upgrade of `GET /promotions`.
//!
//! One way: a client has nothing to say but pongs, and what else it sends is not looked at. The
//! handshake is admitted like any request (see the guard), the rest is one task per connection.
//! It ends with the session, with the server, when the other side does not answer a ping, and
//! when it does not take what it is sent.

use std::future::Future;
use std::pin::Pin;

use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{Request, State as Of};
use axum::handler::Handler;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::{CLOSE_GRACE, Limits, News, Seat};
use crate::app::Shopper;
use crate::http::principals::is_handshake;
use crate::http::{Problem, Result, State};

/// Most bytes of a message from a client, and of each of its frames.
const MESSAGE_MAX_BYTES: usize = 16 * 1024;
/// Read at a time; every idle connection holds as much.
const READ_BUFFER_BYTES: usize = 1024;
/// Most bytes that wait for a client to take them.
const WRITE_BUFFER_MAX_BYTES: usize = 256 * 1024;

/// Closing codes: 4000 to 4999 are an application's own (RFC 6455, 7.4.2).
const SESSION_ENDED: (u16, &str) = (4401, "session ended");
pub(super) const GOING_AWAY: (u16, &str) = (1001, "the server is stopping");
const NOT_UNDERSTOOD: (u16, &str) = (1008, "malformed, or larger than 16 KiB");

/// What the document says about the frames.
pub(in crate::http) const ABOUT: &str = "Each text frame is a JSON object: \
    `{\"type\":\"promotion\",\"seq\",\"message\",\"promotion\"}` when a promotion starts, and \
    `{\"type\":\"resync\",\"seq\"}` to a client that was too slow and missed some, up to `seq`: \
    it reads GET /promotions. Answer the server's pings; it closes with 4401 when the session \
    ends and with 1001 when it stops. Browsers, which cannot send a header here, use the cookie \
    or a ticket of POST /auth/ticket.";

/// Why a conversation is over.
pub(super) enum End {
    /// The socket is dead, or as good as dead.
    Gone,
    /// They said goodbye.
    Theirs,
    /// We do, and say why.
    Ours((u16, &'static str)),
}

/// Upgrades a handshake; a plain GET is told to ask for one.
pub(in crate::http) async fn follow(
    Of(state): Of<State>,
    shopper: Shopper,
    method: Method,
    headers: HeaderMap,
    upgrade: std::result::Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response> {
    if !is_handshake(&method, &headers) {
        return Ok(upgrade_first());
    }
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => return Ok(rejection.into_response()),
    };
    let seat = state.live.enter(&state, shopper)?;
    let (limits, shutdown) = (state.live.0.limits, state.shutdown.clone());
    let upgrade = upgrade
        .max_message_size(MESSAGE_MAX_BYTES)
        .max_frame_size(MESSAGE_MAX_BYTES)
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER_MAX_BYTES);
    Ok(upgrade.on_upgrade(move |socket| serve(socket, seat, limits, shutdown)))
}

/// For a plain GET of what is a WebSocket.
pub(super) fn upgrade_first() -> Response {
    let detail = "this is a WebSocket: ask for an upgrade";
    let problem = Problem::new(StatusCode::UPGRADE_REQUIRED, "upgrade-required", detail);
    ([(header::UPGRADE, "websocket")], problem).into_response()
}

/// A handler of plain GETs whose path can be followed as well: `get(path, who,
/// or_follow(list)).websocket()`.
pub(in crate::http) const fn or_follow<H>(handler: H) -> OrFollow<H> {
    OrFollow(handler)
}

/// See [`or_follow`].
#[derive(Debug, Clone)]
pub(in crate::http) struct OrFollow<H>(H);

impl<H: Handler<T, State>, T: 'static> Handler<T, State> for OrFollow<H> {
    type Future = Pin<Box<dyn Future<Output = Response> + Send>>;

    fn call(self, request: Request, state: State) -> Self::Future {
        if is_handshake(request.method(), request.headers()) {
            return Box::pin(Handler::call(follow, request, state));
        }
        Box::pin(self.0.call(request, state))
    }
}

async fn serve(mut socket: WebSocket, seat: Seat, limits: Limits, shutdown: CancellationToken) {
    let end = converse(&mut socket, seat, limits, shutdown).await;
    finish(&mut socket, end).await;
}

/// Says goodbye as it is due.
pub(super) async fn finish(socket: &mut WebSocket, end: End) {
    match end {
        End::Gone => return,
        End::Theirs => {}
        End::Ours((code, reason)) => {
            let frame = CloseFrame { code, reason: reason.into() };
            let closing = socket.send(Message::Close(Some(frame)));
            if !matches!(timeout(CLOSE_GRACE, closing).await, Ok(Ok(()))) {
                return;
            }
        }
    }
    // Their goodbye, or the answer to it; a connection that is cut instead would lose ours.
    let rest = async { while let Some(Ok(_)) = socket.recv().await {} };
    let _ = timeout(CLOSE_GRACE, rest).await;
}

/// Tells what there is to tell. The seat is given up before the goodbyes.
async fn converse(
    socket: &mut WebSocket,
    seat: Seat,
    limits: Limits,
    shutdown: CancellationToken,
) -> End {
    let Seat { mut feed, membership } = seat;
    let mut pings = interval_at(Instant::now() + limits.ping_interval, limits.ping_interval);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut pong_due: Option<Instant> = None;
    loop {
        let message = tokio::select! {
            // The end of the session comes before all that is still to be told.
            biased;
            () = membership.session_end() => return End::Ours(SESSION_ENDED),
            () = shutdown.cancelled() => return End::Ours(GOING_AWAY),
            news = feed.next() => match news {
                Some(news) => Message::Text(frame(&news)),
                None => return End::Ours(GOING_AWAY),
            },
            message = socket.recv() => match message {
                Some(Ok(Message::Close(_))) => return End::Theirs,
                Some(Ok(_)) => {
                    pong_due = None;
                    continue;
                }
                Some(Err(_)) => return End::Ours(NOT_UNDERSTOOD),
                None => return End::Gone,
            },
            _ = pings.tick() => {
                pong_due.get_or_insert(Instant::now() + limits.pong_timeout);
                Message::Ping(axum::body::Bytes::new())
            }
            () = sleep_until(pong_due.unwrap_or_else(Instant::now)), if pong_due.is_some() => {
                return End::Gone;
            }
        };
        if !matches!(timeout(limits.write_stall, socket.send(message)).await, Ok(Ok(()))) {
            return End::Gone;
        }
    }
}

fn frame(news: &News) -> Utf8Bytes {
    match news {
        News::Promotion { frame, .. } => frame.clone(),
        News::Missed(seq) => json!({ "type": "resync", "seq": seq }).to_string().into(),
    }
}
