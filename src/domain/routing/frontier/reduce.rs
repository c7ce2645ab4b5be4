//! Makes the network small before the sweep: dead ends fold into their vertex, vertices with two
//! neighbours into the piece between these, and pieces between the same vertices into one.
//!
//! All of it is exact, since a piece keeps the cheapest [`Way`] of every shape. What is left is
//! the core: each of its vertices but the start has three neighbours or more. A store with two
//! cross aisles folds into its start altogether.
//!
//! Invariant: the start is never folded, so whatever a piece holds has to be joined to one of its
//! two vertices.

use super::{
    super::{Ticks, network::Vertex},
    roads::Road,
    ways::{self, END_CHARGE, Meeting, Rule, Shape, Through, Way},
};

/// A piece of the network between two vertices.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) make: Make,
    pub(super) ways: Vec<Way>,
    pub(super) through: Through,
}

/// What a piece is made of.
#[derive(Debug, Clone, Copy)]
pub(super) enum Make {
    /// A road, by its index.
    Road(usize),
    /// Two pieces that meet at a vertex.
    Series { parts: [Side; 2], between: Vertex },
    /// Two pieces between the same vertices.
    Parallel { parts: [Side; 2] },
}

/// A piece, seen from either end. Its ways have the same indices both ways.
#[derive(Debug, Clone, Copy)]
pub(super) struct Side {
    pub(super) piece: usize,
    is_reversed: bool,
}

/// A dead end that folded into the vertex it hangs on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hanging {
    pub(super) piece: usize,
    /// Its far vertex.
    pub(super) tip: Vertex,
    /// How it is walked as a rule.
    pub(super) plain: Pick,
    /// How it is walked when the walk ends in it.
    pub(super) ending: Option<Pick>,
}

/// A way of a piece, and whether the walk ends at its far vertex.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pick {
    pub(super) way: u16,
    pub(super) ends_at_tip: bool,
    cost: Ticks,
}

/// A vertex and everything that folded into it.
#[derive(Debug, Clone, Default)]
pub(super) struct Spot {
    pub(super) is_required: bool,
    /// What it costs to end the walk here, or in which of `hangings`; less than nothing if that
    /// saves the way back.
    pub(super) offer: Option<(Ticks, Option<usize>)>,
    /// Indices of the dead ends that folded into it.
    pub(super) hangings: Vec<usize>,
    edges: Vec<usize>,
    degree: usize,
    is_folded: bool,
}

/// An edge of what is left: a piece and its vertices.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link {
    pub(super) ends: [Vertex; 2],
    pub(super) piece: usize,
    is_alive: bool,
}

/// The network and how far it is folded.
#[derive(Debug)]
pub(super) struct Reduction {
    pub(super) spots: Vec<Spot>,
    pub(super) pieces: Vec<Piece>,
    pub(super) hangings: Vec<Hanging>,
    /// What the dead ends cost in any case.
    pub(super) cost: Ticks,
    /// Where the walk begins.
    pub(super) start: Vertex,
    pub(super) rule: Rule,
    links: Vec<Link>,
    left: Vec<Vertex>,
}

impl Reduction {
    /// The network with nothing folded yet.
    pub(super) fn new(vertices: usize, start: Vertex, roads: &[Road], rule: Rule) -> Self {
        let mut reduction = Self {
            spots: vec![Spot::default(); vertices],
            pieces: Vec::with_capacity(2 * roads.len()),
            hangings: Vec::new(),
            cost: 0,
            start,
            rule,
            links: Vec::with_capacity(2 * roads.len()),
            left: Vec::new(),
        };
        reduction.spots[start].is_required = true;
        for (index, road) in roads.iter().enumerate() {
            let back = road.back.map(|back| back.cost);
            let ways = ways::of_road(rule, road.there.cost, back);
            let through = ways::through_road(road.there.cost, back);
            let piece = reduction.piece(Make::Road(index), ways, through);
            reduction.add([road.there.from, road.there.to], piece);
        }
        reduction
    }

