//! Re-walks an answer edge by edge and says what is wrong with it.
//!
//! Written against the map and the request alone: it shares the joining of points with the
//! solver, and neither the network nor the distances. It does not judge whether a walk is short,
//! only whether it is a walk, serves what it claims and adds up.

pub(super) mod ground;

use std::collections::HashSet;

use super::{
    answer::{RouteAnswer, Segment},
    graph::Graph,
    request::RouteRequest,
};
use crate::domain::{
    lcd,
    store_map::length::{self, Ticks},
};
use ground::{Ground, Position};

/// The names of the ways to find an order.
const METHODS: [&str; 4] = ["trivial", "held-karp", "frontier", "local-search"];

/// Whether an answer is a legal walk that serves the request and adds up; otherwise what is wrong.
pub fn verify(graph: &Graph, request: &RouteRequest, answer: &RouteAnswer) -> Result<(), String> {
    let ground = Ground::new(graph, request)?;
    check_stops(request, answer)?;
    check_numbers(answer)?;
    check_path(answer)?;
    check_words(answer)?;
    let mut at = ground.positions(&answer.path[0]);
    at.retain(|&position| position == ground.start());
    ensure(!at.is_empty(), || "begins beside the start".to_owned())?;
    for (number, segment) in answer.segments.iter().enumerate() {
        let target = segment.stop.map(|index| ground.stop(index));
        at = walk(&ground, segment, &at, number)?;
        if let Some(target) = target {
            at.retain(|position| Some(*position) == target);
            ensure(!at.is_empty(), || format!("segments[{number}] ends beside its stop"))?;
        }
    }
    check_end(answer, &ground, &at)?;
    for left_out in &answer.unreachable {
        ensure(!ground.can_serve(left_out.index), || {
            format!("stops[{}] is left out but can be served", left_out.index)
        })?;
    }
    Ok(())
}

fn ensure(is_true: bool, complaint: impl FnOnce() -> String) -> Result<(), String> {
    if is_true { Ok(()) } else { Err(complaint()) }
}

/// Every stop of the request is there once, as it was sent, and groups rise.
fn check_stops(request: &RouteRequest, answer: &RouteAnswer) -> Result<(), String> {
    let visited = answer.stops.iter().map(|stop| stop.index);
    let mut left: HashSet<usize> = (0..request.stops.len()).collect();
    for index in visited.chain(answer.unreachable.iter().map(|stop| stop.index)) {
        ensure(left.remove(&index), || format!("stops[{index}] is unknown or there twice"))?;
    }
    ensure(left.is_empty(), || format!("stops {left:?} were dropped"))?;
    for visited in &answer.stops {
        let same = request.stops[visited.index] == visited.stop;
        ensure(same, || format!("stops[{}] is not what was sent", visited.index))?;
    }
    let is_rising = answer.stops.is_sorted_by_key(|visited| visited.stop.group.unwrap_or_default());
    ensure(is_rising, || "groups are not visited in rising order".to_owned())
}

/// The distances add up to the last tick, and the proof is one.
fn check_numbers(answer: &RouteAnswer) -> Result<(), String> {
    let mut so_far = 0;
    let mut segments = answer.segments.iter();
    for stop in &answer.stops {
        let segment = segments.next().ok_or("there are fewer segments than stops")?;
        ensure(segment.stop == Some(stop.index), || "segments and stops differ".to_owned())?;
        so_far += ticks(segment.distance)?;
        ensure(ticks(stop.leg_distance)? == ticks(segment.distance)?, || {
            format!("leg_distance of stops[{}] is not its segment's", stop.index)
        })?;
        ensure(ticks(stop.distance_so_far)? == so_far, || {
            format!("distance_so_far of stops[{}] does not add up", stop.index)
        })?;
    }
    if let Some(last) = segments.next() {
        ensure(last.stop.is_none(), || "there are more segments than stops".to_owned())?;
        so_far += ticks(last.distance)?;
    }
    ensure(segments.next().is_none(), || "there are more segments than legs".to_owned())?;
    let (distance, bound) = (ticks(answer.distance)?, ticks(answer.lower_bound)?);
    ensure(distance == so_far, || format!("distance is {distance}, the segments make {so_far}"))?;
    ensure(bound <= distance, || "the lower bound is above the distance".to_owned())?;
    ensure(answer.optimal == (bound == distance), || {
        "optimal is not what the bound says".to_owned()
    })
}

