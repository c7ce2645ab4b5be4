//! The store map and its sections.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use crate::app::{App, Error, Refusal, Staff};
use crate::domain::store_map::{Section, StoreMap};
use crate::http::Result;
use crate::http::extract::{IfMatch, Json, Page, Query};
use crate::http::reply::{Listed, RawJson, Versioned};

/// Sections on a page when the client does not say: those of all but the largest shops.
pub(in crate::http) const SECTIONS_DEFAULT: usize = 1_000;

/// Opened by itself, a picture is a picture and nothing else.
const NOTHING_ELSE: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";

/// A section of the shop, in today's names and in those of older clients.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct StoreSection {
    #[serde(flatten)]
    section: Section,
    /// The same as `id`.
    pub(super) section_id: String,
    /// The same as `name`.
    section_name: String,
    /// The same as `floor`.
    floor_level: i32,
}

impl From<Section> for StoreSection {
    fn from(section: Section) -> Self {
        Self {
            section_id: section.id.clone(),
            section_name: section.name.clone(),
            floor_level: section.floor,
            section,
        }
    }
}

pub(in crate::http) async fn find(State(app): State<App>) -> Result<Versioned<RawJson>> {
    let loaded = app.loaded_map().await?;
    Ok(Versioned(loaded.version, RawJson(loaded.json.clone())))
}

pub(in crate::http) async fn geojson(
    State(app): State<App>,
) -> Result<Versioned<impl IntoResponse>> {
    let (version, text) = app.map_geojson().await?;
    let kind = HeaderValue::from_static("application/geo+json");
    Ok(Versioned(version, ([(header::CONTENT_TYPE, kind)], text)))
}

/// Which floor.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
pub(in crate::http) struct FloorQuery {
    /// The entrance's when left out.
    floor: Option<i32>,
}

pub(in crate::http) async fn picture(
    State(app): State<App>,
    Query(query): Query<FloorQuery>,
) -> Result<impl IntoResponse> {
    let svg = app.map_picture(query.floor).await?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/svg+xml")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(NOTHING_ELSE)),
    ];
    Ok((headers, svg))
}

pub(in crate::http) async fn replace(
    State(app): State<App>,
    staff: Staff,
    IfMatch(expected): IfMatch,
    Json(mut map): Json<Value>,
) -> Result<Versioned<RawJson>> {
    // An answer may be edited and sent back: what only the server sets does not count.
    if let Some(members) = map.as_object_mut() {
        members.retain(|member, _| !matches!(member.as_str(), "version" | "updated_at"));
    }
    let map: StoreMap = serde_path_to_error::deserialize(map).map_err(|error| unread(&error))?;
    let loaded = app.replace_store_map(&staff, map, expected).await?;
    Ok(Versioned(loaded.version, RawJson(loaded.json.clone())))
}

/// Names the member that no map has, or not so.
fn unread(error: &serde_path_to_error::Error<serde_json::Error>) -> Error {
    let (field, message) = (error.path().to_string(), error.inner().to_string());
    let errors =
        json!([{ "field": if field == "." { "body" } else { &field }, "message": message }]);
    Error::BadRequest(Refusal::new("invalid-map", error).with("errors", errors))
}

pub(in crate::http) async fn sections(
    State(app): State<App>,
    page: Page<SECTIONS_DEFAULT>,
) -> Result<Listed<StoreSection, SECTIONS_DEFAULT>> {
    let mut sections = app.loaded_map().await?.map.sections.clone();
    sections.sort_by(|a, b| a.name.cmp(&b.name));
    let total = u64::try_from(sections.len()).unwrap_or(u64::MAX);
    let shown = sections.into_iter().skip(page.offset).take(page.limit);
    Ok(Listed { items: shown.map(StoreSection::from).collect(), total, page })
}
