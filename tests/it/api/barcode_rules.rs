//! How scanned codes are read: rules in force at once, and a tester that tells why.

use cartwright::domain::codes::check_digit;
use serde_json::{Value, json};

use crate::support::{Client, TestApp};

fn ean(body: &str) -> String {
    format!("{body}{}", check_digit(body.as_bytes()))
}

async fn test(staff: &Client, code: &str) -> Value {
    staff.post("/barcode-rules/test", json!({"code": code})).await.ok(200)
}

#[tokio::test]
async fn rules_are_in_force_with_their_answer() {
    let shop = TestApp::new();
    let (staff, admin) = (shop.staff().await, shop.admin().await);
    let apples = shop.apples(&staff).await;
    let device = shop.device().await;
    let seeds = json!({"rules": [
        {"pattern": "21IIIIIWWWWWC", "strict_check_digit": true},
        {"pattern": "20IIIIIPPPPPC", "strict_check_digit": true},
    ], "version": 0});
    let found = staff.get("/barcode-rules").await;
    assert_eq!(found.header("etag"), "\"0\"");
    assert_eq!(found.ok(200), seeds);

    let code = ean("231234501500");
    let scan = json!({"barcode": code});
    assert_eq!(device.post("/cart/esp32/add_item", scan.clone()).await.status, 404);
    let rules = json!({"rules": [{"pattern": "23IIIIIWWWWWC", "strict_check_digit": false}]});
    let first = admin.with("if-match", "\"0\"");
    let written = first.put("/barcode-rules", rules.clone()).await;
    assert_eq!(written.header("etag"), "\"1\"");
    let written = written.ok(200);
    assert_eq!(written["version"], 1);
    first.put("/barcode-rules", rules).await.refused(412, "stale-version");
    assert_eq!(staff.get("/barcode-rules").await.ok(200), written);
    let back = admin.put("/barcode-rules", written.clone()).await.ok(200);
    assert_eq!(back, written, "the same again is no change");

    device.post("/cart/esp32/add_item", scan).await.ok(200);
    let wrong_digit = format!("{}{}", &code[..12], (code.as_bytes()[12] - b'0' + 1) % 10);
    for code in [code.as_str(), wrong_digit.as_str()] {
        let found = shop.anonymous().get(&format!("/products/barcode/{code}")).await.ok(200);
        assert_eq!(found["id"], apples);
    }
    let old = shop.anonymous().get("/products/barcode/2112345015002").await;
    old.refused(404, "not-found");
    let none = admin.put("/barcode-rules", json!({"rules": []})).await.ok(200);
    assert_eq!(none, json!({"rules": [], "version": 2}));
    staff.put("/barcode-rules", json!({"rules": []})).await.refused(403, "forbidden");
}

#[tokio::test]
async fn bad_rules_are_named_by_their_index() {
    let shop = TestApp::new();
    let admin = shop.admin().await;
    let rule = |pattern: &str| json!({ "pattern": pattern });
    for (field, rules) in [
        ("rules[0].pattern", json!([rule("21IIIIIWWWWW")])),
        ("rules[1].pattern", json!([rule("21IIIIIWWWWWC"), rule("22IIIIIWWPPPC")])),
        ("rules[1].pattern", json!([rule("21IIIIIWWWWWC"), rule("21IIIIIWWWWWC")])),
        ("rules[1].pattern", json!([rule("2IIIIIIWWWWWC"), rule("21IIIIIPPPPPC")])),
        ("rules[0].pattern", json!([rule("40IIIIIWWWWWC")])),
        ("rules[0].pattern", json!([rule("21ÄÄIIIWWWWWC")])),
        ("rules[0].colour", json!([{"pattern": "21IIIIIWWWWWC", "colour": 1}])),
        ("rules", json!("21IIIIIWWWWWC")),
        ("rules", json!((0..33).map(|_| rule("21IIIIIWWWWWC")).collect::<Vec<_>>())),
    ] {
        let answer = admin.put("/barcode-rules", json!({"rules": rules})).await;
        assert_eq!(answer.status, 400, "{rules}: {}", answer.text);
        answer.names(field);
        if field.contains("pattern") {
            let tried = json!({"code": "2112345015002", "rules": rules});
            admin.post("/barcode-rules/test", tried).await.names(field);
        }
    }
    assert_eq!(admin.get("/barcode-rules").await.ok(200)["version"], 0);
}

