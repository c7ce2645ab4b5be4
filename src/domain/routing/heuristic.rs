//! Short tours of large problems: iterated local search.
//!
//! A greedy tour is improved by moves (see [`moves`]) until none helps. Then three neighbouring
//! stretches change places at random, only what they touched is improved again, and the result is
//! kept unless it is longer (Martin, Otto and Felten 1991, with local kicks as compared by
//! Applegate, Cook and Rohe 2003). The random numbers come from a fixed seed: the same problem and the same number of
//! steps give the same tour.

mod moves;
mod sums;

use std::collections::VecDeque;

use super::tour::{FORBIDDEN, Problem};
use crate::domain::store_map::length::Ticks;
use moves::Move;
use sums::Sums;

/// Nearest neighbours looked at per city and direction.
const NEIGHBOURS: usize = 10;
/// Longest of the three stretches that a kick lets change places, in cities.
const MAX_KICK: usize = 12;
/// Most kicks before the tour is improved again: one part of the tour may have to get worse for
/// another to get better.
const MAX_KICKS_AT_ONCE: usize = 2;
/// Kicks without improvement, per city, after which more are not worth the time.
const STALE_KICKS_PER_CITY: usize = 80;

/// A tour under improvement.
#[derive(Debug)]
pub(super) struct Search<'p> {
    problem: &'p Problem,
    sums: Sums<'p>,
    /// For each city the nearest ones to go to, and to come from.
    near_to: Vec<Vec<usize>>,
    near_from: Vec<Vec<usize>>,
    /// Cities whose surroundings changed.
    queue: VecDeque<usize>,
    is_queued: Vec<bool>,
    random: Random,
}

impl<'p> Search<'p> {
    /// Begins with the greedy tour: always on to the nearest city of the block.
    pub(super) fn new(problem: &'p Problem) -> Self {
        let size = problem.size();
        let mut search = Self {
            problem,
            sums: Sums::new(problem, greedy(problem)),
            near_to: (0..size).map(|a| nearest(size, a, |b| problem.cost(a, b))).collect(),
            near_from: (0..size).map(|b| nearest(size, b, |a| problem.cost(a, b))).collect(),
            queue: VecDeque::with_capacity(size),
            is_queued: vec![false; size],
            random: Random(0x9E37_79B9_7F4A_7C15),
        };
        for city in 0..size {
            search.touch(city);
        }
        search
    }

    /// The length of the present tour.
    pub(super) fn length(&self) -> Ticks {
        self.sums.length()
    }

    /// All cities but 0 in the order of the visit, and the length.
    pub(super) fn into_best(self) -> (Vec<usize>, Ticks) {
        let length = self.length();
        (self.sums.into_order(), length)
    }

    /// Improves the tour around the queued cities until no move helps.
    pub(super) fn descend(&mut self, should_stop: &dyn Fn() -> bool) {
        while let Some(city) = self.queue.pop_front() {
            self.is_queued[city] = false;
            while let Some(found) = self.best_move(city) {
                for touched in found.ends(&self.sums) {
                    self.touch(touched);
                }
                self.sums.apply(found);
                if should_stop() {
                    return;
                }
            }
        }
    }

    /// Kicks and improves until the bound is met, nothing better turns up, or time is over.
    pub(super) fn improve(&mut self, lower_bound: Ticks, should_stop: &dyn Fn() -> bool) {
        let patience = STALE_KICKS_PER_CITY * self.problem.size();
        let blocks = self.block_positions();
        if blocks.is_empty() {
            return;
        }
        let mut kept = self.sums.order().to_vec();
        let mut kept_length = self.length();
        let mut stale = 0;
        while kept_length > lower_bound && stale < patience && !should_stop() {
            stale += 1;
            for _ in 0..=self.random.below(MAX_KICKS_AT_ONCE) {
                self.kick(&blocks);
            }
            self.descend(should_stop);
            // Time may have run out in the middle of a descent.
            self.clear_queue();
            if self.length() <= kept_length {
                if self.length() < kept_length {
                    stale = 0;
                }
                kept_length = self.length();
                kept.copy_from_slice(self.sums.order());
            } else {
                self.sums.restore(&kept);
            }
        }
    }

