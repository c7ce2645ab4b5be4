//! The accept loop: who may connect, how long a connection may be what, and how it all ends.
//!
//! Anyone on a shop's network can open sockets. So the number of connections is bounded, over
//! all and per address; each has deadlines (see `connection`); and an error of `accept` makes the
//! loop pause instead of spin. The loop knows HTTP/1 and a tower service, nothing of routes.

mod caps;

use std::error::Error as StdError;
use std::future::{Ready, ready};
use std::io::{self, ErrorKind, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Body;
use hyper::{Request, Response};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;
use tower::Service;

use self::caps::{Caps, Full, Slot};
use super::body::{self, RequestBody};
use super::connection::{End, Signals, serve_connection};
use super::handshake::{self, handshake};
use super::refusal;
use crate::config::Config;
use crate::telemetry::Metrics;

/// Pauses after an `accept` that failed for lack of something, doubling.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// Connections that wait to be accepted; what is beyond tries again after a second. The system
/// may allow fewer.
const BACKLOG: u32 = 4096;
/// How long killed connections get to let go of what they hold.
const KILL_GRACE: Duration = Duration::from_millis(200);

/// Bounds on connections and their phases.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at a time.
    pub connections: usize,
    /// Connections at a time from one address.
    pub connections_per_address: usize,
    /// From the opening of an encrypted connection to the end of its handshake.
    pub handshake: Duration,
    /// From the opening, or the first byte of a later request, to a whole header.
    pub header: Duration,
    /// Between two requests of a connection.
    pub idle: Duration,
    /// Waiting time that a client may cost which takes less than 1 KiB/s of its answer.
    pub write_stall: Duration,
    /// A body must bring `body_min_bytes` in this time of waiting for it.
    pub body_window: Duration,
    /// See `body_window`.
    pub body_min_bytes: usize,
    /// At shutdown, requests in flight.
    pub drain: Duration,
}

impl Limits {
    /// The limits that the settings ask for.
    pub fn from_config(config: &Config) -> Self {
        Self {
            connections: config.max_connections,
            connections_per_address: config.max_connections_per_address,
            handshake: handshake::DEADLINE,
            header: config.header_timeout,
            idle: config.idle_timeout,
            write_stall: config.write_timeout,
            body_window: body::WINDOW,
            body_min_bytes: body::min_bytes(config.body_min_bytes_per_s),
            drain: config.drain_timeout,
        }
    }
}

/// The connections of all listeners: they share the caps.
#[derive(Clone, Debug)]
pub struct Connections {
    limits: Limits,
    caps: Arc<Caps>,
    metrics: Arc<Metrics>,
}

/// Lives as long as a socket: its place under the caps, and what the drain waits for.
#[derive(Debug)]
struct Guard {
    slot: Slot,
    _in_flight: TaskTrackerToken,
    metrics: Arc<Metrics>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.metrics.connections_open.decrement();
    }
}

impl Connections {
    /// No connections yet.
    pub fn new(limits: Limits, metrics: Arc<Metrics>) -> Self {
        let caps = Caps::new(limits.connections, limits.connections_per_address);
        Self { limits, caps: Arc::new(caps), metrics }
    }

