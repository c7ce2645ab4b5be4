//! Typed ids: positive integers that cannot be mixed up with one another.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a text or number is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is a positive whole number")]
pub struct InvalidId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(NonZeroU64);

        impl $name {
            /// The id with this number. Zero is none, nor is what a client's signed 64-bit number
            /// cannot hold.
            pub fn new(value: u64) -> Result<Self, InvalidId> {
                let id = NonZeroU64::new(value).filter(|_| i64::try_from(value).is_ok());
                id.map(Self).ok_or(InvalidId)
            }

            /// The number on the wire and on disk.
            pub const fn value(self) -> u64 {
                self.0.get()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                text.parse().map(Self).map_err(|_| InvalidId)
            }
        }

        impl TryFrom<u64> for $name {
            type Error = InvalidId;

            fn try_from(value: u64) -> Result<Self, InvalidId> {
                Self::new(value)
            }
        }
    )*};
}

ids! {
    /// A product of the catalogue.
    ProductId,
    /// A person with an account.
    UserId,
    /// An open basket.
    CartId,
    /// One line of a cart, unique within its cart and never used again there.
    LineId,
    /// The hardware on a trolley.
    DeviceId,
    /// A placed order.
    OrderId,
    /// An item of a shopping list.
    ChecklistItemId,
    /// An entry of the stock ledger.
    MovementId,
    /// Something that is cheaper for a while.
    PromotionId,
    /// A signed-in session: one refresh-token family.
    SessionId,
    /// Words of one meaning.
    SynonymId,
    /// A blocked aisle.
    ClosureId,
    /// Something that staff should look at.
    AlertId,
    /// An image of firmware.
    FirmwareId,
}
