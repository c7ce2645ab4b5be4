//! The floor plan under the walk: sections, aisles, shelves.

use std::collections::{HashMap, HashSet};

use super::{
    Floor,
    labels::area_of,
    line::Line,
    sheet::{self, Sizes},
    svg::{Pt, Svg, text_width},
};
use crate::domain::store_map::{
    Edge, EdgeKind, EdgeLengths, Node, NodeKind, Side, cell, edge_length_m,
};

/// From this many locations on, they are one shape without ids.
const MANY_LOCATIONS: usize = 700;

/// A node's place on the sheet.
pub(super) fn place(node: &Node) -> Pt {
    (node.x, -node.y)
}

impl Floor<'_> {
    /// The map's nodes by their ids.
    pub(super) fn nodes_by_id(&self) -> HashMap<&str, &Node> {
        self.map.nodes.iter().map(|node| (node.id.as_str(), node)).collect()
    }

    pub(super) fn sections(&self, svg: &mut Svg) {
        let unit = self.sizes.unit;
        let ground = self.area.grown(sheet::RIM_UNITS * unit);
        svg.tag("rect")
            .attr("class", "ground")
            .at((ground.left, ground.top))
            .num("width", ground.width())
            .num("height", ground.height())
            .num("rx", 1.4 * unit)
            .fill(sheet::FLOOR)
            .empty();
        svg.group("sections");
        let sections = self.map.sections.iter().enumerate();
        for (index, section) in sections.filter(|(_, section)| section.floor == self.level) {
            let area = area_of(section);
            svg.tag("rect")
                .attr("class", "section")
                .attr("data-section", &section.id)
                .at((area.left, area.top))
                .num("width", area.width())
                .num("height", area.height())
                .num("rx", 0.6 * unit)
                .fill(sheet::TINTS[index % sheet::TINTS.len()])
                .titled(section.title());
        }
        svg.end();
    }

    pub(super) fn edges(&self, svg: &mut Svg, walk: Option<&Line>) {
        let Sizes { unit, aisle, .. } = self.sizes;
        let nodes = self.nodes_by_id();
        let edges: Vec<Drawn<'_>> =
            (0..self.map.edges.len()).filter_map(|index| self.drawn(index, &nodes)).collect();
        svg.tag("g")
            .attr("class", "edges")
            .attr("stroke-linecap", "round")
            .attr("fill", "none")
            .open();
        // One shape for all the rims, so that crossings are open.
        let mut rims = String::new();
        for edge in edges.iter().filter(|edge| edge.look == Look::Open) {
            svg.trace(&mut rims, &[edge.from, edge.to], false);
        }
        if !rims.is_empty() {
            svg.tag("path")
                .attr("class", "aisle-rims")
                .attr("d", &rims)
                .line(sheet::CASING, aisle + 0.3 * unit)
                .empty();
        }
        for look in [Look::Open, Look::Stairs, Look::Lift, Look::Closed, Look::Blocked] {
            let mut of_look = edges.iter().filter(|edge| edge.look == look).peekable();
            if of_look.peek().is_none() {
                continue;
            }
            look.group(svg, &self.sizes);
            for edge in of_look {
                edge.draw(svg);
            }
            svg.end();
        }
        svg.end();
        self.one_way_arrows(svg, &edges);
        let aisles: Vec<(Pt, Pt)> = edges
            .iter()
            .filter(|edge| edge.look == Look::Open)
            .map(|edge| (edge.from, edge.to))
            .collect();
        self.section_names(svg, &aisles, walk);
        self.locations(svg, &nodes);
        if !self.sizes.is_dense {
            self.aisle_names(svg, &edges);
        }
    }

    /// An edge with both ends on this floor; the others are symbols.
    fn drawn<'m>(&'m self, index: usize, nodes: &HashMap<&str, &'m Node>) -> Option<Drawn<'m>> {
        let edge = &self.map.edges[index];
        let from = nodes.get(edge.from.as_str()).filter(|node| node.floor == self.level)?;
        let to = nodes.get(edge.to.as_str()).filter(|node| node.floor == self.level)?;
        let look = if self.blocked.contains(&index) {
            Look::Blocked
        } else if edge.closed {
            Look::Closed
        } else {
            match edge.kind {
                EdgeKind::Walk => Look::Open,
                EdgeKind::Stairs => Look::Stairs,
                EdgeKind::Lift => Look::Lift,
            }
        };
        let length_m = edge_length_m(edge, from, to);
        Some(Drawn { index, edge, from: place(from), to: place(to), length_m, look })
    }

    /// Heads in the middle of one-way edges, not closer together than can be told apart.
    fn one_way_arrows(&self, svg: &mut Svg, edges: &[Drawn<'_>]) {
        let size = (self.sizes.aisle * 0.42).max(0.3 * self.sizes.unit);
        let mut data = String::new();
        let mut taken = HashSet::new();
        let square = |(x, y): Pt| (cell(x, 6.0 * size), cell(y, 6.0 * size));
        for edge in edges.iter().filter(|edge| edge.edge.one_way && edge.look != Look::Closed) {
            let (dx, dy) = (edge.to.0 - edge.from.0, edge.to.1 - edge.from.1);
            let length = dx.hypot(dy);
            let middle =
                (f64::midpoint(edge.from.0, edge.to.0), f64::midpoint(edge.from.1, edge.to.1));
            if length < size || !taken.insert(square(middle)) {
                continue;
            }
            let (ux, uy) = (dx / length * size, dy / length * size);
            let at = |along: f64, aside: f64| {
                (middle.0 + ux * along - uy * aside, middle.1 + uy * along + ux * aside)
            };
            svg.trace(&mut data, &[at(-0.35, -0.7), at(0.45, 0.0), at(-0.35, 0.7)], false);
        }
        if !data.is_empty() {
            svg.tag("path")
                .attr("class", "one-way-arrows")
                .attr("d", &data)
                .attr("stroke-linecap", "round")
                .attr("stroke-linejoin", "round")
                .line(sheet::QUIET, size * 0.32)
                .empty();
        }
    }

    /// The name of each aisle once, in the middle of its longest edge.
    fn aisle_names(&self, svg: &mut Svg, edges: &[Drawn<'_>]) {
        let mut longest: Vec<(&str, &Drawn<'_>)> = Vec::new();
        let mut position: HashMap<&str, usize> = HashMap::new();
        for edge in edges {
            let Some(aisle) = edge.edge.aisle.as_deref().filter(|aisle| !aisle.is_empty()) else {
                continue;
            };
            match position.get(aisle) {
                Some(&known) if longest[known].1.drawn_m() >= edge.drawn_m() => {}
                Some(&known) => longest[known].1 = edge,
                None => {
                    position.insert(aisle, longest.len());
                    longest.push((aisle, edge));
                }
            }
        }
        let size = (self.sizes.aisle * 0.82).min(1.35 * self.sizes.unit);
        svg.tag("g")
            .attr("class", "aisle-names")
            .attr("text-anchor", "middle")
            .num("font-size", size)
            .fill(sheet::QUIET)
            .stroke(sheet::PAPER, 0.45 * size)
            .attr("stroke-linejoin", "round")
            .attr("paint-order", "stroke")
            .open();
        for (aisle, edge) in longest {
            if text_width(aisle, size) > edge.drawn_m() * 0.9 {
                continue;
            }
            let (dx, dy) = (edge.to.0 - edge.from.0, edge.to.1 - edge.from.1);
            // Never upside down; straight up reads from below.
            let mut degrees = dy.atan2(dx).to_degrees();
            if degrees >= 90.0 {
                degrees -= 180.0;
            } else if degrees < -90.0 {
                degrees += 180.0;
            }
            let (x, y) =
                (f64::midpoint(edge.from.0, edge.to.0), f64::midpoint(edge.from.1, edge.to.1));
            svg.tag("text")
                .num("dy", size * 0.35)
                .attr("transform", &format!("translate({x:.3} {y:.3}) rotate({degrees:.1})"))
                .text(aisle);
        }
        svg.end();
    }

    /// Junctions and shelves as dots, and where shelf locations are.
    pub(super) fn nodes(&self, svg: &mut Svg) {
        let Sizes { unit, aisle, is_dense, .. } = self.sizes;
        svg.tag("g").attr("class", "nodes").fill(sheet::CASING).open();
        for node in self.map.nodes.iter().filter(|node| node.floor == self.level) {
            let (class, radius) = match node.kind {
                NodeKind::Junction if is_dense => continue,
                NodeKind::Junction => ("node junction", 0.18 * aisle),
                NodeKind::Shelf => ("node shelf", (0.3 * aisle).min(0.4 * unit)),
                // These have symbols.
                NodeKind::Entrance | NodeKind::Checkout => continue,
            };
            let tag = svg.tag("circle").attr("class", class).attr("data-node", &node.id);
            let tag = tag.centre(place(node)).num("r", radius);
            if node.kind == NodeKind::Shelf { tag.fill(sheet::FAINT).empty() } else { tag.empty() }
        }
        svg.end();
    }

    fn locations(&self, svg: &mut Svg, nodes: &HashMap<&str, &Node>) {
        let radius = (0.16 * self.sizes.aisle).min(0.22 * self.sizes.unit);
        let lengths = EdgeLengths::new(&self.map.edges, nodes);
        let spots = self.map.locations.iter().filter_map(|location| {
            let (a, b, share) = location.along(nodes, &lengths)?;
            // Beside the aisle where the map says on which side it is.
            let aside = location.side.map_or(0.0, |side| match side {
                Side::Left => 0.5 * self.sizes.aisle,
                Side::Right => -0.5 * self.sizes.aisle,
            });
            let (dx, dy) = (b.x - a.x, b.y - a.y);
            let scale = aside / dx.hypot(dy).max(f64::MIN_POSITIVE);
            let at = (a.x + dx * share - dy * scale, -(a.y + dy * share + dx * scale));
            let is_here = a.floor == self.level && b.floor == self.level;
            is_here.then_some((location.id.as_str(), at))
        });
        let spots: Vec<(&str, Pt)> = spots.collect();
        if spots.is_empty() {
            return;
        }
        svg.tag("g").attr("class", "locations").fill(sheet::FAINT).open();
        if spots.len() > MANY_LOCATIONS {
            let mut data = String::new();
            for (_, at) in spots {
                svg.trace(&mut data, &[at], false);
                data.push_str("h0");
            }
            svg.tag("path")
                .attr("d", &data)
                .attr("stroke-linecap", "round")
                .line(sheet::CASING, 2.0 * radius)
                .empty();
        } else {
            for (id, at) in spots {
                svg.tag("circle").attr("data-location", id).centre(at).num("r", radius).empty();
            }
        }
        svg.end();
    }
}

/// How an edge is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Open,
    Stairs,
    Lift,
    Closed,
    Blocked,
}

/// An edge on the sheet.
#[derive(Debug)]
struct Drawn<'m> {
    index: usize,
    edge: &'m Edge,
    from: Pt,
    to: Pt,
    length_m: f64,
    look: Look,
}

