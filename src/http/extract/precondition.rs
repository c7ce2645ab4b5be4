//! `If-Match`: change it only if nobody else did meanwhile.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

use crate::http::{Problem, Result, State};

/// The version that the client saw, if it says so; `*` is any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(pub Option<u64>);

impl FromRequestParts<State> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self> {
        let Some(value) = parts.headers.get(header::IF_MATCH) else { return Ok(Self(None)) };
        let text = value.to_str().unwrap_or_default();
        parse(text).ok_or_else(|| {
            Problem::field("If-Match", "the version as the ETag gave it, for example \"3\"")
        })
    }
}

fn parse(text: &str) -> Option<IfMatch> {
    let text = text.trim();
    if text == "*" {
        return Some(IfMatch(None));
    }
    let tag = text.strip_prefix("W/").unwrap_or(text);
    let quoted = tag.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let digits = quoted.unwrap_or(tag);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok().map(|version| IfMatch(Some(version))))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form_of_a_version() {
        for text in ["\"3\"", "W/\"3\"", "3", " \"3\" "] {
            assert_eq!(parse(text), Some(IfMatch(Some(3))), "{text}");
        }
        assert_eq!(parse("*"), Some(IfMatch(None)));
        for text in ["", "\"\"", "\"x\"", "\"3", "-1", "+1", "\"3\", \"4\""] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
