//! Usernames, e-mail addresses and people's names: what they may look like.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Longest name of a person, in characters.
pub const PERSON_NAME_MAX: usize = 120;
/// Bounds of a username, in characters.
const USERNAME_MIN: usize = 3;
/// See [`USERNAME_MIN`].
const USERNAME_MAX: usize = 32;
/// Longest e-mail address (RFC 5321, 4.5.3.1.3).
const EMAIL_MAX: usize = 254;

/// Why a text is no name of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Not a username.
    #[error(
        "a username is 3 to 32 of the characters a-z, 0-9, `.`, `_` and `-`, with at least one \
         letter"
    )]
    Username,
    /// A username with a letter that may look like one of ours and is none.
    #[error(
        "a username has plain letters only, a to z: this one has another character, U+{:04X}",
        u32::from(*.0)
    )]
    ForeignLetter(char),
    /// Not an e-mail address.
    #[error("an e-mail address looks like name@example.com")]
    Email,
    /// Not a person's name.
    #[error("a name is 1 to {PERSON_NAME_MAX} printable characters")]
    Person,
}

/// What a person signs in with, case-folded. At least one letter, so that it is never an id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Username(String);

impl Username {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A username made from an e-mail address: what stands before the `@`, without characters
    /// that a username cannot have. `suffix` tells it from others of the same name.
    pub fn from_email(email: &Email, suffix: u32) -> Self {
        let local = email.as_str().split('@').next().unwrap_or_default();
        let mut text: String = local.chars().filter(|c| is_username_char(*c)).collect();
        let tail = if suffix == 0 { String::new() } else { suffix.to_string() };
        text.truncate(USERNAME_MAX - tail.len());
        if text.len() + tail.len() < USERNAME_MIN || !text.chars().any(|c| c.is_ascii_lowercase()) {
            text = format!("user-{}", &text[..text.len().min(8)]);
        }
        Self(format!("{text}{tail}"))
    }
}

fn is_username_char(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-')
}

impl FromStr for Username {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        if let Some(foreign) = text.chars().find(|c| !c.is_ascii()) {
            return Err(InvalidName::ForeignLetter(foreign));
        }
        let folded = text.to_ascii_lowercase();
        let fits = (USERNAME_MIN..=USERNAME_MAX).contains(&folded.len())
            && folded.chars().all(is_username_char)
            && folded.chars().any(|c| c.is_ascii_lowercase());
        if fits { Ok(Self(folded)) } else { Err(InvalidName::Username) }
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An e-mail address, case-folded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Email {
    type Err = InvalidName;

    /// One `@` with something on both sides and no blanks: more would refuse real addresses.
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let folded = text.trim().to_lowercase();
        let fits = folded.len() <= EMAIL_MAX
            && !folded.chars().any(|c| c.is_whitespace() || c.is_control())
            && folded.split_once('@').is_some_and(|(local, domain)| {
                !local.is_empty() && !domain.is_empty() && !domain.contains('@')
            });
        if fits { Ok(Self(folded)) } else { Err(InvalidName::Email) }
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A person's name: 1 to [`PERSON_NAME_MAX`] printable characters.
pub fn person_name(text: &str) -> Result<String, InvalidName> {
    let name = text.trim();
    let fits = (1..=PERSON_NAME_MAX).contains(&name.chars().count());
    if fits && !name.chars().any(char::is_control) {
        Ok(name.to_owned())
    } else {
        Err(InvalidName::Person)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_fold_and_are_never_numbers() {
        assert_eq!("Ann.B".parse::<Username>().unwrap().as_str(), "ann.b");
        for text in ["", "ab", "12345", "a b", "a@b.c", "аnna", &"x".repeat(33), "a\r\nb"] {
            assert!(text.parse::<Username>().is_err(), "{text:?}");
        }
        // Cyrillic, full width, an invisible joiner, and a sign that folds to a `k`.
        for text in ["аnna", "ａnna", "an\u{200d}na", "\u{212a}im"] {
            let error = text.parse::<Username>().unwrap_err();
            assert!(matches!(error, InvalidName::ForeignLetter(_)), "{text:?}: {error}");
        }
        let error = "аnna".parse::<Username>().unwrap_err().to_string();
        assert!(error.ends_with("U+0430"), "{error}");
    }

    #[test]
    fn an_email_makes_a_username() {
        for (email, suffix, name) in [
            ("Ann.B+shop@example.com", 0, "ann.bshop"),
            ("ann@example.com", 2, "ann2"),
            ("1@example.com", 0, "user-1"),
            ("é@example.com", 3, "user-3"),
        ] {
            let made = Username::from_email(&email.parse().unwrap(), suffix);
            assert_eq!(made.as_str(), name);
            assert_eq!(made.as_str().parse::<Username>().unwrap(), made);
        }
        for text in ["", "a", "@", "a@", "@b", "a@b@c", "a b@c"] {
            assert!(text.parse::<Email>().is_err(), "{text}");
        }
    }
}
