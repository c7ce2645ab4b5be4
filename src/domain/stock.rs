//! The stock ledger: every change of a stock level is a movement, and their sum is the stock.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::{MovementId, OrderId, ProductId, UserId};

/// The largest stock, in pieces or grams: a thousand tonnes.
pub const STOCK_MAX: i64 = 1_000_000_000;

/// Why stock moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MovementKind {
    /// Sold by an order.
    Sale,
    /// Delivered by a supplier.
    Receipt,
    /// Came back with a cancelled or refunded order.
    Return,
    /// Counted and corrected.
    Adjustment,
    /// Broken, spoilt or stolen.
    Shrinkage,
}

impl MovementKind {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sale => "sale",
            Self::Receipt => "receipt",
            Self::Return => "return",
            Self::Adjustment => "adjustment",
            Self::Shrinkage => "shrinkage",
        }
    }
}

impl fmt::Display for MovementKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One entry of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockMovement {
    /// Identity; ids rise with time.
    pub id: MovementId,
    /// Whose stock.
    pub product_id: ProductId,
    /// Why.
    pub kind: MovementKind,
    /// Pieces or grams, negative when they left.
    pub delta: i64,
    /// The stock after it.
    pub stock_after: i64,
    /// The order that caused it.
    pub order_id: Option<OrderId>,
    /// Who did it; `None` for a device or the system.
    pub by: Option<UserId>,
    /// When.
    pub at: Timestamp,
}
