//! The audit log: who did what, when, from where, before and after.
//!
//! Entries are numbered from 1 without a gap and chained: each carries the hash of the one before,
//! so that an entry that is altered, taken out or put in breaks the chain from there on. The
//! newest entry's number and hash, the *head*, are kept beside the log, so that a cut end shows
//! too. What retention takes away at the beginning is witnessed by an entry of the log itself
//! ([`PRUNED`]), so that a cut beginning shows.
//!
//! An entry's hash is the SHA-256 of these texts in UTF-8, each after its length in bytes as four
//! bytes, big-endian; what an entry does not have is the empty text:
//!
//! ```text
//! "cartwright-audit-1", the hash before as 64 lower-case hex digits, the number in decimal,
//! the time as 2026-11-20T12:00:00.000000Z, actor, the actor's name, from, action, target,
//! before, after
//! ```
//!
//! The hash before the first entry is the SHA-256 of [`GENESIS`]. All of it is for ever: it is what
//! others verify an export by.

mod chain;

pub use chain::{ChainCheck, ChainFault, ChainReport};

use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// What the chain begins with.
pub const GENESIS: &str = "cartwright audit log";
/// Names the encoding above; another one gets another name.
const ENCODING: &str = "cartwright-audit-1";
/// Longest `before` or `after`, in bytes of JSON; a longer one is cut to [`cut`]'s marker.
pub const JSON_MAX_BYTES: usize = 8 * 1024;
/// How much of a text that is too long its marker keeps, in bytes.
const CUT_KEEPS_BYTES: usize = 2 * 1024;
/// The action by which retention tells what it removed; `after` holds the removed end as a mark.
pub const PRUNED: &str = "audit.prune";

/// A SHA-256.
pub type Hash = [u8; 32];

/// Something that was done, before it has its place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When, in whole microseconds.
    pub at: Timestamp,
    /// `user:7`, `cli`, `system` or `anonymous`.
    pub actor: String,
    /// The user's name at that time.
    pub actor_name: Option<String>,
    /// The address it came from, or `local` for the command line.
    pub from: Option<String>,
    /// What was done, `product.update`.
    pub action: String,
    /// To what, `product:12`; or the kind alone, `map`.
    pub target: String,
    /// What was there of what changed, as JSON.
    pub before: Option<String>,
    /// What is there of it now, as JSON.
    pub after: Option<String>,
}

/// An entry of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number, from 1.
    pub seq: u64,
    /// What was done.
    pub event: Event,
    /// The hash of the entry before.
    pub prev_hash: Hash,
    /// See the module's documentation.
    pub hash: Hash,
}

/// A place in the chain: an entry's number and hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The entry's number; 0 is before the first.
    pub seq: u64,
    /// The entry's hash.
    pub hash: Hash,
}

impl Mark {
    /// Before the first entry.
    pub fn genesis() -> Self {
        Self { seq: 0, hash: Sha256::digest(GENESIS).into() }
    }

    /// The mark as an entry tells it, see [`PRUNED`].
    pub fn to_json(self) -> String {
        format!(r#"{{"hash":"{}","through_seq":{}}}"#, to_hex(&self.hash), self.seq)
    }
}

impl Entry {
    /// The entry behind `last` in the chain.
    pub fn after(last: Mark, event: Event) -> Self {
        let event = Event { at: whole_microseconds(event.at), ..event };
        let mut entry = Self { seq: last.seq + 1, event, prev_hash: last.hash, hash: [0; 32] };
        entry.hash = entry.computed_hash();
        entry
    }

    /// The hash that the content should have.
    pub fn computed_hash(&self) -> Hash {
        let event = &self.event;
        let text = |text: &'_ Option<String>| text.clone().unwrap_or_default();
        let fields = [
            ENCODING.to_owned(),
            to_hex(&self.prev_hash),
            self.seq.to_string(),
            time_text(event.at),
            event.actor.clone(),
            text(&event.actor_name),
            text(&event.from),
            event.action.clone(),
            event.target.clone(),
            text(&event.before),
            text(&event.after),
        ];
        let mut hasher = Sha256::new();
        for field in fields {
            let length = u32::try_from(field.len()).expect("texts of an entry have a limit");
            hasher.update(length.to_be_bytes());
            hasher.update(field);
        }
        hasher.finalize().into()
    }

