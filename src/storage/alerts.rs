//! Alerts: all by their ids, the open ones also by trolley and kind (one each), the cleared ones
//! by their end, which pruning follows.

use jiff::Timestamp;

use super::error::Error;
use super::read::Reader;
use super::tables::{ALERT_BY_CLEARED, ALERT_BY_ID, ALERT_OPEN_BY_DEVICE};
use super::write::WriteTx;
use crate::domain::alerts::{ALERTS_MAX, Alert, AlertKind, Shown};
use crate::domain::event::Change;
use crate::domain::id::{AlertId, DeviceId};

/// The alert.
pub fn alert(tx: &impl Reader, id: AlertId) -> Result<Option<Alert>, Error> {
    tx.get(ALERT_BY_ID, &id)
}

/// The open alert of this kind about this trolley.
pub fn open_of_kind(
    tx: &impl Reader,
    device: DeviceId,
    kind: AlertKind,
) -> Result<Option<Alert>, Error> {
    tx.get(ALERT_OPEN_BY_DEVICE, &(device, kind))?.map_or(Ok(None), |id| alert(tx, id))
}

/// How many open alerts there are about a trolley: at most one of each kind.
pub fn open_count(tx: &impl Reader, device: DeviceId) -> Result<u64, Error> {
    tx.count(ALERT_OPEN_BY_DEVICE, super::table::prefix(&device))
}

/// How many open alerts there are in all.
pub fn open_total(tx: &impl Reader) -> Result<u64, Error> {
    tx.len(ALERT_OPEN_BY_DEVICE)
}

/// Of which trolley there is an open alert of which kind.
pub fn open_kinds(tx: &impl Reader) -> Result<Vec<(DeviceId, AlertKind)>, Error> {
    let rows = tx.scan(ALERT_OPEN_BY_DEVICE, .., ALERTS_MAX)?;
    Ok(rows.into_iter().map(|(key, _)| key).collect())
}

/// A page, newest first (of cleared ones: what was cleared last), and how many there are in all.
pub fn page(
    tx: &impl Reader,
    shown: Shown,
    offset: usize,
    limit: usize,
) -> Result<(Vec<Alert>, u64), Error> {
    let reach = offset.saturating_add(limit);
    let (ids, total): (Vec<AlertId>, u64) = match shown {
        Shown::All => {
            let rows = tx.scan_rev(ALERT_BY_ID, .., reach)?;
            let page = rows.into_iter().skip(offset).map(|(_, alert)| alert).collect();
            return Ok((page, tx.len(ALERT_BY_ID)?));
        }
        Shown::Open => {
            let rows = tx.scan(ALERT_OPEN_BY_DEVICE, .., ALERTS_MAX)?;
            let mut ids: Vec<_> = rows.into_iter().map(|(_, id)| id).collect();
            ids.sort_unstable_by(|one, other| other.cmp(one));
            (ids, tx.len(ALERT_OPEN_BY_DEVICE)?)
        }
        Shown::Cleared => {
            let rows = tx.scan_rev(ALERT_BY_CLEARED, .., reach)?;
            let ids = rows.into_iter().map(|((_, id), ())| id).collect();
            (ids, tx.len(ALERT_BY_CLEARED)?)
        }
    };
    let mut page = Vec::new();
    for id in ids.into_iter().skip(offset).take(limit) {
        page.extend(alert(tx, id)?);
    }
    Ok((page, total))
}

/// Writes an alert and its place among the open or the cleared ones.
pub fn put(tx: &mut WriteTx<'_>, new: &Alert) -> Result<(), Error> {
    if let Some(old) = alert(tx, new.id)? {
        unlist(tx, &old)?;
    }
    match &new.cleared {
        None => tx.put(ALERT_OPEN_BY_DEVICE, &(new.device_id, new.kind), &new.id)?,
        Some(cleared) => tx.put(ALERT_BY_CLEARED, &(cleared.at.as_microsecond(), new.id), &())?,
    }
    tx.put(ALERT_BY_ID, &new.id, new)?;
    tx.log(&Change::Alert(new.id))?;
    Ok(())
}

/// Makes room for one more: removes what was cleared first, else the oldest that is open.
pub fn make_room(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    while usize::try_from(tx.len(ALERT_BY_ID)?).is_ok_and(|count| count >= ALERTS_MAX) {
        let oldest = match tx.first(ALERT_BY_CLEARED)? {
            Some(((_, id), ())) => alert(tx, id)?,
            None => tx.first(ALERT_BY_ID)?.map(|(_, alert)| alert),
        };
        let Some(oldest) = oldest else { return Ok(()) };
        delete(tx, &oldest)?;
    }
    Ok(())
}

/// Removes what was cleared before this time, at most `limit`; how many.
pub fn prune(tx: &mut WriteTx<'_>, before: Timestamp, limit: usize) -> Result<usize, Error> {
    let rows = tx.scan(ALERT_BY_CLEARED, .., limit)?;
    let before_us = before.as_microsecond();
    let over = rows.into_iter().take_while(|((cleared_us, _), ())| *cleared_us < before_us);
    let mut removed = 0;
    for ((cleared_us, id), ()) in over {
        match alert(tx, id)? {
            Some(old) => delete(tx, &old)?,
            None => {
                tx.remove(ALERT_BY_CLEARED, &(cleared_us, id))?;
            }
        }
        removed += 1;
    }
    Ok(removed)
}

fn delete(tx: &mut WriteTx<'_>, old: &Alert) -> Result<(), Error> {
    unlist(tx, old)?;
    tx.remove(ALERT_BY_ID, &old.id)?;
    tx.log(&Change::Alert(old.id))?;
    Ok(())
}

fn unlist(tx: &mut WriteTx<'_>, old: &Alert) -> Result<(), Error> {
    match &old.cleared {
        None => tx.remove(ALERT_OPEN_BY_DEVICE, &(old.device_id, old.kind))?,
        Some(cleared) => tx.remove(ALERT_BY_CLEARED, &(cleared.at.as_microsecond(), old.id))?,
    };
    Ok(())
}
