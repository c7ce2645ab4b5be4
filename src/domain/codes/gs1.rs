//! GS1 element strings: what `DataMatrix`, GS1-128 and `DataBar` say beyond a number (GS1 General
//! Specifications, 3 and 7.8). A scanner sends them raw, behind an AIM symbology identifier such
//! as `]d2` or `]C1`, or people write them with brackets: `(01)09521234567899(3103)001500`.

use super::{Gtin, InvalidGtin};
use crate::domain::money::Decimal;

/// What ends an element of variable length: the group separator, for FNC1 of the symbol.
const SEPARATOR: char = '\u{1d}';
/// Most elements that are read; a symbol has far fewer.
const ELEMENTS_MAX: usize = 32;
/// The shortest text without brackets and identifier that is taken for an element string: longer
/// than any GTIN.
const BARE_LEN_MIN: usize = 16;

/// What an AIM symbology identifier says about the rest of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbology {
    /// GS1-128, `DataMatrix`, QR or `DataBar`: an element string follows.
    Gs1(&'static str),
    /// EAN or UPC: a number follows.
    Ean,
    /// Another one, which says nothing about the content.
    Other,
}

/// A text without its AIM identifier, and what that said.
pub(super) fn symbology(code: &str) -> (Option<Symbology>, &str) {
    let Some(rest) = code.strip_prefix(']') else { return (None, code) };
    let (Some(kind), Some(modifier)) = (rest.chars().next(), rest.chars().nth(1)) else {
        return (None, code);
    };
    if !kind.is_ascii_alphabetic() || !modifier.is_ascii_alphanumeric() {
        return (None, code);
    }
    let symbology = match (kind, modifier) {
        ('C', '1') => Symbology::Gs1("GS1-128"),
        ('d', '2') => Symbology::Gs1("GS1 DataMatrix"),
        ('Q', '3') => Symbology::Gs1("GS1 QR code"),
        ('J', '1') => Symbology::Gs1("GS1 DotCode"),
        ('e', '0'..='2') => Symbology::Gs1("GS1 DataBar"),
        ('E', _) => Symbology::Ean,
        _ => Symbology::Other,
    };
    (Some(symbology), &rest[2..])
}

/// What the label of a trade item says about the piece that bears it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TradeMeasure {
    /// AI 310n: net weight.
    Weight {
        /// Whole grams; parts of one are cut off.
        grams: u32,
    },
    /// AI 392n: the price to pay, in the store's currency.
    Price(Decimal),
}

/// The elements that a shop has a use for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElementString {
    /// AI 01, if it is there.
    pub gtin: Option<Result<Gtin, InvalidGtin>>,
    /// Price before weight, when both are there.
    pub measure: Option<TradeMeasure>,
    /// All elements: application identifier and content.
    pub elements: Vec<(String, String)>,
}

impl ElementString {
    /// Reads an element string; `None` when the text is none. `is_gs1` is whether an identifier
    /// said that it has to be one.
    pub fn parse(text: &str, is_gs1: bool) -> Option<Self> {
        let elements = if text.starts_with('(') {
            bracketed(text)?
        } else if is_gs1 || (text.len() >= BARE_LEN_MIN && text.starts_with("01")) {
            raw(text)?
        } else {
            return None;
        };
        let content = |ai: &str| elements.iter().find(|(own, _)| own == ai).map(|(_, text)| text);
        let gtin = content("01").map(|text| text.parse());
        if !is_gs1 && !text.starts_with('(') && !matches!(gtin, Some(Ok(_))) {
            // Digits that only look like one.
            return None;
        }
        let prices = elements.iter().filter_map(|(ai, text)| price(ai, text));
        let weights = elements.iter().filter_map(|(ai, text)| weight(ai, text));
        let measure = prices.chain(weights).next();
        Some(Self { gtin, measure, elements })
    }
}

/// AI 310n: six digits of kilograms with n decimals.
fn weight(ai: &str, text: &str) -> Option<TradeMeasure> {
    let decimals: u32 = ai.strip_prefix("310")?.parse().ok().filter(|decimals| *decimals <= 5)?;
    if text.len() != 6 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value: u64 = text.parse().ok()?;
    let grams = u32::try_from(value * 1_000 / 10_u64.pow(decimals)).ok()?;
    (grams > 0).then_some(TradeMeasure::Weight { grams })
}

/// AI 392n: at most fifteen digits of money with n decimals.
fn price(ai: &str, text: &str) -> Option<TradeMeasure> {
    let decimals: u8 = ai.strip_prefix("392")?.parse().ok()?;
    if text.len() > 15 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value: i64 = text.parse().ok().filter(|value| *value > 0)?;
    Some(TradeMeasure::Price(Decimal::new(value, decimals)))
}

