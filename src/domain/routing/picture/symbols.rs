//! Doors, tills, stairs and lifts: drawn with a symbol and named where there is room.

use std::collections::HashMap;

use super::{
    Floor,
    ground::place,
    sheet::{self, count},
    svg::{Pt, Svg, text_width},
};
use crate::domain::store_map::{EdgeKind, Node, NodeKind};

/// How high names are, in units.
const NAME_UNITS: f64 = 1.5;

impl Floor<'_> {
    pub(super) fn symbols(&self, svg: &mut Svg) {
        svg.group("symbols");
        for kind in [NodeKind::Entrance, NodeKind::Checkout] {
            let all = self.map.nodes.iter();
            let nodes: Vec<&Node> =
                all.filter(|node| node.floor == self.level && node.kind == kind).collect();
            let size = self.door_size(&nodes);
            for node in &nodes {
                self.door(svg, node, size);
            }
            // Names that would run into each other become one.
            let near = text_width("Checkout", NAME_UNITS * self.sizes.unit) + self.sizes.unit;
            for row in rows(&nodes, near) {
                self.name_of_row(svg, &row, kind);
            }
        }
        self.ways_up_and_down(svg);
        svg.end();
    }

    /// Half of the side of a symbol: small enough for neighbours not to touch.
    fn door_size(&self, nodes: &[&Node]) -> f64 {
        let unit = self.sizes.unit;
        // More doors than this are as small as can be anyhow.
        if nodes.len() > 300 {
            return 0.5 * unit;
        }
        let pairs = nodes
            .iter()
            .enumerate()
            .flat_map(|(index, a)| nodes[index + 1..].iter().map(move |b| (a, b)));
        let nearest =
            pairs.map(|(a, b)| (a.x - b.x).hypot(a.y - b.y)).fold(f64::INFINITY, f64::min);
        (0.42 * nearest).clamp(0.5 * unit, 1.15 * unit)
    }

    /// An entrance is a triangle that points in, a checkout a till.
    fn door(&self, svg: &mut Svg, node: &Node, size: f64) {
        let (x, y) = place(node);
        let (class, colour) = match node.kind {
            NodeKind::Entrance => ("node entrance", sheet::START),
            _ => ("node checkout", sheet::INK),
        };
        svg.tag("g").attr("class", class).attr("data-node", &node.id).open();
        svg.tag("rect")
            .at((x - size, y - size))
            .num("width", 2.0 * size)
            .num("height", 2.0 * size)
            .num("rx", if node.kind == NodeKind::Entrance { size } else { 0.45 * size })
            .fill(colour)
            .stroke(sheet::PAPER, 0.3 * size)
            .attr("paint-order", "stroke")
            .titled(&node.id);
        let mut data = String::new();
        if node.kind == NodeKind::Entrance {
            // Towards the middle of the floor.
            let middle = f64::midpoint(self.area.top, self.area.bottom);
            let up = if y >= middle { -1.0 } else { 1.0 };
            let at = |dx: f64, dy: f64| (x + dx * size, y + dy * size * up);
            svg.trace(&mut data, &[at(0.0, 0.55), at(0.5, -0.3), at(-0.5, -0.3)], true);
        } else {
            let at = |dx: f64, dy: f64| (x + dx * size, y + dy * size);
            svg.trace(
                &mut data,
                &[at(-0.55, 0.5), at(-0.55, 0.05), at(0.55, 0.05), at(0.55, 0.5)],
                true,
            );
            svg.trace(
                &mut data,
                &[at(-0.3, -0.08), at(-0.3, -0.55), at(0.3, -0.55), at(0.3, -0.08)],
                true,
            );
        }
        svg.tag("path").attr("d", &data).fill(sheet::PAPER).empty();
        svg.end();
    }

    /// `Checkout`, or `7 checkouts` for a row of them.
    fn name_of_row(&self, svg: &mut Svg, row: &[Pt], kind: NodeKind) {
        let text = match (kind, row.len()) {
            (NodeKind::Entrance, 1) => "Entrance".to_owned(),
            (NodeKind::Entrance, several) => format!("{several} entrances"),
            (_, 1) => "Checkout".to_owned(),
            (_, several) => format!("{several} checkouts"),
        };
        let x = row.iter().map(|at| at.0).sum::<f64>() / count(row.len().max(1));
        let low = row.iter().map(|at| at.1).fold(f64::NEG_INFINITY, f64::max);
        let high = row.iter().map(|at| at.1).fold(f64::INFINITY, f64::min);
        self.name(svg, &text, x, (high, low));
    }

    /// A name below or above what it names, on the side away from the middle of the floor.
    fn name(&self, svg: &mut Svg, text: &str, x: f64, (high, low): (f64, f64)) {
        let unit = self.sizes.unit;
        let size = NAME_UNITS * unit;
        let is_below = low >= f64::midpoint(self.area.top, self.area.bottom);
        let y = if is_below { low + 1.5 * unit + size } else { high - 2.0 * unit };
        let half = text_width(text, size) / 2.0;
        let room = self.area.grown(sheet::RIM_UNITS * 0.9 * unit);
        let x = x.max(room.left + half).min(room.right - half);
        svg.tag("text")
            .attr("class", "symbol-name")
            .attr("text-anchor", "middle")
            .attr("font-weight", "600")
            .num("font-size", size)
            .at((x, y))
            .fill(sheet::QUIET)
            .stroke(sheet::FLOOR, 0.4 * unit)
            .attr("stroke-linejoin", "round")
            .attr("paint-order", "stroke")
            .text(text);
    }

    /// Edges to other floors: one symbol for each place and kind, with the floors it leads to.
    fn ways_up_and_down(&self, svg: &mut Svg) {
        let nodes = self.nodes_by_id();
        let mut ways: Vec<Way> = Vec::new();
        let mut known: HashMap<(&str, EdgeKind), usize> = HashMap::new();
        for (index, edge) in self.map.edges.iter().enumerate() {
            let (Some(from), Some(to)) =
                (nodes.get(edge.from.as_str()), nodes.get(edge.to.as_str()))
            else {
                continue;
            };
            let (here, there) = match (from.floor == self.level, to.floor == self.level) {
                (true, false) => (from, to),
                (false, true) => (to, from),
                _ => continue,
            };
            let is_barred = edge.closed || self.blocked.contains(&index);
            let position = *known.entry((here.id.as_str(), edge.kind)).or_insert_with(|| {
                let at = place(here);
                ways.push(Way {
                    at,
                    kind: edge.kind,
                    floors: Vec::new(),
                    edge: index,
                    is_open: false,
                });
                ways.len() - 1
            });
            ways[position].is_open |= !is_barred;
            if !ways[position].floors.contains(&there.floor) {
                ways[position].floors.push(there.floor);
            }
        }
        for way in ways {
            self.way(svg, way);
        }
    }

    fn way(&self, svg: &mut Svg, mut way: Way) {
        let unit = self.sizes.unit;
        let size = 1.35 * unit;
        let (x, y) = way.at;
        way.floors.sort_unstable();
        let floors: Vec<String> = way.floors.iter().map(i32::to_string).collect();
        let (class, word) = match way.kind {
            EdgeKind::Lift => ("edge lift", "Lift"),
            EdgeKind::Stairs => ("edge stairs", "Stairs"),
            EdgeKind::Walk => ("edge ramp", "Way"),
        };
        let name = format!("{word} to {}", floors.join(", "));
        let colour = if way.is_open { sheet::QUIET } else { sheet::FAINT };
        svg.tag("g").attr("class", class).attr("data-edge", &way.edge.to_string()).open();
        svg.tag("rect")
            .at((x - size, y - size))
            .num("width", 2.0 * size)
            .num("height", 2.0 * size)
            .num("rx", 0.3 * size)
            .fill(colour)
            .stroke(sheet::PAPER, 0.3 * size)
            .attr("paint-order", "stroke")
            .titled(&name);
        let at = |dx: f64, dy: f64| (x + dx * size, y + dy * size);
        let mut data = String::new();
        let glyph = svg_glyph(way.kind, at);
        for part in &glyph {
            svg.trace(&mut data, part, way.kind == EdgeKind::Lift);
        }
        let tag = svg.tag("path").attr("d", &data);
        if way.kind == EdgeKind::Lift {
            tag.fill(sheet::PAPER).empty();
        } else {
            tag.line(sheet::PAPER, 0.22 * size).attr("stroke-linejoin", "round").empty();
        }
        self.name(svg, &name, x, (y, y));
        svg.end();
    }
}

