//! Relevance on the demo store: labelled queries in `tests/fixtures/relevance`, a bar for each
//! kind. A grade of 2 is what a shopper would call right, 1 what is close.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;

use super::tests::{Shop, id};
use super::*;
use crate::domain::catalog::{Product, ProductPatch};

type Rows = Vec<BTreeMap<String, String>>;

fn rows(path: &str) -> Rows {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    csv::Reader::from_path(path).unwrap().deserialize().map(Result::unwrap).collect()
}

/// The demo store, and the numbers of its SKUs.
async fn demo() -> (Shop, BTreeMap<String, u64>) {
    let mut numbers = BTreeMap::new();
    let mut products = Vec::new();
    for (number, row) in (1..).zip(rows("data/products.csv")) {
        let list = |name: &str| row[name].split('|').map(str::to_owned).collect::<Vec<_>>();
        let patch = ProductPatch {
            sku: Some(row["sku"].parse().unwrap()),
            name: Some(row["name"].clone()),
            brand: Some(row["brand"].clone()),
            category: Some(row["category"].clone()),
            description: Some(row["description"].clone()),
            allergens: Some(list("allergens")),
            food_types: Some(list("food_types")),
            price: Some(Money::from_minor(100)),
            ..ProductPatch::default()
        };
        products.push(Product::create(id(number), &patch, Timestamp::UNIX_EPOCH).unwrap());
        numbers.insert(row["sku"].clone(), number);
    }
    (Shop::open(products).await, numbers)
}

/// The gain of the first ten results, of the best that there can be (Järvelin and Kekäläinen,
/// 2002).
fn ndcg(ids: &[u64], grades: &BTreeMap<u64, f64>) -> f64 {
    let gain = |grades: &[f64]| -> f64 {
        let discount = (2..).map(|place: u32| f64::from(place).log2());
        grades.iter().take(10).zip(discount).map(|(grade, discount)| grade / discount).sum()
    };
    let found: Vec<_> = ids.iter().map(|id| grades.get(id).copied().unwrap_or(0.0)).collect();
    let mut best: Vec<_> = grades.values().copied().collect();
    best.sort_by(|a, b| b.total_cmp(a));
    gain(&found) / gain(&best)
}

#[tokio::test]
async fn labelled_queries_find_what_was_meant() {
    let (shop, numbers) = demo().await;
    let mut labels: BTreeMap<String, BTreeMap<u64, f64>> = BTreeMap::new();
    for row in rows("tests/fixtures/relevance/labels.csv") {
        let of_query = labels.entry(row["query_id"].clone()).or_default();
        of_query.insert(numbers[&row["sku"]], row["grade"].parse().unwrap());
    }
    let mut scores: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for row in rows("tests/fixtures/relevance/queries.csv") {
        let ids = shop.ids(&row["query"]);
        assert!(!ids.is_empty(), "{}", row["query"]);
        let score = ndcg(&ids, &labels[&row["query_id"]]);
        scores.entry(row["kind"].clone()).or_default().push(score);
    }
    let bars = [
        ("plain", 0.83),
        ("misspelt", 0.85),
        ("prefix", 0.9),
        ("unit", 0.8),
        ("category", 0.92),
        ("diet", 0.8),
    ];
    assert_eq!(scores.len(), bars.len());
    for (kind, bar) in bars {
        let scores = &scores[kind];
        let count = u32::try_from(scores.len()).unwrap();
        let mean = scores.iter().sum::<f64>() / f64::from(count);
        assert!(mean >= bar, "{kind}: {mean:.3} of {count} queries");
    }
}
