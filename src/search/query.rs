//! From the words of a query to matching products.
//!
//! The text never meets a query parser: it is split into at most eight words, and each becomes
//! term queries over the weighted fields, scored by BM25 (Robertson and Walker, 1994); the best
//! field counts, the others break ties. A product must match all words; when none does, any.
//!
//! An unfinished last word also stands for its completions. A word that the catalogue does not
//! know is completed, else corrected to the nearest word that goes with the others. Completions
//! and corrections are scored as the words that they are.

use std::collections::BTreeSet;
use std::sync::Arc;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::ColumnValues;
use tantivy::query::{
    BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, Occur, Query, TermQuery,
};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, Score, Searcher, SegmentReader, Term};

use super::facts::FactsTable;
use super::index::{Fields, ID_FIELD};
use super::language::Language;
use super::text::{self, QueryWord};
use super::thesaurus::{Substitution, Thesaurus};
use super::vocabulary::Vocabulary;
use crate::domain::id::ProductId;

/// What the fields other than the best one add to a word's score.
const TIE_BREAKER: Score = 0.3;
/// The score of a completion when the word as typed is known: below any real match, so that
/// `ham` finds ham first and hamburgers last.
const TAIL_SCORE: Score = 0.01;
/// What a synonym is worth beside the word itself.
const SYNONYM_WEIGHT: Score = 0.9;

/// What a search in the text found.
#[derive(Debug, Default)]
pub(super) struct TextMatches {
    /// Visible products with their scores, in no order.
    pub(super) scored: Vec<(ProductId, Score)>,
    /// The stems that matched, for highlighting.
    pub(super) stems: BTreeSet<String>,
    /// The query as it was understood, when that is not as it was written.
    pub(super) did_you_mean: Option<String>,
    /// No product has all words: these have some of them.
    pub(super) fallback: bool,
}

/// What one word of the query stands for.
struct Part {
    /// Which word.
    place: usize,
    /// Stems of equal standing; the best that matches counts.
    stems: Vec<String>,
    /// The word itself, as a code may contain it.
    code: String,
    /// Stems of completions that count for next to nothing.
    tail: Vec<String>,
}

impl Part {
    /// A word with one stem.
    fn single(place: usize, stem: &str, word: &str, tail: Vec<String>) -> Self {
        Self { place, stems: vec![stem.to_owned()], code: word.to_owned(), tail }
    }
}

/// What the words of a query stand for.
#[derive(Default)]
struct Resolved {
    /// One for each word that stands for anything.
    parts: Vec<Part>,
    /// The places of the words that were corrected, and to what.
    corrected: Vec<(usize, String)>,
    /// A word is there only by its completions.
    is_completed: bool,
}

impl Resolved {
    fn into_matches(
        self,
        query: &str,
        words: &[QueryWord],
        scored: Vec<(ProductId, Score)>,
    ) -> TextMatches {
        let is_corrected = !scored.is_empty() && !self.corrected.is_empty();
        let did_you_mean = is_corrected.then(|| replaced(query, words, &self.corrected));
        let stems = self.parts.into_iter().flat_map(|part| part.stems.into_iter().chain(part.tail));
        TextMatches { scored, stems: stems.collect(), did_you_mean, fallback: false }
    }
}

/// Which words are taken as they were typed; the others are corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// Those that the catalogue knows, and an unfinished one that has completions.
    Typed,
    /// Those that the catalogue knows.
    Known,
    /// None: a word may be known from deleted or hidden products only.
    Nothing,
}

/// A search in one committed state of the index.
pub(super) struct Engine<'s> {
    pub(super) searcher: &'s Searcher,
    pub(super) fields: Fields,
    pub(super) facts: &'s FactsTable,
    pub(super) include_hidden: bool,
    pub(super) language: Language,
    pub(super) thesaurus: &'s Thesaurus,
}

