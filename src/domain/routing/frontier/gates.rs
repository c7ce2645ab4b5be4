//! One-way roads that only lead into the hall and out of it: doors, turnstiles, checkout lanes.
//!
//! The hall is what two-way roads join to the stops; everything else is outside. A walk gains
//! nothing by leaving the hall and coming back as long as no way round outside is shorter than the
//! way inside, which is checked for every two gates. Then some shortest walk goes from its start
//! into the hall, stays there over all stops, and leaves for its end if that is outside: a sweep
//! over the hall, with what leaving by each gate costs, proves it.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    super::{
        Ticks,
        network::{Arc, Network, Vertex},
        places::{Ends, Places, Visit},
        shortest_paths::{ShortestPaths, UNREACHABLE},
    },
    Cutter, Frontier, Swept, final_ends,
    roads::Road,
    ways::Rule,
};

/// Most gates that lead out, each of which takes a search or two.
const MAX_GATES: usize = 100;

/// A shortest walk over stops that are all in one hall.
pub(super) fn solve(
    places: &Places<'_>,
    visits: &[Visit],
    roads: Vec<Road>,
    budget_ms: u64,
    should_stop: &dyn Fn() -> bool,
) -> Option<Swept> {
    let (at_start, inside): (Vec<Visit>, Vec<Visit>) =
        visits.iter().cloned().partition(|visit| visit.vertex == places.start);
    let hall = Hall::around(&places.network, roads, inside.first()?.vertex);
    if inside.iter().any(|visit| !hall.is_inside[visit.vertex]) {
        return None;
    }
    let leads_out = |gate: &Vertex| !hall.outside.arcs_from(*gate).is_empty();
    let ways_out: Vec<Vertex> = hall.gates.iter().copied().filter(leads_out).collect();
    if ways_out.len() > MAX_GATES {
        return None;
    }
    let ends: &[Vertex] = match &places.ends {
        Ends::Anywhere => &[],
        Ends::At(ends) => ends,
    };
    let mut search = Search::new(&hall);
    let entrance = search.entrance(places.start)?;
    let entry = search.outside.path(places.start, entrance)?;
    // For each place where a walk may leave the hall or end in it: at which cost, to end where.
    let here = final_ends(places, &inside).into_iter().filter(|(end, _)| hall.is_inside[*end]);
    let mut exits: BTreeMap<Vertex, (Ticks, Vertex)> =
        here.map(|(end, cost)| (end, (cost, end))).collect();
    let targets = [hall.gates.as_slice(), ends].concat();
    for gate in ways_out {
        let outside = search.outside.row(gate, &targets);
        let (to_gates, to_ends) = outside.split_at(hall.gates.len());
        if !search.is_no_way_round(to_gates, gate, 0) || should_stop() {
            return None;
        }
        let known = exits.get(&gate).map_or(UNREACHABLE, |exit| exit.0);
        let nearest = to_ends.iter().zip(ends).min_by_key(|(cost, _)| **cost);
        if let Some((&cost, &end)) = nearest.filter(|(cost, _)| **cost < known) {
            exits.insert(gate, (cost, end));
        }
    }
    let offers: Vec<(Vertex, Ticks)> =
        exits.iter().map(|(&exit, &(cost, _))| (exit, cost)).collect();
    let hall_roads = (hall.roads.as_slice().into(), Rule::Parity);
    let frontier = Frontier::between(&places.network, hall_roads, entrance, &inside, &offers)?;
    let mut max_states = frontier.affordable(budget_ms)?;
    let (cost, true, uses) = frontier.uses(&mut max_states, should_stop)? else { return None };
    let exit = uses.end?;
    let mut cutter = Cutter::new(&places.network, places.start);
    cutter.follow(&entry, &at_start);
    cutter.follow(&frontier.arcs(&uses)?, &inside);
    cutter.follow(&search.outside.path(exit, exits.get(&exit)?.1)?, &[]);
    let walk = cutter.finish(matches!(places.ends, Ends::At(_)));
    let length = cost + entry.iter().map(|arc| arc.cost).sum::<Ticks>();
    debug_assert_eq!(walk.cost(), length, "the walk is as long as was proven");
    Some(Swept { is_shortest: walk.cost() == length, walk })
}

/// What two-way roads join, and what is around it.
struct Hall<'g> {
    is_inside: Vec<bool>,
    roads: Vec<Road>,
    /// The same places with two-way roads only, and with all roads but the hall's.
    inside: Network<'g>,
    outside: Network<'g>,
    /// Where the roads outside meet the hall, rising.
    gates: Vec<Vertex>,
}

impl<'g> Hall<'g> {
    fn around(network: &Network<'g>, roads: Vec<Road>, vertex: Vertex) -> Self {
        let is_two_way = |road: &Road| road.back.is_some_and(|back| back.cost == road.there.cost);
        let arcs_of = |road: &Road| [Some(road.there), road.back].into_iter().flatten();
        let two_way = roads.iter().filter(|road| is_two_way(road));
        let inside = network.with_arcs(two_way.flat_map(arcs_of).collect());
        let is_inside = inside.reached_from(vertex);
        let (roads, others): (Vec<Road>, Vec<Road>) =
            roads.into_iter().partition(|road| is_two_way(road) && is_inside[road.there.from]);
        let around: Vec<Arc> = others.iter().flat_map(arcs_of).collect();
        let met = around.iter().flat_map(|arc| [arc.from, arc.to]);
        let gates: BTreeSet<Vertex> = met.filter(|&vertex| is_inside[vertex]).collect();
        let outside = network.with_arcs(around);
        Self { is_inside, roads, inside, outside, gates: gates.into_iter().collect() }
    }
}

/// Shortest ways inside and outside.
struct Search<'h, 'g> {
    hall: &'h Hall<'g>,
    inside: ShortestPaths<'h, 'g>,
    outside: ShortestPaths<'h, 'g>,
}

impl<'h, 'g> Search<'h, 'g> {
    fn new(hall: &'h Hall<'g>) -> Self {
        let (inside, outside) =
            (ShortestPaths::new(&hall.inside), ShortestPaths::new(&hall.outside));
        Self { hall, inside, outside }
    }

    /// Where a walk comes in that begins at `start`. `None` when more than one way in may be of
    /// use.
    fn entrance(&mut self, start: Vertex) -> Option<Vertex> {
        if self.hall.is_inside[start] {
            return Some(start);
        }
        let outside = self.outside.row(start, &self.hall.gates);
        let (&cost, &door) = outside.iter().zip(&self.hall.gates).min()?;
        let is_only = cost < UNREACHABLE && self.is_no_way_round(&outside, door, cost);
        is_only.then_some(door)
    }

    /// Whether all gates that can be reached outside, at these costs, can be reached from `door`
    /// inside as well and at no higher cost, `ahead` of that included.
    fn is_no_way_round(&mut self, outside: &[Ticks], door: Vertex, ahead: Ticks) -> bool {
        let mut others = self.hall.gates.iter().zip(outside).filter(|(gate, _)| **gate != door);
        if others.all(|(_, &cost)| cost == UNREACHABLE) {
            return true;
        }
        let inside = self.inside.row(door, &self.hall.gates);
        inside.iter().zip(outside).all(|(&inside, &outside)| ahead + inside <= outside)
    }
}
