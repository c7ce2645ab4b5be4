//! The text index: its fields, their weights, and how a product becomes a document.
//!
//! It lives in memory and holds text only. Whatever moves by itself (price, stock, offers,
//! whether a product is active) is answered from the facts.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::thread;

use serde_json::Value;
use tantivy::indexer::LogMergePolicy;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy, TantivyDocument, Term};

use super::language::Language;
use super::score::FIELDS;
use super::text::{self, Purpose};
use super::tuning::Tuning;
use crate::domain::catalog::Product;
use crate::domain::id::ProductId;

/// The buffer of one indexing thread, in bytes; the library's least is 15 MB.
const THREAD_BUFFER_BYTES: usize = 20_000_000;
/// Most threads that build the index.
const BUILD_THREADS_MAX: usize = 2;
/// The share of deleted documents at which a segment is rewritten.
const DELETED_RATIO_MAX: f32 = 0.2;

/// The name of the field with the product's id.
pub(super) const ID_FIELD: &str = "id";
const STEMMED: &str = "stemmed";
const PLAIN: &str = "plain";
const JOINED: &str = "joined";

/// The fields of a document.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields {
    id: Field,
    /// What people call it.
    name: Field,
    /// Its brand.
    brand: Field,
    category: Field,
    /// Food types, allergens and attributes.
    tags: Field,
    description: Field,
    /// Barcodes, and a SKU that is one word: for queries that mix codes and words. Codes alone
    /// are found by the facts.
    codes: Field,
    /// All words unstemmed: the vocabulary that completes and corrects.
    pub(super) words: Field,
    /// Neighbouring words of the name, the brand and the category as one: `coffee table` as the
    /// stem of `coffeetable`.
    joined: Field,
}

/// A field that is scored.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weighted {
    pub(super) field: Field,
    /// What a word in it weighs.
    pub(super) boost: f32,
    /// How much longer text takes from that, from 0 to 1: `b` of BM25.
    pub(super) length: f32,
}

impl Fields {
    fn schema() -> (Schema, Self) {
        let text = |analyser| {
            let indexing = TextFieldIndexing::default()
                .set_tokenizer(analyser)
                .set_index_option(IndexRecordOption::WithFreqs);
            TextOptions::default().set_indexing_options(indexing)
        };
        let mut schema = Schema::builder();
        let fields = Self {
            id: schema.add_u64_field(ID_FIELD, INDEXED | FAST),
            name: schema.add_text_field("name", text(STEMMED)),
            brand: schema.add_text_field("brand", text(STEMMED)),
            category: schema.add_text_field("category", text(STEMMED)),
            tags: schema.add_text_field("tags", text(STEMMED)),
            description: schema.add_text_field("description", text(STEMMED)),
            codes: schema.add_text_field("codes", text(PLAIN)),
            words: schema.add_text_field("words", text(PLAIN)),
            joined: schema.add_text_field("joined", text(JOINED)),
        };
        (schema.build(), fields)
    }

    /// The fields that are scored, as [`super::score::Place`] numbers them.
    pub(super) fn weighted(&self, tuning: &Tuning) -> [Weighted; FIELDS] {
        let fields = [
            self.name,
            self.brand,
            self.category,
            self.tags,
            self.description,
            self.codes,
            self.joined,
        ];
        std::array::from_fn(|number| Weighted {
            field: fields[number],
            boost: tuning.boosts[number],
            length: tuning.lengths[number],
        })
    }

    fn document(&self, product: &Product) -> TantivyDocument {
        let mut document = TantivyDocument::default();
        document.add_u64(self.id, product.id.value());
        document.add_text(self.name, &product.name);
        document.add_text(self.brand, &product.brand);
        document.add_text(self.category, &product.category);
        document.add_text(self.description, &product.description);
        let tags = tags(product);
        document.add_text(self.tags, &tags);
        // A SKU of several words would make each product of a series match the series' letters.
        let sku = product.sku.as_str();
        if sku.chars().all(char::is_alphanumeric) && sku.chars().any(|c| c.is_ascii_digit()) {
            document.add_text(self.codes, sku);
        }
        for gtin in product.all_barcodes() {
            document.add_text(self.codes, gtin.to_string());
        }
        for text in [&product.name, &product.brand].into_iter().map(String::as_str) {
            document.add_text(self.joined, text);
        }
        for level in product.category.split('/') {
            document.add_text(self.joined, level);
        }
        for words in [&product.name, &product.brand, &product.category, &tags, &product.description]
        {
            document.add_text(self.words, words);
        }
        document
    }
}

