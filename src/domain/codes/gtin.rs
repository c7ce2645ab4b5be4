//! GTIN-8, -12, -13 and -14 as one number of fourteen digits (GS1 General Specifications, 7.9).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A global trade item number, stored as its fourteen-digit value, so that an EAN-13 and the
/// same number scanned as GTIN-14 are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Gtin(u64);

/// Why a text is not a GTIN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidGtin {
    /// Not digits, or too many or too few of them.
    #[error("a barcode is a GTIN of 8, 12, 13 or 14 digits")]
    Shape,
    /// The last digit does not fit the others.
    #[error("the check digit of barcode {code} is {found}, it should be {expected}")]
    CheckDigit {
        /// As read.
        code: String,
        /// The last digit.
        found: u8,
        /// What the other digits ask for.
        expected: u8,
    },
}

/// The GS1 check digit of `digits` (without their check digit): weights 3 and 1 from the right.
/// `digits` are ASCII digits.
pub fn check_digit(digits: &[u8]) -> u8 {
    let sum: u32 = digits
        .iter()
        .rev()
        .zip([3, 1].into_iter().cycle())
        .map(|(digit, weight)| u32::from(digit.saturating_sub(b'0')) * weight)
        .sum();
    u8::try_from((10 - sum % 10) % 10).expect("a digit is below ten")
}

impl Gtin {
    /// The fourteen-digit value.
    pub const fn value(self) -> u64 {
        self.0
    }

    /// The number behind a stored value, when its check digit is right.
    pub fn from_value(value: u64) -> Result<Self, InvalidGtin> {
        format!("{value:014}").parse()
    }

    /// All fourteen digits.
    pub fn padded(self) -> String {
        format!("{:014}", self.0)
    }
}

impl FromStr for Gtin {
    type Err = InvalidGtin;

    /// Six to fourteen digits: firmware that sends a code as an integer loses leading zeros,
    /// and the check digit does not depend on them.
    fn from_str(text: &str) -> Result<Self, InvalidGtin> {
        let bytes = text.as_bytes();
        if !(6..=14).contains(&bytes.len()) || !bytes.iter().all(u8::is_ascii_digit) {
            return Err(InvalidGtin::Shape);
        }
        let (last, body) = bytes.split_last().ok_or(InvalidGtin::Shape)?;
        let expected = check_digit(body);
        let found = last - b'0';
        if found != expected {
            return Err(InvalidGtin::CheckDigit { code: text.to_owned(), found, expected });
        }
        let value: u64 = text.parse().map_err(|_| InvalidGtin::Shape)?;
        if value == 0 { Err(InvalidGtin::Shape) } else { Ok(Self(value)) }
    }
}

impl fmt::Display for Gtin {
    /// The form that people know: 8, 13 or 14 digits, whichever is the shortest that holds it.
    /// (A UPC-A has the same value as its EAN-13.)
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0..=99_999_999 => write!(f, "{:08}", self.0),
            100_000_000..=9_999_999_999_999 => write!(f, "{:013}", self.0),
            _ => write!(f, "{:014}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_numbers() {
        for (text, shown) in [
            ("4006381333931", "4006381333931"),
            ("04006381333931", "4006381333931"),
            ("96385074", "96385074"),
            ("036000291452", "0036000291452"),
            ("36000291452", "0036000291452"),
        ] {
            assert_eq!(text.parse::<Gtin>().unwrap().to_string(), shown);
        }
        assert_eq!(
            "4006381333930".parse::<Gtin>(),
            Err(InvalidGtin::CheckDigit { code: "4006381333930".into(), found: 0, expected: 1 })
        );
        for text in ["", "12345", "123456789012345", "40063813339ab", "0000000000000"] {
            assert!(text.parse::<Gtin>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_form_is_the_same_number(body in 10_000_000u64..9_999_999_999_999) {
            let digit = check_digit(body.to_string().as_bytes());
            let gtin: Gtin = format!("{body}{digit}").parse().unwrap();
            prop_assert_eq!(gtin.padded().parse::<Gtin>().unwrap(), gtin);
            prop_assert_eq!(gtin.to_string().parse::<Gtin>().unwrap(), gtin);
            let wrong = format!("{body}{}", (digit + 1) % 10);
            prop_assert!(wrong.parse::<Gtin>().is_err());
        }
    }
}
