//! The store map and its sections.

use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::{App, Staff};
use crate::domain::store_map::{Section, StoreMap};
use crate::http::Result;
use crate::http::extract::{IfMatch, Json};
use crate::http::reply::Versioned;

/// The sections of the shop.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Sections {
    sections: Vec<Section>,
}

pub(in crate::http) async fn find(State(app): State<App>) -> Result<Versioned<Json<StoreMap>>> {
    let loaded = app.store_map()?;
    Ok(Versioned(loaded.version, Json(loaded.map.clone())))
}

pub(in crate::http) async fn replace(
    State(app): State<App>,
    staff: Staff,
    IfMatch(expected): IfMatch,
    Json(mut map): Json<Value>,
) -> Result<Versioned<Json<StoreMap>>> {
    // An answer may be edited and sent back: what only the server sets does not count.
    if let Some(members) = map.as_object_mut() {
        members.retain(|member, _| !matches!(member.as_str(), "version" | "updated_at"));
    }
    let map: StoreMap = serde_json::from_value(map)
        .map_err(|error| crate::app::Error::bad_request("invalid-map", error))?;
    let loaded = app.replace_store_map(&staff, map, expected).await?;
    Ok(Versioned(loaded.version, Json(loaded.map.clone())))
}

pub(in crate::http) async fn sections(State(app): State<App>) -> Result<Json<Sections>> {
    Ok(Json(Sections { sections: app.store_map()?.map.sections.clone() }))
}
