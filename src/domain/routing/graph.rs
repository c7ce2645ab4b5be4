//! The map as the solver sees it: indices instead of ids, ticks instead of metres.
//!
//! Built once per version of the map and shared by all requests. What depends on a request
//! (closed aisles at that hour, the width needed, points off the graph) is not here but in
//! [`network`](super::network).

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use super::{answer::Point, join::Trees};
use crate::domain::store_map::{
    self, EdgeKind, Location, MapErrors, NodeKind, Section, Side, StoreMap,
    hours::{Hours, Minute},
    length::{self, Ticks},
};

/// What one second of waiting or riding costs: 1.2 m of walking.
const METRES_PER_SECOND: f64 = 1.2;

/// A checked map, ready to route on.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
    pub(super) sections: Vec<Section>,
    pub(super) checkouts: Vec<usize>,
    node_by_id: HashMap<String, usize>,
    spot_by_location: HashMap<String, Spot>,
    trees: OnceLock<Trees>,
    /// Which side of an edge a location is on, for those who walk it from its `from`.
    side_by_location: HashMap<String, (usize, Side)>,
}

/// A node of the graph.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) id: String,
    pub(super) point: Point,
    pub(super) kind: NodeKind,
}

/// An edge of the graph.
#[derive(Debug, Clone)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Length plus what its seconds cost.
    pub(super) cost: Ticks,
    pub(super) one_way: bool,
    pub(super) closed: bool,
    /// Reported as blocked for now, for this reason (which may be empty).
    pub(super) blocked: Option<Arc<str>>,
    pub(super) kind: EdgeKind,
    pub(super) aisle: Option<String>,
    pub(super) width: Option<Ticks>,
    pub(super) hours: Option<Hours>,
}

/// Where something stands on the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Spot {
    /// On a node.
    Node(usize),
    /// Strictly inside an edge, at this cost from its beginning.
    Along {
        /// Which edge.
        edge: usize,
        /// Cost from the edge's `from`.
        offset: Ticks,
    },
}

/// Why an edge cannot be used by a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Barrier {
    Closed,
    /// Reported as blocked, for this reason.
    Blocked(Arc<str>),
    OutOfHours(Hours),
    TooNarrow,
}

impl Graph {
    /// Checks the map and builds the graph.
    pub fn build(map: &StoreMap) -> Result<Self, MapErrors> {
        map.check()?;
        let mut graph = Self { sections: map.sections.clone(), ..Self::default() };
        for (index, node) in map.nodes.iter().enumerate() {
            let point = Point { x: node.x, y: node.y, floor: node.floor };
            graph.nodes.push(Node { id: node.id.clone(), point, kind: node.kind });
            graph.node_by_id.insert(node.id.clone(), index);
            if node.kind == NodeKind::Checkout {
                graph.checkouts.push(index);
            }
        }
        let mut plain_lengths = Vec::with_capacity(map.edges.len());
        let mut edge_by_ends = HashMap::with_capacity(map.edges.len());
        for (index, edge) in map.edges.iter().enumerate() {
            let (from, to) = (graph.checked_node(&edge.from), graph.checked_node(&edge.to));
            let length_m = store_map::edge_length_m(edge, &map.nodes[from], &map.nodes[to]);
            let plain = checked_ticks(length_m);
            let wait = checked_ticks(edge.seconds.unwrap_or(0.0) * METRES_PER_SECOND);
            plain_lengths.push(plain);
            edge_by_ends.entry((from, to)).or_insert(index);
            graph.edges.push(Edge {
                from,
                to,
                cost: plain + wait,
                one_way: edge.one_way,
                closed: edge.closed,
                blocked: None,
                kind: edge.kind,
                aisle: edge.aisle.clone().filter(|aisle| !aisle.is_empty()),
                width: edge.width_m.map(checked_ticks),
                hours: edge.hours.as_ref().and_then(|hours| hours.parse().ok()),
            });
        }
        for location in &map.locations {
            let spot = graph.spot_of(location, &edge_by_ends, &plain_lengths);
            graph.spot_by_location.insert(location.id.clone(), spot);
            if let Some(side) = graph.side_of(location, &edge_by_ends) {
                graph.side_by_location.insert(location.id.clone(), side);
            }
        }
        Ok(graph)
    }

