//! How well products match the words of a query: BM25F over the weighted fields.
//!
//! BM25F (Robertson, Zaragoza and Taylor, 2004) adds up the weighted frequencies of a word over
//! the fields of a product before it saturates them, so a word that is in the name and in the
//! description counts a little more, not twice. The scores of the words are added, then multiplied
//! by how much of the query the product covers (each word by its rarity), and neighbouring words
//! that are neighbours in the product too add a little.
//!
//! It reads the posting lists word by word into one slot for each document: the catalogue fits in
//! memory, facets need all matches anyway, and so nothing is sorted that is not shown.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use tantivy::columnar::ColumnValues;
use tantivy::fieldnorm::FieldNormReader;
use tantivy::postings::{BlockSegmentPostings, TermInfo};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, InvertedIndexReader, Searcher, SegmentReader};

use super::index::{ID_FIELD, Weighted};
use super::tuning::Tuning;
use crate::domain::id::ProductId;

/// Where a spelling is indexed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A stem in the weighted fields.
    Stem,
    /// A barcode or a SKU.
    Code,
    /// The stem of two neighbouring words written as one.
    Joined,
}

impl Place {
    /// The fields, as [`super::index::Fields::weighted`] numbers them.
    const fn fields(self) -> Range<usize> {
        match self {
            Self::Stem => 0..5,
            Self::Code => 5..6,
            Self::Joined => 6..7,
        }
    }
}

/// How many fields there are in all places.
pub(super) const FIELDS: usize = 7;

/// A way to spell a word of the query.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Variant {
    /// As it is indexed.
    pub(super) text: String,
    /// Where it is indexed.
    pub(super) place: Place,
    /// What a match is worth, from 0 to 1.
    pub(super) weight: f32,
}

impl Variant {
    /// A stem that stands for its word fully.
    pub(super) fn stem(stem: &str) -> Self {
        Self { text: stem.to_owned(), place: Place::Stem, weight: 1.0 }
    }
}

/// What one word of the query stands for.
#[derive(Debug, Clone, Default)]
pub(super) struct Part {
    /// Spellings of it; of those that a product has, the one that scores best counts. The part is
    /// as rare as the first one that any product has.
    pub(super) variants: Vec<Variant>,
}

/// A document that matches.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hit {
    segment: usize,
    document: DocId,
    /// The greater, the better.
    pub(super) score: f32,
    /// How much of the query it has, from 0 to 1.
    pub(super) coverage: f32,
}

impl Hit {
    /// The better one first, equal ones in a stable order.
    pub(super) fn best_first(&self, other: &Self) -> Ordering {
        let place = |hit: &Self| (hit.segment, hit.document);
        other.score.total_cmp(&self.score).then_with(|| place(self).cmp(&place(other)))
    }

    /// Whether both are the same document.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        (self.segment, self.document) == (other.segment, other.document)
    }
}

/// The posting lists of a spelling.
struct Lists {
    /// With the numbers of the segment and of the field.
    postings: Vec<(usize, usize, TermInfo)>,
    /// The products that have it, those of the field where most have it.
    documents: u32,
    /// How rare it is.
    idf: f32,
    weight: f32,
}

/// A part of a query with its posting lists.
struct PartLists {
    variants: Vec<Lists>,
    /// What the part is worth among the others.
    importance: f32,
}

/// One segment, opened for reading.
struct Open<'s> {
    reader: &'s SegmentReader,
    /// By field.
    inverted: Vec<Arc<InvertedIndexReader>>,
    /// By field.
    lengths: Vec<FieldNormReader>,
}

/// What a word in a field weighs: `boost * frequency / (flat + slope * length)`.
struct FieldWeight {
    boost: f32,
    flat: f32,
    slope: f32,
}

/// Scores queries in one committed state of the index.
pub(super) struct Scorer<'s> {
    segments: Vec<Open<'s>>,
    fields: Vec<FieldWeight>,
    documents: f32,
    tuning: &'s Tuning,
}

impl<'s> Scorer<'s> {
    /// A scorer in what `searcher` shows.
    pub(super) fn open(
        searcher: &'s Searcher,
        weighted: &[Weighted; FIELDS],
        tuning: &'s Tuning,
    ) -> tantivy::Result<Self> {
        let mut segments = Vec::new();
        for reader in searcher.segment_readers() {
            let mut open = Open {
                reader,
                inverted: Vec::with_capacity(FIELDS),
                lengths: Vec::with_capacity(FIELDS),
            };
            for Weighted { field, .. } in weighted {
                open.inverted.push(reader.inverted_index(*field)?);
                open.lengths.push(reader.get_fieldnorms_reader(*field)?);
            }
            segments.push(open);
        }
        let documents: u32 = segments.iter().map(|open| open.reader.max_doc()).sum();
        let documents = real(documents.max(1));
        let weight = |(number, weighted): (usize, &Weighted)| {
            let inverted = segments.iter().filter_map(|open| open.inverted.get(number));
            let tokens: u64 = inverted.map(|inverted| inverted.total_num_tokens()).sum();
            let average = real(u32::try_from(tokens).unwrap_or(u32::MAX)) / documents;
            FieldWeight {
                boost: weighted.boost,
                flat: 1.0 - weighted.length,
                slope: weighted.length / average.max(1.0),
            }
        };
        let fields = weighted.iter().enumerate().map(weight).collect();
        Ok(Self { segments, fields, documents, tuning })
    }

