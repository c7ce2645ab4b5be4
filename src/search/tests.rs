//! The search of small shops, fed through real stores.

use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::domain::catalog::{Product, ProductPatch};
use crate::domain::id::{MovementId, PromotionId, SynonymId};
use crate::domain::promotions::{DiscountKind, Promotion, PromotionPatch, Scope, ScopeKind};
use crate::domain::stock::{MovementKind, StockMovement};
use crate::domain::synonyms::SynonymGroup;
use crate::storage::{self, change_log, products, synonyms};

const PATIENCE: Duration = Duration::from_secs(20);

pub(super) fn id(number: u64) -> ProductId {
    ProductId::new(number).unwrap()
}

fn patch(name: &str, brand: &str, category: &str, price_minor: i64) -> ProductPatch {
    ProductPatch {
        name: Some(name.into()),
        brand: Some(brand.into()),
        category: Some(category.into()),
        price: Some(Money::from_minor(price_minor)),
        ..ProductPatch::default()
    }
}

fn product(number: u64, patch: &ProductPatch) -> Product {
    let at = Timestamp::from_second(i64::try_from(number).unwrap()).unwrap();
    Product::create(id(number), patch, at).unwrap()
}

/// Promotions of these products and of a category, and one of whole carts.
fn offers(numbers: &[u64], category: &str) -> Running {
    let products = Scope::Products(numbers.iter().map(|number| id(*number)).collect());
    let scopes = [products, Scope::Categories(vec![category.into()]), Scope::Cart];
    let promotion = |(number, scope)| Promotion {
        scope,
        ..Promotion::create(
            PromotionId::new(number).unwrap(),
            &PromotionPatch {
                name: Some("Less".into()),
                kind: Some(DiscountKind::Percent),
                value: Some("10".parse().unwrap()),
                scope: Some(ScopeKind::Cart),
                ..PromotionPatch::default()
            },
            &"EUR".parse().unwrap(),
            Timestamp::UNIX_EPOCH,
        )
        .unwrap()
    };
    let all: Vec<_> = (1..).zip(scopes).map(promotion).collect();
    Running::at(&all, Timestamp::UNIX_EPOCH)
}

/// A shop with a search that has seen everything written through it.
pub(super) struct Shop {
    store: Store,
    search: Search,
}

impl Shop {
    pub(super) async fn open(products: Vec<Product>) -> Self {
        let store = Store::in_memory().unwrap();
        write_to(&store, products).await;
        let search = Search::start(store.clone()).unwrap();
        let shop = Self { store, search };
        shop.ready().await;
        shop
    }

    async fn dairy() -> Self {
        let mut skimmed = patch("Skimmed milk 1 l", "Almhof", "Dairy/Milk", 99);
        skimmed.barcodes = Some(vec!["4006381333931".parse().unwrap()]);
        skimmed.sku = Some("DAI-0042".parse().unwrap());
        Self::open(vec![
            product(1, &patch("Whole milk 1L", "Almhof", "Dairy/Milk", 129)),
            product(2, &skimmed),
            product(3, &patch("Milk chocolate", "Kakao", "Sweets/Chocolate", 149)),
            product(4, &patch("Dark chocolate 70%", "Kakao", "Sweets/Chocolate", 199)),
            product(5, &patch("Gouda cheese slices", "Almhof", "Dairy/Cheese", 249)),
            product(6, &patch("Crème fraîche", "Étoile", "Dairy/Cream", 89)),
        ])
        .await
    }

    async fn ready(&self) {
        // What was published is in no older index, so wait for that first.
        self.catch_up().await;
        tokio::time::timeout(PATIENCE, async {
            while self.search.status() != Status::Ready {
                tokio::task::yield_now().await;
            }
        })
        .await
        .unwrap();
        self.catch_up().await;
    }

    async fn catch_up(&self) {
        assert!(self.search.caught_up(self.store.last_change_seq(), PATIENCE).await);
    }

    async fn write(&self, products: Vec<Product>) {
        write_to(&self.store, products).await;
        self.catch_up().await;
    }

