//! JSON in and out.

use std::collections::HashSet;
use std::fmt;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::{self, DeserializeOwned, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::http::{Problem, Result, State};

use super::read::read;

/// Most characters of a parser's message, which may quote the request.
const MESSAGE_MAX: usize = 300;

/// Room that an answer gets to begin with: a product, a cart and most errors fit.
const USUAL_ANSWER_BYTES: usize = 1024;

/// A JSON body, or a JSON answer.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

/// A JSON body that may be left out.
#[derive(Debug, Clone, Copy)]
pub struct OptionalJson<T>(pub Option<T>);

impl<T: DeserializeOwned> FromRequest<State> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &State) -> Result<Self> {
        let (parts, body) = request.into_parts();
        required(&parts, &read(&parts, body).await?).map(Self)
    }
}

impl<T: DeserializeOwned> FromRequest<State> for OptionalJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &State) -> Result<Self> {
        let (parts, body) = request.into_parts();
        optional(&parts, &read(&parts, body).await?).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        let mut content = Vec::with_capacity(USUAL_ANSWER_BYTES);
        match serde_json::to_writer(&mut content, &self.0) {
            Ok(()) => {
                let kind = HeaderValue::from_static("application/json");
                ([(header::CONTENT_TYPE, kind)], content).into_response()
            }
            Err(error) => {
                Problem::internal(format!("an answer is no JSON: {error}")).into_response()
            }
        }
    }
}

pub(super) fn required<T: DeserializeOwned>(parts: &Parts, body: &Bytes) -> Result<T> {
    let missing = || Problem::bad_request("body-required", "this needs a JSON body");
    optional(parts, body)?.ok_or_else(missing)
}

pub(super) fn optional<T: DeserializeOwned>(parts: &Parts, body: &Bytes) -> Result<Option<T>> {
    if body.trim_ascii().is_empty() {
        return Ok(None);
    }
    if let Some(kind) = parts.headers.get(header::CONTENT_TYPE)
        && !kind.is_empty()
        && !kind.to_str().is_ok_and(is_json)
    {
        let kind = String::from_utf8_lossy(kind.as_bytes());
        let detail = format!("the body has to be application/json, not {kind}");
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(Problem::new(status, "unsupported-media-type", cut(&detail)));
    }
    // A derived reader takes a list for a struct, member by member.
    if body.trim_ascii_start().starts_with(b"[") {
        return Err(Problem::field("body", "is a JSON object, not a list"));
    }
    let is_object = body.trim_ascii_start().starts_with(b"{");
    if !is_object && serde_json::from_slice::<IgnoredAny>(body).is_ok() {
        return Err(Problem::field("body", "is a JSON object, not a single value"));
    }
    parse(body).map(Some)
}

fn is_json(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// Parses a body; an error names the member that it is about.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    if let Err(error) = std::str::from_utf8(body) {
        let detail = format!("the body is not UTF-8 from byte {}", error.valid_up_to());
        return Err(Problem::bad_request("malformed-json", detail));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        wrong(&path, error.inner())
    })?;
    deserializer.end().map_err(|error| wrong(".", &error))?;
    check_unambiguous(body)?;
    Ok(value)
}

/// Refuses a member that is there twice, which a reader of free-form members does not notice. What
/// else this stricter reading cannot take, such as 1e400, the reader had no need for.
fn check_unambiguous(body: &[u8]) -> Result<()> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    match serde_path_to_error::deserialize::<_, Unambiguous>(&mut deserializer) {
        Err(error) if error.inner().is_data() => {
            Err(wrong(&error.path().to_string(), error.inner()))
        }
        _ => Ok(()),
    }
}

/// JSON in which no object has a member twice. Two readers of one body could take different ones
/// of the two, so it is refused wherever it is, in free-form members too.
struct Unambiguous;

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(Walk)
    }
}

struct Walk;

impl<'de> Visitor<'de> for Walk {
    type Value = Unambiguous;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> std::result::Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_i64<E>(self, _: i64) -> std::result::Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_u64<E>(self, _: u64) -> std::result::Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_f64<E>(self, _: f64) -> std::result::Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_str<E>(self, _: &str) -> std::result::Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_unit<E>(self) -> std::result::Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_seq<A: SeqAccess<'de>>(
        self,
        mut items: A,
    ) -> std::result::Result<Unambiguous, A::Error> {
        while items.next_element::<Unambiguous>()?.is_some() {}
        Ok(Unambiguous)
    }

    fn visit_map<A: MapAccess<'de>>(
        self,
        mut members: A,
    ) -> std::result::Result<Unambiguous, A::Error> {
        let mut seen: HashSet<String> = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if seen.contains(&name) {
                return Err(de::Error::custom(format!("duplicate field `{name}`")));
            }
            seen.insert(name);
            members.next_value::<Unambiguous>()?;
        }
        Ok(Unambiguous)
    }
}

fn wrong(path: &str, error: &serde_json::Error) -> Problem {
    if !error.is_data() {
        let detail = format!("the body is not JSON: {}", cut(&error.to_string()));
        let problem = Problem::bad_request("malformed-json", detail);
        return problem.with("line", error.line()).with("column", error.column());
    }
    let text = error.to_string();
    let message = text.split(" at line ").next().unwrap_or_default();
    // For a member that is missing, unknown or there twice the path ends at its parent.
    let parent = path.trim_matches(['.', '?']);
    let named = ["unknown field `", "missing field `", "duplicate field `"]
        .iter()
        .find_map(|start| message.strip_prefix(start)?.split('`').next());
    let field = match (parent, named) {
        ("", None) => "body".to_owned(),
        ("", Some(name)) => name.to_owned(),
        (parent, Some(name)) if parent == name || parent.ends_with(&format!(".{name}")) => {
            parent.to_owned()
        }
        (parent, Some(name)) => format!("{parent}.{name}"),
        (parent, None) => parent.to_owned(),
    };
    Problem::field(&cut(&field), cut(message))
}

fn cut(text: &str) -> String {
    text.chars().take(MESSAGE_MAX).collect()
}
