//! Where trolleys are.

use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::positions::{Located, Spotted};
use crate::app::{App, Shopper};
use crate::domain::id::DeviceId;
use crate::domain::position::PositionSource;
use crate::domain::routing::{Place, Point};
use crate::http::extract::{Json, Path};
use crate::http::{Problem, Result};

/// Where a trolley was last.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct TrolleyPosition {
    /// The trolley's number.
    cart_id: u64,
    /// Metres to the right on the map in use.
    x: f64,
    /// Metres up.
    y: f64,
    floor: i32,
    /// The node, when it was named by one.
    node: Option<String>,
    /// The shelf location, when it was named by one.
    location: Option<String>,
    /// The section that it is in.
    section_id: Option<String>,
    section_name: Option<String>,
    /// The same as `x`.
    x_coord: f64,
    /// The same as `y`.
    y_coord: f64,
    /// `reported`, or `scanned`: by the shelf of the product that was scanned last.
    source: &'static str,
    updated_at: Timestamp,
}

/// A place: `x` and `y`, a `node`, a `location` or a `tag`.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::http) struct PositionInput {
    /// Metres to the right.
    #[serde(alias = "x_coord")]
    x: Option<f64>,
    /// Metres up.
    #[serde(alias = "y_coord")]
    y: Option<f64>,
    /// 0 when left out.
    floor: Option<i32>,
    /// The id of a node of the map.
    node: Option<String>,
    /// The id of a shelf location of the map.
    location: Option<String>,
    /// What a tag on the floor or shelf says: the id of a shelf location or of a node.
    tag: Option<String>,
}

impl PositionInput {
    fn spotted(self) -> Result<Spotted> {
        match (self.x, self.y, self.node, self.location, self.tag) {
            (Some(x), Some(y), None, None, None) => {
                Ok(Spotted::At(Place::Point(Point { x, y, floor: self.floor.unwrap_or(0) })))
            }
            (None, None, Some(node), None, None) => Ok(Spotted::At(Place::Node(node))),
            (None, None, None, Some(location), None) => Ok(Spotted::At(Place::Location(location))),
            (None, None, None, None, Some(tag)) => Ok(Spotted::Tag(tag)),
            _ => Err(Problem::field("x", "send x and y, or a node, a location or a tag")),
        }
    }
}

impl From<Located> for TrolleyPosition {
    fn from(located: Located) -> Self {
        let (node, location) = match located.position.place {
            Place::Node(id) => (Some(id), None),
            Place::Location(id) => (None, Some(id)),
            Place::Point(_) => (None, None),
        };
        let (section_id, section_name) =
            located.section.map(|section| (section.id, section.name)).unzip();
        let Point { x, y, floor } = located.point;
        Self {
            cart_id: located.device_id.value(),
            x,
            y,
            floor,
            node,
            location,
            section_id,
            section_name,
            x_coord: x,
            y_coord: y,
            source: match located.position.source {
                PositionSource::Reported => "reported",
                PositionSource::Scanned => "scanned",
            },
            updated_at: located.position.at,
        }
    }
}

pub(in crate::http) async fn find(
    State(app): State<App>,
    shopper: Shopper,
    Path(id): Path<DeviceId>,
) -> Result<Json<TrolleyPosition>> {
    Ok(Json(app.position(&shopper, id)?.into()))
}

pub(in crate::http) async fn report(
    State(app): State<App>,
    shopper: Shopper,
    Path(id): Path<DeviceId>,
    Json(body): Json<PositionInput>,
) -> Result<Json<TrolleyPosition>> {
    Ok(Json(app.report_position(&shopper, id, body.spotted()?).await?.into()))
}
