//! Cuts: sets of vertices that every walk has to come into from outside.
//!
//! The start lies outside, and inside there is something to be visited. Those that a mean of
//! choices comes into too seldom are found as least cuts between the start and what is to be
//! visited (Ford and Fulkerson 1956, with the shortest augmenting paths of Edmonds and Karp 1972).

use super::relaxed::Relaxed;

/// A cut that is crossed this often in the mean is good enough.
const ENOUGH: f64 = 0.97;
/// Flows below this are noise.
const NOISE: f64 = 1e-6;

/// A set of vertices.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Cut {
    pub(super) is_inside: Vec<bool>,
    /// The edge, and which of its vertices, that has to be touched if there is to be a need to
    /// come inside; without one there is in any case.
    pub(super) claim: Option<(usize, usize)>,
}

impl Cut {
    /// The edges that lead inside, each with the direction in which it does.
    pub(super) fn entries(&self, core: &Relaxed) -> Vec<(usize, usize)> {
        let mut entries = Vec::new();
        for (index, edge) in core.edges.iter().enumerate() {
            match edge.ends.map(|end| self.is_inside[end]) {
                [false, true] => entries.push((index, 0)),
                [true, false] => entries.push((index, 1)),
                _ => {}
            }
        }
        entries
    }
}

/// What has to be visited, each as the vertices that come with it.
pub(super) fn targets(core: &Relaxed) -> Vec<Vec<usize>> {
    let vertices = (0..core.is_required.len()).filter(|&v| core.is_required[v]).map(|v| vec![v]);
    let edges = core.edges.iter().filter(|edge| edge.is_needed).map(|edge| edge.ends.to_vec());
    vertices.chain(edges).filter(|target| !target.contains(&core.start)).collect()
}

/// The cuts around single targets.
pub(super) fn closest(core: &Relaxed, targets: &[Vec<usize>]) -> Vec<Cut> {
    targets.iter().map(|target| around(core, target)).collect()
}

fn around(core: &Relaxed, target: &[usize]) -> Cut {
    let mut is_inside = vec![false; core.is_required.len()];
    for &vertex in target {
        is_inside[vertex] = true;
    }
    Cut { is_inside, claim: None }
}

/// Flows through the core.
pub(super) struct Flow<'a> {
    core: &'a Relaxed,
    /// For each vertex its edges, each with the direction in which it leaves.
    out: Vec<Vec<(usize, usize)>>,
    /// How much more can flow through each edge, there and back.
    room: Vec<[f64; 2]>,
}

impl<'a> Flow<'a> {
    pub(super) fn new(core: &'a Relaxed) -> Self {
        let mut out = vec![Vec::new(); core.is_required.len()];
        for (index, edge) in core.edges.iter().enumerate() {
            out[edge.ends[0]].push((index, 0));
            out[edge.ends[1]].push((index, 1));
        }
        Self { core, out, room: Vec::new() }
    }

    /// The cut around a target that is crossed too seldom, if there is one, where `through` is how
    /// often each edge is walked through there and back and it should be crossed so often as is
    /// `needed`.
    pub(super) fn cut(
        &mut self,
        through: &[[f64; 2]],
        target: &[usize],
        needed: f64,
    ) -> Option<Cut> {
        self.room = through.to_vec();
        let mut total = 0.0;
        loop {
            // From the target backwards.
            let mut next: Vec<Option<(usize, usize)>> = vec![None; self.out.len()];
            let mut cut = around(self.core, target);
            let mut queue = target.to_vec();
            let mut done = 0;
            while let Some(&vertex) = queue.get(done) {
                done += 1;
                for &(edge, leaving) in &self.out[vertex] {
                    let other = self.core.edges[edge].ends[1 - leaving];
                    let into = 1 - leaving;
                    if !cut.is_inside[other] && self.room[edge][into] > NOISE {
                        cut.is_inside[other] = true;
                        next[other] = Some((edge, into));
                        queue.push(other);
                    }
                }
            }
            if !cut.is_inside[self.core.start] {
                return Some(cut);
            }
            let flow =
                self.path(&next).fold(f64::INFINITY, |flow, (e, d)| flow.min(self.room[e][d]));
            let path: Vec<_> = self.path(&next).collect();
            for (edge, direction) in path {
                self.room[edge][direction] -= flow;
                self.room[edge][1 - direction] += flow;
            }
            total += flow;
            if total >= ENOUGH * needed {
                return None;
            }
        }
    }

    fn path<'n>(
        &'n self,
        next: &'n [Option<(usize, usize)>],
    ) -> impl Iterator<Item = (usize, usize)> + 'n {
        let mut at = self.core.start;
        std::iter::from_fn(move || {
            let (edge, direction) = next[at]?;
            at = self.core.edges[edge].ends[1 - direction];
            Some((edge, direction))
        })
    }
}
