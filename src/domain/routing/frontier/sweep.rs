//! The sweep itself: a dynamic program over the edges of the core, one layer of states per edge.
//!
//! Invariant: the layers hold, for each state, the cheapest way of walking the edges taken so
//! far that leads to it. Unless the sweep was narrowed, states are left out only when they cannot
//! lead to a walk that costs less than the limit; so the walk that it finds is a shortest one,
//! and if it finds none, there is none below the limit.

use super::{
    super::Ticks,
    bounds::Bounds,
    layer::Layer,
    state::{Closing, State},
    ways::{END_CHARGE, Rule, Shape},
};

/// Most states of all layers together; each takes 6 bytes until the walk is recovered.
const MAX_STATES: usize = 10_000_000;
/// Most states of one layer; each takes some 40 bytes while the layer is worked on.
const MAX_LAYER: usize = 700_000;
/// States between two questions whether to stop.
const PATIENCE: usize = 4_096;

/// One edge of the core, in the order of the sweep.
#[derive(Debug)]
pub(super) struct Step {
    /// The ways of walking it, cheapest first.
    pub(super) ways: Vec<(Shape, Ticks)>,
    /// Its two vertices.
    pub(super) sides: [Side; 2],
}

/// One vertex of a step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Side {
    pub(super) slot: usize,
    /// Its charge and whether it must be visited, if it opens here.
    pub(super) opens: Option<(i8, bool)>,
    /// Whether it closes here.
    pub(super) closes: bool,
    /// What it costs to end the walk here.
    pub(super) offer: Option<Ticks>,
}

/// What was chosen at a step: the way, and at which of its vertices the walk ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) way: usize,
    pub(super) ends_at: Option<usize>,
}

/// A walk through the core.
#[derive(Debug)]
pub(super) struct Solution {
    pub(super) cost: Ticks,
    /// What was chosen at the first steps; nothing is walked at those that follow.
    pub(super) choices: Vec<Choice>,
}

/// How far a sweep may go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Only walks that cost less are of interest.
    pub(super) cost: Ticks,
    /// Most states that are kept at each step.
    pub(super) width: usize,
    /// Most states of all steps together.
    pub(super) states: usize,
}

/// A sweep over the steps.
#[derive(Debug)]
pub(super) struct Sweep<'a> {
    rule: Rule,
    steps: &'a [Step],
    bounds: &'a Bounds,
    slots: usize,
    limits: Limits,
    /// The cost of the best complete walk, its last step, the state before that, and the choice.
    complete: Option<(Ticks, usize, u32, u16)>,
    /// For each step where its states came from, and how.
    history: Vec<(Vec<u32>, Vec<u16>)>,
    states: usize,
    is_narrowed: bool,
}

impl Step {
    /// The choice of not walking it.
    pub(super) fn nothing(&self) -> Choice {
        let way = self.ways.iter().position(|way| *way == (Shape::NOTHING, 0));
        Choice { way: way.unwrap_or(0), ends_at: None }
    }

    /// Whether something must be walked or visited.
    pub(super) fn is_needed(&self) -> bool {
        let opens = |side: &Side| side.opens.is_some_and(|(_, is_required)| is_required);
        self.sides.iter().any(opens) || !self.can_be_left()
    }

    /// Whether it need not be walked.
    pub(super) fn can_be_left(&self) -> bool {
        self.ways.contains(&(Shape::NOTHING, 0))
    }
}

impl<'a> Sweep<'a> {
    pub(super) fn new(rule: Rule, steps: &'a [Step], bounds: &'a Bounds, limits: Limits) -> Self {
        let slots = steps.iter().flat_map(|step| step.sides.map(|side| side.slot + 1)).max();
        Self {
            rule,
            steps,
            bounds,
            slots: slots.unwrap_or(0),
            limits: Limits { states: limits.states.min(MAX_STATES), ..limits },
            complete: None,
            history: Vec::with_capacity(steps.len()),
            states: 0,
            is_narrowed: false,
        }
    }

    /// Goes through all steps; false when it had to stop before.
    pub(super) fn run(&mut self, should_stop: &dyn Fn() -> bool) -> bool {
        let (mut layer, mut next) = (Layer::default(), Layer::default());
        layer.offer(State::EMPTY.pack(self.rule, self.slots), [0, 0], 0, 0);
        let mut asked = 0;
        for number in 0..self.steps.len() {
            next.clear();
            for position in 0..layer.len() {
                asked += 1;
                let is_over = next.len() > MAX_LAYER
                    || self.states + next.len() > self.limits.states
                    || (asked % PATIENCE == 0 && should_stop());
                if is_over {
                    self.states += next.len();
                    return false;
                }
                self.advance(number, &layer, position, &mut next);
            }
            self.states += next.len();
            self.narrow(number, &mut next);
            std::mem::swap(&mut layer, &mut next);
            self.history.push(layer.take_origins());
        }
        true
    }

    /// How many states it looked at.
    pub(super) fn states(&self) -> usize {
        self.states
    }

    /// Whether it left out states for want of width.
    pub(super) fn is_narrowed(&self) -> bool {
        self.is_narrowed
    }

