//! The moves of the local search: all sequential ways to cut the tour in two or three places and
//! to put it together again, found by way of nearest neighbours.
//!
//! A move is built link by link as in Lin and Kernighan (1973): the link that is cut minus the
//! one that is joined must leave a gain, at every step. With the nearest neighbours sorted, a
//! search ends as soon as that fails, so most cities are done after a few look-ups (Bentley
//! 1992; Johnson and McGeoch 1997 for the asymmetric case, where stretches that keep their
//! direction cost nothing extra). What turning a stretch costs is not part of the gain while the
//! move is being built, but it is part of its price.

use super::{
    super::tour::{FORBIDDEN, Problem},
    array::{Array, Move, Shape},
};
use crate::domain::store_map::length::Ticks;

/// Nearest neighbours looked at per city and direction for the first link.
const NEIGHBOURS: usize = 8;
/// Nearest neighbours in other blocks: only the one link between two blocks leads there.
const STRANGERS: usize = 3;
/// Of these, how many are looked at for the second link.
const INNER: usize = 5;

/// The nearest cities of each city, nearest first, with their costs.
#[derive(Debug)]
pub(super) struct Neighbours {
    /// Those to go to.
    to: Lists,
    /// Those to come from.
    from: Lists,
}

/// A list for each city, all in one piece of memory.
#[derive(Debug)]
struct Lists {
    entries: Vec<(Ticks, usize)>,
    first: Vec<usize>,
}

impl Neighbours {
    pub(super) fn new(problem: &Problem) -> Self {
        let mut block_of = vec![usize::MAX; problem.size()];
        for (rank, block) in problem.blocks().iter().enumerate() {
            block.iter().for_each(|&city| block_of[city] = rank);
        }
        Self {
            to: Lists::new(&block_of, |city, other| problem.cost(city, other)),
            from: Lists::new(&block_of, |city, other| problem.cost(other, city)),
        }
    }
}

impl Lists {
    /// The nearest cities by a cost, without those that are forbidden.
    fn new(block_of: &[usize], cost: impl Fn(usize, usize) -> Ticks) -> Self {
        let size = block_of.len();
        let mut lists = Self { entries: Vec::with_capacity(size * NEIGHBOURS), first: vec![0] };
        let (mut mates, mut strangers) = (Vec::with_capacity(size), Vec::with_capacity(size));
        for city in 0..size {
            mates.clear();
            strangers.clear();
            for other in (0..size).filter(|&other| other != city) {
                let cost = cost(city, other);
                if block_of[other] == block_of[city] && cost < FORBIDDEN {
                    mates.push((cost, other));
                } else if cost < FORBIDDEN {
                    strangers.push((cost, other));
                }
            }
            let first = lists.entries.len();
            lists.entries.extend_from_slice(least(&mut mates, NEIGHBOURS));
            lists.entries.extend_from_slice(least(&mut strangers, STRANGERS));
            lists.entries[first..].sort_unstable();
            lists.first.push(lists.entries.len());
        }
        lists
    }

    fn of(&self, city: usize) -> &[(Ticks, usize)] {
        &self.entries[self.first[city]..self.first[city + 1]]
    }
}

/// Moves the least `count` entries to the front.
fn least(entries: &mut [(Ticks, usize)], count: usize) -> &[(Ticks, usize)] {
    if entries.len() > count {
        entries.select_nth_unstable(count);
        return &entries[..count];
    }
    entries
}

