//! What trolleys do to their carts, exactly once.
//!
//! A numbered event is remembered by (device, boot, sequence number) in the transaction of its
//! effect, together with its answer: a repeat gets the same answer and changes nothing. A refusal
//! for an event's content is an answer like any other and uses up the number; whatever says
//! nothing about the event (a gap, a busy disk) does not.

mod apply;
mod window;

pub use apply::Done;

use jiff::{SignedDuration, Timestamp};

use self::window::{Place, Slot};
use super::carts::Addition;
use super::devices::existing;
use super::fleet::Heartbeat;
use super::promotions::Terms;
use super::weights::Before;
use super::{App, CartDevice, Error, Refusal, Result};
use crate::auth::CartCode;
use crate::domain::devices::{BootId, Device};
use crate::domain::id::DeviceId;
use crate::domain::settings::StoreSettings;
pub use crate::storage::records::device::AnswerRecord;
use crate::storage::records::device::{RecentAnswers, RecentRecord};
use crate::storage::{Reader, WriteTx, devices};

/// The most events of one batch.
pub const BATCH_MAX: usize = 256;
/// The most recent unnumbered answers kept for a device.
const RECENT_MAX: usize = 128;

/// What a trolley did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Put in.
    Add(Content<Addition>),
    /// Took out.
    Remove(Content<Addition>),
    /// Counted: the line is set.
    Set(Content<Addition>),
    /// Goes to the till.
    Checkout,
}

/// Content that may not be readable: a number is used up by an event that says nonsense, so the
/// nonsense travels up to the window.
pub type Content<T> = std::result::Result<T, crate::domain::invalid::FieldErrors>;

/// The number of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered {
    /// Which start of the firmware.
    pub boot: BootId,
    /// Which event since then, from 1.
    pub seq: u32,
}

/// The trolley that firmware believes to be, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimedCart {
    /// By its number.
    Id(DeviceId),
    /// By a text, such as `cart_001`: its name or its cart code.
    Named(String),
}

impl ClaimedCart {
    /// Whether it is this trolley by its name or code; numbers are told apart before.
    fn may_be(&self, device: &Device) -> bool {
        let Self::Named(name) = self else { return true };
        let is_code = name.eq_ignore_ascii_case(&device.cart_code);
        is_code || name.to_lowercase() == device.name.to_lowercase()
    }
}

/// An event of a trolley.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What it did.
    pub action: Action,
    /// Its number, if the firmware counts.
    pub number: Option<Numbered>,
    /// The session in which it happened, if the firmware tells.
    pub session: Option<u64>,
    /// The trolley that the firmware believes to be.
    pub cart: Option<ClaimedCart>,
    /// What the trolley's scale reads, in grams.
    pub cart_weight_g: Option<i64>,
    /// SHA-256 of route and body: tells a blind retry of an unnumbered event.
    pub body_hash: [u8; 32],
}

/// How an outcome is written as the flat answer that is kept: status and JSON.
pub type Render = fn(&StoreSettings, Option<u32>, Result<Done>) -> AnswerRecord;

/// A batch's outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchDone {
    /// How many events from the start the device may forget.
    pub acked: usize,
    /// The last of them.
    pub seq: u32,
    /// What stopped the batch: the answer of a refused event, or a gap.
    pub stopped: Option<Stop>,
    /// What the cart costs now.
    pub total: crate::domain::money::Money,
}

/// Why a batch stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// The event behind the last acknowledged was refused; it counts as acknowledged.
    Refused(AnswerRecord),
    /// A number is missing.
    Gap {
        /// The number that is expected.
        expect: u32,
    },
}

impl App {
    /// Carries out one event and returns the answer to give, the first or the kept one.
    pub async fn device_event(
        &self,
        device: &CartDevice,
        event: Event,
        render: Render,
    ) -> Result<AnswerRecord> {
        self.note_weighed(device, event.cart_weight_g);
        let (now, id, settings) = (self.now(), device.id, self.settings().clone());
        let (code, terms) = (code_for(&event), self.terms(now)?);
        let before = self.before_event(id, now);
        self.write(move |tx| {
            let mut device = own(tx, id, event.cart.as_ref())?;
            let scene =
                Scene { settings: &settings, terms: &terms, now, code: &code, before, render };
            match &event.number {
                Some(number) => numbered(tx, &scene, &mut device, &event, number),
                None => unnumbered(tx, &scene, &mut device, &event),
            }
        })
        .await
    }

