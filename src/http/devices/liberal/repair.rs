//! Making JSON of what is nearly JSON.
//!
//! Texts are put together by hand in most firmware, around whatever a scanner or a scale gave. A
//! strict reader comes first; this is for what it could not read. Each repair has one meaning
//! only, and a text that ends before its last brace stays broken: half a request is none.

use std::fmt::Write;
use std::iter::Peekable;
use std::str::Chars;

/// A body as text: UTF-8, and byte by byte Latin-1 where it is none. Without a byte order mark.
pub(super) fn text(body: &[u8]) -> String {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let mut text = String::with_capacity(body.len());
    for chunk in body.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| char::from(*byte)));
    }
    text
}

/// The first object of a text, with what a strict reader takes in place of what it does not.
pub(super) fn json(text: &str) -> String {
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c.is_control());
    let mut repair = Repair {
        rest: start.chars().peekable(),
        json: String::with_capacity(start.len()),
        depth: 0,
        has_comma: false,
    };
    while repair.step() {}
    repair.json
}

struct Repair<'a> {
    rest: Peekable<Chars<'a>>,
    json: String,
    /// Brackets that are open.
    depth: usize,
    /// A comma was read, and nothing behind it yet.
    has_comma: bool,
}

impl Repair<'_> {
    /// Copies what comes next; false at the end.
    fn step(&mut self) -> bool {
        let Some(c) = self.rest.next() else { return false };
        match c {
            c if c.is_whitespace() || c.is_control() => {}
            ',' => self.has_comma = true,
            '}' | ']' => {
                // A comma before it says nothing.
                self.has_comma = false;
                self.json.push(c);
                self.depth = self.depth.saturating_sub(1);
                return self.depth > 0;
            }
            c => {
                if std::mem::take(&mut self.has_comma) {
                    self.json.push(',');
                }
                match c {
                    '{' | '[' => {
                        self.depth += 1;
                        self.json.push(c);
                    }
                    ':' => self.json.push(c),
                    '"' => self.quoted(),
                    c => self.word(c),
                }
                // Behind a value that is no object there is nothing to look for.
                return self.depth > 0;
            }
        }
        true
    }

    /// A text in quotes.
    fn quoted(&mut self) {
        self.json.push('"');
        while let Some(c) = self.rest.next() {
            match c {
                '"' => {
                    self.json.push('"');
                    return;
                }
                '\\' => self.escape(),
                c if c.is_control() => self.push_escaped(c),
                c => self.json.push(c),
            }
        }
    }

    fn escape(&mut self) {
        match self.rest.peek() {
            Some(next) if "\"\\/bfnrtu".contains(*next) => {
                self.json.push('\\');
                self.json.extend(self.rest.next());
            }
            // A backslash that escapes nothing is one.
            _ => self.json.push_str("\\\\"),
        }
    }

    fn push_escaped(&mut self, c: char) {
        // Writing to a text cannot fail.
        let _ = write!(self.json, "\\u{:04x}", u32::from(c));
    }

    /// A number or a word without quotes. What is neither in JSON becomes a text.
    fn word(&mut self, first: char) {
        let mut word = String::from(first);
        let is_part = |c: &char| {
            !(c.is_whitespace()
                || c.is_control()
                || matches!(c, ',' | ':' | '}' | ']' | '{' | '[' | '"'))
        };
        while let Some(c) = self.rest.next_if(is_part) {
            word.push(c);
        }
        if serde_json::from_str::<serde::de::IgnoredAny>(&word).is_ok() && !is_infinite(&word) {
            self.json.push_str(&word);
        } else {
            self.json.push_str(&serde_json::Value::String(word).to_string());
        }
    }
}

/// Whether a number has no value: `1e400`.
fn is_infinite(word: &str) -> bool {
    word.parse::<f64>().is_ok_and(f64::is_infinite)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn each_repair() {
        for (broken, repaired) in [
            ("{\"a\":\"x\r\"}", "{\"a\":\"x\\u000d\"}"),
            (" \0{\"a\" : nan , \"b\":[1,],}tail\"", "{\"a\":\"nan\",\"b\":[1]}"),
            (
                "{a:007,b:0x1F,c:-.5,d:true,e:null}",
                "{\"a\":\"007\",\"b\":\"0x1F\",\"c\":\"-.5\",\"d\":true,\"e\":null}",
            ),
            ("{\"a\":\"C:\\x\\n\"}", "{\"a\":\"C:\\\\x\\n\"}"),
            ("{\"a\":{\"b\":1}}}{", "{\"a\":{\"b\":1}}"),
            ("nonsense", "\"nonsense\""),
            ("{\"a\":\"x", "{\"a\":\"x"),
        ] {
            assert_eq!(json(broken), repaired);
        }
        assert_eq!(text(b"\xef\xbb\xbfK\xc3\xa4se K\xe4se"), "K\u{e4}se K\u{e4}se");
    }

    fn document() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "\\PC{0,12}".prop_map(Value::from),
            "[\\x00-\\x7f]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map("\\PC{1,6}", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_right_stays_as_it_is(members in prop::collection::hash_map("\\PC{1,6}", document(), 0..4)) {
            let value = Value::Object(members.into_iter().collect());
            for sent in [value.to_string(), format!("{value:#}\r\n\0{value}")] {
                let read: Value = serde_json::from_str(&json(&sent)).unwrap();
                prop_assert_eq!(&read, &value);
            }
        }

        #[test]
        fn any_body_is_answered(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = super::super::Fields::read(&body);
        }
    }
}