fn bracketed(text: &str) -> Option<Vec<(String, String)>> {
    let mut elements = Vec::new();
    for element in text.strip_prefix('(')?.split('(') {
        let (ai, content) = element.split_once(')')?;
        let content = content.trim_end_matches(SEPARATOR).trim();
        let is_ai = (2..=4).contains(&ai.len()) && ai.bytes().all(|byte| byte.is_ascii_digit());
        if !is_ai || content.is_empty() || elements.len() >= ELEMENTS_MAX {
            return None;
        }
        elements.push((ai.to_owned(), content.to_owned()));
    }
    Some(elements)
}

fn raw(text: &str) -> Option<Vec<(String, String)>> {
    if !text.is_ascii() {
        return None;
    }
    let mut elements = Vec::new();
    let mut rest = text.trim_matches(SEPARATOR);
    while !rest.is_empty() {
        if elements.len() >= ELEMENTS_MAX {
            return None;
        }
        let (ai, content) = rest.split_at_checked(identifier_len(rest)?)?;
        let end = match fixed_len(ai) {
            Some(len) => len,
            None => content.find(SEPARATOR).unwrap_or(content.len()),
        };
        let (content, after) = content.split_at_checked(end)?;
        if content.is_empty() || content.contains(SEPARATOR) {
            return None;
        }
        elements.push((ai.to_owned(), content.to_owned()));
        rest = after.trim_start_matches(SEPARATOR);
    }
    (!elements.is_empty()).then_some(elements)
}

/// How many digits the application identifier has, by its first two.
fn identifier_len(text: &str) -> Option<usize> {
    let head = text.get(..2)?;
    let number: u8 = head.parse().ok()?;
    Some(match number {
        0..=22 | 30 | 37 | 90..=99 => 2,
        23..=25 | 40..=42 => 3,
        31..=36 | 39 | 43 | 70..=72 | 80..=82 => 4,
        _ => return None,
    })
}

/// How long the content is, for those of predefined length.
fn fixed_len(ai: &str) -> Option<usize> {
    Some(match ai.get(..2)? {
        "00" => 18,
        "01" | "02" | "03" => 14,
        "04" => 16,
        "20" => 2,
        "11" | "12" | "13" | "14" | "15" | "16" | "17" | "18" | "19" | "31" | "32" | "33"
        | "34" | "35" | "36" => 6,
        "41" => 13,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(code: &str) -> Option<ElementString> {
        let (symbology, rest) = symbology(code);
        ElementString::parse(rest, matches!(symbology, Some(Symbology::Gs1(_))))
    }

    #[test]
    fn every_way_to_write_an_element_string_is_read() {
        for code in [
            "(01)09521234567899(3103)001500",
            "]C101095212345678993103001500",
            "]d201095212345678993103001500",
            "]e0010952123456789910LOT7\u{1d}3103001500",
            "01095212345678993103001500",
        ] {
            let found = read(code).unwrap();
            assert_eq!(found.gtin.unwrap().unwrap().to_string(), "9521234567899", "{code}");
            assert_eq!(found.measure, Some(TradeMeasure::Weight { grams: 1_500 }), "{code}");
        }
        let priced = read("(01)09521234567899(3103)001500(3922)399").unwrap();
        assert_eq!(priced.measure, Some(TradeMeasure::Price("3.99".parse().unwrap())));
        let exact = |code: &str| read(code).unwrap().measure;
        assert_eq!(exact("(3100)000002"), Some(TradeMeasure::Weight { grams: 2_000 }));
        assert_eq!(exact("(3105)001500"), Some(TradeMeasure::Weight { grams: 15 }));
        assert_eq!(exact("(3103)000000"), None);
        assert_eq!(exact("(3109)001500"), None);
    }

    #[test]
    fn a_wrong_check_digit_is_told() {
        let found = read("(01)09521234567890").unwrap();
        assert!(matches!(found.gtin, Some(Err(InvalidGtin::CheckDigit { expected: 9, .. }))));
    }

    #[test]
    fn what_is_none_is_left_alone() {
        for code in [
            "4006381333931",
            "04006381333931",
            "",
            "]",
            "]C",
            "(01)",
            "()",
            "(01",
            "(x1)5",
            "0109521234567890",
            "99999999999999999999",
            "]d2",
            "]d201095212345678",
            "]C1ü5",
            "]C155123",
            "(01)0952123456789\u{e4}(",
            "]\u{e4}\u{e4}\u{e4}",
        ] {
            assert_eq!(read(code), None, "{code:?}");
        }
        assert_eq!(symbology("]E04006381333931"), (Some(Symbology::Ean), "4006381333931"));
        assert_eq!(symbology("]A0ABC"), (Some(Symbology::Other), "ABC"));
    }
}
