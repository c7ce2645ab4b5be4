//! Searches without results on disk.

use serde::{Deserialize, Serialize};

use super::{domain_record, from_us, to_us};
use crate::domain::searches::Misses;
use crate::storage::RecordError;

#[derive(Serialize, Deserialize)]
struct MissesRecord {
    days: Vec<(u32, u32)>,
    last_at_us: i64,
}

domain_record!(Misses as MissesRecord, format 1);

impl From<&Misses> for MissesRecord {
    fn from(misses: &Misses) -> Self {
        Self { days: misses.days.clone(), last_at_us: to_us(misses.last_at) }
    }
}

impl MissesRecord {
    fn into_domain(self) -> Result<Misses, RecordError> {
        Ok(Misses { days: self.days, last_at: from_us(self.last_at_us)? })
    }
}
