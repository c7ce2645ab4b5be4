//! Categories, brands, and loose goods by their pictures.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Answer;
use crate::app::{App, Error, Principal, Staff};
use crate::domain::catalog::{Product, Unit};
use crate::domain::categories::{CategoryNode, Renaming};
use crate::domain::invalid::FieldErrors;
use crate::domain::money::Currency;
use crate::domain::pictures::thumbnail_path;
use crate::http::Result;
use crate::http::extract::{Json, KeyedJson, Page, Query};
use crate::http::reply::{Listed, Stored};
use crate::wire::amount::Amount;

/// How many loose goods a lookup gives unless the client says otherwise.
pub(in crate::http) const LOOKUP_DEFAULT: usize = 1_000;

/// A category with those below it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct CategoryBranch {
    /// The last level of its path.
    #[schema(example = "Milk")]
    name: String,
    /// Its whole path.
    #[schema(example = "Dairy/Milk")]
    path: String,
    /// Products exactly there.
    #[schema(example = 12)]
    count: usize,
    /// Products there and below.
    #[schema(example = 20)]
    total: usize,
    /// By name.
    #[schema(no_recursion, example = json!([]))]
    children: Vec<CategoryBranch>,
}

impl From<CategoryNode> for CategoryBranch {
    fn from(node: CategoryNode) -> Self {
        Self {
            name: node.name,
            path: node.path,
            count: node.count,
            total: node.total,
            children: node.children.into_iter().map(Self::from).collect(),
        }
    }
}

/// A brand.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Brand {
    #[schema(example = "Tropelle")]
    name: String,
    /// Its products.
    #[schema(example = 12)]
    count: usize,
}

/// A category's new name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct CategoryRename {
    /// The path of the category, in any case.
    #[schema(min_length = 1)]
    from: String,
    /// What it is to be, at most 6 levels with those below; not below itself.
    #[schema(min_length = 1, max_length = 200)]
    to: String,
}

/// What a renaming did.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct CategoryRenamed {
    /// Products that moved.
    #[schema(example = 12)]
    changed: usize,
}

/// Which loose goods.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
pub(in crate::http) struct LookupQuery {
    /// A category and all below it.
    category: Option<String>,
}

/// Something that is picked by its picture and weighed or counted.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct LooseGood {
    id: u64,
    name: String,
    plu: String,
    /// The path of the thumbnail of its first picture.
    image: Option<String>,
    /// Per piece or kilogram.
    price: Amount,
    currency: String,
    unit: Unit,
    category: String,
}

impl LooseGood {
    fn new(product: Product, currency: &Currency) -> Self {
        Self {
            id: product.id.value(),
            name: product.name,
            plu: product.plu.map(|plu| plu.to_string()).unwrap_or_default(),
            image: product.images.first().and_then(|image| thumbnail_path(image)),
            price: Amount::of(product.price, currency),
            currency: currency.code().to_owned(),
            unit: product.unit,
            category: product.category,
        }
    }
}

pub(in crate::http) async fn list(
    State(app): State<App>,
    principal: Principal,
) -> Result<Json<Vec<CategoryBranch>>> {
    let tree = app.categories(principal.staff().as_ref());
    Ok(Json(tree.into_iter().map(CategoryBranch::from).collect()))
}

pub(in crate::http) async fn brands(
    State(app): State<App>,
    principal: Principal,
) -> Result<Json<Vec<Brand>>> {
    let brands = app.brands(principal.staff().as_ref()).into_iter();
    Ok(Json(brands.map(|(name, count)| Brand { name, count }).collect()))
}

pub(in crate::http) async fn rename(
    State(app): State<App>,
    staff: Staff,
    KeyedJson { body, idempotency }: KeyedJson<CategoryRename>,
) -> Result<Stored> {
    let renaming = Renaming::new(&body.from, &body.to);
    let renaming =
        renaming.map_err(|(field, error)| Error::Invalid(FieldErrors::one(field, error)))?;
    let answer = Answer::new(200, |changed: &usize| CategoryRenamed { changed: *changed });
    let outcome = app.rename_category(&staff, renaming, answer.once(idempotency)).await?;
    Ok(answer.reply(outcome))
}

pub(in crate::http) async fn lookup(
    State(app): State<App>,
    Query(query): Query<LookupQuery>,
    page: Page<LOOKUP_DEFAULT>,
) -> Result<Listed<LooseGood, LOOKUP_DEFAULT>> {
    let (found, total) = app.loose_goods(query.category, page.offset, page.limit).await?;
    let currency = &app.settings().currency;
    let items = found.into_iter().map(|product| LooseGood::new(product, currency)).collect();
    Ok(Listed { items, total, page })
}
