//! What the edge does to every request: limits of requests, proxies, foreign pages, headers.

use serde_json::json;

use crate::support::TestApp;

const SCAN: &str = r#"{"barcode":"4006381333931","boot_id":"b","seq":"#;

fn scan(seq: u32) -> String {
    format!("{SCAN}{seq}}}")
}

#[tokio::test]
async fn a_trolley_over_its_limit_is_refused_and_uses_up_no_number() {
    let open = TestApp::new();
    let staff = open.staff().await;
    open.milk(&staff).await;
    let unlimited = open.device().await;
    let limited = open.behind(&[("rate_limit_per_device", "1/3")]);
    let trolley = limited.anonymous().with("x-api-key", unlimited.sends("x-api-key"));
    for seq in 1..=3 {
        let answer = trolley.send("POST", "/cart/esp32/add_item", scan(seq)).await.ok(200);
        assert_eq!(answer["seq"], seq);
    }
    let refused = trolley.send("POST", "/cart/esp32/add_item", scan(4)).await;
    assert!((1..=60).contains(&refused.header("retry-after").parse::<u32>().unwrap()));
    assert!(refused.has_length && refused.text.len() < 256, "{}", refused.text);
    refused.refused(429, "rate-limited");
    // The number is as good as new.
    let answer = unlimited.send("POST", "/cart/esp32/add_item", scan(4)).await.ok(200);
    assert_eq!((&answer["quantity"], &answer["duplicate"]), (&json!(4), &json!(null)));
    // Other trolleys and accounts have limits of their own, or none.
    let other = limited.device().await;
    other.get("/cart/esp32/time").await.ok(200);
    for _ in 0..10 {
        limited.anonymous().get("/products").await.ok(200);
    }
}

#[tokio::test]
async fn an_account_over_its_limit_is_refused_wherever_it_signed_in() {
    let shop = TestApp::new().behind(&[("rate_limit_per_account", "1/4")]);
    let (ann, bob) = (shop.customer("ann").await, shop.customer("bob").await);
    for path in ["/cart/view", "/products", "/api/v1/orders/", "/auth/check"] {
        ann.get(path).await.ok(200);
    }
    let refused = ann.get("/cart/view").await;
    assert_eq!(refused.header("content-type"), "application/problem+json");
    refused.refused(429, "rate-limited");
    ann.get("/health").await.ok(200);
    bob.get("/cart/view").await.ok(200);
    shop.anonymous().get("/products").await.ok(200);
}

#[tokio::test]
async fn an_address_over_its_limit_is_refused_and_health_never() {
    let settings = [("rate_limit_per_address", "1/3"), ("trusted_proxies", "127.0.0.1")];
    let shop = TestApp::new().behind(&settings);
    let from = |address: &str| shop.anonymous().with("x-forwarded-for", address);
    let busy = from("192.168.1.5");
    for path in ["/products", "/nothing", "/"] {
        assert_ne!(busy.get(path).await.status, 429);
    }
    busy.get("/products").await.refused(429, "rate-limited");
    busy.get("/nothing").await.refused(429, "rate-limited");
    for path in ["/health", "/api/v1/health", "/health/"] {
        busy.get(path).await.ok(200);
    }
    // What stands left of the address that the proxy saw is anybody's invention.
    from("10.9.9.9, 192.168.1.5").get("/products").await.refused(429, "rate-limited");
    from("192.168.1.6").get("/products").await.ok(200);
    for host in 1..=3 {
        from(&format!("2001:db8:1:2::{host}")).get("/products").await.ok(200);
    }
    from("2001:db8:1:2::4").get("/products").await.refused(429, "rate-limited");
    from("2001:db8:1:3::1").get("/products").await.ok(200);
}

#[tokio::test]
async fn without_settings_nobody_is_limited() {
    let shop = TestApp::new();
    let device = shop.device().await;
    for _ in 0..300 {
        device.get("/cart/esp32/time").await.ok(200);
    }
}

/// The cookie that a sign-up sets, as `name=value`, and its attributes.
async fn signed_up(shop: &TestApp, name: &str, headers: &[(&str, &str)]) -> String {
    let client = headers.iter().fold(shop.anonymous(), |it, (name, value)| it.with(name, value));
    let account = json!({"username": name, "password": "Nine-lemons-in-a-row"});
    let answer = client.post("/auth/signup", account).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.header("set-cookie").to_owned()
}

#[tokio::test]
async fn forwarded_headers_count_from_a_trusted_proxy_only() {
    let https = [("x-forwarded-proto", "https"), ("x-forwarded-host", "shop.example")];
    let open = TestApp::new();
    let cookie = signed_up(&open, "ann", &https).await;
    assert!(cookie.starts_with("access_token_cookie=") && !cookie.contains("Secure"), "{cookie}");

    let shop = TestApp::new().behind(&[("trusted_proxies", "127.0.0.1")]);
    let cookie = signed_up(&shop, "ann", &https).await;
    assert!(cookie.starts_with("__Host-access_token_cookie="), "{cookie}");
    assert!(cookie.contains("; Secure"), "{cookie}");

    // The page's own origin is the one that the browser sees, in front of the proxy.
    let pair = cookie.split(';').next().unwrap();
    let page = |origin: &str, headers: &[(&str, &str)]| {
        let client = shop.anonymous().with("cookie", pair).with("origin", origin);
        headers.iter().fold(client, |it, (name, value)| it.with(name, value))
    };
    page("https://shop.example", &https).post("/cart/disconnect", json!({})).await.ok(200);
    for (origin, headers) in [
        ("https://evil.example", &https[..]),
        ("http://shop.example", &https),
        ("https://shop.local", &https),
    ] {
        let refused = page(origin, headers).post("/cart/disconnect", json!({})).await;
        refused.refused(403, "bad-origin");
    }
}

