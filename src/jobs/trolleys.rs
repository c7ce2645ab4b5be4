//! Frees the trolleys of carts that nobody comes back to.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use crate::app::App;

/// How often it looks.
const PERIOD: Duration = Duration::from_secs(10);
/// How long it waits after a start: a trolley that somebody pushes reports another place meanwhile.
const FIRST: Duration = Duration::from_mins(1);

/// Looks at the trolleys in use now and then, until `shutdown`.
pub(super) async fn run(app: App, shutdown: CancellationToken) {
    let mut ticks = interval_at(Instant::now() + FIRST, PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = shutdown.cancelled() => return,
            _ = ticks.tick() => {}
        }
        match app.tend_trolleys().await {
            Ok(0) => {}
            Ok(freed) => tracing::info!(freed, "trolleys of abandoned carts are free again"),
            Err(error) => tracing::warn!(%error, "trolleys are freed later"),
        }
    }
}
