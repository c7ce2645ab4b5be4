//! Readings between events: in memory, until a resting scale says something new for long enough.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::{Before, Shelf, clear, existing, held, scale_of};
use crate::app::{App, CartDevice, Result, alerts};
use crate::domain::alerts::{AlertKind, Confidence, NewAlert};
use crate::domain::id::{CartId, DeviceId};
use crate::domain::weight::judge::{Cause, Finding};
use crate::domain::weight::readings::Readings;
use crate::domain::weight::scale::{Rest, Scale};
use crate::domain::weight::{WeightRules, plausible_g};
use crate::storage::{Reader, WriteTx, carts, weights};

/// How long a difference stays before staff hear of it: a phone is laid down and taken up again,
/// an item is put in and scanned.
pub(super) const ALERT_AFTER: SignedDuration = SignedDuration::from_secs(8);
/// How often a trolley's resting scale is looked at.
const LOOK_PERIOD: SignedDuration = SignedDuration::from_secs(1);
/// How often what it says may be written.
const WRITE_PERIOD: SignedDuration = SignedDuration::from_secs(5);

/// The scales' readings by trolley. Bounded by the number of devices.
#[derive(Debug, Default)]
pub(in crate::app) struct Scales(Mutex<HashMap<DeviceId, Watch>>);

#[derive(Debug, Default)]
struct Watch {
    readings: Readings,
    /// Since when the resting scale differs from what the list asks for.
    off_since: Option<Timestamp>,
    /// What is known of the scale before its first event: telemetry alone writes nothing.
    noted: Option<Scale>,
    looked_at: Option<Timestamp>,
    written_at: Option<Timestamp>,
}

impl Scales {
    fn with<T>(&self, id: DeviceId, act: impl FnOnce(&mut Watch) -> T) -> T {
        let mut watches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        act(watches.entry(id).or_default())
    }
}

impl Watch {
    /// Takes a reading; what the scale rests at, when it is time to look at that.
    fn take(&mut self, now: Timestamp, grams: i64) -> Option<i64> {
        if self.readings.push(now, grams) {
            self.off_since = None;
        }
        let rest_g = self.readings.at_rest()?;
        if self.looked_at.is_some_and(|last| is_within(LOOK_PERIOD, last, now)) {
            return None;
        }
        self.looked_at = Some(now);
        Some(rest_g)
    }

    /// Whether what the scale says is to be written now.
    fn is_due(&mut self, now: Timestamp, rest: &Rest) -> bool {
        let is_long = match rest {
            Rest::Quiet => {
                self.off_since = None;
                return false;
            }
            Rest::Noted => false,
            Rest::Closed => true,
            Rest::Alert(_) => now.duration_since(*self.off_since.get_or_insert(now)) >= ALERT_AFTER,
        };
        let is_due =
            is_long && !self.written_at.is_some_and(|last| is_within(WRITE_PERIOD, last, now));
        if is_due {
            (self.written_at, self.off_since) = (Some(now), None);
        }
        is_due
    }
}

/// Whether this was less than so long ago; by a clock that was set back since it was not.
fn is_within(period: SignedDuration, last: Timestamp, now: Timestamp) -> bool {
    now.duration_since(last).abs() < period
}

impl App {
    /// Takes a reading that came without an event. A fault is logged: no heartbeat fails for it.
    pub async fn weigh(&self, device: &CartDevice, reading_g: Option<i64>) {
        if let Err(error) = self.try_weigh(device.id, reading_g).await {
            tracing::warn!(device = device.id.value(), %error, "a scale's reading is left out");
        }
    }

    async fn try_weigh(&self, id: DeviceId, reading_g: Option<i64>) -> Result<()> {
        let (rules, now) = (self.settings().weight, self.now());
        let reading_g = reading_g.and_then(plausible_g).filter(|_| rules.is_on);
        let Some(grams) = reading_g else { return Ok(()) };
        let scales = &self.inner.scales;
        let Some(rest_g) = scales.with(id, |watch| watch.take(now, grams)) else { return Ok(()) };
        let noted = scales.with(id, |watch| watch.noted.clone());
        let seen = self.read(|tx| look(tx, (&rules, noted.as_ref()), id, rest_g, now))?;
        let is_due = scales.with(id, |watch| {
            let is_due = watch.is_due(now, &seen.rest);
            if seen.rest == Rest::Noted {
                watch.noted = Some(seen.scale);
            }
            is_due
        });
        if !is_due {
            return Ok(());
        }
        self.write(move |tx| note(tx, (&rules, noted.as_ref()), id, rest_g, now)).await
    }

    /// What memory knows of the scale before an event, which begins a new story.
    pub(in crate::app) fn before_event(&self, id: DeviceId, now: Timestamp) -> Before {
        self.inner.scales.with(id, |watch| {
            let before = Before {
                rested_g: watch.readings.at_rest(),
                is_in_motion: watch.readings.is_in_motion(now),
                noted: watch.noted.take(),
            };
            watch.readings.clear();
            watch.off_since = None;
            before
        })
    }
}

/// What a resting scale means.
struct Seen {
    rest: Rest,
    scale: Scale,
    cart_id: Option<CartId>,
}

fn look(
    tx: &impl Reader,
    (rules, noted): (&WeightRules, Option<&Scale>),
    id: DeviceId,
    rest_g: i64,
    now: Timestamp,
) -> Result<Seen> {
    let device = existing(tx, id)?;
    let cart = carts::on_trolley(tx, &device)?;
    let lines = cart.as_ref().map(|cart| held(tx, cart)).transpose()?.unwrap_or_default();
    let mut scale = scale_of(tx, &device, noted)?;
    let mut shelf = Shelf::new(tx, device.user_id);
    let rest = scale.rest(rules, (device.session, &lines), rest_g, now, &mut shelf);
    shelf.finish()?;
    Ok(Seen { rest, scale, cart_id: cart.map(|cart| cart.id) })
}

/// Writes what a resting scale means, as things are in this transaction.
fn note(
    tx: &mut WriteTx<'_>,
    known: (&WeightRules, Option<&Scale>),
    id: DeviceId,
    rest_g: i64,
    now: Timestamp,
) -> Result<()> {
    let seen = look(&*tx, known, id, rest_g, now)?;
    match seen.rest {
        Rest::Quiet | Rest::Noted => return Ok(()),
        Rest::Closed => clear(tx, id, "the scale agrees with the list again", now)?,
        Rest::Alert(finding) => {
            alerts::raise(tx, alert(id, seen.cart_id, &finding), now)?;
        }
    }
    weights::put_scale(tx, id, &seen.scale)?;
    Ok(())
}

fn alert(device_id: DeviceId, cart_id: Option<CartId>, finding: &Finding) -> NewAlert {
    let (kind, than) = match finding.cause {
        Cause::Unscanned => (AlertKind::UnscannedItem, "more"),
        Cause::Missing => (AlertKind::ItemMissing, "less"),
        Cause::Fits | Cause::NotMoved | Cause::Swapped => (AlertKind::WeightMismatch, "other"),
    };
    let grams = finding.weight_g.abs();
    NewAlert {
        device_id,
        cart_id,
        kind,
        detail: format!("The scale reads {grams} g {than} than the list explains"),
        confidence: Confidence::from_share(finding.confidence),
        product_id: finding.product_id,
        weight_g: Some(finding.weight_g),
    }
}
