//! The ways of walking a piece of the network that hangs on the rest at two vertices.
//!
//! What the rest needs to know of a way is its [`Shape`]: the charge it leaves at both vertices,
//! which of them it touches, whether it joins them, and whether the walk ends inside. The charge
//! of a vertex is how often the walk leaves it less how often it arrives. On two-way networks,
//! where every stretch may be walked either way, it is counted modulo 2.
//!
//! Invariant: everything inside that has to be visited is, and each part of a way is connected to
//! one of the two vertices at least. The beginning of the walk is never inside.

use super::super::Ticks;

/// The charge that the end of the walk adds to its vertex.
pub(super) const END_CHARGE: i8 = 1;
/// Largest charge, either way, that there is room for.
pub(super) const MAX_CHARGE: i8 = 31;
/// Beyond all charges.
const FAR: i16 = 1_000;
/// The cost of getting through where there is no way through; costs stay far below.
const NO_WAY: Ticks = Ticks::MAX / 256;

/// When an Euler walk exists, besides that everything is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Two-way networks: all charges are even. No road need be walked more than twice.
    Parity,
    /// Networks with one-way roads: all charges are zero. How often a road has to be walked has
    /// no limit that holds for all networks, so `most` stands for itself and all that is more, and
    /// costs no more than itself. What is found then may be no walk, but no walk costs less.
    Balance { most: i8 },
}

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

impl Rule {
    /// The charge of the start before the first step.
    pub(super) fn start_charge(self) -> i8 {
        match self {
            Self::Parity => 1,
            Self::Balance { .. } => -END_CHARGE,
        }
    }

    /// What the sum of two charges may be, from the least to the greatest.
    pub(super) fn sums(self, a: i8, b: i8) -> [i8; 2] {
        self.ranges_sum([a, a], b)
    }

    /// The same for a range of charges and another charge.
    pub(super) fn ranges_sum(self, [from, to]: [i8; 2], more: i8) -> [i8; 2] {
        let Self::Balance { most } = self else { return [(from ^ more) & 1; 2] };
        let least = |charge: i8| if charge == -most { -FAR } else { charge.into() };
        let greatest = |charge: i8| if charge == most { FAR } else { charge.into() };
        [least(from) + least(more), greatest(to) + greatest(more)].map(|sum| self.held(sum))
    }

    /// The charge that stands for this sum.
    fn held(self, sum: i16) -> i8 {
        let most = self.most();
        i8::try_from(sum.clamp((-most).into(), most.into())).unwrap_or(most)
    }

    /// Whether two charges may cancel each other and a third.
    pub(super) fn can_cancel(self, a: i8, b: i8, third: i8) -> bool {
        let [least, greatest] = self.ranges_sum(self.sums(a, b), third);
        (least..=greatest).contains(&0)
    }

    /// Most times that a road is walked one way, which stands for all that is more.
    pub(super) fn most(self) -> i8 {
        match self {
            Self::Parity => 1,
            Self::Balance { most } => most,
        }
    }
}

/// The ways of a single road that costs this much there, and back if there is a way back.
pub(super) fn of_road(rule: Rule, cost: Ticks, back: Option<Ticks>) -> Vec<Way> {
    let joined = Shape { touches: [true; 2], joins: true, ..Shape::NOTHING };
    let way = |shape, cost, parts| Way { shape, cost, parts, ends_between: false };
    let mut ways = vec![way(Shape::NOTHING, 0, [0, 0])];
    if let Some(back) = back {
        ways.push(way(joined, cost + back, [1, 1]));
    }
    if rule == Rule::Parity {
        ways.push(way(Shape { charge: [1, 1], ..joined }, cost, [1, 0]));
    } else {
        for charge in 1..=rule.most() {
            let times = charge.unsigned_abs().into();
            let there = Shape { charge: [charge, -charge], ..joined };
            ways.push(way(there, Ticks::from(times) * cost, [times, 0]));
            if let Some(back) = back {
                ways.push(way(there.reversed(), Ticks::from(times) * back, [0, times]));
            }
        }
    }
    ways.sort_by_key(|way| way.cost);
    ways
}

