//! Edges of one floor that meet without a common node: crossed, touched in the middle, lying on
//! each other, or ending at two nodes of one place. A walker could turn there, a walk cannot.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::super::grid::{Segment, SegmentGrid, Xy, cell};
use super::{Findings, Level, Net, edges};

/// What is closer than this touches, in metres.
const TOUCH_M: f64 = 0.01;
/// Most pairs of edges that are compared: more than any map has whose edges are not heaped up.
const PAIRS_MAX: usize = 20_000_000;
/// Most pairs that are kept; a map with more has a mistake in its making, not in its edges.
const MEETINGS_MAX: usize = 20_000;

pub(super) fn check(net: &Net<'_>, findings: &mut Findings) {
    same_place(net, findings);
    let segments = edges::segments(net);
    let grid = SegmentGrid::new(&segments, TOUCH_M);
    let mut meetings = BTreeSet::new();
    let mut left = PAIRS_MAX;
    'all: for cell in grid.cells() {
        for (position, &one) in cell.iter().enumerate() {
            for &other in &cell[position + 1..] {
                if left == 0 || meetings.len() >= MEETINGS_MAX {
                    break 'all;
                }
                left -= 1;
                let (one, other) = if one < other { (one, other) } else { (other, one) };
                if one != other && meet(net, &segments[one], &segments[other]).is_some() {
                    meetings.insert((one, other));
                }
            }
        }
    }
    for &(one, other) in &meetings {
        let (one, other) = (&segments[one], &segments[other]);
        let Some(meeting) = meet(net, one, other) else { continue };
        let message = meeting.message(&net.edge_name(other.edge));
        findings.warn("crossing-without-node", format!("edges[{}]", one.edge), message);
    }
    if left == 0 || meetings.len() >= MEETINGS_MAX {
        let message = "too many edges lie at one place to look at all of their crossings";
        findings.add(Level::Note, "not-all-crossings", "edges", message);
    }
}

/// How two edges meet.
enum Meeting {
    Crossing(Xy),
    /// The one ends on the other.
    Touching(Xy),
    Overlap(f64),
}

impl Meeting {
    fn message(&self, other: &str) -> String {
        match self {
            Self::Crossing((x, y)) => format!(
                "crosses {other} at ({x:.2}, {y:.2}) without a node; add one there and split both \
                 edges"
            ),
            Self::Touching((x, y)) => format!(
                "touches {other} at ({x:.2}, {y:.2}) without a common node; split the edge that \
                 goes through there at the node of the other"
            ),
            Self::Overlap(length) => format!(
                "lies on {other} for {length:.2} m; let each stretch be an edge of its own, once"
            ),
        }
    }
}

fn meet(net: &Net<'_>, one: &Segment, other: &Segment) -> Option<Meeting> {
    if !boxes_touch(one, other) {
        return None;
    }
    let (length, other_length) = (one.length(), other.length());
    if length <= TOUCH_M || other_length <= TOUCH_M {
        return None;
    }
    let lies_on = |line: &Segment, it: &Segment| {
        distance_from_line(line, it.from) <= TOUCH_M && distance_from_line(line, it.to) <= TOUCH_M
    };
    if lies_on(one, other) || lies_on(other, one) {
        let overlap = overlap(one, other);
        return (overlap > TOUCH_M && !are_same_ends(net, one, other))
            .then_some(Meeting::Overlap(overlap));
    }
    if shares_node(net, one, other) {
        return None;
    }
    let (r, s) = (direction(one), direction(other));
    let cross = r.0 * s.1 - r.1 * s.0;
    let between = (other.from.0 - one.from.0, other.from.1 - one.from.1);
    // Metres from the beginnings to where the lines meet.
    let along = (between.0 * s.1 - between.1 * s.0) / cross * length;
    let along_other = (between.0 * r.1 - between.1 * r.0) / cross * other_length;
    let is_on = |along: f64, length: f64| (-TOUCH_M..=length + TOUCH_M).contains(&along);
    if !is_on(along, length) || !is_on(along_other, other_length) {
        return None;
    }
    let is_inside = |along: f64, length: f64| along > TOUCH_M && along < length - TOUCH_M;
    let place = one.at((along / length).clamp(0.0, 1.0));
    match (is_inside(along, length), is_inside(along_other, other_length)) {
        (true, true) => Some(Meeting::Crossing(place)),
        (true, false) | (false, true) => Some(Meeting::Touching(place)),
        // Ends at one place: two nodes there.
        (false, false) => None,
    }
}

