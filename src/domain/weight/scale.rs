//! One trolley's scale: what it read when it last agreed with the list, and what to make of what
//! it reads now.
//!
//! The `anchor` is the reading that the list `held` explains, bags and coats included. What the
//! list became since asks for a change; what the scale did since is held against that. A
//! difference that was told to staff is `open`: it is neither told again nor taken for the next
//! item, and it is closed when the scale comes back or a later scan explains it.

use jiff::{SignedDuration, Timestamp};

use super::judge::{self, Around, Candidate, Cause, Check, Expected, Finding, Verdict};
use super::learned::Belief;
use super::{WeightRules, real, whole};
use crate::domain::id::ProductId;

/// Products that may explain a difference: more are not looked at.
pub const CANDIDATES_MAX: usize = 60;
/// How long bags may be laid in, in seconds, unless the request says.
pub const TARE_DEFAULT_S: i64 = 30;
/// The longest such window, in seconds.
pub const TARE_MAX_S: i64 = 300;
/// How often a trolley may open one by itself in a session.
pub const TARES_MAX: u32 = 5;
/// A resting scale may have drifted this far from what it read before, in grams.
const DRIFT_G: i64 = 15;
/// A first scan teaches a weight when the scale changed by at least this, in grams.
const LESSON_MIN_G: f64 = 10.0;
/// Goods may weigh this many times what their label says of the contents.
const PACKAGING_MAX: f64 = 2.2;

/// How much of a product is in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Which.
    pub product_id: ProductId,
    /// Pieces.
    pub pieces: u32,
    /// Grams of weighed scans, packaging included.
    pub grams: u32,
    /// Scans whose weight nobody knows: those with an embedded price.
    pub vague: u32,
}

/// What is known of one scale. [`Scale::new`] knows nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scale {
    /// The session of the trolley; another one begins anew.
    pub session: u64,
    /// What it read when `held` was in it and `open_g` not; `None` before the first reading.
    pub anchor_g: Option<i64>,
    /// The list that explains it, by rising product.
    pub held: Vec<Held>,
    /// A difference that staff know of.
    pub open_g: i64,
    /// Until when bags may be laid in; past and set: what came in is still to be taken over.
    pub tare_until: Option<Timestamp>,
    /// How often the trolley itself asked for that in the session.
    pub tares: u32,
}

/// What is known of products.
pub trait Known {
    /// What a piece weighs.
    fn belief(&mut self, product: ProductId) -> Option<Belief>;
    /// What the shopper means to buy.
    fn wanted(&mut self) -> Vec<ProductId>;
}

/// An event that a trolley tells with its scale's reading.
#[derive(Debug)]
pub struct Told<'a> {
    /// The trolley's session.
    pub session: u64,
    /// The list after the event, by rising product.
    pub lines: &'a [Held],
    /// The reading after the act; `None` when it cannot be one.
    pub reading_g: Option<i64>,
    /// What the scale rested at before the event, if it was seen resting.
    pub rested_g: Option<i64>,
    /// Whether the trolley is on the move.
    pub is_in_motion: bool,
    /// When.
    pub now: Timestamp,
}

/// What came of an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The verdict.
    pub verdict: Verdict,
    /// One piece of this product was weighed alone.
    pub lesson: Option<(ProductId, f64)>,
    /// What staff should be told: the cause, if one stands out, and the difference.
    pub alert: Option<(Option<Cause>, i64)>,
    /// Whether an open difference is explained now.
    pub is_closed: bool,
    /// Whether the scale's state is another.
    pub is_changed: bool,
}

/// What a resting scale means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rest {
    /// Nothing new.
    Quiet,
    /// The state is another: a first reading, or bags that were taken over.
    Noted,
    /// What was open is explained.
    Closed,
    /// Staff should know.
    Alert(Finding),
}

impl Scale {
    /// A scale of which nothing is known yet.
    pub const fn new(session: u64) -> Self {
        Self { session, anchor_g: None, held: Vec::new(), open_g: 0, tare_until: None, tares: 0 }
    }

    /// Opens a window in which what comes in is baggage. Whether it may.
    pub fn tare(
        &mut self,
        session: u64,
        now: Timestamp,
        until: Timestamp,
        by_itself: bool,
    ) -> bool {
        self.enter(session);
        // Asked again while it is open it is the same one: firmware repeats itself.
        let counts = by_itself && self.tare_until.is_none_or(|until| is_tare_over(until, now));
        if counts && self.tares >= TARES_MAX {
            return false;
        }
        self.tares += u32::from(counts);
        self.tare_until = Some(until);
        true
    }

    fn enter(&mut self, session: u64) {
        if self.session != session {
            *self = Self::new(session);
        }
    }

    /// The list was emptied at once: what is in the trolley now says nothing about the next one.
    fn was_emptied(&self, lines: &[Held]) -> bool {
        lines.is_empty() && self.held.len() >= 2
    }

    fn begin(&mut self, reading_g: i64, lines: &[Held]) {
        self.anchor_g = Some(reading_g);
        self.held = lines.to_vec();
        self.open_g = 0;
    }

