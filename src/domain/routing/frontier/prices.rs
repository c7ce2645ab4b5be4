//! Prices that make the choices of the single edges fit together as well as they can.
//!
//! Every vertex has a price on its charge, which has to be zero in the end, and every cut (see
//! [`cuts`]) pays a premium to each way that comes in through it, where one at least has to; some
//! cuts have to be come in through only if an edge is walked in a way that touches their inside,
//! and then that way pays the premium. With
//! any prices, the cheapest choice for each edge by itself costs no more than a walk (Lagrangian
//! relaxation; Held and Karp 1970). Good ones are found by the volume algorithm (Barahona and
//! Anbil 2000): steps along the subgradient of a mean of choices, which also tells which cuts are
//! missing.
//!
//! Prices are found in floating-point numbers and then rounded to ticks: whatever they are, what
//! is computed from them in ticks is a valid bound.

use std::collections::HashSet;

use super::{
    super::Ticks,
    cuts::{self, Cut, Flow},
    relaxed::{Relaxed, ticks},
};

/// Rounds in all, and between two searches for cuts.
const MAX_ROUNDS: usize = 1_200;
const ROUNDS_PER_SEARCH: usize = 25;
/// Rounds without a better bound after which steps get shorter.
const PATIENCE: usize = 8;
/// Most cuts.
const MAX_CUTS: usize = 600;
/// What is touched less often in the mean is not looked at.
const RARELY: f64 = 0.1;
/// The weight of the newest choice in the mean.
const NEWEST: f64 = 0.1;

/// What a vertex charges, and what there is to earn on an edge.
#[derive(Debug, Default)]
pub(super) struct Prices {
    /// On a charge at each vertex.
    pub(super) vertices: Vec<Ticks>,
    /// For coming through each edge, there and back.
    pub(super) premiums: Vec<[Ticks; 2]>,
    /// For touching the vertices of each edge.
    pub(super) claims: Vec<[Ticks; 2]>,
    /// All premiums of all cuts without a claim: some way has to earn each of them.
    pub(super) total: Ticks,
}

/// Prices in the making.
#[derive(Debug, Clone, Default)]
struct Draft {
    vertices: Vec<f64>,
    cuts: Vec<f64>,
}

/// A choice of ways, or a mean of several.
#[derive(Debug, Clone)]
struct Mix {
    /// The charges that each edge leaves at its vertices.
    charges: Vec<[f64; 2]>,
    through: Vec<[f64; 2]>,
    touches: Vec<[f64; 2]>,
    /// Where the walk ends, in the order of the offers.
    ends: Vec<f64>,
}

struct Ascent<'a> {
    core: &'a Relaxed,
    targets: Vec<Vec<usize>>,
    known: HashSet<Cut>,
    /// The entries of each cut.
    entries: Vec<Vec<(usize, usize)>>,
    /// The claim of each cut.
    claims: Vec<Option<(usize, usize)>>,
    premiums: Vec<[f64; 2]>,
    claimed: Vec<[f64; 2]>,
}

/// Good prices for walks shorter than `upper` metres.
pub(super) fn find(core: &Relaxed, upper: f64, should_stop: &dyn Fn() -> bool) -> Prices {
    let targets = cuts::targets(core);
    let mut ascent = Ascent {
        core,
        known: HashSet::new(),
        entries: Vec::new(),
        claims: Vec::new(),
        premiums: vec![[0.0; 2]; core.edges.len()],
        claimed: vec![[0.0; 2]; core.edges.len()],
        targets,
    };
    let mut best = Draft { vertices: vec![0.0; core.is_required.len()], cuts: Vec::new() };
    for cut in cuts::closest(core, &ascent.targets) {
        ascent.add(cut, &mut best);
    }
    ascent.climb(&mut best, upper, should_stop);
    let mut prices = Prices {
        vertices: level(core, best.vertices.iter().map(|&price| ticks(price)).collect()),
        premiums: vec![[0; 2]; core.edges.len()],
        claims: vec![[0; 2]; core.edges.len()],
        total: 0,
    };
    for ((&premium, entries), claim) in best.cuts.iter().zip(&ascent.entries).zip(&ascent.claims) {
        let premium = ticks(premium).max(0);
        match *claim {
            Some((edge, side)) => prices.claims[edge][side] += premium,
            None => prices.total += premium,
        }
        for &(edge, direction) in entries {
            prices.premiums[edge][direction] += premium;
        }
    }
    prices
}