    /// The same graph with edges that are blocked for now, each with the reason; of several reasons
    /// for an edge the first counts.
    #[must_use]
    pub fn with_blocked(&self, blocked: impl IntoIterator<Item = (usize, Arc<str>)>) -> Self {
        let mut graph = self.clone();
        for (edge, reason) in blocked {
            if let Some(edge) = graph.edges.get_mut(edge) {
                edge.blocked.get_or_insert(reason);
            }
        }
        graph
    }

    /// How many nodes there are.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// Where a shelf location is.
    pub fn location_point(&self, id: &str) -> Option<Point> {
        self.location(id).map(|spot| self.spot_point(spot))
    }

    /// The walk edges by where they are; built when a point is first to be joined.
    pub(super) fn trees(&self) -> &Trees {
        self.trees.get_or_init(|| Trees::new(&self.nodes, &self.edges))
    }

    /// Whether a node has edges and all of them are closed or blocked, whatever the hour.
    pub fn is_cut_off(&self, id: &str) -> bool {
        let Some(node) = self.node(id) else { return false };
        let mut edges = self.edges.iter().filter(|edge| edge.from == node || edge.to == node);
        let is_barred = |edge: &Edge| edge.barrier(None, None).is_some();
        edges.next().is_some_and(is_barred) && edges.all(is_barred)
    }

    pub(super) fn node(&self, id: &str) -> Option<usize> {
        self.node_by_id.get(id).copied()
    }

    pub(super) fn location(&self, id: &str) -> Option<Spot> {
        self.spot_by_location.get(id).copied()
    }

    /// The edge beside which a location is, and the side for those who walk it from its `from`.
    pub(super) fn location_side(&self, id: &str) -> Option<(usize, Side)> {
        self.side_by_location.get(id).copied()
    }

    pub(super) fn spot_point(&self, spot: Spot) -> Point {
        match spot {
            Spot::Node(index) => self.nodes[index].point,
            Spot::Along { edge, offset } => {
                let edge = &self.edges[edge];
                let (from, to) = (self.nodes[edge.from].point, self.nodes[edge.to].point);
                from.towards(to, length::share(offset, edge.cost))
            }
        }
    }

    /// A spot on an edge; its ends are the nodes themselves.
    pub(super) fn spot_along(&self, edge: usize, offset: Ticks) -> Spot {
        let ends = &self.edges[edge];
        if offset <= 0 {
            Spot::Node(ends.from)
        } else if offset >= ends.cost {
            Spot::Node(ends.to)
        } else {
            Spot::Along { edge, offset }
        }
    }

    fn spot_of(
        &self,
        location: &Location,
        edge_by_ends: &HashMap<(usize, usize), usize>,
        plain_lengths: &[Ticks],
    ) -> Spot {
        if let Some(node) = &location.node {
            return Spot::Node(self.checked_node(node));
        }
        let end = |id: &Option<String>| self.checked_node(id.as_deref().unwrap_or_default());
        let (from, to) = (end(&location.from), end(&location.to));
        // An edge drawn the same way round wins over one drawn the other way.
        let (edge, is_reversed) = match edge_by_ends.get(&(from, to)) {
            Some(&edge) => (edge, false),
            None => (edge_by_ends[&(to, from)], true),
        };
        let plain = plain_lengths[edge];
        let offset = checked_ticks(location.offset.unwrap_or(0.0)).min(plain);
        let offset = if is_reversed { plain - offset } else { offset };
        let cost = self.edges[edge].cost;
        // The offset is metres of length; waiting time is spread evenly over the edge.
        let offset = if plain == 0 { 0 } else { (offset * cost + plain / 2) / plain };
        self.spot_along(edge, offset)
    }

