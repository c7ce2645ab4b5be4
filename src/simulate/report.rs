//! What is counted while carts are about, and what is said of it at the end.

mod histogram;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;

use self::histogram::Histogram;
use super::model::Difference;

/// Kinds of errors that are told apart; further ones are counted together.
const KINDS_MAX: usize = 64;

/// A number that carts count up.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    pub(super) fn up(&self) {
        self.add(1);
    }

    pub(super) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub(super) fn down(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    /// How many there are.
    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What all carts count together.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Events that carts made.
    pub made: Count,
    /// Events that were answered.
    pub acknowledged: Count,
    /// Those of them that were refused for their content.
    pub refused: Count,
    /// Requests that were sent, whole or in part.
    pub requests: Count,
    /// Requests that were sent once more for want of an answer.
    pub retries: Count,
    /// Requests that were lost on purpose before they were whole.
    pub requests_lost: Count,
    /// Answers that were lost on purpose.
    pub answers_lost: Count,
    /// Answered events that were sent again on purpose, and answered again.
    pub duplicates: Count,
    /// Events that were sent after later ones.
    pub reordered: Count,
    /// Batches of events.
    pub batches: Count,
    /// Batches that skipped a number on purpose and were told so.
    pub gaps: Count,
    /// Times without a network.
    pub offline: Count,
    /// Starts of a firmware after the first.
    pub reboots: Count,
    /// Heartbeats, weights and positions that were answered.
    pub telemetry: Count,
    /// Orders.
    pub checkouts: Count,
    /// Carts that are still about.
    pub carts_active: Count,
    errors: Mutex<BTreeMap<String, u64>>,
    latency: Histogram,
}

impl Metrics {
    /// Notes what went wrong and was not meant to, as status and code or in a word.
    pub(super) fn error(&self, kind: &str) {
        let mut errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        let has_room = errors.len() < KINDS_MAX || errors.contains_key(kind);
        *errors.entry(if has_room { kind } else { "other" }.to_owned()).or_default() += 1;
    }

    /// Notes how long the answer to a scan took.
    pub(super) fn scan_took(&self, time: Duration) {
        self.latency.note(time);
    }

    /// All that went wrong.
    pub fn errors(&self) -> u64 {
        self.by_kind().values().sum()
    }

    /// A percentile of the time that scans took.
    pub fn percentile(&self, per_thousand: u64) -> Duration {
        self.latency.percentile(per_thousand)
    }

