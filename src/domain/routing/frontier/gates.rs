//! One-way roads that only lead into the hall and out of it: doors, turnstiles, checkout lanes.
//!
//! The hall is what two-way roads join to the stops; everything else is outside. A walk gains
//! nothing by leaving the hall and coming back as long as no way round outside is shorter than the
//! way inside, which is checked for every two gates. Then some shortest walk goes from its start
//! into the hall, stays there over all stops, and leaves for its end if that is outside: a sweep
//! over the hall, with what leaving by each gate costs, proves it.

use std::{cmp::Reverse, collections::BinaryHeap, collections::HashMap};

use super::{
    super::{
        Ticks,
        network::{Arc, Network, Vertex},
        places::{Ends, Places, Visit},
        shortest_paths::UNREACHABLE,
    },
    Cutter, Frontier, Swept, final_ends,
    roads::{self, Road},
    ways::Rule,
};

/// Most gates, each of which takes a search or two.
const MAX_GATES: usize = 100;

/// A shortest walk over stops that are all in one hall.
pub(super) fn solve(
    places: &Places<'_>,
    visits: &[Visit],
    budget_ms: Option<u64>,
    should_stop: &dyn Fn() -> bool,
) -> Option<Swept> {
    let (at_start, inside): (Vec<Visit>, Vec<Visit>) =
        visits.iter().cloned().partition(|visit| visit.vertex == places.start);
    let hall = Hall::around(places, inside.first()?.vertex);
    if inside.iter().any(|visit| !hall.is_inside[visit.vertex]) {
        return None;
    }
    let gates: Vec<Vertex> = (0..hall.is_inside.len())
        .filter(|&v| hall.is_inside[v] && !hall.outside[v].is_empty())
        .collect();
    if gates.len() > MAX_GATES {
        return None;
    }
    let (entrance, entry) = hall.entry(places.start)?;
    let mut exits = Exits::of(places, &inside, &hall);
    for gate in gates {
        let outside = Searched::from(&hall.outside, gate);
        if !hall.is_no_way_round(&outside, gate, 0) || should_stop() {
            return None;
        }
        exits.offer(gate, &outside);
    }
    let offers: Vec<(Vertex, Ticks)> = exits.cost_at.iter().map(|(&v, exit)| (v, exit.0)).collect();
    let hall_roads = (hall.roads.as_slice().into(), Rule::Parity);
    let frontier = Frontier::between(&places.network, hall_roads, entrance, &inside, &offers)?;
    let mut max_states = frontier.affordable(budget_ms)?;
    let (cost, true, uses) = frontier.uses(&mut max_states, should_stop)? else { return None };
    let mut cutter = Cutter::new(&places.network, places.start);
    cutter.follow(&entry, &at_start);
    cutter.follow(&frontier.arcs(&uses)?, &inside);
    cutter.follow(&exits.cost_at.get(&uses.end?)?.1, &[]);
    let walk = cutter.finish(matches!(places.ends, Ends::At(_)));
    let length = cost + entry.iter().map(|arc| arc.cost).sum::<Ticks>();
    debug_assert_eq!(walk.cost(), length, "the walk is as long as was proven");
    Some(Swept { length: walk.cost(), is_shortest: walk.cost() == length, walk })
}

/// What two-way roads join, and what is around it.
struct Hall {
    is_inside: Vec<bool>,
    roads: Vec<Road>,
    /// For each vertex the arcs of the hall's roads, and all others.
    inside: Vec<Vec<Arc>>,
    outside: Vec<Vec<Arc>>,
}

impl Hall {
    fn around(places: &Places<'_>, vertex: Vertex) -> Self {
        let network: &Network<'_> = &places.network;
        let (roads, _) = roads::roads(network, places.start, 1);
        let is_two_way = |road: &Road| road.back.is_some_and(|back| back.cost == road.there.cost);
        let mut joined: Vec<Vec<Vertex>> = vec![Vec::new(); network.len()];
        for Road { there, .. } in roads.iter().filter(|road| is_two_way(road)) {
            joined[there.from].push(there.to);
            joined[there.to].push(there.from);
        }
        let mut is_inside = vec![false; network.len()];
        is_inside[vertex] = true;
        let mut left = vec![vertex];
        while let Some(vertex) = left.pop() {
            for &next in &joined[vertex] {
                if !std::mem::replace(&mut is_inside[next], true) {
                    left.push(next);
                }
            }
        }
        let none = || vec![Vec::new(); network.len()];
        let mut hall = Self { is_inside, roads: Vec::new(), inside: none(), outside: none() };
        for road in roads {
            let is_hall = is_two_way(&road) && hall.is_inside[road.there.from];
            let arcs = if is_hall { &mut hall.inside } else { &mut hall.outside };
            for arc in [Some(road.there), road.back].into_iter().flatten() {
                arcs[arc.from].push(arc);
            }
            if is_hall {
                hall.roads.push(road);
            }
        }
        hall
    }

