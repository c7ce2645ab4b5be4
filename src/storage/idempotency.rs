//! Answers already given, so that a repeated request is answered again instead of done again.
//!
//! The record is written in the transaction of the effect: either both are there after a crash or
//! neither. Contents larger than a value may be are kept in pieces.

use serde::{Deserialize, Serialize};

use super::error::Error;
use super::read::Reader;
use super::record::{Blob, record};
use super::tables::{IDEMPOTENCY_BY_KEY, IDEMPOTENCY_BY_TIME, IDEMPOTENCY_CONTENT_BY_KEY};
use super::write::WriteTx;

/// Bytes of content per row.
const PIECE_BYTES: usize = 60 * 1024;
/// Most pieces of one answer: 3.75 MiB, far above any answer of the API.
const MAX_PIECES: usize = 64;

/// Who asked, for what (`POST /orders`), with which key.
pub type IdempotencyKey = (String, String, String);

/// The stored head of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdempotencyRecord {
    body_hash: [u8; 32],
    status: u16,
    created_at_ms: i64,
    piece_count: u32,
}

record!(IdempotencyRecord, format 1);

/// An answer already given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// Hash of the request's body: the same key with another body is a client's mistake.
    pub body_hash: [u8; 32],
    /// HTTP status.
    pub status: u16,
    /// The answer's content.
    pub content: Vec<u8>,
    /// When it was given, in milliseconds since 1970.
    pub created_at_ms: i64,
}

/// The answer that was given under `key`, if there was one.
pub fn find(tx: &impl Reader, key: &IdempotencyKey) -> Result<Option<StoredAnswer>, Error> {
    let Some(head) = tx.get(IDEMPOTENCY_BY_KEY, key)? else { return Ok(None) };
    let mut content = Vec::new();
    for (_, Blob(piece)) in tx.scan_prefix(IDEMPOTENCY_CONTENT_BY_KEY, key, MAX_PIECES)? {
        content.extend_from_slice(&piece);
    }
    Ok(Some(StoredAnswer {
        body_hash: head.body_hash,
        status: head.status,
        content,
        created_at_ms: head.created_at_ms,
    }))
}

/// Remembers `answer` under `key`, in place of an earlier one.
pub fn insert(
    tx: &mut WriteTx<'_>,
    key: &IdempotencyKey,
    answer: &StoredAnswer,
) -> Result<(), Error> {
    let pieces = answer.content.chunks(PIECE_BYTES);
    let piece_count = u32::try_from(pieces.len()).ok().filter(|_| pieces.len() <= MAX_PIECES);
    let piece_count = piece_count.ok_or(Error::ValueTooLarge {
        table: IDEMPOTENCY_BY_KEY.name(),
        bytes: answer.content.len(),
    })?;
    remove(tx, key)?;
    for (number, piece) in (0..piece_count).zip(pieces) {
        tx.put(IDEMPOTENCY_CONTENT_BY_KEY, &(key.clone(), number), &Blob(piece.to_vec()))?;
    }
    tx.put(IDEMPOTENCY_BY_TIME, &(answer.created_at_ms, key.clone()), &())?;
    tx.put(
        IDEMPOTENCY_BY_KEY,
        key,
        &IdempotencyRecord {
            body_hash: answer.body_hash,
            status: answer.status,
            created_at_ms: answer.created_at_ms,
            piece_count,
        },
    )
}

/// Removes the answers given before `before_ms` (milliseconds since 1970), oldest first, at most
/// `limit`, and tells how many.
pub fn prune(tx: &mut WriteTx<'_>, before_ms: i64, limit: usize) -> Result<usize, Error> {
    let end = (before_ms, (String::new(), String::new(), String::new()));
    let old = tx.scan(IDEMPOTENCY_BY_TIME, ..end, limit)?;
    for ((_, key), ()) in &old {
        remove(tx, key)?;
    }
    Ok(old.len())
}

fn remove(tx: &mut WriteTx<'_>, key: &IdempotencyKey) -> Result<(), Error> {
    let Some(head) = tx.get(IDEMPOTENCY_BY_KEY, key)? else { return Ok(()) };
    for number in 0..head.piece_count {
        tx.remove(IDEMPOTENCY_CONTENT_BY_KEY, &(key.clone(), number))?;
    }
    tx.remove(IDEMPOTENCY_BY_TIME, &(head.created_at_ms, key.clone()))?;
    tx.remove(IDEMPOTENCY_BY_KEY, key)?;
    Ok(())
}
