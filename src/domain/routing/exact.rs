//! Proven shortest tours of small problems: the dynamic program over subsets of Bellman and of
//! Held and Karp (1962).
//!
//! Blocks are solved one after the other: what a block needs to know of the ones before it is
//! only the best cost of arriving at each of its cities. So the work grows with the largest block
//! and not with the number of stops, and many small groups are as easy as one.

use super::tour::{FORBIDDEN, Problem};
use crate::domain::store_map::length::Ticks;

/// Largest block that is solved exactly, in cities.
pub(super) const MAX_BLOCK: usize = 16;
/// Largest tables of all blocks together, in cells of 8 bytes: one block of the largest size.
const MAX_CELLS: usize = MAX_BLOCK << MAX_BLOCK;

/// Whether [`solve`] is quick enough (some 10 ms) for this problem.
pub(super) fn is_small_enough(problem: &Problem) -> bool {
    let sizes = || problem.blocks().iter().map(Vec::len);
    sizes().all(|size| size <= MAX_BLOCK)
        && sizes().map(|size| size << size).sum::<usize>() <= MAX_CELLS
}

/// A shortest tour and its length.
pub(super) fn solve(problem: &Problem) -> (Vec<usize>, Ticks) {
    let mut tables: Vec<Table<'_>> = Vec::with_capacity(problem.blocks().len());
    for block in problem.blocks() {
        let entries = block.iter().map(|&city| match tables.last() {
            None => problem.cost(0, city),
            Some(table) => table.best_exit(problem, city).1,
        });
        let entries = entries.collect();
        tables.push(Table::fill(problem, block, entries));
    }
    let mut order = Vec::with_capacity(problem.size() - 1);
    let mut next = 0;
    let mut length = None;
    for table in tables.iter().rev() {
        let (last, cost) = table.best_exit(problem, next);
        length.get_or_insert(cost);
        table.trace(last, &mut order);
        next = order.last().copied().unwrap_or(0);
    }
    order.reverse();
    (order, length.unwrap_or(0))
}

/// The table of one block.
struct Table<'p> {
    /// The cities of the block.
    cities: &'p [usize],
    /// `between[from * m + to]`, by position in `cities`.
    between: Vec<Ticks>,
    /// `best[visited * m + last]`: the least cost from the start of the tour to `last` with
    /// exactly the cities of the set `visited` of this block visited.
    best: Vec<Ticks>,
}

impl<'p> Table<'p> {
    fn fill(problem: &Problem, cities: &'p [usize], entries: Vec<Ticks>) -> Self {
        let m = cities.len();
        let mut between = Vec::with_capacity(m * m);
        for &from in cities {
            between.extend(cities.iter().map(|&to| problem.cost(from, to)));
        }
        let mut best = vec![FORBIDDEN; m << m];
        for (city, entry) in entries.into_iter().enumerate() {
            best[(1 << city) * m + city] = entry;
        }
        for visited in 1_usize..1 << m {
            for last in bits(visited) {
                let before = visited & !(1 << last);
                let mut least = best[visited * m + last];
                let row = &best[before * m..(before + 1) * m];
                for previous in bits(before) {
                    least = least.min(row[previous] + between[previous * m + last]);
                }
                best[visited * m + last] = least;
            }
        }
        Self { cities, between, best }
    }

    /// The best last city (by position) before going on to city `next`, and the cost there.
    fn best_exit(&self, problem: &Problem, next: usize) -> (usize, Ticks) {
        let m = self.cities.len();
        let full = &self.best[((1 << m) - 1) * m..];
        let exits =
            full.iter().zip(self.cities).map(|(best, &city)| best + problem.cost(city, next));
        exits.enumerate().min_by_key(|&(_, cost)| cost).unwrap_or((0, FORBIDDEN))
    }

    /// Appends the block's cities to `order`, last one first.
    fn trace(&self, mut last: usize, order: &mut Vec<usize>) {
        let m = self.cities.len();
        let mut visited = (1_usize << m) - 1;
        loop {
            order.push(self.cities[last]);
            let before = visited & !(1 << last);
            let target = self.best[visited * m + last];
            let previous = bits(before).find(|&previous| {
                self.best[before * m + previous] + self.between[previous * m + last] == target
            });
            let Some(previous) = previous else { return };
            visited = before;
            last = previous;
        }
    }
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
