//! The edge as a client sees it, over a few routes of its own and over the real table.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::extract::{IfMatch, Json, KeyedJson, Page, Path, Query};
use super::reply::{Listed, Versioned};
use super::route::{Route, Who, delete, get, post, put};
use super::testing::{ask, credential, serve};
use super::{Result, openapi, routes};
use crate::app::{Principal, Staff};
use crate::domain::id::ProductId;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Order {
    quantity: u32,
    #[serde(default)]
    lines: Vec<Line>,
}

#[derive(Deserialize, ToSchema)]
struct Line {
    product_id: u32,
}

#[derive(Deserialize, IntoParams)]
struct Filter {
    min: Option<u32>,
}

async fn list(page: Page, Query(filter): Query<Filter>) -> Listed<u32, 50> {
    let all: Vec<u32> = (filter.min.unwrap_or(0)..120).collect();
    let items = all.iter().copied().skip(page.offset).take(page.limit).collect();
    Listed { items, total: u64::try_from(all.len()).unwrap(), page }
}

async fn create(Json(order): Json<Order>) -> String {
    format!("{} {}", order.quantity, order.lines.iter().map(|line| line.product_id).sum::<u32>())
}

async fn keyed(KeyedJson { body, idempotency }: KeyedJson<Order>) -> Json<Value> {
    let key = idempotency.map(|it| json!([it.principal, it.operation, it.key]));
    Json(json!({ "quantity": body.quantity, "key": key }))
}

async fn replace(Path(id): Path<ProductId>, IfMatch(version): IfMatch) -> Versioned<String> {
    let first = version.and_then(|versions| versions.0.first().copied());
    Versioned(first.unwrap_or(9), id.to_string())
}

async fn whoami(principal: Principal) -> String {
    principal.key()
}

async fn staff_only(_: Staff) -> Result<&'static str> {
    Ok("staff")
}

async fn panics() -> Result<&'static str> {
    panic!("the till is on fire")
}

fn table() -> Vec<Route> {
    vec![
        get("/things", Who::Anyone, list).paged().query::<Filter>(),
        post("/things", Who::Anyone, create).body::<Order>(),
        post("/orders/{id}/lines", Who::Shopper, keyed).idempotent().alias("/buy/{id}"),
        put("/things/{id}", Who::Anyone, replace).if_match().versioned(),
        get("/anyone", Who::Anyone, whoami),
        get("/shopper", Who::Shopper, whoami),
        get("/staff", Who::Staff, staff_only),
        delete("/admin-only", Who::Admin, whoami),
        get("/device", Who::Device, whoami),
        get("/either", Who::ShopperOrDevice, whoami),
        post("/either", Who::ShopperOrDevice, whoami),
        get("/panics", Who::Anyone, panics),
        get("/cart/esp32/time", Who::Device, whoami),
        get("/cart/esp32/panics", Who::Anyone, panics),
        post("/cart/esp32/add_item", Who::Anyone, create),
    ]
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems() {
    let service = serve(table());
    let unknown = ask(&service, "GET /nothing", &[], "").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert_eq!(unknown.header("content-type"), "application/problem+json");
    let body = unknown.json();
    assert_eq!(body["code"], "unknown-route");
    assert_eq!(body["status"], 404);
    assert_eq!(body["title"], "Not Found");
    assert_eq!(body["type"], "about:blank");
    assert_eq!(body["message"], body["detail"]);

    let method = ask(&service, "DELETE /things", &[], "").await;
    assert_eq!(method.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(method.json()["code"], "method-not-allowed");
    let mut allowed: Vec<&str> = method.header("allow").split(',').collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "HEAD", "POST"]);
}

