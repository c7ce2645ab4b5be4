//! One caller of the API: its credential goes with each request.

use axum::body::{Body, BodyDataStream, HttpBody};
use axum::http::{HeaderMap, Request};
use cartwright::http::Service;
use serde_json::Value;
use tower::ServiceExt;

/// A caller.
#[derive(Clone)]
pub(crate) struct Client {
    service: Service,
    headers: Vec<(String, String)>,
    /// The account's or trolley's id.
    pub(crate) id: u64,
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) bytes: Vec<u8>,
    /// The JSON, or null for anything else.
    pub(crate) body: Value,
    /// Whether the length is known before the body is sent, so that nothing is chunked.
    pub(crate) has_length: bool,
}

impl Client {
    pub(super) fn new(service: Service) -> Self {
        Self { service, headers: Vec::new(), id: 0 }
    }

    pub(super) fn acting_as(mut self, id: u64) -> Self {
        self.id = id;
        self
    }

    /// The same caller with one more header on each request.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        other.headers.push((name.to_owned(), value.to_owned()));
        other
    }

    /// What it sends as this header, or an empty text.
    pub(crate) fn sends(&self, name: &str) -> &str {
        self.headers.iter().find(|(sent, _)| sent == name).map_or("", |(_, value)| value)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "").await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, body.to_string()).await
    }

    /// A POST that can run beside others.
    pub(crate) async fn post_owned(self, path: &str, body: Value) -> Answer {
        self.post(path, body).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.send("PUT", path, body.to_string()).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send("PATCH", path, body.to_string()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, "").await
    }

    /// A request with the body as it is; an empty one has no Content-Type.
    pub(crate) async fn send(&self, method: &str, path: &str, body: impl Into<Vec<u8>>) -> Answer {
        let answer = self.open(method, path, body.into()).await;
        let (parts, body) = answer.into_parts();
        let has_length = body.size_hint().exact().is_some();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        let (status, headers, bytes) = (parts.status.as_u16(), parts.headers, bytes.to_vec());
        Answer { status, headers, text, bytes, body, has_length }
    }

    /// The status of an answer whose body may never end, and the code of a refusal.
    pub(crate) async fn outcome(&self, method: &str, path: &str) -> (u16, String) {
        self.outcome_of(method, path, "").await
    }

    /// The same for a request with a body.
    pub(crate) async fn outcome_of(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let (parts, body) =
            self.open(method, path, body.to_owned().into_bytes()).await.into_parts();
        let status = parts.status.as_u16();
        if status < 400 {
            return (status, String::new());
        }
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        (status, body["code"].as_str().unwrap_or_default().to_owned())
    }

    /// An answer that goes on until one side ends it.
    pub(crate) async fn stream(&self, path: &str) -> BodyDataStream {
        let answer = self.open("GET", path, Vec::new()).await;
        assert_eq!(answer.status(), 200);
        answer.into_body().into_data_stream()
    }

    async fn open(&self, method: &str, path: &str, body: Vec<u8>) -> axum::response::Response {
        let mut request = Request::builder().method(method).uri(path).header("host", "shop.local");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let has_kind = self.headers.iter().any(|(name, _)| name == "content-type");
        if !body.is_empty() && !has_kind {
            request = request.header("content-type", "application/json");
        }
        self.service.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap()
    }
}

impl Answer {
    /// The JSON of an answer that must have this status.
    #[track_caller]
    pub(crate) fn ok(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.body
    }

    /// Checks a refusal: its status, its code and, outside the trolleys' dialect, its shape.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) -> Value {
        assert_eq!(
            (self.status, self.body["code"].as_str()),
            (status, Some(code)),
            "{}",
            self.text
        );
        if self.header("content-type") == "application/problem+json" {
            assert_eq!(self.body["status"], status, "{}", self.text);
            assert_eq!(self.body["message"], self.body["detail"], "{}", self.text);
            assert!(self.body["title"].is_string() && self.body["type"].is_string());
        } else {
            assert_eq!(self.header("content-type"), "application/json");
            assert_eq!(self.body["success"], false, "{}", self.text);
        }
        self.body
    }

    /// Checks a 400 that names this member.
    #[track_caller]
    pub(crate) fn names(self, field: &str) {
        let body = self.refused(400, "invalid");
        let fields = body["errors"].as_array().unwrap();
        assert!(fields.iter().any(|error| error["field"] == field), "{field}: {body}");
    }

    /// A header, or an empty text.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}
