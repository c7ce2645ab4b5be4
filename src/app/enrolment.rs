//! Boards come in: an admin asks for a pairing code, and the board shows it to get its own key.
//!
//! Codes are kept on disk, as hashes: a restart within their ten minutes neither opens a used
//! one again nor loses one that somebody is typing. What a board gets for a code is decided in one
//! transaction, so that a code is used up exactly when there is a key for it. See
//! [`crate::domain::enrolment`] for how a board that lost the answer comes by its key.
//!
//! Until the new key is used, the code's hash stands where a rotated key's predecessor would: the first
//! use of the key clears it, which is how a repeat knows that the key was never used. No
//! request can present it, because a code does not have a key's form.

use std::net::IpAddr;

use serde_json::json;

use super::audit::{self, By, Change};
use super::devices::{CODES_DRAWN, NewDevice, existing, free_code};
use super::throttle::Guess;
use super::{Admin, App, Error, Result};
use crate::auth::{self, CartCode, DeviceKey, digest};
use crate::domain::devices::{Board, Device, DeviceProfile, KeyHash, device_name};
use crate::domain::enrolment::{
    CODE_LIFE, CODES_KEPT_MAX, CODES_OPEN_MAX, ClaimHash, Enrolled, PairingCode, next_name,
};
use crate::domain::id::DeviceId;
use crate::storage::{Reader, WriteTx, accounts, devices, enrolment, tables};

/// A code and what it is for; the code is shown this once.
#[derive(Debug)]
pub struct NewPairingCode {
    /// What it is for.
    pub code: PairingCode,
    /// The code.
    pub text: auth::PairingCode,
}

impl App {
    /// Makes a code for a new trolley, or for a new board of one that is there.
    pub async fn create_pairing_code(
        &self,
        admin: &Admin,
        name: Option<String>,
        device_id: Option<DeviceId>,
    ) -> Result<NewPairingCode> {
        let name = name.as_deref().map(device_name).transpose();
        let name = name.map_err(|error| Error::field("name", error))?;
        if name.is_some() && device_id.is_some() {
            let detail = "is for a new trolley: one that is there keeps its name";
            return Err(Error::field("name", detail));
        }
        let text = auth::PairingCode::generate();
        let hash = *text.digest().as_bytes();
        let (act, now, by) = (self.act(admin), self.now(), admin.staff().user_id());
        let code = self
            .write(move |tx| {
                enrolment::prune(tx, now)?;
                let known = enrolment::all(tx)?;
                let open = || known.iter().map(|(_, code)| code).filter(|code| code.is_open(now));
                if open().count() >= CODES_OPEN_MAX || known.len() >= CODES_KEPT_MAX {
                    let detail = "there are too many pairing codes: use them, delete some, or wait";
                    return Err(Error::conflict("too-many-pairing-codes", detail));
                }
                let name = match (device_id, name) {
                    (Some(id), _) => {
                        let device = devices::device(tx, id)?;
                        let device = device
                            .ok_or_else(|| Error::field("device_id", "there is no such trolley"))?;
                        refuse_revoked(&device)?;
                        device.name
                    }
                    (None, Some(name)) => name,
                    (None, None) => {
                        let devices = devices::all(tx)?;
                        let promised = open().filter_map(|code| code.name.as_deref());
                        next_name(devices.iter().map(|it| it.name.as_str()).chain(promised))
                    }
                };
                let by = by.map(|id| accounts::user(tx, id)).transpose()?.flatten();
                let code = PairingCode {
                    id: tx.next_id("pairing-code")?,
                    name: Some(name),
                    device_id,
                    created_at: now,
                    expires_at: now + CODE_LIFE,
                    created_by: by.map(|user| user.username.to_string()),
                    used: None,
                };
                enrolment::put(tx, &hash, &code)?;
                let change = Change::made(shape(&code));
                audit::record(tx, &act, "pairing-code.create", ("pairing-code", code.id), change)?;
                Ok(code)
            })
            .await?;
        Ok(NewPairingCode { code, text })
    }

    /// The codes that still work, oldest first.
    pub fn pairing_codes(&self, _admin: &Admin) -> Result<Vec<PairingCode>> {
        let now = self.now();
        let mut codes: Vec<PairingCode> =
            self.read(|tx| Ok(enrolment::all(tx)?))?.into_iter().map(|(_, code)| code).collect();
        codes.retain(|code| code.is_open(now));
        codes.sort_by_key(|code| code.id);
        Ok(codes)
    }

    /// Takes a code back that still works.
    pub async fn delete_pairing_code(&self, admin: &Admin, id: u64) -> Result<()> {
        let (act, now) = (self.act(admin), self.now());
        self.write(move |tx| {
            let found = enrolment::all(tx)?.into_iter().find(|(_, code)| code.id == id);
            let found = found.filter(|(_, code)| code.is_open(now));
            let (hash, code) = found.ok_or_else(|| Error::not_found("pairing code"))?;
            enrolment::delete(tx, &hash)?;
            let change = Change::removed(shape(&code));
            audit::record(tx, &act, "pairing-code.delete", ("pairing-code", id), change)
        })
        .await
    }

