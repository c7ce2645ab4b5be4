//! Answers already given, so that a repeated request is answered again instead of done again.
//!
//! The record is written in the transaction of the effect: either both are there after a crash or
//! neither. Contents larger than a value may be are kept in pieces.
//!
//! What is kept for one principal is bounded; beyond that its own oldest answers go.

use serde::{Deserialize, Serialize};

use super::error::Error;
use super::read::Reader;
use super::record::{Blob, record};
use super::tables::{
    IDEMPOTENCY_BY_KEY, IDEMPOTENCY_BY_PRINCIPAL, IDEMPOTENCY_BY_TIME, IDEMPOTENCY_CONTENT_BY_KEY,
    IDEMPOTENCY_USE_BY_PRINCIPAL,
};
use super::write::WriteTx;

/// Bytes of content per row.
const PIECE_BYTES: usize = 60 * 1024;
/// Most pieces of one answer: 3.75 MiB, far above any answer of the API.
const MAX_PIECES: usize = 64;

/// The most answers that are kept for one principal.
pub const ANSWERS_MAX: u64 = 2_000;
/// The most bytes of answers that are kept for one principal: more than any one answer has.
pub const BYTES_MAX: u64 = 4 * 1024 * 1024;

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

/// What is kept for one principal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdempotencyUse {
    answers: u64,
    bytes: u64,
}

record!(IdempotencyUse, format 1);

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

/// Remembers `answer` under `key`, in place of an earlier one. The oldest answers of the same
/// principal make room.
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
    count(tx, key, answer)?;
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

/// Counts an answer against its principal's budget, and removes the oldest that are too many.
fn count(tx: &mut WriteTx<'_>, key: &IdempotencyKey, answer: &StoredAnswer) -> Result<(), Error> {
    let principal = &key.0;
    let bytes = [answer.content.len(), key.1.len(), key.2.len()].iter().sum::<usize>();
    let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
    let mut used = used(tx, principal)?;
    while used.answers >= ANSWERS_MAX || used.bytes.saturating_add(bytes) > BYTES_MAX {
        let oldest = tx.scan_prefix(IDEMPOTENCY_BY_PRINCIPAL, principal, 1)?.pop();
        let Some(((_, at, oldest), size)) = oldest else { break };
        remove(tx, &oldest)?;
        // It is gone already unless the answer itself was missing.
        if tx.remove(IDEMPOTENCY_BY_PRINCIPAL, &(principal.clone(), at, oldest))? {
            uncount(tx, principal, size)?;
        }
        used = self::used(tx, principal)?;
    }
    used.answers += 1;
    used.bytes += bytes;
    tx.put(IDEMPOTENCY_USE_BY_PRINCIPAL, principal, &used)?;
    let place = (principal.clone(), answer.created_at_ms, key.clone());
    tx.put(IDEMPOTENCY_BY_PRINCIPAL, &place, &bytes)
}

fn used(tx: &impl Reader, principal: &String) -> Result<IdempotencyUse, Error> {
    Ok(tx.get(IDEMPOTENCY_USE_BY_PRINCIPAL, principal)?.unwrap_or_default())
}

fn uncount(tx: &mut WriteTx<'_>, principal: &String, bytes: u64) -> Result<(), Error> {
    let mut used = used(tx, principal)?;
    used.answers = used.answers.saturating_sub(1);
    used.bytes = used.bytes.saturating_sub(bytes);
    if used.answers == 0 {
        tx.remove(IDEMPOTENCY_USE_BY_PRINCIPAL, principal)?;
        return Ok(());
    }
    tx.put(IDEMPOTENCY_USE_BY_PRINCIPAL, principal, &used)
}

