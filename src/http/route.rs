//! One row of the route table: what it is, who may, what the document says about it.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::handler::Handler;
use axum::http::{Method, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, MethodRouter, any, on};
use utoipa::{IntoParams, ToSchema};

use crate::app::Principal;
use crate::telemetry::{
    Counter, Histogram, HttpRequestLabels, HttpRouteLabels, Metrics, StatusClass,
};

use super::exchange::DEVICE_PREFIX;
use super::extract::page::LIMIT_DEFAULT;
use super::middleware::guard;
use super::openapi::{Answer, Body, Doc, Shape};
use super::{Problem, State};

/// Most bytes of a JSON body.
pub const BODY_MAX_BYTES: usize = 1024 * 1024;
/// Most bytes that a trolley may send at once.
pub const DEVICE_BODY_MAX_BYTES: usize = 64 * 1024;

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Who {
    /// Everybody; a bad credential is ignored.
    Anyone,
    /// Any signed-in account, for its own things.
    Shopper,
    /// Staff and admins.
    Staff,
    /// Admins.
    Admin,
    /// A trolley with its key.
    Device,
    /// A signed-in account or a trolley.
    ShopperOrDevice,
}

impl Who {
    /// Whether a trolley may, so that requests can be signed with its key.
    pub const fn admits_devices(self) -> bool {
        matches!(self, Self::Device | Self::ShopperOrDevice)
    }

    /// Whether this principal may.
    pub fn admits(self, principal: &Principal) -> bool {
        match self {
            Self::Anyone => true,
            Self::Shopper => principal.shopper().is_some(),
            Self::Staff => principal.staff().is_some(),
            Self::Admin => principal.admin().is_some(),
            Self::Device => principal.device().is_some(),
            Self::ShopperOrDevice => principal.shopper().is_some() || principal.device().is_some(),
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Anyone => "everybody",
            Self::Shopper => "signed-in accounts",
            Self::Staff => "staff and admins",
            Self::Admin => "admins",
            Self::Device => "trolleys with their key",
            Self::ShopperOrDevice => "signed-in accounts and trolleys",
        })
    }
}

/// What the edge has to know about a route while a request runs.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a mark of its own on a row")]
pub struct Meta {
    /// The method.
    pub method: Method,
    /// The canonical path, `{name}` for parameters.
    pub path: &'static str,
    /// Who may.
    pub who: Who,
    /// Most bytes that the body extractors read.
    pub body_max_bytes: usize,
    /// An upgrade or an event stream: takes tickets, and checks the origin even for GET.
    pub live: bool,
    /// Also a WebSocket, for signed-in accounts whoever may send a plain GET; takes tickets then.
    pub websocket: bool,
    /// May take as long as it takes.
    pub unbounded: bool,
    /// Logged only at debug level.
    pub quiet: bool,
    /// What counts its requests.
    pub(super) tally: Tally,
}

/// The instruments of one route, looked up when they are first needed and kept at hand: each
/// answered request moves two of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    duration: OnceLock<Arc<Histogram>>,
    /// By the hundreds of the status.
    requests: [OnceLock<Arc<Counter>>; StatusClass::COUNT],
}

impl Tally {
    /// Counts an answered request of the route with these labels.
    pub(super) fn count(
        &self,
        metrics: &Metrics,
        route: HttpRouteLabels,
        status: u16,
        took: Duration,
    ) {
        let status = StatusClass::of(status);
        let requests = || metrics.http_requests.with(&HttpRequestLabels { route, status });
        self.requests[status.index()].get_or_init(requests).increment();
        self.duration.get_or_init(|| metrics.http_duration.with(&route)).observe_duration(took);
    }
}

impl Meta {
    /// The labels of its counters.
    pub(super) fn labels(&self) -> HttpRouteLabels {
        HttpRouteLabels { method: self.method_name(), route: self.path }
    }

    fn method_name(&self) -> &'static str {
        match self.method {
            Method::GET => "GET",
            Method::POST => "POST",
            Method::PUT => "PUT",
            Method::PATCH => "PATCH",
            Method::DELETE => "DELETE",
            _ => "",
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone)]
pub struct Route {
    pub(super) meta: Meta,
    pub(super) aliases: Vec<&'static str>,
    pub(super) doc: Doc,
    handler: MethodRouter<State>,
}

/// A GET route, which answers HEAD as well.
pub fn get<H: Handler<T, State>, T: 'static>(path: &'static str, who: Who, handler: H) -> Route {
    Route::new(Method::GET, path, who, on(MethodFilter::GET, handler))
}

/// A POST route.
pub fn post<H: Handler<T, State>, T: 'static>(path: &'static str, who: Who, handler: H) -> Route {
    Route::new(Method::POST, path, who, on(MethodFilter::POST, handler))
}

