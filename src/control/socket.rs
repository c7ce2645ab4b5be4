//! The Unix socket: a thread for each connection, one request each.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::execute::execute;
use crate::app::import::{ImportFile, Spool, SpoolError};
use crate::app::{App, Error};
use crate::data_dir::{DataDir, DataDirError};
use crate::wire::control::{Answer, BODY_MAX_BYTES, Frame, Request};

/// Commands at a time; further ones wait.
const CONNECTIONS_MAX: usize = 8;
/// A command that sends or takes nothing for this long is gone.
const STALL: Duration = Duration::from_secs(30);
/// Pieces of an export that wait for their reader.
const PIECES_WAITING: usize = 4;
/// Longest path that a socket's address holds, in bytes; a longer one goes by its directory.
const PATH_MAX_BYTES: usize = 100;

/// The socket of a running server; it is gone when this is dropped.
#[derive(Debug)]
pub struct ControlSocket {
    path: PathBuf,
}

impl ControlSocket {
    /// Opens the socket and answers commands until `shutdown`. The caller holds the directory's
    /// lock, so a socket that is there already is of a server that died.
    pub fn open(
        dir: &DataDir,
        app: App,
        shutdown: CancellationToken,
    ) -> Result<Self, DataDirError> {
        let path = dir.control_socket();
        dir.remove(&path)?;
        let listener = by_short_path(&path, |path| UnixListener::bind(path))
            .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
            .map_err(|source| DataDirError::Io { action: "open", path: path.clone(), source })?;
        dir.adopt(&path)?;
        let dir = dir.clone();
        tokio::spawn(accept(listener, dir, app, shutdown));
        Ok(Self { path })
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        // If it stays, the next server takes it away.
        let _ = fs::remove_file(&self.path);
    }
}

/// Connects to the socket of a running server.
pub fn connect(dir: &Path) -> io::Result<UnixStream> {
    by_short_path(&dir.join("control.sock"), |path| UnixStream::connect(path))
}

/// A socket's address is short; a path that is too long for it goes by an open directory.
fn by_short_path<T>(path: &Path, open: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return open(path) };
    if path.as_os_str().len() <= PATH_MAX_BYTES {
        return open(path);
    }
    let directory = File::open(parent)?;
    let link = PathBuf::from(format!("/proc/self/fd/{}", directory.as_raw_fd()));
    open(&link.join(name))
}

async fn accept(listener: UnixListener, dir: DataDir, app: App, shutdown: CancellationToken) {
    let Ok(listener) = tokio::net::UnixListener::from_std(listener) else { return };
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let accepted = tokio::select! {
            () = shutdown.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let stream = accepted.and_then(|(stream, _)| stream.into_std());
        let (dir, app, runtime) = (dir.clone(), app.clone(), Handle::current());
        let stream = match stream {
            Ok(stream) => stream,
            Err(error) => {
                tracing::warn!(%error, "the control socket cannot take a command");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let started = thread::Builder::new().name("control".into()).spawn(move || {
            let _place = place;
            if let Err(error) = serve(&stream, &dir, &app, &runtime) {
                tracing::debug!(%error, "a command went away");
            }
        });
        if let Err(error) = started {
            tracing::warn!(%error, "no thread for a command");
        }
    }
}

/// Reads one request, carries it out, answers.
fn serve(stream: &UnixStream, dir: &DataDir, app: &App, runtime: &Handle) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(STALL))?;
    stream.set_write_timeout(Some(STALL))?;
    let (request, body) = read_request(&mut BufReader::new(stream), app)?;
    let mut out = BufWriter::new(stream);
    let body = match body {
        Ok(body) => body,
        Err(error) => return answer(&mut out, &refused(&error.into())),
    };
    tracing::info!(?request, body_bytes = body.bytes(), "command");
    let tells_progress = request.tells_progress();
    let (pieces, mut waiting) = mpsc::channel(PIECES_WAITING);
    let work = runtime.spawn({
        let (app, dir) = (app.clone(), dir.clone());
        async move { execute(&app, &dir, request, body, &pieces).await }
    });
    while let Some(piece) = waiting.blocking_recv() {
        for part in piece.chunks(crate::wire::control::PIECE_MAX_BYTES) {
            Frame::Piece(part.to_vec()).write(&mut out)?;
        }
        if tells_progress {
            out.flush()?;
        }
    }
    let result = runtime.block_on(work).unwrap_or_else(|e| Err(Error::Internal(e.to_string())));
    if let Err(error) = app.settle_setup_token(dir) {
        tracing::warn!(%error, "the setup token's file stays");
    }
    let done = match result {
        Ok(value) => Answer::Done(value),
        Err(error) => refused(&error),
    };
    answer(&mut out, &done)
}

fn answer(out: &mut impl Write, answer: &Answer) -> io::Result<()> {
    Frame::Json(serde_json::to_vec(answer)?).write(out)?;
    out.flush()
}

/// A request's body, or why it is not taken.
type Body = Result<ImportFile, SpoolError>;

/// Reads a request to its end, also when its body is refused: the command listens after that.
fn read_request(from: &mut impl io::Read, app: &App) -> io::Result<(Request, Body)> {
    let Frame::Json(json) = Frame::read(from)? else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a request begins with JSON"));
    };
    let request: Request = serde_json::from_slice(&json)?;
    if request.takes_rows() {
        let mut spool = app.spool(0);
        while let Some(piece) = piece(from)? {
            if let Ok(taking) = &mut spool
                && let Err(error) = taking.push(&piece)
            {
                spool = Err(error);
            }
        }
        return Ok((request, spool.map(Spool::finish)));
    }
    let (mut body, mut is_too_large) = (Vec::new(), false);
    while let Some(piece) = piece(from)? {
        is_too_large |= body.len() + piece.len() > BODY_MAX_BYTES;
        if !is_too_large {
            body.extend(piece);
        }
    }
    Ok((request, if is_too_large { Err(SpoolError::TooLarge) } else { Ok(body.into()) }))
}

/// The next piece of a body; `None` at its end.
fn piece(from: &mut impl io::Read) -> io::Result<Option<Vec<u8>>> {
    match Frame::read(from)? {
        Frame::Piece(piece) => Ok(Some(piece)),
        Frame::End => Ok(None),
        Frame::Json(_) => Err(io::Error::new(io::ErrorKind::InvalidData, "two requests in one")),
    }
}

/// A refusal for the person at the terminal, who owns the shop and may know causes.
fn refused(error: &Error) -> Answer {
    let code = match error {
        Error::Invalid(_) => "invalid",
        Error::BadRequest(refusal)
        | Error::Unauthenticated(refusal)
        | Error::Forbidden(refusal)
        | Error::NotFound(refusal)
        | Error::Conflict(refusal)
        | Error::Unprocessable(refusal)
        | Error::Unavailable(refusal) => refusal.code,
        Error::PreconditionFailed(_) => "precondition-failed",
        Error::TooManyRequests { .. } => "too-many-requests",
        Error::Internal(_) => "internal",
    };
    Answer::Refused { code: code.to_owned(), detail: error.to_string() }
}
