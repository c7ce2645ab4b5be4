//! The body of a request, which must keep coming.
//!
//! A client that sends a header and then one byte a second would hold a socket and a task for
//! as long as it likes. So a body must bring [`Pace::min_bytes`] in every [`Pace::window`] that is
//! spent waiting for it. Only waiting counts: a handler that writes an upload to a slow disk does not
//! make its client look slow.

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep};

/// Waiting time after which the account is settled.
pub(super) const WINDOW: Duration = Duration::from_secs(10);

/// What a window must bring at this rate.
pub(super) fn min_bytes(bytes_per_s: u32) -> usize {
    let bytes = WINDOW.as_secs().saturating_mul(bytes_per_s.into());
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// How fast a body must come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Waiting time after which the account is settled.
    pub(super) window: Duration,
    /// What must have arrived by then.
    pub(super) min_bytes: usize,
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The body of a request, guarded against dripping. When it is too slow it ends in an
/// [`io::Error`] of kind [`io::ErrorKind::TimedOut`], which is a 408.
#[derive(Debug)]
pub struct RequestBody<B = Incoming> {
    inner: B,
    pace: Pace,
    rest: Rest,
    /// Runs while the body is waited for.
    waiting: Option<Waiting>,
    waited: Duration,
    received_bytes: usize,
}

/// Leaves word if the body is dropped before its end: the client may still be sending.
#[derive(Debug)]
struct Rest {
    is_over: bool,
    unread: Arc<AtomicBool>,
}

impl Drop for Rest {
    fn drop(&mut self) {
        if !self.is_over {
            self.unread.store(true, Ordering::Relaxed);
        }
    }
}

#[derive(Debug)]
struct Waiting {
    since: Instant,
    alarm: Pin<Box<Sleep>>,
}

impl<B: Body> RequestBody<B> {
    /// A body that sets `unread` if it is dropped before its end.
    pub(super) fn new(inner: B, pace: Pace, unread: Arc<AtomicBool>) -> Self {
        let rest = Rest { is_over: inner.is_end_stream(), unread };
        Self { inner, pace, rest, waiting: None, waited: Duration::ZERO, received_bytes: 0 }
    }

    /// Books what arrived and the wait for it; a full window with too little is an error.
    fn settle(&mut self, bytes: usize) -> Result<(), io::Error> {
        if let Some(waiting) = self.waiting.take() {
            self.waited += waiting.since.elapsed();
        }
        self.received_bytes = self.received_bytes.saturating_add(bytes);
        if self.waited >= self.pace.window {
            if self.received_bytes < self.pace.min_bytes {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "the body of the request came too slowly",
                ));
            }
            self.waited = Duration::ZERO;
            self.received_bytes = 0;
        }
        Ok(())
    }
}

impl<B> Body for RequestBody<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        match pin!(&mut this.inner).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                this.rest.is_over = this.inner.is_end_stream();
                let settled = this.settle(bytes);
                Poll::Ready(Some(settled.map(|()| frame).map_err(Into::into)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error.into()))),
            Poll::Ready(None) => {
                this.rest.is_over = true;
                Poll::Ready(None)
            }
            Poll::Pending => loop {
                let rest = this.pace.window.saturating_sub(this.waited);
                let waiting = this.waiting.get_or_insert_with(|| Waiting {
                    since: Instant::now(),
                    alarm: Box::pin(tokio::time::sleep(rest)),
                });
                ready!(waiting.alarm.as_mut().poll(cx));
                if let Err(error) = this.settle(0) {
                    return Poll::Ready(Some(Err(error.into())));
                }
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use http_body_util::{BodyExt, StreamBody};

    use super::*;

    const SHORT: Duration = Duration::from_millis(50);
    const MIN_BYTES: usize = 10 * 1024;
    const PACE: Pace = Pace { window: SHORT, min_bytes: MIN_BYTES };

    /// A body of `frames` frames of `bytes` bytes, each after `pause`.
    fn dripping(
        frames: usize,
        bytes: usize,
        pause: Duration,
    ) -> impl Body<Data = Bytes, Error = io::Error> {
        StreamBody::new(stream::unfold(0, move |sent| async move {
            if sent == frames {
                return None;
            }
            tokio::time::sleep(pause).await;
            Some((Ok(Frame::data(Bytes::from(vec![b'x'; bytes]))), sent + 1))
        }))
    }

    async fn read(body: impl Body<Data = Bytes, Error = io::Error>) -> Result<usize, BoxError> {
        let body = RequestBody::new(Box::pin(body), PACE, Arc::default());
        Ok(body.collect().await?.to_bytes().len())
    }

    #[tokio::test]
    async fn only_a_body_that_is_left_unread_leaves_word() {
        for (frames, read, expected) in [(0, 0, true), (2, 1, true), (2, 3, false)] {
            let unread = Arc::new(AtomicBool::new(false));
            let inner = Box::pin(dripping(frames, 1, Duration::ZERO));
            let mut body = RequestBody::new(inner, PACE, Arc::clone(&unread));
            for _ in 0..read {
                let _ = body.frame().await;
            }
            drop(body);
            assert_eq!(unread.load(Ordering::Relaxed), expected, "{read} of {frames}");
        }
        let unread = Arc::new(AtomicBool::new(false));
        drop(RequestBody::new(http_body_util::Empty::<Bytes>::new(), PACE, Arc::clone(&unread)));
        assert!(!unread.load(Ordering::Relaxed));
    }

    #[tokio::test]
    async fn a_prompt_body_passes_whatever_its_size() {
        assert_eq!(read(dripping(0, 0, Duration::ZERO)).await.unwrap(), 0);
        assert_eq!(read(dripping(1, 1, Duration::ZERO)).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn a_long_body_passes_as_long_as_it_keeps_coming() {
        let pause = Duration::from_millis(10);
        assert_eq!(read(dripping(15, MIN_BYTES, pause)).await.unwrap(), 15 * MIN_BYTES);
    }

    #[tokio::test]
    async fn a_dripping_or_silent_body_times_out() {
        let drip = dripping(1000, 1, Duration::from_millis(5));
        let silence = dripping(1, 1, Duration::from_hours(1));
        for result in [read(drip).await, read(silence).await] {
            let error = result.unwrap_err().downcast::<io::Error>().unwrap();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        }
    }
}
