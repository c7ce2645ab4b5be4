//! What was searched for and not found: counts by text, at most [`MISSES_MAX`] of them.

use std::ops::ControlFlow;

use jiff::Timestamp;

use super::error::Error;
use super::read::Reader;
use super::tables::SEARCH_MISS_BY_TEXT;
use super::write::WriteTx;
use crate::domain::searches::{MISS_DAYS_KEPT, MISSES_MAX, Misses, day_of};

/// Adds to a text's count.
pub fn add(tx: &mut WriteTx<'_>, text: &str, count: u32, at: Timestamp) -> Result<(), Error> {
    let key = text.to_owned();
    let mut misses = tx.get(SEARCH_MISS_BY_TEXT, &key)?.unwrap_or_else(Misses::none);
    misses.add(count, at);
    tx.put(SEARCH_MISS_BY_TEXT, &key, &misses)
}

/// How many texts there are.
pub fn count(tx: &impl Reader) -> Result<usize, Error> {
    Ok(usize::try_from(tx.len(SEARCH_MISS_BY_TEXT)?).unwrap_or(usize::MAX))
}

/// All texts with their counts.
pub fn for_each(tx: &impl Reader, mut visit: impl FnMut(String, Misses)) -> Result<(), Error> {
    tx.for_each(SEARCH_MISS_BY_TEXT, .., |text, misses| {
        visit(text, misses);
        Ok(ControlFlow::Continue(()))
    })
}

/// Removes texts that nobody looked for lately and, when there are too many, the rarest and of
/// those the oldest; at most `limit`. How many.
///
/// Reads the whole table, which has a few more than [`MISSES_MAX`] rows at most.
pub fn prune(tx: &mut WriteTx<'_>, now: Timestamp, limit: usize) -> Result<usize, Error> {
    let oldest = day_of(now).saturating_sub(MISS_DAYS_KEPT);
    let (mut stale, mut kept) = (Vec::new(), Vec::new());
    for_each(tx, |text, misses| match misses.since(oldest) {
        0 => stale.push(text),
        count => kept.push((count, misses.last_at, text)),
    })?;
    let excess = kept.len().saturating_sub(MISSES_MAX);
    if excess > 0 {
        kept.select_nth_unstable(excess - 1);
        stale.extend(kept.drain(..excess).map(|(.., text)| text));
    }
    stale.truncate(limit);
    for text in &stale {
        tx.remove(SEARCH_MISS_BY_TEXT, text)?;
    }
    Ok(stale.len())
}

#[cfg(test)]
mod tests {
    use super::super::Store;
    use super::*;

    #[test]
    fn the_table_stays_small_and_keeps_what_is_frequent() {
        let store = Store::in_memory().unwrap();
        let at = |day: i64| Timestamp::from_second(day * 86_400).unwrap();
        let texts = MISSES_MAX + 300;
        for part in (0..texts).collect::<Vec<_>>().chunks(1_000) {
            let part = part.to_vec();
            let add_all = move |tx: &mut WriteTx<'_>| {
                part.iter().try_for_each(|n| {
                    let count = if *n < 10 { 5 } else { 1 };
                    add(tx, &format!("text {n:05}"), count, at(if *n < 20 { 100 } else { 101 }))
                })
            };
            store.write_blocking(add_all).unwrap();
        }
        let left = || {
            let mut left = Vec::new();
            store.read(|tx| for_each(tx, |text, _| left.push(text))).unwrap();
            left
        };
        let prune = |day, limit| store.write_blocking(move |tx| prune(tx, at(day), limit)).unwrap();
        assert_eq!(prune(101, 1_000), 300);
        let now = left();
        assert_eq!(now.len(), MISSES_MAX);
        assert_eq!(&now[..2], ["text 00000", "text 00001"], "frequent ones stay");
        assert!(!now.contains(&"text 00010".to_owned()), "rare and old ones go first");
        assert_eq!(prune(101, 1_000), 0);
        assert_eq!(prune(191, 1_000), 10, "what nobody looks for any more");
        assert_eq!(prune(400, 100), 100, "bounded");
    }
}
