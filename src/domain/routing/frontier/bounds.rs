//! What the steps that are left cost at least, whatever the state.
//!
//! With prices (see [`prices`](super::prices)), costs are compared with a lead: the prices of all
//! charges less the premiums that were earned. What follows costs at least what the cheapest ways
//! of all steps that are left cost at these prices, and earns no more than all premiums.

use super::{
    super::Ticks,
    prices::Prices,
    steps::Steps,
    ways::{END_CHARGE, Rule, Shape},
};

/// More than any walk costs, and not so much that sums of it overflow.
const NEVER: Ticks = Ticks::MAX / 8;

/// Lower bounds on the rest of a sweep.
#[derive(Debug)]
pub(super) struct Bounds {
    steps: Vec<Priced>,
    /// The last step where something must be walked or visited.
    last_needed: usize,
    /// What all walks cost at least.
    pub(super) least: Ticks,
}

/// A step at given prices.
#[derive(Debug, Default)]
struct Priced {
    /// What the steps after it cost at least: as long as the end has not been chosen, and
    /// afterwards.
    rest: [Ticks; 2],
    /// What ways and ends at this step, and the steps after it, cost less than the way at least.
    floor: [Ticks; 2],
    /// The lead of each way, and the ways from the cheapest to the most expensive.
    leads: Vec<Ticks>,
    order: Vec<usize>,
    opening: Ticks,
    ending: [Ticks; 2],
}

impl Bounds {
    pub(super) fn new(rule: Rule, steps: &Steps, prices: &Prices) -> Self {
        let vertices = steps.vertices();
        let price = |vertex| {
            let rank = vertices.binary_search(&vertex).ok();
            rank.and_then(|rank| prices.vertices.get(rank)).copied().unwrap_or(0)
        };
        let mut list: Vec<Priced> = Vec::with_capacity(steps.list.len());
        let (mut plain, mut ending) = (prices.total, NEVER);
        for (number, step) in steps.list.iter().enumerate().rev() {
            let at = steps.links[number].ends.map(price);
            let premium = prices.premiums.get(number).copied().unwrap_or_default();
            let claim = prices.claims.get(number).copied().unwrap_or_default();
            let lead = |(way, &(shape, _)): (usize, &(Shape, Ticks))| {
                let mut lead = 0;
                for index in 0..2 {
                    lead += at[index] * Ticks::from(shape.charge[index]);
                    if steps.throughs[number].get(way).is_some_and(|through| through[index]) {
                        lead -= premium[index];
                    }
                    if shape.touches[index] {
                        lead += claim[index];
                    }
                }
                let is_more = shape.charge.iter().any(|charge| charge.abs() == rule.most());
                if rule != Rule::Parity && shape.ends && is_more {
                    // One of its charges may be greater by one more than the other.
                    lead -= at[0].abs().max(at[1].abs());
                }
                lead
            };
            let leads: Vec<Ticks> = step.ways.iter().enumerate().map(lead).collect();
            let costs: Vec<Ticks> =
                step.ways.iter().zip(&leads).map(|((_, cost), lead)| cost + lead).collect();
            let mut order: Vec<usize> = (0..costs.len()).collect();
            order.sort_by_key(|&way| costs[way]);
            let cheapest = |ends: bool| {
                let way = order.iter().find(|&&way| step.ways[way].0.ends == ends)?;
                Some(costs[*way])
            };
            let end_at = at.map(|price| price * Ticks::from(END_CHARGE));
            let offers = step.sides.iter().zip(end_at).filter(|(side, _)| side.closes);
            let offers = offers.filter_map(|(side, lead)| Some(side.offer? + lead));
            let offer = offers.min().unwrap_or(NEVER);
            let opens = step.sides.iter().zip(at);
            let opening =
                opens.map(|(side, at)| side.opens.map_or(0, |(c, _)| Ticks::from(c) * at)).sum();
            let rest = [(plain + ending).min(NEVER), plain];
            let floor = [rest[0].min(plain).min(plain + offer), plain];
            let least = cheapest(false).unwrap_or(0);
            let inside = cheapest(true).map_or(NEVER, |cost| cost - least);
            ending = ending.min(offer).min(inside);
            plain += least + opening;
            list.push(Priced { rest, floor, leads, order, opening, ending: end_at });
        }
        list.reverse();
        Self {
            steps: list,
            last_needed: steps.list.iter().rposition(super::sweep::Step::is_needed).unwrap_or(0),
            least: (plain + ending).min(NEVER),
        }
    }

    /// What the steps after this one cost at least.
    pub(super) fn after(&self, number: usize, has_ended: bool) -> Ticks {
        self.steps[number].rest[usize::from(has_ended)]
    }

    /// The same whatever the end: the least that comes on top of a way of this step.
    pub(super) fn floor(&self, number: usize, has_ended: bool) -> Ticks {
        self.steps[number].floor[usize::from(has_ended)]
    }

    /// The ways of a step, each with its lead, those that look cheapest first.
    pub(super) fn ways(&self, number: usize) -> impl Iterator<Item = (usize, Ticks)> {
        let step = &self.steps[number];
        step.order.iter().map(|&way| (way, step.leads[way]))
    }

    /// The lead of opening the vertices of a step.
    pub(super) fn opening(&self, number: usize) -> Ticks {
        self.steps[number].opening
    }

    /// The lead of ending at one of the vertices of a step.
    pub(super) fn ending(&self, number: usize, side: usize) -> Ticks {
        self.steps[number].ending[side]
    }

    /// Whether nothing need be walked after this step.
    pub(super) fn can_finish(&self, number: usize) -> bool {
        number >= self.last_needed
    }
}