    /// Accepts and serves until `shutdown`; then lets requests in flight finish for
    /// [`Limits::drain`], closes what is left, and returns.
    ///
    /// Each request carries its peer as a [`SocketAddr`] extension, IPv4 in its plain form. A
    /// connection that was upgraded, and an answer that never ends by itself, must watch
    /// `shutdown` on their own, or they hold up the drain.
    pub async fn serve<S, B>(&self, listener: TcpListener, service: S, shutdown: CancellationToken)
    where
        S: Service<Request<RequestBody>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send,
        S::Error: Into<Box<dyn StdError + Send + Sync>>,
        B: Body + Unpin + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        self.serve_on(listener, None, service, shutdown).await;
    }

    /// [`Connections::serve`], behind the encryption of `acceptor`, or without one.
    pub async fn serve_on<S, B>(
        &self,
        listener: TcpListener,
        acceptor: Option<TlsAcceptor>,
        service: S,
        shutdown: CancellationToken,
    ) where
        S: Service<Request<RequestBody>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send,
        S::Error: Into<Box<dyn StdError + Send + Sync>>,
        B: Body + Unpin + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        let signals = Signals { shutdown, kill: CancellationToken::new(), leave: Arc::default() };
        let tasks = TaskTracker::new();
        let mut pause = FIRST_PAUSE;
        loop {
            let accepted = tokio::select! {
                biased;
                () = signals.shutdown.cancelled() => break,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    pause = FIRST_PAUSE;
                    let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
                    let is_plain = acceptor.is_none();
                    if let Some((stream, guard)) = self.admit(stream, peer, is_plain, &tasks) {
                        let service = service.clone();
                        let limits = self.limits;
                        let signals = Signals { leave: guard.slot.leave(), ..signals.clone() };
                        let metrics = Arc::clone(&self.metrics);
                        let acceptor = acceptor.clone();
                        tasks.spawn(async move {
                            let end = match acceptor {
                                None => {
                                    serve_connection(stream, guard, peer, service, limits, signals)
                                        .await
                                }
                                // In a box: plain connections need not have room for it.
                                Some(acceptor) => {
                                    let served = serve_encrypted(
                                        stream, &acceptor, guard, peer, service, limits, signals,
                                    );
                                    Box::pin(served).await
                                }
                            };
                            note_end(end, peer, &metrics);
                        });
                    }
                }
                Err(error) if is_the_clients(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "cannot accept connections, pausing");
                    tokio::select! {
                        () = signals.shutdown.cancelled() => {}
                        () = sleep(pause) => {}
                    }
                    pause = LONGEST_PAUSE.min(pause * 2);
                }
            }
        }
        drop(listener);
        drain(&tasks, self.limits.drain, &signals.kill).await;
    }

    fn admit(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        is_plain: bool,
        tasks: &TaskTracker,
    ) -> Option<(TcpStream, Guard)> {
        self.metrics.connections_accepted.increment();
        let slot = match self.caps.take(peer.ip()) {
            Ok(slot) => slot,
            Err(full) => {
                match full {
                    Full::Everywhere => self.metrics.connections_refused_total.increment(),
                    Full::ForAddress => self.metrics.connections_refused_per_address.increment(),
                }
                tracing::debug!(%peer, ?full, "connection refused");
                // Words would be noise to who waits for a handshake.
                if is_plain {
                    refuse(stream);
                }
                return None;
            }
        };
        // Answers are small and come at once: waiting to fill a packet only adds delay.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%peer, %error, "connection lost before its first byte");
            return None;
        }
        self.metrics.connections_open.increment();
        let metrics = Arc::clone(&self.metrics);
        Some((stream, Guard { slot, _in_flight: tasks.token(), metrics }))
    }
}

/// Listens on this address, with room for a crowd that comes back all at once: the standard
/// library has room for 128.
pub(super) fn listen(address: SocketAddr) -> Ready<io::Result<TcpListener>> {
    let listen = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // A server that starts again must not wait for the connections of the one before.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    ready(listen())
}

/// [`serve_connection`] once the handshake is done.
async fn serve_encrypted<S, B>(
    stream: TcpStream,
    acceptor: &TlsAcceptor,
    guard: Guard,
    peer: SocketAddr,
    service: S,
    limits: Limits,
    signals: Signals,
) -> End
where
    S: Service<Request<RequestBody>, Response = Response<B>> + Clone,
    S::Error: Into<Box<dyn StdError + Send + Sync>>,
    B: Body + Unpin + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    match handshake(stream, acceptor, limits.handshake, &signals).await {
        Ok(stream) => serve_connection(stream, guard, peer, service, limits, signals).await,
        Err(end) => end,
    }
}

/// Says why and closes, without waiting for the client.
fn refuse(stream: TcpStream) {
    // A fresh socket's send buffer takes this whole; if not, closing is answer enough.
    let _ =
        stream.into_std().and_then(|mut socket| socket.write_all(&refusal::TOO_MANY_CONNECTIONS));
}

fn note_end(end: End, peer: SocketAddr, metrics: &Metrics) {
    match end {
        End::Closed => {}
        End::TimedOut => {
            metrics.connections_timed_out.increment();
            tracing::debug!(%peer, "connection closed: its client was silent or slow");
        }
        End::MadeRoom => {
            metrics.connections_evicted.increment();
            tracing::debug!(%peer, "connection closed: another address needed its place");
        }
        End::Killed => tracing::debug!(%peer, "connection closed: the drain period is over"),
        End::Failed(error) => tracing::debug!(%peer, %error, "connection failed"),
        End::NoHandshake(error) => tracing::debug!(%peer, %error, "the TLS handshake failed"),
    }
}

/// Waits for connections to finish, and closes those that do not.
async fn drain(tasks: &TaskTracker, period: Duration, kill: &CancellationToken) {
    tasks.close();
    if timeout(period, tasks.wait()).await.is_ok() {
        return;
    }
    tracing::warn!(connections = tasks.len(), "closing connections that did not finish in time");
    kill.cancel();
    // Upgraded sockets end as well: their reads do.
    let _ = timeout(KILL_GRACE, tasks.wait()).await;
}

/// Errors of one client's connection, as opposed to a lack of files or memory on our side.
fn is_the_clients(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused
    )
}

#[cfg(test)]
mod tests;
