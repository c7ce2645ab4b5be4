//! `GET /openapi.json`: the route table as an `OpenAPI` 3.1 document.
//!
//! What follows from a row anyway (the errors of who may, of bodies and of parameters, the
//! headers of pages, versions and idempotency) is written here once and not in the rows:
//! `operation` makes a row an operation, `refusals` knows what it may be refused for, and
//! `finish` completes schemas and `sample` examples, which derived types cannot say.

mod finish;
mod operation;
mod refusals;
mod sample;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::LazyLock;

use axum::http::header;
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::Parameter;
use utoipa::openapi::schema::{ArrayBuilder, Ref, Schema};

use self::refusals::Refusals;
use super::exchange::API_PREFIX;
use super::problem::{DeviceRefusal, Document};
use super::route::{ParamKind, Route};
use super::routes;

/// What the document says about a row beyond its method, path and principal.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a mark of its own on a row")]
pub(super) struct Doc {
    pub(super) id: Option<&'static str>,
    pub(super) summary: &'static str,
    pub(super) about: Option<&'static str>,
    pub(super) tag: Option<&'static str>,
    pub(super) params: Vec<(&'static str, ParamKind, &'static str)>,
    pub(super) query: Vec<fn() -> Vec<Parameter>>,
    pub(super) body: Option<Body>,
    pub(super) example: Option<&'static str>,
    pub(super) answers: Vec<Answer>,
    pub(super) refusals: Vec<(u16, &'static str)>,
    pub(super) idempotent: bool,
    pub(super) versioned: bool,
    pub(super) if_match: bool,
    pub(super) optional_credential: bool,
    pub(super) page_limit: Option<usize>,
    pub(super) page: bool,
    pub(super) deprecated: bool,
}

/// The JSON of a type.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    name: fn() -> Cow<'static, str>,
    schema: fn() -> RefOr<Schema>,
    parts: fn(&mut Vec<(String, RefOr<Schema>)>),
    is_list: bool,
}

impl Shape {
    pub(super) fn of<T: ToSchema>() -> Self {
        Self { name: T::name, schema: T::schema, parts: T::schemas, is_list: false }
    }

    pub(super) fn list_of<T: ToSchema>() -> Self {
        Self { is_list: true, ..Self::of::<T>() }
    }

    fn reference(self) -> Value {
        let item = Ref::from_schema_name((self.name)());
        if self.is_list {
            return value(&Schema::Array(ArrayBuilder::new().items(item).build()));
        }
        value(&item)
    }

    fn collect(self, schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push(((self.name)().into_owned(), (self.schema)()));
        (self.parts)(schemas);
    }
}

/// A request's body.
#[derive(Debug, Clone)]
pub(super) struct Body {
    shape: Option<Shape>,
    media_types: &'static [&'static str],
    is_required: bool,
}

impl Body {
    pub(super) fn json(shape: Shape, is_required: bool) -> Self {
        Self { shape: Some(shape), media_types: &["application/json"], is_required }
    }

    pub(super) fn raw(media_types: &'static [&'static str]) -> Self {
        Self { shape: None, media_types, is_required: true }
    }
}

/// An answer that fulfils the request.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    status: u16,
    media_type: &'static str,
    shape: Option<Shape>,
}

impl Answer {
    pub(super) fn json(status: u16, shape: Shape) -> Self {
        Self { status, media_type: "application/json", shape: Some(shape) }
    }

    pub(super) fn raw(status: u16, media_type: &'static str) -> Self {
        Self { status, media_type, shape: None }
    }
}

/// The parts of the document by which people find their way.
const TAGS: &[(&str, &str)] = &[
    ("sessions", "Sign up, in and out; tokens, tickets, one-time codes and passwords."),
    ("shopper", "What a signed-in person keeps: profile and shopping list."),
    ("users", "Accounts, for admins."),
    ("products", "The catalogue: list, search, scan, edit, bring in and take out."),
    ("devices", "Trolley hardware, for staff and admins."),
    (
        "trolleys",
        "What trolleys say: flat JSON under 256 bytes, errors too. They send their key, or sign \
         each request with it (`deviceSignature`). Their bodies are read liberally: JSON whatever \
         its Content-Type, repaired where small firmware breaks it, forms, numbers as text, uids \
         in any spelling.",
    ),
    ("cart", "Open baskets, checking out, and pairing a phone with a trolley."),
    ("orders", "Orders and receipts."),
    ("promotions", "Offers and when they are on."),
    ("map", "The store map and the shortest walk through it."),
    ("live", "Streams of what changes, as it changes."),
    ("administration", "The appliance itself: setup, settings, books, backups and health."),
    ("docs", "This document and what is made of it."),
];

const LICENSE: &str = env!("CARGO_PKG_LICENSE");

const ABOUT: &str = "\
A smart-cart shop in one box: catalogue, carts, orders, store map and trolleys.

Every route answers below `/api/v1` and at the root; a trailing slash makes no difference. A GET \
route answers HEAD too; another method is 405 `method-not-allowed` with `Allow`, an unknown path \
404 `unknown-route`. Times are RFC 3339 UTC, money is a JSON number in the store's currency, \
lists are bare arrays with `X-Total-Count` and `Link`. Unknown members of a body are 400, but a \
resource's own read-only members are ignored, so that an answer can be edited and sent back; a \
member that is there twice is 400. Unknown query parameters are ignored, unreadable ones 400.

