//! The words that the catalogue knows: completes unfinished ones and corrects misspelt ones.
//!
//! The words come from the term dictionaries of the index's segments. Those still hold the words
//! of documents deleted since the last merge, so a caller checks that a word leads somewhere.
//!
//! Which word was meant is a bet: how often the catalogue uses a word against how likely the slip
//! is that leads from it to what was typed (Kernighan, Church and Gale, 1990). Two letters that
//! changed places and a letter that is missing are the likely slips: each word has a few of those,
//! but very many with one wrong letter.

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
const CORRECTIONS_MAX: usize = 3;
/// Shortest word that is corrected, in letters.
const CORRECTED_LETTERS_MIN: usize = 4;
/// Shortest unfinished word that is corrected to the beginning of another, in letters.
const BEGINNING_LETTERS_MIN: usize = 5;
/// Shortest word in which two errors are corrected, in letters.
const TWO_ERRORS_LETTERS_MIN: usize = 7;
/// Shortest half of two words that were written as one, in letters.
const HALF_LETTERS_MIN: usize = 2;
/// Shortest half of two words that were written as one with an error in the other, in letters.
const SURE_HALF_LETTERS_MIN: usize = 4;
/// Shortest word that is guessed with two errors when nothing else is left, in letters.
const GUESSED_LETTERS_MIN: usize = 5;

/// What a slip costs, in logarithms of how much rarer than a missing letter it is.
mod cost {
    /// Two letters changed places.
    pub(super) const SWAPPED: f32 = 0.2;
    /// A letter is missing.
    pub(super) const MISSING: f32 = 0.5;
    /// A letter is missing that is doubled.
    pub(super) const MISSING_DOUBLE: f32 = 0.0;
    /// A letter was typed twice.
    pub(super) const DOUBLED: f32 = 0.8;
    /// A letter too many.
    pub(super) const EXTRA: f32 = 2.6;
    /// Another letter that is beside it on the keyboard, or another vowel.
    pub(super) const NEAR: f32 = 2.0;
    /// Any other letter.
    pub(super) const OTHER: f32 = 3.0;
    /// More when it is the first letter, which people rarely get wrong.
    pub(super) const FIRST: f32 = 0.5;
    /// A space that is missing.
    pub(super) const SPACE: f32 = 1.0;
    /// An unfinished word, when the query was sent.
    pub(super) const UNFINISHED: f32 = 1.5;
}

/// A word that may have been meant.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Candidate {
    /// As the vocabulary spells it; with a space when it is two.
    pub(super) word: String,
    /// How many products use it.
    pub(super) documents: u64,
    /// How good a bet it is; differences are logarithms of odds.
    pub(super) odds: f32,
    /// It goes on as the word begins, so that nothing is wrong with the word.
    pub(super) is_completion: bool,
}

/// A view of one committed state of the index.
pub(super) struct Vocabulary<'s> {
    pub(super) searcher: &'s Searcher,
    pub(super) fields: Fields,
}

