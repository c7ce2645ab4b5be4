//! The address by question and answer: a trolley broadcasts `cartwright?` to port 8266 and gets
//! one line back.
//!
//! ```text
//! cartwright?                              from the trolley, to 255.255.255.255:8266
//! cartwright 1 http://192.168.1.10:8080    to the trolley alone
//! ```
//!
//! Anybody can send from anybody's address, so the answer is hardly longer than the question may
//! be, goes to local networks only, and not more often than [`ANSWERS_A_SECOND`].

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Where questions are heard.
pub const UDP_PORT: u16 = 8266;
/// How a question begins.
pub const GREETING: &[u8] = b"cartwright?";
/// Longest question that is read, in bytes; more of it is dropped.
const QUESTION_MAX_BYTES: usize = 64;
/// The most answers in a second. Trolleys of a whole shop may wake up together and ask again.
const ANSWERS_A_SECOND: u32 = 100;
/// How long to wait after a failure of the socket.
const PAUSE: Duration = Duration::from_secs(1);

/// Hears questions on all networks.
pub(super) async fn listen(port: u16) -> io::Result<UdpSocket> {
    UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port)).await
}

/// Answers questions until `shutdown`. `http` is where plain HTTP listens.
pub async fn answer_questions(socket: UdpSocket, http: SocketAddr, shutdown: CancellationToken) {
    let mut question = [0; QUESTION_MAX_BYTES];
    let mut budget = Budget::new(Instant::now());
    loop {
        let heard = tokio::select! {
            () = shutdown.cancelled() => return,
            heard = socket.recv_from(&mut question) => heard,
        };
        match heard {
            Ok((length, from)) => {
                let is_question = question[..length].starts_with(GREETING);
                if is_question && is_near(from.ip()) && budget.take(Instant::now()) {
                    answer(&socket, http, from).await;
                }
            }
            Err(error) => {
                tracing::debug!(%error, "a question over UDP was lost");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

async fn answer(socket: &UdpSocket, http: SocketAddr, to: SocketAddr) {
    let ip = if http.ip().is_unspecified() { towards(to).await } else { Ok(http.ip()) };
    let line = match ip {
        Ok(ip) => format!("cartwright 1 http://{}\n", SocketAddr::new(ip, http.port())),
        Err(error) => return tracing::debug!(%error, "no way back to who asked over UDP"),
    };
    if let Err(error) = socket.send_to(line.as_bytes(), to).await {
        tracing::debug!(%error, "an answer over UDP was lost");
    }
}

/// The address of this machine on the network where `peer` is: what a packet to it would leave
/// from. None is sent.
async fn towards(peer: SocketAddr) -> io::Result<IpAddr> {
    let probe = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await?;
    probe.connect(peer).await?;
    Ok(probe.local_addr()?.ip())
}

/// Whether the address is on a network of the shop, or on this machine.
fn is_near(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [first, second, ..] = ip.octets();
            let is_shared = first == 100 && second & 0xc0 == 64;
            ip.is_private() || ip.is_loopback() || ip.is_link_local() || is_shared
        }
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

/// Answers that may be given in the present second.
struct Budget {
    began: Instant,
    left: u32,
}

impl Budget {
    const fn new(now: Instant) -> Self {
        Self { began: now, left: ANSWERS_A_SECOND }
    }

    fn take(&mut self, now: Instant) -> bool {
        if now.duration_since(self.began) >= Duration::from_secs(1) {
            *self = Self::new(now);
        }
        self.left.checked_sub(1).inspect(|left| self.left = *left).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_question_gets_the_address_on_the_asker_s_network() {
        let shutdown = CancellationToken::new();
        let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let at = server.local_addr().unwrap();
        let http: SocketAddr = "0.0.0.0:8080".parse().unwrap();
        let task = tokio::spawn(answer_questions(server, http, shutdown.clone()));
        let trolley = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let mut heard = [0; 128];

        // What is no question gets nothing, so the first answer belongs to the question.
        for sent in [&b""[..], b"hello", b"cartwright", b"cartwright? and more"] {
            trolley.send_to(sent, at).await.unwrap();
        }
        let (length, _) = trolley.recv_from(&mut heard).await.unwrap();
        assert_eq!(&heard[..length], b"cartwright 1 http://127.0.0.1:8080\n");

        shutdown.cancel();
        task.await.unwrap();
    }

    #[test]
    fn answers_stay_near_and_few() {
        for near in ["192.168.1.5", "10.1.2.3", "169.254.9.9", "127.0.0.1", "fe80::1", "fd00::1"] {
            assert!(is_near(near.parse().unwrap()), "{near}");
        }
        for far in ["8.8.8.8", "172.32.0.1", "2001:db8::1"] {
            assert!(!is_near(far.parse().unwrap()), "{far}");
        }
        let now = Instant::now();
        let mut budget = Budget::new(now);
        assert!((0..ANSWERS_A_SECOND).all(|_| budget.take(now)));
        assert!(!budget.take(now));
        assert!(budget.take(now + Duration::from_secs(1)));
    }
}
