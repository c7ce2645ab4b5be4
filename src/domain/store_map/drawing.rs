//! A map in the making, from what a drawing program drew: points, lines and areas that know
//! nothing of each other.
//!
//! What lies within [`SNAP_M`] of an earlier point on its floor is the same node. A line with more
//! than two vertices becomes as many edges as it has stretches; its `length` and `seconds` are
//! shared out by their straight lengths. Ids that are missing are made up in the order of the
//! drawing: the same file always gives the same map.

mod attach;
mod shares;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use self::shares::{shares, unused};
use super::check::{MapError, MapErrors, Report};
use super::grid::cell;
use super::lint::{Findings, Level};
use super::{Edge, EdgeKind, Location, MAX_EDGES, MAX_NODES, Node, NodeKind, Section, StoreMap};

/// Vertices that are no farther apart than this are the same node, in metres.
pub(super) const SNAP_M: f64 = 0.01;
/// Farthest that a location may lie from its aisle, in metres.
const REACH_M: f64 = 5.0;

/// Where in the file something was drawn: `features[3]`.
pub(super) type Source = Rc<str>;

/// A place in metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spot {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) floor: i32,
}

/// What one point of the drawing is called, and how sure that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Name {
    /// An id: two of a kind are an error.
    Id(String),
    /// A label: a second one gets a number.
    Label(String),
    /// Nothing; an id is made up.
    None,
}

#[derive(Debug)]
struct DrawnNode {
    id: Option<String>,
    spot: Spot,
    kind: NodeKind,
    source: Source,
}

#[derive(Debug)]
struct DrawnEdge {
    from: usize,
    to: usize,
    edge: Edge,
    source: Source,
}

/// A lift or stairs that stops here.
#[derive(Debug)]
struct Landing {
    node: usize,
    edge: Edge,
    source: Source,
}

/// The map in the making.
#[derive(Debug, Default)]
pub(super) struct Drawing {
    name: String,
    nodes: Vec<DrawnNode>,
    edges: Vec<DrawnEdge>,
    sections: Vec<(Section, Source)>,
    locations: Vec<(Location, Source)>,
    /// Locations that still look for their aisle.
    loose: Vec<(String, Spot, Source)>,
    landings: BTreeMap<(String, bool), Vec<Landing>>,
    node_by_id: HashMap<String, usize>,
    node_by_cell: HashMap<(i32, i64, i64), Vec<usize>>,
    /// The last number behind each label that was used more than once.
    numbers: HashMap<String, u64>,
    /// Ids of sections and locations.
    other_ids: HashSet<(&'static str, String)>,
    is_full: bool,
    /// See [`Drawing::attach_locations`]; off for what was written by this program.
    pub(super) shelves_are_locations: bool,
    notes: Findings,
    report: Report,
}

impl Spot {
    pub(super) fn new(x: f64, y: f64, floor: i32) -> Self {
        Self { x, y, floor }
    }

    /// To a tenth of a millimetre: what was computed from pixels or degrees has no more.
    pub(super) fn rounded(self) -> Self {
        Self { x: round(self.x), y: round(self.y), ..self }
    }

    fn distance(self, other: Self) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

pub(super) fn round(metres: f64) -> f64 {
    // Adding 0 makes -0 a plain 0.
    (metres * 10_000.0).round() / 10_000.0 + 0.0
}

impl Drawing {
    pub(super) fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Notes that something is wrong with a member of what was drawn at `source`.
    pub(super) fn wrong(&mut self, source: &str, member: &str, message: impl Into<String>) {
        let dot = if member.is_empty() { "" } else { "." };
        self.report.add(format!("{source}{dot}{member}"), message);
    }

