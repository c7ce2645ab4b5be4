use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Response};
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;
use tower::service_fn;

use super::*;
use crate::data_dir::DataDir;
use crate::server::RequestBody;
use crate::server::accept::{Connections, Limits};
use crate::telemetry::Metrics;
use crate::tls::keeper::Choice;
use crate::tls::{Keeper, Surroundings};

const NEVER: Duration = Duration::from_hours(1);
const SHORT: Duration = Duration::from_millis(150);
/// What a test waits at most before it calls something stuck.
const PATIENCE: Duration = Duration::from_secs(20);

struct Server {
    address: SocketAddr,
    keeper: Keeper,
    authority: Vec<u8>,
    shutdown: CancellationToken,
    metrics: Arc<Metrics>,
    running: JoinHandle<()>,
    _folder: tempfile::TempDir,
}

fn here(address: &str) -> Surroundings {
    Surroundings { host: Some("shopbox".into()), addresses: vec![address.parse().unwrap()] }
}

/// A time at which the certificates of these tests are made; clients look at the real clock.
fn now() -> jiff::Timestamp {
    crate::clock::Clock::system().now()
}

impl Server {
    async fn start(change: impl FnOnce(&mut Limits)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dir = DataDir::open(folder.path().join("shop")).unwrap();
        let keeper = Keeper::open(&dir, Choice::default(), &here("10.0.0.1"), now()).unwrap();
        let authority = keeper.presented().authority.unwrap().der;
        let mut limits = Limits {
            connections: 100,
            connections_per_address: 100,
            handshake: NEVER,
            header: NEVER,
            idle: NEVER,
            write_stall: NEVER,
            body_window: NEVER,
            body_min_bytes: 10 * 1024,
            drain: NEVER,
        };
        change(&mut limits);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (shutdown, metrics) = (CancellationToken::new(), Arc::new(Metrics::new()));
        let connections = Connections::new(limits, Arc::clone(&metrics));
        let (acceptor, token) = (keeper.acceptor().unwrap(), shutdown.clone());
        let running = tokio::spawn(async move {
            let hello = service_fn(|_: Request<RequestBody>| async {
                Ok::<_, std::convert::Infallible>(Response::new(Full::new(Bytes::from("hello"))))
            });
            connections.serve_on(listener, Some(acceptor), hello, token).await;
        });
        Self { address, keeper, authority, shutdown, metrics, running, _folder: folder }
    }

    fn client() -> rustls::ConfigBuilder<rustls::ClientConfig, rustls::WantsVerifier> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(rustls::ALL_VERSIONS)
            .unwrap()
    }

    fn trusting(&self) -> rustls::ClientConfig {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from(self.authority.clone())).unwrap();
        Self::client().with_root_certificates(roots).with_no_client_auth()
    }

    async fn connect(
        &self,
        config: rustls::ClientConfig,
        name: &str,
    ) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let connecting = TlsConnector::from(Arc::new(config)).connect(name, stream);
        timeout(PATIENCE, connecting).await.expect("an answer")
    }

    async fn stop(self) {
        self.shutdown.cancel();
        timeout(PATIENCE, self.running).await.expect("the server stops").unwrap();
        assert_eq!(self.metrics.connections_open.value(), 0);
    }
}

/// One answer that ends in "hello".
async fn ask(stream: &mut tokio_rustls::client::TlsStream<TcpStream>) -> String {
    stream.write_all(b"GET / HTTP/1.1\r\nHost: shopbox\r\n\r\n").await.unwrap();
    let (mut text, mut buffer) = (String::new(), [0; 1024]);
    while !text.ends_with("hello") {
        let count = timeout(PATIENCE, stream.read(&mut buffer)).await.unwrap().unwrap();
        assert!(count > 0, "closed after {text:?}");
        text.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
    }
    text
}

/// What a plain socket gets until it is closed.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await;
    let _ = read.expect("the server closes the connection");
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn who_trusts_the_authority_is_served_and_others_refuse() {
    let server = Server::start(|_| {}).await;
    for name in ["localhost", "127.0.0.1", "shopbox.local", "10.0.0.1"] {
        let mut stream = server.connect(server.trusting(), name).await.unwrap();
        assert!(ask(&mut stream).await.starts_with("HTTP/1.1 200 OK\r\n"));
        assert!(ask(&mut stream).await.contains("Content-Length: 5"), "and again");
    }
    assert!(server.connect(server.trusting(), "other.local").await.is_err());
    let nobody = rustls::RootCertStore::empty();
    let stranger = Server::client().with_root_certificates(nobody).with_no_client_auth();
    assert!(server.connect(stranger, "localhost").await.is_err());
    server.stop().await;
}