    async fn edit(&self, number: u64, change: impl FnOnce(&mut Product) + Send + 'static) {
        let edit = move |tx: &mut storage::WriteTx<'_>| {
            let mut product = products::product(tx, id(number))?.unwrap();
            change(&mut product);
            products::put(tx, &product)
        };
        self.store.write(edit).await.unwrap();
        self.catch_up().await;
    }

    async fn set_stock(&self, number: u64, stock: i64) {
        let movement = StockMovement {
            id: MovementId::new(self.store.last_change_seq() + 1).unwrap(),
            product_id: id(number),
            kind: MovementKind::Adjustment,
            delta: stock,
            stock_after: stock,
            order_id: None,
            by: None,
            at: Timestamp::UNIX_EPOCH,
            note: None,
        };
        self.store.write(move |tx| products::book(tx, &movement)).await.unwrap();
        self.catch_up().await;
    }

    fn find(&self, text: &str) -> Found {
        self.find_in(text, Filter::default(), Sort::Relevance)
    }

    fn find_in(&self, text: &str, filter: Filter, sort: Sort) -> Found {
        let query = Query { text: text.into(), filter, sort, offset: 0, limit: 100 };
        self.search.find(&query).unwrap()
    }

    pub(super) fn ids(&self, text: &str) -> Vec<u64> {
        numbers(&self.find(text))
    }

    /// Which commit the index shows.
    fn generation(&self) -> u64 {
        self.search.shared.index().unwrap().reader.searcher().generation().generation_id()
    }
}

async fn write_to(store: &Store, products: Vec<Product>) {
    let put = move |tx: &mut storage::WriteTx<'_>| {
        products.iter().try_for_each(|product| products::put(tx, product))
    };
    store.write(put).await.unwrap();
}

fn numbers(found: &Found) -> Vec<u64> {
    found.ids.iter().map(|id| id.value()).collect()
}

fn shown(counts: &Counts) -> Vec<(&str, usize)> {
    counts.iter().map(|(name, count)| (&**name, *count)).collect()
}

#[tokio::test]
async fn a_search_sees_what_was_written_before_it() {
    let shop = Shop::open(Vec::new()).await;
    assert_eq!(shop.find("milk"), Found::default());
    shop.write(vec![product(1, &patch("Oat milk", "Hafer", "Dairy/Milk", 199))]).await;
    assert_eq!(shop.ids("milk"), [1]);
    shop.edit(1, |product| product.name = "Oat drink".into()).await;
    assert_eq!(shop.ids("drink"), [1]);
    shop.edit(1, |product| product.category = "Drinks".into()).await;
    assert!(shop.ids("milk").is_empty());
    shop.edit(1, |product| product.deleted = true).await;
    assert_eq!(shop.find("drink"), Found::default());
    assert_eq!(shop.search.list(&Filter::default(), Sort::Id, 0, 10).total, 0);
    assert_eq!(shop.search.facts(id(1)), None);
}

#[tokio::test]
async fn inactive_products_are_for_staff_only() {
    let shop = Shop::dairy().await;
    shop.edit(5, |product| product.active = false).await;
    let staff = || Filter { include_hidden: true, ..Filter::default() };
    for text in ["gouda", "P000005", ""] {
        assert!(!shop.ids(text).contains(&5), "{text}");
        assert!(numbers(&shop.find_in(text, staff(), Sort::Id)).contains(&5), "{text}");
    }
    assert!(shop.search.suggest("gouda", 5).unwrap().is_empty());
    shop.edit(5, |product| product.active = true).await;
    assert_eq!(shop.ids("gouda"), [5]);
}

#[tokio::test]
async fn price_and_stock_do_not_touch_the_index() {
    let shop = Shop::dairy().await;
    let before = shop.generation();
    shop.edit(1, |product| product.price = Money::from_minor(5)).await;
    shop.edit(1, |product| product.active = false).await;
    shop.edit(1, |product| product.active = true).await;
    shop.set_stock(1, 12).await;
    let facts = shop.search.facts(id(1)).unwrap();
    assert_eq!((facts.price, facts.stock), (Money::from_minor(5), 12));
    assert_eq!(shop.generation(), before);
    shop.edit(1, |product| product.description = "Fresh".into()).await;
    assert_ne!(shop.generation(), before);
}

