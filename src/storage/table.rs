//! Typed views of the file's tables, and the ranges to scan them by.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{
    Bound, Range, RangeBounds, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive,
};

use super::error::Error;
use super::key::{Key, StartsWith, decode_key, encode_key};
use super::record::{Record, RecordError};

/// Longest encoded key, in bytes.
pub const MAX_KEY_BYTES: usize = 2 * 1024;
/// Longest encoded value, its format byte included, in bytes.
pub const MAX_VALUE_BYTES: usize = 64 * 1024;

/// A table of the file: its name and the types that its bytes stand for.
///
/// In the file every table maps bytes to bytes, so the types here can be renamed and moved freely;
/// only the name, the key's encoding and the record's formats are for ever.
pub struct Table<K, V> {
    name: &'static str,
    types: PhantomData<fn() -> (K, V)>,
}

impl<K, V> Table<K, V> {
    /// The table called `name` in the file, like `PRODUCT_BY_ID`.
    pub const fn new(name: &'static str) -> Self {
        Self { name, types: PhantomData }
    }

    /// The table's name in the file.
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

impl<K: Key, V: Record> Table<K, V> {
    pub(super) fn encode_key(&self, key: &K) -> Result<Vec<u8>, Error> {
        let bytes = encode_key(key);
        if bytes.len() > MAX_KEY_BYTES {
            return Err(Error::KeyTooLarge { table: self.name, bytes: bytes.len() });
        }
        Ok(bytes)
    }

    pub(super) fn decode_key(&self, bytes: &[u8]) -> Result<K, Error> {
        decode_key(bytes)
            .map_err(|error| Error::Corrupt { table: self.name.into(), detail: error.to_string() })
    }

    pub(super) fn encode_value(&self, value: &V) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![V::FORMAT];
        value
            .encode(&mut bytes)
            .map_err(|error| Error::Encode { table: self.name, detail: error.to_string() })?;
        if bytes.len() > MAX_VALUE_BYTES {
            return Err(Error::ValueTooLarge { table: self.name, bytes: bytes.len() });
        }
        Ok(bytes)
    }

    pub(super) fn decode_value(&self, bytes: &[u8]) -> Result<V, Error> {
        let corrupt = |detail| Error::Corrupt { table: self.name.into(), detail };
        let (&format, body) =
            bytes.split_first().ok_or_else(|| corrupt("a value without a format".into()))?;
        V::decode(format, body).map_err(|error| match error {
            RecordError::UnknownFormat(found) if found > V::FORMAT => {
                Error::NewerFormat { table: self.name.into(), found, supported: V::FORMAT }
            }
            other => corrupt(other.to_string()),
        })
    }

    /// Checks that a row of the file decodes as this table's types.
    pub(super) fn check_row(&self, key: &[u8], value: &[u8]) -> Result<(), Error> {
        self.decode_key(key)?;
        self.decode_value(value)?;
        Ok(())
    }
}

impl<K, V> Clone for Table<K, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V> Copy for Table<K, V> {}

impl<K, V> fmt::Debug for Table<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Table").field(&self.name).finish()
    }
}

/// Bounds on encoded keys.
pub type ByteBounds = (Bound<Vec<u8>>, Bound<Vec<u8>>);

/// What a scan can be limited to: a range of keys (`..`, `a..b`, `a..=b`, a pair of bounds) or a
/// [`prefix`].
pub trait KeyRange<K> {
    /// The range, on encoded keys.
    fn byte_bounds(&self) -> ByteBounds;
}

macro_rules! key_ranges {
    ($($range:ty),+) => {
        $(impl<K: Key> KeyRange<K> for $range {
            fn byte_bounds(&self) -> ByteBounds {
                let start = RangeBounds::<K>::start_bound(self).map(encode_key);
                let end = RangeBounds::<K>::end_bound(self).map(encode_key);
                (start, end)
            }
        })+
    };
}

key_ranges!(
    RangeFull,
    Range<K>,
    RangeFrom<K>,
    RangeInclusive<K>,
    RangeTo<K>,
    RangeToInclusive<K>,
    (Bound<K>, Bound<K>)
);

/// All keys that begin with one value; see [`prefix`].
#[derive(Debug, Clone)]
pub struct Prefix<P> {
    start: Bound<Vec<u8>>,
    end: Bound<Vec<u8>>,
    first: PhantomData<fn() -> P>,
}

/// The range of the keys whose first element (or first two, given as a pair) is `first`.
pub fn prefix<P: Key>(first: &P) -> Prefix<P> {
    let start = encode_key(first);
    let end = match successor(start.clone()) {
        Some(end) => Bound::Excluded(end),
        None => Bound::Unbounded,
    };
    Prefix { start: Bound::Included(start), end, first: PhantomData }
}

