//! Restricted-circulation EAN-13 with an embedded weight or price, read by the store's rules.
//!
//! GS1 leaves the numbers that begin with 2 or 02 to each store (General Specifications, 2.1.11):
//! which digits are the item and which the weight or price is what a rule says.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Plu, check_digit};

/// Most rules of a store.
pub const RULES_MAX: usize = 32;
/// Digits of an EAN-13.
const PATTERN_LEN: usize = 13;

/// A pattern of thirteen characters: digits are fixed, `I` is the item, `W` grams, `P` the price
/// in minor units, `V` a check digit of the price or weight (not looked at), `C` the check digit.
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
    "`{0}` is not a variable-measure pattern: thirteen characters that begin with 2 or 02, of \
     fixed digits, one run of I (1 to 6), one run of W or P (1 to 6), V for a digit to pass over, \
     and C last, for example 21IIIIIWWWWWC"
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
        self.try_read(code).ok()
    }

    /// Reads `code` by this rule, or tells why it does not fit. Scanners send an EAN-13 that begins
    /// with 0 as twelve digits (UPC-A) and any as fourteen: it is the same number.
    pub fn try_read(&self, code: &str) -> Result<VariableMeasure, Misfit> {
        let digits = code.bytes().all(|byte| byte.is_ascii_digit());
        let ean = match code.len() {
            12 => format!("0{code}"),
            14 if code.starts_with('0') => code[1..].to_owned(),
            13 => code.to_owned(),
            found => return Err(Misfit::Length(found)),
        };
        if !digits || ean.len() != self.pattern.len() {
            return Err(Misfit::Length(code.len()));
        }
        let (mut item, mut weight, mut price) = (None, None, None);
        for (place, (shape, digit)) in (1..).zip(self.pattern.bytes().zip(ean.bytes())) {
            let value = u32::from(digit - b'0');
            match shape {
                b'I' => item = Some(item.unwrap_or(0) * 10 + value),
                b'W' => weight = Some(weight.unwrap_or(0) * 10 + value),
                b'P' => price = Some(price.unwrap_or(0) * 10 + value),
                b'C' | b'V' => {}
                fixed if fixed == digit => {}
                fixed => {
                    let (found, wanted) = (char::from(digit), char::from(fixed));
                    return Err(Misfit::Digit { place, found, wanted });
                }
            }
        }
        let (last, body) = ean.as_bytes().split_last().ok_or(Misfit::Length(0))?;
        let (expected, found) = (check_digit(body), last - b'0');
        if self.strict_check_digit && expected != found {
            return Err(Misfit::CheckDigit { found, expected });
        }
        let measure = match (weight, price) {
            (Some(grams), None) if grams > 0 => Measure::Weight { grams },
            (None, Some(minor)) if minor > 0 => Measure::Price { minor: i64::from(minor) },
            _ => return Err(Misfit::NoMeasure),
        };
        let item = item.and_then(|item| Plu::new(item).ok()).ok_or(Misfit::NoItem)?;
        Ok(VariableMeasure { item, measure })
    }

    /// Whether every code that fits `other` fits this one too.
    fn takes_all_of(&self, other: &Self) -> bool {
        let pairs = self.pattern.bytes().zip(other.pattern.bytes());
        let fixed = pairs.filter(|(own, _)| own.is_ascii_digit()).all(|(own, its)| own == its);
        fixed && (!self.strict_check_digit || other.strict_check_digit)
    }
}

/// Why a code does not fit a rule, for the sentence "it does not fit: ...".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// Not as long as an EAN-13.
    #[error("it has {0} digits, the pattern has {PATTERN_LEN}")]
    Length(usize),
    /// A fixed digit is another one.
    #[error("digit {place} is {found}, the pattern wants {wanted}")]
    Digit {
        /// Counted from 1 in the EAN-13.
        place: usize,
        /// In the code.
        found: char,
        /// In the pattern.
        wanted: char,
    },
    /// The last digit is wrong and the rule is strict about it.
    #[error("the check digit is {found}, it should be {expected}, and the rule is strict about it")]
    CheckDigit {
        /// The last digit.
        found: u8,
        /// What the other digits ask for.
        expected: u8,
    },
    /// The item's digits are all zero.
    #[error("its item number is zero")]
    NoItem,
    /// The weight or price is zero.
    #[error("its weight or price is zero")]
    NoMeasure,
}

