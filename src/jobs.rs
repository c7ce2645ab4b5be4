//! Periodic tasks: each is idempotent, bounded, and stops with the server.

mod fleet;
mod prices;
mod promotions;
mod trolleys;

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::data_dir::DataDir;

/// How often tables are pruned.
const PERIOD: Duration = Duration::from_mins(1);
/// How many transactions one pruning has at most: what is left waits for the next.
const ROUNDS_MAX: usize = 50;

/// Runs the tasks until `shutdown`.
pub async fn run(app: App, dir: DataDir, shutdown: CancellationToken) {
    let promotions = promotions::run(app.clone(), shutdown.clone());
    let prices = prices::run(app.clone(), shutdown.clone());
    let trolleys = trolleys::run(app.clone(), shutdown.clone());
    let fleet = fleet::run(app.clone(), shutdown.clone());
    tokio::join!(promotions, prices, trolleys, fleet, every_minute(app, dir, shutdown));
}

async fn every_minute(app: App, dir: DataDir, shutdown: CancellationToken) {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            _ = ticks.tick() => {}
        }
        flush(&app).await;
        prune(&app, &shutdown).await;
        if let Err(error) = app.prune_pictures().await {
            tracing::warn!(%error, "pruning pictures failed; it is tried again in a minute");
        }
        if let Err(error) = app.prune_firmware().await {
            tracing::warn!(%error, "pruning firmware failed; it is tried again in a minute");
        }
        if let Err(error) = app.check_firmware().await {
            tracing::warn!(%error, "how firmware fares is looked at in a minute");
        }
        if let Err(error) = app.settle_setup_token(&dir) {
            tracing::warn!(%error, "cannot look after the setup token's file");
        }
    }
    flush(&app).await;
}

/// Writes down what only memory knows.
async fn flush(app: &App) {
    let flushed = match app.flush_search_misses().await {
        Ok(()) => app.prune_search_misses().await,
        failed => failed,
    };
    if let Err(error) = flushed {
        tracing::warn!(%error, "searches without results are counted later");
    }
}

async fn prune(app: &App, shutdown: &CancellationToken) {
    for _ in 0..ROUNDS_MAX {
        match app.prune().await {
            Ok(true) if !shutdown.is_cancelled() => {}
            Ok(_) => return,
            Err(error) => {
                tracing::warn!(%error, "pruning failed; it is tried again in a minute");
                return;
            }
        }
    }
}
