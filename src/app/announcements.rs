//! What every signed-in shopper is told at once: promotions that start.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::broadcast;

use super::App;

/// How many announcements a slow listener may fall behind; beyond it, it misses the oldest.
const BACKLOG: usize = 64;

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
pub(super) struct Announcements(broadcast::Sender<Arc<Announcement>>);

impl Default for Announcements {
    fn default() -> Self {
        Self(broadcast::channel(BACKLOG).0)
    }
}

impl App {
    /// Everything that is announced from now on.
    pub fn announcements(&self) -> broadcast::Receiver<Arc<Announcement>> {
        self.inner.announcements.0.subscribe()
    }

    /// Tells everyone who listens; nobody may.
    pub fn announce(&self, announcement: Announcement) {
        let _ = self.inner.announcements.0.send(Arc::new(announcement));
    }
}
