//! Promotions for clients that speak Socket.IO: Engine.IO 4 by WebSocket and by long polling, at
//! `/socket.io/`, in the namespace `/promotions`, as events `promotion` with `{"message"}`.
//!
//! The crate speaks the protocol; who may, how many and how long is decided here. A session of the
//! protocol begins with a request that proves nothing yet: it takes one of its address' places
//! and must join the namespace soon. It joins with the credential of that request or with the
//! `token` in its `auth`, and then holds a `Seat` like every follower. When its login ends it is
//! told so (`io server disconnect`), and its socket is cut if it does not close it by itself. A
//! server that stops closes the transport only, so that clients come back by themselves.

use std::convert::Infallible;
use std::fmt;
use std::future::{Ready, ready};
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State as Of};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use socketioxide::extract::{Extension, HttpExtension, SocketRef, TryData};
use socketioxide::handler::ConnectHandler;
use socketioxide::service::SocketIoService;
use socketioxide::{ParserConfig, SendError, SocketError, SocketIo};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tower::Service;

use super::places::{Place, Places};
use super::{CLOSE_GRACE, Limits, Live, News, Seat, no_place};
use crate::app::{Principal, Shopper};
use crate::domain::promotions::PROMOTIONS_MAX;
use crate::http::exchange::{self, HangUp};
use crate::http::principals::{self, Presented, check_handshake_origin, is_handshake};
use crate::http::problem::Verbatim;
use crate::http::route::Who;
use crate::http::{Problem, Result, State};

/// The only namespace.
const NAMESPACE: &str = "/promotions";
/// Most bytes of a message from a client, and of a polling request.
const PAYLOAD_MAX_BYTES: usize = 16 * 1024;
/// Read at a time; every idle connection holds as much.
const READ_BUFFER_BYTES: usize = 1024;
/// Most packets that wait for a client to take them: all promotions may start together, and the
/// protocol has packets of its own.
const BUFFER_PACKETS: usize = PROMOTIONS_MAX + 64;
/// A session that has not joined the namespace by then is closed.
const JOIN_TIMEOUT: Duration = Duration::from_secs(10);
/// How often one session may try to join: each try may be a guess.
const TRIES_MAX: usize = 5;
/// The packet that closes a session, for a request that waits while the server stops.
const CLOSE_PACKET: &str = "1";

/// The Socket.IO part of a server's live connections.
pub(super) struct Server {
    service: SocketIoService<NoRoute>,
    io: SocketIo,
    places: Arc<Places<IpAddr>>,
    sockets: Mutex<Vec<Upgraded>>,
}

/// A WebSocket of a session; one that began by polling is known by its id.
#[derive(Debug)]
struct Upgraded {
    sid: Option<String>,
    hang_up: HangUp,
}

/// Travels with the request that began a session, and lives as long as that.
struct Handshake {
    state: State,
    /// Set if the session began as a WebSocket.
    hang_up: Option<HangUp>,
    tries: AtomicUsize,
    _place: Place<IpAddr>,
}

/// A seat on its way from the check to the follower.
#[derive(Clone)]
struct Reserved(Arc<Mutex<Option<Seat>>>);

/// Why a session may not join, in words; the protocol has no room for more.
#[derive(Debug)]
struct Refusal(Problem);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.detail())
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

/// Any request of the protocol: opening, polling, sending, upgrading.
pub(in crate::http) async fn exchange(Of(state): Of<State>, request: Request) -> Result<Response> {
    let (mut parts, body) = request.into_parts();
    check_handshake_origin(&parts, &state, Who::Shopper)?;
    let (live, shutdown) = (state.live.clone(), state.shutdown.clone());
    let server = live.socket_io();
    // Sessions that never join must end with the server as well.
    live.start(&state);
    let upgraded = upgraded(&parts)?;
    if parameter(&parts, "sid").is_none() {
        let address = exchange::of(&parts)?.client.address;
        let place = server.places.take(address).map_err(no_place)?;
        let hang_up = upgraded.as_ref().map(|socket| socket.hang_up.clone());
        let handshake = Handshake { state, hang_up, tries: AtomicUsize::new(0), _place: place };
        parts.extensions.insert(Arc::new(handshake));
    }
    let answer = server.service.clone().call(Request::from_parts(parts, body));
    let mut response = tokio::select! {
        biased;
        answer = answer => match answer {
            Ok(answer) => answer.map(Body::new),
            Err(never) => match never {},
        },
        () = stopping(&shutdown) => CLOSE_PACKET.into_response(),
    };
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        server.remember(upgraded);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.extensions_mut().insert(Verbatim);
    Ok(response)
}

