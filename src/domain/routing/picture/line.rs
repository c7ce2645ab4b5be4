//! The line of the walk on one floor.
//!
//! A stretch that is walked more than once is drawn once for each time, side by side: each pass
//! keeps to the right of its direction, as traffic does, so that there and back can be told apart.

use std::collections::HashMap;

use super::{
    super::answer::RouteAnswer,
    sheet::{self, Sizes, count},
    svg::{Pt, Svg},
};

/// Directions whose sine is below this are the same.
const SAME_DIRECTION: f64 = 0.02;

/// The walk on one floor: a line for each stretch without a change of floor.
#[derive(Debug)]
pub(super) struct Line {
    lines: Vec<Vec<Pt>>,
    stops: Vec<Pt>,
}

/// A place with an exact name.
type Key = (u64, u64);

/// A stretch between neighbouring places of the walk.
#[derive(Debug, Clone, Copy)]
struct Piece {
    from: Pt,
    to: Pt,
    /// How far to the right of itself it is drawn.
    aside: f64,
}

impl Line {
    pub(super) fn new(answer: &RouteAnswer, floor: i32, sizes: &Sizes) -> Self {
        let mut unnamed: Vec<Pt> = Vec::new();
        let mut parts: Vec<Vec<Pt>> = vec![Vec::new()];
        for point in &answer.path {
            let at = (point.x, -point.y);
            if point.floor != floor {
                parts.push(Vec::new());
            } else if let Some(part) = parts.last_mut()
                && part.last() != Some(&at)
            {
                part.push(at);
                if point.node.is_none() {
                    unnamed.push(at);
                }
            }
        }
        unnamed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        unnamed.dedup();
        let mut walks: Vec<Vec<Piece>> = parts
            .iter()
            .filter(|part| part.len() > 1)
            .map(|part| part.windows(2).flat_map(|ends| cut(ends[0], ends[1], &unnamed)).collect())
            .collect();
        give_lanes(&mut walks, sizes.walk * 1.7);
        let legs = answer.segments.iter().filter(|segment| segment.stop.is_some());
        let stops = legs.filter_map(|leg| leg.path.last()).filter(|point| point.floor == floor);
        Self {
            lines: walks.iter().map(|pieces| joined(pieces)).collect(),
            stops: stops.map(|point| (point.x, -point.y)).collect(),
        }
    }

    /// The straight stretches as they are drawn.
    pub(super) fn stretches(&self) -> impl Iterator<Item = (Pt, Pt)> {
        self.lines.iter().flat_map(|line| line.windows(2).map(|ends| (ends[0], ends[1])))
    }

    /// Where the stops are.
    pub(super) fn stops(&self) -> impl Iterator<Item = Pt> {
        self.stops.iter().copied()
    }

    pub(super) fn draw(&self, svg: &mut Svg, sizes: &Sizes) {
        svg.tag("g")
            .attr("class", "walk")
            .attr("fill", "none")
            .attr("stroke-linecap", "round")
            .attr("stroke-linejoin", "round")
            .open();
        for line in &self.lines {
            let points = svg.points(line);
            svg.tag("polyline")
                .attr("class", "walk-halo")
                .attr("points", &points)
                .stroke(sheet::PAPER, sizes.walk * 1.7)
                .attr("stroke-opacity", "0.75")
                .empty();
        }
        let mut heads = String::new();
        for line in &self.lines {
            let points = svg.points(line);
            svg.tag("polyline")
                .attr("class", "walk")
                .attr("points", &points)
                .stroke(sheet::WALK, sizes.walk)
                .empty();
            arrows(svg, &mut heads, line, sizes);
        }
        if !heads.is_empty() {
            svg.tag("path")
                .attr("class", "walk-arrows")
                .attr("d", &heads)
                .fill(sheet::WALK_HEADS)
                .empty();
        }
        svg.end();
    }
}

fn key((x, y): Pt) -> Key {
    // Adding 0.0 turns -0.0 into 0.0.
    ((x + 0.0).to_bits(), (y + 0.0).to_bits())
}

/// A step of the path, cut where another pass turns or stops in the middle of it.
fn cut(from: Pt, to: Pt, places: &[Pt]) -> Vec<Piece> {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let squared = dx * dx + dy * dy;
    let near = 1e-6 * squared.sqrt().max(1.0);
    // Sorted by x: only those between the ends can be on the way.
    let (low, high) = (from.0.min(to.0) - near, from.0.max(to.0) + near);
    let begin = places.partition_point(|place| place.0 < low);
    let candidates = places[begin..].iter().take_while(|place| place.0 <= high);
    let mut on_way: Vec<(f64, Pt)> = candidates
        .filter(|&&place| key(place) != key(from) && key(place) != key(to))
        .filter_map(|&place| {
            let (px, py) = (place.0 - from.0, place.1 - from.1);
            let share = (px * dx + py * dy) / squared;
            let off = (px * dy - py * dx).abs() / squared.sqrt();
            (off <= near && share > 0.0 && share < 1.0).then_some((share, place))
        })
        .collect();
    on_way.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut pieces = Vec::with_capacity(on_way.len() + 1);
    let mut last = from;
    for place in on_way.into_iter().map(|(_, place)| place).chain([to]) {
        pieces.push(Piece { from: last, to: place, aside: 0.0 });
        last = place;
    }
    pieces
}

