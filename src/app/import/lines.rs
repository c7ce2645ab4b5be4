//! Records of a file, one at a time and in bounded memory, each with the line it begins on.
//!
//! CSV is read strictly where a lenient reader would take half a file for one cell: a quote that is
//! never closed, or that closes in the middle of a cell, is broken, and named by the line on which
//! it opens. Reading goes on with the next line, so that the other rows can be judged. A quote
//! inside a cell that does not begin with one is a character like others (`5" pipe`).

use std::io::{self, Read};

/// Longest line and longest record of several lines, in bytes.
pub(super) const LINE_MAX_BYTES: usize = 1024 * 1024;
/// Broken quotes after which reading a file makes no sense any more.
const BROKEN_MAX: usize = 1_000;
/// Most cells of a record that are kept apart: no file of a shop has so many columns.
pub(super) const CELLS_MAX: usize = 1_000;
/// Bytes that are read at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// A file as lines.
pub(super) struct Lines {
    from: Box<dyn Read + Send>,
    held: Vec<u8>,
    /// Where the unread part of `held` begins.
    begin: usize,
    is_over: bool,
    /// What ends a line: files of old Macs have no line feeds.
    end: u8,
    /// The number of the next line, from 1.
    line: usize,
    read_bytes: u64,
    broken: usize,
}

/// A record, or what is wrong with it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Record {
    /// Its cells, or the one line of NDJSON.
    Cells(Vec<Vec<u8>>),
    /// A sentence about the record as a whole.
    Bad(String),
}

/// Why no further record is read.
#[derive(Debug, thiserror::Error)]
pub(super) enum LinesError {
    #[error("more than {BROKEN_MAX} rows have broken quotes, the last on line {0}")]
    TooBroken(usize),
    #[error("the file cannot be read: {0}")]
    Io(#[from] io::Error),
}

type Result<T> = std::result::Result<T, LinesError>;

impl Lines {
    pub(super) fn new(from: Box<dyn Read + Send>) -> Result<Self> {
        let mut lines = Self {
            from,
            held: Vec::new(),
            begin: 0,
            is_over: false,
            end: b'\n',
            line: 1,
            read_bytes: 0,
            broken: 0,
        };
        lines.fill()?;
        if lines.held.contains(&b'\r') && !lines.held.contains(&b'\n') && !lines.ends_in_cr() {
            lines.end = b'\r';
        }
        Ok(lines)
    }

    /// How much of the file was read.
    pub(super) const fn read_bytes(&self) -> u64 {
        self.read_bytes
    }

    /// The first bytes, unread.
    pub(super) fn peek(&self) -> &[u8] {
        &self.held[self.begin..]
    }

    /// Passes over so many bytes at the beginning.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.begin += bytes;
    }

    /// The next line without its end, as one cell; blank ones are passed over.
    pub(super) fn line(&mut self) -> Result<Option<(usize, Record)>> {
        loop {
            let (mut text, line) = (Vec::new(), self.line);
            let Some(is_whole) = self.next_line(&mut text)? else { return Ok(None) };
            if !is_whole {
                return Ok(Some((line, too_long())));
            }
            trim_end(&mut text);
            if !text.trim_ascii().is_empty() {
                return Ok(Some((line, Record::Cells(vec![text]))));
            }
        }
    }

    /// The next record of CSV. With `is_lenient` a line whose quotes are broken is taken as it
    /// stands, as files are written that know no quotes.
    pub(super) fn record(
        &mut self,
        delimiter: u8,
        is_lenient: bool,
    ) -> Result<Option<(usize, Record)>> {
        let begin_line = loop {
            let begin = self.line;
            let Some(is_blank) = self.at_blank_line()? else { return Ok(None) };
            if !is_blank {
                break begin;
            }
            self.next_line(&mut Vec::new())?;
        };
        let (mut text, mut first_bytes) = (Vec::new(), 0);
        let mut cells = Cells::new(delimiter);
        loop {
            let (from, line) = (text.len(), self.line);
            let Some(is_whole) = self.next_line(&mut text)? else {
                let opened = cells.opened_line;
                let why = format!("a quote opens on line {opened} and is never closed");
                return self.broken(begin_line, &text, first_bytes, (delimiter, is_lenient), why);
            };
            if from == 0 {
                first_bytes = text.len();
                if !is_whole {
                    return Ok(Some((begin_line, too_long())));
                }
            } else if !is_whole || text.len() > LINE_MAX_BYTES {
                let opened = cells.opened_line;
                let why = format!("a quote opens on line {opened} and is not closed within 1 MiB");
                return self.broken(begin_line, &text, first_bytes, (delimiter, is_lenient), why);
            }
            match cells.take(&text[from..], line) {
                Step::More => {}
                Step::Whole => return Ok(Some((begin_line, Record::Cells(cells.done)))),
                Step::Broken => {
                    let opened = cells.opened_line;
                    let why = format!(
                        "a quote opens on line {opened} and closes in the middle of a cell: \
                         write quotes inside a cell twice"
                    );
                    let how = (delimiter, is_lenient);
                    return self.broken(begin_line, &text, first_bytes, how, why);
                }
            }
        }
    }