/// Lowers prices until getting through an edge once more earns nothing, however often one does:
/// shortest paths by the algorithm of Bellman (1958) and Ford.
fn level(core: &Relaxed, mut prices: Vec<Ticks>) -> Vec<Ticks> {
    let mut has_changed = true;
    while std::mem::take(&mut has_changed) {
        for edge in &core.edges {
            for (direction, through) in edge.through.into_iter().enumerate() {
                let most = prices[edge.ends[direction]].saturating_add(through);
                let price = &mut prices[edge.ends[1 - direction]];
                if *price > most {
                    *price = most;
                    has_changed = true;
                }
            }
        }
    }
    prices
}

impl Ascent<'_> {
    /// Adds a cut with no premium yet; false if it is known.
    fn add(&mut self, cut: Cut, draft: &mut Draft) -> bool {
        if self.entries.len() >= MAX_CUTS || self.known.contains(&cut) {
            return false;
        }
        self.entries.push(cut.entries(self.core));
        self.claims.push(cut.claim);
        self.known.insert(cut);
        draft.cuts.push(0.0);
        true
    }

    fn climb(&mut self, best: &mut Draft, upper: f64, should_stop: &dyn Fn() -> bool) {
        let core = self.core;
        let mut flow = Flow::new(core);
        let (mut bound, mut mean) = self.choose(best);
        let (mut pace, mut stale) = (1.0, 0);
        for round in 1..=MAX_ROUNDS {
            if round % ROUNDS_PER_SEARCH == 0 {
                if should_stop() {
                    return;
                }
                self.separate(&mut flow, &mean, best);
            }
            let slope = self.slope(&mean, best);
            let steepness = slope.vertices.iter().chain(&slope.cuts).map(|g| g * g).sum::<f64>();
            let gap = 1.02 * upper - bound;
            if steepness < 1e-9 || gap <= 0.0 || pace < 1e-4 {
                return;
            }
            let trial = best.along(&slope, pace * gap / steepness);
            let (value, mix) = self.choose(&trial);
            mean.shift(&mix, NEWEST);
            if value > bound {
                bound = value;
                *best = trial;
                stale = 0;
                pace = f64::min(pace * 1.05, 2.0);
            } else {
                stale += 1;
                if stale >= PATIENCE {
                    stale = 0;
                    pace *= 0.75;
                }
            }
        }
    }

    /// Adds cuts that a mean of choices comes into too seldom.
    fn separate(&mut self, flow: &mut Flow<'_>, mean: &Mix, draft: &mut Draft) {
        for target in 0..self.targets.len() {
            if let Some(cut) = flow.cut(&mean.through, &self.targets[target], 1.0) {
                self.add(cut, draft);
            }
        }
        let core = self.core;
        for (index, edge) in core.edges.iter().enumerate().filter(|(_, edge)| edge.is_needed) {
            for (side, &vertex) in edge.ends.iter().enumerate() {
                let needed = mean.touches[index][side];
                if needed < RARELY || vertex == core.start || core.is_required[vertex] {
                    continue;
                }
                if let Some(cut) = flow.cut(&mean.through, &[vertex], needed) {
                    self.add(Cut { claim: Some((index, side)), ..cut }, draft);
                }
            }
        }
    }

    /// The cheapest choice at these prices, and what it costs with the premiums that are due.
    fn choose(&mut self, draft: &Draft) -> (f64, Mix) {
        let core = self.core;
        self.premiums.fill([0.0; 2]);
        self.claimed.fill([0.0; 2]);
        let mut value = -draft.vertices[core.start];
        for ((premium, entries), claim) in draft.cuts.iter().zip(&self.entries).zip(&self.claims) {
            match *claim {
                Some((edge, side)) => self.claimed[edge][side] += premium,
                None => value += premium,
            }
            for &(edge, direction) in entries {
                self.premiums[edge][direction] += premium;
            }
        }
        let mut mix = Mix {
            charges: vec![[0.0; 2]; core.edges.len()],
            through: vec![[0.0; 2]; core.edges.len()],
            touches: vec![[0.0; 2]; core.edges.len()],
            ends: vec![0.0; core.offers.len()],
        };
        // The cheapest way of ending inside an edge: by how much, which edge, which way.
        let mut ending: Option<(f64, usize, usize)> = None;
        let earned = self.premiums.iter().zip(&self.claimed);
        for (index, (edge, (premium, claimed))) in core.edges.iter().zip(earned).enumerate() {
            let prices = edge.ends.map(|end| draft.vertices[end]);
            let mut least = [(f64::INFINITY, 0); 2];
            for (way, choice) in edge.ways.iter().enumerate() {
                let mut cost =
                    choice.cost + prices[0] * choice.charge[0] + prices[1] * choice.charge[1];
                for (&gets_through, premium) in choice.through.iter().zip(premium) {
                    cost -= if gets_through { *premium } else { 0.0 };
                }
                for (&touches, claimed) in choice.touches.iter().zip(claimed) {
                    cost += if touches { *claimed } else { 0.0 };
                }
                let least = &mut least[usize::from(choice.ends)];
                if cost < least.0 {
                    *least = (cost, way);
                }
            }
            let [(plain, way), (end, end_way)] = least;
            value += plain;
            mix.take(core, index, way);
            if end.is_finite() && ending.is_none_or(|(more, ..)| end - plain < more) {
                ending = Some((end - plain, index, end_way));
            }
        }
        let offers = core.offers.iter().map(|&(vertex, cost)| cost + draft.vertices[vertex]);
        let offer = offers.enumerate().min_by(|a, b| a.1.total_cmp(&b.1));
        match (offer, ending) {
            (Some((_, cost)), Some((more, edge, way))) if more < cost => {
                value += more;
                mix.take(core, edge, way);
            }
            (Some((index, cost)), _) => {
                value += cost;
                mix.ends[index] = 1.0;
            }
            (None, Some((more, edge, way))) => {
                value += more;
                mix.take(core, edge, way);
            }
            (None, None) => {}
        }
        (value, mix)
    }

    /// Where a mix does not fit together.
    fn slope(&self, mix: &Mix, draft: &Draft) -> Draft {
        let core = self.core;
        let mut vertices = vec![0.0; core.is_required.len()];
        vertices[core.start] -= 1.0;
        for (edge, charges) in core.edges.iter().zip(&mix.charges) {
            for (end, charge) in edge.ends.iter().zip(charges) {
                vertices[*end] += charge;
            }
        }
        for (&(vertex, _), share) in core.offers.iter().zip(&mix.ends) {
            vertices[vertex] += share;
        }
        let pairs = self.entries.iter().zip(&self.claims).zip(&draft.cuts);
        let cuts = pairs.map(|((entries, claim), &premium)| {
            let needed = claim.map_or(1.0, |(edge, side)| mix.touches[edge][side]);
            let missing = needed - entries.iter().map(|&(e, d)| mix.through[e][d]).sum::<f64>();
            if premium <= 0.0 { missing.max(0.0) } else { missing }
        });
        Draft { cuts: cuts.collect(), vertices }
    }
}

