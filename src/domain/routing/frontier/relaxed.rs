//! The core as the prices see it: a choice of ways, one for each edge, that need not fit together.
//!
//! A way is seen from outside: what it costs, the charge that it leaves at its two vertices, and
//! in which directions one can get through on it.

use super::{
    super::{Ticks, network::Vertex},
    reduce::Reduction,
    steps::Steps,
    ways::Through,
};
use crate::domain::store_map::length;

/// The core, with vertices `0..required.len()`.
#[derive(Debug)]
pub(super) struct Relaxed {
    pub(super) edges: Vec<Edge>,
    pub(super) start: usize,
    /// Where the walk may end and what that costs, in metres.
    pub(super) offers: Vec<(usize, f64)>,
    pub(super) is_required: Vec<bool>,
}

/// An edge of the core.
#[derive(Debug)]
pub(super) struct Edge {
    pub(super) ends: [usize; 2],
    /// Whether something has to be done about it.
    pub(super) is_needed: bool,
    pub(super) ways: Vec<Way>,
    /// What getting through once costs, there and back.
    pub(super) through: Through,
}

/// A way of walking an edge of the core.
#[derive(Debug)]
pub(super) struct Way {
    pub(super) cost: f64,
    pub(super) charge: [f64; 2],
    /// Whether one gets through from the first vertex to the second, and back.
    pub(super) through: [bool; 2],
    /// Which of its vertices it touches, so that they have to be come to.
    pub(super) touches: [bool; 2],
    pub(super) ends: bool,
}

impl Relaxed {
    pub(super) fn new(reduction: &Reduction, steps: &Steps) -> Self {
        let vertices = steps.vertices();
        let rank = |vertex: Vertex| vertices.binary_search(&vertex).unwrap_or(0);
        let spots = || vertices.iter().map(|&vertex| &reduction.spots[vertex]);
        let offers = spots().enumerate();
        let edges = steps.list.iter().zip(&steps.links).zip(&steps.throughs);
        let edges = edges.zip(&steps.through_costs);
        let edges = edges.map(|(((step, link), throughs), &through)| Edge {
            through,
            ends: link.ends.map(rank),
            is_needed: !step.can_be_left(),
            ways: step
                .ways
                .iter()
                .zip(throughs)
                .map(|(&(shape, cost), &through)| Way {
                    cost: metres(cost),
                    charge: shape.charge.map(f64::from),
                    through,
                    touches: shape.touches,
                    ends: shape.ends,
                })
                .collect(),
        });
        Self {
            edges: edges.collect(),
            start: rank(reduction.start),
            offers: offers
                .filter_map(|(rank, spot)| spot.offer.map(|(cost, _)| (rank, metres(cost))))
                .collect(),
            is_required: spots().map(|spot| spot.is_required).collect(),
        }
    }
}

/// Ticks in metres, less than none included.
pub(super) fn metres(ticks: Ticks) -> f64 {
    length::metres_from_ticks(ticks)
}

/// Metres in ticks, less than none included; none when far too many.
pub(super) fn ticks(metres: f64) -> Ticks {
    let size = length::ticks_from_metres(metres.abs()).unwrap_or(0);
    if metres < 0.0 { -size } else { size }
}