impl Look {
    fn group(self, svg: &mut Svg, sizes: &Sizes) {
        let Sizes { unit, aisle, .. } = *sizes;
        let (colour, width, dashes) = match self {
            Self::Open => (sheet::PAPER, aisle, None),
            Self::Stairs => (sheet::FAINT, aisle * 0.8, Some((0.3, 0.5))),
            Self::Lift => (sheet::FAINT, aisle * 0.4, None),
            Self::Closed => (sheet::FAINT, 0.4 * unit, Some((0.7, 0.9))),
            Self::Blocked => (sheet::BLOCKED, 0.55 * unit, Some((0.9, 1.0))),
        };
        let tag = svg.tag("g").stroke(colour, width);
        match dashes {
            None => tag.open(),
            Some((dash, gap)) => {
                let dashes = format!("{:.4} {:.4}", dash * unit, gap * unit);
                tag.attr("stroke-linecap", "butt").attr("stroke-dasharray", &dashes).open();
            }
        }
    }
}

impl Drawn<'_> {
    /// How long it is on the sheet.
    fn drawn_m(&self) -> f64 {
        (self.to.0 - self.from.0).hypot(self.to.1 - self.from.1)
    }

    fn draw(&self, svg: &mut Svg) {
        let mut data = String::new();
        svg.trace(&mut data, &[self.from, self.to], false);
        let mut class = "edge".to_owned();
        let words = [
            (self.edge.one_way, " one-way"),
            (self.edge.closed, " closed"),
            (self.look == Look::Blocked, " blocked"),
            (self.edge.kind == EdgeKind::Stairs, " stairs"),
            (self.edge.kind == EdgeKind::Lift, " lift"),
        ];
        for (_, word) in words.into_iter().filter(|(holds, _)| *holds) {
            class.push_str(word);
        }
        let aisle = self.edge.aisle.as_deref().filter(|aisle| !aisle.is_empty());
        let tag = svg.tag("path").attr("class", &class).attr("data-edge", &self.index.to_string());
        let tag = match aisle {
            Some(aisle) => tag.attr("data-aisle", aisle),
            None => tag,
        };
        let length = format!("{:.1} m", self.length_m);
        let title = aisle.map_or_else(|| length.clone(), |aisle| format!("{aisle}, {length}"));
        tag.attr("d", &data).titled(&title);
    }
}
