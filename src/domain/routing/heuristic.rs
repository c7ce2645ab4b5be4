//! Short tours of large problems: iterated local search.
//!
//! A greedy tour is improved by moves (see [`moves`]) until none helps. Then three neighbouring
//! stretches change places at random, only what they touched is improved again, and the result is
//! kept unless it is longer (Martin, Otto and Felten 1991, with local kicks as compared by
//! Applegate, Cook and Rohe 2003). The random numbers come from a fixed seed: the same problem and
//! the same number of steps give the same tour.

mod array;
mod moves;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use super::tour::Problem;
use crate::domain::store_map::length::Ticks;
use array::{Array, Move, Shape};
use moves::{Finder, Neighbours};

/// Longest of the three stretches that a kick lets change places, in cities.
const MAX_KICK: usize = 12;
/// Kicks without improvement, per city, after which more are not worth the time.
const STALE_KICKS_PER_CITY: usize = 2_000;
/// Kicks in the first cooling, per city.
const FIRST_CYCLE_PER_CITY: Ticks = 20;
/// How much longer a kicked tour may be when a cooling begins, in parts of a hundred of the mean
/// leg.
const HOTTEST_PERCENT: [Ticks; 2] = [60, 250];
/// No walk is worth more heat, and no product with it overflows: 100 km.
const MAX_HEAT: Ticks = 1_000_000_000;
/// Cities looked at before the first question, per city: a greedy tour alone is a poor answer, and
/// these take a few milliseconds at most.
const UNASKED_PER_CITY: usize = 4;
/// Cities looked at between two questions whether to stop.
const CITIES_PER_QUESTION: usize = 64;

/// A tour under improvement.
#[derive(Debug)]
pub(super) struct Search<'p> {
    problem: &'p Problem,
    array: Array<'p>,
    near: Neighbours,
    /// Cities whose surroundings changed.
    queue: VecDeque<usize>,
    is_queued: Vec<bool>,
    /// Cities still to be looked at before the next question whether to stop.
    unasked: usize,
    random: Random,
    /// What the kicks go on from; `None` before the first.
    course: Option<Course<'p>>,
}

/// Where a search by kicks has got to.
#[derive(Debug)]
struct Course<'p> {
    /// See [`Search::block_positions`].
    blocks: Vec<(usize, usize)>,
    best: Array<'p>,
    /// The tour that is being kicked.
    kept: Array<'p>,
    /// Kicks that are left, should none of them help.
    patience: usize,
    cycle: Cycle,
}

impl<'p> Search<'p> {
    /// Begins with the greedy tour: always on to the nearest city of the block.
    pub(super) fn new(problem: &'p Problem) -> Self {
        let size = problem.size();
        let mut search = Self {
            problem,
            array: Array::new(problem, greedy(problem)),
            near: Neighbours::new(problem),
            queue: VecDeque::with_capacity(size),
            is_queued: vec![false; size],
            unasked: UNASKED_PER_CITY * size,
            random: Random(0x9E37_79B9_7F4A_7C15),
            course: None,
        };
        search.touch_all();
        search
    }

    /// The length of the best tour.
    pub(super) fn length(&self) -> Ticks {
        self.best().length()
    }

    /// All cities but 0 in the order of the visit, and the length.
    pub(super) fn into_best(self) -> (Vec<usize>, Ticks) {
        (self.best().order().to_vec(), self.length())
    }