#[tokio::test]
async fn the_tester_tells_how_a_code_is_read() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let nobody = test(&staff, "2112345015002").await;
    let rule = json!({"index": 0, "pattern": "21IIIIIWWWWWC"});
    assert_eq!((&nobody["rule"], &nobody["product"]), (&rule, &Value::Null));
    assert!(nobody["explanation"].as_str().unwrap().contains("No product has PLU 12345."));

    let (milk, apples) = (shop.milk(&staff).await, shop.apples(&staff).await);
    let weighed = test(&staff, " 2112345015002\r\n").await;
    let explanation = weighed["explanation"].clone();
    assert_eq!(
        weighed,
        json!({
            "code": "2112345015002",
            "gtin": {"valid": true, "normalised": "2112345015002", "problem": null},
            "rule": {"index": 0, "pattern": "21IIIIIWWWWWC"},
            "item": "12345", "weight_g": 1500, "price": null, "plu": null,
            "product": {"id": apples, "name": "Apples"},
            "explanation": explanation,
        })
    );
    let priced = test(&staff, &ean("201234500399")).await;
    assert_eq!((&priced["rule"]["index"], &priced["price"]), (&json!(1), &json!(3.99)));

    let wrong = test(&staff, "4006381333932").await;
    assert_eq!(wrong["gtin"]["valid"], false);
    let problem = wrong["gtin"]["problem"].as_str().unwrap();
    assert!(problem.contains("it should be 1"), "{problem}");
    let own = test(&staff, "04006381333931").await;
    assert_eq!(own["gtin"]["normalised"], "4006381333931");
    assert_eq!(own["product"]["id"], milk);
    let plu = test(&staff, "012345").await;
    assert_eq!((&plu["plu"], &plu["product"]["id"]), (&json!("12345"), &json!(apples)));
    for code in ["", "no code", "\u{1d}", "]", "9".repeat(400).as_str(), "😀"] {
        let found = test(&staff, code).await;
        assert_eq!(found["product"], Value::Null, "{code}");
        assert!(found["explanation"].as_str().unwrap().contains("finds nothing"), "{code}");
    }
    let long = json!({"code": "9".repeat(513)});
    staff.post("/barcode-rules/test", long).await.names("code");
    staff.post("/barcode-rules/test", json!({})).await.names("code");
    staff.post("/barcode-rules/test", json!({"code": "1", "x": 1})).await.names("x");
}

#[tokio::test]
async fn rules_can_be_tried_before_they_are_written() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let apples = shop.apples(&staff).await;
    let code = ean("291234599399");
    let tried = json!({"code": code, "rules": [{"pattern": "29IIIIIVPPPPC"}]});
    let found = staff.post("/barcode-rules/test", tried).await.ok(200);
    assert_eq!((&found["price"], &found["product"]["id"]), (&json!(93.99), &json!(apples)));
    assert_eq!(test(&staff, &code).await["rule"], Value::Null);
}

#[tokio::test]
async fn gs1_labels_are_scanned_with_their_weight_and_price() {
    let shop = TestApp::new();
    let (staff, ann) = (shop.staff().await, shop.customer("ann").await);
    let cheese = json!({"name": "Gouda", "price": 10, "unit": "kg", "stock": 9000,
        "barcodes": ["9521234567899"]});
    let cheese = shop.product(&staff, cheese).await;
    let path = format!("/cart/{}/items", ann.id);
    for (code, total) in [
        ("]d201095212345678993103001500", 15.0),
        ("(01)09521234567899(3103)000500", 5.0),
        ("]C10109521234567899\u{1d}3922399", 3.99),
    ] {
        let told = test(&staff, code).await;
        assert_eq!(told["product"]["id"], cheese, "{told}");
        let cart = ann.post(&path, json!({"barcode": code})).await.ok(201);
        let line = cart["items"].as_array().unwrap().iter().find(|line| line["total"] == total);
        assert!(line.is_some(), "{code}: {cart}");
    }
    let wrong = test(&staff, "(01)09521234567890(3103)001500").await;
    assert_eq!((&wrong["gtin"]["valid"], &wrong["product"]), (&json!(false), &Value::Null));
    let refused = ann.post(&path, json!({"barcode": "(01)09521234567890(3103)001500"})).await;
    assert_eq!(refused.status, 404, "{}", refused.text);
}
