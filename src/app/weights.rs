//! Trolleys with a scale: each event's reading is held against the list in the transaction of the
//! event, readings in between stay in memory, and staff hear of what stays off.
//!
//! The scale never decides about a scan: the item is accepted, and the answer gets `check`. What
//! [`crate::domain::weight`] concludes is written here: weights that are learned, the scale's
//! state, alerts. Readings come every 100 ms from hundreds of trolleys; of them a first one, an
//! alert and its end are written, and nothing else.

mod shelf;
mod watch;

pub(super) use watch::Scales;

use jiff::Timestamp;

use self::shelf::{Shelf, held};
use super::audit::{self, Change};
use super::devices::existing;
use super::fleet::Nudge;
use super::{App, CartDevice, Error, Result, Staff, alerts};
use crate::domain::alerts::{AlertKind, Confidence, NewAlert};
use crate::domain::cart::Cart;
use crate::domain::catalog::{Product, Unit};
use crate::domain::devices::Device;
use crate::domain::id::{DeviceId, ProductId};
use crate::domain::weight::judge::{self, Cause, Check, Expected, SURE, Verdict};
use crate::domain::weight::learned::LearnedWeight;
use crate::domain::weight::scale::{Scale, TARE_MAX_S, TARES_MAX, Told, is_tare_over, tare_until};
use crate::domain::weight::{WeightRules, plausible_g};
use crate::storage::{Reader, WriteTx, weights};

/// What the scale says about an event, as the trolley is told it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// `ok`, `unsure`, `mismatch` or `learning`.
    pub word: &'static str,
    /// What is observed; empty when it fits.
    pub hint: &'static str,
    /// How sure that is.
    pub confidence: Confidence,
}

impl From<Verdict> for Checked {
    fn from(verdict: Verdict) -> Self {
        Self {
            word: match verdict.check {
                Check::Ok => "ok",
                Check::Unsure => "unsure",
                Check::Mismatch => "mismatch",
                Check::Learning => "learning",
            },
            hint: verdict.hint,
            confidence: Confidence::from_share(verdict.confidence),
        }
    }
}

/// What memory knows of a scale when an event comes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Before {
    pub(super) rested_g: Option<i64>,
    pub(super) is_in_motion: bool,
    /// Where the session's readings begin, unless the disk knows.
    pub(super) noted: Option<Scale>,
}

/// An event with what it put in or took out.
pub(super) struct Weighed<'a> {
    pub(super) rules: &'a WeightRules,
    pub(super) before: Before,
    pub(super) device: &'a Device,
    /// The cart after it.
    pub(super) cart: &'a Cart,
    /// What it was about.
    pub(super) product: &'a Product,
    /// What the scale read after it, in grams.
    pub(super) reading_g: Option<i64>,
    /// The item's own weight and how many pieces that were, if the trolley weighed it alone.
    pub(super) alone: Option<(i64, i64)>,
    pub(super) now: Timestamp,
}

/// Holds an event against the scale, learns from it and tells staff. `None`: nothing was weighed.
pub(super) fn check(tx: &mut WriteTx<'_>, weighed: &Weighed<'_>) -> Result<Option<Checked>> {
    if !weighed.rules.is_on {
        return Ok(None);
    }
    let Some(reading_g) = weighed.reading_g else {
        return match weighed.alone {
            Some(alone) if weighed.product.unit == Unit::Each => check_alone(tx, weighed, alone),
            _ => Ok(None),
        };
    };
    let (device, now) = (weighed.device, weighed.now);
    let mut scale = scale_of(tx, device, weighed.before.noted.as_ref())?;
    let lines = held(tx, weighed.cart)?;
    let told = Told {
        session: device.session,
        lines: &lines,
        reading_g: plausible_g(reading_g),
        rested_g: weighed.before.rested_g,
        is_in_motion: weighed.before.is_in_motion,
        now,
    };
    let mut shelf = Shelf::new(&*tx, device.user_id);
    let outcome = scale.tell(weighed.rules, &told, &mut shelf);
    shelf.finish()?;
    if outcome.is_changed {
        weights::put_scale(tx, device.id, &scale)?;
    }
    if let Some((product, grams)) = outcome.lesson {
        let label_g = (product == weighed.product.id).then_some(weighed.product.weight_g).flatten();
        learn(tx, (product, label_g), grams, weighed.cart)?;
    }
    if outcome.is_closed {
        clear(tx, device.id, "explained by a scan", now)?;
    }
    if let Some((cause, difference_g)) = outcome.alert {
        mismatched(tx, weighed, cause, difference_g, outcome.verdict.confidence)?;
    }
    Ok(Some(outcome.verdict.into()))
}

