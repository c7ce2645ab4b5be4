//! What the scales of trolleys know, and bags that staff let in.

use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::{App, Staff};
use crate::domain::id::{DeviceId, ProductId};
use crate::domain::weight::learned::LEARNED_MIN;
use crate::http::Result;
use crate::http::extract::{Json, OptionalJson, Path};

/// A window for bags.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::http) struct TareInput {
    /// Its length; 30 when left out.
    #[schema(minimum = 1, maximum = 300, example = 30)]
    seconds: Option<i64>,
}

/// An open window for bags.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Tared {
    device_id: u64,
    #[schema(example = 30)]
    seconds: i64,
    until: Timestamp,
}

/// What a piece of a product weighs.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct ProductWeight {
    product_id: u64,
    /// What the catalogue says, in grams.
    #[schema(example = 1000)]
    weight_g: Option<u32>,
    /// What scales learned, in grams, packaging included; `null` before three scans.
    #[schema(example = 1030.4)]
    learned_weight_g: Option<f64>,
    /// How much pieces differ from that: a standard deviation in grams.
    #[schema(example = 3.1)]
    spread_g: Option<f64>,
    /// Scans behind it.
    #[schema(example = 17)]
    samples: u32,
}

pub(in crate::http) async fn tare(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<DeviceId>,
    OptionalJson(body): OptionalJson<TareInput>,
) -> Result<Json<Tared>> {
    let window = app.tare_device(&staff, id, body.unwrap_or_default().seconds).await?;
    let device_id = window.device_id.value();
    Ok(Json(Tared { device_id, seconds: window.seconds, until: window.until }))
}

pub(in crate::http) async fn known(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<ProductId>,
) -> Result<Json<ProductWeight>> {
    let known = app.known_weight(&staff, id)?;
    let belief = known.learned.belief(None).filter(|_| known.learned.count >= LEARNED_MIN);
    let tenth = |grams: f64| (grams * 10.0).round() / 10.0;
    Ok(Json(ProductWeight {
        product_id: id.value(),
        weight_g: known.product.weight_g,
        learned_weight_g: belief.map(|belief| tenth(belief.mean_g)),
        spread_g: belief.map(|belief| tenth(belief.spread_g)),
        samples: known.learned.count,
    }))
}
