//! Where along its edge a shelf location is.

use std::collections::HashMap;

use super::{Edge, Location, Node};

/// The length of an edge in metres, its waiting time aside: what is written, or the straight line.
pub(crate) fn edge_length_m(edge: &Edge, from: &Node, to: &Node) -> f64 {
    edge.length.unwrap_or_else(|| (to.x - from.x).hypot(to.y - from.y))
}

/// Lengths in metres by the ends of edges: of several edges from one node to another the first
/// counts, since a location names its edge by the ends.
#[derive(Debug)]
pub(crate) struct EdgeLengths<'a>(HashMap<(&'a str, &'a str), f64>);

impl<'a> EdgeLengths<'a> {
    /// The lengths of all edges between nodes that there are.
    pub(crate) fn new(edges: &'a [Edge], nodes: &HashMap<&str, &Node>) -> Self {
        let mut lengths = Self(HashMap::with_capacity(edges.len()));
        for edge in edges {
            let ends = (nodes.get(edge.from.as_str()), nodes.get(edge.to.as_str()));
            if let (Some(from), Some(to)) = ends {
                lengths.add(edge, edge_length_m(edge, from, to));
            }
        }
        lengths
    }

    /// Lengths that are still to be added, of so many edges.
    pub(super) fn with_room_for(count: usize) -> Self {
        Self(HashMap::with_capacity(count))
    }

    pub(super) fn add(&mut self, edge: &'a Edge, length_m: f64) {
        self.0.entry((edge.from.as_str(), edge.to.as_str())).or_insert(length_m);
    }

    /// The length of the edge between two nodes; one that is drawn that way round goes first.
    pub(super) fn between(&self, from: &str, to: &str) -> Option<f64> {
        self.0.get(&(from, to)).or_else(|| self.0.get(&(to, from))).copied()
    }
}

impl Location {
    /// The ends of the edge it lies along and its share of the way between them, 0 to 1. `None`
    /// when it is on a node.
    pub(crate) fn along<'a>(
        &self,
        nodes: &HashMap<&str, &'a Node>,
        lengths: &EdgeLengths<'_>,
    ) -> Option<(&'a Node, &'a Node, f64)> {
        let (from, to) = (self.from.as_deref()?, self.to.as_deref()?);
        let length_m = lengths.between(from, to)?;
        let share = if length_m > 0.0 { self.offset? / length_m } else { 0.0 };
        Some((*nodes.get(from)?, *nodes.get(to)?, share.clamp(0.0, 1.0)))
    }
}