#[tokio::test]
async fn both_versions_of_tls_and_http_1_only() {
    let server = Server::start(|_| {}).await;
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from(server.authority.clone())).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let mut stream = server.connect(config, "localhost").await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
        assert_eq!(stream.get_ref().1.protocol_version(), Some(version.version));
        ask(&mut stream).await;
    }
    server.stop().await;
}

#[tokio::test]
async fn another_certificate_does_not_end_open_connections() {
    let server = Server::start(|_| {}).await;
    let mut old = server.connect(server.trusting(), "10.0.0.1").await.unwrap();
    assert!(server.connect(server.trusting(), "10.0.0.2").await.is_err());
    assert!(server.keeper.refresh(&here("10.0.0.2"), now()).unwrap());
    ask(&mut old).await;
    let mut new = server.connect(server.trusting(), "10.0.0.2").await.unwrap();
    ask(&mut new).await;
    assert!(server.connect(server.trusting(), "10.0.0.1").await.is_err());
    server.stop().await;
}

#[tokio::test]
async fn silence_and_half_a_handshake_end_at_the_deadline() {
    let server = Server::start(|limits| limits.handshake = SHORT).await;
    let started = Instant::now();
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    let mut half = TcpStream::connect(server.address).await.unwrap();
    // The header of a record, and nothing of the record.
    half.write_all(&[HANDSHAKE_RECORD, 3, 1, 2, 0]).await.unwrap();
    assert_eq!((rest(&mut silent).await, rest(&mut half).await), (String::new(), String::new()));
    assert!(started.elapsed() >= SHORT);
    assert_eq!(server.metrics.connections_timed_out.value(), 2);
    server.stop().await;
}

#[tokio::test]
async fn silence_after_the_handshake_ends_at_the_headers_deadline() {
    let server = Server::start(|limits| limits.header = SHORT).await;
    let mut stream = server.connect(server.trusting(), "localhost").await.unwrap();
    let mut bytes = Vec::new();
    // However it ends, it ends.
    drop(timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("it is closed"));
    assert!(bytes.is_empty());
    assert_eq!(server.metrics.connections_timed_out.value(), 1);
    server.stop().await;
}

#[tokio::test]
async fn plain_http_is_told_to_use_https() {
    let server = Server::start(|_| {}).await;
    let mut plain = TcpStream::connect(server.address).await.unwrap();
    plain.write_all(b"POST /x HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc").await.unwrap();
    plain.shutdown().await.unwrap();
    let answer = rest(&mut plain).await;
    assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())));
    assert!(body.contains("\"https-only\"") && body.ends_with('}'));
    let mut noise = TcpStream::connect(server.address).await.unwrap();
    noise.write_all(&[0, 1, 2, 3]).await.unwrap();
    assert_eq!(rest(&mut noise).await, "");
    let mut broken = TcpStream::connect(server.address).await.unwrap();
    broken.write_all(&[HANDSHAKE_RECORD, 9, 9, 0, 1, 7]).await.unwrap();
    rest(&mut broken).await;
    server.stop().await;
}

#[tokio::test]
async fn a_full_house_closes_without_words() {
    let server = Server::start(|limits| limits.connections = 1).await;
    let first = server.connect(server.trusting(), "localhost").await.unwrap();
    let mut second = TcpStream::connect(server.address).await.unwrap();
    assert_eq!(rest(&mut second).await, "");
    assert_eq!(server.metrics.connections_refused_total.value(), 1);
    drop(first);
    server.stop().await;
}

#[tokio::test]
async fn a_stop_does_not_wait_for_handshakes() {
    let server = Server::start(|_| {}).await;
    let silent = TcpStream::connect(server.address).await.unwrap();
    let mut idle = server.connect(server.trusting(), "localhost").await.unwrap();
    ask(&mut idle).await;
    server.stop().await;
    drop(silent);
}
