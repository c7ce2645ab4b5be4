//! Looks after trolleys that went silent, and keeps when each was heard of last.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::app::App;

/// How often the fleet is looked at.
const LOOK: Duration = Duration::from_secs(10);
/// How often it is written down who was heard of when: a restart may forget as much.
const KEEP: Duration = Duration::from_mins(10);

/// Looks until `shutdown`.
pub(super) async fn run(app: App, shutdown: CancellationToken) {
    let mut ticks = interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut kept = Instant::now();
    loop {
        tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            _ = ticks.tick() => {}
        }
        if let Err(error) = app.check_fleet().await {
            tracing::warn!(%error, "the fleet is looked at later");
        }
        if kept.elapsed() >= KEEP {
            kept = Instant::now();
            keep(&app).await;
        }
    }
    keep(&app).await;
}

async fn keep(app: &App) {
    if let Err(error) = app.keep_last_seen().await {
        tracing::warn!(%error, "when trolleys were heard of last is kept later");
    }
}
