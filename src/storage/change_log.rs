//! What changed, in the order in which it did.
//!
//! An event is written in the transaction of its effect, so the log knows neither more nor less
//! than the tables. Followers (the search index, live events) each keep the sequence number they
//! have read up to. Numbers count up from 1 and are never given out twice: the newest entry is
//! never pruned, so the next number is always its successor.

use super::error::Error;
use super::read::Reader;
use super::record::{Record, RecordError};
use super::table::Table;
use super::tables::CHANGE_BY_SEQ;
use super::write::WriteTx;

/// The log as a table of a given type of event.
const fn log_of<C>() -> Table<u64, C> {
    Table::new(CHANGE_BY_SEQ.name())
}

pub(super) fn append<C: Record>(tx: &mut WriteTx<'_>, change: &C) -> Result<u64, Error> {
    let seq = last_seq(tx)? + 1;
    tx.put(log_of(), &seq, change)?;
    Ok(seq)
}

/// The newest event's number; 0 if nothing ever happened.
pub fn last_seq(tx: &(impl Reader + ?Sized)) -> Result<u64, Error> {
    Ok(tx.last(CHANGE_BY_SEQ)?.map_or(0, |(seq, _)| seq))
}

/// The oldest event's number that is still there; 0 if nothing ever happened.
///
/// A follower that has read up to less than this minus one has missed events and must rebuild
/// from the tables.
pub fn first_seq(tx: &impl Reader) -> Result<u64, Error> {
    Ok(tx.first(CHANGE_BY_SEQ)?.map_or(0, |(seq, _)| seq))
}

/// The events after `seq`, oldest first, at most `limit`.
pub fn changes_since<C: Record>(
    tx: &impl Reader,
    seq: u64,
    limit: usize,
) -> Result<Vec<(u64, C)>, Error> {
    match seq.checked_add(1) {
        Some(next) => tx.scan(log_of(), next.., limit),
        None => Ok(Vec::new()),
    }
}

/// Removes the events before `keep_from_seq`, at most `limit`, and tells how many. The newest
/// event always stays.
pub fn prune(tx: &mut WriteTx<'_>, keep_from_seq: u64, limit: usize) -> Result<usize, Error> {
    let end = keep_from_seq.min(last_seq(tx)?);
    let old = tx.scan(CHANGE_BY_SEQ, ..end, limit)?;
    for (seq, _) in &old {
        tx.remove(CHANGE_BY_SEQ, seq)?;
    }
    Ok(old.len())
}

/// An event of any type and format, its content left alone: what the log is to code that only
/// counts or copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnyChange;

impl Record for AnyChange {
    const FORMAT: u8 = u8::MAX;

    fn encode(&self, _out: &mut Vec<u8>) -> Result<(), RecordError> {
        Err(RecordError::Malformed("an event needs its own type".into()))
    }

    fn decode(_format: u8, _body: &[u8]) -> Result<Self, RecordError> {
        Ok(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Store, WriteError};
    use super::*;

    fn log(store: &Store, text: &str) -> u64 {
        let text = text.to_owned();
        store.write_blocking(move |tx| tx.log(&text)).unwrap()
    }

    #[test]
    fn numbers_go_on_after_pruning() {
        let store = Store::in_memory().unwrap();
        assert_eq!(store.read(first_seq).unwrap(), 0);
        for (seq, text) in (1..).zip(["a", "b", "c", "d"]) {
            assert_eq!(log(&store, text), seq);
        }
        let prune = |from, limit| store.write_blocking(move |tx| prune(tx, from, limit)).unwrap();
        assert_eq!(prune(3, 1), 1);
        assert_eq!(prune(3, 10), 1);
        assert_eq!(prune(3, 10), 0);
        assert_eq!(store.read(first_seq).unwrap(), 3);
        assert_eq!(prune(u64::MAX, 10), 1, "the newest stays");
        assert_eq!(log(&store, "e"), 5);
        let changes = store.read(|tx| changes_since::<String>(tx, 0, 10)).unwrap();
        assert_eq!(changes, [(4, "d".to_owned()), (5, "e".to_owned())]);
    }

    #[test]
    fn followers_read_on_from_where_they_were() {
        let store = Store::in_memory().unwrap();
        let mut follower = store.subscribe();
        assert!(!follower.has_changed().unwrap());
        for text in ["a", "b", "c"] {
            log(&store, text);
        }
        assert_eq!(*follower.borrow_and_update(), 3);
        let since = |seq, limit| store.read(|tx| changes_since::<String>(tx, seq, limit)).unwrap();
        assert_eq!(since(1, 1), [(2, "b".to_owned())]);
        assert_eq!(since(2, 10), [(3, "c".to_owned())]);
        assert_eq!(since(3, 10), []);
        assert_eq!(since(u64::MAX, 10), []);
    }

    #[test]
    fn a_refused_command_logs_nothing() {
        let store = Store::in_memory().unwrap();
        let follower = store.subscribe();
        let refused = store.write_blocking(|tx| {
            tx.log(&"lost".to_owned())?;
            Err::<(), _>(Error::Closed)
        });
        assert!(matches!(refused, Err(WriteError::Refused(Error::Closed))));
        assert!(!follower.has_changed().unwrap());
        assert_eq!(log(&store, "kept"), 1);
    }
}
