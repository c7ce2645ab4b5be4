//! From places to a tour problem: the distances, what cannot be served, and in which order the
//! rest must come.
//!
//! All restrictions on the order end up in the cost matrix. Stops fall into blocks that every
//! walk has to serve one after the other: groups first, and inside a group the strongly connected
//! parts, since a walk that went down a one-way passage cannot come back. Arcs that would break
//! the order of blocks are forbidden, so whoever solves the matrix needs to know nothing else.

use super::{
    answer::UnreachableStop,
    error::RouteError,
    network::Vertex,
    places::{Ends, Places, Visit},
    shortest_paths::{ShortestPaths, UNREACHABLE},
    tour::{FORBIDDEN, Problem},
};
use crate::domain::store_map::length::Ticks;

/// What to solve, and what the cities of the problem stand for.
#[derive(Debug)]
pub(super) struct Plan {
    /// The visits; city `i` of the problem is `visits[i - 1]`.
    pub(super) visits: Vec<Visit>,
    /// Where the walk ends when its last city is `i`; `None` when it ends right there.
    pub(super) end_after: Vec<Option<Vertex>>,
    /// The stops left out, in the order of the request.
    pub(super) unreachable: Vec<UnreachableStop>,
    pub(super) problem: Problem,
}

/// Computes the distances and decides what can be served at all.
pub(super) fn plan(places: &Places<'_>) -> Result<Plan, RouteError> {
    let mut search = ShortestPaths::new(&places.network);
    let mut unreachable = places.unreachable.clone();
    let mut leave_out = |visit: &Visit, reason: String| {
        for &index in &visit.stops {
            unreachable.push(UnreachableStop { index, reason: reason.clone() });
        }
    };

    let from_start = Row::new(&mut search, places.start, &places.visits, &places.ends);
    if from_start.to_end == UNREACHABLE {
        let reason = "no open way leads from the start to an end".to_owned();
        return Err(RouteError::NoWalk { reason });
    }
    let mut visits = Vec::new();
    for (visit, &distance) in places.visits.iter().zip(&from_start.to_visits) {
        if distance == UNREACHABLE {
            leave_out(visit, visit.no_way_there());
        } else {
            visits.push(visit.clone());
        }
    }
    let mut rows = rows(&mut search, &visits, &places.ends);
    let can_leave: Vec<bool> = rows.iter().map(|row| row.to_end != UNREACHABLE).collect();
    for (visit, _) in visits.iter().zip(&can_leave).filter(|(_, can)| !**can) {
        leave_out(visit, visit.no_way_out());
    }
    retain(&mut visits, &can_leave);
    retain(&mut rows, &can_leave);
    for row in &mut rows {
        retain(&mut row.to_visits, &can_leave);
    }
    unreachable.sort_by_key(|stop| stop.index);

    // The row of the start, for the visits that are left.
    let start = Row::new(&mut search, places.start, &visits, &places.ends);
    let blocks = blocks(&visits, &rows)?;
    let end_after = std::iter::once(&start).chain(&rows).map(|row| row.end).collect();
    let problem = problem(&start, &rows, blocks);
    Ok(Plan { visits, end_after, unreachable, problem })
}

/// Distances from one place.
#[derive(Debug, Clone)]
struct Row {
    to_visits: Vec<Ticks>,
    to_end: Ticks,
    end: Option<Vertex>,
}

impl Row {
    fn new(
        search: &mut ShortestPaths<'_, '_>,
        source: Vertex,
        visits: &[Visit],
        ends: &Ends,
    ) -> Self {
        let mut targets: Vec<Vertex> = visits.iter().map(|visit| visit.vertex).collect();
        let Ends::At(ends) = ends else {
            return Self { to_visits: search.row(source, &targets), to_end: 0, end: None };
        };
        targets.extend(ends);
        let mut to_visits = search.row(source, &targets);
        let to_ends = to_visits.split_off(visits.len());
        // The first of the nearest, so that the answer does not depend on anything else.
        let nearest = to_ends.iter().zip(ends).min_by_key(|(distance, _)| **distance);
        let (to_end, end) = nearest.map_or((UNREACHABLE, None), |(&d, &end)| (d, Some(end)));
        Self { to_visits, to_end, end }
    }
}

