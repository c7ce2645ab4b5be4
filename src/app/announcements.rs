//! What every signed-in shopper is told at once: promotions that start.
//!
//! What began while the appliance was off is announced as it starts, when nobody can be connected
//! yet. It is kept for a minute for those who come back meanwhile.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::sync::broadcast;

use super::App;
use crate::domain::promotions::PROMOTIONS_MAX;

/// How many announcements a slow listener may fall behind; beyond it, it misses the oldest.
/// All promotions of a shop may start together.
const BACKLOG: usize = PROMOTIONS_MAX;
/// How long followers that join are told what was announced as the appliance started.
pub const REPLAY: SignedDuration = SignedDuration::from_secs(60);

/// Told to everyone who listens.
#[derive(Debug, Clone, PartialEq)]
pub struct Announcement {
    /// Rises with each announcement, through restarts too.
    pub seq: u64,
    /// One line for people.
    pub message: String,
    /// The promotion as the API shows it.
    pub promotion: Value,
}

/// The one broadcaster.
#[derive(Debug)]
pub(super) struct Announcements {
    sender: broadcast::Sender<Arc<Announcement>>,
    at_start: Mutex<AtStart>,
}

/// What was announced as the appliance started, until it need not be told any more.
#[derive(Debug, Default)]
struct AtStart {
    until: Option<Timestamp>,
    announced: Vec<Arc<Announcement>>,
}

impl Default for Announcements {
    fn default() -> Self {
        Self { sender: broadcast::channel(BACKLOG).0, at_start: Mutex::default() }
    }
}

impl App {
    /// Everything that is announced from now on.
    pub fn announcements(&self) -> broadcast::Receiver<Arc<Announcement>> {
        self.inner.announcements.sender.subscribe()
    }

    /// Tells everyone who listens; nobody may.
    pub fn announce(&self, announcement: Announcement) {
        let _ = self.inner.announcements.sender.send(Arc::new(announcement));
    }

    /// Tells everyone who listens, and whoever joins in the next minute: the appliance starts.
    pub(super) fn announce_at_start(&self, announcement: Announcement) {
        let announcement = Arc::new(announcement);
        {
            let at_start = &self.inner.announcements.at_start;
            let mut at_start = at_start.lock().unwrap_or_else(PoisonError::into_inner);
            if at_start.announced.len() < PROMOTIONS_MAX {
                let until = self.now().saturating_add(REPLAY).unwrap_or(Timestamp::MAX);
                at_start.until = Some(until);
                at_start.announced.push(Arc::clone(&announcement));
            }
        }
        let _ = self.inner.announcements.sender.send(announcement);
    }

    /// What a follower that joins now is to be told first, in the order of its numbers: what was
    /// announced as the appliance started, for a minute after that.
    pub fn announced_at_start(&self) -> Vec<Arc<Announcement>> {
        let at_start = &self.inner.announcements.at_start;
        let mut at_start = at_start.lock().unwrap_or_else(PoisonError::into_inner);
        if at_start.until.is_some_and(|until| self.now() >= until) {
            *at_start = AtStart::default();
        }
        at_start.announced.clone()
    }
}
