//! Money in integer minor units, and the decimals that carry it across the edge.
//!
//! No float ever holds an amount: text becomes a [`Decimal`] (exact), and a [`Decimal`] becomes
//! [`Money`] only when it fits the currency's decimals.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The most that one price or total may be, in minor units: ten billion units of a currency
/// with two decimals. Sums of a full cart stay far from overflow.
pub const MONEY_MAX_MINOR: i64 = 1_000_000_000_000;

/// An amount in minor units (cents) of the store's one currency.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Money(i64);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The amount of this many minor units.
    pub const fn from_minor(minor: i64) -> Self {
        Self(minor)
    }

    /// Minor units.
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// This amount `quantity` times; saturates, which no validated cart can reach.
    #[must_use]
    pub const fn times(self, quantity: i64) -> Self {
        Self(self.0.saturating_mul(quantity))
    }

    /// `self * numerator / denominator`, rounded half up (away from zero for a negative
    /// amount). The one rounding rule of the shop.
    ///
    /// `denominator` must be positive.
    #[must_use]
    pub fn scaled(self, numerator: i64, denominator: i64) -> Self {
        debug_assert!(denominator > 0, "a ratio needs a positive denominator");
        let product = i128::from(self.0) * i128::from(numerator);
        let denominator = i128::from(denominator);
        let half = denominator / 2 + denominator % 2;
        let magnitude = product.abs();
        let rounded = magnitude / denominator + i128::from(magnitude % denominator >= half);
        let signed = if product < 0 { -rounded } else { rounded };
        Self(i64::try_from(signed).unwrap_or(if signed < 0 { i64::MIN } else { i64::MAX }))
    }

    /// The amount with all decimals of its currency, as price tags and receipts show it: `1.50`.
    pub fn shown(self, currency: &Currency) -> String {
        let decimals = usize::from(currency.decimals());
        let digits = format!("{:0>width$}", self.0.unsigned_abs(), width = decimals + 1);
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        let sign = if self.0 < 0 { "-" } else { "" };
        if decimals == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    }

    /// Whether a price: not negative and at most [`MONEY_MAX_MINOR`].
    pub const fn is_price(self) -> bool {
        self.0 >= 0 && self.0 <= MONEY_MAX_MINOR
    }
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl SubAssign for Money {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

/// An ISO 4217 currency and its number of decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Currency {
    code: [u8; 3],
    decimals: u8,
}

/// Why a text is no currency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a currency code: use three letters such as EUR")]
pub struct InvalidCurrency(String);

impl Currency {
    /// The code: three upper-case letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.code).expect("a currency code is ASCII by construction")
    }

    /// How many digits stand behind the decimal point.
    pub const fn decimals(&self) -> u8 {
        self.decimals
    }
}

impl FromStr for Currency {
    type Err = InvalidCurrency;

    fn from_str(text: &str) -> Result<Self, InvalidCurrency> {
        let upper = text.trim().to_ascii_uppercase();
        let code: [u8; 3] =
            upper.as_bytes().try_into().map_err(|_| InvalidCurrency(text.to_owned()))?;
        if !code.iter().all(u8::is_ascii_uppercase) {
            return Err(InvalidCurrency(text.to_owned()));
        }
        let decimals = match upper.as_str() {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF"
            | "UGX" | "UYI" | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            _ => 2,
        };
        Ok(Self { code, decimals })
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An exact decimal number: `mantissa / 10^scale`, without trailing zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal {
    mantissa: i64,
    scale: u8,
}

/// Why a text or decimal is not an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDecimal {
    /// Not a decimal number at all.
    #[error("`{0}` is not a number")]
    NotANumber(String),
    /// More digits than we count with.
    #[error("the number has too many digits")]
    TooManyDigits,
    /// More decimals than the currency has.
    #[error("{currency} has {decimals} decimals, the amount has {found}")]
    TooPrecise {
        /// The store's currency code.
        currency: String,
        /// What the currency has.
        decimals: u8,
        /// What the amount has.
        found: u8,
    },
}

/// Longest text read as a number; JSON may carry longer ones, no amount needs them.
const DECIMAL_TEXT_MAX: usize = 64;

impl Decimal {
    /// `mantissa / 10^scale`, brought to its shortest form.
    pub fn new(mut mantissa: i64, mut scale: u8) -> Self {
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        Self { mantissa, scale }
    }

