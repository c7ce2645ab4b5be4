//! A body that goes to the disk as it arrives, for files of any size.

use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use http_body_util::BodyExt;
use tokio::task::spawn_blocking;

use crate::app::Idempotency;
use crate::app::import::{ImportFile, RECEIVED_MAX_BYTES, Spool, SpoolError};
use crate::http::exchange::text;
use crate::http::{Problem, Result, State};

use super::idempotency::{key, of_upload};
use super::read::{broken_off, too_large};

/// Bytes that are written to the disk at a time.
const PIECE_BYTES: usize = 256 * 1024;

/// A file on the disk, and the key if one was sent.
#[derive(Debug)]
pub struct Spooled {
    /// The file; it is gone when this is dropped.
    pub file: ImportFile,
    /// The key, bound to who asks, the route and the file.
    pub idempotency: Option<Idempotency>,
}

impl FromRequest<State> for Spooled {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &State) -> Result<Self> {
        let (parts, mut body) = request.into_parts();
        // A key that is none is refused before the file is sent.
        key(&parts)?;
        let announced = text(&parts.headers, header::CONTENT_LENGTH.as_str());
        let announced = announced.and_then(|length| length.parse().ok()).unwrap_or(0_u64);
        let app = state.app.clone();
        let mut spool = blocking(move || app.spool(announced)).await?;
        let mut waiting = Vec::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| broken_off(&error))?;
            // The other kind of frame are trailers, which nothing here asks for.
            let Ok(piece) = frame.into_data() else { continue };
            waiting.extend_from_slice(&piece);
            if waiting.len() >= PIECE_BYTES {
                spool = push(spool, std::mem::take(&mut waiting)).await?;
            }
        }
        let file = push(spool, waiting).await?.finish();
        let idempotency = of_upload(parts, state, file.sha256()).await?;
        Ok(Self { file, idempotency })
    }
}

async fn push(mut spool: Spool, piece: Vec<u8>) -> Result<Spool> {
    blocking(move || spool.push(&piece).map(|()| spool)).await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::result::Result<T, SpoolError> + Send + 'static,
) -> Result<T> {
    let done = spawn_blocking(work).await.map_err(|error| Problem::internal(error.to_string()))?;
    done.map_err(|error| match error {
        SpoolError::TooLarge => {
            too_large(usize::try_from(RECEIVED_MAX_BYTES).unwrap_or(usize::MAX))
        }
        SpoolError::DiskFull => {
            Problem::new(StatusCode::INSUFFICIENT_STORAGE, "disk-full", error.to_string())
        }
        other => crate::app::Error::from(other).into(),
    })
}
