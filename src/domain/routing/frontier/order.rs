//! The order in which the sweep takes the edges, so that few vertices are open at a time.
//!
//! Vertices are closed one after the other: all edges that a vertex still has are taken, and then
//! nothing more can happen to it. The best of several orders is kept: along either axis, and
//! greedily from many vertices, always closing the vertex that opens the fewest others.

use super::super::answer::Point;

/// Most vertices that may be open at a time.
pub(super) const MAX_OPEN: usize = 12;
/// Most steps spent on trying orders, in vertices looked at.
const MAX_EFFORT: usize = 2_000_000;

/// The core as far as the order is concerned: vertices are `0..spots.len()`.
#[derive(Debug)]
pub(super) struct Shape<'a> {
    pub(super) ends: &'a [[usize; 2]],
    pub(super) points: &'a [Point],
    pub(super) is_required: &'a [bool],
}

/// An order of the edges.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Order {
    pub(super) edges: Vec<usize>,
    /// A guess at the number of states of the sweep.
    pub(super) states: f64,
}

/// The best order that was found; `None` when all keep too many vertices open.
pub(super) fn best(shape: &Shape<'_>) -> Option<Order> {
    if shape.ends.is_empty() {
        return Some(Order { edges: Vec::new(), states: 0.0 });
    }
    let edges_of = edges_of(shape);
    let mut search = Search { shape, edges_of, best: None, effort: 0 };
    for keys in sweeps(shape.points) {
        search.attempt(&mut Along { keys });
    }
    let mut firsts: Vec<usize> = (0..shape.points.len()).collect();
    // Far apart first, in case the effort runs out.
    firsts.sort_by_key(|&vertex| (vertex * 7_919) % shape.points.len().max(1));
    for first in firsts {
        search.attempt(&mut Greedy { first: Some(first) });
    }
    search.best
}

fn edges_of(shape: &Shape<'_>) -> Vec<Vec<usize>> {
    let mut edges_of = vec![Vec::new(); shape.points.len()];
    for (edge, ends) in shape.ends.iter().enumerate() {
        for &end in ends {
            edges_of[end].push(edge);
        }
    }
    edges_of
}

/// Ranks of the vertices along some directions.
fn sweeps(points: &[Point]) -> Vec<Vec<usize>> {
    let directions =
        [(1.0, 1e-3), (-1.0, 1e-3), (1e-3, 1.0), (1e-3, -1.0), (1.0, 1.0), (1.0, -1.0)];
    let mut all = Vec::with_capacity(directions.len());
    for (dx, dy) in directions {
        let along = |vertex: usize| {
            let point = points[vertex];
            point.x * dx + point.y * dy + f64::from(point.floor) * 1e6
        };
        let mut order: Vec<usize> = (0..points.len()).collect();
        order.sort_by(|&a, &b| along(a).total_cmp(&along(b)));
        let mut ranks = vec![0; points.len()];
        for (rank, &vertex) in order.iter().enumerate() {
            ranks[vertex] = rank;
        }
        all.push(ranks);
    }
    all
}

/// Chooses the vertex to close next.
trait Choose {
    fn next(&mut self, run: &Run<'_>) -> usize;
}

/// By a rank of each vertex.
struct Along {
    keys: Vec<usize>,
}

impl Choose for Along {
    fn next(&mut self, run: &Run<'_>) -> usize {
        let open = run.open.iter().copied().min_by_key(|&vertex| self.keys[vertex]);
        let fresh = || (0..run.left.len()).filter(|&v| run.left[v] > 0);
        let first = || fresh().min_by_key(|&vertex| self.keys[vertex]);
        open.or_else(first).unwrap_or(0)
    }
}

/// The vertex that opens the fewest others, then the one that has been open for longest.
struct Greedy {
    first: Option<usize>,
}

impl Choose for Greedy {
    fn next(&mut self, run: &Run<'_>) -> usize {
        if let Some(first) = self.first.take() {
            return first;
        }
        let opens = |&vertex: &usize| run.fresh_neighbours(vertex);
        let open = run.open.iter().copied().min_by_key(opens);
        open.or_else(|| run.left.iter().position(|&left| left > 0)).unwrap_or(0)
    }
}

struct Search<'a> {
    shape: &'a Shape<'a>,
    edges_of: Vec<Vec<usize>>,
    best: Option<Order>,
    effort: usize,
}

