//! Reading CSV and NDJSON into rows of named members, each with its line.
//!
//! Both formats come out as JSON members, so that one conversion judges them. Shops' files are
//! taken as spreadsheets write them: a byte order mark, `;` or a tab between the cells, `1,29`
//! beside `;`, several values in a cell separated by `|`.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::{Checked, Errors, FILE_MAX_BYTES, Parsed, ROWS_MAX};
use crate::app::export::rows::{COMPUTED, SEPARATORS};
use crate::app::{Error, Result};

/// A row: members by name, each as JSON text.
pub(in crate::app) type Members = Vec<(String, String)>;

/// How a cell of a column is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::app) enum Kind {
    /// Text as it stands.
    Text,
    /// Text; an empty cell leaves the member out.
    Word,
    /// Text; an empty cell clears the member.
    Clearable,
    /// A whole number; an empty cell leaves the member out.
    Whole,
    /// A whole number; an empty cell clears the member.
    ClearableWhole,
    /// A decimal number; an empty cell leaves the member out.
    Decimal,
    /// Values separated by `|`.
    List,
    /// Whole numbers separated by `|`.
    WholeList,
    /// Prices that are to come, `1.49@2026-12-01T00:00:00Z`, separated by `|`.
    PricesByTime,
    /// Yes or no; an empty cell leaves the member out.
    Flag,
    /// Known, and of no effect.
    Ignored,
}

/// A file's columns.
pub(in crate::app) type Columns = &'static [(&'static str, Kind)];

/// Reads a file of either format.
pub(in crate::app) fn read(bytes: &[u8], columns: Columns) -> Result<Parsed<Members>> {
    if bytes.len() > FILE_MAX_BYTES {
        let limit = FILE_MAX_BYTES / 1024 / 1024;
        return Err(Error::bad_request("too-large", format!("a file has at most {limit} MiB")));
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].split(|byte| *byte == b'\n').count();
        Error::bad_request("not-utf8", format!("line {line} is not UTF-8: save the file as UTF-8"))
    })?;
    match text.trim_start().chars().next() {
        None => Err(Error::bad_request("empty-file", "the file is empty")),
        Some('{') => ndjson(text),
        Some('[') => Err(Error::bad_request(
            "json-array",
            "this is a JSON array: give one object on each line (NDJSON), or CSV",
        )),
        Some(_) => csv(text, columns),
    }
}

/// The row as the API would read it. When it does not, each member is tried alone to find the
/// one that is to blame.
pub(in crate::app) fn typed<T: DeserializeOwned>(
    members: &[(String, String)],
) -> std::result::Result<T, Vec<(String, String)>> {
    let whole = match serde_json::from_str(&object(members)) {
        Ok(input) => return Ok(input),
        Err(error) => error,
    };
    let mut reasons = Vec::new();
    for member in members {
        let alone = object(std::slice::from_ref(member));
        if let Err(error) = serde_json::from_str::<T>(&alone) {
            reasons.push((member.0.clone(), plain(&error)));
        }
    }
    if reasons.is_empty() {
        reasons.push((String::new(), plain(&whole)));
    }
    Err(reasons)
}

fn object(members: &[(String, String)]) -> String {
    let members = members
        .iter()
        .map(|(name, json)| format!("{}:{json}", serde_json::Value::from(name.as_str())));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// The message without a position in a text that nobody has seen.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

fn ndjson(text: &str) -> Result<Parsed<Members>> {
    let mut parsed = Parsed { rows: Vec::new(), errors: Errors::default() };
    for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        match serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(text) {
            Ok(members) => {
                let members = members.into_iter().map(|(k, v)| (k, v.get().to_owned()));
                push(&mut parsed, line, members.collect())?;
            }
            Err(error) => {
                let message = format!("is no JSON object: {error}");
                parsed.errors.reject(line, vec![(String::new(), message)]);
            }
        }
    }
    Ok(parsed)
}

fn csv(text: &str, columns: Columns) -> Result<Parsed<Members>> {
    let delimiter = delimiter(text);
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| unreadable(&error))?.clone();
    let columns = header_columns(&header, columns)?;
    let mut parsed = Parsed { rows: Vec::new(), errors: Errors::default() };
    let mut lines = Lines { text: text.as_bytes(), at: 0, line: 1 };
    for record in reader.records() {
        let record = record.map_err(|error| unreadable(&error))?;
        let line = lines.of(record.position().map_or(0, csv::Position::byte));
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if record.len() != columns.len() {
            let (found, wanted) = (record.len(), columns.len());
            let message = format!("has {found} cells, the header has {wanted}: quote the cells");
            parsed.errors.reject(line, vec![(String::new(), message)]);
            continue;
        }
        let (mut members, mut wrong) = (Vec::with_capacity(columns.len()), Vec::new());
        for (cell, (name, kind)) in record.iter().zip(&columns) {
            match member(cell, *kind, delimiter != b',') {
                Ok(Some(json)) => members.push(((*name).to_owned(), json)),
                Ok(None) => {}
                Err(message) => wrong.push(((*name).to_owned(), message)),
            }
        }
        if wrong.is_empty() {
            push(&mut parsed, line, members)?;
        } else {
            parsed.errors.reject(line, wrong);
        }
    }
    Ok(parsed)
}

