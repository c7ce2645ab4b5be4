//! The disk forms of what the shop keeps: one file per aggregate, each a serde struct with a
//! conversion from and to the domain's type. A record's fields are for ever in their order; a
//! change of shape is a new format with a conversion from the old one.

pub mod account;
pub mod alert;
pub mod audit;
pub mod barcode_rules;
pub mod cart;
pub mod change;
pub mod checklist;
pub mod closure;
pub mod device;
pub mod enrolment;
pub mod firmware;
pub mod import;
pub mod last_seen;
pub mod one_time_code;
pub mod order;
pub mod picture;
pub mod position;
pub mod product;
pub mod promotion;
pub mod search_misses;
pub mod synonym;
pub mod weight;

use jiff::Timestamp;

use super::record::RecordError;

/// Microseconds since 1970: how records keep times.
pub(super) fn to_us(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// The time behind stored microseconds.
pub(super) fn from_us(us: i64) -> Result<Timestamp, RecordError> {
    Timestamp::from_microsecond(us)
        .map_err(|_| RecordError::Malformed("a time out of range".into()))
}

/// Makes a domain type a record by way of its serde form, and lists the forms it had before.
macro_rules! domain_record {
    ($domain:ty as $serde:ty, format $now:literal $(, format $then:literal from $older:ty)*) => {
        impl $crate::storage::Record for $domain {
            const FORMAT: u8 = $now;

            fn encode(&self, out: &mut Vec<u8>) -> Result<(), $crate::storage::RecordError> {
                $crate::storage::encode_postcard(&<$serde>::from(self), out)
            }

            fn decode(format: u8, body: &[u8]) -> Result<Self, $crate::storage::RecordError> {
                match format {
                    $now => $crate::storage::decode_postcard::<$serde>(body)?.into_domain(),
                    $($then => $crate::storage::decode_postcard::<$older>(body)?.into_domain(),)*
                    _ => Err($crate::storage::RecordError::UnknownFormat(format)),
                }
            }
        }
    };
}

pub(super) use domain_record;

use super::key::{number_keys, text_keys};
use crate::domain::accounts::{Email, MobileNumber, Username};
use crate::domain::classes::ClassKind;
use crate::domain::codes::{Gtin, Sku, Uid};
use crate::domain::devices::BootId;
use crate::domain::id::{
    CartId, DeviceId, LineId, MovementId, OrderId, ProductId, PromotionId, SessionId, SynonymId,
    UserId,
};

number_keys!(CartId, DeviceId, LineId, MovementId, OrderId, ProductId, SessionId, UserId);
number_keys!(PromotionId);
number_keys!(SynonymId);
number_keys!(crate::domain::id::ClosureId);
number_keys!(crate::domain::id::AlertId);
number_keys!(crate::domain::id::FirmwareId);
text_keys!(BootId, Email, MobileNumber, Sku, Uid, Username);

impl super::key::Key for ClassKind {
    fn encode(&self, out: &mut Vec<u8>) {
        // The numbers are on disk.
        let number: u8 = match self {
            Self::Category => 1,
            Self::FoodType => 2,
            Self::Allergen => 3,
        };
        number.encode(out);
    }

    fn decode(input: &mut &[u8]) -> Result<Self, super::key::KeyError> {
        match <u8 as super::key::Key>::decode(input)? {
            1 => Ok(Self::Category),
            2 => Ok(Self::FoodType),
            3 => Ok(Self::Allergen),
            _ => Err(super::key::KeyError),
        }
    }
}

impl super::key::Key for Gtin {
    fn encode(&self, out: &mut Vec<u8>) {
        self.value().encode(out);
    }

    fn decode(input: &mut &[u8]) -> Result<Self, super::key::KeyError> {
        let value = <u64 as super::key::Key>::decode(input)?;
        Self::from_value(value).map_err(|_| super::key::KeyError)
    }
}

macro_rules! id_records {
    ($($id:ty),+) => {$( super::record::record!($id, format 1); )+};
}

id_records!(CartId, DeviceId, OrderId, ProductId, SessionId, UserId, BootId);
id_records!(SynonymId);
id_records!(crate::domain::id::AlertId);

#[cfg(test)]
mod tests;
