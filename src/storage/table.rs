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
