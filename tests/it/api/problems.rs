//! Whatever goes wrong is a problem document with a stable code, and changes nothing.

use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn unknown_routes_and_methods() {
    let shop = TestApp::new();
    let anyone = shop.anonymous();
    for path in
        ["/nothing", "/api/v1/nothing", "/products/1/nothing", "/Products", "/api/v2/products"]
    {
        anyone.get(path).await.refused(404, "unknown-route");
    }
    let answer = anyone.send("DELETE", "/products", "").await;
    assert!(answer.header("allow").contains("GET"));
    answer.refused(405, "method-not-allowed");
    anyone.send("BREW", "/products", "").await.refused(405, "method-not-allowed");
    for path in ["/products/x", "/products/0", "/products/-1", "/products/99999999999999999999"] {
        anyone.get(path).await.refused(404, "not-found");
    }
}

#[tokio::test]
async fn broken_bodies() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let path = format!("/products/{}", shop.milk(&staff).await);
    let before = staff.get(&path).await.ok(200);
    for body in ["{", "{\"price\":", "nonsense", "{\"price\":1}}", "{'price':1}", "\u{feff}{}"] {
        staff.send("PATCH", &path, body).await.refused(400, "malformed-json");
    }
    staff.send("PATCH", &path, "").await.refused(400, "body-required");
    for body in ["[1]", " [ ]", "7", "\"x\"", "null", "true"] {
        staff.send("PATCH", &path, body).await.names("body");
    }
    for (field, body) in [
        ("name", "{\"name\":1}"),
        ("name", "{\"name\":\"A\",\"name\":\"B\"}"),
        ("stock", "{\"stock\":\"1\"}"),
        ("weight_g", "{\"weight_g\":-1}"),
        ("colour", "{\"colour\":1}"),
    ] {
        staff.send("PATCH", &path, body).await.names(field);
    }
    let deep = format!("{{\"attributes\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(staff.send("PATCH", &path, deep).await.status, 400);
    assert_eq!(staff.get(&path).await.ok(200), before);
}

#[tokio::test]
async fn huge_bodies() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let huge = json!({"name": "x".repeat(1024 * 1024), "price": 1});
    let problem = staff.post("/products", huge).await.refused(413, "body-too-large");
    assert_eq!(problem["limit_bytes"], 1024 * 1024);
    assert_eq!(staff.get("/products").await.header("x-total-count"), "0");
}

#[tokio::test]
async fn bodies_of_another_kind() {
    let shop = TestApp::new();
    let form = shop.staff().await.with("content-type", "text/plain");
    let answer = form.send("POST", "/products", "name=x").await;
    answer.refused(415, "unsupported-media-type");
}

#[tokio::test]
async fn credentials_that_are_no_good() {
    let shop = TestApp::new();
    for token in ["nonsense", "a.b.c", "", "eyJhbGciOiJub25lIn0.e30."] {
        let answer = shop.bearer(token).get("/cart/view").await;
        assert_eq!(answer.status, 401, "{token}: {}", answer.text);
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
    }
    let problem = shop.anonymous().get("/users").await.refused(401, "unauthenticated");
    assert!(problem["detail"].is_string());
}

#[tokio::test]
async fn a_slash_and_a_prefix_make_no_difference() {
    let shop = TestApp::new();
    let anyone = shop.anonymous();
    for path in ["/health", "/health/", "/api/v1/health", "/api/v1/health/"] {
        let health = anyone.get(path).await.ok(200);
        assert_eq!((&health["status"], &health["currency"]), (&json!("ok"), &json!("EUR")));
        assert_eq!(health["time_zone"], json!("UTC"));
    }
    let head = anyone.send("HEAD", "/health", "").await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
}

#[tokio::test]
async fn every_answer_says_what_a_browser_may_do_with_it() {
    let shop = TestApp::new();
    for path in ["/", "/health", "/nothing", "/admin/"] {
        let answer = shop.anonymous().get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'self'") && !policy.contains("unsafe"), "{policy}");
        assert!(!answer.header("x-request-id").is_empty());
    }
    let admin = shop.anonymous().get("/admin").await;
    assert_eq!((admin.status, admin.header("location")), (308, "/admin/"));
}
