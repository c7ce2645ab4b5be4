//! Keys as bytes whose order is the order of the values.
//!
//! Every table of the file maps bytes to bytes, so the order of a range scan is the order of the
//! encoded keys, and this file alone decides it. Integers are big-endian (signed ones with the
//! sign bit flipped). Text is its UTF-8 with `00` written as `00 01`, ended by `00 00`, so that a
//! shorter text sorts before its extensions and a tuple sorts by its first element, then by its
//! second. No encoding is a prefix of another of the same type; prefix scans rest on that.

/// A value that can be (part of) a key.
///
/// For all `a` and `b`: `a.cmp(&b) == encoded(a).cmp(&encoded(b))`, and decoding gives back what
/// was encoded.
pub trait Key: Sized {
    /// Appends the encoded key to `out`.
    fn encode(&self, out: &mut Vec<u8>);

    /// Takes one key from the front of `input`.
    fn decode(input: &mut &[u8]) -> Result<Self, KeyError>;
}

/// The bytes are not a key of the wanted type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed key")]
pub struct KeyError;

/// The encoded form of a whole key.
pub(super) fn encode_key<K: Key>(key: &K) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(16);
    key.encode(&mut bytes);
    bytes
}

/// Decodes a whole key: nothing may be left over.
pub(super) fn decode_key<K: Key>(mut bytes: &[u8]) -> Result<K, KeyError> {
    let key = K::decode(&mut bytes)?;
    if bytes.is_empty() { Ok(key) } else { Err(KeyError) }
}

fn take<const N: usize>(input: &mut &[u8]) -> Result<[u8; N], KeyError> {
    let (head, rest) = input.split_first_chunk::<N>().ok_or(KeyError)?;
    *input = rest;
    Ok(*head)
}

macro_rules! unsigned_keys {
    ($($integer:ty),+) => {
        $(impl Key for $integer {
            fn encode(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_be_bytes());
            }

            fn decode(input: &mut &[u8]) -> Result<Self, KeyError> {
                Ok(Self::from_be_bytes(take(input)?))
            }
        })+
    };
}

unsigned_keys!(u8, u16, u32, u64);

impl Key for i64 {
    fn encode(&self, out: &mut Vec<u8>) {
        (self.cast_unsigned() ^ (1 << 63)).encode(out);
    }

    fn decode(input: &mut &[u8]) -> Result<Self, KeyError> {
        Ok((u64::decode(input)? ^ (1 << 63)).cast_signed())
    }
}

impl Key for bool {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn decode(input: &mut &[u8]) -> Result<Self, KeyError> {
        match u8::decode(input)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(KeyError),
        }
    }
}

/// The key of a table with one row.
impl Key for () {
    fn encode(&self, _out: &mut Vec<u8>) {}

    fn decode(_input: &mut &[u8]) -> Result<Self, KeyError> {
        Ok(())
    }
}

impl<const N: usize> Key for [u8; N] {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }

    fn decode(input: &mut &[u8]) -> Result<Self, KeyError> {
        take(input)
    }
}

/// Appends `text` as a key: for types that are text inside.
pub fn encode_text(text: &str, out: &mut Vec<u8>) {
    for &byte in text.as_bytes() {
        out.push(byte);
        if byte == 0 {
            out.push(1);
        }
    }
    out.extend_from_slice(&[0, 0]);
}

impl Key for String {
    fn encode(&self, out: &mut Vec<u8>) {
        encode_text(self, out);
    }

    fn decode(input: &mut &[u8]) -> Result<Self, KeyError> {
        let mut text = Vec::new();
        loop {
            match take::<1>(input)? {
                [0] => match take::<1>(input)? {
                    [0] => return Self::from_utf8(text).map_err(|_| KeyError),
                    [1] => text.push(0),
                    _ => return Err(KeyError),
                },
                [byte] => text.push(byte),
            }
        }
    }
}

impl<A: Key, B: Key> Key for (A, B) {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
        self.1.encode(out);
    }

    fn decode(input: &mut &[u8]) -> Result<Self, KeyError> {
        Ok((A::decode(input)?, B::decode(input)?))
    }
}

impl<A: Key, B: Key, C: Key> Key for (A, B, C) {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
        self.1.encode(out);
        self.2.encode(out);
    }

    fn decode(input: &mut &[u8]) -> Result<Self, KeyError> {
        Ok((A::decode(input)?, B::decode(input)?, C::decode(input)?))
    }
}

/// A key that begins with a `P`: what [`prefix`](super::prefix) scans by.
pub trait StartsWith<P>: Key {}

impl<A: Key, B: Key> StartsWith<A> for (A, B) {}
impl<A: Key, B: Key, C: Key> StartsWith<A> for (A, B, C) {}
impl<A: Key, B: Key, C: Key> StartsWith<(A, B)> for (A, B, C) {}

/// Makes number-like types keys: `number_keys!(ProductId, CartId);`
///
/// Each needs `value(&self) -> u64` and `new(u64)` that gives the type in an `Option` or `Result`.
macro_rules! number_keys {
    ($($id:ty),+ $(,)?) => {
        $(impl $crate::storage::Key for $id {
            fn encode(&self, out: &mut Vec<u8>) {
                self.value().encode(out);
            }

            fn decode(input: &mut &[u8]) -> Result<Self, $crate::storage::KeyError> {
                let number = <u64 as $crate::storage::Key>::decode(input)?;
                <$id>::new(number).into_iter().next().ok_or($crate::storage::KeyError)
            }
        })+
    };
}

/// Makes text-like types keys: `text_keys!(Sku);`
///
/// Each needs `as_str(&self) -> &str` and `FromStr`.
macro_rules! text_keys {
    ($($text:ty),+ $(,)?) => {
        $(impl $crate::storage::Key for $text {
            fn encode(&self, out: &mut Vec<u8>) {
                $crate::storage::encode_text(self.as_str(), out);
            }

            fn decode(input: &mut &[u8]) -> Result<Self, $crate::storage::KeyError> {
                let text = <String as $crate::storage::Key>::decode(input)?;
                text.parse().map_err(|_| $crate::storage::KeyError)
            }
        })+
    };
}

pub(crate) use {number_keys, text_keys};
