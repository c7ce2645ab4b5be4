//! Requests that trolleys sign with their key instead of sending it, for plain HTTP.
//!
//! The secret is the SHA-256 of the key's text: what is kept of a key anyway, so that nothing else
//! has to be. The message is five lines, joined by one line feed each:
//!
//! ```text
//! POST
//! /cart/esp32/add_item
//! 1790000000
//! n0nce-_01
//! abe6d3bc307a0c680096a1ba91698f459258c7fba102aa33ee7400d110690e90
//! ```
//!
//! Method, path and query as sent, time, nonce, and the SHA-256 of the body in lower-case
//! hexadecimal. The signature is its HMAC-SHA-256 (RFC 2104).

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::Digest;
use super::digest::from_hex;

/// What a signature is made of.
#[derive(Debug, Clone, Copy)]
pub struct SignedMessage<'a> {
    /// `POST`.
    pub method: &'a str,
    /// Path and query, as sent.
    pub target: &'a str,
    /// Seconds since 1970, as sent.
    pub time: &'a str,
    /// What makes it unlike all others.
    pub nonce: &'a str,
    /// The SHA-256 of the body; of nothing, when there is none.
    pub body: Digest,
}

impl SignedMessage<'_> {
    /// Whether `signature`, 64 hexadecimal digits, was made with this secret. Takes the same time
    /// wherever a wrong one differs.
    ///
    /// # Panics
    /// Never: HMAC takes keys of any length.
    pub fn is_signed(&self, secret: &[u8; 32], signature: &str) -> bool {
        let Some(signature) = from_hex::<32>(signature) else { return false };
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes any key");
        for line in [self.method, self.target, self.time, self.nonce] {
            mac.update(line.as_bytes());
            mac.update(b"\n");
        }
        mac.update(self.body.to_hex().as_bytes());
        mac.verify_slice(&signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::{DeviceKey, digest};

    const KEY: &str = "cwk_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
    const POST: SignedMessage<'_> = SignedMessage {
        method: "POST",
        target: "/cart/esp32/add_item",
        time: "1790000000",
        nonce: "n0nce-_01",
        body: Digest::from_bytes([0; 32]),
    };
    const POST_SIGNATURE: &str = "0d0b4261686a29f1fb9fae862a6de316dcbb9a3518e73a3732201a3492372f55";

    fn secret(key: &str) -> [u8; 32] {
        *DeviceKey::parse(key).unwrap().digest().as_bytes()
    }

    /// Made with Python's `hmac`; the client library has the same two.
    #[test]
    fn worked_examples() {
        let body = digest(br#"{"barcode":"4006381333931","boot_id":"a1","seq":17}"#);
        assert!(SignedMessage { body, ..POST }.is_signed(&secret(KEY), POST_SIGNATURE));
        let get = SignedMessage {
            method: "GET",
            target: "/cart/esp32/cart?offset=5",
            time: "1790000001",
            nonce: "n0nce-_02",
            body: digest(b""),
        };
        let signature = "65cca27309d0065b32874e867568703f988aae1ac3232ce4e3afd46ebca6dbea";
        assert!(get.is_signed(&secret(KEY), signature));
    }

    #[test]
    fn whatever_else_was_signed_is_not_this() {
        let body = digest(br#"{"barcode":"4006381333931","boot_id":"a1","seq":17}"#);
        let right = SignedMessage { body, ..POST };
        let secret = secret(KEY);
        for other in [
            SignedMessage { method: "PUT", ..right },
            SignedMessage { target: "/cart/esp32/add_item/", ..right },
            SignedMessage { time: "1790000001", ..right },
            SignedMessage { nonce: "n0nce-_02", ..right },
            SignedMessage { body: digest(b""), ..right },
        ] {
            assert!(!other.is_signed(&secret, POST_SIGNATURE), "{other:?}");
        }
        for signature in ["", "0d0b", &"0".repeat(64), &format!("{POST_SIGNATURE}0")] {
            assert!(!right.is_signed(&secret, signature), "{signature}");
        }
        let mut other = secret;
        other[31] ^= 1;
        assert!(!right.is_signed(&other, POST_SIGNATURE));
    }
}
