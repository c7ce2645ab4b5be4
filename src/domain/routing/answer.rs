//! What the solver answers, as it stands in JSON.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::request::RouteStop;

/// A point on a floor, in metres: `x` to the right, `y` up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// Metres to the right.
    pub x: f64,
    /// Metres up.
    pub y: f64,
    /// Floor, 0 when left out.
    #[serde(default)]
    pub floor: i32,
}

/// A walk through the store.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RouteAnswer {
    /// Metres: the exact sum of the rounded lengths that are walked.
    pub distance: f64,
    /// Whether no shorter walk exists; true only when proven.
    pub optimal: bool,
    /// Metres that no walk can stay below; equals `distance` when `optimal`.
    pub lower_bound: f64,
    /// How it was found: `trivial`, `held-karp`, `frontier` or `local-search`.
    pub method: String,
    /// The stops in the order of the walk.
    pub stops: Vec<VisitedStop>,
    /// Id of the node where the walk ends; null when that is no node.
    pub end: Option<String>,
    /// The whole walk, from place to place.
    pub path: Vec<PathPoint>,
    /// The walk cut into legs: one to each of `stops`, and one to the end if there is one.
    pub segments: Vec<Segment>,
    /// Directions in plain English.
    pub steps: Vec<String>,
    /// The same steps for a display of 16 columns, one line each: `>12m A3`, `<L A4 7m`, `Milk 1 l <`.
    #[serde(default)]
    pub display: Vec<String>,
    /// The stops that were left out, and why.
    pub unreachable: Vec<UnreachableStop>,
    /// Microseconds from parsed map to this answer; filled in by the caller, who has a clock.
    pub elapsed_us: u64,
}

/// A stop in the order of the walk.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VisitedStop {
    /// Its position in the request, from 0.
    pub index: usize,
    /// The stop as it was requested.
    #[serde(flatten)]
    pub stop: RouteStop,
    /// What there is to know about the place, in words for the shopper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub note: Option<String>,
    /// Whether the place is a guess: where the rest of the product's category stands.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub approximate: bool,
    /// Metres from the stop before, or from the start.
    pub leg_distance: f64,
    /// Metres from the start.
    pub distance_so_far: f64,
}

/// A place that the walk passes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PathPoint {
    /// Id of the node; null for a point and for a place along an edge.
    pub node: Option<String>,
    /// Metres to the right.
    pub x: f64,
    /// Metres up.
    pub y: f64,
    /// Floor.
    pub floor: i32,
}

/// One leg of the walk.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Segment {
    /// Position in the request of the stop it leads to; null when it leads to the end.
    pub stop: Option<usize>,
    /// Metres.
    pub distance: f64,
    /// From where it begins to where it ends, both included.
    pub path: Vec<PathPoint>,
    /// Directions for this leg, in plain English.
    pub steps: Vec<String>,
    /// The same steps for a display of 16 columns, one line each.
    #[serde(default)]
    pub display: Vec<String>,
}

/// A stop that is not part of the walk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnreachableStop {
    /// Its position in the request, from 0.
    pub index: usize,
    /// Why, in words for the shopper.
    pub reason: String,
}

impl Point {
    /// The point `share` (0 to 1) of the way to another; exact at both ends. On the floor of the
    /// nearer one.
    pub(super) fn towards(self, other: Self, share: f64) -> Self {
        if share <= 0.0 {
            return self;
        }
        if share >= 1.0 {
            return other;
        }
        Self {
            x: self.x + (other.x - self.x) * share,
            y: self.y + (other.y - self.y) * share,
            floor: if share < 0.5 { self.floor } else { other.floor },
        }
    }

    /// Straight-line metres on the plan, whatever the floors.
    pub(super) fn distance_m(self, other: Self) -> f64 {
        (other.x - self.x).hypot(other.y - self.y)
    }
}
