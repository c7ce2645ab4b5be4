//! The appliance behind a real socket, for what cannot be tried without one.

use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cartwright::http::{self, State};
use cartwright::server::accept::{Connections, Limits};
use cartwright::telemetry::Metrics;
use futures_util::StreamExt;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tokio_util::sync::CancellationToken;

use super::TestApp;

/// Long enough to never pass in a test.
const NEVER: Duration = Duration::from_hours(1);
/// What a test waits at most before it calls something stuck.
const PATIENCE: Duration = Duration::from_secs(20);

/// A client's WebSocket.
pub(crate) type WebSocket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What a server says to a handshake: a socket, or the status and the content of a refusal.
type Opening = Result<WebSocket, (u16, Value)>;

/// A server that listens.
pub(crate) struct Listening {
    pub(crate) address: SocketAddr,
    pub(crate) metrics: Arc<Metrics>,
    shutdown: CancellationToken,
    running: JoinHandle<()>,
}

impl TestApp {
    /// The appliance on a free port.
    pub(crate) async fn listen(&self) -> Listening {
        self.listen_with(|_| {}).await
    }

    /// The same, with another edge than usual.
    pub(crate) async fn listen_with(&self, change: impl FnOnce(&mut State)) -> Listening {
        let mut state = State::new(self.app.clone());
        change(&mut state);
        let (metrics, shutdown) = (Arc::clone(&state.metrics), state.shutdown.clone());
        let limits = Limits {
            handshake: NEVER,
            body_min_bytes: 1,
            connections: 4096,
            connections_per_address: 4096,
            header: NEVER,
            idle: NEVER,
            write_stall: NEVER,
            body_window: NEVER,
            drain: NEVER,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Connections::new(limits, Arc::clone(&metrics));
        let edge = http::entry::entry(http::service(state), false);
        let token = shutdown.clone();
        let running = tokio::spawn(async move { connections.serve(listener, edge, token).await });
        Listening { address, metrics, shutdown, running }
    }
}

impl Listening {
    /// Asks for a WebSocket.
    pub(crate) async fn open(&self, path: &str, headers: &[(&str, &str)]) -> Opening {
        let url = format!("ws://{}{path}", self.address);
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            request.headers_mut().append(name, HeaderValue::from_str(value).unwrap());
        }
        let opening = timeout(PATIENCE, tokio_tungstenite::connect_async(request)).await;
        match opening.expect("the handshake is answered") {
            Ok((socket, _)) => Ok(socket),
            Err(Error::Http(answer)) => {
                let body = answer.body().as_deref().unwrap_or_default();
                let body = serde_json::from_slice(body).unwrap_or(Value::Null);
                Err((answer.status().as_u16(), body))
            }
            Err(error) => panic!("{path}: {error}"),
        }
    }

    /// A plain request on a connection of its own: the status, the header in lower case, the body.
    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> (u16, String, String) {
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.address);
        for (name, value) in headers {
            write!(request, "{name}: {value}\r\n").unwrap();
        }
        let length = body.len();
        write!(request, "Connection: close\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let read = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
        read.expect("the request is answered").unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_lowercase(), body.to_owned())
    }

    /// Waits until the metrics count this many followers.
    pub(crate) async fn has_followers(&self, count: i64) {
        let reached = async {
            while self.metrics.live_followers.value() != count {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let reached = timeout(PATIENCE, reached).await;
        let seen = self.metrics.live_followers.value();
        assert!(reached.is_ok(), "{seen} follow, not {count}");
    }

    /// Begins to stop.
    pub(crate) fn begin_stop(&self) {
        self.shutdown.cancel();
    }

    /// Stops, and looks that nothing is left.
    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        timeout(PATIENCE, self.running).await.expect("the server stops").unwrap();
        assert_eq!(self.metrics.connections_open.value(), 0);
        assert_eq!(self.metrics.live_followers.value(), 0);
    }
}

/// The next text, pings and pongs left out; what closes the socket is in the error.
pub(crate) async fn next_text(socket: &mut WebSocket) -> Result<String, Option<(u16, String)>> {
    loop {
        let next = timeout(PATIENCE, socket.next()).await.expect("something comes");
        match next {
            Some(Ok(Message::Text(text))) => return Ok(text.to_string()),
            Some(Ok(Message::Close(frame))) => {
                return Err(frame.map(|it| (u16::from(it.code), it.reason.to_string())));
            }
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return Err(None),
        }
    }
}
