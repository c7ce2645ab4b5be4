//! Change-log entries on disk.

use serde::{Deserialize, Serialize};

use super::domain_record;
use crate::domain::event::Change;
use crate::domain::id::{
    AlertId, CartId, ClosureId, DeviceId, OrderId, ProductId, PromotionId, SynonymId, UserId,
};
use crate::storage::RecordError;

/// New kinds go to the end: the position is the tag on disk.
#[derive(Serialize, Deserialize)]
enum ChangeRecord {
    Product(ProductId),
    Stock(ProductId),
    Cart(CartId),
    Order(OrderId),
    User(UserId),
    Device(DeviceId),
    StoreMap,
    Promotion(PromotionId),
    Synonym(SynonymId),
    Closure(ClosureId),
    Alert(AlertId),
}

domain_record!(Change as ChangeRecord, format 1);

impl From<&Change> for ChangeRecord {
    fn from(change: &Change) -> Self {
        match *change {
            Change::Product(id) => Self::Product(id),
            Change::Stock(id) => Self::Stock(id),
            Change::Cart(id) => Self::Cart(id),
            Change::Order(id) => Self::Order(id),
            Change::User(id) => Self::User(id),
            Change::Device(id) => Self::Device(id),
            Change::StoreMap => Self::StoreMap,
            Change::Promotion(id) => Self::Promotion(id),
            Change::Synonym(id) => Self::Synonym(id),
            Change::Closure(id) => Self::Closure(id),
            Change::Alert(id) => Self::Alert(id),
        }
    }
}

impl ChangeRecord {
    #[expect(clippy::unnecessary_wraps, reason = "every record converts the same way")]
    fn into_domain(self) -> Result<Change, RecordError> {
        Ok(match self {
            Self::Product(id) => Change::Product(id),
            Self::Stock(id) => Change::Stock(id),
            Self::Cart(id) => Change::Cart(id),
            Self::Order(id) => Change::Order(id),
            Self::User(id) => Change::User(id),
            Self::Device(id) => Change::Device(id),
            Self::StoreMap => Change::StoreMap,
            Self::Promotion(id) => Change::Promotion(id),
            Self::Synonym(id) => Change::Synonym(id),
            Self::Closure(id) => Change::Closure(id),
            Self::Alert(id) => Change::Alert(id),
        })
    }
}
