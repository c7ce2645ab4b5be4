//! One request and its answer: what the edge knows about it from beginning to end.

mod forwarded;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri};
use tokio_util::sync::CancellationToken;

use super::route::Meta;
use super::{Problem, State};

/// Where all API routes answer as well.
pub const API_PREFIX: &str = "/api/v1";
/// Below it everything speaks to trolleys.
pub const DEVICE_PREFIX: &str = "/cart/esp32";

/// The connection a request came by. The server adds it to each request's extensions.
#[derive(Debug, Clone, Copy)]
pub struct Connection {
    /// The other end of the socket.
    pub peer: SocketAddr,
    /// Whether it is encrypted.
    pub https: bool,
}

/// Ends the socket that a request came by once it was upgraded, whoever reads and writes it by
/// then. The server adds it to each request's extensions.
#[derive(Debug, Clone)]
pub struct HangUp(CancellationToken);

impl HangUp {
    /// Of a socket that ends with this token, and cancels it when it ends by itself.
    pub const fn new(socket: CancellationToken) -> Self {
        Self(socket)
    }

    /// Ends it; one that has ended stays so.
    pub fn now(&self) {
        self.0.cancel();
    }

    /// Whether the socket has ended, or is about to.
    pub fn is_done(&self) -> bool {
        self.0.is_cancelled()
    }
}

/// Who sent the request, as far as the network tells.
#[derive(Debug, Clone)]
pub struct Client {
    /// The address; a trusted proxy's word for it counts.
    pub address: IpAddr,
    /// Whether the client's own connection is encrypted.
    pub https: bool,
    /// The host and port that it asked for; a trusted proxy's word for it counts.
    pub host: Option<String>,
    /// How it describes itself; empty if it does not.
    pub user_agent: String,
}

/// How errors are worded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// RFC 9457 problem documents.
    Problem,
    /// The short flat objects that firmware parses.
    Device,
}

/// The id of a request, in its answer and in the log.
#[derive(Debug, Clone, Copy)]
pub struct RequestId(u64);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Where ids of requests come from: all different, and unlike those of the process before.
#[derive(Debug)]
pub struct RequestIds {
    state: AtomicU64,
}

impl RequestIds {
    /// `SplitMix64` (Steele et al., OOPSLA 2014): the state steps through all numbers, and each is
    /// mixed into another one. The system is asked for randomness once, not for each request.
    fn next(&self) -> RequestId {
        let mut z = self.state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        RequestId(z ^ (z >> 31))
    }
}

impl Default for RequestIds {
    /// From a random beginning.
    fn default() -> Self {
        Self { state: AtomicU64::new(getrandom::u64().unwrap_or_default()) }
    }
}

/// One request and its answer. A handle: the request carries one through all layers.
#[derive(Debug, Clone)]
pub(super) struct Exchange(Arc<Facts>);

/// What is known of one request.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) id: RequestId,
    pub(super) method: Method,
    /// As the client sent it.
    pub(super) uri: Uri,
    pub(super) dialect: Dialect,
    pub(super) client: Client,
    /// Set once the request has met its route.
    pub(super) route: OnceLock<Arc<Meta>>,
}

impl Deref for Exchange {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.0
    }
}

impl Exchange {
    /// Takes note of a request and brings its path into the form the routes have.
    pub(super) fn begin(request: &mut Request, state: &State) -> Self {
        let uri = request.uri().clone();
        if let Some(routed) = routed(&uri) {
            *request.uri_mut() = routed;
        }
        let path = request.uri().path();
        let device = path.strip_prefix(DEVICE_PREFIX);
        let is_device = device.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let exchange = Self(Arc::new(Facts {
            id: state.request_ids.next(),
            method: request.method().clone(),
            uri,
            dialect: if is_device { Dialect::Device } else { Dialect::Problem },
            client: forwarded::client(request, &state.trusted_proxies),
            route: OnceLock::new(),
        }));
        request.extensions_mut().insert(exchange.clone());
        exchange
    }

    /// The route for logs and counters; unknown paths are one.
    pub(super) fn route_name(&self) -> &'static str {
        self.route.get().map_or("(none)", |meta| meta.path)
    }
}

/// The address without the API's prefix and without a trailing slash, if it has either. `/admin/`
/// keeps its own: the pages there are no API and load relative to it.
fn routed(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    let bare = match path.strip_prefix(API_PREFIX) {
        Some("") => "/",
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    };
    let bare = match bare.strip_suffix('/') {
        Some("") | None => bare,
        Some(_) if bare.starts_with("/admin/") => bare,
        Some(shorter) => shorter,
    };
    // A target with an authority is brought into the short form as well.
    if bare.len() == path.len() && uri.authority().is_none() {
        return None;
    }
    let text = uri.query().map_or_else(|| bare.to_owned(), |query| format!("{bare}?{query}"));
    text.parse().ok()
}

/// A header's text, trimmed; `None` when absent, empty or not ASCII.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim).filter(|text| !text.is_empty())
}

/// The exchange of a request that came through the edge.
pub(super) fn of(parts: &Parts) -> super::Result<&Exchange> {
    parts.extensions.get().ok_or_else(|| Problem::internal("the request bypassed the edge"))
}

impl FromRequestParts<State> for Client {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> super::Result<Self> {
        of(parts).map(|exchange| exchange.client.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_differ_within_a_process_and_between_two() {
        let processes = [RequestIds::default(), RequestIds::default()];
        let ids = processes.iter().flat_map(|ids| (0..1_000).map(|_| ids.next().to_string()));
        let ids: HashSet<String> = ids.collect();
        assert_eq!(ids.len(), 2_000);
        assert!(ids.iter().all(|id| id.len() == 16));
    }

    #[test]
    fn an_address_is_rewritten_only_where_it_must_be() {
        let routed = |text: &str| routed(&text.parse().unwrap()).map(|uri| uri.to_string());
        for same in ["/", "/products/1", "/products?limit=1", "/admin/", "/api/v10/x", "*"] {
            assert_eq!(routed(same), None, "{same}");
        }
        for (long, short) in [
            ("/api/v1", "/"),
            ("/api/v1/", "/"),
            ("/api/v1/products?limit=1", "/products?limit=1"),
            ("/products/", "/products"),
            ("/products/?limit=1", "/products?limit=1"),
            ("http://shop.local/products", "/products"),
        ] {
            assert_eq!(routed(long).as_deref(), Some(short), "{long}");
        }
    }
}
