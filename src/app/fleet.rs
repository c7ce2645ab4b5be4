//! What trolleys say about themselves: kept in memory, because it comes often and is soon worth
//! nothing. Only when each was heard of last outlives the process, as a coarse copy (see `keep`).
//!
//! One map behind one lock holds it, an entry for each device that there is. A word of a trolley
//! holds the lock for some moves of numbers; whoever lists the fleet copies what it needs.

mod check;
mod keep;
mod news;
mod views;

pub use check::FleetCounts;
pub use news::{Affected, Connected, DeviceStanding, FleetNews, Nudge};
pub use views::FleetDevice;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use jiff::Timestamp;
use tokio::sync::broadcast;

use super::carts::price;
use super::devices::existing;
use super::promotions::Terms;
use super::{App, CartDevice, Result, Staff};
use crate::domain::devices::Device;
use crate::domain::fleet::{DeviceState, LastHeard, SLEEP_MAX_S, is_battery_low};
use crate::domain::id::{CartId, DeviceId};
use crate::domain::money::Money;
use crate::domain::view::PricedCart;
use crate::storage::{Reader, carts, change_log};

/// News of the fleet that a slow listener may fall behind; beyond it, it looks at everything anew.
const BACKLOG: usize = 256;

/// A heartbeat's content, each member optional.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Heartbeat {
    /// Percent.
    pub battery_pct: Option<u8>,
    /// Wi-Fi signal in dBm.
    pub rssi_dbm: Option<i32>,
    /// Firmware version.
    pub firmware: Option<String>,
    /// Free heap in bytes.
    pub free_heap_bytes: Option<u64>,
    /// What the scale reads, in grams.
    pub cart_weight_g: Option<i64>,
    /// It will not be heard of for so many seconds, because it sleeps.
    pub sleep_s: Option<u32>,
}

/// The last that was heard of a trolley.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    /// When, and what it said about the time after.
    pub last: LastHeard,
    /// From which address.
    pub ip: Option<IpAddr>,
    /// What it said, the newest of each member.
    pub heartbeat: Heartbeat,
}

/// The trolleys' news by device. Bounded by the number of devices.
#[derive(Debug)]
pub(super) struct Fleet {
    entries: Mutex<HashMap<DeviceId, Entry>>,
    /// Set once what was kept of an earlier run has been read.
    restored: OnceLock<()>,
    /// Counts what listeners are told.
    last_number: AtomicU64,
    news: broadcast::Sender<FleetNews>,
    nudges: broadcast::Sender<(DeviceId, Nudge)>,
    counts: Mutex<FleetCounts>,
    /// The last jump of the clock that the entries know of.
    followed: AtomicU64,
}

/// What is known of one trolley.
#[derive(Debug, Default)]
struct Entry {
    seen: Seen,
    /// Whether it was heard of in this run.
    is_heard: bool,
    /// Open connections; while one replaces another there are two.
    connections: u32,
    /// The state that listeners know.
    told: DeviceState,
    is_low: bool,
    /// Whether staff were told of its battery, since it was last charged.
    told_low: bool,
    /// The cart about which staff were told that it is on a trolley that went silent, since the
    /// trolley was last heard of.
    told_basket: Option<CartId>,
    /// When they were last told so.
    told_basket_at: Option<Timestamp>,
    /// What is kept on the disk of it.
    kept_at: Option<Timestamp>,
}

/// What a device is told about itself.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceStatus {
    /// The device.
    pub device: Device,
    /// Its cart, or its shopper's.
    pub cart_version: u64,
    /// Units in it.
    pub items: u32,
    /// What it costs.
    pub total: Money,
    /// The appliance's time.
    pub now: Timestamp,
    /// The newest change that it knows of.
    pub seq: u64,
}

impl Default for Fleet {
    fn default() -> Self {
        Self {
            entries: Mutex::default(),
            restored: OnceLock::new(),
            last_number: AtomicU64::new(0),
            news: broadcast::channel(BACKLOG).0,
            nudges: broadcast::channel(BACKLOG).0,
            counts: Mutex::default(),
            followed: AtomicU64::new(0),
        }
    }
}

