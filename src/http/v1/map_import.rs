//! A map in a file, of any format and as large as a map may be.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::map_findings::MapImport;
use crate::app::{App, Error, Staff};
use crate::domain::store_map::StoreMap;
use crate::domain::store_map::lint::MapReport;
use crate::http::Result;
use crate::http::extract::{IfMatch, Json, Query, RawBody};

/// Most bytes of a file: all that a map within the limits on nodes, edges and locations takes.
pub(in crate::http) const FILE_MAX_BYTES: usize = 32 * 1024 * 1024;

pub(in crate::http) const ABOUT: &str = "Takes the JSON of `PUT /map`, a GeoJSON \
    FeatureCollection or a map of the editor Tiled, told apart by their content; the Content-Type \
    does not matter. With `dry_run` nothing is changed, and `map` in the answer is what the file \
    reads as, or null when it has errors. Without it a file with errors is refused and `errors` \
    names them; warnings and notes are told and do not keep it back. At most 32 MiB.";

/// What is done with a file.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
pub(in crate::http) struct MapImportQuery {
    /// Say what would happen and change nothing.
    dry_run: bool,
}

/// What became of a file.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct ImportedMap {
    #[serde(flatten)]
    report: MapReport,
    /// The map that the file reads as; null when it has errors, and when it is in use now.
    map: Option<StoreMap>,
    /// Whether it is the map in use now.
    applied: bool,
    /// The version of the map in use, when it is this one.
    version: Option<u64>,
}

pub(in crate::http) async fn import(
    State(app): State<App>,
    staff: Staff,
    Query(query): Query<MapImportQuery>,
    IfMatch(expected): IfMatch,
    RawBody(file): RawBody,
) -> Result<Json<ImportedMap>> {
    if file.trim_ascii().is_empty() {
        return Err(Error::bad_request("body-required", "send the map's file as the body").into());
    }
    let MapImport { report, map, version } =
        app.import_map(&staff, file, expected, query.dry_run).await?;
    Ok(Json(ImportedMap { report, map, applied: version.is_some(), version }))
}