/// A PUT route.
pub fn put<H: Handler<T, State>, T: 'static>(path: &'static str, who: Who, handler: H) -> Route {
    Route::new(Method::PUT, path, who, on(MethodFilter::PUT, handler))
}

/// A PATCH route.
pub fn patch<H: Handler<T, State>, T: 'static>(path: &'static str, who: Who, handler: H) -> Route {
    Route::new(Method::PATCH, path, who, on(MethodFilter::PATCH, handler))
}

/// A DELETE route.
pub fn delete<H: Handler<T, State>, T: 'static>(path: &'static str, who: Who, handler: H) -> Route {
    Route::new(Method::DELETE, path, who, on(MethodFilter::DELETE, handler))
}

impl Route {
    fn new(method: Method, path: &'static str, who: Who, handler: MethodRouter<State>) -> Self {
        let is_device = path.starts_with(DEVICE_PREFIX);
        let body_max_bytes = if is_device { DEVICE_BODY_MAX_BYTES } else { BODY_MAX_BYTES };
        let (live, websocket, unbounded, quiet) = (false, false, false, false);
        let tally = Tally::default();
        let meta =
            Meta { method, path, who, body_max_bytes, live, websocket, unbounded, quiet, tally };
        Self { meta, aliases: Vec::new(), doc: Doc::default(), handler }
    }

    /// The method.
    pub fn method(&self) -> &Method {
        &self.meta.method
    }

    /// The canonical path.
    pub fn path(&self) -> &'static str {
        self.meta.path
    }

    /// Who may.
    pub fn who(&self) -> Who {
        self.meta.who
    }

    /// Other paths of the same handler, for older clients.
    pub fn aliases(&self) -> &[&'static str] {
        &self.aliases
    }

    /// Whether it is a page for people, which the API document leaves out.
    pub fn is_page(&self) -> bool {
        self.doc.page
    }

    /// Whether only older clients use it.
    pub fn is_deprecated(&self) -> bool {
        self.doc.deprecated
    }

    /// The operation id, `listProducts`.
    #[must_use]
    pub fn id(mut self, id: &'static str) -> Self {
        self.doc.id = Some(id);
        self
    }

    /// One line that says what it does.
    #[must_use]
    pub fn summary(mut self, summary: &'static str) -> Self {
        self.doc.summary = summary;
        self
    }

    /// What else is worth knowing.
    #[must_use]
    pub fn about(mut self, about: &'static str) -> Self {
        self.doc.about = Some(about);
        self
    }

    /// The group in the document; by default the first segment of the path.
    #[must_use]
    pub fn tag(mut self, tag: &'static str) -> Self {
        self.doc.tag = Some(tag);
        self
    }

    /// What a path parameter means, if its name does not say it.
    #[must_use]
    pub fn param(mut self, name: &'static str, kind: ParamKind, about: &'static str) -> Self {
        self.doc.params.push((name, kind, about));
        self
    }

    /// The query's parameters.
    #[must_use]
    pub fn query<Q: IntoParams>(mut self) -> Self {
        self.doc.query.push(|| Q::into_params(|| Some(utoipa::openapi::path::ParameterIn::Query)));
        self
    }

    /// A JSON body.
    #[must_use]
    pub fn body<B: ToSchema>(mut self) -> Self {
        self.doc.body = Some(Body::json(Shape::of::<B>(), true));
        self
    }

    /// A JSON body that may be left out.
    #[must_use]
    pub fn optional_body<B: ToSchema>(mut self) -> Self {
        self.doc.body = Some(Body::json(Shape::of::<B>(), false));
        self
    }

    /// A body of other kinds, each a media type.
    #[must_use]
    pub fn body_of(mut self, media_types: &'static [&'static str]) -> Self {
        self.doc.body = Some(Body::raw(media_types));
        self
    }

    /// An example of the body, as JSON text.
    #[must_use]
    pub fn example(mut self, json: &'static str) -> Self {
        self.doc.example = Some(json);
        self
    }

    /// The answer's status and JSON content.
    #[must_use]
    pub fn returns<T: ToSchema>(mut self, status: u16) -> Self {
        self.doc.answers.push(Answer::json(status, Shape::of::<T>()));
        self
    }

    /// The answer's status, and its content a JSON array.
    #[must_use]
    pub fn returns_list<T: ToSchema>(mut self, status: u16) -> Self {
        self.doc.answers.push(Answer::json(status, Shape::list_of::<T>()));
        self
    }

    /// The answer's status and its content of another kind; an empty media type for none.
    #[must_use]
    pub fn answers(mut self, status: u16, media_type: &'static str) -> Self {
        self.doc.answers.push(Answer::raw(status, media_type));
        self
    }

    /// A refusal of its own, with the codes it has. What follows from who may, the body and the
    /// parameters is in the document anyway.
    #[must_use]
    pub fn refuses(mut self, status: u16, codes: &'static str) -> Self {
        self.doc.refusals.push((status, codes));
        self
    }

    /// Takes an `Idempotency-Key`.
    #[must_use]
    pub fn idempotent(mut self) -> Self {
        self.doc.idempotent = true;
        self
    }

    /// Answers with an `ETag`.
    #[must_use]
    pub fn versioned(mut self) -> Self {
        self.doc.versioned = true;
        self
    }

    /// Takes `If-Match`.
    #[must_use]
    pub fn if_match(mut self) -> Self {
        self.doc.if_match = true;
        self
    }

    /// Takes `offset` and `limit`, 50 by default.
    #[must_use]
    pub fn paged(self) -> Self {
        self.paged_by(LIMIT_DEFAULT)
    }

    /// Takes `offset` and `limit` with this default.
    #[must_use]
    pub fn paged_by(mut self, default: usize) -> Self {
        self.doc.page_limit = Some(default);
        self
    }

    /// Open to everybody, but a good credential shows more, or is what it is about.
    #[must_use]
    pub fn optional_credential(mut self) -> Self {
        self.doc.optional_credential = true;
        self
    }

    /// An upgrade or event stream: takes `?ticket=`, has no deadline, checks the origin.
    #[must_use]
    pub fn live(mut self) -> Self {
        self.meta.live = true;
        self.unbounded()
    }

    /// A route that can be upgraded to a WebSocket by whoever is signed in.
    #[must_use]
    pub fn websocket(mut self) -> Self {
        self.meta.websocket = true;
        self.answers(101, "")
            .refuses(401, "unauthenticated")
            .refuses(403, "bad-origin")
            .refuses(429, "too-many-live-connections")
    }

    /// Another protocol over HTTP, with its own words for errors: not in the API document.
    #[must_use]
    pub fn protocol(self) -> Self {
        self.page().unbounded().quiet()
    }

    /// A long upload or download without a deadline.
    #[must_use]
    pub fn unbounded(mut self) -> Self {
        self.meta.unbounded = true;
        self
    }

    /// Reads a body of at most so many bytes.
    #[must_use]
    pub fn body_max_bytes(mut self, bytes: usize) -> Self {
        self.meta.body_max_bytes = bytes;
        self
    }

    /// Asked so often that its log lines would bury the others.
    #[must_use]
    pub fn quiet(mut self) -> Self {
        self.meta.quiet = true;
        self
    }

    /// A page for people: not in the API document.
    #[must_use]
    pub fn page(mut self) -> Self {
        self.doc.page = true;
        self
    }

    /// Another path of the same handler, for older clients.
    #[must_use]
    pub fn alias(mut self, path: &'static str) -> Self {
        self.aliases.push(path);
        self
    }

    /// For a route that only older clients use and that is not another's alias.
    #[must_use]
    pub fn deprecated(mut self) -> Self {
        self.doc.deprecated = true;
        self
    }
}

