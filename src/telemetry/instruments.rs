//! Counters, gauges and histograms, and their Prometheus text form.
//!
//! Lock-free where it is hot: counting is one or two atomic additions. Everything is an integer
//! (durations are microseconds inside), so no number is ever rounded on its way out.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// Series in one family; what comes beyond is not counted. Labels are static, so only a mistake
/// in the code gets there.
const MAX_SERIES: usize = 4096;

/// Bucket bounds of durations, in microseconds: from a point read to a stuck disk.
const DURATION_BOUNDS_US: &[u64] = &[
    250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000, 10_000_000,
];

/// Something that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// One more.
    pub fn increment(&self) {
        self.add(1);
    }

    /// That many more.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// At least that many: for what is counted elsewhere.
    pub fn raise_to(&self, count: u64) {
        self.0.fetch_max(count, Ordering::Relaxed);
    }

    /// How many so far.
    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Something that goes up and down.
#[derive(Debug, Default)]
pub struct Gauge(AtomicI64);

impl Gauge {
    /// One more.
    pub fn increment(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// One less.
    pub fn decrement(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    /// Exactly that many; more than `i64::MAX` shows as that.
    pub fn set(&self, value: u64) {
        self.0.store(i64::try_from(value).unwrap_or(i64::MAX), Ordering::Relaxed);
    }

    /// How many now.
    pub fn value(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How often something had which size, by fixed buckets.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    /// One per bound, and one for what is above the last.
    buckets: Vec<AtomicU64>,
    sum: AtomicU64,
}

impl Histogram {
    /// For durations; shown in seconds.
    pub fn of_durations() -> Self {
        let bounds = DURATION_BOUNDS_US;
        let buckets = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, buckets, sum: AtomicU64::new(0) }
    }

    /// Counts one duration.
    pub fn observe_duration(&self, duration: Duration) {
        let value = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let bucket = self.bounds.partition_point(|bound| *bound < value);
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    /// How many were counted.
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).sum()
    }
}

/// Microseconds as exact seconds.
fn seconds(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// Labels of one series, in Prometheus form without braces: `method="GET",route="/health"`.
///
/// Values come from the code, never from a request: that bounds the number of series, and
/// needs no escaping.
pub trait LabelSet: Ord + Clone {
    /// Appends the labels.
    fn write(&self, text: &mut String);
}

/// The same instrument for different labels.
#[derive(Debug)]
pub struct Family<L, I> {
    series: RwLock<BTreeMap<L, Arc<I>>>,
    make: fn() -> I,
}

impl<L: LabelSet, I> Family<L, I> {
    /// An empty family; `make` makes the instrument of a new label set.
    pub fn new(make: fn() -> I) -> Self {
        Self { series: RwLock::default(), make }
    }

    /// The instrument for these labels.
    pub fn with(&self, labels: &L) -> Arc<I> {
        let series = self.series.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(instrument) = series.get(labels) {
            return Arc::clone(instrument);
        }
        drop(series);
        let mut series = self.series.write().unwrap_or_else(PoisonError::into_inner);
        if series.len() >= MAX_SERIES && !series.contains_key(labels) {
            return Arc::new((self.make)());
        }
        Arc::clone(series.entry(labels.clone()).or_insert_with(|| Arc::new((self.make)())))
    }

    fn snapshot(&self) -> Vec<(String, Arc<I>)> {
        let series = self.series.read().unwrap_or_else(PoisonError::into_inner);
        let shown = |labels: &L| {
            let mut text = String::new();
            labels.write(&mut text);
            text
        };
        series.iter().map(|(labels, i)| (shown(labels), Arc::clone(i))).collect()
    }
}

/// The Prometheus text format, version 0.0.4, as it grows.
#[derive(Default)]
pub(super) struct Exposition(String);

impl Exposition {
    pub(super) fn counter(&mut self, name: &str, help: &str, counter: &Counter) {
        self.counters(name, help, &[("", counter)]);
    }

    /// Counters that share a name, each with its labels.
    pub(super) fn counters(&mut self, name: &str, help: &str, counters: &[(&str, &Counter)]) {
        self.head(name, help, "counter");
        for (labels, counter) in counters {
            self.sample(name, labels, &counter.value().to_string());
        }
    }

    pub(super) fn counter_family<L: LabelSet>(
        &mut self,
        name: &str,
        help: &str,
        family: &Family<L, Counter>,
    ) {
        self.head(name, help, "counter");
        for (labels, counter) in family.snapshot() {
            self.sample(name, &labels, &counter.value().to_string());
        }
    }

    pub(super) fn gauge(&mut self, name: &str, help: &str, value: &Gauge) {
        self.gauges(name, help, &[("", value)]);
    }

    /// Gauges that share a name, each with its labels.
    pub(super) fn gauges(&mut self, name: &str, help: &str, gauges: &[(&str, &Gauge)]) {
        self.head(name, help, "gauge");
        for (labels, gauge) in gauges {
            self.sample(name, labels, &gauge.value().to_string());
        }
    }

    pub(super) fn histogram_family<L: LabelSet>(
        &mut self,
        name: &str,
        help: &str,
        family: &Family<L, Histogram>,
    ) {
        self.head(name, help, "histogram");
        for (labels, histogram) in family.snapshot() {
            self.buckets(name, &labels, &histogram);
        }
    }

    pub(super) fn finish(self) -> String {
        self.0
    }

    fn buckets(&mut self, name: &str, labels: &str, histogram: &Histogram) {
        let comma = if labels.is_empty() { "" } else { "," };
        let mut count = 0;
        for (index, bucket) in histogram.buckets.iter().enumerate() {
            count += bucket.load(Ordering::Relaxed);
            let bound = match histogram.bounds.get(index) {
                Some(bound) => seconds(*bound),
                None => "+Inf".to_owned(),
            };
            let labels = format!("{labels}{comma}le=\"{bound}\"");
            self.sample(&format!("{name}_bucket"), &labels, &count.to_string());
        }
        let sum = seconds(histogram.sum.load(Ordering::Relaxed));
        self.sample(&format!("{name}_sum"), labels, &sum);
        self.sample(&format!("{name}_count"), labels, &count.to_string());
    }

    fn head(&mut self, name: &str, help: &str, kind: &str) {
        writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}")
            .expect("writing to a string does not fail");
    }

    fn sample(&mut self, name: &str, labels: &str, value: &str) {
        let (open, close) = if labels.is_empty() { ("", "") } else { ("{", "}") };
        writeln!(self.0, "{name}{open}{labels}{close} {value}")
            .expect("writing to a string does not fail");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
    struct Colour(&'static str);

    impl LabelSet for Colour {
        fn write(&self, text: &mut String) {
            write!(text, "colour=\"{}\"", self.0).unwrap();
        }
    }

    #[test]
    fn buckets_are_cumulative_and_a_bound_belongs_to_its_bucket() {
        let family = Family::new(Histogram::of_durations);
        for micros in [1, 250, 251, 500, 20_000_000] {
            family.with(&Colour("red")).observe_duration(Duration::from_micros(micros));
        }
        let mut page = Exposition::default();
        page.histogram_family("t", "Time.", &family);
        let text = page.finish();
        for line in [
            "# TYPE t histogram",
            "t_bucket{colour=\"red\",le=\"0.000250\"} 2",
            "t_bucket{colour=\"red\",le=\"0.000500\"} 4",
            "t_bucket{colour=\"red\",le=\"10.000000\"} 4",
            "t_bucket{colour=\"red\",le=\"+Inf\"} 5",
            "t_count{colour=\"red\"} 5",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is missing in\n{text}");
        }
    }

    #[test]
    fn durations_are_shown_in_exact_seconds() {
        let latency = Family::new(Histogram::of_durations);
        latency.with(&Colour("red")).observe_duration(Duration::from_micros(1_250_001));
        let mut page = Exposition::default();
        page.histogram_family("t", "Time.", &latency);
        let text = page.finish();
        assert!(text.contains("t_bucket{colour=\"red\",le=\"0.000250\"} 0\n"), "{text}");
        assert!(text.contains("t_bucket{colour=\"red\",le=\"2.500000\"} 1\n"), "{text}");
        assert!(text.contains("t_sum{colour=\"red\"} 1.250001\n"), "{text}");
    }

    #[test]
    fn a_family_keeps_its_series_apart() {
        let family = Family::new(Counter::default);
        family.with(&Colour("red")).add(2);
        family.with(&Colour("blue")).increment();
        family.with(&Colour("red")).increment();
        let mut page = Exposition::default();
        page.counter_family("n", "Number.", &family);
        assert_eq!(
            page.finish(),
            "# HELP n Number.\n# TYPE n counter\nn{colour=\"blue\"} 1\nn{colour=\"red\"} 3\n"
        );
    }

    #[test]
    fn a_gauge_goes_both_ways() {
        let gauge = Gauge::default();
        gauge.increment();
        gauge.increment();
        gauge.decrement();
        assert_eq!(gauge.value(), 1);
        gauge.set(u64::MAX);
        assert_eq!(gauge.value(), i64::MAX);
    }
}
