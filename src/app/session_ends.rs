//! News that sessions ended, for live connections: they ask [`App::is_signed_in`] again at each.

use tokio::sync::watch;

use super::App;

/// Counts the occasions on which sessions ended.
#[derive(Debug, Default)]
pub(super) struct SessionEnds(watch::Sender<u64>);

impl App {
    /// Changes whenever sessions ended: by sign-out, revocation, another password or role.
    pub fn session_ends(&self) -> watch::Receiver<u64> {
        self.inner.session_ends.0.subscribe()
    }

    /// To be called after each commit that ended sessions.
    pub fn tell_session_ends(&self) {
        self.inner.session_ends.0.send_modify(|count| *count += 1);
    }
}
