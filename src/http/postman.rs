//! `GET /docs/postman.json`: the API document as a Postman collection (format 2.1).
//!
//! It is made from the document alone. Requests stand in an order in which they work on the demo
//! store: what a request makes (an account, a device, a product) is kept in a variable, and what
//! changes or removes things is aimed at that and not at what was there before.

use std::sync::LazyLock;

use axum::http::header;
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};

use super::{openapi, routes};

const SCHEMA: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";

const ABOUT: &str = "\
Set `BASE_URL`, `TOKEN_ADMIN` and `TOKEN_USER`: `cartwright user token --username NAME` prints a \
token. Everything else is filled in by the answers: run the collection from top to bottom on a \
demo store (`cartwright demo`) and each request finds what it needs. Streams and WebSockets are \
left out.";

/// The variables that the reader sets, and those that answers fill in.
const VARIABLES: [(&str, &str); 7] = [
    ("BASE_URL", "http://127.0.0.1:8080"),
    ("TOKEN_ADMIN", ""),
    ("TOKEN_USER", ""),
    ("TOKEN_NEW", ""),
    ("REFRESH_TOKEN", ""),
    ("DEVICE_KEY", ""),
    ("CART_CODE", ""),
];

/// Members of answers that later requests need, and the variable that keeps each.
const KEPT: [(&str, &str); 4] = [
    ("access_token", "TOKEN_NEW"),
    ("refresh_token", "REFRESH_TOKEN"),
    ("cart_code", "CART_CODE"),
    ("key", "DEVICE_KEY"),
];

/// What ends the session or the account that asks: done with the account that signed up.
const ENDING: [(&str, &str); 4] = [
    ("post", "/auth/change-password"),
    ("delete", "/auth/sessions"),
    ("delete", "/auth/sessions/{id}"),
    ("delete", "/user/profile"),
];

/// Methods in the order in which a thing lives.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The folder of what older clients use.
const OLDER: &str = "older names";

static COLLECTION: LazyLock<String> =
    LazyLock::new(|| collection(&openapi::document(&routes::table())).to_string());

pub(super) async fn find() -> impl IntoResponse {
    let name = "attachment; filename=\"cartwright.postman_collection.json\"";
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CONTENT_DISPOSITION, name)];
    (headers, COLLECTION.as_str())
}

/// One operation of the document.
struct Operation<'a> {
    document: &'a Value,
    path: &'a str,
    method: &'static str,
    content: &'a Value,
}

/// The collection of a document.
pub fn collection(document: &Value) -> Value {
    let mut operations = operations(document);
    operations.sort_by_key(Operation::rank);
    let tags = document["tags"].as_array().into_iter().flatten();
    let mut folders: Vec<Value> = tags
        .filter_map(|tag| folder(tag["name"].as_str()?, &tag["description"], &operations))
        .collect();
    folders.extend(folder(OLDER, &"What older clients call it.".into(), &operations));
    let mut variables: Vec<Value> =
        VARIABLES.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
    for operation in &operations {
        if let Some((variable, name)) = operation.made_by() {
            let value = text(&operation.parameter(&name)["example"]);
            if !variables.iter().any(|known| known["key"] == variable) {
                variables.push(json!({ "key": variable, "value": value }));
            }
        }
    }
    json!({
        "info": {
            "name": document["info"]["title"],
            "description": ABOUT,
            "version": document["info"]["version"],
            "schema": SCHEMA,
        },
        "variable": variables,
        "event": [script(&keep_script())],
        "item": folders,
    })
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let each = paths.flat_map(|(path, item)| {
        METHODS.into_iter().filter_map(move |method| {
            Some(Operation { document, path, method, content: item.get(method)? })
        })
    });
    each.filter(|operation| !operation.is_stream()).collect()
}

