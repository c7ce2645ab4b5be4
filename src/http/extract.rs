//! What handlers take from a request. Each refuses with a [`Problem`](super::Problem) that names
//! the member or parameter.

pub mod idempotency;
pub mod json;
pub mod page;
pub mod precondition;
pub mod query;
mod read;
mod room;
mod spooled;

pub use idempotency::{Keyed, KeyedBody, KeyedJson, KeyedOptionalJson};
pub use json::{Json, OptionalJson};
pub use page::Page;
pub use precondition::IfMatch;
pub use query::{Path, Query};
pub use read::RawBody;
pub(super) use read::read as read_whole;
pub use room::BodyRoom;
pub use spooled::Spooled;
