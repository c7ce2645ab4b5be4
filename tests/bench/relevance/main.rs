//! How good search is on labelled queries, beside plain BM25 on the same documents.
//!
//! `cargo bench --bench relevance -- DIR` reads from DIR
//!
//! - `products.csv`: `sku,name,brand,category,description` and more columns, which are searched as
//!   attributes,
//! - `queries.csv`: `query_id,query` and perhaps `kind`, of which `misspelt` is left as it is,
//! - `labels.csv`: `query_id,sku,grade`, a grade of 0 or a missing line being irrelevant,
//!
//! and prints NDCG@10 of the queries as they are and with one random edit in one word of five
//! letters or more, in all fields and in the names alone. `peers.py` prints the same of `SQLite`
//! FTS5, `peers.mjs` of lunr and `MiniSearch`. Without DIR it is the demo store with the labels of
//! `tests/fixtures/relevance`; with `--failing` it prints the slips that found nothing.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use cartwright::domain::catalog::{Product, ProductPatch};
use cartwright::domain::id::ProductId;
use cartwright::domain::money::Money;
use cartwright::search::{Query, Search, Status};
use cartwright::storage::{Store, products};
use jiff::Timestamp;
use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, Occur, TermQuery};
use tantivy::schema::{FAST, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::{Index, IndexReader, TantivyDocument, Term};

type Outcome<T> = Result<T, Box<dyn Error>>;
type Row = BTreeMap<String, String>;
/// Grades by product.
type Grades = HashMap<u64, f64>;

/// A query with what it should find.
struct Asked {
    text: String,
    grades: Grades,
    /// Has an error already.
    is_misspelt: bool,
}

/// Misspelt forms of each query.
const ROUNDS: u32 = 5;
const COLUMNS: [&str; 5] = ["sku", "name", "brand", "category", "description"];

fn main() -> Outcome<()> {
    let directory = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let fixtures = root.join("tests/fixtures/relevance");
    let (shelf, asked) = match &directory {
        Some(directory) => (PathBuf::from(directory).join("products.csv"), directory.into()),
        None => (root.join("data/products.csv"), fixtures),
    };
    let rows = read(&shelf)?;
    let queries = queries(&rows, &asked)?;
    println!("{} products, {} queries\n", rows.len(), queries.len());
    println!(
        "{:<24} {:>7} {:>9} {:>6} {:>8} {:>8}",
        "", "NDCG@10", "misspelt", "kept", "nothing", "meant"
    );
    for names_only in [false, true] {
        let fields = if names_only { "names" } else { "all fields" };
        let ours = Ours::open(&rows, names_only)?;
        measure(&format!("cartwright, {fields}"), &queries, |query| ours.find(query))?;
        let plain = Plain::open(&rows, names_only)?;
        measure(&format!("plain BM25, {fields}"), &queries, |query| plain.find(query))?;
    }
    Ok(())
}

fn read(path: &Path) -> Outcome<Vec<Row>> {
    let rows = csv::Reader::from_path(path)?.into_deserialize().collect::<Result<_, _>>();
    rows.map_err(|error| format!("{}: {error}", path.display()).into())
}

fn queries(rows: &[Row], asked: &Path) -> Outcome<Vec<Asked>> {
    let numbers: HashMap<_, _> = rows.iter().map(|row| &row["sku"]).zip(1_u64..).collect();
    let mut grades: HashMap<String, Grades> = HashMap::new();
    for row in read(&asked.join("labels.csv"))? {
        if let Some(number) = numbers.get(&row["sku"]) {
            let of_query = grades.entry(row["query_id"].clone()).or_default();
            of_query.insert(*number, row["grade"].parse()?);
        }
    }
    let queries = read(&asked.join("queries.csv"))?;
    let labelled = queries.into_iter().filter_map(|mut row| {
        let grades = grades.remove(&row["query_id"])?;
        let any = grades.values().any(|grade| *grade > 0.0);
        any.then(|| Asked {
            text: row.remove("query").unwrap_or_default(),
            grades,
            is_misspelt: row.get("kind").is_some_and(|kind| kind == "misspelt"),
        })
    });
    Ok(labelled.collect())
}

/// What a search found, and what it took the query for.
type Answer = (Vec<u64>, Option<String>);

fn measure(name: &str, queries: &[Asked], find: impl Fn(&str) -> Outcome<Answer>) -> Outcome<()> {
    let tells = std::env::args().any(|argument| argument == "--failing");
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut clean, mut count) = (0.0, 0.0);
    let (mut misspelt, mut as_clean, mut edits) = (0.0, 0.0, 0.0);
    let (mut nothing, mut meant) = (0.0, 0.0);
    for Asked { text: query, grades, is_misspelt } in queries {
        let score = ndcg(&find(query)?.0, grades);
        clean += score;
        count += 1.0;
        for _ in 0..if *is_misspelt { 0 } else { ROUNDS } {
            let Some(slip) = misspell(query, &mut random) else { continue };
            let (ids, told) = find(&slip)?;
            misspelt += ndcg(&ids, grades);
            as_clean += score;
            edits += 1.0;
            if tells && ids.is_empty() {
                println!("{query} -> {slip}");
            }
            nothing += f64::from(u8::from(ids.is_empty()));
            let is_meant = told.is_some_and(|told| told.to_lowercase() == query.to_lowercase());
            meant += f64::from(u8::from(is_meant));
        }
    }
    println!(
        "{name:<24} {:>7.4} {:>9.4} {:>5.1}% {:>7.2}% {:>7.1}%",
        clean / count,
        misspelt / edits,
        100.0 * misspelt / as_clean,
        100.0 * nothing / edits,
        100.0 * meant / edits,
    );
    Ok(())
}

