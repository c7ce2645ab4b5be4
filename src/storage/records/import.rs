//! Imports and their journals on disk.

use serde::{Deserialize, Serialize};

use super::{domain_record, from_us, to_us};
use crate::domain::id::{ProductId, UserId};
use crate::domain::imports::{Import, ImportState, JournalEntry, Kept};
use crate::storage::RecordError;

#[derive(Serialize, Deserialize)]
struct ImportRecord {
    id: u64,
    at_us: i64,
    by: Option<UserId>,
    file_sha256: [u8; 32],
    is_partial: bool,
    new: u64,
    changed: u64,
    unchanged: u64,
    rejected: u64,
    state: StateRecord,
    undone_at_us: Option<i64>,
    restored: u64,
    deleted: u64,
    has_journal: bool,
}

/// New states go to the end: the position is the tag on disk.
#[derive(Serialize, Deserialize)]
enum StateRecord {
    Running,
    Done,
    Undoing,
    Undone,
    Interrupted,
}

domain_record!(Import as ImportRecord, format 1);

impl From<&Import> for ImportRecord {
    fn from(import: &Import) -> Self {
        Self {
            id: import.id,
            at_us: to_us(import.at),
            by: import.by,
            file_sha256: import.file_sha256,
            is_partial: import.is_partial,
            new: import.new,
            changed: import.changed,
            unchanged: import.unchanged,
            rejected: import.rejected,
            state: match import.state {
                ImportState::Running => StateRecord::Running,
                ImportState::Done => StateRecord::Done,
                ImportState::Undoing => StateRecord::Undoing,
                ImportState::Undone => StateRecord::Undone,
                ImportState::Interrupted => StateRecord::Interrupted,
            },
            undone_at_us: import.undone_at.map(to_us),
            restored: import.restored,
            deleted: import.deleted,
            has_journal: import.has_journal,
        }
    }
}

impl ImportRecord {
    fn into_domain(self) -> Result<Import, RecordError> {
        Ok(Import {
            id: self.id,
            at: from_us(self.at_us)?,
            by: self.by,
            file_sha256: self.file_sha256,
            is_partial: self.is_partial,
            new: self.new,
            changed: self.changed,
            unchanged: self.unchanged,
            rejected: self.rejected,
            state: match self.state {
                StateRecord::Running => ImportState::Running,
                StateRecord::Done => ImportState::Done,
                StateRecord::Undoing => ImportState::Undoing,
                StateRecord::Undone => ImportState::Undone,
                StateRecord::Interrupted => ImportState::Interrupted,
            },
            undone_at: self.undone_at_us.map(from_us).transpose()?,
            restored: self.restored,
            deleted: self.deleted,
            has_journal: self.has_journal,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct JournalRecord {
    product_id: ProductId,
    before: Option<Vec<u8>>,
    version_after: u64,
    stock_delta: i64,
}

domain_record!(JournalEntry as JournalRecord, format 1);

impl From<&JournalEntry> for JournalRecord {
    fn from(entry: &JournalEntry) -> Self {
        Self {
            product_id: entry.product_id,
            before: entry.before.clone(),
            version_after: entry.version_after,
            stock_delta: entry.stock_delta,
        }
    }
}

impl JournalRecord {
    #[expect(clippy::unnecessary_wraps, reason = "what every record's conversion looks like")]
    fn into_domain(self) -> Result<JournalEntry, RecordError> {
        let Self { product_id, before, version_after, stock_delta } = self;
        Ok(JournalEntry { product_id, before, version_after, stock_delta })
    }
}

#[derive(Serialize, Deserialize)]
struct KeptRecord {
    product_id: ProductId,
    sku: String,
    reason: String,
}

domain_record!(Kept as KeptRecord, format 1);

impl From<&Kept> for KeptRecord {
    fn from(kept: &Kept) -> Self {
        let Kept { product_id, sku, reason } = kept.clone();
        Self { product_id, sku, reason }
    }
}

impl KeptRecord {
    #[expect(clippy::unnecessary_wraps, reason = "what every record's conversion looks like")]
    fn into_domain(self) -> Result<Kept, RecordError> {
        let Self { product_id, sku, reason } = self;
        Ok(Kept { product_id, sku, reason })
    }
}