    fn side_of(
        &self,
        location: &Location,
        edge_by_ends: &HashMap<(usize, usize), usize>,
    ) -> Option<(usize, Side)> {
        let (from, to) = (self.node(location.from.as_ref()?)?, self.node(location.to.as_ref()?)?);
        let side = location.side?;
        match edge_by_ends.get(&(from, to)) {
            Some(&edge) => Some((edge, side)),
            None => Some((*edge_by_ends.get(&(to, from))?, side.opposite())),
        }
    }

    fn checked_node(&self, id: &str) -> usize {
        self.node(id).expect("a checked map names only its own nodes")
    }
}

impl Edge {
    /// What keeps a request from using this edge, if anything.
    pub(super) fn barrier(
        &self,
        minute: Option<Minute>,
        min_width: Option<Ticks>,
    ) -> Option<Barrier> {
        if self.closed {
            return Some(Barrier::Closed);
        }
        if let Some(reason) = &self.blocked {
            return Some(Barrier::Blocked(Arc::clone(reason)));
        }
        if let (Some(minute), Some(hours)) = (minute, self.hours)
            && !hours.is_open_at(minute)
        {
            return Some(Barrier::OutOfHours(hours));
        }
        match (self.width, min_width) {
            (Some(width), Some(needed)) if width < needed => Some(Barrier::TooNarrow),
            _ => None,
        }
    }
}

fn checked_ticks(metres: f64) -> Ticks {
    length::ticks_from_metres(metres).expect("a checked map has only lengths within its limits")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::store_map;

    fn map() -> StoreMap {
        StoreMap::from_json(
            br#"{"nodes":[{"id":"a","x":0,"y":0},{"id":"b","x":10,"y":0}],
                "edges":[{"from":"a","to":"b","length":20,"seconds":10,"hours":"08:00-20:00",
                          "width_m":0.9}],
                "locations":[{"id":"L","from":"a","to":"b","offset":5},
                             {"id":"R","from":"b","to":"a","offset":5},
                             {"id":"A","from":"a","to":"b","offset":0},
                             {"id":"B","from":"a","to":"b","offset":20}]}"#,
        )
        .unwrap()
    }

    #[test]
    fn seconds_cost_metres_and_offsets_scale_with_them() {
        let graph = Graph::build(&map()).unwrap();
        assert_eq!(graph.edges[0].cost, 320_000);
        assert_eq!(graph.location("L"), Some(Spot::Along { edge: 0, offset: 80_000 }));
        assert_eq!(graph.location("R"), Some(Spot::Along { edge: 0, offset: 240_000 }));
        assert_eq!(graph.location("A"), Some(Spot::Node(0)));
        assert_eq!(graph.location("B"), Some(Spot::Node(1)));
        assert_eq!(graph.location_point("L"), Some(Point { x: 2.5, y: 0.0, floor: 0 }));
    }

    #[test]
    fn a_location_prefers_the_edge_drawn_its_own_way() {
        let mut map = map();
        let back = store_map::Edge { length: Some(40.0), ..store_map::Edge::new("b", "a") };
        map.edges.push(back);
        let graph = Graph::build(&map).unwrap();
        assert_eq!(graph.location("R"), Some(Spot::Along { edge: 1, offset: 50_000 }));
    }

    #[test]
    fn hours_and_widths_bar_only_requests_that_ask() {
        let graph = Graph::build(&map()).unwrap();
        let edge = &graph.edges[0];
        assert_eq!(edge.barrier(None, None), None);
        assert_eq!(edge.barrier(Some(600), Some(9_000)), None);
        assert_eq!(edge.barrier(None, Some(9_001)), Some(Barrier::TooNarrow));
        assert!(matches!(edge.barrier(Some(10), None), Some(Barrier::OutOfHours(_))));
    }
}
