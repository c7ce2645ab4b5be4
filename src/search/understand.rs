//! What the words of a query stand for: themselves, compounds of them, what an unfinished one may
//! become and what a misspelt one was meant to be.
//!
//! A word that the catalogue knows is taken as it is. Only when few products have all words is a
//! rare one doubted: one slip may have made another word of it, so the frequent words around it
//! stand in for it with little weight. A word that the catalogue does not know stands for the best
//! few corrections at once; the one that the best product has, thus the one that goes with the
//! other words, is told as `did_you_mean`. A word that the owner named in a synonym is right,
//! whether the catalogue knows it or not.

use std::collections::BTreeSet;

use tantivy::Searcher;
use tantivy::tokenizer::TextAnalyzer;

use super::index::Fields;
use super::language::Language;
use super::score::{Hit, Part, Place, Scorer, Variant};
use super::text::{self, QueryWord};
use super::thesaurus::{Phrase, Substitution, Thesaurus};
use super::tuning::Tuning;
use super::vocabulary::{Candidate, Vocabulary};

/// What a completion weighs while a word is being typed.
const TYPED_COMPLETION: f32 = 0.9;
/// What a completion of a known word weighs when the query was sent: `ham` finds ham first and
/// hamburgers last.
const SENT_COMPLETION: f32 = 0.05;
/// What a synonym weighs: below the word that was asked for.
const SYNONYM: f32 = 0.9;
/// What the bare number of a measure weighs: shops write `Width: 36` as well.
const BARE_NUMBER: f32 = 0.4;
/// How many times more frequent than a known word another must be to stand in for it.
const DOUBT_FREQUENCY: u64 = 5;
/// In how many products a word is at most that is doubted, in a small catalogue.
const DOUBT_DOCUMENTS_MAX: u64 = 40;
/// The same in a large one, as a part of the whole.
const DOUBT_PART: u64 = 250;
/// Shortest known word that is doubted, in letters.
const DOUBT_LETTERS_MIN: usize = 4;

/// Whether the query is all there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effort {
    /// The query was sent: its last word is finished if the catalogue knows it.
    Sent,
    /// The last word is still being typed.
    Typing,
}

/// A query as it was understood.
#[derive(Debug, Default)]
pub(super) struct Understood {
    /// One for each word.
    pub(super) parts: Vec<Part>,
    /// Neighbouring words as one.
    pub(super) pairs: Vec<String>,
    /// What words were read as something else.
    readings: Vec<Reading>,
    /// The numbers of the words that have synonyms.
    named: BTreeSet<usize>,
    /// The stems of the phrases that stand for them.
    phrase_stems: BTreeSet<String>,
}

/// A word with what it may have been meant to be.
#[derive(Debug)]
struct Reading {
    /// The number of the word.
    word: usize,
    /// What it may be, the best bet first.
    candidates: Vec<Meant>,
}

/// What a word may have been meant to be.
#[derive(Debug)]
struct Meant {
    variant: Variant,
    /// How it is told; absent when there is nothing to tell.
    told: Option<String>,
}

impl Understood {
    /// The stems that were looked for.
    pub(super) fn stems(&self) -> BTreeSet<String> {
        let variants = self.parts.iter().flat_map(|part| &part.variants);
        let stems = variants.filter(|variant| variant.place == Place::Stem);
        let stems = stems.map(|variant| &variant.text);
        stems.chain(&self.phrase_stems).cloned().collect()
    }
}

/// Reads queries in one committed state of the index.
pub(super) struct Reader<'s> {
    pub(super) searcher: &'s Searcher,
    pub(super) fields: Fields,
    pub(super) scorer: &'s Scorer<'s>,
    /// Whether who asks may see the product of a hit.
    pub(super) is_visible: &'s dyn Fn(&Hit) -> bool,
    pub(super) tuning: &'s Tuning,
    pub(super) language: Language,
    pub(super) thesaurus: &'s Thesaurus,
}

