//! One row of the route table as one operation of the document.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::http::exchange::DEVICE_PREFIX;
use crate::http::extract::page::LIMIT_MAX;
use crate::http::route::{ParamKind, Route, Who};

use super::refusals::{self, Refusals};
use super::{Answer, Doc, sample, value};

/// The operation at `path`: the route's own, or its n-th alias.
pub(super) fn of(
    route: &Route,
    path: &str,
    alias: Option<usize>,
    refusals: &mut Refusals,
) -> Value {
    let doc = &route.doc;
    let id = operation_id(route);
    let mut operation = json!({
        "operationId": alias.map_or_else(|| id.clone(), |number| format!("{id}Alias{number}")),
        "tags": [doc.tag.unwrap_or_else(|| tag(route.path()))],
        "summary": doc.summary,
        "description": description(route, alias),
        "security": securities(route),
        "responses": responses(route, path, refusals),
        "x-who": who(route.who()),
    });
    if alias.is_some() || doc.deprecated {
        operation["deprecated"] = true.into();
    }
    let parameters: Vec<Value> = path_parameters(doc, path).chain(parameters(route)).collect();
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if doc.body.is_some() {
        operation["requestBody"] = request_body(doc);
    }
    operation
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
    match path.trim_start_matches('/').split('/').next().unwrap_or_default() {
        "auth" => "sessions",
        "user" => "shopper",
        "users" => "users",
        "products" => "products",
        "cart" if path.contains("path") || path.contains("location") => "map",
        "cart" | "carts" | "checkout" => "cart",
        "orders" => "orders",
        "promotions" => "promotions",
        "map" | "misc" => "map",
        "events" => "live",
        "devices" => "devices",
        "docs" | "openapi.json" => "docs",
        _ => "administration",
    }
}

/// Who may, in a word for programs.
fn who(who: Who) -> &'static str {
    match who {
        Who::Anyone => "everybody",
        Who::Shopper => "shopper",
        Who::Staff => "staff",
        Who::Admin => "admin",
        Who::Device => "device",
        Who::ShopperOrDevice => "shopper-or-device",
    }
}

fn description(route: &Route, alias: Option<usize>) -> String {
    let mut text = match route.who() {
        Who::Anyone => "Open to everybody.".to_owned(),
        who => format!("For {who}."),
    };
    if alias.is_some() {
        text = format!("{text} The same as {} {}.", route.method(), route.path());
    }
    if let Some(about) = route.doc.about {
        text = format!("{text} {about}");
    }
    text
}

fn securities(route: &Route) -> Vec<Value> {
    let mut schemes: Vec<Value> = match route.who() {
        Who::Anyone if route.doc.optional_credential => {
            vec![json!({}), json!({ "bearer": [] }), json!({ "cookie": [] })]
        }
        Who::Anyone | Who::Device => Vec::new(),
        Who::Shopper | Who::Staff | Who::Admin => {
            vec![json!({ "bearer": [] }), json!({ "cookie": [] })]
        }
        Who::ShopperOrDevice => vec![json!({ "bearer": [] }), json!({ "cookie": [] })],
    };
    if route.who().admits_devices() {
        schemes.extend([json!({ "deviceKey": [] }), json!({ "deviceSignature": [] })]);
    }
    let takes_tickets = route.meta.live || route.meta.websocket;
    if takes_tickets && route.who() != Who::Anyone && route.who() != Who::Device {
        schemes.push(json!({ "ticket": [] }));
    }
    schemes
}

fn path_parameters<'a>(doc: &'a Doc, path: &'a str) -> impl Iterator<Item = Value> + 'a {
    let segments = path.split('/');
    let names = segments.filter_map(|it| it.strip_prefix('{')?.strip_suffix('}'));
    names.map(|name| {
        let told = doc.params.iter().find(|(known, ..)| *known == name);
        let is_id = name == "id" || name.ends_with("_id");
        let kind = if is_id { ParamKind::Id } else { ParamKind::Text };
        let (kind, about) = told.map_or((kind, ""), |(_, kind, about)| (*kind, *about));
        let schema = match kind {
            ParamKind::Id => json!({ "type": "integer", "format": "int64", "minimum": 1 }),
            ParamKind::Text => json!({ "type": "string", "minLength": 1 }),
        };
        let about = match (about, name) {
            ("", "user_id") => "The shopper's id",
            ("", "item_id") => "The line's id within the cart",
            ("", _) if is_id => "Its id",
            (about, _) => about,
        };
        let mut parameter = json!({
            "name": name,
            "in": "path",
            "required": true,
            "example": path_example(path, name, &schema),
            "schema": schema,
        });
        if !about.is_empty() {
            parameter["description"] = about.into();
        }
        parameter
    })
}