#[tokio::test]
async fn products_with_all_words_come_first() {
    let shop = Shop::dairy().await;
    let milk = shop.ids("milk");
    assert_eq!(milk.len(), 3);
    assert_eq!(shop.ids("milk chocolate")[0], 3);
    let found = shop.find("milk chocolate");
    assert_eq!((found.total, found.fallback), (4, false), "the closest others follow");
    let found = shop.find("gouda chocolate");
    assert_eq!((found.total, found.fallback), (3, true), "no product has both, so either");
    assert_eq!(shop.ids("slice of cheeses"), [5], "stems match, `of` does not count");
    assert_eq!(shop.ids("creme fraiche"), [6]);
    assert_eq!(shop.ids("whole milk 1 litre"), [1, 2, 3]);
    assert_eq!(shop.ids("ETOILE"), [6]);
}

#[tokio::test]
async fn an_unfinished_word_is_completed() {
    let shop = Shop::dairy().await;
    assert_eq!(numbers(&shop.find_in("choc", Filter::default(), Sort::Id)), [3, 4]);
    assert_eq!(shop.ids("dark cho"), [4, 3]);
    assert_eq!(shop.find("choc").did_you_mean, None);
    shop.write(vec![
        product(20, &patch("Hamburger", "", "", 1)),
        product(21, &patch("Ham", "", "", 1)),
    ])
    .await;
    assert_eq!(shop.ids("ham"), [21, 20], "a finished word comes first");
    assert_eq!(shop.ids("ham "), [21]);
}

#[tokio::test]
async fn misspelt_words_are_corrected() {
    let shop = Shop::dairy().await;
    for (query, meant, expected) in [
        ("choclate", "chocolate", &[3, 4][..]),
        ("hcocolate", "chocolate", &[3, 4]),
        ("chokolade", "chocolate", &[3, 4]),
        ("mlik", "milk", &[1, 2, 3]),
        ("Goudda Cheese", "gouda Cheese", &[5]),
        ("skimed milk", "skimmed milk", &[1, 2, 3]),
        ("chokol", "chocolate", &[3, 4]),
    ] {
        let found = shop.find_in(query, Filter::default(), Sort::Id);
        assert_eq!(found.did_you_mean.as_deref(), Some(meant), "{query}");
        assert_eq!(numbers(&found), expected, "{query}");
    }
    assert_eq!(shop.find("milk").did_you_mean, None);
    assert_eq!(shop.find("mik"), Found::default(), "three letters are not enough to guess from");
    assert_eq!(shop.find("xylophone"), Found::default());
}

#[tokio::test]
async fn a_correction_goes_with_the_other_words() {
    let mut shelf: Vec<_> =
        (1..=5).map(|number| product(number, &patch("Beard oil", "", "", 100))).collect();
    shelf.push(product(9, &patch("Rye bread", "", "", 100)));
    let shop = Shop::open(shelf).await;
    assert_eq!(shop.find("braed").did_you_mean.as_deref(), Some("bread"));
    let found = shop.find("rye beead");
    assert_eq!((numbers(&found), found.did_you_mean.as_deref()), (vec![9], Some("rye bread")));
    shop.write(vec![product(10, &patch("Beeadwork kit", "", "", 100))]).await;
    assert!(shop.ids("beead").contains(&10), "a completion");
    assert_eq!(shop.ids("rye beead")[0], 9, "no completion goes with the other word");
    shop.edit(9, |product| product.deleted = true).await;
    assert!(!shop.ids("rye").contains(&9));
}

#[tokio::test]
async fn codes_find_their_product() {
    let shop = Shop::dairy().await;
    for text in ["4006381333931", "04006381333931", " 4006381333931 ", "DAI-0042", "dai-0042"] {
        assert_eq!(shop.ids(text), [2], "{text}");
    }
    for part in ["381333", "0042", "dai-", "I-00"] {
        assert_eq!(shop.ids(part), [2], "{part}");
    }
    assert!(shop.ids("42").is_empty(), "too short for a part");
    assert_eq!(shop.ids("P000003"), [3]);
    assert_eq!(shop.ids("milk 4006381333931")[0], 2);
    shop.edit(2, |product| product.barcodes.clear()).await;
    assert!(shop.ids("4006381333931").is_empty());
}

