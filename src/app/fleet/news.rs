//! Who is told of the fleet: staff of states that changed, and trolleys that hold a connection of
//! what became of their session and their cart.
//!
//! States and batteries change without a commit, so that the change log cannot tell of them: they
//! go to listeners in memory, and only when they change, never with each heartbeat.

use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use tokio::sync::broadcast;

use super::{App, DeviceStatus, status_of};
use crate::app::access::live_keys;
use crate::app::promotions::Terms;
use crate::app::{CartDevice, Result};
use crate::domain::devices::{Device, KeyHash};
use crate::domain::event::Change;
use crate::domain::id::DeviceId;
use crate::storage::{Reader, carts, devices};

/// A trolley's state, or what its battery needs, became another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FleetNews {
    /// Rises with each.
    pub number: u64,
    /// Which trolley.
    pub device: DeviceId,
}

/// What a connected trolley is told beside its session and its cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nudge {
    /// An image of firmware waits for it.
    Firmware,
    /// Staff let the shopper lay bags in.
    Tare,
}

/// What a trolley's connection stands on: the key that it was opened with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DeviceStanding {
    /// Which trolley.
    pub device: DeviceId,
    key: KeyHash,
    is_signed: bool,
}

/// Trolleys that a change may matter to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Affected {
    /// These, for sure.
    pub devices: HashSet<DeviceId>,
    /// All of them: a price is another, or a promotion.
    pub prices: bool,
}

impl fmt::Debug for DeviceStanding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("DeviceStanding").field("device", &self.device).finish_non_exhaustive()
    }
}

impl DeviceStanding {
    /// What a connection of this trolley stands on, that it asked for by its key or by a signature.
    pub const fn of(device: &CartDevice, is_signed: bool) -> Self {
        Self { device: device.id, key: device.key, is_signed }
    }

    /// Whether the device would still be admitted.
    fn is_admitted(&self, device: &Device, now: Timestamp) -> bool {
        let is_key_live = live_keys(device, now).any(|hash| *hash == self.key);
        !device.revoked && is_key_live && (self.is_signed || !device.profile.needs_signature)
    }

    fn status(
        &self,
        tx: &impl Reader,
        terms: &Terms,
        now: Timestamp,
    ) -> Result<Option<DeviceStatus>> {
        let device = devices::device(tx, self.device)?;
        let device = device.filter(|device| self.is_admitted(device, now));
        device.map(|device| status_of(tx, terms, device, now)).transpose()
    }
}

/// A trolley holds a connection; dropping it says that it is over.
#[derive(Debug)]
pub struct Connected {
    app: App,
    device: CartDevice,
}

impl Drop for Connected {
    fn drop(&mut self) {
        let now = self.app.now();
        let mut entries = self.app.inner.fleet.entries();
        let entry = entries.entry(self.device.id).or_default();
        entry.connections = entry.connections.saturating_sub(1);
        entry.seen.last.is_connected = entry.connections > 0;
        entry.seen.last.at = entry.seen.last.at.max(Some(now));
    }
}

impl App {
    /// Everything that becomes of states and batteries from now on.
    pub fn fleet_news(&self) -> broadcast::Receiver<FleetNews> {
        self.inner.fleet.news.subscribe()
    }

    pub(super) fn tell_fleet(&self, device: DeviceId) {
        let number = self.inner.fleet.last_number.fetch_add(1, Ordering::Relaxed) + 1;
        // Nobody may listen.
        let _ = self.inner.fleet.news.send(FleetNews { number, device });
    }

    /// Tells a trolley, if it is connected; what it misses it learns by itself.
    pub fn nudge(&self, device: DeviceId, nudge: Nudge) {
        let _ = self.inner.fleet.nudges.send((device, nudge));
    }

    /// Everything that trolleys are nudged to from now on.
    pub fn nudges(&self) -> broadcast::Receiver<(DeviceId, Nudge)> {
        self.inner.fleet.nudges.subscribe()
    }

    /// Notes that a trolley holds a connection: as long as it does, it is there.
    pub fn note_connected(&self, device: &CartDevice) -> Connected {
        {
            let mut entries = self.inner.fleet.entries();
            let entry = entries.entry(device.id).or_default();
            entry.connections += 1;
            entry.seen.last.is_connected = true;
        }
        self.note_seen(device, super::Heartbeat::default());
        Connected { app: self.clone(), device: *device }
    }

    /// What a connected trolley is told now; `None` when its key is no longer good.
    pub fn connected_status(&self, of: &DeviceStanding) -> Result<Option<DeviceStatus>> {
        let now = self.now();
        let terms = self.terms(now)?;
        self.read(|tx| of.status(tx, &terms, now))
    }

    /// What connected trolleys are told now; `None` for one whose key is no longer good.
    pub async fn device_statuses(
        &self,
        of: Vec<DeviceStanding>,
    ) -> Result<Vec<(DeviceStanding, Option<DeviceStatus>)>> {
        let now = self.now();
        let terms = self.terms(now)?;
        self.scan(move |tx| {
            let looked =
                of.into_iter().map(|standing| Ok((standing, standing.status(tx, &terms, now)?)));
            looked.collect()
        })
        .await
    }

    /// The trolleys that these changes may matter to.
    pub async fn affected(&self, changes: Vec<(u64, Change)>) -> Result<Affected> {
        self.scan(move |tx| {
            let mut affected = Affected::default();
            let mut looked_at = HashSet::new();
            for (_, change) in changes {
                match change {
                    Change::Device(id) => {
                        affected.devices.insert(id);
                    }
                    Change::Cart(id) if looked_at.insert(id) => {
                        let Some(cart) = carts::cart(tx, id)? else { continue };
                        let paired = cart.user_id.map(|user| devices::of_user(tx, user));
                        let paired = paired.transpose()?.flatten().map(|device| device.id);
                        affected.devices.extend(paired.or(cart.device_id));
                    }
                    Change::Product(_) | Change::Promotion(_) => affected.prices = true,
                    _ => {}
                }
            }
            Ok(affected)
        })
        .await
    }
}
