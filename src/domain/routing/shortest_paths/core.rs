//! A smaller network with the same distances between the places that matter to a request.
//!
//! A place that nobody asks for and that has few neighbours is taken out, and its neighbours are
//! linked directly, at the cost of the way through it: first all the places inside an aisle, then
//! most crossings (the contraction of Geisberger, Sanders, Schultes and Delling 2008, without
//! levels). Some hundred rows over what is left take a fraction of the time, the more so as places
//! wait in buckets of nearly the same distance (Dial 1969) and not in a heap.

use std::collections::BTreeMap;

use super::{
    super::network::{Network, Vertex},
    UNREACHABLE,
};
use crate::domain::store_map::length::Ticks;

/// Most neighbours of a place that is taken out: three need no more links than they had.
const MAX_NEIGHBOURS: usize = 3;
/// Most buckets, as a power of two: enough for a bucket to be narrower than the shortest link in
/// all but odd maps. Where it is not, places may be looked at more than once.
const MAX_BUCKETS_LOG2: u32 = 14;

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
    buckets: Buckets,
}

/// Places by distance, as a ring: no link is as long as once around.
#[derive(Debug)]
struct Buckets {
    ring: Vec<Vec<usize>>,
    /// A bucket holds the distances that differ in the lowest bits only.
    shift: u32,
}

impl Buckets {
    fn new(links: &[(usize, Ticks)]) -> Self {
        let costs = || links.iter().map(|&(_, cost)| cost);
        let longest = costs().max().unwrap_or(0);
        let shortest = costs().filter(|&cost| cost > 0).min().unwrap_or(1);
        let fewest_bits = (longest >> MAX_BUCKETS_LOG2).checked_ilog2().map_or(0, |log| log + 1);
        let shift = shortest.ilog2().max(fewest_bits);
        let count = usize::try_from((longest >> shift) + 2).map_or(1, usize::next_power_of_two);
        Self { ring: vec![Vec::new(); count], shift }
    }

    /// The number of the bucket that a distance belongs to, and its place in the ring.
    fn of(&self, distance: Ticks) -> (Ticks, usize) {
        let number = distance >> self.shift;
        (number, usize::try_from(number).unwrap_or(0) & (self.ring.len() - 1))
    }
}

/// Links to or from a vertex, by the other one: never two to the same, never to itself.
type Links = BTreeMap<Vertex, Ticks>;

impl Core {
    /// Takes out what it can, but none of `kept`.
    pub(super) fn new(network: &Network<'_>, kept: impl Iterator<Item = Vertex>) -> Self {
        let size = network.len();
        let mut is_kept = vec![false; size];
        for vertex in kept {
            is_kept[vertex] = true;
        }
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
        let buckets = Buckets::new(&links);
        let (distance, is_target) = (vec![UNREACHABLE; left.len()], vec![false; left.len()]);
        Self { place, links, first, distance, is_target, buckets }
    }

    /// Whether a vertex was left in.
    pub(super) fn has(&self, vertex: Vertex) -> bool {
        self.place[vertex].is_some()
    }

    /// Distances from `source` to each of `targets`, in their order. All of them must have been
    /// left in.
    pub(super) fn row(&mut self, source: Vertex, targets: &[Vertex]) -> Vec<Ticks> {
        self.distance.fill(UNREACHABLE);
        let mut missing = 0_usize;
        for place in targets.iter().filter_map(|&target| self.place[target]) {
            missing += usize::from(!self.is_target[place]);
            self.is_target[place] = true;
        }
        if let Some(source) = self.place[source] {
            self.search(source, missing);
        }
        let distance = |target: &Vertex| self.place[*target].map(|place| self.distance[place]);
        let row = targets.iter().map(|target| distance(target).unwrap_or(UNREACHABLE)).collect();
        for place in targets.iter().filter_map(|&target| self.place[target]) {
            self.is_target[place] = false;
        }
        row
    }

    /// Dijkstra's algorithm until so many targets are settled. Whatever is found shorter is looked
    /// at once more, so a bucket may hold links within itself.
    fn search(&mut self, source: usize, mut missing: usize) {
        self.distance[source] = 0;
        self.buckets.ring[0].push(source);
        let (mut number, mut waiting) = (0, 1);
        while waiting > 0 && missing > 0 {
            let (_, bucket) = self.buckets.of(number << self.buckets.shift);
            let mut position = 0;
            while let Some(&at) = self.buckets.ring[bucket].get(position) {
                position += 1;
                let distance = self.distance[at];
                if self.buckets.of(distance).0 < number {
                    continue;
                }
                missing -= usize::from(std::mem::take(&mut self.is_target[at]));
                for &(to, cost) in &self.links[self.first[at]..self.first[at + 1]] {
                    let candidate = distance + cost;
                    if candidate < self.distance[to] {
                        self.distance[to] = candidate;
                        let (_, bucket) = self.buckets.of(candidate);
                        self.buckets.ring[bucket].push(to);
                        waiting += 1;
                    }
                }
            }
            waiting -= position;
            self.buckets.ring[bucket].clear();
            number += 1;
        }
        for bucket in self.buckets.ring.iter_mut().filter(|_| waiting > 0) {
            bucket.clear();
        }
    }
}

/// Adds a link unless there is a shorter one already.
fn link(leaving: &mut [Links], entering: &mut [Links], from: Vertex, to: Vertex, cost: Ticks) {
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
