//! Server-sent events: what changes, as it changes.
//!
//! A listener learns of what it may see: a shopper of their own cart and orders, staff of the
//! floor. Each event carries the change's sequence number and the thing as it is now. The stream
//! ends at once with the session.
//!
//! Pricing a cart is the dear part, and a busy shop has many listeners. So a listener asks first
//! whose it is, which costs a look at one small row; what it may see is rendered once for all
//! listeners, when the first of them gets to it; and what changed again before that counts once.

use std::collections::{HashSet, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::{Stream, StreamExt, stream};
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OnceCell, broadcast};

use super::places::Place;
use super::{Live, Membership, no_place};
use crate::app::events::{Follower, News};
use crate::app::fleet::FleetNews;
use crate::app::{self, App, Principal, Shopper};
use crate::domain::event::Change;
use crate::domain::id::{AlertId, DeviceId, UserId};
use crate::http::v1::devices::Device;
use crate::http::{self, Result};
use crate::telemetry::Metrics;
use crate::wire::alert::Alert;
use crate::wire::cart::Cart;
use crate::wire::order::Order;

/// How often a silent stream says that it lives; also how soon a dead one is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// The newest snapshots that are kept for listeners who did not get to them yet.
const SNAPSHOTS_KEPT: usize = 32;

struct Listener {
    app: App,
    shopper: Shopper,
    is_staff: bool,
    follower: Follower,
    /// States of trolleys; for staff.
    fleet: broadcast::Receiver<FleetNews>,
    live: Live,
    metrics: Arc<Metrics>,
    waiting: VecDeque<Waiting>,
    _membership: Membership,
    _place: Place<UserId>,
}

/// What a listener gets next. Snapshots are made when their turn comes: a slow listener holds
/// names of what changed, and not copies of it.
enum Waiting {
    Event(Event),
    Change(u64, Change),
    Fleet(FleetNews),
}

/// What happened that a snapshot is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Occasion {
    /// A change, by its sequence number.
    Change(u64),
    /// News of the fleet, by their number.
    Fleet(u64),
}

/// What woke a listener.
enum Woken {
    Log(app::Result<Option<News>>),
    Fleet(std::result::Result<FleetNews, RecvError>),
}

/// A cart, an order or a trolley as it is told.
#[derive(Debug)]
struct Snapshot {
    owner: Option<UserId>,
    json: String,
}

type Cell = Arc<OnceCell<Option<Arc<Snapshot>>>>;

/// The newest snapshots by their occasion: each is made once for all who may see it.
#[derive(Debug, Default)]
pub(super) struct Snapshots(Mutex<VecDeque<(Occasion, Cell)>>);

impl Snapshots {
    fn cell(&self, occasion: Occasion) -> Cell {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, cell)) = kept.iter().find(|(of, _)| *of == occasion) {
            return Arc::clone(cell);
        }
        if kept.len() == SNAPSHOTS_KEPT {
            kept.pop_front();
        }
        let cell = Cell::default();
        kept.push_back((occasion, Arc::clone(&cell)));
        cell
    }
}

