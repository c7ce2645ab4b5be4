//! The look at the whole fleet from time to time: who went silent, whose battery is low.
//!
//! Nothing is written but alerts that are raised or cleared, and each is raised once: what staff
//! have cleared does not come back before the trolley was heard of again, or charged.

use std::collections::HashSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{App, Entry, Fleet, Seen, basket};
use crate::app::Result;
use crate::app::alerts::{clear_kind, raise};
use crate::app::devices::existing;
use crate::domain::alerts::{AlertKind, Confidence, NewAlert};
use crate::domain::cart::Cart;
use crate::domain::devices::Device;
use crate::domain::fleet::{BATTERY_CHARGED_PCT, DeviceState, patience};
use crate::domain::id::{CartId, DeviceId};
use crate::storage::{ReadTx, WriteTx, alerts, devices};

/// The most alerts that one look raises or clears: the rest waits for the next.
const ACTS_MAX: usize = 256;

/// How many devices are in which state; revoked ones are none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FleetCounts {
    /// Never heard of.
    pub new: u64,
    /// Heard of when expected.
    pub online: u64,
    /// Asleep by their own word.
    pub asleep: u64,
    /// Overdue.
    pub offline: u64,
}

impl FleetCounts {
    fn add(&mut self, state: DeviceState) {
        *match state {
            DeviceState::New => &mut self.new,
            DeviceState::Online => &mut self.online,
            DeviceState::Asleep => &mut self.asleep,
            DeviceState::Offline => &mut self.offline,
        } += 1;
    }

    /// How many are in this state.
    pub fn of(&self, state: DeviceState) -> u64 {
        match state {
            DeviceState::New => self.new,
            DeviceState::Online => self.online,
            DeviceState::Asleep => self.asleep,
            DeviceState::Offline => self.offline,
        }
    }
}

/// What is to be done about one trolley.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Act {
    Raise(NewAlert),
    Clear(DeviceId, AlertKind, &'static str),
}

/// One look.
#[derive(Debug, Default)]
struct Findings {
    counts: FleetCounts,
    /// Whose state is not the one that listeners know, and how often each is expected.
    changed: Vec<(DeviceId, u32)>,
    acts: Vec<Act>,
    /// Alerts that stand already: staff were told.
    known: Vec<(DeviceId, AlertKind, Option<CartId>)>,
}

/// What is asked about one trolley.
struct Look<'a> {
    device: &'a Device,
    seen: &'a Seen,
    is_low: bool,
    told_low: bool,
    told_basket: Option<CartId>,
    now: Timestamp,
    since: Timestamp,
}

impl App {
    /// Looks at the whole fleet: tells listeners of states that changed, raises and clears alerts.
    pub async fn check_fleet(&self) -> Result<()> {
        self.restore_last_seen();
        let app = self.clone();
        let found = self.scan(move |tx| app.look_at_fleet(tx)).await?;
        *self.inner.fleet.counts.lock().unwrap_or_else(std::sync::PoisonError::into_inner) =
            found.counts;
        for (device, interval_s) in found.changed {
            let is_news = {
                let mut entries = self.inner.fleet.entries();
                let Some(entry) = entries.get_mut(&device) else { continue };
                // It may have been heard of since the look.
                let state = entry.seen.last.state(interval_s, self.now());
                std::mem::replace(&mut entry.told, state) != state
            };
            if is_news {
                self.tell_fleet(device);
            }
        }
        for (device, kind, cart) in found.known {
            self.inner.fleet.note_told(device, kind, cart);
        }
        self.carry_out(found.acts).await
    }

