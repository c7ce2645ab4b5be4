//! Mobile numbers in one form: E.164, `+4917604069003`.
//!
//! People and phones write the same number in many ways; one code, one account and one limit must
//! belong to it in all of them. Whether a number is in use only the code that reaches it can tell,
//! so what is checked here is that it is possible, not that some carrier gave it out.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::calling_codes::PLANS;

/// Longest text that is looked at, in characters.
const WRITTEN_MAX: usize = 40;
/// Fewest digits with the calling code: the shortest that are in use.
const DIGITS_MIN: usize = 8;
/// Most digits with the calling code (E.164, 6.2.1).
const DIGITS_MAX: usize = 15;
/// How a call abroad begins nearly everywhere (E.164, Recommendation E.123).
const EXIT_PREFIX: &str = "00";
/// The calling codes where it begins otherwise; tried before [`EXIT_PREFIX`].
const OTHER_EXITS: [(&str, &str); 4] = [("1", "011"), ("61", "0011"), ("81", "010"), ("7", "810")];
/// Italy's, whose numbers keep their leading zero everywhere.
const KEEPS_ZERO: &str = "39";

/// Why a text is no mobile number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a mobile number looks like +49 176 04069003 or 0176 04069003: {DIGITS_MIN} to {DIGITS_MAX} \
     digits with the country's code, and nothing but blanks, dots, dashes, slashes and \
     parentheses between them"
)]
pub struct InvalidMobileNumber;

/// A country's habit of writing numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Country {
    calling_code: &'static str,
    /// Written at home before the number; empty where there is none.
    trunk: &'static str,
}

/// A mobile number in E.164.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MobileNumber(String);

impl Country {
    /// The country of an ISO 3166 code of two letters, in any case.
    pub fn of_code(code: &str) -> Option<Self> {
        let code = code.to_ascii_uppercase();
        let row = PLANS
            .iter()
            .find(|(_, _, countries)| countries.split(' ').any(|country| country == code))?;
        Some(Self { calling_code: row.0, trunk: row.1 })
    }

    /// Whose calling code the digits begin with; the longest counts, no code begins another.
    fn of_digits(digits: &str) -> Option<Self> {
        let row = PLANS.iter().find(|(calling_code, ..)| digits.starts_with(calling_code))?;
        Some(Self { calling_code: row.0, trunk: row.1 })
    }

    /// The digits of a number written at home, with the calling code in front.
    fn complete(self, digits: &str) -> String {
        if let Some(rest) = self.after_exit(digits) {
            return rest.to_owned();
        }
        let short_trunk = self.trunk.starts_with(|first| first != '0');
        let fewest = if short_trunk && self.calling_code.len() == 1 { 10 } else { 7 };
        let trunkless = digits.strip_prefix(self.trunk).filter(|rest| rest.len() >= fewest);
        if let Some(rest) = trunkless.filter(|_| !self.trunk.is_empty()) {
            return format!("{}{rest}", self.calling_code);
        }
        // A trunk prefix of another kind than the country's is a habit from elsewhere.
        if self.has_own_code(digits) || self.overflows(digits) {
            return digits.to_owned();
        }
        format!("{}{digits}", self.calling_code)
    }

    fn after_exit(self, digits: &str) -> Option<&str> {
        let other = OTHER_EXITS.iter().find(|(code, _)| *code == self.calling_code);
        let other = other.and_then(|(_, exit)| digits.strip_prefix(exit));
        other.or_else(|| digits.strip_prefix(EXIT_PREFIX))
    }

    /// Whether the digits begin with the country's own calling code, its `+` forgotten. What
    /// follows must be longer than the rest of a home number that happens to begin so: ten digits
    /// where home numbers are long or the code is short, else nine.
    fn has_own_code(self, digits: &str) -> bool {
        let fewest = if self.calling_code.len() == 1 || self.calling_code == "55" { 10 } else { 9 };
        digits.strip_prefix(self.calling_code).is_some_and(|rest| rest.len() >= fewest)
    }

    /// Too long to lack a calling code: it has one, its `+` forgotten.
    fn overflows(self, digits: &str) -> bool {
        !digits.starts_with('0') && digits.len() + self.calling_code.len() > DIGITS_MAX
    }
}

impl Default for Country {
    /// Germany.
    fn default() -> Self {
        Self { calling_code: "49", trunk: "0" }
    }
}