/// A place with a way to other floors.
struct Way {
    at: Pt,
    kind: EdgeKind,
    floors: Vec<i32>,
    edge: usize,
    is_open: bool,
}

/// Two triangles for a lift, steps for stairs.
fn svg_glyph(kind: EdgeKind, at: impl Fn(f64, f64) -> Pt) -> Vec<Vec<Pt>> {
    if kind == EdgeKind::Lift {
        vec![
            vec![at(0.0, -0.65), at(0.48, -0.12), at(-0.48, -0.12)],
            vec![at(0.0, 0.65), at(0.48, 0.12), at(-0.48, 0.12)],
        ]
    } else {
        vec![vec![
            at(-0.6, 0.55),
            at(-0.2, 0.55),
            at(-0.2, 0.15),
            at(0.2, 0.15),
            at(0.2, -0.25),
            at(0.6, -0.25),
            at(0.6, -0.6),
        ]]
    }
}

/// Places in chains of neighbours.
fn rows(nodes: &[&Node], near: f64) -> Vec<Vec<Pt>> {
    let mut rows: Vec<Vec<Pt>> = Vec::new();
    for at in nodes.iter().map(|node| place(node)) {
        let is_near = |row: &Vec<Pt>| row.iter().any(|to| (to.0 - at.0).hypot(to.1 - at.1) <= near);
        let (touching, mut others): (Vec<_>, Vec<_>) = rows.into_iter().partition(is_near);
        let mut row: Vec<Pt> = touching.into_iter().flatten().collect();
        row.push(at);
        others.push(row);
        rows = others;
    }
    rows
}