    /// The shortest of the moves that lead from or to this city, if it shortens the tour.
    fn best_move(&self, city: usize) -> Option<Move> {
        let sums = &self.sums;
        let mut best: Option<(Ticks, Move)> = None;
        let mut consider = |from: usize, to: usize| {
            moves::joining(sums, from, to, &mut |delta, found| {
                if delta < best.map_or(0, |(least, _)| least) {
                    best = Some((delta, found));
                }
            });
        };
        // A tour gets shorter only if some arc is replaced by a shorter one.
        let leaving = self.problem.cost(city, sums.after(city));
        for &to in &self.near_to[city] {
            if self.problem.cost(city, to) >= leaving {
                break;
            }
            consider(city, to);
        }
        let arriving = self.problem.cost(sums.before(city), city);
        for &from in &self.near_from[city] {
            if self.problem.cost(from, city) >= arriving {
                break;
            }
            consider(from, city);
        }
        best.map(|(_, found)| found)
    }

    /// Lets three neighbouring stretches of one block change places: A B C becomes C B A. Blocks
    /// of two cities are turned round.
    fn kick(&mut self, blocks: &[(usize, usize)]) {
        let (first, count) = blocks[self.random.below(blocks.len())];
        let longest = (count / 3).clamp(1, MAX_KICK);
        let lengths = [(); 3].map(|()| 1 + self.random.below(longest));
        let middle = if count == 2 { 0 } else { lengths[1] };
        let total = lengths[0] + middle + lengths[2];
        let a = first + self.random.below(count - total + 1);
        let (b, c, end) = (a + lengths[0], a + lengths[0] + middle, a + total);
        for position in [a - 1, a, b - 1, b, c - 1, c, end - 1, end] {
            let city = self.sums.at(position);
            self.touch(city);
        }
        self.sums.swap_outer(a, b, c, end);
    }

    /// First position and number of cities of each block that can be kicked; larger ones are
    /// listed more often.
    fn block_positions(&self) -> Vec<(usize, usize)> {
        let mut positions = Vec::new();
        let mut first = 1;
        for block in self.problem.blocks() {
            let count = block.len();
            positions.extend(std::iter::repeat_n((first, count), count / 2));
            first += count;
        }
        positions
    }

    fn touch(&mut self, city: usize) {
        if !self.is_queued[city] {
            self.is_queued[city] = true;
            self.queue.push_back(city);
        }
    }

    fn clear_queue(&mut self) {
        for city in self.queue.drain(..) {
            self.is_queued[city] = false;
        }
    }
}

/// City 0 first, then block by block always the nearest city that is left.
fn greedy(problem: &Problem) -> Vec<usize> {
    let mut order = vec![0];
    let mut at = 0;
    for block in problem.blocks() {
        let mut left = block.clone();
        while let Some((position, &city)) =
            left.iter().enumerate().min_by_key(|&(_, &city)| problem.cost(at, city))
        {
            left.swap_remove(position);
            order.push(city);
            at = city;
        }
    }
    order
}

/// The nearest cities by a cost, without those that are forbidden.
fn nearest(size: usize, city: usize, cost: impl Fn(usize) -> Ticks) -> Vec<usize> {
    let mut others: Vec<usize> =
        (0..size).filter(|&other| other != city && cost(other) < FORBIDDEN).collect();
    if others.len() > NEIGHBOURS {
        others.select_nth_unstable_by_key(NEIGHBOURS, |&other| (cost(other), other));
        others.truncate(NEIGHBOURS);
    }
    others.sort_unstable_by_key(|&other| (cost(other), other));
    others
}

/// Splitmix64 (Steele, Lea and Flood 2014): enough randomness to get out of a local optimum.
#[derive(Debug)]
struct Random(u64);

impl Random {
    /// A number below `limit`, which is at least 1.
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        // Limits are far below 2^32, so the remainder is even enough.
        usize::try_from((z >> 32) % u64::try_from(limit.max(1)).unwrap_or(1)).unwrap_or(0)
    }
}