impl Reader<'_> {
    fn vocabulary(&self) -> Vocabulary<'_> {
        Vocabulary { searcher: self.searcher, fields: self.fields }
    }

    /// What the words stand for.
    pub(super) fn understand(
        &self,
        words: &[QueryWord],
        effort: Effort,
    ) -> tantivy::Result<Understood> {
        let mut stem = text::stem_alone(self.language);
        let mut understood = Understood::default();
        let mut texts: Vec<String> = Vec::new();
        let mut joined_before: Option<Variant> = None;
        let substitutions = self.thesaurus.substitutions(words);
        for (number, word) in words.iter().enumerate() {
            let mut part = Part::default();
            part.variants.extend(self.as_typed(word)?);
            part.variants.extend(joined_before.take());
            self.substitute(number, &substitutions, &mut stem, &mut part, &mut understood)?;
            if let Some(next) = words.get(number + 1) {
                let as_one = text::stem_of(&mut stem, &format!("{}{}", word.text, next.text));
                if self.is_there(&as_one, Place::Stem)? {
                    let weight = self.tuning.compound;
                    let variant = Variant { text: as_one, place: Place::Stem, weight };
                    joined_before = Some(variant.clone());
                    part.variants.push(variant);
                }
            }
            let is_typed = effort == Effort::Typing && word.is_open;
            if is_typed {
                self.complete(word, TYPED_COMPLETION, &mut stem, &mut part)?;
            }
            if part.variants.is_empty() && !understood.named.contains(&number) {
                let candidates = self.vocabulary().corrections(word)?;
                self.correct(number, candidates, &mut stem, &mut understood, &mut texts)?;
                continue;
            }
            texts.push(word.text.clone());
            understood.parts.push(part);
        }
        for neighbours in texts.windows(2) {
            understood.pairs.push(text::stem_of(&mut stem, &neighbours.concat()));
        }
        Ok(understood)
    }

    /// The word as it was typed, in all places that have it.
    fn as_typed(&self, word: &QueryWord) -> tantivy::Result<Vec<Variant>> {
        let mut variants = Vec::new();
        if self.is_there(&word.stem, Place::Stem)? {
            variants.push(Variant::stem(&word.stem));
        }
        if word.text.contains(|c: char| c.is_ascii_digit())
            && self.is_there(&word.text, Place::Code)?
        {
            variants.push(Variant { text: word.text.clone(), place: Place::Code, weight: 1.0 });
        }
        if self.is_there(&word.stem, Place::Joined)? {
            let (text, weight) = (word.stem.clone(), self.tuning.compound);
            variants.push(Variant { text, place: Place::Joined, weight });
        }
        if let Some(number) = &word.number
            && self.is_there(number, Place::Stem)?
        {
            let weight = BARE_NUMBER;
            variants.push(Variant { text: number.clone(), place: Place::Stem, weight });
        }
        Ok(variants)
    }

    /// What stands for the word, or for the phrase that it is a part of, by the owner's synonyms.
    fn substitute(
        &self,
        number: usize,
        substitutions: &[Substitution<'_>],
        stem: &mut TextAnalyzer,
        part: &mut Part,
        understood: &mut Understood,
    ) -> tantivy::Result<()> {
        let own = substitutions.iter().filter(|it| it.places.contains(&number));
        for phrase in own.flat_map(|it| &it.phrases) {
            understood.named.insert(number);
            let Some(variant) = variant_of(phrase, stem) else { continue };
            if self.is_there(&variant.text, variant.place)? {
                part.variants.push(variant);
                let stems = phrase.words.iter().map(|word| word.stem.clone());
                understood.phrase_stems.extend(stems);
            }
        }
        Ok(())
    }

    fn is_there(&self, text: &str, place: Place) -> tantivy::Result<bool> {
        self.scorer.any_with(text, place, &mut |hit| (self.is_visible)(&hit))
    }

    fn complete(
        &self,
        word: &QueryWord,
        weight: f32,
        stem: &mut TextAnalyzer,
        part: &mut Part,
    ) -> tantivy::Result<bool> {
        let before = part.variants.len();
        for (completion, _) in self.vocabulary().completions(&word.text)? {
            let text = text::stem_of(stem, &completion);
            if part.variants.iter().all(|variant| variant.text != text) {
                part.variants.push(Variant { text, place: Place::Stem, weight });
            }
        }
        Ok(part.variants.len() > before)
    }

    /// Takes candidates for a word that the catalogue does not know.
    fn correct(
        &self,
        word: usize,
        candidates: Vec<Candidate>,
        stem: &mut TextAnalyzer,
        understood: &mut Understood,
        texts: &mut Vec<String>,
    ) -> tantivy::Result<()> {
        let mut part = Part::default();
        let mut reading = Reading { word, candidates: Vec::new() };
        let mut best = None;
        for candidate in candidates {
            let halves: Vec<_> = candidate.word.split(' ').collect();
            if halves.len() > 1 {
                if best.is_some() {
                    continue;
                }
                // Two words, each a part of its own.
                let mut variants = Vec::new();
                for half in &halves {
                    variants.push(Variant::stem(&text::stem_of(stem, half)));
                }
                for variant in &variants {
                    let variants = vec![variant.clone()];
                    understood.parts.push(Part { variants });
                }
                texts.extend(halves.into_iter().map(str::to_owned));
                let first = variants.swap_remove(0);
                reading.candidates.push(Meant { variant: first, told: Some(candidate.word) });
                understood.readings.push(reading);
                return Ok(());
            }
            let text = text::stem_of(stem, &candidate.word);
            if !self.is_there(&text, Place::Stem)? {
                continue;
            }
            let best = *best.get_or_insert(candidate.odds);
            let behind = candidate.odds - best;
            let weight =
                if behind == 0.0 { 1.0 } else { self.tuning.alternative * (0.3 * behind).exp() };
            let variant = Variant { text, place: Place::Stem, weight };
            if part.variants.iter().all(|other| other.text != variant.text) {
                if part.variants.is_empty() {
                    texts.push(candidate.word.clone());
                }
                part.variants.push(variant.clone());
                let told = (!candidate.is_completion).then_some(candidate.word);
                reading.candidates.push(Meant { variant, told });
            }
        }
        if !reading.candidates.is_empty() {
            understood.readings.push(reading);
        }
        understood.parts.push(part);
        Ok(())
    }

    /// Takes the words of a query that found nothing for the closest ones; whether there are any.
    pub(super) fn guess(
        &self,
        words: &[QueryWord],
        understood: &mut Understood,
    ) -> tantivy::Result<bool> {
        let mut stem = text::stem_alone(self.language);
        let mut texts = Vec::new();
        understood.parts.clear();
        understood.readings.clear();
        for (number, word) in words.iter().enumerate() {
            if !understood.named.contains(&number) {
                let candidates = self.vocabulary().guesses(word)?;
                self.correct(number, candidates, &mut stem, understood, &mut texts)?;
            }
        }
        Ok(understood.parts.iter().any(|part| !part.variants.is_empty()))
    }

    /// Lets frequent words stand in for rare known ones that one slip makes of them, and
    /// completions for an unfinished one; whether there are any.
    pub(super) fn doubt(
        &self,
        words: &[QueryWord],
        understood: &mut Understood,
    ) -> tantivy::Result<bool> {
        let mut stem = text::stem_alone(self.language);
        let mut is_changed = false;
        for (number, word) in words.iter().enumerate() {
            if understood.named.contains(&number) {
                continue;
            }
            let known = Variant::stem(&word.stem);
            let part = understood.parts.iter().position(|part| part.variants.contains(&known));
            let Some(part) = part.and_then(|at| understood.parts.get_mut(at)) else { continue };
            if word.is_open {
                is_changed |= self.complete(word, SENT_COMPLETION, &mut stem, part)?;
            }
            let is_word = word.text.chars().all(char::is_alphabetic);
            if !is_word || word.text.chars().count() < DOUBT_LETTERS_MIN {
                continue;
            }
            let documents = u64::from(self.scorer.frequency(&word.stem, Place::Stem)?);
            if documents > DOUBT_DOCUMENTS_MAX.max(self.searcher.num_docs() / DOUBT_PART) {
                continue;
            }
            let mut candidates = self.vocabulary().near(&word.text, 1)?;
            candidates.retain(|candidate| candidate.documents >= documents * DOUBT_FREQUENCY);
            candidates.sort_by(|a, b| b.odds.total_cmp(&a.odds));
            let mut reading = Reading { word: number, candidates: Vec::new() };
            for candidate in candidates.into_iter().take(2) {
                let text = text::stem_of(&mut stem, &candidate.word);
                if text == word.stem {
                    continue;
                }
                let weight = self.doubt_weight(documents, candidate.documents);
                let variant = Variant { text, place: Place::Stem, weight };
                part.variants.push(variant.clone());
                reading.candidates.push(Meant { variant, told: Some(candidate.word) });
                is_changed = true;
            }
            if !reading.candidates.is_empty() {
                reading.candidates.insert(0, Meant { variant: known, told: None });
                understood.readings.push(reading);
            }
        }
        Ok(is_changed)
    }

    /// How much a more frequent word stands in for a known one: nearly fully for what is most
    /// likely a slip in the catalogue itself.
    fn doubt_weight(&self, known: u64, other: u64) -> f32 {
        let times = u16::try_from(other / known.max(1)).unwrap_or(u16::MAX);
        (self.tuning.doubt * (1.0 + f32::from(times).log10() / 4.0)).min(0.9)
    }

    /// The words that were corrected, and to what: to what the best product has.
    pub(super) fn corrections(
        &self,
        understood: &Understood,
        top: &Hit,
    ) -> tantivy::Result<Vec<(usize, String)>> {
        let mut corrected = Vec::new();
        for Reading { word, candidates } in &understood.readings {
            let mut chosen = candidates.first();
            for meant in candidates.iter().filter(|_| candidates.len() > 1) {
                let Variant { text, place, .. } = &meant.variant;
                if self.scorer.any_with(text, *place, &mut |hit| hit.is_same(top))? {
                    chosen = Some(meant);
                    break;
                }
            }
            if let Some(told) = chosen.and_then(|meant| meant.told.as_ref()) {
                corrected.push((*word, told.clone()));
            }
        }
        Ok(corrected)
    }
}

/// A synonym as it is looked for. A phrase is known by its first two words side by side.
fn variant_of(phrase: &Phrase, stem: &mut TextAnalyzer) -> Option<Variant> {
    let variant = match phrase.words.as_slice() {
        [] => return None,
        [word] => Variant { text: word.stem.clone(), place: Place::Stem, weight: SYNONYM },
        [first, second, ..] => {
            let text = text::stem_of(stem, &format!("{}{}", first.text, second.text));
            Variant { text, place: Place::Joined, weight: SYNONYM }
        }
    };
    Some(variant)
}
