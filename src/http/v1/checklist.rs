//! The shopping list.

use axum::extract::State;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Answer;
use crate::app::checklists::ListedItem;
use crate::app::{App, Shopper};
use crate::domain::id::ProductId;
use crate::domain::money::Currency;
use crate::http::extract::{Json, KeyedJson};
use crate::http::reply::Stored;
use crate::http::{Problem, Result};
use crate::wire::product::Product;
use crate::wire::read_only;

/// A shopper's shopping list.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Checklist {
    items: Vec<ChecklistItem>,
}

/// A product on the shopping list.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct ChecklistItem {
    checklist_id: u64,
    product_id: u64,
    product: Product,
    /// Pieces, or weighings of a product that is sold by weight.
    quantity: u32,
    user_id: u64,
    /// How many of them are in the cart.
    picked: u32,
    /// Whether enough are.
    ticked: bool,
}

/// A product for the list; what only the server sets is ignored.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "what is ignored is only named")]
pub(in crate::http) struct ChecklistAddition {
    /// What.
    #[schema(minimum = 1)]
    product_id: u64,
    /// 1 to 999; 1 when left out. What is on the list already is added to.
    #[schema(minimum = 1, maximum = 999)]
    quantity: Option<i64>,
    #[schema(schema_with = read_only)]
    checklist_id: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    product: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    picked: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    ticked: Option<IgnoredAny>,
}

/// A product to take off the list.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct ChecklistRemoval {
    /// What.
    #[schema(minimum = 1)]
    product_id: u64,
}

/// What was taken off.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct ChecklistMessage {
    message: String,
}

fn item(listed: &ListedItem, currency: &Currency) -> ChecklistItem {
    ChecklistItem {
        checklist_id: listed.item.id.value(),
        product_id: listed.item.product_id.value(),
        product: Product::new(listed.product.clone(), currency),
        quantity: listed.item.quantity.value(),
        user_id: listed.user_id.value(),
        picked: listed.picked,
        ticked: listed.is_ticked(),
    }
}

fn product_id(id: u64) -> Result<ProductId> {
    ProductId::new(id).map_err(|error| Problem::field("product_id", error))
}

pub(in crate::http) async fn find(
    State(app): State<App>,
    shopper: Shopper,
) -> Result<Json<Checklist>> {
    let currency = app.settings().currency;
    let listed = app.checklist(&shopper)?;
    Ok(Json(Checklist { items: listed.iter().map(|listed| item(listed, &currency)).collect() }))
}

pub(in crate::http) async fn add(
    State(app): State<App>,
    shopper: Shopper,
    KeyedJson { body, idempotency }: KeyedJson<ChecklistAddition>,
) -> Result<Stored> {
    let currency = app.settings().currency;
    let answer = Answer::new(200, move |listed: &ListedItem| item(listed, &currency));
    let (product, quantity) = (product_id(body.product_id)?, body.quantity.unwrap_or(1));
    let request = answer.once(idempotency);
    Ok(answer.reply(app.add_to_checklist(&shopper, product, quantity, request).await?))
}

pub(in crate::http) async fn remove(
    State(app): State<App>,
    shopper: Shopper,
    KeyedJson { body, idempotency }: KeyedJson<ChecklistRemoval>,
) -> Result<Stored> {
    let answer = Answer::new(200, |product: &ProductId| ChecklistMessage {
        message: format!("Product {product} removed from checklist."),
    });
    let request = answer.once(idempotency);
    let product = product_id(body.product_id)?;
    Ok(answer.reply(app.remove_from_checklist(&shopper, product, request).await?))
}
