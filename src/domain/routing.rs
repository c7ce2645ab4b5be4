//! The shortest walk through the aisles.
//!
//! ```text
//! StoreMap --Graph::build--> Graph      once per map: indices, integer lengths
//! RouteRequest --places--> Places       joins points, splits edges, merges stops
//!              --plan--> Served         what cannot be served, and why
//!              --frontier--> Walk       on two-way networks: a shortest walk, without distances
//!              --plan--> Plan           otherwise: distances, order of blocks
//!              --tour--> Tour           the order of the stops and a lower bound: the seam for
//!                                       solvers (exact, heuristic, bound)
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

use crate::domain::store_map::length::{self, Ticks};
use directions::Directions;
use frontier::Swept;
use places::{Places, Visit};
use plan::Plan;
use tour::Tour;
use walk::Walk;

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

fn find(
    request: &RouteRequest,
    places: &Places<'_>,
    visits: Vec<Visit>,
    should_stop: &dyn Fn() -> bool,
) -> Result<Found, RouteError> {
    let swept = frontier::solve(places, &visits, request.budget_ms, should_stop);
    if let Some(Swept { walk, length, is_shortest: true }) = swept {
        return Ok(Found { walk, length, lower_bound: length, method: "frontier" });
    }
    let plan = plan::measure(places, visits)?;
    if !frontier::is_directed(places, &plan.visits) {
        let tour = tour::solve(&plan.problem, should_stop);
        return Ok(shorter(places, &plan, &tour, swept, 0));
    }
    // With one-way roads the sweep needs a short walk to begin with.
    let soon = frontier::questions(frontier::FIRST_QUESTIONS, should_stop);
    let first = tour::solve(&plan.problem, &soon);
    let known = (first.length, plan.problem.divisor());
    let is_open = first.lower_bound < first.length;
    let proof = is_open
        .then(|| frontier::prove(places, &plan.visits, known, request.budget_ms, should_stop));
    let (lower_bound, swept) = match proof.flatten() {
        Some(proof) => (proof.lower_bound, proof.shorter),
        None => (0, swept),
    };
    let length = swept.as_ref().map_or(first.length, |swept| swept.length.min(first.length));
    let is_proven = length <= lower_bound.max(first.lower_bound);
    if is_proven || should_stop() {
        return Ok(shorter(places, &plan, &first, swept, lower_bound));
    }
    let second = tour::solve(&plan.problem, should_stop);
    let lower_bound = lower_bound.max(first.lower_bound);
    let tour = if second.length < first.length { second } else { first };
    Ok(shorter(places, &plan, &tour, swept, lower_bound))
}

/// The shorter of a tour and what the sweep found, if anything. What the sweep found may have been
/// proven by no more than its own bound.
fn shorter(
    places: &Places<'_>,
    plan: &Plan,
    tour: &Tour,
    swept: Option<Swept>,
    lower_bound: Ticks,
) -> Found {
    let is_by_sweep = lower_bound > tour.lower_bound;
    let lower_bound = lower_bound.max(tour.lower_bound);
    match swept {
        Some(Swept { walk, length, .. }) if length < tour.length => {
            Found { walk, length, lower_bound, method: "frontier" }
        }
        _ => {
            let walk = walk::walk(places, plan, &tour.order);
            let is_proof = is_by_sweep && lower_bound == tour.length;
            let method = if is_proof { "frontier" } else { tour.method };
            Found { walk, length: tour.length, lower_bound, method }
        }
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
