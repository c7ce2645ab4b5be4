//! Keys of carts: what an ESP32 sends in `X-API-Key`.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Digest, digest, random_bytes};

/// `cwk_` and 32 random bytes in base64url: 47 characters without a space, a quote or a dot.
///
/// The prefix keeps keys apart from tokens, so a key is recognised in an `Authorization` header,
/// and lets secret scanners find one in a firmware's repository. Only the [`DeviceKey::digest`]
/// is kept; the key itself is shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceKey(String);

impl DeviceKey {
    /// What every key begins with.
    pub const PREFIX: &str = "cwk_";
    const LENGTH: usize = Self::PREFIX.len() + 43;

    /// A new key.
    pub fn generate() -> Self {
        Self(format!("{}{}", Self::PREFIX, URL_SAFE_NO_PAD.encode(random_bytes::<32>())))
    }

    /// The key in this text, if it has a key's form; blanks around it are ignored.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim_ascii();
        let secret = text.strip_prefix(Self::PREFIX)?;
        let is_base64url = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        let is_key = text.len() == Self::LENGTH && secret.bytes().all(is_base64url);
        is_key.then(|| Self(text.to_owned()))
    }

    /// What is stored and looked up.
    pub fn digest(&self) -> Digest {
        digest(&self.0)
    }

    /// The key itself, to be shown once.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceKey(cwk_********)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_back_and_found_by_its_digest() {
        let key = DeviceKey::generate();
        assert_eq!(key.expose().len(), 47);
        let read = DeviceKey::parse(&format!(" {}\r\n", key.expose())).unwrap();
        assert_eq!(read, key);
        assert_eq!(read.digest(), key.digest());
        assert_ne!(DeviceKey::generate().digest(), key.digest());
    }

    #[test]
    fn other_text_is_no_key() {
        let key = DeviceKey::generate();
        let short = &key.expose()[..46];
        let long = format!("{}A", key.expose());
        let other_prefix = key.expose().replace("cwk_", "cwx_");
        let odd = format!("{short}.");
        for text in ["", "cwk_", short, &long, &other_prefix, &odd] {
            assert_eq!(DeviceKey::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_key_does_not_print_itself() {
        let key = DeviceKey::generate();
        assert!(!format!("{key:?}").contains(&key.expose()[4..]));
    }
}
