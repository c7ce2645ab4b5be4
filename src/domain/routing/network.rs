//! The graph as one request sees it: usable edges only, split where a stop stands.
//!
//! Vertices `0..node_count` are the map's nodes; behind them come the places along edges and the
//! points off the graph that the request names. A point off the graph hangs on its joining place
//! by a stretch that can be walked both ways.
//!
//! Invariants: the parts of a split edge add up to its cost; a vertex behind the nodes is never
//! on the way between two others unless it lies on their edge.

use std::collections::{BTreeMap, HashMap};

use super::{
    answer::{PathPoint, Point},
    graph::{Barrier, Graph, Spot},
    join,
};
use crate::domain::store_map::{hours::Minute, length::Ticks};

/// A place in the network.
pub(super) type Vertex = usize;

/// A step from one vertex to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arc {
    pub(super) from: Vertex,
    pub(super) to: Vertex,
    pub(super) cost: Ticks,
    /// The edge it is part of; `None` for the stretch between a point and its joining place.
    pub(super) edge: Option<usize>,
}

/// What a request can walk.
#[derive(Debug)]
pub(super) struct Network<'a> {
    pub(super) graph: &'a Graph,
    points: Vec<Point>,
    /// All arcs, sorted by `from`.
    arcs: Vec<Arc>,
    /// `arcs[first[v]..first[v + 1]]` leave vertex `v`.
    first: Vec<usize>,
}

impl<'a> Network<'a> {
    fn new(graph: &'a Graph, points: Vec<Point>, mut arcs: Vec<Arc>) -> Self {
        arcs.sort_by_key(|arc| arc.from);
        let mut first = vec![0; points.len() + 1];
        for arc in &arcs {
            first[arc.from + 1] += 1;
        }
        for vertex in 0..points.len() {
            first[vertex + 1] += first[vertex];
        }
        Self { graph, points, arcs, first }
    }

    /// The same places with these arcs only.
    pub(super) fn with_arcs(&self, arcs: Vec<Arc>) -> Self {
        Self::new(self.graph, self.points.clone(), arcs)
    }

    /// How many vertices there are.
    pub(super) fn len(&self) -> usize {
        self.points.len()
    }

    /// The arcs that leave a vertex.
    pub(super) fn arcs_from(&self, vertex: Vertex) -> &[Arc] {
        &self.arcs[self.first[vertex]..self.first[vertex + 1]]
    }

    /// Which vertices can be reached from one.
    pub(super) fn reached_from(&self, start: Vertex) -> Vec<bool> {
        let mut reached = vec![false; self.len()];
        reached[start] = true;
        let mut left = vec![start];
        while let Some(vertex) = left.pop() {
            for arc in self.arcs_from(vertex) {
                if !std::mem::replace(&mut reached[arc.to], true) {
                    left.push(arc.to);
                }
            }
        }
        reached
    }

    /// From which vertices any of the given ones can be reached.
    pub(super) fn leading_to(&self, ends: &[Vertex]) -> Vec<bool> {
        let mut into = vec![Vec::new(); self.len()];
        for arc in &self.arcs {
            into[arc.to].push(arc.from);
        }
        let mut leads = vec![false; self.len()];
        let mut left = ends.to_vec();
        for &end in ends {
            leads[end] = true;
        }
        while let Some(vertex) = left.pop() {
            for &from in &into[vertex] {
                if !std::mem::replace(&mut leads[from], true) {
                    left.push(from);
                }
            }
        }
        leads
    }

    /// Where a vertex is.
    pub(super) fn point(&self, vertex: Vertex) -> Point {
        self.points[vertex]
    }

    /// Whether a vertex is a node of the map.
    pub(super) fn is_node(&self, vertex: Vertex) -> bool {
        vertex < self.graph.nodes.len()
    }

    /// The id of the node that a vertex is, if it is one.
    pub(super) fn node_id(&self, vertex: Vertex) -> Option<&str> {
        self.graph.nodes.get(vertex).map(|node| node.id.as_str())
    }

    /// A vertex as it stands in an answer.
    pub(super) fn path_point(&self, vertex: Vertex) -> PathPoint {
        let Point { x, y, floor } = self.points[vertex];
        PathPoint { node: self.node_id(vertex).map(str::to_owned), x, y, floor }
    }
}

/// Gathers the places a request names, then builds its network.
#[derive(Debug)]
pub(super) struct NetworkBuilder<'a> {
    graph: &'a Graph,
    barriers: Vec<Option<Barrier>>,
    is_usable: Vec<bool>,
    /// Nodes all of whose edges are barred, with the first of those.
    enclosed: HashMap<usize, usize>,
    points: Vec<Point>,
    /// The vertices along each edge, by their offset.
    splits: BTreeMap<(usize, Ticks), Vertex>,
    /// Points off the graph that have a vertex already, by the bits of their coordinates.
    known_points: HashMap<(u64, u64, i32), Option<Vertex>>,
    stretches: Vec<Arc>,
}

