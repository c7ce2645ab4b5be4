//! One connection: deadlines around hyper's HTTP/1.
//!
//! hyper can bound only the time from the end of one request to the whole header of the next, so
//! a short bound on half headers would also cut every kept-alive connection. Here a
//! [`Pulse`] follows what the connection is at, fed by the socket (bytes came, a write is stuck)
//! and by the service (a request began, its answer is out), and the connection's one task
//! closes it when the phase has lasted too long:
//!
//! | phase | ends with | bound |
//! |---|---|---|
//! | header | a whole header | `header`, from the opening or the first byte |
//! | exchange | the end of the answer | none here; [`RequestBody`] guards the way in, `write_stall` the way out |
//! | idle | the first byte of the next header | `idle` |
//! | closing | the end of what the client still sends of a refused request | 2 s |
//!
//! A client that pipelines half a header behind a whole request counts as idle: it gains nothing
//! over one that is really idle.
//!
//! Once upgraded, a connection has no phases: it belongs to whoever speaks the other protocol. Two
//! things stay, in the socket itself: a client that takes nothing for `write_stall` is cut off, and
//! [`HangUp`], which each request carries, ends the socket, as the end of the drain does.

mod pulse;
mod socket;

use std::error::Error as StdError;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceExt};

use self::pulse::{Exchange, Phase, Pulse};
use self::socket::Socket;
use super::accept::Limits;
use super::body::{Pace, RequestBody};
use crate::http::exchange::HangUp;

/// Largest request header, in bytes; more is answered with 431.
const MAX_HEADER_BYTES: usize = 32 * 1024;
/// Most header fields of a request; more is answered with 431.
const MAX_HEADER_FIELDS: usize = 100;
/// Read and write buffer of a connection, in bytes. A header that never ends may fill it.
const MAX_BUFFER_BYTES: usize = 64 * 1024;

/// How a connection ended.
#[derive(Debug)]
pub(super) enum End {
    /// Either side closed it, or it was upgraded.
    Closed,
    /// A deadline passed.
    TimedOut,
    /// Its address has many, and another one needed a place.
    MadeRoom,
    /// The drain period was over.
    Killed,
    /// hyper gave up on it.
    Failed(hyper::Error),
    /// It never got as far as HTTP.
    NoHandshake(std::io::Error),
}

/// What a connection listens to besides its socket.
#[derive(Clone, Debug)]
pub(super) struct Signals {
    /// Finish what is in flight and close.
    pub(super) shutdown: CancellationToken,
    /// Close now.
    pub(super) kill: CancellationToken,
    /// One connection of this address is to close, unless a request is in flight.
    pub(super) leave: Arc<Notify>,
}

/// Serves requests on `io` until it ends. `guard` lives as long as the socket, also when it is
/// upgraded and goes on without this function.
pub(super) async fn serve_connection<IO, G, S, B>(
    io: IO,
    guard: G,
    peer: SocketAddr,
    service: S,
    limits: Limits,
    signals: Signals,
) -> End
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    G: Unpin + Send + 'static,
    S: Service<Request<RequestBody>, Response = Response<B>> + Clone,
    S::Error: Into<Box<dyn StdError + Send + Sync>>,
    B: Body + Unpin + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let pulse = Pulse::start(limits);
    let hang_up = signals.kill.child_token();
    let io = Socket::new(io, pulse.clone(), &hang_up, guard);
    let pace = Pace { window: limits.body_window, min_bytes: limits.body_min_bytes };
    let pulse_of_service = pulse.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let exchange = Exchange::begin(&pulse_of_service);
        let unread = pulse_of_service.unread();
        let mut request = request.map(|body| RequestBody::new(body, pace, unread));
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(HangUp::new(hang_up.clone()));
        let answer = service.clone().oneshot(request);
        async move {
            let response = answer.await?;
            Ok::<_, S::Error>(response.map(|body| AnswerBody { body, _exchange: exchange }))
        }
    });
    let connection = http1::Builder::new()
        .title_case_headers(true)
        .header_read_timeout(None)
        .max_headers(MAX_HEADER_FIELDS)
        .max_header_size(MAX_HEADER_BYTES)
        .max_buf_size(MAX_BUFFER_BYTES)
        .serve_connection(TokioIo::new(io), service)
        .with_upgrades();

    let mut connection = pin!(connection);
    let mut shutdown = pin!(signals.shutdown.cancelled());
    let mut kill = pin!(signals.kill.cancelled());
    let mut alarm = pin!(sleep_until(Instant::now()));
    let mut leave = pin!(signals.leave.notified());
    let mut may_leave = false;
    let mut is_draining = false;
    poll_fn(|cx| {
        if !is_draining && shutdown.as_mut().poll(cx).is_ready() {
            is_draining = true;
            connection.as_mut().graceful_shutdown();
        }
        if let Poll::Ready(result) = connection.as_mut().poll(cx) {
            // A closed socket is gone by now; one that is left was upgraded.
            pulse.upgrade();
            return Poll::Ready(result.map_or_else(End::Failed, |()| End::Closed));
        }
        if kill.as_mut().poll(cx).is_ready() {
            return Poll::Ready(End::Killed);
        }
        // All that moves the pulse runs inside the poll above, so phase and deadline are up to
        // date.
        if matches!(pulse.phase(), Phase::Header | Phase::Idle) {
            may_leave = true;
            if leave.as_mut().poll(cx).is_ready() {
                return Poll::Ready(End::MadeRoom);
            }
        } else if may_leave {
            // A call that was for this connection goes to the next one.
            may_leave = false;
            leave.set(signals.leave.notified());
        }
        let Some(deadline) = pulse.deadline() else { return Poll::Pending };
        if alarm.deadline() != deadline {
            alarm.as_mut().reset(deadline);
        }
        let end = || if pulse.phase() == Phase::Closing { End::Closed } else { End::TimedOut };
        alarm.as_mut().poll(cx).map(|()| end())
    })
    .await
}

/// An answer's body that tells when it is out.
struct AnswerBody<B> {
    body: B,
    _exchange: Exchange,
}

impl<B: Body + Unpin> Body for AnswerBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