    fn by_kind(&self) -> BTreeMap<String, u64> {
        self.errors.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// How a run ended.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Whether every cart is as it should be, and the run went to its end.
    pub ok: bool,
    /// Makes the same shoppers meet the same trouble again.
    pub seed: u64,
    /// Virtual carts.
    pub carts: u32,
    /// How long they were about, in seconds.
    pub elapsed_s: f64,
    /// Events that were made.
    pub events: u64,
    /// Events that were answered: each is in its cart once, or was refused.
    pub acknowledged: u64,
    /// Those of them that were refused for their content.
    pub refused: u64,
    /// Events of dead carts that were never sent: they must not be in their carts.
    pub never_sent: u64,
    /// Events of dead carts that were sent and never answered: they may be in their carts.
    pub never_answered: u64,
    /// Acknowledged events a second.
    pub scans_per_s: f64,
    /// Half of the answered scans took at most this long, in milliseconds.
    pub p50_ms: f64,
    /// 95 of 100.
    pub p95_ms: f64,
    /// 99 of 100.
    pub p99_ms: f64,
    /// All of them.
    pub max_ms: f64,
    /// Requests, retries and telemetry included.
    pub requests: u64,
    /// Requests that were sent once more for want of an answer.
    pub retries: u64,
    /// Requests that were lost on purpose before they were whole.
    pub requests_lost: u64,
    /// Answers that were lost on purpose.
    pub answers_lost: u64,
    /// Events that were sent again after their answer, and answered again.
    pub duplicates_answered: u64,
    /// Events that were sent after later ones.
    pub reordered: u64,
    /// Batches of events.
    pub batches: u64,
    /// Batches that skipped a number and were told so.
    pub gaps: u64,
    /// Times without a network.
    pub times_offline: u64,
    /// Starts of a firmware after the first.
    pub reboots: u64,
    /// Carts whose battery died.
    pub dead_carts: u64,
    /// Heartbeats, weights and positions.
    pub telemetry: u64,
    /// Orders that were placed.
    pub checkouts: u64,
    /// What went wrong without being meant to; a server that is started again causes some.
    pub errors: u64,
    /// The same by status and code, or in a word.
    pub errors_by_kind: BTreeMap<String, u64>,
    /// Carts that were compared with their model.
    pub carts_checked: u64,
    /// Units that should be in a cart and are not.
    pub units_lost: u64,
    /// Units that are in a cart and should not be.
    pub units_doubled: u64,
    /// Where carts and models differ, the first 1,000.
    pub differences: Vec<Difference>,
    /// What else is wrong: carts that gave up, repeats that got another answer, the first 1,000.
    pub problems: Vec<String>,
    /// Devices that were revoked.
    pub devices_revoked: u64,
    /// Devices that could not be revoked.
    pub devices_left: Vec<u64>,
    /// Somebody stopped it before its end.
    pub interrupted: bool,
}

/// What the metrics do not know.
#[derive(Debug, Clone, Default)]
pub(super) struct Findings {
    pub(super) seed: u64,
    pub(super) carts: u32,
    pub(super) elapsed: Duration,
    pub(super) never_sent: u64,
    pub(super) never_answered: u64,
    pub(super) dead_carts: u64,
    pub(super) carts_checked: u64,
    pub(super) units_lost: u64,
    pub(super) units_doubled: u64,
    pub(super) differences: Vec<Difference>,
    pub(super) problems: Vec<String>,
    pub(super) devices_revoked: u64,
    pub(super) devices_left: Vec<u64>,
    pub(super) interrupted: bool,
}

impl Report {
    pub(super) fn new(metrics: &Metrics, found: Findings) -> Self {
        let milliseconds = |time: Duration| (time.as_secs_f64() * 100_000.0).round() / 100.0;
        let percentile = |per_thousand| milliseconds(metrics.latency.percentile(per_thousand));
        let acknowledged = metrics.acknowledged.value();
        let elapsed_s = found.elapsed.as_secs_f64();
        let rate = float(acknowledged) / elapsed_s.max(0.001);
        let is_right = found.differences.is_empty() && found.problems.is_empty();
        Self {
            ok: is_right && found.devices_left.is_empty() && !found.interrupted,
            seed: found.seed,
            carts: found.carts,
            elapsed_s: (elapsed_s * 100.0).round() / 100.0,
            events: metrics.made.value(),
            acknowledged,
            refused: metrics.refused.value(),
            never_sent: found.never_sent,
            never_answered: found.never_answered,
            scans_per_s: (rate * 10.0).round() / 10.0,
            p50_ms: percentile(500),
            p95_ms: percentile(950),
            p99_ms: percentile(990),
            max_ms: milliseconds(metrics.latency.longest()),
            requests: metrics.requests.value(),
            retries: metrics.retries.value(),
            requests_lost: metrics.requests_lost.value(),
            answers_lost: metrics.answers_lost.value(),
            duplicates_answered: metrics.duplicates.value(),
            reordered: metrics.reordered.value(),
            batches: metrics.batches.value(),
            gaps: metrics.gaps.value(),
            times_offline: metrics.offline.value(),
            reboots: metrics.reboots.value(),
            dead_carts: found.dead_carts,
            telemetry: metrics.telemetry.value(),
            checkouts: metrics.checkouts.value(),
            errors: metrics.errors(),
            errors_by_kind: metrics.by_kind(),
            carts_checked: found.carts_checked,
            units_lost: found.units_lost,
            units_doubled: found.units_doubled,
            differences: found.differences,
            problems: found.problems,
            devices_revoked: found.devices_revoked,
            devices_left: found.devices_left,
            interrupted: found.interrupted,
        }
    }
}

/// A count as a number to divide.
pub(super) fn float(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_that_is_wrong_is_enough() {
        let ok = |found: Findings| Report::new(&Metrics::default(), found).ok;
        assert!(ok(Findings::default()));
        assert!(!ok(Findings { interrupted: true, ..Findings::default() }));
        assert!(!ok(Findings { devices_left: vec![7], ..Findings::default() }));
        assert!(!ok(Findings { problems: vec!["gave up".into()], ..Findings::default() }));
        let difference = Difference {
            device_id: 1,
            cart: "c".into(),
            product_id: 2,
            product: "p".into(),
            expected: vec![1],
            found: 0,
        };
        assert!(!ok(Findings { differences: vec![difference], ..Findings::default() }));
    }

    #[test]
    fn rates_and_errors_are_counted() {
        let metrics = Metrics::default();
        metrics.acknowledged.add(300);
        metrics.error("503 busy");
        metrics.error("503 busy");
        metrics.scan_took(Duration::from_millis(4));
        let found = Findings { elapsed: Duration::from_secs(2), ..Findings::default() };
        let report = Report::new(&metrics, found);
        assert!((report.scans_per_s - 150.0).abs() < 0.01);
        assert_eq!((report.errors, report.errors_by_kind["503 busy"]), (2, 2));
        assert!((report.max_ms - 4.0).abs() < 0.01 && (report.p50_ms - 4.0).abs() < 0.1);
        for kind in 0..200 {
            metrics.error(&kind.to_string());
        }
        assert_eq!(metrics.by_kind().len(), KINDS_MAX + 1);
    }
}
