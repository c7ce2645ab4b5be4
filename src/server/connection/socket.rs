//! The socket under hyper: it feeds the pulse, gives hyper's own refusals their words, and reads
//! on for a while behind an answer that came before the end of its request. Once upgraded, it
//! also ends itself: when it is hung up, and when its client takes too little.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep_until};
use tokio_util::sync::{CancellationToken, DropGuard, WaitForCancellationFutureOwned};

use super::pulse::{Phase, Pulse};
use crate::server::refusal;

/// Most bytes that are read and thrown away behind a refusal.
const DISCARD_MAX_BYTES: usize = 16 * 1024 * 1024;
/// Read at a time while discarding.
const DISCARD_BUFFER_BYTES: usize = 16 * 1024;

/// A socket with its pulse and what lives as long as it.
#[derive(Debug)]
pub(super) struct Socket<IO, G> {
    io: IO,
    pulse: Pulse,
    /// What is written instead of hyper's words, and how much of it is out.
    instead: Vec<u8>,
    instead_out: usize,
    closing: Closing,
    hung_up: Pin<Box<WaitForCancellationFutureOwned>>,
    /// Set while an upgraded socket's client takes nothing.
    stall_alarm: Option<Pin<Box<Sleep>>>,
    /// Whoever still holds a `HangUp` can see that the socket is gone.
    _tells_end: DropGuard,
    _guard: G,
}

#[derive(Debug)]
enum Closing {
    /// Not yet.
    No,
    /// Our side is closed; the client may have gone on sending.
    Discarding {
        bytes: usize,
    },
    Done,
}

impl<IO: AsyncRead + AsyncWrite + Unpin, G: Unpin> Socket<IO, G> {
    pub(super) fn new(io: IO, pulse: Pulse, hang_up: &CancellationToken, guard: G) -> Self {
        Self {
            io,
            pulse,
            instead: Vec::new(),
            instead_out: 0,
            closing: Closing::No,
            hung_up: Box::pin(hang_up.clone().cancelled_owned()),
            stall_alarm: None,
            _tells_end: hang_up.clone().drop_guard(),
            _guard: guard,
        }
    }

    fn noted(
        &mut self,
        cx: &mut Context<'_>,
        result: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match &result {
            Poll::Ready(written) => {
                self.stall_alarm = None;
                self.pulse.took(*written.as_ref().unwrap_or(&0));
                result
            }
            Poll::Pending => {
                self.pulse.stuck();
                self.poll_stall(cx).map(Err)
            }
        }
    }

    /// The end of an upgraded socket whose client takes nothing; others have the connection's
    /// watch for that.
    fn poll_stall(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let Some(end) = self.pulse.end_of_upgraded_stall() else { return Poll::Pending };
        let alarm = self.stall_alarm.get_or_insert_with(|| Box::pin(sleep_until(end)));
        ready!(alarm.as_mut().poll(cx));
        Poll::Ready(io::Error::new(io::ErrorKind::TimedOut, "the client takes nothing"))
    }

    /// Takes an answer of hyper's own out of its hands.
    fn take_over(&mut self, bytes: &[u8]) -> bool {
        if self.pulse.phase() == Phase::Exchange || self.pulse.is_upgraded() {
            return false;
        }
        let Some(words) = refusal::reworded(bytes, self.pulse.is_line_too_long()) else {
            return false;
        };
        self.instead = words;
        self.instead_out = 0;
        // Whoever sent it may be sending more of it.
        self.pulse.unread().store(true, Ordering::Relaxed);
        true
    }

    /// Writes what stands instead of hyper's words.
    fn poll_instead(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.instead.get(self.instead_out..).filter(|it| !it.is_empty()) {
            let result = Pin::new(&mut self.io).poll_write(cx, rest);
            match ready!(self.noted(cx, result)) {
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Ok(written) => self.instead_out += written,
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Throws away what still comes, until the client closes or it is enough. The pulse ends it
    /// when it lasts too long.
    fn poll_discard(&mut self, cx: &mut Context<'_>, mut bytes: usize) -> Poll<io::Result<()>> {
        let mut space = [0; DISCARD_BUFFER_BYTES];
        while bytes < DISCARD_MAX_BYTES {
            let mut buffer = ReadBuf::new(&mut space);
            match Pin::new(&mut self.io).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    bytes += buffer.filled().len();
                    self.closing = Closing::Discarding { bytes };
                }
                Poll::Ready(_) => break,
                Poll::Pending => return Poll::Pending,
            }
        }
        self.closing = Closing::Done;
        Poll::Ready(Ok(()))
    }
}

impl<IO: AsyncRead + Unpin, G: Unpin> AsyncRead for Socket<IO, G> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.pulse.is_upgraded() && self.hung_up.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.io).poll_read(cx, buffer);
        let came = buffer.filled().get(before..).unwrap_or_default();
        if !came.is_empty() {
            self.pulse.bytes_came(came);
        }
        result
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin, G: Unpin> AsyncWrite for Socket<IO, G> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_instead(cx))?;
        if self.take_over(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        let result = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.noted(cx, result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_instead(cx))?;
        if let Some(first) = slices.iter().find(|slice| !slice.is_empty())
            && self.take_over(first)
        {
            return Poll::Ready(Ok(first.len()));
        }
        let result = Pin::new(&mut self.io).poll_write_vectored(cx, slices);
        self.noted(cx, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_instead(cx))?;
        let result = Pin::new(&mut self.io).poll_flush(cx);
        match &result {
            Poll::Ready(_) => self.pulse.took(0),
            Poll::Pending => {
                self.pulse.stuck();
                return self.poll_stall(cx).map(Err);
            }
        }
        result
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if matches!(self.closing, Closing::No) {
            ready!(self.poll_instead(cx))?;
            let result = Pin::new(&mut self.io).poll_shutdown(cx);
            match result {
                Poll::Pending => {
                    self.pulse.stuck();
                    return Poll::Pending;
                }
                Poll::Ready(result) => {
                    self.pulse.took(0);
                    result?;
                }
            }
            if !self.pulse.is_unread() {
                self.closing = Closing::Done;
                return Poll::Ready(Ok(()));
            }
            self.pulse.enter(Phase::Closing);
            self.closing = Closing::Discarding { bytes: 0 };
        }
        match self.closing {
            Closing::Discarding { bytes } => self.poll_discard(cx, bytes),
            Closing::No | Closing::Done => Poll::Ready(Ok(())),
        }
    }
}
