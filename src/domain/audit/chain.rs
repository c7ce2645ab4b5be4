//! Whether a log is whole: entry by entry, then against its marks.

use serde::Serialize;

use super::{Entry, Mark, PRUNED, to_hex};

/// Where a log is broken first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainFault {
    /// The number of the first entry that cannot be relied on.
    pub seq: u64,
    /// What is wrong there.
    pub detail: String,
}

/// What a check of a log found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainReport {
    /// How many entries there are.
    pub entries: u64,
    /// The newest entry's number. Write it down with the hash, elsewhere: a log that is replaced
    /// as a whole shows only by comparison.
    pub head_seq: u64,
    /// The newest entry's hash.
    pub head_hash: String,
    /// The first thing that is wrong, if anything is.
    pub fault: Option<ChainFault>,
}

/// Goes through a log from its oldest entry to its newest.
#[derive(Debug, Clone, Default)]
pub struct ChainCheck {
    entries: u64,
    /// What the first entry says it follows.
    begin: Option<Mark>,
    last: Option<Mark>,
    /// The removed beginning, as the newest entry about it tells.
    witnessed: Option<Mark>,
    fault: Option<ChainFault>,
}

impl ChainCheck {
    /// Looks at the next entry, which stands at `key`.
    pub fn entry(&mut self, key: u64, entry: &Entry) {
        self.entries += 1;
        if self.fault.is_some() {
            return;
        }
        let before = Mark { seq: key.saturating_sub(1), hash: entry.prev_hash };
        let last = self.last.unwrap_or_else(|| *self.begin.insert(before));
        if key != last.seq + 1 {
            let detail = format!("it is missing: the next one is {key}");
            return self.broken(last.seq + 1, detail);
        }
        if entry.seq != key || entry.hash != entry.computed_hash() {
            return self.broken(key, "its content was altered");
        }
        if entry.prev_hash != last.hash {
            return self.broken(key, "it does not follow the entry before it");
        }
        if entry.event.action == PRUNED {
            self.witnessed = entry.event.after.as_deref().and_then(mark_of);
        }
        self.last = Some(entry.mark());
    }

    /// Compares what was seen with the marks kept beside the log: `base`, the last entry that
    /// retention removed, and `head`, the newest.
    pub fn finish(mut self, base: Option<Mark>, head: Option<Mark>) -> ChainReport {
        let expected_base = self.witnessed.unwrap_or_else(Mark::genesis);
        let begin = self.begin.unwrap_or_else(Mark::genesis);
        let last = self.last.unwrap_or(begin);
        if self.fault.is_none() {
            self.compare(base.unwrap_or_else(Mark::genesis), expected_base, begin);
        }
        if self.fault.is_none() {
            match head {
                None if self.entries == 0 => {}
                None => self.broken(last.seq, "the mark of the newest entry is missing"),
                Some(head) if head.seq > last.seq => {
                    let detail = format!("the end is cut off: the log went on to {}", head.seq);
                    self.broken(last.seq + 1, detail);
                }
                Some(head) if head.seq < last.seq => {
                    self.broken(head.seq + 1, "it was put in from outside");
                }
                Some(head) if head != last => {
                    self.broken(last.seq, "it is not the entry that was written");
                }
                Some(_) => {}
            }
        }
        ChainReport {
            entries: self.entries,
            head_seq: last.seq,
            head_hash: to_hex(&last.hash),
            fault: self.fault,
        }
    }

    fn compare(&mut self, base: Mark, expected: Mark, begin: Mark) {
        if begin.seq > expected.seq {
            let detail = format!("the beginning is cut off: the first one is {}", begin.seq + 1);
            self.broken(expected.seq + 1, detail);
        } else if begin != expected || base != expected {
            self.broken(begin.seq + 1, "it does not follow what retention removed");
        }
    }

    fn broken(&mut self, seq: u64, detail: impl Into<String>) {
        self.fault.get_or_insert_with(|| ChainFault { seq, detail: detail.into() });
    }
}

