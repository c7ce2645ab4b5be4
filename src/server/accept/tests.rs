use std::convert::Infallible;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http_body_util::{BodyExt, Full as FullBody};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tower::service_fn;

use super::*;

type Answer = Result<Response<FullBody<Bytes>>, Infallible>;

/// Long enough to never pass in a test.
const NEVER: Duration = Duration::from_hours(1);
const SHORT: Duration = Duration::from_millis(150);
/// What a test waits at most before it calls something stuck.
const PATIENCE: Duration = Duration::from_secs(20);

fn relaxed() -> Limits {
    Limits {
        connections: 100,
        connections_per_address: 100,
        handshake: NEVER,
        header: NEVER,
        idle: NEVER,
        write_stall: NEVER,
        body_window: NEVER,
        body_min_bytes: 10 * 1024,
        drain: NEVER,
    }
}

struct Server {
    address: SocketAddr,
    shutdown: CancellationToken,
    metrics: Arc<Metrics>,
    running: JoinHandle<()>,
}

impl Server {
    async fn start<F, R>(limits: Limits, handler: F) -> Self
    where
        F: Fn(Request<RequestBody>) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = Answer> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let metrics = Arc::new(Metrics::new());
        let connections = Connections::new(limits, Arc::clone(&metrics));
        let token = shutdown.clone();
        let running =
            tokio::spawn(
                async move { connections.serve(listener, service_fn(handler), token).await },
            );
        Self { address, shutdown, metrics, running }
    }

    async fn hello(limits: Limits) -> Self {
        Self::start(limits, |_| async { hello() }).await
    }

    async fn connect(&self) -> Client {
        Client(TcpStream::connect(self.address).await.unwrap())
    }

    async fn stop(self) {
        self.shutdown.cancel();
        timeout(PATIENCE, self.running).await.expect("the server stops").unwrap();
        assert_eq!(self.metrics.connections_open.value(), 0);
    }
}

struct Client(TcpStream);

impl Client {
    async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    async fn ask(&mut self) -> String {
        self.send("GET / HTTP/1.1\r\nHost: shop\r\n\r\n").await;
        self.answer().await
    }

    /// One answer: its header, and a body of the length that it states.
    async fn answer(&mut self) -> String {
        let mut text = String::new();
        while !text.contains("\r\n\r\n") {
            self.more(&mut text).await;
        }
        let length = text
            .lines()
            .find_map(|line| line.strip_prefix("Content-Length: "))
            .map_or(0, |length| length.parse().unwrap());
        let whole = text.find("\r\n\r\n").unwrap() + 4 + length;
        while text.len() < whole {
            self.more(&mut text).await;
        }
        assert_eq!(text.len(), whole, "one answer and no more: {text}");
        text
    }

    async fn more(&mut self, text: &mut String) {
        let mut buffer = [0; 4096];
        let count = timeout(PATIENCE, self.0.read(&mut buffer)).await.expect("an answer").unwrap();
        assert!(count > 0, "closed after {text:?}");
        text.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
    }

