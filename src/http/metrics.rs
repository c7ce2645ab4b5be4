//! `GET /metrics`: what the appliance counts, for Prometheus.

use axum::extract::State as Of;
use axum::http::header;
use axum::response::IntoResponse;

use super::State;

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
    ([(header::CONTENT_TYPE, TEXT_FORMAT)], state.metrics.render())
}
