//! A smaller network with the same distances between the places that matter to a request.
//!
//! A place that nobody asks for and that has few neighbours is taken out, and its neighbours are
//! linked directly, at the cost of the way through it: first all the places inside an aisle, then
//! most crossings (the contraction of Geisberger, Sanders, Schultes and Delling 2008, without
//! levels). Some hundred rows over what is left take a fraction of the time.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
};

use super::{
    super::network::{Network, Vertex},
    UNREACHABLE,
};
use crate::domain::store_map::length::Ticks;

/// Most neighbours of a place that is taken out: three need no more links than they had.
const MAX_NEIGHBOURS: usize = 3;

/// The smaller network.
#[derive(Debug)]
pub(super) struct Core {
    /// The place in the core of each vertex; `None` for those that were taken out.
    place: Vec<Option<usize>>,
    /// `links[first[p]..first[p + 1]]` leave place `p`: where to, at what cost.
    links: Vec<(usize, Ticks)>,
    first: Vec<usize>,
    distance: Vec<Ticks>,
    is_target: Vec<bool>,
    queue: BinaryHeap<Reverse<(Ticks, usize)>>,
}

/// Links to or from a vertex, by the other one: never two to the same, never to itself.
type Links = BTreeMap<Vertex, Ticks>;

impl Core {
    /// Takes out what it can, but none of `kept`.
    pub(super) fn new(network: &Network<'_>, kept: impl Iterator<Item = Vertex>) -> Self {
        let size = network.len();
        let mut is_kept = vec![false; size];
        kept.for_each(|vertex| is_kept[vertex] = true);
        let mut leaving = vec![Links::new(); size];
        let mut entering = vec![Links::new(); size];
        for arc in (0..size).flat_map(|vertex| network.arcs_from(vertex)) {
            link(&mut leaving, &mut entering, arc.from, arc.to, arc.cost);
        }
        let mut is_out = vec![false; size];
        let mut candidates: Vec<Vertex> = (0..size).rev().collect();
        while let Some(vertex) = candidates.pop() {
            let neighbours = neighbours(&leaving[vertex], &entering[vertex]);
            if is_kept[vertex] || is_out[vertex] || neighbours.len() > MAX_NEIGHBOURS {
                continue;
            }
            is_out[vertex] = true;
            let (outward, inward) =
                (std::mem::take(&mut leaving[vertex]), std::mem::take(&mut entering[vertex]));
            for &neighbour in &neighbours {
                leaving[neighbour].remove(&vertex);
                entering[neighbour].remove(&vertex);
            }
            for (&from, &there) in &inward {
                for (&to, &onward) in &outward {
                    link(&mut leaving, &mut entering, from, to, there + onward);
                }
            }
            candidates.extend(neighbours);
        }
        Self::packed(&leaving, &is_out)
    }

    fn packed(leaving: &[Links], is_out: &[bool]) -> Self {
        let mut place = vec![None; is_out.len()];
        let left: Vec<Vertex> = (0..is_out.len()).filter(|&vertex| !is_out[vertex]).collect();
        for (index, &vertex) in left.iter().enumerate() {
            place[vertex] = Some(index);
        }
        let mut links = Vec::new();
        let mut first = vec![0];
        for &vertex in &left {
            let onward = leaving[vertex].iter();
            links.extend(onward.filter_map(|(&to, &cost)| Some((place[to]?, cost))));
            first.push(links.len());
        }
        Self {
            place,
            links,
            first,
            distance: vec![UNREACHABLE; left.len()],
            is_target: vec![false; left.len()],
            queue: BinaryHeap::new(),
        }
    }

    /// Whether a vertex was left in.
    pub(super) fn has(&self, vertex: Vertex) -> bool {
        self.place[vertex].is_some()
    }

    /// Distances from `source` to each of `targets`, in their order. All of them must have been
    /// left in.
    pub(super) fn row(&mut self, source: Vertex, targets: &[Vertex]) -> Vec<Ticks> {
        self.distance.fill(UNREACHABLE);
        self.queue.clear();
        let places = || targets.iter().map(|&target| self.place[target]);
        let mut missing = 0_usize;
        for target in places().flatten().collect::<Vec<_>>() {
            missing += usize::from(!self.is_target[target]);
            self.is_target[target] = true;
        }
        if let Some(source) = self.place[source] {
            self.distance[source] = 0;
            self.queue.push(Reverse((0, source)));
        }
        while let Some(Reverse((distance, at))) = self.queue.pop() {
            if distance > self.distance[at] {
                continue;
            }
            if std::mem::take(&mut self.is_target[at]) {
                missing -= 1;
                if missing == 0 {
                    break;
                }
            }
            for &(to, cost) in &self.links[self.first[at]..self.first[at + 1]] {
                let candidate = distance + cost;
                if candidate < self.distance[to] {
                    self.distance[to] = candidate;
                    self.queue.push(Reverse((candidate, to)));
                }
            }
        }
        let distance = |target: &Vertex| self.place[*target].map(|place| self.distance[place]);
        let row = targets.iter().map(|target| distance(target).unwrap_or(UNREACHABLE)).collect();
        self.is_target.fill(false);
        row
    }
}

/// Adds a link unless there is a shorter one already.
fn link(
    leaving: &mut [Links],
    entering: &mut [Links],
    from: Vertex,
    to: Vertex,
    cost: Ticks,
) {
    if from == to {
        return;
    }
    let known = leaving[from].entry(to).or_insert(cost);
    *known = cost.min(*known);
    let cost = *known;
    entering[to].insert(from, cost);
}

/// The vertices at the other ends, counted no further than matters.
fn neighbours(leaving: &Links, entering: &Links) -> Vec<Vertex> {
    let mut all = Vec::with_capacity(MAX_NEIGHBOURS + 1);
    for &vertex in leaving.keys().chain(entering.keys()) {
        if !all.contains(&vertex) {
            all.push(vertex);
            if all.len() > MAX_NEIGHBOURS {
                break;
            }
        }
    }
    all
}
