//! The slow solver that the others are compared with: every order of the stops, on distances that
//! petgraph finds on the checker's ground. It shares no search and no network with the solver.

use petgraph::{
    algo::dijkstra,
    graph::{DiGraph, NodeIndex},
};

use super::super::{
    check::ground::{Ground, Position},
    graph::Graph,
    request::RouteRequest,
};
use crate::domain::store_map::length::Ticks;

/// The stops that can be served, and how far it is between all that matters.
struct Table {
    groups: Vec<i32>,
    /// From the start, then from each stop: to each stop.
    legs: Vec<Vec<Option<Ticks>>>,
    /// From the start, then from each stop: to the nearest end.
    to_end: Vec<Option<Ticks>>,
}

/// The length of a shortest walk; `None` when there is no walk.
pub(in crate::domain::routing) fn shortest(graph: &Graph, request: &RouteRequest) -> Option<Ticks> {
    let table = table(graph, request);
    table.to_end[0]?;
    let mut best = None;
    let left: Vec<usize> = (0..table.groups.len()).collect();
    try_all(&table, 0, 0, &left, &mut best);
    best
}

fn table(graph: &Graph, request: &RouteRequest) -> Table {
    let ground = Ground::new(graph, request).unwrap();
    let all = ground.positions_everywhere();
    let mut floor_plan = DiGraph::<(), Ticks>::new();
    for _ in &all {
        floor_plan.add_node(());
    }
    for (i, &from) in all.iter().enumerate() {
        for (j, &to) in all.iter().enumerate() {
            if let Some(cost) = ground.cost(from, to) {
                floor_plan.add_edge(NodeIndex::new(i), NodeIndex::new(j), cost);
            }
        }
    }
    let place = |position: Position| {
        NodeIndex::new(all.iter().position(|&other| other == position).unwrap())
    };
    let served: Vec<usize> =
        (0..request.stops.len()).filter(|&index| ground.can_serve(index)).collect();
    let stops: Vec<_> = served.iter().map(|&index| place(ground.stop(index).unwrap())).collect();
    let ends: Option<Vec<_>> =
        ground.ends().map(|ends| ends.iter().map(|&end| place(end)).collect());
    let mut table = Table {
        groups: served.iter().map(|&index| request.stops[index].group.unwrap_or(0)).collect(),
        legs: Vec::new(),
        to_end: Vec::new(),
    };
    for from in std::iter::once(place(ground.start())).chain(stops.iter().copied()) {
        let row = dijkstra(&floor_plan, from, None, |edge| *edge.weight());
        table.legs.push(stops.iter().map(|to| row.get(to).copied()).collect());
        table.to_end.push(match &ends {
            None => Some(0),
            Some(ends) => ends.iter().filter_map(|end| row.get(end).copied()).min(),
        });
    }
    table
}

fn try_all(table: &Table, from: usize, so_far: Ticks, left: &[usize], best: &mut Option<Ticks>) {
    if best.is_some_and(|best| so_far >= best) {
        return;
    }
    let Some(group) = left.iter().map(|&stop| table.groups[stop]).min() else {
        let length = table.to_end[from].map(|last| so_far + last);
        *best = best.iter().copied().chain(length).min();
        return;
    };
    for &stop in left.iter().filter(|&&stop| table.groups[stop] == group) {
        if let Some(leg) = table.legs[from][stop] {
            let rest: Vec<usize> = left.iter().copied().filter(|&other| other != stop).collect();
            try_all(table, stop + 1, so_far + leg, &rest, best);
        }
    }
}
