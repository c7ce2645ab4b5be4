//! A tour as an array, with running sums in both directions.
//!
//! The sums answer "what does this stretch cost, walked this way or the other way round" in one
//! subtraction, which makes reversals affordable where the two ways differ. Changing the tour
//! costs a pass over the array; at 1,000 stops that is a microsecond.

use super::{
    super::tour::{FORBIDDEN, Problem},
    moves::Move,
};
use crate::domain::store_map::length::Ticks;

/// A tour that begins with city 0 and comes back to it.
#[derive(Debug)]
pub(super) struct Sums<'p> {
    problem: &'p Problem,
    tour: Vec<usize>,
    position: Vec<usize>,
    /// `forward[p]`: the cost from position 0 to position `p`; the last one closes the tour.
    forward: Vec<Ticks>,
    /// `backward[p]`: the cost from position `p` back to position 0, against the tour.
    backward: Vec<Ticks>,
}

impl<'p> Sums<'p> {
    pub(super) fn new(problem: &'p Problem, tour: Vec<usize>) -> Self {
        let size = tour.len();
        let mut sums = Self {
            problem,
            tour,
            position: vec![0; size],
            forward: vec![0; size + 1],
            backward: vec![0; size + 1],
        };
        sums.renew_from(1);
        sums
    }

    /// The length of the tour.
    pub(super) fn length(&self) -> Ticks {
        self.forward[self.tour.len()]
    }

    /// How many cities there are; as a position: city 0 at the end of the tour.
    pub(super) fn len(&self) -> usize {
        self.tour.len()
    }

    pub(super) fn order(&self) -> &[usize] {
        &self.tour
    }

    /// All cities but 0.
    pub(super) fn into_order(self) -> Vec<usize> {
        let mut order = self.tour;
        order.remove(0);
        order
    }

    /// The city at a position; behind the last one comes city 0 again.
    pub(super) fn at(&self, position: usize) -> usize {
        self.tour.get(position).copied().unwrap_or(0)
    }

    pub(super) fn position(&self, city: usize) -> usize {
        self.position[city]
    }

    pub(super) fn after(&self, city: usize) -> usize {
        self.at(self.position[city] + 1)
    }

    pub(super) fn before(&self, city: usize) -> usize {
        let position = self.position[city];
        self.tour[position.checked_sub(1).unwrap_or(self.tour.len() - 1)]
    }

    /// The cost from one position's city to another's.
    pub(super) fn link(&self, from: usize, to: usize) -> Ticks {
        self.problem.cost(self.at(from), self.at(to))
    }

    /// The cost of the stretch between two positions, along the tour.
    pub(super) fn along(&self, first: usize, last: usize) -> Ticks {
        self.forward[last] - self.forward[first]
    }

    /// The cost of the same stretch walked from its last position to its first.
    pub(super) fn against(&self, first: usize, last: usize) -> Ticks {
        self.backward[last] - self.backward[first]
    }

    /// Changes the tour.
    pub(super) fn apply(&mut self, change: Move) {
        let Move { first, last, gap, is_reversed } = change;
        if is_reversed {
            self.tour[first..=last].reverse();
        }
        if gap > last {
            self.tour[first..=gap].rotate_left(last + 1 - first);
        } else if gap + 1 < first {
            self.tour[gap + 1..=last].rotate_right(last + 1 - first);
        }
        self.renew_from(first.min(gap + 1));
    }

    /// Lets the stretches `a..b` and `c..end` change places around `b..c`.
    pub(super) fn swap_outer(&mut self, a: usize, b: usize, c: usize, end: usize) {
        let stretch = &mut self.tour[a..end];
        stretch.reverse();
        let (third, second) = (end - c, c - b);
        stretch[..third].reverse();
        stretch[third..third + second].reverse();
        stretch[third + second..].reverse();
        self.renew_from(a);
    }

    /// Puts an earlier tour back.
    pub(super) fn restore(&mut self, tour: &[usize]) {
        let is_same = |(a, b): (&usize, &usize)| a == b;
        let first = self.tour.iter().zip(tour).take_while(|&pair| is_same(pair)).count();
        self.tour.copy_from_slice(tour);
        self.renew_from(first.max(1));
    }

    /// Renews positions and sums from a position on, which is at least 1.
    fn renew_from(&mut self, first: usize) {
        for position in first..=self.tour.len() {
            let (from, to) = (self.tour[position - 1], self.at(position));
            let (there, back) = (self.problem.cost(from, to), self.problem.cost(to, from));
            debug_assert!(there <= FORBIDDEN && back <= FORBIDDEN);
            self.forward[position] = self.forward[position - 1] + there;
            self.backward[position] = self.backward[position - 1] + back;
            if position < self.tour.len() {
                self.position[to] = position;
            }
        }
    }
}
