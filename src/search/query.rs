//! From the words of a query to matching products.
//!
//! The text never meets a query parser: it is split into at most twelve words, and each becomes
//! the spellings that it stands for (see [`super::understand`]). Products are scored by all that
//! they have of them (see [`super::score`]).
//!
//! What counts as a result: the products that have all words, or all but what is insignificant by
//! its rarity; when no product does, those that have the most. Are these fewer than a page, the
//! closest others follow until it is full. So a shopper who is too precise still sees something,
//! and the number of results stays the number of products that fit. When no product has anything
//! of a query, its words are taken for the closest that there are, however far.

use std::collections::BTreeSet;

use tantivy::{Score, Searcher};

use super::facts::FactsTable;
use super::index::Fields;
use super::language::Language;
use super::score::{Hit, Ids, Scorer};
use super::text;
use super::thesaurus::Thesaurus;
use super::tuning::Tuning;
use super::understand::{Effort, Reader, Understood};
use crate::domain::id::ProductId;

/// With fewer results the closest other products follow.
pub(super) const PAGE: usize = 20;
/// The share of what the best results have of the query that any result must have.
const SIGNIFICANT: f32 = 0.9;
/// Shares of a query that are the same may be added up to numbers that differ by less.
const ROUNDING: f32 = 1e-4;

/// What a search in the text found.
#[derive(Debug, Default)]
pub(super) struct TextMatches {
    /// Visible products with their scores, in no order. Hidden ones may be among them.
    pub(super) scored: Vec<(ProductId, Score)>,
    /// The stems that were looked for, for highlighting.
    pub(super) stems: BTreeSet<String>,
    /// The query as it was understood, when that is not as it was written.
    pub(super) did_you_mean: Option<String>,
    /// No product has all significant words: these are the closest.
    pub(super) fallback: bool,
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

/// The hits that count as results.
struct Chosen {
    hits: Vec<Hit>,
    /// How many of them have as much of the query as any.
    fitting: usize,
    /// How much that is.
    coverage: f32,
}

impl Chosen {
    /// Whether some have all significant words.
    fn is_whole(&self) -> bool {
        self.coverage >= SIGNIFICANT - ROUNDING
    }

    /// Whether nobody may see any of them.
    fn is_nothing(&self) -> bool {
        self.coverage <= 0.0
    }
}

impl Engine<'_> {
    /// The visible products that match `query`, which is cut to its bounds already. While it is
    /// still being typed, those that have all of it.
    pub(super) fn search(&self, query: &str, effort: Effort) -> tantivy::Result<TextMatches> {
        let is_typing = effort == Effort::Typing;
        let tuning = &Tuning::DEFAULT;
        let words = text::query_words(query, self.language);
        if words.is_empty() {
            return Ok(TextMatches::default());
        }
        let scorer = Scorer::open(self.searcher, &self.fields.weighted(tuning), tuning)?;
        let ids = scorer.ids()?;
        let is_visible = |hit: &Hit| self.is_visible(&ids, hit);
        let reader = Reader {
            searcher: self.searcher,
            fields: self.fields,
            scorer: &scorer,
            is_visible: &is_visible,
            tuning,
            language: self.language,
            thesaurus: self.thesaurus,
        };
        let mut understood = reader.understand(&words, effort)?;
        let mut chosen = self.choose(&scorer, &ids, &understood, !is_typing)?;
        let is_poor = chosen.fitting < PAGE || !chosen.is_whole();
        if !is_typing && is_poor && reader.doubt(&words, &mut understood)? {
            chosen = self.choose(&scorer, &ids, &understood, true)?;
        }
        let is_guess =
            !is_typing && chosen.is_nothing() && reader.guess(&words, &mut understood)?;
        if is_guess {
            chosen = self.choose(&scorer, &ids, &understood, true)?;
        }
        let top = chosen.hits.iter().max_by(|a, b| a.score.total_cmp(&b.score));
        let corrected = match top {
            Some(top) => reader.corrections(&understood, top)?,
            None => Vec::new(),
        };
        let did_you_mean = (!corrected.is_empty()).then(|| replaced(query, &words, &corrected));
        let product = |hit: &Hit| Some((ids.of(hit)?, hit.score));
        Ok(TextMatches {
            scored: chosen.hits.iter().filter_map(product).collect(),
            stems: understood.stems(),
            did_you_mean,
            fallback: top.is_some() && (is_guess || !chosen.is_whole()),
        })
    }

    fn is_visible(&self, ids: &Ids, hit: &Hit) -> bool {
        let product = ids.of(hit);
        product.is_some_and(|id| self.facts.is_visible(id, self.include_hidden))
    }

    fn choose(
        &self,
        scorer: &Scorer<'_>,
        ids: &Ids,
        understood: &Understood,
        is_filled: bool,
    ) -> tantivy::Result<Chosen> {
        let mut hits = scorer.score(&understood.parts, &understood.pairs)?;
        let mut most = 0.0;
        for hit in &hits {
            if hit.coverage > most && self.is_visible(ids, hit) {
                most = hit.coverage;
            }
        }
        let least = most * SIGNIFICANT - ROUNDING;
        let fitting = partition(&mut hits, |hit| hit.coverage >= least);
        if fitting >= PAGE || !is_filled {
            hits.truncate(fitting);
            return Ok(Chosen { hits, fitting, coverage: most });
        }
        let hidden = hits.iter().take(fitting).filter(|hit| !self.is_visible(ids, hit)).count();
        let end = PAGE + hidden;
        if hits.len() > end {
            hits[fitting..].select_nth_unstable_by(end - fitting, Hit::best_first);
            hits.truncate(end);
        }
        let fitting = fitting - hidden;
        Ok(Chosen { hits, fitting, coverage: most })
    }
}

/// Moves what passes to the front; how many do.
fn partition(hits: &mut [Hit], passes: impl Fn(&Hit) -> bool) -> usize {
    let mut end = 0;
    for at in 0..hits.len() {
        if passes(&hits[at]) {
            hits.swap(at, end);
            end += 1;
        }
    }
    end
}

/// The query with its corrected words replaced and everything else as it was typed.
fn replaced(query: &str, words: &[text::QueryWord], corrected: &[(usize, String)]) -> String {
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