    fn best(&self) -> &Array<'p> {
        self.course.as_ref().map_or(&self.array, |course| &course.best)
    }

    /// Goes on from another tour, given without city 0, if it is shorter than the best.
    pub(super) fn take_up(&mut self, order: &[usize]) {
        if self.problem.length(order) >= self.length() {
            return;
        }
        self.array =
            Array::new(self.problem, std::iter::once(0).chain(order.iter().copied()).collect());
        self.touch_all();
        self.course = None;
    }

    /// Improves the tour around the queued cities until no move helps.
    pub(super) fn descend(&mut self, should_stop: &dyn Fn() -> bool) {
        while let Some(city) = self.queue.pop_front() {
            self.is_queued[city] = false;
            loop {
                self.unasked = self.unasked.saturating_sub(1);
                if self.unasked == 0 {
                    self.unasked = CITIES_PER_QUESTION;
                    if should_stop() {
                        return;
                    }
                }
                let finder = Finder::new(self.problem, &self.near, &self.array);
                let Some((delta, found)) = finder.shorten(city) else { break };
                self.touch_cuts(found);
                self.array.apply(found, delta);
            }
        }
    }

    /// Kicks and improves until the bound is met, nothing better turns up, or time is over.
    ///
    /// How much longer a tour may get and still be kept is drawn at random around a heat that
    /// falls to nothing over a cycle; then the best tour is taken up again for a longer cycle.
    ///
    /// May be called again to go on.
    pub(super) fn improve(&mut self, lower_bound: Ticks, should_stop: &dyn Fn() -> bool) {
        let mut course = match self.course.take() {
            Some(course) => course,
            None => self.begin(should_stop),
        };
        while !course.blocks.is_empty()
            && course.best.length() > lower_bound
            && course.patience > 0
            && !should_stop()
        {
            self.kick_once(&mut course, should_stop);
        }
        self.course = Some(course);
    }

    fn begin(&mut self, should_stop: &dyn Fn() -> bool) -> Course<'p> {
        let size = self.problem.size();
        self.descend(should_stop);
        self.clear_queue();
        Course {
            blocks: self.block_positions(),
            best: self.array.clone(),
            kept: self.array.clone(),
            patience: STALE_KICKS_PER_CITY * size,
            cycle: Cycle::new(self.array.length(), size),
        }
    }

    /// Kicks, improves, and decides which tour to go on from.
    fn kick_once(&mut self, course: &mut Course<'p>, should_stop: &dyn Fn() -> bool) {
        course.patience -= 1;
        self.kick(&course.blocks);
        // One block may have to get longer for its neighbour to get shorter.
        if self.problem.blocks().len() > 1 && self.random.below(2) == 0 {
            self.kick(&course.blocks);
        }
        self.descend(should_stop);
        // Time may have run out in the middle of a descent.
        self.clear_queue();
        let excess = self.random.exponential(course.cycle.heat());
        if self.array.length() <= course.kept.length() + excess {
            course.kept.copy_from(&self.array);
            if course.kept.length() < course.best.length() {
                course.patience = STALE_KICKS_PER_CITY * self.problem.size();
                course.best.copy_from(&self.array);
            }
        } else {
            self.array.copy_from(&course.kept);
        }
        if course.cycle.is_over() {
            self.array.copy_from(&course.best);
            course.kept.copy_from(&course.best);
        }
    }

    /// Lets three neighbouring stretches of one block change places: A B C becomes C B A. Blocks
    /// of two cities are turned round.
    fn kick(&mut self, blocks: &[(usize, usize)]) {
        let (first, count) = blocks[self.random.below(blocks.len())];
        if count == 2 {
            let change = Move { shape: Shape::Swap, i: first - 1, j: first, k: first + 1 };
            self.touch_cuts(change);
            self.array.apply(change, self.array.delta(change));
            return;
        }
        let longest = (count / 3).clamp(1, MAX_KICK);
        let lengths = [(); 3].map(|()| 1 + self.random.below(longest));
        let total = lengths.iter().sum::<usize>();
        let a = first + self.random.below(count - total + 1);
        let (b, c, end) = (a + lengths[0], a + lengths[0] + lengths[1], a + total);
        for position in [a - 1, a, b - 1, b, c - 1, c, end - 1, end] {
            self.touch(self.array.at(position));
        }
        self.array.swap_outer(a, b, c, end);
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

    /// Marks the cities at the ends of the links that a move cuts.
    fn touch_cuts(&mut self, change: Move) {
        for cut in [change.i, change.j, change.k] {
            self.touch(self.array.at(cut));
            self.touch(self.array.at(cut + 1));
        }
    }

    fn touch_all(&mut self) {
        for city in 0..self.problem.size() {
            self.touch(city);
        }
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

/// Simulated annealing over kicks (Martin and Otto 1996), in cycles of which each is twice as long
/// as the one before: whenever time runs out, most of it went into one long cooling.
#[derive(Debug)]
struct Cycle {
    /// Of this cycle and of the next, in turns.
    hottest: [Ticks; 2],
    kicks: Ticks,
    length: Ticks,
}

impl Cycle {
    fn new(tour_length: Ticks, size: usize) -> Self {
        let size = Ticks::try_from(size).unwrap_or(1);
        let mean_leg = tour_length / size;
        let hottest = HOTTEST_PERCENT.map(|percent| (mean_leg * percent / 100).min(MAX_HEAT));
        Self { hottest, kicks: 0, length: FIRST_CYCLE_PER_CITY * size }
    }

    /// The scale of what a tour may get longer now.
    fn heat(&self) -> Ticks {
        self.hottest[0] * (self.length - self.kicks) / self.length
    }

    /// Counts a kick; true when it was the last one of its cycle.
    fn is_over(&mut self) -> bool {
        self.kicks += 1;
        let is_over = self.kicks == self.length;
        if is_over {
            self.kicks = 0;
            self.length *= 2;
            self.hottest.swap(0, 1);
        }
        is_over
    }
}

/// Splitmix64 (Steele, Lea and Flood 2014): enough randomness to get out of a local optimum.
#[derive(Debug)]
struct Random(u64);

impl Random {
    /// An exponentially distributed number with the given scale.
    fn exponential(&mut self, scale: Ticks) -> Ticks {
        let bits = self.next();
        let halvings = Ticks::from(bits.trailing_zeros());
        halvings * scale + scale * Ticks::try_from(bits >> 56).unwrap_or(0) / 256
    }

    /// A number below `limit`.
    fn below(&mut self, limit: usize) -> usize {
        let z = self.next();
        // The high half of the product (Lemire 2019); limits are far below 2^32.
        let limit = u64::try_from(limit).unwrap_or(1);
        usize::try_from(((z >> 32) * limit) >> 32).unwrap_or(0)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}
