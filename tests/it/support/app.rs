//! The appliance under test: everything real but the disk and the clock.

use std::sync::Arc;
use std::time::Duration;

use cartwright::app::accounts::NewAccount;
use cartwright::app::accounts::sessions::Client as Agent;
use cartwright::app::settings::SettingsFile;
use cartwright::app::{self, Admin, App};
use cartwright::auth::{SetupToken, SigningKeys};
use cartwright::blobs::Blobs;
use cartwright::clock::Clock;
use cartwright::config::{Config, Sources};
use cartwright::domain::accounts::Role;
use cartwright::domain::settings::StoreSettings;
use cartwright::http;
use cartwright::search::{Search, Status};
use cartwright::storage::Store;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::Client;

/// Signs every test's tokens, so that an appliance that is opened again knows them.
pub(crate) const SECRET: &[u8] = b"a secret of the tests, 32 bytes or more";
/// Life of an access token in tests.
const ACCESS_LIFE: Duration = Duration::from_mins(15);

/// What differs from test to test.
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
}

/// An appliance.
pub(crate) struct TestApp {
    pub(crate) app: App,
    pub(crate) clock: Clock,
    pub(crate) setup_token: SetupToken,
    /// What the appliance keeps.
    pub(crate) store: Store,
    /// Its pictures.
    pub(crate) blobs: Blobs,
    service: http::Service,
}

impl Default for Parts {
    fn default() -> Self {
        let noon = "2026-11-20T12:00:00Z".parse().unwrap();
        Self { store: Store::in_memory().unwrap(), clock: Clock::manual(noon) }
    }
}

impl TestApp {
    /// An empty appliance in memory. It stands at noon until the test moves its clock.
    pub(crate) fn new() -> Self {
        Self::of(Parts::default())
    }

    /// An appliance over this store.
    pub(crate) fn of(parts: Parts) -> Self {
        Self::build(parts, None)
    }

    /// An empty appliance in memory whose settings are in this file.
    pub(crate) fn with_settings_file(file: SettingsFile) -> Self {
        Self::build(Parts::default(), Some(file))
    }

    fn build(parts: Parts, settings: Option<SettingsFile>) -> Self {
        let Parts { store, clock } = parts;
        let setup_token = SetupToken::generate();
        let blobs = Blobs::temporary();
        let search = Search::start(store.clone()).unwrap();
        // So that no first search is told to wait.
        while search.status() == Status::Building {
            std::thread::yield_now();
        }
        let app = App::new(app::Parts {
            search,
            blobs: blobs.clone(),
            store: store.clone(),
            clock: clock.clone(),
            settings: StoreSettings::new("EUR".parse().unwrap()),
            keys: SigningKeys::from_secret(SECRET).unwrap(),
            access_life: ACCESS_LIFE,
            setup_token: Some(setup_token.clone()),
            settings_file: settings.map(Arc::new),
        });
        let service = http::service(http::State::new(app.clone()));
        Self { app, clock, setup_token, store, blobs, service }
    }

    /// Moves the clock on.
    pub(crate) fn wait(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }

    /// Nobody.
    pub(crate) fn anonymous(&self) -> Client {
        Client::new(self.service.clone())
    }

    /// A customer of this name, made and signed in.
    pub(crate) async fn customer(&self, name: &str) -> Client {
        self.account(name, Role::Customer).await
    }

    /// A staff member, made and signed in.
    pub(crate) async fn staff(&self) -> Client {
        self.account("staff", Role::Staff).await
    }

    /// An admin, made and signed in.
    pub(crate) async fn admin(&self) -> Client {
        self.account("admin", Role::Admin).await
    }

    /// The same appliance behind an edge with these settings.
    pub(crate) fn behind(self, settings: &[(&str, &str)]) -> Self {
        let text = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        let flags = settings.iter().map(text).collect();
        let config = Config::load(&Sources { flags, ..Sources::default() }).unwrap();
        let edge = http::Edge {
            cors_origins: config.cors_origins.clone().into(),
            trusted_proxies: config.trusted_proxies.clone().into(),
            rates: Arc::new(http::RateLimits::from_config(&config)),
            request_timeout: config.request_timeout,
            ..http::Edge::new(self.app.clone())
        };
        Self { service: http::service(edge.into()), ..self }
    }

    /// An account without a password, signed in: no test waits for a hash that it does not need.
    pub(crate) async fn account(&self, name: &str, role: Role) -> Client {
        let account = NewAccount { username: Some(name.to_owned()), ..NewAccount::default() };
        let user = self.app.create_user(&Admin::local(), account, role).await.unwrap();
        let pair = self.app.sign_in_new(&user, Agent::default()).await.unwrap();
        self.bearer(&pair.access_token).acting_as(user.id.value())
    }

    /// An account that is there already, signed in again.
    pub(crate) async fn account_again(&self, name: &str) -> Client {
        let admin = Admin::local();
        let (users, _) = self.app.users(&admin, 0, 1_000).await.unwrap();
        let user = users.into_iter().find(|user| user.username.as_str() == name).unwrap();
        let pair = self.app.sign_in_new(&user, Agent::default()).await.unwrap();
        self.bearer(&pair.access_token).acting_as(user.id.value())
    }

    /// Whoever this access token names.
    pub(crate) fn bearer(&self, token: &str) -> Client {
        self.anonymous().with("authorization", &format!("Bearer {token}"))
    }

    /// A new trolley with its key; `id` is the trolley's.
    pub(crate) async fn device(&self) -> Client {
        self.device_with_code().await.0
    }

    /// A new trolley and the code on its display.
    pub(crate) async fn device_with_code(&self) -> (Client, String) {
        let added = self.app.add_device(&Admin::local(), "Cart 7").await.unwrap();
        let client = self.anonymous().with("x-api-key", added.key.expose());
        (client.acting_as(added.device.id.value()), added.device.cart_code)
    }

    /// Adds a product and returns its id.
    pub(crate) async fn product(&self, staff: &Client, product: Value) -> u64 {
        staff.post("/products", product).await.ok(201)["id"].as_u64().unwrap()
    }

    /// Ten pieces of milk at 1.29, barcode 4006381333931.
    pub(crate) async fn milk(&self, staff: &Client) -> u64 {
        let milk = json!({
            "name": "Milk 1 l", "price": 1.29, "stock": 10, "barcodes": ["4006381333931"],
        });
        self.product(staff, milk).await
    }

    /// Five kilograms of apples at 2.49 a kilogram, PLU 12345.
    pub(crate) async fn apples(&self, staff: &Client) -> u64 {
        let apples = json!({
            "name": "Apples", "price": 2.49, "unit": "kg", "stock": 5000, "plu": "12345",
        });
        self.product(staff, apples).await
    }
}
