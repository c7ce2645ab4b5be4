//! What is wrong with a store map.

use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::app::{App, Staff};
use crate::domain::store_map::StoreMap;
use crate::domain::store_map::lint::MapReport;
use crate::http::Result;
use crate::http::extract::Json;

pub(in crate::http) const ABOUT: &str = "Errors keep the map from being used; warnings are \
    surely not what was meant; notes are worth a look. Codes: `invalid-map`, \
    `unreachable-location`, `unreachable-node`, `no-way-out` (no checkout can be reached from \
    there), `zero-length-edge`, `length-shorter-than-line`, `duplicate-edge`, `lonely-node`, \
    `crossing-without-node`, `not-all-crossings`, `no-entrance`, `no-checkout`, \
    `product-nowhere`, `product-unknown-location`; and notes on what was done to read another format.";

pub(in crate::http) const ABOUT_FILE: &str = "Takes the JSON of `PUT /map`, a GeoJSON \
    FeatureCollection or a map of the editor Tiled, told apart by their content. Nothing is \
    changed: `map` in the answer is what the file reads as, ready for `PUT /map`, or null when it \
    has errors. The findings are those of `GET /map/findings`, products included.";

/// A map as `PUT /map` takes it, a `GeoJSON` `FeatureCollection` or a map of the editor Tiled.
#[derive(Debug, ToSchema)]
#[schema(value_type = Object)]
pub(in crate::http) struct MapFile(#[expect(dead_code, reason = "only its schema is used")] Value);

/// What was found about a file.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct LintedMap {
    #[serde(flatten)]
    report: MapReport,
    /// The map that the file reads as; null when it has errors.
    map: Option<StoreMap>,
}

pub(in crate::http) async fn find(State(app): State<App>, staff: Staff) -> Result<Json<MapReport>> {
    Ok(Json(app.map_findings(&staff).await?))
}

pub(in crate::http) async fn lint(
    State(app): State<App>,
    staff: Staff,
    Json(file): Json<Box<RawValue>>,
) -> Result<Json<LintedMap>> {
    let (report, map) = app.lint_map(&staff, file.get().as_bytes().to_vec()).await?;
    Ok(Json(LintedMap { report, map }))
}