    /// Marks a vertex that has to be visited.
    pub(super) fn require(&mut self, vertex: Vertex) {
        self.spots[vertex].is_required = true;
    }

    /// Marks a vertex where the walk may end at this cost.
    pub(super) fn offer_end(&mut self, vertex: Vertex, cost: Ticks) {
        self.spots[vertex].offer = Some((cost, None));
    }

    /// Folds whatever can be folded. `None` when something required cannot be walked to.
    pub(super) fn fold(&mut self) -> Option<()> {
        self.left = (0..self.spots.len()).rev().collect();
        while let Some(vertex) = self.left.pop() {
            let spot = &self.spots[vertex];
            if vertex == self.start || spot.is_folded || spot.degree > 2 {
                continue;
            }
            let links: Vec<usize> = spot.edges.clone();
            let mut alive = links.into_iter().filter(|&link| self.links[link].is_alive);
            match (alive.next(), alive.next()) {
                (Some(a), Some(b)) => self.fold_between(vertex, a, b),
                (Some(link), None) => self.fold_dead_end(vertex, link)?,
                (None, _) if self.spots[vertex].is_required => return None,
                (None, _) => self.spots[vertex].is_folded = true,
            }
        }
        Some(())
    }

    /// The edges of the core.
    pub(super) fn core(&self) -> impl Iterator<Item = Link> {
        self.links.iter().filter(|link| link.is_alive).copied()
    }

    /// For each piece whether one gets through there and back on each of its ways.
    pub(super) fn throughs(&self) -> Vec<Vec<[bool; 2]>> {
        let mut all: Vec<Vec<[bool; 2]>> = Vec::with_capacity(self.pieces.len());
        for piece in &self.pieces {
            let of_part = |side: Side, way: u16| {
                let [there, back] = all[side.piece][usize::from(way)];
                if side.is_reversed { [back, there] } else { [there, back] }
            };
            let through = |way: &Way| match piece.make {
                Make::Road(_) => way.parts.map(|times| times > 0),
                Make::Series { parts: [a, b], .. } => {
                    let (a, b) = (of_part(a, way.parts[0]), of_part(b, way.parts[1]));
                    [a[0] && b[0], a[1] && b[1]]
                }
                Make::Parallel { parts: [a, b] } => {
                    let (a, b) = (of_part(a, way.parts[0]), of_part(b, way.parts[1]));
                    [a[0] || b[0], a[1] || b[1]]
                }
            };
            let throughs = piece.ways.iter().map(through).collect();
            all.push(throughs);
        }
        all
    }

    /// The ways of a piece, seen from one side.
    fn seen(&self, side: Side) -> Vec<(Shape, Ticks)> {
        let seen = |way: &Way| {
            let shape = if side.is_reversed { way.shape.reversed() } else { way.shape };
            (shape, way.cost)
        };
        self.pieces[side.piece].ways.iter().map(seen).collect()
    }

    fn through(&self, side: Side) -> Through {
        let [there, back] = self.pieces[side.piece].through;
        if side.is_reversed { [back, there] } else { [there, back] }
    }

    fn piece(&mut self, make: Make, ways: Vec<Way>, through: Through) -> usize {
        self.pieces.push(Piece { make, ways, through });
        self.pieces.len() - 1
    }

