//! A small HTTP/1.1 client that keeps its connection, as the firmware's does: one request at a
//! time, answers by their `Content-Length`. Small because it shares the machine with the server
//! that it measures, and because it must be able to lose a request at any point.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use memchr::memmem;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::chaos::Cut;

/// What the firmware's client waits for a connection and for an answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longest head of an answer, in bytes.
const HEAD_MAX: usize = 16 * 1024;
/// Longest body of an answer, in bytes: pages of the catalogue and maps are the large ones.
const BODY_MAX: usize = 64 * 1024 * 1024;
/// What is read at a time, in bytes.
const PIECE: usize = 4 * 1024;

/// Where the shop is.
#[derive(Debug, Clone)]
pub(super) struct Target {
    address: SocketAddr,
    /// What `Host` says.
    host: String,
    /// What stands before every path.
    prefix: String,
}

impl Target {
    /// Reads `http://host:port/prefix` and looks the host up.
    pub(super) async fn resolve(url: &str) -> Result<Self, String> {
        let rest = url.strip_prefix("http://").ok_or_else(|| {
            format!("{url} does not begin with http:// (trolleys speak plain HTTP)")
        })?;
        let (host, prefix) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
        if host.is_empty() || host.contains('@') || !is_plain(rest) {
            return Err(format!("{url} is no address of a shop: http://127.0.0.1:8080"));
        }
        let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let place = if has_port { host.to_owned() } else { format!("{host}:80") };
        let found = tokio::net::lookup_host(&place).await;
        let address = found.ok().and_then(|mut found| found.next());
        let address = address.ok_or_else(|| format!("nobody knows where {host} is"))?;
        let prefix = prefix.trim_end_matches('/').to_owned();
        Ok(Self { address, host: host.to_owned(), prefix })
    }

    /// A whole request. `headers` are lines with their ends.
    pub(super) fn request(&self, method: &str, path: &str, headers: &str, body: &str) -> Vec<u8> {
        let length = match method {
            "GET" | "DELETE" => String::new(),
            _ => format!("Content-Length: {}\r\n", body.len()),
        };
        let Self { host, prefix, .. } = self;
        format!(
            "{method} {prefix}{path} HTTP/1.1\r\nHost: {host}\r\n\
             User-Agent: cartwright-simulate\r\n{headers}{length}\r\n{body}"
        )
        .into_bytes()
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lost {
    /// As the plan wanted it.
    OnPurpose(Cut),
    /// Nobody listens, or the host cannot be reached.
    NotConnected,
    /// The connection ended before the answer did.
    Closed,
    /// No answer came in time.
    TimedOut,
    /// What came is not HTTP as this client knows it.
    NotHttp,
}

impl Lost {
    /// What it is counted as.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::OnPurpose(_) => "lost on purpose",
            Self::NotConnected => "not connected",
            Self::Closed => "connection closed",
            Self::TimedOut => "timed out",
            Self::NotHttp => "not HTTP",
        }
    }
}

/// A connection that opens itself again.
#[derive(Debug, Default)]
pub(super) struct Connection {
    stream: Option<TcpStream>,
    /// Reused from answer to answer.
    buffer: Vec<u8>,
}

impl Connection {
    /// Sends a request and waits for its answer, or loses it.
    pub(super) async fn ask(
        &mut self,
        target: &Target,
        request: &[u8],
        cut: Option<Cut>,
    ) -> Result<Answer, Lost> {
        if cut == Some(Cut::Before) {
            self.close();
            return Err(Lost::OnPurpose(Cut::Before));
        }
        let asked = timeout(PATIENCE, self.exchange(target, request, cut)).await;
        let answer = asked.unwrap_or(Err(Lost::TimedOut));
        if answer.is_err() {
            self.close();
        }
        answer
    }

    /// Ends the connection.
    pub(super) fn close(&mut self) {
        self.stream = None;
    }

    async fn exchange(
        &mut self,
        target: &Target,
        request: &[u8],
        cut: Option<Cut>,
    ) -> Result<Answer, Lost> {
        let stream = match &mut self.stream {
            Some(stream) if !has_ended(stream) => stream,
            gone => {
                let fresh = TcpStream::connect(target.address).await;
                let fresh = fresh.map_err(|_| Lost::NotConnected)?;
                // Without it a small request may wait for the answer to the one before.
                fresh.set_nodelay(true).map_err(|_| Lost::NotConnected)?;
                gone.insert(fresh)
            }
        };
        if cut == Some(Cut::Half) {
            let _ = stream.write_all(&request[..request.len() / 2]).await;
            // A reset, not an orderly end.
            let _ = stream.set_zero_linger();
            return Err(Lost::OnPurpose(Cut::Half));
        }
        stream.write_all(request).await.map_err(|_| Lost::Closed)?;
        if cut == Some(Cut::Sent) {
            return Err(Lost::OnPurpose(Cut::Sent));
        }
        let (answer, stays_open) = read_answer(stream, &mut self.buffer).await?;
        if !stays_open {
            self.close();
        }
        match cut {
            Some(cut) => Err(Lost::OnPurpose(cut)),
            None => Ok(answer),
        }
    }
}

