//! Proofs on networks with one-way roads: is a known walk a shortest one?

use std::cell::Cell;

use super::{
    super::{
        Ticks, exact,
        places::{Places, Visit},
        walk::Walk,
    },
    Cutter, Frontier, Widened,
    bounds::Bounds,
    most_states, prices,
    recover::Uses,
    relaxed::{self, Relaxed},
    roads,
    ways::{MAX_CHARGE, Rule},
};

/// States of sweeps with one-way roads for each millisecond there is: some of the time is left to
/// the local search, since a sweep that comes to an end does so soon.
const STATES_PER_MS: u32 = 1_500;
/// Questions whether to stop in the search for a first walk with one-way roads: about a tenth of a
/// second.
pub(in crate::domain::routing) const FIRST_QUESTIONS: usize = 4_000;
/// How often roads are walked one way before no difference is made any more, with one-way roads.
const MOST_TIMES: [i8; 3] = [7, 15, MAX_CHARGE];

/// Whether some of the network can be walked one way only, and [`prove`] may be of use.
pub(in crate::domain::routing) fn is_directed(places: &Places<'_>, visits: &[Visit]) -> bool {
    let is_small = visits.len() <= exact::MAX_BLOCK;
    let is_grouped = visits.first().map(|v| v.group) != visits.last().map(|v| v.group);
    if is_small || is_grouped {
        return false;
    }
    let (roads, rule) = roads::roads(&places.network, places.start, 1);
    rule != Rule::Parity && Frontier::over(places, visits, (roads, rule)).is_some()
}

/// Says stop after so many questions, or when the other does.
pub(in crate::domain::routing) fn questions(
    count: usize,
    should_stop: &dyn Fn() -> bool,
) -> impl Fn() -> bool + '_ {
    let asked = Cell::new(0);
    move || asked.replace(asked.get() + 1) >= count || should_stop()
}

/// What is known of walks on a network with one-way roads.
#[derive(Debug)]
pub(in crate::domain::routing) struct Proof {
    /// No walk is shorter than this.
    pub(in crate::domain::routing) lower_bound: Ticks,
    /// A walk that is shorter than the one that was known.
    pub(in crate::domain::routing) shorter: Option<Walk>,
}

/// Proves that a walk of this length is a shortest one, or finds a shorter one, as far as that is
/// possible in the time there is. All lengths are multiples of `divisor`.
pub(in crate::domain::routing) fn prove(
    places: &Places<'_>,
    visits: &[Visit],
    (mut upper, divisor): (Ticks, Ticks),
    budget_ms: u64,
    should_stop: &dyn Fn() -> bool,
) -> Option<Proof> {
    if visits.len() < 2 || visits[0].group != visits[visits.len() - 1].group {
        return None;
    }
    let mut proof = Proof { lower_bound: 0, shorter: None };
    let mut left = usize::try_from(most_states(budget_ms, STATES_PER_MS)).ok()?;
    for most in MOST_TIMES {
        let Some(frontier) = Frontier::new(places, visits, most) else { break };
        if frontier.reduction.rule == Rule::Parity {
            return None;
        }
        let attempt = frontier.attempt((upper, divisor), &mut left, should_stop);
        let lower_bound = (attempt.lower_bound + divisor - 1) / divisor * divisor;
        proof.lower_bound = proof.lower_bound.max(lower_bound.min(upper));
        if let Some(walk) = attempt.walk {
            upper = walk.cost();
            proof.shorter = Some(walk);
        }
        if proof.lower_bound >= upper || !attempt.is_exact {
            break;
        }
    }
    Some(proof)
}

/// What came of a sweep for a walk shorter than a known one, with one-way roads.
#[derive(Debug)]
pub(super) struct Attempt {
    /// No walk is shorter than this, or than the known one.
    pub(super) lower_bound: Ticks,
    pub(super) walk: Option<Walk>,
    /// Whether no state was left out for want of room.
    is_exact: bool,
}

impl Frontier<'_> {
    /// With one-way roads: looks for a walk shorter than a known one.
    pub(super) fn attempt(
        &self,
        (upper, divisor): (Ticks, Ticks),
        max_states: &mut usize,
        should_stop: &dyn Fn() -> bool,
    ) -> Attempt {
        let base = self.reduction.cost;
        if self.steps.list.is_empty() {
            let Some((cost, uses)) = self.folded() else {
                return Attempt { lower_bound: 0, walk: None, is_exact: false };
            };
            let walk = if cost < upper { self.walk(&uses, cost) } else { None };
            return Attempt { lower_bound: cost, walk, is_exact: true };
        }
        let core = Relaxed::new(&self.reduction, &self.steps);
        let prices = prices::find(&core, relaxed::metres(upper - base), should_stop);
        let bounds = Bounds::new(self.reduction.rule, &self.steps, &prices);
        let lower_bound = bounds.least + base;
        // What costs no less than the known walk is not looked for.
        let limit = upper - base - divisor + 1;
        let Widened { solution, is_exact } = self.widen(&bounds, limit, max_states, should_stop);
        let Some(solution) = solution else {
            return Attempt {
                lower_bound: if is_exact { upper } else { lower_bound },
                walk: None,
                is_exact,
            };
        };
        let cost = base + solution.cost;
        let walk = self.walk(&self.unfold(&solution), cost);
        Attempt { lower_bound: if is_exact { cost } else { lower_bound }, walk, is_exact }
    }

    /// The walk of these uses of the roads, if they are one of this cost.
    fn walk(&self, uses: &Uses, cost: Ticks) -> Option<Walk> {
        let arcs = self.arcs(uses)?;
        let is_whole = arcs.iter().map(|arc| arc.cost).sum::<Ticks>() == cost
            && arcs.first().is_none_or(|arc| arc.from == self.reduction.start)
            && arcs.windows(2).all(|pair| pair[0].to == pair[1].from)
            && uses.end == arcs.last().map_or(Some(self.reduction.start), |arc| Some(arc.to));
        let mut cutter = Cutter::new(self.network, self.reduction.start);
        cutter.follow(&arcs, self.visits);
        let walk = cutter.finish(self.has_end);
        let stops = self.visits.iter().map(|visit| visit.stops.len()).sum::<usize>();
        (is_whole && walk.legs.len() == stops + usize::from(self.has_end)).then_some(walk)
    }
}
