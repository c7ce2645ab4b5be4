//! Reading CSV and NDJSON row by row into named members, each row with its line.
//!
//! Both formats come out as JSON members, so that one conversion judges them. Shops' files are
//! taken as spreadsheets write them: a byte order mark, `;` or a tab between the cells, `1,29 €`,
//! several values in a cell separated by `|`. No more than a row is in memory.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::cells::member;
use super::file::ImportFile;
use super::headers::{Header, Mapping};
use super::lines::{CELLS_MAX, Lines, LinesError, Record};
use super::{Checked, Errors, Parsed, ROWS_MAX};
use crate::app::{Error, Result};
use crate::wire::import::ImportOptions;

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
    /// JSON; an empty cell leaves the member out.
    Json,
    /// Text that is brought onto one line.
    Line,
    /// The first of several texts separated by commas.
    FirstOf,
    /// Categories separated by commas, the widest first, as a path.
    Path,
    /// Words separated by commas, each with its language in front or without.
    Tags,
    /// The food types among labels.
    Diets,
    /// A weight such as `500 g`.
    Weight,
    /// Known, and of no effect.
    Ignored,
}

/// A file's columns.
pub(in crate::app) type Columns = &'static [(&'static str, Kind)];

/// How a row came out.
pub(super) type Row = std::result::Result<Members, Vec<(String, String)>>;

/// A file as rows.
pub(super) struct Rows {
    lines: Lines,
    form: Form,
    mapping: Mapping,
    count: usize,
}

enum Form {
    Csv { delimiter: u8, header: Header, cells: Vec<String> },
    Ndjson,
    Empty,
}

impl Rows {
    /// Reads the beginning of a file. `is_catalogue` knows what shops call the columns of products.
    pub(super) fn open(
        file: &ImportFile,
        columns: Columns,
        options: &ImportOptions,
        is_catalogue: bool,
    ) -> Result<Self> {
        let mapping = Mapping::parse(&options.map, columns)?;
        let reader = file.reader().map_err(|error| Error::Internal(error.to_string()))?;
        let mut lines = Lines::new(reader).map_err(unreadable)?;
        if lines.peek().starts_with(b"\xEF\xBB\xBF") {
            lines.skip(3);
        }
        check_encoding(lines.peek())?;
        let first = lines.peek().iter().find(|byte| !byte.is_ascii_whitespace());
        let form = match first {
            None if lines.peek().len() < 2 || lines.peek().iter().all(u8::is_ascii_whitespace) => {
                Form::Empty
            }
            Some(b'{') => Form::Ndjson,
            Some(b'[') => {
                return Err(Error::bad_request(
                    "json-array",
                    "this is a JSON array: give one object on each line (NDJSON), or CSV",
                ));
            }
            _ => csv(&mut lines, columns, &mapping, is_catalogue)?,
        };
        if matches!(form, Form::Empty) {
            return Err(Error::bad_request("empty-file", "the file is empty"));
        }
        Ok(Self { lines, form, mapping, count: 0 })
    }

    /// The cells of the header, and the column that each is.
    pub(super) fn columns(&self) -> Vec<(String, Option<&'static str>)> {
        match &self.form {
            Form::Csv { header, .. } => {
                let columns = header.columns.iter();
                columns.map(|(cell, column)| (cell.clone(), column.map(|(name, _)| name))).collect()
            }
            Form::Ndjson | Form::Empty => Vec::new(),
        }
    }

    /// How much of the file was read, in bytes.
    pub(super) const fn read_bytes(&self) -> u64 {
        self.lines.read_bytes()
    }

    /// The next row and its line.
    pub(super) fn next_row(&mut self) -> Result<Option<(usize, Row)>> {
        let next = match &self.form {
            Form::Csv { delimiter, header, cells } => loop {
                let lenient = header.is_open_food_facts && *delimiter == b'\t';
                let record = self.lines.record(*delimiter, lenient).map_err(unreadable)?;
                let Some((line, record)) = record else { break None };
                if let Some(row) = csv_row(record, *delimiter, header, cells) {
                    break Some((line, row));
                }
            },
            Form::Ndjson => {
                let line = self.lines.line().map_err(unreadable)?;
                line.map(|(line, record)| (line, json_row(record, &self.mapping)))
            }
            Form::Empty => None,
        };
        self.count += usize::from(next.is_some());
        if self.count > ROWS_MAX {
            let detail = format!("a file has at most {ROWS_MAX} rows: split it");
            return Err(Error::bad_request("too-many-rows", detail));
        }
        Ok(next)
    }
}

