//! What the edge's tests share: a state, credentials of each kind, and requests without a socket.

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt;

use std::sync::LazyLock;

use jiff::Timestamp;

use crate::app::accounts::NewAccount;
use crate::app::accounts::sessions::Client;
use crate::app::{Admin, App, Parts};
use crate::auth::SigningKeys;
use crate::clock::Clock;
use crate::domain::accounts::Role;
use crate::domain::settings::StoreSettings;
use crate::search::Search;
use crate::storage::Store;

use super::route::Route;
use super::{Service, State, service_of};

/// A credential header that the test's appliance accepts for this kind of principal.
pub(super) fn credential(kind: &str) -> (&'static str, String) {
    let name = if kind == "device" { "x-api-key" } else { "authorization" };
    let known = SHOP.credentials.iter().find(|(known, _)| *known == kind);
    (name, known.map_or_else(|| format!("Bearer {kind}"), |(_, value)| value.clone()))
}

pub(super) fn state() -> State {
    State::new(SHOP.app.clone())
}

/// One shop for all tests: none of them changes it.
struct Shop {
    app: App,
    credentials: Vec<(&'static str, String)>,
}

static SHOP: LazyLock<Shop> = LazyLock::new(|| {
    // Tests run on runtimes of their own; the shop is made on a thread without one.
    std::thread::spawn(|| tokio::runtime::Runtime::new().unwrap().block_on(open_shop()))
        .join()
        .unwrap()
});

async fn open_shop() -> Shop {
    let store = Store::in_memory().unwrap();
    let app = App::new(Parts {
        blobs: crate::blobs::Blobs::temporary(),
        search: Search::start(store.clone()).unwrap(),
        store,
        clock: Clock::manual("2026-11-20T12:00:00Z".parse::<Timestamp>().unwrap()),
        settings: StoreSettings::new("EUR".parse().unwrap()),
        keys: SigningKeys::from_secret(&[7; 32]).unwrap(),
        access_life: std::time::Duration::from_mins(15),
        setup_token: None,
        settings_file: None,
    });
    let mut credentials = Vec::new();
    for (kind, role) in
        [("customer", Role::Customer), ("staff", Role::Staff), ("admin", Role::Admin)]
    {
        let account = NewAccount { username: Some(kind.into()), ..NewAccount::default() };
        let user = app.create_user(&Admin::local(), account, role).await.unwrap();
        let pair = app.sign_in_new(&user, Client::default()).await.unwrap();
        credentials.push((kind, format!("Bearer {}", pair.access_token)));
    }
    let added = app.add_device(&Admin::local(), "Cart").await.unwrap();
    credentials.push(("device", added.key.expose().to_owned()));
    Shop { app, credentials }
}

pub(super) fn serve(table: Vec<Route>) -> Service {
    service_of(table, state())
}

/// An answer, read to its end.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

pub(super) async fn send(service: &Service, request: Request<Body>) -> Answer {
    let response = service.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
    Answer { status: parts.status, headers: parts.headers, body }
}

/// A request by `"METHOD /path"`, with headers and a body.
pub(super) async fn ask(
    service: &Service,
    line: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Answer {
    let (method, path) = line.split_once(' ').unwrap();
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(service, request.body(body.into()).unwrap()).await
}
