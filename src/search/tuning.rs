//! The numbers that ranking hangs on, in one place.
//!
//! They were chosen on labelled queries of general merchandise (see `tests/bench/relevance`) so
//! that neighbours of each value do no better, and rounded.

/// What counts how much.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tuning {
    /// How soon more of the same word stops counting: `k1` of BM25.
    pub(super) saturation: f32,
    /// The power of the share of the query that a product has.
    pub(super) coordination: f32,
    /// What two words side by side add, in shares of the pair's rarity.
    pub(super) adjacency: f32,
    /// What the fields weigh and how much their lengths count, as [`super::score::Place`]
    /// numbers them.
    pub(super) boosts: [f32; super::score::FIELDS],
    pub(super) lengths: [f32; super::score::FIELDS],
    /// Weight of the second best correction and of the third, at most.
    pub(super) alternative: f32,
    /// Weight of a word that a rare known one may be a misspelling of.
    pub(super) doubt: f32,
    /// Weight of neighbouring words written as one, and of one word as two.
    pub(super) compound: f32,
}

impl Tuning {
    pub(super) const DEFAULT: Self = Self {
        saturation: 1.0,
        coordination: 0.7,
        adjacency: 0.3,
        //      name brand category tags description codes joined
        boosts: [4.0, 2.5, 3.0, 1.0, 1.0, 4.0, 4.0],
        lengths: [0.5, 0.3, 0.3, 0.6, 0.6, 0.0, 0.5],
        alternative: 0.8,
        doubt: 0.4,
        compound: 0.9,
    };
}