/// Reads all rows, for what is held in memory whole.
pub(super) fn read_all(
    file: &ImportFile,
    columns: Columns,
    options: &ImportOptions,
) -> Result<Parsed<Members>> {
    let mut rows = Rows::open(file, columns, options, false)?;
    let mut parsed = Parsed { rows: Vec::new(), errors: Errors::default() };
    while let Some((line, row)) = rows.next_row()? {
        match row {
            Ok(row) => parsed.rows.push(Checked { line, row }),
            Err(reasons) => parsed.errors.reject(line, reasons),
        }
    }
    Ok(parsed)
}

/// Defaults such as `price=1.00;category=Food` as the members of a row.
pub(super) fn defaults(text: &str, columns: Columns) -> Result<Members> {
    let mut members: Members = Vec::new();
    for pair in text.split(';').filter(|pair| !pair.trim().is_empty()) {
        let wrong = |message: String| Error::field("defaults", message);
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| wrong("is pairs such as price=1.00;category=Food".to_owned()))?;
        let name = name.trim();
        let known = columns.iter().find(|(it, kind)| *it == name && *kind != Kind::Ignored);
        let Some((name, kind)) = known else {
            return Err(wrong(format!("{name} is no column")));
        };
        if members.iter().any(|(it, _)| it == name) {
            return Err(wrong(format!("names {name} twice")));
        }
        let json = member(value, *kind, b';').map_err(|it| wrong(format!("{name} {it}")))?;
        members.extend(json.map(|json| ((*name).to_owned(), json)));
    }
    Ok(members)
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

/// Refuses what is no text in UTF-8 from its first bytes on.
fn check_encoding(first: &[u8]) -> Result<()> {
    let is_utf16 = first.starts_with(b"\xFF\xFE")
        || first.starts_with(b"\xFE\xFF")
        || matches!(first, [a, b, ..] if (*a == 0) != (*b == 0));
    if is_utf16 {
        let detail = "line 1 is UTF-16 and not UTF-8: save the file as CSV UTF-8";
        return Err(Error::bad_request("not-utf8", detail));
    }
    if first.starts_with(b"PK\x03\x04") || first.starts_with(b"\xD0\xCF\x11\xE0") {
        let detail = "this is a spreadsheet or an archive: save it as CSV UTF-8";
        return Err(Error::bad_request("unreadable-csv", detail));
    }
    Ok(())
}

fn csv(lines: &mut Lines, columns: Columns, mapping: &Mapping, is_catalogue: bool) -> Result<Form> {
    let delimiter = match declared(lines.peek()) {
        Some(declared) => {
            lines.line().map_err(unreadable)?;
            declared
        }
        None => delimiter(lines.peek()),
    };
    let broken = |line: usize, why: &str| {
        Error::bad_request("unreadable-csv", format!("line {line}, the header: {why}"))
    };
    let (line, cells) = match lines.record(delimiter, false).map_err(unreadable)? {
        None => return Ok(Form::Empty),
        Some((line, Record::Bad(why))) => return Err(broken(line, &why)),
        Some((line, Record::Cells(cells))) => (line, cells),
    };
    if cells.len() > CELLS_MAX {
        return Err(broken(line, &format!("has more than {CELLS_MAX} columns")));
    }
    let mut texts = Vec::with_capacity(cells.len());
    for cell in cells {
        match text(cell) {
            Ok(text) => texts.push(text),
            Err(why) if why.contains("UTF-8") => {
                return Err(Error::bad_request("not-utf8", format!("line {line} {why}")));
            }
            Err(why) => return Err(broken(line, &why)),
        }
    }
    let header = Header::understand(&texts, columns, mapping, is_catalogue)?;
    Ok(Form::Csv { delimiter, header, cells: texts })
}