/// A row for each visit; visits at the same place share the search.
fn rows(search: &mut ShortestPaths<'_, '_>, visits: &[Visit], ends: &Ends) -> Vec<Row> {
    let mut row_of = std::collections::HashMap::<Vertex, usize>::new();
    let mut rows = Vec::<Row>::with_capacity(visits.len());
    for visit in visits {
        let row = match row_of.get(&visit.vertex) {
            Some(&known) => rows[known].clone(),
            None => Row::new(search, visit.vertex, visits, ends),
        };
        row_of.insert(visit.vertex, rows.len());
        rows.push(row);
    }
    rows
}

fn retain<T>(items: &mut Vec<T>, keep: &[bool]) {
    let mut index = 0;
    items.retain(|_| {
        index += 1;
        keep[index - 1]
    });
}

/// Cities (from 1) in the blocks that must be served one after the other.
///
/// Reachability is transitive. If an order exists, any two visits of a group can be compared by
/// it, so sorting by how many others each can reach yields the one chain of blocks; if that chain
/// breaks, no order exists.
fn blocks(visits: &[Visit], rows: &[Row]) -> Result<Vec<Vec<usize>>, RouteError> {
    let reaches = |from: usize, to: usize| rows[from].to_visits[to] != UNREACHABLE;
    let mut chain = Vec::with_capacity(visits.len());
    for group in visits.chunk_by(|a, b| a.group == b.group) {
        let first = chain.len();
        let mut members: Vec<usize> = (first..first + group.len()).collect();
        members.sort_by_cached_key(|&from| {
            let count = (first..first + group.len()).filter(|&to| reaches(from, to)).count();
            std::cmp::Reverse(count)
        });
        chain.extend(members);
    }
    let mut blocks: Vec<Vec<usize>> = Vec::new();
    for (position, &visit) in chain.iter().enumerate() {
        let Some(&before) = position.checked_sub(1).and_then(|before| chain.get(before)) else {
            blocks.push(vec![visit + 1]);
            continue;
        };
        if !reaches(before, visit) {
            return Err(no_order(&visits[before], &visits[visit]));
        }
        let is_same_block = visits[before].group == visits[visit].group && reaches(visit, before);
        match blocks.last_mut() {
            Some(block) if is_same_block => block.push(visit + 1),
            _ => blocks.push(vec![visit + 1]),
        }
    }
    Ok(blocks)
}

fn no_order(before: &Visit, after: &Visit) -> RouteError {
    let (first, second) = (before.stops[0], after.stops[0]);
    let reason = if before.group == after.group {
        format!("neither of stops[{first}] and stops[{second}] can be reached from the other")
    } else {
        format!(
            "stops[{second}] of group {} cannot be reached from stops[{first}] of group {}",
            after.group, before.group
        )
    };
    RouteError::NoWalk { reason }
}

fn problem(start: &Row, rows: &[Row], blocks: Vec<Vec<usize>>) -> Problem {
    let size = rows.len() + 1;
    let mut cost = vec![FORBIDDEN; size * size];
    if rows.is_empty() {
        cost[0] = start.to_end;
    }
    for (rank, block) in blocks.iter().enumerate() {
        let next = blocks.get(rank + 1);
        for &city in block {
            if rank == 0 {
                cost[city] = start.to_visits[city - 1];
            }
            if next.is_none() {
                cost[city * size] = rows[city - 1].to_end;
            }
            for &other in block.iter().chain(next.into_iter().flatten()) {
                if other != city {
                    cost[city * size + other] = rows[city - 1].to_visits[other - 1];
                }
            }
        }
    }
    Problem::new(size, cost, blocks)
}
