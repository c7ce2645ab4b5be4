//! The store map: nodes, edges, sections and shelf locations.
//!
//! One set of structs serves the map file, the JSON of the API and the stored copy, because the
//! shape is the same in all three. They hold what was written, nothing derived: the
//! [`routing::Graph`](crate::domain::routing::Graph) is built from them and holds the rest.
//!
//! Coordinates are metres, `x` to the right and `y` up, as on paper and in `GeoJSON`; left and
//! right in directions follow from that. Numbers are floats only here: everything that adds
//! lengths up works in the integer [`length::Ticks`].
//!
//! Invariant: a map that passed [`StoreMap::check`] has unique ids, no dangling reference and
//! only finite numbers within the limits below; a `Graph` can be built from it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

mod along;
mod attributes;
pub mod centre;
mod check;
mod drawing;
mod geojson;
mod grid;
pub mod hours;
pub mod length;
pub mod lint;
mod read;
mod tiled;

pub(crate) use along::{EdgeLengths, edge_length_m};
pub use check::{MapError, MapErrors};
pub(crate) use grid::cell;
pub use read::{BYTE_ORDER_MARK, Format, Reading};

/// Most nodes in one map.
pub const MAX_NODES: usize = 20_000;
/// Most edges in one map.
pub const MAX_EDGES: usize = 100_000;
/// Most shelf locations in one map.
pub const MAX_LOCATIONS: usize = 100_000;
/// Most sections in one map.
pub const MAX_SECTIONS: usize = 5_000;
/// Longest id, in characters.
pub const MAX_ID_CHARS: usize = 64;
/// Longest name of a map, a section or an aisle, in characters.
pub const MAX_NAME_CHARS: usize = 200;
/// Longest edge, in metres.
pub const MAX_LENGTH_M: f64 = 10_000.0;
/// Longest time an edge may take on top of its length, in seconds.
pub const MAX_SECONDS: f64 = 3_600.0;
/// Farthest a coordinate may lie from 0, in metres.
pub const MAX_COORDINATE_M: f64 = 10_000.0;
/// Highest floor number, and lowest when negated.
pub const MAX_FLOOR: i32 = 1_000;

/// A store's floor plan as a graph.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StoreMap {
    /// What people call the store.
    #[serde(default)]
    pub name: String,
    /// Unit of all lengths; only `m` is known.
    #[serde(default)]
    pub unit: Unit,
    /// The places that edges join.
    pub nodes: Vec<Node>,
    /// The stretches a person can walk.
    #[serde(default)]
    pub edges: Vec<Edge>,
    /// Named rectangles, such as departments.
    #[serde(default)]
    pub sections: Vec<Section>,
    /// Shelf locations that products refer to.
    #[serde(default)]
    pub locations: Vec<Location>,
}

/// The unit of a map's lengths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum Unit {
    /// Metres.
    #[default]
    #[serde(rename = "m")]
    Metres,
}

/// A place on the map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Unique among nodes.
    pub id: String,
    /// Metres to the right.
    pub x: f64,
    /// Metres up.
    pub y: f64,
    /// Floor, 0 when left out.
    #[serde(default)]
    pub floor: i32,
    /// What stands there.
    #[serde(default)]
    pub kind: NodeKind,
}

/// What stands at a node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum NodeKind {
    /// Nothing in particular: a crossing or a bend.
    #[default]
    Junction,
    /// A door that shoppers come in by.
    Entrance,
    /// A till: a walk ends here unless the request says otherwise.
    Checkout,
    /// A shelf.
    Shelf,
}

/// A stretch between two nodes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Edge {
    /// Id of the node it begins at.
    pub from: String,
    /// Id of the node it ends at.
    pub to: String,
    /// Metres; the straight line between the nodes when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<f64>,
    /// Walkable only from `from` to `to`.
    #[serde(default)]
    pub one_way: bool,
    /// Not walkable at all for now.
    #[serde(default)]
    pub closed: bool,
    /// Name of the aisle it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aisle: Option<String>,
    /// How one moves along it.
    #[serde(default)]
    pub kind: EdgeKind,
    /// Waiting or riding time in seconds; each counts as 1.2 m.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// Clear width in metres; unknown when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width_m: Option<f64>,
    /// Daily opening hours such as `08:00-20:00`, in the store's local time; always open when
    /// left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<String>,
}

/// How one moves along an edge.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum EdgeKind {
    /// On foot, on one floor.
    #[default]
    Walk,
    /// By stairs.
    Stairs,
    /// By lift.
    Lift,
}