    /// What comes until the other side closes; a reset counts as closing.
    async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        let read = timeout(PATIENCE, self.0.read_to_end(&mut bytes)).await;
        let _ = read.expect("the server closes the connection");
        String::from_utf8(bytes).unwrap()
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the shape that a service answers in")]
fn hello() -> Answer {
    Ok(Response::new(FullBody::from("hello")))
}

#[tokio::test]
async fn headers_are_title_case_on_the_wire_and_the_connection_is_kept() {
    let server = Server::hello(relaxed()).await;
    let mut client = server.connect().await;
    for _ in 0..3 {
        let answer = client.ask().await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("\r\nContent-Length: 5\r\n"), "{answer}");
        assert!(answer.contains("\r\nDate: "), "{answer}");
        assert!(answer.ends_with("\r\n\r\nhello"), "{answer}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_request_carries_its_peer() {
    let server = Server::start(relaxed(), |request| async move {
        let peer = request.extensions().get::<SocketAddr>().unwrap();
        Ok(Response::new(FullBody::from(peer.to_string())))
    })
    .await;
    let mut client = server.connect().await;
    let own = client.0.local_addr().unwrap().to_string();
    assert!(client.ask().await.ends_with(&own));
    server.stop().await;
}

#[tokio::test]
async fn silent_and_half_header_connections_are_closed() {
    let server = Server::hello(Limits { header: SHORT, ..relaxed() }).await;
    let start = Instant::now();
    let mut silent = server.connect().await;
    let mut half = server.connect().await;
    half.send("GET / HTTP/1.1\r\nHost: sh").await;
    assert_eq!(silent.rest().await, "");
    assert_eq!(half.rest().await, "");
    assert!(start.elapsed() >= SHORT);
    assert_eq!(server.metrics.connections_timed_out.value(), 2);
    server.stop().await;
}

#[tokio::test]
async fn a_dripped_header_gets_no_more_time_than_a_silent_one() {
    let server = Server::hello(Limits { header: SHORT, ..relaxed() }).await;
    let mut client = server.connect().await;
    assert!(client.ask().await.ends_with("hello"));
    // The second header's time starts with its first byte.
    client.send("GET / HTTP/1.1\r\nX: ").await;
    let start = Instant::now();
    while client.0.write_all(b"x").await.is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert!(start.elapsed() < PATIENCE, "the server never closed");
    }
    assert_eq!(server.metrics.connections_timed_out.value(), 1);
    server.stop().await;
}

#[tokio::test]
async fn an_idle_connection_has_a_bound_of_its_own() {
    let server = Server::hello(Limits { idle: SHORT, ..relaxed() }).await;
    let start = Instant::now();
    let mut client = server.connect().await;
    assert!(client.ask().await.ends_with("hello"));
    assert_eq!(client.rest().await, "");
    assert!(start.elapsed() >= SHORT);
    server.stop().await;

    let patient = Server::hello(Limits { header: SHORT, ..relaxed() }).await;
    let mut client = patient.connect().await;
    assert!(client.ask().await.ends_with("hello"));
    tokio::time::sleep(SHORT * 2).await;
    assert!(client.ask().await.ends_with("hello"), "idle is not bound by the header's time");
    patient.stop().await;
}

#[tokio::test]
async fn a_slow_handler_is_not_cut() {
    let limits = Limits { header: SHORT, idle: SHORT, ..relaxed() };
    let server = Server::start(limits, |_| async {
        tokio::time::sleep(SHORT * 3).await;
        hello()
    })
    .await;
    assert!(server.connect().await.ask().await.ends_with("hello"));
    server.stop().await;
}

#[tokio::test]
async fn a_client_that_takes_nothing_of_its_answer_is_cut() {
    let limits = Limits { write_stall: SHORT, ..relaxed() };
    let server = Server::start(limits, |_| async {
        Ok(Response::new(FullBody::from(vec![b'x'; 64 * 1024 * 1024])))
    })
    .await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    while server.metrics.connections_timed_out.value() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(client.rest().await.len() < 64 * 1024 * 1024);
    server.stop().await;
}

#[tokio::test]
async fn a_dripping_body_ends_in_an_error_for_the_handler() {
    let limits = Limits { body_window: SHORT, ..relaxed() };
    let server = Server::start(limits, |request| async {
        let error = request.into_body().collect().await.unwrap_err();
        let kind = error.downcast::<io::Error>().unwrap().kind();
        Ok(Response::builder().status(408).body(FullBody::from(kind.to_string())).unwrap())
    })
    .await;
    let mut client = server.connect().await;
    client.send("POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 9\r\n\r\nx").await;
    let answer = client.rest().await;
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.ends_with("timed out"), "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn one_connection_too_many_is_told_so_and_closed() {
    for limits in
        [Limits { connections: 2, ..relaxed() }, Limits { connections_per_address: 2, ..relaxed() }]
    {
        let server = Server::hello(limits).await;
        let mut first = server.connect().await;
        let mut second = server.connect().await;
        assert!(first.ask().await.ends_with("hello"));
        assert!(second.ask().await.ends_with("hello"));
        let refusal = server.connect().await.rest().await;
        assert!(refusal.starts_with("HTTP/1.1 503 "), "{refusal}");
        assert!(first.ask().await.ends_with("hello"), "the others go on");
        let refused = server.metrics.connections_refused_total.value()
            + server.metrics.connections_refused_per_address.value();
        assert_eq!(refused, 1);

        drop(first);
        while server.metrics.connections_open.value() > 1 {
            tokio::task::yield_now().await;
        }
        assert!(server.connect().await.ask().await.ends_with("hello"), "a place became free");
        server.stop().await;
    }
}

/// A handler that says when it began and ends when told.
#[derive(Clone, Default)]
struct Gate {
    began: Arc<AtomicUsize>,
    open: Arc<Notify>,
}

impl Gate {
    async fn server(&self, limits: Limits) -> Server {
        let gate = self.clone();
        Server::start(limits, move |_| {
            let gate = gate.clone();
            async move {
                gate.began.fetch_add(1, Ordering::SeqCst);
                gate.open.notified().await;
                hello()
            }
        })
        .await
    }

