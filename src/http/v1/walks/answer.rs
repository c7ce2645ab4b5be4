//! A walk as the API answers it: the solver's answer, and beside it what clients of the
//! smart-cart system read: an `instruction` at each place of the path, and for each leg where it
//! leads to.

use serde::Serialize;
use utoipa::ToSchema;

use crate::app::positions::section_at;
use crate::app::walks::FoundWalk;
use crate::domain::routing::{
    PathPoint, Point, RouteAnswer, Segment, UnreachableStop, VisitedStop,
};
use crate::domain::store_map::StoreMap;

/// A walk through the store.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Walk {
    /// Metres: the exact sum of the rounded lengths that are walked.
    distance: f64,
    /// Whether no shorter walk exists; true only when proven.
    optimal: bool,
    /// Metres that no walk can stay below; equals `distance` when `optimal`.
    lower_bound: f64,
    /// How it was found: `trivial`, `held-karp`, `frontier` or `local-search`.
    #[schema(example = "held-karp")]
    method: String,
    /// Where it begins.
    start: PathPoint,
    /// The stops in the order of the walk.
    stops: Vec<VisitedStop>,
    /// Id of the node where the walk ends; null when that is no node.
    end: Option<String>,
    /// The whole walk, from place to place.
    path: Vec<WalkedPlace>,
    /// The walk cut into legs: one to each of `stops`, and one to the end if there is one.
    segments: Vec<Leg>,
    /// Directions in plain English.
    steps: Vec<String>,
    /// The same steps for a display of 16 columns, one line of ASCII each.
    display: Vec<String>,
    /// The stops that were left out, and why.
    unreachable: Vec<UnreachableStop>,
    /// Microseconds from parsed map to this answer.
    elapsed_us: u64,
    /// With `?picture=true`: each floor that the walk touches, rising.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    pictures: Option<Vec<WalkPicture>>,
}

/// A floor with the walk on it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct WalkPicture {
    floor: i32,
    /// A whole SVG document.
    svg: String,
}

/// A place that the walk passes.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct WalkedPlace {
    #[serde(flatten)]
    place: PathPoint,
    /// At the beginning of each leg its directions, at the end of the walk `You have arrived`;
    /// empty on the way.
    instruction: String,
    /// The first section of the map around it.
    section_id: Option<String>,
}

/// One leg of the walk.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Leg {
    #[serde(flatten)]
    segment: Segment,
    /// Where it leads to.
    destination: Point,
    /// The product that stands there, if the stop is one.
    product_id: Option<u64>,
    /// The first section of the map around it.
    section_id: Option<String>,
    /// The last of `steps`.
    last_instruction: String,
    /// The same as `distance`.
    path_length: f64,
}

impl From<FoundWalk> for Walk {
    fn from(found: FoundWalk) -> Self {
        // Taken apart by name, so that nothing that the solver says is forgotten here.
        let RouteAnswer {
            distance,
            optimal,
            lower_bound,
            method,
            stops,
            end,
            path,
            segments,
            steps,
            display,
            unreachable,
            elapsed_us,
        } = found.answer;
        let map = &found.map.map;
        Self {
            distance,
            optimal,
            lower_bound,
            method,
            start: path.first().cloned().unwrap_or_default(),
            path: walked(path, found.path_sections, &segments),
            segments: segments.into_iter().map(|segment| leg(map, segment, &stops)).collect(),
            stops,
            end,
            steps,
            display,
            unreachable,
            elapsed_us,
            pictures: found.pictures.map(|pictures| {
                pictures.into_iter().map(|(floor, svg)| WalkPicture { floor, svg }).collect()
            }),
        }
    }
}

/// The path with the directions of each leg at its beginning.
fn walked(
    path: Vec<PathPoint>,
    sections: Vec<Option<String>>,
    segments: &[Segment],
) -> Vec<WalkedPlace> {
    let place = |(place, section_id)| WalkedPlace { place, instruction: String::new(), section_id };
    let mut walked: Vec<_> = path.into_iter().zip(sections).map(place).collect();
    let mut begin = 0;
    for segment in segments {
        if let Some(WalkedPlace { instruction, .. }) = walked.get_mut(begin) {
            for step in &segment.steps {
                let divider = if instruction.is_empty() { "" } else { ". " };
                *instruction = format!("{instruction}{divider}{step}");
            }
        }
        begin += segment.path.len().saturating_sub(1);
    }
    if let Some(WalkedPlace { instruction, .. }) = walked.last_mut() {
        let divider = if instruction.is_empty() { "" } else { ". " };
        *instruction = format!("{instruction}{divider}You have arrived");
    }
    walked
}

fn leg(map: &StoreMap, segment: Segment, stops: &[VisitedStop]) -> Leg {
    let end = segment.path.last();
    let destination =
        end.map_or_else(Point::default, |end| Point { x: end.x, y: end.y, floor: end.floor });
    let stop = stops.iter().find(|stop| Some(stop.index) == segment.stop);
    Leg {
        destination,
        product_id: stop.and_then(|stop| stop.stop.product_id),
        section_id: section_at(map, destination).map(|section| section.id.clone()),
        last_instruction: segment.steps.last().cloned().unwrap_or_default(),
        path_length: segment.distance,
        segment,
    }
}
