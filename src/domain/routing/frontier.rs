//! Shortest walks by a dynamic program over the frontier, proven on two-way networks.
//!
//! A shortest walk from the start over all stops to an end uses each road at most twice, and any
//! connected choice of roads that has even degree everywhere but at the start and at the end is
//! such a walk (Euler). Ratliff and Rosenthal (1983) found the cheapest choice for a warehouse of
//! one block by adding aisle after aisle and remembering, at the two ends of the aisle, only the
//! parity of the degrees and what is connected; Roodbergen and de Koster (2001) did so for two
//! blocks. The same works edge by edge on any network as long as few vertices are open at a time,
//! as in the frontier method (Sekine and Imai 1995; Knuth's Simpath, 2009).
//!
//! With one-way roads, what leaves a vertex must balance what arrives instead. How often a road has
//! to be walked has no fixed limit then: the only way back may serve every aisle. So the sweep
//! counts to a limit, and there it takes less for more: each charge at the limit stands for all
//! beyond it, at no further cost. That is a relaxation. What it finds costs no more than a shortest
//! walk; if it is a walk, it is a shortest one, and otherwise it is worth counting farther. Such
//! sweeps have many more states, so they look only for walks shorter than a known one, and prices
//! tell early which states cannot lead to any.
//!
//! ```text
//! roads   the network, one road for each pair of neighbours
//! reduce  dead ends, chains and parallels fold away -> the core
//! order   the order of its edges                    -> None when too many vertices are open
//! relaxed, cuts, prices, bounds                     -> what the rest of a sweep costs at least
//! sweep   the dynamic program, first with few states at each step and then with more
//! recover, euler  how often each road is walked     -> the walk
//! ```
//!
//! Invariant: a walk that is called shortest has the length that the sweep has proven to be the
//! least.

mod bounds;
mod cuts;
mod euler;
mod gates;
mod groups;
mod layer;
mod order;
mod prices;
mod proof;
mod recover;
mod reduce;
mod relaxed;
mod roads;
mod state;
mod steps;
mod sweep;
mod ways;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use super::{
    Ticks, exact,
    network::{Arc, Network, Vertex},
    places::{Ends, Places, Visit},
    walk::Walk,
};
use bounds::Bounds;
use euler::Cutter;
use prices::Prices;
pub(super) use proof::{FIRST_QUESTIONS, Proof, is_directed, prove, questions};
use recover::{Unfolding, Uses};
use reduce::{Link, Reduction};
use roads::Road;
use steps::Steps;
use sweep::{Choice, Limits, Solution, Sweep};
use ways::Rule;

/// How many states the sweep gets through in a millisecond on a slow machine.
const STATES_PER_MS: u32 = 5_000;
/// States that are tried whatever the time.
const MIN_STATES: u32 = 50_000;
/// Up to so many states the sweep is quicker than the dynamic program over subsets.
const FEW_STATES: f64 = 100_000.0;
/// How far beyond the limit the guess at the number of states may lie: it is a rough one.
const ROUGHLY: f64 = 8.0;
/// States that are kept at each step when the first walk is looked for, and how many times more
/// each time after that.
const FIRST_WIDTH: usize = 128;
const WIDENING: usize = 8;
/// The cost of no walk at all; costs stay far below.
const NO_LIMIT: Ticks = Ticks::MAX / 4;

/// The shortest walk that is found in a good part of the time there is, if the sweep is the right
/// way of looking for it. All visits can be reached from the start, and so can an end.
pub(super) fn solve(
    places: &Places<'_>,
    visits: &[Visit],
    budget_ms: u64,
    should_stop: &dyn Fn() -> bool,
) -> Option<Swept> {
    if visits.len() < 2 {
        return None;
    }
    if visits[0].group != visits[visits.len() - 1].group {
        let mut groups = visits.chunk_by(|a, b| a.group == b.group);
        if groups.all(|group| group.len() <= exact::MAX_BLOCK) {
            return None;
        }
        return groups::solve(places, visits, budget_ms, should_stop);
    }
    let (roads, rule) = roads::roads(&places.network, places.start, 1);
    if rule != Rule::Parity {
        return gates::solve(places, visits, roads, budget_ms, should_stop);
    }
    let frontier = Frontier::over(places, visits, (roads, rule))?;
    frontier.solve(frontier.affordable(budget_ms)?, should_stop)
}