    /// The cheapest walk it found.
    pub(super) fn solution(&self) -> Option<Solution> {
        let (cost, last, mut at, how) = self.complete?;
        let mut choices = vec![Choice::from_code(how)];
        for (from, how) in self.history[..last].iter().rev() {
            let position = usize::try_from(at).ok()?;
            choices.push(Choice::from_code(how[position]));
            at = from[position];
        }
        choices.reverse();
        Some(Solution { cost, choices })
    }

    /// Takes a state over one step, in all ways.
    fn advance(&mut self, number: usize, layer: &Layer, position: usize, next: &mut Layer) {
        let step = &self.steps[number];
        let from = u32::try_from(position).expect("a layer has fewer states");
        let mut state = State::unpack(self.rule, layer.keys[position], self.slots);
        for (which, side) in step.sides.iter().enumerate() {
            if let Some((charge, is_required)) = side.opens {
                state.open(side.slot, is_required, charge, which);
            }
        }
        let slots = step.sides.map(|side| side.slot);
        let lead_before = layer.leads[position] + self.bounds.opening(number);
        let floor =
            layer.costs[position] + lead_before + self.bounds.floor(number, state.has_ended);
        let bounds = self.bounds;
        for (way, way_lead) in bounds.ways(number) {
            let (shape, cost) = step.ways[way];
            if floor + cost + way_lead >= self.limits.cost {
                break;
            }
            if shape.ends && state.has_ended {
                continue;
            }
            let (cost, lead) = (layer.costs[position] + cost, lead_before + way_lead);
            let mut walked = state;
            let charges = walked.walk(self.rule, slots, shape);
            self.finish(number, [cost, lead], (walked, charges), (from, way), next);
        }
    }

    /// Takes a walked state on to the next layer, as it is and with the walk ended here.
    fn finish(
        &mut self,
        number: usize,
        [cost, lead]: [Ticks; 2],
        (walked, charges): (State, [[i8; 2]; 2]),
        (from, way): (u32, usize),
        next: &mut Layer,
    ) {
        let (step, bounds) = (&self.steps[number], self.bounds);
        for ends_at in [None, Some(0), Some(1)] {
            let (mut after, mut charges) = (walked, charges);
            let (mut cost, mut lead) = (cost, lead);
            if let Some(index) = ends_at {
                let side = step.sides[index];
                let Some(offer) = side.offer.filter(|_| side.closes && !after.has_ended) else {
                    continue;
                };
                cost += offer;
                lead += bounds.ending(number, index);
                charges[index] = self.rule.ranges_sum(charges[index], END_CHARGE);
                after.has_ended = true;
            }
            if cost + lead + bounds.after(number, after.has_ended) >= self.limits.cost {
                continue;
            }
            for (side, range) in step.sides.iter().zip(&mut charges) {
                if side.closes && (range[0]..=range[1]).contains(&0) {
                    *range = [0, 0];
                }
            }
            let code = Choice { way, ends_at }.code();
            let [first, second] = charges;
            for (a, b) in
                (first[0]..=first[1]).flat_map(|a| (second[0]..=second[1]).map(move |b| (a, b)))
            {
                let mut after = after;
                after.settle(step.sides[0].slot, a);
                after.settle(step.sides[1].slot, b);
                match close(&mut after, &step.sides) {
                    Closing::Fine => {
                        let key = after.pack(self.rule, self.slots);
                        next.offer(key, [cost, lead], from, code);
                    }
                    Closing::Last if bounds.can_finish(number) && after.is_finished() => {
                        if cost < self.limits.cost {
                            self.limits.cost = cost;
                            self.complete = Some((cost, number, from, code));
                        }
                    }
                    Closing::Last | Closing::Illegal => {}
                }
            }
        }
    }

    /// Keeps the most promising states only, if there are too many.
    fn narrow(&mut self, number: usize, layer: &mut Layer) {
        let width = self.limits.width;
        if layer.len() <= width {
            return;
        }
        self.is_narrowed = true;
        let promise = |position: &usize| {
            let has_ended = State::unpack(self.rule, layer.keys[*position], 0).has_ended;
            layer.costs[*position] + layer.leads[*position] + self.bounds.after(number, has_ended)
        };
        let mut order: Vec<usize> = (0..layer.len()).collect();
        order.select_nth_unstable_by_key(width, |position| (promise(position), *position));
        order.truncate(width);
        order.sort_unstable();
        layer.keep(&order);
    }
}

/// Closes the vertices that close at a step.
fn close(state: &mut State, sides: &[Side; 2]) -> Closing {
    let mut all = Closing::Fine;
    for side in sides.iter().filter(|side| side.closes) {
        match state.close(side.slot) {
            Closing::Fine => {}
            Closing::Last if all == Closing::Fine => all = Closing::Last,
            // Two components that both end here never meet.
            Closing::Last | Closing::Illegal => return Closing::Illegal,
        }
    }
    all
}

impl Choice {
    fn code(self) -> u16 {
        let way = u16::try_from(self.way).expect("a piece has few ways");
        way * 3 + self.ends_at.map_or(0, |index| if index == 0 { 1 } else { 2 })
    }

    fn from_code(code: u16) -> Self {
        let ends_at = usize::from(code % 3).checked_sub(1);
        Self { way: usize::from(code / 3), ends_at }
    }
}