/// Whether the server closed a connection that rests.
fn has_ended(stream: &TcpStream) -> bool {
    match stream.try_read(&mut [0]) {
        Err(error) => error.kind() != io::ErrorKind::WouldBlock,
        // The end, or an answer to nothing.
        Ok(_) => true,
    }
}

/// The answer, and whether the connection can be used again.
async fn read_answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<(Answer, bool), Lost> {
    buffer.clear();
    let head_end = loop {
        let seen = buffer.len();
        if more(stream, buffer).await? == 0 {
            return Err(Lost::Closed);
        }
        // The end of the head may have come in two pieces.
        let from = seen.saturating_sub(3);
        if let Some(at) = memmem::find(&buffer[from..], b"\r\n\r\n") {
            break from + at + 4;
        }
        if buffer.len() > HEAD_MAX {
            return Err(Lost::NotHttp);
        }
    };
    let head = Head::read(&buffer[..head_end]).ok_or(Lost::NotHttp)?;
    let end = head_end + head.length;
    while buffer.len() < end {
        if more(stream, buffer).await? == 0 {
            return Err(Lost::Closed);
        }
    }
    let stays_open = head.stays_open && buffer.len() == end;
    let body = buffer[head_end..end].to_vec();
    Ok((Answer { status: head.status, body }, stays_open))
}

async fn more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<usize, Lost> {
    buffer.reserve(PIECE);
    stream.read_buf(buffer).await.map_err(|_| Lost::Closed)
}

/// What the head of an answer says.
struct Head {
    status: u16,
    length: usize,
    stays_open: bool,
}

impl Head {
    /// `None` for what firmware could not read either: a body without a length, or a chunked one.
    fn read(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut lines = text.split("\r\n");
        let mut first = lines.next()?.splitn(3, ' ');
        let is_1_1 = first.next()? == "HTTP/1.1";
        let mut head =
            Self { status: first.next()?.parse().ok()?, length: usize::MAX, stays_open: is_1_1 };
        for line in lines {
            let Some((name, value)) = line.split_once(':') else { continue };
            let value = value.trim();
            if name.eq_ignore_ascii_case("content-length") {
                head.length = value.parse().ok()?;
            } else if name.eq_ignore_ascii_case("connection") {
                head.stays_open &= !value.eq_ignore_ascii_case("close");
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                return None;
            }
        }
        (head.length <= BODY_MAX).then_some(head)
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn addresses_are_read_like_a_browser_does() {
        let target = Target::resolve("http://127.0.0.1:8080/api/v1/").await.unwrap();
        assert_eq!(target.address.to_string(), "127.0.0.1:8080");
        let request = target.request("POST", "/x", "X-API-Key: k\r\n", "{}");
        let request = String::from_utf8(request).unwrap();
        assert!(request.starts_with("POST /api/v1/x HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n"));
        assert!(request.ends_with("X-API-Key: k\r\nContent-Length: 2\r\n\r\n{}"), "{request}");
        assert_eq!(Target::resolve("http://[::1]").await.unwrap().address.to_string(), "[::1]:80");
        for url in ["https://127.0.0.1", "127.0.0.1:80", "http://", "http://a b", "http://u@h"] {
            assert!(Target::resolve(url).await.is_err(), "{url}");
        }
    }

    #[test]
    fn heads_are_read_strictly() {
        let head = Head::read(b"HTTP/1.1 404 Not Found\r\ncontent-LENGTH: 12\r\n\r\n").unwrap();
        assert_eq!((head.status, head.length, head.stays_open), (404, 12, true));
        let head = Head::read(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        assert!(!head.unwrap().stays_open);
        for wrong in [
            "HTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 x OK\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        ] {
            assert!(Head::read(wrong.as_bytes()).is_none(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn a_connection_is_kept_and_opened_again() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let target = Target::resolve(&url).await.unwrap();
        let server = tokio::spawn(async move {
            let mut heard = Vec::new();
            for answers in [2, 1] {
                let (mut stream, _) = listener.accept().await.unwrap();
                for _ in 0..answers {
                    let mut request = vec![0; 1_000];
                    let length = stream.read(&mut request).await.unwrap();
                    heard.push(length);
                    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine";
                    stream.write_all(answer).await.unwrap();
                }
            }
            heard
        });
        let request = target.request("GET", "/", "", "");
        let mut connection = Connection::default();
        assert_eq!(connection.ask(&target, &request, None).await.unwrap().body, b"fine");
        let lost = connection.ask(&target, &request, Some(Cut::Answered)).await.unwrap_err();
        assert_eq!(lost, Lost::OnPurpose(Cut::Answered));
        let lost = connection.ask(&target, &request, Some(Cut::Before)).await.unwrap_err();
        assert_eq!(lost, Lost::OnPurpose(Cut::Before));
        assert_eq!(connection.ask(&target, &request, None).await.unwrap().status, 200);
        assert_eq!(server.await.unwrap(), [request.len(); 3]);
        let lost = connection.ask(&target, &request, None).await.unwrap_err();
        assert!(
            matches!(lost, Lost::NotConnected | Lost::Closed),
            "the listener is gone: {lost:?}"
        );
    }
}