    /// In how many products a spelling is, at least, counting deleted ones.
    pub(super) fn frequency(&self, text: &str, place: Place) -> tantivy::Result<u32> {
        Ok(self.look_up(text, place, 1.0)?.documents)
    }

    /// The documents that have a spelling, for `visit` to look at until it returns true; whether
    /// it did.
    pub(super) fn any_with(
        &self,
        text: &str,
        place: Place,
        visit: &mut dyn FnMut(Hit) -> bool,
    ) -> tantivy::Result<bool> {
        for (segment, field, info) in self.look_up(text, place, 1.0)?.postings {
            let Some(open) = self.segments.get(segment) else { continue };
            let Some(inverted) = open.inverted.get(field) else { continue };
            let mut postings =
                inverted.read_block_postings_from_terminfo(&info, IndexRecordOption::Basic)?;
            while postings.block_len() > 0 {
                for document in postings.docs() {
                    let hit = Hit { segment, document: *document, score: 0.0, coverage: 0.0 };
                    if open.is_alive(*document) && visit(hit) {
                        return Ok(true);
                    }
                }
                postings.advance();
            }
        }
        Ok(false)
    }

    fn look_up(&self, text: &str, place: Place, weight: f32) -> tantivy::Result<Lists> {
        let mut postings = Vec::new();
        let mut documents = [0_u32; FIELDS];
        for (segment, open) in self.segments.iter().enumerate() {
            for field in place.fields() {
                if let Some(info) = open.inverted[field].terms().get(text.as_bytes())? {
                    documents[field] += info.doc_freq;
                    postings.push((segment, field, info));
                }
            }
        }
        let documents = documents.into_iter().max().unwrap_or(0);
        Ok(Lists { postings, documents, idf: self.idf(documents), weight })
    }

    fn idf(&self, documents: u32) -> f32 {
        let having = real(documents);
        ((self.documents - having).max(0.0) + 0.5).mul_add(1.0 / (having + 0.5), 1.0).ln()
    }

    /// The documents that have any part, with their scores, in no order. Those of deleted
    /// products are left out, those of hidden ones are not. `pairs` are neighbouring words of the
    /// query written as one.
    pub(super) fn score(&self, parts: &[Part], pairs: &[String]) -> tantivy::Result<Vec<Hit>> {
        let parts = parts.iter().map(|part| self.lists_of(part));
        let parts = parts.collect::<tantivy::Result<Vec<_>>>()?;
        let pairs = pairs.iter().map(|pair| self.look_up(pair, Place::Joined, 1.0));
        let pairs = pairs.collect::<tantivy::Result<Vec<_>>>()?;
        let mut hits = Vec::new();
        for segment in 0..self.segments.len() {
            self.score_segment(segment, &parts, &pairs, &mut hits)?;
        }
        Ok(hits)
    }

    fn lists_of(&self, part: &Part) -> tantivy::Result<PartLists> {
        let variants = part.variants.iter();
        let variants =
            variants.map(|variant| self.look_up(&variant.text, variant.place, variant.weight));
        let variants = variants.collect::<tantivy::Result<Vec<_>>>()?;
        let first = variants.iter().find(|lists| lists.documents > 0);
        let importance = first.map_or_else(|| self.idf(0), |lists| lists.idf);
        Ok(PartLists { variants, importance })
    }

    fn score_segment(
        &self,
        segment: usize,
        parts: &[PartLists],
        pairs: &[Lists],
        hits: &mut Vec<Hit>,
    ) -> tantivy::Result<()> {
        let Some(open) = self.segments.get(segment) else { return Ok(()) };
        let whole: f32 = parts.iter().map(|part| part.importance).sum();
        let mut board = Board::take(open.reader.max_doc());
        for part in parts {
            for lists in &part.variants {
                for (_, field, info) in lists.postings.iter().filter(|(at, ..)| *at == segment) {
                    let lengths = &open.lengths[*field];
                    let FieldWeight { boost, flat, slope } = self.fields[*field];
                    let inverted = &open.inverted[*field];
                    let postings = inverted
                        .read_block_postings_from_terminfo(info, IndexRecordOption::WithFreqs)?;
                    each(postings, |document, frequency| {
                        let length = real(lengths.fieldnorm(document));
                        let weight = boost * real(frequency) / (slope * length + flat);
                        board.add_frequency(document, weight);
                    });
                }
                board.end_variant(lists.weight, lists.idf, self.tuning.saturation);
            }
            board.end_part(part.importance / whole.max(f32::MIN_POSITIVE));
        }
        for lists in pairs {
            for (_, field, info) in lists.postings.iter().filter(|(at, ..)| *at == segment) {
                let postings = open.inverted[*field]
                    .read_block_postings_from_terminfo(info, IndexRecordOption::Basic)?;
                let bonus = lists.idf * self.tuning.adjacency;
                each(postings, |document, _| board.add_bonus(document, bonus));
            }
        }
        // Most documents have as much of the query as the one before.
        let (mut known, mut factor) = (1.0_f32, 1.0_f32);
        board.give_back(|document, slot| {
            let coverage = slot.coverage.min(1.0);
            if coverage.to_bits() != known.to_bits() {
                (known, factor) = (coverage, coverage.powf(self.tuning.coordination));
            }
            if open.is_alive(document) {
                hits.push(Hit { segment, document, score: slot.score * factor, coverage });
            }
        });
        Ok(())
    }