/// The socket that this request wants to upgrade, if it does.
fn upgraded(parts: &Parts) -> Result<Option<Upgraded>> {
    if parameter(parts, "transport") != Some("websocket") {
        return Ok(None);
    }
    let hang_up = parts.extensions.get::<HangUp>().cloned();
    if let Some(hang_up) = hang_up.filter(|_| is_handshake(&parts.method, &parts.headers)) {
        let sid = parameter(parts, "sid").map(str::to_owned);
        return Ok(Some(Upgraded { sid, hang_up }));
    }
    let detail = "this transport is a WebSocket: ask for an upgrade";
    Err(Problem::new(StatusCode::UPGRADE_REQUIRED, "upgrade-required", detail))
}

/// A parameter as the protocol's own parser reads it.
fn parameter<'a>(parts: &'a Parts, name: &str) -> Option<&'a str> {
    let mut pairs = parts.uri.query()?.split('&');
    pairs.find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// Waits until the server stops and its sessions have had their time to close.
async fn stopping(shutdown: &CancellationToken) {
    shutdown.cancelled().await;
    sleep(CLOSE_GRACE).await;
}

impl Live {
    fn socket_io(&self) -> &Server {
        self.0.socket_io.get_or_init(|| Server::new(&self.0.limits))
    }
}

impl Server {
    fn new(limits: &Limits) -> Self {
        let parser = ParserConfig::common()
            .max_incoming_binary_buf_size(PAYLOAD_MAX_BYTES)
            .max_incoming_binaries(1);
        let (service, io) = SocketIo::builder()
            .ping_interval(limits.ping_interval)
            .ping_timeout(limits.pong_timeout)
            .connect_timeout(JOIN_TIMEOUT)
            .max_buffer_size(BUFFER_PACKETS)
            .max_payload(u64::try_from(PAYLOAD_MAX_BYTES).unwrap_or(u64::MAX))
            .ws_read_buffer_size(READ_BUFFER_BYTES)
            .ws_max_message_size(PAYLOAD_MAX_BYTES)
            .ws_max_frame_size(PAYLOAD_MAX_BYTES)
            .with_parser(parser)
            .build_with_inner_svc(NoRoute);
        io.ns(NAMESPACE, follow.with(admit));
        let places = Places::new(limits.connections, limits.connections_per_account);
        Self { service, io, places, sockets: Mutex::default() }
    }

    fn remember(&self, socket: Option<Upgraded>) {
        let Some(socket) = socket else { return };
        let mut sockets = self.sockets();
        if sockets.len() == sockets.capacity() {
            // Grows only with the number of those that are open.
            sockets.retain(|socket| !socket.hang_up.is_done());
        }
        sockets.push(socket);
    }

    /// Lets go of what is known of sockets that are closed.
    pub(super) fn forget_closed(&self) {
        self.sockets().retain(|socket| !socket.hang_up.is_done());
    }

    /// Cuts the WebSocket that this session was upgraded to.
    fn hang_up(&self, sid: &str) {
        let sockets = self.sockets();
        let of_session = sockets.iter().filter(|socket| socket.sid.as_deref() == Some(sid));
        of_session.for_each(|socket| socket.hang_up.now());
    }

    /// Closes every session.
    pub(super) async fn close(&self) {
        let _ = timeout(CLOSE_GRACE, self.io.close()).await;
        self.sockets().drain(..).for_each(|socket| socket.hang_up.now());
    }

    fn sockets(&self) -> MutexGuard<'_, Vec<Upgraded>> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("places", &self.places).finish_non_exhaustive()
    }
}

