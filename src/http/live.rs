//! Live connections: everyone who is told things as they happen.
//!
//! Three ways lead here: server-sent events ([`events`]), a WebSocket ([`websocket`]) and Socket.IO
//! ([`socket_io`]). Trolleys have one of their own (`devices`). Each follower holds a `Seat`: its place under the limits, its copy of the
//! news, and the end of its session. One task serves all of them. It is the only listener to
//! [`App::announcements`](crate::app::App::announcements), puts each announcement into words once
//! and hands it out; and it looks after sessions, when somebody tells that some ended, before
//! each announcement, and from time to time. So nothing is sent to a session that has ended, and
//! its connections close at once.
//!
//! A follower that is slower than the news misses the oldest and is told so: `resync`.

pub(in crate::http) mod devices;
pub mod events;
mod places;
pub mod socket_io;
pub mod websocket;

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use axum::http::StatusCode;
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use self::places::{Full, Place, Places};
use super::{Problem, Result, State};
use crate::app::Shopper;
use crate::app::announcements::Announcement;
use crate::domain::id::UserId;
use crate::domain::promotions::PROMOTIONS_MAX;
use crate::telemetry::Metrics;

/// News that a follower may fall behind; beyond it, it misses the oldest. All promotions of a shop
/// may start together.
const BACKLOG: usize = PROMOTIONS_MAX;
/// How often sessions are looked at without being told: some end by the clock alone.
const RECHECK: Duration = Duration::from_secs(20);
/// The shortest time between two looks, so that many sign-outs do not keep a core busy.
const PAUSE: Duration = Duration::from_millis(50);
/// Sessions that are looked at without letting other tasks run.
const CHUNK: usize = 64;
/// How long the other side gets to close a connection that we are done with.
const CLOSE_GRACE: Duration = Duration::from_secs(1);
/// When to try again after "too many", in seconds.
const RETRY_AFTER_S: u64 = 10;

/// Bounds on live connections.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Followers at a time.
    pub connections: usize,
    /// Followers at a time that are signed in with one account. Also: Socket.IO sessions at a
    /// time that come from one address, before they say who they are.
    pub connections_per_account: usize,
    /// Streams of events at a time that are signed in with one account: each looks at each change,
    /// and the tablets of a whole shop may share an account.
    pub streams_per_account: usize,
    /// Trolleys that hold a connection at a time.
    pub devices: usize,
    /// How often the other side must show that it lives.
    pub ping_interval: Duration,
    /// How long it may take to do so.
    pub pong_timeout: Duration,
    /// A client that takes nothing for this long is gone.
    pub write_stall: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            connections_per_account: 2500,
            streams_per_account: 64,
            devices: 10_000,
            ping_interval: Duration::from_secs(25),
            pong_timeout: Duration::from_secs(20),
            write_stall: Duration::from_secs(10),
        }
    }
}

/// All live connections of a server. Clones are handles to the same ones.
#[derive(Debug, Clone)]
pub struct Live(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    limits: Limits,
    places: Arc<Places<UserId>>,
    /// Of the places, those of streams of events.
    streams: Arc<Places<UserId>>,
    snapshots: events::Snapshots,
    sessions: Mutex<Sessions>,
    news: broadcast::Sender<Arc<News>>,
    is_started: AtomicBool,
    socket_io: OnceLock<socket_io::Server>,
    devices: devices::Sockets,
}

/// Whose session each follower depends on.
#[derive(Debug, Default)]
struct Sessions {
    last_id: u64,
    by_follower: HashMap<u64, (Shopper, CancellationToken)>,
}

/// What followers are told.
#[derive(Debug)]
enum News {
    /// A promotion started.
    Promotion {
        /// The announcement's number.
        seq: u64,
        /// The whole frame of a WebSocket.
        frame: Utf8Bytes,
        /// One line for people.
        message: String,
    },
    /// Some were missed, up to this one.
    Missed(u64),
}

/// A follower's seat; dropping it leaves.
#[derive(Debug)]
struct Seat {
    feed: Feed,
    membership: Membership,
}

/// The news as they come to one follower.
#[derive(Debug)]
struct Feed {
    news: broadcast::Receiver<Arc<News>>,
    /// Some were missed, and the follower was not told yet.
    has_missed: bool,
    /// What comes before what the receiver has: what was announced when the appliance started,
    /// or what comes after the word that some were missed.
    next: VecDeque<Arc<News>>,
    /// The last announcement of the start that it gets from there, and not from the receiver.
    replayed: u64,
}

/// What a follower has for as long as it follows.
#[derive(Debug)]
struct Membership {
    id: u64,
    live: Live,
    session: CancellationToken,
    metrics: Arc<Metrics>,
    _place: Place<UserId>,
}

impl Default for Live {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Live {
    /// No connections yet.
    pub fn new(limits: Limits) -> Self {
        Self(Arc::new(Inner {
            limits,
            places: Places::new(limits.connections, limits.connections_per_account),
            streams: Places::new(limits.connections, limits.streams_per_account),
            snapshots: events::Snapshots::default(),
            sessions: Mutex::default(),
            news: broadcast::channel(BACKLOG).0,
            is_started: AtomicBool::new(false),
            socket_io: OnceLock::new(),
            devices: devices::Sockets::default(),
        }))
    }

