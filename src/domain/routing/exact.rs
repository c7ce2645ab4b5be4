//! Proven shortest tours of small problems: the dynamic program over subsets of Bellman and of
//! Held and Karp (1962).
//!
//! Blocks are solved one after the other: what a block needs to know of the ones before it is
//! only the best cost of arriving at each of its cities. So the work grows with the largest block
//! and not with the number of stops, and many small groups are as easy as one.
//!
//! The rows of a table have a fixed width, so that the processor takes the least of many sums at
//! once, and its cells have 32 bits wherever a tour is shorter than 107 km.

use super::tour::{FORBIDDEN, Problem};
use crate::domain::store_map::length::Ticks;

/// Largest block that is solved exactly, in cities; the width of the tables.
pub(super) const MAX_BLOCK: usize = 16;
/// Largest tables of all blocks together, in rows: four blocks of the largest size.
const MAX_ROWS: usize = 4 << MAX_BLOCK;

/// Whether [`solve`] is quick enough (some 10 ms a block) for this problem.
pub(super) fn is_small_enough(problem: &Problem) -> bool {
    let sizes = || problem.blocks().iter().map(Vec::len);
    sizes().all(|size| size <= MAX_BLOCK)
        && sizes().map(|size| 1 << size).sum::<usize>() <= MAX_ROWS
}

/// A shortest tour and its length.
pub(super) fn solve(problem: &Problem) -> (Vec<usize>, Ticks) {
    // A state as long as a known tour leads nowhere, so cells need to hold no more than that.
    let order: Vec<usize> = problem.blocks().iter().flatten().copied().collect();
    if problem.length(&order) < Ticks::from(i32::FAR) {
        solve_with::<i32>(problem)
    } else {
        solve_with::<Ticks>(problem)
    }
}

fn solve_with<C: Cell>(problem: &Problem) -> (Vec<usize>, Ticks) {
    let mut tables: Vec<Table<'_, C>> = Vec::with_capacity(problem.blocks().len());
    for block in problem.blocks() {
        let entries = block.iter().map(|&city| match tables.last() {
            None => C::new(problem.cost(0, city)),
            Some(table) => table.best_exit(problem, city).1,
        });
        let entries = entries.collect();
        tables.push(Table::fill(problem, block, entries));
    }
    let mut order = Vec::with_capacity(problem.size() - 1);
    let mut next = 0;
    for table in tables.iter().rev() {
        let (last, _) = table.best_exit(problem, next);
        table.trace(last, &mut order);
        next = order.last().copied().unwrap_or(0);
    }
    order.reverse();
    let length = problem.length(&order);
    (order, length)
}

/// The cost of a state.
trait Cell: Copy + Ord {
    /// More than any cost that matters; twice as much still fits.
    const FAR: Self;
    /// A cost, or `FAR` if it is too long to matter.
    fn new(cost: Ticks) -> Self;
    /// The sum, or `FAR`.
    fn plus(self, other: Self) -> Self;
}

impl Cell for i32 {
    const FAR: Self = (1 << 30) - 1;

    fn new(cost: Ticks) -> Self {
        Self::try_from(cost).map_or(Self::FAR, |cost| cost.min(Self::FAR))
    }

    fn plus(self, other: Self) -> Self {
        (self + other).min(Self::FAR)
    }
}

impl Cell for Ticks {
    const FAR: Self = FORBIDDEN;

    fn new(cost: Ticks) -> Self {
        cost
    }

    fn plus(self, other: Self) -> Self {
        (self + other).min(Self::FAR)
    }
}

type Row<C> = [C; MAX_BLOCK];

/// The table of one block.
struct Table<'p, C> {
    /// The cities of the block.
    cities: &'p [usize],
    /// `to[last][previous]`: the cost between the two, by position in `cities`.
    to: Vec<Row<C>>,
    /// `best[visited][last]`: the least cost from the start of the tour to `last` with exactly
    /// the cities of the set `visited` of this block visited; `FAR` for cities outside of it.
    best: Vec<Row<C>>,
}

impl<'p, C: Cell> Table<'p, C> {
    fn fill(problem: &Problem, cities: &'p [usize], entries: Vec<C>) -> Self {
        let m = cities.len();
        let mut to = vec![[C::FAR; MAX_BLOCK]; m];
        for (row, &last) in to.iter_mut().zip(cities) {
            for (cell, &previous) in row.iter_mut().zip(cities) {
                *cell = C::new(problem.cost(previous, last));
            }
        }
        let mut best = vec![[C::FAR; MAX_BLOCK]; 1 << m];
        for (city, entry) in entries.into_iter().enumerate() {
            best[1 << city][city] = entry;
        }
        for visited in 1_usize..1 << m {
            if visited.is_power_of_two() {
                continue;
            }
            let mut row = [C::FAR; MAX_BLOCK];
            for last in bits(visited) {
                row[last] = least_sum(&best[visited & !(1 << last)], &to[last]);
            }
            best[visited] = row;
        }
        Self { cities, to, best }
    }

    /// The best last city (by position) before going on to city `next`, and the cost there.
    fn best_exit(&self, problem: &Problem, next: usize) -> (usize, C) {
        let full = self.best[self.best.len() - 1];
        let exits = full
            .iter()
            .zip(self.cities)
            .map(|(best, &city)| best.plus(C::new(problem.cost(city, next))));
        exits.enumerate().min_by_key(|&(_, cost)| cost).unwrap_or((0, C::FAR))
    }

    /// Appends the block's cities to `order`, last one first.
    fn trace(&self, mut last: usize, order: &mut Vec<usize>) {
        let mut visited = self.best.len() - 1;
        loop {
            order.push(self.cities[last]);
            let before = visited & !(1 << last);
            let target = self.best[visited][last];
            let previous = bits(before).find(|&previous| {
                self.best[before][previous].plus(self.to[last][previous]) == target
            });
            let Some(previous) = previous else { return };
            visited = before;
            last = previous;
        }
    }
}

/// The least sum of two cells side by side. All of them are looked at: without a branch that is
/// quicker than looking at those in the set.
fn least_sum<C: Cell>(row: &Row<C>, costs: &Row<C>) -> C {
    let mut sums = *row;
    for (sum, &cost) in sums.iter_mut().zip(costs) {
        *sum = sum.plus(cost);
    }
    let mut width = MAX_BLOCK / 2;
    while width > 0 {
        let (low, high) = sums.split_at_mut(width);
        for (a, &b) in low.iter_mut().zip(high.iter()) {
            *a = (*a).min(b);
        }
        width /= 2;
    }
    sums[0]
}

/// The positions of the bits that are set, rising.
fn bits(mut set: usize) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        if set == 0 {
            return None;
        }
        let position = set.trailing_zeros();
        set &= set - 1;
        usize::try_from(position).ok()
    })
}