fn folder(name: &str, about: &Value, operations: &[Operation<'_>]) -> Option<Value> {
    let items: Vec<Value> =
        operations.iter().filter(|it| it.folder() == name).map(Operation::item).collect();
    (!items.is_empty()).then(|| json!({ "name": name, "description": about, "item": items }))
}

impl<'a> Operation<'a> {
    fn folder(&self) -> &'a str {
        if self.content["deprecated"] == true {
            return OLDER;
        }
        self.content["tags"][0].as_str().unwrap_or_default()
    }

    /// Accounts are made first; what takes away comes last.
    fn rank(&self) -> u8 {
        match (self.method, self.path) {
            (_, "/auth/signup") => 0,
            (_, "/auth/login") => 1,
            (_, "/auth/change-password") => 3,
            (_, path) if path.ends_with("/logout") => 6,
            ("delete", "/auth/sessions") => 5,
            ("delete", _) => 4,
            _ => 2,
        }
    }

    /// Whether the answer goes on without end.
    fn is_stream(&self) -> bool {
        let responses = &self.content["responses"];
        (responses.get("101").is_some() && responses.get("200").is_none())
            || responses["200"]["content"].get("text/event-stream").is_some()
    }

    fn parameters(&self) -> impl Iterator<Item = &'a Value> {
        self.content["parameters"].as_array().into_iter().flatten()
    }

    fn parameter(&self, name: &str) -> &'a Value {
        self.parameters().find(|it| it["name"] == name).unwrap_or(&Value::Null)
    }

    /// For `PATCH /products/{id}`: the variable with the product that `POST /products` made, and
    /// the parameter's name.
    fn made_by(&self) -> Option<(String, String)> {
        let (collection, rest) = self.path.split_once("/{")?;
        let name = rest.split('}').next()?;
        let makes = self.document["paths"][collection]["post"]["responses"].get("201").is_some();
        // The new trolley is needed by what comes later: an old one is revoked instead.
        let spared = (self.method, self.path) == ("delete", "/devices/{id}");
        let changes = self.method != "get" && !spared && self.folder() != OLDER;
        (makes && changes).then(|| (id_variable(collection), name.to_owned()))
    }

    fn item(&self) -> Value {
        let mut request = json!({
            "method": self.method.to_ascii_uppercase(),
            "auth": self.auth(),
            "url": self.url(),
            "description": self.content["description"],
        });
        let mut headers: Vec<Value> =
            self.parameters().filter(|it| it["in"] == "header").map(optional).collect();
        if let Some((media_type, body)) = self.body() {
            headers.push(json!({ "key": "Content-Type", "value": media_type }));
            let language = if media_type.ends_with("json") { "json" } else { "text" };
            let options = json!({ "raw": { "language": language } });
            request["body"] = if media_type.starts_with("image/") {
                json!({ "mode": "file", "file": {} })
            } else {
                json!({ "mode": "raw", "raw": body, "options": options })
            };
        }
        request["header"] = headers.into();
        json!({
            "name": self.content["summary"],
            "request": request,
            "response": [],
            "event": [script(&self.check_script())],
        })
    }

    fn auth(&self) -> Value {
        let bearer = |variable: &str| {
            let token = format!("{{{{{variable}}}}}");
            let entry = json!({ "key": "token", "value": token, "type": "string" });
            json!({ "type": "bearer", "bearer": [entry] })
        };
        if ENDING.contains(&(self.method, self.path)) {
            return bearer("TOKEN_NEW");
        }
        let takes = |scheme: &str| {
            let schemes = self.content["security"].as_array().into_iter().flatten();
            schemes.into_iter().any(|it| it.get(scheme).is_some())
        };
        match self.content["x-who"].as_str().unwrap_or_default() {
            "staff" | "admin" => bearer("TOKEN_ADMIN"),
            "shopper" | "shopper-or-device" => bearer("TOKEN_USER"),
            "device" => json!({ "type": "apikey", "apikey": [
                { "key": "key", "value": "X-API-Key", "type": "string" },
                { "key": "value", "value": "{{DEVICE_KEY}}", "type": "string" },
                { "key": "in", "value": "header", "type": "string" },
            ] }),
            // Open to everybody, but about who asks.
            _ if takes("bearer") && self.method == "get" => bearer("TOKEN_USER"),
            _ => json!({ "type": "noauth" }),
        }
    }

    fn url(&self) -> Value {
        let in_place = |place: &'static str| self.parameters().filter(move |it| it["in"] == place);
        let query: Vec<Value> = in_place("query").map(optional).collect();
        let made = self.made_by();
        let variables: Vec<Value> = in_place("path")
            .map(|it| {
                let name = text(&it["name"]);
                let value = match &made {
                    Some((variable, made)) if *made == name => format!("{{{{{variable}}}}}"),
                    _ => text(&it["example"]),
                };
                json!({ "key": name, "value": value, "description": it["description"] })
            })
            .collect();
        let segments = self.path.split('/').filter(|segment| !segment.is_empty());
        let segments: Vec<String> = segments
            .map(|segment| match segment.strip_prefix('{').and_then(|it| it.strip_suffix('}')) {
                Some(name) => format!(":{name}"),
                None => segment.to_owned(),
            })
            .collect();
        let required = query.iter().filter(|it| it["disabled"] != true);
        let asked: Vec<String> =
            required.map(|it| format!("{}={}", text(&it["key"]), text(&it["value"]))).collect();
        let mut raw = format!("{{{{BASE_URL}}}}/{}", segments.join("/"));
        if !asked.is_empty() {
            raw = format!("{raw}?{}", asked.join("&"));
        }
        json!({
            "raw": raw,
            "host": ["{{BASE_URL}}"],
            "path": segments,
            "query": query,
            "variable": variables,
        })
    }

    fn body(&self) -> Option<(&'a str, String)> {
        let content = self.content["requestBody"]["content"].as_object()?;
        let (media_type, media) = content.iter().next()?;
        let text = match &media["example"] {
            Value::String(text) => text.clone(),
            example => {
                let mut example = example.clone();
                fill_in(&mut example);
                serde_json::to_string_pretty(&example).unwrap_or_default()
            }
        };
        Some((media_type, text))
    }

    /// The statuses that the document names, and what to keep of a thing that was made.
    fn check_script(&self) -> Vec<String> {
        let responses = self.content["responses"].as_object().into_iter().flatten();
        let statuses: Vec<&str> = responses.map(|(status, _)| status.as_str()).collect();
        let mut lines = vec![
            "pm.test('the status is documented', () => {".to_owned(),
            format!("  pm.expect([{}]).to.include(pm.response.code);", statuses.join(", ")),
            "});".to_owned(),
        ];
        let is_made = self.method == "post" && !self.path.contains('{');
        if is_made && self.content["responses"].get("201").is_some() {
            lines.extend([
                "if (pm.response.code === 201 && pm.response.json().id) {".to_owned(),
                format!(
                    "  pm.collectionVariables.set('{}', String(pm.response.json().id));",
                    id_variable(self.path)
                ),
                "}".to_owned(),
            ]);
        }
        lines
    }
}

