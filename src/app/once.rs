//! Requests that must have their effect once: the answer is kept in the transaction of the
//! effect, and a repeat of the same request gets it again.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use super::{Error, Refusal, Result};
use crate::storage::idempotency::{self, StoredAnswer};
use crate::storage::{Reader, WriteTx};

/// How long an answer is kept.
pub const KEEP: SignedDuration = SignedDuration::from_hours(24);

/// Who repeats what: the key under which an answer is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// See [`super::Principal::key`].
    pub principal: String,
    /// Method and canonical route with its parameters, for example `POST /cart/7/items`.
    pub operation: String,
    /// What the client chose: 1 to 255 printable ASCII characters.
    pub key: String,
    /// SHA-256 of the query and body: the same key with another request is a client's mistake.
    pub body_hash: [u8; 32],
}

/// Writes a result down: status and body.
pub type Render<T> = Box<dyn FnOnce(&T) -> (u16, Vec<u8>) + Send>;

/// A request with an idempotency key, and how its answer is written down.
pub struct Once<T> {
    /// See [`Idempotency`].
    pub idempotency: Idempotency,
    /// The answer's status and body for a result.
    pub render: Render<T>,
}

impl<T> fmt::Debug for Once<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Once").field(&self.idempotency.operation).finish()
    }
}

/// What came of a request that may be a repeat.
#[derive(Debug)]
pub enum Outcome<T> {
    /// It was done now.
    Fresh(T),
    /// It had been done before; this was the answer.
    Replayed {
        /// Its status.
        status: u16,
        /// Its body.
        body: Vec<u8>,
    },
}

/// The answer that was given to this request before, for work that is more than one transaction:
/// the last of them keeps the answer by [`once`].
pub(super) fn kept<T>(
    tx: &impl Reader,
    request: &Once<T>,
    now: Timestamp,
) -> Result<Option<Outcome<T>>> {
    let Idempotency { principal, operation, key, body_hash } = &request.idempotency;
    let key = (principal.clone(), operation.clone(), key.clone());
    answered(tx, &key, *body_hash, now)
}

/// Does `work` unless its answer is kept, and keeps the answer. Without a key it just works.
pub(super) fn once<T>(
    tx: &mut WriteTx<'_>,
    request: Option<Once<T>>,
    now: Timestamp,
    work: impl FnOnce(&mut WriteTx<'_>) -> Result<T>,
) -> Result<Outcome<T>> {
    let Some(request) = request else {
        return work(tx).map(Outcome::Fresh);
    };
    let Idempotency { principal, operation, key, body_hash } = request.idempotency;
    let key = (principal, operation, key);
    if let Some(answer) = answered(tx, &key, body_hash, now)? {
        return Ok(answer);
    }
    let result = work(tx)?;
    let (status, content) = (request.render)(&result);
    let created_at_ms = now.as_millisecond();
    let answer = StoredAnswer { body_hash, status, content, created_at_ms };
    idempotency::insert(tx, &key, &answer)?;
    Ok(Outcome::Fresh(result))
}

/// The answer under this key, while it is kept and if it was for the same body.
fn answered<T>(
    tx: &impl Reader,
    key: &idempotency::IdempotencyKey,
    body_hash: [u8; 32],
    now: Timestamp,
) -> Result<Option<Outcome<T>>> {
    let kept = idempotency::find(tx, key)?;
    let Some(kept) = kept.filter(|it| it.created_at_ms > (now - KEEP).as_millisecond()) else {
        return Ok(None);
    };
    if kept.body_hash != body_hash {
        return Err(Error::Unprocessable(Refusal::new(
            "idempotency-key-reused",
            "this Idempotency-Key was used for another body: choose a new key",
        )));
    }
    Ok(Some(Outcome::Replayed { status: kept.status, body: kept.content }))
}
