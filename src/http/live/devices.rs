//! What trolleys are told, as it happens: `GET /cart/esp32/ws`.
//!
//! One task serves all of them. It follows the change log, looks up what became of the trolleys
//! that a change may matter to, together and in one read, and leaves the newest state in each
//! connection's `watch`: nothing queues, and a slow trolley finds the last state. A connection
//! compares it with what it sent last, which says whether there is anything to tell and of what
//! type. The same look asks whether the key that the connection was opened with is still good; when
//! it is not, the connection ends before anything else is sent.
//!
//! A trolley has one connection: a newer one takes the place of the older. Wi-Fi drops without a
//! goodbye, and the trolley that comes back must not wait until the dead connection was noticed.

mod task;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::State as Of;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::RETRY_AFTER_S;
use super::websocket::{End, GOING_AWAY, finish, upgrade_first};
use crate::app::CartDevice;
use crate::app::fleet::{Connected, DeviceStanding, DeviceStatus, Heartbeat, Nudge};
use crate::domain::id::DeviceId;
use crate::http::devices::frames;
use crate::http::principals::is_handshake;
use crate::http::{Problem, Result, State};
use crate::telemetry::Metrics;

/// Most bytes of a message from a trolley, and of each of its frames.
const MESSAGE_MAX_BYTES: usize = 4 * 1024;
/// Read at a time; every idle connection holds as much.
const READ_BUFFER_BYTES: usize = 1024;
/// Most bytes that wait for a trolley to take them.
const WRITE_BUFFER_MAX_BYTES: usize = 16 * 1024;
/// The shortest time between two frames of news: what changes meanwhile comes as one.
const FRAME_PAUSE: Duration = Duration::from_millis(200);
/// The shortest time between two frames that are read.
const READ_PAUSE: Duration = Duration::from_millis(50);

/// Closing codes of an application's own (RFC 6455, 7.4.2), and one of the protocol's.
const REFUSED: (u16, &str) = (4401, "the key is no longer good");
const REPLACED: (u16, &str) = (4409, "replaced by a newer connection");
const NOT_UNDERSTOOD: (u16, &str) = (1008, "malformed, or larger than 4 KiB");

/// The connections of all trolleys.
#[derive(Debug, Default)]
pub(super) struct Sockets {
    seats: Mutex<Seats>,
    is_started: AtomicBool,
}

#[derive(Debug, Default)]
struct Seats {
    last_number: u64,
    by_device: HashMap<DeviceId, Seated>,
}

/// What the task knows of a connection.
#[derive(Debug)]
struct Seated {
    number: u64,
    standing: DeviceStanding,
    told: watch::Sender<Told>,
    refused: CancellationToken,
    replaced: CancellationToken,
}

/// The newest that a trolley is to be told.
#[derive(Debug, Clone, Default)]
struct Told {
    status: Option<Arc<DeviceStatus>>,
    /// How often each nudge was given.
    firmware: u64,
    tare: u64,
}

/// What a connection has for as long as it is open.
#[derive(Debug)]
struct Seat {
    number: u64,
    device: CartDevice,
    standing: DeviceStanding,
    told: watch::Receiver<Told>,
    refused: CancellationToken,
    replaced: CancellationToken,
    state: State,
    metrics: Arc<Metrics>,
    _connected: Connected,
}

impl Told {
    /// What is to be said to a trolley that knows this, and the rest that is to be said after it.
    fn news(&self, known: &mut Self) -> Option<(&'static str, Arc<DeviceStatus>)> {
        // An answer to a heartbeat may have overtaken it.
        let is_newer =
            |it: &Arc<DeviceStatus>| known.status.as_ref().is_none_or(|known| known.seq <= it.seq);
        let status = self.status.clone().filter(is_newer).or_else(|| known.status.clone())?;
        let before = known.status.replace(Arc::clone(&status));
        if std::mem::replace(&mut known.tare, self.tare) != self.tare {
            return Some(("tare", status));
        }
        if std::mem::replace(&mut known.firmware, self.firmware) != self.firmware {
            return Some(("firmware", status));
        }
        let hands = |it: &DeviceStatus| (it.device.session, it.device.user_id.is_some());
        let goods = |it: &DeviceStatus| (it.cart_version, it.items, it.total);
        match before {
            Some(before) if hands(&before) != hands(&status) => Some(("session", status)),
            Some(before) if goods(&before) != goods(&status) => Some(("cart", status)),
            Some(_) => None,
            None => Some(("session", status)),
        }
    }
}