/// The search for a move that begins at one city.
#[derive(Debug)]
pub(super) struct Finder<'a> {
    problem: &'a Problem,
    near: &'a Neighbours,
    array: &'a Array<'a>,
    best: Option<(Ticks, Move)>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(problem: &'a Problem, near: &'a Neighbours, array: &'a Array<'a>) -> Self {
        Self { problem, near, array, best: None }
    }

    /// A move that joins the city to another neighbour and shortens the tour, with the (negative)
    /// difference: the best of those that share their first new link.
    pub(super) fn shorten(mut self, city: usize) -> Option<(Ticks, Move)> {
        let i = self.array.position(city);
        let cut = self.cost_behind(i);
        for &(cost, to) in self.near.to.of(city) {
            let gain = cut - cost;
            if gain <= 0 {
                break;
            }
            self.leaving(i, self.array.arrival(to), gain);
            if self.best.is_some() {
                return self.best;
            }
        }
        let end = self.array.arrival(city);
        let cut = self.cost_behind(end - 1);
        for &(cost, from) in self.near.from.of(city) {
            let gain = cut - cost;
            if gain <= 0 {
                break;
            }
            self.arriving(self.array.position(from), end, gain);
            if self.best.is_some() {
                return self.best;
            }
        }
        None
    }

    /// The cost of the link from a position to the next.
    fn cost_behind(&self, position: usize) -> Ticks {
        self.problem.cost(self.array.at(position), self.array.at(position + 1))
    }

    fn offer(&mut self, shape: Shape, i: usize, j: usize, k: usize) {
        let candidate = Move { shape, i, j, k };
        let delta = self.array.delta(candidate);
        if delta < self.best.map_or(0, |(least, _)| least) {
            self.best = Some((delta, candidate));
        }
    }

    /// The neighbours to go to from a city as long as something is gained, by position.
    fn onward(&self, city: usize, gain: Ticks) -> impl Iterator<Item = usize> + use<'a> {
        let array = self.array;
        let near = self.near.to.of(city).iter().take(INNER);
        near.take_while(move |&&(cost, _)| gain > cost).map(|&(_, to)| array.arrival(to))
    }

    /// The neighbours to come from, likewise.
    fn backward(&self, city: usize, gain: Ticks) -> impl Iterator<Item = usize> + use<'a> {
        let array = self.array;
        let near = self.near.from.of(city).iter().take(INNER);
        near.take_while(move |&&(cost, _)| gain > cost).map(|&(_, from)| array.position(from))
    }

    /// Stretches change places: the link from position `i` to `q` is new, and `gain` is what it
    /// gains. Works in any rotation of the three cuts.
    fn swaps(&mut self, i: usize, q: usize, gain: Ticks) {
        let gain = gain + self.cost_behind(q - 1);
        let j = q - 1;
        for r in self.onward(self.array.at(j), gain) {
            let k = r - 1;
            if i < j && j < k {
                self.offer(Shape::Swap, i, j, k);
            } else if j < k && k < i {
                self.offer(Shape::Swap, j, k, i);
            } else if k < i && i < j {
                self.offer(Shape::Swap, k, i, j);
            }
        }
        let after = self.array.at(i + 1);
        for k in self.backward(after, gain) {
            if i < j && j < k {
                self.offer(Shape::Swap, i, j, k);
            } else if j < k && k < i {
                self.offer(Shape::Swap, j, k, i);
            } else if k < i && i < j {
                self.offer(Shape::Swap, k, i, j);
            }
        }
    }

    /// Moves with a new link from the city at `i`, the first cut, to the one at `q`.
    fn leaving(&mut self, i: usize, q: usize, gain: Ticks) {
        self.swaps(i, q, gain);
        if q <= i + 1 {
            return;
        }
        let array = self.array;
        let after = array.at(i + 1);
        if q < array.len() {
            self.offer(Shape::Turn, i, q, q);
            let more = gain + self.cost_behind(q);
            for k in self.onward(after, more) {
                if k > q + 1 {
                    self.offer(Shape::SwapTurnFirst, i, q - 1, k - 1);
                    // Its second link is the same.
                }
                if k > q && k < array.len() {
                    self.offer(Shape::TurnBoth, i, q, k);
                }
            }
            // The link to `q` ends the second stretch, which is turned.
            for j in self.backward(array.at(q + 1), more) {
                if i < j && j < q {
                    self.offer(Shape::SwapTurnSecond, i, j, q);
                }
            }
            for from in self.backward(after, more) {
                if i + 1 < from && from <= q {
                    self.offer(Shape::SwapTurnSecond, i, from - 1, q);
                }
            }
        }
        // The link to `q` begins the second stretch, and the first one is turned.
        let j = q - 1;
        let more = gain + self.cost_behind(j);
        for k in self.backward(array.at(j), more) {
            if k > j {
                self.offer(Shape::SwapTurnFirst, i, j, k);
            }
        }
    }

    /// Moves with a new link from the city at `q` to the one behind the last cut, at `end`.
    fn arriving(&mut self, q: usize, end: usize, gain: Ticks) {
        if q + 1 >= end {
            return;
        }
        let array = self.array;
        let k = end - 1;
        let before = array.at(k);
        if q >= 1 {
            // `q` begins what is turned.
            self.offer(Shape::Turn, q - 1, k, k);
            let more = gain + self.cost_behind(q - 1);
            for i in self.backward(before, more) {
                if i + 1 < q {
                    self.offer(Shape::TurnBoth, i, q - 1, k);
                }
                if i < q {
                    // From `i` over `before`: the second stretch is turned and comes first.
                    if q < k {
                        self.offer(Shape::SwapTurnSecond, i, q, k);
                    }
                }
            }
            let i = q - 1;
            for from in self.onward(array.at(i), more) {
                if i + 1 < from && from <= k {
                    self.offer(Shape::SwapTurnFirst, i, from - 1, k);
                }
            }
            for j in self.onward(before, more) {
                if i < j && j < k {
                    self.offer(Shape::SwapTurnFirst, i, j, k);
                }
            }
            // `q` ends the first stretch, and the second one is turned.
            if q < k {
                let more = gain + self.cost_behind(q);
                for to in self.onward(array.at(q + 1), more) {
                    if to <= q && to >= 1 {
                        self.offer(Shape::SwapTurnSecond, to - 1, q, k);
                    }
                }
            }
        }
    }
}