/// Checks a store's rules as a whole: each has to have codes of its own. The error names the rule
/// that is too many by its index.
pub fn check_rules(rules: &[VariableMeasureRule]) -> Result<(), (usize, String)> {
    for (index, rule) in rules.iter().enumerate().skip(1) {
        for (other, earlier) in rules.iter().enumerate().take(index) {
            if earlier.pattern == rule.pattern {
                return Err((index, format!("is the same pattern as that of rules[{other}]")));
            }
            if earlier.takes_all_of(rule) {
                let reason = format!(
                    "is never reached: rules[{other}], {}, comes first and fits all its codes",
                    earlier.pattern
                );
                return Err((index, reason));
            }
        }
    }
    Ok(())
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
        let shapes = pattern.chars().all(|c| c.is_ascii_digit() || "IWPVC".contains(c));
        let fits = pattern.len() == PATTERN_LEN
            && shapes
            && pattern.ends_with('C')
            && count('C') == 1
            && (1..=6).contains(&count('I'))
            && (1..=6).contains(&(count('W') + count('P')))
            && (count('W') == 0 || count('P') == 0)
            && ['I', 'W', 'P'].into_iter().all(one_run)
            && count('V') <= 1
            && (pattern.starts_with('2') || pattern.starts_with("02"));
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
    fn rules_differ_in_strictness_and_in_inner_check_digits() {
        let mut rule: VariableMeasureRule = "23IIIIVPPPPPC".parse().unwrap();
        let body = "230047800399";
        let wrong = format!("{body}{}", (check_digit(body.as_bytes()) + 1) % 10);
        assert!(matches!(rule.try_read(&wrong), Err(Misfit::CheckDigit { .. })));
        rule.strict_check_digit = false;
        let found = rule.try_read(&wrong).unwrap();
        assert_eq!((found.item.value(), found.measure), (47, Measure::Price { minor: 399 }));
    }

    #[test]
    fn a_upc_a_of_a_scale_is_an_ean_that_begins_with_zero() {
        let rule: VariableMeasureRule = "02IIIIIPPPPPC".parse().unwrap();
        let body = "20004700399";
        let upc = format!("{body}{}", check_digit(body.as_bytes()));
        for code in [upc.clone(), format!("0{upc}"), format!("00{upc}")] {
            assert_eq!(rule.read(&code).unwrap().item.value(), 47, "{code}");
        }
        assert_eq!(rule.try_read("12345"), Err(Misfit::Length(5)));
        let digit = Misfit::Digit { place: 1, found: '2', wanted: '0' };
        assert_eq!(rule.try_read("2112345015002"), Err(digit));
    }

    #[test]
    fn a_rule_that_is_never_reached_is_named() {
        let rules = |patterns: &[(&str, bool)]| -> Vec<VariableMeasureRule> {
            let rule = |(pattern, strict): &(&str, bool)| VariableMeasureRule {
                pattern: (*pattern).to_owned(),
                strict_check_digit: *strict,
            };
            patterns.iter().map(rule).collect()
        };
        let at = |patterns: &[(&str, bool)]| check_rules(&rules(patterns)).map_err(|it| it.0);
        assert_eq!(check_rules(&VariableMeasureRule::defaults()), Ok(()));
        assert_eq!(at(&[]), Ok(()));
        let (weighed, priced) = ("21IIIIIWWWWWC", "21IIIIIPPPPPC");
        assert_eq!(at(&[(weighed, true), (weighed, false)]), Err(1), "the same twice");
        assert_eq!(at(&[(weighed, true), (priced, true)]), Err(1));
        assert_eq!(at(&[(weighed, true), (priced, false)]), Ok(()), "left are the wrong digits");
        assert_eq!(at(&[("2IIIIIIWWWWWC", true), (weighed, true)]), Err(1));
        assert_eq!(
            at(&[(weighed, true), ("2IIIIIIWWWWWC", true)]),
            Ok(()),
            "the special one first"
        );
    }

    #[test]
    fn patterns_are_checked() {
        assert!("22IIIIWWWWWWC".parse::<VariableMeasureRule>().is_ok());
        assert!("02IIIIIVPPPPC".parse::<VariableMeasureRule>().is_ok());
        for pattern in [
            "",
            "21IIIIIWWWWW",
            "21IIIIIWWPPPC",
            "21IIWIIWWWWWC",
            "21IIIIIWWWWW1",
            "40IIIIIWWWWWC",
            "21IIIIVWVWWWC",
            "21iiiiiwwwwwc",
            "21IIIIIWWWWÄ",
        ] {
            assert!(pattern.parse::<VariableMeasureRule>().is_err(), "{pattern}");
        }
    }
}
