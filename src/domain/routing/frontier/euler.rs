//! From roads to a walk: an Euler walk by the algorithm of Hierholzer (1873), cut at the stops.

use super::{
    super::{
        network::{Arc, Network, Vertex},
        places::Visit,
        walk::{Leg, Walk},
    },
    roads::Road,
    ways::Rule,
};

/// The arcs of a walk from `start` that takes each road as often as `uses` says: either way on
/// two-way networks, otherwise as often there and as often back as it says. `None` when there is no such walk.
pub(super) fn walk(
    network: &Network<'_>,
    start: Vertex,
    (roads, rule): (&[Road], Rule),
    uses: &[[u16; 2]],
) -> Option<Vec<Arc>> {
    // Each copy of a road waits at the vertices from which it may be taken.
    let mut copies: Vec<(usize, bool)> = Vec::new();
    let mut copies_of: Vec<Vec<usize>> = vec![Vec::new(); network.len()];
    for (road, times) in uses.iter().enumerate() {
        let Arc { from, to, .. } = roads[road].there;
        for (index, tail) in (0..2).zip([from, to]) {
            for _ in 0..times[index] {
                copies_of[tail].push(copies.len());
                if rule == Rule::Parity {
                    copies_of[if tail == from { to } else { from }].push(copies.len());
                }
                copies.push((road, false));
            }
        }
    }
    let mut trail: Vec<(Vertex, Option<Arc>)> = vec![(start, None)];
    let mut arcs = Vec::with_capacity(copies.len());
    while let Some(&(vertex, arrival)) = trail.last() {
        let Some(copy) = copies_of[vertex].pop() else {
            trail.pop();
            arcs.extend(arrival);
            continue;
        };
        let (road, is_used) = &mut copies[copy];
        if !std::mem::replace(is_used, true) {
            let Road { there, back } = roads[*road];
            let arc = if there.from == vertex { there } else { back? };
            trail.push((arc.to, Some(arc)));
        }
    }
    arcs.reverse();
    (arcs.len() == copies.len()).then_some(arcs)
}

/// Cuts a walk at the first passing of each visit.
#[derive(Debug)]
pub(super) struct Cutter<'a> {
    network: &'a Network<'a>,
    legs: Vec<Leg>,
    /// The leg that has not reached its stop yet.
    leg: Leg,
    /// Where the last arc really began, since arcs are merged.
    before: Option<Vertex>,
}

impl<'a> Cutter<'a> {
    pub(super) fn new(network: &'a Network<'a>, start: Vertex) -> Self {
        let leg = Leg { stop: None, from: start, arcs: Vec::new() };
        Self { network, legs: Vec::new(), leg, before: None }
    }

    /// Goes on along these arcs, past these visits.
    pub(super) fn follow(&mut self, arcs: &[Arc], visits: &[Visit]) {
        let mut visit_at: Vec<Option<&Visit>> = vec![None; self.network.len()];
        for visit in visits {
            visit_at[visit.vertex] = Some(visit);
        }
        let at = self.leg.arcs.last().map_or(self.leg.from, |arc| arc.to);
        self.pass(at, visit_at[at].take());
        for &arc in arcs {
            match self.leg.arcs.last_mut() {
                // Passing a place of another stop is no news, turning round there is.
                Some(last)
                    if last.edge.is_some()
                        && last.edge == arc.edge
                        && !self.network.is_node(arc.from)
                        && self.before != Some(arc.to) =>
                {
                    last.to = arc.to;
                    last.cost += arc.cost;
                }
                _ => self.leg.arcs.push(arc),
            }
            self.before = Some(arc.from);
            self.pass(arc.to, visit_at[arc.to].take());
        }
    }

    /// The walk. What follows its last visit is the leg to the end, if it `has_end`, and left out
    /// otherwise.
    pub(super) fn finish(mut self, has_end: bool) -> Walk {
        let mut end = self.leg.from;
        if has_end {
            end = self.leg.arcs.last().map_or(end, |arc| arc.to);
            self.legs.push(self.leg);
        }
        Walk { legs: self.legs, end }
    }

    fn pass(&mut self, vertex: Vertex, visit: Option<&Visit>) {
        for &stop in visit.into_iter().flat_map(|visit| &visit.stops) {
            let next = Leg { stop: None, from: vertex, arcs: Vec::new() };
            let leg = std::mem::replace(&mut self.leg, next);
            self.legs.push(Leg { stop: Some(stop), ..leg });
        }
    }
}