impl Fleet {
    fn entries(&self) -> MutexGuard<'_, HashMap<DeviceId, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    /// The trolley said something now; whether that is news to listeners.
    fn hear(&mut self, now: Timestamp, sleep_s: Option<u32>) -> bool {
        let sleep_s = sleep_s.filter(|sleep_s| *sleep_s > 0).map(|it| it.min(SLEEP_MAX_S));
        self.seen.last.at = Some(now);
        self.is_heard = true;
        self.seen.last.sleep_s = sleep_s;
        self.told_basket = None;
        let state = if sleep_s.is_some() { DeviceState::Asleep } else { DeviceState::Online };
        std::mem::replace(&mut self.told, state) != state
    }

    /// Takes what it said of itself; whether its battery became low or charged.
    fn take(&mut self, news: Heartbeat) -> bool {
        let known = &mut self.seen.heartbeat;
        known.battery_pct = news.battery_pct.or(known.battery_pct);
        known.rssi_dbm = news.rssi_dbm.or(known.rssi_dbm);
        known.firmware = news.firmware.or(known.firmware.take());
        known.free_heap_bytes = news.free_heap_bytes.or(known.free_heap_bytes);
        known.cart_weight_g = news.cart_weight_g.or(known.cart_weight_g);
        let Some(percent) = known.battery_pct else { return false };
        let is_low = is_battery_low(self.is_low, percent);
        // The next time that it is low is another.
        self.told_low &= is_low;
        std::mem::replace(&mut self.is_low, is_low) != is_low
    }
}

impl App {
    /// Notes that a trolley was heard of, and what it said.
    pub fn note_seen(&self, device: &CartDevice, news: Heartbeat) {
        if let Some(grams) = news.cart_weight_g {
            self.note_load(device, grams);
        }
        let now = self.now();
        let is_news = {
            let mut entries = self.inner.fleet.entries();
            let entry = entries.entry(device.id).or_default();
            let was_told = entry.hear(now, news.sleep_s);
            entry.take(news) || was_told
        };
        if is_news {
            self.tell_fleet(device.id);
        }
    }

    /// Notes where a trolley's request came from.
    pub fn note_address(&self, device: &CartDevice, address: Option<IpAddr>) {
        let mut entries = self.inner.fleet.entries();
        let entry = entries.entry(device.id).or_default();
        entry.seen.ip = address.or(entry.seen.ip);
    }

    /// The last that was heard of a trolley.
    pub fn last_seen(&self, _staff: &Staff, id: DeviceId) -> Seen {
        self.seen(id)
    }

    pub(super) fn seen(&self, id: DeviceId) -> Seen {
        self.restore_last_seen();
        self.inner.fleet.entries().get(&id).map(|entry| entry.seen.clone()).unwrap_or_default()
    }

    /// Whether a trolley can be counted on, by its own interval.
    pub(super) fn state_of(&self, device: &Device) -> DeviceState {
        self.seen(device.id).last.state(device.profile.interval_s, self.now())
    }

    /// What a trolley is told with each heartbeat.
    pub fn device_status(&self, device: &CartDevice) -> Result<DeviceStatus> {
        let now = self.now();
        let terms = self.terms(now)?;
        self.read(|tx| status_of(tx, &terms, existing(tx, device.id)?, now))
    }

    /// A trolley's cart: its shopper's, or its own.
    pub fn device_cart(&self, device: &CartDevice) -> Result<Option<PricedCart>> {
        let terms = self.terms(self.now())?;
        self.read(|tx| cart_of(tx, &terms, &existing(tx, device.id)?))
    }
}

fn status_of(
    tx: &impl Reader,
    terms: &Terms,
    device: Device,
    now: Timestamp,
) -> Result<DeviceStatus> {
    let cart = cart_of(tx, terms, &device)?;
    Ok(DeviceStatus {
        cart_version: cart.as_ref().map_or(0, |cart| cart.cart.version),
        items: cart.as_ref().map_or(0, |cart| cart.cart.item_count()),
        total: cart.map_or(Money::ZERO, |cart| cart.totals.total),
        seq: change_log::last_seq(tx)?,
        device,
        now,
    })
}

fn cart_of(tx: &impl Reader, terms: &Terms, device: &Device) -> Result<Option<PricedCart>> {
    let cart = carts::on_trolley(tx, device)?;
    cart.map(|cart| price(tx, terms, (cart, true))).transpose()
}