#[tokio::test]
async fn a_guesser_gets_no_new_address_by_claiming_one() {
    let shop = TestApp::new();
    let guess = |number: u32| {
        let client = shop.anonymous().with("x-forwarded-for", &format!("10.0.0.{number}"));
        let login = json!({"username": format!("nobody-{number}"), "password": "wrong wrong"});
        async move { client.post("/auth/login", login).await.status }
    };
    for number in 0..50 {
        assert_eq!(guess(number).await, 401, "{number}");
    }
    // The account was never tried before: it is the one address behind all of them.
    assert_eq!(guess(51).await, 429);
}

#[tokio::test]
async fn pages_of_listed_origins_may_ask_and_read_with_credentials() {
    const TABLET: &str = "https://tablet.example";
    let shop = TestApp::new().behind(&[("cors_origins", TABLET)]);
    let (listed, foreign) = (
        shop.anonymous().with("origin", TABLET),
        shop.anonymous().with("origin", "https://evil.example"),
    );
    for path in ["/products", "/api/v1/cart/5/items", "/cart/esp32/add_item", "/nothing"] {
        let asking = listed.with("access-control-request-method", "PATCH");
        let answer = asking.send("OPTIONS", path, "").await;
        let is_trolleys = path.starts_with("/cart/esp32/");
        assert_eq!(answer.status, if is_trolleys { 200 } else { 204 }, "{path}");
        assert_eq!(answer.body["success"] == true, is_trolleys, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), TABLET);
        assert_eq!(answer.header("access-control-allow-credentials"), "true");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            assert!(answer.header("access-control-allow-methods").contains(method));
        }
        for header in [
            "authorization",
            "content-type",
            "idempotency-key",
            "if-match",
            "x-api-key",
            "x-device-key",
        ] {
            assert!(answer.header("access-control-allow-headers").contains(header), "{header}");
        }
        let refused = foreign.with("access-control-request-method", "PATCH");
        let refused = refused.send("OPTIONS", path, "").await;
        assert!(refused.status >= 400, "{path}");
        assert_eq!(refused.header("access-control-allow-origin"), "");
        assert_eq!(refused.header("access-control-allow-credentials"), "");
    }
    for path in ["/products", "/nothing", "/cart/view", "/admin/", "/docs"] {
        let answer = listed.get(path).await;
        assert_eq!(answer.header("access-control-allow-origin"), TABLET, "{path}");
        for header in
            ["etag", "x-total-count", "link", "retry-after", "idempotency-replayed", "location"]
        {
            assert!(answer.header("access-control-expose-headers").contains(header), "{header}");
        }
        let answer = foreign.get(path).await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
        assert!(answer.header("vary").to_lowercase().contains("origin"), "{path}");
    }
}

#[tokio::test]
async fn every_answer_tells_the_browser_what_it_may_do() {
    let shop = TestApp::new();
    let customer = shop.customer("ann").await;
    let asset = shop.anonymous().get("/admin/").await.text;
    let asset = asset.split("\"/admin/assets/").nth(1).and_then(|it| it.split('"').next());
    let asset = format!("/admin/assets/{}", asset.unwrap());
    for (method, path, status) in [
        ("GET", "/", 200),
        ("GET", "/health", 200),
        ("GET", "/admin/", 200),
        ("GET", asset.as_str(), 200),
        ("GET", "/docs", 200),
        ("GET", "/docs/docs.js", 200),
        ("GET", "/docs/devices", 200),
        ("GET", "/docs/firmware/cartwright-cart.zip", 200),
        ("GET", "/docs/firmware/src/cartwright_cart.h", 200),
        ("GET", "/docs/firmware/src", 404),
        ("GET", "/docs/firmware/..%2f..%2fdocs%2fdocs.js", 404),
        ("GET", "/openapi.json", 200),
        ("GET", "/cart/view", 200),
        ("GET", "/users", 403),
        ("GET", "/nothing", 404),
        ("DELETE", "/health", 405),
        ("TRACE", "/health", 405),
        ("OPTIONS", "/health", 405),
        ("POST", "/auth/login", 400),
        ("GET", "/cart/esp32/time", 403),
        ("HEAD", "/products", 200),
    ] {
        let answer = customer.send(method, path, "").await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text);
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'self'") && policy.contains("object-src 'none'"));
        assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert!(!answer.header("referrer-policy").is_empty(), "{path}");
        assert!(!answer.header("cache-control").is_empty(), "{path}");
        assert_eq!(answer.header("server"), "", "{path}");
    }
}

#[tokio::test]
async fn an_address_that_is_too_long_and_two_hosts_are_refused() {
    let shop = TestApp::new();
    let client = shop.anonymous();
    client.get(&format!("/health?x={}", "x".repeat(8000))).await.ok(200);
    let long = format!("/products?query={}", "x".repeat(8192));
    client.get(&long).await.refused(414, "uri-too-long");
    let long = format!("/cart/esp32/{}", "x".repeat(8192));
    assert_eq!(client.get(&long).await.refused(414, "uri-too-long")["success"], false);
    client.with("host", "evil.example").get("/health").await.refused(400, "bad-host");
}