/// Upgrades a trolley's handshake; a plain GET is told to ask for one.
pub(in crate::http) async fn follow(
    Of(state): Of<State>,
    device: CartDevice,
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
    // The guard has checked it, where there is one.
    let is_signed = headers.contains_key("x-signature");
    let (seat, status) = enter(&state, device, is_signed).await?;
    let upgrade = upgrade
        .max_message_size(MESSAGE_MAX_BYTES)
        .max_frame_size(MESSAGE_MAX_BYTES)
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER_MAX_BYTES);
    Ok(upgrade.on_upgrade(move |socket| serve(socket, seat, status)))
}

/// A seat for this trolley, in the place of the one that it may have, and how things stand.
async fn enter(
    state: &State,
    device: CartDevice,
    is_signed: bool,
) -> Result<(Seat, Arc<DeviceStatus>)> {
    if state.shutdown.is_cancelled() {
        let detail = "the server is stopping";
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", detail));
    }
    task::start(state);
    let standing = DeviceStanding::of(&device, is_signed);
    let (refused, replaced) = (CancellationToken::new(), CancellationToken::new());
    let (sender, told) = watch::channel(Told::default());
    let number = {
        let sockets = &state.live.0.devices;
        let mut seats = sockets.seats();
        let is_full = seats.by_device.len() >= state.live.0.limits.devices;
        if is_full && !seats.by_device.contains_key(&device.id()) {
            let detail = "all connections of trolleys are taken: try again later";
            let status = StatusCode::SERVICE_UNAVAILABLE;
            let problem = Problem::new(status, "too-many-live-connections", detail);
            return Err(problem.retry_after(RETRY_AFTER_S));
        }
        seats.last_number += 1;
        let number = seats.last_number;
        let (refused, replaced) = (refused.clone(), replaced.clone());
        let seated = Seated { number, standing, told: sender, refused, replaced };
        if let Some(older) = seats.by_device.insert(device.id(), seated) {
            older.replaced.cancel();
        }
        number
    };
    state.metrics.device_sockets.increment();
    let seat = Seat {
        number,
        device,
        standing,
        told,
        refused,
        replaced,
        state: state.clone(),
        metrics: Arc::clone(&state.metrics),
        _connected: state.app.note_connected(&device),
    };
    // A key that ended while it was on its way here is not on the list of those that end later.
    let looked = state.app.device_statuses(vec![standing]).await?;
    if let Some((_, Some(status))) = looked.into_iter().next() {
        return Ok((seat, Arc::new(status)));
    }
    let detail = "this device key is unknown or revoked";
    Err(Problem::new(StatusCode::UNAUTHORIZED, "unknown-device-key", detail))
}

async fn serve(mut socket: WebSocket, seat: Seat, status: Arc<DeviceStatus>) {
    let end = converse(&mut socket, seat, status).await;
    finish(&mut socket, end).await;
}

