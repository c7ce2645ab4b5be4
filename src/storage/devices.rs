//! Devices, who is paired with them, and their exactly-once windows.

use super::error::Error;
use super::read::Reader;
use super::records::device::{AnswerRecord, BootRecord, RecentAnswers};
use super::tables::{
    ANSWER_BY_SEQ, BOOT_BY_DEVICE, BOOT_BY_ORDER, DEVICE_BY_CODE, DEVICE_BY_ID, DEVICE_BY_KEY,
    DEVICE_BY_USER, RECENT_BY_DEVICE,
};
use super::write::WriteTx;
use crate::domain::devices::{BootId, Device, KeyHash, SEQ_WINDOW};
use crate::domain::event::Change;
use crate::domain::id::{DeviceId, UserId};

/// The most devices of a shop.
pub const DEVICES_MAX: usize = 10_000;
/// How many boots of a device keep their window.
pub const BOOTS_KEPT: u64 = 1_000;
/// How many boots of a device keep their answers.
pub const BOOTS_WITH_ANSWERS: u64 = 8;
/// The most answers that one write removes.
const PRUNE_ANSWERS_MAX: usize = 1_024;

/// The device.
pub fn device(tx: &impl Reader, id: DeviceId) -> Result<Option<Device>, Error> {
    tx.get(DEVICE_BY_ID, &id)
}

/// The device with this key.
pub fn by_key(tx: &impl Reader, key: &KeyHash) -> Result<Option<Device>, Error> {
    tx.get(DEVICE_BY_KEY, key)?.map_or(Ok(None), |id| device(tx, id))
}

/// The device with this cart code.
pub fn by_code(tx: &impl Reader, code: &str) -> Result<Option<Device>, Error> {
    tx.get(DEVICE_BY_CODE, &code.to_owned())?.map_or(Ok(None), |id| device(tx, id))
}

/// The device that the shopper is paired with.
pub fn of_user(tx: &impl Reader, user: UserId) -> Result<Option<Device>, Error> {
    tx.get(DEVICE_BY_USER, &user)?.map_or(Ok(None), |id| device(tx, id))
}

/// The devices that shoppers are paired with.
pub fn paired(tx: &impl Reader) -> Result<Vec<(UserId, DeviceId)>, Error> {
    tx.scan(DEVICE_BY_USER, .., DEVICES_MAX)
}

/// All devices, oldest first.
pub fn all(tx: &impl Reader) -> Result<Vec<Device>, Error> {
    Ok(tx.scan(DEVICE_BY_ID, .., DEVICES_MAX)?.into_iter().map(|(_, device)| device).collect())
}

/// A page, oldest first, and how many devices there are.
pub fn page(tx: &impl Reader, offset: usize, limit: usize) -> Result<(Vec<Device>, u64), Error> {
    let reach = offset.saturating_add(limit).min(DEVICES_MAX);
    let rows = tx.scan(DEVICE_BY_ID, .., reach)?;
    let page = rows.into_iter().skip(offset).map(|(_, device)| device).collect();
    Ok((page, tx.len(DEVICE_BY_ID)?))
}

/// Writes a device and its indexes.
pub fn put(tx: &mut WriteTx<'_>, device: &Device) -> Result<(), Error> {
    if let Some(old) = tx.get(DEVICE_BY_ID, &device.id)? {
        tx.remove(DEVICE_BY_KEY, &old.key_hash)?;
        if let Some((key, _)) = &old.old_key {
            tx.remove(DEVICE_BY_KEY, key)?;
        }
        tx.remove(DEVICE_BY_CODE, &old.cart_code)?;
        if let Some(user) = old.user_id {
            tx.remove(DEVICE_BY_USER, &user)?;
        }
    }
    tx.put(DEVICE_BY_KEY, &device.key_hash, &device.id)?;
    if let Some((key, _)) = &device.old_key {
        tx.put(DEVICE_BY_KEY, key, &device.id)?;
    }
    tx.put(DEVICE_BY_CODE, &device.cart_code, &device.id)?;
    if let Some(user) = device.user_id {
        tx.put(DEVICE_BY_USER, &user, &device.id)?;
    }
    tx.put(DEVICE_BY_ID, &device.id, device)?;
    tx.log(&Change::Device(device.id))?;
    Ok(())
}

