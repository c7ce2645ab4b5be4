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
//! to be walked has no fixed limit then: the only way back may serve every aisle. So the sweep,
//! which counts to a limit, finds walks that are hard to beat, and proves nothing.
//!
//! ```text
//! roads   the network, one road for each pair of neighbours
//! reduce  dead ends, chains and parallels fold away -> the core
//! order   the order of its edges                    -> None when too many vertices are open
//! sweep   the dynamic program, first with few states at each step and then with more
//! recover, euler  how often each road is walked     -> the walk
//! ```
//!
//! Invariant: a walk that is called shortest has the length that the sweep has proven to be the
//! least.

mod bounds;
mod euler;
mod layer;
mod order;
mod recover;
mod reduce;
mod roads;
mod state;
mod steps;
mod sweep;
mod ways;

#[cfg(test)]
mod tests;

use super::{
    Ticks, exact,
    network::Vertex,
    places::{Ends, Places, Visit},
    walk::Walk,
};
use recover::{Unfolding, Uses};
use reduce::{Link, Reduction};
use roads::Road;
use steps::Steps;
use sweep::{Choice, Limits, Solution, Sweep};
use ways::Rule;

/// How many states the sweep gets through in a millisecond on a slow machine.
const STATES_PER_MS: u32 = 5_000;
/// The same on networks with one-way roads, where a state takes longer and some of the time has to
/// be left to others, since nothing is proven.
const BALANCED_PER_MS: u32 = 400;
/// States that are tried whatever the time.
const MIN_STATES: u32 = 50_000;
/// The time that counts for a request that names none.
const DEFAULT_BUDGET_MS: u64 = 500;
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

/// A network with its core and the order of the sweep: everything but the sweep.
#[derive(Debug)]
pub(super) struct Frontier<'a> {
    places: &'a Places<'a>,
    visits: &'a [Visit],
    roads: Vec<Road>,
    reduction: Reduction,
    steps: Steps,
    /// A guess at the number of states.
    states: f64,
}

/// A walk that the sweep found.
#[derive(Debug)]
pub(super) struct Swept {
    pub(super) walk: Walk,
    pub(super) length: Ticks,
    /// Whether no walk is shorter; otherwise the sweep had to leave out states.
    pub(super) is_shortest: bool,
}

impl<'a> Frontier<'a> {
    /// Prepares the sweep. `None` when some visits have to come before others, or when too many
    /// vertices would be open at a time.
    ///
    /// All visits can be reached from the start, and so can an end.
    pub(super) fn new(places: &'a Places<'a>, visits: &'a [Visit]) -> Option<Self> {
        if visits.windows(2).any(|pair| pair[0].group != pair[1].group) {
            return None;
        }
        let (roads, rule) = roads::roads(&places.network, places.start);
        let mut reduction = Reduction::new(places.network.len(), places.start, &roads, rule);
        for visit in visits {
            reduction.require(visit.vertex);
        }
        match &places.ends {
            // Ending beyond the last stop never pays.
            Ends::Anywhere => {
                for visit in visits {
                    reduction.offer_end(visit.vertex);
                }
                reduction.offer_end(places.start);
            }
            Ends::At(ends) => {
                for &end in ends {
                    reduction.offer_end(end);
                }
            }
        }
        reduction.fold()?;
        let core: Vec<Link> = reduction.core().collect();
        let order = order(places, &reduction, &core)?;
        let links = order.edges.iter().map(|&edge| core[edge]).collect();
        let steps = steps::arrange(&reduction, links)?;
        Some(Self { places, visits, roads, reduction, steps, states: order.states })
    }

    /// How many states may be looked at in the time of a request; `None` when that is far too few
    /// or when there are quicker ways for so few stops.
    pub(super) fn affordable(&self, budget_ms: Option<u64>) -> Option<usize> {
        let is_proof = self.reduction.rule == Rule::Parity;
        let is_small = self.visits.len() <= exact::MAX_BLOCK;
        let is_for_subsets = is_small && (self.states > FEW_STATES || !is_proof);
        let budget_ms = u32::try_from(budget_ms.unwrap_or(DEFAULT_BUDGET_MS)).unwrap_or(u32::MAX);
        let states_per_ms = if is_proof { STATES_PER_MS } else { BALANCED_PER_MS };
        let most = budget_ms.saturating_mul(states_per_ms).max(MIN_STATES);
        let is_hopeless = is_proof && self.states > ROUGHLY * f64::from(most);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        (!is_for_subsets && !is_hopeless).then_some(most)
    }