#[tokio::test]
async fn filters_facets_and_sorts_come_from_the_facts() {
    let shop = Shop::dairy().await;
    shop.set_stock(1, 3).await;
    shop.set_stock(3, 1).await;
    let list = |filter: Filter, sort| shop.search.list(&filter, sort, 0, 10);
    let numbers_of = |filter: Filter| numbers(&list(filter, Sort::Id));
    let any = Filter::default;
    assert_eq!(numbers_of(Filter { category: Some("dairy".into()), ..any() }), [1, 2, 5, 6]);
    assert_eq!(numbers_of(Filter { category: Some("Dairy/MILK/".into()), ..any() }), [1, 2]);
    assert!(numbers_of(Filter { category: Some("Dai".into()), ..any() }).is_empty());
    assert_eq!(numbers_of(Filter { brand: Some("étoile".into()), ..any() }), [6]);
    assert_eq!(numbers_of(Filter { in_stock: Some(true), ..any() }), [1, 3]);
    assert_eq!(numbers_of(Filter { in_stock: Some(false), ..any() }), [2, 4, 5, 6]);
    let (min_price, max_price) = (Some(Money::from_minor(99)), Some(Money::from_minor(149)));
    assert_eq!(numbers_of(Filter { min_price, max_price, ..any() }), [1, 2, 3]);
    let promotions = Arc::new(offers(&[4, 6], "dairy/milk"));
    let offered = |on_offer| Filter {
        on_offer: Some(on_offer),
        promotions: Arc::clone(&promotions),
        ..any()
    };
    assert_eq!(numbers_of(offered(true)), [1, 2, 4, 6]);
    assert_eq!(numbers_of(offered(false)), [3, 5]);
    assert!(numbers_of(Filter { on_offer: Some(true), ..any() }).is_empty());

    assert_eq!(numbers(&list(any(), Sort::Price)), [6, 2, 1, 3, 4, 5]);
    assert_eq!(numbers(&list(any(), Sort::PriceDescending)), [5, 4, 3, 1, 2, 6]);
    assert_eq!(numbers(&list(any(), Sort::Name)), [6, 4, 5, 3, 2, 1]);
    assert_eq!(numbers(&list(any(), Sort::Newest)), [6, 5, 4, 3, 2, 1]);

    let found = shop.find_in("milk", Filter { in_stock: Some(true), ..any() }, Sort::Price);
    assert_eq!((numbers(&found), found.total), (vec![1, 3], 2));
    assert_eq!(shown(&found.facets.brand), [("Almhof", 1), ("Kakao", 1)]);
    let categories = [("Dairy/Milk", 1), ("Sweets/Chocolate", 1)];
    assert_eq!(shown(&found.facets.category), categories);
}

#[tokio::test]
async fn pages_cut_one_stable_order() {
    let shelf = (1..=50).map(|number| product(number, &patch("Milk", "", "", 100))).collect();
    let shop = Shop::open(shelf).await;
    for sort in [Sort::Relevance, Sort::Price, Sort::Name, Sort::Id] {
        for text in ["milk", ""] {
            let mut seen = Vec::new();
            for offset in (0..50).step_by(7) {
                let filter = Filter::default();
                let query = Query { text: text.into(), filter, sort, offset, limit: 7 };
                let page = shop.search.find(&query).unwrap();
                assert_eq!(page.total, 50);
                seen.extend(numbers(&page));
            }
            assert_eq!(seen, (1..=50).collect::<Vec<_>>(), "{sort:?} {text}");
        }
    }
    let past = shop.search.list(&Filter::default(), Sort::Id, usize::MAX, usize::MAX);
    assert_eq!((past.ids.len(), past.total), (0, 50));
}

#[tokio::test]
async fn suggestions_mark_what_was_typed() {
    let shop = Shop::dairy().await;
    let suggested = shop.search.suggest("dark choc", 5).unwrap();
    assert_eq!(suggested.len(), 1);
    assert_eq!(suggested[0].name, "Dark chocolate 70%");
    assert_eq!(suggested[0].highlight, "<b>Dark</b> <b>choc</b>olate 70%");
    assert_eq!(shop.search.suggest("choclate", 1).unwrap().len(), 1);
    assert!(shop.search.suggest("", 5).unwrap().is_empty());
    assert!(shop.search.suggest("choc", 0).unwrap().is_empty());
}