    /// Judges an event and takes its reading over.
    pub fn tell(&mut self, rules: &WeightRules, told: &Told<'_>, known: &mut dyn Known) -> Outcome {
        let before = self.clone();
        let mut outcome = self.judged(rules, told, known);
        outcome.is_changed = *self != before;
        outcome
    }

    fn judged(&mut self, rules: &WeightRules, told: &Told<'_>, known: &mut dyn Known) -> Outcome {
        let nothing = |check, hint| Outcome {
            verdict: Verdict::without(check, hint),
            lesson: None,
            alert: None,
            is_closed: false,
            is_changed: false,
        };
        self.enter(told.session);
        let Some(reading_g) = told.reading_g else { return nothing(Check::Unsure, "no-reading") };
        if told.is_in_motion {
            return nothing(Check::Unsure, "unsettled");
        }
        let anchor_g = match self.anchor_g {
            Some(anchor_g) if !self.was_emptied(told.lines) => anchor_g,
            _ => {
                self.begin(reading_g, told.lines);
                return nothing(Check::Learning, "first-reading");
            }
        };
        let changes = changes(&self.held, told.lines);
        let expected = expected(&changes, known);
        let stands_g = anchor_g + self.open_g;
        let drift_g = told.rested_g.map_or(0, |rested_g| rested_g - stands_g);
        let drift_g = if drift_g.abs() <= DRIFT_G { drift_g } else { 0 };
        let change_g = real(reading_g - stands_g - drift_g);
        let mut outcome = nothing(Check::Unsure, "");
        outcome.verdict = Self::verdict(rules, &expected, change_g, (&changes, told), known);
        let mut seen_g = change_g;
        if self.open_g != 0 && outcome.verdict.check != Check::Ok {
            let since_g = change_g + real(self.open_g);
            let verdict = judge::event(rules, &expected, since_g, &[]);
            if verdict.check == Check::Ok {
                (outcome.verdict, seen_g, outcome.is_closed) = (verdict, since_g, true);
                self.open_g = 0;
            }
        }
        if let Some(until) = self.tare_until {
            if is_tare_over(until, told.now) {
                self.tare_until = None;
            }
            if outcome.verdict.check != Check::Ok {
                outcome.verdict = Verdict::without(Check::Unsure, "tare");
            }
            self.anchor_g = Some(reading_g - self.open_g);
            self.held = told.lines.to_vec();
            return outcome;
        }
        self.settle(reading_g, seen_g, &expected, told.lines, &mut outcome);
        if outcome.verdict.cause != Some(Cause::NotMoved) {
            outcome.lesson = lesson(&changes, seen_g);
        }
        outcome
    }

