//! Restricted-circulation EAN-13 with an embedded weight or price, read by the store's rules.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Plu, check_digit};

/// A pattern of thirteen characters: digits are fixed, `I` is the item, `W` grams, `P` the price
/// in minor units, `C` the check digit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariableMeasureRule {
    /// For example `21IIIIIWWWWWC`.
    pub pattern: String,
    /// Whether a code with a wrong check digit is refused. Some scales print none.
    pub strict_check_digit: bool,
}

/// What the code carries beside the item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// A weight in grams.
    Weight {
        /// Grams.
        grams: u32,
    },
    /// A price in minor units.
    Price {
        /// Minor units.
        minor: i64,
    },
}

/// An item and its embedded measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VariableMeasure {
    /// Matched against a product's PLU.
    pub item: Plu,
    /// Weight or price.
    pub measure: Measure,
}

/// Why a pattern cannot be a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a variable-measure pattern: thirteen characters of fixed digits, one run of I, \
     one run of W or P, and C last, for example 21IIIIIWWWWWC"
)]
pub struct InvalidRule(String);

impl VariableMeasureRule {
    /// The rules of a new store: prefix 21 weighs, prefix 20 prices.
    pub fn defaults() -> Vec<Self> {
        ["21IIIIIWWWWWC", "20IIIIIPPPPPC"]
            .into_iter()
            .map(|pattern| Self { pattern: pattern.to_owned(), strict_check_digit: true })
            .collect()
    }

    /// Reads `code` (ASCII digits) by this rule; `None` when it does not fit.
    pub fn read(&self, code: &str) -> Option<VariableMeasure> {
        if code.len() != self.pattern.len() {
            return None;
        }
        let (mut item, mut weight, mut price) = (None, None, None);
        for (shape, digit) in self.pattern.bytes().zip(code.bytes()) {
            let value = u32::from(digit.checked_sub(b'0').filter(|digit| *digit < 10)?);
            match shape {
                b'I' => item = Some(item.unwrap_or(0) * 10 + value),
                b'W' => weight = Some(weight.unwrap_or(0) * 10 + value),
                b'P' => price = Some(price.unwrap_or(0) * 10 + value),
                b'C' => {}
                fixed if fixed == digit => {}
                _ => return None,
            }
        }
        let (last, body) = code.as_bytes().split_last()?;
        if self.strict_check_digit && check_digit(body) != last - b'0' {
            return None;
        }
        let measure = match (weight, price) {
            (Some(grams), None) if grams > 0 => Measure::Weight { grams },
            (None, Some(minor)) if minor > 0 => Measure::Price { minor: i64::from(minor) },
            _ => return None,
        };
        Some(VariableMeasure { item: Plu::new(item?).ok()?, measure })
    }
}

impl FromStr for VariableMeasureRule {
    type Err = InvalidRule;

    /// Accepts a pattern; the check digit is strict.
    fn from_str(pattern: &str) -> Result<Self, InvalidRule> {
        let invalid = || InvalidRule(pattern.chars().take(32).collect());
        let count = |wanted: char| pattern.chars().filter(|c| *c == wanted).count();
        let one_run = |wanted: char| {
            let inner = pattern.trim_start_matches(|c| c != wanted);
            inner.trim_end_matches(|c| c != wanted).chars().all(|c| c == wanted)
        };
        let shapes = pattern.chars().all(|c| c.is_ascii_digit() || "IWPC".contains(c));
        let fits = pattern.len() == 13
            && shapes
            && pattern.ends_with('C')
            && count('C') == 1
            && (1..=6).contains(&count('I'))
            && (1..=6).contains(&(count('W') + count('P')))
            && (count('W') == 0 || count('P') == 0)
            && ['I', 'W', 'P'].into_iter().all(one_run)
            && pattern.starts_with('2');
        if fits {
            Ok(Self { pattern: pattern.to_owned(), strict_check_digit: true })
        } else {
            Err(invalid())
        }
    }
}

impl fmt::Display for VariableMeasureRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.pattern)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_rules_read_weight_and_price() {
        let rules = VariableMeasureRule::defaults();
        let read = |code: &str| rules.iter().find_map(|rule| rule.read(code));
        assert_eq!(
            read("2112345015002").map(|found| (found.item.value(), found.measure)),
            Some((12345, Measure::Weight { grams: 1500 }))
        );
        let body = "200004700399";
        let priced = format!("{body}{}", check_digit(body.as_bytes()));
        assert_eq!(
            read(&priced).map(|found| (found.item.value(), found.measure)),
            Some((47, Measure::Price { minor: 399 }))
        );
        assert_eq!(read("2112345015003"), None, "wrong check digit");
        assert_eq!(read("4006381333931"), None, "another prefix");
        assert_eq!(read("2112345000004"), None, "no weight");
    }

    #[test]
    fn patterns_are_checked() {
        assert!("22IIIIWWWWWWC".parse::<VariableMeasureRule>().is_ok());
        for pattern in ["", "21IIIIIWWWWW", "21IIIIIWWPPPC", "21IIWIIWWWWWC", "21IIIIIWWWWW1"] {
            assert!(pattern.parse::<VariableMeasureRule>().is_err(), "{pattern}");
        }
    }
}