impl MobileNumber {
    /// The number as somebody wrote it, completed with the country's calling code.
    ///
    /// Blanks, dots, dashes, slashes and parentheses may stand anywhere, a leading `00` is a `+`,
    /// the zero of `+49 (0)176` is left out, and digits may be full-width or Arabic ones.
    pub fn parse(text: &str, country: Country) -> Result<Self, InvalidMobileNumber> {
        let written = Written::read(text)?;
        let digits = if written.plus {
            whole(&written.digits, written.zero_in_parentheses)
        } else {
            whole(&country.complete(&written.digits), false)
        };
        format!("+{digits}").parse()
    }

    /// A number that was written with its calling code, by `+` or `00`; `None` for any other.
    pub fn parse_international(text: &str) -> Option<Self> {
        let written = Written::read(text).ok()?;
        let digits = match written.digits.strip_prefix(EXIT_PREFIX) {
            Some(rest) => rest,
            None if written.plus => &written.digits,
            None => return None,
        };
        format!("+{}", whole(digits, written.zero_in_parentheses)).parse().ok()
    }

    /// The number, `+` and digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For logs: enough to recognise the number, too little to call it.
    pub fn masked(&self) -> String {
        let (head, tail) = (&self.0[..3], &self.0[self.0.len() - 3..]);
        format!("{head}...{tail}")
    }
}

/// The digits of an international number without a trunk zero that should not be there.
fn whole(digits: &str, zero_in_parentheses: bool) -> String {
    let Some(country) = Country::of_digits(digits) else { return digits.to_owned() };
    let (code, rest) = digits.split_at(country.calling_code.len());
    let drops_zero = country.trunk == "0" || (zero_in_parentheses && code != KEEPS_ZERO);
    let rest = if drops_zero { rest.trim_start_matches('0') } else { rest };
    format!("{code}{rest}")
}

/// A number without what people write between the digits.
struct Written {
    plus: bool,
    digits: String,
    zero_in_parentheses: bool,
}

impl Written {
    fn read(text: &str) -> Result<Self, InvalidMobileNumber> {
        let text = text.trim();
        if text.chars().count() > WRITTEN_MAX {
            return Err(InvalidMobileNumber);
        }
        let (mut plus, mut digits, mut tight) = (false, String::new(), String::new());
        for c in text.chars() {
            if let Some(digit) = digit(c) {
                digits.push(digit);
                tight.push(digit);
            } else if matches!(c, '+' | '\u{ff0b}') && digits.is_empty() && !plus {
                plus = true;
            } else if matches!(c, '(' | ')') {
                tight.push(c);
            } else if !is_between(c) {
                return Err(InvalidMobileNumber);
            }
        }
        Ok(Self { plus, digits, zero_in_parentheses: tight.contains("(0)") })
    }
}

/// A decimal digit of the scripts that telephones' keyboards write: ASCII, full-width, Arabic and
/// Persian.
pub fn digit(c: char) -> Option<char> {
    let zero = match c {
        '0'..='9' => return Some(c),
        '\u{ff10}'..='\u{ff19}' => 0xff10,
        '\u{660}'..='\u{669}' => 0x660,
        '\u{6f0}'..='\u{6f9}' => 0x6f0,
        _ => return None,
    };
    char::from_digit(u32::from(c) - zero, 10)
}

/// Blanks, punctuation, and the invisible marks that copied contacts bring along.
fn is_between(c: char) -> bool {
    matches!(
        c,
        ' ' | '.' | '-' | '/' | '\u{a0}' | '\u{2009}' | '\u{202f}' | '\u{2010}'..='\u{2015}'
            | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202c}' | '\u{2066}'..='\u{2069}'
    )
}

impl FromStr for MobileNumber {
    type Err = InvalidMobileNumber;

    /// The one form: `+`, then 8 to 15 digits of which the first is not 0.
    fn from_str(text: &str) -> Result<Self, InvalidMobileNumber> {
        let digits = text.strip_prefix('+').ok_or(InvalidMobileNumber)?;
        let fits = (DIGITS_MIN..=DIGITS_MAX).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidMobileNumber) }
    }
}