/// A network with its core and the order of the sweep: everything but the sweep.
#[derive(Debug)]
struct Frontier<'a> {
    network: &'a Network<'a>,
    visits: &'a [Visit],
    has_end: bool,
    roads: Cow<'a, [Road]>,
    reduction: Reduction,
    steps: Steps,
    /// A guess at the number of states.
    states: f64,
}

/// A walk that the sweep found.
#[derive(Debug)]
pub(super) struct Swept {
    pub(super) walk: Walk,
    /// Whether no walk is shorter; otherwise the sweep had to leave out states.
    pub(super) is_shortest: bool,
}

impl<'a> Frontier<'a> {
    /// Prepares the sweep for visits in any order. `None` when too many vertices would be open at
    /// a time.
    fn new(places: &'a Places<'a>, visits: &'a [Visit], most: i8) -> Option<Self> {
        Self::over(places, visits, roads::roads(&places.network, places.start, most))
    }

    /// The same, for roads that are known already.
    fn over(
        places: &'a Places<'a>,
        visits: &'a [Visit],
        (roads, rule): (Vec<Road>, Rule),
    ) -> Option<Self> {
        let ends = final_ends(places, visits);
        let has_end = matches!(places.ends, Ends::At(_));
        let frontier =
            Self::between(&places.network, (roads.into(), rule), places.start, visits, &ends)?;
        Some(Self { has_end, ..frontier })
    }