#[tokio::test]
async fn hostile_queries_get_an_answer() {
    let shop = Shop::dairy().await;
    let syntax = "+-&|!(){}[]^\"~*?:\\/<>=';,.%$#@`";
    let mut hostile = vec![
        "x".repeat(10_000),
        "milk ".repeat(2_000),
        "ü".repeat(10_000),
        "\u{0}\u{1}\u{7f}\r\n\t\u{202e}".repeat(50),
        "\u{1f9c0}\u{200d}\u{fe0f}".into(),
        "name:milk AND (brand:* OR NOT [a TO z])".into(),
        "9".repeat(500),
        "1".repeat(120) + " kg",
        "''''''s's's".into(),
    ];
    let words: Vec<_> = (0..1_000).map(|n| format!("w{n}")).collect();
    hostile.push(words.join(" "));
    hostile.extend(
        syntax.chars().flat_map(|c| [c.to_string(), format!("mil{c}k"), format!("{c}milk{c}")]),
    );
    for text in hostile {
        let query = Query { text, limit: usize::MAX, offset: 0, ..Query::default() };
        assert!(shop.search.find(&query).unwrap().total <= 6, "{}", query.text);
        assert!(shop.search.suggest(&query.text, usize::MAX).unwrap().len() <= 6);
    }
    assert_eq!(shop.find("milk*").total, 3, "syntax means nothing");
    for text in ["milk\u{0}\u{1}\u{7f}", "\u{202e}milk", "\tmilk\r\n", "+milk -(\"~1\")^2"] {
        assert_eq!(shop.ids(text)[..], shop.ids("milk"), "{text:?}");
    }
    // What is beyond the first 128 characters, or the first twelve words, is not read.
    assert_eq!(shop.ids(&("milk ".to_owned() + &"x".repeat(10_000)))[0], shop.ids("milk x")[0]);
    assert_eq!(shop.ids(&format!("milk {}", words.join(" ")))[..3], shop.ids("milk")[..]);
    assert!(shop.ids(&(words.join(" ") + " milk")).is_empty());
    assert!(shop.ids(&(" ".repeat(10_000) + "gouda")).contains(&5), "blanks before are no part");
}

#[tokio::test]
async fn a_query_without_any_result_is_guessed() {
    let shop = Shop::dairy().await;
    // Two errors in five letters.
    let found = shop.find("goduu");
    assert_eq!((numbers(&found), found.fallback), (vec![5], true));
    assert_eq!(found.did_you_mean.as_deref(), Some("gouda"));
    assert!(!shop.find("milk goduu").fallback || shop.find("milk goduu").total > 0);
    assert_eq!(shop.find("qzxvw"), Found::default(), "nothing is close");
    // Two words written as one with an error in either.
    for slip in ["goudachese", "gudacheese"] {
        assert_eq!(shop.find(slip).did_you_mean.as_deref(), Some("gouda cheese"), "{slip}");
    }
}

#[tokio::test]
async fn words_with_synonyms_are_not_doubted() {
    let shop = Shop::dairy().await;
    let group = |number, words: &[&str]| {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        SynonymGroup::create(SynonymId::new(number).unwrap(), &words, Timestamp::UNIX_EPOCH)
            .unwrap()
    };
    let groups = [group(1, &["chalk", "whole milk"]), group(2, &["goudo", "edam"])];
    let write = move |tx: &mut storage::WriteTx<'_>| {
        groups.iter().try_for_each(|group| synonyms::put(tx, group))
    };
    shop.store.write(write).await.unwrap();
    shop.catch_up().await;
    let found = shop.find("chalk");
    assert_eq!((numbers(&found), found.did_you_mean), (vec![1], None));
    assert_eq!(found.highlights, ["<b>Whole</b> <b>milk</b> 1L"], "the phrase that was found");
    let found = shop.find("whole milk");
    assert_eq!((numbers(&found)[0], found.fallback), (1, false));
    assert_eq!(shop.find("goudo"), Found::default(), "the owner's word is right as it is");
}

#[tokio::test]
async fn a_follower_that_missed_changes_starts_over() {
    let shop = Shop::dairy().await;
    // One commit that writes and prunes: nobody can have read its changes but the last.
    let burst = |tx: &mut storage::WriteTx<'_>| {
        for number in 30..40 {
            products::put(tx, &product(number, &patch("Quark", "", "", 1)))?;
        }
        let last = change_log::last_seq(tx)?;
        change_log::prune(tx, last, usize::MAX)
    };
    assert!(shop.store.write(burst).await.unwrap() > 0);
    shop.ready().await;
    assert_eq!(shop.find("quark").total, 10);
    assert_eq!(shop.find("milk").total, 3);
}

