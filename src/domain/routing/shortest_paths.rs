//! Shortest paths in a network: Dijkstra's algorithm (1959) with a binary heap.
//!
//! Only the rows a request needs are computed, each only until its last target is settled. Rows
//! to many targets are computed in a smaller network (see [`core`]) that keeps the distances
//! between them. One `ShortestPaths` is reused for all rows.

mod core;

use std::{cmp::Reverse, collections::BinaryHeap};

use super::network::{Arc, Network, Vertex};
use crate::domain::store_map::length::Ticks;
use core::Core;

/// Fewest targets for which a smaller network is worth its building.
const MIN_TARGETS_FOR_CORE: usize = 12;

/// The distance to a vertex that cannot be reached.
pub(super) const UNREACHABLE: Ticks = Ticks::MAX;

/// A reusable search over one network.
#[derive(Debug)]
pub(super) struct ShortestPaths<'n, 'g> {
    network: &'n Network<'g>,
    distance: Vec<Ticks>,
    /// The arc by which each vertex was reached.
    reached_by: Vec<Option<Arc>>,
    /// The vertices whose entries are not in their initial state.
    touched: Vec<Vertex>,
    is_target: Vec<bool>,
    queue: BinaryHeap<Reverse<(Ticks, Vertex)>>,
    /// The smaller network, once a row asked for many targets.
    core: Option<Core>,
}

impl<'n, 'g> ShortestPaths<'n, 'g> {
    pub(super) fn new(network: &'n Network<'g>) -> Self {
        Self {
            network,
            distance: vec![UNREACHABLE; network.len()],
            reached_by: vec![None; network.len()],
            touched: Vec::new(),
            is_target: vec![false; network.len()],
            queue: BinaryHeap::new(),
            core: None,
        }
    }

    /// Distances from `source` to each of `targets`, in their order.
    pub(super) fn row(&mut self, source: Vertex, targets: &[Vertex]) -> Vec<Ticks> {
        if targets.len() >= MIN_TARGETS_FOR_CORE {
            let mut asked = targets.iter().chain([&source]);
            if !self.core.as_ref().is_some_and(|core| asked.all(|&vertex| core.has(vertex))) {
                let asked = targets.iter().chain([&source]).copied();
                self.core = Some(Core::new(self.network, asked));
            }
        }
        if let Some(core) = self.core.as_mut().filter(|_| targets.len() >= MIN_TARGETS_FOR_CORE) {
            return core.row(source, targets);
        }
        self.search(source, targets);
        targets.iter().map(|&target| self.distance[target]).collect()
    }

    /// The arcs of a shortest path; `None` when there is no path.
    pub(super) fn path(&mut self, source: Vertex, target: Vertex) -> Option<Vec<Arc>> {
        self.search(source, &[target]);
        if self.distance[target] == UNREACHABLE {
            return None;
        }
        let mut arcs = Vec::new();
        let mut vertex = target;
        while vertex != source {
            let arc = self.reached_by[vertex]?;
            arcs.push(arc);
            vertex = arc.from;
        }
        arcs.reverse();
        Some(arcs)
    }

    fn search(&mut self, source: Vertex, targets: &[Vertex]) {
        self.reset();
        let mut missing = 0_usize;
        for &target in targets {
            missing += usize::from(!self.is_target[target]);
            self.is_target[target] = true;
        }
        self.distance[source] = 0;
        self.touched.push(source);
        self.queue.push(Reverse((0, source)));
        while let Some(Reverse((distance, vertex))) = self.queue.pop() {
            if distance > self.distance[vertex] {
                continue;
            }
            if self.is_target[vertex] {
                missing -= 1;
                if missing == 0 {
                    break;
                }
            }
            for &arc in self.network.arcs_from(vertex) {
                let candidate = distance + arc.cost;
                let best = &mut self.distance[arc.to];
                if candidate < *best {
                    if *best == UNREACHABLE {
                        self.touched.push(arc.to);
                    }
                    *best = candidate;
                    self.reached_by[arc.to] = Some(arc);
                    self.queue.push(Reverse((candidate, arc.to)));
                }
            }
        }
        for &target in targets {
            self.is_target[target] = false;
        }
    }

    fn reset(&mut self) {
        for vertex in self.touched.drain(..) {
            self.distance[vertex] = UNREACHABLE;
            self.reached_by[vertex] = None;
        }
        self.queue.clear();
    }
}

#[cfg(test)]
mod tests {
    use petgraph::{
        algo::dijkstra,
        graph::{DiGraph, NodeIndex},
    };

    use super::*;
    use crate::domain::routing::{
        graph::Graph,
        network::NetworkBuilder,
        testing::{Seeded, random_map},
    };

    #[test]
    fn rows_and_paths_agree_with_petgraph() {
        let mut random = Seeded::new(1);
        for round in 0..40 {
            let map = random_map(&mut random, 5 + round, round % 2 == 1);
            let graph = Graph::build(&map).unwrap();
            let mut builder = NetworkBuilder::new(&graph, None, None);
            for location in &map.locations {
                builder.spot(graph.location(&location.id).unwrap());
            }
            let network = builder.finish();
            let all: Vec<Vertex> = (0..network.len()).collect();
            let mut oracle = DiGraph::<(), Ticks>::new();
            for _ in &all {
                oracle.add_node(());
            }
            for arc in all.iter().flat_map(|&vertex| network.arcs_from(vertex)) {
                oracle.add_edge(NodeIndex::new(arc.from), NodeIndex::new(arc.to), arc.cost);
            }
            let mut search = ShortestPaths::new(&network);
            for &source in &all {
                let expected = dijkstra(&oracle, NodeIndex::new(source), None, |e| *e.weight());
                let row = search.row(source, &all);
                // Few enough for the network itself, and some that leave the core small.
                for count in [3, MIN_TARGETS_FOR_CORE + 3].map(|count| count.min(all.len())) {
                    let some: Vec<Vertex> =
                        (0..count).map(|_| random.below(all.len())).collect();
                    let expected: Vec<Ticks> = some.iter().map(|&target| row[target]).collect();
                    assert_eq!(ShortestPaths::new(&network).row(source, &some), expected);
                }
                for &target in &all {
                    let distance = expected.get(&NodeIndex::new(target)).copied();
                    assert_eq!(row[target], distance.unwrap_or(UNREACHABLE));
                    let path = search.path(source, target);
                    assert_eq!(
                        path.as_ref().map(|arcs| arcs.iter().map(|a| a.cost).sum()),
                        distance
                    );
                }
            }
        }
    }
}