/// An `id` is of what stands before it: rows that the demo store has.
fn path_example(path: &str, name: &str, schema: &Value) -> Value {
    let collection = path.split("/{").next().unwrap_or_default().trim_start_matches('/');
    match (name, collection) {
        ("id", "orders") => json!(62),
        ("id", "products") | ("product_id", _) => json!(9),
        ("id" | "cart", _) => json!(1),
        ("user_id", _) => json!(4),
        ("user", _) => json!("demo"),
        ("code", "products/barcode") => json!("9520074262384"),
        _ => sample::of_member(name, schema),
    }
}

fn parameters(route: &Route) -> Vec<Value> {
    let doc = &route.doc;
    let asked = doc.query.iter().flat_map(|query| query());
    let mut parameters: Vec<Value> = asked.map(|parameter| value(&parameter)).collect();
    for parameter in &mut parameters {
        let name = parameter["name"].as_str().unwrap_or_default().to_owned();
        parameter["allowEmptyValue"] = true.into();
        if parameter["example"].is_null() {
            parameter["example"] = sample::of_member(&name, &parameter["schema"]);
        }
    }
    let mut add = |name: &str, place: &str, about: &str, example: Value, schema: Value| {
        let mut parameter = json!({
            "name": name, "in": place, "required": false, "description": about,
            "example": example, "schema": schema,
        });
        if place == "query" {
            parameter["allowEmptyValue"] = true.into();
        }
        parameters.push(parameter);
    };
    if let Some(default) = doc.page_limit {
        let schema =
            json!({ "type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": default });
        add("limit", "query", "Most items to give.", 20.into(), schema);
        let schema = json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX, "default": 0 });
        add("offset", "query", "Items to leave out at the beginning.", 0.into(), schema);
    }
    if route.meta.websocket && !route.meta.live && route.who() != Who::Device {
        let about = "The ticket of POST /auth/ticket, instead of a header.";
        add("ticket", "query", about, "q0c4bXwZ7nV2".into(), json!({ "type": "string" }));
    }
    if doc.idempotent {
        let about = "Repeating the request with the same key within 24 hours answers again and \
                     does nothing.";
        // A header is trimmed on the way, so that blanks around a key are none of it.
        let schema = json!({
            "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$",
        });
        add("Idempotency-Key", "header", about, "5f0c2b7e-1".into(), schema);
    }
    if doc.if_match {
        let about = "The ETag that was seen: 412 if somebody else changed it meanwhile.";
        let pattern = "^(\\*|(W/)?\"[0-9]{1,18}\"( ?, ?(W/)?\"[0-9]{1,18}\"){0,9}|[0-9]{1,18})$";
        add(
            "If-Match",
            "header",
            about,
            "*".into(),
            json!({ "type": "string", "pattern": pattern }),
        );
    }
    parameters
}

fn request_body(doc: &Doc) -> Value {
    let Some(body) = &doc.body else { return Value::Null };
    let mut content = Map::new();
    for media_type in body.media_types {
        // What is no JSON is described by its media type.
        let schema = match body.shape {
            Some(shape) => Some(shape.reference()),
            None if media_type.starts_with("image/") => {
                Some(json!({ "type": "string", "format": "binary" }))
            }
            None => None,
        };
        let mut media = schema.map_or_else(|| json!({}), |schema| json!({ "schema": schema }));
        // An example of a body that is no JSON is its text.
        if let Some(text) = doc.example {
            let parsed = body.shape.and_then(|_| serde_json::from_str(text).ok());
            media["example"] = parsed.unwrap_or_else(|| text.into());
        }
        content.insert((*media_type).to_owned(), media);
    }
    json!({ "required": body.is_required, "content": content })
}