    /// The numbers of products by document.
    pub(super) fn ids(&self) -> tantivy::Result<Ids> {
        let column = |open: &Open<'_>| open.reader.fast_fields().column_first_or_default(ID_FIELD);
        Ok(Ids(self.segments.iter().map(column).collect::<tantivy::Result<_>>()?))
    }
}

impl Open<'_> {
    fn is_alive(&self, document: DocId) -> bool {
        self.reader.alive_bitset().is_none_or(|alive| alive.is_alive(document))
    }
}

/// The numbers of products by document.
pub(super) struct Ids(Vec<Arc<dyn ColumnValues<u64>>>);

impl Ids {
    /// The product of a hit.
    pub(super) fn of(&self, hit: &Hit) -> Option<ProductId> {
        ProductId::new(self.0.get(hit.segment)?.get_val(hit.document)).ok()
    }
}

/// What is known of a document so far.
#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    score: f32,
    coverage: f32,
    /// The weighted frequency of the spelling that is read.
    frequency: f32,
    /// The best of the part's spellings that were read.
    best: f32,
    /// The weight of the best of them.
    weight: f32,
}

thread_local! {
    /// Slots of an earlier query, all of them empty: clean pages are dear, and a query touches few.
    static SLOTS: RefCell<Vec<Slot>> = const { RefCell::new(Vec::new()) };
}

/// The slots of a segment's documents.
struct Board {
    slots: Vec<Slot>,
    /// Documents with a score.
    touched: Vec<DocId>,
    /// Documents that have the spelling that is read.
    having: Vec<DocId>,
    /// Documents that have the part that is read.
    with_part: Vec<DocId>,
}

impl Board {
    /// Empty slots for so many documents. A board that is not given back is made anew.
    fn take(documents: DocId) -> Self {
        let mut slots = SLOTS.take();
        if slots.len() < index(documents) {
            slots.resize(index(documents), Slot::default());
        }
        Self { slots, touched: Vec::new(), having: Vec::new(), with_part: Vec::new() }
    }

    /// Shows every touched slot, empties them and keeps the board for the thread's next query.
    fn give_back(mut self, mut visit: impl FnMut(DocId, &Slot)) {
        for document in self.touched {
            let slot = &mut self.slots[index(document)];
            visit(document, slot);
            *slot = Slot::default();
        }
        SLOTS.set(self.slots);
    }

    fn add_frequency(&mut self, document: DocId, weight: f32) {
        let slot = &mut self.slots[index(document)];
        if slot.frequency == 0.0 {
            self.having.push(document);
        }
        slot.frequency += weight;
    }

    fn end_variant(&mut self, weight: f32, idf: f32, saturation: f32) {
        for document in self.having.drain(..) {
            let slot = &mut self.slots[index(document)];
            let saturated = slot.frequency * (saturation + 1.0) / (slot.frequency + saturation);
            slot.frequency = 0.0;
            if slot.weight == 0.0 {
                self.with_part.push(document);
            }
            slot.best = slot.best.max(weight * idf * saturated);
            slot.weight = slot.weight.max(weight);
        }
    }

    fn end_part(&mut self, share: f32) {
        for document in self.with_part.drain(..) {
            let slot = &mut self.slots[index(document)];
            if slot.coverage == 0.0 {
                self.touched.push(document);
            }
            slot.score += slot.best;
            slot.coverage += slot.weight * share;
            slot.best = 0.0;
            slot.weight = 0.0;
        }
    }

    /// For documents that have a part already.
    fn add_bonus(&mut self, document: DocId, bonus: f32) {
        let slot = &mut self.slots[index(document)];
        if slot.coverage > 0.0 {
            slot.score += bonus;
        }
    }
}

fn each(mut postings: BlockSegmentPostings, mut visit: impl FnMut(DocId, u32)) {
    while postings.block_len() > 0 {
        for (at, document) in postings.docs().iter().enumerate() {
            visit(*document, postings.freq(at));
        }
        postings.advance();
    }
}

fn index(document: DocId) -> usize {
    usize::try_from(document).unwrap_or(usize::MAX)
}

/// `number` to the precision of its kind. Without a fused addition: where the processor may lack
/// that, it is a call into a library.
fn real(number: u32) -> f32 {
    let [a, b, c, d] = number.to_be_bytes();
    f32::from(u16::from_be_bytes([a, b])) * 65_536.0 + f32::from(u16::from_be_bytes([c, d]))
}
