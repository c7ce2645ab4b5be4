//! Codes that people read off a screen and type: no 0 and O, no 1, I and L, no U and V.

use std::fmt;

use super::random::random_text;
use super::{Digest, digest};

const ALPHABET: &[u8] = b"23456789ABCDEFGHJKMNPQRSTWXYZ";

/// The code on a cart, such as `K7QP4M`: a shopper types it to connect.
///
/// About 600 million possibilities. It is a name and no secret: connecting needs a signed-in
/// shopper, and whoever stores it checks that it is not in use.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CartCode(String);

impl CartCode {
    const LENGTH: usize = 6;

    /// A new code, perhaps in use already.
    pub fn generate() -> Self {
        Self(random_text(ALPHABET, Self::LENGTH))
    }

    /// The code as typed: small letters, blanks and hyphens are forgiven.
    pub fn parse(text: &str) -> Option<Self> {
        let code = typed(text);
        let is_code = code.len() == Self::LENGTH && code.bytes().all(|b| ALPHABET.contains(&b));
        is_code.then_some(Self(code))
    }

    /// The code as shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CartCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Lets one board in, once and for minutes: `K7QF-22MB` on a screen, typed into the board's own
/// page or read from a QR code; about 39 bits, and guesses are few.
#[derive(Clone)]
pub struct PairingCode(String);

impl PairingCode {
    const LENGTH: usize = 8;

    /// A new code.
    pub fn generate() -> Self {
        Self(random_text(ALPHABET, Self::LENGTH))
    }

    /// The code as typed: small letters, blanks, hyphens and what a serial line leaves behind are
    /// forgiven.
    pub fn parse(text: &str) -> Option<Self> {
        let code = typed(text.trim_matches(|c: char| c.is_control()));
        let is_code = code.len() == Self::LENGTH && code.bytes().all(|b| ALPHABET.contains(&b));
        is_code.then_some(Self(code))
    }

    /// What is stored and looked up.
    pub fn digest(&self) -> Digest {
        digest(&self.0)
    }

    /// The code in two halves, for people.
    pub fn expose(&self) -> String {
        let (first, second) = self.0.split_at(Self::LENGTH / 2);
        format!("{first}-{second}")
    }

    /// The code without its hyphen, for machines.
    pub fn expose_plain(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PairingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PairingCode(********)")
    }
}

/// Lets its holder make the first admin; about 97 bits, printed in groups of four.
#[derive(Clone)]
pub struct SetupToken(String);

impl SetupToken {
    const GROUPS: usize = 5;
    const GROUP_LENGTH: usize = 4;

    /// A new token.
    pub fn generate() -> Self {
        let groups: Vec<String> =
            (0..Self::GROUPS).map(|_| random_text(ALPHABET, Self::GROUP_LENGTH)).collect();
        Self(groups.join("-"))
    }

    /// The token as typed or as read from its file: small letters and blanks are forgiven, and
    /// hyphens may be missing.
    pub fn parse(text: &str) -> Option<Self> {
        let code = typed(text);
        let is_token = code.len() == Self::GROUPS * Self::GROUP_LENGTH
            && code.bytes().all(|b| ALPHABET.contains(&b));
        is_token.then(|| {
            let groups: Vec<&str> = (0..Self::GROUPS)
                .map(|i| &code[i * Self::GROUP_LENGTH..(i + 1) * Self::GROUP_LENGTH])
                .collect();
            Self(groups.join("-"))
        })
    }

    /// For comparing what was typed with what was printed, in constant time.
    pub fn digest(&self) -> Digest {
        digest(&self.0)
    }

    /// The token itself, for the owner.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl PartialEq for SetupToken {
    fn eq(&self, other: &Self) -> bool {
        self.digest() == other.digest()
    }
}

impl Eq for SetupToken {}

impl fmt::Debug for SetupToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SetupToken(********)")
    }
}

/// Longest text that is looked at, in bytes.
const MAX_TYPED_BYTES: usize = 64;

fn typed(text: &str) -> String {
    if text.len() > MAX_TYPED_BYTES {
        return String::new();
    }
    text.chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| c.to_ascii_uppercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cart_code_is_six_clear_characters_and_forgives_typing() {
        for _ in 0..200 {
            let code = CartCode::generate();
            assert_eq!(code.as_str().len(), 6);
            assert_eq!(CartCode::parse(code.as_str()).as_ref(), Some(&code));
            let sloppy =
                format!(" {}-{} ", &code.as_str()[..3].to_lowercase(), &code.as_str()[3..]);
            assert_eq!(CartCode::parse(&sloppy), Some(code));
        }
        for bad in ["", "K7QP4", "K7QP4MM", "K7QP40", "K7QP4O", "K7QP4é", &"A".repeat(100_000)] {
            assert_eq!(CartCode::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_pairing_code_forgives_typing_and_does_not_print_itself() {
        let code = PairingCode::generate();
        let shown = code.expose();
        assert_eq!((shown.len(), code.expose_plain().len()), (9, 8));
        for sloppy in [
            shown.clone(),
            shown.to_lowercase(),
            code.expose_plain().to_owned(),
            format!(" {}\r\n", shown.replace('-', " ")),
            format!("{shown}\0"),
        ] {
            assert_eq!(PairingCode::parse(&sloppy).unwrap().digest(), code.digest(), "{sloppy:?}");
        }
        for bad in ["", "K7QF-22M", "K7QF-22MBX", "K7QF-22M0", "K7QF-22M\0B"] {
            assert!(PairingCode::parse(bad).is_none(), "{bad:?}");
        }
        assert!(!format!("{code:?}").contains(code.expose_plain()));
    }

    #[test]
    fn a_setup_token_is_read_back_and_never_printed() {
        let token = SetupToken::generate();
        assert_eq!(token.expose().len(), 24);
        let sloppy = token.expose().to_lowercase().replace('-', " ");
        assert_eq!(SetupToken::parse(&sloppy), Some(token.clone()));
        assert_ne!(SetupToken::generate(), token);
        assert_eq!(SetupToken::parse("AAAA"), None);
        assert!(!format!("{token:?}").contains(token.expose()));
    }
}
