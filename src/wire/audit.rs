//! An entry of the audit log in JSON: for people with parsed contents, and as it was hashed, for
//! whoever verifies the chain.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::domain::audit::{Entry, time_text, to_hex};

/// An entry of the audit log.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AuditEntry {
    /// Its number, from 1, without gaps.
    #[schema(example = 17)]
    seq: u64,
    at: Timestamp,
    /// `user:7`, `cli` (the command line), `system` or `anonymous`.
    #[schema(example = "user:1")]
    actor: String,
    /// The user's name at that time.
    #[schema(example = "owner")]
    actor_name: Option<String>,
    /// The address it came from; `local` for the command line.
    #[schema(example = "192.168.1.7")]
    from: Option<String>,
    /// What was done.
    #[schema(example = "product.update")]
    action: String,
    /// To what: a kind and an id, or the kind alone.
    #[schema(example = "product:12")]
    target: String,
    /// What was there, of what changed. One that was too long is
    /// `{"cut":true,"bytes","sha256","start"}`.
    #[schema(value_type = Option<Object>)]
    before: Option<Box<RawValue>>,
    /// What is there now, of what changed.
    #[schema(value_type = Option<Object>)]
    after: Option<Box<RawValue>>,
    /// The hash of the entry before.
    prev_hash: String,
    /// SHA-256 over the entry and `prev_hash`; the export tells how.
    hash: String,
}

impl From<Entry> for AuditEntry {
    fn from(entry: Entry) -> Self {
        let event = entry.event;
        Self {
            seq: entry.seq,
            at: event.at,
            actor: event.actor,
            actor_name: event.actor_name,
            from: event.from,
            action: event.action,
            target: event.target,
            before: event.before.and_then(parsed),
            after: event.after.and_then(parsed),
            prev_hash: to_hex(&entry.prev_hash),
            hash: to_hex(&entry.hash),
        }
    }
}

/// The text as the JSON that it is; a text that somebody put there shows as one.
fn parsed(text: String) -> Option<Box<RawValue>> {
    RawValue::from_string(text)
        .or_else(|_| RawValue::from_string(Value::from("not JSON").to_string()))
        .ok()
}

/// An entry of the audit log as it was hashed: `before` and `after` are texts.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ExportedEntry {
    seq: u64,
    /// With six decimals, always.
    at: String,
    actor: String,
    actor_name: Option<String>,
    from: Option<String>,
    action: String,
    target: String,
    before: Option<String>,
    after: Option<String>,
    prev_hash: String,
    hash: String,
}

impl From<Entry> for ExportedEntry {
    fn from(entry: Entry) -> Self {
        let event = entry.event;
        Self {
            seq: entry.seq,
            at: time_text(event.at),
            actor: event.actor,
            actor_name: event.actor_name,
            from: event.from,
            action: event.action,
            target: event.target,
            before: event.before,
            after: event.after,
            prev_hash: to_hex(&entry.prev_hash),
            hash: to_hex(&entry.hash),
        }
    }
}
