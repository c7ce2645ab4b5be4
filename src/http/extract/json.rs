//! JSON in and out.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::http::exchange::text;
use crate::http::{Problem, Result, State};

use super::read::read;

/// Most characters of a parser's message, which may quote the request.
const MESSAGE_MAX: usize = 300;

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
        match serde_json::to_vec(&self.0) {
            Ok(content) => {
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
    if let Some(kind) = text(&parts.headers, header::CONTENT_TYPE.as_str())
        && !is_json(kind)
    {
        let detail = format!("the body has to be application/json, not {kind}");
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(Problem::new(status, "unsupported-media-type", cut(&detail)));
    }
    // A derived reader takes a list for a struct, member by member.
    if body.trim_ascii_start().starts_with(b"[") {
        return Err(Problem::field("body", "is a JSON object, not a list"));
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
    Ok(value)
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
