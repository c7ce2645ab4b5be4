//! What the steps that are left cost at least, whatever the state.

use super::{super::Ticks, sweep::Step};

/// Lower bounds on the rest of a sweep.
#[derive(Debug)]
pub(super) struct Bounds {
    /// After each step: as long as the end has not been chosen, and afterwards.
    rest: Vec<[Ticks; 2]>,
    /// The last step where something must be walked or visited.
    last_needed: usize,
}

impl Bounds {
    pub(super) fn new(steps: &[Step]) -> Self {
        let mut rest = vec![[0, 0]; steps.len()];
        // What all steps that are left cost, and the most that ending at one of them saves.
        let (mut plain, mut saved) = (0, 0);
        for (rest, step) in rest.iter_mut().zip(steps).rev() {
            *rest = [plain - saved, plain];
            let cheapest = |ends: bool| {
                let ways = step.ways.iter().filter(|(shape, _)| shape.ends == ends);
                ways.map(|&(_, cost)| cost).min()
            };
            let least = cheapest(false).unwrap_or(0);
            plain += least;
            let offers = step.sides.iter().filter(|side| side.closes).filter_map(|side| side.offer);
            let ending = cheapest(true).map(|cost| cost - least);
            saved = offers.chain(ending).fold(saved, |saved, cost| saved.max(-cost));
        }
        Self { rest, last_needed: steps.iter().rposition(Step::is_needed).unwrap_or(0) }
    }

    /// What the steps after this one cost at least.
    pub(super) fn after(&self, number: usize, has_ended: bool) -> Ticks {
        self.rest[number][usize::from(has_ended)]
    }

    /// Whether nothing need be walked after this step.
    pub(super) fn can_finish(&self, number: usize) -> bool {
        number >= self.last_needed
    }
}
