//! What goes wrong, in the words of the edge: RFC 9457 problem documents, or the flat objects of
//! the trolleys.
//!
//! A [`Problem`] travels in the extensions of an empty answer and is put into words once, by
//! `render`, where the request's dialect and id are known. Errors that a library answered by
//! itself (a wrong method, a refused upgrade) are caught and worded there too.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header, response};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::app;
use crate::domain::invalid::FieldErrors;
use crate::domain::lcd::ascii;

use super::exchange::{Dialect, Exchange};

/// When to try again after "not now", in seconds.
const RETRY_AFTER_S: u64 = 1;
/// Most bytes of a library's own error text that are passed on.
const FOREIGN_TEXT_MAX_BYTES: usize = 1024;
/// Most characters of a message to a trolley: its parse buffer holds 256 bytes for everything.
const DEVICE_MESSAGE_MAX: usize = 100;
/// Most bytes of a refusal to a trolley: below 256 with its number and `duplicate` behind it.
const DEVICE_REFUSAL_MAX_BYTES: usize = 216;
/// Characters of a line of a trolley's usual display.
pub(super) const LCD_COLUMNS: usize = crate::domain::lcd::COLUMNS;

/// A request that was not fulfilled. Boxed: every handler's result has room for one.
#[derive(Debug, Clone)]
pub struct Problem(Box<Content>);

#[derive(Debug, Clone)]
struct Content {
    status: StatusCode,
    code: &'static str,
    detail: String,
    errors: Vec<WrongField>,
    members: Map<String, Value>,
    retry_after_s: Option<u64>,
    cause: Option<String>,
}

/// One member of the request and what to change about it.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct WrongField {
    /// Where it is, for example `items[2].quantity`.
    field: String,
    /// What is wrong and what would be right.
    message: String,
}

/// The document that a client gets.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct Document {
    /// Always `about:blank`: `code` tells problems apart.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What is wrong and what would be right.
    detail: String,
    /// The same as `detail`.
    message: String,
    /// Stable, kebab-case.
    code: &'static str,
    /// What is wrong member by member.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<WrongField>,
    #[serde(flatten)]
    #[schema(ignore)]
    members: Map<String, Value>,
}

/// The object that a trolley gets.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeviceRefusal {
    /// Always false.
    success: bool,
    /// What is wrong, in ASCII.
    message: String,
    /// Its beginning, as long as a line of the usual display.
    #[serde(rename = "lcdMessage")]
    lcd_message: String,
    /// Stable, kebab-case.
    code: &'static str,
    #[serde(flatten)]
    #[schema(ignore)]
    members: Map<String, Value>,
}

impl Problem {
    /// A problem of this status; `code` is stable kebab-case.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self(Box::new(Content {
            status,
            code,
            detail: detail.into(),
            errors: Vec::new(),
            members: Map::new(),
            retry_after_s: (status == StatusCode::SERVICE_UNAVAILABLE).then_some(RETRY_AFTER_S),
            cause: None,
        }))
    }

    /// 400 as a whole.
    pub fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 400 for one member or parameter.
    pub fn field(field: &str, message: impl std::fmt::Display) -> Self {
        FieldErrors::one(field, message).into()
    }

    /// 404 for something that a path names.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "there is no such thing")
    }

    /// Our fault: the cause goes to the log, never to the client.
    pub fn internal(cause: impl Into<String>) -> Self {
        let detail = "something went wrong on our side";
        let mut problem = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail);
        problem.0.cause = Some(cause.into());
        problem
    }

    /// With one more member.
    #[must_use]
    pub fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.0.members.insert(member.to_owned(), value.into());
        self
    }

    /// With the seconds after which it makes sense to ask again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after_s = Some(seconds);
        self
    }

    /// The status it is answered with.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// What is wrong and what would be right.
    pub(super) fn detail(&self) -> &str {
        &self.0.detail
    }

    /// Its stable code.
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    fn refusal(status: StatusCode, refusal: app::Refusal) -> Self {
        let mut problem = Self::new(status, refusal.code, refusal.detail);
        problem.0.members = refusal.members;
        problem
    }

    /// What a bare status of a library means.
    fn foreign(status: StatusCode, text: String) -> Self {
        let code = match status {
            StatusCode::METHOD_NOT_ALLOWED => "method-not-allowed",
            StatusCode::NOT_FOUND => "not-found",
            StatusCode::UPGRADE_REQUIRED => "upgrade-required",
            StatusCode::PAYLOAD_TOO_LARGE => "body-too-large",
            StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported-media-type",
            status if status.is_server_error() => return Self::internal(text),
            _ => "bad-request",
        };
        let detail = match status {
            StatusCode::METHOD_NOT_ALLOWED => {
                "this route has other methods: the Allow header names them".to_owned()
            }
            _ if text.is_empty() => status.canonical_reason().unwrap_or("refused").to_owned(),
            _ => text,
        };
        Self::new(status, code, detail)
    }

    /// Writes the cause to the log and names the request to the client instead.
    fn log_cause(&mut self, exchange: &Exchange) {
        let Some(cause) = self.0.cause.take() else { return };
        tracing::error!(
            request_id = %exchange.id,
            method = %exchange.method,
            route = exchange.route_name(),
            cause,
            "request failed"
        );
        self.0.detail = format!("{}: the log names request {}", self.0.detail, exchange.id);
    }

    fn document(self) -> Document {
        let content = *self.0;
        Document {
            kind: "about:blank",
            title: content.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: content.status.as_u16(),
            message: content.detail.clone(),
            detail: content.detail,
            code: content.code,
            errors: content.errors,
            members: content.members,
        }
    }

    /// The flat object for a trolley.
    pub(super) fn device_refusal(self) -> DeviceRefusal {
        let content = *self.0;
        let message: String = ascii(&content.detail).chars().take(DEVICE_MESSAGE_MAX).collect();
        // Lists, such as every short line of a checkout, fit no small buffer.
        let is_flat = |value: &Value| !value.is_array() && !value.is_object();
        let members = content.members.into_iter().filter(|(_, value)| is_flat(value)).collect();
        let refusal = DeviceRefusal {
            success: false,
            lcd_message: message.chars().take(LCD_COLUMNS).collect(),
            message,
            code: content.code,
            members,
        };
        refusal.fitted()
    }
}

