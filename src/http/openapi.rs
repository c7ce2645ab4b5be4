//! `GET /openapi.json`: the route table as an `OpenAPI` 3.1 document.
//!
//! What follows from a row anyway (the errors of who may, of bodies and of parameters, the
//! headers of pages, versions and idempotency) is written here once and not in the rows.

mod operation;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::http::header;
use axum::response::IntoResponse;
use utoipa::ToSchema;
use utoipa::openapi::path::{Parameter, PathItem, Paths};
use utoipa::openapi::schema::{ArrayBuilder, Components, Ref, Schema};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, ResponseBuilder};
use utoipa::openapi::{License, RefOr, ServerBuilder};

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

    fn reference(self) -> RefOr<Schema> {
        let item = Ref::from_schema_name((self.name)());
        if self.is_list {
            return Schema::Array(ArrayBuilder::new().items(item).build()).into();
        }
        item.into()
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

static DOCUMENT: LazyLock<String> =
    LazyLock::new(|| document(&routes::table()).to_json().unwrap_or_default());

pub(super) async fn find() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str())
}

/// The document of these routes.
pub fn document(table: &[Route]) -> OpenApi {
    let mut paths: BTreeMap<String, PathItem> = BTreeMap::new();
    for route in table.iter().filter(|route| !route.is_page()) {
        let aliases = route.aliases().iter().enumerate();
        let named = aliases.map(|(index, path)| (*path, Some(index + 1)));
        for (path, alias) in std::iter::once((route.path(), None)).chain(named) {
            let item = PathItem::new(operation::method(route), operation::of(route, path, alias));
            match paths.get_mut(path) {
                Some(known) => known.merge_operations(item),
                None => drop(paths.insert(path.to_owned(), item)),
            }
        }
    }
    let mut all = Paths::new();
    all.paths.extend(paths);
    let about = "A smart-cart shop in one box: catalogue, carts, orders, store map and trolleys. \
                 Every route answers below /api/v1 and at the root; a trailing slash makes no \
                 difference. Errors are problem documents with a stable `code`; those for \
                 trolleys are flat objects.";
    let info = InfoBuilder::new()
        .title("Cartwright")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(about))
        .license(Some(License::new(env!("CARGO_PKG_LICENSE"))))
        .build();
    let servers = [API_PREFIX, "/"].map(|url| ServerBuilder::new().url(url).build());
    OpenApiBuilder::new()
        .info(info)
        .servers(Some(servers))
        .paths(all)
        .components(Some(components(table)))
        .build()
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

fn components(table: &[Route]) -> Components {
    let mut components = Components::new();
    components.schemas.extend(schemas(table));
    for (status, about) in operation::REFUSALS {
        for (is_device, media_type, shape) in [
            (false, "application/problem+json", Shape::of::<Document>()),
            (true, "application/json", Shape::of::<DeviceRefusal>()),
        ] {
            let content = ContentBuilder::new().schema(Some(shape.reference())).build();
            let response =
                ResponseBuilder::new().description(*about).content(media_type, content).build();
            let name = operation::refusal_name(*status, is_device);
            components.responses.insert(name, response.into());
        }
    }
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("The access token of POST /auth/login."))
        .build();
    let cookie = ApiKeyValue::with_description(
        "access_token_cookie",
        "Set by POST /auth/login; over HTTPS it is named __Host-access_token_cookie.",
    );
    let device = ApiKeyValue::with_description(
        "X-API-Key",
        "A trolley's key, shown once when the device was added; x-device-key and Authorization \
         are read too.",
    );
    let schemes = [
        ("bearer", SecurityScheme::Http(bearer)),
        ("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie))),
        ("deviceKey", SecurityScheme::ApiKey(ApiKey::Header(device))),
    ];
    for (name, scheme) in schemes {
        components.security_schemes.insert(name.to_owned(), scheme.into());
    }
    components
}
