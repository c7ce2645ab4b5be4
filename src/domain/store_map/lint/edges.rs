//! Edges by themselves: without a length, shorter than possible, there twice; nodes without any.

use std::collections::HashMap;

use super::super::grid::{Segment, SegmentGrid};
use super::super::{Edge, EdgeKind, drawing::SNAP_M, edge_length_m, length};
use super::{Findings, Level, Net};

/// How much shorter than the straight line a length may be, in metres: rounding.
const SLACK_M: f64 = 0.01;

pub(super) fn check(net: &Net<'_>, findings: &mut Findings) {
    for edge in 0..net.map.edges.len() {
        lengths(net, edge, findings);
    }
    duplicates(net, findings);
    lonely(net, findings);
}

fn lengths(net: &Net<'_>, index: usize, findings: &mut Findings) {
    let edge = &net.map.edges[index];
    let at = || format!("edges[{index}]");
    let (from, to) = net.ends[index];
    if from == to {
        let message = format!("begins and ends at {:?}; remove it or correct one end", edge.from);
        return findings.warn("zero-length-edge", at(), message);
    }
    let straight = net.straight_m(index);
    let length_m = edge_length_m(edge, &net.map.nodes[from], &net.map.nodes[to]);
    let is_zero = length::ticks_from_metres(length_m) == Some(0);
    let waits = edge.seconds.is_some_and(|seconds| seconds > 0.0);
    if is_zero && !waits {
        let ends = format!("{:?} and {:?}", edge.from, edge.to);
        let message = if edge.kind == EdgeKind::Walk {
            format!("has no length; make {ends} one node, or correct where they are")
        } else {
            format!("costs nothing between {ends}; give it a length or seconds")
        };
        findings.warn("zero-length-edge", at(), message);
    } else if net.is_flat(index) && length_m < straight - SLACK_M {
        let message = format!(
            "is {length_m} m long, but its ends are {straight:.2} m apart; correct the length or \
             leave it out"
        );
        findings.warn("length-shorter-than-line", at(), message);
    }
}

fn duplicates(net: &Net<'_>, findings: &mut Findings) {
    let mut between: HashMap<(usize, usize), Vec<usize>> = HashMap::new();
    for (index, &(from, to)) in net.ends.iter().enumerate() {
        if from == to {
            continue;
        }
        let others = between.entry((from.min(to), from.max(to))).or_default();
        // Two one-way edges in opposite directions make a two-way one.
        let is_same_way = |other: &usize| {
            let is_one_way = net.map.edges[index].one_way && net.map.edges[*other].one_way;
            !is_one_way || net.ends[*other] == (from, to)
        };
        if let Some(&other) = others.iter().find(|other| is_same_way(other)) {
            let is_alike = alike(&net.map.edges[index], &net.map.edges[other]);
            let (level, advice) = if is_alike {
                (Level::Warning, "remove one of the two")
            } else {
                (Level::Note, "remove one of the two unless there are two ways")
            };
            let message = format!("joins the same nodes as {}; {advice}", net.edge_name(other));
            findings.add(level, "duplicate-edge", format!("edges[{index}]"), message);
        }
        // A few tell all; a thousand between two nodes need not be compared pair by pair.
        if others.len() < 2 {
            others.push(index);
        }
    }
}

/// Whether two edges between the same nodes are the same to a walker.
fn alike(one: &Edge, other: &Edge) -> bool {
    one.kind == other.kind
        && one.closed == other.closed
        && one.hours == other.hours
        && one.length == other.length
        && one.seconds == other.seconds
        && one.width_m == other.width_m
}

/// Nodes without an edge. When one lies on an edge, it was meant to be part of it.
fn lonely(net: &Net<'_>, findings: &mut Findings) {
    let lonely: Vec<usize> =
        (0..net.map.nodes.len()).filter(|&node| net.edges_at[node].is_empty()).collect();
    if lonely.is_empty() {
        return;
    }
    let segments = segments(net);
    let grid = SegmentGrid::new(&segments, SNAP_M);
    for node in lonely {
        let place = &net.map.nodes[node];
        let (floor, xy) = (place.floor, (place.x, place.y));
        let near = grid.near(floor, xy).iter().map(|&index| &segments[index]);
        let under = near.filter(|it| it.nearest(xy).1 <= SNAP_M).map(|it| it.edge).min();
        let advice = under.map_or_else(
            || "join it to the others by an edge, or remove it".to_owned(),
            |edge| format!("it lies on {}: split that edge here", net.edge_name(edge)),
        );
        let message = format!("no edge begins or ends at {:?}; {advice}", place.id);
        findings.warn("lonely-node", format!("nodes[{node}]"), message);
    }
}

/// The walked edges of one floor, as they lie there.
pub(super) fn segments(net: &Net<'_>) -> Vec<Segment> {
    let flat = (0..net.ends.len()).filter(|&edge| net.is_flat(edge));
    flat.map(|edge| {
        let (from, to) = net.ends[edge];
        let (from, to) = (&net.map.nodes[from], &net.map.nodes[to]);
        Segment { edge, floor: from.floor, from: (from.x, from.y), to: (to.x, to.y) }
    })
    .collect()
}