    /// Its place in the chain.
    pub const fn mark(&self) -> Mark {
        Mark { seq: self.seq, hash: self.hash }
    }
}

/// The time as it is hashed: with six decimals, always.
pub fn time_text(at: Timestamp) -> String {
    format!("{at:.6}")
}

fn whole_microseconds(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}

/// The JSON itself, or for one that is too long a marker with its length, its hash and its
/// beginning: `{"bytes":90000,"cut":true,"sha256":"...","start":"{\"name\":..."}`.
pub fn cut(json: String) -> String {
    if json.len() <= JSON_MAX_BYTES {
        return json;
    }
    let sha256 = to_hex(&Sha256::digest(&json).into());
    let mut end = CUT_KEEPS_BYTES;
    while !json.is_char_boundary(end) {
        end -= 1;
    }
    let start = serde_json::Value::from(&json[..end]);
    format!(r#"{{"bytes":{},"cut":true,"sha256":"{sha256}","start":{start}}}"#, json.len())
}

/// Lower-case hexadecimal.
pub fn to_hex(hash: &Hash) -> String {
    use std::fmt::Write;
    hash.iter().fold(String::with_capacity(64), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to a string does not fail");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Event {
        Event {
            at: "2026-11-20T12:00:00.1234567Z".parse().unwrap(),
            actor: "user:1".into(),
            actor_name: Some("owner".into()),
            from: Some("192.168.1.7".into()),
            action: "product.update".into(),
            target: "product:12".into(),
            before: Some(r#"{"price":1.29}"#.into()),
            after: Some(r#"{"price":1.39}"#.into()),
        }
    }

    /// The same bytes by hand, and their SHA-256 from another program.
    #[test]
    fn the_encoding_is_the_documented_one() {
        let entry = Entry::after(Mark::genesis(), event());
        assert_eq!(time_text(entry.event.at), "2026-11-20T12:00:00.123456Z");
        assert_eq!(
            to_hex(&entry.prev_hash),
            "bc693b9e32d81b0adc4a0c504764a709b9fdde12d7d1230a3442c9ccfa361d82"
        );
        assert_eq!(
            to_hex(&entry.hash),
            "c58243293d9eecfb3d0d710d59ec091a2008b3abcf4f2066e914847d5edfb7e9"
        );
    }

    #[test]
    fn every_field_counts() {
        let entry = Entry::after(Mark::genesis(), event());
        let changes: [fn(&mut Entry); 11] = [
            |it| it.seq += 1,
            |it| it.prev_hash[0] ^= 1,
            |it| it.event.at += jiff::SignedDuration::from_micros(1),
            |it| it.event.actor.push('0'),
            |it| it.event.actor_name = None,
            |it| it.event.from = None,
            |it| it.event.action = "product.delete".into(),
            |it| it.event.target.push('0'),
            |it| it.event.before = None,
            |it| it.event.after = it.event.before.take(),
            // Where one field ends counts too.
            |it| {
                it.event.actor.push('o');
                it.event.actor_name = Some("wner".into());
            },
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let mut other = entry.clone();
            change(&mut other);
            assert_ne!(other.computed_hash(), entry.hash, "change {number}");
        }
    }

    #[test]
    fn a_text_that_is_too_long_is_cut_to_a_marker() {
        let short = "x".repeat(JSON_MAX_BYTES);
        assert_eq!(cut(short.clone()), short);
        let long = format!("\"{}\"", "ä".repeat(JSON_MAX_BYTES));
        let marker: serde_json::Value = serde_json::from_str(&cut(long.clone())).unwrap();
        assert_eq!(marker["cut"], true);
        assert_eq!(marker["bytes"], long.len());
        assert_eq!(marker["sha256"], to_hex(&Sha256::digest(&long).into()));
        assert!(long.starts_with(marker["start"].as_str().unwrap()));
        let worst = cut(format!("\"{}\"", "\u{1}".repeat(JSON_MAX_BYTES)));
        assert!(worst.len() < 2 * JSON_MAX_BYTES, "{}", worst.len());
    }
}
