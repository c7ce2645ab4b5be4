//! The task that serves all connected trolleys: it finds out what they are to be told, and whose
//! key is no longer good.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};

use crate::app::events::{Follower, News};
use crate::app::fleet::{Affected, Nudge};
use crate::domain::event::Change;
use crate::domain::id::DeviceId;
use crate::http::State;

/// How long prices may change before everybody's total is looked at: an import changes many.
const PRICE_PAUSE: Duration = Duration::from_secs(1);
/// How often everybody is looked at without being told: some things end by the clock alone.
const RECHECK: Duration = Duration::from_secs(30);
/// How long to wait after a look that failed.
const RETRY: Duration = Duration::from_secs(1);
/// Trolleys that are looked at in one read.
const CHUNK: usize = 128;

/// Starts the task, once.
pub(super) fn start(state: &State) {
    if state.live.0.devices.is_started.swap(true, Ordering::SeqCst) {
        return;
    }
    tokio::spawn(tell_all(state.clone(), state.app.follow(), state.app.nudges()));
}

/// The one task: until the server stops it finds out what trolleys are to be told.
async fn tell_all(
    state: State,
    mut follower: Follower,
    mut nudges: broadcast::Receiver<(DeviceId, Nudge)>,
) {
    let sockets = &state.live.0.devices;
    let mut recheck = interval(RECHECK);
    recheck.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut prices_due: Option<Instant> = None;
    loop {
        tokio::select! {
            biased;
            () = state.shutdown.cancelled() => return,
            // What comes seldom goes first: a busy shop always has the next change ready.
            _ = recheck.tick() => look(&state, None).await,
            nudge = nudges.recv() => match nudge {
                Ok((device, nudge)) => sockets.nudge(device, nudge),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
            () = sleep_until(prices_due.unwrap_or_else(Instant::now)), if prices_due.is_some() => {
                prices_due = None;
                look(&state, None).await;
            }
            news = follower.next() => match news {
                Ok(None) => return,
                Ok(Some(_)) if sockets.is_empty() => {}
                Ok(Some(News::Resync)) => look(&state, None).await,
                Ok(Some(News::Changes(changes))) => match affected(&state, changes).await {
                    Some(affected) => {
                        if affected.prices {
                            prices_due.get_or_insert(Instant::now() + PRICE_PAUSE);
                        }
                        look(&state, Some(&affected.devices)).await;
                    }
                    None => look(&state, None).await,
                },
                Err(error) => {
                    tracing::warn!(%error, "trolleys are told later");
                    sleep(RETRY).await;
                    look(&state, None).await;
                }
            },
        }
    }
}

/// The trolleys that these changes may matter to; `None` when that cannot be found out.
async fn affected(state: &State, changes: Vec<(u64, Change)>) -> Option<Affected> {
    let affected = state.app.affected(changes).await;
    affected.inspect_err(|error| tracing::warn!(%error, "all trolleys are looked at")).ok()
}

/// Looks at the connected ones of these trolleys, or at all.
async fn look(state: &State, of: Option<&HashSet<DeviceId>>) {
    let sockets = &state.live.0.devices;
    let standings = sockets.standings(of);
    for chunk in standings.chunks(CHUNK) {
        match state.app.device_statuses(chunk.to_vec()).await {
            Ok(looked) => {
                for (standing, status) in looked {
                    sockets.leave(standing, status);
                }
            }
            Err(error) => tracing::warn!(%error, "some trolleys are told later"),
        }
    }
}
