//! How large everything is drawn, and what there is on a floor.
//!
//! All sizes are multiples of one unit, a hundredth of the extent, so that a kiosk of 5 m and a
//! hall of 200 m look alike. Aisles are drawn no wider than the distance between their nodes
//! allows, so that narrow ones do not run into each other.

use super::{super::answer::RouteAnswer, svg::Pt};
use crate::domain::store_map::{EdgeKind, StoreMap};

/// Smallest extent drawn, in metres.
const MIN_EXTENT_M: f64 = 4.0;
/// From this many edges on, junctions and the names of aisles are left out.
const DENSE_EDGES: usize = 700;

/// How far the ground reaches beyond what stands on it, in units.
pub(super) const RIM_UNITS: f64 = 3.4;

/// Colours. Presentation attributes, so that a style sheet may change any of them by class.
pub(super) const PAPER: &str = "#ffffff";
pub(super) const FLOOR: &str = "#f1f3f6";
pub(super) const CASING: &str = "#d3d9e2";
pub(super) const INK: &str = "#1c2430";
pub(super) const QUIET: &str = "#5a6575";
pub(super) const FAINT: &str = "#97a1b0";
pub(super) const WALK: &str = "#1d4ed8";
pub(super) const WALK_HEADS: &str = "#12308f";
pub(super) const BLOCKED: &str = "#c81e1e";
pub(super) const START: &str = "#0f7a3d";
pub(super) const TINTS: [&str; 8] =
    ["#dfeafb", "#dff2e1", "#fdebd7", "#f8e1ea", "#e9e3fa", "#fbf2c9", "#d9f1f2", "#efe7da"];

/// A rectangle on the sheet, `y` down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

/// The sizes that a picture is drawn with, in metres.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    /// A hundredth of the extent.
    pub(super) unit: f64,
    /// Width of an aisle.
    pub(super) aisle: f64,
    /// Width of the line of the walk.
    pub(super) walk: f64,
    /// Radius of the badge of a stop.
    pub(super) badge: f64,
    /// Whether there is too much for names and dots.
    pub(super) is_dense: bool,
}

impl Area {
    fn nothing() -> Self {
        Self {
            left: f64::INFINITY,
            top: f64::INFINITY,
            right: f64::NEG_INFINITY,
            bottom: f64::NEG_INFINITY,
        }
    }

    pub(super) fn width(&self) -> f64 {
        self.right - self.left
    }

    pub(super) fn height(&self) -> f64 {
        self.bottom - self.top
    }

    pub(super) fn centre(&self) -> Pt {
        (f64::midpoint(self.left, self.right), f64::midpoint(self.top, self.bottom))
    }

    pub(super) fn grown(&self, by: f64) -> Self {
        Self {
            left: self.left - by,
            top: self.top - by,
            right: self.right + by,
            bottom: self.bottom + by,
        }
    }

    fn include(&mut self, (x, y): Pt) {
        self.left = self.left.min(x);
        self.right = self.right.max(x);
        self.top = self.top.min(y);
        self.bottom = self.bottom.max(y);
    }
}

/// What a floor takes up: its nodes, its sections and the walk on it; a point at 0 when empty.
pub(super) fn area(map: &StoreMap, answer: Option<&RouteAnswer>, floor: i32) -> Area {
    let mut area = Area::nothing();
    for node in map.nodes.iter().filter(|node| node.floor == floor) {
        area.include((node.x, -node.y));
    }
    for section in map.sections.iter().filter(|section| section.floor == floor) {
        area.include((section.x1, -section.y1));
        area.include((section.x2, -section.y2));
    }
    let path = answer.map_or(&[][..], |answer| &answer.path);
    for point in path.iter().filter(|point| point.floor == floor) {
        area.include((point.x, -point.y));
    }
    if area.left > area.right {
        Area { left: 0.0, top: 0.0, right: 0.0, bottom: 0.0 }
    } else {
        area
    }
}

impl Sizes {
    /// For floors that take up these areas.
    pub(super) fn new(map: &StoreMap, answer: Option<&RouteAnswer>, areas: &[Area]) -> Self {
        let extent = areas
            .iter()
            .map(|area| area.width().max(area.height() * 0.8))
            .fold(MIN_EXTENT_M, f64::max);
        let unit = extent / 100.0;
        let aisle = (median_edge_m(map) * 0.9).clamp(0.55 * unit, 1.9 * unit);
        // Badges cover at most a sixth of the plan.
        let stops = count(answer.map_or(0, |answer| answer.stops.len()).max(1));
        let plan: f64 = areas.iter().map(|area| area.width() * area.height()).sum();
        let badge = (plan * 0.16 / (4.0 * stops)).sqrt();
        Self {
            unit,
            aisle,
            walk: (aisle * 0.45).clamp(0.42 * unit, 0.85 * unit),
            badge: badge.clamp(0.55 * unit, 1.75 * unit),
            is_dense: map.edges.len() > DENSE_EDGES,
        }
    }
}

fn median_edge_m(map: &StoreMap) -> f64 {
    let by_id: std::collections::HashMap<&str, Pt> =
        map.nodes.iter().map(|node| (node.id.as_str(), (node.x, node.y))).collect();
    let walks = map.edges.iter().filter(|edge| edge.kind == EdgeKind::Walk);
    let mut lengths: Vec<f64> = walks
        .filter_map(|edge| {
            let (from, to) = (by_id.get(edge.from.as_str())?, by_id.get(edge.to.as_str())?);
            Some((from.0 - to.0).hypot(from.1 - to.1))
        })
        .filter(|&length| length > 0.0)
        .collect();
    lengths.sort_by(f64::total_cmp);
    lengths.get(lengths.len() / 2).copied().unwrap_or(f64::INFINITY)
}

/// A count as a number to reckon with.
pub(super) fn count(items: usize) -> f64 {
    u32::try_from(items).map_or(f64::from(u32::MAX), f64::from)
}
