//! Trolley hardware: add, list, rename, give another key, revoke.

use jiff::{SignedDuration, Timestamp};

use super::audit::{self, shapes};
use super::enrolment::new_device;
use super::{Admin, App, Error, Result, Staff, alerts, pairing};
use crate::auth::{CartCode, DeviceKey};
use crate::domain::alerts::AlertKind;
use crate::domain::devices::{Device, INTERVAL_RANGE_S, KeyHash, WeightUnit, device_name};
use crate::domain::id::DeviceId;
use crate::storage::{Reader, WriteTx, devices};

/// How long the old key works beside a new one that was not used yet.
const KEY_OVERLAP: SignedDuration = SignedDuration::from_hours(24);
/// The longest window in which an identical body is a retry, in milliseconds.
const DEDUPE_MAX_MS: u32 = 60_000;
/// How many cart codes are drawn before giving up; one in a billion is taken.
pub(super) const CODES_DRAWN: usize = 8;

/// A device and its key, which is shown this once.
#[derive(Debug)]
pub struct NewDevice {
    /// The device.
    pub device: Device,
    /// Its key.
    pub key: DeviceKey,
}

/// Fields of a device to set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeviceChange {
    /// Another name.
    pub name: Option<String>,
    /// How long an identical unnumbered body counts as a retry; 0 = never.
    pub dedupe_ms: Option<u32>,
    /// What its scale counts in.
    pub weight_unit: Option<WeightUnit>,
    /// Whether its key alone is refused.
    pub needs_signature: Option<bool>,
    /// How often it is expected to be heard of, in seconds.
    pub interval_s: Option<u32>,
}

impl App {
    /// Adds a device.
    pub async fn add_device(&self, admin: &Admin, name: &str) -> Result<NewDevice> {
        let name = device_name(name).map_err(|error| Error::field("name", error))?;
        let (key, now) = (DeviceKey::generate(), self.now());
        let key_hash = *key.digest().as_bytes();
        let codes: Vec<CartCode> = (0..CODES_DRAWN).map(|_| CartCode::generate()).collect();
        let act = self.act(admin);
        let device = self
            .write(move |tx| {
                let cart_code = free_code(tx, &codes)?;
                let device = new_device(tx, name, cart_code, key_hash, now)?;
                devices::put(tx, &device)?;
                let change = audit::Change::made(shapes::device(&device));
                audit::record(tx, &act, "device.create", ("device", device.id), change)?;
                Ok(device)
            })
            .await?;
        Ok(NewDevice { device, key })
    }

    /// All devices, oldest first.
    pub fn devices(&self, _staff: &Staff) -> Result<Vec<Device>> {
        self.read(|tx| Ok(devices::all(tx)?))
    }

    /// A device.
    pub fn device(&self, _staff: &Staff, id: DeviceId) -> Result<Device> {
        self.read(|tx| existing(tx, id))
    }

    /// Changes a device's name or how its hardware speaks.
    pub async fn update_device(
        &self,
        admin: &Admin,
        id: DeviceId,
        change: DeviceChange,
    ) -> Result<Device> {
        let name = match change.name {
            Some(name) => Some(device_name(&name).map_err(|error| Error::field("name", error))?),
            None => None,
        };
        if change.dedupe_ms.is_some_and(|window_ms| window_ms > DEDUPE_MAX_MS) {
            return Err(Error::field("dedupe_ms", format!("is 0 to {DEDUPE_MAX_MS}")));
        }
        if change.interval_s.is_some_and(|interval_s| !INTERVAL_RANGE_S.contains(&interval_s)) {
            let (first, last) = (INTERVAL_RANGE_S.start(), INTERVAL_RANGE_S.end());
            return Err(Error::field("heartbeat_s", format!("is {first} to {last}")));
        }
        let act = self.act(admin);
        self.write(move |tx| {
            let mut device = existing(tx, id)?;
            let before = device.clone();
            device.name = name.unwrap_or(device.name);
            let profile = &mut device.profile;
            profile.dedupe_ms = change.dedupe_ms.unwrap_or(profile.dedupe_ms);
            profile.weight_unit = change.weight_unit.unwrap_or(profile.weight_unit);
            profile.needs_signature = change.needs_signature.unwrap_or(profile.needs_signature);
            profile.interval_s = change.interval_s.unwrap_or(profile.interval_s);
            if device != before {
                devices::put(tx, &device)?;
                let change =
                    audit::Change::between(shapes::device(&before), shapes::device(&device));
                audit::record(tx, &act, "device.update", ("device", id), change)?;
            }
            Ok(device)
        })
        .await
    }

