//! How trolleys find the appliance without being told its address: multicast DNS, and a question
//! that is shouted into the shop's network over UDP.
//!
//! Both are conveniences. Many access points drop multicast, so nothing depends on either: the
//! address is in the enrolment code too. What fails here is logged, and the shop opens all the
//! same. A server that only this machine can reach announces nothing.

mod mdns;
mod udp;

use std::net::SocketAddr;

use tokio_util::sync::CancellationToken;

pub use self::udp::{GREETING, UDP_PORT, answer_questions};

/// Announces the server until `shutdown`. `http` is where plain HTTP listens.
pub async fn run(http: SocketAddr, host: Option<String>, shutdown: CancellationToken) {
    if http.ip().is_loopback() {
        return;
    }
    let announced = mdns::announce(http, host.as_deref());
    match udp::listen(UDP_PORT).await {
        Ok(socket) => udp::answer_questions(socket, http, shutdown).await,
        Err(error) => {
            tracing::warn!(%error, port = UDP_PORT, "carts cannot ask for the address over UDP");
            shutdown.cancelled().await;
        }
    }
    if let Some(announced) = announced {
        announced.withdraw().await;
    }
}