#[tokio::test]
async fn prefix_and_trailing_slash_make_no_difference() {
    let service = serve(table());
    for path in ["/anyone", "/anyone/", "/api/v1/anyone", "/api/v1/anyone/", "/anyone/?a=b"] {
        let answer = ask(&service, &format!("GET {path}"), &[], "").await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
    }
    for path in ["/api/v1/api/v1/anyone", "/api/v1anyone", "/Anyone"] {
        let answer = ask(&service, &format!("GET {path}"), &[], "").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn bodies_are_refused_by_what_is_wrong_with_them() {
    let service = serve(table());
    let json = [("content-type", "application/json")];
    for (body, code, field) in [
        ("{\"quantity\":", "malformed-json", ""),
        ("{\"quantity\":1} x", "malformed-json", ""),
        ("", "body-required", ""),
        ("[]", "invalid", "body"),
        ("{}", "invalid", "quantity"),
        ("{\"quantity\":\"2\"}", "invalid", "quantity"),
        ("{\"quantity\":1,\"quantity\":2}", "invalid", "quantity"),
        ("{\"quantity\":1,\"colour\":2}", "invalid", "colour"),
        ("{\"quantity\":1,\"lines\":[{\"product_id\":1},{}]}", "invalid", "lines[1].product_id"),
        ("{\"quantity\":1,\"lines\":[{\"product_id\":-1}]}", "invalid", "lines[0].product_id"),
    ] {
        let answer = ask(&service, "POST /things", &json, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        let problem = answer.json();
        assert_eq!(problem["code"], code, "{body}: {problem}");
        assert_eq!(problem["errors"][0]["field"].as_str().unwrap_or_default(), field, "{body}");
    }
    let answer = ask(&service, "POST /things", &json, "{\n\"quantity\" 1}").await.json();
    assert_eq!((&answer["line"], &answer["column"]), (&json!(2), &json!(12)));
    let answer = ask(&service, "POST /things", &json, &b"{\"quantity\xff\":1}"[..]).await;
    assert_eq!(answer.json()["code"], "malformed-json");
}

#[tokio::test]
async fn the_kind_of_a_body_counts_only_when_it_is_named() {
    let service = serve(table());
    let body = "{\"quantity\":1}";
    for kind in ["application/json", "Application/JSON; charset=utf-8", "application/x+json"] {
        let answer = ask(&service, "POST /things", &[("content-type", kind)], body).await;
        assert_eq!(answer.status, StatusCode::OK, "{kind}");
    }
    assert_eq!(ask(&service, "POST /things", &[], body).await.status, StatusCode::OK);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let answer = ask(&service, "POST /things", &form, body).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn bodies_have_a_limit() {
    let service = serve(table());
    let spaces = " ".repeat(super::route::BODY_MAX_BYTES + 1);
    let answer = ask(&service, "POST /things", &[], spaces).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.json()["code"], "body-too-large");
    let spaces = " ".repeat(super::route::DEVICE_BODY_MAX_BYTES + 1);
    let answer = ask(&service, "POST /cart/esp32/add_item", &[], spaces).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.json()["success"], false);
}

#[tokio::test]
async fn parameters_are_refused_by_name() {
    let service = serve(table());
    for (query, field) in [
        ("limit=1001", "limit"),
        ("limit=0", "limit"),
        ("limit=x", "limit"),
        ("offset=-1", "offset"),
        ("min=x", "min"),
    ] {
        let answer = ask(&service, &format!("GET /things?{query}"), &[], "").await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(answer.json()["errors"][0]["field"], field, "{query}");
    }
    let answer = ask(&service, "GET /things?limit=&min=&other=1", &[], "").await;
    assert_eq!(answer.status, StatusCode::OK);
    for id in ["0", "x", "-1", "99999999999999999999"] {
        let answer = ask(&service, &format!("PUT /things/{id}"), &[], "").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{id}");
    }
    let answer = ask(&service, "PUT /things/1", &[("if-match", "\"x\"")], "").await;
    assert_eq!(answer.json()["errors"][0]["field"], "If-Match");
}

#[tokio::test]
async fn pages_say_how_many_and_where_the_next_one_is() {
    let service = serve(table());
    let first = ask(&service, "GET /api/v1/things?min=10&limit=50", &[], "").await;
    assert_eq!(first.header("x-total-count"), "110");
    let link = "</api/v1/things?min=10&limit=50&offset=50>; rel=\"next\"";
    assert_eq!(first.header("link"), link);
    let last = ask(&service, "GET /things?min=10&limit=50&offset=100", &[], "").await;
    assert_eq!(last.header("link"), "");
    assert_eq!(last.json().as_array().unwrap().len(), 10);
}

#[tokio::test]
async fn versions_are_locks() {
    let service = serve(table());
    let answer = ask(&service, "PUT /things/4", &[("if-match", "\"3\"")], "").await;
    assert_eq!(answer.header("etag"), "\"3\"");
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn only_those_who_may_reach_a_handler() {
    let service = serve(table());
    let rows = [
        ("GET /anyone", ["anyone", "customer", "staff", "admin", "device"].as_slice()),
        ("GET /shopper", &["customer", "staff", "admin"]),
        ("GET /staff", &["staff", "admin"]),
        ("DELETE /admin-only", &["admin"]),
        ("GET /device", &["device"]),
        ("GET /either", &["customer", "staff", "admin", "device"]),
    ];
    for (line, may) in rows {
        for kind in ["customer", "staff", "admin", "device"] {
            let (name, value) = credential(kind);
            let answer = ask(&service, line, &[(name, &value)], "").await;
            let expected = if may.contains(&kind) { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(answer.status, expected, "{line} as {kind}");
        }
        for headers in [&[][..], &[("authorization", "Bearer stolen")], &[("x-api-key", "cwk_x")]] {
            let answer = ask(&service, line, headers, "").await;
            let open = may.contains(&"anyone");
            let expected = if open { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
            assert_eq!(answer.status, expected, "{line} with {headers:?}");
            assert_eq!(answer.header("www-authenticate").is_empty(), open);
        }
    }
}

#[tokio::test]
async fn two_credentials_have_to_name_one_principal() {
    let service = serve(table());
    let (bearer, customer) = credential("customer");
    let (key, device) = credential("device");
    let both = [(bearer, customer.as_str()), (key, device.as_str())];
    let answer = ask(&service, "GET /either", &both, "").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.json()["code"], "conflicting-credentials");
    let raw = [("authorization", device.as_str()), ("x-device-key", device.as_str())];
    assert_eq!(ask(&service, "GET /device", &raw, "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_cookie_counts_from_own_pages_only() {
    let service = serve(table());
    let (_, bearer) = credential("customer");
    let cookie = format!("access_token_cookie={}", bearer.strip_prefix("Bearer ").unwrap());
    let cookie = ("cookie", cookie.as_str());
    let own = [cookie, ("host", "shop.local"), ("origin", "http://shop.local")];
    let foreign = [cookie, ("host", "shop.local"), ("origin", "http://evil.example")];
    assert_eq!(ask(&service, "POST /either", &own, "").await.status, StatusCode::OK);
    assert_eq!(ask(&service, "POST /either", &own[..2], "").await.status, StatusCode::OK);
    assert_eq!(ask(&service, "GET /either", &foreign, "").await.status, StatusCode::OK);
    let refused = ask(&service, "POST /either", &foreign, "").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(refused.json()["code"], "bad-origin");
    // An explicit credential, even a bad one, makes cookies count for nothing.
    let explicit = [cookie, ("authorization", "Bearer stolen")];
    assert_eq!(ask(&service, "GET /either", &explicit, "").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn idempotency_keys_name_who_what_and_which() {
    let service = serve(table());
    let (name, value) = credential("customer");
    let body = "{\"quantity\":1}";
    let headers = [(name, value.as_str()), ("idempotency-key", "k 1")];
    for path in ["/orders/5/lines", "/api/v1/orders/5/lines/", "/buy/5"] {
        let answer = ask(&service, &format!("POST {path}"), &headers, body).await.json();
        assert_eq!(answer["key"][1], "POST /orders/5/lines", "{path}");
        assert_eq!(answer["key"][2], "k 1");
    }
    let without = ask(&service, "POST /buy/5", &headers[..1], body).await;
    assert_eq!(without.json()["key"], Value::Null);
    for bad in ["", "k\u{e9}", &"k".repeat(256)] {
        let headers = [(name, value.as_str()), ("idempotency-key", bad)];
        let answer = ask(&service, "POST /buy/5", &headers, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{bad}");
    }
}

#[tokio::test]
async fn trolleys_get_flat_errors() {
    let service = serve(table());
    for (line, status, code) in [
        ("GET /cart/esp32/nothing", StatusCode::NOT_FOUND, "unknown-route"),
        ("GET /api/v1/cart/esp32/nothing", StatusCode::NOT_FOUND, "unknown-route"),
        ("PUT /cart/esp32/time", StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed"),
        ("GET /cart/esp32/time", StatusCode::UNAUTHORIZED, "unauthenticated"),
        ("GET /cart/esp32/panics", StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        ("POST /cart/esp32/add_item", StatusCode::BAD_REQUEST, "body-required"),
    ] {
        let answer = ask(&service, line, &[], "").await;
        assert_eq!(answer.status, status, "{line}");
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("content-length"), answer.body.len().to_string());
        assert!(answer.body.len() < 256, "{line}");
        let body = answer.json();
        assert_eq!(body["success"], false);
        assert_eq!(body["code"], code);
        assert!(body["message"].is_string() && body.get("type").is_none());
    }
}

#[tokio::test]
async fn a_panic_is_a_problem_that_tells_nothing() {
    let service = serve(table());
    let answer = ask(&service, "GET /panics", &[], "").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    let problem = answer.json();
    assert!(!problem.to_string().contains("fire"));
    assert!(problem["detail"].as_str().unwrap().contains(answer.header("x-request-id")));
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let service = serve(table());
    let head = ask(&service, "HEAD /things", &[], "").await;
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
    assert_eq!(head.header("x-total-count"), "120");
    let head = ask(&service, "HEAD /nothing", &[], "").await;
    assert_eq!((head.status, head.body.len()), (StatusCode::NOT_FOUND, 0));
}

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let service = super::service(super::testing::state());
    for line in ["GET /", "GET /nothing", "GET /health", "POST /health", "GET /docs"] {
        let answer = ask(&service, line, &[], "").await;
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'self'"), "{line}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("x-request-id").len(), 16);
        assert_eq!(answer.header("access-control-allow-origin"), "");
    }
}

#[tokio::test]
async fn listed_origins_may_read_answers() {
    let mut state = super::testing::state();
    state.cors_origins = ["https://tablet.example".to_owned()].into();
    let service = super::service_of(table(), state);
    let origin = ("origin", "https://tablet.example");
    let asks = [origin, ("access-control-request-method", "PUT")];
    let preflight = ask(&service, "OPTIONS /things/1", &asks, "").await;
    assert_eq!(preflight.status, StatusCode::NO_CONTENT);
    assert!(preflight.header("access-control-allow-methods").contains("PUT"));
    let answer = ask(&service, "GET /anyone", &[origin], "").await;
    assert_eq!(answer.header("access-control-allow-origin"), "https://tablet.example");
    assert_eq!(answer.header("access-control-allow-credentials"), "true");
    let other = ask(&service, "GET /anyone", &[("origin", "https://evil.example")], "").await;
    assert_eq!(other.header("access-control-allow-origin"), "");
    assert_eq!(other.header("vary"), "origin");
}

#[tokio::test]
async fn pages_for_people_answer() {
    let service = super::service(super::testing::state());
    let admin = ask(&service, "GET /admin", &[], "").await;
    assert_eq!(admin.status, StatusCode::PERMANENT_REDIRECT);
    assert_eq!(admin.header("location"), "/admin/");
    let index = ask(&service, "GET /admin/", &[], "").await;
    assert_eq!(index.status, StatusCode::OK);
    assert_eq!(index.header("cache-control"), "no-cache");
    let html = String::from_utf8(index.body).unwrap();
    assert!(!html.contains("{{base}}"));
    let (_, rest) = html.split_once("\"/admin/assets/").expect("the page names its files");
    let path = rest.split('"').next().unwrap();
    let file = ask(&service, &format!("GET /admin/assets/{path}"), &[], "").await;
    assert_eq!(file.status, StatusCode::OK, "{path}");
    assert!(file.header("cache-control").contains("immutable"));
    let stale = ask(&service, "GET /admin/assets/0000/ui/main.js", &[], "").await;
    assert_eq!(stale.status, StatusCode::NOT_FOUND);
    let docs = ask(&service, "GET /docs/docs.js", &[], "").await;
    assert_eq!(docs.header("content-type"), "text/javascript; charset=utf-8");
    let outside = ask(&service, "GET /docs/..%2f..%2fCargo.toml", &[], "").await;
    assert_eq!(outside.status, StatusCode::NOT_FOUND);
    let page = [("accept", "text/html")];
    let setup = ask(&service, "GET /setup?token=abc", &page, "").await;
    assert_eq!(setup.header("location"), "/admin/#/setup?token=abc");
}

#[test]
fn the_document_has_every_row() {
    for table in [table(), routes::table()] {
        let text = openapi::document(&table).to_string();
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
        let mut ids: BTreeMap<String, String> = BTreeMap::new();
        for route in table.iter().filter(|route| !route.is_page()) {
            let method = route.method().as_str().to_ascii_lowercase();
            for path in std::iter::once(&route.path()).chain(route.aliases()) {
                let operation = &document["paths"][*path][&method];
                let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
                assert!(!id.is_empty(), "{method} {path} is missing");
                let is_old = route.is_deprecated() || *path != route.path();
                assert_eq!(operation["deprecated"] == true, is_old);
                let earlier = ids.insert(id, format!("{method} {path}"));
                assert_eq!(earlier, None, "{method} {path} repeats an operation id");
                // Open routes may say which credentials they know.
                let schemes = operation["security"].as_array().unwrap();
                let open = schemes.first().is_none_or(|scheme| *scheme == json!({}));
                assert_eq!(open, route.who() == Who::Anyone, "{method} {path}");
            }
        }
    }
}

#[test]
fn the_document_refers_only_to_what_it_has() {
    for table in [table(), routes::table()] {
        let text = openapi::document(&table).to_string();
        let document: Value = serde_json::from_str(&text).unwrap();
        for part in text.split("\"$ref\":\"#").skip(1) {
            let pointer = part.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
    }
}

#[test]
fn no_two_types_share_a_name() {
    let mut known = BTreeMap::new();
    for (name, schema) in openapi::schemas(&routes::table()) {
        let schema = serde_json::to_value(&schema).unwrap();
        if let Some(earlier) = known.insert(name.clone(), schema.clone()) {
            assert_eq!(earlier, schema, "two types are named {name}");
        }
    }
}
