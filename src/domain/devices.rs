//! Trolley hardware: identity, pairing and the exactly-once window of its numbered events.

mod window;

pub use window::{SEQ_MAX, SEQ_WINDOW, SeqPlace, SeqWindow};

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::{DeviceId, OrderId, UserId};

/// Longest device name, in characters.
pub const DEVICE_NAME_MAX: usize = 60;
/// How long an identical body without a `seq` counts as a retry, in milliseconds: ESP32 retries
/// come up to 17 s later, but people also scan the same product twice; 7 s is the compromise.
pub const DEDUPE_DEFAULT_MS: u32 = 7_000;
/// How long an unnumbered checkout answers the same order again, in seconds.
pub const CHECKOUT_REPEAT_S: i64 = 60;

/// Names one start of a device's firmware. Opaque and without order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BootId(String);

impl BootId {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BootId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=32).contains(&text.chars().count());
        if fits && !text.chars().any(char::is_control) {
            Ok(Self(text.to_owned()))
        } else {
            Err("boot_id is 1 to 32 printable characters")
        }
    }
}

impl fmt::Display for BootId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How often a trolley is expected to be heard of, in seconds, unless staff say otherwise.
pub const INTERVAL_DEFAULT_S: u32 = 30;
/// The shortest and the longest time after which a trolley may be expected again, in seconds.
pub const INTERVAL_RANGE_S: std::ops::RangeInclusive<u32> = 1..=86_400;

/// What a trolley's scale counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WeightUnit {
    /// Grams.
    #[default]
    G,
    /// Kilograms.
    Kg,
}

/// How one model of hardware speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceProfile {
    /// How long an identical unnumbered body counts as a retry, in milliseconds; 0 = never.
    pub dedupe_ms: u32,
    /// What it sends as `weight` and `cart_weight`.
    pub weight_unit: WeightUnit,
    /// Whether only signed requests are its own: its key alone is refused.
    pub needs_signature: bool,
    /// How often it is expected to be heard of, in seconds.
    pub interval_s: u32,
}

impl Default for DeviceProfile {
    fn default() -> Self {
        Self {
            dedupe_ms: DEDUPE_DEFAULT_MS,
            weight_unit: WeightUnit::default(),
            needs_signature: false,
            interval_s: INTERVAL_DEFAULT_S,
        }
    }
}

/// The board that a trolley enrolled with.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Board {
    /// The MAC address, 12 upper-case hexadecimal digits.
    pub mac: Option<String>,
    /// The chip, as its firmware says it: `ESP32-S3`.
    pub chip: Option<String>,
}

/// The SHA-256 of a device key; the key itself is shown once and never kept.
pub type KeyHash = [u8; 32];

/// The last order that a device placed, kept for clients that repeat a checkout blindly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastCheckout {
    /// The order.
    pub order_id: OrderId,
    /// When it was placed.
    pub at: Timestamp,
}

/// The hardware on one trolley.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Identity; also the trolley's `cart_id` on the wire.
    pub id: DeviceId,
    /// What staff call it.
    pub name: String,
    /// What a shopper types to pair a phone with it.
    pub cart_code: String,
    /// The key in use.
    pub key_hash: KeyHash,
    /// A key about to be replaced, which works until the new one is used or this time.
    pub old_key: Option<(KeyHash, Timestamp)>,
    /// A revoked device is refused for good.
    pub revoked: bool,
    /// Whose phone is paired with it.
    pub user_id: Option<UserId>,
    /// Changes with every connect, disconnect and checkout.
    pub session: u64,
    /// See [`LastCheckout`]; `None` after the next scan, connect or disconnect.
    pub last_checkout: Option<LastCheckout>,
    /// When the session began: with the last connect, disconnect or checkout.
    pub session_began_at: Timestamp,
    /// How its hardware speaks.
    pub profile: DeviceProfile,
    /// The board that it enrolled with.
    pub board: Board,
    /// When it was added.
    pub created_at: Timestamp,
}

impl Device {
    /// The trolley changed hands: what it sends of before is refused from here on.
    pub const fn begin_session(&mut self, now: Timestamp) {
        self.session += 1;
        self.session_began_at = now;
    }
}

/// Checks a device's name: 1 to [`DEVICE_NAME_MAX`] printable characters.
pub fn device_name(text: &str) -> Result<String, &'static str> {
    let name = text.trim();
    let fits = (1..=DEVICE_NAME_MAX).contains(&name.chars().count());
    if fits && !name.chars().any(char::is_control) {
        Ok(name.to_owned())
    } else {
        Err("a device name is 1 to 60 printable characters")
    }
}
