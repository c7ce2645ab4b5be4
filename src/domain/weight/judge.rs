//! Explanations of a change of weight, compared by their likelihoods.
//!
//! Each explanation has a prior probability and predicts a change: one with a known weight by a
//! normal distribution, one with an unknown weight by a log-uniform one (an item is as likely to
//! weigh 20 to 40 g as 2 to 4 kg). Their posterior shares (softmax of log prior plus log
//! likelihood) are the confidence. Below [`SURE`] there is no verdict.

use super::learned::Belief;
use super::{NOISE_G, WeightRules};
use crate::domain::id::ProductId;

/// The share from which an explanation counts.
pub const SURE: f64 = 0.8;
/// How many standard deviations are tolerated.
const SIGMAS: f64 = 4.0;
/// What an unknown item may weigh, in grams.
const ITEM_MIN_G: f64 = 5.0;
const ITEM_MAX_G: f64 = 20_000.0;

/// The change that the list asks for.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Expected {
    /// In grams; negative for what was taken out.
    pub change_g: f64,
    /// Its variance, in grams squared.
    pub variance: f64,
    /// Grams of it, without sign, that only a label vouches for.
    pub rough_g: f64,
    /// Whether the weight of something in it is not known.
    pub is_unknown: bool,
}

impl Expected {
    /// Adds so many pieces.
    pub fn add_pieces(&mut self, count: i64, belief: Option<Belief>) {
        let count = super::real(count);
        let Some(belief) = belief else {
            self.is_unknown = true;
            return;
        };
        self.change_g += count * belief.mean_g;
        self.variance += count.abs() * belief.spread_g.powi(2) + (count * belief.error_g).powi(2);
        if !belief.is_learned {
            self.rough_g += (count * belief.mean_g).abs();
        }
    }

    /// Adds grams that were weighed.
    pub fn add_grams(&mut self, grams: i64) {
        let grams = super::real(grams);
        self.change_g += grams;
        self.variance += (0.005 * grams).powi(2) + NOISE_G.powi(2);
    }

    /// Differences up to this are none.
    pub fn band_g(&self, rules: &WeightRules) -> f64 {
        let deviation = (self.variance + 2.0 * NOISE_G * NOISE_G).sqrt();
        let share = f64::from(rules.tolerance_percent) / 100.0 * self.rough_g;
        f64::from(rules.tolerance_g).max(share).max(SIGMAS * deviation)
    }
}

/// A product that may explain a difference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Which.
    pub product_id: ProductId,
    /// What a piece of it weighs.
    pub belief: Belief,
}

/// What a scale says about an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// It fits.
    Ok,
    /// The scale does not tell.
    Unsure,
    /// It does not fit.
    Mismatch,
    /// The product's weight is not known yet.
    Learning,
}

/// What a difference comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Nothing: noise.
    Fits,
    /// What is on the list is not in yet, or not out yet.
    NotMoved,
    /// Another product than the one that was scanned.
    Swapped,
    /// Something beside it, without a scan.
    Unscanned,
    /// Something went out, without a scan.
    Missing,
}

/// A verdict on an event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    /// In a word.
    pub check: Check,
    /// What is observed, in neutral words; empty when it fits.
    pub hint: &'static str,
    /// The share of the explanation, 0 to 1.
    pub confidence: f64,
    /// What to tell staff, of a mismatch; `None` when it is one, but no cause stands out.
    pub cause: Option<Cause>,
}

impl Verdict {
    /// There is nothing to say, because of this.
    pub const fn without(check: Check, hint: &'static str) -> Self {
        Self { check, hint, confidence: 0.0, cause: None }
    }
}

/// A difference that is worth an alert.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Finding {
    /// [`Cause::Unscanned`] or [`Cause::Missing`].
    pub cause: Cause,
    /// The product, where one stands out.
    pub product_id: Option<ProductId>,
    /// 0 to 1.
    pub confidence: f64,
    /// The difference, in grams.
    pub weight_g: i64,
}

/// Explanations with the logarithms of their weights.
#[derive(Default)]
struct Explanations(Vec<(Cause, Option<ProductId>, f64)>);

impl Explanations {
    fn normal(
        &mut self,
        (cause, product): (Cause, Option<ProductId>),
        prior: f64,
        observed: f64,
        (mean, deviation): (f64, f64),
    ) {
        let z = (observed - mean) / deviation;
        let density = -0.5 * z * z - (deviation * std::f64::consts::TAU.sqrt()).ln();
        self.0.push((cause, product, prior.ln() + density));
    }