/// Puts the passes of a stretch side by side.
fn give_lanes(walks: &mut [Vec<Piece>], gap: f64) {
    // By the ends in a fixed order: how often it is walked that way and the other way.
    let mut passes: HashMap<(Key, Key), [usize; 2]> = HashMap::new();
    let named = |piece: &Piece| {
        let (from, to) = (key(piece.from), key(piece.to));
        if from <= to { ((from, to), 0) } else { ((to, from), 1) }
    };
    for piece in walks.iter().flatten() {
        let (ends, way) = named(piece);
        passes.entry(ends).or_default()[way] += 1;
    }
    let mut seen: HashMap<(Key, Key), [usize; 2]> = HashMap::new();
    for piece in walks.iter_mut().flatten() {
        let (ends, way) = named(piece);
        let all = passes.get(&ends).copied().unwrap_or_default();
        let before = &mut seen.entry(ends).or_default()[way];
        piece.aside = if all[1 - way] > 0 {
            (count(*before) + 0.5) * gap
        } else {
            (count(*before) - (count(all[way]) - 1.0) / 2.0) * gap
        };
        *before += 1;
    }
}

/// One line through pieces that follow each other, each on its lane.
fn joined(pieces: &[Piece]) -> Vec<Pt> {
    let mut line = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| &pieces[before]);
        match before {
            None => line.push(shifted(piece.from, piece)),
            Some(before) => corner(&mut line, before, piece),
        }
    }
    if let Some(last) = pieces.last() {
        line.push(shifted(last.to, last));
    }
    line
}

fn unit(piece: &Piece) -> Pt {
    let (dx, dy) = (piece.to.0 - piece.from.0, piece.to.1 - piece.from.1);
    let length = dx.hypot(dy);
    (dx / length, dy / length)
}

fn shifted(at: Pt, piece: &Piece) -> Pt {
    let (ux, uy) = unit(piece);
    // To the right of the direction, with y down.
    (at.0 - uy * piece.aside, at.1 + ux * piece.aside)
}

fn corner(line: &mut Vec<Pt>, before: &Piece, piece: &Piece) {
    let (a, b) = (unit(before), unit(piece));
    let sine = a.0 * b.1 - a.1 * b.0;
    let cosine = a.0 * b.0 + a.1 * b.1;
    let (end, begin) = (shifted(piece.from, before), shifted(piece.from, piece));
    let is_straight_on = sine.abs() < SAME_DIRECTION && cosine > 0.0;
    if is_straight_on && (before.aside - piece.aside).abs() < f64::EPSILON {
        // Bends too small to be seen add up, so they stay; exact ones go.
        if sine.abs() > 1e-9 {
            line.push(begin);
        }
        return;
    }
    if sine.abs() < 0.2 {
        line.extend([end, begin]);
        return;
    }
    // Where the two lanes cross.
    let (dx, dy) = (begin.0 - end.0, begin.1 - end.1);
    let along = (dx * b.1 - dy * b.0) / sine;
    line.push((end.0 + a.0 * along, end.1 + a.1 * along));
}

/// Heads along a line: about one every sixteen units, in the middle of its straight parts.
fn arrows(svg: &Svg, heads: &mut String, line: &[Pt], sizes: &Sizes) {
    let spacing = 16.0 * sizes.unit;
    let size = sizes.walk * 1.1;
    let mut since = spacing;
    for ends in line.windows(2) {
        let ((x, y), (dx, dy)) = (ends[0], (ends[1].0 - ends[0].0, ends[1].1 - ends[0].1));
        let length = dx.hypot(dy);
        let fits = length > 3.0 * size;
        if !fits || since + length / 2.0 < spacing * 0.6 {
            since += length;
            continue;
        }
        let number = (length / spacing).floor().max(1.0);
        let (ux, uy) = (dx / length, dy / length);
        // Off the middle, so that the heads of there and back do not meet.
        let mut index = 0.42;
        while index < number {
            let along = length * index / number;
            let (cx, cy) = (x + ux * along, y + uy * along);
            let at = |forth: f64, aside: f64| {
                (cx + (ux * forth - uy * aside) * size, cy + (uy * forth + ux * aside) * size)
            };
            svg.trace(heads, &[at(1.2, 0.0), at(-0.9, 1.0), at(-0.45, 0.0), at(-0.9, -1.0)], true);
            index += 1.0;
        }
        since = length / number / 2.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(from: Pt, to: Pt) -> Piece {
        Piece { from, to, aside: 0.0 }
    }

    #[test]
    fn a_step_is_cut_where_another_pass_stops() {
        let pieces = cut((0.0, 0.0), (10.0, 0.0), &[(4.0, 0.0), (5.0, 1.0), (10.0, 0.0)]);
        let ends: Vec<_> = pieces.iter().map(|piece| (piece.from.0, piece.to.0)).collect();
        assert_eq!(ends, [(0.0, 4.0), (4.0, 10.0)]);
    }

    #[test]
    fn there_and_back_are_drawn_on_both_sides() {
        let mut walks = [vec![
            piece((0.0, 0.0), (10.0, 0.0)),
            piece((10.0, 0.0), (10.0, 5.0)),
            piece((10.0, 5.0), (10.0, 0.0)),
            piece((10.0, 0.0), (20.0, 0.0)),
        ]];
        give_lanes(&mut walks, 2.0);
        let lanes: Vec<_> = walks[0].iter().map(|piece| piece.aside.to_string()).collect();
        assert_eq!(lanes, ["0", "1", "1", "0"]);
        assert_eq!(
            joined(&walks[0]),
            [(0.0, 0.0), (9.0, 0.0), (9.0, 5.0), (11.0, 5.0), (11.0, 0.0), (20.0, 0.0)]
        );
    }

    #[test]
    fn two_passes_the_same_way_lie_side_by_side() {
        let mut walks =
            [vec![piece((0.0, 0.0), (10.0, 0.0))], vec![piece((0.0, 0.0), (10.0, 0.0))]];
        give_lanes(&mut walks, 2.0);
        assert_eq!(walks.map(|walk| walk[0].aside.to_string()), ["-1", "1"]);
    }
}