pub(in crate::http) async fn follow(
    State(state): State<http::State>,
    principal: Principal,
    shopper: Shopper,
) -> Result<Sse<impl Stream<Item = std::result::Result<Event, Infallible>>>> {
    let place = state.live.0.streams.take(shopper.user_id()).map_err(no_place)?;
    let membership = state.live.enter(&state, shopper)?.membership;
    let (shutdown, session) = (state.shutdown.clone(), membership.session.clone());
    let app = state.app.clone();
    let hello = named("hello", &json!({ "resync": true }));
    let listener = Listener {
        _membership: membership,
        _place: place,
        live: state.live.clone(),
        metrics: Arc::clone(&state.metrics),
        follower: app.follow(),
        fleet: app.fleet_news(),
        is_staff: principal.staff().is_some(),
        shopper,
        app,
        waiting: hello.into_iter().map(Waiting::Event).collect(),
    };
    let events = stream::unfold(listener, |mut listener| async move {
        let event = listener.next().await?;
        Some((Ok(event), listener))
    })
    .take_until(async move {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = session.cancelled() => {}
        }
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

impl Listener {
    /// The next event that this listener may see; `None` ends the stream.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(waiting) = self.waiting.pop_front() {
                let event = match waiting {
                    Waiting::Event(event) => Some(event),
                    Waiting::Change(seq, change) => self.event(seq, change).await,
                    Waiting::Fleet(news) => {
                        let seq = self.app.last_change();
                        self.device(Occasion::Fleet(news.number), seq, news.device).await
                    }
                };
                if event.is_some() {
                    return event;
                }
                continue;
            }
            let woken = tokio::select! {
                news = self.follower.next() => Woken::Log(news),
                news = self.fleet.recv(), if self.is_staff => Woken::Fleet(news),
            };
            match woken {
                Woken::Log(Ok(Some(News::Changes(changes)))) => {
                    if !self.app.is_signed_in(&self.shopper) {
                        return None;
                    }
                    self.waiting.extend(last_of_each(changes));
                }
                Woken::Fleet(Ok(news)) => {
                    if !self.app.is_signed_in(&self.shopper) {
                        return None;
                    }
                    self.waiting.push_back(Waiting::Fleet(news));
                }
                Woken::Log(Ok(Some(News::Resync))) | Woken::Fleet(Err(RecvError::Lagged(_))) => {
                    self.waiting.extend(named("resync", &json!({})).map(Waiting::Event));
                }
                Woken::Log(Ok(None)) | Woken::Fleet(Err(RecvError::Closed)) => return None,
                Woken::Log(Err(error)) => {
                    tracing::warn!(%error, "a live stream ends");
                    return None;
                }
            }
        }
    }

    async fn event(&self, seq: u64, change: Change) -> Option<Event> {
        match change {
            Change::Cart(_) | Change::Order(_) => {
                let is_theirs = self.is_staff || self.app.owns(&self.shopper, change).ok()?;
                if !is_theirs {
                    return None;
                }
                let cell = self.live.0.snapshots.cell(Occasion::Change(seq));
                let snapshot = cell.get_or_init(async || self.snapshot(seq, change).map(Arc::new));
                let snapshot = snapshot.await.as_ref()?;
                // It may be older than the look at whose it is.
                if !self.is_staff && snapshot.owner != Some(self.shopper.user_id()) {
                    return None;
                }
                let name = if matches!(change, Change::Cart(_)) { "cart" } else { "order" };
                Some(Event::default().event(name).data(&snapshot.json))
            }
            Change::Product(id) | Change::Stock(id) if self.is_staff => {
                named("product", &json!({ "seq": seq, "product_id": id.value() }))
            }
            Change::Device(id) if self.is_staff => {
                self.device(Occasion::Change(seq), seq, id).await
            }
            Change::Promotion(id) => {
                named("promotion", &json!({ "seq": seq, "promotion_id": id.value() }))
            }
            Change::StoreMap => named("map", &json!({ "seq": seq })),
            Change::Closure(id) if self.is_staff => {
                named("closure", &json!({ "seq": seq, "closure_id": id.value() }))
            }
            Change::Alert(id) if self.is_staff => self.alert(seq, id),
            Change::Product(_)
            | Change::Stock(_)
            | Change::Device(_)
            | Change::User(_)
            | Change::Synonym(_)
            | Change::Closure(_)
            | Change::Alert(_) => None,
        }
    }

    /// A trolley as it is now.
    async fn device(&self, occasion: Occasion, seq: u64, id: DeviceId) -> Option<Event> {
        let cell = self.live.0.snapshots.cell(occasion);
        let snapshot = cell.get_or_init(async || {
            self.metrics.live_snapshots.increment();
            let shown = self.app.fleet_snapshot(id).ok()?;
            let shown = shown.map(|shown| Device::new(&self.app, shown));
            let json = json!({ "seq": seq, "device_id": id.value(), "device": shown });
            Some(Arc::new(Snapshot { owner: None, json: json.to_string() }))
        });
        let snapshot = snapshot.await.as_ref()?;
        Some(Event::default().event("device").data(&snapshot.json))
    }

    /// An alert as it is now; `null` once it is no longer kept.
    fn alert(&self, seq: u64, id: AlertId) -> Option<Event> {
        let alert = self.app.alert_snapshot(id).ok()?;
        let alert = alert.map(|named| Alert::new(named.alert, named.device_name));
        named("alert", &json!({ "seq": seq, "alert_id": id.value(), "alert": alert }))
    }

    fn snapshot(&self, seq: u64, change: Change) -> Option<Snapshot> {
        self.metrics.live_snapshots.increment();
        let (owner, json) = match change {
            Change::Cart(id) => {
                let cart = self.app.cart_snapshot(id).ok()?;
                let owner = cart.as_ref().and_then(|cart| cart.cart.user_id);
                let cart = cart.map(|cart| Cart::new(&cart, &self.app.settings().currency));
                (owner, json!({ "seq": seq, "cart_id": id.value(), "cart": cart }))
            }
            Change::Order(id) => {
                let order = self.app.order_snapshot(id).ok()??;
                let (owner, order) = (order.user_id, Order::from(order));
                (owner, json!({ "seq": seq, "order_id": id.value(), "order": order }))
            }
            _ => return None,
        };
        Some(Snapshot { owner, json: json.to_string() })
    }
}

/// The changes without those that come again later in the batch, in their order.
fn last_of_each(changes: Vec<(u64, Change)>) -> Vec<Waiting> {
    let mut seen = HashSet::new();
    let mut last: Vec<Waiting> = changes
        .into_iter()
        .rev()
        .filter(|(_, change)| seen.insert(*change))
        .map(|(seq, change)| Waiting::Change(seq, change))
        .collect();
    last.reverse();
    last
}

fn named(name: &str, data: &Value) -> Option<Event> {
    Event::default().event(name).json_data(data).ok()
}
