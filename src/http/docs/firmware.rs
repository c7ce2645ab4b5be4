//! `/docs/firmware/`: the client library for trolleys, as files and as one archive.
//!
//! The archive is what the Arduino IDE installs by "Add .ZIP Library". It is made in memory from
//! the embedded files, stored without compression, and has the same bytes every time: the names
//! are sorted and the times are all the first that the format has.

use std::borrow::Cow;
use std::sync::LazyLock;

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use rust_embed::Embed;

use super::super::{Problem, Result, ui};
use super::ASK_AGAIN;

/// The folder that everything in the archive is in, as the IDE wants it.
const FOLDER: &str = "cartwright-cart";
/// Midnight of 1980-01-01, where the format's dates begin.
const DOS_DATE: u16 = 0x0021;
/// Version 1.0 of the format suffices for stored files.
const VERSION: u16 = 10;
/// Made on Unix, so that the attributes below count.
const MADE_BY: u16 = (3 << 8) | VERSION;
/// A file that its owner writes and everybody reads.
const ATTRIBUTES: u32 = 0o100_644 << 16;

#[derive(Embed)]
#[folder = "assets/firmware/cartwright-cart"]
struct Library;

/// `None` when a file is too big for the format, which the tests rule out.
static ARCHIVE: LazyLock<Option<Bytes>> = LazyLock::new(|| {
    let mut names: Vec<Cow<'static, str>> = Library::iter().collect();
    names.sort();
    let files = names.iter().filter_map(|name| {
        Library::get(name).map(|file| (format!("{FOLDER}/{name}"), file.data.into_owned()))
    });
    archive(&files.collect::<Vec<_>>()).map(Bytes::from)
});

pub(in crate::http) async fn zip() -> Result<Response> {
    let bytes = ARCHIVE.clone().ok_or_else(|| Problem::internal("the library has no archive"))?;
    let kind = (header::CONTENT_TYPE, "application/zip");
    let name = (header::CONTENT_DISPOSITION, "attachment; filename=\"cartwright-cart.zip\"");
    Ok(([kind, name, (header::CACHE_CONTROL, ASK_AGAIN)], bytes).into_response())
}

pub(in crate::http) async fn file(Path(name): Path<String>) -> Result<Response> {
    let file = Library::get(&name).ok_or_else(Problem::not_found)?;
    Ok(ui::serve(file, &name, ASK_AGAIN))
}

/// A file's place in the archive.
struct Entry<'a> {
    name: &'a str,
    crc: u32,
    size: u32,
    at: u32,
}

impl Entry<'_> {
    /// What a file's own header and its line in the directory have in common.
    fn put_common(&self, out: &mut Vec<u8>) -> Option<()> {
        put16(out, VERSION);
        // No flags, stored, midnight.
        for _ in 0..3 {
            put16(out, 0);
        }
        put16(out, DOS_DATE);
        put32(out, self.crc);
        // As long compressed as not.
        put32(out, self.size);
        put32(out, self.size);
        put16(out, u16::try_from(self.name.len()).ok()?);
        // No extra field.
        put16(out, 0);
        Some(())
    }
}

fn put16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

/// Writes a zip archive (APPNOTE 4.3) of stored files.
fn archive(files: &[(String, Vec<u8>)]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut entries = Vec::with_capacity(files.len());
    for (name, data) in files {
        let entry = Entry {
            name,
            crc: crc32fast::hash(data),
            size: u32::try_from(data.len()).ok()?,
            at: u32::try_from(out.len()).ok()?,
        };
        out.extend_from_slice(b"PK\x03\x04");
        entry.put_common(&mut out)?;
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(data);
        entries.push(entry);
    }
    let directory_at = u32::try_from(out.len()).ok()?;
    for entry in &entries {
        out.extend_from_slice(b"PK\x01\x02");
        put16(&mut out, MADE_BY);
        entry.put_common(&mut out)?;
        // No comment, the first disk, no internal attributes.
        for _ in 0..3 {
            put16(&mut out, 0);
        }
        put32(&mut out, ATTRIBUTES);
        put32(&mut out, entry.at);
        out.extend_from_slice(entry.name.as_bytes());
    }
    let directory_size = u32::try_from(out.len()).ok()?.checked_sub(directory_at)?;
    let count = u16::try_from(entries.len()).ok()?;
    out.extend_from_slice(b"PK\x05\x06");
    put16(&mut out, 0);
    put16(&mut out, 0);
    put16(&mut out, count);
    put16(&mut out, count);
    put32(&mut out, directory_size);
    put32(&mut out, directory_at);
    put16(&mut out, 0);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_of_one_file_is_these_bytes() {
        let made = archive(&[("a/b".to_owned(), b"123456789".to_vec())]).unwrap();
        let mut expected =
            b"PK\x03\x04\x0a\0\0\0\0\0\0\0\x21\0\x26\x39\xf4\xcb\x09\0\0\0\x09\0\0\0\
            \x03\0\0\0a/b123456789"
                .to_vec();
        expected.extend_from_slice(
            b"PK\x01\x02\x0a\x03\x0a\0\0\0\0\0\0\0\x21\0\x26\x39\xf4\xcb\x09\0\0\0\x09\0\0\0\
              \x03\0\0\0\0\0\0\0\0\0\0\0\xa4\x81\0\0\0\0a/b",
        );
        expected.extend_from_slice(b"PK\x05\x06\0\0\0\0\x01\0\x01\0\x31\0\0\0\x2a\0\0\0\0\0");
        assert_eq!(made, expected);
    }

    #[test]
    fn the_library_has_what_the_ide_looks_for() {
        let names: Vec<_> = Library::iter().collect();
        for name in [
            "library.properties",
            "keywords.txt",
            "README.md",
            "LICENSE",
            "src/cartwright_cart.h",
            "src/CartwrightCart.h",
            "examples/SmartCart/SmartCart.ino",
        ] {
            assert!(names.iter().any(|it| it == name), "{name} is missing");
        }
        assert!(ARCHIVE.is_some());
    }
}
