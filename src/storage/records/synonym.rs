//! Words of one meaning on disk.

use serde::{Deserialize, Serialize};

use super::{domain_record, from_us, to_us};
use crate::domain::id::SynonymId;
use crate::domain::synonyms::SynonymGroup;
use crate::storage::RecordError;

#[derive(Serialize, Deserialize)]
struct SynonymRecord {
    id: SynonymId,
    words: Vec<String>,
    version: u64,
    created_at_us: i64,
    updated_at_us: i64,
}

domain_record!(SynonymGroup as SynonymRecord, format 1);

impl From<&SynonymGroup> for SynonymRecord {
    fn from(group: &SynonymGroup) -> Self {
        Self {
            id: group.id,
            words: group.words.clone(),
            version: group.version,
            created_at_us: to_us(group.created_at),
            updated_at_us: to_us(group.updated_at),
        }
    }
}

impl SynonymRecord {
    fn into_domain(self) -> Result<SynonymGroup, RecordError> {
        Ok(SynonymGroup {
            id: self.id,
            words: self.words,
            version: self.version,
            created_at: from_us(self.created_at_us)?,
            updated_at: from_us(self.updated_at_us)?,
        })
    }
}