    /// The number as `units / 10^decimals`, when that is exact and fits.
    pub fn to_units(self, decimals: u8) -> Option<i64> {
        let missing = decimals.checked_sub(self.scale)?;
        self.mantissa.checked_mul(10i64.checked_pow(u32::from(missing))?)
    }

    /// The nearest whole number, halves away from zero.
    pub fn rounded(self) -> Option<i64> {
        self.nearest(0)
    }

    /// The nearest number of units of `1 / 10^decimals`, halves away from zero: grams are
    /// kilograms with three decimals.
    pub fn nearest(self, decimals: u8) -> Option<i64> {
        if let Some(units) = self.to_units(decimals) {
            return Some(units);
        }
        let scaled = 10i128.checked_pow(u32::from(decimals));
        let mantissa = i128::from(self.mantissa).checked_mul(scaled?)?;
        let Some(unit) = 10i128.checked_pow(u32::from(self.scale)) else { return Some(0) };
        let half = if mantissa < 0 { -unit / 2 } else { unit / 2 };
        i64::try_from((mantissa + half) / unit).ok()
    }

    /// The amount in `currency`, refused when it has more decimals than the currency.
    pub fn to_money(self, currency: &Currency) -> Result<Money, InvalidDecimal> {
        if self.scale > currency.decimals() {
            return Err(InvalidDecimal::TooPrecise {
                currency: currency.code().to_owned(),
                decimals: currency.decimals(),
                found: self.scale,
            });
        }
        self.to_units(currency.decimals())
            .map(Money::from_minor)
            .ok_or(InvalidDecimal::TooManyDigits)
    }

    /// An amount as a decimal of its currency.
    pub fn from_money(amount: Money, currency: &Currency) -> Self {
        Self::new(amount.minor(), currency.decimals())
    }
}

impl FromStr for Decimal {
    type Err = InvalidDecimal;

    /// Reads what JSON calls a number (`-1.50`, `2e1`); the value is exact or refused.
    fn from_str(text: &str) -> Result<Self, InvalidDecimal> {
        let bad = || InvalidDecimal::NotANumber(text.chars().take(DECIMAL_TEXT_MAX).collect());
        if text.len() > DECIMAL_TEXT_MAX {
            return Err(InvalidDecimal::TooManyDigits);
        }
        let (number, exponent) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i32>().map_err(|_| bad())?),
            None => (text, 0),
        };
        let (negative, digits) = match number.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, number),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let dotted = digits.contains('.');
        let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || (dotted && fraction.is_empty()) || !plain(whole) || !plain(fraction)
        {
            return Err(bad());
        }
        let joined = format!("{whole}{fraction}");
        let significant = joined.trim_start_matches('0');
        let trimmed = significant.trim_end_matches('0');
        if trimmed.is_empty() {
            return Ok(Self::new(0, 0));
        }
        let dropped = i64::try_from(significant.len() - trimmed.len())
            .map_err(|_| InvalidDecimal::TooManyDigits)?;
        let fraction_len =
            i64::try_from(fraction.len()).map_err(|_| InvalidDecimal::TooManyDigits)?;
        // value = trimmed * 10^power
        let power = dropped - fraction_len + i64::from(exponent);
        let mut mantissa: i64 = trimmed.parse().map_err(|_| InvalidDecimal::TooManyDigits)?;
        let mut scale = 0u8;
        if power >= 0 {
            let factor = u32::try_from(power)
                .ok()
                .and_then(|power| 10i64.checked_pow(power))
                .ok_or(InvalidDecimal::TooManyDigits)?;
            mantissa = mantissa.checked_mul(factor).ok_or(InvalidDecimal::TooManyDigits)?;
        } else {
            scale = u8::try_from(-power).map_err(|_| InvalidDecimal::TooManyDigits)?;
        }
        Ok(Self::new(if negative { -mantissa } else { mantissa }, scale))
    }
}