    /// An item of unknown weight.
    fn unknown(&mut self, cause: Cause, prior: f64, grams: f64) {
        if (ITEM_MIN_G..=ITEM_MAX_G).contains(&grams) {
            let density = -(grams * (ITEM_MAX_G / ITEM_MIN_G).ln()).ln();
            self.0.push((cause, None, prior.ln() + density));
        }
    }

    /// Their shares of the whole.
    fn shares(self) -> Vec<(Cause, Option<ProductId>, f64)> {
        let most = self.0.iter().map(|(_, _, log)| *log).fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = self.0.iter().map(|(_, _, log)| (log - most).exp()).sum();
        let share = |(cause, product, log): (Cause, Option<ProductId>, f64)| {
            (cause, product, (log - most).exp() / sum)
        };
        self.0.into_iter().map(share).collect()
    }
}

fn share_of(shares: &[(Cause, Option<ProductId>, f64)], cause: Cause) -> f64 {
    shares.iter().filter(|(of, _, _)| *of == cause).map(|(_, _, share)| share).sum()
}

fn split(prior: f64, among: usize) -> f64 {
    prior / u32::try_from(among.max(1)).map_or(1.0, f64::from)
}

/// Judges an event: the list asks for `expected`, the scale changed by `observed_g`. `beside` is
/// what else may have come in with it: what the shopper has or means to buy.
pub fn event(
    rules: &WeightRules,
    expected: &Expected,
    observed_g: f64,
    beside: &[Candidate],
) -> Verdict {
    if !observed_g.is_finite() {
        return Verdict::without(Check::Unsure, "no-reading");
    }
    if expected.is_unknown {
        return Verdict::without(Check::Learning, "new-item");
    }
    // As if put in: what is taken out is the same with the other sign.
    let sign = if expected.change_g < 0.0 { -1.0 } else { 1.0 };
    let (mean, seen) = (sign * expected.change_g, sign * observed_g);
    let band = expected.band_g(rules);
    let (deviation, still) = (band / 3.0, (f64::from(rules.tolerance_g) / 3.0).max(2.0 * NOISE_G));
    let mut all = Explanations::default();
    all.normal((Cause::Fits, None), 0.96, seen, (mean, deviation));
    all.normal((Cause::NotMoved, None), 0.02, seen, (0.0, still));
    if mean > ITEM_MIN_G {
        all.unknown(Cause::Swapped, 0.01, seen);
    }
    let (more, less) = if sign > 0.0 {
        (Cause::Unscanned, Cause::Missing)
    } else {
        (Cause::Missing, Cause::Unscanned)
    };
    all.unknown(more, 0.002, seen - mean);
    all.unknown(less, 0.001, mean - seen);
    for candidate in beside {
        let spread = candidate.belief.spread_g.hypot(candidate.belief.error_g).hypot(deviation);
        let both = mean + candidate.belief.mean_g;
        let prior = split(0.004, beside.len());
        all.normal((more, Some(candidate.product_id)), prior, seen, (both, spread));
    }
    let shares = all.shares();
    let of = |cause| share_of(&shares, cause);
    let (fits, not_moved) = (of(Cause::Fits), of(Cause::NotMoved));
    let hint = if seen > mean { "item-heavier" } else { "item-lighter" };
    if fits >= SURE && (seen - mean).abs() <= band {
        return Verdict { check: Check::Ok, hint: "", confidence: fits, cause: None };
    }
    if not_moved >= SURE {
        let hint = if sign > 0.0 { "not-in-yet" } else { "not-out-yet" };
        return Verdict {
            check: Check::Unsure,
            hint,
            confidence: not_moved,
            cause: Some(Cause::NotMoved),
        };
    }
    let wrong = 1.0 - fits - not_moved;
    if wrong < SURE {
        return Verdict { check: Check::Unsure, hint, confidence: fits.max(wrong), cause: None };
    }
    let causes = [Cause::Swapped, Cause::Unscanned, Cause::Missing];
    let best = causes.into_iter().find(|cause| of(*cause) >= SURE);
    let confidence = best.map_or(wrong, of);
    Verdict { check: Check::Mismatch, hint, confidence, cause: best }
}

