//! Joining a point to the floor plan: the geometrically nearest point of a usable walk edge.

use super::{answer::Point, graph::Graph};
use crate::domain::store_map::{
    EdgeKind,
    length::{self, Ticks},
};

/// Distances closer than this, in metres, are a tie: the noise of floats must not decide between
/// two edges that meet in the nearest point.
const TIE_M: f64 = 1e-9;

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
    let mut best: Option<(f64, usize, f64)> = None;
    for (index, edge) in graph.edges.iter().enumerate() {
        let (from, to) = (graph.nodes[edge.from].point, graph.nodes[edge.to].point);
        let is_candidate = is_usable[index]
            && edge.kind == EdgeKind::Walk
            && from.floor == point.floor
            && to.floor == point.floor;
        if !is_candidate {
            continue;
        }
        let share = nearest_share(from, to, point);
        let distance_m = point.distance_m(from.towards(to, share));
        if best.is_none_or(|(best_m, ..)| distance_m < best_m - TIE_M) {
            best = Some((distance_m, index, share));
        }
    }
    let (distance_m, edge, share) = best?;
    let ends = &graph.edges[edge];
    let foot = graph.nodes[ends.from].point.towards(graph.nodes[ends.to].point, share);
    Some(Join {
        edge,
        offset: length::fraction_of(ends.cost, share),
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
    use crate::domain::store_map::{Edge, Node, StoreMap};

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
}
