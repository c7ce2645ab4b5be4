//! The audit log and its two marks: the newest entry (`head`) and the last that retention removed
//! (`base`). An entry and the head move in one command, so a log that ends before its head was
//! cut.

use std::ops::ControlFlow;

use jiff::Timestamp;

use super::error::Error;
use super::read::Reader;
use super::tables::{AUDIT_BY_SEQ, AUDIT_MARK_BY_NAME};
use super::write::WriteTx;
use crate::domain::audit::{ChainCheck, ChainReport, Entry, Event, Mark, PRUNED};

const HEAD: &str = "head";
const BASE: &str = "base";
/// Retention waits until so many entries are due: each time leaves an entry of its own.
const PRUNE_STEP: u64 = 1_000;
/// How many entries are read at a time while going through the log.
const PAGE: usize = 256;

fn mark(tx: &impl Reader, name: &str) -> Result<Option<Mark>, Error> {
    tx.get(AUDIT_MARK_BY_NAME, &name.to_owned())
}

/// The newest entry's place; `None` while there never was one.
pub fn head(tx: &impl Reader) -> Result<Option<Mark>, Error> {
    mark(tx, HEAD)
}

/// How many entries there are.
pub fn count(tx: &impl Reader) -> Result<u64, Error> {
    tx.len(AUDIT_BY_SEQ)
}

/// Writes what was done behind the newest entry.
pub fn append(tx: &mut WriteTx<'_>, event: Event) -> Result<Entry, Error> {
    let entry = Entry::after(head(tx)?.unwrap_or_else(Mark::genesis), event);
    tx.put(AUDIT_BY_SEQ, &entry.seq, &entry)?;
    tx.put(AUDIT_MARK_BY_NAME, &HEAD.to_owned(), &entry.mark())?;
    Ok(entry)
}

/// Entries from `seq` on, oldest first, at most `limit`.
pub fn since(tx: &impl Reader, seq: u64, limit: usize) -> Result<Vec<Entry>, Error> {
    let rows = tx.scan(AUDIT_BY_SEQ, seq.., limit)?;
    Ok(rows.into_iter().map(|(_, entry)| entry).collect())
}

/// Hands entries to `visit`, newest first, from the one before `before` on, until it returns
/// `false`.
pub fn newest_first(
    tx: &impl Reader,
    mut before: u64,
    mut visit: impl FnMut(Entry) -> bool,
) -> Result<(), Error> {
    loop {
        let rows = tx.scan_rev(AUDIT_BY_SEQ, ..before, PAGE)?;
        let Some((last, _)) = rows.last() else { return Ok(()) };
        before = *last;
        for (_, entry) in rows {
            if !visit(entry) {
                return Ok(());
            }
        }
    }
}

/// Removes the oldest entries beyond the newest `keep`, at most `limit`, and leaves an entry that
/// says up to where; how many.
pub fn prune(
    tx: &mut WriteTx<'_>,
    keep: u64,
    limit: usize,
    now: Timestamp,
) -> Result<usize, Error> {
    let over = count(tx)?.saturating_sub(keep);
    if over < PRUNE_STEP {
        return Ok(0);
    }
    let limit = limit.min(usize::try_from(over).unwrap_or(usize::MAX));
    let old = tx.scan(AUDIT_BY_SEQ, .., limit)?;
    let Some((_, last)) = old.last() else { return Ok(0) };
    let base = last.mark();
    for (seq, _) in &old {
        tx.remove(AUDIT_BY_SEQ, seq)?;
    }
    tx.put(AUDIT_MARK_BY_NAME, &BASE.to_owned(), &base)?;
    let event = Event {
        at: now,
        actor: "system".to_owned(),
        actor_name: None,
        from: None,
        action: PRUNED.to_owned(),
        target: "audit".to_owned(),
        before: None,
        after: Some(base.to_json()),
    };
    append(tx, event)?;
    Ok(old.len())
}

/// Goes through the whole log. Many rows: for threads that may block.
pub fn check(tx: &impl Reader) -> Result<ChainReport, Error> {
    let mut check = ChainCheck::default();
    tx.for_each(AUDIT_BY_SEQ, .., |seq, entry| {
        check.entry(seq, &entry);
        Ok::<_, Error>(ControlFlow::Continue(()))
    })?;
    Ok(check.finish(mark(tx, BASE)?, mark(tx, HEAD)?))
}

/// The same check for rows on their way into or out of an archive.
#[derive(Debug, Clone, Default)]
pub struct RowCheck {
    check: ChainCheck,
    head: Option<Mark>,
    base: Option<Mark>,
}

