//! The look at the whole fleet from time to time: who went silent, whose battery is low.
//!
//! Nothing is written but alerts that are raised or cleared, and each is raised once: what staff
//! have cleared does not come back before the trolley was heard of again, or charged. A trolley that
//! comes and goes is told of now and then only.

use std::collections::HashSet;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{App, Entry, Fleet, Seen};
use crate::app::Result;
use crate::app::alerts::{clear_kind, raise};
use crate::clock::Jump;
use crate::domain::alerts::{AlertKind, Confidence, NewAlert};
use crate::domain::cart::Cart;
use crate::domain::devices::Device;
use crate::domain::fleet::{BATTERY_CHARGED_PCT, DeviceState, patience};
use crate::domain::id::{CartId, DeviceId};
use crate::storage::{ReadTx, WriteTx, alerts, carts, devices};

/// The most alerts that one look raises or clears: the rest waits for the next.
const ACTS_MAX: usize = 256;
/// How long staff are not told again that a trolley with the same cart went silent.
const REPEAT: SignedDuration = SignedDuration::from_mins(5);

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

/// What memory knows of one trolley.
#[derive(Debug, Default)]
struct Known {
    seen: Seen,
    told: DeviceState,
    is_low: bool,
    told_low: bool,
    told_basket: Option<CartId>,
    told_basket_at: Option<Timestamp>,
}

impl Known {
    fn of(entry: &Entry) -> Self {
        Self {
            seen: entry.seen.clone(),
            told: entry.told,
            is_low: entry.is_low,
            told_low: entry.told_low,
            told_basket: entry.told_basket,
            told_basket_at: entry.told_basket_at,
        }
    }
}

/// What is asked about one trolley.
struct Look<'a> {
    device: &'a Device,
    known: &'a Known,
    now: Timestamp,
    /// Since when the clock runs evenly: nobody can have been silent for longer.
    since: Timestamp,
}

impl App {
    /// Looks at the whole fleet: tells listeners of states that changed, raises and clears alerts.
    pub async fn check_fleet(&self) -> Result<()> {
        self.restore_last_seen();
        let now = self.now();
        if let Some(jump) = self.steady().jump {
            self.inner.fleet.follow_clock(jump, now);
        }
        let app = self.clone();
        let found = self.scan(move |tx| app.look_at_fleet(tx)).await?;
        *self.inner.fleet.counts.lock().unwrap_or_else(PoisonError::into_inner) = found.counts;
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
        *self.inner.fleet.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many alerts are open.
    pub fn open_alert_count(&self) -> Result<u64> {
        self.read(|tx| Ok(alerts::open_total(tx)?))
    }

    fn look_at_fleet(&self, tx: &ReadTx) -> Result<Findings> {
        let mut found = Findings::default();
        let open: HashSet<_> = alerts::open_kinds(tx)?.into_iter().collect();
        let (now, since, fleet) = (self.now(), self.steady().since, &self.inner.fleet);
        for device in devices::all(tx)? {
            let known = fleet.entries().get(&device.id).map(Known::of).unwrap_or_default();
            let state = known.seen.last.state(device.profile.interval_s, now);
            if state != known.told {
                found.changed.push((device.id, device.profile.interval_s));
            }
            // What was open about it ended with it.
            if device.revoked {
                continue;
            }
            found.counts.add(state);
            let look = Look { device: &device, known: &known, now, since };
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
                if new.kind == AlertKind::OfflineWithBasket {
                    let mut entries = self.inner.fleet.entries();
                    entries.entry(new.device_id).or_default().told_basket_at = Some(now);
                }
            }
        }
        Ok(())
    }
}

impl Fleet {
    /// The clock was set: times that were noted by it before are put right, once for each jump, so
    /// that nobody is silent for having been heard of by another clock.
    fn follow_clock(&self, jump: Jump, now: Timestamp) {
        if self.followed.swap(jump.number, Ordering::Relaxed) == jump.number {
            return;
        }
        for entry in self.entries().values_mut().filter(|entry| entry.is_heard) {
            entry.told_basket_at = None;
            let at = entry.seen.last.at.filter(|at| !(jump.at..=now).contains(at));
            if let Some(at) = at.and_then(|at| at.saturating_add(jump.by).ok()) {
                entry.seen.last.at = Some(at);
            }
        }
    }

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
        // After a start nothing is known of its battery until it says so.
        let Some(percent) = self.known.seen.heartbeat.battery_pct else { return };
        if self.known.is_low {
            if is_open {
                found.known.push((id, kind, None));
            } else if !self.known.told_low {
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
        if state != DeviceState::Offline {
            if is_open {
                found.acts.push(Act::Clear(id, kind, "it is back"));
            }
            return Ok(());
        }
        let cart = carts::on_trolley(tx, self.device)?.filter(|cart| !cart.lines.is_empty());
        let Some(cart) = cart else {
            if is_open {
                found.acts.push(Act::Clear(id, kind, "its cart is empty"));
            }
            return Ok(());
        };
        // Nobody could be heard of while the appliance was off.
        let waited = self.now.duration_since(self.since) > patience(self.device.profile.interval_s);
        let is_known = self.known.told_basket == Some(cart.id);
        let is_again = |told: Timestamp| self.now.duration_since(told) < REPEAT;
        if is_known || !waited || self.known.told_basket_at.is_some_and(is_again) {
            return Ok(());
        }
        found.acts.push(Act::Raise(self.silent(&cart, zone)));
        Ok(())
    }

    fn silent(&self, cart: &Cart, zone: &TimeZone) -> NewAlert {
        let heard = self.known.seen.last.at.unwrap_or(self.now).to_zoned(zone.clone());
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
        Act::Raise(new) => raise(tx, new.clone(), now).map(drop),
        Act::Clear(device, kind, why) => clear_kind(tx, *device, *kind, why, now),
    }
}
