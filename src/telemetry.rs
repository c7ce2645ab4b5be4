//! Logging and metrics.
//!
//! Logs go to stderr, for people or as one JSON object a line; stdout belongs to results.
//! [`Metrics`] is one struct with a named field per thing counted, handed to the rooms that
//! count: no global registry, no string keys, so tests see their own numbers only.

mod instruments;
mod metrics;

use std::io::{self, IsTerminal};

use thiserror::Error;
use tracing_subscriber::EnvFilter;

pub use self::instruments::{Counter, Family, Gauge, Histogram, LabelSet};
pub use self::metrics::{HttpRequestLabels, HttpRouteLabels, Metrics, StatusClass};

/// What log lines look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people; coloured on a terminal.
    Text,
    /// One object a line, for collectors.
    Json,
}

/// Why logging could not start.
#[derive(Debug, Error)]
pub enum TelemetryError {
    /// The filter is not one.
    #[error("the log filter {filter:?} is not valid: {reason}")]
    BadFilter {
        /// The filter given.
        filter: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Logging was started before.
    #[error("logging was started twice")]
    AlreadyStarted,
}

/// Starts logging to stderr; once per process.
pub fn init(filter: &str, format: LogFormat) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(filter).map_err(|error| TelemetryError::BadFilter {
        filter: filter.to_owned(),
        reason: error.to_string(),
    })?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    let started = match format {
        LogFormat::Text => builder.with_ansi(io::stderr().is_terminal()).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    started.map_err(|_| TelemetryError::AlreadyStarted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_filter_is_named() {
        // A good one would start logging for every test of this process.
        let error = init("cartwright=loud", LogFormat::Text).unwrap_err();
        assert!(error.to_string().contains("cartwright=loud"), "{error}");
    }
}
