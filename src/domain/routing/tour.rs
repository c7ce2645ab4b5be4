//! The order of the stops: the seam behind which solvers are exchanged.
//!
//! A [`Problem`] is an asymmetric travelling-salesman problem: city 0 is the start and, on the
//! way back, the end; a tour is a Hamiltonian cycle without a forbidden arc. How it came about
//! (groups, one-way aisles, several checkouts) is of no concern here.
//!
//! Invariant: a tour without forbidden arcs exists, and every such tour visits the blocks one
//! after the other.

use super::{bound, exact, heuristic};
use crate::domain::store_map::length::Ticks;

/// The cost of an arc that may not be used. More than any walk can cost (at most 1,002 legs of at
/// most 20,000 edges of 14 km, under 3e15), and small enough that 1,001 of them still fit.
pub(super) const FORBIDDEN: Ticks = 8_000_000_000_000_000;

/// A tour to be found.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    size: usize,
    cost: Vec<Ticks>,
    blocks: Vec<Vec<usize>>,
}

/// A tour that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tour {
    /// All cities but 0, in the order of the visit.
    pub(super) order: Vec<usize>,
    pub(super) length: Ticks,
    /// No tour is shorter than this.
    pub(super) lower_bound: Ticks,
    /// How it was found.
    pub(super) method: &'static str,
}

/// A proven shortest tour, if the problem is small.
pub(super) fn small(problem: &Problem) -> Option<Tour> {
    if problem.size() <= 2 {
        let order: Vec<usize> = (1..problem.size()).collect();
        let length = problem.length(&order);
        return Some(Tour { order, length, lower_bound: length, method: "trivial" });
    }
    exact::is_small_enough(problem).then(|| {
        let (order, length) = exact::solve(problem);
        Tour { order, length, lower_bound: length, method: "held-karp" }
    })
}

/// A search for a short tour that can be left and taken up again.
#[derive(Debug)]
pub(super) struct Search<'p> {
    local: heuristic::Search<'p>,
    lower_bound: Ticks,
    /// Whose bound that is.
    method: &'static str,
}

impl<'p> Search<'p> {
    /// Finds a first tour and a bound, in a few milliseconds.
    pub(super) fn new(problem: &'p Problem, should_stop: &dyn Fn() -> bool) -> Self {
        let mut search = heuristic::Search::new(problem);
        search.descend(should_stop);
        let lower_bound = bound::lower_bound(problem, search.length(), should_stop);
        Self { local: search, lower_bound, method: "local-search" }
    }

    /// Whether the best tour is proven to be a shortest one.
    pub(super) fn is_proven(&self) -> bool {
        self.local.length() == self.lower_bound
    }

    /// The length of the best tour.
    pub(super) fn length(&self) -> Ticks {
        self.local.length()
    }

    /// Takes notice of what the sweep knows: that no tour is shorter than this.
    pub(super) fn raise_bound(&mut self, lower_bound: Ticks) {
        if lower_bound > self.lower_bound {
            self.lower_bound = lower_bound;
            self.method = "frontier";
        }
    }

    /// Looks at one more tour, in the order of the visit.
    pub(super) fn take_up(&mut self, order: &[usize]) {
        self.local.take_up(order);
    }

    /// Goes on until a shortest tour is found, nothing better turns up, or time is over.
    pub(super) fn improve(&mut self, should_stop: &dyn Fn() -> bool) {
        self.local.improve(self.lower_bound, should_stop);
    }

    /// The best tour.
    pub(super) fn finish(self) -> Tour {
        let Self { local, lower_bound, method } = self;
        let (order, length) = local.into_best();
        let method = if length == lower_bound { method } else { "local-search" };
        Tour { order, length, lower_bound, method }
    }
}

/// Finds a short tour: a proven shortest one if the problem is small, and otherwise the best that
/// is found before `should_stop` says so.
#[cfg(test)]
pub(super) fn solve(problem: &Problem, should_stop: &dyn Fn() -> bool) -> Tour {
    small(problem).unwrap_or_else(|| {
        let mut search = Search::new(problem, should_stop);
        search.improve(should_stop);
        search.finish()
    })
}

impl Problem {
    /// `cost[from * size + to]`; `blocks` hold every city but 0 once.
    pub(super) fn new(size: usize, cost: Vec<Ticks>, blocks: Vec<Vec<usize>>) -> Self {
        debug_assert_eq!(cost.len(), size * size);
        debug_assert_eq!(blocks.iter().map(Vec::len).sum::<usize>() + 1, size);
        Self { size, cost, blocks }
    }

    /// How many cities there are, city 0 included.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// The cost from one city to another.
    pub(super) fn cost(&self, from: usize, to: usize) -> Ticks {
        self.cost[from * self.size + to]
    }

    /// The cities but 0, in the blocks that must be visited one after the other.
    pub(super) fn blocks(&self) -> &[Vec<usize>] {
        &self.blocks
    }

    /// The greatest common divisor of all costs that are allowed; at least 1.
    pub(super) fn divisor(&self) -> Ticks {
        let allowed = self.cost.iter().filter(|&&cost| cost < FORBIDDEN);
        allowed.fold(0, |divisor, &cost| greatest_common_divisor(divisor, cost)).max(1)
    }

    /// The length of a tour given as in [`Tour::order`].
    pub(super) fn length(&self, order: &[usize]) -> Ticks {
        let mut at = 0;
        let mut length = 0;
        for &city in order.iter().chain([&0]) {
            length += self.cost(at, city);
            at = city;
        }
        length
    }
}

/// Euclid's algorithm.
fn greatest_common_divisor(mut a: Ticks, mut b: Ticks) -> Ticks {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