/// Tells what there is to tell. The seat is given up before the goodbyes.
async fn converse(socket: &mut WebSocket, mut seat: Seat, status: Arc<DeviceStatus>) -> End {
    let state = seat.state.clone();
    let limits = state.live.0.limits;
    let hello = frames::status("hello", &status, &state.app);
    if !is_sent(socket, Message::Text(hello.into()), limits.write_stall).await {
        return End::Gone;
    }
    let mut known = Told { status: Some(status), ..Told::default() };
    let mut pings = interval_at(Instant::now() + limits.ping_interval, limits.ping_interval);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut pong_due: Option<Instant> = None;
    let (mut next_frame, mut next_read) = (Instant::now(), Instant::now());
    loop {
        let message = tokio::select! {
            // The end of the key comes before all that is still to be told.
            biased;
            () = seat.refused.cancelled() => return End::Ours(REFUSED),
            () = seat.replaced.cancelled() => return End::Ours(REPLACED),
            () = state.shutdown.cancelled() => return End::Ours(GOING_AWAY),
            told = changed(&mut seat.told, next_frame) => {
                let Some(told) = told else { return End::Ours(GOING_AWAY) };
                let Some((kind, status)) = told.news(&mut known) else { continue };
                next_frame = Instant::now() + FRAME_PAUSE;
                // What was not said yet is said by the next frame.
                if known.firmware != told.firmware {
                    seat.told.mark_changed();
                }
                Message::Text(frames::status(kind, &status, &state.app).into())
            }
            message = received(socket, next_read) => match message {
                Some(Ok(Message::Close(_))) => return End::Theirs,
                Some(Ok(Message::Text(text))) => {
                    (pong_due, next_read) = (None, Instant::now() + READ_PAUSE);
                    let Some(answer) = answer(&seat, &text, &mut known).await else {
                        return End::Ours(REFUSED);
                    };
                    answer
                }
                Some(Ok(Message::Binary(_))) => {
                    (pong_due, next_read) = (None, Instant::now() + READ_PAUSE);
                    let detail = "send text frames, not binary ones";
                    let problem = Problem::bad_request("not-text", detail);
                    Message::Text(frames::refusal(problem).into())
                }
                Some(Ok(_)) => {
                    pong_due = None;
                    state.app.note_seen(&seat.device, Heartbeat::default());
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
        if !is_sent(socket, message, limits.write_stall).await {
            return End::Gone;
        }
    }
}

/// Takes a heartbeat and answers it, or says why it is none; `None` when the key is no longer good.
async fn answer(seat: &Seat, text: &str, known: &mut Told) -> Option<Message> {
    let app = &seat.state.app;
    let heard = match app.connected_status(&seat.standing) {
        Ok(None) => return None,
        Ok(Some(status)) => frames::take(app, &seat.device, text).await.map(|()| status),
        Err(error) => Err(error.into()),
    };
    let frame = match heard {
        Ok(status) => {
            let frame = frames::status("heartbeat", &status, app);
            known.status = Some(Arc::new(status));
            frame
        }
        Err(problem) => frames::refusal(problem),
    };
    Some(Message::Text(frame.into()))
}

/// The next message, not before this time. May be given up while it waits.
async fn received(
    socket: &mut WebSocket,
    not_before: Instant,
) -> Option<std::result::Result<Message, axum::Error>> {
    sleep_until(not_before).await;
    socket.recv().await
}

/// What is to be told, once that is something new, and not before this time; `None` when nothing
/// will ever come. May be given up while it waits.
async fn changed(told: &mut watch::Receiver<Told>, not_before: Instant) -> Option<Told> {
    told.changed().await.ok()?;
    told.mark_changed();
    sleep_until(not_before).await;
    Some(told.borrow_and_update().clone())
}

async fn is_sent(socket: &mut WebSocket, message: Message, stall: Duration) -> bool {
    matches!(timeout(stall, socket.send(message)).await, Ok(Ok(())))
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.state.live.0.devices.seats();
        if let Some(seated) = seats.by_device.get(&self.device.id())
            && seated.number == self.number
        {
            seats.by_device.remove(&self.device.id());
        }
        self.metrics.device_sockets.decrement();
    }
}

impl Sockets {
    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the connections of these trolleys stand on, or of all.
    fn standings(&self, of: Option<&HashSet<DeviceId>>) -> Vec<DeviceStanding> {
        let seats = self.seats();
        let standing = |id| seats.by_device.get(id).map(|seated| seated.standing);
        match of {
            Some(devices) => devices.iter().filter_map(standing).collect(),
            None => seats.by_device.values().map(|seated| seated.standing).collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.seats().by_device.is_empty()
    }

    /// Leaves what was found out where the connection looks for it.
    fn leave(&self, standing: DeviceStanding, status: Option<DeviceStatus>) {
        let seats = self.seats();
        let seated = seats.by_device.get(&standing.device);
        // Another connection may have come meanwhile.
        let Some(seated) = seated.filter(|seated| seated.standing == standing) else { return };
        match status {
            Some(status) => {
                seated.told.send_modify(|told| told.status = Some(Arc::new(status)));
            }
            None => seated.refused.cancel(),
        }
    }

    fn nudge(&self, device: DeviceId, nudge: Nudge) {
        let seats = self.seats();
        let Some(seated) = seats.by_device.get(&device) else { return };
        seated.told.send_modify(|told| match nudge {
            Nudge::Firmware => told.firmware += 1,
            Nudge::Tare => told.tare += 1,
        });
    }
}
