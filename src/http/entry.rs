//! Where requests come in: the server's connections, of which the edge knows no more than what
//! stands in [`Connection`].

use std::convert::Infallible;
use std::error::Error as StdError;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::response::Response;
use tower::Service as _;

use super::Service;
use super::exchange::Connection;

/// The edge, for requests with the server's kind of body that carry their peer as an extension.
pub fn entry<B>(
    service: Service,
    https: bool,
) -> impl tower::Service<Request<B>, Response = Response, Error = Infallible, Future: Future + Send>
+ Clone
+ Send
+ 'static
where
    B: HttpBody<Data = Bytes, Error: Into<Box<dyn StdError + Send + Sync>>> + Send + 'static,
{
    tower::service_fn(move |request: Request<B>| {
        let mut service = service.clone();
        let peer = request.extensions().get::<SocketAddr>().copied();
        let peer = peer.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Connection { peer, https });
        // The edge is always ready: what waits, waits inside.
        async move { service.call(request).await }
    })
}
