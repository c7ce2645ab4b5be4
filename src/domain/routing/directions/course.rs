//! From stretches to runs: where a walk turns, and what is one way straight on.
//!
//! A single bend may be a turn of its own. Several slight ones in a row are one corner, which is
//! a turn if they add up and follow each other closely: a corner drawn round with five pieces is
//! a turn, a long curved aisle is not. A step aside and back is none.

use super::super::network::Vertex;
use crate::domain::store_map::length::{TICKS_PER_METRE, Ticks};

/// Corners below this many degrees go on straight.
const STRAIGHT_DEGREES: f64 = 30.0;
/// Corners below this many degrees are slight.
const SLIGHT_DEGREES: f64 = 55.0;
/// Bends above this many degrees go back.
const BACK_DEGREES: f64 = 150.0;
/// Bends below this many degrees can be parts of a round corner.
const PART_DEGREES: f64 = 60.0;
/// Parts of a round corner are not farther from each other than this, in metres.
const ROUND_M: f64 = 5.0;
/// A bend and its contrary this close to each other are a step aside, in metres.
const ASIDE_M: f64 = 3.0;
/// Bends this close to each other are one, whatever they are, in metres.
const SAME_PLACE_M: f64 = 0.5;
/// What bends less than this on a metre is a curve and no corner, in degrees.
const CURVE_DEGREES_PER_M: f64 = 5.0;
/// Shorter than this, in metres, a stretch has no direction worth the name.
const MIN_LENGTH_M: f64 = 1e-3;
/// A stretch without a name that is shorter than this belongs to its neighbour.
const NAMELESS: Ticks = 3 * TICKS_PER_METRE;
/// A stretch with another name that is shorter than this merely crosses.
const CROSSING: Ticks = TICKS_PER_METRE;

/// What one does where two runs meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Left,
    Right,
    SlightLeft,
    SlightRight,
    Around,
}

/// A straight piece of the walk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch<'a> {
    pub(super) from: Vertex,
    pub(super) to: Vertex,
    pub(super) dx: f64,
    pub(super) dy: f64,
    pub(super) cost: Ticks,
    pub(super) aisle: Option<&'a str>,
}

/// Stretches that follow each other on foot.
#[derive(Debug, Default)]
pub(super) struct Course<'a> {
    stretches: Vec<Stretch<'a>>,
}

/// What one step of the directions walks: straight on along one aisle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run<'a> {
    /// What is done before.
    pub(super) turn: Option<Turn>,
    pub(super) cost: Ticks,
    pub(super) aisle: Option<&'a str>,
    /// Where it ends.
    pub(super) to: Vertex,
}

/// A change of direction.
#[derive(Debug, Clone, Copy)]
struct Bend {
    /// Index of the stretch that it leads into.
    before: usize,
    /// Metres from the beginning.
    at_m: f64,
    /// To the left positive.
    degrees: f64,
}

/// Bends that are taken as one.
#[derive(Debug, Clone, Copy)]
struct Corner {
    before: usize,
    first_m: f64,
    last_m: f64,
    total: f64,
    sharpest: f64,
    is_one_place: bool,
}

/// Degrees from one heading to another, both in radians: -180 to 180, to the left positive.
pub(super) fn bend(before: f64, after: f64) -> f64 {
    normal((after - before).to_degrees())
}

fn normal(degrees: f64) -> f64 {
    let degrees = (degrees + 180.0).rem_euclid(360.0) - 180.0;
    if degrees <= -180.0 { 180.0 } else { degrees }
}

impl<'a> Course<'a> {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn push(&mut self, stretch: Stretch<'a>) {
        self.stretches.push(stretch);
    }

    /// Where it begins, if there is anything to walk.
    pub(super) fn begin(&self) -> Option<Vertex> {
        self.stretches.first().map(|stretch| stretch.from)
    }

    /// The runs for a person who comes with that heading, and the heading afterwards.
    pub(super) fn runs(&self, heading: Option<f64>) -> (Vec<Run<'a>>, Option<f64>) {
        let (bends, heading) = self.bends(heading);
        let mut runs = Vec::new();
        let mut begin = 0;
        let mut turn = None;
        for (before, next) in turns(&bends) {
            straight(&self.stretches[begin..before], turn, &mut runs);
            (begin, turn) = (before, Some(next));
        }
        straight(&self.stretches[begin..], turn, &mut runs);
        (runs, heading)
    }

