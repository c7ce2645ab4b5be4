//! Which edges may be the nearest to a point: a tree of boxes around the walk edges of a floor.
//!
//! Edges are halved by their middles along the longer side of their box, until few are left
//! together (the packing of Kamel and Faloutsos 1993, top down). A search skips all boxes that
//! are farther than the nearest edge found so far.

use std::collections::BTreeMap;

use super::super::{
    answer::Point,
    graph::{Edge, Node},
};
use crate::domain::store_map::EdgeKind;

/// Most edges in a box that is not divided any more.
const LEAF: usize = 8;

/// The walk edges of all floors.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Trees {
    floors: BTreeMap<i32, Tree>,
}

#[derive(Debug, Clone, Default)]
struct Tree {
    /// Edges, so that those of a box stand together.
    edges: Vec<usize>,
    /// The whole first; the first half of a box follows on it.
    boxes: Vec<Box2>,
}

/// A rectangle around some edges.
#[derive(Debug, Clone, Copy)]
struct Box2 {
    least: (f64, f64),
    most: (f64, f64),
    /// `edges[first..end]` are inside.
    first: usize,
    end: usize,
    /// Where in `boxes` the second half is; 0 when it is not divided.
    second_half: usize,
}

impl Trees {
    pub(in super::super) fn new(nodes: &[Node], edges: &[Edge]) -> Self {
        let mut trees = Self::default();
        for (index, edge) in edges.iter().enumerate() {
            let floor = nodes[edge.from].point.floor;
            if edge.kind == EdgeKind::Walk && floor == nodes[edge.to].point.floor {
                trees.floors.entry(floor).or_default().edges.push(index);
            }
        }
        let ends = |edge: usize| (nodes[edges[edge].from].point, nodes[edges[edge].to].point);
        for tree in trees.floors.values_mut() {
            tree.divide(0, tree.edges.len(), &ends);
        }
        trees
    }

    /// Offers each edge that may be the nearest within `slack` of the distance that `offer` last
    /// returned: the least so far, of the edges that count.
    pub(super) fn search(
        &self,
        point: Point,
        slack: f64,
        offer: &mut impl FnMut(usize) -> f64,
    ) {
        let Some(tree) = self.floors.get(&point.floor) else { return };
        let mut least = f64::INFINITY;
        let mut waiting = vec![(0, tree.boxes[0].distance_m(point))];
        while let Some((index, distance)) = waiting.pop() {
            if distance > least + slack {
                continue;
            }
            let around = &tree.boxes[index];
            if around.second_half == 0 {
                for &edge in &tree.edges[around.first..around.end] {
                    least = offer(edge);
                }
                continue;
            }
            let halves = [index + 1, around.second_half];
            let mut halves = halves.map(|half| (half, tree.boxes[half].distance_m(point)));
            // The nearer one comes off first.
            halves.sort_by(|a, b| b.1.total_cmp(&a.1));
            waiting.extend(halves);
        }
    }
}

impl Tree {
    fn divide(&mut self, first: usize, end: usize, ends: &impl Fn(usize) -> (Point, Point)) {
        let index = self.boxes.len();
        let whole = Box2::around(&self.edges, first, end, ends);
        self.boxes.push(whole);
        if end - first <= LEAF {
            return;
        }
        let is_wide = whole.most.0 - whole.least.0 > whole.most.1 - whole.least.1;
        let middle = |edge: usize| {
            let (a, b) = ends(edge);
            if is_wide { a.x + b.x } else { a.y + b.y }
        };
        let half = first + (end - first) / 2;
        self.edges[first..end]
            .select_nth_unstable_by(half - first, |&a, &b| middle(a).total_cmp(&middle(b)));
        self.divide(first, half, ends);
        self.boxes[index].second_half = self.boxes.len();
        self.divide(half, end, ends);
    }
}

impl Box2 {
    fn around(
        edges: &[usize],
        first: usize,
        end: usize,
        ends: &impl Fn(usize) -> (Point, Point),
    ) -> Self {
        let mut least = (f64::INFINITY, f64::INFINITY);
        let mut most = (f64::NEG_INFINITY, f64::NEG_INFINITY);
        for &edge in &edges[first..end] {
            let (a, b) = ends(edge);
            for Point { x, y, .. } in [a, b] {
                least = (x.min(least.0), y.min(least.1));
                most = (x.max(most.0), y.max(most.1));
            }
        }
        Self { least, most, first, end, second_half: 0 }
    }

    fn distance_m(&self, point: Point) -> f64 {
        let outside = |at: f64, least: f64, most: f64| (least - at).max(at - most).max(0.0);
        outside(point.x, self.least.0, self.most.0).hypot(outside(
            point.y,
            self.least.1,
            self.most.1,
        ))
    }
}
