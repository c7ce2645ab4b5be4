//! The edge: HTTP in, use cases called, HTTP out.
//!
//! One table ([`routes::table`]) says which routes there are, who may use each, and what each
//! takes and gives; from it come the router, the check of who may, and the `OpenAPI` document.
//! A handler extracts, calls one use case and maps the result; whatever goes wrong anywhere
//! leaves as a [`problem::Problem`], which is put into words in one place.

pub mod devices;
pub mod docs;
pub mod entry;
pub mod exchange;
pub mod extract;
pub mod health;
pub mod live;
pub mod metrics;
pub mod middleware;
pub mod openapi;
pub mod postman;
pub mod principals;
pub mod problem;
pub mod reply;
pub mod route;
pub mod routes;
pub mod trust;
pub mod ui;
pub mod v1;
pub mod welcome;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRef, Request};
use axum::response::Response;
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower::util::BoxCloneSyncService;

use crate::app::App;
use crate::config::Network;
use crate::telemetry::{HttpRouteLabels, Metrics};

pub use extract::BodyRoom;
pub use middleware::rate::RateLimits;
pub use problem::Problem;

/// The result of a handler.
pub type Result<T> = std::result::Result<T, Problem>;

/// What the server calls for each request.
pub type Service = BoxCloneSyncService<Request, Response, Infallible>;

/// The longest that a request may take by default.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// What handlers and middleware work with. A handle, because each request passes it on several
/// times; changing one leaves its clones as they are.
#[derive(Clone)]
pub struct State(Arc<Edge>);

/// What is behind a [`State`].
#[derive(Clone)]
pub struct Edge {
    /// The use cases.
    pub app: App,
    /// Other origins (`https://tablet.example`) whose pages may call the API with credentials.
    pub cors_origins: Arc<[String]>,
    /// Peers whose `X-Forwarded-*` headers are believed.
    pub trusted_proxies: Arc<[Network]>,
    /// How HTTPS is served, for people.
    pub trust: trust::Watch,
    /// How trolleys on the shop's network reach plain HTTP: `http://192.168.1.10:8080`; `None` when
    /// only this machine does.
    pub lan_url: Option<String>,
    /// Whether browsers that open a page over plain HTTP are led to HTTPS.
    pub https_redirect: bool,
    /// Counts requests and connections.
    pub metrics: Arc<Metrics>,
    /// Ends answers that would never end by themselves.
    pub shutdown: CancellationToken,
    /// How often an address, an account and a trolley may ask.
    pub rates: Arc<RateLimits>,
    /// The memory that large bodies may take while they arrive.
    pub body_room: BodyRoom,
    /// From the whole request to the answer's beginning, unless the route streams.
    pub request_timeout: Duration,
    /// Everyone who is told things as they happen.
    pub live: live::Live,
    /// Where ids of requests come from.
    pub request_ids: Arc<exchange::RequestIds>,
}

impl Edge {
    /// One that trusts no other origin and no proxy.
    pub fn new(app: App) -> Self {
        Self {
            app,
            cors_origins: Arc::default(),
            trusted_proxies: Arc::default(),
            trust: trust::off(),
            lan_url: None,
            https_redirect: false,
            metrics: Arc::new(Metrics::new()),
            shutdown: CancellationToken::new(),
            rates: Arc::default(),
            body_room: BodyRoom::default(),
            request_timeout: REQUEST_TIMEOUT,
            live: live::Live::default(),
            request_ids: Arc::default(),
        }
    }
}

impl State {
    /// A state that trusts no other origin and no proxy.
    pub fn new(app: App) -> Self {
        Edge::new(app).into()
    }

    /// Counts an answered request.
    fn count(&self, exchange: &exchange::Exchange, status: u16, took: Duration) {
        match exchange.route.get() {
            Some(meta) => meta.tally.count(&self.metrics, meta.labels(), status, took),
            // Unknown paths are one route, for which nothing is kept at hand.
            None => route::Tally::default().count(
                &self.metrics,
                HttpRouteLabels { method: "", route: exchange.route_name() },
                status,
                took,
            ),
        }
    }
}

impl From<Edge> for State {
    fn from(edge: Edge) -> Self {
        Self(Arc::new(edge))
    }
}

impl Deref for State {
    type Target = Edge;

    fn deref(&self) -> &Edge {
        &self.0
    }
}

impl DerefMut for State {
    fn deref_mut(&mut self) -> &mut Edge {
        Arc::make_mut(&mut self.0)
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("State").field(&self.0).finish()
    }
}

impl fmt::Debug for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edge")
            .field("cors_origins", &self.cors_origins)
            .field("trusted_proxies", &self.trusted_proxies)
            .finish_non_exhaustive()
    }
}

impl FromRef<State> for App {
    fn from_ref(state: &State) -> Self {
        state.app.clone()
    }
}

/// The whole edge, over the one route table.
pub fn service(state: State) -> Service {
    service_of(routes::table(), state)
}

/// The whole edge over these routes.
fn service_of(table: Vec<route::Route>, state: State) -> Service {
    let router = route::router(table, &state);
    let edge = axum::middleware::from_fn_with_state(state, middleware::edge);
    BoxCloneSyncService::new(ServiceBuilder::new().layer(edge).service(router))
}
