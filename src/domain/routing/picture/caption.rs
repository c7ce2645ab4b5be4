//! What stands above and below the plan: name, distance and proof, the scale and the key.

use std::collections::HashSet;

use super::{
    Floor,
    sheet::{self, Sizes},
    svg::{Pt, Svg, fitted, text_width},
};
use crate::domain::{
    routing::RouteAnswer,
    store_map::{EdgeKind, StoreMap},
};

/// Sizes of letters, in units.
const TITLE: f64 = 3.6;
const SUBTITLE: f64 = 2.2;
const SMALL: f64 = 1.7;

/// The words around a picture.
#[derive(Debug)]
pub(super) struct Caption {
    title: String,
    subtitle: String,
    /// Entries of the key, with where each is: from the left of its row, and which row.
    key: Vec<(Sign, f64, f64)>,
    rows: f64,
    sizes: Sizes,
    width: f64,
}

/// An entry of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Walk,
    OneWay,
    Closed,
    Blocked,
}

/// What a map is called.
pub(super) fn name(map: &StoreMap) -> &str {
    if map.name.trim().is_empty() { "Store map" } else { &map.name }
}

/// How high the heading of a floor is.
pub(super) fn heading_height(unit: f64) -> f64 {
    5.5 * unit
}

/// The number of a floor, above it.
pub(super) fn heading(svg: &mut Svg, floor: &Floor<'_>, left: f64) {
    let unit = floor.sizes.unit;
    svg.tag("text")
        .attr("class", "floor-name")
        .attr("font-weight", "700")
        .num("font-size", 2.2 * unit)
        .at((left, floor.area.top - 4.6 * unit))
        .fill(sheet::INK)
        .text(&format!("Floor {}", floor.level));
}

