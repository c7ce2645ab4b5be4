//! From places to a tour problem: the distances, what cannot be served, and in which order the
//! rest must come.
//!
//! All restrictions on the order end up in the cost matrix. Stops fall into blocks that every
//! walk has to serve one after the other: groups first, and inside a group the strongly connected
//! parts, since a walk that went down a one-way passage cannot come back. Arcs that would break
//! the order of blocks are forbidden, so whoever solves the matrix needs to know nothing else.

use std::collections::HashMap;

use super::{
    answer::UnreachableStop,
    error::RouteError,
    network::Vertex,
    places::{Ends, Places, Visit},
    shortest_paths::{ShortestPaths, UNREACHABLE},
    tour::{FORBIDDEN, Problem},
    walk::Walk,
};
use crate::domain::store_map::length::Ticks;

/// What to solve, and what the cities of the problem stand for.
#[derive(Debug)]
pub(super) struct Plan {
    /// The visits; city `i` of the problem is `visits[i - 1]`.
    pub(super) visits: Vec<Visit>,
    /// Where the walk ends when its last city is `i`; `None` when it ends right there.
    pub(super) end_after: Vec<Option<Vertex>>,
    pub(super) problem: Problem,
}

impl Plan {
    /// The cities in the order in which a walk serves them.
    pub(super) fn order(&self, walk: &Walk) -> Vec<usize> {
        let visits = (1..).zip(&self.visits);
        let city_of: HashMap<usize, usize> =
            visits.flat_map(|(city, visit)| visit.stops.iter().map(move |&s| (s, city))).collect();
        let mut is_served = vec![false; self.problem.size()];
        let stops = walk.legs.iter().filter_map(|leg| leg.stop);
        let cities = stops.filter_map(|stop| city_of.get(&stop).copied());
        cities.filter(|&city| !std::mem::replace(&mut is_served[city], true)).collect()
    }
}

/// What can be served at all.
#[derive(Debug)]
pub(super) struct Served {
    /// In the order of group, then of the first stop.
    pub(super) visits: Vec<Visit>,
    /// The stops left out, in the order of the request.
    pub(super) unreachable: Vec<UnreachableStop>,
}

/// Decides what can be served at all: what the start reaches, and what reaches an end.
pub(super) fn served(places: &Places<'_>) -> Result<Served, RouteError> {
    let there = places.network.reached_from(places.start);
    let back = match &places.ends {
        Ends::Anywhere => None,
        Ends::At(ends) => Some(places.network.leading_to(ends)),
    };
    if back.as_ref().is_some_and(|back| !back[places.start]) {
        let reason = "no open way leads from the start to an end".to_owned();
        return Err(RouteError::NoWalk { reason });
    }
    let mut unreachable = places.unreachable.clone();
    let mut visits = Vec::with_capacity(places.visits.len());
    for visit in &places.visits {
        let reason = if !there[visit.vertex] {
            visit.no_way_there()
        } else if back.as_ref().is_some_and(|back| !back[visit.vertex]) {
            visit.no_way_out()
        } else {
            visits.push(visit.clone());
            continue;
        };
        let left_out = |&index| UnreachableStop { index, reason: reason.clone() };
        unreachable.extend(visit.stops.iter().map(left_out));
    }
    unreachable.sort_by_key(|stop| stop.index);
    Ok(Served { visits, unreachable })
}

/// Computes the distances between everything that is served.
pub(super) fn measure(places: &Places<'_>, visits: Vec<Visit>) -> Result<Plan, RouteError> {
    let mut search = ShortestPaths::new(&places.network);
    let start = Row::new(&mut search, places.start, &visits, &places.ends);
    let rows = rows(&mut search, &visits, &places.ends);
    let blocks = blocks(&visits, &rows)?;
    let end_after = std::iter::once(&start).chain(&rows).map(|row| row.end).collect();
    let problem = problem(&start, &rows, blocks);
    Ok(Plan { visits, end_after, problem })
}

/// Both at once.
#[cfg(test)]
pub(super) fn plan(places: &Places<'_>) -> Result<Plan, RouteError> {
    measure(places, served(places)?.visits)
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
    let mut row_of = HashMap::<Vertex, usize>::new();
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
