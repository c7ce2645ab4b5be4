//! Products: list, search, find, create, edit, delete.

use axum::extract::State;
use serde::{Deserialize, Serialize, Serializer};
use std::time::Instant;
use utoipa::{IntoParams, ToSchema};

use super::Answer;
use crate::app::catalogue::{self as app, Counts, Detail, Filter, ProductPage, Sort, Suggestion};
use crate::app::{App, Principal, Staff};
use crate::domain::id::ProductId;
use crate::domain::money::{Currency, Decimal, Money};
use crate::http::extract::{IfMatch, Json, KeyedJson, Page, Path, Query};
use crate::http::reply::{Listed, Stored, Versioned};
use crate::http::{Problem, Result};
use crate::wire::amount::Amount;
use crate::wire::product::{Movement, Product, ProductInput, ScannedProduct};

/// How many products a list gives unless the client says otherwise.
pub(in crate::http) const LIST_DEFAULT: usize = 1_000;
/// How many names a suggestion gives.
const SUGGESTIONS: usize = 10;
/// Most food types or allergens of a filter.
const FILTER_WORDS_MAX: usize = 32;

/// What to list or search for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
pub(in crate::http) struct ProductQuery {
    /// Words, a barcode or a SKU; empty lists all.
    query: String,
    /// A category and all below it.
    category: Option<String>,
    /// A brand.
    brand: Option<String>,
    /// At least this price.
    min_price: Option<String>,
    /// At most this price.
    max_price: Option<String>,
    /// Only what is in stock, or only what is not.
    in_stock: Option<bool>,
    /// Only what is at or below its own threshold, or only what is not.
    low_stock: Option<bool>,
    /// Only what a running promotion makes cheaper, or only what none does.
    on_offer: Option<bool>,
    /// Food types of which a product must have all: a comma list such as `vegan,organic`.
    #[param(example = "vegan")]
    food_type: Option<String>,
    /// Allergens of which a product must have none: a comma list such as `milk,nuts`.
    #[param(example = "milk,nuts")]
    without_allergen: Option<String>,
    /// `relevance`, `name`, `price`, `-price` or `newest`.
    #[param(pattern = "^(relevance|name|price|-price|newest)?$")]
    sort: Option<String>,
}

/// What somebody began to type.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
pub(in crate::http) struct SuggestQuery {
    /// The beginning of a name, or of words in it.
    query: String,
}

/// A search's answer.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct SearchAnswer {
    results: Vec<FoundProduct>,
    total: usize,
    facets: Facets,
    /// What was searched for instead of an unknown word.
    did_you_mean: Option<String>,
    /// No product has all words of the query: these have some of them.
    #[schema(example = false)]
    fallback: bool,
    /// Microseconds that the search took.
    took_us: u64,
}

/// A product that matches.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct FoundProduct {
    #[serde(flatten)]
    product: Product,
    /// The name in HTML, matching words in `<b>`.
    highlight: String,
}

/// How the products of all pages are spread, by live prices, stock and offers.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Facets {
    /// How many products there are in each category, by its whole path; at most 1,000 of them.
    #[schema(value_type = std::collections::BTreeMap<String, usize>)]
    category: CountsByName,
    /// How many of each brand; the 200 with the most.
    #[schema(value_type = std::collections::BTreeMap<String, usize>)]
    brand: CountsByName,
    /// At most six bands with about as many products each, the cheapest first.
    price: Vec<PriceBand>,
    /// How many are in stock.
    #[schema(example = 1)]
    in_stock: usize,
    /// How many a running promotion makes cheaper.
    #[schema(example = 1)]
    on_offer: usize,
    /// How many of each food type; a product may have several.
    #[schema(value_type = std::collections::BTreeMap<String, usize>)]
    food_type: CountsByName,
}

/// Prices from one to another, both of them in it: as `min_price` and `max_price` they find the
/// same products.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct PriceBand {
    #[schema(example = 1.5)]
    from: Amount,
    #[schema(example = 1.99)]
    to: Amount,
    #[schema(example = 1)]
    count: usize,
}

/// Names with their counts, as an object.
#[derive(Debug)]
pub(in crate::http) struct CountsByName(Counts);

impl Serialize for CountsByName {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, count)| (&**name, count)))
    }
}