    /// Carries out a batch of numbered events in their order, in one transaction.
    pub async fn device_events(
        &self,
        device: &CartDevice,
        events: Vec<Event>,
        render: Render,
    ) -> Result<BatchDone> {
        self.note_weighed(device, events.iter().rev().find_map(|event| event.cart_weight_g));
        let (now, id, settings) = (self.now(), device.id, self.settings().clone());
        let codes: Vec<String> = events.iter().map(code_for).collect();
        let terms = self.terms(now)?;
        // What lies between late events is not known, only what was before them.
        let before = Before { noted: self.before_event(id, now).noted, ..Before::default() };
        self.write(move |tx| {
            let mut batch = BatchDone {
                acked: 0,
                seq: 0,
                stopped: None,
                total: crate::domain::money::Money::ZERO,
            };
            for (event, code) in events.iter().zip(&codes) {
                let mut device = match own(tx, id, event.cart.as_ref()) {
                    Ok(device) => device,
                    // It uses up nothing of its own, and nothing of those before it.
                    Err(error @ Error::Forbidden(_)) => {
                        let answer = render(&settings, None, Err(error));
                        batch.stopped = Some(Stop::Refused(answer));
                        break;
                    }
                    Err(error) => return Err(error),
                };
                let before = before.clone();
                let scene = Scene { settings: &settings, terms: &terms, now, code, before, render };
                let number = event.number.as_ref().ok_or_else(|| seq_required("seq"))?;
                let slot = Slot::find(tx, device.id, number)?;
                if let Place::Ahead { next: false } = slot.place {
                    batch.stopped = Some(Stop::Gap { expect: slot.expect() });
                    break;
                }
                let is_repeat = matches!(slot.place, Place::Repeat);
                let answer = in_slot(tx, &scene, &mut device, event, number, slot)?;
                batch.acked += 1;
                batch.seq = number.seq;
                if answer.status >= 400 && !is_repeat {
                    batch.stopped = Some(Stop::Refused(answer));
                    break;
                }
            }
            let device = existing(tx, id)?;
            batch.total = apply::totals(tx, &terms, &device)?.1;
            Ok(batch)
        })
        .await
    }

    /// A scale's reading comes with events too, and stays in memory.
    fn note_weighed(&self, device: &CartDevice, cart_weight_g: Option<i64>) {
        self.note_seen(device, Heartbeat { cart_weight_g, ..Heartbeat::default() });
    }
}

/// A code for the order that an event may become; drawn outside the transaction.
fn code_for(event: &Event) -> String {
    let is_checkout = event.action == Action::Checkout;
    if is_checkout { super::orders::order_code() } else { String::new() }
}

/// What every event of a transaction shares.
struct Scene<'a> {
    settings: &'a StoreSettings,
    terms: &'a Terms,
    now: Timestamp,
    /// The code of a checkout's order.
    code: &'a str,
    before: Before,
    render: Render,
}

/// The device as it is in this transaction; another trolley's number or code is not its own.
fn own(tx: &impl Reader, id: DeviceId, claimed: Option<&ClaimedCart>) -> Result<Device> {
    let device = existing(tx, id)?;
    let is_anothers = match claimed {
        None => false,
        Some(ClaimedCart::Id(other)) => *other != id,
        Some(named) if named.may_be(&device) => false,
        Some(ClaimedCart::Named(name)) => match CartCode::parse(name) {
            Some(code) => devices::by_code(tx, code.as_str())?.is_some(),
            None => false,
        },
    };
    if is_anothers {
        return Err(not_your_cart());
    }
    if device.revoked {
        return Err(Error::unauthenticated("unknown-device-key", "this device is revoked"));
    }
    Ok(device)
}

/// 403 for a trolley that believes to be another.
pub fn not_your_cart() -> Error {
    Error::forbidden("not-your-cart", "this key belongs to another cart")
}

