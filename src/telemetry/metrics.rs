//! Everything the appliance counts, in one place.
//!
//! To count something new: add a field, and a line in [`Metrics::render`].

use std::fmt::Write;

use super::instruments::{Counter, Exposition, Family, Gauge, Histogram, LabelSet};

/// All instruments of one server.
#[derive(Debug)]
pub struct Metrics {
    /// Requests answered.
    pub http_requests: Family<HttpRequestLabels, Counter>,
    /// From a request's header to its answer's header.
    pub http_duration: Family<HttpRouteLabels, Histogram>,
    /// Sockets taken from the listener.
    pub connections_accepted: Counter,
    /// Sockets open now, upgraded ones included.
    pub connections_open: Gauge,
    /// Sockets closed at once because there were too many.
    pub connections_refused_total: Counter,
    /// Sockets closed at once because their address had too many.
    pub connections_refused_per_address: Counter,
    /// Sockets closed because their client was silent or slow.
    pub connections_timed_out: Counter,
    /// Sockets closed because an address with fewer of them needed a place.
    pub connections_evicted: Counter,
    /// Requests refused because their address asked too often.
    pub rate_limited_address: Counter,
    /// Requests refused because their account asked too often.
    pub rate_limited_account: Counter,
    /// Requests refused because their trolley asked too often.
    pub rate_limited_device: Counter,
    /// Commands whose commit is durable.
    pub store_writes: Counter,
    /// Commits; each carries one or more commands.
    pub store_batches: Counter,
    /// Commands waiting for the writer now.
    pub store_queue: Gauge,
    /// Clients that follow live events now.
    pub live_followers: Gauge,
    /// Carts and orders that were rendered for those who follow live events.
    pub live_snapshots: Counter,
    /// Trolleys that hold a connection now.
    pub device_sockets: Gauge,
    /// Trolleys by their state: new, online, asleep, offline.
    pub devices: [Gauge; 4],
    /// Alerts that nobody cleared.
    pub open_alerts: Gauge,
    /// Searches for a text.
    pub searches: Counter,
    /// Those of them that found nothing.
    pub searches_without_results: Counter,
}

/// Labels of [`Metrics::http_requests`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HttpRequestLabels {
    /// The route, and with it the method.
    pub route: HttpRouteLabels,
    /// The answer's status.
    pub status: StatusClass,
}

/// Labels of [`Metrics::http_duration`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HttpRouteLabels {
    /// `GET`, `POST`, ...
    pub method: &'static str,
    /// The route's pattern, such as `/products/{id}`; requests that match none share one name.
    pub route: &'static str,
}

/// The hundreds of a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StatusClass {
    /// 1xx: upgraded.
    Informational,
    /// 2xx.
    Success,
    /// 3xx.
    Redirection,
    /// 4xx.
    ClientError,
    /// 5xx.
    ServerError,
}

impl StatusClass {
    /// How many there are.
    pub const COUNT: usize = 5;

    /// Its place among them.
    pub const fn index(self) -> usize {
        match self {
            Self::Informational => 0,
            Self::Success => 1,
            Self::Redirection => 2,
            Self::ClientError => 3,
            Self::ServerError => 4,
        }
    }

    /// The class of a numeric status.
    pub fn of(status: u16) -> Self {
        match status {
            0..200 => Self::Informational,
            200..300 => Self::Success,
            300..400 => Self::Redirection,
            400..500 => Self::ClientError,
            500.. => Self::ServerError,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Informational => "1xx",
            Self::Success => "2xx",
            Self::Redirection => "3xx",
            Self::ClientError => "4xx",
            Self::ServerError => "5xx",
        }
    }
}

impl LabelSet for HttpRouteLabels {
    fn write(&self, text: &mut String) {
        write!(text, "method=\"{}\",route=\"{}\"", self.method, self.route)
            .expect("writing to a string does not fail");
    }
}

impl LabelSet for HttpRequestLabels {
    fn write(&self, text: &mut String) {
        self.route.write(text);
        write!(text, ",status=\"{}\"", self.status.as_str())
            .expect("writing to a string does not fail");
    }
}

impl Metrics {
    /// All at zero.
    pub fn new() -> Self {
        Self {
            http_requests: Family::new(Counter::default),
            http_duration: Family::new(Histogram::of_durations),
            connections_accepted: Counter::default(),
            connections_open: Gauge::default(),
            connections_refused_total: Counter::default(),
            connections_refused_per_address: Counter::default(),
            connections_timed_out: Counter::default(),
            connections_evicted: Counter::default(),
            rate_limited_address: Counter::default(),
            rate_limited_account: Counter::default(),
            rate_limited_device: Counter::default(),
            store_writes: Counter::default(),
            store_batches: Counter::default(),
            store_queue: Gauge::default(),
            live_followers: Gauge::default(),
            live_snapshots: Counter::default(),
            device_sockets: Gauge::default(),
            devices: Default::default(),
            open_alerts: Gauge::default(),
            searches: Counter::default(),
            searches_without_results: Counter::default(),
        }
    }