impl Facets {
    fn new(facets: app::Facets, currency: &Currency) -> Self {
        let band = |band: app::PriceBand| PriceBand {
            from: Amount::of(band.from, currency),
            to: Amount::of(band.to, currency),
            count: band.count,
        };
        Self {
            category: CountsByName(facets.category),
            brand: CountsByName(facets.brand),
            price: facets.price.into_iter().map(band).collect(),
            in_stock: facets.in_stock,
            on_offer: facets.on_offer,
            food_type: CountsByName(facets.food_type),
        }
    }
}

/// A name that begins like the text.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Suggested {
    id: u64,
    name: String,
    /// The name in HTML, matches in `<b>`.
    highlight: String,
}

/// The answer to a deletion.
#[expect(clippy::struct_field_names, reason = "the members are named by the API")]
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Deleted {
    message: &'static str,
    deleted: bool,
    product_id: u64,
}

/// Products that are cheaper for now.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Offers {
    offers: Vec<Product>,
}

impl ProductQuery {
    fn filter(&self, currency: &Currency, principal: &Principal) -> Result<Filter> {
        Ok(Filter {
            category: self.category.clone(),
            brand: self.brand.clone(),
            min_price: price("min_price", self.min_price.as_deref(), currency)?,
            max_price: price("max_price", self.max_price.as_deref(), currency)?,
            in_stock: self.in_stock,
            low_stock: self.low_stock,
            on_offer: self.on_offer,
            food_types: words("food_type", self.food_type.as_deref())?,
            without_allergens: words("without_allergen", self.without_allergen.as_deref())?,
            include_hidden: principal.staff().is_some(),
            ..Filter::default()
        })
    }

    fn sort(&self) -> Result<Option<Sort>> {
        let Some(word) = &self.sort else { return Ok(None) };
        Ok(Some(match word.as_str() {
            "relevance" => Sort::Relevance,
            "name" => Sort::Name,
            "price" => Sort::Price,
            "-price" => Sort::PriceDescending,
            "newest" => Sort::Newest,
            _ => {
                return Err(Problem::field("sort", "is relevance, name, price, -price or newest"));
            }
        }))
    }
}

/// The words of a comma list.
fn words(field: &str, list: Option<&str>) -> Result<Vec<String>> {
    let words = list.unwrap_or_default().split(',').map(str::trim).filter(|word| !word.is_empty());
    let words: Vec<String> = words.map(str::to_owned).collect();
    if words.len() > FILTER_WORDS_MAX {
        return Err(Problem::field(field, format!("a list of at most {FILTER_WORDS_MAX} words")));
    }
    Ok(words)
}

fn price(field: &str, text: Option<&str>, currency: &Currency) -> Result<Option<Money>> {
    let Some(text) = text else { return Ok(None) };
    let amount = text.parse::<Decimal>().and_then(|amount| amount.to_money(currency));
    amount.map(Some).map_err(|error| Problem::field(field, error))
}

async fn page<const DEFAULT: usize>(
    app: &App,
    principal: &Principal,
    query: ProductQuery,
    page: &Page<DEFAULT>,
    detail: Detail,
) -> Result<ProductPage> {
    let filter = query.filter(&app.settings().currency, principal)?;
    let sort = query.sort()?;
    let window = (page.offset, page.limit);
    Ok(app.find_products(query.query, filter, sort, window, detail).await?)
}

fn wire(app: &App, page: Vec<crate::domain::view::StockedProduct>) -> Vec<Product> {
    let currency = &app.settings().currency;
    page.into_iter().map(|product| Product::new(product, currency)).collect()
}

pub(in crate::http) async fn list(
    State(app): State<App>,
    principal: Principal,
    Query(query): Query<ProductQuery>,
    asked: Page<LIST_DEFAULT>,
) -> Result<Listed<Product, LIST_DEFAULT>> {
    let found = page(&app, &principal, query, &asked, Detail::Total).await?;
    let total = u64::try_from(found.total).unwrap_or(u64::MAX);
    Ok(Listed { items: wire(&app, found.products), total, page: asked })
}