/// The window of one boot.
pub fn boot(tx: &impl Reader, id: DeviceId, boot: &BootId) -> Result<Option<BootRecord>, Error> {
    tx.get(BOOT_BY_DEVICE, &(id, boot.clone()))
}

/// Writes the window of one boot; a new one gets the next place in order, and the windows and
/// answers that fell out of the limits go.
pub fn put_boot(
    tx: &mut WriteTx<'_>,
    id: DeviceId,
    boot: &BootId,
    window: &BootRecord,
) -> Result<(), Error> {
    tx.put(BOOT_BY_DEVICE, &(id, boot.clone()), window)
}

/// Starts the window of a boot that was never seen, and forgets the oldest beyond the limits.
pub fn begin_boot(tx: &mut WriteTx<'_>, id: DeviceId, boot: &BootId) -> Result<BootRecord, Error> {
    let last = tx.scan_rev(BOOT_BY_ORDER, super::prefix(&id), 1)?.pop();
    let order = last.map_or(0, |((_, order), _)| order) + 1;
    let record = BootRecord { order, window: crate::domain::devices::SeqWindow::default() };
    tx.put(BOOT_BY_ORDER, &(id, order), boot)?;
    tx.put(BOOT_BY_DEVICE, &(id, boot.clone()), &record)?;
    if let Some(stale) = order.checked_sub(BOOTS_WITH_ANSWERS) {
        let answers = tx.scan_prefix(ANSWER_BY_SEQ, &(id, stale), PRUNE_ANSWERS_MAX)?;
        for (key, _) in answers {
            tx.remove(ANSWER_BY_SEQ, &key)?;
        }
    }
    if let Some(gone) = order.checked_sub(BOOTS_KEPT)
        && let Some(old) = tx.get(BOOT_BY_ORDER, &(id, gone))?
    {
        // A number that came late has an answer again.
        for (key, _) in tx.scan_prefix(ANSWER_BY_SEQ, &(id, gone), PRUNE_ANSWERS_MAX)? {
            tx.remove(ANSWER_BY_SEQ, &key)?;
        }
        tx.remove(BOOT_BY_ORDER, &(id, gone))?;
        tx.remove(BOOT_BY_DEVICE, &(id, old))?;
    }
    Ok(record)
}

/// The kept answer to a numbered event.
pub fn answer(
    tx: &impl Reader,
    id: DeviceId,
    boot_order: u64,
    seq: u32,
) -> Result<Option<AnswerRecord>, Error> {
    tx.get(ANSWER_BY_SEQ, &(id, boot_order, seq))
}

/// Keeps the answer to a numbered event. Those that left the window of `highest` are dropped when
/// that moves on, not when a late one comes: it may be the lowest of all and has its answer too.
pub fn put_answer(
    tx: &mut WriteTx<'_>,
    (id, boot_order, seq): (DeviceId, u64, u32),
    highest: u32,
    answer: &AnswerRecord,
) -> Result<(), Error> {
    tx.put(ANSWER_BY_SEQ, &(id, boot_order, seq), answer)?;
    if seq < highest {
        return Ok(());
    }
    if let Some(end) = highest.checked_sub(SEQ_WINDOW - 1) {
        let stale =
            tx.scan(ANSWER_BY_SEQ, (id, boot_order, 0)..(id, boot_order, end), PRUNE_ANSWERS_MAX)?;
        for (key, _) in stale {
            tx.remove(ANSWER_BY_SEQ, &key)?;
        }
    }
    Ok(())
}

/// The recent answers to unnumbered events.
pub fn recent(tx: &impl Reader, id: DeviceId) -> Result<RecentAnswers, Error> {
    Ok(tx.get(RECENT_BY_DEVICE, &id)?.unwrap_or_default())
}

/// Replaces the recent answers to unnumbered events.
pub fn put_recent(tx: &mut WriteTx<'_>, id: DeviceId, recent: &RecentAnswers) -> Result<(), Error> {
    tx.put(RECENT_BY_DEVICE, &id, recent)
}
