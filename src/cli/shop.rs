//! The shop that a command works on: a running server by its control socket, else the stopped
//! directory, opened for as long as the command takes.

use std::collections::BTreeMap;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc;

use super::Global;
use super::output::Failure;
use crate::app::App;
use crate::app::import::ImportFile;
use crate::config::Config;
use crate::control;
use crate::data_dir::{DataDir, DataDirError};
use crate::telemetry::{self, LogFormat};
use crate::wire::control::{Answer, BODY_MAX_BYTES, Frame, Request};

/// How often a directory that is neither free nor served yet is looked at again: a server that
/// starts takes a moment between its lock and its socket.
const ATTEMPTS: u32 = 30;
const ATTEMPT_PAUSE: Duration = Duration::from_millis(100);
/// Pieces of an export that wait to be printed.
const PIECES_WAITING: usize = 4;
/// Bytes of a file that are sent at a time.
const PIECE_BYTES: usize = 256 * 1024;

impl Global {
    /// The data directory that is meant.
    pub(super) fn data_dir(&self) -> PathBuf {
        DataDir::locate(self.data.as_deref(), None)
    }

    /// The settings in force, with flags on top.
    pub(super) fn config(&self, flags: BTreeMap<String, String>) -> Result<Config, Failure> {
        let file = self.data_dir().join("config.toml");
        Ok(Config::read(&file, self.env_file.as_deref(), flags)?)
    }

    /// Asks the shop; pieces of an export go to `print`.
    pub(super) fn ask(&self, request: Request) -> Result<Value, Failure> {
        self.ask_with(request, &mut io::empty(), &mut |_| Ok(()))
    }

    /// Asks the shop, with a file and a place for what is written out.
    pub(super) fn ask_with(
        &self,
        request: Request,
        body: &mut dyn Read,
        print: &mut dyn FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<Value, Failure> {
        let root = self.data_dir();
        if request.needs_a_shop() && !root.join("cartwright.redb").exists() {
            return Err(Failure::new(format!(
                "there is no shop in {}: name its directory with --data DIR",
                root.display()
            )));
        }
        let mut attempt = 0;
        loop {
            match control::connect(&root) {
                Ok(stream) => return ask_server(&stream, &request, body, print),
                Err(error) if is_absent(&error) => {}
                Err(error) => {
                    let place = root.join("control.sock");
                    return Err(Failure::new(format!("cannot reach {}: {error}", place.display())));
                }
            }
            let dir = DataDir::open(&root)?;
            match dir.lock() {
                Ok(_lock) => return self.ask_directory(&dir, request, body, print),
                Err(DataDirError::InUse { .. }) if attempt < ATTEMPTS => {
                    attempt += 1;
                    thread::sleep(ATTEMPT_PAUSE);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn ask_directory(
        &self,
        dir: &DataDir,
        request: Request,
        body: &mut dyn Read,
        print: &mut dyn FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<Value, Failure> {
        let config = self.config(BTreeMap::new())?;
        telemetry::init("warn", LogFormat::Text)?;
        let runtime = tokio::runtime::Runtime::new()?;
        let app = App::open(dir, &config)?;
        let body = match taken(&app, &request, body) {
            Ok(body) => body,
            Err(failure) => {
                app.close();
                return Err(failure);
            }
        };
        let (pieces, mut waiting) = mpsc::channel(PIECES_WAITING);
        let work = runtime.spawn({
            let (app, dir) = (app.clone(), dir.clone());
            async move { control::execute(&app, &dir, request, body, &pieces).await }
        });
        let mut printed = Ok(());
        while let Some(piece) = waiting.blocking_recv() {
            printed = print(&piece);
            if printed.is_err() {
                break;
            }
        }
        drop(waiting);
        let result = runtime.block_on(work).map_err(Failure::new)?;
        app.settle_setup_token(dir)?;
        app.close();
        printed?;
        Ok(result?)
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}

/// The body as the shop takes it: rows go to its disk.
fn taken(app: &App, request: &Request, body: &mut dyn Read) -> Result<ImportFile, Failure> {
    if request.takes_rows() {
        let mut spool = app.spool(0).map_err(Failure::new)?;
        while let Some(piece) = next_piece(body)? {
            spool.push(&piece).map_err(Failure::new)?;
        }
        return Ok(spool.finish());
    }
    let mut bytes = Vec::new();
    let limit = u64::try_from(BODY_MAX_BYTES).unwrap_or(u64::MAX);
    body.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes.into())
}

/// The next piece of a body; `None` at its end.
fn next_piece(body: &mut dyn Read) -> io::Result<Option<Vec<u8>>> {
    let mut piece = Vec::new();
    let most = u64::try_from(PIECE_BYTES).unwrap_or(u64::MAX);
    body.take(most).read_to_end(&mut piece)?;
    Ok((!piece.is_empty()).then_some(piece))
}

fn ask_server(
    stream: &UnixStream,
    request: &Request,
    body: &mut dyn Read,
    print: &mut dyn FnMut(&[u8]) -> Result<(), Failure>,
) -> Result<Value, Failure> {
    let lost = |error: io::Error| {
        Failure::new(format!("the server did not answer ({error}): look at its log"))
    };
    let mut out = BufWriter::new(stream);
    let mut send = |out: &mut BufWriter<&UnixStream>| -> io::Result<()> {
        Frame::Json(serde_json::to_vec(request)?).write(out)?;
        while let Some(piece) = next_piece(body)? {
            Frame::Piece(piece).write(out)?;
        }
        Frame::End.write(out)?;
        out.flush()
    };
    send(&mut out).map_err(lost)?;
    let mut from = BufReader::new(stream);
    loop {
        match Frame::read(&mut from).map_err(lost)? {
            Frame::Piece(piece) => print(&piece)?,
            Frame::Json(json) => {
                return match serde_json::from_slice(&json)? {
                    Answer::Done(value) => Ok(value),
                    Answer::Refused { detail, .. } => Err(Failure::Message(detail)),
                };
            }
            Frame::End => return Err(Failure::new("the server's answer makes no sense")),
        }
    }
}
