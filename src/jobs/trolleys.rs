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
    look(app, shutdown, FIRST, PERIOD).await;
}

async fn look(app: App, shutdown: CancellationToken, first: Duration, period: Duration) {
    let mut ticks = interval_at(Instant::now() + first, period);
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

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use tokio::time::timeout;

    use super::*;
    use crate::app::access::Credential;
    use crate::app::accounts::NewAccount;
    use crate::app::accounts::sessions::Client;
    use crate::app::pairing::Trolley;
    use crate::app::{Admin, Parts};
    use crate::auth::SigningKeys;
    use crate::clock::Clock;
    use crate::domain::accounts::Role;
    use crate::domain::settings::StoreSettings;
    use crate::search::Search;
    use crate::storage::Store;

    const PATIENCE: Duration = Duration::from_secs(20);
    const SOON: Duration = Duration::from_millis(5);

    #[tokio::test]
    async fn an_abandoned_trolley_becomes_free_by_itself() {
        let store = Store::in_memory().unwrap();
        let clock = Clock::manual("2026-11-20T12:00:00Z".parse().unwrap());
        let app = App::new(Parts {
            search: Search::start(store.clone()).unwrap(),
            store,
            blobs: crate::blobs::Blobs::temporary(),
            clock: clock.clone(),
            settings: StoreSettings::new("EUR".parse().unwrap()),
            keys: SigningKeys::from_secret(&[7; 32]).unwrap(),
            access_life: Duration::from_mins(15),
            setup_token: None,
            settings_file: None,
        });
        let admin = Admin::local();
        let ann = NewAccount { username: Some("ann".into()), ..NewAccount::default() };
        let ann = app.create_user(&admin, ann, Role::Customer).await.unwrap();
        let token = app.sign_in_new(&ann, Client::default()).await.unwrap().access_token;
        let ann = app.authenticate(&Credential::AccessToken(token), None).await.unwrap();
        let device = app.add_device(&admin, "Cart 7").await.unwrap().device;
        let trolley = Trolley::Id(device.id);
        app.connect(&ann.shopper().unwrap(), trolley, None, None).await.unwrap();
        let is_paired = || app.device(&admin.staff(), device.id).unwrap().user_id.is_some();
        let shutdown = CancellationToken::new();
        let job = tokio::spawn(look(app.clone(), shutdown.clone(), SOON, SOON));
        clock.advance(SignedDuration::from_mins(119));
        tokio::time::sleep(10 * SOON).await;
        assert!(is_paired());
        clock.advance(SignedDuration::from_mins(1));
        let freed = async {
            while is_paired() {
                tokio::time::sleep(SOON).await;
            }
        };
        timeout(PATIENCE, freed).await.expect("the trolley is free");
        shutdown.cancel();
        job.await.unwrap();
    }
}