    /// A record whose quotes are broken: all lines but its first are read again.
    fn broken(
        &mut self,
        line: usize,
        text: &[u8],
        first_bytes: usize,
        (delimiter, is_lenient): (u8, bool),
        why: String,
    ) -> Result<Option<(usize, Record)>> {
        self.broken += 1;
        if self.broken > BROKEN_MAX {
            return Err(LinesError::TooBroken(line));
        }
        let (first, rest) = text.split_at(first_bytes);
        self.held.splice(..self.begin, rest.iter().copied());
        self.begin = 0;
        self.line = line + 1;
        if is_lenient {
            let mut first = first.to_vec();
            trim_end(&mut first);
            let cells =
                first.split(|byte| *byte == delimiter).take(CELLS_MAX + 1).map(<[u8]>::to_vec);
            return Ok(Some((line, Record::Cells(cells.collect()))));
        }
        Ok(Some((line, Record::Bad(why))))
    }

    /// Whether the next line is blank; `None` at the end.
    fn at_blank_line(&mut self) -> Result<Option<bool>> {
        loop {
            let rest = &self.held[self.begin..];
            let is_blank = |byte: u8| matches!(byte, b' ' | b'\t' | b'\r') && byte != self.end;
            match rest.iter().find(|byte| !is_blank(**byte)) {
                Some(byte) => return Ok(Some(*byte == self.end)),
                None if self.is_over => return Ok((!rest.is_empty()).then_some(true)),
                // A line of blanks that long is looked at as a record.
                None if rest.len() > LINE_MAX_BYTES => return Ok(Some(false)),
                None => self.fill()?,
            }
        }
    }

    /// Appends the next line with its end. `Some(false)` for one that is too long, of which the
    /// first bytes are given; `None` at the end.
    fn next_line(&mut self, into: &mut Vec<u8>) -> Result<Option<bool>> {
        let mut searched = 0;
        loop {
            let rest = &self.held[self.begin..];
            if let Some(at) = rest[searched..].iter().position(|byte| *byte == self.end) {
                let length = searched + at + 1;
                into.extend_from_slice(&rest[..length]);
                self.begin += length;
                self.line += 1;
                return Ok(Some(length <= LINE_MAX_BYTES + 1));
            }
            searched = rest.len();
            if searched > LINE_MAX_BYTES + 1 {
                into.extend_from_slice(&rest[..=LINE_MAX_BYTES]);
                into.push(self.end);
                self.skip_line()?;
                self.line += 1;
                return Ok(Some(false));
            }
            if self.is_over {
                if rest.is_empty() {
                    return Ok(None);
                }
                into.extend_from_slice(rest);
                self.begin = self.held.len();
                self.line += 1;
                return Ok(Some(true));
            }
            self.fill()?;
        }
    }

    fn skip_line(&mut self) -> Result<()> {
        loop {
            let rest = &self.held[self.begin..];
            if let Some(at) = rest.iter().position(|byte| *byte == self.end) {
                self.begin += at + 1;
                return Ok(());
            }
            self.begin = self.held.len();
            if self.is_over {
                return Ok(());
            }
            self.fill()?;
        }
    }

    fn fill(&mut self) -> Result<()> {
        self.held.drain(..self.begin);
        self.begin = 0;
        let old = self.held.len();
        self.held.resize(old + PIECE_BYTES, 0);
        let mut filled = old;
        while filled < self.held.len() {
            match self.from.read(&mut self.held[filled..]) {
                Ok(0) => {
                    self.is_over = true;
                    break;
                }
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.held.truncate(filled);
        self.read_bytes += u64::try_from(filled - old).unwrap_or(u64::MAX);
        Ok(())
    }

    /// Whether what was read ends between the two ends of a line, so that nobody knows yet.
    fn ends_in_cr(&self) -> bool {
        let first = self.held.iter().position(|byte| *byte == b'\r');
        !self.is_over && first.is_some_and(|at| at + 1 == self.held.len())
    }
}

fn too_long() -> Record {
    Record::Bad(format!("is longer than {} KiB", LINE_MAX_BYTES / 1024))
}

fn trim_end(text: &mut Vec<u8>) {
    while matches!(text.last(), Some(b'\n' | b'\r')) {
        text.pop();
    }
}

/// Where in a record the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Begin,
    Plain,
    Quoted,
    /// Behind a quote in a quoted cell: its end, or the first of two.
    Quote,
    Closed,
}

enum Step {
    More,
    Whole,
    Broken,
}

/// The cells of a record, line by line.
struct Cells {
    delimiter: u8,
    place: Place,
    cell: Vec<u8>,
    done: Vec<Vec<u8>>,
    /// The line on which the last quote opened.
    opened_line: usize,
}

impl Cells {
    fn new(delimiter: u8) -> Self {
        Self { delimiter, place: Place::Begin, cell: Vec::new(), done: Vec::new(), opened_line: 0 }
    }