impl ChainReport {
    /// One sentence about the fault, if there is one.
    pub fn complaint(&self) -> Option<String> {
        let ChainFault { seq, detail } = self.fault.as_ref()?;
        Some(format!("the audit log is broken at entry {seq}: {detail}"))
    }
}

/// Reads what [`Mark::to_json`] wrote.
fn mark_of(json: &str) -> Option<Mark> {
    let value: serde_json::Value = serde_json::from_str(json).ok()?;
    let (seq, hex) = (value["through_seq"].as_u64()?, value["hash"].as_str()?);
    let mut hash = [0; 32];
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    for (index, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(Mark { seq, hash })
}

#[cfg(test)]
mod tests {
    use super::super::Event;
    use super::*;

    fn event(action: &str, after: Option<String>) -> Event {
        Event {
            at: "2026-11-20T12:00:00Z".parse().unwrap(),
            actor: "system".into(),
            actor_name: None,
            from: None,
            action: action.into(),
            target: "product:1".into(),
            before: None,
            after,
        }
    }

    /// A log of this many entries.
    fn log(length: u64) -> Vec<Entry> {
        let mut last = Mark::genesis();
        let entries = (0..length).map(|_| {
            let entry = Entry::after(last, event("product.update", None));
            last = entry.mark();
            entry
        });
        entries.collect()
    }

    fn check(log: &[Entry], base: Option<Mark>, head: Option<Mark>) -> ChainReport {
        let mut check = ChainCheck::default();
        for entry in log {
            check.entry(entry.seq, entry);
        }
        check.finish(base, head)
    }

    fn fault(log: &[Entry], base: Option<Mark>, head: Option<Mark>) -> u64 {
        check(log, base, head).fault.expect("it is broken").seq
    }

    #[test]
    fn a_whole_log_is_whole() {
        assert_eq!(check(&[], None, None).fault, None);
        let log = log(5);
        let report = check(&log, None, Some(log[4].mark()));
        assert_eq!((report.entries, report.head_seq, &report.fault), (5, 5, &None));
        assert_eq!(report.head_hash, to_hex(&log[4].hash));
    }

    #[test]
    fn the_first_broken_entry_is_named() {
        let whole = log(5);
        let head = Some(whole[4].mark());
        let broken = |change: fn(&mut Vec<Entry>)| {
            let mut log = whole.clone();
            change(&mut log);
            fault(&log, None, head)
        };
        assert_eq!(broken(|log| log[2].event.target = "product:2".into()), 3);
        // An altered entry whose hash was made to fit no longer carries the next one.
        let forged = broken(|log| {
            log[2].event.target = "product:2".into();
            log[2].hash = log[2].computed_hash();
        });
        assert_eq!(forged, 4);
        assert_eq!(broken(|log| drop(log.remove(2))), 3);
        assert_eq!(broken(|log| log.truncate(3)), 4);
        assert_eq!(broken(Vec::clear), 1);
        assert_eq!(broken(|log| drop(log.drain(..2))), 1);
        let grown = broken(|log| {
            let more = Entry::after(log[4].mark(), event("product.delete", None));
            log.push(more);
        });
        assert_eq!(grown, 6);
        assert_eq!(fault(&whole, None, None), 5);
        let other = Mark { seq: 5, hash: [0; 32] };
        assert_eq!(fault(&whole, None, Some(other)), 5);
    }

    #[test]
    fn a_beginning_that_retention_removed_is_witnessed() {
        let mut whole = log(5);
        let base = whole[2].mark();
        let witness = Entry::after(whole[4].mark(), event(PRUNED, Some(base.to_json())));
        whole.push(witness);
        let head = Some(whole[5].mark());
        let kept = &whole[3..];
        assert_eq!(check(kept, Some(base), head).fault, None);
        assert_eq!(fault(kept, None, head), 4, "the mark is missing");
        assert_eq!(fault(&whole[4..], Some(whole[3].mark()), head), 4, "one more is cut off");
        assert_eq!(fault(&whole, None, head), 1, "what was removed is back");
    }
}