    /// Prepares the sweep from a start to one of some ends, each with what ending there costs.
    fn between(
        network: &'a Network<'a>,
        (roads, rule): (Cow<'a, [Road]>, Rule),
        start: Vertex,
        visits: &'a [Visit],
        ends: &[(Vertex, Ticks)],
    ) -> Option<Self> {
        let mut reduction = Reduction::new(network.len(), start, &roads, rule);
        for visit in visits {
            reduction.require(visit.vertex);
        }
        for &(vertex, cost) in ends {
            reduction.offer_end(vertex, cost);
        }
        reduction.fold()?;
        let core: Vec<Link> = reduction.core().collect();
        let order = order(network, &reduction, &core)?;
        let links = order.edges.iter().map(|&edge| core[edge]).collect();
        let steps = steps::arrange(&reduction, links)?;
        let states = order.states;
        Some(Self { network, visits, has_end: true, roads, reduction, steps, states })
    }

    /// How many states may be looked at in the time of a request; `None` when that is far too few
    /// or when there are quicker ways for so few stops.
    fn affordable(&self, budget_ms: u64) -> Option<usize> {
        let is_small = self.visits.len() <= exact::MAX_BLOCK;
        let is_for_subsets = is_small && self.states > FEW_STATES;
        let most = most_states(budget_ms, STATES_PER_MS);
        let is_hopeless = self.states > ROUGHLY * f64::from(most);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        (!is_for_subsets && !is_hopeless).then_some(most)
    }

    /// The shortest walk that is found with so many states, before `should_stop` says stop.
    fn solve(&self, mut max_states: usize, should_stop: &dyn Fn() -> bool) -> Option<Swept> {
        let (length, is_shortest, uses) = self.uses(&mut max_states, should_stop)?;
        let arcs = self.arcs(&uses)?;
        debug_assert_eq!(arcs.iter().map(|arc| arc.cost).sum::<Ticks>(), length);
        let mut cutter = Cutter::new(self.network, self.reduction.start);
        cutter.follow(&arcs, self.visits);
        let walk = cutter.finish(self.has_end);
        debug_assert!(!self.has_end || uses.end == Some(walk.end), "it ends where it was to end");
        // A walk that is not the shortest may go on behind its last stop.
        let is_shortest = is_shortest && self.reduction.rule == Rule::Parity;
        debug_assert!(!is_shortest || walk.cost() == length);
        Some(Swept { walk, is_shortest })
    }

    fn arcs(&self, uses: &Uses) -> Option<Vec<Arc>> {
        let roads = (self.roads.as_ref(), self.reduction.rule);
        let arcs = euler::walk(self.network, self.reduction.start, roads, &uses.roads);
        debug_assert!(
            arcs.is_some() || self.reduction.rule != Rule::Parity,
            "what the sweep finds is connected"
        );
        arcs
    }

    /// How often each road is walked, at which cost, and whether no other choice costs less.
    /// Takes the states it looks at off `max_states`.
    fn uses(
        &self,
        max_states: &mut usize,
        should_stop: &dyn Fn() -> bool,
    ) -> Option<(Ticks, bool, Uses)> {
        if self.steps.list.is_empty() {
            let (cost, uses) = self.folded()?;
            return Some((cost, true, uses));
        }
        let bounds = Bounds::new(self.reduction.rule, &self.steps, &Prices::default());
        let widened = self.widen(&bounds, NO_LIMIT, max_states, should_stop);
        let (solution, is_shortest) = (widened.solution?, widened.is_exact);
        Some((self.reduction.cost + solution.cost, is_shortest, self.unfold(&solution)))
    }

    /// When everything folded into the start: how often each road is walked, and at which cost.
    fn folded(&self) -> Option<(Ticks, Uses)> {
        let start = self.reduction.start;
        let (cost, _) = self.reduction.spots[start].offer?;
        let mut unfolding = Unfolding::new(&self.reduction);
        unfolding.vertex(start, true);
        Some((self.reduction.cost + cost, unfolding.finish(self.roads.len())))
    }

    /// How often each road is walked.
    fn unfold(&self, solution: &Solution) -> Uses {
        let mut unfolding = Unfolding::new(&self.reduction);
        for (number, (step, link)) in self.steps.list.iter().zip(&self.steps.links).enumerate() {
            // What follows the last choice is not walked.
            let choice = solution.choices.get(number).copied();
            let Choice { way, ends_at } = choice.unwrap_or_else(|| step.nothing());
            unfolding.piece(link.piece, self.steps.way_indices[number][way]);
            for index in (0..2).filter(|&index| step.sides[index].closes) {
                unfolding.vertex(link.ends[index], ends_at == Some(index));
            }
        }
        unfolding.finish(self.roads.len())
    }

    /// Sweeps with more and more states for a walk that costs less than `limit`. Each walk that is
    /// found limits the sweeps after it; the first sweep that has room for all states proves the
    /// shortest walk found so far.
    fn widen(
        &self,
        bounds: &Bounds,
        mut limit: Ticks,
        max_states: &mut usize,
        should_stop: &dyn Fn() -> bool,
    ) -> Widened {
        let mut solution: Option<Solution> = None;
        let mut width = FIRST_WIDTH;
        loop {
            let limits = Limits { cost: limit, width, states: *max_states };
            let mut sweep = Sweep::new(self.reduction.rule, &self.steps.list, bounds, limits);
            let is_done = sweep.run(should_stop);
            *max_states = max_states.saturating_sub(sweep.states());
            if is_done && let Some(found) = sweep.solution() {
                limit = found.cost;
                solution = Some(found);
            }
            let is_exact = is_done && !sweep.is_narrowed();
            if is_exact || !is_done {
                return Widened { solution, is_exact };
            }
            width = width.saturating_mul(WIDENING);
        }
    }
}

/// What came of a search.
#[derive(Debug)]
struct Widened {
    solution: Option<Solution>,
    /// Whether no state was left out for want of room.
    is_exact: bool,
}

/// Where the walk may end after its last stops, at no further cost.
fn final_ends(places: &Places<'_>, visits: &[Visit]) -> Vec<(Vertex, Ticks)> {
    match &places.ends {
        // Going on behind the last stop never pays.
        Ends::Anywhere => visits.iter().map(|visit| (visit.vertex, 0)).collect(),
        Ends::At(ends) => ends.iter().map(|&end| (end, 0)).collect(),
    }
}

fn most_states(budget_ms: u64, per_ms: u32) -> u32 {
    let budget_ms = u32::try_from(budget_ms).unwrap_or(u32::MAX);
    budget_ms.saturating_mul(per_ms).max(MIN_STATES)
}

/// The order of the edges of the core.
fn order(network: &Network<'_>, reduction: &Reduction, core: &[Link]) -> Option<order::Order> {
    let mut vertices: Vec<Vertex> = core.iter().flat_map(|link| link.ends).collect();
    vertices.sort_unstable();
    vertices.dedup();
    let rank = |vertex: Vertex| vertices.binary_search(&vertex).unwrap_or(0);
    let ends: Vec<[usize; 2]> = core.iter().map(|link| link.ends.map(rank)).collect();
    let points: Vec<_> = vertices.iter().map(|&v| network.point(v)).collect();
    let is_required: Vec<bool> =
        vertices.iter().map(|&vertex| reduction.spots[vertex].is_required).collect();
    order::best(&order::Shape { ends: &ends, points: &points, is_required: &is_required })
}