    /// The Prometheus text of `GET /metrics`; send it as `text/plain; version=0.0.4`.
    pub fn render(&self) -> String {
        let mut page = Exposition::default();
        self.render_edge(&mut page);
        self.render_fleet(&mut page);
        self.render_store(&mut page);
        self.render_search(&mut page);
        page.finish()
    }

    fn render_edge(&self, page: &mut Exposition) {
        page.counter_family(
            "cartwright_http_requests_total",
            "Requests answered.",
            &self.http_requests,
        );
        page.histogram_family(
            "cartwright_http_request_duration_seconds",
            "From a request's header to its answer's header.",
            &self.http_duration,
        );
        page.counter(
            "cartwright_connections_accepted_total",
            "Sockets taken from the listener.",
            &self.connections_accepted,
        );
        page.gauge("cartwright_connections_open", "Sockets open now.", &self.connections_open);
        page.counters(
            "cartwright_connections_refused_total",
            "Sockets closed at once because there were too many.",
            &[
                ("limit=\"total\"", &self.connections_refused_total),
                ("limit=\"address\"", &self.connections_refused_per_address),
            ],
        );
        page.counter(
            "cartwright_connections_timed_out_total",
            "Sockets closed because their client was silent or slow.",
            &self.connections_timed_out,
        );
        page.counter(
            "cartwright_connections_evicted_total",
            "Sockets closed because an address with fewer of them needed a place.",
            &self.connections_evicted,
        );
        page.counters(
            "cartwright_http_rate_limited_total",
            "Requests refused because somebody asked too often.",
            &[
                ("limit=\"address\"", &self.rate_limited_address),
                ("limit=\"account\"", &self.rate_limited_account),
                ("limit=\"device\"", &self.rate_limited_device),
            ],
        );
        page.gauge(
            "cartwright_live_followers",
            "Clients that follow live events now.",
            &self.live_followers,
        );
        page.counter(
            "cartwright_live_snapshots_total",
            "Carts and orders rendered for live events.",
            &self.live_snapshots,
        );
    }

    fn render_fleet(&self, page: &mut Exposition) {
        let help = "Trolleys that hold a WebSocket now.";
        page.gauge("cartwright_device_sockets", help, &self.device_sockets);
        let [new, online, asleep, offline] = &self.devices;
        page.gauges(
            "cartwright_devices",
            "Trolleys by state.",
            &[
                ("state=\"new\"", new),
                ("state=\"online\"", online),
                ("state=\"asleep\"", asleep),
                ("state=\"offline\"", offline),
            ],
        );
        page.gauge("cartwright_open_alerts", "Alerts that nobody cleared.", &self.open_alerts);
    }

    fn render_search(&self, page: &mut Exposition) {
        page.counter("cartwright_searches_total", "Searches for a text.", &self.searches);
        page.counter(
            "cartwright_empty_searches_total",
            "Searches for a text that found nothing.",
            &self.searches_without_results,
        );
    }

    fn render_store(&self, page: &mut Exposition) {
        page.counter("cartwright_store_writes_total", "Durable commands.", &self.store_writes);
        page.counter("cartwright_store_batches_total", "Durable commits.", &self.store_batches);
        page.gauge("cartwright_store_queue", "Commands waiting now.", &self.store_queue);
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::*;

    #[test]
    fn requests_are_counted_by_route_and_status_class() {
        let metrics = Metrics::new();
        let route = HttpRouteLabels { method: "GET", route: "/products/{id}" };
        for status in [200, 201, 404] {
            let labels = HttpRequestLabels { route, status: StatusClass::of(status) };
            metrics.http_requests.with(&labels).increment();
            metrics.http_duration.with(&route).observe_duration(Duration::from_millis(2));
        }
        let text = metrics.render();
        let labels = "method=\"GET\",route=\"/products/{id}\"";
        for line in [
            format!("cartwright_http_requests_total{{{labels},status=\"2xx\"}} 2"),
            format!("cartwright_http_requests_total{{{labels},status=\"4xx\"}} 1"),
            format!("cartwright_http_request_duration_seconds_count{{{labels}}} 3"),
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is missing in\n{text}");
        }
    }

    #[test]
    fn every_line_is_a_comment_or_a_sample_and_every_name_is_explained_once() {
        let text = Metrics::new().render();
        let mut explained = BTreeSet::new();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let name = rest.split(' ').next().unwrap();
                assert!(name.starts_with("cartwright_"), "{line}");
                assert!(explained.insert(name.to_owned()), "{name} is explained twice");
            } else if !line.starts_with("# TYPE ") {
                let (name, value) = line.rsplit_once(' ').unwrap();
                value.parse::<f64>().unwrap();
                let name = name.split('{').next().unwrap();
                let known = explained.iter().any(|known| name.starts_with(known.as_str()));
                assert!(known, "{line} is not explained");
            }
        }
        assert!(text.ends_with('\n'));
    }

    #[test]
    fn a_status_has_a_class() {
        assert_eq!(StatusClass::of(101), StatusClass::Informational);
        assert_eq!(StatusClass::of(204), StatusClass::Success);
        assert_eq!(StatusClass::of(304), StatusClass::Redirection);
        assert_eq!(StatusClass::of(429), StatusClass::ClientError);
        assert_eq!(StatusClass::of(503), StatusClass::ServerError);
    }
}
