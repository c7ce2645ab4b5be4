//! What is asked of the solver, as it stands in JSON.

use jiff::fmt::temporal::Pieces;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{answer::Point, error::RouteError};
use crate::domain::store_map::{
    MAX_COORDINATE_M, MAX_FLOOR, MAX_LENGTH_M,
    hours::Minute,
    length::{self, Ticks},
};

/// Most stops in one request.
pub const MAX_STOPS: usize = 1_000;
/// Most ends in one request.
pub const MAX_ENDS: usize = 1_000;
/// Longest time a request may ask for, in milliseconds.
pub const MAX_BUDGET_MS: u64 = 60_000;

/// A walk to be found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "a request is an object with start and stops")]
pub struct RouteRequest {
    /// Where the walk begins.
    pub start: Start,
    /// Nodes where it may end; the map's checkouts when left out, anywhere when empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Vec<String>>,
    /// What to visit, in any order but for `group`.
    pub stops: Vec<RouteStop>,
    /// End where the walk began; not together with `ends`.
    #[serde(default)]
    pub return_to_start: bool,
    /// Time to spend, in milliseconds. The caller turns it into `should_stop`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_ms: Option<u64>,
    /// When the walk takes place, RFC 3339; opening hours are compared with its wall-clock time
    /// as written. Left out, opening hours are ignored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Clear width needed, in metres. Edges of unknown width count as wide enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_width_m: Option<f64>,
}

/// Where a walk begins: the id of a node, or a point on a floor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged, expecting = "start is the id of a node or a point {\"x\", \"y\", \"floor\"?}")]
pub enum Start {
    /// The id of a node.
    Node(String),
    /// A point, on the graph or off it.
    Point(Point),
}

/// One thing to visit: a node, a shelf location, a point or a product.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RouteStop {
    /// The id of a node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The id of a shelf location.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// A product of the catalogue; needs a server that knows where it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<u64>,
    /// Metres to the right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<f64>,
    /// Metres up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub y: Option<f64>,
    /// Floor of the point, 0 when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<i32>,
    /// Groups are visited in rising order; 0 when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<i32>,
    /// What the caller found out about `product_id`; never part of the JSON.
    #[serde(skip)]
    pub resolved: Option<Resolved>,
}

/// Where a product stands, as the caller found it in the catalogue.
#[derive(Debug, Clone, PartialEq)]
pub enum Resolved {
    /// It can be picked up there.
    At {
        /// The id of its shelf location.
        location: String,
        /// What directions call it: `Pick up Milk 1 l`.
        name: String,
    },
    /// Nobody knows where it stands, but it is likely to be around here.
    Near {
        /// The id of the shelf location to look around.
        location: String,
        /// What directions call it.
        name: String,
        /// Why that place, in words for the shopper.
        note: String,
    },
    /// It stands nowhere; the stop is reported as unreachable.
    Nowhere {
        /// Why, in words for the shopper.
        reason: String,
    },
}

/// A place on the map.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// The id of a node.
    Node(String),
    /// The id of a shelf location.
    Location(String),
    /// A point, on the graph or off it.
    Point(Point),
}

impl RouteRequest {
    /// A request that visits these stops and ends at a checkout.
    pub fn new(start: Start, stops: Vec<RouteStop>) -> Self {
        Self {
            start,
            ends: None,
            stops,
            return_to_start: false,
            budget_ms: None,
            at: None,
            min_width_m: None,
        }
    }

    /// Checks everything that needs no map.
    pub(super) fn check(&self) -> Result<(), RouteError> {
        if self.stops.len() > MAX_STOPS {
            return Err(RouteError::TooManyStops { count: self.stops.len() });
        }
        if self.return_to_start && self.ends.is_some() {
            return Err(RouteError::EndsWithReturn);
        }
        if let Some(ends) = &self.ends
            && ends.len() > MAX_ENDS
        {
            return Err(RouteError::TooManyEnds { count: ends.len() });
        }
        if let Some(budget_ms) = self.budget_ms
            && budget_ms > MAX_BUDGET_MS
        {
            return Err(RouteError::BadBudget { budget_ms });
        }
        if let Start::Point(point) = &self.start {
            check_point("start", *point)?;
        }
        self.minute().and(self.min_width()).map(|_| ())
    }

    /// The minute of the day at which opening hours are to be read.
    pub(super) fn minute(&self) -> Result<Option<Minute>, RouteError> {
        self.at.as_deref().map(wall_clock_minute).transpose()
    }

    /// The width needed.
    pub(super) fn min_width(&self) -> Result<Option<Ticks>, RouteError> {
        let Some(width_m) = self.min_width_m else { return Ok(None) };
        match length::ticks_from_metres(width_m) {
            Some(width) if width_m <= MAX_LENGTH_M => Ok(Some(width)),
            _ => Err(RouteError::BadWidth { width_m }),
        }
    }
}

impl RouteStop {
    /// A stop on a node.
    pub fn at_node(id: impl Into<String>) -> Self {
        Self { node: Some(id.into()), ..Self::default() }
    }

    /// A stop at a shelf location.
    pub fn at_location(id: impl Into<String>) -> Self {
        Self { location: Some(id.into()), ..Self::default() }
    }

    /// A stop at a point.
    pub fn at_point(point: Point) -> Self {
        Self { x: Some(point.x), y: Some(point.y), floor: Some(point.floor), ..Self::default() }
    }

