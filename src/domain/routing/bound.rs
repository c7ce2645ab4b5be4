//! Lower bounds: lengths that no tour can stay below.
//!
//! Two relaxations, both in integers, so that their values are valid to the last tick. The
//! 1-tree with node prices of Held and Karp (1970, 1971) is strong when both directions cost the
//! same. The assignment problem, solved by shortest augmenting paths (Kuhn 1955; Jonker and
//! Volgenant 1987), sees one-way aisles. What it leaves of the costs goes to the 1-tree, and the
//! two bounds add up (Fischetti and Toth 1989). Either may be stopped at any time and still be
//! valid.

use super::tour::{FORBIDDEN, Problem};
use crate::domain::store_map::length::Ticks;

/// Most cells of the matrix that the ascent looks at, over all its rounds.
const ASCENT_CELLS: usize = 12_000_000;
/// Most rounds of the ascent.
const MAX_ROUNDS: usize = 4_000;
/// Fewest rounds of the ascent on large problems.
const MIN_ROUNDS: usize = 20;
/// Largest problem whose assignment is solved, in cities: its work grows with the third power.
const MAX_ASSIGNMENT: usize = 400;
/// Highest price of a stop, and lowest when negated: beyond any distance, and still small enough
/// that no sum of prices overflows.
const MAX_PRICE: Ticks = 1_000_000_000_000;
/// Step lengths of the ascent are counted in these parts of the gap.
const STEP_PARTS: i128 = 1 << 10;

/// The best bound that comes cheaply. `upper` is the length of a known tour.
pub(super) fn lower_bound(
    problem: &Problem,
    upper: Ticks,
    should_stop: &dyn Fn() -> bool,
) -> Ticks {
    let mut bound = if problem.size() > MAX_ASSIGNMENT || is_symmetric(problem) {
        one_tree(problem, upper, ASCENT_CELLS, should_stop)
    } else {
        let bound = one_tree(problem, upper, ASCENT_CELLS / 2, should_stop);
        let (least, reduced) = assignment(problem, should_stop);
        let rest = one_tree(&reduced, upper - least, ASCENT_CELLS / 2, should_stop);
        bound.max(least + rest)
    };
    // Every tour is a sum of costs, so a multiple of their common divisor: with aisles measured
    // in centimetres that closes the last gap.
    let divisor = problem.divisor();
    bound = (bound + divisor - 1) / divisor * divisor;
    // A bound above a known tour would be a mistake of this module.
    debug_assert!(bound <= upper);
    bound.clamp(0, upper)
}

/// Whether all arcs between two stops cost the same both ways.
fn is_symmetric(problem: &Problem) -> bool {
    let size = problem.size();
    (1..size).all(|a| (1..a).all(|b| problem.cost(a, b) == problem.cost(b, a)))
}

/// The walk seen as a tree: the way from the start, a spanning tree of the stops, and the way to
/// the end. Prices on the stops push every degree towards 2.
fn one_tree(
    problem: &Problem,
    upper: Ticks,
    most_cells: usize,
    should_stop: &dyn Fn() -> bool,
) -> Ticks {
    let mut relaxed = OneTree::new(problem);
    let cells = problem.size() * problem.size();
    let rounds = (most_cells / cells).clamp(MIN_ROUNDS, MAX_ROUNDS);
    let patience = (rounds / 20).max(3);
    let mut best = 0;
    let mut step = 2 * STEP_PARTS;
    let mut stale = 0;
    for _ in 0..rounds {
        let value = relaxed.solve();
        if value > best {
            best = value;
            stale = 0;
        } else {
            stale += 1;
        }
        if best >= upper || should_stop() {
            break;
        }
        if stale >= patience {
            stale = 0;
            step /= 2;
        }
        if !relaxed.reprice(upper - value, step) {
            break;
        }
    }
    best
}

/// The 1-tree and its prices; stop `i` is city `i + 1`.
struct OneTree {
    count: usize,
    /// The cheaper direction of each pair of stops.
    weight: Vec<Ticks>,
    from_start: Vec<Ticks>,
    to_end: Vec<Ticks>,
    price: Vec<Ticks>,
    degree: Vec<Ticks>,
    /// Scratch of Prim's algorithm: the best link of each stop outside the tree.
    link: Vec<(Ticks, usize)>,
}

impl OneTree {
    fn new(problem: &Problem) -> Self {
        let count = problem.size() - 1;
        let mut weight = Vec::with_capacity(count * count);
        for a in 1..=count {
            weight.extend((1..=count).map(|b| problem.cost(a, b).min(problem.cost(b, a))));
        }
        Self {
            count,
            weight,
            from_start: (1..=count).map(|city| problem.cost(0, city)).collect(),
            to_end: (1..=count).map(|city| problem.cost(city, 0)).collect(),
            price: vec![0; count],
            degree: vec![0; count],
            link: Vec::with_capacity(count),
        }
    }