/// 400 for a number that is not whole.
pub fn seq_required(field: &str) -> Error {
    Error::field(field, "boot_id and seq belong together, seq counts from 1")
}

fn numbered(
    tx: &mut WriteTx<'_>,
    scene: &Scene<'_>,
    device: &mut Device,
    event: &Event,
    number: &Numbered,
) -> Result<AnswerRecord> {
    let slot = Slot::find(tx, device.id, number)?;
    in_slot(tx, scene, device, event, number, slot)
}

/// Answers a numbered event: the kept answer to a repeat, or its own, which is then kept.
fn in_slot(
    tx: &mut WriteTx<'_>,
    scene: &Scene<'_>,
    device: &mut Device,
    event: &Event,
    number: &Numbered,
    mut slot: Slot,
) -> Result<AnswerRecord> {
    if matches!(slot.place, Place::Repeat) {
        if let Some(kept) = slot.answer(tx, device.id, number.seq)? {
            return Ok(kept);
        }
        let done = apply::nothing_new(tx, scene.terms, device)?;
        return Ok((scene.render)(scene.settings, Some(number.seq), Ok(done)));
    }
    let outcome = match apply::act(tx, scene, device, event) {
        Err(error) if !is_about_content(&error) => return Err(error),
        outcome => outcome,
    };
    if event.action == Action::Checkout && outcome.is_ok() {
        forget_recent(tx, device.id)?;
    }
    let answer = (scene.render)(scene.settings, Some(number.seq), outcome);
    slot.keep(tx, device.id, number, &answer)?;
    Ok(answer)
}

/// Answers an event without a number; an identical body within the device's window is a retry.
fn unnumbered(
    tx: &mut WriteTx<'_>,
    scene: &Scene<'_>,
    device: &mut Device,
    event: &Event,
) -> Result<AnswerRecord> {
    if let Some(repeated) = apply::repeated_checkout(tx, scene, device, event)? {
        return Ok((scene.render)(scene.settings, None, Ok(repeated)));
    }
    let window = SignedDuration::from_millis(i64::from(device.profile.dedupe_ms));
    let mut recent = devices::recent(tx, device.id)?;
    let before = recent.0.len();
    // Either way: what a clock that was set back put into the future is no retry for long.
    let window_us = u64::try_from(window.as_micros()).unwrap_or(0);
    let now_us = scene.now.as_microsecond();
    recent.0.retain(|kept| kept.at_us.abs_diff(now_us) < window_us);
    if let Some(kept) = recent.0.iter().find(|kept| kept.body_hash == event.body_hash) {
        return Ok(as_duplicate(&kept.answer));
    }
    let done = apply::act(tx, scene, device, event)?;
    let answer = (scene.render)(scene.settings, None, Ok(done));
    if device.profile.dedupe_ms > 0 && event.action != Action::Checkout {
        if recent.0.len() >= RECENT_MAX {
            recent.0.remove(0);
        }
        let at_us = scene.now.as_microsecond();
        recent.0.push(RecentRecord { body_hash: event.body_hash, at_us, answer: answer.clone() });
    }
    if event.action == Action::Checkout {
        recent.0.clear();
    }
    if !recent.0.is_empty() || before > 0 {
        devices::put_recent(tx, device.id, &recent)?;
    }
    Ok(answer)
}

/// After a checkout nothing that was scanned before it is a retry.
fn forget_recent(tx: &mut WriteTx<'_>, id: DeviceId) -> Result<()> {
    if !devices::recent(tx, id)?.0.is_empty() {
        devices::put_recent(tx, id, &RecentAnswers::default())?;
    }
    Ok(())
}

/// The same answer, marked as given before.
fn as_duplicate(answer: &AnswerRecord) -> AnswerRecord {
    let body = answer.body.strip_suffix('}').unwrap_or(&answer.body);
    AnswerRecord { status: answer.status, body: format!("{body},\"duplicate\":true}}") }
}

/// Refusals that are about the event itself and so use up its number.
fn is_about_content(error: &Error) -> bool {
    match error {
        Error::Invalid(_) | Error::BadRequest(_) | Error::NotFound(_) => true,
        Error::Conflict(Refusal { code, .. }) => *code != "gap",
        _ => false,
    }
}