    /// Where a walk comes in that begins at `start`, and the way there. `None` when more than one
    /// way in may be of use.
    fn entry(&self, start: Vertex) -> Option<(Vertex, Vec<Arc>)> {
        if self.is_inside[start] {
            return Some((start, Vec::new()));
        }
        let outside = Searched::from(&self.outside, start);
        let doors = (0..self.is_inside.len()).filter(|&vertex| self.is_inside[vertex]);
        let door = doors.min_by_key(|&vertex| outside.distance[vertex])?;
        let cost = outside.distance[door];
        let is_only = cost < UNREACHABLE && self.is_no_way_round(&outside, door, cost);
        is_only.then(|| (door, outside.path(door)))
    }

    /// Whether, `ahead` of the way outside, whatever can be reached there can be reached from
    /// `door` inside as well and at no higher cost.
    fn is_no_way_round(&self, outside: &Searched, door: Vertex, ahead: Ticks) -> bool {
        let is_met = |vertex: &Vertex| {
            *vertex != door && self.is_inside[*vertex] && outside.distance[*vertex] < UNREACHABLE
        };
        let mut met = (0..self.is_inside.len()).filter(is_met).peekable();
        if met.peek().is_none() {
            return true;
        }
        let inside = Searched::from(&self.inside, door);
        met.all(|vertex| ahead + inside.distance[vertex] <= outside.distance[vertex])
    }
}

/// Where a walk may leave the hall, or end in it: at which cost, and by which arcs.
struct Exits<'p> {
    ends: &'p [Vertex],
    cost_at: HashMap<Vertex, (Ticks, Vec<Arc>)>,
}

impl<'p> Exits<'p> {
    fn of(places: &'p Places<'_>, inside: &[Visit], hall: &Hall) -> Self {
        let ends: &[Vertex] = match &places.ends {
            Ends::Anywhere => &[],
            Ends::At(ends) => ends,
        };
        let here = final_ends(places, inside).into_iter().filter(|(end, _)| hall.is_inside[*end]);
        Self { ends, cost_at: here.map(|(end, cost)| (end, (cost, Vec::new()))).collect() }
    }

    /// Takes the nearest end that can be reached from a gate.
    fn offer(&mut self, gate: Vertex, outside: &Searched) {
        let Some(&end) = self.ends.iter().min_by_key(|&&end| outside.distance[end]) else { return };
        let cost = outside.distance[end];
        let known = self.cost_at.get(&gate).map_or(UNREACHABLE, |known| known.0);
        if cost < known {
            self.cost_at.insert(gate, (cost, outside.path(end)));
        }
    }
}

/// Shortest paths from one vertex (Dijkstra 1959).
struct Searched {
    distance: Vec<Ticks>,
    reached_by: Vec<Option<Arc>>,
}

impl Searched {
    fn from(arcs: &[Vec<Arc>], source: Vertex) -> Self {
        let mut distance = vec![UNREACHABLE; arcs.len()];
        let mut reached_by = vec![None; arcs.len()];
        distance[source] = 0;
        let mut queue = BinaryHeap::from([Reverse((0, source))]);
        while let Some(Reverse((so_far, vertex))) = queue.pop() {
            if so_far > distance[vertex] {
                continue;
            }
            for &arc in &arcs[vertex] {
                let cost = so_far + arc.cost;
                if cost < distance[arc.to] {
                    distance[arc.to] = cost;
                    reached_by[arc.to] = Some(arc);
                    queue.push(Reverse((cost, arc.to)));
                }
            }
        }
        Self { distance, reached_by }
    }

    /// The arcs to a vertex that was reached.
    fn path(&self, mut vertex: Vertex) -> Vec<Arc> {
        let mut arcs = Vec::new();
        while let Some(arc) = self.reached_by[vertex] {
            arcs.push(arc);
            vertex = arc.from;
        }
        arcs.reverse();
        arcs
    }
}