impl Engine<'_> {
    /// The visible products that match `query`, which is cut to its bounds already.
    pub(super) fn search(&self, query: &str) -> tantivy::Result<TextMatches> {
        let words = text::query_words(query, self.language);
        let meant = self.thesaurus.substitutions(&words);
        let mut found = self.search_words(query, &words, &meant)?;
        let phrases = meant.iter().flat_map(|it| &it.phrases).flat_map(|phrase| &phrase.words);
        found.stems.extend(phrases.map(|word| word.stem.clone()));
        Ok(found)
    }

    fn search_words(
        &self,
        query: &str,
        words: &[QueryWord],
        meant: &[Substitution<'_>],
    ) -> tantivy::Result<TextMatches> {
        let typed = self.resolve(words, Trust::Typed, meant)?;
        let scored = self.run(&typed.parts, Occur::Must, meant)?;
        if !scored.is_empty() {
            let fallback = typed.parts.len() < words.len();
            return Ok(TextMatches { fallback, ..typed.into_matches(query, words, scored) });
        }
        if typed.is_completed {
            // The completions do not go with the other words: a correction may.
            let corrected = self.resolve(words, Trust::Known, meant)?;
            let scored = self.run(&corrected.parts, Occur::Must, meant)?;
            if !scored.is_empty() {
                return Ok(corrected.into_matches(query, words, scored));
            }
        }
        let scored = self.run(&typed.parts, Occur::Should, meant)?;
        if !scored.is_empty() {
            let fallback = words.len() > 1;
            return Ok(TextMatches { fallback, ..typed.into_matches(query, words, scored) });
        }
        let corrected = self.resolve(words, Trust::Nothing, meant)?;
        let mut scored = self.run(&corrected.parts, Occur::Must, meant)?;
        let mut fallback = corrected.parts.len() < words.len();
        if scored.is_empty() {
            fallback |= words.len() > 1;
            scored = self.run(&corrected.parts, Occur::Should, meant)?;
        }
        fallback &= !scored.is_empty();
        Ok(TextMatches { fallback, ..corrected.into_matches(query, words, scored) })
    }

    /// What the words stand for.
    fn resolve(
        &self,
        words: &[QueryWord],
        trust: Trust,
        meant: &[Substitution<'_>],
    ) -> tantivy::Result<Resolved> {
        let vocabulary = Vocabulary { searcher: self.searcher, fields: self.fields };
        let mut resolved = Resolved::default();
        let mut unknown = Vec::new();
        for (place, word) in words.iter().enumerate() {
            // What has synonyms is spelt right, whether or not a product has it.
            let has_synonyms = meant.iter().any(|it| it.places.contains(&place));
            if trust == Trust::Nothing && !has_synonyms {
                unknown.push((place, word));
                continue;
            }
            let completed = completed(&vocabulary, word, self.language)?;
            if has_synonyms || vocabulary.knows(word)? {
                resolved.parts.push(Part::single(place, &word.stem, &word.text, completed));
            } else if completed.is_empty() || trust == Trust::Known {
                unknown.push((place, word));
            } else {
                resolved.is_completed = true;
                let code = word.text.clone();
                resolved.parts.push(Part { place, stems: completed, code, tail: Vec::new() });
            }
        }
        for (place, word) in unknown {
            let candidates = vocabulary.corrections(word)?;
            let chosen = self.choose(place, candidates, &mut resolved.parts, meant)?;
            if let Some((part, correction)) = chosen {
                resolved.parts.push(part);
                resolved.corrected.push((place, correction));
            }
        }
        Ok(resolved)
    }

    /// The first candidate that some product has together with the other words, else the first
    /// that any visible product has.
    fn choose(
        &self,
        place: usize,
        candidates: Vec<String>,
        parts: &mut Vec<Part>,
        meant: &[Substitution<'_>],
    ) -> tantivy::Result<Option<(Part, String)>> {
        let mut stem = text::stem_alone(self.language);
        let mut alone = None;
        for candidate in candidates {
            let stem = text::stem_of(&mut stem, &candidate);
            parts.push(Part::single(place, &stem, &candidate, Vec::new()));
            let together = self.run(parts, Occur::Must, meant)?;
            let Some(part) = parts.pop() else { break };
            if !together.is_empty() {
                return Ok(Some((part, candidate)));
            }
            if alone.is_none() {
                let is_there = !self.run(std::slice::from_ref(&part), Occur::Must, &[])?.is_empty();
                alone = is_there.then_some((part, candidate));
            }
        }
        Ok(alone)
    }

    /// The visible products that match all parts, or any.
    fn run(
        &self,
        parts: &[Part],
        occur: Occur,
        meant: &[Substitution<'_>],
    ) -> tantivy::Result<Vec<(ProductId, Score)>> {
        if parts.is_empty() {
            return Ok(Vec::new());
        }
        let clauses =
            self.clauses(parts, meant).into_iter().map(|clause| (occur, clause)).collect();
        let mut scored = self.searcher.search(&BooleanQuery::new(clauses), &AllHits)?;
        scored.retain(|(id, _)| self.facts.is_visible(*id, self.include_hidden));
        Ok(scored)
    }

    /// A clause for each word, and one for each part of the query that has synonyms: all of its
    /// words, or all words of another phrase.
    fn clauses(&self, parts: &[Part], meant: &[Substitution<'_>]) -> Vec<Box<dyn Query>> {
        let has_synonyms = |part: &&Part| meant.iter().any(|it| it.places.contains(&part.place));
        let plain = parts.iter().filter(|part| !has_synonyms(part));
        let mut clauses: Vec<_> = plain.map(|part| self.part_query(part)).collect();
        for Substitution { places, phrases } in meant {
            let own = parts.iter().filter(|part| places.contains(&part.place));
            let mut ways = vec![all_of(own.map(|part| self.part_query(part)).collect())];
            for phrase in phrases {
                let words = phrase.words.iter().map(|word| {
                    let part = Part::single(places.start, &word.stem, &word.text, Vec::new());
                    self.part_query(&part)
                });
                let way = all_of(words.collect());
                // Its words' scores add up: each has its share, so that no long phrase beats the word.
                let words = u8::try_from(phrase.words.len()).unwrap_or(u8::MAX);
                let weight = SYNONYM_WEIGHT / Score::from(words.max(1));
                ways.push(Box::new(BoostQuery::new(way, weight)));
            }
            clauses.push(Box::new(DisjunctionMaxQuery::new(ways)));
        }
        clauses
    }

    fn part_query(&self, part: &Part) -> Box<dyn Query> {
        let mut fields: Vec<Box<dyn Query>> = Vec::new();
        for stem in &part.stems {
            for (field, weight) in self.fields.weighted() {
                fields.push(Box::new(BoostQuery::new(term_query(field, stem), weight)));
            }
        }
        let (codes, weight) = self.fields.coded();
        fields.push(Box::new(BoostQuery::new(term_query(codes, &part.code), weight)));
        for stem in &part.tail {
            for (field, weight) in self.fields.weighted() {
                let score = TAIL_SCORE * weight;
                fields.push(Box::new(ConstScoreQuery::new(term_query(field, stem), score)));
            }
        }
        Box::new(DisjunctionMaxQuery::with_tie_breaker(fields, TIE_BREAKER))
    }
}

/// The stems of an unfinished word's completions, other than its own.
fn completed(
    vocabulary: &Vocabulary<'_>,
    word: &QueryWord,
    language: Language,
) -> tantivy::Result<Vec<String>> {
    let mut stems = Vec::new();
    if word.is_open {
        let mut stem = text::stem_alone(language);
        for completion in vocabulary.completions(&word.text)? {
            let stem = text::stem_of(&mut stem, &completion);
            if stem != word.stem && !stems.contains(&stem) {
                stems.push(stem);
            }
        }
    }
    Ok(stems)
}

/// All of these, which are at least one.
fn all_of(mut queries: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    match queries.len() {
        1 => queries.swap_remove(0),
        _ => Box::new(BooleanQuery::intersection(queries)),
    }
}

fn term_query(field: tantivy::schema::Field, text: &str) -> Box<dyn Query> {
    Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::WithFreqs))
}

/// The query with its corrected words replaced and everything else as it was typed.
fn replaced(query: &str, words: &[QueryWord], corrected: &[(usize, String)]) -> String {
    let mut text = String::with_capacity(query.len());
    let mut at = 0;
    for (place, word) in words.iter().enumerate() {
        if let Some((_, correction)) = corrected.iter().find(|(corrected, _)| *corrected == place) {
            text.push_str(query.get(at..word.range.start).unwrap_or(""));
            text.push_str(correction);
            at = word.range.end;
        }
    }
    text.push_str(query.get(at..).unwrap_or(""));
    text.trim().to_owned()
}

/// Collects the id and score of every match: facets and sorts need all of them.
struct AllHits;

struct SegmentHits {
    ids: Arc<dyn ColumnValues<u64>>,
    hits: Vec<(ProductId, Score)>,
}

impl Collector for AllHits {
    type Fruit = Vec<(ProductId, Score)>;
    type Child = SegmentHits;

    fn for_segment(&self, _: u32, segment: &SegmentReader) -> tantivy::Result<SegmentHits> {
        let ids = segment.fast_fields().column_first_or_default(ID_FIELD)?;
        Ok(SegmentHits { ids, hits: Vec::new() })
    }

    fn requires_scoring(&self) -> bool {
        true
    }

    fn merge_fruits(&self, segments: Vec<Self::Fruit>) -> tantivy::Result<Self::Fruit> {
        Ok(segments.concat())
    }
}

impl SegmentCollector for SegmentHits {
    type Fruit = Vec<(ProductId, Score)>;

    fn collect(&mut self, document: DocId, score: Score) {
        if let Ok(id) = ProductId::new(self.ids.get_val(document)) {
            self.hits.push((id, score));
        }
    }

    fn harvest(self) -> Self::Fruit {
        self.hits
    }
}