impl Vocabulary<'_> {
    /// How many products use a word as it is spelt, counting deleted ones.
    pub(super) fn documents(&self, word: &str) -> tantivy::Result<u64> {
        self.searcher.doc_freq(&Term::from_field_text(self.fields.words, word))
    }

    /// Longer words that begin like this, the most frequent first.
    pub(super) fn completions(&self, beginning: &str) -> tantivy::Result<Vec<(String, u64)>> {
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
        let mut found: Vec<_> = found.into_iter().collect();
        // The sort is stable, so words of one frequency stay in alphabetical order.
        found.sort_by_key(|(_, documents)| std::cmp::Reverse(*documents));
        found.truncate(COMPLETIONS_MAX);
        Ok(found)
    }

    /// Words that `word` may be a misspelling of, the best bet first: those with one error between
    /// (a letter more, less or other, or two swapped; Damerau, 1964), in a long word two when none
    /// has one; two words that were written as one; and what an unfinished word may become.
    ///
    /// Numbers and codes are never corrected: a similar one means something else.
    pub(super) fn corrections(&self, word: &QueryWord) -> tantivy::Result<Vec<Candidate>> {
        let QueryWord { text, is_open, .. } = word;
        let letters = text.chars().count();
        let mut found = Vec::new();
        if !text.chars().all(char::is_alphabetic) {
            return Ok(found);
        }
        if *is_open {
            for (word, documents) in self.completions(text)? {
                let odds = ln(documents) - cost::UNFINISHED;
                found.push(Candidate { word, documents, odds, is_completion: true });
            }
        }
        if letters >= CORRECTED_LETTERS_MIN {
            found.extend(self.near(text, 1)?);
            found.extend(self.split(text)?);
            if found.is_empty() && letters >= TWO_ERRORS_LETTERS_MIN {
                found.extend(self.near(text, 2)?);
                found.extend(self.split_near(text)?);
            }
            if found.is_empty() && *is_open && letters >= BEGINNING_LETTERS_MIN {
                found.extend(self.near_beginnings(text)?);
            }
        }
        Ok(best(found))
    }

    /// Words that `word` may have been when it cannot be what it seems: those with two errors
    /// between, and what an unfinished one with an error may become.
    pub(super) fn guesses(&self, word: &QueryWord) -> tantivy::Result<Vec<Candidate>> {
        let letters = word.text.chars().count();
        let mut found = Vec::new();
        if !word.text.chars().all(char::is_alphabetic) || letters < CORRECTED_LETTERS_MIN {
            return Ok(found);
        }
        found.extend(self.near(&word.text, if letters < GUESSED_LETTERS_MIN { 1 } else { 2 })?);
        if found.is_empty() {
            found.extend(self.near_beginnings(&word.text)?);
        }
        Ok(best(found))
    }

    /// Words at `errors` errors at most from `word`.
    pub(super) fn near(&self, word: &str, errors: u8) -> tantivy::Result<Vec<Candidate>> {
        let term = Term::from_field_text(self.fields.words, word);
        let found = self.matching(word, &FuzzyTermQuery::new(term, errors, true))?;
        let candidate = |(near, documents): (String, u64)| Candidate {
            odds: ln(documents) - slips(word, &near),
            word: near,
            documents,
            is_completion: false,
        };
        Ok(found.into_iter().map(candidate).collect())
    }

    fn near_beginnings(&self, word: &str) -> tantivy::Result<Vec<Candidate>> {
        let term = Term::from_field_text(self.fields.words, word);
        let found = self.matching(word, &FuzzyTermQuery::new_prefix(term, 1, true))?;
        let candidate = |(word, documents): (String, u64)| Candidate {
            odds: ln(documents) - cost::UNFINISHED - cost::NEAR,
            word,
            documents,
            is_completion: false,
        };
        Ok(found.into_iter().map(candidate).collect())
    }

    fn matching(&self, word: &str, near: &FuzzyTermQuery) -> tantivy::Result<Vec<(String, u64)>> {
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
        Ok(found.into_iter().collect())
    }

    /// Two words that `word` is without the space between.
    fn split(&self, word: &str) -> tantivy::Result<Vec<Candidate>> {
        let mut found = Vec::new();
        let ends = word.char_indices().map(|(at, _)| at).skip(HALF_LETTERS_MIN);
        for at in ends {
            let (first, second) = word.split_at(at);
            if second.chars().count() < HALF_LETTERS_MIN {
                break;
            }
            let documents = self.documents(first)?;
            if documents == 0 {
                continue;
            }
            let documents = documents.min(self.documents(second)?);
            if documents > 0 {
                let word = format!("{first} {second}");
                // Short halves are there by chance.
                let shorter = first.chars().count().min(second.chars().count());
                let chance = if shorter < 4 { 4.0 } else { 0.0 };
                let odds = ln(documents) - cost::SPACE - chance;
                found.push(Candidate { word, documents, odds, is_completion: false });
            }
        }
        Ok(found)
    }

    /// Two words that `word` is without the space between and with an error in one of them.
    fn split_near(&self, word: &str) -> tantivy::Result<Vec<Candidate>> {
        let mut found = Vec::new();
        let ends = word.char_indices().map(|(at, _)| at).skip(SURE_HALF_LETTERS_MIN);
        for at in ends {
            let (first, second) = word.split_at(at);
            if second.chars().count() < SURE_HALF_LETTERS_MIN {
                break;
            }
            let (is_first, is_second) = (self.documents(first)?, self.documents(second)?);
            let (sure, other) = match (is_first, is_second) {
                (0, 0) => continue,
                (documents, 0) => (documents, second),
                (_, documents) => (documents, first),
            };
            for near in self.near(other, 1)? {
                let word = match is_second {
                    0 => format!("{first} {}", near.word),
                    _ => format!("{} {second}", near.word),
                };
                let documents = near.documents.min(sure);
                let odds = near.odds.min(ln(documents)) - cost::SPACE;
                found.push(Candidate { word, documents, odds, is_completion: false });
            }
        }
        Ok(found)
    }
}