impl Draft {
    fn along(&self, slope: &Self, step: f64) -> Self {
        let go = |at: &[f64], slope: &[f64]| -> Vec<f64> {
            at.iter().zip(slope).map(|(at, slope)| at + step * slope).collect()
        };
        let cuts = go(&self.cuts, &slope.cuts).into_iter().map(|price| price.max(0.0));
        Self { vertices: go(&self.vertices, &slope.vertices), cuts: cuts.collect() }
    }
}

impl Mix {
    fn take(&mut self, core: &Relaxed, edge: usize, way: usize) {
        let way = &core.edges[edge].ways[way];
        self.charges[edge] = way.charge;
        self.through[edge] = way.through.map(|through| if through { 1.0 } else { 0.0 });
        self.touches[edge] = way.touches.map(|touches| if touches { 1.0 } else { 0.0 });
    }

    fn shift(&mut self, other: &Self, weight: f64) {
        let blend = |a: &mut f64, b: &f64| *a += weight * (b - *a);
        let pairs = [
            (&mut self.charges, &other.charges),
            (&mut self.through, &other.through),
            (&mut self.touches, &other.touches),
        ];
        for (mine, theirs) in pairs {
            for (a, b) in mine.iter_mut().flatten().zip(theirs.iter().flatten()) {
                blend(a, b);
            }
        }
        for (a, b) in self.ends.iter_mut().zip(&other.ends) {
            blend(a, b);
        }
    }
}