impl fmt::Display for MobileNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str, country: &str) -> Option<String> {
        let country = Country::of_code(country).unwrap();
        MobileNumber::parse(text, country).ok().map(|number| number.to_string())
    }

    #[test]
    fn one_number_has_one_form() {
        for text in [
            "+4917604069003",
            "0176 04069003",
            " 0176/0406-9003 ",
            "0049 176 04069003",
            "+49 (0) 176 04069003",
            "+49 0176 04069003",
            "(+49) 176.0406.9003",
            "4917604069003",
            "17604069003",
            "(0)176 04069003",
            "\u{202a}+49\u{a0}176\u{2011}04069003\u{202c}",
            "\u{ff0b}\u{ff14}\u{ff19} 176 \u{660}\u{664}\u{660}\u{666}\u{6f9}003",
        ] {
            assert_eq!(parse(text, "de").as_deref(), Some("+4917604069003"), "{text}");
        }
    }

    #[test]
    fn each_country_writes_in_its_own_way() {
        for (country, text, number) in [
            ("DE", "9876543210", "+499876543210"),
            ("DE", "987654321012345", "+987654321012345"),
            ("IN", "9876543210", "+919876543210"),
            ("IN", "9198765432", "+919198765432"),
            ("IN", "919876543210", "+919876543210"),
            ("US", "(555) 123-4567", "+15551234567"),
            ("US", "1 555 123 4567", "+15551234567"),
            ("US", "011 49 176 04069003", "+4917604069003"),
            ("RU", "8 916 123-45-67", "+79161234567"),
            ("RU", "7 916 123-45-67", "+79161234567"),
            ("KZ", "7071234567", "+77071234567"),
            ("IT", "06 1234 5678", "+390612345678"),
            ("IT", "+39 (0)6 12345678", "+390612345678"),
            ("PL", "601 234 567", "+48601234567"),
            ("PL", "+48 (0)601 234 567", "+48601234567"),
            ("HU", "06 30 123 4567", "+36301234567"),
            ("BY", "8 029 123-45-67", "+375291234567"),
            ("BR", "55 99123-4567", "+5555991234567"),
            ("BR", "55 11 99123-4567", "+5511991234567"),
            ("ES", "34 612 345 678", "+34612345678"),
            ("AU", "0011 49 176 04069003", "+4917604069003"),
            ("GB", "07911 123456", "+447911123456"),
            ("DE", "+999 1234 5678", "+99912345678"),
        ] {
            assert_eq!(parse(text, country).as_deref(), Some(number), "{country} {text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "",
            "+",
            "112",
            "+49",
            "+0176 04069003",
            "00",
            "abc",
            "0176x04069003",
            "0176+04069003",
            "++4917604069003",
            "0176\n04069003",
            "0987654321012345",
            "+4917604069003123",
            &"0".repeat(41),
            &"1 ".repeat(100_000),
        ] {
            assert_eq!(parse(text, "DE"), None, "{text:?}");
        }
        assert_eq!(Country::of_code("ZZ"), None);
        assert_eq!(Country::of_code(""), None);
        assert!("4917604069003".parse::<MobileNumber>().is_err());
    }

    #[test]
    fn only_whole_numbers_need_no_country() {
        let parse = |text| MobileNumber::parse_international(text).map(|n| n.to_string());
        assert_eq!(parse("0049 (0)176 04069003").as_deref(), Some("+4917604069003"));
        assert_eq!(parse("+49 176 04069003").as_deref(), Some("+4917604069003"));
        assert_eq!(parse("0176 04069003"), None);
    }

    #[test]
    fn no_calling_code_begins_another_and_no_country_stands_twice() {
        let mut countries = BTreeSet::new();
        for (index, (code, _, names)) in PLANS.iter().enumerate() {
            for name in names.split(' ') {
                assert!(name.len() == 2 && countries.insert(name), "{name}");
            }
            let others = PLANS.iter().enumerate().filter(|(other, _)| *other != index);
            for (_, (other, ..)) in others {
                assert!(!other.starts_with(code), "{code} {other}");
            }
        }
        assert!(countries.len() > 235, "{}", countries.len());
        assert_eq!(Country::of_code("de"), Some(Country::default()));
    }

    #[test]
    fn a_masked_number_cannot_be_called() {
        let number: MobileNumber = "+4917604069003".parse().unwrap();
        assert_eq!(number.masked(), "+49...003");
    }

    proptest! {
        #[test]
        fn any_text_gives_a_number_or_a_refusal(text: String, at in 0..PLANS.len()) {
            let (calling_code, trunk, _) = PLANS[at];
            let country = Country { calling_code, trunk };
            if let Ok(number) = MobileNumber::parse(&text, country) {
                prop_assert_eq!(number.as_str().parse(), Ok(number.clone()));
            }
        }

        #[test]
        fn the_one_form_stays_as_it_is_in_every_country(
            digits in "[1-9][0-9]{10,14}", at in 0..PLANS.len(),
        ) {
            let (calling_code, trunk, _) = PLANS[at];
            let country = Country { calling_code, trunk };
            let once = MobileNumber::parse(&format!("+{digits}"), country);
            if let Ok(number) = once {
                prop_assert_eq!(MobileNumber::parse(number.as_str(), country).unwrap(), number);
            }
        }
    }
}