    /// The value, or `None` with the error noted.
    pub(super) fn take<T>(
        &mut self,
        source: &str,
        read: Result<T, (&'static str, String)>,
    ) -> Option<T> {
        read.map_err(|(member, message)| {
            self.wrong(source, &format!("properties.{member}"), message);
        })
        .ok()
    }

    /// Notes what was done with a part of the file.
    pub(super) fn note(&mut self, code: &'static str, at: &str, message: impl Into<String>) {
        self.notes.add(Level::Note, code, at, message);
    }

    /// A node of its own, even where another one is.
    pub(super) fn node(
        &mut self,
        name: Name,
        spot: Spot,
        kind: NodeKind,
        source: &Source,
    ) -> Option<usize> {
        if self.nodes.len() >= MAX_NODES {
            if !std::mem::replace(&mut self.is_full, true) {
                let message = format!("makes more than {MAX_NODES} nodes; draw a smaller map");
                self.report.add(&**source, message);
            }
            return None;
        }
        let index = self.nodes.len();
        let id = match name {
            Name::Id(id) => Some(id),
            Name::Label(label) => {
                let is_used = |id: &str| self.node_by_id.contains_key(id);
                Some(unused(&label, &mut self.numbers, is_used))
            }
            Name::None => None,
        };
        if let Some(id) = &id {
            // Of two with one id, the check refuses the second.
            self.node_by_id.entry(id.clone()).or_insert(index);
        }
        self.nodes.push(DrawnNode { id, spot, kind, source: Rc::clone(source) });
        let key = (spot.floor, cell(spot.x, SNAP_M), cell(spot.y, SNAP_M));
        self.node_by_cell.entry(key).or_default().push(index);
        Some(index)
    }

    /// The node at a vertex of a line: one that is there, or a new one.
    pub(super) fn vertex(&mut self, spot: Spot, source: &Source) -> Option<usize> {
        self.snapped(spot).or_else(|| self.node(Name::None, spot, NodeKind::Junction, source))
    }

    /// The node within reach of a vertex: the nearest, of equals the earliest.
    pub(super) fn snapped(&self, spot: Spot) -> Option<usize> {
        let (x, y) = (cell(spot.x, SNAP_M), cell(spot.y, SNAP_M));
        let around = (x - 1..=x + 1).flat_map(|x| (y - 1..=y + 1).map(move |y| (x, y)));
        around
            .filter_map(|(x, y)| self.node_by_cell.get(&(spot.floor, x, y)))
            .flatten()
            .map(|&index| (spot.distance(self.nodes[index].spot), index))
            // A hair more than a centimetre, because 0.06 - 0.05 is.
            .filter(|(distance, _)| *distance <= SNAP_M + 1e-9)
            .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)))
            .map(|(_, index)| index)
    }

    pub(super) fn node_named(&self, id: &str) -> Option<usize> {
        self.node_by_id.get(id).copied()
    }

    pub(super) fn floor_of(&self, node: usize) -> i32 {
        self.nodes[node].spot.floor
    }

    /// An edge between two nodes.
    pub(super) fn edge(&mut self, from: usize, to: usize, edge: Edge, source: &Source) {
        if self.edges.len() < MAX_EDGES {
            self.edges.push(DrawnEdge { from, to, edge, source: Rc::clone(source) });
        } else if !std::mem::replace(&mut self.is_full, true) {
            let message = format!("makes more than {MAX_EDGES} edges; draw a smaller map");
            self.report.add(&**source, message);
        }
    }

    /// A line through nodes: an edge for each stretch, with its share of `length` and `seconds`.
    pub(super) fn line(&mut self, nodes: &[usize], template: &Edge, source: &Source) {
        if let [from, to] = *nodes
            && from != to
        {
            return self.edge(from, to, template.clone(), source);
        }
        let stretches: Vec<(usize, usize)> = nodes
            .windows(2)
            .map(|pair| (pair[0], pair[1]))
            .filter(|(from, to)| from != to)
            .collect();
        if stretches.is_empty() {
            return self.note("left-out", source, "is shorter than 1 cm and was left out");
        }
        let spot = |index: usize| self.nodes[index].spot;
        let straight: Vec<f64> =
            stretches.iter().map(|&(from, to)| spot(from).distance(spot(to))).collect();
        let mut lengths = shares(template.length, &straight);
        let mut seconds = shares(template.seconds, &straight);
        for (from, to) in stretches {
            let edge = Edge { length: lengths.next(), seconds: seconds.next(), ..template.clone() };
            self.edge(from, to, edge, source);
        }
    }

    pub(super) fn section(&mut self, name: Name, section: Section, source: &Source) {
        let id = self.other_id("s", name, self.sections.len());
        self.sections.push((Section { id, ..section }, Rc::clone(source)));
    }

    pub(super) fn location(&mut self, location: Location, source: &Source) {
        self.locations.push((location, Rc::clone(source)));
    }

    /// A location beside an aisle, which is found at the end.
    pub(super) fn loose_location(&mut self, name: Name, spot: Spot, source: &Source) {
        let id = self.other_id("l", name, self.loose.len());
        self.loose.push((id, spot, Rc::clone(source)));
    }