impl fmt::Display for Decimal {
    /// The shortest exact text, which is also a JSON number: `10.9`, `-0.05`, `3`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let digits = self.mantissa.unsigned_abs().to_string();
        let scale = usize::from(self.scale);
        if scale == 0 {
            return write!(f, "{sign}{digits}");
        }
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = padded.split_at(padded.len() - scale);
        write!(f, "{sign}{whole}.{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn eur() -> Currency {
        "eur".parse().unwrap()
    }

    fn minor(text: &str) -> Result<i64, InvalidDecimal> {
        Ok(text.parse::<Decimal>()?.to_money(&eur())?.minor())
    }

    #[test]
    fn numbers_become_exact_amounts() {
        assert_eq!(minor("10.9"), Ok(1090));
        assert_eq!(minor("10.90"), Ok(1090));
        assert_eq!(minor("10.900000"), Ok(1090));
        assert_eq!(minor("1e1"), Ok(1000));
        assert_eq!(minor("1.25E-1").ok(), None);
        assert_eq!(minor("-0.05"), Ok(-5));
        assert_eq!(minor("0"), Ok(0));
        let rounded = |text: &str| text.parse::<Decimal>().unwrap().rounded().unwrap();
        assert_eq!((rounded("523.7"), rounded("0.5"), rounded("-0.5")), (524, 1, -1));
        assert_eq!((rounded("3"), rounded("0.49"), rounded("1e-30")), (3, 0, 0));
        let grams = |text: &str| text.parse::<Decimal>().unwrap().nearest(3);
        assert_eq!(
            (grams("0.25"), grams("1.2345"), grams("-0.0005")),
            (Some(250), Some(1235), Some(-1))
        );
        assert_eq!((grams("12"), grams("9e18")), (Some(12_000), None));
        assert!(matches!(minor("10.999"), Err(InvalidDecimal::TooPrecise { found: 3, .. })));
        assert_eq!(minor("10.9999999999999999999999999"), Err(InvalidDecimal::TooManyDigits));
        assert_eq!(minor("1e400"), Err(InvalidDecimal::TooManyDigits));
        for text in ["", ".", "1.", ".5", "1.2.3", "NaN", "0x1", "1e", "--1", "+1", "1 "] {
            assert!(minor(text).is_err(), "{text}");
        }
    }

    #[test]
    fn currencies_know_their_decimals() {
        assert_eq!("JPY".parse::<Currency>().unwrap().decimals(), 0);
        assert_eq!("KWD".parse::<Currency>().unwrap().decimals(), 3);
        assert!("EURO".parse::<Currency>().is_err());
        assert!("E1R".parse::<Currency>().is_err());
    }

    #[test]
    fn price_tags_show_all_decimals() {
        let shown = |minor, code: &str| Money::from_minor(minor).shown(&code.parse().unwrap());
        assert_eq!((shown(150, "EUR"), shown(-5, "EUR")), ("1.50".into(), "-0.05".into()));
        assert_eq!((shown(150, "JPY"), shown(5, "KWD")), ("150".into(), "0.005".into()));
    }

    #[test]
    fn rounding_is_half_up_once() {
        assert_eq!(Money::from_minor(5).scaled(1, 2).minor(), 3);
        assert_eq!(Money::from_minor(-5).scaled(1, 2).minor(), -3);
        assert_eq!(Money::from_minor(1).scaled(1, 3).minor(), 0);
        assert_eq!(Money::from_minor(2).scaled(1, 3).minor(), 1);
        assert_eq!(Money::from_minor(199).scaled(1500, 1000).minor(), 299);
    }

    proptest! {
        #[test]
        fn text_round_trips(minor in -MONEY_MAX_MINOR..MONEY_MAX_MINOR) {
            let text = Decimal::from_money(Money::from_minor(minor), &eur()).to_string();
            prop_assert_eq!(text.parse::<Decimal>().unwrap().to_money(&eur()).unwrap().minor(), minor);
            let float: f64 = text.parse().unwrap();
            prop_assert_eq!(serde_json::to_string(&float).unwrap().parse::<Decimal>().unwrap(),
                text.parse::<Decimal>().unwrap());
        }

        #[test]
        fn any_text_is_answered(text in "\\PC{0,40}") {
            let _ = text.parse::<Decimal>();
        }
    }
}