/// The item was weighed by itself: a check of its own, without the trolley's scale.
fn check_alone(
    tx: &mut WriteTx<'_>,
    weighed: &Weighed<'_>,
    (grams, pieces): (i64, i64),
) -> Result<Option<Checked>> {
    let product = weighed.product;
    let belief = weights::learned(tx, product.id)?.belief(product.weight_g);
    let mut expected = Expected::default();
    expected.add_pieces(pieces, belief);
    let Some(grams) = plausible_g(grams) else {
        return Ok(Some(Verdict::without(Check::Unsure, "no-reading").into()));
    };
    let grams = f64::from(i32::try_from(grams).unwrap_or(i32::MAX));
    let verdict = judge::event(weighed.rules, &expected, grams, &[]);
    if pieces == 1 && grams > 0.0 {
        learn(tx, (product.id, product.weight_g), grams, weighed.cart)?;
    }
    if verdict.check == Check::Mismatch && belief.is_some_and(|belief| belief.is_learned) {
        let difference_g = crate::domain::weight::whole(grams - expected.change_g);
        mismatched(tx, weighed, Some(Cause::Swapped), difference_g, verdict.confidence)?;
    }
    Ok(Some(verdict.into()))
}

fn learn(
    tx: &mut WriteTx<'_>,
    (product, label_g): (ProductId, Option<u32>),
    grams: f64,
    cart: &Cart,
) -> Result<()> {
    let mut weight = weights::learned(tx, product)?;
    if weight.observe(grams, label_g, cart.id.value()) {
        weights::put_learned(tx, product, &weight)?;
    }
    Ok(())
}

/// Tells staff of a scan that does not fit.
fn mismatched(
    tx: &mut WriteTx<'_>,
    weighed: &Weighed<'_>,
    cause: Option<Cause>,
    difference_g: i64,
    confidence: f64,
) -> Result<()> {
    if confidence < SURE {
        return Ok(());
    }
    let kind = match cause {
        Some(Cause::Swapped) => AlertKind::SwappedItem,
        Some(Cause::Unscanned) => AlertKind::UnscannedItem,
        Some(Cause::Missing) => AlertKind::ItemMissing,
        _ => AlertKind::WeightMismatch,
    };
    let grams = difference_g.abs();
    let than = if difference_g > 0 { "more" } else { "less" };
    let name = &weighed.product.name;
    let detail =
        format!("With the scan of {name} the scale changed by {grams} g {than} than usual");
    let new = NewAlert {
        device_id: weighed.device.id,
        cart_id: Some(weighed.cart.id),
        kind,
        detail,
        confidence: Confidence::from_share(confidence),
        product_id: Some(weighed.product.id),
        weight_g: Some(difference_g),
    };
    alerts::raise(tx, new, weighed.now).map(drop)
}

/// The scale agrees with the list again.
fn clear(tx: &mut WriteTx<'_>, device: DeviceId, why: &str, now: Timestamp) -> Result<()> {
    alerts::clear_kinds(tx, device, &AlertKind::OF_SCALES, why, now)
}

/// A window in which what is laid in is baggage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TareWindow {
    /// The trolley.
    pub device_id: DeviceId,
    /// Its length.
    pub seconds: i64,
    /// Its end.
    pub until: Timestamp,
}

