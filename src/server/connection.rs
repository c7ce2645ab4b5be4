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
//!
//! A client that pipelines half a header behind a whole request counts as idle: it gains nothing
//! over one that is really idle.

use std::error::Error as StdError;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceExt};

use super::accept::Limits;
use super::body::RequestBody;

/// Largest request header, in bytes; more is answered with 431.
const MAX_HEADER_BYTES: usize = 32 * 1024;
/// Most header fields of a request; more is answered with 431.
const MAX_HEADER_FIELDS: usize = 100;
/// Read and write buffer of a connection, in bytes.
const MAX_BUFFER_BYTES: usize = 128 * 1024;

/// How a connection ended.
#[derive(Debug)]
pub(super) enum End {
    /// Either side closed it, or it was upgraded.
    Closed,
    /// A deadline passed.
    TimedOut,
    /// The drain period was over.
    Killed,
    /// hyper gave up on it.
    Failed(hyper::Error),
}

/// What a connection listens to besides its socket.
#[derive(Clone, Debug)]
pub(super) struct Signals {
    /// Finish what is in flight and close.
    pub(super) shutdown: CancellationToken,
    /// Close now.
    pub(super) kill: CancellationToken,
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
    let io = PulsingIo { io, pulse: pulse.clone(), _guard: guard };
    let pulse_of_service = pulse.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let exchange = Exchange::begin(&pulse_of_service);
        let mut request = request.map(|body| RequestBody::new(body, limits.body_window));
        request.extensions_mut().insert(peer);
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
    let mut is_draining = false;
    poll_fn(|cx| {
        if !is_draining && shutdown.as_mut().poll(cx).is_ready() {
            is_draining = true;
            connection.as_mut().graceful_shutdown();
        }
        if let Poll::Ready(result) = connection.as_mut().poll(cx) {
            return Poll::Ready(result.map_or_else(End::Failed, |()| End::Closed));
        }
        if kill.as_mut().poll(cx).is_ready() {
            return Poll::Ready(End::Killed);
        }
        // All that moves the pulse runs inside the poll above, so the deadline is up to date.
        let Some(deadline) = pulse.deadline() else { return Poll::Pending };
        if alarm.deadline() != deadline {
            alarm.as_mut().reset(deadline);
        }
        alarm.as_mut().poll(cx).map(|()| End::TimedOut)
    })
    .await
}

/// What a connection is at, shared by its socket, its service and its watch.
#[derive(Clone)]
struct Pulse(Arc<Mutex<State>>);

struct State {
    limits: Limits,
    phase: Phase,
    since: Instant,
    /// Since when the client has not taken what we want to send.
    stalled_since: Option<Instant>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Header,
    Exchange,
    Idle,
}

impl Pulse {
    fn start(limits: Limits) -> Self {
        let state =
            State { limits, phase: Phase::Header, since: Instant::now(), stalled_since: None };
        Self(Arc::new(Mutex::new(state)))
    }

    fn deadline(&self) -> Option<Instant> {
        let state = self.state();
        let limits = &state.limits;
        let phase_end = match state.phase {
            Phase::Header => Some(state.since + limits.header),
            Phase::Idle => Some(state.since + limits.idle),
            Phase::Exchange => None,
        };
        let stall_end = state.stalled_since.map(|since| since + limits.write_stall);
        [phase_end, stall_end].into_iter().flatten().min()
    }

    fn enter(&self, phase: Phase) {
        let mut state = self.state();
        state.phase = phase;
        state.since = Instant::now();
    }

    fn bytes_came(&self) {
        if self.state().phase == Phase::Idle {
            self.enter(Phase::Header);
        }
    }

    fn wrote<T>(&self, result: &Poll<T>) {
        let mut state = self.state();
        state.stalled_since = match result {
            Poll::Ready(_) => None,
            Poll::Pending => state.stalled_since.or_else(|| Some(Instant::now())),
        };
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// From a request's header to the end of its answer; dropped wherever that ends.
struct Exchange(Pulse);

impl Exchange {
    fn begin(pulse: &Pulse) -> Self {
        pulse.enter(Phase::Exchange);
        Self(pulse.clone())
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.0.enter(Phase::Idle);
    }
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

/// A socket that tells when bytes come and when it cannot get rid of some.
struct PulsingIo<IO, G> {
    io: IO,
    pulse: Pulse,
    _guard: G,
}

impl<IO: AsyncRead + Unpin, G: Unpin> AsyncRead for PulsingIo<IO, G> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.io).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.pulse.bytes_came();
        }
        result
    }
}

impl<IO: AsyncWrite + Unpin, G: Unpin> AsyncWrite for PulsingIo<IO, G> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let result = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.pulse.wrote(&result);
        result
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        let result = Pin::new(&mut self.io).poll_write_vectored(cx, slices);
        self.pulse.wrote(&result);
        result
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        let result = Pin::new(&mut self.io).poll_flush(cx);
        if result.is_pending() {
            self.pulse.wrote(&result);
        }
        result
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        let result = Pin::new(&mut self.io).poll_shutdown(cx);
        self.pulse.wrote(&result);
        result
    }
}
