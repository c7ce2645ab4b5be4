//! By how much something is cheaper.

use std::str::FromStr;

use crate::domain::money::{Currency, Decimal, InvalidDecimal, Money};

/// Hundredths of a percent in the whole.
const BASIS_POINTS: i64 = 10_000;

/// What kind of discount it is: the word on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiscountKind {
    /// A share of the price.
    Percent,
    /// Money off each unit.
    Amount,
}

impl DiscountKind {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Percent => "percent",
            Self::Amount => "amount",
        }
    }
}

impl FromStr for DiscountKind {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "percent" => Ok(Self::Percent),
            "amount" => Ok(Self::Amount),
            _ => Err("a kind is `percent` or `amount`"),
        }
    }
}

/// A share of a price in hundredths of a percent: 1 to 10,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(u16);

impl Percent {
    /// The share of this many hundredths of a percent.
    pub fn from_basis_points(basis_points: i64) -> Result<Self, &'static str> {
        u16::try_from(basis_points)
            .ok()
            .filter(|share| (1..=BASIS_POINTS).contains(&i64::from(*share)))
            .map(Self)
            .ok_or("is a percentage above 0, at most 100, with at most two decimals")
    }

    /// Hundredths of a percent.
    pub const fn basis_points(self) -> u16 {
        self.0
    }

    /// The number of percent.
    pub fn decimal(self) -> Decimal {
        Decimal::new(i64::from(self.0), 2)
    }
}

/// By how much something is cheaper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Discount {
    /// This share of the price.
    Percent(Percent),
    /// This much off each piece or kilogram; above zero.
    AmountOff(Money),
}

impl Discount {
    /// Reads a value as its kind has it: a percentage, or money of the store's currency.
    pub fn new(kind: DiscountKind, value: Decimal, currency: &Currency) -> Result<Self, String> {
        match kind {
            DiscountKind::Percent => {
                let share = Percent::from_basis_points(value.to_units(2).unwrap_or(-1))?;
                Ok(Self::Percent(share))
            }
            DiscountKind::Amount => {
                let money =
                    value.to_money(currency).map_err(|error: InvalidDecimal| error.to_string())?;
                if money <= Money::ZERO || !money.is_price() {
                    return Err("is an amount above 0, at most ten billion".to_owned());
                }
                Ok(Self::AmountOff(money))
            }
        }
    }

    /// Which kind it is.
    pub const fn kind(self) -> DiscountKind {
        match self {
            Self::Percent(_) => DiscountKind::Percent,
            Self::AmountOff(_) => DiscountKind::Amount,
        }
    }

    /// The value as people write it.
    pub fn value(self, currency: &Currency) -> Decimal {
        match self {
            Self::Percent(share) => share.decimal(),
            Self::AmountOff(money) => Decimal::from_money(money, currency),
        }
    }

    /// What `price * numerator / denominator` costs after a percentage, or after money off each
    /// unit of `price`: rounded half up once, never below zero.
    ///
    /// `denominator` must be positive.
    pub fn applied(self, price: Money, numerator: i64, denominator: i64) -> Money {
        match self {
            Self::Percent(share) => {
                let rest = BASIS_POINTS - i64::from(share.basis_points());
                price.scaled(numerator.saturating_mul(rest), denominator * BASIS_POINTS)
            }
            Self::AmountOff(money) => {
                (price - money).max(Money::ZERO).scaled(numerator, denominator)
            }
        }
    }

    /// What one unit of this price costs after the discount.
    pub fn of_unit(self, price: Money) -> Money {
        self.applied(price, 1, 1)
    }
}