/// A named rectangle of the floor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Unique among sections.
    pub id: String,
    /// What the sign says.
    pub name: String,
    /// Floor, 0 when left out.
    #[serde(default)]
    pub floor: i32,
    /// One corner, metres to the right.
    pub x1: f64,
    /// One corner, metres up.
    pub y1: f64,
    /// The opposite corner, metres to the right.
    pub x2: f64,
    /// The opposite corner, metres up.
    pub y2: f64,
}

/// A shelf location: on a node, or along an edge.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Location {
    /// Unique among locations.
    pub id: String,
    /// The node it is on; then `from`, `to` and `offset` are left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// One end of the edge it lies along; `offset` counts from here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The other end of that edge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Metres of the edge's length, counted from `from`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<f64>,
    /// On which side of the aisle it is for a person who walks from `from` to `to`; unknown when
    /// left out. Only together with `from`, `to` and `offset`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
}

/// A side of an aisle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The left one.
    Left,
    /// The right one.
    Right,
}

impl Side {
    /// The other one: the same side for a person who comes the other way.
    #[must_use]
    pub fn opposite(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
        }
    }
}

impl StoreMap {
    /// Reads a map from its own JSON and checks it; [`Reading`] knows other formats too.
    ///
    /// What the text gets wrong (an unknown member, an unknown kind, a missing id) is reported
    /// alone, with its line and column; what the map gets wrong is reported all at once.
    pub fn from_json(text: &[u8]) -> Result<Self, MapErrors> {
        let map: Self = serde_json::from_slice(text).map_err(|error| {
            MapErrors::one(MapError::new("", format!("not a map: {error}; correct the file there")))
        })?;
        map.check()?;
        Ok(map)
    }
}

impl Node {
    /// A node of no particular kind on floor 0.
    pub fn new(id: impl Into<String>, x: f64, y: f64) -> Self {
        Self { id: id.into(), x, y, floor: 0, kind: NodeKind::Junction }
    }
}

impl Section {
    /// What people call it.
    pub fn title(&self) -> &str {
        if self.name.is_empty() { &self.id } else { &self.name }
    }

    /// Whether a place on a floor is in it, its rim included.
    pub fn contains(&self, (x, y): (f64, f64), floor: i32) -> bool {
        let is_between = |value: f64, a: f64, b: f64| value >= a.min(b) && value <= a.max(b);
        self.floor == floor && is_between(x, self.x1, self.x2) && is_between(y, self.y1, self.y2)
    }
}

impl Edge {
    /// An open walking edge as long as the straight line.
    pub fn new(from: impl Into<String>, to: impl Into<String>) -> Self {
        Self { from: from.into(), to: to.into(), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_survives_a_round_trip_and_fills_in_defaults() {
        let map = StoreMap::from_json(
            br#"{"nodes":[{"id":"a","x":0,"y":0},{"id":"b","x":3,"y":4,"kind":"checkout"}],
                "edges":[{"from":"a","to":"b","aisle":"A1"}],
                "locations":[{"id":"A1-1","from":"a","to":"b","offset":2.5}]}"#,
        )
        .unwrap();
        assert_eq!(map.nodes[0].kind, NodeKind::Junction);
        assert_eq!(map.edges[0].kind, EdgeKind::Walk);
        let text = serde_json::to_vec(&map).unwrap();
        assert_eq!(StoreMap::from_json(&text).unwrap(), map);
    }

    #[test]
    fn text_that_is_no_map_is_refused_with_its_place() {
        for (text, part) in [
            (r#"{"nodes":[],"shelves":[]}"#, "unknown field `shelves`"),
            (r#"{"nodes":[{"id":"a","x":0,"y":0,"kind":"door"}]}"#, "unknown variant `door`"),
            (r#"{"unit":"ft","nodes":[]}"#, "unknown variant `ft`"),
            (r#"{"nodes":[{"id":"a","x":"0","y":0}]}"#, "invalid type: string"),
            (
                r#"{"nodes":[],"edges":[{"from":"a","to":"b","kind":"escalator"}]}"#,
                "expected one of `walk`, `stairs`, `lift`",
            ),
            (r#"{"edges":[]}"#, "missing field `nodes`"),
            ("", "EOF"),
        ] {
            let message = StoreMap::from_json(text.as_bytes()).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
            assert!(message.contains("line 1 column"), "{message}");
        }
    }
}
