//! Which of many line segments come near a place: a hash grid over the cells that each one
//! passes through.
//!
//! The cells are as wide as the segments are long on average, so that the whole grid has a few
//! entries for each segment however long the longest is.

use std::collections::BTreeMap;

/// Narrowest cell, in metres.
const MIN_CELL_M: f64 = 1.0;
/// Farthest that a cell number may lie from 0: beyond any map, far below overflow.
const MAX_CELL: f64 = 1e12;

/// A point in metres.
pub(super) type Xy = (f64, f64);

/// A straight stretch on one floor.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment {
    /// Which edge it is.
    pub(super) edge: usize,
    pub(super) floor: i32,
    pub(super) from: Xy,
    pub(super) to: Xy,
}

/// Segments by the cells that they pass through, or pass by within `reach`.
#[derive(Debug)]
pub(super) struct SegmentGrid {
    cell_m: f64,
    cells: BTreeMap<(i32, i64, i64), Vec<usize>>,
}

impl Segment {
    pub(super) fn length(&self) -> f64 {
        (self.to.0 - self.from.0).hypot(self.to.1 - self.from.1)
    }

    /// The point at a fraction of the way.
    pub(super) fn at(&self, fraction: f64) -> Xy {
        (
            self.from.0 + (self.to.0 - self.from.0) * fraction,
            self.from.1 + (self.to.1 - self.from.1) * fraction,
        )
    }

    /// Where the point nearest to `place` lies, as a fraction of the way, and how far off it is.
    pub(super) fn nearest(&self, place: Xy) -> (f64, f64) {
        let (dx, dy) = (self.to.0 - self.from.0, self.to.1 - self.from.1);
        let square = dx * dx + dy * dy;
        let along = (place.0 - self.from.0) * dx + (place.1 - self.from.1) * dy;
        let fraction = if square > 0.0 { (along / square).clamp(0.0, 1.0) } else { 0.0 };
        let (x, y) = self.at(fraction);
        (fraction, (place.0 - x).hypot(place.1 - y))
    }
}

impl SegmentGrid {
    /// Files the segments by their cells. A place within `reach_m` of a segment is in one of them.
    pub(super) fn new(segments: &[Segment], reach_m: f64) -> Self {
        let total: f64 = segments.iter().map(Segment::length).sum();
        let count = u32::try_from(segments.len()).unwrap_or(u32::MAX).max(1);
        let cell_m = (total / f64::from(count)).max(MIN_CELL_M).max(reach_m);
        let mut grid = Self { cell_m, cells: BTreeMap::new() };
        for (index, segment) in segments.iter().enumerate() {
            grid.insert(index, segment, reach_m);
        }
        grid
    }

    /// The segments that may be within reach of a place.
    pub(super) fn near(&self, floor: i32, (x, y): Xy) -> &[usize] {
        let key = (floor, cell(x, self.cell_m), cell(y, self.cell_m));
        self.cells.get(&key).map_or(&[], Vec::as_slice)
    }

    /// The segments of each cell, cell by cell in a fixed order.
    pub(super) fn cells(&self) -> impl Iterator<Item = &[usize]> {
        self.cells.values().map(Vec::as_slice)
    }

    fn insert(&mut self, index: usize, segment: &Segment, reach_m: f64) {
        let (a, b) = if segment.from.0 <= segment.to.0 {
            (segment.from, segment.to)
        } else {
            (segment.to, segment.from)
        };
        let slope = if b.0 - a.0 > f64::EPSILON { (b.1 - a.1) / (b.0 - a.0) } else { 0.0 };
        let is_steep = b.0 - a.0 <= f64::EPSILON;
        for column in cell(a.0 - reach_m, self.cell_m)..=cell(b.0 + reach_m, self.cell_m) {
            let (low, high) = if is_steep {
                (a.1.min(b.1), a.1.max(b.1))
            } else {
                // The part of the line above this column and its reach.
                let begin = cell_start(column, self.cell_m) - reach_m;
                let end = begin + self.cell_m + 2.0 * reach_m;
                let at = |x: f64| a.1 + slope * (x.clamp(a.0, b.0) - a.0);
                (at(begin).min(at(end)), at(begin).max(at(end)))
            };
            for row in cell(low - reach_m, self.cell_m)..=cell(high + reach_m, self.cell_m) {
                self.cells.entry((segment.floor, column, row)).or_default().push(index);
            }
        }
    }
}

/// The number of the cell that a coordinate lies in.
pub(crate) fn cell(metres: f64, cell_m: f64) -> i64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a whole number within 1e12 of 0; NaN becomes 0"
    )]
    let number = (metres / cell_m).floor().clamp(-MAX_CELL, MAX_CELL) as i64;
    number
}

fn cell_start(number: i64, cell_m: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "within 1e12 of 0")]
    let start = number as f64 * cell_m;
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(from: Xy, to: Xy) -> Segment {
        Segment { edge: 0, floor: 0, from, to }
    }

    #[test]
    fn whatever_is_near_a_segment_finds_it() {
        let segments = [
            segment((0.0, 0.0), (100.0, 37.0)),
            segment((5.0, -3.0), (5.0, 80.0)),
            segment((90.0, 2.0), (-20.0, 2.0)),
            segment((1.0, 1.0), (1.0, 1.0)),
        ];
        let grid = SegmentGrid::new(&segments, 0.5);
        for (index, segment) in segments.iter().enumerate() {
            for step in 0..=100 {
                let (x, y) = segment.at(f64::from(step) / 100.0);
                for (dx, dy) in [(0.0, 0.0), (0.35, 0.35), (-0.35, 0.35), (0.0, -0.49)] {
                    assert!(grid.near(0, (x + dx, y + dy)).contains(&index), "{index} {step}");
                }
                assert!(grid.near(1, (x, y)).is_empty());
            }
        }
    }

    #[test]
    fn one_long_segment_among_short_ones_takes_no_more_cells_than_there_are_segments() {
        let mut segments = vec![segment((-10_000.0, -10_000.0), (10_000.0, 10_000.0))];
        segments.extend((0..1_000).map(|i| segment((f64::from(i), 0.0), (f64::from(i), 1.0))));
        let grid = SegmentGrid::new(&segments, 0.01);
        assert!(grid.cells.values().map(Vec::len).sum::<usize>() < 8_000);
    }

    #[test]
    fn the_nearest_point_is_on_the_segment() {
        let line = segment((0.0, 0.0), (10.0, 0.0));
        assert_eq!(line.nearest((4.0, 3.0)), (0.4, 3.0));
        assert_eq!(line.nearest((-3.0, 4.0)), (0.0, 5.0));
        assert_eq!(segment((1.0, 1.0), (1.0, 1.0)).nearest((1.0, 3.0)), (0.0, 2.0));
    }
}