/// A row of CSV; `None` for one without content.
fn csv_row(record: Record, delimiter: u8, header: &Header, head: &[String]) -> Option<Row> {
    let whole = |why: String| Some(Err(vec![(String::new(), why)]));
    let cells = match record {
        Record::Bad(why) => return whole(why),
        Record::Cells(cells) => cells,
    };
    let texts: std::result::Result<Vec<String>, String> = cells.into_iter().map(text).collect();
    let texts = match texts {
        Ok(texts) => texts,
        Err(why) => return whole(why),
    };
    if texts.iter().all(|cell| cell.trim().is_empty()) {
        return None;
    }
    if texts.len() != head.len() {
        let (found, wanted) = (texts.len(), head.len());
        return whole(format!("has {found} cells, the header has {wanted}: quote the cells"));
    }
    if texts == head {
        return whole("is the header again: files were put together".to_owned());
    }
    let (mut members, mut wrong) = (Vec::with_capacity(head.len()), Vec::new());
    for (cell, (_, column)) in texts.iter().zip(&header.columns) {
        let Some((name, kind)) = column else { continue };
        match member(cell, *kind, delimiter) {
            Ok(Some(json)) => members.push(((*name).to_owned(), json)),
            Ok(None) => {}
            Err(message) => wrong.push(((*name).to_owned(), message)),
        }
    }
    Some(if wrong.is_empty() { Ok(members) } else { Err(wrong) })
}

fn json_row(record: Record, mapping: &Mapping) -> Row {
    let whole = |why: String| Err(vec![(String::new(), why)]);
    let line = match record {
        Record::Bad(why) => return whole(why),
        Record::Cells(cells) => cells.into_iter().next().unwrap_or_default(),
    };
    let line = match text(line) {
        Ok(line) => line,
        Err(why) => return whole(why),
    };
    let members = match serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(&line) {
        Ok(members) => members,
        Err(error) => return whole(format!("is no JSON object: {error}")),
    };
    let mut row: Members = Vec::with_capacity(members.len());
    for (name, json) in members {
        let name = match mapping.of(&name) {
            None => name,
            Some(None) => continue,
            Some(Some((column, _))) => column.to_owned(),
        };
        if row.iter().any(|(it, _)| *it == name) {
            return Err(vec![(name, "is there twice".to_owned())]);
        }
        row.push((name, json.get().to_owned()));
    }
    Ok(row)
}

/// Bytes as text that a catalogue may have.
fn text(bytes: Vec<u8>) -> std::result::Result<String, String> {
    let text = String::from_utf8(bytes).map_err(|_| {
        "is not UTF-8 but, it seems, Windows-1252 or Latin-1: save the file as CSV UTF-8".to_owned()
    })?;
    if text.contains('\0') {
        return Err("has a NUL byte in it".to_owned());
    }
    Ok(text)
}

/// The separator that a spreadsheet names in a line of its own, `sep=;`.
fn declared(first: &[u8]) -> Option<u8> {
    let line = first.split(|byte| *byte == b'\n').next()?.trim_ascii_end();
    match line {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', sign @ (b',' | b';' | b'\t')] => Some(*sign),
        _ => None,
    }
}

/// The separator that the header line has most of, outside of quotes.
fn delimiter(first: &[u8]) -> u8 {
    let mut lines = first.split(|byte| matches!(byte, b'\n' | b'\r'));
    let header = lines.find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
    let mut is_quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    for byte in header {
        is_quoted ^= *byte == b'"';
        if let Some((_, count)) = counts.iter_mut().find(|(b, _)| b == byte && !is_quoted) {
            *count += 1;
        }
    }
    // The first of the most frequent: a comma when there is one column only.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(byte, _)| *byte)
}

fn unreadable(error: LinesError) -> Error {
    match error {
        LinesError::TooBroken(_) => Error::bad_request("unreadable-csv", error),
        LinesError::Io(_) => Error::Internal(error.to_string()),
    }
}