Errors are `application/problem+json` with a stable `code`; `x-codes` of each response lists \
those that can happen there. Trolleys get flat objects instead. Every answer carries \
`X-Request-Id`, which the log names too.";

static DOCUMENT: LazyLock<String> = LazyLock::new(|| document(&routes::table()).to_string());

pub(super) async fn find() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str())
}

/// The document of these routes.
pub fn document(table: &[Route]) -> Value {
    let mut refusals = Refusals::default();
    let mut paths: Map<String, Value> = Map::new();
    for route in table.iter().filter(|route| !route.is_page()) {
        let aliases = route.aliases().iter().enumerate();
        let named = aliases.map(|(index, path)| (*path, Some(index + 1)));
        for (path, alias) in std::iter::once((route.path(), None)).chain(named) {
            let method = route.method().as_str().to_ascii_lowercase();
            let operation = operation::of(route, path, alias, &mut refusals);
            let item = paths.entry(path).or_insert_with(|| json!({}));
            item[method] = operation;
        }
    }
    let named: Map<String, Value> =
        schemas(table).into_iter().map(|(name, schema)| (name, value(&schema))).collect();
    let tags = TAGS.iter().map(|(name, about)| json!({ "name": name, "description": about }));
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Cartwright",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": LICENSE, "identifier": LICENSE },
        },
        "servers": [
            { "url": API_PREFIX, "description": "The address to use" },
            { "url": "/", "description": "The same routes, where older clients know them" },
        ],
        "tags": tags.collect::<Vec<Value>>(),
        "paths": paths,
        "components": {
            "schemas": named,
            "responses": refusals.into_components(),
            "headers": { "RequestId": {
                "description": "The request's number, also in the log.",
                "schema": { "type": "string", "pattern": "^[0-9a-f]{16}$" },
                "example": "5f2c9a01d3e4b687",
            } },
            "securitySchemes": security_schemes(),
        },
    });
    finish::finish(&mut document);
    document
}

/// Every type that the routes name. Two types of one name would hide each other; a test looks.
pub(super) fn schemas(table: &[Route]) -> Vec<(String, RefOr<Schema>)> {
    let mut schemas = Vec::new();
    Shape::of::<Document>().collect(&mut schemas);
    Shape::of::<DeviceRefusal>().collect(&mut schemas);
    for doc in table.iter().filter(|route| !route.is_page()).map(|route| &route.doc) {
        let body = doc.body.iter().filter_map(|body| body.shape);
        let answers = doc.answers.iter().filter_map(|answer| answer.shape);
        body.chain(answers).for_each(|shape| shape.collect(&mut schemas));
    }
    schemas
}

/// How a trolley signs.
const SIGNATURE: &str = "\
For plain HTTP: a trolley signs each request instead of sending its key. It sends `X-Device-Id` \
(its number), `X-Time` (Unix seconds), `X-Nonce` (8 to 32 of `A-Za-z0-9_-`, another one each \
time) and `X-Signature`: the lower-case hexadecimal HMAC-SHA-256 of five lines, joined by one \
line feed each: the method, path and query as sent, `X-Time`, `X-Nonce`, and the lower-case \
hexadecimal SHA-256 of the body (of nothing, without one). The secret is the SHA-256 of the key's \
text, as 32 bytes. While a key is being replaced, either counts. 401 `clock-skew` has `unix`, the \
appliance's time: the trolley takes it and signs anew; a time may lie 300 s back, never before \
the appliance's start, and ahead by no more than a second. 401 `replayed` is for a nonce that was \
used, `bad-signature` for what was not signed so, and `signature-required` for the bare key of a \
trolley that is set to `signed_only`. With the key \
`cwk_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG`, `GET /cart/esp32/cart?offset=5` at 1790000001 \
with the nonce `n0nce-_02` is signed \
`65cca27309d0065b32874e867568703f988aae1ac3232ce4e3afd46ebca6dbea`.";

fn security_schemes() -> Value {
    json!({
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "The access token of POST /auth/login.",
        },
        "cookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": "access_token_cookie",
            "description": "Set by POST /auth/login; over HTTPS it is named \
                            __Host-access_token_cookie. Read only without another credential; \
                            what changes something needs a page of the appliance itself.",
        },
        "deviceKey": {
            "type": "apiKey",
            "in": "header",
            "name": "X-API-Key",
            "description": "A trolley's key, shown once when the device was added; x-device-key \
                            and Authorization are read too.",
        },
        "deviceSignature": {
            "type": "apiKey",
            "in": "header",
            "name": "X-Signature",
            "description": SIGNATURE,
        },
        "ticket": {
            "type": "apiKey",
            "in": "query",
            "name": "ticket",
            "description": "The ticket of POST /auth/ticket, for one live connection.",
        },
    })
}

/// A part of the document in JSON.
fn value(part: &impl serde::Serialize) -> Value {
    serde_json::to_value(part).unwrap_or_default()
}