    async fn has_begun(&self) {
        while self.began.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn at_shutdown_what_is_in_flight_finishes_and_what_is_idle_closes() {
    let gate = Gate::default();
    let server = gate.server(relaxed()).await;
    let mut busy = server.connect().await;
    busy.send("GET / HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    gate.has_begun().await;
    let mut idle = server.connect().await;
    idle.send("GET / HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    while gate.began.load(Ordering::SeqCst) < 2 {
        tokio::task::yield_now().await;
    }
    gate.open.notify_waiters();
    assert!(idle.answer().await.ends_with("hello"));
    assert!(busy.answer().await.ends_with("hello"));
    busy.send("GET / HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    while gate.began.load(Ordering::SeqCst) < 3 {
        tokio::task::yield_now().await;
    }
    let mut silent = server.connect().await;

    server.shutdown.cancel();
    assert_eq!(idle.rest().await, "");
    assert_eq!(silent.rest().await, "");
    assert!(!server.running.is_finished());
    gate.open.notify_waiters();
    let answer = busy.rest().await;
    assert!(answer.ends_with("hello") && answer.contains("Connection: close"), "{answer}");
    let address = server.address;
    server.stop().await;
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn what_does_not_finish_in_time_is_closed() {
    let gate = Gate::default();
    let server = gate.server(Limits { drain: SHORT, ..relaxed() }).await;
    let mut stuck = server.connect().await;
    stuck.send("GET / HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    gate.has_begun().await;
    let start = Instant::now();
    server.stop().await;
    assert!(start.elapsed() >= SHORT);
    assert_eq!(stuck.rest().await, "");
}

#[tokio::test]
async fn an_upgraded_connection_keeps_its_place_and_loses_its_deadlines() {
    let limits = Limits { connections: 1, header: SHORT, idle: SHORT, ..relaxed() };
    let server = Server::start(limits, |mut request| async move {
        let upgrade = hyper::upgrade::on(&mut request);
        tokio::spawn(async move {
            let mut socket = hyper_util::rt::TokioIo::new(upgrade.await.unwrap());
            let mut line = [0; 4];
            while socket.read_exact(&mut line).await.is_ok() {
                socket.write_all(&line).await.unwrap();
            }
        });
        let switch = Response::builder()
            .status(101)
            .header("Connection", "upgrade")
            .header("Upgrade", "echo");
        Ok(switch.body(FullBody::default()).unwrap())
    })
    .await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: s\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n").await;
    assert!(client.answer().await.starts_with("HTTP/1.1 101 "));
    tokio::time::sleep(SHORT * 2).await;
    client.send("ping").await;
    let mut echo = String::new();
    client.more(&mut echo).await;
    assert_eq!(echo, "ping");
    assert!(server.connect().await.rest().await.starts_with("HTTP/1.1 503 "));
    drop(client);
    server.stop().await;
}

/// Upgrades every request and leaves its socket to this.
async fn upgrading<F, R>(limits: Limits, speak: F) -> Server
where
    F: Fn(hyper_util::rt::TokioIo<hyper::upgrade::Upgraded>) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    Server::start(limits, move |mut request| {
        let (upgrade, speak) = (hyper::upgrade::on(&mut request), speak.clone());
        tokio::spawn(async move {
            speak(hyper_util::rt::TokioIo::new(upgrade.await.unwrap())).await;
        });
        let switch = Response::builder()
            .status(101)
            .header("Connection", "upgrade")
            .header("Upgrade", "other");
        async move { Ok(switch.body(FullBody::default()).unwrap()) }
    })
    .await
}

const UPGRADE: &str = "GET / HTTP/1.1\r\nHost: s\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n";

#[tokio::test]
async fn an_upgraded_client_that_takes_nothing_is_cut_off() {
    let (tell, mut told) = tokio::sync::mpsc::channel(1);
    let server = upgrading(Limits { write_stall: SHORT, ..relaxed() }, move |mut socket| {
        let tell = tell.clone();
        async move {
            let error = loop {
                if let Err(error) = socket.write_all(&[b'x'; 16 * 1024]).await {
                    break error;
                }
            };
            tell.send(error.kind()).await.unwrap();
        }
    })
    .await;
    let mut client = server.connect().await;
    client.send(UPGRADE).await;
    let kind = timeout(PATIENCE, told.recv()).await.expect("the write fails").unwrap();
    assert_eq!(kind, ErrorKind::TimedOut);
    server.stop().await;
}

#[tokio::test]
async fn the_end_of_the_drain_ends_upgraded_connections() {
    let server = upgrading(Limits { drain: SHORT, ..relaxed() }, |mut socket| async move {
        assert_eq!(socket.read(&mut [0; 1]).await.unwrap(), 0);
    })
    .await;
    let mut client = server.connect().await;
    client.send(UPGRADE).await;
    assert!(client.answer().await.starts_with("HTTP/1.1 101 "));
    server.stop().await;
    assert_eq!(client.rest().await, "");
}

#[tokio::test]
async fn an_endless_header_is_refused() {
    let server = Server::hello(relaxed()).await;
    let mut long = server.connect().await;
    long.send(&format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(40_000))).await;
    assert!(long.rest().await.starts_with("HTTP/1.1 431 "));
    let mut many = server.connect().await;
    many.send(&format!("GET / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(101))).await;
    assert!(many.rest().await.starts_with("HTTP/1.1 431 "));
    server.stop().await;
}

mod crowd;