/// Decides who joins the namespace, before it is answered.
async fn admit(
    socket: SocketRef,
    TryData(auth): TryData<Value>,
    HttpExtension(handshake): HttpExtension<Arc<Handshake>>,
) -> std::result::Result<(), Refusal> {
    if handshake.tries.fetch_add(1, Ordering::SeqCst) >= TRIES_MAX {
        let detail = "too many attempts to join: open another connection";
        let status = StatusCode::TOO_MANY_REQUESTS;
        return Err(Problem::new(status, "too-many-attempts", detail).into());
    }
    let shopper = shopper(&handshake.state, socket.req_parts(), auth.ok().as_ref()).await?;
    // From now on nothing is missed, though the answer is not yet out.
    let seat = handshake.state.live.enter(&handshake.state, shopper)?;
    handshake.tries.store(0, Ordering::SeqCst);
    socket.extensions.insert(Reserved(Arc::new(Mutex::new(Some(seat)))));
    Ok(())
}

/// Who joins: by the credentials of the session's first request and the `token` of its `auth`.
async fn shopper(state: &State, parts: &Parts, auth: Option<&Value>) -> Result<Shopper> {
    let token = match auth.and_then(|auth| auth.get("token")) {
        None | Some(Value::Null) => "",
        Some(Value::String(token)) => principals::without_scheme(token.trim()),
        Some(_) => return Err(Problem::field("auth.token", "is an access token, as text")),
    };
    let mut presented = Presented::by(parts, true);
    if !token.is_empty() {
        let token = principals::credential(token);
        presented = match presented {
            Presented::Explicit(mut others) if !others.contains(&token) => {
                others.push(token);
                Presented::Explicit(others)
            }
            same @ Presented::Explicit(_) => same,
            Presented::Nothing | Presented::Cookie(_) => Presented::Explicit(vec![token]),
        };
    }
    let principal = match &presented {
        Presented::Nothing => Principal::Anonymous,
        Presented::Cookie(cookie) => {
            state.app.authenticate(cookie, principals::address(parts)).await?
        }
        Presented::Explicit(credentials) => {
            principals::one_principal(state, credentials, parts).await?
        }
    };
    principal.shopper().ok_or_else(|| match principal {
        Principal::Anonymous => principals::sign_in_first(Who::Shopper),
        _ => principals::not_allowed(Who::Shopper),
    })
}

/// Tells a session that has joined what there is to tell.
async fn follow(
    socket: SocketRef,
    Extension(reserved): Extension<Reserved>,
    HttpExtension(handshake): HttpExtension<Arc<Handshake>>,
) {
    let seat = reserved.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(Seat { mut feed, membership }) = seat else { return };
    let gone = CancellationToken::new();
    let tells_end = gone.clone();
    socket.on_disconnect(move || {
        tells_end.cancel();
        ready(())
    });
    // One that was gone before the line above does not tell.
    while socket.connected() {
        tokio::select! {
            biased;
            () = gone.cancelled() => return,
            () = handshake.state.shutdown.cancelled() => return,
            () = membership.session_end() => break,
            news = feed.next() => match news.map(|news| tell(&socket, &news)) {
                Some(Ok(())) => {}
                Some(Err(SendError::Socket(SocketError::InternalChannelFull))) => break,
                Some(Err(_)) | None => return,
            },
        }
    }
    drop(membership);
    let sid = socket.id.to_string();
    // A session whose buffer is full is not told; its socket is cut all the same.
    let _ = socket.disconnect();
    sleep(CLOSE_GRACE).await;
    if let Some(hang_up) = &handshake.hang_up {
        hang_up.now();
    }
    handshake.state.live.socket_io().hang_up(&sid);
}

fn tell(socket: &SocketRef, news: &News) -> std::result::Result<(), SendError> {
    match news {
        News::Promotion { message, .. } => socket.emit("promotion", &json!({ "message": message })),
        News::Missed(seq) => socket.emit("resync", &json!({ "seq": seq })),
    }
}

/// What the protocol's service would hand on; the router hands it nothing else.
#[derive(Debug, Clone)]
struct NoRoute;

impl Service<Request> for NoRoute {
    type Response = Response;
    type Error = Infallible;
    type Future = Ready<std::result::Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::result::Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request) -> Self::Future {
        ready(Ok(Problem::not_found().into_response()))
    }
}