    /// Adds an edge, or adds to the one that is there.
    fn add(&mut self, ends: [Vertex; 2], piece: usize) {
        let [a, b] = ends;
        let fewer = if self.spots[a].edges.len() <= self.spots[b].edges.len() { a } else { b };
        let links = &self.links;
        self.spots[fewer].edges.retain(|&link| links[link].is_alive);
        let is_same = |link: &Link| link.ends == ends || link.ends == [b, a];
        let known = self.spots[fewer].edges.iter().rev().find(|&&link| is_same(&links[link]));
        if let Some(&known) = known {
            let link = self.links[known];
            let parts = [
                Side { piece: link.piece, is_reversed: false },
                Side { piece, is_reversed: link.ends != ends },
            ];
            let through = ways::through_either(self.through(parts[0]), self.through(parts[1]));
            let [a, b] = parts.map(|part| self.seen(part));
            let ways = ways::in_parallel(self.rule, &a, &b, through);
            self.links[known].piece = self.piece(Make::Parallel { parts }, ways, through);
            self.left.extend(ends);
            return;
        }
        for end in ends {
            self.spots[end].edges.push(self.links.len());
            self.spots[end].degree += 1;
        }
        self.links.push(Link { ends, piece, is_alive: true });
    }

    /// Takes an edge away: its far vertex, and the piece as seen from there.
    fn take(&mut self, vertex: Vertex, link: usize) -> (Vertex, Side) {
        let Link { ends, piece, .. } = self.links[link];
        self.links[link].is_alive = false;
        for end in ends {
            self.spots[end].degree -= 1;
        }
        let is_reversed = ends[0] == vertex;
        (if is_reversed { ends[1] } else { ends[0] }, Side { piece, is_reversed })
    }

    fn fold_between(&mut self, vertex: Vertex, a: usize, b: usize) {
        let (from, first) = self.take(vertex, a);
        let (to, second) = self.take(vertex, b);
        let second = Side { is_reversed: !second.is_reversed, ..second };
        let spot = &mut self.spots[vertex];
        spot.is_folded = true;
        let offer = spot.offer.map(|(cost, _)| cost);
        let meeting = Meeting { is_required: spot.is_required, offer };
        let ways = ways::in_series(self.rule, &self.seen(first), &self.seen(second), meeting);
        let make = Make::Series { parts: [first, second], between: vertex };
        let through = ways::through_both(self.through(first), self.through(second));
        let piece = self.piece(make, ways, through);
        self.add([from, to], piece);
    }

    fn fold_dead_end(&mut self, vertex: Vertex, link: usize) -> Option<()> {
        let (root, side) = self.take(vertex, link);
        self.left.push(root);
        let tip = &mut self.spots[vertex];
        tip.is_folded = true;
        let (is_required, offer) = (tip.is_required, tip.offer.map(|(cost, _)| cost));
        let mut best: [Option<Pick>; 2] = [None, None];
        let mut touches = false;
        for (way, (shape, cost)) in (0..).zip(self.seen(side)) {
            let is_touched = is_required || shape.touches[1];
            for (end_charge, end_cost) in [(0, Some(0)), (END_CHARGE, offer)] {
                let ends_at_tip = end_charge != 0;
                let Some(end_cost) = end_cost else { continue };
                let is_legal = self.rule.can_cancel(shape.charge[1], end_charge, 0)
                    && (!is_touched || shape.joins)
                    && !(shape.ends && ends_at_tip);
                if !is_legal {
                    continue;
                }
                let cost = cost + end_cost;
                let known = &mut best[usize::from(shape.ends || ends_at_tip)];
                if known.is_none_or(|known| cost < known.cost) {
                    *known = Some(Pick { way, ends_at_tip, cost });
                    if !shape.ends && !ends_at_tip {
                        touches = shape.touches[0];
                    }
                }
            }
        }
        let [plain, ending] = best;
        let plain = plain?;
        self.cost += plain.cost;
        let spot = &mut self.spots[root];
        spot.is_required |= touches;
        if let Some(pick) = ending {
            let cost = pick.cost - plain.cost;
            if spot.offer.is_none_or(|(known, _)| cost < known) {
                spot.offer = Some((cost, Some(self.hangings.len())));
            }
        }
        spot.hangings.push(self.hangings.len());
        self.hangings.push(Hanging { piece: side.piece, tip: vertex, plain, ending });
        Some(())
    }
}