    /// A stop for a product that the caller has looked up.
    pub fn for_product(product_id: u64, resolved: Resolved) -> Self {
        Self { product_id: Some(product_id), resolved: Some(resolved), ..Self::default() }
    }

    /// What people call it, if it has a name.
    pub(super) fn title(&self) -> Option<&str> {
        match &self.resolved {
            Some(Resolved::At { name, .. } | Resolved::Near { name, .. }) => Some(name),
            _ => self.location.as_deref().or(self.node.as_deref()),
        }
    }

    /// The group it is visited with.
    pub(super) fn group_or_default(&self) -> i32 {
        self.group.unwrap_or(0)
    }

    /// The one place it names, or the reason why it has none.
    pub(super) fn place(&self, index: usize) -> Result<Result<Place, String>, RouteError> {
        let has_point = self.x.is_some() || self.y.is_some() || self.floor.is_some();
        match (&self.node, &self.location, self.product_id, has_point) {
            (Some(node), None, None, false) => Ok(Ok(Place::Node(node.clone()))),
            (None, Some(location), None, false) => Ok(Ok(Place::Location(location.clone()))),
            (None, None, Some(_), false) => match &self.resolved {
                Some(Resolved::At { location, .. } | Resolved::Near { location, .. }) => {
                    Ok(Ok(Place::Location(location.clone())))
                }
                Some(Resolved::Nowhere { reason }) => Ok(Err(reason.clone())),
                None => Err(RouteError::ProductNeedsServer { index }),
            },
            (None, None, None, true) => {
                let (Some(x), Some(y)) = (self.x, self.y) else {
                    return Err(RouteError::BadStop { index });
                };
                let point = Point { x, y, floor: self.floor.unwrap_or(0) };
                check_point(&format!("stops[{index}]"), point)?;
                Ok(Ok(Place::Point(point)))
            }
            _ => Err(RouteError::BadStop { index }),
        }
    }
}

fn check_point(field: &str, point: Point) -> Result<(), RouteError> {
    let range = -MAX_COORDINATE_M..=MAX_COORDINATE_M;
    let is_good = range.contains(&point.x)
        && range.contains(&point.y)
        && (-MAX_FLOOR..=MAX_FLOOR).contains(&point.floor);
    if is_good { Ok(()) } else { Err(RouteError::BadPoint { field: field.to_owned() }) }
}

/// The wall-clock minute of an RFC 3339 time, in the offset it was written with: a store that is
/// open until 20:00 means 20:00 on its own clock.
fn wall_clock_minute(at: &str) -> Result<Minute, RouteError> {
    let bad = || RouteError::BadTime { at: at.chars().take(40).collect() };
    // The timestamp's own parser insists on a full date, time and offset.
    at.parse::<jiff::Timestamp>().map_err(|_| bad())?;
    let time = Pieces::parse(at).ok().and_then(|pieces| pieces.time()).ok_or_else(bad)?;
    let minute = i32::from(time.hour()) * 60 + i32::from(time.minute());
    Minute::try_from(minute).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_reads_every_member_and_no_other() {
        let request: RouteRequest = serde_json::from_str(
            r#"{"start":{"x":1,"y":2.5},"ends":[],"stops":[{"node":"a","group":3},
                {"location":"A3-07"},{"product_id":7},{"x":0,"y":0,"floor":1}],
                "return_to_start":false,"budget_ms":100,"at":"2026-11-20T09:00:00Z",
                "min_width_m":0.9}"#,
        )
        .unwrap();
        assert_eq!(request.start, Start::Point(Point { x: 1.0, y: 2.5, floor: 0 }));
        assert_eq!(request.stops[0].group, Some(3));
        assert_eq!(request.minute(), Ok(Some(540)));
        for text in [
            r#"{"start":"a","stops":[],"speed":1}"#,
            r#"{"start":"a","stops":[{"node":"a","shelf":1}]}"#,
            r#"{"start":{"x":1,"y":2,"z":3},"stops":[]}"#,
            r#"{"start":7,"stops":[]}"#,
            r#"{"stops":[]}"#,
        ] {
            assert!(serde_json::from_str::<RouteRequest>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn opening_hours_are_read_on_the_clock_that_was_written() {
        assert_eq!(wall_clock_minute("2026-11-20T20:30:59+05:30"), Ok(1230));
        assert_eq!(wall_clock_minute("2026-11-20T00:00:00Z"), Ok(0));
        for text in ["", "20:30", "2026-11-20", "2026-11-20T20:30:00", "yesterday"] {
            assert_eq!(wall_clock_minute(text).unwrap_err().code(), "invalid-time", "{text}");
        }
    }

    #[test]
    fn a_stop_names_exactly_one_place() {
        let both = RouteStop { location: Some("L".into()), ..RouteStop::at_node("a") };
        let half = RouteStop { x: Some(1.0), ..RouteStop::default() };
        for stop in [RouteStop::default(), both, half] {
            assert_eq!(stop.place(0).unwrap_err().code(), "invalid-stop");
        }
        let product = RouteStop { product_id: Some(1), ..RouteStop::default() };
        assert_eq!(product.place(0).unwrap_err().code(), "product-needs-server");
        let far = RouteStop::at_point(Point { x: f64::NAN, y: 0.0, floor: 0 });
        assert_eq!(far.place(0).unwrap_err().code(), "invalid-point");
    }
}
