//! When a request has arrived whole.
//!
//! The work on a request is bounded from that moment on. Before it a client on a bad radio link
//! may take as long as it likes while it keeps up the rate that the server asks of a body.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Error;
use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::sync::oneshot;

/// A body that tells when it is over: read to its end, broken off or dropped.
#[derive(Debug)]
pub(super) struct Arriving {
    body: Body,
    /// Dropped when the body is over, which wakes whoever waits.
    waiting: Option<oneshot::Sender<()>>,
}

impl Arriving {
    /// The body, and what ends when it is over.
    pub(super) fn new(body: Body) -> (Self, impl Future<Output = ()> + Send) {
        let (waiting, arrived) =
            if body.is_end_stream() { None } else { Some(oneshot::channel()) }.unzip();
        // The sender never sends: its end is the news.
        let arrived = async {
            if let Some(arrived) = arrived {
                drop::<Result<(), _>>(arrived.await);
            }
        };
        (Self { body, waiting }, arrived)
    }
}

impl HttpBody for Arriving {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        let is_over = match &frame {
            Poll::Ready(Some(Ok(_))) => self.body.is_end_stream(),
            Poll::Ready(_) => true,
            Poll::Pending => false,
        };
        if is_over {
            self.waiting = None;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