    /// Gives a device another key. The old one works until the new one is used, at most a day.
    pub async fn rotate_device_key(&self, admin: &Admin, id: DeviceId) -> Result<NewDevice> {
        let (key, now) = (DeviceKey::generate(), self.now());
        let key_hash = *key.digest().as_bytes();
        let act = self.act(admin);
        let device = self
            .write(move |tx| {
                let mut device = existing(tx, id)?;
                if device.revoked {
                    return Err(Error::conflict("revoked", "a revoked device gets no new key"));
                }
                // A key that was never used is no key to keep: the one in the hardware stays.
                if device.old_key.is_none_or(|(_, until)| until <= now) {
                    device.old_key = Some((device.key_hash, now + KEY_OVERLAP));
                }
                device.key_hash = key_hash;
                devices::put(tx, &device)?;
                let change = audit::Change::none().with("key", "changed");
                audit::record(tx, &act, "device.rotate-key", ("device", id), change)?;
                Ok(device)
            })
            .await?;
        Ok(NewDevice { device, key })
    }

    /// The key with this hash was used: the one before it is dead, unless there is a newer one.
    pub(super) async fn forget_old_key(&self, id: DeviceId, used: KeyHash) -> Result<()> {
        self.write(move |tx| {
            let mut device = existing(tx, id)?;
            if device.key_hash == used {
                device.old_key = None;
                devices::put(tx, &device)?;
            }
            Ok(())
        })
        .await
    }

    /// Refuses a device for good. Its shopper is no longer paired and keeps the cart; goods that
    /// nobody signed in for are put aside.
    pub async fn revoke_device(&self, admin: &Admin, id: DeviceId) -> Result<Device> {
        let (act, now) = (self.act(admin), self.now());
        self.write(move |tx| {
            let mut device = existing(tx, id)?;
            if !device.revoked {
                let before = shapes::device(&device);
                pairing::unpair(tx, &mut device, now)?;
                pairing::put_aside(tx, &mut device, now)?;
                device.revoked = true;
                device.old_key = None;
                end_session(tx, &mut device, now)?;
                devices::put(tx, &device)?;
                let why = "the trolley is revoked";
                alerts::clear_kinds(tx, id, &AlertKind::ALL, why, now)?;
                let change = audit::Change::between(before, shapes::device(&device));
                audit::record(tx, &act, "device.revoke", ("device", id), change)?;
            }
            Ok(device)
        })
        .await
    }
}

/// What the trolley sends of before is refused from here on.
pub(super) fn begin_session(tx: &mut WriteTx<'_>, id: DeviceId, now: Timestamp) -> Result<()> {
    let mut device = existing(tx, id)?;
    end_session(tx, &mut device, now)?;
    Ok(devices::put(tx, &device)?)
}

/// The same for who writes the device: what its scale said about the cart before is over.
pub(super) fn end_session(tx: &mut WriteTx<'_>, device: &mut Device, now: Timestamp) -> Result<()> {
    device.begin_session(now);
    alerts::clear_kinds(tx, device.id, &AlertKind::OF_SCALES, "the session ended", now)
}

/// The device with this id.
pub(super) fn existing(tx: &impl Reader, id: DeviceId) -> Result<Device> {
    devices::device(tx, id)?.ok_or_else(|| Error::not_found("device"))
}

pub(super) fn free_code(tx: &WriteTx<'_>, drawn: &[CartCode]) -> Result<String> {
    for code in drawn {
        if devices::by_code(tx, code.as_str())?.is_none() {
            return Ok(code.as_str().to_owned());
        }
    }
    Err(Error::unavailable("no-free-cart-code", "no free cart code was found: try again"))
}
