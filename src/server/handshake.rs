//! The beginning of an encrypted connection: a deadline, and an answer to who speaks plain HTTP.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::connection::{End, Signals};

/// From the opening of a connection to the end of its handshake. With the time for a header it
/// makes 15 s until a silent client is closed. A slow phone needs less than one.
pub(super) const DEADLINE: Duration = Duration::from_secs(5);

/// What TLS begins with: the type of a handshake's records.
const HANDSHAKE_RECORD: u8 = 0x16;
/// What is read and thrown away of a plain request, so that closing does not take back the answer.
const PLAIN_MAX_BYTES: u64 = 64 * 1024;

/// What somebody gets that speaks plain HTTP to this port.
const NOT_PLAIN: &[u8] = b"HTTP/1.1 400 Bad Request\r\n\
    Content-Type: application/problem+json\r\n\
    Content-Length: 232\r\n\
    Connection: close\r\n\r\n\
    {\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400,\
    \"detail\":\"this port speaks HTTPS only: begin the address with https\",\
    \"message\":\"this port speaks HTTPS only: begin the address with https\",\
    \"code\":\"https-only\",\"success\":false}";

/// The encrypted stream, or how the connection ended before there was one.
pub(super) async fn handshake(
    stream: TcpStream,
    acceptor: &TlsAcceptor,
    deadline: Duration,
    signals: &Signals,
) -> Result<TlsStream<TcpStream>, End> {
    tokio::select! {
        biased;
        // Nothing was asked yet, so there is nothing to finish.
        () = signals.shutdown.cancelled() => Err(End::Closed),
        outcome = timeout(deadline, begin(stream, acceptor)) => {
            outcome.unwrap_or(Err(End::TimedOut))
        }
    }
}

async fn begin(stream: TcpStream, acceptor: &TlsAcceptor) -> Result<TlsStream<TcpStream>, End> {
    let mut first = [0];
    match stream.peek(&mut first).await {
        Ok(0) => Err(End::Closed),
        Ok(_) if first[0] == HANDSHAKE_RECORD => {
            acceptor.accept(stream).await.map_err(End::NoHandshake)
        }
        Ok(_) => {
            if first[0].is_ascii_uppercase() {
                refuse_plain(stream).await;
            }
            Err(End::Closed)
        }
        Err(error) => Err(End::NoHandshake(error)),
    }
}

/// Answers a plain request, as far as its client listens.
async fn refuse_plain(mut stream: TcpStream) {
    if stream.write_all(NOT_PLAIN).await.is_ok() && stream.shutdown().await.is_ok() {
        let mut rest = stream.take(PLAIN_MAX_BYTES);
        let _ = tokio::io::copy(&mut rest, &mut tokio::io::sink()).await;
    }
}

#[cfg(test)]
mod tests;