    /// Gives a board its key for a code, and another one for the same code and claim as long as
    /// the first was not used. Wrong codes count against the address.
    pub async fn enroll(
        &self,
        code: &str,
        board: Board,
        claim: Option<&str>,
        address: Option<IpAddr>,
    ) -> Result<NewDevice> {
        let claim = claim.map(|claim| *digest(claim).as_bytes());
        let typed = auth::PairingCode::parse(code);
        let hash = typed.as_ref().map(|typed| *typed.digest().as_bytes());
        let fingerprint = typed.as_ref().map_or_else(|| digest(code), auth::PairingCode::digest);
        let guess = Guess::of_name("pairing-code", &fingerprint.to_hex(), address);
        let enrolled = self.guarded(guess, async {
            let Some(hash) = hash else { return Ok(None) };
            self.redeem_code(hash, board, claim, address).await
        });
        enrolled.await?.ok_or_else(|| {
            Error::NotFound(super::Refusal::new(
                "unknown-pairing-code",
                "this code is unknown or has expired: ask for a new one",
            ))
        })
    }

    async fn redeem_code(
        &self,
        hash: KeyHash,
        board: Board,
        claim: Option<ClaimHash>,
        address: Option<IpAddr>,
    ) -> Result<Option<NewDevice>> {
        let (key, now) = (DeviceKey::generate(), self.now());
        let key_hash = *key.digest().as_bytes();
        let codes: Vec<CartCode> = (0..CODES_DRAWN).map(|_| CartCode::generate()).collect();
        let act = self.act(By::anonymous(address));
        let device = self
            .write(move |tx| {
                let code = enrolment::code(tx, &hash)?.filter(|code| code.lives(now));
                let Some(code) = code else { return Ok(None) };
                let mut device = match (&code.used, code.device_id) {
                    (Some(_), _) => repeated(tx, &code, claim.as_ref(), &hash)?,
                    (None, Some(id)) => existing(tx, id)?,
                    (None, None) => {
                        let name = code.name.clone().unwrap_or_default();
                        new_device(tx, name, free_code(tx, &codes)?, key_hash, now)?
                    }
                };
                refuse_revoked(&device)?;
                let used = Enrolled { device_id: device.id, claim, key_hash, at: now };
                let is_repeat = code.used.is_some();
                enrolment::put(tx, &hash, &PairingCode { used: Some(used), ..code.clone() })?;
                device.key_hash = key_hash;
                // The board before this one is out at once: a trolley has one.
                device.old_key = Some((hash, code.expires_at));
                device.board = board;
                devices::put(tx, &device)?;
                let change = Change::none()
                    .with("name", device.name.clone())
                    .with("pairing_code", code.id)
                    .with("mac", json!(device.board.mac))
                    .with("chip", json!(device.board.chip))
                    .with("again", is_repeat)
                    .with("key", "changed");
                audit::record(tx, &act, "device.enroll", ("device", device.id), change)?;
                Ok(Some(device))
            })
            .await?;
        Ok(device.map(|device| NewDevice { device, key }))
    }
}

/// The trolley of a board that asks again with its claim, if nobody has its key.
fn repeated(
    tx: &impl Reader,
    code: &PairingCode,
    claim: Option<&ClaimHash>,
    hash: &KeyHash,
) -> Result<Device> {
    let used_up = || {
        let detail = "this code was used already: ask for a new one";
        Error::conflict("pairing-code-used", detail)
    };
    let enrolled = code.repeated_by(claim).ok_or_else(used_up)?;
    let device = existing(tx, enrolled.device_id)?;
    let is_unused = device.key_hash == enrolled.key_hash
        && device.old_key.is_some_and(|(stand_in, _)| stand_in == *hash);
    if is_unused { Ok(device) } else { Err(used_up()) }
}

/// A trolley that is not yet in the store.
pub(super) fn new_device(
    tx: &mut WriteTx<'_>,
    name: String,
    cart_code: String,
    key_hash: KeyHash,
    now: jiff::Timestamp,
) -> Result<Device> {
    let count = usize::try_from(tx.len(tables::DEVICE_BY_ID)?).unwrap_or(usize::MAX);
    if count >= devices::DEVICES_MAX {
        let detail = "this shop has no room for more devices";
        return Err(Error::conflict("too-many-devices", detail));
    }
    Ok(Device {
        id: super::next(tx, "device", DeviceId::new)?,
        name,
        cart_code,
        key_hash,
        old_key: None,
        revoked: false,
        user_id: None,
        session: 1,
        last_checkout: None,
        session_began_at: now,
        profile: DeviceProfile::default(),
        board: Board::default(),
        created_at: now,
    })
}

fn refuse_revoked(device: &Device) -> Result<()> {
    if device.revoked {
        return Err(Error::conflict("revoked", "this trolley is refused for good: add a new one"));
    }
    Ok(())
}

/// A code in the audit log, without itself.
fn shape(code: &PairingCode) -> serde_json::Value {
    json!({
        "id": code.id,
        "name": code.name,
        "device_id": code.device_id,
        "expires_at": code.expires_at,
    })
}
