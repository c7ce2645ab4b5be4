//! Joining a point to the floor plan: the geometrically nearest point of a usable walk edge.

mod tree;

use super::{answer::Point, graph::Graph};
use crate::domain::store_map::length::{self, Ticks};
pub(super) use tree::Trees;

/// Distances closer than this, in metres, are a tie: the noise of floats must not decide between
/// two edges that meet in the nearest point.
const TIE_M: f64 = 1e-9;

/// Edges farther than this behind the nearest one, in metres, cannot take part in a tie, not even
/// by way of a chain of ties.
const SLACK_M: f64 = 1e-6;

/// Where a point meets the graph.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Join {
    /// The edge it meets.
    pub(super) edge: usize,
    /// Cost from that edge's beginning to the meeting point.
    pub(super) offset: Ticks,
    /// The meeting point.
    pub(super) foot: Point,
    /// Length of the stretch between the point and the meeting point.
    pub(super) stretch: Ticks,
}

/// The nearest usable walk edge with both ends on the point's floor; on a tie the earlier one.
/// `None` when the floor has none.
pub(super) fn nearest(graph: &Graph, is_usable: &[bool], point: Point) -> Option<Join> {
    let ends = |index: usize| {
        let edge = &graph.edges[index];
        (graph.nodes[edge.from].point, graph.nodes[edge.to].point)
    };
    let mut near: Vec<(usize, f64, f64)> = Vec::new();
    let mut least = f64::INFINITY;
    graph.trees().search(point, SLACK_M, &mut |index| {
        if is_usable[index] {
            let (from, to) = ends(index);
            let share = nearest_share(from, to, point);
            let distance_m = point.distance_m(from.towards(to, share));
            if distance_m <= least + SLACK_M {
                near.push((index, distance_m, share));
                least = least.min(distance_m);
            }
        }
        least
    });
    near.sort_unstable_by_key(|&(index, ..)| index);
    let best = near.into_iter().reduce(|best, other| {
        if other.1 < best.1 - TIE_M { other } else { best }
    });
    let (edge, distance_m, share) = best?;
    let (from, to) = ends(edge);
    let foot = from.towards(to, share);
    Some(Join {
        edge,
        offset: length::fraction_of(graph.edges[edge].cost, share),
        foot,
        stretch: length::ticks_from_metres(distance_m).unwrap_or(0),
    })
}

/// How far along the straight line from `from` to `to` the point nearest to `point` lies, 0 to 1.
fn nearest_share(from: Point, to: Point, point: Point) -> f64 {
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let squared = dx * dx + dy * dy;
    if squared == 0.0 {
        return 0.0;
    }
    (((point.x - from.x) * dx + (point.y - from.y) * dy) / squared).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        routing::testing::{Seeded, random_map},
        store_map::{Edge, EdgeKind, Node, StoreMap},
    };

    fn cross() -> Graph {
        let mut map = StoreMap {
            nodes: vec![
                Node::new("a", 0.0, 0.0),
                Node::new("b", 10.0, 0.0),
                Node::new("c", 10.0, 10.0),
                Node { floor: 1, ..Node::new("up", 0.0, 0.0) },
            ],
            edges: vec![Edge::new("a", "b"), Edge::new("b", "c"), Edge::new("a", "up")],
            ..StoreMap::default()
        };
        map.edges[0].length = Some(20.0);
        Graph::build(&map).unwrap()
    }

    fn at(x: f64, y: f64) -> Point {
        Point { x, y, floor: 0 }
    }

    #[test]
    fn a_point_joins_at_its_foot_and_splits_the_written_length() {
        let join = nearest(&cross(), &[true; 3], at(2.5, -3.0)).unwrap();
        assert_eq!((join.edge, join.offset, join.stretch), (0, 50_000, 30_000));
        assert_eq!(join.foot, at(2.5, 0.0));
    }

    #[test]
    fn the_ends_of_an_edge_catch_what_lies_beyond_and_ties_go_to_the_earlier_edge() {
        let join = nearest(&cross(), &[true; 3], at(13.0, -4.0)).unwrap();
        assert_eq!((join.edge, join.offset, join.stretch), (0, 200_000, 50_000));
        let join = nearest(&cross(), &[true; 3], at(7.0, 3.0)).unwrap();
        assert_eq!(join.edge, 0);
    }

    #[test]
    fn closed_edges_and_other_floors_do_not_count() {
        let join = nearest(&cross(), &[false, true, true], at(2.5, -3.0)).unwrap();
        assert_eq!(join.edge, 1);
        assert_eq!(nearest(&cross(), &[true; 3], Point { x: 0.0, y: 0.0, floor: 1 }), None);
    }

    /// The same by a look at every edge.
    fn nearest_of_all(graph: &Graph, is_usable: &[bool], point: Point) -> Option<(usize, Ticks)> {
        let mut best: Option<(f64, usize, f64)> = None;
        for (index, edge) in graph.edges.iter().enumerate() {
            let (from, to) = (graph.nodes[edge.from].point, graph.nodes[edge.to].point);
            let is_candidate = is_usable[index]
                && edge.kind == EdgeKind::Walk
                && from.floor == point.floor
                && to.floor == point.floor;
            if is_candidate {
                let share = nearest_share(from, to, point);
                let distance_m = point.distance_m(from.towards(to, share));
                if best.is_none_or(|(best_m, ..)| distance_m < best_m - TIE_M) {
                    best = Some((distance_m, index, share));
                }
            }
        }
        let (_, edge, share) = best?;
        Some((edge, length::fraction_of(graph.edges[edge].cost, share)))
    }

    #[test]
    fn the_tree_finds_what_a_look_at_every_edge_finds() {
        let mut random = Seeded::new(5);
        for round in 0..60 {
            let mut map = random_map(&mut random, 3 + 3 * round, false);
            // Whole metres make ties, and another floor must not be seen.
            for node in &mut map.nodes {
                (node.x, node.y) = (node.x.round(), node.y.round());
                node.floor = i32::from(random.chance(20));
            }
            let Ok(graph) = Graph::build(&map) else { continue };
            let is_usable: Vec<bool> = graph.edges.iter().map(|_| random.chance(80)).collect();
            for _ in 0..40 {
                let (x, y) = (random.metres(80) - 20.0, random.metres(80) - 20.0);
                let (x, y) = if random.chance(50) { (x.round(), y.round()) } else { (x, y) };
                let point = Point { x, y, floor: i32::from(random.chance(20)) };
                let found = nearest(&graph, &is_usable, point).map(|join| (join.edge, join.offset));
                assert_eq!(found, nearest_of_all(&graph, &is_usable, point), "round {round}");
            }
        }
    }
}
