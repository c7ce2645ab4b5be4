//! Orders: what was bought at which price, and the states it goes through.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::id::{DeviceId, OrderId, UserId};
use super::pricing::{PricedLine, Totals};

/// Longest tracking number, in characters.
pub const TRACKING_NUMBER_MAX: usize = 120;
/// Largest shipping or billing address, in bytes of JSON.
pub const ADDRESS_MAX_BYTES: usize = 4 * 1024;

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OrderStatus {
    /// Placed, not paid.
    Pending,
    /// Paid at the till or online.
    Paid,
    /// Ready to be shipped or collected.
    Packed,
    /// On its way.
    Shipped,
    /// Arrived.
    Delivered,
    /// Taken along by the shopper.
    Collected,
    /// Given up before it was paid; stock went back.
    Cancelled,
    /// Paid back; stock went back.
    Refunded,
}

use OrderStatus::{Cancelled, Collected, Delivered, Packed, Paid, Pending, Refunded, Shipped};

/// The way that staff may skip along.
const FORWARD: [OrderStatus; 5] = [Pending, Paid, Packed, Shipped, Delivered];

impl OrderStatus {
    /// Every status, in the order of an order's life.
    pub const ALL: [Self; 8] =
        [Pending, Paid, Packed, Shipped, Delivered, Collected, Cancelled, Refunded];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Pending => "pending",
            Paid => "paid",
            Packed => "packed",
            Shipped => "shipped",
            Delivered => "delivered",
            Collected => "collected",
            Cancelled => "cancelled",
            Refunded => "refunded",
        }
    }

    /// The states that may follow directly.
    pub const fn next(self) -> &'static [Self] {
        match self {
            Pending => &[Paid, Cancelled],
            Paid => &[Packed, Collected, Refunded],
            Packed => &[Shipped, Collected, Refunded],
            Shipped => &[Delivered, Refunded],
            Delivered | Collected => &[Refunded],
            Cancelled | Refunded => &[],
        }
    }

    /// The states to go through to reach `target`: one step, or a skip forward along pending,
    /// paid, packed, shipped, delivered. Empty when it is there already.
    pub fn way_to(self, target: Self) -> Option<Vec<Self>> {
        if self == target {
            return Some(Vec::new());
        }
        if self.next().contains(&target) {
            return Some(vec![target]);
        }
        let here = FORWARD.iter().position(|status| *status == self)?;
        let there = FORWARD.iter().position(|status| *status == target)?;
        (here < there).then(|| FORWARD[here + 1..=there].to_vec())
    }

    /// Whether an order in this state gave its stock back.
    pub const fn returns_stock(self) -> bool {
        matches!(self, Cancelled | Refunded)
    }
}

impl FromStr for OrderStatus {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(
            "a status is pending, paid, packed, shipped, delivered, collected, cancelled or \
             refunded",
        )
    }
}

impl fmt::Display for OrderStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who moved an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// A person.
    User(UserId),
    /// A trolley.
    Device(DeviceId),
    /// The appliance itself or its command line.
    System,
}

/// One step of an order's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusChange {
    /// Entered.
    pub status: OrderStatus,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Actor,
}

/// A placed order. Its lines are copies: later edits of products do not change it.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// Identity.
    pub id: OrderId,
    /// What people say: `2026-000042`.
    pub number: String,
    /// A short code to show at the till.
    pub code: String,
    /// The shopper; `None` for an anonymous trolley.
    pub user_id: Option<UserId>,
    /// The trolley it came from.
    pub device_id: Option<DeviceId>,
    /// What was bought.
    pub lines: Vec<PricedLine>,
    /// What it cost.
    pub totals: Totals,
    /// ISO 4217 code of all amounts.
    pub currency: String,
    /// Where it stands.
    pub status: OrderStatus,
    /// How it came there, oldest first.
    pub history: Vec<StatusChange>,
    /// The carrier's number.
    pub tracking_number: Option<String>,
    /// As the client sent it.
    pub shipping_address: Option<Value>,
    /// As the client sent it.
    pub billing_address: Option<Value>,
    /// Counts changes from 1.
    pub version: u64,
    /// When it was placed.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
}

/// Why an order does not move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an order that is {from} cannot become {to}")]
pub struct IllegalStep {
    /// Where it stands.
    pub from: OrderStatus,
    /// Where it should go.
    pub to: OrderStatus,
}

impl Order {
    /// Moves the order to `target`; whether the stock of its lines must go back now. The same
    /// status again changes nothing.
    pub fn advance(
        &mut self,
        target: OrderStatus,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, IllegalStep> {
        let way =
            self.status.way_to(target).ok_or(IllegalStep { from: self.status, to: target })?;
        if way.is_empty() {
            return Ok(false);
        }
        let returned_before = self.status.returns_stock();
        for status in way {
            self.history.push(StatusChange { status, at: now, by });
            self.status = status;
        }
        Ok(self.status.returns_stock() && !returned_before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_steps() {
        let direct = |from: OrderStatus, to: &str| from.way_to(to.parse().unwrap());
        assert_eq!(direct(Pending, "paid"), Some(vec![Paid]));
        assert_eq!(direct(Pending, "shipped"), Some(vec![Paid, Packed, Shipped]));
        assert_eq!(direct(Pending, "collected"), None);
        assert_eq!(direct(Paid, "cancelled"), None);
        assert_eq!(direct(Packed, "collected"), Some(vec![Collected]));
        assert_eq!(direct(Shipped, "paid"), None);
        assert_eq!(direct(Delivered, "refunded"), Some(vec![Refunded]));
        assert_eq!(direct(Refunded, "refunded"), Some(vec![]));
        assert_eq!(direct(Cancelled, "paid"), None);
        assert!("done".parse::<OrderStatus>().is_err());
    }
}