/// One order being built.
struct Run<'a> {
    shape: &'a Shape<'a>,
    edges_of: &'a [Vec<usize>],
    taken: Vec<bool>,
    /// How many edges each vertex still has.
    left: Vec<usize>,
    /// The open vertices, in the order they were opened.
    open: Vec<usize>,
    is_open: Vec<bool>,
    edges: Vec<usize>,
    states: f64,
    log_width: f64,
}

impl Search<'_> {
    fn attempt(&mut self, choose: &mut dyn Choose) {
        if self.effort > MAX_EFFORT {
            return;
        }
        let limit = self.best.as_ref().map_or(f64::INFINITY, |best| best.states);
        let mut run = Run {
            shape: self.shape,
            edges_of: &self.edges_of,
            taken: vec![false; self.shape.ends.len()],
            left: self.edges_of.iter().map(Vec::len).collect(),
            open: Vec::new(),
            is_open: vec![false; self.edges_of.len()],
            edges: Vec::with_capacity(self.shape.ends.len()),
            states: 0.0,
            log_width: 0.0,
        };
        self.effort += self.edges_of.len();
        while run.edges.len() < self.shape.ends.len() {
            let vertex = choose.next(&run);
            self.effort += 4 * run.open.len() + 1;
            run.close(vertex);
            if run.open.len() > MAX_OPEN || run.states >= limit {
                return;
            }
        }
        self.best = Some(Order { edges: run.edges, states: run.states });
    }
}

impl Run<'_> {
    fn fresh_neighbours(&self, vertex: usize) -> usize {
        let edges = self.edges_of[vertex].iter().filter(|&&edge| !self.taken[edge]);
        edges.filter(|&&edge| !self.is_open[self.other(edge, vertex)]).count()
    }

    fn other(&self, edge: usize, vertex: usize) -> usize {
        let [a, b] = self.shape.ends[edge];
        if a == vertex { b } else { a }
    }

    fn close(&mut self, vertex: usize) {
        self.open_up(vertex);
        let mut edges: Vec<usize> =
            self.edges_of[vertex].iter().copied().filter(|&edge| !self.taken[edge]).collect();
        // Those to open vertices first: they may close one.
        edges.sort_by_key(|&edge| {
            let other = self.other(edge, vertex);
            (!self.is_open[other], self.left[other])
        });
        for edge in edges {
            let other = self.other(edge, vertex);
            self.open_up(other);
            self.taken[edge] = true;
            self.edges.push(edge);
            // Counted with both vertices still open.
            self.states += self.log_width.exp();
            if self.open.len() > MAX_OPEN {
                self.states = f64::INFINITY;
            }
            for end in [vertex, other] {
                self.left[end] -= 1;
                if self.left[end] == 0 {
                    self.shut(end);
                }
            }
        }
    }

    fn open_up(&mut self, vertex: usize) {
        if !std::mem::replace(&mut self.is_open[vertex], true) {
            self.open.push(vertex);
            self.log_width += weight(self.shape.is_required[vertex]);
        }
    }

    fn shut(&mut self, vertex: usize) {
        self.is_open[vertex] = false;
        self.open.retain(|&open| open != vertex);
        self.log_width -= weight(self.shape.is_required[vertex]);
    }
}

/// By what an open vertex multiplies the number of states, as a logarithm; as measured.
fn weight(is_required: bool) -> f64 {
    if is_required { 1.1 } else { 1.3 }
}