/// What a path parameter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamKind {
    /// A positive integer.
    Id,
    /// Any text without a slash.
    Text,
}

/// The router over all rows; whatever has no row is 404.
pub(super) fn router(table: Vec<Route>, state: &State) -> Router {
    let mut router = Router::new();
    for Route { meta, aliases, handler, .. } in table {
        let path = meta.path;
        let layer = from_fn_with_state((state.clone(), Arc::new(meta)), guard);
        let handler = handler.route_layer(layer);
        for path in std::iter::once(path).chain(aliases) {
            router = router.route(&numbered(path), handler.clone());
        }
    }
    // What trolleys ask is never taken for somebody's cart: `/cart/{user_id}/items`.
    let below = format!("{DEVICE_PREFIX}/{{*1}}");
    router = router.route(DEVICE_PREFIX, any(unknown_route)).route(&below, any(unknown_route));
    router.fallback(unknown_route).with_state(state.clone())
}

/// The path with its parameters numbered: the router takes one name for each place, and what is
/// a user's id in one row is a trolley's in another.
fn numbered(path: &str) -> String {
    let mut count = 0;
    let segments = path.split('/').map(|segment| {
        if !segment.starts_with('{') {
            return segment.to_owned();
        }
        count += 1;
        if segment.starts_with("{*") { format!("{{*{count}}}") } else { format!("{{{count}}}") }
    });
    segments.collect::<Vec<_>>().join("/")
}

async fn unknown_route() -> Problem {
    let detail = "there is no such route: /docs lists them all";
    Problem::new(StatusCode::NOT_FOUND, "unknown-route", detail)
}
