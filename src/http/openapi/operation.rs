//! One row of the route table as one operation of the document.

use axum::http::{Method, StatusCode};
use serde_json::Value;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{
    HttpMethod, Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{ContentBuilder, Deprecated, Ref, RefOr, Required, Response};
use utoipa::openapi::{Responses, response::ResponseBuilder};

use crate::http::exchange::DEVICE_PREFIX;
use crate::http::extract::page::LIMIT_MAX;
use crate::http::route::{ParamKind, Route, Who};

use super::{Answer, Body, Doc};

/// Every status of a refusal, and what it means.
pub(super) const REFUSALS: &[(u16, &str)] = &[
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
    (426, "The route is a WebSocket: ask for an upgrade"),
    (429, "Too many attempts: see Retry-After"),
    (431, "The header is too large"),
    (500, "Something went wrong on our side"),
    (503, "Not now: see Retry-After"),
];

/// The name of a shared refusal.
pub(super) fn refusal_name(status: u16, is_device: bool) -> String {
    format!("{}{status}", if is_device { "DeviceRefusal" } else { "Problem" })
}

/// The method in the document's terms.
pub(super) fn method(route: &Route) -> HttpMethod {
    match *route.method() {
        Method::POST => HttpMethod::Post,
        Method::PUT => HttpMethod::Put,
        Method::PATCH => HttpMethod::Patch,
        Method::DELETE => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

/// The operation at `path`: the route's own, or its n-th alias.
pub(super) fn of(route: &Route, path: &str, alias: Option<usize>) -> Operation {
    let doc = &route.doc;
    let id = operation_id(route);
    let is_device = path.starts_with(DEVICE_PREFIX);
    let mut operation = OperationBuilder::new()
        .operation_id(Some(alias.map_or_else(|| id.clone(), |number| format!("{id}Alias{number}"))))
        .tag(doc.tag.unwrap_or_else(|| tag(route.path())))
        .summary((!doc.summary.is_empty()).then_some(doc.summary))
        .description(Some(description(route, alias)))
        .securities(Some(securities(route.who())));
    if alias.is_some() || doc.deprecated {
        operation = operation.deprecated(Some(Deprecated::True));
    }
    for parameter in path_parameters(doc, path).chain(parameters(route)) {
        operation = operation.parameter(parameter);
    }
    if let Some(body) = &doc.body {
        operation = operation.request_body(Some(request_body(body, doc.example)));
    }
    let has_params = path.contains('{');
    operation.responses(responses(route, is_device, has_params)).build()
}

/// `GET /cart/{user_id}` is `getCartByUserId` unless the row names it.
fn operation_id(route: &Route) -> String {
    if let Some(id) = route.doc.id {
        return id.to_owned();
    }
    let mut id = route.method().as_str().to_ascii_lowercase();
    for segment in route.path().split('/').filter(|segment| !segment.is_empty()) {
        if segment.starts_with('{') {
            id.push_str("By");
        }
        let words = segment.split(|c: char| !c.is_ascii_alphanumeric());
        for word in words.filter(|word| !word.is_empty()) {
            let (first, rest) = word.split_at(1);
            id.push_str(&first.to_ascii_uppercase());
            id.push_str(rest);
        }
    }
    id
}

fn tag(path: &'static str) -> &'static str {
    if path.starts_with(DEVICE_PREFIX) {
        return "trolleys";
    }
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    if first.is_empty() { "appliance" } else { first }
}

fn description(route: &Route, alias: Option<usize>) -> String {
    let who = match route.who() {
        Who::Anyone => "Open to everybody.".to_owned(),
        who => format!("For {who}."),
    };
    let mut text = who;
    if alias.is_some() {
        text = format!("{text} The same as {} {}.", route.method(), route.path());
    }
    if let Some(about) = route.doc.about {
        text = format!("{text} {about}");
    }
    for (status, codes) in &route.doc.refusals {
        text = format!("{text} {status}: {codes}.");
    }
    text
}

fn securities(who: Who) -> Vec<SecurityRequirement> {
    let schemes: &[&str] = match who {
        Who::Anyone => &[],
        Who::Shopper | Who::Staff | Who::Admin => &["bearer", "cookie"],
        Who::Device => &["deviceKey"],
        Who::ShopperOrDevice => &["bearer", "cookie", "deviceKey"],
    };
    schemes.iter().map(|name| SecurityRequirement::new(*name, Vec::<String>::new())).collect()
}

fn path_parameters<'a>(doc: &'a Doc, path: &'a str) -> impl Iterator<Item = Parameter> + 'a {
    let segments = path.split('/');
    let names = segments.filter_map(|it| it.strip_prefix('{')?.strip_suffix('}'));
    names.map(|name| {
        let told = doc.params.iter().find(|(known, ..)| *known == name);
        let is_id = name == "id" || name.ends_with("_id");
        let kind = if is_id { ParamKind::Id } else { ParamKind::Text };
        let (kind, about) = told.map_or((kind, ""), |(_, kind, about)| (*kind, *about));
        let schema = match kind {
            ParamKind::Id => integer(Some(1), None),
            ParamKind::Text => text(),
        };
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .description((!about.is_empty()).then_some(about))
            .schema(Some(schema))
            .build()
    })
}

fn parameters(route: &Route) -> Vec<Parameter> {
    let doc = &route.doc;
    let mut parameters: Vec<Parameter> = doc.query.iter().flat_map(|query| query()).collect();
    let mut add = |name: &str, place, about: &str, schema: Schema| {
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(place)
            .required(Required::False)
            .description(Some(about))
            .schema(Some(schema));
        parameters.push(parameter.build());
    };
    if let Some(default) = doc.page_limit {
        let about = format!("Most items to give; {default} by default.");
        add("limit", ParameterIn::Query, &about, integer(Some(1), Some(LIMIT_MAX)));
        let offset = integer(Some(0), usize::try_from(u32::MAX).ok());
        add("offset", ParameterIn::Query, "Items to leave out at the beginning.", offset);
    }
    if route.meta.live || route.meta.websocket {
        let about = "The ticket of POST /auth/ticket, instead of a header.";
        add("ticket", ParameterIn::Query, about, text());
    }
    if doc.idempotent {
        let about = "Repeating the request with the same key answers again and does nothing.";
        let key = ObjectBuilder::new().schema_type(Type::String);
        let key = key.min_length(Some(1)).max_length(Some(255)).pattern(Some("^[ -~]+$"));
        add("Idempotency-Key", ParameterIn::Header, about, Schema::Object(key.build()));
    }
    if doc.if_match {
        let about = "The ETag that was seen: 412 if somebody else changed it meanwhile.";
        let tag = ObjectBuilder::new().schema_type(Type::String);
        let tag = tag.pattern(Some("^(\\*|(W/)?\"[0-9]{1,18}\"|[0-9]{1,18})$"));
        add("If-Match", ParameterIn::Header, about, Schema::Object(tag.build()));
    }
    parameters
}

fn integer(minimum: Option<usize>, maximum: Option<usize>) -> Schema {
    let object = ObjectBuilder::new().schema_type(Type::Integer);
    Schema::Object(object.minimum(minimum).maximum(maximum).build())
}

fn text() -> Schema {
    Schema::Object(ObjectBuilder::new().schema_type(Type::String).build())
}

fn request_body(
    body: &Body,
    example: Option<&'static str>,
) -> utoipa::openapi::request_body::RequestBody {
    let required = if body.is_required { Required::True } else { Required::False };
    let mut built = RequestBodyBuilder::new().required(Some(required));
    let example: Option<Value> = example.and_then(|json| serde_json::from_str(json).ok());
    for media_type in body.media_types {
        let schema = body.shape.map(super::Shape::reference);
        let content = ContentBuilder::new().schema(schema).example(example.clone()).build();
        built = built.content(*media_type, content);
    }
    built.build()
}

fn responses(route: &Route, is_device: bool, has_params: bool) -> Responses {
    let mut responses = Responses::new();
    for answer in &route.doc.answers {
        let response = response(answer, &route.doc);
        responses.responses.insert(answer.status.to_string(), RefOr::T(response));
    }
    for status in refusals(route, has_params) {
        let reference = Ref::from_response_name(refusal_name(status, is_device));
        responses.responses.entry(status.to_string()).or_insert(RefOr::Ref(reference));
    }
    responses
}

fn response(answer: &Answer, doc: &Doc) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or_default();
    let mut built =
        ResponseBuilder::new().description(status.canonical_reason().unwrap_or_default());
    if !answer.media_type.is_empty() {
        let schema = answer.shape.map(super::Shape::reference);
        built = built.content(answer.media_type, ContentBuilder::new().schema(schema).build());
    }
    let mut headers: Vec<(&str, &str, Schema)> = Vec::new();
    if doc.page_limit.is_some() {
        headers.push(("X-Total-Count", "Items on all pages.", integer(Some(0), None)));
        headers.push(("Link", "The next page, as rel=\"next\".", text()));
    }
    if doc.versioned {
        headers.push(("ETag", "The version, for If-Match.", text()));
    }
    if doc.idempotent {
        headers.push(("Idempotency-Replayed", "`true` for an answer given before.", text()));
    }
    for (name, about, schema) in headers {
        built = built.header(name, header(about, schema));
    }
    built.build()
}

fn header(about: &str, schema: Schema) -> Header {
    HeaderBuilder::new().description(Some(about)).schema(Some(schema)).build()
}

/// Every refusal that a request to this route can meet.
fn refusals(route: &Route, has_params: bool) -> Vec<u16> {
    let doc = &route.doc;
    let asks = !doc.query.is_empty() || doc.page_limit.is_some() || route.meta.live;
    let has_input = doc.body.is_some() || asks || doc.idempotent || doc.if_match;
    let is_restricted = route.who() != Who::Anyone;
    let mut statuses = vec![414, 429, 431, 500, 503];
    let mut when = |condition: bool, more: &[u16]| {
        if condition {
            statuses.extend_from_slice(more);
        }
    };
    when(has_input || is_restricted, &[400]);
    when(is_restricted, &[401, 403]);
    when(has_params, &[404]);
    when(doc.body.is_some(), &[408, 413, 415]);
    when(doc.idempotent, &[408, 409, 413, 422]);
    when(doc.if_match, &[412]);
    statuses.extend(doc.refusals.iter().map(|(status, _)| *status));
    statuses
}
