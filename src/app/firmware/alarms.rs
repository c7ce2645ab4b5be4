//! What staff and connected trolleys are told of firmware: an alert where it fares badly, and a
//! nudge where an image begins to wait.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use super::trolleys::is_basket_open;
use crate::app::fleet::Nudge;
use crate::app::{App, Result, alerts};
use crate::domain::alerts::{ALERTS_MAX, AlertKind, Confidence, NewAlert, Shown};
use crate::domain::firmware::{Firmware, HEALTHY_WITHIN, Installation};
use crate::domain::id::{DeviceId, FirmwareId};
use crate::storage::{Reader, WriteTx, devices, firmware};

const KIND: AlertKind = AlertKind::FirmwareFailed;

/// Self-tests that staff were told of already, so that an alert that they cleared does not come
/// back. Holds only what is overdue now.
#[derive(Debug, Default)]
pub(super) struct ToldLate(Mutex<HashSet<Late>>);

/// A self-test that is overdue: of which image, on which trolley, since which word of it.
type Late = (FirmwareId, DeviceId, Timestamp);

/// Tells staff that firmware failed on a trolley.
pub(super) fn raise(
    tx: &mut WriteTx<'_>,
    device_id: DeviceId,
    detail: String,
    now: Timestamp,
) -> Result<()> {
    let new = NewAlert {
        device_id,
        cart_id: None,
        kind: KIND,
        detail,
        confidence: Confidence::CERTAIN,
        product_id: None,
        weight_g: None,
    };
    alerts::raise(tx, new, now).map(drop)
}

/// The trolley is well.
pub(super) fn clear(tx: &mut WriteTx<'_>, device: DeviceId, now: Timestamp) -> Result<()> {
    alerts::clear_kind(tx, device, KIND, "its self-test went well", now)
}

/// What a rollback is called.
pub(super) fn rolled_back(image: &Firmware, row: &Installation) -> String {
    match &row.before.version {
        Some(before) => format!("went back from firmware {} to {before}", image.version),
        None => format!("went back from firmware {}", image.version),
    }
}

/// What an image is called that does not fit.
pub(super) fn too_large(image: &Firmware, free_bytes: u64) -> String {
    let Firmware { version, size, .. } = image;
    format!("has no room for firmware {version}: {free_bytes} bytes, and it needs {size}")
}

impl App {
    /// Tells staff of trolleys that have new firmware and did not say in time that they are well,
    /// once about each.
    pub async fn check_firmware(&self) -> Result<()> {
        let now = self.now();
        let late = self.scan(move |tx| overdue(tx, now)).await?;
        let fresh: Vec<Late> = {
            let told = &self.inner.firmware.told_late.0;
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            told.retain(|it| late.contains(it));
            late.into_iter().filter(|it| !told.contains(it)).collect()
        };
        for late in fresh {
            let (image, device, since) = late;
            self.write(move |tx| {
                let row = firmware::installation(tx, image, device)?;
                let row = row.filter(|row| row.at == since && row.is_late(now));
                let image = firmware::image(tx, image)?;
                let (Some(_), Some(image)) = (row, image) else { return Ok(()) };
                // Before a restart they may have been told as well.
                if was_told(tx, device, since)? {
                    return Ok(());
                }
                let detail = format!(
                    "did not say within {} minutes that firmware {} works",
                    HEALTHY_WITHIN.as_mins(),
                    image.version
                );
                raise(tx, device, detail, now)
            })
            .await?;
            let told = &self.inner.firmware.told_late.0;
            told.lock().unwrap_or_else(PoisonError::into_inner).insert(late);
        }
        Ok(())
    }

    /// Tells the connected trolleys for which an image waits now.
    pub(super) fn nudge_waiting(&self) {
        let idle = self.read(|tx| {
            let mut idle = Vec::new();
            for device in devices::all(tx)? {
                let is_there = !device.revoked && self.seen(device.id).last.is_connected;
                if is_there && !is_basket_open(tx, &device)? {
                    idle.push(device);
                }
            }
            Ok(idle)
        });
        match idle {
            Ok(idle) => {
                for device in idle.iter().filter(|device| self.firmware_waits(device, false)) {
                    self.nudge(device.id, Nudge::Firmware);
                }
            }
            Err(error) => tracing::warn!(%error, "trolleys learn of their firmware by themselves"),
        }
    }
}

/// The overdue self-tests: of each trolley that of the image that it spoke of last.
fn overdue(tx: &impl Reader, now: Timestamp) -> Result<HashSet<Late>> {
    let mut newest: HashMap<DeviceId, (FirmwareId, Installation)> = HashMap::new();
    for image in firmware::all(tx)? {
        for (device, row) in firmware::installations(tx, image.id)? {
            let is_newer = newest.get(&device).is_none_or(|(_, known)| known.at <= row.at);
            if row.counts() && is_newer {
                newest.insert(device, (image.id, row));
            }
        }
    }
    let mut late = HashSet::new();
    for (device, (image, row)) in newest {
        let is_there = devices::device(tx, device)?.is_some_and(|device| !device.revoked);
        if is_there && row.is_late(now) {
            late.insert((image, device, row.at));
        }
    }
    Ok(late)
}

/// Whether there was an alert about this trolley's firmware since then.
fn was_told(tx: &impl Reader, device: DeviceId, since: Timestamp) -> Result<bool> {
    use crate::storage::alerts::page;
    let (alerts, _) = page(tx, Shown::All, 0, ALERTS_MAX)?;
    let mut recent = alerts.into_iter().take_while(|alert| alert.at >= since);
    Ok(recent.any(|alert| alert.device_id == device && alert.kind == KIND))
}