fn remove(tx: &mut WriteTx<'_>, key: &IdempotencyKey) -> Result<(), Error> {
    let Some(head) = tx.get(IDEMPOTENCY_BY_KEY, key)? else { return Ok(()) };
    for number in 0..head.piece_count {
        tx.remove(IDEMPOTENCY_CONTENT_BY_KEY, &(key.clone(), number))?;
    }
    tx.remove(IDEMPOTENCY_BY_TIME, &(head.created_at_ms, key.clone()))?;
    tx.remove(IDEMPOTENCY_BY_KEY, key)?;
    let place = (key.0.clone(), head.created_at_ms, key.clone());
    if let Some(bytes) = tx.get(IDEMPOTENCY_BY_PRINCIPAL, &place)? {
        tx.remove(IDEMPOTENCY_BY_PRINCIPAL, &place)?;
        uncount(tx, &key.0, bytes)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Store;
    use super::*;

    fn key(name: &str) -> IdempotencyKey {
        ("shopper:1".into(), "POST /orders".into(), name.into())
    }

    fn answer(content: Vec<u8>, created_at_ms: i64) -> StoredAnswer {
        StoredAnswer { body_hash: [7; 32], status: 201, content, created_at_ms }
    }

    fn put(store: &Store, name: &str, answer: &StoredAnswer) -> Result<(), Error> {
        let (key, answer) = (key(name), answer.clone());
        store.write_blocking(move |tx| insert(tx, &key, &answer)).map_err(|_| Error::Closed)
    }

    fn rows(store: &Store) -> u64 {
        let size = store.size().unwrap();
        let of = |table: &&(&str, u64)| table.0.starts_with("IDEMPOTENCY");
        size.rows_by_table.iter().filter(of).map(|(_, rows)| rows).sum()
    }

    #[test]
    fn an_answer_is_found_again_whatever_its_size() {
        let store = Store::in_memory().unwrap();
        for bytes in [0, 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES] {
            let content: Vec<u8> = (0..=250).cycle().take(bytes).collect();
            let answer = answer(content, 5);
            put(&store, "k", &answer).unwrap();
            assert_eq!(store.read(|tx| find(tx, &key("k"))).unwrap(), Some(answer));
        }
        assert_eq!(store.read(|tx| find(tx, &key("kk"))).unwrap(), None);
        let too_large = answer(vec![0; PIECE_BYTES * MAX_PIECES + 1], 5);
        put(&store, "large", &too_large).unwrap_err();
        assert_eq!(store.read(|tx| find(tx, &key("large"))).unwrap(), None);
    }

    #[test]
    fn replacing_and_pruning_leave_nothing_behind() {
        let store = Store::in_memory().unwrap();
        put(&store, "a", &answer(vec![1; 3 * PIECE_BYTES], 10)).unwrap();
        put(&store, "a", &answer(vec![2], 30)).unwrap();
        assert_eq!(rows(&store), 5);
        put(&store, "b", &answer(vec![3; PIECE_BYTES + 1], 20)).unwrap();
        put(&store, "c", &answer(vec![], 20)).unwrap();
        let prune =
            |before, limit| store.write_blocking(move |tx| prune(tx, before, limit)).unwrap();
        assert_eq!(prune(20, 10), 0);
        assert_eq!(prune(21, 1), 1);
        assert_eq!(prune(21, 10), 1);
        assert_eq!(rows(&store), 5);
        assert!(store.read(|tx| find(tx, &key("a"))).unwrap().is_some());
        assert_eq!(prune(31, 10), 1);
        assert_eq!(rows(&store), 0);
    }

    #[test]
    fn a_principal_has_a_budget_of_bytes_and_its_oldest_answers_go() {
        let store = Store::in_memory().unwrap();
        let others = ("shopper:2".to_owned(), "POST /orders".to_owned(), "k".to_owned());
        let (theirs, small) = (others.clone(), answer(vec![1; 10], 1));
        store.write_blocking(move |tx| insert(tx, &theirs, &small)).unwrap();
        let is_kept = |name: &str| store.read(|tx| find(tx, &key(name))).unwrap().is_some();
        for time in 0..6 {
            put(&store, &time.to_string(), &answer(vec![9; 1024 * 1024], time)).unwrap();
        }
        assert_eq!(
            [0, 1, 2, 3, 4, 5].map(|time| is_kept(&time.to_string())),
            [false, false, false, true, true, true],
            "keys count too, so four do not fit"
        );
        assert!(store.read(|tx| find(tx, &others)).unwrap().is_some());
        put(&store, "5", &answer(vec![1], 6)).unwrap();
        put(&store, "6", &answer(vec![9; 1024 * 1024], 7)).unwrap();
        assert!(is_kept("3"), "what was replaced counts no more");
        store.write_blocking(|tx| prune(tx, 100, 100)).unwrap();
        assert_eq!(rows(&store), 0);
    }

    #[test]
    fn a_principal_has_so_many_answers() {
        let store = Store::in_memory().unwrap();
        let extra = 3;
        let all = i64::try_from(ANSWERS_MAX).unwrap() + extra;
        let fill = move |tx: &mut WriteTx<'_>| {
            (0..all).try_for_each(|time| insert(tx, &key(&time.to_string()), &answer(vec![], time)))
        };
        store.write_blocking(fill).unwrap();
        let is_kept =
            |time: i64| store.read(|tx| find(tx, &key(&time.to_string()))).unwrap().is_some();
        assert!(!is_kept(extra - 1) && is_kept(extra) && is_kept(all - 1));
    }
}
