//! What a connection is at, and how long that may last.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::http::middleware::URI_MAX_BYTES;
use crate::server::accept::Limits;

/// What a client must take of its answer per second of waiting for it.
const TAKEN_MIN_BYTES_PER_S: u128 = 1024;
/// How long a client that was refused in the middle of its request may go on sending before the
/// socket is closed. Closing at once would reset the connection, and the answer would be lost.
const LINGER: Duration = Duration::from_secs(2);

/// Shared by a connection's socket, its service and its watch.
#[derive(Clone, Debug)]
pub(super) struct Pulse {
    state: Arc<Mutex<State>>,
    /// Whether the client may still be sending a request that nobody reads.
    unread: Arc<AtomicBool>,
}

#[derive(Debug)]
struct State {
    limits: Limits,
    phase: Phase,
    since: Instant,
    stall: Stall,
    line: FirstLine,
    /// Nobody watches the deadlines any more.
    is_upgraded: bool,
}

/// See the table in [`super`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Header,
    Exchange,
    Idle,
    Closing,
}

/// The account of a client that does not take what is sent.
#[derive(Debug, Default)]
struct Stall {
    since: Option<Instant>,
    waited: Duration,
    taken_bytes: usize,
}

/// The request line that is arriving.
#[derive(Debug, Default)]
struct FirstLine {
    bytes: usize,
    is_over: bool,
}

impl Pulse {
    pub(super) fn start(limits: Limits) -> Self {
        let state = State {
            limits,
            phase: Phase::Header,
            since: Instant::now(),
            stall: Stall::default(),
            line: FirstLine::default(),
            is_upgraded: false,
        };
        Self { state: Arc::new(Mutex::new(state)), unread: Arc::default() }
    }

    pub(super) fn phase(&self) -> Phase {
        self.state().phase
    }

    /// When the present phase, or a stuck write, has lasted too long.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let state = self.state();
        let limits = &state.limits;
        let phase_end = match state.phase {
            Phase::Header => Some(state.since + limits.header),
            Phase::Idle => Some(state.since + limits.idle),
            Phase::Closing => Some(state.since + LINGER),
            Phase::Exchange => None,
        };
        let stall = &state.stall;
        let patience = limits.write_stall.saturating_sub(stall.waited);
        let stall_end = stall.since.map(|since| since + patience);
        [phase_end, stall_end].into_iter().flatten().min()
    }

    /// The connection speaks another protocol from now on.
    pub(super) fn upgrade(&self) {
        self.state().is_upgraded = true;
    }

    pub(super) fn is_upgraded(&self) -> bool {
        self.state().is_upgraded
    }

    /// When an upgraded socket's client has not taken what it was sent for too long.
    pub(super) fn end_of_upgraded_stall(&self) -> Option<Instant> {
        let state = self.state();
        let since = state.stall.since.filter(|_| state.is_upgraded)?;
        Some(since + state.limits.write_stall.saturating_sub(state.stall.waited))
    }

    pub(super) fn enter(&self, phase: Phase) {
        let mut state = self.state();
        // What closes stays closing.
        if state.phase != Phase::Closing {
            state.phase = phase;
            state.since = Instant::now();
        }
        if phase == Phase::Exchange {
            self.unread.store(false, Ordering::Relaxed);
        }
    }

    /// Bytes arrived from the client.
    pub(super) fn bytes_came(&self, bytes: &[u8]) {
        let mut state = self.state();
        if state.phase == Phase::Idle {
            state.phase = Phase::Header;
            state.since = Instant::now();
            state.line = FirstLine::default();
        }
        if state.phase == Phase::Header && !state.line.is_over {
            let end = bytes.iter().position(|byte| *byte == b'\n');
            state.line.bytes = state.line.bytes.saturating_add(end.unwrap_or(bytes.len()));
            state.line.is_over = end.is_some();
        }
    }

    /// Whether the request line alone is more than is read.
    pub(super) fn is_line_too_long(&self) -> bool {
        self.state().line.bytes > URI_MAX_BYTES
    }

    /// The client does not take what is sent.
    pub(super) fn stuck(&self) {
        self.state().stall.since.get_or_insert_with(Instant::now);
    }

    /// The client took so many bytes.
    pub(super) fn took(&self, bytes: usize) {
        let stall = &mut self.state().stall;
        if let Some(since) = stall.since.take() {
            stall.waited += since.elapsed();
        }
        stall.taken_bytes = stall.taken_bytes.saturating_add(bytes);
        let asked = stall.waited.as_millis() * TAKEN_MIN_BYTES_PER_S / 1000;
        if u128::try_from(stall.taken_bytes).is_ok_and(|taken| taken >= asked) {
            *stall = Stall::default();
        }
    }

    /// Set by whoever stops reading a request before its end.
    pub(super) fn unread(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.unread)
    }

    /// Whether the client may still be sending what nobody reads.
    pub(super) fn is_unread(&self) -> bool {
        self.unread.load(Ordering::Relaxed)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// From a request's header to the end of its answer; dropped wherever that ends.
#[derive(Debug)]
pub(super) struct Exchange(Pulse);

impl Exchange {
    pub(super) fn begin(pulse: &Pulse) -> Self {
        pulse.enter(Phase::Exchange);
        Self(pulse.clone())
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.0.enter(Phase::Idle);
    }
}