impl DeviceRefusal {
    /// As long as a small buffer: quotes and backslashes take two bytes each, so it is measured.
    fn fitted(mut self) -> Self {
        while serde_json::to_vec(&self).is_ok_and(|bytes| bytes.len() > DEVICE_REFUSAL_MAX_BYTES) {
            if self.message.len() > LCD_COLUMNS {
                // All ASCII, so bytes are characters.
                self.message.truncate(self.message.len() * 3 / 4);
                continue;
            }
            let length = |(_, value): &(&String, &Value)| value.to_string().len();
            let Some(longest) = self.members.iter().max_by_key(length) else { break };
            let longest = longest.0.clone();
            self.members.remove(&longest);
        }
        self
    }
}

impl From<FieldErrors> for Problem {
    fn from(fields: FieldErrors) -> Self {
        let mut problem = Self::bad_request("invalid", fields.to_string());
        let errors = fields
            .iter()
            .map(|error| WrongField { field: error.field.clone(), message: error.message.clone() });
        problem.0.errors = errors.collect();
        problem
    }
}

impl From<app::Error> for Problem {
    fn from(error: app::Error) -> Self {
        let detail = error.to_string();
        match error {
            app::Error::Invalid(fields) => fields.into(),
            app::Error::BadRequest(refusal) => Self::refusal(StatusCode::BAD_REQUEST, refusal),
            app::Error::Unauthenticated(refusal) => {
                Self::refusal(StatusCode::UNAUTHORIZED, refusal)
            }
            app::Error::Forbidden(refusal) => Self::refusal(StatusCode::FORBIDDEN, refusal),
            app::Error::NotFound(refusal) => Self::refusal(StatusCode::NOT_FOUND, refusal),
            app::Error::Conflict(refusal) => Self::refusal(StatusCode::CONFLICT, refusal),
            app::Error::Unprocessable(refusal) => {
                Self::refusal(StatusCode::UNPROCESSABLE_ENTITY, refusal)
            }
            app::Error::Unavailable(refusal) => {
                Self::refusal(StatusCode::SERVICE_UNAVAILABLE, refusal)
            }
            app::Error::PreconditionFailed(version) => {
                Self::new(StatusCode::PRECONDITION_FAILED, "stale-version", detail)
                    .with("version", version)
            }
            app::Error::TooManyRequests { retry_after_s } => {
                let status = StatusCode::TOO_MANY_REQUESTS;
                let mut problem = Self::new(status, "too-many-attempts", detail);
                problem.0.retry_after_s = Some(retry_after_s);
                problem
            }
            app::Error::Internal(cause) => Self::internal(cause),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// In the extensions of an answer: it belongs to another protocol and is sent as it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verbatim;

/// Words the problem of an answer, if it has one.
pub(super) async fn render(response: Response, exchange: &Exchange) -> Response {
    let (mut parts, body) = response.into_parts();
    let mut problem = match parts.extensions.remove::<Problem>() {
        Some(problem) => problem,
        None if is_unworded(&parts) && parts.extensions.get::<Verbatim>().is_none() => {
            let text = axum::body::to_bytes(body, FOREIGN_TEXT_MAX_BYTES).await;
            let text = text.map(|text| String::from_utf8_lossy(&text).into_owned());
            Problem::foreign(parts.status, text.unwrap_or_default())
        }
        None => return Response::from_parts(parts, body),
    };
    problem.log_cause(exchange);
    parts.status = problem.0.status;
    if let Some(seconds) = problem.0.retry_after_s {
        parts.headers.insert(header::RETRY_AFTER, seconds.into());
    }
    if problem.0.status == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Bearer realm=\"cartwright\"");
        parts.headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
    let (content_type, bytes) = match exchange.dialect {
        Dialect::Problem => ("application/problem+json", serde_json::to_vec(&problem.document())),
        Dialect::Device => ("application/json", serde_json::to_vec(&problem.device_refusal())),
    };
    let bytes = bytes.unwrap_or_default();
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    parts.headers.insert(header::CONTENT_LENGTH, bytes.len().into());
    parts.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let is_head = exchange.method == axum::http::Method::HEAD;
    Response::from_parts(parts, if is_head { Body::empty() } else { Body::from(bytes) })
}

/// Whether an answer is an error of a library in plain text or without any words.
fn is_unworded(parts: &response::Parts) -> bool {
    let kind = parts.headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let is_error = parts.status.is_client_error() || parts.status.is_server_error();
    is_error && kind.is_none_or(|kind| kind.starts_with(b"text/plain"))
}