    fn bends(&self, mut heading: Option<f64>) -> (Vec<Bend>, Option<f64>) {
        let mut bends = Vec::new();
        let mut at_m = 0.0;
        for (before, stretch) in self.stretches.iter().enumerate() {
            let length_m = stretch.dx.hypot(stretch.dy);
            if length_m >= MIN_LENGTH_M {
                let after = stretch.dy.atan2(stretch.dx);
                if let Some(last) = heading.replace(after) {
                    let degrees = bend(last, after);
                    if degrees.abs() > 0.1 {
                        bends.push(Bend { before, at_m, degrees });
                    }
                }
            }
            at_m += length_m;
        }
        (bends, heading)
    }
}

/// The turns, each with the stretch it leads into.
fn turns(bends: &[Bend]) -> Vec<(usize, Turn)> {
    let mut corners: Vec<Corner> = Vec::new();
    for bend in bends {
        match corners.last_mut() {
            Some(corner) if corner.takes(bend) => corner.add(bend),
            _ => corners.push(Corner::new(bend)),
        }
    }
    corners.iter().filter_map(|corner| Some((corner.before, corner.turn()?))).collect()
}

impl Corner {
    fn new(bend: &Bend) -> Self {
        Self {
            before: bend.before,
            first_m: bend.at_m,
            last_m: bend.at_m,
            total: bend.degrees,
            sharpest: bend.degrees.abs(),
            is_one_place: true,
        }
    }

    /// Whether a bend that follows is part of it.
    fn takes(&self, bend: &Bend) -> bool {
        let gap_m = bend.at_m - self.last_m;
        let are_parts = self.sharpest < PART_DEGREES && bend.degrees.abs() < PART_DEGREES;
        let is_same_way = (bend.degrees > 0.0) == (self.total > 0.0);
        gap_m <= SAME_PLACE_M || are_parts && gap_m <= if is_same_way { ROUND_M } else { ASIDE_M }
    }

    fn add(&mut self, bend: &Bend) {
        self.is_one_place &= bend.at_m - self.first_m <= SAME_PLACE_M;
        self.last_m = bend.at_m;
        self.total += bend.degrees;
        self.sharpest = self.sharpest.max(bend.degrees.abs());
    }

    fn turn(&self) -> Option<Turn> {
        let total = if self.is_one_place { normal(self.total) } else { self.total };
        let length_m = self.last_m - self.first_m;
        let is_curve = !self.is_one_place && total.abs() < CURVE_DEGREES_PER_M * length_m;
        let size = total.abs();
        if is_curve || size < STRAIGHT_DEGREES {
            return None;
        }
        let is_left = total > 0.0;
        Some(if size > BACK_DEGREES && self.is_one_place {
            Turn::Around
        } else if size < SLIGHT_DEGREES {
            if is_left { Turn::SlightLeft } else { Turn::SlightRight }
        } else if is_left {
            Turn::Left
        } else {
            Turn::Right
        })
    }
}

