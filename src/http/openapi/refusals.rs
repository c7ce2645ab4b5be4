//! What a request can be refused for: the statuses and stable codes of each route.
//!
//! Most follow from the row: who may, what it reads, whether it takes a key or a version. The
//! row itself names only what is its own.

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::http::exchange::DEVICE_PREFIX;
use crate::http::route::{Route, Who};

/// Every status of a refusal, and what it means.
const MEANINGS: &[(u16, &str)] = &[
    (400, "Something in the request is not right: `errors` names it"),
    (401, "Nobody is signed in, or the credential is no longer good"),
    (403, "Signed in, and not allowed"),
    (404, "There is no such thing"),
    (408, "The body came too slowly"),
    (409, "The state of things is against it"),
    (412, "It was changed meanwhile: `version` is the current one"),
    (413, "The body is too large"),
    (414, "The address is too long"),
    (415, "The body is of another kind"),
    (422, "The idempotency key was used for another request"),
    (426, "This needs an upgrade to a WebSocket"),
    (429, "Too many attempts: see Retry-After"),
    (431, "The header is too large"),
    (500, "Something went wrong on our side"),
    (503, "Not now: see Retry-After"),
];

/// The codes of each status of one route, in the order in which they are found out.
pub(super) type Codes = BTreeMap<u16, Vec<&'static str>>;

/// Everything that a request to this route, at this path, can be refused for.
pub(super) fn codes(route: &Route, path: &str) -> Codes {
    let mut found = Found::default();
    found.of_connection(route);
    found.of_reading(route, path);
    found.of_access(route);
    found.of_working(route);
    for (status, codes) in &route.doc.refusals {
        found.add(*status, &codes.split(',').map(str::trim).collect::<Vec<_>>());
    }
    found.0
}

#[derive(Default)]
struct Found(Codes);

impl Found {
    fn add(&mut self, status: u16, codes: &[&'static str]) {
        let known = self.0.entry(status).or_default();
        for code in codes {
            if !known.contains(code) {
                known.push(code);
            }
        }
    }

    /// What is refused before or at routing, whatever the route.
    fn of_connection(&mut self, route: &Route) {
        self.add(400, &["malformed-request"]);
        self.add(414, &["uri-too-long"]);
        self.add(431, &["header-too-large"]);
        self.add(503, &["too-many-connections"]);
        if route.path() != "/health" {
            self.add(429, &["rate-limited"]);
        }
    }

    /// What body, parameters and headers can be wrong in.
    fn of_reading(&mut self, route: &Route, path: &str) {
        let doc = &route.doc;
        let is_device = path.starts_with(DEVICE_PREFIX);
        let asks = !doc.query.is_empty() || doc.page_limit.is_some();
        let reads = doc.body.is_some() || doc.idempotent;
        if asks || reads || doc.if_match {
            self.add(400, &["invalid"]);
        }
        if let Some(body) = &doc.body {
            if body.shape.is_some() {
                self.add(400, &["malformed-json"]);
                if body.is_required && !is_device {
                    self.add(400, &["body-required"]);
                }
                if !is_device {
                    self.add(415, &["unsupported-media-type"]);
                }
            }
            self.add(413, &["body-too-large"]);
        }
        if reads {
            self.add(400, &["incomplete-body"]);
            self.add(413, &["body-too-large"]);
            self.add(408, &["body-too-slow"]);
            self.add(503, &["too-many-large-bodies"]);
        }
        if path.contains('{') {
            self.add(404, &["not-found"]);
        }
    }

    /// Who may not.
    fn of_access(&mut self, route: &Route) {
        if route.who() == Who::Anyone {
            return;
        }
        // A trolley's route takes tokens for what they are, and its key is known everywhere.
        let codes = ["unauthenticated", "invalid-token", "session-ended", "unknown-device-key"];
        self.add(401, &codes);
        self.add(401, &["signature-required"]);
        if route.who().admits_devices() {
            self.add(401, &["clock-skew", "bad-signature", "replayed"]);
        }
        self.add(400, &["conflicting-credentials"]);
        self.add(403, &["forbidden"]);
        if (route.meta.live || route.meta.websocket) && route.who() != Who::Device {
            self.add(401, &["invalid-ticket"]);
        }
        if route.who() != Who::Device && (route.meta.live || *route.method() != Method::GET) {
            self.add(403, &["bad-origin"]);
        }
    }

    /// What the appliance itself can be hindered by.
    fn of_working(&mut self, route: &Route) {
        let doc = &route.doc;
        if doc.idempotent {
            self.add(422, &["idempotency-key-reused"]);
        }
        if doc.if_match {
            self.add(412, &["stale-version"]);
        }
        self.add(500, &["internal"]);
        self.add(503, &["busy", "database-unavailable"]);
        if *route.method() != Method::GET {
            self.add(503, &["outcome-unknown"]);
        }
        if !route.meta.unbounded {
            self.add(503, &["timed-out"]);
        }
    }
}

/// The refusals of all routes; alike ones are written once, as components.
#[derive(Debug, Default)]
pub(super) struct Refusals(Map<String, Value>);

impl Refusals {
    /// The response of this status and these codes, as a reference to its component.
    pub(super) fn reference(&mut self, status: u16, is_device: bool, codes: &[&str]) -> Value {
        let kind = if is_device { "DeviceRefusal" } else { "Problem" };
        let name = format!("{kind}{status}.{}", codes.join("."));
        let reference = json!({ "$ref": format!("#/components/responses/{name}") });
        self.0.entry(name).or_insert_with(|| response(status, is_device, codes));
        reference
    }