impl Caption {
    pub(super) fn new(floors: &[Floor<'_>], width: f64) -> Self {
        let first = &floors[0];
        let sizes = first.sizes;
        let unit = sizes.unit;
        let mut subtitle = first.answer.map(summary).unwrap_or_default();
        if floors.len() == 1 && super::floors_of_map(first.map).len() > 1 {
            let floor = format!("floor {}", first.level);
            subtitle = if subtitle.is_empty() {
                format!("Floor {}", first.level)
            } else {
                format!("{subtitle} \u{b7} {floor}")
            };
        }
        let mut key = Vec::new();
        let (mut x, mut row) = (0.0, 0.0);
        for sign in signs(floors) {
            let wide = 5.0 * unit + text_width(sign.text(), SMALL * unit);
            if x > 0.0 && x + wide > width {
                (x, row) = (0.0, row + 1.0);
            }
            key.push((sign, x, row));
            x += wide + 2.0 * unit;
        }
        Self {
            title: fitted(name(first.map), TITLE * unit, width),
            subtitle,
            rows: if key.is_empty() { 0.0 } else { row + 1.0 },
            key,
            sizes,
            width,
        }
    }

    /// How much is above the plan.
    pub(super) fn height(&self) -> f64 {
        let lines = if self.subtitle.is_empty() { 6.0 } else { 9.0 };
        lines * self.sizes.unit
    }

    /// How much is below it.
    pub(super) fn footer_height(&self) -> f64 {
        (5.0 + 2.8 * self.rows) * self.sizes.unit
    }

    pub(super) fn head(&mut self, svg: &mut Svg, (left, top): Pt) {
        let unit = self.sizes.unit;
        svg.group("caption");
        svg.tag("text")
            .attr("class", "title")
            .attr("font-weight", "700")
            .num("font-size", TITLE * unit)
            .at((left, top + 5.2 * unit))
            .fill(sheet::INK)
            .text(&self.title);
        if !self.subtitle.is_empty() {
            let needed = text_width(&self.subtitle, SUBTITLE * unit);
            let size = SUBTITLE * unit * (self.width / needed).min(1.0);
            svg.tag("text")
                .attr("class", "subtitle")
                .num("font-size", size)
                .at((left, top + 8.4 * unit))
                .fill(sheet::QUIET)
                .text(&self.subtitle);
        }
        svg.end();
    }

    pub(super) fn foot(&self, svg: &mut Svg, (left, top): Pt) {
        let unit = self.sizes.unit;
        svg.group("legend");
        let metres = bar_metres(unit);
        let y = top + 1.2 * unit;
        let mut data = String::new();
        svg.trace(
            &mut data,
            &[
                (left, y - 0.5 * unit),
                (left, y),
                (left + metres, y),
                (left + metres, y - 0.5 * unit),
            ],
            false,
        );
        svg.tag("path")
            .attr("class", "scale")
            .attr("d", &data)
            .line(sheet::QUIET, 0.25 * unit)
            .empty();
        let label = if metres < 1.0 { format!("{metres:.1} m") } else { format!("{metres:.0} m") };
        self.small(svg, (left + metres + 0.8 * unit, y), &label);
        for &(sign, x, row) in &self.key {
            let at = (left + x, top + (3.6 + 2.8 * row) * unit);
            sign.draw(svg, at, unit);
            self.small(svg, (at.0 + 5.0 * unit, at.1 + 0.6 * unit), sign.text());
        }
        svg.end();
    }

    fn small(&self, svg: &mut Svg, at: Pt, text: &str) {
        svg.tag("text")
            .num("font-size", SMALL * self.sizes.unit)
            .at(at)
            .fill(sheet::QUIET)
            .text(text);
    }
}

/// `143 m · 12 stops · proven shortest`.
fn summary(answer: &RouteAnswer) -> String {
    let metres = answer.distance;
    let mut parts =
        vec![if metres < 100.0 { format!("{metres:.1} m") } else { format!("{metres:.0} m") }];
    parts.push(match answer.stops.len() {
        1 => "1 stop".to_owned(),
        stops => format!("{stops} stops"),
    });
    if !answer.unreachable.is_empty() {
        parts.push(format!("{} out of reach", answer.unreachable.len()));
    }
    if answer.optimal {
        parts.push("proven shortest".to_owned());
    } else if answer.lower_bound > 0.0 {
        let over = (answer.distance / answer.lower_bound - 1.0) * 100.0;
        // Rounded up: the claim must hold.
        parts.push(format!("at most {:.1} % above the shortest", (over * 10.0).ceil() / 10.0));
    }
    parts.join(" \u{b7} ")
}

/// A round length of about a sixth of the extent.
fn bar_metres(unit: f64) -> f64 {
    let most = 18.0 * unit;
    let steps = [0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0];
    steps.into_iter().rev().find(|&step| step <= most).unwrap_or(0.5)
}

/// What the picture needs explained.
fn signs(floors: &[Floor<'_>]) -> Vec<Sign> {
    let first = &floors[0];
    let on_sheet: HashSet<i32> = floors.iter().map(|floor| floor.level).collect();
    let here: HashSet<&str> = first
        .map
        .nodes
        .iter()
        .filter(|node| on_sheet.contains(&node.floor))
        .map(|node| node.id.as_str())
        .collect();
    let edges = first.map.edges.iter().enumerate();
    let edges: Vec<_> = edges
        .filter(|(_, edge)| here.contains(edge.from.as_str()) && here.contains(edge.to.as_str()))
        .collect();
    let is_blocked = |index: &usize| first.blocked.contains(index);
    let mut signs = Vec::new();
    if first.answer.is_some() {
        signs.push(Sign::Walk);
    }
    if edges.iter().any(|(_, edge)| edge.one_way && edge.kind == EdgeKind::Walk) {
        signs.push(Sign::OneWay);
    }
    if edges.iter().any(|(index, edge)| edge.closed && !is_blocked(index)) {
        signs.push(Sign::Closed);
    }
    if edges.iter().any(|(index, _)| is_blocked(index)) {
        signs.push(Sign::Blocked);
    }
    signs
}

impl Sign {
    fn text(self) -> &'static str {
        match self {
            Self::Walk => "The walk",
            Self::OneWay => "One way",
            Self::Closed => "Closed",
            Self::Blocked => "Blocked for now",
        }
    }

    fn draw(self, svg: &mut Svg, (x, y): Pt, unit: f64) {
        let (left, right) = ((x, y), (x + 4.0 * unit, y));
        let mut data = String::new();
        svg.trace(&mut data, &[left, right], false);
        let line = svg.tag("path").attr("d", &data);
        match self {
            Self::Walk => line
                .attr("class", "walk")
                .attr("stroke-linecap", "round")
                .line(sheet::WALK, unit)
                .empty(),
            Self::OneWay => {
                line.attr("stroke-linecap", "round").line(sheet::CASING, 1.4 * unit).empty();
                let mut head = String::new();
                let middle = x + 2.0 * unit;
                let reach = 0.4 * unit;
                svg.trace(
                    &mut head,
                    &[
                        (middle - reach, y - reach),
                        (middle + reach * 0.6, y),
                        (middle - reach, y + reach),
                    ],
                    false,
                );
                svg.tag("path").attr("d", &head).line(sheet::QUIET, 0.25 * unit).empty();
            }
            Self::Closed => dashed(line.line(sheet::FAINT, 0.4 * unit), unit),
            Self::Blocked => dashed(line.line(sheet::BLOCKED, 0.55 * unit), unit),
        }
    }
}

fn dashed(tag: super::svg::Tag<'_>, unit: f64) {
    tag.attr("stroke-dasharray", &format!("{:.4} {:.4}", 0.8 * unit, 0.9 * unit)).empty();
}
