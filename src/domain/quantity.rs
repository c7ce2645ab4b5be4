//! How much of a product: pieces, grams, and the bounds that every edge shares.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The most pieces that one line may hold.
pub const QUANTITY_MAX: u32 = 999;
/// The heaviest weighed line, in grams.
pub const WEIGHT_MAX_G: u32 = 100_000;

/// Why a number is not a quantity or a weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQuantity {
    /// Not between 1 and [`QUANTITY_MAX`].
    #[error("a quantity is a whole number from 1 to {QUANTITY_MAX}")]
    Quantity,
    /// Not between 1 and [`WEIGHT_MAX_G`].
    #[error("a weight is a whole number of grams from 1 to {WEIGHT_MAX_G}")]
    Weight,
}

/// Pieces on a line: 1 to 999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quantity(u32);

impl Quantity {
    /// One piece.
    pub const ONE: Self = Self(1);

    /// The quantity, when it is in bounds.
    pub fn new(value: i64) -> Result<Self, InvalidQuantity> {
        u32::try_from(value)
            .ok()
            .filter(|value| (1..=QUANTITY_MAX).contains(value))
            .map(Self)
            .ok_or(InvalidQuantity::Quantity)
    }

    /// Pieces.
    pub const fn value(self) -> u32 {
        self.0
    }

    /// Both together, unless that passes [`QUANTITY_MAX`].
    pub fn checked_add(self, other: Self) -> Option<Self> {
        Some(Self(self.0 + other.0)).filter(|sum| sum.0 <= QUANTITY_MAX)
    }

    /// What is left after taking `other` away; `None` when nothing is.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).filter(|left| *left > 0).map(Self)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The weight of a weighed line: 1 g to 100 kg.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Grams(u32);

impl Grams {
    /// The weight, when it is in bounds.
    pub fn new(value: i64) -> Result<Self, InvalidQuantity> {
        u32::try_from(value)
            .ok()
            .filter(|value| (1..=WEIGHT_MAX_G).contains(value))
            .map(Self)
            .ok_or(InvalidQuantity::Weight)
    }

    /// Grams.
    pub const fn value(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold() {
        assert!(Quantity::new(0).is_err());
        assert!(Quantity::new(-1).is_err());
        assert!(Quantity::new(1000).is_err());
        assert_eq!(Quantity::new(999).unwrap().value(), 999);
        assert!(Quantity::new(999).unwrap().checked_add(Quantity::ONE).is_none());
        assert!(Quantity::ONE.checked_sub(Quantity::ONE).is_none());
        assert!(Grams::new(0).is_err());
        assert!(Grams::new(100_001).is_err());
        assert!(Grams::new(i64::MAX).is_err());
    }
}