fn push(parsed: &mut Parsed<Members>, line: usize, row: Members) -> Result<()> {
    if parsed.rows.len() >= ROWS_MAX {
        let detail = format!("a file has at most {ROWS_MAX} rows: split it");
        return Err(Error::bad_request("too-many-rows", detail));
    }
    parsed.rows.push(Checked { line, row });
    Ok(())
}

/// The separator that the header line has most of, outside of quotes.
fn delimiter(text: &str) -> u8 {
    let header = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
    let mut is_quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    for byte in header.bytes() {
        is_quoted ^= byte == b'"';
        if let Some((_, count)) = counts.iter_mut().find(|(b, _)| *b == byte && !is_quoted) {
            *count += 1;
        }
    }
    // The first of the most frequent: a comma when there is one column only.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(byte, _)| *byte)
}

fn header_columns(header: &csv::StringRecord, known: Columns) -> Result<Vec<(&'static str, Kind)>> {
    let mut found: Vec<(&'static str, Kind)> = Vec::with_capacity(header.len());
    for cell in header {
        let name = cell.trim().to_lowercase().replace([' ', '-'], "_");
        let Some(column) = known.iter().find(|(known, _)| *known == name) else {
            let names: Vec<&str> =
                known.iter().filter(|(_, k)| *k != Kind::Ignored).map(|(n, _)| *n).collect();
            let message = format!("is no column that is known; those are {}", names.join(", "));
            return Err(Error::field(cell.trim(), message));
        };
        if found.contains(column) {
            return Err(Error::field(column.0, "is in the header twice"));
        }
        found.push(*column);
    }
    Ok(found)
}

/// A cell as JSON; `None` leaves the member out.
fn member(
    cell: &str,
    kind: Kind,
    comma_is_decimal: bool,
) -> std::result::Result<Option<String>, String> {
    let cell = undefused(cell.trim());
    let cell = cell.as_str();
    Ok(Some(match (kind, cell) {
        (Kind::Ignored, _) | (Kind::Word | Kind::Whole | Kind::Decimal | Kind::Flag, "") => {
            return Ok(None);
        }
        (Kind::Clearable | Kind::ClearableWhole, "") => "null".to_owned(),
        (Kind::Text | Kind::Word | Kind::Clearable, text) => quoted(text),
        (Kind::Whole | Kind::ClearableWhole, text) => match text.parse::<i64>() {
            Ok(number) => number.to_string(),
            Err(_) => return Err("is a whole number".to_owned()),
        },
        (Kind::Decimal, text) => {
            let text = if comma_is_decimal && !text.contains('.') {
                text.replacen(',', ".", 1)
            } else {
                text.to_owned()
            };
            let number: crate::domain::money::Decimal =
                text.parse().map_err(|_| "is a number such as 1.29".to_owned())?;
            number.to_string()
        }
        (Kind::List, text) => {
            let values = text.split('|').map(str::trim).filter(|value| !value.is_empty());
            format!("[{}]", values.map(quoted).collect::<Vec<_>>().join(","))
        }
        (Kind::WholeList, text) => {
            let values = text.split('|').map(str::trim).filter(|value| !value.is_empty());
            let numbers: std::result::Result<Vec<_>, _> = values.map(str::parse::<i64>).collect();
            let numbers = numbers.map_err(|_| "is whole numbers separated by |".to_owned())?;
            let numbers = numbers.iter().map(ToString::to_string);
            format!("[{}]", numbers.collect::<Vec<_>>().join(","))
        }
        (Kind::PricesByTime, text) => {
            let rule = || "is prices such as 1.49@2026-12-01T00:00:00Z separated by |".to_owned();
            let values = text.split('|').map(str::trim).filter(|value| !value.is_empty());
            let entries = values.map(|value| {
                let (price, at) = value.split_once('@').ok_or_else(rule)?;
                let price = member(price, Kind::Decimal, comma_is_decimal).map_err(|_| rule())?;
                let price = price.ok_or_else(rule)?;
                let at = quoted(at.trim());
                Ok(format!("{{\"price\":{price},\"valid_from\":{at}}}"))
            });
            format!("[{}]", entries.collect::<std::result::Result<Vec<_>, String>>()?.join(","))
        }
        (Kind::Flag, text) => match text.to_lowercase().as_str() {
            "true" | "yes" | "1" => "true".to_owned(),
            "false" | "no" | "0" => "false".to_owned(),
            _ => return Err("is true or false".to_owned()),
        },
    }))
}

/// Takes away the apostrophes that an export put before what a spreadsheet would compute.
fn undefused(cell: &str) -> String {
    let pieces = cell.split_inclusive(SEPARATORS).map(|piece| match piece.strip_prefix('\'') {
        Some(rest) if rest.trim_start_matches('\'').starts_with(COMPUTED) => rest,
        _ => piece,
    });
    pieces.collect()
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn unreadable(error: &csv::Error) -> Error {
    Error::bad_request("unreadable-csv", format!("the file is no CSV: {error}"))
}

/// Counts lines as editors do. The CSV reader stops between CR and LF, and counts blank lines
/// before a row to the row before.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
}

impl Lines<'_> {
    /// The line on which the row at this byte begins; rows come in order.
    fn of(&mut self, byte: u64) -> usize {
        let byte = usize::try_from(byte).unwrap_or(usize::MAX).min(self.text.len());
        let blank = self.text[byte..].iter().take_while(|it| matches!(it, b'\r' | b'\n')).count();
        let begin = byte + blank;
        self.line += self.text[self.at..begin].split(|it| *it == b'\n').count() - 1;
        self.at = begin;
        self.line
    }
}