impl<P: Key> Prefix<P> {
    /// Only the keys after `key`: the next page of a forward scan.
    #[must_use]
    pub fn after<K: StartsWith<P>>(self, key: &K) -> Self {
        Self { start: Bound::Excluded(encode_key(key)), ..self }
    }

    /// Only the keys before `key`: the next page of a reverse scan.
    #[must_use]
    pub fn before<K: StartsWith<P>>(self, key: &K) -> Self {
        Self { end: Bound::Excluded(encode_key(key)), ..self }
    }
}

impl<P: Key, K: StartsWith<P>> KeyRange<K> for Prefix<P> {
    fn byte_bounds(&self) -> ByteBounds {
        (self.start.clone(), self.end.clone())
    }
}

/// The smallest byte string above every string that begins with `bytes`, if there is one.
fn successor(mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    while let Some(last) = bytes.pop() {
        if let Some(next) = last.checked_add(1) {
            bytes.push(next);
            return Some(bytes);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::super::record::{Blob, record};
    use super::*;

    #[derive(Debug, Serialize, Deserialize)]
    struct PriceV1(u32);

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Price {
        minor: u64,
        currency: String,
    }

    impl From<PriceV1> for Price {
        fn from(PriceV1(minor): PriceV1) -> Self {
            Self { minor: minor.into(), currency: "EUR".into() }
        }
    }

    record!(Price, format 2, format 1 from PriceV1);

    const PRICES: Table<u64, Price> = Table::new("PRICE_BY_ID");

    #[test]
    fn a_value_is_its_format_and_its_body() {
        let price = Price { minor: 300, currency: "CHF".into() };
        let bytes = PRICES.encode_value(&price).unwrap();
        assert_eq!(bytes, [2, 0xAC, 2, 3, b'C', b'H', b'F']);
        assert_eq!(PRICES.decode_value(&bytes).unwrap(), price);
    }

    #[test]
    fn an_older_format_is_upgraded_when_it_is_read() {
        let price = PRICES.decode_value(&[1, 0xAC, 2]).unwrap();
        assert_eq!(price, Price { minor: 300, currency: "EUR".into() });
    }

    #[test]
    fn a_newer_format_is_refused_by_name() {
        let error = PRICES.decode_value(&[3, 1]).unwrap_err();
        assert!(matches!(error, Error::NewerFormat { found: 3, supported: 2, .. }));
        assert!(error.to_string().contains("PRICE_BY_ID"), "{error}");
    }

    #[test]
    fn damaged_values_are_refused_by_name() {
        for damaged in [&[][..], &[0], &[2], &[2, 0xAC, 2, 9, b'C'], &[1, 0xAC, 2, 0]] {
            let error = PRICES.decode_value(damaged).unwrap_err();
            assert!(matches!(&error, Error::Corrupt { .. }), "{damaged:?}");
            assert!(error.to_string().contains("PRICE_BY_ID"), "{error}");
        }
    }

    #[test]
    fn keys_and_values_have_a_largest_size() {
        const BLOBS: Table<String, Blob> = Table::new("BLOB_BY_NAME");
        let blob = |bytes| Blob(vec![0; bytes]);
        assert!(BLOBS.encode_value(&blob(MAX_VALUE_BYTES - 1)).is_ok());
        let error = BLOBS.encode_value(&blob(MAX_VALUE_BYTES)).unwrap_err();
        assert!(matches!(error, Error::ValueTooLarge { table: "BLOB_BY_NAME", .. }));
        assert!(BLOBS.encode_key(&"x".repeat(MAX_KEY_BYTES - 2)).is_ok());
        let error = BLOBS.encode_key(&"x".repeat(MAX_KEY_BYTES - 1)).unwrap_err();
        assert!(matches!(error, Error::KeyTooLarge { .. }));
    }

    #[test]
    fn a_prefix_ends_before_the_next_value() {
        let bounds = |prefix: Prefix<u16>| KeyRange::<(u16, u8)>::byte_bounds(&prefix);
        assert_eq!(
            bounds(prefix(&0x01FF)),
            (Bound::Included(vec![1, 0xFF]), Bound::Excluded(vec![2]))
        );
        assert_eq!(
            bounds(prefix(&u16::MAX).after(&(u16::MAX, 3_u8))),
            (Bound::Excluded(vec![0xFF, 0xFF, 3]), Bound::Unbounded)
        );
        assert_eq!(
            bounds(prefix(&5).before(&(5, 3_u8))),
            (Bound::Included(vec![0, 5]), Bound::Excluded(vec![0, 5, 3]))
        );
    }
}