#[tokio::test]
async fn a_killed_index_writer_is_replaced() {
    let shop = Shop::dairy().await;
    shop.search.shared.commits_to_fail.store(2, Ordering::SeqCst);
    write_to(&shop.store, vec![product(50, &patch("Kefir", "", "", 1))]).await;
    tokio::time::timeout(PATIENCE, async {
        while shop.search.shared.commits_to_fail.load(Ordering::SeqCst) > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    shop.ready().await;
    assert_eq!(shop.ids("kefir"), [50]);
    assert_eq!(shop.find("milk").total, 3);
}

#[tokio::test]
async fn a_closed_search_lets_go_of_the_store() {
    let shop = Shop::dairy().await;
    shop.search.close();
    assert!(matches!(
        shop.search.find(&Query { text: "milk".into(), ..Query::default() }),
        Err(SearchError::Building)
    ));
    assert_eq!(shop.search.status(), Status::Building);
    assert_eq!(shop.search.list(&Filter::default(), Sort::Id, 0, 10).total, 6);
    let next = shop.store.last_change_seq() + 1;
    assert!(!shop.search.caught_up(next, Duration::from_millis(1)).await);
}

#[tokio::test]
async fn changes_during_the_build_are_not_lost() {
    let store = Store::in_memory().unwrap();
    let shelf: Vec<_> =
        (1..=2_500).map(|number| product(number, &patch("Old", "", "", 1))).collect();
    for part in shelf.chunks(500) {
        write_to(&store, part.to_vec()).await;
    }
    let search = Search::start(store.clone()).unwrap();
    assert_eq!(search.list(&Filter::default(), Sort::Id, 0, 1).total, 2_500, "lists work at once");
    let shop = Shop { store, search };
    for number in [1, 999, 1_000, 1_001, 2_500] {
        shop.edit(number, |product| product.name = "Fresh".into()).await;
    }
    shop.edit(2, |product| product.deleted = true).await;
    shop.write(vec![product(3_000, &patch("Fresh", "", "", 1))]).await;
    shop.ready().await;
    assert_eq!(shop.ids("fresh"), [1, 999, 1_000, 1_001, 2_500, 3_000]);
    assert_eq!(shop.find("old").total, 2_494);
}

#[tokio::test]
async fn the_language_says_which_forms_are_the_same() {
    let store = Store::in_memory().unwrap();
    let shelf = [
        product(1, &patch("Frische Kartoffeln mit Schale", "", "Gem\u{fc}se", 199)),
        product(2, &patch("Brot f\u{fc}r Toast", "", "", 99)),
    ];
    write_to(&store, shelf.to_vec()).await;
    let german = Shop {
        search: Search::start_in(store.clone(), Language::German).unwrap(),
        store: store.clone(),
    };
    german.ready().await;
    assert_eq!(german.ids("Kartoffel mit"), [1]);
    assert_eq!(german.ids("mit schalen "), [1]);
    assert!(!german.find("kartoffel mit").fallback, "`mit` does not count");
    let english = Shop { search: Search::start(store.clone()).unwrap(), store };
    english.ready().await;
    assert!(english.find("schalen mit").did_you_mean.is_some(), "no form of an English word");
    for code in [
        "ar", "da", "de", "el", "en", "es", "fi", "fr", "hu", "it", "nl", "no", "pt", "ro", "ru",
        "sv", "ta", "tr",
    ] {
        let language = Language::of_code(code).unwrap();
        let words =
            text::query_words("Milch, \u{43c}\u{43e}\u{43b}\u{43e}\u{43a}\u{43e}", language);
        assert_eq!(words.len(), 2, "{code}");
    }
    assert_eq!(Language::of_code("xx"), None);
}

#[tokio::test]
async fn synonyms_follow_the_store() {
    let shop = Shop::dairy().await;
    let group = |words: &[&str]| {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        SynonymGroup::create(SynonymId::new(1).unwrap(), &words, Timestamp::UNIX_EPOCH).unwrap()
    };
    let before = shop.generation();
    assert!(shop.ids("leche").is_empty());
    let first = group(&["leche", "milk"]);
    shop.store.write(move |tx| synonyms::put(tx, &first)).await.unwrap();
    shop.catch_up().await;
    assert_eq!(shop.ids("leche"), shop.ids("milk"));
    assert_eq!(shop.find("leche").did_you_mean, None);
    assert_eq!(shop.generation(), before, "no word of them is in the index");
    let restarted = Shop { search: Search::start(shop.store.clone()).unwrap(), store: shop.store };
    restarted.ready().await;
    assert_eq!(restarted.find("leche").total, 3);
    let gone = group(&["leche", "milk"]);
    restarted.store.write(move |tx| synonyms::delete(tx, &gone)).await.unwrap();
    restarted.catch_up().await;
    assert!(restarted.ids("leche").is_empty());
}

#[tokio::test]
async fn a_deleted_product_that_comes_back_is_found_again() {
    let shop = Shop::dairy().await;
    shop.edit(2, |product| product.deleted = true).await;
    assert!(shop.ids("4006381333931").is_empty() && shop.ids("0042").is_empty());
    shop.edit(2, |product| product.deleted = false).await;
    assert_eq!((shop.ids("4006381333931"), shop.ids("0042")), (vec![2], vec![2]));
    assert!(shop.ids("milk").contains(&2));
    shop.write(vec![product(90, &patch("Kefir", "", "", 1))]).await;
    shop.write(vec![product(80, &patch("Kefir", "", "", 1))]).await;
    assert_eq!(shop.ids("kefir"), [80, 90], "in the order of ids, whichever came first");
    let listed = shop.search.list(&Filter::default(), Sort::Id, 0, 10);
    assert_eq!(numbers(&listed), [1, 2, 3, 4, 5, 6, 80, 90]);
}

/// What a search of many hits costs: `cargo test --release --lib -- --ignored --nocapture costs`.
#[tokio::test]
#[ignore = "a measurement"]
async fn costs_of_a_large_catalogue() {
    let products = 100_000_u64;
    let shelf: Vec<_> = (1..=products)
        .map(|n| {
            let name = match n % 20 {
                0 => format!("Whole milk {n} brand{} 1 l", n % 977),
                _ => format!("Item{} word{} thing{} 500 g", n % 5_003, n % 811, n % 97),
            };
            let price = 50 + i64::try_from(n % 2_000).unwrap();
            let category = format!("Area{}/Shelf{}", n % 20, n % 400);
            product(n, &patch(&name, &format!("Brand {}", n % 977), &category, price))
        })
        .collect();
    let store = Store::in_memory().unwrap();
    for part in shelf.chunks(500) {
        write_to(&store, part.to_vec()).await;
    }
    let begun = std::time::Instant::now();
    let search = Search::start(store.clone()).unwrap();
    println!("start with {products} products: {:?}", begun.elapsed());
    let shop = Shop { store, search };
    shop.ready().await;
    println!("index ready: {:?}", begun.elapsed());
    let facts = shop.search.shared.facts();
    let hits: Vec<_> = (1..=products)
        .step_by(20)
        .map(|n| (id(n), 1.0 + f32::from(u8::try_from(n % 7).unwrap())))
        .collect();
    let timed = |name: &str, work: &mut dyn FnMut() -> usize| {
        let begun = std::time::Instant::now();
        let sum: usize = (0..200).map(|_| work()).sum();
        println!("{name}: {:?} ({})", begun.elapsed() / 200, sum / 200);
    };
    let window = |spread, limit| Window { sort: Sort::Relevance, offset: 0, limit, spread };
    let filter = Filter { promotions: Arc::new(offers(&[4, 6], "area1")), ..Filter::default() };
    for (name, spread) in [("select 5,000", Spread::Ignored), ("and facets", Spread::Counted)] {
        timed(name, &mut || {
            facts.select(united(&hits, &HashMap::new()), &filter, window(spread, 50)).total
        });
    }
    timed("list all, facets", &mut || facts.list(&filter, window(Spread::Counted, 50)).total);
    timed("exact code", &mut || facts.by_code("P050000", false, false).len());
    timed("part of a code", &mut || facts.by_code("5000", true, false).len());
    timed("part of no code", &mut || facts.by_code("milk 1l", true, false).len());
    let text = |text: &str, limit| Query { text: text.into(), limit, ..Query::default() };
    for (words, limit) in [("milk", 50), ("milk", 10), ("word17 thing3", 50), ("brand17 milk", 10)]
    {
        timed(&format!("find {words}, {limit}"), &mut || {
            shop.search.find(&text(words, limit)).unwrap().total
        });
        timed(&format!("find plain {words}, {limit}"), &mut || {
            shop.search.find_plain(&text(words, limit)).unwrap().total
        });
    }
    timed("suggest mil", &mut || shop.search.suggest("mil", 10).unwrap().len());
}
