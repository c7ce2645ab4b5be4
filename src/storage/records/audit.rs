//! Entries of the audit log and places in it on disk.

use serde::{Deserialize, Serialize};

use super::{domain_record, from_us, to_us};
use crate::domain::audit::{Entry, Event, Hash, Mark};
use crate::storage::RecordError;

#[derive(Serialize, Deserialize)]
struct EntryRecord {
    seq: u64,
    at_us: i64,
    actor: String,
    actor_name: Option<String>,
    from: Option<String>,
    action: String,
    target: String,
    before: Option<String>,
    after: Option<String>,
    prev_hash: Hash,
    hash: Hash,
}

domain_record!(Entry as EntryRecord, format 1);

impl From<&Entry> for EntryRecord {
    fn from(entry: &Entry) -> Self {
        let event = entry.event.clone();
        Self {
            seq: entry.seq,
            at_us: to_us(event.at),
            actor: event.actor,
            actor_name: event.actor_name,
            from: event.from,
            action: event.action,
            target: event.target,
            before: event.before,
            after: event.after,
            prev_hash: entry.prev_hash,
            hash: entry.hash,
        }
    }
}

impl EntryRecord {
    fn into_domain(self) -> Result<Entry, RecordError> {
        Ok(Entry {
            seq: self.seq,
            event: Event {
                at: from_us(self.at_us)?,
                actor: self.actor,
                actor_name: self.actor_name,
                from: self.from,
                action: self.action,
                target: self.target,
                before: self.before,
                after: self.after,
            },
            prev_hash: self.prev_hash,
            hash: self.hash,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct MarkRecord {
    seq: u64,
    hash: Hash,
}

domain_record!(Mark as MarkRecord, format 1);

impl From<&Mark> for MarkRecord {
    fn from(mark: &Mark) -> Self {
        Self { seq: mark.seq, hash: mark.hash }
    }
}

impl MarkRecord {
    #[expect(clippy::unnecessary_wraps, reason = "the form of all records")]
    fn into_domain(self) -> Result<Mark, RecordError> {
        Ok(Mark { seq: self.seq, hash: self.hash })
    }
}