/// What a product weighs, as far as it is known.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownWeight {
    /// The product.
    pub product: Product,
    /// What scans taught.
    pub learned: LearnedWeight,
}

impl App {
    /// The shopper lays bags in, and the trolley says so: at most a few times in a session.
    pub async fn tare(&self, device: &CartDevice, seconds: Option<i64>) -> Result<TareWindow> {
        let (id, window) = (device.id, self.window(device.id, seconds)?);
        let now = self.now();
        let noted = self.before_event(id, now).noted;
        self.write(move |tx| {
            let mut scale = scale_of(tx, &existing(tx, id)?, noted.as_ref())?;
            let session = scale.session;
            if !scale.tare(session, now, window.until, true) {
                let detail = format!("{TARES_MAX} times in a session are the most: ask the staff");
                return Err(Error::conflict("tare-limit", detail));
            }
            weights::put_scale(tx, id, &scale)?;
            Ok(window)
        })
        .await
    }

    /// Staff let a shopper lay bags in.
    pub async fn tare_device(
        &self,
        staff: &Staff,
        id: DeviceId,
        seconds: Option<i64>,
    ) -> Result<TareWindow> {
        let (window, act, now) = (self.window(id, seconds)?, self.act(staff), self.now());
        let noted = self.before_event(id, now).noted;
        let tared = self.write(move |tx| {
            let device = existing(tx, id)?;
            if device.revoked {
                return Err(Error::conflict("revoked", "a revoked device weighs nothing"));
            }
            let mut scale = scale_of(tx, &device, noted.as_ref())?;
            scale.tare(device.session, now, window.until, false);
            weights::put_window(tx, id, &scale)?;
            let change = Change::none().with("seconds", window.seconds);
            audit::record(tx, &act, "device.tare", ("device", id), change)?;
            Ok(window)
        });
        let window = tared.await?;
        self.nudge(id, Nudge::Tare);
        Ok(window)
    }

    fn window(&self, device_id: DeviceId, seconds: Option<i64>) -> Result<TareWindow> {
        if seconds.is_some_and(|seconds| !(1..=TARE_MAX_S).contains(&seconds)) {
            return Err(Error::field("seconds", format!("is 1 to {TARE_MAX_S}")));
        }
        let (now, until) = (self.now(), tare_until(self.now(), seconds));
        Ok(TareWindow { device_id, seconds: until.duration_since(now).as_secs(), until })
    }

    /// Until when bags may be laid into the trolley, if that time is not over.
    pub fn tare_open_until(&self, id: DeviceId) -> Result<Option<Timestamp>> {
        let now = self.now();
        let scale = self.read(|tx| Ok(weights::scale(tx, id)?))?;
        Ok(scale.and_then(|scale| scale.tare_until).filter(|until| !is_tare_over(*until, now)))
    }

    /// What a product weighs by its label and by its scans.
    pub fn known_weight(&self, _: &Staff, id: ProductId) -> Result<KnownWeight> {
        self.read(|tx| {
            let product = crate::storage::products::product(tx, id)?;
            let product = product.ok_or_else(|| Error::not_found("product"))?;
            Ok(KnownWeight { learned: weights::learned(tx, id)?, product })
        })
    }
}

/// The scale in the trolley's session.
fn scale_of(tx: &impl Reader, device: &Device, noted: Option<&Scale>) -> Result<Scale> {
    let is_of_session = |scale: &Scale| scale.session == device.session;
    let kept = weights::scale(tx, device.id)?.filter(is_of_session);
    let kept = kept.unwrap_or_else(|| Scale::new(device.session));
    // What was taken note of in memory begins where the disk knows no beginning.
    let begins = kept.anchor_g.is_none() || kept.tare_until.is_some();
    let noted = noted.filter(|noted| begins && is_of_session(noted));
    Ok(noted.cloned().unwrap_or(kept))
}