    pub(super) fn into_components(self) -> Map<String, Value> {
        self.0
    }
}

/// The response of this status and these codes.
pub(super) fn response(status: u16, is_device: bool, codes: &[&str]) -> Value {
    let meaning = MEANINGS.iter().find(|(known, _)| *known == status).map_or("", |(_, it)| *it);
    let listed: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
    let (media_type, shape) = if is_device {
        ("application/json", "DeviceRefusal")
    } else {
        ("application/problem+json", "Problem")
    };
    let mut headers = json!({ "X-Request-Id": { "$ref": "#/components/headers/RequestId" } });
    if status == 401 {
        headers["WWW-Authenticate"] = json!({
            "description": "How to sign in.", "required": true, "schema": { "type": "string" },
        });
    }
    if matches!(status, 429 | 503) {
        headers["Retry-After"] = json!({
            "description": "Seconds to wait.",
            "required": true,
            "schema": { "type": "integer", "minimum": 1 },
        });
    }
    if is_device {
        headers["Content-Length"] = super::operation::content_length();
    }
    let schema = json!({ "$ref": format!("#/components/schemas/{shape}") });
    json!({
        "description": format!("{meaning}. Codes: {}.", listed.join(", ")),
        "headers": headers,
        "content": {
            media_type: { "schema": schema, "example": example(status, is_device, codes) },
        },
        "x-codes": codes,
    })
}

fn example(status: u16, is_device: bool, codes: &[&str]) -> Value {
    let code = codes.first().copied().unwrap_or_default();
    if is_device {
        let message = if code == "invalid" { "barcode: is required" } else { "not possible" };
        let lcd: String = message.chars().take(16).collect();
        return json!({ "success": false, "message": message, "lcdMessage": lcd, "code": code });
    }
    let title = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let detail = match code {
        "invalid" => "quantity: a quantity is a whole number from 1 to 999".to_owned(),
        "unauthenticated" => "sign in first: a Bearer token or the cookie is needed".to_owned(),
        code => code.replace('-', " "),
    };
    let mut problem = json!({
        "type": "about:blank",
        "title": title.unwrap_or("Error"),
        "status": status,
        "detail": detail,
        "message": detail,
        "code": code,
    });
    if code == "invalid" {
        problem["errors"] = json!([
            { "field": "quantity", "message": "a quantity is a whole number from 1 to 999" },
        ]);
    }
    if code == "stale-version" {
        problem["version"] = 4.into();
    }
    problem
}
