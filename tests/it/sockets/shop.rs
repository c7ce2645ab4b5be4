//! A server on a free port, and clients that say exactly what they are told.

use std::net::SocketAddr;
use std::time::Duration;

use cartwright::config::{Config, Sources};
use cartwright::server::{Options, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// What a test waits at most before it calls something stuck.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running appliance in a directory of its own.
pub(super) struct Shop {
    pub(super) address: SocketAddr,
    stop: CancellationToken,
    running: JoinHandle<()>,
    _dir: tempfile::TempDir,
}

impl Shop {
    pub(super) async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let flags = [("http", "127.0.0.1:0"), ("cache_mib", "16")];
        let flags = flags.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let config = Config::load(&Sources { flags, ..Sources::default() }).unwrap();
        let options = Options { data_dir: dir.path().join("data"), config };
        let server = Server::bind(options).await.unwrap();
        let (address, stop) = (server.http_addr(), server.shutdown_token());
        let running = tokio::spawn(server.run(std::future::pending()));
        Self { address, stop, running, _dir: dir }
    }

    pub(super) async fn connect(&self) -> Client {
        Client { socket: TcpStream::connect(self.address).await.unwrap(), read: Vec::new() }
    }

    /// What one connection hears that says this and no more, until it is closed.
    pub(super) async fn hears(&self, bytes: &[u8]) -> String {
        let mut client = self.connect().await;
        client.say(bytes).await;
        client.rest().await
    }

    pub(super) async fn close(self) {
        self.stop.cancel();
        timeout(PATIENCE, self.running).await.expect("the server stops").unwrap();
    }
}

/// One connection.
pub(super) struct Client {
    socket: TcpStream,
    read: Vec<u8>,
}

/// An answer, split.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) header: String,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn code(&self) -> String {
        let body: serde_json::Value = serde_json::from_str(&self.body).unwrap_or_default();
        body["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// Splits what a connection said into its answers.
pub(super) fn answers(mut text: &str) -> Vec<Answer> {
    let mut answers = Vec::new();
    while !text.is_empty() {
        let (header, rest) = text.split_once("\r\n\r\n").expect("a whole header");
        let length = header.lines().find_map(|it| it.strip_prefix("Content-Length: "));
        let (body, rest) = rest.split_at(length.map_or(0, |length| length.parse().unwrap()));
        let status = header.split(' ').nth(1).unwrap().parse().unwrap();
        answers.push(Answer { status, header: header.to_owned(), body: body.to_owned() });
        text = rest;
    }
    answers
}

impl Client {
    /// A client that was cut off may not get to say all of it.
    pub(super) async fn say(&mut self, bytes: &[u8]) {
        let _ = timeout(PATIENCE, self.socket.write_all(bytes)).await.expect("room to send");
    }

    /// The next answer, by its stated length.
    pub(super) async fn answer(&mut self) -> Answer {
        loop {
            if let Some(end) = self.read.windows(4).position(|it| it == b"\r\n\r\n") {
                let header = std::str::from_utf8(&self.read[..end]).unwrap();
                let length = header.lines().find_map(|it| it.strip_prefix("Content-Length: "));
                let whole = end + 4 + length.map_or(0, |it| it.parse::<usize>().unwrap());
                if self.read.len() >= whole {
                    let text: Vec<u8> = self.read.drain(..whole).collect();
                    return answers(std::str::from_utf8(&text).unwrap()).remove(0);
                }
            }
            let mut buffer = [0; 4096];
            let read = timeout(PATIENCE, self.socket.read(&mut buffer)).await;
            let count = read.expect("an answer").unwrap();
            assert!(count > 0, "closed after {:?}", String::from_utf8_lossy(&self.read));
            self.read.extend_from_slice(&buffer[..count]);
        }
    }

    /// Everything until the server closes; a reset counts as closing.
    pub(super) async fn rest(mut self) -> String {
        let read = timeout(PATIENCE, self.socket.read_to_end(&mut self.read)).await;
        let _ = read.expect("the server closes");
        String::from_utf8(self.read).unwrap()
    }
}