/// The gain of the first ten results, of the best that there can be.
fn ndcg(ids: &[u64], grades: &Grades) -> f64 {
    let gain = |grades: &[f64]| -> f64 {
        let discounts = (2_u32..).map(|place| f64::from(place).log2());
        grades.iter().take(10).zip(discounts).map(|(grade, discount)| grade / discount).sum()
    };
    let found: Vec<_> = ids.iter().map(|id| grades.get(id).copied().unwrap_or(0.0)).collect();
    let mut best: Vec<_> = grades.values().copied().collect();
    best.sort_by(|a, b| b.total_cmp(a));
    gain(&found) / gain(&best)
}

/// The query with a letter more, less, another or two swapped in one of its longer words.
fn misspell(query: &str, random: &mut Random) -> Option<String> {
    let mut words: Vec<Vec<char>> = query.split(' ').map(|word| word.chars().collect()).collect();
    let is_long = |word: &Vec<char>| word.len() >= 5 && word.iter().all(|c| c.is_alphabetic());
    let long: Vec<_> = (0..words.len()).filter(|at| is_long(&words[*at])).collect();
    let word = &mut words[*long.get(random.below(long.len().max(1)))?];
    let before = word.clone();
    while *word == before {
        let letter = char::from(b"abcdefghijklmnopqrstuvwxyz"[random.below(26)]);
        match random.below(4) {
            0 => word.insert(random.below(before.len() + 1), letter),
            1 => drop(word.remove(random.below(before.len()))),
            2 => word[random.below(before.len())] = letter,
            _ => {
                let at = random.below(before.len() - 1);
                word.swap(at, at + 1);
            }
        }
    }
    Some(words.iter().map(|word| word.iter().collect()).collect::<Vec<String>>().join(" "))
}

/// Marsaglia's xorshift: the same slips in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % end
    }
}

/// Our search over a store in memory.
struct Ours(Search);

