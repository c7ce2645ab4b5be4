//! The owner's synonyms, as a search needs them: which other phrases a part of a query stands for.
//!
//! Phrases are analysed as queries are (folded, stemmed, stop words out), so `Soft Drinks` in a
//! query is the `soft drink` of a group. All phrases of a group stand for one another, one word or
//! several, both ways. A query is cut from its beginning into the longest phrases that are known;
//! those parts do not overlap. A thesaurus never changes: an edit makes a new one.
//!
//! ```text
//! groups: {soda, soft drink}
//! query:  cold soft drinks    -> words 1..3: [soda]
//! query:  soda can            -> words 0..1: [soft, drink]
//! ```

use std::collections::HashMap;
use std::ops::Range;

use super::language::Language;
use super::text::{self, QueryWord};
use crate::domain::synonyms::SynonymGroup;

/// Words of one meaning, ready to be looked up.
#[derive(Debug, Default)]
pub(super) struct Thesaurus {
    /// Each group's phrases.
    groups: Vec<Vec<Phrase>>,
    /// The places of phrases by the stem of their first word.
    by_first: HashMap<String, Vec<Place>>,
}

/// A word or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Phrase {
    /// Its words, at least one. Their ranges are those in the phrase and mean nothing in a query.
    pub(super) words: Vec<QueryWord>,
}

/// A part of a query that a group has.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Substitution<'t> {
    /// Which words of the query: a range of the list that was given.
    pub(super) places: Range<usize>,
    /// What else that may be called, at least one; in the order of groups and of their words.
    pub(super) phrases: Vec<&'t Phrase>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    group: usize,
    phrase: usize,
}

impl Phrase {
    fn is_at(&self, words: &[QueryWord]) -> bool {
        self.words.len() <= words.len()
            && self.words.iter().zip(words).all(|(own, word)| own.stem == word.stem)
    }

    fn is_same(&self, other: &Self) -> bool {
        self.words.len() == other.words.len() && self.is_at(&other.words)
    }
}

impl Thesaurus {
    /// The thesaurus of these groups.
    pub(super) fn new(groups: &[SynonymGroup], language: Language) -> Self {
        let mut thesaurus = Self::default();
        for group in groups {
            let mut phrases: Vec<Phrase> = Vec::new();
            for word in &group.words {
                let phrase = Phrase { words: text::query_words(text::cut(word), language) };
                // Two forms of a word have one stem: they find the same already.
                let is_known = phrases.iter().any(|known| known.is_same(&phrase));
                if !phrase.words.is_empty() && !is_known {
                    phrases.push(phrase);
                }
            }
            if phrases.len() < 2 {
                continue;
            }
            for (index, phrase) in phrases.iter().enumerate() {
                let place = Place { group: thesaurus.groups.len(), phrase: index };
                let first = phrase.words.first().map(|word| word.stem.clone());
                thesaurus.by_first.entry(first.unwrap_or_default()).or_default().push(place);
            }
            thesaurus.groups.push(phrases);
        }
        thesaurus
    }

    /// The parts of a query that stand for other phrases, from left to right, without overlaps:
    /// at each place the longest phrase that is known. `words` are those of
    /// [`text::query_words`].
    pub(super) fn substitutions(&self, words: &[QueryWord]) -> Vec<Substitution<'_>> {
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(rest) = words.get(at..).filter(|rest| !rest.is_empty()) {
            match self.longest_at(rest) {
                Some((length, phrases)) => {
                    found.push(Substitution { places: at..at + length, phrases });
                    at += length;
                }
                None => at += 1,
            }
        }
        found
    }

    /// The length of the longest phrase that the words begin with, and the others of its groups.
    fn longest_at(&self, words: &[QueryWord]) -> Option<(usize, Vec<&Phrase>)> {
        let places = self.by_first.get(&words.first()?.stem)?;
        let phrase_at = |place: &Place| self.groups.get(place.group)?.get(place.phrase);
        let fitting = |place: &&Place| phrase_at(place).is_some_and(|phrase| phrase.is_at(words));
        let fitting: Vec<&Place> = places.iter().filter(fitting).collect();
        let length_of = |place: &Place| phrase_at(place).map_or(0, |phrase| phrase.words.len());
        let longest = fitting.iter().map(|place| length_of(place)).max()?;
        let mut others: Vec<&Phrase> = Vec::new();
        for place in fitting.into_iter().filter(|place| length_of(place) == longest) {
            let group = self.groups.get(place.group)?;
            for (index, phrase) in group.iter().enumerate() {
                let is_known = others.iter().any(|known| known.is_same(phrase));
                if index != place.phrase && !is_known {
                    others.push(phrase);
                }
            }
        }
        Some((longest, others))
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::id::SynonymId;

    fn thesaurus(groups: &[&[&str]], language: Language) -> Thesaurus {
        let group = |(number, words): (u64, &&[&str])| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            let id = SynonymId::new(number).unwrap();
            SynonymGroup::create(id, &words, Timestamp::UNIX_EPOCH).unwrap()
        };
        let groups: Vec<_> = (1..).zip(groups).map(group).collect();
        Thesaurus::new(&groups, language)
    }

    fn shown(thesaurus: &Thesaurus, query: &str, language: Language) -> Vec<String> {
        let words = text::query_words(query, language);
        let phrase = |phrase: &&Phrase| {
            phrase.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
        };
        let found = thesaurus.substitutions(&words);
        let show = |it: &Substitution<'_>| {
            let phrases: Vec<_> = it.phrases.iter().map(phrase).collect();
            format!("{:?}: {}", it.places, phrases.join(", "))
        };
        found.iter().map(show).collect()
    }

    #[test]
    fn phrases_stand_for_one_another() {
        let english = Language::English;
        let it = thesaurus(
            &[
                &["soda", "Soft Drink", "pop"],
                &["crisps", "crisp", "potato chips"],
                &["tv", "TV set"],
            ],
            english,
        );
        let shown = |query| shown(&it, query, english);
        assert_eq!(shown("soda"), ["0..1: soft drink, pop"]);
        assert_eq!(shown("cold Soft-Drinks"), ["1..3: soda, pop"]);
        assert_eq!(shown("pops and potato chip"), ["0..1: soda, soft drink", "1..3: crisps"]);
        assert_eq!(shown("tv set"), ["0..2: tv"], "the longest phrase");
        assert_eq!(shown("tv tower"), ["0..1: tv set"]);
        for none in ["", "soft", "drink soft", "potatoes", "milk"] {
            assert!(shown(none).is_empty(), "{none}");
        }
        assert!(Thesaurus::default().substitutions(&text::query_words("soda", english)).is_empty());
    }

    #[test]
    fn a_phrase_of_two_groups_stands_for_both() {
        // The store keeps words apart as they are spelt; their stems may still be the same.
        let it = thesaurus(&[&["chip", "fry"], &["chips", "crisps"]], Language::English);
        assert_eq!(shown(&it, "chips", Language::English), ["0..1: fry, crisps"]);
    }

    #[test]
    fn stop_words_and_stems_are_those_of_the_language() {
        let it = thesaurus(&[&["Brötchen", "Semmel"]], Language::German);
        assert_eq!(shown(&it, "Semmeln mit Mohn", Language::German), ["0..1: brotchen"]);
        let it = thesaurus(&[&["milk of magnesia", "laxative"]], Language::English);
        assert_eq!(shown(&it, "milk magnesia", Language::English), ["0..2: laxative"]);
    }
}