impl<'a> NetworkBuilder<'a> {
    /// Begins with the edges that are open at that minute and wide enough.
    pub(super) fn new(graph: &'a Graph, minute: Option<Minute>, min_width: Option<Ticks>) -> Self {
        let barriers: Vec<_> =
            graph.edges.iter().map(|edge| edge.barrier(minute, min_width)).collect();
        Self {
            graph,
            is_usable: barriers.iter().map(Option::is_none).collect(),
            enclosed: enclosed(graph, &barriers),
            barriers,
            points: graph.nodes.iter().map(|node| node.point).collect(),
            splits: BTreeMap::new(),
            known_points: HashMap::new(),
            stretches: Vec::new(),
        }
    }

    /// The vertex of a spot on the graph.
    pub(super) fn spot(&mut self, spot: Spot) -> Vertex {
        self.spot_at(spot, self.graph.spot_point(spot))
    }

    /// The vertex of a point, joined to the nearest usable walk edge; `None` when its floor has
    /// no such edge.
    pub(super) fn point(&mut self, point: Point) -> Option<Vertex> {
        // Adding 0.0 turns -0.0 into 0.0.
        let key = ((point.x + 0.0).to_bits(), (point.y + 0.0).to_bits(), point.floor);
        if let Some(&known) = self.known_points.get(&key) {
            return known;
        }
        let vertex = self.joined(point);
        self.known_points.insert(key, vertex);
        vertex
    }

    /// A vertex that leads nowhere, for a start on a floor without a walk edge.
    pub(super) fn island(&mut self, point: Point) -> Vertex {
        self.points.push(point);
        self.points.len() - 1
    }

    /// What keeps a spot's own edge, or all edges of its node, from being walked, if anything.
    pub(super) fn barrier_at(&self, spot: Spot) -> Option<Barrier> {
        match spot {
            Spot::Node(node) => {
                let edge = *self.enclosed.get(&node)?;
                self.barriers[edge].clone()
            }
            Spot::Along { edge, .. } => self.barriers[edge].clone(),
        }
    }

    /// Builds the network.
    pub(super) fn finish(self) -> Network<'a> {
        let mut arcs = self.stretches;
        for (index, edge) in self.graph.edges.iter().enumerate() {
            if !self.is_usable[index] {
                continue;
            }
            let splits = self.splits.range((index, 0)..=(index, Ticks::MAX));
            let mut last = (edge.from, 0);
            for (vertex, offset) in
                splits.map(|(&(_, offset), &vertex)| (vertex, offset)).chain([(edge.to, edge.cost)])
            {
                let part =
                    Arc { from: last.0, to: vertex, cost: offset - last.1, edge: Some(index) };
                arcs.push(part);
                if !edge.one_way {
                    arcs.push(Arc { from: part.to, to: part.from, ..part });
                }
                last = (vertex, offset);
            }
        }
        Network::new(self.graph, self.points, arcs)
    }

    fn joined(&mut self, point: Point) -> Option<Vertex> {
        let join = join::nearest(self.graph, &self.is_usable, point)?;
        let meeting = self.spot_at(self.graph.spot_along(join.edge, join.offset), join.foot);
        if join.stretch == 0 {
            return Some(meeting);
        }
        let vertex = self.island(point);
        let there = Arc { from: meeting, to: vertex, cost: join.stretch, edge: None };
        self.stretches.extend([there, Arc { from: vertex, to: meeting, ..there }]);
        Some(vertex)
    }

    fn spot_at(&mut self, spot: Spot, point: Point) -> Vertex {
        match spot {
            Spot::Node(index) => index,
            Spot::Along { edge, offset } => {
                *self.splits.entry((edge, offset)).or_insert_with(|| {
                    self.points.push(point);
                    self.points.len() - 1
                })
            }
        }
    }
}

/// The nodes that only barred edges lead to, each with the first of them.
fn enclosed(graph: &Graph, barriers: &[Option<Barrier>]) -> HashMap<usize, usize> {
    let mut enclosed = HashMap::new();
    if barriers.iter().all(Option::is_none) {
        return enclosed;
    }
    for (index, edge) in graph.edges.iter().enumerate().filter(|(i, _)| barriers[*i].is_some()) {
        enclosed.entry(edge.from).or_insert(index);
        enclosed.entry(edge.to).or_insert(index);
    }
    for (_, edge) in graph.edges.iter().enumerate().filter(|(i, _)| barriers[*i].is_none()) {
        enclosed.remove(&edge.from);
        enclosed.remove(&edge.to);
    }
    enclosed
}
