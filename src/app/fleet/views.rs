//! The fleet as staff see it.

use super::{App, Seen, cart_of};
use crate::app::devices::existing;
use crate::app::promotions::Terms;
use crate::app::{Result, Staff};
use crate::domain::devices::Device;
use crate::domain::fleet::DeviceState;
use crate::domain::id::DeviceId;
use crate::domain::money::Money;
use crate::storage::{Reader, alerts, devices};

/// A device and all that is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct FleetDevice {
    /// The device.
    pub device: Device,
    /// The last that was heard of it.
    pub seen: Seen,
    /// Whether it can be counted on.
    pub state: DeviceState,
    /// Units in its cart.
    pub items: u32,
    /// What they cost.
    pub total: Money,
    /// What staff should look at.
    pub open_alerts: u64,
}

impl App {
    /// A page of the fleet, oldest first, and how many devices there are. Only what is on the page
    /// is priced.
    pub async fn fleet(
        &self,
        _: &Staff,
        offset: usize,
        limit: usize,
    ) -> Result<(Vec<FleetDevice>, u64)> {
        let terms = self.terms(self.now())?;
        let app = self.clone();
        self.scan(move |tx| {
            let (page, total) = devices::page(tx, offset, limit)?;
            let shown = page.into_iter().map(|device| app.view(tx, &terms, device));
            Ok((shown.collect::<Result<_>>()?, total))
        })
        .await
    }

    /// One of the fleet.
    pub fn fleet_device(&self, _: &Staff, id: DeviceId) -> Result<FleetDevice> {
        let terms = self.terms(self.now())?;
        self.read(|tx| self.view(tx, &terms, existing(tx, id)?))
    }

    /// The device as it is now, for those who follow changes; `None` when there is none.
    pub fn fleet_snapshot(&self, id: DeviceId) -> Result<Option<FleetDevice>> {
        let terms = self.terms(self.now())?;
        self.read(|tx| {
            devices::device(tx, id)?.map(|device| self.view(tx, &terms, device)).transpose()
        })
    }

    /// A device that was just changed, with what is known of it beside. The change is made: what
    /// cannot be read beside it shows as nothing.
    pub fn fleet_view(&self, _: &Staff, device: Device) -> FleetDevice {
        let terms = self.terms(self.now());
        let shown = terms.and_then(|terms| {
            self.read(|tx| {
                let mut shown = self.view(tx, &terms, device.clone())?;
                shown.device = device.clone();
                Ok(shown)
            })
        });
        shown.unwrap_or_else(|error| {
            tracing::warn!(%error, "a trolley is shown without its cart");
            let seen = self.seen(device.id);
            let state = self.state_of(&device);
            FleetDevice { device, seen, state, items: 0, total: Money::ZERO, open_alerts: 0 }
        })
    }

    fn view(&self, tx: &impl Reader, terms: &Terms, device: Device) -> Result<FleetDevice> {
        let seen = self.seen(device.id);
        let state = seen.last.state(device.profile.interval_s, self.now());
        let cart = cart_of(tx, terms, &device)?;
        Ok(FleetDevice {
            items: cart.as_ref().map_or(0, |cart| cart.cart.item_count()),
            total: cart.map_or(Money::ZERO, |cart| cart.totals.total),
            open_alerts: alerts::open_count(tx, device.id)?,
            device,
            seen,
            state,
        })
    }
}