    /// A seat for this shopper, who hears all that is announced from now on.
    fn enter(&self, state: &State, shopper: Shopper) -> Result<Seat> {
        if state.shutdown.is_cancelled() {
            let detail = "the server is stopping";
            return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", detail));
        }
        let place = self.0.places.take(shopper.user_id()).map_err(no_place)?;
        self.start(state);
        // In this order: what is announced in between comes both ways, and is told once.
        let news = self.0.news.subscribe();
        let replay = state.app.announced_at_start();
        let replayed = replay.last().map_or(0, |announcement| announcement.seq);
        let next = replay.iter().map(|announcement| worded(announcement)).collect();
        let feed = Feed { news, has_missed: false, next, replayed };
        let session = CancellationToken::new();
        let id = {
            let mut sessions = self.sessions();
            sessions.last_id += 1;
            let id = sessions.last_id;
            sessions.by_follower.insert(id, (shopper, session.clone()));
            id
        };
        state.metrics.live_followers.increment();
        let metrics = Arc::clone(&state.metrics);
        let membership = Membership { id, live: self.clone(), session, metrics, _place: place };
        // One that ended while it was on its way here is not on the list of those that end later.
        if !state.app.is_signed_in(&shopper) {
            let detail = "this session has ended: sign in again";
            return Err(Problem::new(StatusCode::UNAUTHORIZED, "session-ended", detail));
        }
        Ok(Seat { feed, membership })
    }

    /// Starts the task, once.
    fn start(&self, state: &State) {
        if self.0.is_started.swap(true, Ordering::SeqCst) {
            return;
        }
        let (announcements, ends) = (state.app.announcements(), state.app.session_ends());
        tokio::spawn(serve(state.clone(), announcements, ends));
    }

    /// Ends every follower whose session has ended. Connections of one session are asked about
    /// once.
    async fn end_finished(&self, state: &State) {
        let followers: Vec<_> = {
            let sessions = self.sessions();
            sessions.by_follower.values().cloned().collect()
        };
        let mut known = HashMap::new();
        for (index, (shopper, session)) in followers.iter().enumerate() {
            if index % CHUNK == CHUNK - 1 {
                tokio::task::yield_now().await;
            }
            let key = shopper.session();
            if !*known.entry(key).or_insert_with(|| state.app.is_signed_in(shopper)) {
                session.cancel();
            }
        }
    }

    fn tell(&self, announcement: &Announcement) {
        self.send(worded(announcement));
    }

    fn send(&self, news: Arc<News>) {
        // Nobody may listen.
        let _ = self.0.news.send(news);
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.0.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one task: hands out what is announced and looks after sessions, until the server stops.
async fn serve(
    state: State,
    mut announcements: broadcast::Receiver<Arc<Announcement>>,
    mut ends: watch::Receiver<u64>,
) {
    let live = state.live.clone();
    let mut has_missed = false;
    let mut recheck = interval(RECHECK);
    recheck.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = state.shutdown.cancelled() => break,
            changed = ends.changed() => {
                if changed.is_err() {
                    break;
                }
                live.end_finished(&state).await;
                sleep(PAUSE).await;
            }
            told = announcements.recv() => {
                live.end_finished(&state).await;
                match told {
                    Ok(announcement) => {
                        if std::mem::take(&mut has_missed) {
                            live.send(Arc::new(News::Missed(announcement.seq.saturating_sub(1))));
                        }
                        live.tell(&announcement);
                    }
                    Err(RecvError::Lagged(_)) => has_missed = true,
                    Err(RecvError::Closed) => break,
                }
            }
            _ = recheck.tick() => {
                live.end_finished(&state).await;
                if let Some(socket_io) = live.0.socket_io.get() {
                    socket_io.forget_closed();
                }
            }
        }
    }
    if let Some(socket_io) = live.0.socket_io.get() {
        socket_io.close().await;
    }
}

impl Feed {
    /// The next thing to tell; `None` when nothing will ever come. May be given up while it
    /// waits.
    async fn next(&mut self) -> Option<Arc<News>> {
        if let Some(news) = self.next.pop_front() {
            return Some(news);
        }
        loop {
            match self.news.recv().await {
                Ok(news) if self.was_replayed(&news) => {}
                Ok(news) if std::mem::take(&mut self.has_missed) => {
                    let before = match &*news {
                        News::Promotion { seq, .. } => seq.saturating_sub(1),
                        News::Missed(seq) => *seq,
                    };
                    self.next.push_back(news);
                    return Some(Arc::new(News::Missed(before)));
                }
                Ok(news) => return Some(news),
                Err(RecvError::Lagged(_)) => self.has_missed = true,
                Err(RecvError::Closed) => return None,
            }
        }
    }

    fn was_replayed(&self, news: &News) -> bool {
        matches!(news, News::Promotion { seq, .. } if *seq <= self.replayed)
    }
}

fn worded(announcement: &Announcement) -> Arc<News> {
    let Announcement { seq, message, promotion } = announcement;
    let frame = json!({
        "type": "promotion",
        "seq": seq,
        "message": message,
        "promotion": promotion,
    });
    let frame = Utf8Bytes::from(frame.to_string());
    Arc::new(News::Promotion { seq: *seq, frame, message: message.clone() })
}

impl Membership {
    /// Waits for the end of the follower's session.
    async fn session_end(&self) {
        self.session.cancelled().await;
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.live.sessions().by_follower.remove(&self.id);
        self.metrics.live_followers.decrement();
    }
}

fn no_place(full: Full) -> Problem {
    let (status, detail) = match full {
        Full::Everywhere => {
            (StatusCode::SERVICE_UNAVAILABLE, "all live connections are taken: try again later")
        }
        Full::ForOne => {
            (StatusCode::TOO_MANY_REQUESTS, "too many live connections of yours: close some first")
        }
    };
    Problem::new(status, "too-many-live-connections", detail).retry_after(RETRY_AFTER_S)
}