/// The ways of two pieces one after the other; `a` ends and `b` begins at the vertex `between`,
/// which nothing else touches.
pub(super) fn in_series(
    rule: Rule,
    a: &[(Shape, Ticks)],
    b: &[(Shape, Ticks)],
    between: Meeting,
) -> Vec<Way> {
    let mut ways = Vec::with_capacity(12);
    for (first, &(left, left_cost)) in (0..).zip(a) {
        for (second, &(right, right_cost)) in (0..).zip(b) {
            let is_touched = between.is_required || left.touches[1] || right.touches[0];
            let is_closed_off = is_touched && !left.joins && !right.joins;
            if is_closed_off || (left.ends && right.ends) {
                continue;
            }
            for (end_charge, cost) in [(0, Some(0)), (END_CHARGE, between.offer)] {
                let ends_between = end_charge != 0;
                let Some(cost) = cost else { continue };
                let ends = left.ends || right.ends;
                let can_cancel = rule.can_cancel(left.charge[1], right.charge[0], end_charge);
                if !can_cancel || (ends && ends_between) {
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

/// The ways of two pieces between the same two vertices, where getting through on either once more
/// costs `through`, there and back.
pub(super) fn in_parallel(
    rule: Rule,
    a: &[(Shape, Ticks)],
    b: &[(Shape, Ticks)],
    through: Through,
) -> Vec<Way> {
    let mut ways = Vec::with_capacity(12);
    for (first, &(left, left_cost)) in (0..).zip(a) {
        for (second, &(right, right_cost)) in (0..).zip(b) {
            if left.ends && right.ends {
                continue;
            }
            let either = |index: usize| left.touches[index] || right.touches[index];
            let sums = |index: usize| rule.sums(left.charge[index], right.charge[index]);
            let ([from, to], [from_too, to_too]) = (sums(0), sums(1));
            // What is beyond the greatest charge is not paid for: a walk that gets through once
            // more may be looked at as one of these.
            let excess = |index: usize| {
                let sum = Ticks::from(left.charge[index]) + Ticks::from(right.charge[index]);
                let most = Ticks::from(rule.most());
                if rule == Rule::Parity { 0 } else { sum - sum.clamp(-most, most) }
            };
            let there = excess(0).max(-excess(1)).max(0);
            let back = excess(1).max(-excess(0)).max(0);
            let unpaid = there * unpaid(through[0]) + back * unpaid(through[1]);
            let cost = left_cost + right_cost - unpaid;
            for charge in (from..=to).flat_map(|a| (from_too..=to_too).map(move |b| [a, b])) {
                let shape = Shape {
                    charge,
                    touches: [either(0), either(1)],
                    joins: left.joins || right.joins,
                    ends: left.ends || right.ends,
                };
                add(&mut ways, Way { shape, cost, parts: [first, second], ends_between: false });
            }
        }
    }
    drop_dominated(&mut ways);
    ways
}

/// What need not be paid for each time that is too many.
fn unpaid(through: Ticks) -> Ticks {
    if through < NO_WAY { through } else { 0 }
}

/// What getting through once costs, there and back.
pub(super) type Through = [Ticks; 2];

/// Through a road.
pub(super) fn through_road(cost: Ticks, back: Option<Ticks>) -> Through {
    [cost, back.unwrap_or(NO_WAY)]
}

/// Through one and then the other.
pub(super) fn through_both(a: Through, b: Through) -> Through {
    [a[0] + b[0], a[1] + b[1]].map(|cost| cost.min(NO_WAY))
}

/// Through either.
pub(super) fn through_either(a: Through, b: Through) -> Through {
    [a[0].min(b[0]), a[1].min(b[1])]
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