/// What a difference at rest may come from.
#[derive(Debug, Clone, Default)]
pub struct Around {
    /// What may have come in: what the list lost, the shopper's checklist, more of the same.
    pub may_come: Vec<Candidate>,
    /// What may have gone out: the lines.
    pub may_go: Vec<Candidate>,
}

/// Explains a scale that rests `difference_g` above what the list asks for, where `expected` is
/// the part of that which nobody has seen move yet. `None` when nothing stands out, or when it is
/// nothing that staff should look at.
pub fn at_rest(
    rules: &WeightRules,
    expected: &Expected,
    difference_g: f64,
    around: &Around,
) -> Option<Finding> {
    let band = expected.band_g(rules);
    if expected.is_unknown || !difference_g.is_finite() || difference_g.abs() <= band {
        return None;
    }
    let deviation = band / 3.0;
    let mut all = Explanations::default();
    all.normal((Cause::Fits, None), 0.97, difference_g, (0.0, deviation));
    if expected.change_g > band {
        all.normal((Cause::NotMoved, None), 0.05, difference_g, (-expected.change_g, deviation));
    }
    all.unknown(Cause::Unscanned, 0.02, difference_g);
    all.unknown(Cause::Missing, 0.003, -difference_g);
    for (cause, sign, candidates, prior) in [
        (Cause::Unscanned, 1.0, &around.may_come, 0.01),
        (Cause::Missing, -1.0, &around.may_go, 0.02),
    ] {
        for it in candidates {
            let spread = it.belief.spread_g.hypot(it.belief.error_g).hypot(2.0 * NOISE_G);
            let prior = split(prior, candidates.len());
            let shape = (sign * it.belief.mean_g, spread);
            all.normal((cause, Some(it.product_id)), prior, difference_g, shape);
        }
    }
    let shares = all.shares();
    let cause = if difference_g > 0.0 { Cause::Unscanned } else { Cause::Missing };
    let share = share_of(&shares, cause);
    if share < SURE {
        return None;
    }
    let mut best: Option<(ProductId, f64)> = None;
    for (_, product, part) in shares.iter().filter(|(of, _, _)| *of == cause) {
        if let Some(product) = product
            && best.is_none_or(|(_, most)| *part > most)
        {
            best = Some((*product, *part));
        }
    }
    let top = best.map_or(0.0, |(_, part)| part / share);
    let product_id = best.filter(|_| top >= SURE).map(|(id, _)| id);
    // That something went out is one thing, which line it was another.
    let confidence = match (cause, product_id) {
        (Cause::Missing, None) => share * (0.5 + 0.5 * top),
        _ => share,
    };
    Some(Finding { cause, product_id, confidence, weight_g: super::whole(difference_g) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(mean_g: f64) -> Belief {
        Belief { mean_g, spread_g: 3.0, error_g: 1.0, is_learned: true }
    }

    fn pieces(count: i64, belief: Belief) -> Expected {
        let mut expected = Expected::default();
        expected.add_pieces(count, Some(belief));
        expected
    }

    fn one(id: u64, mean_g: f64) -> Candidate {
        Candidate { product_id: ProductId::new(id).unwrap(), belief: known(mean_g) }
    }

    fn said(expected: &Expected, observed: f64) -> (Check, &'static str, Option<Cause>) {
        let verdict = event(&WeightRules::default(), expected, observed, &[]);
        (verdict.check, verdict.hint, verdict.cause)
    }

    #[test]
    fn a_scan_fits_or_does_not_or_nobody_knows() {
        let milk = pieces(1, known(1_030.0));
        for fits in [1_030.0, 1_018.0, 1_048.0] {
            assert_eq!(said(&milk, fits), (Check::Ok, "", None), "{fits}");
        }
        assert_eq!(said(&milk, 1.0), (Check::Unsure, "not-in-yet", Some(Cause::NotMoved)));
        assert_eq!(said(&milk, 1_057.0).0, Check::Unsure);
        assert_eq!(said(&milk, 600.0), (Check::Mismatch, "item-lighter", Some(Cause::Swapped)));
        let heavier = said(&milk, 1_600.0);
        assert_eq!((heavier.0, heavier.1), (Check::Mismatch, "item-heavier"));
        assert_eq!(said(&milk, f64::NAN), (Check::Unsure, "no-reading", None));
        let out = pieces(-1, known(1_030.0));
        assert_eq!(said(&out, -1_029.0).0, Check::Ok);
        assert_eq!(said(&out, 2.0).1, "not-out-yet");
        assert_eq!(said(&out, -300.0), (Check::Mismatch, "item-lighter", Some(Cause::Swapped)));
        let new = Expected { is_unknown: true, ..Expected::default() };
        assert_eq!(said(&new, 500.0).0, Check::Learning);
    }

    #[test]
    fn a_light_item_is_no_item_that_is_not_in_yet() {
        let gum = pieces(1, known(14.0));
        assert_eq!(said(&gum, 1.0).0, Check::Ok);
        assert_eq!(said(&gum, 16.0).0, Check::Ok);
        assert_eq!(said(&gum, 200.0).0, Check::Mismatch);
    }

    #[test]
    fn a_label_is_trusted_less_than_scans() {
        let label = Belief { mean_g: 1_000.0, spread_g: 4.0, error_g: 30.0, is_learned: false };
        assert_eq!(said(&pieces(1, label), 1_045.0).0, Check::Ok);
        assert_eq!(said(&pieces(1, known(1_000.0)), 1_045.0).0, Check::Mismatch);
        let rules = WeightRules { tolerance_g: 100, ..WeightRules::default() };
        let verdict = event(&rules, &pieces(1, known(1_000.0)), 1_045.0, &[]);
        assert_eq!(verdict.check, Check::Ok);
    }

    #[test]
    fn two_of_one_scan_are_one_unscanned() {
        let verdict =
            event(&WeightRules::default(), &pieces(1, known(400.0)), 801.0, &[one(1, 400.0)]);
        assert_eq!((verdict.check, verdict.cause), (Check::Mismatch, Some(Cause::Unscanned)));
        let shared = event(&WeightRules::default(), &pieces(1, known(400.0)), 801.0, &[]);
        assert_eq!((shared.check, shared.hint), (Check::Mismatch, "item-heavier"));
        assert!(shared.confidence >= SURE);
    }

    fn rest(expected: &Expected, difference: f64, around: &Around) -> Option<Finding> {
        at_rest(&WeightRules::default(), expected, difference, around)
    }

    #[test]
    fn what_came_in_is_named_only_where_one_product_is_plausible() {
        let nothing = Expected::default();
        assert_eq!(rest(&nothing, 15.0, &Around::default()), None);
        let found = rest(&nothing, 402.0, &Around::default()).unwrap();
        assert_eq!((found.cause, found.product_id), (Cause::Unscanned, None));
        assert!(found.confidence > 0.95 && found.weight_g == 402);
        let listed = Around { may_come: vec![one(1, 400.0), one(2, 900.0)], may_go: vec![] };
        assert_eq!(rest(&nothing, 402.0, &listed).unwrap().product_id, ProductId::new(1).ok());
        let alike = Around { may_come: vec![one(1, 400.0), one(2, 403.0)], may_go: vec![] };
        assert_eq!(rest(&nothing, 402.0, &alike).unwrap().product_id, None);
    }

    #[test]
    fn of_lines_that_fit_alike_none_is_named_and_the_confidence_is_less() {
        let nothing = Expected::default();
        let clear = Around { may_go: vec![one(1, 400.0), one(2, 900.0)], may_come: vec![] };
        let clear = rest(&nothing, -399.0, &clear).unwrap();
        assert_eq!((clear.cause, clear.product_id), (Cause::Missing, ProductId::new(1).ok()));
        let alike = Around { may_go: vec![one(1, 400.0), one(2, 402.0)], may_come: vec![] };
        let alike = rest(&nothing, -401.0, &alike).unwrap();
        assert_eq!((alike.cause, alike.product_id), (Cause::Missing, None));
        assert!(alike.confidence < clear.confidence - 0.1, "{alike:?} {clear:?}");
    }

    #[test]
    fn a_scanned_item_in_the_hand_is_nobodys_business_and_a_deleted_one_is() {
        let scanned = pieces(1, known(400.0));
        assert_eq!(rest(&scanned, -400.0, &Around::default()), None);
        let deleted = pieces(-1, known(400.0));
        let kept = Around { may_come: vec![one(1, 400.0)], may_go: vec![] };
        let found = rest(&deleted, 400.0, &kept).unwrap();
        assert_eq!((found.cause, found.product_id), (Cause::Unscanned, ProductId::new(1).ok()));
        let new = Expected { is_unknown: true, ..Expected::default() };
        assert_eq!(rest(&new, 400.0, &kept), None);
        assert_eq!(rest(&deleted, f64::NAN, &kept), None);
    }
}
