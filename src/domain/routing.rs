//! The shortest walk through the aisles.
//!
//! ```text
//! StoreMap --Graph::build--> Graph      once per map: indices, integer lengths
//! RouteRequest --places--> Places       joins points, splits edges, merges stops
//!              --plan--> Served         what cannot be served, and why
//!              --frontier--> Walk       on two-way networks: a shortest walk, without distances
//!              --plan--> Plan           otherwise: distances, order of blocks
//!              --tour--> Tour           the order of the stops and a lower bound: the seam for
//!                                       solvers (exact, heuristic, bound), in turns with a
//!                                       longer sweep
//!              --frontier--> Proof      with one-way edges: that no walk is shorter, or one
//!              --walk--> Walk
//!              --directions--> RouteAnswer
//! ```
//!
//! Everything is a pure function: no clock, no randomness from outside, no I/O. Time runs out
//! when the caller's `should_stop` says so; a test passes a counter or a constant.
//!
//! Invariants: `optimal` only when the length equals a bound that was proven in integers; every
//! stop of a request is in the answer, as visited or as unreachable; the distance is the sum of
//! the lengths on the path. [`check::verify`] re-walks any answer and says whether they hold.

mod answer;
mod bound;
pub mod check;
mod directions;
mod error;
mod exact;
mod frontier;
mod graph;
mod heuristic;
mod join;
mod network;
pub mod picture;
mod places;
mod plan;
mod request;
mod shortest_paths;
mod tour;
mod walk;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use answer::{PathPoint, Point, RouteAnswer, Segment, UnreachableStop, VisitedStop};
pub use error::RouteError;
pub use graph::Graph;
pub use request::{
    MAX_BUDGET_MS, MAX_ENDS, MAX_STOPS, Place, Resolved, RouteRequest, RouteStop, Start,
};

use std::cell::{Cell, RefCell};

use crate::domain::store_map::length::{self, Ticks};
use directions::Directions;
use frontier::{Proof, Swept};
use places::{Places, Visit};
use plan::Plan;
use tour::Tour;
use walk::Walk;

/// The time that counts for a request that names none.
const DEFAULT_BUDGET_MS: u64 = 500;
/// The part of the time that the first sweep may take; with groups, of which it finds all or
/// nothing, or if the time is short, it is half.
const QUICK_PART: u64 = 4;
/// Up to this budget, there is no time for a second sweep.
const SHORT_BUDGET_MS: u64 = 200;
/// Kicks, or questions whether to stop, of one turn of the local search: about as long as
/// a sweep takes to its next question.
const TURN: u32 = 128;

/// Finds a short walk that serves the request, and proves it shortest where it can.
///
/// `should_stop` is asked again and again; once it says yes, the best walk found so far is the
/// answer. Computed in any case are the distances between the stops, where they are needed, and a
/// proven shortest walk for up to 16 stops (in any group): together some milliseconds on the map
/// of a store.
pub fn solve(
    graph: &Graph,
    request: &RouteRequest,
    should_stop: &dyn Fn() -> bool,
) -> Result<RouteAnswer, RouteError> {
    let places = places::locate(graph, request)?;
    let served = plan::served(&places)?;
    let found = find(request, &places, served.visits, should_stop)?;
    Ok(RouteAnswer { unreachable: served.unreachable, ..answer(request, &places, found) })
}

/// A walk that was found, and what is known about it.
struct Found {
    walk: Walk,
    length: Ticks,
    lower_bound: Ticks,
    method: &'static str,
}