/// `/products` makes a `PRODUCTS_ID`.
fn id_variable(collection: &str) -> String {
    let name = collection.trim_matches('/').replace(['/', '-'], "_");
    format!("{}_ID", name.to_ascii_uppercase())
}

/// A parameter with its example, switched off unless it is needed.
fn optional(parameter: &Value) -> Value {
    let mut entry = json!({
        "key": parameter["name"],
        "value": text(&parameter["example"]),
        "description": parameter["description"],
    });
    if parameter["required"] != true {
        entry["disabled"] = true.into();
    }
    entry
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Puts variables where the example holds what only an answer can tell.
fn fill_in(example: &mut Value) {
    let Some(members) = example.as_object_mut() else { return };
    for (member, variable) in KEPT {
        if let Some(value @ Value::String(_)) = members.get_mut(member) {
            *value = format!("{{{{{variable}}}}}").into();
        }
    }
}

fn keep_script() -> Vec<String> {
    let pairs: Map<String, Value> =
        KEPT.iter().map(|(member, variable)| ((*member).to_owned(), (*variable).into())).collect();
    vec![
        "let answer = null;".to_owned(),
        "try { answer = pm.response.json(); } catch { /* no JSON */ }".to_owned(),
        format!("const kept = {};", Value::Object(pairs)),
        "if (pm.response.code < 300 && answer) {".to_owned(),
        "  for (const [member, variable] of Object.entries(kept)) {".to_owned(),
        "    const value = answer[member];".to_owned(),
        "    if (typeof value === 'string') pm.collectionVariables.set(variable, value);"
            .to_owned(),
        "  }".to_owned(),
        "}".to_owned(),
    ]
}

fn script(lines: &[String]) -> Value {
    json!({ "listen": "test", "script": { "type": "text/javascript", "exec": lines } })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(collection: &Value) -> Vec<Value> {
        let folders = collection["item"].as_array().unwrap();
        folders.iter().flat_map(|it| it["item"].as_array().unwrap().clone()).collect()
    }

    #[test]
    fn every_operation_but_streams_is_a_request() {
        let document = openapi::document(&routes::table());
        let made = collection(&document);
        assert_eq!(made["info"]["schema"], SCHEMA);
        let listed = operations(&document).len();
        assert_eq!(items(&made).len(), listed);
        assert!(listed > 60);
        for item in items(&made) {
            let raw = item["request"]["url"]["raw"].as_str().unwrap();
            assert!(raw.starts_with("{{BASE_URL}}/") && !raw.contains("/{"), "{raw}");
            assert!(item["request"]["auth"]["type"].is_string(), "{raw}");
            assert!(!item["name"].as_str().unwrap().is_empty(), "{raw}");
            for variable in item["request"]["url"]["variable"].as_array().unwrap() {
                assert_ne!(variable["value"], "null", "{raw}");
            }
        }
    }

    #[test]
    fn tokens_follow_from_who_may() {
        let made = collection(&openapi::document(&routes::table()));
        let token = |method: &str, raw: &str| {
            let all = items(&made);
            let request = |it: &&Value| {
                it["request"]["method"] == method && it["request"]["url"]["raw"] == raw
            };
            let item = all.iter().find(request).unwrap();
            item["request"]["auth"].to_string()
        };
        assert!(token("POST", "{{BASE_URL}}/products").contains("{{TOKEN_ADMIN}}"));
        assert!(token("GET", "{{BASE_URL}}/cart/:user_id").contains("{{TOKEN_USER}}"));
        assert!(token("POST", "{{BASE_URL}}/auth/login").contains("noauth"));
        assert!(token("POST", "{{BASE_URL}}/cart/esp32/add_item").contains("{{DEVICE_KEY}}"));
        assert!(token("POST", "{{BASE_URL}}/auth/change-password").contains("{{TOKEN_NEW}}"));
    }
}
