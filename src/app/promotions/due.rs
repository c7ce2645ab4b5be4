//! Announcing promotions: each run once, whether it began by time or by an edit, and however
//! often the appliance is started.

use std::time::Duration;

use tokio::sync::watch;

use super::super::announcements::Announcement;
use super::super::{App, Error, Result};
use crate::domain::promotions::Promotion;
use crate::storage::promotions;
use crate::wire;

impl App {
    /// Announces every promotion that runs and was not announced yet; how many. Each is marked
    /// and numbered in one transaction, and told when that is durable.
    pub async fn announce_due(&self) -> Result<usize> {
        self.announce_all_due(App::announce).await
    }

    /// The same as the appliance starts: what began while it was off is also told to those who
    /// come back within [`REPLAY`](super::super::announcements::REPLAY).
    pub async fn announce_missed(&self) -> Result<usize> {
        self.announce_all_due(App::announce_at_start).await
    }

    async fn announce_all_due(&self, tell: fn(&Self, Announcement)) -> Result<usize> {
        let now = self.now();
        if !self.loaded_promotions(now)?.all.iter().any(|promotion| promotion.is_due(now)) {
            return Ok(0);
        }
        // On its own: a caller that goes away in between must not leave one marked and untold.
        let app = self.clone();
        let work = tokio::spawn(async move { app.mark_and_announce(tell).await });
        work.await.map_err(|error| Error::Internal(error.to_string()))?
    }

    async fn mark_and_announce(&self, tell: fn(&Self, Announcement)) -> Result<usize> {
        let _turn = self.inner.promotions.announcing.lock().await;
        let now = self.now();
        let begun = self
            .write(move |tx| {
                let mut begun: Vec<(u64, Promotion)> = Vec::new();
                for mut promotion in promotions::all(tx)? {
                    if promotion.is_due(now) {
                        let seq = tx.next_id("announcement")?;
                        promotion.announced = Some(seq);
                        promotions::put(tx, &promotion)?;
                        begun.push((seq, promotion));
                    }
                }
                Ok(begun)
            })
            .await?;
        let count = begun.len();
        for (seq, promotion) in begun {
            let shown = wire::promotion::Promotion::new(&promotion, &self.settings().currency, now);
            let shown = serde_json::to_value(shown);
            let json = shown.map_err(|error| Error::Internal(error.to_string()))?;
            tell(self, Announcement { seq, message: promotion.message, promotion: json });
        }
        Ok(count)
    }

    /// How long it is until a promotion starts or ends; `None` when none will.
    pub fn next_promotion_moment(&self) -> Result<Option<Duration>> {
        let now = self.now();
        let until = self.loaded_promotions(now)?.until;
        Ok(until.map(|until| Duration::try_from(until.duration_since(now)).unwrap_or_default()))
    }

    /// Changes whenever promotions were written.
    pub fn promotion_news(&self) -> watch::Receiver<u64> {
        self.inner.promotions.news.subscribe()
    }
}
