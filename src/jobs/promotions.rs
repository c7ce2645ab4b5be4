//! Announces promotions when they start.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::app::App;

/// The longest that it sleeps: somebody may set the clock meanwhile.
const LOOK: Duration = Duration::from_secs(10);
/// The shortest that it sleeps, should the clock stand still at a moment.
const PAUSE: Duration = Duration::from_millis(1);

/// Looks whenever promotions were written or one starts or ends, until `shutdown`. What began
/// while the appliance was off is announced first.
pub(super) async fn run(app: App, shutdown: CancellationToken) {
    let mut news = app.promotion_news();
    let mut is_start = true;
    loop {
        news.mark_unchanged();
        let told = if is_start { app.announce_missed().await } else { app.announce_due().await };
        is_start &= told.is_err();
        let next = match told {
            Ok(_) => app.next_promotion_moment(),
            Err(error) => Err(error),
        };
        let next = next.unwrap_or_else(|error| {
            tracing::warn!(%error, "promotions are announced later");
            None
        });
        let pause = next.map_or(LOOK, |next| next.clamp(PAUSE, LOOK));
        tokio::select! {
            biased;
            () = shutdown.cancelled() => return,
            // The app that sends news lives as long as this does.
            _ = news.changed() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};
    use tokio::time::timeout;

    use super::*;
    use crate::app::{Admin, Parts};
    use crate::auth::SigningKeys;
    use crate::clock::Clock;
    use crate::domain::promotions::{DiscountKind, PromotionPatch, ScopeKind};
    use crate::domain::settings::StoreSettings;
    use crate::search::Search;
    use crate::storage::Store;
    use crate::wire::import::ImportOptions;

    const PATIENCE: Duration = Duration::from_secs(20);

    fn app() -> App {
        let store = Store::in_memory().unwrap();
        App::new(Parts {
            blobs: crate::blobs::Blobs::temporary(),
            search: Search::start(store.clone()).unwrap(),
            store,
            clock: Clock::system(),
            settings: StoreSettings::new("EUR".parse().unwrap()),
            keys: SigningKeys::from_secret(&[7; 32]).unwrap(),
            access_life: Duration::from_mins(15),
            setup_token: None,
            settings_file: None,
        })
    }

    fn everything_from(starts_at: Timestamp) -> PromotionPatch {
        PromotionPatch {
            name: Some("Late night".into()),
            kind: Some(DiscountKind::Percent),
            value: Some("10".parse().unwrap()),
            scope: Some(ScopeKind::Cart),
            starts_at: Some(starts_at),
            ..PromotionPatch::default()
        }
    }

    #[tokio::test]
    async fn starts_are_announced_by_time_and_after_an_import() {
        let app = app();
        let staff = Admin::local().staff();
        let mut heard = app.announcements();
        let shutdown = CancellationToken::new();
        let job = tokio::spawn(run(app.clone(), shutdown.clone()));
        let start = app.now() + SignedDuration::from_millis(50);
        app.create_promotion(&staff, everything_from(start), None).await.unwrap();
        let first = timeout(PATIENCE, heard.recv()).await.unwrap().unwrap();
        assert!(app.now() >= start);
        assert_eq!((first.seq, &*first.message), (1, "Late night: 10 % off everything"));
        assert_eq!(first.promotion["running"], true);

        let file = b"name,kind,value,scope\nHappy hour,percent,5,cart\n".to_vec();
        app.import_promotions(&staff, file, ImportOptions::default()).await.unwrap();
        let second = timeout(PATIENCE, heard.recv()).await.unwrap().unwrap();
        assert_eq!((second.seq, &second.promotion["name"]), (2, &"Happy hour".into()));
        shutdown.cancel();
        job.await.unwrap();
        assert!(heard.try_recv().is_err(), "each is announced once");
    }
}
