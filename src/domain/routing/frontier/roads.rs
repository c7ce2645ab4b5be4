//! The roads of a network: one for each pair of neighbours.
//!
//! A walk that is free to choose never takes the longer of two arcs between the same vertices, so
//! only the shortest counts. The network is two-way when each of these has a partner of the same
//! cost; two one-way edges that run in opposite directions are as good as one that is two-way.

use super::{
    super::network::{Arc, Network, Vertex},
    ways::Rule,
};

/// The shortest way between two neighbours: there, and back if there is one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Road {
    pub(super) there: Arc,
    pub(super) back: Option<Arc>,
}

/// All roads that can be reached from `start`, and whether all of them are two-way; if not, they
/// are to be walked so often at `most`.
pub(super) fn roads(network: &Network<'_>, start: Vertex, most: i8) -> (Vec<Road>, Rule) {
    let reached = network.reached_from(start);
    let best = BestArcs::new(network, &reached);
    let mut rule = Rule::Parity;
    let mut roads = Vec::with_capacity(best.arcs.len() / 2);
    for (vertex, _) in reached.iter().enumerate().filter(|(_, is_reached)| **is_reached) {
        for &there in best.from(vertex) {
            let back = best.between(there.to, vertex);
            if back.is_none_or(|back| back.cost != there.cost) {
                rule = Rule::Balance { most };
            }
            if back.is_none() || vertex < there.to {
                roads.push(Road { there, back });
            }
        }
    }
    (roads, rule)
}

/// For each vertex the shortest arc to each neighbour, sorted by neighbour.
struct BestArcs {
    arcs: Vec<Arc>,
    first: Vec<usize>,
}

impl BestArcs {
    fn new(network: &Network<'_>, reached: &[bool]) -> Self {
        let mut arcs: Vec<Arc> = Vec::new();
        let mut first = Vec::with_capacity(network.len() + 1);
        for (vertex, &is_reached) in reached.iter().enumerate() {
            let begin = arcs.len();
            first.push(begin);
            if is_reached {
                let out = network.arcs_from(vertex).iter().filter(|arc| arc.to != vertex);
                arcs.extend(out);
                arcs[begin..].sort_by_key(|arc| (arc.to, arc.cost));
                let mut kept = begin;
                for index in begin..arcs.len() {
                    if index == begin || arcs[index].to != arcs[kept - 1].to {
                        arcs[kept] = arcs[index];
                        kept += 1;
                    }
                }
                arcs.truncate(kept);
            }
        }
        first.push(arcs.len());
        Self { arcs, first }
    }

    fn from(&self, vertex: Vertex) -> &[Arc] {
        &self.arcs[self.first[vertex]..self.first[vertex + 1]]
    }

    fn between(&self, from: Vertex, to: Vertex) -> Option<Arc> {
        let arcs = self.from(from);
        arcs.binary_search_by_key(&to, |arc| arc.to).ok().map(|position| arcs[position])
    }
}
