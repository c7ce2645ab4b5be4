//! From the core and the order of its edges to the steps of the sweep.

use super::{
    super::{Ticks, network::Vertex},
    order::MAX_OPEN,
    reduce::{Link, Reduction},
    state,
    sweep::{Side, Step},
    ways::{Shape, Through},
};

/// The steps, and what they stand for.
#[derive(Debug, Default)]
pub(super) struct Steps {
    pub(super) list: Vec<Step>,
    /// The edge of the core of each step.
    pub(super) links: Vec<Link>,
    /// For each step the indices of its ways among those of its piece.
    pub(super) way_indices: Vec<Vec<u16>>,
    /// For each step what getting through once costs, there and back.
    pub(super) through_costs: Vec<Through>,
    /// For each step whether one gets through there and back on each of its ways.
    pub(super) throughs: Vec<Vec<[bool; 2]>>,
}

impl Steps {
    /// The vertices of the core, rising.
    pub(super) fn vertices(&self) -> Vec<Vertex> {
        let mut vertices: Vec<Vertex> = self.links.iter().flat_map(|link| link.ends).collect();
        vertices.sort_unstable();
        vertices.dedup();
        vertices
    }
}

/// Gives each open vertex a slot. `None` when there are too few.
pub(super) fn arrange(reduction: &Reduction, links: Vec<Link>) -> Option<Steps> {
    let mut left = vec![0_usize; reduction.spots.len()];
    for end in links.iter().flat_map(|link| link.ends) {
        left[end] += 1;
    }
    let mut slots =
        Slots { slot_of: vec![None; reduction.spots.len()], is_taken: [false; MAX_OPEN] };
    let mut steps = Steps::default();
    let throughs = reduction.throughs();
    for link in &links {
        let mut sides = Vec::with_capacity(2);
        for end in link.ends {
            sides.push(slots.side(reduction, end)?);
        }
        for (side, end) in sides.iter_mut().zip(link.ends) {
            left[end] -= 1;
            side.closes = left[end] == 0;
            slots.is_taken[side.slot] &= !side.closes;
        }
        let is_required = link.ends.map(|end| reduction.spots[end].is_required);
        let (ways, indices) = ways(reduction, link.piece, is_required);
        steps.list.push(Step { ways, sides: [sides[0], sides[1]] });
        let through = |&way: &u16| throughs[link.piece][usize::from(way)];
        steps.through_costs.push(reduction.pieces[link.piece].through);
        steps.throughs.push(indices.iter().map(through).collect());
        steps.way_indices.push(indices);
    }
    steps.links = links;
    Some(steps)
}

struct Slots {
    slot_of: Vec<Option<usize>>,
    is_taken: [bool; MAX_OPEN],
}

impl Slots {
    fn side(&mut self, reduction: &Reduction, vertex: Vertex) -> Option<Side> {
        let place = &reduction.spots[vertex];
        let offer = place.offer.map(|(cost, _)| cost);
        if let Some(slot) = self.slot_of[vertex] {
            return Some(Side { slot, opens: None, closes: false, offer });
        }
        let slot = self.is_taken.iter().position(|is_taken| !is_taken)?;
        if slot >= state::max_open(reduction.rule) {
            return None;
        }
        self.is_taken[slot] = true;
        self.slot_of[vertex] = Some(slot);
        let charge = if vertex == reduction.start { reduction.rule.start_charge() } else { 0 };
        Some(Side { slot, opens: Some((charge, place.is_required)), closes: false, offer })
    }
}

/// The ways of a piece that differ at all, given which of its vertices are visited anyway.
fn ways(
    reduction: &Reduction,
    piece: usize,
    is_required: [bool; 2],
) -> (Vec<(Shape, Ticks)>, Vec<u16>) {
    let mut kept: Vec<(Shape, Ticks)> = Vec::new();
    let mut indices = Vec::new();
    for (index, way) in (0..).zip(&reduction.pieces[piece].ways) {
        let shape = way.shape.without_touching(is_required);
        if kept.iter().all(|(known, _)| *known != shape) {
            kept.push((shape, way.cost));
            indices.push(index);
        }
    }
    (kept, indices)
}
