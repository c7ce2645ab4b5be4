//! Which passwords may be chosen: NIST SP 800-63B, section 5.1.1.2. Long enough, not among the
//! commonest, and nothing about digits and symbols.

use std::fmt;
use std::sync::LazyLock;

use thiserror::Error;

const MIN_CHARACTERS: usize = 8;
const MAX_CHARACTERS: usize = 128;

/// Passwords of at least 8 characters that every guesser tries first; one a line, small letters.
static COMMON: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let mut words: Vec<&str> = include_str!("common_passwords.txt").lines().collect();
    words.sort_unstable();
    words
});

/// A password that its owner may use: the rules were checked.
#[derive(Clone)]
pub struct NewPassword(String);

/// What to change about a chosen password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PasswordRuleError {
    /// Fewer than 8 characters.
    #[error("use at least 8 characters")]
    TooShort,
    /// More than 128 characters.
    #[error("use at most 128 characters")]
    TooLong,
    /// On the list of common passwords.
    #[error("this password is one of the first that anybody tries: choose a less common one")]
    TooCommon,
}

impl NewPassword {
    /// Checks a chosen password; it is taken as it is, blanks included.
    pub fn parse(text: &str) -> Result<Self, PasswordRuleError> {
        // Counting stops early: the text may be a megabyte.
        let characters = text.chars().take(MAX_CHARACTERS + 1).count();
        if characters < MIN_CHARACTERS {
            return Err(PasswordRuleError::TooShort);
        }
        if characters > MAX_CHARACTERS {
            return Err(PasswordRuleError::TooLong);
        }
        if COMMON.binary_search(&text.to_lowercase().as_str()).is_ok() {
            return Err(PasswordRuleError::TooCommon);
        }
        Ok(Self(text.to_owned()))
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewPassword(********)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_counts_characters() {
        use PasswordRuleError::{TooLong, TooShort};
        for (text, error) in [
            (String::new(), Some(TooShort)),
            ("sevench".into(), Some(TooShort)),
            ("ü".repeat(7), Some(TooShort)),
            ("eightchr".into(), None),
            ("üöäßüöäß".into(), None),
            ("€".repeat(128), None),
            ("x".repeat(129), Some(TooLong)),
            ("x".repeat(1_000_000), Some(TooLong)),
            ("  blanks around  ".into(), None),
        ] {
            assert_eq!(NewPassword::parse(&text).err(), error);
        }
    }

    #[test]
    fn common_passwords_are_refused_in_any_case() {
        for text in ["password", "Password1", "QWERTYUIOP", "12345678", "iloveyou", "Passw0rd"] {
            assert_eq!(NewPassword::parse(text).err(), Some(PasswordRuleError::TooCommon));
        }
        NewPassword::parse("securepassword").unwrap();
        NewPassword::parse("correct horse battery staple").unwrap();
    }

    #[test]
    fn the_list_holds_what_the_length_rule_lets_through() {
        assert!(COMMON.len() > 1000);
        for word in COMMON.iter() {
            assert!(word.chars().count() >= MIN_CHARACTERS, "{word}");
            assert_eq!(*word, word.to_lowercase(), "compared in small letters");
        }
    }

    #[test]
    fn a_password_does_not_print_itself() {
        let password = NewPassword::parse("correct horse").unwrap();
        assert!(!format!("{password:?}").contains("horse"));
    }
}
