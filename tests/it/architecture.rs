//! Who may know whom, read from the sources: an arrow that is not in the table fails here.
//!
//! Unit tests are left out: they may build whatever they need.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Rooms that every other room but `domain` may use.
const LEAVES: [&str; 4] = ["config", "data_dir", "telemetry", "clock"];

/// Each room and the rooms that it may name, besides itself and the leaves.
const ARROWS: [(&str, &[&str]); 22] = [
    ("domain", &[]),
    ("storage", &["domain"]),
    ("auth", &["domain"]),
    ("wire", &["domain"]),
    ("search", &["storage", "domain"]),
    ("backup", &["storage", "domain"]),
    ("app", &["storage", "search", "auth", "backup", "wire", "domain", "blobs", "pictures"]),
    ("blobs", &[]),
    ("pictures", &["domain"]),
    ("http", &["app", "wire", "domain"]),
    ("control", &["app", "wire", "domain"]),
    ("jobs", &["app", "wire", "domain"]),
    ("gateway", &["app", "domain"]),
    ("discovery", &[]),
    ("server", &["http", "control", "jobs", "gateway", "discovery", "app", "tls"]),
    ("tls", &[]),
    // `cli` works on a stopped directory too; it calls a running server through `control`.
    ("cli", &["server", "app", "backup", "storage", "wire", "control", "tls"]),
    ("config", &[]),
    ("data_dir", &[]),
    ("telemetry", &[]),
    ("clock", &[]),
    ("main", &["cli"]),
];

/// Crates that only these rooms may name.
const FENCED: [(&str, &[&str]); 14] = [
    ("redb", &["storage"]),
    ("postcard", &["storage"]),
    ("tantivy", &["search"]),
    ("axum", &["http", "server"]),
    ("socketioxide", &["http"]),
    ("jsonwebtoken", &["auth"]),
    ("argon2", &["auth"]),
    ("rcgen", &["tls"]),
    ("rustls", &["tls"]),
    ("tokio_rustls", &["tls", "server"]),
    ("x509_parser", &["tls"]),
    ("ureq", &["gateway"]),
    ("image", &["pictures"]),
    ("mdns_sd", &["discovery"]),
];

/// What makes a function depend on more than its arguments.
const IMPURE: [&str; 7] =
    ["std::time", "std::fs", "std::net", "std::env", "std::thread", "tokio", "getrandom"];

/// One file of the library.
struct Source {
    room: String,
    path: PathBuf,
    /// Without comments and texts.
    code: String,
}

#[test]
fn every_arrow_is_in_the_table() {
    let mut wrong = Vec::new();
    for source in sources() {
        let (_, allowed) =
            ARROWS.iter().find(|(room, _)| *room == source.room).unwrap_or_else(|| {
                panic!("{} is a room that the table does not have", source.path.display())
            });
        for named in rooms_named(&source.code) {
            let leaf = LEAVES.contains(&named.as_str()) && source.room != "domain";
            if named != source.room && !leaf && !allowed.contains(&named.as_str()) {
                wrong.push(format!("{} -> {named} in {}", source.room, source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that nobody agreed on:\n{}", wrong.join("\n"));
}

#[test]
fn fenced_crates_stay_in_their_rooms() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (fenced, rooms) in FENCED {
            if !rooms.contains(&source.room.as_str()) && names(&source.code, fenced) {
                wrong.push(format!("{fenced} in {}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_domain_touches_nothing() {
    let mut wrong = Vec::new();
    for source in sources().into_iter().filter(|source| source.room == "domain") {
        for word in IMPURE {
            if names(&source.code, word) {
                wrong.push(format!("{word} in {}", source.path.display()));
            }
        }
        if source.code.contains("async fn") || source.code.contains(".await") {
            wrong.push(format!("async in {}", source.path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_reader_finds_every_kind_of_use() {
    let code = stripped(
        "use crate::app::{App, Error};\nuse crate::{\n    domain::id,\n    storage::{Store, \
         tables},\n};\n// use crate::cli::Cli;\nlet x = crate::auth::digest(\"crate::http\");\n\
         use super::search;\n/* crate::jobs */ pub(in crate::app) fn f() {}\n",
    );
    let found: Vec<String> = rooms_named(&code).into_iter().collect();
    assert_eq!(found, ["app", "auth", "domain", "storage"]);
    assert!(names("use redb::Database;", "redb") && names("x: redb::Key", "redb"));
    assert!(names("extern crate redb;", "redb") && names("use redb;", "redb"));
    assert!(!names("let redb = 1;", "redb") && !names("use my_redb::X;", "redb"));
    assert!(names("use std::{time, fmt};", "std::time") && !names("my::std::times", "std::time"));
}

/// All files under src/.
fn sources() -> Vec<Source> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&src, &mut files);
    assert!(files.len() > 50, "the sources are where they were");
    let read = |path: PathBuf| {
        let first = path.strip_prefix(&src).unwrap().components().next().unwrap();
        let room = first.as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let code = stripped(text.split("#[cfg(test)]\nmod tests {").next().unwrap());
        Source { room, path, code }
    };
    let files = files.into_iter().filter(|path| !is_test(path.strip_prefix(&src).unwrap()));
    files.map(read).filter(|source| source.room != "lib").collect()
}

/// Whether a file is compiled for unit tests only, by the names that such files have here.
fn is_test(path: &Path) -> bool {
    let names = ["tests", "tests.rs", "testing.rs"];
    path.components().any(|part| names.iter().any(|name| part.as_os_str() == *name))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The code without comments and without what stands in quotes on one line.
fn stripped(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let end = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |at| at + 2)
        } else if rest.starts_with("'\"'") {
            3
        } else if c == '"' {
            quoted(rest)
        } else {
            code.push(c);
            c.len_utf8()
        };
        rest = &rest[end..];
    }
    code
}

/// The length of the text in quotes at the start, its quotes included.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The rooms that the code names through `crate::`, grouped imports included.
fn rooms_named(code: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = code[at + "crate::".len()..].trim_start();
        match rest.strip_prefix('{') {
            Some(group) => rooms.extend(heads_of_group(group)),
            None => rooms.extend(head(rest)),
        }
    }
    rooms.retain(|room| !room.is_empty());
    rooms
}

/// The first segments of a group, up to its closing brace.
fn heads_of_group(group: &str) -> Vec<String> {
    let (mut depth, mut start, mut heads) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                heads.extend(head(group[start..at].trim_start()));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                heads.extend(head(group[start..at].trim_start()));
                start = at + 1;
            }
            _ => {}
        }
    }
    heads
}

fn head(path: &str) -> Option<String> {
    let end = path.find(|c: char| !is_word(c)).unwrap_or(path.len());
    (end > 0).then(|| path[..end].to_owned())
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Whether the code names this crate or path, grouped imports of one level included.
fn names(code: &str, path: &str) -> bool {
    let as_path = code.match_indices(path).any(|(at, _)| {
        let before = &code[..at];
        let own_word = !before.ends_with(is_word) && !before.ends_with("::");
        let after = &code[at + path.len()..];
        let imported = before.ends_with("use ") || before.ends_with("crate ");
        let ends = !after.starts_with(is_word);
        own_word && ends && (after.starts_with("::") || imported || path.contains("::"))
    });
    let grouped = path.split_once("::").is_some_and(|(root, module)| {
        let start = format!("{root}::{{");
        code.match_indices(&start).any(|(at, _)| {
            heads_of_group(&code[at + start.len()..]).iter().any(|head| head == module)
        })
    });
    as_path || grouped
}
