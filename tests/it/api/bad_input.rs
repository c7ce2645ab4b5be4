//! What nobody should send: clear answers, and nothing changed.

use serde_json::{Value, json};

use crate::support::{Answer, Client, TestApp};

/// A shop with a product, and everything in it that a bad request could change.
struct Shop {
    app: TestApp,
    staff: Client,
    admin: Client,
    milk: String,
}

impl Shop {
    async fn open() -> Self {
        let app = TestApp::new();
        let (staff, admin) = (app.staff().await, app.admin().await);
        let milk = format!("/products/{}", app.milk(&staff).await);
        Self { app, staff, admin, milk }
    }

    async fn state(&self) -> Vec<Value> {
        let mut state = Vec::new();
        for path in ["/products", "/users", "/carts", "/orders", "/devices"] {
            state.push(self.admin.get(path).await.ok(200));
        }
        state
    }
}

#[tokio::test]
async fn a_member_that_is_there_twice() {
    let shop = Shop::open().await;
    let before = shop.state().await;
    for (body, field) in [
        (r#"{"price":1,"price":2}"#, "price"),
        (r#"{"price":1,"pr\u0069ce":1}"#, "price"),
        (r#"{"attributes":{"shelf":1,"shelf":2}}"#, "attributes.shelf"),
        (r#"{"attributes":{"a":[{"b":1},{"b":1,"b":1}]}}"#, "attributes.a[1].b"),
        (r#"{"version":1,"version":1}"#, "version"),
    ] {
        shop.staff.send("PATCH", &shop.milk, body).await.names(field);
    }
    let map = r#"{"nodes":[{"id":"a","x":0,"y":0}],"nodes":[]}"#;
    shop.staff.send("PUT", "/map", map).await.names("nodes");
    let address = r#"{"shipping_address":{"city":"A","city":"B"}}"#;
    shop.staff.send("POST", "/checkout", address).await.names("shipping_address.city");
    assert_eq!(shop.state().await, before);
}

#[tokio::test]
async fn texts_that_are_not_utf8() {
    let shop = Shop::open().await;
    let before = shop.state().await;
    let problem = shop.staff.send("PATCH", &shop.milk, &b"{\"name\":\"\xff\"}"[..]).await;
    problem.refused(400, "malformed-json");
    let lone = shop.staff.send("PATCH", &shop.milk, r#"{"name":"\ud800"}"#).await;
    lone.refused(400, "malformed-json");
    shop.staff.get("/products?query=%ff").await.names("query");
    shop.staff.get("/orders?code=%c3%28").await.names("code");
    shop.admin.get("/users/%ff").await.refused(404, "not-found");
    shop.staff.get("/products/barcode/%fe%fe").await.refused(404, "not-found");
    assert_eq!(shop.state().await, before);
}

#[tokio::test]
async fn headers_that_are_not_ascii() {
    let shop = Shop::open().await;
    let anyone = shop.app.anonymous();
    for name in ["authorization", "x-api-key", "x-device-key"] {
        anyone.with(name, "Bearer \u{e9}").get("/users").await.refused(401, "invalid-token");
    }
    let staff = &shop.staff;
    staff.with("if-match", "\"\u{e9}\"").delete(&shop.milk).await.names("If-Match");
    let keyed = staff.with("idempotency-key", "\u{e9}");
    keyed.post("/products", json!({"name": "A", "price": 1})).await.names("Idempotency-Key");
    let odd = staff.with("content-type", "application/json\u{e9}");
    odd.send("PATCH", &shop.milk, "{}").await.refused(415, "unsupported-media-type");
    assert_eq!(staff.get("/products").await.header("x-total-count"), "1");
}

#[tokio::test]
async fn a_second_credential_in_the_same_header() {
    let shop = Shop::open().await;
    let ann = shop.app.customer("ann").await;
    ann.get("/cart/view").await.ok(200);
    let both = ann.with("authorization", "Bearer stolen");
    both.get("/cart/view").await.refused(401, "invalid-token");
}

#[tokio::test]
async fn numbers_of_the_wrong_kind() {
    let shop = Shop::open().await;
    let before = shop.state().await;
    for (field, value) in [
        ("price", "\"1.29\""),
        ("price", "1.295"),
        ("price", "-1"),
        ("price", "1e400"),
        ("price", "99999999999999999999"),
        ("price", "true"),
        ("stock", "\"3\""),
        ("stock", "1.5"),
        ("stock", "-1"),
        ("stock", "9223372036854775808"),
        ("min_age", "256"),
        ("pick_group", "-129"),
        ("weight_g", "4294967296"),
        ("tax_rate", "100.01"),
        ("active", "1"),
        ("active", "\"true\""),
    ] {
        let body = format!("{{\"{field}\":{value}}}");
        shop.staff.send("PATCH", &shop.milk, body).await.names(field);
    }
    for body in ["{\"price\":NaN}", "{\"price\":+1}", "{\"price\":01}", "{\"price\":.5}"] {
        shop.staff.send("PATCH", &shop.milk, body).await.refused(400, "malformed-json");
    }
    let ann = shop.app.customer("ann").await;
    for quantity in ["0", "-1", "1000", "1.0", "\"1\"", "9223372036854775807"] {
        let body = format!("{{\"product_id\":1,\"quantity\":{quantity}}}");
        ann.send("POST", "/cart/add", body).await.names("quantity");
    }
    for id in ["0", "-1", "1.5", "\"1\"", "18446744073709551615"] {
        let body = format!("{{\"product_id\":{id}}}");
        ann.send("POST", "/cart/add", body).await.names("product_id");
    }
    assert_eq!(shop.state().await.len(), before.len());
    assert_eq!(shop.staff.get(&shop.milk).await.ok(200), before[0][0]);
}

#[tokio::test]
async fn deep_and_long_things() {
    let shop = Shop::open().await;
    let before = shop.state().await;
    let nested = |open: &str, close: &str, depth: usize| {
        format!("{{\"attributes\":{{\"a\":{}1{}}}}}", open.repeat(depth), close.repeat(depth))
    };
    for body in [nested("[", "]", 200), nested("{\"a\":", "}", 200), nested("[", "]", 100_000)] {
        shop.staff.send("PATCH", &shop.milk, body).await.refused(400, "malformed-json");
    }
    let long = "x".repeat(5_000);
    for field in ["name", "brand", "category", "description", "sku", "location"] {
        shop.staff.patch(&shop.milk, json!({ field: long })).await.names(field);
    }
    let many: Vec<String> = (0..65).map(|number| format!("/{number}.png")).collect();
    let codes: Vec<String> = (0..65).map(|number| format!("{number:08X}")).collect();
    shop.staff.patch(&shop.milk, json!({ "images": many })).await.names("images");
    shop.staff.patch(&shop.milk, json!({ "rfid": codes })).await.names("rfid");
    let large = json!({ "attributes": { "a": "x".repeat(9_000) } });
    shop.staff.patch(&shop.milk, large).await.names("attributes");
    let token = "x".repeat(1_000_000);
    shop.app.bearer(&token).get("/users").await.refused(401, "invalid-token");
    shop.staff.get(&format!("/products?query={}", "x".repeat(8_000))).await.ok(200);
    let address = format!("/products?query={}", "x".repeat(10_000));
    shop.staff.get(&address).await.refused(414, "uri-too-long");
    assert_eq!(shop.state().await, before);
}

#[tokio::test]
async fn line_breaks_and_control_characters_in_fields() {
    let shop = Shop::open().await;
    let before = shop.state().await;
    for text in ["a\r\nSet-Cookie: b=c", "a\u{0}b", "a\u{1b}[31m", "a\u{7f}"] {
        for field in ["name", "brand", "sku", "location"] {
            shop.staff.patch(&shop.milk, json!({ field: text })).await.names(field);
        }
        let account = json!({ "username": text, "password": "a quiet walk" });
        shop.app.anonymous().post("/auth/signup", account).await.names("username");
        let account = json!({ "username": "carol", "name": text, "password": "a quiet walk" });
        shop.app.anonymous().post("/auth/signup", account).await.names("name");
        shop.admin.post("/devices", json!({ "name": text })).await.names("name");
    }
    assert_eq!(shop.state().await, before);
}

#[tokio::test]
async fn usernames_that_look_like_something_else() {
    let shop = Shop::open().await;
    shop.app.customer("anna").await;
    let before = shop.state().await;
    // Cyrillic а, full-width letters, a dotless ı, an invisible joiner, a number, an address.
    for name in
        ["аnna", "ａｎｎａ", "ann\u{131}", "an\u{200d}na", "12345", "1", "a@b.c", " ", "../x"]
    {
        let account = json!({ "username": name, "password": "a quiet walk" });
        shop.app.anonymous().post("/auth/signup", account.clone()).await.names("username");
        shop.admin.post("/users", account).await.names("username");
    }
    for name in ["ANNA", "Anna"] {
        let account = json!({ "username": name, "password": "a quiet walk" });
        let answer = shop.app.anonymous().post("/auth/signup", account).await;
        answer.refused(409, "username-taken");
    }
    assert_eq!(shop.state().await, before);
}

#[tokio::test]
async fn paths_that_lead_elsewhere() {
    let shop = Shop::open().await;
    let anyone = shop.app.anonymous();
    for path in [
        "/docs/..%2f..%2fCargo.toml",
        "/docs/%2e%2e%2fui%2findex.html",
        "/docs/..%5c..%5cCargo.toml",
        "/docs/%00",
        "/docs/docs.js%00.css",
        "/docs//etc/passwd",
        "/admin/assets/0000/ui/../../../Cargo.toml",
        "/admin/assets/../../Cargo.toml",
        "/admin/assets/0000/%2e%2e/%2e%2e/Cargo.toml",
        "/products/1%2fstock-movements",
        "/products/%31%00",
        "/%2e%2e/%2e%2e/etc/passwd",
    ] {
        let answer: Answer = anyone.get(path).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.text);
        assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
        assert!(!answer.text.contains("[package]"), "{path}");
    }
}

#[tokio::test]
async fn parameters_that_are_there_twice_or_unreadable() {
    let shop = Shop::open().await;
    for (path, field) in [
        ("/products?limit=1&limit=2", "limit"),
        ("/products?limit=1.5", "limit"),
        ("/products?limit=%2B1%20", "limit"),
        ("/products?limit=99999999999999999999", "limit"),
        ("/products?offset=4294967296", "offset"),
        ("/products?in_stock=maybe", "in_stock"),
        ("/products?min_price=NaN", "min_price"),
        ("/products?min_price=1e3000", "min_price"),
        ("/products?sort=cheap", "sort"),
    ] {
        shop.app.anonymous().get(path).await.names(field);
    }
    shop.staff.get("/orders?user_id=9223372036854775808").await.names("user_id");
    shop.staff.get("/orders?status=lost").await.names("status");
    shop.staff.get("/orders?from=yesterday").await.names("from");
}

#[tokio::test]
async fn a_refusal_quotes_no_more_than_it_must() {
    let shop = Shop::open().await;
    let secret = "hunter2-hunter2";
    let broken = format!("{{\"username\":\"ann\",\"password\":\"{secret}\"");
    let odd = json!({ "username": "ann", "password": { "of": secret } }).to_string();
    for body in [broken, odd] {
        let answer = shop.app.anonymous().send("POST", "/auth/login", body).await;
        assert_eq!(answer.status, 400);
        assert!(!answer.text.contains(secret), "{}", answer.text);
    }
    let long = json!({ "x".repeat(100_000): 1 });
    let answer = shop.staff.patch(&shop.milk, long).await;
    assert_eq!(answer.status, 400);
    assert!(answer.text.len() < 4_000, "{} bytes", answer.text.len());
}