/// Splits what goes on straight where the aisle changes; the turn comes before the first of it.
fn straight<'a>(stretches: &[Stretch<'a>], turn: Option<Turn>, runs: &mut Vec<Run<'a>>) {
    let first = runs.len();
    // Of one name each.
    let mut pieces: Vec<Run<'a>> = Vec::new();
    for &Stretch { to, cost, aisle, .. } in stretches {
        match pieces.last_mut() {
            Some(piece) if piece.aisle == aisle => {
                piece.cost += cost;
                piece.to = to;
            }
            _ => pieces.push(Run { turn: None, cost, aisle, to }),
        }
    }
    let longest = pieces.iter().max_by_key(|piece| piece.cost).map(|piece| piece.aisle);
    let end = pieces.last().map(|piece| piece.to);
    let mut carried = 0;
    for piece in pieces {
        let least = if piece.aisle.is_some() { CROSSING } else { NAMELESS };
        if piece.cost < least {
            carried += piece.cost;
            continue;
        }
        let cost = piece.cost + std::mem::take(&mut carried);
        match runs[first..].last_mut() {
            Some(run) if run.aisle == piece.aisle => {
                run.cost += cost;
                run.to = piece.to;
            }
            _ => runs.push(Run { cost, ..piece }),
        }
    }
    if let (true, Some(aisle), Some(to)) = (carried > 0, longest, end) {
        match runs[first..].last_mut() {
            Some(run) => {
                run.cost += carried;
                run.to = to;
            }
            None => runs.push(Run { turn: None, cost: carried, aisle, to }),
        }
    }
    if let Some(run) = runs.get_mut(first) {
        run.turn = turn;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs of pieces of a length, each bent from the one before by so many degrees.
    fn course(pieces: &[(f64, f64)]) -> Vec<(Option<Turn>, Ticks)> {
        let mut course = Course::new();
        let mut heading: f64 = 0.0;
        for (index, &(length_m, degrees)) in pieces.iter().enumerate() {
            heading += degrees.to_radians();
            course.push(Stretch {
                from: index,
                to: index + 1,
                dx: heading.cos() * length_m,
                dy: heading.sin() * length_m,
                cost: crate::domain::store_map::length::ticks_from_metres(length_m).unwrap(),
                aisle: None,
            });
        }
        let (runs, _) = course.runs(None);
        runs.iter().map(|run| (run.turn, run.cost)).collect()
    }

    #[test]
    fn a_corner_drawn_round_is_one_turn() {
        let mut pieces = vec![(10.0, 0.0)];
        pieces.extend([(0.8, 18.0); 5]);
        pieces.push((10.0, 0.0));
        assert_eq!(course(&pieces), [(None, 100_000), (Some(Turn::Left), 140_000)]);
        // The same to the right, in two pieces of 45 degrees.
        let pieces = [(10.0, 0.0), (1.5, -45.0), (10.0, -45.0)];
        assert_eq!(course(&pieces), [(None, 100_000), (Some(Turn::Right), 115_000)]);
    }

    #[test]
    fn a_long_curve_is_no_turn() {
        let mut pieces = vec![(10.0, 0.0)];
        pieces.extend([(2.0, 5.0); 20]);
        assert_eq!(course(&pieces), [(None, 500_000)]);
    }

    #[test]
    fn a_step_aside_is_no_turn_but_two_corners_are_two() {
        let aside = [(10.0, 0.0), (1.0, 45.0), (10.0, -45.0)];
        assert_eq!(course(&aside), [(None, 210_000)]);
        let jog = [(10.0, 0.0), (0.3, 90.0), (10.0, -90.0)];
        assert_eq!(course(&jog), [(None, 203_000)]);
        let round_a_shelf = [(10.0, 0.0), (2.4, 90.0), (10.0, 90.0)];
        assert_eq!(
            course(&round_a_shelf),
            [(None, 100_000), (Some(Turn::Left), 24_000), (Some(Turn::Left), 100_000)]
        );
    }

    #[test]
    fn turns_are_named_by_the_angle() {
        let named = |degrees: f64| course(&[(5.0, 0.0), (5.0, degrees)]).get(1).map(|run| run.0);
        assert_eq!(named(29.0), None);
        assert_eq!(named(-40.0), Some(Some(Turn::SlightRight)));
        assert_eq!(named(90.0), Some(Some(Turn::Left)));
        assert_eq!(named(-149.0), Some(Some(Turn::Right)));
        assert_eq!(named(175.0), Some(Some(Turn::Around)));
        assert_eq!(named(180.0), Some(Some(Turn::Around)));
        assert!((bend(170_f64.to_radians(), -170_f64.to_radians()) - 20.0).abs() < 1e-9);
    }

    #[test]
    fn crossings_and_gaps_do_not_cut_an_aisle() {
        let piece = |to, cost, aisle| Stretch { from: to - 1, to, dx: 1.0, dy: 0.0, cost, aisle };
        let run = |cost, aisle, to| Run { turn: None, cost, aisle, to };
        let mut runs = Vec::new();
        let stretches = [
            piece(1, 80_000, Some("A1")),
            piece(2, 9_000, Some("Middle")),
            piece(3, 20_000, None),
            piece(4, 70_000, Some("A1")),
            piece(5, 50_000, Some("A11")),
        ];
        straight(&stretches, None, &mut runs);
        assert_eq!(runs, [run(179_000, Some("A1"), 4), run(50_000, Some("A11"), 5)]);
        let mut runs = Vec::new();
        straight(&[piece(1, 4_000, None), piece(2, 5_000, Some("A2"))], None, &mut runs);
        assert_eq!(runs, [run(9_000, Some("A2"), 2)]);
    }
}
