//! A tour as an array that is cut in three places and put together anew.
//!
//! Beside the tour runs a sum of what each link costs more against the tour than along it. So the
//! price of turning a stretch round is one subtraction, which makes turns affordable where the
//! two directions differ. Changing the tour costs a pass over what changed.

use super::super::tour::Problem;
use crate::domain::store_map::length::Ticks;

/// How the stretches between three cuts are put together again. The first stretch is
/// `i + 1..=j`, the second one `j + 1..=k`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// The first stretch is turned, the second one stays: 2-opt.
    Turn,
    /// They change places: or-3opt.
    Swap,
    /// Both are turned on the spot.
    TurnBoth,
    /// They change places, and the first one is turned.
    SwapTurnFirst,
    /// They change places, and the second one is turned.
    SwapTurnSecond,
}

/// A change of the tour: the links behind the positions `i < j < k` are cut. A [`Shape::Turn`]
/// cuts only two and has `k == j`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Move {
    pub(super) shape: Shape,
    pub(super) i: usize,
    pub(super) j: usize,
    pub(super) k: usize,
}

/// A tour that begins with city 0 and comes back to it.
#[derive(Debug, Clone)]
pub(super) struct Array<'p> {
    problem: &'p Problem,
    /// All cities by position, and city 0 once more behind the last.
    tour: Vec<usize>,
    position: Vec<usize>,
    /// `against[p]`: what the links from position 1 to position `p` cost more when walked the
    /// other way.
    against: Vec<Ticks>,
    length: Ticks,
}

impl<'p> Array<'p> {
    /// `tour` holds every city once, 0 first.
    pub(super) fn new(problem: &'p Problem, mut tour: Vec<usize>) -> Self {
        let size = tour.len();
        let length = problem.length(&tour[1..]);
        tour.push(0);
        let mut array =
            Self { problem, tour, position: vec![0; size], against: vec![0; size], length };
        array.renew(1, size - 1);
        array
    }

    /// The length of the tour.
    pub(super) fn length(&self) -> Ticks {
        self.length
    }

    /// How many cities there are; as a position: city 0 at the end of the tour.
    pub(super) fn len(&self) -> usize {
        self.position.len()
    }

    /// All cities but 0.
    pub(super) fn order(&self) -> &[usize] {
        &self.tour[1..self.len()]
    }

    /// The city at a position; behind the last one comes city 0 again.
    pub(super) fn at(&self, position: usize) -> usize {
        self.tour[position]
    }

    /// Where a city is, as one that is left: city 0 is at the beginning.
    pub(super) fn position(&self, city: usize) -> usize {
        self.position[city]
    }

    /// Where a city is, as one that is arrived at: city 0 is at the end.
    pub(super) fn arrival(&self, city: usize) -> usize {
        if city == 0 { self.len() } else { self.position[city] }
    }

    /// The cost from one position's city to another's.
    fn link(&self, from: usize, to: usize) -> Ticks {
        self.problem.cost(self.tour[from], self.tour[to])
    }

    /// What it costs more to walk the stretch the other way.
    fn turning(&self, first: usize, last: usize) -> Ticks {
        self.against[last] - self.against[first]
    }

    /// How much longer the tour would get.
    pub(super) fn delta(&self, change: Move) -> Ticks {
        let Move { shape, i, j, k } = change;
        let link = |from, to| self.link(from, to);
        let cut = link(i, i + 1) + link(j, j + 1);
        if shape == Shape::Turn {
            return self.turning(i + 1, j) + link(i, j) + link(i + 1, j + 1) - cut;
        }
        let first = || self.turning(i + 1, j);
        let second = || self.turning(j + 1, k);
        let joined = match shape {
            Shape::Turn => 0,
            Shape::Swap => link(i, j + 1) + link(k, i + 1) + link(j, k + 1),
            Shape::TurnBoth => {
                first() + second() + link(i, j) + link(i + 1, k) + link(j + 1, k + 1)
            }
            Shape::SwapTurnFirst => first() + link(i, j + 1) + link(k, j) + link(i + 1, k + 1),
            Shape::SwapTurnSecond => second() + link(i, k) + link(j + 1, i + 1) + link(j, k + 1),
        };
        joined - cut - link(k, k + 1)
    }

    /// Changes the tour; `delta` is how much longer that makes it.
    pub(super) fn apply(&mut self, change: Move, delta: Ticks) {
        let Move { shape, i, j, k } = change;
        if matches!(shape, Shape::Turn | Shape::TurnBoth | Shape::SwapTurnFirst) {
            self.tour[i + 1..=j].reverse();
        }
        if matches!(shape, Shape::TurnBoth | Shape::SwapTurnSecond) {
            self.tour[j + 1..=k].reverse();
        }
        if matches!(shape, Shape::Swap | Shape::SwapTurnFirst | Shape::SwapTurnSecond) {
            self.tour[i + 1..=k].rotate_left(j - i);
        }
        self.length += delta;
        self.renew(i + 1, k);
    }

    /// Lets the stretches `a..b` and `c..end` change places around `b..c`: a double bridge. None
    /// of the three is empty.
    pub(super) fn swap_outer(&mut self, a: usize, b: usize, c: usize, end: usize) {
        let (second, third) = (c - b, end - c);
        let cost = |array: &Self, cuts: [usize; 4]| -> Ticks {
            cuts.iter().map(|&cut| array.link(cut - 1, cut)).sum()
        };
        self.length -= cost(self, [a, b, c, end]);
        let stretch = &mut self.tour[a..end];
        stretch.reverse();
        stretch[..third].reverse();
        stretch[third..third + second].reverse();
        stretch[third + second..].reverse();
        self.length += cost(self, [a, a + third, a + third + second, end]);
        self.renew(a, end - 1);
    }

    /// Takes over another tour of the same problem.
    pub(super) fn copy_from(&mut self, other: &Self) {
        self.tour.copy_from_slice(&other.tour);
        self.position.copy_from_slice(&other.position);
        self.against.copy_from_slice(&other.against);
        self.length = other.length;
    }

    /// Renews positions and sums where the tour has changed, and the sums behind it.
    fn renew(&mut self, first: usize, last: usize) {
        for position in first..=last {
            self.position[self.tour[position]] = position;
        }
        // What is behind the change only moves up or down.
        let changed = first.max(2)..self.len().min(last + 2);
        let Some(behind) = changed.clone().next_back() else { return };
        let before = self.against[behind];
        for position in changed {
            let more = self.link(position, position - 1) - self.link(position - 1, position);
            self.against[position] = self.against[position - 1] + more;
        }
        let moved = self.against[behind] - before;
        if moved != 0 {
            for sum in &mut self.against[behind + 1..] {
                *sum += moved;
            }
        }
    }
}
