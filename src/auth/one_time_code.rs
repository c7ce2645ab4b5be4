//! The six digits that prove a mobile number.
//!
//! A million possibilities are guessed offline in no time, so a code is kept only as a hash under
//! a key that is not in the database; guessing online is bounded by whoever counts tries.

use std::fmt;

use super::random::random_text;
use super::{Digest, SigningKeys};

/// Keeps these hashes apart from everything else that the keys are used for. The zero bytes stand
/// in no token.
const PURPOSE: &str = "cartwright one-time code";
/// Longest text that is looked at, in bytes.
const MAX_TYPED_BYTES: usize = 64;

/// A code such as `042137`.
#[derive(Clone)]
pub struct OneTimeCode(String);

impl OneTimeCode {
    /// Digits of a code.
    pub const DIGITS: usize = 6;

    /// A new code; all are equally likely.
    pub fn generate() -> Self {
        Self(random_text(b"0123456789", Self::DIGITS))
    }

    /// The code as typed: blanks and hyphens are forgiven, and digits of other scripts.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_TYPED_BYTES {
            return None;
        }
        let typed = text.chars().filter(|c| !c.is_whitespace() && *c != '-');
        let code: String = typed.map(crate::domain::accounts::digit).collect::<Option<_>>()?;
        (code.len() == Self::DIGITS).then_some(Self(code))
    }

    /// The digits, for the one who must see them.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is kept of the code for this number.
    pub fn seal(&self, number: &str, keys: &SigningKeys) -> Digest {
        keys.seal(&format!("{PURPOSE}\0{number}\0{}", self.0))
    }
}

impl fmt::Debug for OneTimeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeCode(********)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_six_random_digits_that_print_nothing() {
        let codes: std::collections::BTreeSet<String> =
            (0..200).map(|_| OneTimeCode::generate().0).collect();
        assert!(codes.len() > 190, "{}", codes.len());
        assert!(codes.iter().all(|code| OneTimeCode::parse(code).is_some()));
        assert!(!format!("{:?}", OneTimeCode("042137".into())).contains("042137"));
    }

    #[test]
    fn typing_is_forgiven_and_nothing_else_is() {
        for text in ["042137", " 042 137", "042-137", "\u{660}\u{664}\u{662}137"] {
            assert_eq!(OneTimeCode::parse(text).unwrap().expose(), "042137", "{text}");
        }
        for text in ["", "42137", "0421370", "04213x", "042.137", &"0".repeat(100_000)] {
            assert!(OneTimeCode::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_seal_belongs_to_one_key_one_number_and_one_code() {
        let keys = SigningKeys::from_secret(&[7; 32]).unwrap();
        let code = OneTimeCode("042137".into());
        let seal = code.seal("+4917604069003", &keys);
        assert_eq!(code.seal("+4917604069003", &keys), seal);
        assert_ne!(code.seal("+4917604069004", &keys), seal);
        assert_ne!(OneTimeCode("042138".into()).seal("+4917604069003", &keys), seal);
        let other = SigningKeys::from_secret(&[8; 32]).unwrap();
        assert_ne!(code.seal("+4917604069003", &other), seal);
    }
}
