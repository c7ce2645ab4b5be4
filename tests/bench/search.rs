//! How fast search is inside the library, on one core.
//!
//! `cargo bench --bench search` prints, for 20,000 made-up products: the median and the 95th
//! percentile of searches (with facets and highlights) and of suggestions; how long an edit takes
//! beyond its commit until a search sees it; for 10,000 products what a page of 50 costs, and for
//! 100,000 how long the first index takes.

use std::error::Error;
use std::thread;
use std::time::{Duration, Instant};

use cartwright::domain::catalog::{Product, ProductPatch};
use cartwright::domain::id::ProductId;
use cartwright::domain::money::Money;
use cartwright::search::{Query, Search, Status};
use cartwright::storage::{Store, WriteTx, products};
use jiff::Timestamp;
use tokio::runtime::{Builder, Runtime};

type Outcome<T> = Result<T, Box<dyn Error>>;

const LOOKS: &[&str] = &[
    "red", "blue", "white", "black", "green", "organic", "fresh", "classic", "modern", "small",
    "large", "outdoor", "wooden", "leather", "vegan", "mild", "dark", "crunchy", "salted", "sweet",
];
const STUFF: &[&str] = &[
    "oat", "almond", "walnut", "steel", "cotton", "cherry", "lemon", "tomato", "apple", "vanilla",
    "bamboo", "velvet", "marble", "ginger", "honey", "mint", "coffee", "pepper", "sesame", "rice",
];
const THINGS: &[&str] = &[
    "chair",
    "table",
    "lamp",
    "milk",
    "biscuit",
    "chocolate",
    "yogurt",
    "bread",
    "sauce",
    "juice",
    "mirror",
    "rug",
    "soap",
    "shampoo",
    "pasta",
    "cheese",
    "cereal",
    "pillow",
    "shelf",
    "candle",
];
const QUERIES: usize = 4_000;
const EDITS: u64 = 50;

fn main() -> Outcome<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (store, search, _) = shop(&runtime, 20_000)?;
    let whole =
        |at: usize| format!("{} {} {}", pick(LOOKS, at), pick(STUFF, at / 3), pick(THINGS, at / 7));
    let slip = |at: usize| {
        let mut query = whole(at);
        query.remove(query.len() - 2);
        query
    };
    let find = |text: String| search.find(&Query { text, limit: 20, ..Query::default() }).map(drop);
    report("search, three words", |at| find(whole(at)))?;
    report("search, one word", |at| find(pick(THINGS, at).to_owned()))?;
    report("search, misspelt", |at| find(slip(at)))?;
    let begun = |at: usize| {
        let query = format!("{} {}", pick(LOOKS, at), pick(THINGS, at / 5));
        query[..query.len().min(3 + at % 12)].to_owned()
    };
    report("suggest", |at| search.suggest(&begun(at), 10).map(drop))?;
    println!("edit visible beyond its commit: p50 {:?}", edits(&runtime, &store, &search)?);
    let (_, search, _) = shop(&runtime, 10_000)?;
    let page = |text: &str| Query { text: text.to_owned(), limit: 50, ..Query::default() };
    report("50 results", |at| search.find(&page(pick(THINGS, at))).map(drop))?;
    report("50 results, plain", |at| search.find_plain(&page(pick(THINGS, at))).map(drop))?;
    drop(search);
    let (_, _, built) = shop(&runtime, 100_000)?;
    println!("100,000 products indexed in {built:.2?}");
    Ok(())
}

fn pick(words: &'static [&'static str], at: usize) -> &'static str {
    words[at % words.len()]
}

fn product(number: u64) -> Outcome<Product> {
    let at = usize::try_from(number)?;
    // Scattered, so that words meet in many ways.
    let mixed = at.wrapping_mul(2_654_435_761) >> 7;
    let (look, stuff, thing) =
        (pick(LOOKS, mixed), pick(STUFF, mixed / 20), pick(THINGS, mixed / 400));
    let patch = ProductPatch {
        name: Some(format!("{look} {stuff} {thing} {}", at % 997)),
        brand: Some(format!("Maker{}", at % 150)),
        category: Some(format!("Shop/{thing}s/{stuff} {thing}s")),
        description: Some(format!(
            "A {look} {thing} with {stuff} for {} and {}, made by hand in number {number}.",
            pick(LOOKS, mixed / 11),
            pick(THINGS, mixed / 13),
        )),
        price: Some(Money::from_minor(i64::try_from(at % 9_000)?)),
        ..ProductPatch::default()
    };
    let product = Product::create(ProductId::new(number)?, &patch, Timestamp::UNIX_EPOCH);
    product.map_err(|errors| format!("{errors:?}").into())
}

fn put(runtime: &Runtime, store: &Store, shelf: Vec<Product>) -> Outcome<()> {
    let put =
        move |tx: &mut WriteTx<'_>| shelf.iter().try_for_each(|product| products::put(tx, product));
    Ok(runtime.block_on(store.write(put))?)
}

/// A shop of so many products, and how long its index took.
fn shop(runtime: &Runtime, count: u64) -> Outcome<(Store, Search, Duration)> {
    let store = Store::in_memory()?;
    for first in (1..=count).step_by(1_000) {
        let shelf = (first..(first + 1_000).min(count + 1)).map(product);
        put(runtime, &store, shelf.collect::<Outcome<_>>()?)?;
    }
    let started = Instant::now();
    let search = Search::start(store.clone())?;
    while search.status() == Status::Building {
        thread::sleep(Duration::from_millis(1));
    }
    Ok((store, search, started.elapsed()))
}

fn report<E: Error + 'static>(name: &str, run: impl Fn(usize) -> Result<(), E>) -> Outcome<()> {
    let mut times = Vec::with_capacity(QUERIES);
    for at in 0..QUERIES {
        let started = Instant::now();
        run(at)?;
        times.push(started.elapsed());
    }
    times.sort_unstable();
    let (p50, p95) = (times[QUERIES / 2], times[QUERIES * 95 / 100]);
    println!("{name:<22} p50 {p50:>9.1?}  p95 {p95:>9.1?}");
    Ok(())
}

/// The median of how long a search is behind the commit of an edit.
fn edits(runtime: &Runtime, store: &Store, search: &Search) -> Outcome<Duration> {
    let mut times = Vec::new();
    for number in 1..=EDITS {
        let mut edited = product(number)?;
        edited.name = format!("edited {number}");
        put(runtime, store, vec![edited])?;
        let started = Instant::now();
        runtime.block_on(search.caught_up(store.last_change_seq(), Duration::from_secs(5)));
        times.push(started.elapsed());
    }
    times.sort_unstable();
    Ok(times[times.len() / 2])
}
