//! How a receiver knows that a request is the appliance's: an HMAC over its time and its body.
//!
//! The time is signed too, so that a recorded request is refused when it is older than the
//! receiver allows; five minutes is a good choice.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The value of the signature header: `t=<unix seconds>,v1=<hex of HMAC-SHA-256 over "t.body">`.
///
/// # Panics
/// Never: HMAC takes keys of any length.
pub fn sign(secret: &[u8], at_s: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(format!("{at_s}.").as_bytes());
    mac.update(body);
    format!("t={at_s},v1={}", to_hex(&mac.finalize().into_bytes()))
}

/// Lower-case hexadecimal.
pub(super) fn to_hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to a string does not fail");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_can_be_checked_by_anybody_with_the_secret() {
        // printf '%s' '1700000000.{"otp":"042137"}' | openssl dgst -sha256 -hmac 'a shared secret!'
        assert_eq!(
            sign(b"a shared secret!", 1_700_000_000, br#"{"otp":"042137"}"#),
            "t=1700000000,v1=c2b8da94234ee9d3d8284f8418bffb5b193e1bf1d3c2e704d36b488b4ad2d26f"
        );
    }
}
