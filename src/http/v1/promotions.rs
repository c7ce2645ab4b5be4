//! Promotions: list, find, make, edit, delete.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Answer;
use crate::app::{App, Principal, Staff};
use crate::domain::id::PromotionId;
use crate::domain::promotions::Promotion as DomainPromotion;
use crate::http::Result;
use crate::http::extract::{IfMatch, Json, KeyedJson, Page, Path, Query};
use crate::http::reply::{Listed, Stored, Versioned};
use crate::wire::promotion::{Promotion, PromotionInput};

/// Which promotions.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
pub(in crate::http) struct PromotionQuery {
    /// Only those that run now, or only those that do not.
    running: Option<bool>,
}

/// The answer to a deletion.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct PromotionDeleted {
    message: &'static str,
    deleted: bool,
    promotion_id: u64,
}

fn wire(app: &App, promotion: &DomainPromotion) -> Promotion {
    Promotion::new(promotion, &app.settings().currency, app.now())
}

pub(in crate::http) async fn list(
    State(app): State<App>,
    principal: Principal,
    Query(query): Query<PromotionQuery>,
    page: Page,
) -> Result<Listed<Promotion, 50>> {
    let viewer = principal.staff();
    let (found, total) = app.promotions(viewer.as_ref(), query.running, page.offset, page.limit)?;
    let total = u64::try_from(total).unwrap_or(u64::MAX);
    let items = found.iter().map(|promotion| wire(&app, promotion)).collect();
    Ok(Listed { items, total, page })
}

pub(in crate::http) async fn find(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<PromotionId>,
) -> Result<Versioned<Json<Promotion>>> {
    let found = app.promotion(principal.staff().as_ref(), id)?;
    Ok(Versioned(found.version, Json(wire(&app, &found))))
}

pub(in crate::http) async fn create(
    State(app): State<App>,
    staff: Staff,
    KeyedJson { body, idempotency }: KeyedJson<PromotionInput>,
) -> Result<Versioned<Stored>> {
    let currency = app.settings().currency;
    // As it is when it is made, which a clock that is read here would be before.
    let answer = Answer::new(201, move |made: &DomainPromotion| {
        Promotion::new(made, &currency, made.created_at)
    });
    let patch = body.into_patch(&app.settings().time_zone)?;
    let outcome = app.create_promotion(&staff, patch, answer.once(idempotency)).await?;
    Ok(Versioned(1, answer.reply(outcome)))
}

pub(in crate::http) async fn update(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<PromotionId>,
    IfMatch(expected): IfMatch,
    Json(body): Json<PromotionInput>,
) -> Result<Versioned<Json<Promotion>>> {
    let patch = body.into_patch(&app.settings().time_zone)?;
    let updated = app.update_promotion(&staff, id, patch, expected).await?;
    Ok(Versioned(updated.version, Json(wire(&app, &updated))))
}

pub(in crate::http) async fn delete(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<PromotionId>,
    IfMatch(expected): IfMatch,
) -> Result<Json<PromotionDeleted>> {
    app.delete_promotion(&staff, id, expected).await?;
    let promotion_id = id.value();
    Ok(Json(PromotionDeleted { message: "Promotion deleted", deleted: true, promotion_id }))
}
