//! What trolleys say about themselves: kept in memory, never on disk, because it comes often and
//! is worthless after a restart.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::carts::price;
use super::devices::existing;
use super::promotions::Terms;
use super::{App, CartDevice, Result, Staff};
use crate::domain::devices::Device;
use crate::domain::id::DeviceId;
use crate::domain::money::Money;
use crate::domain::view::PricedCart;
use crate::storage::{Reader, carts};

/// A trolley that was not heard of for so long is offline.
pub const ONLINE_WINDOW: SignedDuration = SignedDuration::from_secs(90);

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
}

/// The last that was heard of a trolley.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    /// When.
    pub at: Option<Timestamp>,
    /// What it said, the newest of each member.
    pub heartbeat: Heartbeat,
}

/// The trolleys' news by device. Bounded by the number of devices.
#[derive(Debug, Default)]
pub(super) struct Fleet {
    seen: Mutex<HashMap<DeviceId, Seen>>,
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
}

impl App {
    /// Notes that a trolley was heard of, and what it said.
    pub fn note_seen(&self, device: &CartDevice, news: Heartbeat) {
        if let Some(grams) = news.cart_weight_g {
            self.note_load(device, grams);
        }
        let mut seen = self.inner.fleet.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = seen.entry(device.id).or_default();
        entry.at = Some(self.now());
        let known = &mut entry.heartbeat;
        known.battery_pct = news.battery_pct.or(known.battery_pct);
        known.rssi_dbm = news.rssi_dbm.or(known.rssi_dbm);
        known.firmware = news.firmware.or(known.firmware.take());
        known.free_heap_bytes = news.free_heap_bytes.or(known.free_heap_bytes);
        known.cart_weight_g = news.cart_weight_g.or(known.cart_weight_g);
    }

    /// The last that was heard of a trolley.
    pub fn last_seen(&self, _staff: &Staff, id: DeviceId) -> Seen {
        self.seen(id)
    }

    pub(super) fn seen(&self, id: DeviceId) -> Seen {
        let seen = self.inner.fleet.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(&id).cloned().unwrap_or_default()
    }

    /// Whether the trolley was heard of lately.
    pub fn is_online(&self, seen: &Seen) -> bool {
        seen.at.is_some_and(|at| self.now().duration_since(at) <= ONLINE_WINDOW)
    }

    /// What a trolley is told with each heartbeat.
    pub fn device_status(&self, device: &CartDevice) -> Result<DeviceStatus> {
        let now = self.now();
        let terms = self.terms(now)?;
        self.read(|tx| {
            let device = existing(tx, device.id)?;
            let cart = cart_of(tx, &terms, &device)?;
            Ok(DeviceStatus {
                cart_version: cart.as_ref().map_or(0, |cart| cart.cart.version),
                items: cart.as_ref().map_or(0, |cart| cart.cart.item_count()),
                total: cart.map_or(Money::ZERO, |cart| cart.totals.total),
                device,
                now,
            })
        })
    }

    /// A trolley's cart: its shopper's, or its own.
    pub fn device_cart(&self, device: &CartDevice) -> Result<Option<PricedCart>> {
        let terms = self.terms(self.now())?;
        self.read(|tx| cart_of(tx, &terms, &existing(tx, device.id)?))
    }
}

fn cart_of(tx: &impl Reader, terms: &Terms, device: &Device) -> Result<Option<PricedCart>> {
    let cart = match device.user_id {
        Some(user) => carts::of_user(tx, user)?,
        None => carts::of_device(tx, device.id)?,
    };
    cart.map(|cart| price(tx, terms, (cart, true))).transpose()
}
