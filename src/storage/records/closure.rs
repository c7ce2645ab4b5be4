//! Blocked aisles on disk.

use serde::{Deserialize, Serialize};

use super::{domain_record, from_us, to_us};
use crate::domain::closures::{Blocked, Closure};
use crate::domain::id::ClosureId;
use crate::storage::RecordError;

#[derive(Serialize, Deserialize)]
struct ClosureRecord {
    id: ClosureId,
    blocked: BlockedRecord,
    reason: String,
    until_us: Option<i64>,
    created_at_us: i64,
    created_by: Option<String>,
}

/// New kinds go to the end: the position is the tag on disk.
#[derive(Serialize, Deserialize)]
enum BlockedRecord {
    Aisle(String),
    Between(String, String),
}

domain_record!(Closure as ClosureRecord, format 1);

impl From<&Closure> for ClosureRecord {
    fn from(closure: &Closure) -> Self {
        Self {
            id: closure.id,
            blocked: match closure.blocked.clone() {
                Blocked::Aisle(aisle) => BlockedRecord::Aisle(aisle),
                Blocked::Between(from, to) => BlockedRecord::Between(from, to),
            },
            reason: closure.reason.clone(),
            until_us: closure.until.map(to_us),
            created_at_us: to_us(closure.created_at),
            created_by: closure.created_by.clone(),
        }
    }
}

impl ClosureRecord {
    fn into_domain(self) -> Result<Closure, RecordError> {
        Ok(Closure {
            id: self.id,
            blocked: match self.blocked {
                BlockedRecord::Aisle(aisle) => Blocked::Aisle(aisle),
                BlockedRecord::Between(from, to) => Blocked::Between(from, to),
            },
            reason: self.reason,
            until: self.until_us.map(from_us).transpose()?,
            created_at: from_us(self.created_at_us)?,
            created_by: self.created_by,
        })
    }
}
