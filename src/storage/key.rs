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

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;
    use std::fmt::Debug;
    use std::num::NonZeroU64;

    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    struct Number(NonZeroU64);

    impl Number {
        fn new(number: u64) -> Option<Self> {
            NonZeroU64::new(number).map(Self)
        }

        fn value(self) -> u64 {
            self.0.get()
        }
    }

    number_keys!(Number);

    #[derive(Debug, Clone, PartialEq, Eq)]
    struct Code(String);

    impl Code {
        fn as_str(&self) -> &str {
            &self.0
        }
    }

    impl std::str::FromStr for Code {
        type Err = ();

        fn from_str(text: &str) -> Result<Self, ()> {
            if text.is_empty() { Err(()) } else { Ok(Self(text.into())) }
        }
    }

    text_keys!(Code);

    /// Both laws of [`Key`], and that no encoding is a prefix of another.
    fn check<K: Key + Ord + Debug>(a: &K, b: &K) {
        let (bytes_a, bytes_b) = (encode_key(a), encode_key(b));
        assert_eq!(bytes_a.cmp(&bytes_b), a.cmp(b), "{a:?} {b:?}");
        assert_eq!(decode_key::<K>(&bytes_a).as_ref(), Ok(a));
        assert_eq!(bytes_a.starts_with(&bytes_b), a.cmp(b) == Ordering::Equal, "{a:?} {b:?}");
    }

    /// Short texts of few characters, so that prefixes and zeros are common.
    fn text() -> impl Strategy<Value = String> {
        proptest::collection::vec(
            prop_oneof![Just('\0'), Just('\u{1}'), Just('a'), Just('\u{10FFFF}')],
            0..5,
        )
        .prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn numbers_sort_as_numbers(a: u64, b: u64, c: i64, d: i64, e: u16, f: u16) {
            check(&a, &b);
            check(&c, &d);
            check(&e, &f);
            check(&(a, c), &(a, d));
            check(&(c, a), &(d, b));
        }

        #[test]
        fn texts_sort_as_texts(a in text(), b in text(), c: String, d: String) {
            check(&a, &b);
            check(&c, &d);
        }

        #[test]
        fn tuples_sort_by_their_elements(
            a in (text(), text(), 0..3_u32), b in (text(), text(), 0..3_u32),
            c: (bool, [u8; 3]), d: (bool, [u8; 3]),
        ) {
            check(&a, &b);
            check(&(a.0.clone(), a.2), &(b.0.clone(), b.2));
            check(&(a.clone(), 1_u8), &(b.clone(), 1_u8));
            check(&(1_u8, a), &(1_u8, b));
            check(&c, &d);
        }

        #[test]
        fn any_bytes_decode_to_a_key_or_an_error(bytes: Vec<u8>) {
            if let Ok(key) = decode_key::<(String, bool, i64)>(&bytes) {
                prop_assert_eq!(encode_key(&key), bytes);
            }
        }
    }

    #[test]
    fn extremes_keep_their_order() {
        let mut numbers = [i64::MIN, -256, -1, 0, 1, 255, 256, i64::MAX];
        numbers.sort_by_key(encode_key);
        assert_eq!(numbers, [i64::MIN, -256, -1, 0, 1, 255, 256, i64::MAX]);
    }

    #[test]
    fn newtypes_are_keys_that_check_themselves() {
        let number = Number::new(7).unwrap();
        assert_eq!(decode_key::<Number>(&encode_key(&number)), Ok(number));
        assert_eq!(decode_key::<Number>(&encode_key(&0_u64)), Err(KeyError));
        let code = Code("A-1".into());
        assert_eq!(decode_key::<Code>(&encode_key(&code)), Ok(code));
        assert_eq!(decode_key::<Code>(&encode_key(&String::new())), Err(KeyError));
    }

    #[test]
    fn malformed_keys_are_refused() {
        assert_eq!(decode_key::<u64>(&[0; 7]), Err(KeyError));
        assert_eq!(decode_key::<u64>(&[0; 9]), Err(KeyError));
        assert_eq!(decode_key::<bool>(&[2]), Err(KeyError));
        assert_eq!(decode_key::<()>(&[0]), Err(KeyError));
        assert_eq!(decode_key::<String>(b"no end"), Err(KeyError));
        assert_eq!(decode_key::<String>(&[b'a', 0, 2]), Err(KeyError));
        assert_eq!(decode_key::<String>(&[0xFF, 0, 0]), Err(KeyError));
    }
}
