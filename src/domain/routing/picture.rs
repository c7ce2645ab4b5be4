//! The picture of a map and of a walk through it, as SVG.
//!
//! A floor plan: sections are tinted rectangles, aisles are light strokes, the walk is one strong
//! line. The view box is in metres, `x` to the right; since SVG counts `y` downwards, a place at
//! `(x, y)` is drawn at `(x, -y)`. Everything has a class, and colours are presentation
//! attributes, so a page restyles it with a style sheet, and the file looks the same on its own.
//! There is no `style`, no script and nothing to be fetched.
//!
//! Invariants: well-formed XML whatever the map's names are; the same input gives the same bytes.

mod badges;
mod caption;
mod ground;
mod labels;
mod line;
mod sheet;
mod svg;
mod symbols;

use std::collections::BTreeSet;

use super::answer::RouteAnswer;
use crate::domain::store_map::StoreMap;
use sheet::{Area, Sizes};
use svg::Svg;

/// What is drawn.
#[derive(Debug, Clone, Copy)]
pub struct PictureOptions<'a> {
    /// Which floor.
    pub floor: i32,
    /// Indices of the map's edges that are blocked for now.
    pub blocked: &'a BTreeSet<usize>,
    /// The walk, if there is one.
    pub answer: Option<&'a RouteAnswer>,
}

/// One floor of a map as an SVG document, with the part of the walk that is on it.
pub fn picture(map: &StoreMap, options: &PictureOptions<'_>) -> String {
    draw(map, &[options.floor], options.blocked, options.answer)
}

/// All the floors that a walk touches, one below the other, the highest on top.
pub fn picture_of_walk(map: &StoreMap, blocked: &BTreeSet<usize>, answer: &RouteAnswer) -> String {
    let mut floors = floors_of_walk(answer);
    floors.reverse();
    draw(map, &floors, blocked, Some(answer))
}

/// The floors that a walk touches, rising.
pub fn floors_of_walk(answer: &RouteAnswer) -> Vec<i32> {
    let floors: BTreeSet<i32> = answer.path.iter().map(|point| point.floor).collect();
    floors.into_iter().collect()
}

/// The floors of a map, rising.
pub fn floors_of_map(map: &StoreMap) -> Vec<i32> {
    let nodes = map.nodes.iter().map(|node| node.floor);
    let floors: BTreeSet<i32> =
        nodes.chain(map.sections.iter().map(|section| section.floor)).collect();
    floors.into_iter().collect()
}

/// Everything that the parts of a floor are drawn from.
struct Floor<'a> {
    map: &'a StoreMap,
    blocked: &'a BTreeSet<usize>,
    answer: Option<&'a RouteAnswer>,
    /// Number of the floor.
    level: i32,
    area: Area,
    sizes: Sizes,
}

fn draw(
    map: &StoreMap,
    floors: &[i32],
    blocked: &BTreeSet<usize>,
    answer: Option<&RouteAnswer>,
) -> String {
    let areas: Vec<Area> = floors.iter().map(|&floor| sheet::area(map, answer, floor)).collect();
    let sizes = Sizes::new(map, answer, &areas);
    let unit = sizes.unit;
    let margin = 5.5 * unit;
    let floors: Vec<Floor<'_>> = floors
        .iter()
        .zip(&areas)
        .map(|(&floor, &area)| Floor { map, blocked, answer, level: floor, area, sizes })
        .collect();
    let Some(first) = floors.first() else { return String::new() };

    // The first floor keeps its coordinates; the others are moved below it.
    let widest = areas.iter().map(Area::width).fold(0.0, f64::max);
    let width = (widest + 2.0 * margin).max(72.0 * unit);
    let centre = f64::midpoint(first.area.left, first.area.right);
    let left = centre - width / 2.0;
    let mut caption = caption::Caption::new(&floors, width - 2.0 * margin);
    let top = first.area.top - margin - caption.height();
    let mut shifts = Vec::with_capacity(floors.len());
    let mut bottom = first.area.top - margin;
    for floor in &floors {
        let own_centre = f64::midpoint(floor.area.left, floor.area.right);
        let heading = if floors.len() > 1 { caption::heading_height(unit) } else { 0.0 };
        let shift_y = bottom + heading + margin - floor.area.top;
        shifts.push((centre - own_centre, shift_y));
        bottom = floor.area.bottom + shift_y + margin;
    }
    let height = bottom + caption.footer_height() - top;

    let mut svg = Svg::new(unit);
    root(&mut svg, first, (left, top), (width, height));
    svg.tag("rect")
        .attr("class", "paper")
        .at((left, top))
        .num("width", width)
        .num("height", height)
        .fill(sheet::PAPER)
        .empty();
    caption.head(&mut svg, (left + margin, top));
    for (floor, (dx, dy)) in floors.iter().zip(shifts) {
        let group =
            svg.tag("g").attr("class", "floor").attr("data-floor", &floor.level.to_string());
        let is_alone = floors.len() == 1;
        let group = if is_alone {
            group
        } else {
            let move_to = format!("translate({dx:.3} {dy:.3})");
            group.attr("transform", &move_to)
        };
        group.open();
        if !is_alone {
            caption::heading(&mut svg, floor, left + margin - dx);
        }
        floor.draw(&mut svg);
        svg.end();
    }
    caption.foot(&mut svg, (left + margin, bottom));
    svg.finish()
}

fn root(svg: &mut Svg, first: &Floor<'_>, (left, top): (f64, f64), (width, height): (f64, f64)) {
    let numbers = [left, top, width, height].map(|value| svg.number(value));
    let Area { left, top, right, bottom } = first.area;
    svg.tag("svg")
        .attr("xmlns", "http://www.w3.org/2000/svg")
        .attr("class", "store-map")
        .attr("viewBox", &numbers.join(" "))
        .attr("data-floor", &first.level.to_string())
        .num("data-min-x", left)
        .num("data-min-y", -bottom)
        .num("data-max-x", right)
        .num("data-max-y", -top)
        .attr("role", "img")
        .attr(
            "font-family",
            "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
        )
        .open();
    let name = caption::name(first.map);
    svg.tag("title").text(name);
}

impl Floor<'_> {
    fn draw(&self, svg: &mut Svg) {
        let walk = self.answer.map(|answer| line::Line::new(answer, self.level, &self.sizes));
        self.sections(svg);
        self.edges(svg, walk.as_ref());
        self.nodes(svg);
        if let Some(walk) = &walk {
            walk.draw(svg, &self.sizes);
        }
        self.symbols(svg);
        if let Some(answer) = self.answer {
            badges::draw(svg, answer, self.level, self.area, &self.sizes);
        }
    }
}

#[cfg(test)]
mod tests;
