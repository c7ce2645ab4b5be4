//! The JSON shapes that more than one edge uses, and their conversions from and to the domain.

pub mod alert;
pub mod amount;
pub mod audit;
pub mod cart;
pub mod control;
pub mod device;
pub mod enrolment;
pub mod firmware;
pub mod import;
pub mod order;
pub mod product;
pub mod promotion;
pub mod user;

use utoipa::openapi::Schema;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType};

/// The schema of a member that only the server sets: it may be sent back, and is ignored.
pub fn read_only() -> Schema {
    let any = ObjectBuilder::new().schema_type(SchemaType::AnyValue);
    any.read_only(true).build().into()
}
