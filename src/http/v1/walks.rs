//! The shortest walk for a shopping list.

mod answer;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

pub(in crate::http) use self::answer::Walk;
use crate::app::positions::section_at;
use crate::app::walks::WalkRequest;
use crate::app::{App, Error, Principal};
use crate::domain::id::ProductId;
use crate::domain::routing::{Point, RouteStop, Start};
use crate::http::Result;
use crate::http::extract::{Json, OptionalJson, Query};
use crate::http::v1::store_map::StoreSection;

/// A walk to be found; the smart-cart system's `start_x`, `start_y` and `destinations` are taken
/// for `start` and `stops`.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::http) struct WalkInput {
    /// The id of a node or a point; when left out, the trolley's last position, else the map's
    /// first entrance.
    start: Option<Start>,
    /// Nodes where it may end; the map's checkouts when left out, anywhere when empty.
    #[schema(max_items = 1_000)]
    ends: Option<Vec<String>>,
    /// What to visit, in any order but for `group`; the open items of the shopping list when left
    /// out.
    #[serde(alias = "destinations")]
    #[schema(max_items = 1_000)]
    stops: Option<Vec<RouteStop>>,
    /// Products' own groups order the walk: heavy first, frozen last.
    use_groups: bool,
    /// End where the walk began; not together with `ends`.
    return_to_start: bool,
    /// Milliseconds to spend on the order of the stops; 500 when left out, never above 2,000.
    #[schema(maximum = 2_000)]
    budget_ms: Option<u64>,
    /// When the walk takes place, RFC 3339; now when left out. Opening hours are compared with the
    /// store's own clock then.
    #[schema(example = "2026-11-20T12:00:00Z")]
    at: Option<String>,
    /// Clear width needed, in metres.
    #[schema(minimum = 0, maximum = 10_000)]
    min_width_m: Option<f64>,
    /// With `start_y` instead of `start`.
    start_x: Option<f64>,
    /// See `start_x`.
    start_y: Option<f64>,
}

/// What comes with the walk.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
pub(in crate::http) struct WalkQuery {
    /// `pictures` of each floor that the walk touches, as SVG.
    picture: bool,
}

/// Which products.
#[derive(Debug, Deserialize, IntoParams)]
pub(in crate::http) struct LocationQuery {
    /// Ids, separated by commas; at most 1,000.
    #[param(pattern = "^ *[0-9]+ *(, *[0-9]+ *)*$")]
    product_ids: String,
}

/// Where a product stands.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct ProductLocation {
    product_id: u64,
    /// As the catalogue has it, even if the map does not.
    location: Option<String>,
    /// Metres to the right; null when there is no telling where it is.
    x: Option<f64>,
    y: Option<f64>,
    floor: Option<i32>,
    /// The same as `x`.
    x_coord: Option<f64>,
    /// The same as `y`.
    y_coord: Option<f64>,
    section_id: Option<String>,
    /// The section around it.
    section: Option<StoreSection>,
    /// Whether the place is a guess: where the rest of its category stands.
    approximate: bool,
    /// Why the guess, in words for the shopper.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    note: Option<String>,
}

pub(in crate::http) async fn shortest(
    State(app): State<App>,
    principal: Principal,
    Query(query): Query<WalkQuery>,
    OptionalJson(body): OptionalJson<WalkInput>,
) -> Result<Json<Walk>> {
    let body = body.unwrap_or_default();
    let start = match (body.start, body.start_x, body.start_y) {
        (Some(start), None, None) => Some(start),
        (None, Some(x), Some(y)) => Some(Start::Point(Point { x, y, floor: 0 })),
        (None, None, None) => None,
        _ => {
            let message = "send start, or start_x and start_y together";
            return Err(Error::field("start", message).into());
        }
    };
    let request = WalkRequest {
        start,
        ends: body.ends,
        stops: body.stops,
        use_groups: body.use_groups,
        return_to_start: body.return_to_start,
        budget_ms: body.budget_ms,
        at: body.at,
        min_width_m: body.min_width_m,
        with_pictures: query.picture,
    };
    Ok(Json(Walk::from(app.shortest_walk(&principal, request).await?)))
}

pub(in crate::http) async fn product_locations(
    State(app): State<App>,
    Query(query): Query<LocationQuery>,
) -> Result<Json<Vec<ProductLocation>>> {
    let ids = query.product_ids.split(',').map(|id| id.trim().parse::<ProductId>());
    let ids = ids.collect::<std::result::Result<Vec<_>, _>>();
    let ids = ids.map_err(|error| Error::field("product_ids", error))?;
    if ids.len() > 1_000 {
        return Err(Error::field("product_ids", "names at most 1,000 products").into());
    }
    let map = app.loaded_map().await.ok();
    let products: Vec<_> = app.products_of(&ids)?.into_iter().map(|found| found.product).collect();
    let places = match &map {
        Some(map) => app.whereabouts(map, &products).await?,
        None => vec![None; products.len()],
    };
    let located = products.into_iter().zip(places).map(|(product, place)| {
        let (point, note) = place.map_or((None, None), |place| (Some(place.point), place.note));
        let section = point
            .and_then(|point| map.as_ref().and_then(|map| section_at(&map.map, point)))
            .map(|section| StoreSection::from(section.clone()));
        ProductLocation {
            product_id: product.id.value(),
            location: product.location,
            x: point.map(|point| point.x),
            y: point.map(|point| point.y),
            floor: point.map(|point| point.floor),
            x_coord: point.map(|point| point.x),
            y_coord: point.map(|point| point.y),
            section_id: section.as_ref().map(|section| section.section_id.clone()),
            section,
            approximate: note.is_some(),
            note,
        }
    });
    Ok(Json(located.collect()))
}
