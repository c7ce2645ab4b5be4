//! What a scanner reads: GTINs, PLUs, SKUs, RFID uids, variable-measure barcodes and GS1 element
//! strings.

mod gs1;
mod gtin;
mod reading;
mod unpadded;
mod variable_measure;

pub use gs1::{ElementString, Symbology, TradeMeasure};
pub use gtin::{Gtin, InvalidGtin, check_digit};
pub use reading::{Owner, Owners, Reading};
pub use variable_measure::{
    InvalidRule, Measure, Misfit, RULES_MAX, VariableMeasure, VariableMeasureRule, check_rules,
};

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Longest SKU, in characters.
pub const SKU_MAX: usize = 64;
/// Longest RFID uid, in hexadecimal digits (ISO 15693 and MIFARE need 16 and 20).
pub const UID_MAX: usize = 32;
/// Digits of the longest PLU.
const PLU_DIGITS_MAX: usize = 6;
/// Longest text that is read as a PLU, with leading zeros.
const PLU_TEXT_MAX: usize = 14;

/// Why a text is not the code that it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCode {
    /// Not a SKU.
    #[error("a SKU is 1 to {SKU_MAX} printable characters without blanks around")]
    Sku,
    /// Not a PLU.
    #[error("a PLU is 1 to {PLU_DIGITS_MAX} digits, not all zero")]
    Plu,
    /// Not an RFID uid.
    #[error("an RFID uid is 4 to {UID_MAX} hexadecimal digits")]
    Uid,
    /// Nothing that a scanner could have read.
    #[error("`{0}` is neither a GTIN with a right check digit nor a PLU")]
    Unreadable(String),
}

/// The shop's own name of a product, unique in the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sku(String);

impl Sku {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Sku {
    type Err = InvalidCode;

    fn from_str(text: &str) -> Result<Self, InvalidCode> {
        let fits = (1..=SKU_MAX).contains(&text.chars().count());
        if fits && text.trim() == text && !text.chars().any(char::is_control) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidCode::Sku)
        }
    }
}

impl fmt::Display for Sku {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A price look-up number of loose goods. Compared as a number: leading zeros do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Plu(u32);

impl Plu {
    /// The number.
    pub const fn value(self) -> u32 {
        self.0
    }

    /// The PLU with this number; zero is none.
    pub fn new(value: u32) -> Result<Self, InvalidCode> {
        if value > 0 && value < 10u32.pow(6) { Ok(Self(value)) } else { Err(InvalidCode::Plu) }
    }
}

impl FromStr for Plu {
    type Err = InvalidCode;

    fn from_str(text: &str) -> Result<Self, InvalidCode> {
        let digits = text.trim_start_matches('0');
        let is_plu = digits.len() <= PLU_DIGITS_MAX && text.len() <= PLU_TEXT_MAX;
        if !is_plu || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidCode::Plu);
        }
        Self::new(digits.parse().map_err(|_| InvalidCode::Plu)?)
    }
}

impl fmt::Display for Plu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The uid of an RFID tag, upper-case hexadecimal without separators.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Uid(String);

impl Uid {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Uid {
    type Err = InvalidCode;

    /// Accepts either case and the separators that readers print: `04:A3:1f`, `04 a3 1f`.
    fn from_str(text: &str) -> Result<Self, InvalidCode> {
        let digits: String = text
            .trim()
            .chars()
            .filter(|c| !matches!(c, ':' | '-' | ' '))
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if (4..=UID_MAX).contains(&digits.len()) && hex {
            Ok(Self(digits))
        } else {
            Err(InvalidCode::Uid)
        }
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A scanned text without the blanks and control characters around it.
fn bare(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c.is_control())
}

/// Everything that a scanned text may mean, in the order in which the catalogue is asked.
///
/// One text can be read in several ways: thirteen digits that begin with `21` may be a product's
/// own GTIN or a weighed item. A registered GTIN wins, then the variable-measure reading, then
/// the PLU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannedCode {
    /// The digits as a GTIN, when the check digit is right.
    pub gtin: Option<Gtin>,
    /// What a GS1 element string says of the piece beside its GTIN.
    pub trade_measure: Option<TradeMeasure>,
    /// The digits as an item with an embedded weight or price.
    pub variable_measure: Option<VariableMeasure>,
    /// The digits as a PLU.
    pub plu: Option<Plu>,
}

impl ScannedCode {
    /// Reads what a scanner sent. `rules` are the store's variable-measure rules, the first
    /// match counts. Blanks and control characters around the code do not matter.
    pub fn parse(text: &str, rules: &[VariableMeasureRule]) -> Result<Self, InvalidCode> {
        let code = bare(text);
        let unreadable = || InvalidCode::Unreadable(code.chars().take(32).collect());
        let (symbology, code) = gs1::symbology(code);
        let is_gs1 = matches!(symbology, Some(Symbology::Gs1(_)));
        if let Some(elements) = ElementString::parse(code, is_gs1) {
            let gtin = elements.gtin.and_then(Result::ok).ok_or_else(unreadable)?;
            return Ok(Self {
                gtin: Some(gtin),
                trade_measure: elements.measure,
                variable_measure: None,
                plu: None,
            });
        }
        if code.is_empty() || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(unreadable());
        }
        let scanned = Self {
            gtin: code.parse().ok(),
            trade_measure: None,
            variable_measure: rules.iter().find_map(|rule| rule.read(code)),
            plu: code.parse().ok(),
        };
        if scanned.gtin.is_none() && scanned.variable_measure.is_none() && scanned.plu.is_none() {
            return Err(unreadable());
        }
        Ok(scanned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_keeps_every_reading() {
        let rules = VariableMeasureRule::defaults();
        let weighed = ScannedCode::parse("2112345015002", &rules).unwrap();
        let measure = weighed.variable_measure.unwrap();
        assert_eq!(measure.item.value(), 12345);
        assert_eq!(measure.measure, Measure::Weight { grams: 1500 });

        let plain = ScannedCode::parse(" 4006381333931\r\n", &rules).unwrap();
        assert_eq!(plain.gtin.unwrap().to_string(), "4006381333931");
        assert_eq!(plain.variable_measure, None);

        let plu = ScannedCode::parse("04011", &rules).unwrap();
        assert_eq!(plu.plu.unwrap().value(), 4011);

        let labelled = ScannedCode::parse("]d201095212345678993103001500", &rules).unwrap();
        assert_eq!(labelled.gtin.unwrap().to_string(), "9521234567899");
        assert_eq!(labelled.trade_measure, Some(TradeMeasure::Weight { grams: 1_500 }));
        let identified = ScannedCode::parse("]E04006381333931", &rules).unwrap();
        assert_eq!(identified.gtin, plain.gtin);

        for text in ["", "abc", "4006381333932", "99999999999999999999", "-5", "(3103)001500"] {
            assert!(ScannedCode::parse(text, &rules).is_err(), "{text}");
        }
    }

    #[test]
    fn uids_compare_in_one_form() {
        let tidy: Uid = "04A31F22".parse().unwrap();
        for text in ["04:a3:1f:22", "04 A3 1F 22", "04a31f22", " 04-A3-1F-22 "] {
            assert_eq!(text.parse::<Uid>().unwrap(), tidy);
        }
        assert!("04:a3:zz".parse::<Uid>().is_err());
        assert!("04".parse::<Uid>().is_err());
    }

    #[test]
    fn skus_are_trimmed_text() {
        assert!("A-1".parse::<Sku>().is_ok());
        for text in ["", " A", "A\n", &"x".repeat(65)] {
            assert!(text.parse::<Sku>().is_err(), "{text:?}");
        }
    }
}