pub(in crate::http) async fn search(
    State(app): State<App>,
    principal: Principal,
    Query(query): Query<ProductQuery>,
    asked: Page,
) -> Result<Json<SearchAnswer>> {
    let begun = Instant::now();
    let found = page(&app, &principal, query, &asked, Detail::Facets).await?;
    let results = wire(&app, found.products).into_iter().zip(found.highlights);
    let result = |(product, highlight)| FoundProduct { product, highlight };
    Ok(Json(SearchAnswer {
        results: results.map(result).collect(),
        total: found.total,
        facets: Facets::new(found.facets, &app.settings().currency),
        did_you_mean: found.did_you_mean,
        fallback: found.fallback,
        took_us: u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX),
    }))
}

pub(in crate::http) async fn suggest(
    State(app): State<App>,
    Query(query): Query<SuggestQuery>,
) -> Result<Json<Vec<Suggested>>> {
    let found = app.suggest(query.query, SUGGESTIONS).await?;
    let wire = |found: Suggestion| Suggested {
        id: found.id.value(),
        name: found.name,
        highlight: found.highlight,
    };
    Ok(Json(found.into_iter().map(wire).collect()))
}

pub(in crate::http) async fn offers(
    State(app): State<App>,
    asked: Page<LIST_DEFAULT>,
) -> Result<Json<Offers>> {
    let query = ProductQuery { on_offer: Some(true), ..ProductQuery::default() };
    let found = page(&app, &Principal::Anonymous, query, &asked, Detail::Total).await?;
    Ok(Json(Offers { offers: wire(&app, found.products) }))
}

pub(in crate::http) async fn find(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<ProductId>,
) -> Result<Versioned<Json<Product>>> {
    let found = app.product(principal.staff().as_ref(), id)?;
    Ok(Versioned(found.product.version, Json(Product::new(found, &app.settings().currency))))
}

pub(in crate::http) async fn find_by_code(
    State(app): State<App>,
    principal: Principal,
    Path(code): Path<String>,
) -> Result<Versioned<Json<ScannedProduct>>> {
    let (found, pack) = app.product_by_code(principal.staff().as_ref(), &code)?;
    let version = found.product.version;
    Ok(Versioned(version, Json(ScannedProduct::new(found, pack, &app.settings().currency))))
}

pub(in crate::http) async fn movements(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<ProductId>,
    page: Page,
) -> Result<Listed<Movement, 50>> {
    let (found, total) = app.stock_movements(&staff, id, page.offset, page.limit)?;
    Ok(Listed { items: found.into_iter().map(Movement::from).collect(), total, page })
}

pub(in crate::http) async fn create(
    State(app): State<App>,
    staff: Staff,
    KeyedJson { body, idempotency }: KeyedJson<ProductInput>,
) -> Result<Versioned<Stored>> {
    let currency = app.settings().currency;
    check_currency(&body, &currency)?;
    let answer = Answer::new(201, move |created: &crate::domain::view::StockedProduct| {
        Product::new(created.clone(), &currency)
    });
    let patch = body.into_patch(&currency, &app.settings().time_zone)?;
    let outcome = app.create_product(&staff, patch, answer.once(idempotency)).await?;
    Ok(Versioned(1, answer.reply(outcome)))
}

pub(in crate::http) async fn update(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<ProductId>,
    IfMatch(expected): IfMatch,
    Json(input): Json<ProductInput>,
) -> Result<Versioned<Json<Product>>> {
    let currency = app.settings().currency;
    check_currency(&input, &currency)?;
    let patch = input.into_patch(&currency, &app.settings().time_zone)?;
    let updated = app.update_product(&staff, id, patch, expected).await?;
    Ok(Versioned(updated.product.version, Json(Product::new(updated, &currency))))
}

pub(in crate::http) async fn delete(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<ProductId>,
    IfMatch(expected): IfMatch,
) -> Result<Json<Deleted>> {
    app.delete_product(&staff, id, expected).await?;
    Ok(Json(Deleted { message: "Product deleted", deleted: true, product_id: id.value() }))
}

fn check_currency(input: &ProductInput, store: &Currency) -> Result<()> {
    match input.other_currency(store) {
        None => Ok(()),
        Some(other) => Err(Problem::bad_request(
            "currency-mismatch",
            format!("this store's prices are in {store}, not in {other}"),
        )),
    }
}