    /// Takes a line with its end.
    fn take(&mut self, text: &[u8], line: usize) -> Step {
        let end =
            text.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r')).map_or(0, |at| at + 1);
        for &byte in &text[..end] {
            self.place = match (self.place, byte) {
                (Place::Begin, b'"') => {
                    self.opened_line = line;
                    Place::Quoted
                }
                (Place::Quoted, b'"') => Place::Quote,
                (Place::Quote, b'"') => {
                    self.cell.push(b'"');
                    Place::Quoted
                }
                (Place::Quoted, byte) => {
                    self.cell.push(byte);
                    Place::Quoted
                }
                (_, byte) if byte == self.delimiter => {
                    self.end_cell();
                    Place::Begin
                }
                (Place::Quote | Place::Closed, b' ' | b'\t' | b'\r') => Place::Closed,
                (Place::Quote | Place::Closed, _) => return Step::Broken,
                (Place::Begin | Place::Plain, byte) => {
                    self.cell.push(byte);
                    Place::Plain
                }
            };
        }
        if self.place == Place::Quoted {
            self.cell.extend_from_slice(&text[end..]);
            return Step::More;
        }
        self.end_cell();
        Step::Whole
    }

    fn end_cell(&mut self) {
        let cell = std::mem::take(&mut self.cell);
        if self.done.len() <= CELLS_MAX {
            self.done.push(cell);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &[u8]) -> Vec<(usize, std::result::Result<Vec<String>, String>)> {
        let mut lines = Lines::new(Box::new(io::Cursor::new(text.to_vec()))).unwrap();
        let mut all = Vec::new();
        while let Some((line, record)) = lines.record(b',', false).unwrap() {
            all.push((
                line,
                match record {
                    Record::Cells(cells) => {
                        Ok(cells.into_iter().map(|c| String::from_utf8(c).unwrap()).collect())
                    }
                    Record::Bad(why) => Err(why),
                },
            ));
        }
        all
    }

    fn cells(line: usize, cells: &[&str]) -> (usize, std::result::Result<Vec<String>, String>) {
        (line, Ok(cells.iter().map(|it| (*it).to_owned()).collect()))
    }

    #[test]
    fn records_know_their_lines_whatever_ends_them() {
        let text = "a,b\r\n\r\n \n\"c\r\n\nd\",\"say \"\"hi\"\"\"\n5\" pipe,\"x\" \n,\n";
        let wanted = [
            cells(1, &["a", "b"]),
            cells(4, &["c\r\n\nd", "say \"hi\""]),
            cells(7, &["5\" pipe", "x"]),
            cells(8, &["", ""]),
        ];
        assert_eq!(records(text.as_bytes()), wanted);
        let mac = "a,b\r\"c\rd\",e\r\rf,g";
        let wanted = [cells(1, &["a", "b"]), cells(2, &["c\rd", "e"]), cells(5, &["f", "g"])];
        assert_eq!(records(mac.as_bytes()), wanted);
        assert_eq!(records(b""), []);
        assert_eq!(records(b"\n\n"), []);
        assert_eq!(records(b"\r\n"), []);
        assert_eq!(records(b"a"), [cells(1, &["a"])]);
    }

    #[test]
    fn a_broken_quote_costs_its_own_line_only() {
        // The quote swallows lines until one of a later row closes it.
        let found = records(b"a,b\n1,\"Milk\n2,\"Bread\"\n3,Tea\n4,\"open\n5,end\n");
        assert_eq!(found.len(), 6);
        assert_eq!(found[0], cells(1, &["a", "b"]));
        assert!(found[1].0 == 2 && found[1].1.as_ref().unwrap_err().contains("line 2"));
        assert_eq!(found[2], cells(3, &["2", "Bread"]));
        assert_eq!(found[3], cells(4, &["3", "Tea"]));
        assert!(found[4].0 == 5 && found[4].1.as_ref().unwrap_err().contains("never closed"));
        assert_eq!(found[5], cells(6, &["5", "end"]));
        // A record of two lines whose second quote is broken.
        let found = records(b"\"x\ny\",\"z\nw,1\n");
        assert!(found[0].1.as_ref().unwrap_err().contains("opens on line 2"), "{found:?}");
    }

    #[test]
    fn long_lines_are_named_and_passed_over() {
        let long = "x".repeat(3 * LINE_MAX_BYTES);
        let found = records(format!("a\n{long}\nb\n\"{long}\nc\n\"d\n").as_bytes());
        let lines: Vec<_> = found.iter().map(|(line, it)| (*line, it.is_ok())).collect();
        assert_eq!(lines, [(1, true), (2, false), (3, true), (4, false), (5, true), (6, false)]);
        // A quote that swallows many short lines.
        let many = "y\n".repeat(LINE_MAX_BYTES);
        let found = records(format!("\"{many}").as_bytes());
        assert!(found[0].1.as_ref().unwrap_err().contains("line 1"));
        assert_eq!(found.len(), LINE_MAX_BYTES);
    }

    #[test]
    fn endless_breakage_ends() {
        let mut lines = Lines::new(Box::new(io::Cursor::new("\"a\"b\n".repeat(5_000)))).unwrap();
        let end = loop {
            if let Err(error) = lines.record(b',', false) {
                break error;
            }
        };
        assert!(matches!(end, LinesError::TooBroken(1_001)), "{end}");
    }
}
