//! The words that the catalogue knows: completes unfinished ones and corrects misspelt ones.
//!
//! The words come from the term dictionaries of the index's segments. Those still hold the words
//! of documents deleted since the last merge, so a caller checks that a word leads somewhere.

use std::collections::BTreeMap;

use tantivy::query::FuzzyTermQuery;
use tantivy::{Searcher, Term};

use super::index::Fields;
use super::text::QueryWord;

/// Most completions of an unfinished word.
const COMPLETIONS_MAX: usize = 24;
/// Most dictionary entries read for them, in each segment.
const COMPLETION_SCAN_MAX: usize = 4_000;
/// Most corrections of a misspelt word.
const CORRECTIONS_MAX: usize = 5;
/// Shortest word that is corrected, in letters.
const CORRECTED_LETTERS_MIN: usize = 4;
/// Shortest unfinished word that is corrected to the beginning of another, in letters.
const BEGINNING_LETTERS_MIN: usize = 5;
/// Shortest word in which two errors are corrected, in letters.
const TWO_ERRORS_LETTERS_MIN: usize = 8;

/// A view of one committed state of the index.
pub(super) struct Vocabulary<'s> {
    pub(super) searcher: &'s Searcher,
    pub(super) fields: Fields,
}

impl Vocabulary<'_> {
    /// Whether the catalogue uses the word, or another form of it.
    pub(super) fn knows(&self, word: &QueryWord) -> tantivy::Result<bool> {
        let stems = self.fields.weighted().map(|(field, _)| (field, &word.stem));
        let whole = [(self.fields.words, &word.text), (self.fields.coded().0, &word.text)];
        for (field, text) in whole.into_iter().chain(stems) {
            if self.searcher.doc_freq(&Term::from_field_text(field, text))? > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Longer words that begin like this, the most frequent first.
    pub(super) fn completions(&self, beginning: &str) -> tantivy::Result<Vec<String>> {
        let mut found = BTreeMap::new();
        for segment in self.searcher.segment_readers() {
            let words = segment.inverted_index(self.fields.words)?;
            let mut stream = words.terms().range().gt(beginning).into_stream()?;
            for _ in 0..COMPLETION_SCAN_MAX {
                if !stream.advance() || !stream.key().starts_with(beginning.as_bytes()) {
                    break;
                }
                count(&mut found, stream.key(), stream.value().doc_freq);
            }
        }
        Ok(most_frequent(found, COMPLETIONS_MAX))
    }

    /// Words that `word` may be a misspelling of: those with the fewest errors between (a letter
    /// more, less or other, or two swapped; Damerau, 1964), the most frequent first.
    ///
    /// When there are none and the word is unfinished, words that begin with a misspelling of it.
    /// Numbers and codes are never corrected: a similar one means something else.
    pub(super) fn corrections(&self, word: &QueryWord) -> tantivy::Result<Vec<String>> {
        let QueryWord { text, is_open, .. } = word;
        let letters = text.chars().count();
        if letters < CORRECTED_LETTERS_MIN || !text.chars().all(char::is_alphabetic) {
            return Ok(Vec::new());
        }
        let errors_max = if letters >= TWO_ERRORS_LETTERS_MIN { 2 } else { 1 };
        let term = || Term::from_field_text(self.fields.words, text);
        for errors in 1..=errors_max {
            let found = self.near(text, &FuzzyTermQuery::new(term(), errors, true))?;
            if !found.is_empty() {
                return Ok(found);
            }
        }
        if *is_open && letters >= BEGINNING_LETTERS_MIN {
            return self.near(text, &FuzzyTermQuery::new_prefix(term(), 1, true));
        }
        Ok(Vec::new())
    }

    fn near(&self, word: &str, near: &FuzzyTermQuery) -> tantivy::Result<Vec<String>> {
        let mut found = BTreeMap::new();
        for segment in self.searcher.segment_readers() {
            let words = segment.inverted_index(self.fields.words)?;
            let mut stream = words.terms().search(near.automaton()?).into_stream()?;
            while stream.advance() {
                count(&mut found, stream.key(), stream.value().doc_freq);
            }
        }
        found.remove(word);
        found.retain(|candidate, _| candidate.chars().all(char::is_alphabetic));
        Ok(most_frequent(found, CORRECTIONS_MAX))
    }
}

fn count(found: &mut BTreeMap<String, u64>, word: &[u8], documents: u32) {
    if let Ok(word) = std::str::from_utf8(word) {
        *found.entry(word.to_owned()).or_default() += u64::from(documents);
    }
}

fn most_frequent(found: BTreeMap<String, u64>, limit: usize) -> Vec<String> {
    let mut found: Vec<_> = found.into_iter().collect();
    // The sort is stable, so words of one frequency stay in alphabetical order.
    found.sort_by_key(|(_, documents)| std::cmp::Reverse(*documents));
    found.truncate(limit);
    found.into_iter().map(|(word, _)| word).collect()
}