fn responses(route: &Route, path: &str, refusals: &mut Refusals) -> Map<String, Value> {
    let is_device = path.starts_with(DEVICE_PREFIX);
    let mut responses: Map<String, Value> = Map::new();
    for answer in &route.doc.answers {
        let status = answer.status.to_string();
        let fresh = response(answer, &route.doc, is_device);
        match responses.get_mut(&status) {
            // One status, several kinds of content.
            Some(known) => {
                known["content"][answer.media_type] = fresh["content"][answer.media_type].clone();
            }
            None => drop(responses.insert(status, fresh)),
        }
    }
    for (status, codes) in refusals::codes(route, path) {
        let status_name = status.to_string();
        if let Some(known) = responses.get_mut(&status_name) {
            // A refusal with an answer of its own beside the problem document.
            merge(known, refusals::response(status, is_device, &codes));
        } else {
            responses.insert(status_name, refusals.reference(status, is_device, &codes));
        }
    }
    responses
}

fn merge(known: &mut Value, mut refusal: Value) {
    for part in ["headers", "content"] {
        let more = refusal.get_mut(part).and_then(Value::as_object_mut);
        let known = known.get_mut(part).and_then(Value::as_object_mut);
        let (Some(known), Some(more)) = (known, more) else { continue };
        for (name, more) in std::mem::take(more) {
            match known.get_mut(&name) {
                // Two shapes of one kind of content.
                Some(own) if part == "content" => {
                    let schemas = [own["schema"].take(), more["schema"].clone()];
                    own["schema"] = json!({ "anyOf": schemas });
                    own["example"] = more["example"].clone();
                }
                Some(_) => {}
                None => drop(known.insert(name, more)),
            }
        }
    }
    known["description"] = refusal["description"].take();
    known["x-codes"] = refusal["x-codes"].take();
}

fn response(answer: &Answer, doc: &Doc, is_device: bool) -> Value {
    let status = StatusCode::from_u16(answer.status).unwrap_or_default();
    let mut headers = json!({ "X-Request-Id": { "$ref": "#/components/headers/RequestId" } });
    let mut add = |name: &str, about: &str, required: bool, schema: Value| {
        headers[name] = json!({ "description": about, "required": required, "schema": schema });
    };
    if doc.page_limit.is_some() && answer.shape.is_some_and(|shape| shape.is_list) {
        let count = json!({ "type": "integer", "minimum": 0 });
        add("X-Total-Count", "Items on all pages.", true, count);
        let text = json!({ "type": "string" });
        add("Link", "The next page, as rel=\"next\"; absent on the last one.", false, text);
    }
    if doc.versioned {
        let tag = json!({ "type": "string", "pattern": "^\"[0-9]+\"$" });
        add("ETag", "The version, for If-Match.", true, tag);
    }
    if doc.idempotent {
        let word = json!({ "const": "true" });
        add("Idempotency-Replayed", "For an answer that was given before.", false, word);
    }
    if answer.shape.is_some_and(|shape| (shape.name)() == "TokenAnswer") {
        let about = "Both tokens as cookies, HttpOnly and SameSite=Strict.";
        add("Set-Cookie", about, false, json!({ "type": "string" }));
    }
    if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
        add("Location", "Where to look.", true, json!({ "type": "string" }));
    }
    // Neither has a body, nor a length.
    let is_bodiless = [StatusCode::SWITCHING_PROTOCOLS, StatusCode::NOT_MODIFIED].contains(&status);
    if is_device && !is_bodiless {
        headers["Content-Length"] = content_length();
    }
    let reason = status.canonical_reason().unwrap_or_default();
    let mut response = json!({ "description": reason, "headers": headers });
    if !answer.media_type.is_empty() {
        let schema = match answer.shape {
            Some(shape) => shape.reference(),
            None if is_json(answer.media_type) => json!({ "type": "object" }),
            // Bytes have no schema: their media type says it all.
            None if answer.media_type.starts_with("image/") => json!({}),
            None => json!({ "type": "string" }),
        };
        response["content"] = json!({ answer.media_type: { "schema": schema } });
    }
    response
}

fn is_json(media_type: &str) -> bool {
    media_type == "application/json" || media_type.ends_with("+json")
}

/// The header without which firmware waits for the connection to end.
pub(super) fn content_length() -> Value {
    json!({
        "description": "Always there: answers to trolleys are never chunked.",
        "required": true,
        "schema": { "type": "integer", "minimum": 0 },
    })
}