/// A quick sweep first, which proves a shortest walk in most stores. Where it does not, a long
/// one and the local search take turns, so that neither keeps the other from its time.
fn find(
    request: &RouteRequest,
    places: &Places<'_>,
    visits: Vec<Visit>,
    should_stop: &dyn Fn() -> bool,
) -> Result<Found, RouteError> {
    let budget_ms = request.budget_ms.unwrap_or(DEFAULT_BUDGET_MS);
    let is_short = budget_ms <= SHORT_BUDGET_MS;
    let has_groups = visits.first().map(|visit| visit.group) != visits.last().map(|v| v.group);
    let part = if is_short || has_groups { 2 } else { QUICK_PART };
    let quick = frontier::solve(places, &visits, budget_ms / part, should_stop);
    let quick = match quick.map(Found::try_from) {
        Some(Ok(found)) => return Ok(found),
        Some(Err(walk)) => Some(walk),
        None => None,
    };
    let plan = plan::measure(places, visits)?;
    if let Some(tour) = tour::small(&plan.problem) {
        return Ok(Found::from_tour(places, &plan, &tour));
    }
    let mut search = tour::Search::new(&plan.problem, should_stop);
    if let Some(walk) = quick {
        search.take_up(&plan.order(&walk));
    }
    if is_short {
        search.improve(should_stop);
        return Ok(Found::from_tour(places, &plan, &search.finish()));
    }
    if frontier::is_directed(places, &plan.visits) {
        let tour = prove(places, &plan, search, budget_ms, should_stop);
        return Ok(Found::from_tour(places, &plan, &tour));
    }
    let search = RefCell::new(search);
    let take_turns = || {
        let mut search = search.borrow_mut();
        let left = Cell::new(TURN);
        search.improve(&|| left.replace(left.get().saturating_sub(1)) == 0);
        search.is_proven() || should_stop()
    };
    let long = frontier::solve(places, &plan.visits, budget_ms, &take_turns);
    let mut search = search.into_inner();
    match long.map(Found::try_from) {
        Some(Ok(found)) => return Ok(found),
        Some(Err(walk)) => search.take_up(&plan.order(&walk)),
        None => {}
    }
    search.improve(should_stop);
    Ok(Found::from_tour(places, &plan, &search.finish()))
}

/// With one-way roads the sweep needs a short walk to begin with.
fn prove(
    places: &Places<'_>,
    plan: &Plan,
    mut search: tour::Search<'_>,
    budget_ms: u64,
    should_stop: &dyn Fn() -> bool,
) -> Tour {
    search.improve(&frontier::questions(frontier::FIRST_QUESTIONS, should_stop));
    if !search.is_proven() {
        let known = (search.length(), plan.problem.divisor());
        let proof = frontier::prove(places, &plan.visits, known, budget_ms, should_stop);
        if let Some(Proof { lower_bound, shorter }) = proof {
            if let Some(walk) = shorter {
                search.take_up(&plan.order(&walk));
            }
            search.raise_bound(lower_bound);
        }
    }
    search.improve(should_stop);
    search.finish()
}

impl Found {
    fn from_tour(places: &Places<'_>, plan: &Plan, tour: &Tour) -> Self {
        let walk = walk::walk(places, plan, &tour.order);
        let Tour { length, lower_bound, method, .. } = *tour;
        Self { walk, length, lower_bound, method }
    }
}

impl TryFrom<Swept> for Found {
    type Error = Walk;

    /// What was proven; otherwise the walk alone.
    fn try_from(swept: Swept) -> Result<Self, Walk> {
        let Swept { walk, is_shortest } = swept;
        if !is_shortest {
            return Err(walk);
        }
        let length = walk.cost();
        Ok(Self { walk, length, lower_bound: length, method: "frontier" })
    }
}

fn answer(request: &RouteRequest, places: &Places<'_>, found: Found) -> RouteAnswer {
    let Found { walk, length, lower_bound, method } = found;
    let network = &places.network;
    let mut directions = Directions::new(network);
    let mut answer = RouteAnswer {
        distance: length::metres_from_ticks(length),
        optimal: lower_bound == length,
        lower_bound: length::metres_from_ticks(lower_bound),
        method: method.to_owned(),
        end: network.node_id(walk.end).map(str::to_owned),
        path: vec![network.path_point(places.start)],
        ..RouteAnswer::default()
    };
    let mut so_far: Ticks = 0;
    // One by one, and gone when it is told: the legs of a long walk take much memory.
    for leg in walk.legs {
        let leg_distance = length::metres_from_ticks(leg.cost());
        so_far += leg.cost();
        let path: Vec<PathPoint> = leg.vertices().map(|v| network.path_point(v)).collect();
        let stop = leg.stop.map(|index| &request.stops[index]);
        let end = leg.arcs.last().map_or(leg.from, |arc| arc.to);
        let steps = directions.leg(&leg, stop, end);
        if let (Some(index), Some(stop)) = (leg.stop, stop) {
            let note = match &stop.resolved {
                Some(Resolved::Near { note, .. }) => Some(note.clone()),
                _ => None,
            };
            answer.stops.push(VisitedStop {
                index,
                stop: stop.clone(),
                approximate: note.is_some(),
                note,
                leg_distance,
                distance_so_far: length::metres_from_ticks(so_far),
            });
        }
        answer.path.extend_from_slice(&path[1..]);
        answer.steps.extend_from_slice(&steps.said);
        answer.display.extend_from_slice(&steps.shown);
        answer.segments.push(Segment {
            stop: leg.stop,
            distance: leg_distance,
            path,
            steps: steps.said,
            display: steps.shown,
        });
    }
    debug_assert_eq!(so_far, length, "the walk is as long as its tour");
    answer
}
