//! The moves of the local search, all of one kind: take a stretch out, put it in elsewhere,
//! either way round.
//!
//! A stretch that moves without being turned is an or-3opt move, a stretch that is turned on the
//! spot is a 2-opt move, and short stretches that move are the Or-opt moves (Or 1976). City 0
//! never moves: it is both ends of the array.

use super::sums::Sums;
use crate::domain::store_map::length::Ticks;

/// Longest stretch that moves, in cities.
const MAX_STRETCH: usize = 50;
/// Longest stretch that moves and is turned, in cities.
const MAX_TURNED: usize = 8;

/// Takes the positions `first..=last` out and puts them between `gap` and `gap + 1`, positions
/// of the tour as it was. `gap` is outside of the stretch; `gap + 1 == first` leaves it in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Move {
    pub(super) first: usize,
    pub(super) last: usize,
    pub(super) gap: usize,
    pub(super) is_reversed: bool,
}

impl Move {
    /// The cities at the ends of the arcs that go.
    pub(super) fn ends(self, sums: &Sums<'_>) -> [usize; 6] {
        let Self { first, last, gap, .. } = self;
        [first - 1, first, last, last + 1, gap, gap + 1].map(|position| sums.at(position))
    }

    /// How much longer the tour gets.
    fn delta(self, sums: &Sums<'_>) -> Ticks {
        let Self { first, last, gap, is_reversed } = self;
        let (enter, leave) = if is_reversed { (last, first) } else { (first, last) };
        let turned =
            if is_reversed { sums.against(first, last) - sums.along(first, last) } else { 0 };
        let ends = sums.along(first - 1, first) + sums.along(last, last + 1);
        if gap + 1 == first {
            return turned + sums.link(gap, enter) + sums.link(leave, last + 1) - ends;
        }
        turned + sums.link(first - 1, last + 1) + sums.link(gap, enter) + sums.link(leave, gap + 1)
            - ends
            - sums.along(gap, gap + 1)
    }
}

/// Offers every move that makes `to` follow directly on `from`, with what it costs.
pub(super) fn joining(
    sums: &Sums<'_>,
    from: usize,
    to: usize,
    offer: &mut impl FnMut(Ticks, Move),
) {
    let size = sums.len();
    let p = sums.position(from);
    // Something always precedes `to`, so city 0 counts as the end of the tour here.
    let q = if to == 0 { size } else { sums.position(to) };
    let mut try_move = |first: usize, last: usize, gap: usize, is_reversed: bool| {
        let is_inside = first >= 1 && last < size && first <= last && gap < size;
        if is_inside && (gap < first || gap > last) {
            let candidate = Move { first, last, gap, is_reversed };
            offer(candidate.delta(sums), candidate);
        }
    };
    if p + 1 == q {
        return;
    }
    if p < q {
        // Turn what lies between, so that one of the two ends up beside the other.
        try_move(p + 1, q, p, true);
        if p >= 1 {
            try_move(p, q - 1, p - 1, true);
        }
    }
    for length in 1..=MAX_STRETCH {
        let more = length - 1;
        // A stretch that begins with `to` comes behind `from`.
        try_move(q, q + more, p, false);
        // A stretch that ends with `from` comes before `to`.
        if p > more {
            try_move(p - more, p, q - 1, false);
        }
        if length <= MAX_TURNED {
            // The same, turned: `to` was last, `from` was first.
            if q > more {
                try_move(q - more, q, p, true);
            }
            try_move(p, p + more, q - 1, true);
        }
    }
}