    /// How many devices the last look found in which state.
    pub fn fleet_counts(&self) -> FleetCounts {
        *self.inner.fleet.counts.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// How many alerts are open.
    pub fn open_alert_count(&self) -> Result<u64> {
        self.read(|tx| Ok(alerts::open_total(tx)?))
    }

    fn look_at_fleet(&self, tx: &ReadTx) -> Result<Findings> {
        let mut found = Findings::default();
        let open: HashSet<_> = alerts::open_kinds(tx)?.into_iter().collect();
        let (now, fleet) = (self.now(), &self.inner.fleet);
        for device in devices::all(tx)? {
            let (seen, is_low, told_low, told_basket, told) = {
                let entries = fleet.entries();
                match entries.get(&device.id) {
                    Some(Entry { seen, is_low, told_low, told_basket, told, .. }) => {
                        (seen.clone(), *is_low, *told_low, *told_basket, *told)
                    }
                    None => Default::default(),
                }
            };
            let state = seen.last.state(device.profile.interval_s, now);
            if !device.revoked {
                found.counts.add(state);
            }
            if state != told {
                found.changed.push((device.id, device.profile.interval_s));
            }
            let look = Look {
                device: &device,
                seen: &seen,
                is_low,
                told_low,
                told_basket,
                now,
                since: fleet.since,
            };
            look.at_battery(&open, &mut found);
            look.at_basket(tx, state, &open, &self.settings().time_zone, &mut found)?;
        }
        found.acts.truncate(ACTS_MAX);
        Ok(found)
    }

    async fn carry_out(&self, acts: Vec<Act>) -> Result<()> {
        if acts.is_empty() {
            return Ok(());
        }
        let now = self.now();
        let done = self
            .write(move |tx| {
                for act in &acts {
                    carry_out(tx, act, now)?;
                }
                Ok(acts)
            })
            .await?;
        for act in done {
            if let Act::Raise(new) = act {
                self.inner.fleet.note_told(new.device_id, new.kind, new.cart_id);
            }
        }
        Ok(())
    }
}

impl Fleet {
    /// Notes that staff know of it.
    fn note_told(&self, device: DeviceId, kind: AlertKind, cart: Option<CartId>) {
        let mut entries = self.entries();
        let entry = entries.entry(device).or_default();
        match kind {
            AlertKind::BatteryLow => entry.told_low = true,
            AlertKind::OfflineWithBasket => entry.told_basket = cart,
            _ => {}
        }
    }
}

impl Look<'_> {
    fn at_battery(&self, open: &HashSet<(DeviceId, AlertKind)>, found: &mut Findings) {
        let (id, kind) = (self.device.id, AlertKind::BatteryLow);
        let is_open = open.contains(&(id, kind));
        if self.device.revoked {
            if is_open {
                found.acts.push(Act::Clear(id, kind, "the trolley is revoked"));
            }
            return;
        }
        // After a start nothing is known of its battery until it says so.
        let Some(percent) = self.seen.heartbeat.battery_pct else { return };
        if self.is_low {
            if is_open {
                found.known.push((id, kind, None));
            } else if !self.told_low {
                let detail = format!("battery at {percent} %: charge it");
                found.acts.push(Act::Raise(self.alert(kind, None, detail)));
            }
        } else if is_open && percent >= BATTERY_CHARGED_PCT {
            found.acts.push(Act::Clear(id, kind, "charged"));
        }
    }

    fn at_basket(
        &self,
        tx: &ReadTx,
        state: DeviceState,
        open: &HashSet<(DeviceId, AlertKind)>,
        zone: &TimeZone,
        found: &mut Findings,
    ) -> Result<()> {
        let (id, kind) = (self.device.id, AlertKind::OfflineWithBasket);
        let is_open = open.contains(&(id, kind));
        let is_silent = state == DeviceState::Offline && !self.device.revoked;
        if !is_silent {
            if is_open {
                let why = if self.device.revoked { "the trolley is revoked" } else { "it is back" };
                found.acts.push(Act::Clear(id, kind, why));
            }
            return Ok(());
        }
        let cart = basket(tx, self.device)?.filter(|cart| !cart.lines.is_empty());
        let Some(cart) = cart else {
            if is_open {
                found.acts.push(Act::Clear(id, kind, "its cart is empty"));
            }
            return Ok(());
        };
        // Nobody could be heard of while the appliance was off.
        let waited = self.now.duration_since(self.since) > patience(self.device.profile.interval_s);
        if self.told_basket == Some(cart.id) || !waited {
            return Ok(());
        }
        found.acts.push(Act::Raise(self.silent(&cart, zone)));
        Ok(())
    }

    fn silent(&self, cart: &Cart, zone: &TimeZone) -> NewAlert {
        let heard = self.seen.last.at.unwrap_or(self.now).to_zoned(zone.clone());
        let detail = format!(
            "not heard of since {}, items in its cart: {}",
            heard.strftime("%Y-%m-%d %H:%M"),
            cart.item_count()
        );
        self.alert(AlertKind::OfflineWithBasket, Some(cart.id), detail)
    }

    fn alert(&self, kind: AlertKind, cart_id: Option<CartId>, detail: String) -> NewAlert {
        NewAlert {
            device_id: self.device.id,
            cart_id,
            kind,
            detail,
            confidence: Confidence::CERTAIN,
            product_id: None,
            weight_g: None,
        }
    }
}

fn carry_out(tx: &mut WriteTx<'_>, act: &Act, now: Timestamp) -> Result<()> {
    match act {
        // It may have been revoked since the look.
        Act::Raise(new) if existing(tx, new.device_id)?.revoked => Ok(()),
        Act::Raise(new) => raise(tx, new.clone(), now).map(drop),
        Act::Clear(device, kind, why) => clear_kind(tx, *device, *kind, why, now),
    }
}
