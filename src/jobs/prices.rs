//! Lets prices take effect at their moment.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::app::App;

/// The longest that it sleeps: somebody may set the clock meanwhile.
const LOOK: Duration = Duration::from_secs(10);
/// The shortest that it sleeps, should the clock stand still at a moment.
const PAUSE: Duration = Duration::from_millis(1);
/// After a commit it rests for so long, so that a busy shop does not wake it all the time.
const REST: Duration = Duration::from_millis(20);

/// Looks whenever something was committed or a moment comes, until `shutdown`. Each look reads one
/// row of an index.
pub(super) async fn run(app: App, shutdown: CancellationToken) {
    let mut commits = app.commits();
    loop {
        commits.mark_unchanged();
        let applied = app.apply_due_prices().await;
        let next = applied.and_then(|_| app.next_price_moment()).unwrap_or_else(|error| {
            tracing::warn!(%error, "prices take effect later");
            Some(LOOK)
        });
        let pause = next.map_or(LOOK, |next| next.clamp(PAUSE, LOOK));
        let rested = async {
            // The app that commits lives as long as this does.
            if commits.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(REST).await;
        };
        tokio::select! {
            biased;
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
            () = rested => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use tokio::time::timeout;

    use super::*;
    use crate::app::{Admin, Outcome, Parts};
    use crate::auth::SigningKeys;
    use crate::clock::Clock;
    use crate::domain::catalog::ProductPatch;
    use crate::domain::money::Money;
    use crate::domain::price_schedule::ScheduledPrice;
    use crate::domain::settings::StoreSettings;
    use crate::search::Search;
    use crate::storage::Store;

    const PATIENCE: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn a_price_takes_effect_by_itself() {
        let store = Store::in_memory().unwrap();
        let app = App::new(Parts {
            search: Search::start(store.clone()).unwrap(),
            store,
            blobs: crate::blobs::Blobs::temporary(),
            clock: Clock::system(),
            settings: StoreSettings::new("EUR".parse().unwrap()),
            keys: SigningKeys::from_secret(&[7; 32]).unwrap(),
            access_life: Duration::from_mins(15),
            setup_token: None,
            settings_file: None,
        });
        let shutdown = CancellationToken::new();
        let job = tokio::spawn(run(app.clone(), shutdown.clone()));
        let valid_from = app.now() + SignedDuration::from_millis(200);
        let price = ScheduledPrice { price: Money::from_minor(99), valid_from };
        let patch = ProductPatch {
            name: Some("Milk".into()),
            price: Some(Money::from_minor(129)),
            scheduled_prices: Some(vec![price]),
            ..ProductPatch::default()
        };
        let staff = Admin::local().staff();
        let made = app.create_product(&staff, patch, None).await.unwrap();
        let Outcome::Fresh(made) = made else { panic!("it is no repeat") };
        assert_eq!(made.product.price.minor(), 129);
        let mut commits = app.commits();
        let applied = async {
            loop {
                let found = app.product(Some(&staff), made.product.id).unwrap().product;
                if found.version > 1 {
                    return found;
                }
                commits.changed().await.unwrap();
            }
        };
        let found = timeout(PATIENCE, applied).await.unwrap();
        assert_eq!((found.price.minor(), found.version), (99, 2));
        assert!(app.now() >= valid_from);
        shutdown.cancel();
        job.await.unwrap();
    }
}
