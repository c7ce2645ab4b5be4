//! How much is searched, and what is not found.
//!
//! A search writes nothing: what it did not find is counted in memory, in a map of bounded size,
//! and a job adds the counts to the database in batches. A crash loses the last minute's.

use std::collections::HashMap;
use std::mem;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use super::{App, Result, Staff};
use crate::domain::searches::{MISS_DAYS_KEPT, MISSES_MAX, day_of, keepable};
use crate::storage::search_misses;

/// Most texts that are counted between two flushes; further ones are left out until the next.
const PENDING_MAX: usize = 1_000;

/// Counts of searches since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SearchCounts {
    /// Searches for a text.
    pub searches: u64,
    /// Those of them that found nothing.
    pub without_results: u64,
}

/// A text that finds nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissedSearch {
    /// The text, folded.
    pub query: String,
    /// How often it was searched for.
    pub count: u64,
    /// When for the last time.
    pub last_at: Timestamp,
}

#[derive(Debug, Default)]
pub(super) struct SearchLog {
    searches: AtomicU64,
    without_results: AtomicU64,
    pending: Mutex<HashMap<String, (u32, Timestamp)>>,
    /// The day on which what is too old was removed the last time.
    pruned_on: AtomicU32,
}

impl SearchLog {
    /// Counts a search.
    pub(super) fn count(&self, found_something: bool) {
        self.searches.fetch_add(1, Ordering::Relaxed);
        if !found_something {
            self.without_results.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Notes what was not found, if it may be kept.
    pub(super) fn missed(&self, query: &str, at: Timestamp) {
        let Some(text) = keepable(query) else { return };
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((count, last_at)) = pending.get_mut(&text) {
            *count = count.saturating_add(1);
            *last_at = at;
        } else if pending.len() < PENDING_MAX {
            pending.insert(text, (1, at));
        }
    }

    fn take(&self) -> HashMap<String, (u32, Timestamp)> {
        mem::take(&mut *self.pending.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts counts back that could not be written.
    fn give_back(&self, counts: HashMap<String, (u32, Timestamp)>) {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        for (text, (count, at)) in counts {
            if let Some((known, _)) = pending.get_mut(&text) {
                *known = known.saturating_add(count);
            } else if pending.len() < PENDING_MAX {
                pending.insert(text, (count, at));
            }
        }
    }
}

impl App {
    /// How much was searched since the start, for monitoring.
    pub fn search_counts(&self) -> SearchCounts {
        let log = &self.inner.searches;
        SearchCounts {
            searches: log.searches.load(Ordering::Relaxed),
            without_results: log.without_results.load(Ordering::Relaxed),
        }
    }

    /// Writes down what was not found since the last time, in one transaction.
    pub async fn flush_search_misses(&self) -> Result<()> {
        let counts = self.inner.searches.take();
        if counts.is_empty() {
            return Ok(());
        }
        let (rows, now) = (counts.clone(), self.now());
        let written = self
            .write(move |tx| {
                for (text, (count, at)) in &rows {
                    search_misses::add(tx, text, *count, *at)?;
                }
                if search_misses::count(tx)? > MISSES_MAX {
                    search_misses::prune(tx, now, PENDING_MAX)?;
                }
                Ok(())
            })
            .await;
        if written.is_err() {
            self.inner.searches.give_back(counts);
        }
        written
    }

    /// Removes what is too old to be kept, at most once a day.
    pub async fn prune_search_misses(&self) -> Result<()> {
        let (now, pruned) = (self.now(), &self.inner.searches.pruned_on);
        if pruned.load(Ordering::Relaxed) == day_of(now) {
            return Ok(());
        }
        self.write(move |tx| Ok(search_misses::prune(tx, now, MISSES_MAX)?)).await?;
        pruned.store(day_of(now), Ordering::Relaxed);
        Ok(())
    }

    /// What was searched for in the last `days` days and not found, most frequent first, and how
    /// many texts there are in all. Counts that are not written down yet are in it.
    pub async fn missed_searches(
        &self,
        _: &Staff,
        days: u32,
        offset: usize,
        limit: usize,
    ) -> Result<(Vec<MissedSearch>, usize)> {
        self.flush_search_misses().await?;
        let today = day_of(self.now());
        let from = today.saturating_sub(days.clamp(1, MISS_DAYS_KEPT) - 1);
        let mut found = self
            .scan(move |tx| {
                let mut found = Vec::new();
                search_misses::for_each(tx, |query, misses| {
                    let count = misses.since(from);
                    if count > 0 {
                        found.push(MissedSearch { query, count, last_at: misses.last_at });
                    }
                })?;
                Ok(found)
            })
            .await?;
        found.sort_unstable_by(|a, b| {
            b.count.cmp(&a.count).then(b.last_at.cmp(&a.last_at)).then(a.query.cmp(&b.query))
        });
        let total = found.len();
        Ok((found.into_iter().skip(offset).take(limit).collect(), total))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_and_counts_are_given_back() {
        let log = SearchLog::default();
        for n in 0..PENDING_MAX + 500 {
            log.missed(&format!("word {n}"), Timestamp::UNIX_EPOCH);
        }
        log.missed("word 7", Timestamp::UNIX_EPOCH);
        log.missed("4111 1111 1111 1111", Timestamp::UNIX_EPOCH);
        let counts = log.take();
        assert_eq!((counts.len(), counts["word 7"].0), (PENDING_MAX, 2));
        log.missed("WORD 7", Timestamp::UNIX_EPOCH);
        log.give_back(counts);
        let counts = log.take();
        assert_eq!((counts.len(), counts["word 7"].0), (PENDING_MAX, 3));
        assert!(log.take().is_empty());
    }
}