impl RowCheck {
    /// Looks at a row of any table; a table's rows come in the order of their keys.
    pub fn row(&mut self, table: &str, key: &[u8], value: &[u8]) -> Result<(), Error> {
        if table == AUDIT_BY_SEQ.name() {
            let seq = AUDIT_BY_SEQ.decode_key(key)?;
            self.check.entry(seq, &AUDIT_BY_SEQ.decode_value(value)?);
        } else if table == AUDIT_MARK_BY_NAME.name() {
            let mark = Some(AUDIT_MARK_BY_NAME.decode_value(value)?);
            match AUDIT_MARK_BY_NAME.decode_key(key)?.as_str() {
                HEAD => self.head = mark,
                BASE => self.base = mark,
                _ => {}
            }
        }
        Ok(())
    }

    /// What the rows came to.
    pub fn finish(self) -> ChainReport {
        self.check.finish(self.base, self.head)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Store;
    use super::*;

    fn event(number: u64) -> Event {
        Event {
            at: "2026-11-20T12:00:00Z".parse().unwrap(),
            actor: "user:1".into(),
            actor_name: Some("ann".into()),
            from: Some("::1".into()),
            action: "product.update".into(),
            target: format!("product:{number}"),
            before: None,
            after: Some("{}".into()),
        }
    }

    fn shop(entries: u64) -> Store {
        let store = Store::in_memory().unwrap();
        let fill = move |tx: &mut WriteTx<'_>| {
            (1..=entries).try_for_each(|number| append(tx, event(number)).map(drop))
        };
        store.write_blocking::<_, Error, _>(fill).unwrap();
        store
    }

    /// What both ways of checking say, which must agree.
    fn fault(store: &Store) -> Option<u64> {
        let report = store.read(check).unwrap();
        let mut rows = RowCheck::default();
        store.export_tables(|table, key, value| rows.row(table, key, value)).unwrap();
        assert_eq!(rows.finish(), report);
        report.fault.map(|fault| fault.seq)
    }

    fn change(
        store: &Store,
        change: impl FnOnce(&mut WriteTx<'_>) -> Result<(), Error> + Send + 'static,
    ) {
        store.write_blocking(change).unwrap();
    }

    #[test]
    fn a_tampered_row_is_found() {
        let store = shop(10);
        assert_eq!(fault(&store), None);
        change(&store, |tx| {
            let mut entry = tx.get(AUDIT_BY_SEQ, &4)?.unwrap();
            entry.event.actor_name = Some("bob".into());
            tx.put(AUDIT_BY_SEQ, &4, &entry)
        });
        assert_eq!(fault(&store), Some(4));
    }

    #[test]
    fn a_cut_end_is_found() {
        let store = shop(10);
        change(&store, |tx| {
            tx.remove(AUDIT_BY_SEQ, &9)?;
            tx.remove(AUDIT_BY_SEQ, &10).map(drop)
        });
        assert_eq!(fault(&store), Some(9));
        change(&store, |tx| append(tx, event(11)).map(drop));
        assert_eq!(fault(&store), Some(9), "and stays found");
    }

    #[test]
    fn a_refused_command_leaves_no_entry() {
        let store = shop(2);
        let refused = store.write_blocking(|tx| {
            append(tx, event(3))?;
            Err::<(), _>(Error::Closed)
        });
        assert!(refused.is_err());
        assert_eq!((store.read(count).unwrap(), fault(&store)), (2, None));
    }

    #[test]
    fn retention_keeps_the_chain() {
        let store = shop(2_500);
        let now = "2026-11-20T12:00:00Z".parse().unwrap();
        let prune =
            |keep, limit| store.write_blocking(move |tx| prune(tx, keep, limit, now)).unwrap();
        assert_eq!(prune(2_000, 400), 0, "not worth an entry yet");
        assert_eq!(prune(1_000, 400), 400);
        assert_eq!(prune(1_000, 1_000), 1_000);
        assert_eq!(prune(1_000, 1_000), 0);
        assert_eq!(fault(&store), None);
        assert_eq!(store.read(|tx| since(tx, 0, 1)).unwrap()[0].seq, 1_401);
        change(&store, |tx| tx.remove(AUDIT_BY_SEQ, &1_401).map(drop));
        assert_eq!(fault(&store), Some(1_401), "a beginning that somebody else cut");
    }

    #[test]
    fn entries_are_read_from_either_end() {
        let store = shop(600);
        let mut seen = Vec::new();
        store
            .read(|tx| {
                newest_first(tx, u64::MAX, |entry| {
                    seen.push(entry.seq);
                    entry.seq > 10
                })
            })
            .unwrap();
        assert_eq!((seen.len(), seen[0], seen[590]), (591, 600, 10));
        let some = store.read(|tx| since(tx, 599, 10)).unwrap();
        assert_eq!(some.len(), 2);
    }
}
