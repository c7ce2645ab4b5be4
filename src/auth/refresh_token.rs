//! Refresh tokens: opaque, used once, stored as a digest.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Digest, digest, random_bytes};

/// Two halves of 16 random bytes in base64url, 44 characters: the first is shared by all tokens
/// of a family, the second is this token's own.
///
/// It carries no claims: what it stands for is in the session that [`RefreshToken::family`]
/// finds, so it can be ended at any time. The family half makes every spent token known, however
/// long ago, without keeping it.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken(String);

impl RefreshToken {
    /// Characters of one half.
    const HALF: usize = 22;

    /// The first token of a new family.
    pub fn generate() -> Self {
        Self(half() + &half())
    }

    /// The next token of the same family.
    #[must_use]
    pub fn successor(&self) -> Self {
        Self(self.0[..Self::HALF].to_owned() + &half())
    }

    /// The token in this text, if it has a token's form.
    pub fn parse(text: &str) -> Option<Self> {
        let is_base64url = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        let is_token = text.len() == 2 * Self::HALF && text.bytes().all(is_base64url);
        is_token.then(|| Self(text.to_owned()))
    }

    /// What the session of all tokens of the family is looked up by.
    pub fn family(&self) -> Digest {
        digest(&self.0[..Self::HALF])
    }

    /// What is stored of this one token.
    pub fn digest(&self) -> Digest {
        digest(&self.0)
    }

    /// The token itself, for the client.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// 128 random bits.
fn half() -> String {
    URL_SAFE_NO_PAD.encode(random_bytes::<16>())
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(********)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_back_and_found_by_its_digest() {
        let token = RefreshToken::generate();
        let read = RefreshToken::parse(token.expose()).unwrap();
        assert_eq!(read.digest(), token.digest());
        assert_ne!(RefreshToken::generate(), token);
        let next = token.successor();
        assert_eq!(next.family(), token.family());
        assert_ne!(next.digest(), token.digest());
        assert_ne!(RefreshToken::generate().family(), token.family());
        assert!(!format!("{token:?}").contains(token.expose()));
    }

    #[test]
    fn other_text_is_no_token() {
        let token = RefreshToken::generate();
        let long = format!("{}A", token.expose());
        let access_like = format!("{}.", &token.expose()[1..]);
        for text in ["", &token.expose()[1..], &long, &access_like] {
            assert_eq!(RefreshToken::parse(text), None, "{text}");
        }
    }
}
