//! The ways of walking a piece of the network that hangs on the rest at two vertices.
//!
//! What the rest needs to know of a way is its [`Shape`]: the charge it leaves at both vertices,
//! which of them it touches, whether it joins them, and whether the walk ends inside. The charge
//! of a vertex is how often the walk leaves it less how often it arrives, counted modulo 2 on
//! two-way networks, where every stretch may be walked either way.
//!
//! Invariant: everything inside that has to be visited is, and each part of a way is connected to
//! one of the two vertices at least. The beginning of the walk is never inside.

use super::super::Ticks;

/// The charge that the end of the walk adds to its vertex.
pub(super) const END_CHARGE: i8 = 1;

/// What a way looks like from outside; index 0 and 1 are the two vertices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) charge: [i8; 2],
    pub(super) touches: [bool; 2],
    pub(super) joins: bool,
    /// Whether the walk ends inside.
    pub(super) ends: bool,
}

/// The cheapest way of its shape, and how it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) shape: Shape,
    pub(super) cost: Ticks,
    /// For a road how often it is walked there and back, otherwise the ways of the two parts.
    pub(super) parts: [u16; 2],
    /// Whether the walk ends at the vertex between the parts.
    pub(super) ends_between: bool,
}

/// A vertex as far as ways that meet there are concerned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Meeting {
    /// Whether it has to be visited.
    pub(super) is_required: bool,
    /// What it costs to end the walk here, if that is possible.
    pub(super) offer: Option<Ticks>,
}

impl Shape {
    pub(super) const NOTHING: Self =
        Self { charge: [0, 0], touches: [false, false], joins: false, ends: false };

    /// The same, seen from the other end.
    pub(super) fn reversed(self) -> Self {
        let ([a, b], [c, d]) = (self.charge, self.touches);
        Self { charge: [b, a], touches: [d, c], ..self }
    }

    /// Whether a way of this shape can always stand in for one of the other: it asks for no more
    /// and connects no less.
    fn serves_as(self, other: Self) -> bool {
        self.charge == other.charge
            && self.ends == other.ends
            && self.touches[0] <= other.touches[0]
            && self.touches[1] <= other.touches[1]
            && self.joins >= other.joins
    }

    /// Without the touches that make no difference, since the vertex is to be visited anyway.
    pub(super) fn without_touching(self, is_required: [bool; 2]) -> Self {
        let [a, b] = self.touches;
        Self { touches: [a && !is_required[0], b && !is_required[1]], ..self }
    }
}

/// The sum of two charges.
pub(super) fn sum(a: i8, b: i8) -> i8 {
    (a ^ b) & 1
}

/// The ways of a single road.
pub(super) fn of_road(cost: Ticks) -> Vec<Way> {
    let joined = Shape { touches: [true; 2], joins: true, ..Shape::NOTHING };
    let way = |shape, cost, parts| Way { shape, cost, parts, ends_between: false };
    let once = Shape { charge: [1, 1], ..joined };
    vec![way(Shape::NOTHING, 0, [0, 0]), way(once, cost, [1, 0]), way(joined, 2 * cost, [1, 1])]
}

/// The ways of two pieces one after the other; `a` ends and `b` begins at the vertex `between`,
/// which nothing else touches.
pub(super) fn in_series(a: &[(Shape, Ticks)], b: &[(Shape, Ticks)], between: Meeting) -> Vec<Way> {
    let mut ways = Vec::with_capacity(12);
    for (first, &(left, left_cost)) in (0..).zip(a) {
        for (second, &(right, right_cost)) in (0..).zip(b) {
            let is_touched = between.is_required || left.touches[1] || right.touches[0];
            let is_closed_off = is_touched && !left.joins && !right.joins;
            if is_closed_off || (left.ends && right.ends) {
                continue;
            }
            let charge = sum(left.charge[1], right.charge[0]);
            for (end_charge, cost) in [(0, Some(0)), (END_CHARGE, between.offer)] {
                let ends_between = end_charge != 0;
                let Some(cost) = cost else { continue };
                let ends = left.ends || right.ends;
                if sum(charge, end_charge) != 0 || (ends && ends_between) {
                    continue;
                }
                let shape = Shape {
                    charge: [left.charge[0], right.charge[1]],
                    touches: [left.touches[0], right.touches[1]],
                    joins: left.joins && right.joins,
                    ends: ends || ends_between,
                };
                let cost = left_cost + right_cost + cost;
                add(&mut ways, Way { shape, cost, parts: [first, second], ends_between });
            }
        }
    }
    drop_dominated(&mut ways);
    ways
}

/// The ways of two pieces between the same two vertices.
pub(super) fn in_parallel(a: &[(Shape, Ticks)], b: &[(Shape, Ticks)]) -> Vec<Way> {
    let mut ways = Vec::with_capacity(12);
    for (first, &(left, left_cost)) in (0..).zip(a) {
        for (second, &(right, right_cost)) in (0..).zip(b) {
            if left.ends && right.ends {
                continue;
            }
            let both = |index: usize| sum(left.charge[index], right.charge[index]);
            let either = |index: usize| left.touches[index] || right.touches[index];
            let shape = Shape {
                charge: [both(0), both(1)],
                touches: [either(0), either(1)],
                joins: left.joins || right.joins,
                ends: left.ends || right.ends,
            };
            let cost = left_cost + right_cost;
            add(&mut ways, Way { shape, cost, parts: [first, second], ends_between: false });
        }
    }
    drop_dominated(&mut ways);
    ways
}

fn add(ways: &mut Vec<Way>, way: Way) {
    match ways.iter_mut().find(|known| known.shape == way.shape) {
        Some(known) if known.cost <= way.cost => {}
        Some(known) => *known = way,
        None => ways.push(way),
    }
}

/// Drops each way that another of at most its cost can stand in for.
fn drop_dominated(ways: &mut Vec<Way>) {
    ways.sort_by_key(|way| way.cost);
    let mut kept = 0;
    for index in 0..ways.len() {
        let way = ways[index];
        let stands_in = |known: &Way| known.shape.serves_as(way.shape);
        if !ways[..kept].iter().any(stands_in) {
            ways[kept] = way;
            kept += 1;
        }
    }
    ways.truncate(kept);
}
