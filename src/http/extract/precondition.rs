//! `If-Match`: change it only if nobody else did meanwhile.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

use crate::app::Versions;
use crate::http::{Problem, Result, State};

/// The most tags of one header.
const TAGS_MAX: usize = 64;

/// The versions that the client would find right, if it says so; `*` is any. A weak tag is right
/// for none, as RFC 9110 has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfMatch(pub Option<Versions>);

impl FromRequestParts<State> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self> {
        let mut lines = parts.headers.get_all(header::IF_MATCH).iter().peekable();
        if lines.peek().is_none() {
            return Ok(Self(None));
        }
        let lines: Vec<&str> = lines.map(|line| line.to_str().unwrap_or_default()).collect();
        parse(&lines.join(",")).ok_or_else(|| {
            Problem::field("If-Match", "the version as the ETag gave it, for example \"3\"")
        })
    }
}

fn parse(text: &str) -> Option<IfMatch> {
    if text.trim() == "*" {
        return Some(IfMatch(None));
    }
    let tags: Vec<&str> = text.split(',').collect();
    if tags.len() > TAGS_MAX {
        return None;
    }
    let mut versions = Vec::with_capacity(tags.len());
    for tag in tags {
        let tag = tag.trim();
        let weak = tag.strip_prefix("W/");
        let version = version(weak.unwrap_or(tag))?;
        if weak.is_none() {
            versions.push(version);
        }
    }
    Some(IfMatch(Some(Versions(versions))))
}

fn version(tag: &str) -> Option<u64> {
    let quoted = tag.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let digits = quoted.unwrap_or(tag);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form_of_a_version() {
        for (text, versions) in [
            ("\"3\"", vec![3]),
            ("3", vec![3]),
            (" \"3\" ", vec![3]),
            ("\"3\", \"4\"", vec![3, 4]),
            ("W/\"3\"", vec![]),
            ("W/\"3\",\"4\"", vec![4]),
        ] {
            assert_eq!(parse(text), Some(IfMatch(Some(Versions(versions)))), "{text}");
        }
        assert_eq!(parse("*"), Some(IfMatch(None)));
        for text in ["", "\"\"", "\"x\"", "\"3", "-1", "+1", "\"3\",", "\"3\", *"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&["1"; TAGS_MAX + 1].join(",")), None);
    }
}
