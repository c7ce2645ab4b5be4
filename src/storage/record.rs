//! Values as versioned bytes: `[format byte][body]`.
//!
//! The format byte belongs to the record type, not to the file: an old value stays as it was
//! written until somebody writes it again, and is upgraded each time it is read. So a record type
//! lists how each format it ever had is decoded, and a format that it does not know is an error
//! that names the table, never a guess. The body is postcard, which has no field names: changing a
//! record's fields means a new format.

use serde::{Serialize, de::DeserializeOwned};

/// A value that can be stored.
///
/// Implemented with `record!` for serde types.
pub trait Record: Sized {
    /// The format that is written today, at least 1.
    const FORMAT: u8;

    /// Appends the body, in format [`Record::FORMAT`], to `out`.
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), RecordError>;

    /// Decodes a body that was written in `format`.
    fn decode(format: u8, body: &[u8]) -> Result<Self, RecordError>;
}

/// A body cannot be encoded or decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The type has no such format.
    #[error("unknown format {0}")]
    UnknownFormat(u8),
    /// The body does not have the shape of its format.
    #[error("{0}")]
    Malformed(String),
}

impl From<postcard::Error> for RecordError {
    fn from(error: postcard::Error) -> Self {
        Self::Malformed(error.to_string())
    }
}

/// Appends `value` to `out` as postcard.
pub fn encode_postcard<T: Serialize>(value: &T, out: &mut Vec<u8>) -> Result<(), RecordError> {
    // Extending by value hands the buffer through postcard without a copy.
    *out = postcard::to_extend(value, std::mem::take(out))?;
    Ok(())
}

/// Reads a `T` from postcard that must end where the body ends.
pub fn decode_postcard<T: DeserializeOwned>(body: &[u8]) -> Result<T, RecordError> {
    let (value, rest) = postcard::take_from_bytes(body)?;
    if rest.is_empty() {
        Ok(value)
    } else {
        Err(RecordError::Malformed(format!("{} bytes too many", rest.len())))
    }
}

/// Makes a serde type a [`Record`], and lists the formats it ever had:
///
/// ```ignore
/// record!(ProductRecord, format 3, format 2 from ProductRecordV2, format 1 from ProductRecordV1);
/// ```
///
/// Each older type needs serde's `Deserialize`, and `ProductRecord` a `From` of it.
macro_rules! record {
    ($record:ty, format $now:literal $(, format $then:literal from $older:ty)* $(,)?) => {
        impl $crate::storage::Record for $record {
            const FORMAT: u8 = $now;

            fn encode(&self, out: &mut Vec<u8>) -> Result<(), $crate::storage::RecordError> {
                $crate::storage::encode_postcard(self, out)
            }

            fn decode(format: u8, body: &[u8]) -> Result<Self, $crate::storage::RecordError> {
                match format {
                    $now => $crate::storage::decode_postcard(body),
                    $($then => $crate::storage::decode_postcard::<$older>(body).map(Self::from),)*
                    _ => Err($crate::storage::RecordError::UnknownFormat(format)),
                }
            }
        }
    };
}

pub(crate) use record;

record!(u64, format 1);
record!((), format 1);
record!(String, format 1);

/// Bytes that mean nothing to the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob(pub Vec<u8>);

impl Record for Blob {
    const FORMAT: u8 = 1;

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), RecordError> {
        out.extend_from_slice(&self.0);
        Ok(())
    }

    fn decode(format: u8, body: &[u8]) -> Result<Self, RecordError> {
        match format {
            1 => Ok(Self(body.to_vec())),
            _ => Err(RecordError::UnknownFormat(format)),
        }
    }
}