    /// A lift or stairs as a point on each of its floors; those of one name, or without one at one
    /// place, belong together.
    pub(super) fn riser(
        &mut self,
        label: Option<&str>,
        (spot, floors): (Spot, &[i32]),
        edge: &Edge,
        source: &Source,
    ) {
        let place = || format!("{:.1}, {:.1}", spot.x, spot.y);
        let key = (label.map_or_else(place, ToOwned::to_owned), edge.kind == EdgeKind::Lift);
        for &floor in floors {
            let name = label.map_or(Name::None, |label| Name::Label(format!("{label}@{floor}")));
            let spot = Spot { floor, ..spot };
            let Some(node) = self.node(name, spot, NodeKind::Junction, source) else { return };
            let landing = Landing { node, edge: edge.clone(), source: Rc::clone(source) };
            self.landings.entry(key.clone()).or_default().push(landing);
        }
    }

    /// The map, or what is wrong with it in terms of the file.
    pub(super) fn finish(mut self) -> Result<(StoreMap, Findings), MapErrors> {
        self.join_floors();
        self.name_nodes();
        self.attach_locations();
        std::mem::take(&mut self.report).finish()?;
        let ids: Vec<String> =
            self.nodes.iter().map(|node| node.id.clone().unwrap_or_default()).collect();
        let mut map = StoreMap { name: std::mem::take(&mut self.name), ..StoreMap::default() };
        map.nodes.extend(self.nodes.iter().zip(&ids).map(|(node, id)| {
            let Spot { x, y, floor } = node.spot;
            Node { id: id.clone(), x, y, floor, kind: node.kind }
        }));
        map.edges.extend(self.edges.iter().map(|drawn| Edge {
            from: ids[drawn.from].clone(),
            to: ids[drawn.to].clone(),
            ..drawn.edge.clone()
        }));
        map.sections.extend(self.sections.iter().map(|(section, _)| section.clone()));
        map.locations.extend(self.locations.iter().map(|(location, _)| location.clone()));
        match map.check() {
            Ok(()) => Ok((map, self.notes)),
            Err(errors) => Err(self.in_terms_of_the_file(errors)),
        }
    }

    fn join_floors(&mut self) {
        for ((label, _), mut landings) in std::mem::take(&mut self.landings) {
            landings.sort_by_key(|landing| self.nodes[landing.node].spot.floor);
            for pair in landings.windows(2) {
                let floor = self.floor_of(pair[0].node);
                if floor == self.floor_of(pair[1].node) {
                    let message =
                        format!("{label:?} stands twice on floor {floor}; name one differently");
                    self.wrong(&pair[1].source, "", message);
                }
                // What is said of one of its stops, often the first, holds for the ride between.
                let (below, above) = (&pair[0].edge, &pair[1].edge);
                let edge = Edge {
                    length: above.length.or(below.length),
                    seconds: above.seconds.or(below.seconds),
                    ..above.clone()
                };
                self.edge(pair[0].node, pair[1].node, edge, &pair[1].source);
            }
            if let [alone] = landings.as_slice() {
                let source = Rc::clone(&alone.source);
                let message = format!("{label:?} stops on one floor only; draw it on another too");
                self.wrong(&source, "", message);
            }
        }
    }

    fn name_nodes(&mut self) {
        let mut number = 0;
        for node in self.nodes.iter_mut().filter(|node| node.id.is_none()) {
            let id = loop {
                number += 1;
                let id = format!("n{number}");
                if !self.node_by_id.contains_key(&id) {
                    break id;
                }
            };
            node.id = Some(id);
        }
    }

    fn other_id(&mut self, prefix: &'static str, name: Name, count: usize) -> String {
        let is_used = |id: &str| self.other_ids.contains(&(prefix, id.to_owned()));
        let id = match name {
            Name::Id(id) => id,
            Name::Label(label) => unused(&label, &mut self.numbers, is_used),
            Name::None => unused(&format!("{prefix}{}", count + 1), &mut self.numbers, is_used),
        };
        self.other_ids.insert((prefix, id.clone()));
        id
    }

    /// Says `features[3]` where the check says `edges[12]`.
    fn in_terms_of_the_file(&self, errors: MapErrors) -> MapErrors {
        let translated = |error: MapError| {
            let field = self.place_in_file(&error.field).unwrap_or(error.field);
            MapError { field, message: error.message }
        };
        MapErrors { errors: errors.errors.into_iter().map(translated).collect(), ..errors }
    }

    fn place_in_file(&self, field: &str) -> Option<String> {
        let (list, rest) = field.split_once('[')?;
        let (index, rest) = rest.split_once(']')?;
        let index: usize = index.parse().ok()?;
        let source = match list {
            "nodes" => &self.nodes.get(index)?.source,
            "edges" => &self.edges.get(index)?.source,
            "sections" => &self.sections.get(index)?.1,
            "locations" => &self.locations.get(index)?.1,
            _ => return None,
        };
        Some(format!("{source}{rest}"))
    }
}

#[cfg(test)]
mod tests;