    /// The shortest walk that is found with so many states, before `should_stop` says stop.
    pub(super) fn solve(&self, max_states: usize, should_stop: &dyn Fn() -> bool) -> Option<Swept> {
        let (length, is_shortest, uses) = self.uses(max_states, should_stop)?;
        let Places { network, start, ends, .. } = self.places;
        let rule = self.reduction.rule;
        let arcs = euler::walk(network, *start, (&self.roads, rule), &uses.roads);
        debug_assert!(arcs.is_some(), "what the sweep finds is connected");
        let arcs = arcs?;
        debug_assert_eq!(arcs.iter().map(|arc| arc.cost).sum::<Ticks>(), length);
        let has_end = matches!(ends, Ends::At(_));
        let walk = euler::cut(network, *start, &arcs, self.visits, has_end);
        debug_assert!(!has_end || uses.end == Some(walk.end), "it ends where it was to end");
        // A walk that is not the shortest may go on behind its last stop.
        let is_shortest = is_shortest && rule == Rule::Parity;
        debug_assert!(!is_shortest || walk.cost() == length);
        Some(Swept { length: walk.cost(), walk, is_shortest })
    }

    /// How often each road is walked, at which length, and whether that is proven.
    fn uses(
        &self,
        max_states: usize,
        should_stop: &dyn Fn() -> bool,
    ) -> Option<(Ticks, bool, Uses)> {
        let mut unfolding = Unfolding::new(&self.reduction);
        if self.steps.list.is_empty() {
            let start = self.places.start;
            let (cost, _) = self.reduction.spots[start].offer?;
            unfolding.vertex(start, true);
            return Some((self.reduction.cost + cost, true, unfolding.finish(self.roads.len())));
        }
        let (solution, is_shortest) = self.widen(max_states, should_stop)?;
        for (number, (step, link)) in self.steps.list.iter().zip(&self.steps.links).enumerate() {
            // What follows the last choice is not walked.
            let choice = solution.choices.get(number).copied();
            let Choice { way, ends_at } = choice.unwrap_or_else(|| step.nothing());
            unfolding.piece(link.piece, self.steps.way_indices[number][way]);
            for index in (0..2).filter(|&index| step.sides[index].closes) {
                unfolding.vertex(link.ends[index], ends_at == Some(index));
            }
        }
        let length = self.reduction.cost + solution.cost;
        Some((length, is_shortest, unfolding.finish(self.roads.len())))
    }

    /// Sweeps with more and more states. Each walk that is found limits the sweeps after it; the
    /// first sweep that has room for all states proves the shortest walk found so far.
    fn widen(
        &self,
        mut max_states: usize,
        should_stop: &dyn Fn() -> bool,
    ) -> Option<(Solution, bool)> {
        let mut best: Option<Solution> = None;
        let mut width = FIRST_WIDTH;
        loop {
            let cost = best.as_ref().map_or(NO_LIMIT, |best| best.cost);
            let limits = Limits { cost, width, states: max_states };
            let mut sweep = Sweep::new(self.reduction.rule, &self.steps.list, limits);
            let is_done = sweep.run(should_stop);
            max_states = max_states.saturating_sub(sweep.states());
            let is_exact = is_done && !sweep.is_narrowed();
            if is_done {
                best = sweep.solution().or(best);
            }
            if is_exact || !is_done {
                return best.map(|best| (best, is_exact));
            }
            width = width.saturating_mul(WIDENING);
        }
    }
}

/// The order of the edges of the core.
fn order(places: &Places<'_>, reduction: &Reduction, core: &[Link]) -> Option<order::Order> {
    let mut vertices: Vec<Vertex> = core.iter().flat_map(|link| link.ends).collect();
    vertices.sort_unstable();
    vertices.dedup();
    let rank = |vertex: Vertex| vertices.binary_search(&vertex).unwrap_or(0);
    let ends: Vec<[usize; 2]> = core.iter().map(|link| link.ends.map(rank)).collect();
    let points: Vec<_> = vertices.iter().map(|&v| places.network.point(v)).collect();
    let is_required: Vec<bool> =
        vertices.iter().map(|&vertex| reduction.spots[vertex].is_required).collect();
    order::best(&order::Shape { ends: &ends, points: &points, is_required: &is_required })
}