/// The path is the segments, one after the other.
fn check_path(answer: &RouteAnswer) -> Result<(), String> {
    let mut path = answer.path.first().cloned().into_iter().collect::<Vec<_>>();
    ensure(!path.is_empty(), || "the path is empty".to_owned())?;
    for (number, segment) in answer.segments.iter().enumerate() {
        let joins = segment.path.first() == path.last();
        ensure(joins, || format!("segments[{number}] begins elsewhere"))?;
        path.extend_from_slice(&segment.path[1..]);
    }
    ensure(path == answer.path, || "the path is not the sum of its segments".to_owned())
}

/// Walks a segment from any of the positions; the positions where it can end at its cost.
fn walk(
    ground: &Ground<'_>,
    segment: &Segment,
    from: &[Position],
    number: usize,
) -> Result<Vec<Position>, String> {
    // Two places can have the same coordinates, so all readings of the path are followed.
    let mut reached: Vec<(Position, Ticks)> = from.iter().map(|&p| (p, 0)).collect();
    for (step, point) in segment.path.iter().enumerate().skip(1) {
        let mut next = Vec::new();
        for position in ground.positions(point) {
            let costs = reached
                .iter()
                .filter_map(|(before, cost)| Some(cost + ground.cost(*before, position)?));
            next.extend(costs.min().map(|cost| (position, cost)));
        }
        ensure(!next.is_empty(), || {
            format!("segments[{number}].path[{step}] cannot be walked to from the place before")
        })?;
        reached = next;
    }
    let distance = ticks(segment.distance)?;
    let costs: Vec<Ticks> = reached.iter().map(|&(_, cost)| cost).collect();
    reached.retain(|&(_, cost)| cost == distance);
    ensure(!reached.is_empty(), || {
        format!("segments[{number}] claims {distance} ticks, its path makes {costs:?}")
    })?;
    Ok(reached.into_iter().map(|(position, _)| position).collect())
}

/// There is a reason for what was left out, and the directions are those of the legs.
fn check_words(answer: &RouteAnswer) -> Result<(), String> {
    let known = METHODS.contains(&answer.method.as_str());
    ensure(known, || format!("{:?} is no method", answer.method))?;
    let has_reasons = answer.unreachable.iter().all(|left_out| !left_out.reason.is_empty());
    ensure(has_reasons, || "a stop is left out without a reason".to_owned())?;
    let steps = answer.segments.iter().flat_map(|segment| &segment.steps);
    ensure(steps.eq(&answer.steps), || "the steps are not those of the segments".to_owned())?;
    let lines = answer.segments.iter().flat_map(|segment| &segment.display);
    ensure(lines.eq(&answer.display), || "the display is not that of the segments".to_owned())?;
    for line in &answer.display {
        let fits = (1..=lcd::COLUMNS).contains(&line.len())
            && line.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        ensure(fits, || format!("{line:?} does not fit on a display"))?;
    }
    Ok(())
}

/// The walk ends where the request wants it to; `at` is all that its last place can stand for.
fn check_end(answer: &RouteAnswer, ground: &Ground<'_>, at: &[Position]) -> Result<(), String> {
    let has_end_leg = answer.segments.last().is_some_and(|segment| segment.stop.is_none());
    ensure(has_end_leg == ground.ends().is_some(), || {
        "the leg to the end is missing or too much".to_owned()
    })?;
    let last = answer.path.last().ok_or("the path is empty")?;
    ensure(last.node == answer.end, || "the walk ends elsewhere than it says".to_owned())?;
    let is_legal =
        ground.ends().is_none_or(|ends| at.iter().any(|position| ends.contains(position)));
    ensure(is_legal, || "the walk ends where it may not".to_owned())
}

fn ticks(metres: f64) -> Result<Ticks, String> {
    length::ticks_from_metres(metres).ok_or_else(|| format!("{metres} is no length"))
}
