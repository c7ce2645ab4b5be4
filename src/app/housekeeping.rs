//! What would grow for ever is pruned, each table by its own limit.

use jiff::SignedDuration;

use super::audit::ENTRIES_KEPT;
use super::once::KEEP;
use super::{App, Result};
use crate::storage::{
    accounts, alerts, audit, carts, change_log, closures, enrolment, idempotency, imports,
    one_time_codes,
};

/// Change-log entries that are kept: a follower that is further behind rebuilds.
pub const CHANGES_KEPT: u64 = 100_000;
/// How long a cart that nobody touches is kept when it is empty, or was put aside.
pub const LEFT_CART_KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);
/// How long a session is remembered after its end, so that its tokens are known at sign-out.
pub const ENDED_SESSIONS_KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);
/// How long an import can be undone, if it is not pushed out by newer ones.
pub const IMPORT_JOURNALS_KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);
/// How long an alert is kept after somebody cleared it.
pub const CLEARED_ALERTS_KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);
/// The most rows that one transaction removes, so that scans never wait long.
const ROWS_MAX: usize = 1_000;

impl App {
    /// Prunes a bounded number of rows of each table; whether more is left. Device windows are
    /// pruned as they are written.
    pub async fn prune(&self) -> Result<bool> {
        let now = self.now();
        let keep_from = self.store().last_change_seq().saturating_sub(CHANGES_KEPT);
        self.write(move |tx| {
            let removed = [
                change_log::prune(tx, keep_from, ROWS_MAX)?,
                idempotency::prune(tx, (now - KEEP).as_millisecond(), ROWS_MAX)?,
                accounts::prune_sessions(tx, now - ENDED_SESSIONS_KEPT, ROWS_MAX)?,
                one_time_codes::prune(tx, now, ROWS_MAX)?,
                carts::prune(tx, now - LEFT_CART_KEPT, ROWS_MAX)?,
                audit::prune(tx, ENTRIES_KEPT, ROWS_MAX, now)?,
                imports::prune(tx, now - IMPORT_JOURNALS_KEPT, ROWS_MAX)?,
                closures::prune(tx, now)?,
                alerts::prune(tx, now - CLEARED_ALERTS_KEPT, ROWS_MAX)?,
                enrolment::prune(tx, now)?,
            ];
            Ok(removed.contains(&ROWS_MAX))
        })
        .await
    }
}