    fn verdict(
        rules: &WeightRules,
        expected: &Expected,
        change_g: f64,
        (changes, told): (&[Changed], &Told<'_>),
        known: &mut dyn Known,
    ) -> Verdict {
        let verdict = judge::event(rules, expected, change_g, &[]);
        match verdict.check {
            Check::Ok => return verdict,
            Check::Learning => {
                let is_still = change_g.abs() < LESSON_MIN_G;
                let is_in = changes.iter().all(|change| change.pieces >= 0);
                let hint = if is_in { "not-in-yet" } else { "not-out-yet" };
                let still = Verdict::without(Check::Unsure, hint);
                return if is_still {
                    Verdict { cause: Some(Cause::NotMoved), ..still }
                } else {
                    verdict
                };
            }
            Check::Unsure | Check::Mismatch => {}
        }
        let mut ids: Vec<_> = told.lines.iter().map(|held| held.product_id).collect();
        ids.extend(known.wanted());
        let verdict = judge::event(rules, expected, change_g, &candidates(ids, known));
        // A label is of the contents: what is heavier may be its packaging.
        let may_be_packed = expected.rough_g > 0.0
            && change_g.signum() * expected.change_g > 0.0
            && change_g.abs() > expected.change_g.abs()
            && change_g.abs() <= PACKAGING_MAX * expected.change_g.abs();
        if verdict.check == Check::Mismatch && may_be_packed {
            return Verdict { check: Check::Learning, cause: None, ..verdict };
        }
        verdict
    }

    /// Takes an event's reading over, as far as the verdict explains it.
    fn settle(
        &mut self,
        reading_g: i64,
        seen_g: f64,
        expected: &Expected,
        lines: &[Held],
        outcome: &mut Outcome,
    ) {
        if outcome.verdict.cause == Some(Cause::NotMoved) {
            return;
        }
        let difference_g = whole(seen_g - expected.change_g);
        match outcome.verdict.check {
            Check::Ok | Check::Learning => {}
            // Nothing to tell, but if it comes back the scale agrees again.
            Check::Unsure => self.open_g += difference_g,
            Check::Mismatch => {
                outcome.alert = Some((outcome.verdict.cause, difference_g));
                self.open_g += difference_g;
            }
        }
        self.anchor_g = Some(reading_g - self.open_g);
        self.held = lines.to_vec();
    }

    /// What it means that the scale rests at this reading with this list.
    pub fn rest(
        &mut self,
        rules: &WeightRules,
        (session, lines): (u64, &[Held]),
        rest_g: i64,
        now: Timestamp,
        known: &mut dyn Known,
    ) -> Rest {
        self.enter(session);
        let is_tared = self.tare_until.is_some_and(|until| is_tare_over(until, now));
        let anchor_g = match self.anchor_g {
            Some(anchor_g) if !is_tared && !self.was_emptied(lines) => anchor_g,
            anchor_g => {
                let open_g = if is_tared && anchor_g.is_some() { self.open_g } else { 0 };
                self.begin(rest_g - open_g, lines);
                self.open_g = open_g;
                if is_tared {
                    self.tare_until = None;
                }
                return Rest::Noted;
            }
        };
        if self.tare_until.is_some() {
            return Rest::Quiet;
        }
        let changes = changes(&self.held, lines);
        let expected = expected(&changes, known);
        if expected.is_unknown {
            return Rest::Quiet;
        }
        let difference_g = real(rest_g - anchor_g) - expected.change_g;
        let band = expected.band_g(rules);
        if self.open_g != 0 && difference_g.abs() <= band {
            self.open_g = 0;
            return Rest::Closed;
        }
        if (difference_g - real(self.open_g)).abs() <= band {
            return Rest::Quiet;
        }
        let mut come: Vec<_> = changes.iter().map(|change| change.product_id).collect();
        come.extend(known.wanted());
        come.extend(lines.iter().map(|held| held.product_id));
        let going = lines.iter().map(|held| held.product_id).collect();
        let around = Around { may_come: candidates(come, known), may_go: candidates(going, known) };
        match judge::at_rest(rules, &expected, difference_g, &around) {
            Some(finding) => {
                self.open_g = finding.weight_g;
                Rest::Alert(finding)
            }
            None => Rest::Quiet,
        }
    }
}

/// How much of a product came in since, or went out.
struct Changed {
    product_id: ProductId,
    pieces: i64,
    grams: i64,
    vague: i64,
}

/// What is another between two lists, both by rising product.
fn changes(before: &[Held], after: &[Held]) -> Vec<Changed> {
    let mut found = Vec::new();
    let (mut old, mut new) = (before.iter().peekable(), after.iter().peekable());
    loop {
        let id = match (old.peek(), new.peek()) {
            (None, None) => return found,
            (Some(one), None) | (None, Some(one)) => one.product_id,
            (Some(one), Some(other)) => one.product_id.min(other.product_id),
        };
        let was = old.next_if(|held| held.product_id == id);
        let is = new.next_if(|held| held.product_id == id);
        let of = |count: fn(&Held) -> u32| {
            i64::from(is.map_or(0, count)) - i64::from(was.map_or(0, count))
        };
        let changed = Changed {
            product_id: id,
            pieces: of(|held| held.pieces),
            grams: of(|held| held.grams),
            vague: of(|held| held.vague),
        };
        if changed.pieces != 0 || changed.grams != 0 || changed.vague != 0 {
            found.push(changed);
        }
    }
}

fn expected(changes: &[Changed], known: &mut dyn Known) -> Expected {
    let mut expected = Expected::default();
    for change in changes {
        if change.pieces != 0 {
            expected.add_pieces(change.pieces, known.belief(change.product_id));
        }
        if change.grams != 0 {
            expected.add_grams(change.grams);
        }
        expected.is_unknown |= change.vague != 0;
    }
    expected
}

/// One piece of one product and nothing else came in or went out: what it weighs.
fn lesson(changes: &[Changed], seen_g: f64) -> Option<(ProductId, f64)> {
    let [one] = changes else { return None };
    let is_one = one.pieces.abs() == 1 && one.grams == 0 && one.vague == 0;
    let grams = seen_g * real(one.pieces);
    (is_one && grams >= LESSON_MIN_G).then_some((one.product_id, grams))
}

fn candidates(mut ids: Vec<ProductId>, known: &mut dyn Known) -> Vec<Candidate> {
    ids.truncate(CANDIDATES_MAX);
    ids.sort_unstable();
    ids.dedup();
    let of = |id| known.belief(id).map(|belief| Candidate { product_id: id, belief });
    ids.into_iter().filter_map(of).collect()
}

/// Until when a window that begins now lasts: at most [`TARE_MAX_S`].
pub fn tare_until(now: Timestamp, seconds: Option<i64>) -> Timestamp {
    let seconds = seconds.unwrap_or(TARE_DEFAULT_S).clamp(1, TARE_MAX_S);
    now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(now)
}

/// Whether a window is over; so is one that ends later than any does that begins now: somebody set
/// the clock back.
pub fn is_tare_over(until: Timestamp, now: Timestamp) -> bool {
    let left = until.duration_since(now);
    !left.is_positive() || left > SignedDuration::from_secs(TARE_MAX_S)
}

#[cfg(test)]
mod tests;