/// A number that changes with what the index holds of a product, and with nothing else: a new
/// price does not touch the index.
pub(super) fn fingerprint(product: &Product) -> u64 {
    let mut hasher = DefaultHasher::new();
    product.name.hash(&mut hasher);
    product.brand.hash(&mut hasher);
    product.category.hash(&mut hasher);
    product.description.hash(&mut hasher);
    tags(product).hash(&mut hasher);
    product.sku.hash(&mut hasher);
    product.barcodes.hash(&mut hasher);
    product.all_barcodes().skip(product.barcodes.len()).for_each(|pack| pack.hash(&mut hasher));
    hasher.finish()
}

fn tags(product: &Product) -> String {
    let mut tags = String::new();
    for word in product.food_types.iter().chain(&product.allergens) {
        push_word(&mut tags, word);
    }
    for value in product.attributes.values() {
        push_texts(&mut tags, value);
    }
    tags
}

fn push_word(words: &mut String, word: &str) {
    words.push_str(word);
    words.push(' ');
}

/// What a person would read of an attribute. Its depth is bounded by the parser's.
fn push_texts(words: &mut String, value: &Value) {
    match value {
        Value::String(text) => push_word(words, text),
        Value::Number(number) => push_word(words, &number.to_string()),
        Value::Array(values) => values.iter().for_each(|value| push_texts(words, value)),
        Value::Object(values) => values.values().for_each(|value| push_texts(words, value)),
        Value::Null | Value::Bool(_) => {}
    }
}

/// The reading side of an index.
#[derive(Clone)]
pub(super) struct TextReader {
    /// Shows the last committed state.
    pub(super) reader: IndexReader,
    /// The index's fields.
    pub(super) fields: Fields,
}

/// The writing side of an index. Every error means that it is lost and a new one must be built.
pub(super) struct TextIndex {
    index: Index,
    writer: IndexWriter,
    reader: IndexReader,
    fields: Fields,
}

impl TextIndex {
    /// An empty index, ready for many documents.
    pub(super) fn create(language: Language) -> tantivy::Result<Self> {
        let (schema, fields) = Fields::schema();
        let index = Index::create_in_ram(schema);
        index.tokenizers().register(STEMMED, text::stemmed(language));
        index.tokenizers().register(PLAIN, text::plain(Purpose::Document));
        index.tokenizers().register(JOINED, text::joined(language));
        let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let writer = writer(&index, threads.min(BUILD_THREADS_MAX))?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Self { index, writer, reader, fields })
    }

    /// Ends the building: from now on few documents change at a time.
    pub(super) fn finish_build(self) -> tantivy::Result<Self> {
        let Self { index, mut writer, reader, fields } = self;
        writer.commit()?;
        writer.wait_merging_threads()?;
        // One thread commits a single edit sooner than two.
        let writer = self::writer(&index, 1)?;
        reader.reload()?;
        Ok(Self { index, writer, reader, fields })
    }

    /// Adds a product that the index does not hold.
    pub(super) fn add(&self, product: &Product) -> tantivy::Result<()> {
        self.writer.add_document(self.fields.document(product)).map(drop)
    }

    /// Removes a product, if it is there.
    pub(super) fn remove(&self, id: ProductId) {
        self.writer.delete_term(Term::from_field_u64(self.fields.id, id.value()));
    }

    /// Makes all changes visible to readers.
    pub(super) fn commit(&mut self) -> tantivy::Result<()> {
        self.writer.commit()?;
        self.reader.reload()
    }

    /// The reading side.
    pub(super) fn reader(&self) -> TextReader {
        TextReader { reader: self.reader.clone(), fields: self.fields }
    }
}

fn writer(index: &Index, threads: usize) -> tantivy::Result<IndexWriter> {
    let writer = index.writer_with_num_threads(threads, threads * THREAD_BUFFER_BYTES)?;
    let mut policy = LogMergePolicy::default();
    policy.set_del_docs_ratio_before_merge(DELETED_RATIO_MAX);
    writer.set_merge_policy(Box::new(policy));
    Ok(writer)
}
