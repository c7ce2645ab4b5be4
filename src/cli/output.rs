//! How commands speak: results, tables, failures.

use std::fmt;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;

/// Why a command failed; the text says what to do.
#[derive(Debug)]
pub(super) enum Failure {
    /// In these words.
    Message(String),
    /// What is wrong was printed already.
    Said,
}

impl Failure {
    pub(super) fn new(message: impl fmt::Display) -> Self {
        Self::Message(message.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(message) => f.write_str(message),
            Self::Said => f.write_str("failed"),
        }
    }
}

macro_rules! failures {
    ($($error:ty),+ $(,)?) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::new(error)
            }
        })+
    };
}

failures!(
    io::Error,
    serde_json::Error,
    crate::app::Error,
    crate::app::open::OpenError,
    crate::backup::BackupError,
    crate::config::ConfigError,
    crate::data_dir::DataDirError,
    crate::server::ServerError,
    crate::simulate::SimulateError,
    crate::storage::Error,
    crate::telemetry::TelemetryError,
);

/// Prints a result. A reader that has gone (`| head`) ends the program quietly.
pub(super) fn print(text: impl fmt::Display) -> Result<(), Failure> {
    write(format!("{text}\n").as_bytes())
}

/// Writes a piece of a result.
pub(super) fn write(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    written(out.write_all(bytes).and_then(|()| out.flush()))
}

/// Prints JSON for people and programs, piece by piece: some of it is large.
pub(super) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let printed = serde_json::to_writer_pretty(&mut out, value).map_err(io::Error::from);
    written(printed.and_then(|()| writeln!(out)).and_then(|()| out.flush()))
}

fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Failure::Said),
        result => Ok(result?),
    }
}

/// Prints objects as a table of these members, or as JSON.
pub(super) fn print_table(rows: &Value, members: &[&str], json: bool) -> Result<(), Failure> {
    if json {
        return print_json(rows);
    }
    let empty = Vec::new();
    let rows = rows.as_array().unwrap_or(&empty);
    let mut lines: Vec<Vec<String>> = vec![members.iter().map(|m| m.to_uppercase()).collect()];
    lines.extend(rows.iter().map(|row| members.iter().map(|m| cell(&row[*m])).collect()));
    let widths: Vec<usize> = (0..members.len())
        .map(|i| lines.iter().map(|line| line[i].chars().count()).max().unwrap_or(0))
        .collect();
    for line in lines {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        print(cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

/// A member as a word.
pub(super) fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