    /// The cost of the cheapest tree at the present prices, less what the prices add to a tour.
    fn solve(&mut self) -> Ticks {
        self.degree.fill(0);
        let mut value = self.spanning_tree();
        for costs in [&self.from_start, &self.to_end] {
            let priced = costs.iter().zip(&self.price).map(|(cost, price)| cost + price);
            if let Some((stop, cost)) = priced.enumerate().min_by_key(|&(_, cost)| cost) {
                self.degree[stop] += 1;
                value += cost;
            }
        }
        value - 2 * self.price.iter().sum::<Ticks>()
    }

    /// Prim's algorithm (1957) on the full matrix.
    fn spanning_tree(&mut self) -> Ticks {
        let mut outside: Vec<usize> = (1..self.count).collect();
        self.link.clear();
        self.link.resize(self.count, (Ticks::MAX, 0));
        let mut value = 0;
        let mut newest = 0;
        while !outside.is_empty() {
            let row = &self.weight[newest * self.count..(newest + 1) * self.count];
            let price = self.price[newest];
            let mut nearest = 0;
            let mut least = Ticks::MAX;
            for (position, &stop) in outside.iter().enumerate() {
                let cost = row[stop] + price + self.price[stop];
                let link = &mut self.link[stop];
                if cost < link.0 {
                    *link = (cost, newest);
                }
                if link.0 < least {
                    least = link.0;
                    nearest = position;
                }
            }
            newest = outside.swap_remove(nearest);
            self.degree[newest] += 1;
            self.degree[self.link[newest].1] += 1;
            value += least;
        }
        value
    }

    /// Moves the prices along the subgradient; false when there is nothing left to move.
    fn reprice(&mut self, gap: Ticks, step: i128) -> bool {
        let squares: Ticks = self.degree.iter().map(|degree| (degree - 2) * (degree - 2)).sum();
        if squares == 0 {
            return false;
        }
        let length = i128::from(gap.max(1)) * step / (STEP_PARTS * i128::from(squares));
        let length = Ticks::try_from(length).unwrap_or(MAX_PRICE).min(MAX_PRICE);
        if length == 0 {
            return false;
        }
        for (price, degree) in self.price.iter_mut().zip(&self.degree) {
            *price = (*price + length * (degree - 2)).clamp(-MAX_PRICE, MAX_PRICE);
        }
        true
    }
}

/// Every city has one arc in and one arc out: the cheapest way to give each its own.
///
/// Every tour costs that much, and what it costs in the problem that comes with it: there each arc
/// costs what is left over its prices. The prices stay feasible after every row, so stopping early
/// yields a weaker, valid bound.
fn assignment(problem: &Problem, should_stop: &dyn Fn() -> bool) -> (Ticks, Problem) {
    let size = problem.size();
    let nobody = size;
    let mut row_price = vec![0; size + 1];
    let mut column_price = vec![0; size + 1];
    // The row that each column belongs to; the column behind the last is the row being placed.
    let mut row_of = vec![nobody; size + 1];
    for row in 0..size {
        if should_stop() {
            break;
        }
        row_of[size] = row;
        let mut least = vec![Ticks::MAX; size];
        let mut came_from = vec![size; size];
        let mut is_done = vec![false; size + 1];
        let mut column = size;
        while row_of[column] != nobody {
            is_done[column] = true;
            let current = row_of[column];
            let (mut delta, mut next) = (Ticks::MAX, size);
            for other in (0..size).filter(|&other| !is_done[other]) {
                let cost = if other == current { FORBIDDEN } else { problem.cost(current, other) };
                let reduced = cost - row_price[current] - column_price[other];
                if reduced < least[other] {
                    least[other] = reduced;
                    came_from[other] = column;
                }
                if least[other] < delta {
                    delta = least[other];
                    next = other;
                }
            }
            for other in 0..=size {
                if is_done[other] {
                    row_price[row_of[other]] += delta;
                    column_price[other] -= delta;
                } else if other < size {
                    least[other] -= delta;
                }
            }
            column = next;
        }
        while column != size {
            let before = came_from[column];
            row_of[column] = row_of[before];
            column = before;
        }
        row_of[size] = nobody;
    }
    let costs = (0..size * size).map(|cell| (cell / size, cell % size)).map(|(from, to)| {
        match problem.cost(from, to) {
            cost if cost >= FORBIDDEN => FORBIDDEN,
            cost => cost - row_price[from] - column_price[to],
        }
    });
    let reduced = Problem::new(size, costs.collect(), problem.blocks().to_vec());
    let least = row_price[..size].iter().chain(&column_price[..size]).sum();
    (least, reduced)
}
