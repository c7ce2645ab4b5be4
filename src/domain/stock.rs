//! The stock ledger: every change of a stock level is a movement, and their sum is the stock.
//!
//! A ledger may go below zero: goods are sold before their delivery is booked, and a count comes
//! late. Only a checkout asks whether enough is there.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::catalog::text_limit;
use super::id::{MovementId, OrderId, ProductId, UserId};
use super::invalid::FieldErrors;

/// The largest stock, in pieces or grams: a thousand tonnes.
pub const STOCK_MAX: i64 = 1_000_000_000;

/// Longest note of a movement, in characters.
pub const NOTE_MAX: usize = 200;

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

impl FromStr for MovementKind {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "sale" => Ok(Self::Sale),
            "receipt" => Ok(Self::Receipt),
            "return" => Ok(Self::Return),
            "adjustment" => Ok(Self::Adjustment),
            "shrinkage" => Ok(Self::Shrinkage),
            _ => Err("is `receipt`, `return`, `adjustment`, `shrinkage` or `sale`"),
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
    /// What whoever booked it wrote beside it.
    pub note: Option<String>,
}

/// What somebody wants to book by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking {
    /// Why; never a sale, which comes from an order.
    pub kind: MovementKind,
    /// Pieces or grams, negative when they leave; not zero, at most [`STOCK_MAX`] either way.
    pub delta: i64,
    /// Not blank, at most [`NOTE_MAX`] characters.
    pub note: Option<String>,
}

impl Booking {
    /// Reads a booking: `delta` is signed, `quantity` is what came or, for a shrinkage, what went.
    /// Exactly one of them says how much.
    pub fn new(
        kind: MovementKind,
        delta: Option<i64>,
        quantity: Option<i64>,
        note: Option<&str>,
    ) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        if kind == MovementKind::Sale {
            errors.push("kind", "is not `sale`: sales are booked by their orders");
        }
        let delta = signed(kind, delta, quantity, &mut errors);
        let note = note.map(str::trim).filter(|note| !note.is_empty());
        if let Some(note) = note {
            text_limit(&mut errors, "note", note, NOTE_MAX);
        }
        errors.into_result()?;
        Ok(Self { kind, delta, note: note.map(str::to_owned) })
    }
}

fn signed(
    kind: MovementKind,
    delta: Option<i64>,
    quantity: Option<i64>,
    errors: &mut FieldErrors,
) -> i64 {
    let leaves = kind == MovementKind::Shrinkage;
    let limit = format!("a whole number other than 0, at most {STOCK_MAX} either way");
    match (delta, quantity) {
        (Some(delta), None) => {
            if delta == 0 || !(-STOCK_MAX..=STOCK_MAX).contains(&delta) {
                errors.push("delta", format!("is {limit}"));
            } else if kind != MovementKind::Adjustment && (delta < 0) != leaves {
                let sign = if leaves { "negative" } else { "positive" };
                let message = format!("of a {kind} is {sign}: correct a mistake by an adjustment");
                errors.push("delta", message);
            }
            delta
        }
        (None, Some(quantity)) => {
            if kind == MovementKind::Adjustment {
                errors.push("quantity", "does not say which way: send delta with its sign");
            } else if !(1..=STOCK_MAX).contains(&quantity) {
                errors.push("quantity", format!("is a whole number from 1 to {STOCK_MAX}"));
            }
            if leaves { quantity.saturating_neg() } else { quantity }
        }
        (Some(_), Some(_)) => {
            errors.push("quantity", "stands beside delta: send one of the two");
            0
        }
        (None, None) => {
            errors.push("delta", format!("or quantity is required: {limit}"));
            0
        }
    }
}

/// A product whose stock is not what its ledger adds up to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LedgerFault {
    /// The first such product.
    pub product_id: ProductId,
    /// What its stock is said to be.
    pub stock: i64,
    /// What its movements add up to.
    pub sum: i64,
}

/// What a check of the stock ledger found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LedgerReport {
    /// Products with a stock or a movement.
    pub products: u64,
    /// Movements that were added up.
    pub movements: u64,
    /// How many products disagree with their ledger.
    pub faults: u64,
    /// The first of them.
    pub fault: Option<LedgerFault>,
}

impl LedgerReport {
    /// What is wrong, in words; `None` when nothing is.
    pub fn complaint(&self) -> Option<String> {
        let fault = self.fault.as_ref()?;
        let LedgerFault { product_id, stock, sum } = fault;
        Some(format!(
            "the stock of product {product_id} is {stock}, but its movements add up to {sum}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: &str, delta: Option<i64>, quantity: Option<i64>) -> Result<i64, String> {
        let booking = Booking::new(kind.parse().unwrap(), delta, quantity, None);
        booking.map(|booking| booking.delta).map_err(|errors| errors.to_string())
    }

    #[test]
    fn a_booking_knows_its_sign() {
        assert_eq!(read("receipt", Some(5), None), Ok(5));
        assert_eq!(read("return", None, Some(5)), Ok(5));
        assert_eq!(read("shrinkage", None, Some(5)), Ok(-5));
        assert_eq!(read("shrinkage", Some(-5), None), Ok(-5));
        assert_eq!(read("adjustment", Some(-5), None), Ok(-5));
        for (kind, delta, quantity, field) in [
            ("shrinkage", Some(5), None, "delta"),
            ("receipt", Some(-5), None, "delta"),
            ("adjustment", None, Some(5), "quantity"),
            ("receipt", Some(5), Some(5), "quantity"),
            ("receipt", None, None, "delta"),
            ("adjustment", Some(0), None, "delta"),
            ("adjustment", Some(STOCK_MAX + 1), None, "delta"),
            ("adjustment", Some(i64::MIN), None, "delta"),
            ("shrinkage", None, Some(i64::MIN), "quantity"),
            ("shrinkage", None, Some(0), "quantity"),
            ("sale", Some(-1), None, "kind"),
        ] {
            let error = read(kind, delta, quantity).unwrap_err();
            assert!(error.contains(field), "{kind} {delta:?} {quantity:?}: {error}");
        }
        assert!("gift".parse::<MovementKind>().is_err());
    }

    #[test]
    fn a_note_is_tidy_or_not_there() {
        let note = |text: &str| {
            Booking::new(MovementKind::Receipt, Some(1), None, Some(text)).map(|it| it.note)
        };
        assert_eq!(note("  broken "), Ok(Some("broken".to_owned())));
        assert_eq!(note("  "), Ok(None));
        assert!(note(&"x".repeat(NOTE_MAX + 1)).is_err() && note("two\nlines").is_err());
    }
}
