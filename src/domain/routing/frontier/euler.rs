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

/// Cuts a walk at the first passing of each visit. What follows the last one is the leg to the
/// end, if the walk `has_end`, and left out otherwise.
pub(super) fn cut(
    network: &Network<'_>,
    start: Vertex,
    arcs: &[Arc],
    visits: &[Visit],
    has_end: bool,
) -> Walk {
    let mut visit_at = vec![None; network.len()];
    for visit in visits {
        visit_at[visit.vertex] = Some(visit);
    }
    let mut legs = Vec::new();
    let mut leg = Leg { stop: None, from: start, arcs: Vec::new() };
    let mut take = |vertex: Vertex, leg: &mut Leg| {
        for &stop in visit_at[vertex].take().into_iter().flat_map(|visit: &Visit| &visit.stops) {
            let next = Leg { stop: None, from: vertex, arcs: Vec::new() };
            legs.push(Leg { stop: Some(stop), ..std::mem::replace(leg, next) });
        }
    };
    take(start, &mut leg);
    // Where the last arc really began, since arcs are merged.
    let mut before = None;
    for &arc in arcs {
        match leg.arcs.last_mut() {
            // Passing a place of another stop is no news, turning round there is.
            Some(last)
                if last.edge.is_some()
                    && last.edge == arc.edge
                    && !network.is_node(arc.from)
                    && before != Some(arc.to) =>
            {
                last.to = arc.to;
                last.cost += arc.cost;
            }
            _ => leg.arcs.push(arc),
        }
        before = Some(arc.from);
        take(arc.to, &mut leg);
    }
    let mut end = leg.from;
    if has_end {
        end = leg.arcs.last().map_or(end, |arc| arc.to);
        legs.push(leg);
    }
    Walk { legs, end }
}
