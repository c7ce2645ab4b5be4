//! `GET /metrics`: what the appliance counts, for Prometheus.

use axum::extract::State as Of;
use axum::http::header;
use axum::response::IntoResponse;

use super::State;
use crate::domain::fleet::DeviceState;

/// The text format that Prometheus scrapes.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4";

pub(super) async fn find(Of(state): Of<State>) -> impl IntoResponse {
    let writer = state.app.writer_stats();
    state.metrics.store_writes.raise_to(writer.commands);
    state.metrics.store_batches.raise_to(writer.commits);
    state.metrics.store_queue.set(u64::try_from(writer.queue_length).unwrap_or(u64::MAX));
    let searches = state.app.search_counts();
    state.metrics.searches.raise_to(searches.searches);
    state.metrics.searches_without_results.raise_to(searches.without_results);
    let fleet = state.app.fleet_counts();
    for (gauge, of) in state.metrics.devices.iter().zip(DeviceState::ALL) {
        gauge.set(fleet.of(of));
    }
    // What cannot be counted now shows as it was.
    if let Ok(count) = state.app.open_alert_count() {
        state.metrics.open_alerts.set(count);
    }
    ([(header::CONTENT_TYPE, TEXT_FORMAT)], state.metrics.render())
}