/// The best bets, in order.
fn best(mut found: Vec<Candidate>) -> Vec<Candidate> {
    found.sort_by(|a, b| b.odds.total_cmp(&a.odds).then_with(|| a.word.cmp(&b.word)));
    found.dedup_by(|a, b| a.word == b.word);
    found.truncate(CORRECTIONS_MAX);
    found
}

fn count(found: &mut BTreeMap<String, u64>, word: &[u8], documents: u32) {
    if let Ok(word) = std::str::from_utf8(word) {
        *found.entry(word.to_owned()).or_default() += u64::from(documents);
    }
}

fn ln(documents: u64) -> f32 {
    let documents = u16::try_from(documents).unwrap_or(u16::MAX);
    (f32::from(documents) + 0.5).ln()
}

/// What the cheapest slips cost that turn `meant` into `typed` (the restricted edit distance of
/// Damerau with a price for each kind of error).
fn slips(typed: &str, meant: &str) -> f32 {
    let typed: Vec<char> = typed.chars().collect();
    let meant: Vec<char> = meant.chars().collect();
    let width = meant.len() + 1;
    let mut best = vec![f32::INFINITY; (typed.len() + 1) * width];
    best[0] = 0.0;
    for i in 0..=typed.len() {
        for j in 0..=meant.len() {
            let first = if i <= 1 && j <= 1 { cost::FIRST } else { 0.0 };
            let mut least = best[i * width + j];
            if j > 0 {
                let doubled = j > 1 && meant[j - 1] == meant[j - 2];
                let price = if doubled { cost::MISSING_DOUBLE } else { cost::MISSING };
                least = least.min(best[i * width + j - 1] + price + first);
            }
            if i > 0 {
                let doubled = i > 1 && typed[i - 1] == typed[i - 2];
                let price = if doubled { cost::DOUBLED } else { cost::EXTRA };
                least = least.min(best[(i - 1) * width + j] + price + first);
            }
            if i > 0 && j > 0 {
                let (a, b) = (typed[i - 1], meant[j - 1]);
                let price = if a == b {
                    0.0
                } else if are_near(a, b) {
                    cost::NEAR + first
                } else {
                    cost::OTHER + first
                };
                least = least.min(best[(i - 1) * width + j - 1] + price);
            }
            if i > 1
                && j > 1
                && typed[i - 1] == meant[j - 2]
                && typed[i - 2] == meant[j - 1]
                && typed[i - 1] != typed[i - 2]
            {
                least = least.min(best[(i - 2) * width + j - 2] + cost::SWAPPED);
            }
            best[i * width + j] = least;
        }
    }
    best.last().copied().unwrap_or(0.0)
}

/// Whether two letters are neighbours on a keyboard, or both vowels.
fn are_near(a: char, b: char) -> bool {
    const ROWS: [&str; 3] = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];
    const VOWELS: &str = "aeiouy";
    let place =
        |c: char| ROWS.iter().enumerate().find_map(|(row, keys)| Some((row, keys.find(c)?)));
    let near =
        |a: (usize, usize), b: (usize, usize)| a.0.abs_diff(b.0) <= 1 && a.1.abs_diff(b.1) <= 1;
    (VOWELS.contains(a) && VOWELS.contains(b))
        || place(a).zip(place(b)).is_some_and(|(a, b)| near(a, b))
}
