//! SHA-256 fingerprints, for secrets that we made ourselves and for idempotency bodies.

use std::fmt;

use sha2::Digest as _;

/// The SHA-256 of something.
///
/// `==` takes the same time wherever two digests differ, so it may compare the fingerprint of a
/// credential with a stored one.
#[derive(Clone, Copy, Eq)]
pub struct Digest([u8; 32]);

/// The SHA-256 of these bytes.
pub fn digest(bytes: impl AsRef<[u8]>) -> Digest {
    Digest(sha2::Sha256::digest(bytes).into())
}

impl Digest {
    /// A digest read back from storage.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for storage.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// 64 lower-case hexadecimal characters.
    pub fn to_hex(&self) -> String {
        to_hex(&self.0)
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        let differing =
            self.0.iter().zip(&other.0).fold(0, |differing, (a, b)| differing | (a ^ b));
        std::hint::black_box(differing) == 0
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({}...)", to_hex(&self.0[..4]))
    }
}

/// Lower-case hexadecimal.
pub(super) fn to_hex(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to a string does not fail");
        hex
    })
}

/// Reads hexadecimal of exactly `N` bytes.
pub(super) fn from_hex<const N: usize>(hex: &str) -> Option<[u8; N]> {
    if hex.len() != 2 * N || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; N];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_sha_256() {
        assert_eq!(
            digest("abc").to_hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(digest("abc"), Digest::from_bytes(*digest("abc").as_bytes()));
        assert_ne!(digest("abc"), digest("abd"));
    }

    #[test]
    fn hex_is_read_back_and_nothing_else_is() {
        assert_eq!(from_hex(&to_hex(&[0, 127, 255])), Some([0, 127, 255]));
        for bad in ["", "00", "00000g", "0000000", "é0000"] {
            assert_eq!(from_hex::<3>(bad), None, "{bad}");
        }
    }
}