fn boxes_touch(one: &Segment, other: &Segment) -> bool {
    let apart = |a: f64, b: f64, c: f64, d: f64| a.max(b) + TOUCH_M < c.min(d);
    let (a, b, c, d) = (one.from, one.to, other.from, other.to);
    !(apart(a.0, b.0, c.0, d.0)
        || apart(c.0, d.0, a.0, b.0)
        || apart(a.1, b.1, c.1, d.1)
        || apart(c.1, d.1, a.1, b.1))
}

fn direction(segment: &Segment) -> Xy {
    (segment.to.0 - segment.from.0, segment.to.1 - segment.from.1)
}

fn distance_from_line(line: &Segment, (x, y): Xy) -> f64 {
    let (dx, dy) = direction(line);
    ((x - line.from.0) * dy - (y - line.from.1) * dx).abs() / line.length()
}

/// How much of two segments on one line they have in common, in metres.
fn overlap(one: &Segment, other: &Segment) -> f64 {
    let length = one.length();
    let (dx, dy) = direction(one);
    let along = |(x, y): Xy| ((x - one.from.0) * dx + (y - one.from.1) * dy) / length;
    let (begin, end) = (along(other.from), along(other.to));
    begin.max(end).min(length) - begin.min(end).max(0.0)
}

fn shares_node(net: &Net<'_>, one: &Segment, other: &Segment) -> bool {
    let ((a, b), (c, d)) = (net.ends[one.edge], net.ends[other.edge]);
    a == c || a == d || b == c || b == d
}

/// Two edges between the same nodes are a duplicate, not a crossing.
fn are_same_ends(net: &Net<'_>, one: &Segment, other: &Segment) -> bool {
    let ((a, b), (c, d)) = (net.ends[one.edge], net.ends[other.edge]);
    (a.min(b), a.max(b)) == (c.min(d), c.max(d))
}

/// Nodes of one place that nothing joins, although walks lead to both.
fn same_place(net: &Net<'_>, findings: &mut Findings) {
    let joined: HashSet<(usize, usize)> =
        net.ends.iter().flat_map(|&(from, to)| [(from, to), (to, from)]).collect();
    let is_walked = |node: usize| net.edges_at[node].iter().any(|&edge| net.is_flat(edge));
    let mut by_cell: HashMap<(i32, i64, i64), Vec<usize>> = HashMap::new();
    for (index, node) in net.map.nodes.iter().enumerate().filter(|(index, _)| is_walked(*index)) {
        let (column, row) = (cell(node.x, TOUCH_M), cell(node.y, TOUCH_M));
        let around =
            (column - 1..=column + 1).flat_map(|x| (row - 1..=row + 1).map(move |y| (x, y)));
        let twin = around
            .filter_map(|(x, y)| by_cell.get(&(node.floor, x, y)))
            .flatten()
            .copied()
            .filter(|&other| {
                let other = &net.map.nodes[other];
                (other.x - node.x).hypot(other.y - node.y) <= TOUCH_M
            })
            .min();
        if let Some(twin) = twin
            && !joined.contains(&(index, twin))
        {
            let message = format!(
                "{:?} is where {:?} is, and no edge joins the two; make them one node",
                node.id, net.map.nodes[twin].id
            );
            findings.warn("crossing-without-node", format!("nodes[{index}]"), message);
        }
        // Later ones are compared with the first few of a heap.
        let there = by_cell.entry((node.floor, column, row)).or_default();
        if there.len() < 4 {
            there.push(index);
        }
    }
}
