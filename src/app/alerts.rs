//! What staff should look at. Use cases and jobs raise and clear alerts in their own transactions:
//!
//! ```ignore
//! alerts::raise(tx, NewAlert { device_id, kind: AlertKind::BatteryLow, .. }, now)?;
//! alerts::clear_kind(tx, device_id, AlertKind::BatteryLow, "charged", now)?;
//! ```
//!
//! Of each kind a trolley has one open alert at most: raised again it is refreshed, and nothing is
//! written when it says the same. What concerns another cart is another alert; the one before is
//! cleared by itself, so that the list still tells what happened to whom. What the scale said about
//! a cart ends with the trolley's session, and everything with the trolley itself.

use jiff::Timestamp;

use super::audit::{self, Change};
use super::devices::existing;
use super::{App, Error, Result, Staff};
use crate::domain::alerts::{Alert, AlertKind, Cleared, NewAlert, Shown, note};
use crate::domain::id::{AlertId, DeviceId};
use crate::storage::{Reader, WriteTx, accounts, alerts, devices};

/// An alert and what its trolley is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedAlert {
    /// The alert.
    pub alert: Alert,
    /// The trolley's name.
    pub device_name: String,
}

/// Raises an alert, or refreshes the open one of its kind. `None`: the trolley is revoked, and
/// concerns nobody.
pub(super) fn raise(tx: &mut WriteTx<'_>, new: NewAlert, now: Timestamp) -> Result<Option<Alert>> {
    if existing(tx, new.device_id)?.revoked {
        return Ok(None);
    }
    if let Some(open) = alerts::open_of_kind(tx, new.device_id, new.kind)? {
        if open.cart_id == new.cart_id {
            let refreshed = open.refreshed(new);
            if refreshed != open {
                alerts::put(tx, &refreshed)?;
            }
            return Ok(Some(refreshed));
        }
        end(tx, open, None, "another cart since", now)?;
    }
    alerts::make_room(tx)?;
    let alert = Alert::open(super::next(tx, "alert", AlertId::new)?, new, now);
    alerts::put(tx, &alert)?;
    Ok(Some(alert))
}

/// Clears the open alerts of these kinds, because their cause is gone.
pub(super) fn clear_kinds(
    tx: &mut WriteTx<'_>,
    device: DeviceId,
    kinds: &[AlertKind],
    why: &str,
    now: Timestamp,
) -> Result<()> {
    kinds.iter().try_for_each(|kind| clear_kind(tx, device, *kind, why, now))
}

/// Clears the open alert of this kind, if there is one, because its cause is gone.
pub(super) fn clear_kind(
    tx: &mut WriteTx<'_>,
    device: DeviceId,
    kind: AlertKind,
    why: &str,
    now: Timestamp,
) -> Result<()> {
    match alerts::open_of_kind(tx, device, kind)? {
        Some(open) => end(tx, open, None, why, now).map(|_| ()),
        None => Ok(()),
    }
}

fn end(
    tx: &mut WriteTx<'_>,
    mut alert: Alert,
    by: Option<String>,
    note: &str,
    now: Timestamp,
) -> Result<Alert> {
    alert.cleared = Some(Cleared { at: now, by, note: note.to_owned() });
    alerts::put(tx, &alert)?;
    Ok(alert)
}

impl App {
    /// Raises an alert by itself; see `raise`.
    pub async fn raise_alert(&self, new: NewAlert) -> Result<Option<Alert>> {
        let now = self.now();
        self.write(move |tx| raise(tx, new, now)).await
    }

    /// Clears the open alert of this kind about this trolley, if there is one.
    pub async fn clear_alert_kind(
        &self,
        device: DeviceId,
        kind: AlertKind,
        why: &'static str,
    ) -> Result<()> {
        let now = self.now();
        self.write(move |tx| clear_kind(tx, device, kind, why, now)).await
    }

    /// A page of alerts, newest first, and how many there are in all.
    pub async fn alerts(
        &self,
        _: &Staff,
        shown: Shown,
        offset: usize,
        limit: usize,
    ) -> Result<(Vec<NamedAlert>, u64)> {
        self.scan(move |tx| {
            let (page, total) = alerts::page(tx, shown, offset, limit)?;
            let named = page.into_iter().map(|alert| named(tx, alert));
            Ok((named.collect::<Result<_>>()?, total))
        })
        .await
    }

    /// Clears an alert. One that is cleared already stays as it is.
    pub async fn clear_alert(&self, staff: &Staff, id: AlertId, text: &str) -> Result<NamedAlert> {
        let text = note(text).map_err(|error| Error::field("note", error))?;
        let (now, act, by) = (self.now(), self.act(staff), staff.user_id());
        self.write(move |tx| {
            let mut alert = alerts::alert(tx, id)?.ok_or_else(|| Error::not_found("alert"))?;
            if alert.cleared.is_none() {
                let by = by.map(|id| accounts::user(tx, id)).transpose()?.flatten();
                alert = end(tx, alert, by.map(|user| user.username.to_string()), &text, now)?;
                let change = Change::none()
                    .with("kind", alert.kind.as_str())
                    .with("device_id", alert.device_id.value())
                    .with("note", text);
                audit::record(tx, &act, "alert.clear", ("alert", id), change)?;
            }
            named(tx, alert)
        })
        .await
    }

    /// How many open alerts there are about a trolley.
    pub fn open_alerts(&self, _: &Staff, device: DeviceId) -> Result<u64> {
        self.read(|tx| Ok(alerts::open_count(tx, device)?))
    }

    /// The alert as it is now, for those who follow changes; `None` once it is no longer kept.
    pub fn alert_snapshot(&self, id: AlertId) -> Result<Option<NamedAlert>> {
        self.read(|tx| alerts::alert(tx, id)?.map(|alert| named(tx, alert)).transpose())
    }
}

fn named(tx: &impl Reader, alert: Alert) -> Result<NamedAlert> {
    let device = devices::device(tx, alert.device_id)?;
    Ok(NamedAlert { device_name: device.map(|device| device.name).unwrap_or_default(), alert })
}