impl Ours {
    fn open(rows: &[Row], names_only: bool) -> Outcome<Self> {
        let store = Store::in_memory()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut shelf = Vec::new();
        for (number, row) in (1..).zip(rows) {
            shelf.push(product(ProductId::new(number)?, row, names_only)?);
        }
        for part in shelf.chunks(500) {
            let part = part.to_vec();
            let put = move |tx: &mut cartwright::storage::WriteTx<'_>| {
                part.iter().try_for_each(|product| products::put(tx, product))
            };
            runtime.block_on(store.write(put))?;
        }
        let search = Search::start(store)?;
        while search.status() == Status::Building {
            thread::sleep(Duration::from_millis(5));
        }
        Ok(Self(search))
    }

    fn find(&self, query: &str) -> Outcome<Answer> {
        let query = Query { text: query.to_owned(), limit: 10, ..Query::default() };
        let found = self.0.find(&query)?;
        Ok((found.ids.iter().map(|id| id.value()).collect(), found.did_you_mean))
    }
}

fn product(id: ProductId, row: &Row, names_only: bool) -> Outcome<Product> {
    let tidy = |text: &String| text.replace(char::is_control, " ");
    let column = |name: &str| row.get(name).map(tidy).unwrap_or_default();
    let mut patch = ProductPatch {
        name: Some(column("name").chars().take(200).collect()),
        price: Some(Money::from_minor(100)),
        ..ProductPatch::default()
    };
    if !names_only {
        patch.brand = Some(column("brand").chars().take(200).collect());
        patch.category = Some(column("category").chars().take(200).collect());
        patch.description = Some(column("description").chars().take(4_000).collect());
        let others = row.iter().filter(|(name, _)| !COLUMNS.contains(&name.as_str()));
        let others = others.map(|(name, value)| {
            let value: String = tidy(value).chars().take(400).collect();
            (name.clone(), value.into())
        });
        patch.attributes = Some(others.collect());
    }
    let product = Product::create(id, &patch, Timestamp::UNIX_EPOCH);
    product.map_err(|errors| format!("{}: {errors:?}", column("sku")).into())
}

/// The library's English analyser and BM25 over one field, any word.
struct Plain {
    index: Index,
    reader: IndexReader,
}

impl Plain {
    fn open(rows: &[Row], names_only: bool) -> Outcome<Self> {
        let mut schema = Schema::builder();
        let number = schema.add_u64_field("number", INDEXED | FAST | tantivy::schema::STORED);
        let indexing = TextFieldIndexing::default()
            .set_tokenizer("en_stem")
            .set_index_option(IndexRecordOption::WithFreqs);
        let text =
            schema.add_text_field("text", TextOptions::default().set_indexing_options(indexing));
        let index = Index::create_in_ram(schema.build());
        let mut writer = index.writer_with_num_threads(1, 50_000_000)?;
        for (id, row) in (1_u64..).zip(rows) {
            let mut document = TantivyDocument::default();
            document.add_u64(number, id);
            let columns = row.iter().filter(|(name, _)| match name.as_str() {
                "name" => true,
                "sku" => false,
                _ => !names_only,
            });
            columns.for_each(|(_, value)| document.add_text(text, value));
            writer.add_document(document)?;
        }
        writer.commit()?;
        let reader = index.reader()?;
        Ok(Self { index, reader })
    }

    fn find(&self, query: &str) -> Outcome<Answer> {
        use tantivy::schema::Value;
        let schema = self.index.schema();
        let (number, text) = (schema.get_field("number")?, schema.get_field("text")?);
        let mut clauses: Vec<(Occur, Box<dyn tantivy::query::Query>)> = Vec::new();
        self.index.tokenizer_for_field(text)?.token_stream(query).process(&mut |token| {
            let term = Term::from_field_text(text, &token.text);
            let term = TermQuery::new(term, IndexRecordOption::WithFreqs);
            clauses.push((Occur::Should, Box::new(term)));
        });
        let searcher = self.reader.searcher();
        let query = BooleanQuery::new(clauses);
        let mut ids = Vec::new();
        for (_, address) in searcher.search(&query, &TopDocs::with_limit(10).order_by_score())? {
            let document: TantivyDocument = searcher.doc(address)?;
            ids.extend(document.get_first(number).and_then(|value| value.as_u64()));
        }
        Ok((ids, None))
    }
}
