//! The trolleys' dialect: flat answers, liberal reading, one trolley to a key.

use serde_json::json;

use crate::support::{Answer, TestApp};

/// Checks what firmware relies on in every answer of its dialect.
#[track_caller]
fn flat(answer: Answer) -> Answer {
    assert_eq!(answer.header("content-type"), "application/json", "{}", answer.text);
    assert!(answer.has_length && answer.header("transfer-encoding").is_empty());
    assert!(answer.text.len() < 256, "{} bytes: {}", answer.text.len(), answer.text);
    assert!(answer.text.is_ascii(), "{}", answer.text);
    let members = answer.body.as_object().unwrap();
    assert!(members.values().all(|value| !value.is_object() && !value.is_array()));
    assert_eq!(members["success"], answer.status < 400);
    let line = members.get("lcdMessage").map_or("", |line| line.as_str().unwrap());
    assert!(line.len() <= 16 && (answer.status < 400 || !line.is_empty()), "{}", answer.text);
    answer
}

#[tokio::test]
async fn a_scan_is_answered_flat() {
    let shop = TestApp::new();
    let milk = shop.milk(&shop.staff().await).await;
    let trolley = shop.device().await;
    let body = json!({"barcode": "4006381333931", "boot_id": "b1", "seq": 1});
    let added = flat(trolley.post("/cart/esp32/add_item", body).await).ok(200);
    assert_eq!(added["lcdMessage"], "Milk 1 l    1.29");
    for (member, value) in [
        ("product_id", json!(milk)),
        ("quantity", json!(1)),
        ("price", json!(1.29)),
        ("items", json!(1)),
        ("total", json!(1.29)),
        ("seq", json!(1)),
    ] {
        assert_eq!(added[member], value, "{member}: {added}");
    }
    let set = json!({"product_id": milk, "quantity": 5});
    let set = flat(trolley.post("/cart/esp32/update_item", set).await).ok(200);
    assert_eq!((&set["quantity"], &set["total"]), (&json!(5), &json!(6.45)));
    let removed = json!({"product_id": milk, "quantity": 2});
    let removed = flat(trolley.post("/cart/esp32/remove_item", removed).await).ok(200);
    assert_eq!(removed["items"], 3);
    let none = json!({"product_id": milk, "quantity": 0});
    assert_eq!(flat(trolley.post("/cart/esp32/update_item", none).await).ok(200)["items"], 0);
}

#[tokio::test]
async fn refusals_are_flat_too() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let (milk, apples) = (shop.milk(&staff).await, shop.apples(&staff).await);
    let trolley = shop.device().await;
    let add = "/cart/esp32/add_item";
    for (status, body) in [
        (404, json!({"barcode": "9521234567896"})),
        (404, json!({"product_id": 99})),
        (404, json!({"uid": "04A1B2C3"})),
        (400, json!({})),
        (400, json!({"product_id": milk, "quantity": 0})),
        (400, json!({"product_id": milk, "quantity": -1})),
        (400, json!({"product_id": milk, "quantity": 1_000_000_000_000_i64})),
        (400, json!({"product_id": milk, "quantity": "many"})),
        (400, json!({"product_id": apples})),
        (400, json!({"product_id": apples, "weight": 100_001})),
        (400, json!({"product_id": milk, "seq": 1})),
        (400, json!({"product_id": milk, "seq": 0, "boot_id": "b"})),
        (400, json!({"product_id": milk, "seq": 2_147_483_648_u32, "boot_id": "b"})),
        (400, json!({"product_id": milk, "seq": 1, "boot_id": "b".repeat(33)})),
    ] {
        let answer = flat(trolley.post(add, body.clone()).await);
        assert_eq!(answer.status, status, "{body}: {}", answer.text);
        assert!(answer.body["code"].is_string() && answer.body["message"].is_string());
    }
    for body in ["{", "[]", "nonsense", ""] {
        flat(trolley.send("POST", add, body).await).refused(400, "malformed-json");
    }
    let huge = format!("{{\"barcode\":\"{}\"}}", "1".repeat(65 * 1024));
    flat(trolley.send("POST", add, huge).await).refused(413, "body-too-large");
    flat(trolley.get("/cart/esp32/nothing").await).refused(404, "unknown-route");
    flat(trolley.get(add).await).refused(405, "method-not-allowed");
    flat(shop.anonymous().post(add, json!({})).await).refused(401, "unauthenticated");
    let unknown = shop.anonymous().with("x-api-key", "cwk_nonsense");
    flat(unknown.post(add, json!({})).await).refused(401, "unknown-device-key");
    flat(staff.post(add, json!({})).await).refused(403, "forbidden");
    assert_eq!(trolley.get("/cart/esp32/cart").await.ok(200)["items"], 0, "nothing was changed");
}

#[tokio::test]
async fn keys_come_in_four_headers() {
    let shop = TestApp::new();
    let added = shop.admin().await.post("/devices", json!({"name": "Cart 8"})).await.ok(201);
    let key = added["key"].as_str().unwrap();
    assert!(key.starts_with("cwk_") && added["cart_code"].is_string());
    for (name, value) in [
        ("x-api-key", key.to_owned()),
        ("x-device-key", key.to_owned()),
        ("authorization", format!("Bearer {key}")),
        ("authorization", key.to_owned()),
    ] {
        let trolley = shop.anonymous().with(name, &value);
        flat(trolley.get("/cart/esp32/time").await).ok(200);
    }
}

#[tokio::test]
async fn what_firmware_sends_is_read() {
    let shop = TestApp::new();
    let milk = shop.milk(&shop.staff().await).await;
    let trolley = shop.device().await;
    for body in [
        "{\"barcode\":4006381333931}",
        "{\"barcode\":\"4006381333931\\r\\n\"}",
        "{\"barcode\":\"4006381333931\r\"}",
        "{\"barcode\":\" 4006381333931\",\"quantity\":\"1\",\"colour\":\"blue\"}\0",
    ] {
        let answer = flat(trolley.send("POST", "/cart/esp32/add_item", body).await);
        assert_eq!(answer.ok(200)["product_id"], milk, "{body:?}");
    }
    assert_eq!(trolley.get("/cart/esp32/cart").await.ok(200)["items"], 4);
}

#[tokio::test]
async fn loose_goods_need_their_weight_whatever_their_code_is() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let nuts = json!({
        "name": "Nuts", "price": 10, "unit": "kg", "barcodes": ["9521234567899"], "plu": "54321",
    });
    let nuts = staff.post("/products", nuts).await;
    let nuts = if nuts.status == 201 { nuts.body["id"].clone() } else { panic!("{}", nuts.text) };
    let trolley = shop.device().await;
    for route in ["add_item", "update_item"] {
        for body in [json!({"barcode": "9521234567899"}), json!({"product_id": nuts})] {
            let answer = trolley.post(&format!("/cart/esp32/{route}"), body.clone()).await;
            assert_eq!(answer.body["code"], "weight-required", "{body}: {}", answer.text);
        }
    }
    let weighed = json!({"barcode": "9521234567899", "weight": 250});
    let added = flat(trolley.post("/cart/esp32/add_item", weighed).await).ok(200);
    assert_eq!((&added["price"], &added["quantity"]), (&json!(2.5), &json!(1)));
}

#[tokio::test]
async fn a_checkout_with_many_short_lines_is_refused_in_few_words() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let trolley = shop.device().await;
    for number in 0..20 {
        let name = format!("A product with quite a long name, number {number}");
        let id = shop.product(&staff, json!({"name": name, "price": 1, "stock": 0})).await;
        trolley.post("/cart/esp32/add_item", json!({"product_id": id})).await.ok(200);
    }
    let body = json!({"boot_id": "b", "seq": 1});
    let refused = flat(trolley.post("/cart/esp32/checkout", body.clone()).await);
    assert_eq!(flat(trolley.post("/cart/esp32/checkout", body).await).text, refused.text);
    refused.refused(409, "out-of-stock");
    flat(trolley.send("POST", "/cart/esp32/checkout", "").await).refused(409, "out-of-stock");
    assert_eq!(trolley.get("/cart/esp32/cart").await.ok(200)["items"], 20);
}

#[tokio::test]
async fn what_left_the_catalogue_can_be_taken_out() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    let trolley = shop.device().await;
    let scan = json!({"barcode": "4006381333931", "boot_id": "b", "seq": 1});
    trolley.post("/cart/esp32/add_item", scan).await.ok(200);
    staff.patch(&format!("/products/{milk}"), json!({"active": false})).await.ok(200);
    let refused = trolley.post("/cart/esp32/checkout", json!({"boot_id": "b", "seq": 2})).await;
    flat(refused).refused(409, "product-unavailable");
    let scan = json!({"barcode": "4006381333931", "boot_id": "b", "seq": 3});
    let removed = flat(trolley.post("/cart/esp32/remove_item", scan).await).ok(200);
    assert_eq!(removed["items"], 0);
}

#[tokio::test]
async fn tags_count_once() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let pan = json!({"name": "Pan", "price": 20, "rfid": ["04A1B2C3"]});
    shop.product(&staff, pan).await;
    let trolley = shop.device().await;
    let body = |uid: &str, seq: u32| json!({"uid": uid, "boot_id": "b", "seq": seq});
    flat(trolley.post("/cart/esp32/add_item", body("04a1b2c3", 1)).await).ok(200);
    let again = flat(trolley.post("/cart/esp32/add_item", body("04A1B2C3", 2)).await);
    again.refused(409, "tag-already-in-cart");
    flat(trolley.post("/cart/esp32/remove_item", body("04A1B2C3", 3)).await).ok(200);
    flat(trolley.post("/cart/esp32/add_item", body("04A1B2C3", 4)).await).ok(200);
}

#[tokio::test]
async fn another_trolleys_number_is_forbidden() {
    let shop = TestApp::new();
    let milk = shop.milk(&shop.staff().await).await;
    let (one, two) = (shop.device().await, shop.device().await);
    let body = |id: u64| json!({"product_id": milk, "cart_id": id, "boot_id": "b", "seq": 1});
    flat(one.post("/cart/esp32/add_item", body(two.id)).await).refused(403, "not-your-cart");
    let place = json!({"node": "in", "cart_id": two.id});
    flat(one.post("/cart/esp32/location", place).await).refused(403, "not-your-cart");
    let added = flat(one.post("/cart/esp32/add_item", body(one.id)).await).ok(200);
    assert_eq!(added["items"], 1, "a 403 uses up nothing");
    assert_eq!(two.get("/cart/esp32/cart").await.ok(200)["items"], 0);
}

#[tokio::test]
async fn the_cart_comes_in_pages() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let trolley = shop.device().await;
    for number in 0..7 {
        let name = format!("Käse mit einem sehr langen Namen, Sorte {number}, 500 g aus dem Süden");
        let id = shop.product(&staff, json!({"name": name, "price": 1})).await;
        trolley.post("/cart/esp32/add_item", json!({"product_id": id})).await.ok(200);
    }
    let page = trolley.get("/cart/esp32/cart").await;
    assert!(page.text.len() <= 1024 && page.text.is_ascii(), "{}", page.text);
    let page = page.ok(200);
    assert_eq!(page["lines"].as_array().unwrap().len(), 5);
    assert_eq!((&page["next"], &page["items"], &page["total"]), (&json!(5), &json!(7), &json!(7)));
    let rest = trolley.get("/cart/esp32/cart?offset=5").await.ok(200);
    assert_eq!(rest["lines"].as_array().unwrap().len(), 2);
    assert!(rest["next"].is_null());
}

#[tokio::test]
async fn heartbeats_are_seen_by_staff() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let (trolley, code) = shop.device_with_code().await;
    let beat = json!({"battery_pct": 81, "rssi": -60, "firmware": "1.2", "free_heap": 90_000});
    let answer = flat(trolley.post("/cart/esp32/heartbeat", beat).await).ok(200);
    assert_eq!((&answer["paired"], &answer["cart_code"]), (&json!(false), &json!(code)));
    assert_eq!(answer["time"], "2026-11-20T12:00:00Z");
    flat(trolley.post("/cart/esp32/heartbeat", json!({"cart_weight": 1200})).await).ok(200);
    let seen = staff.get(&format!("/devices/{}", trolley.id)).await.ok(200);
    assert_eq!((&seen["online"], &seen["battery_pct"]), (&json!(true), &json!(81)));
    assert_eq!((&seen["rssi"], &seen["cart_weight"]), (&json!(-60), &json!(1200)));
    assert!(!seen.to_string().contains("cwk_") && seen.get("key").is_none());
}

#[tokio::test]
async fn keys_are_rotated_and_revoked() {
    let shop = TestApp::new();
    let admin = shop.admin().await;
    let old = shop.device().await;
    let path = format!("/devices/{}", old.id);
    let rotated = admin.send("POST", &format!("{path}/rotate"), "").await.ok(200);
    let new = shop.anonymous().with("x-api-key", rotated["key"].as_str().unwrap());
    old.get("/cart/esp32/time").await.ok(200);
    new.get("/cart/esp32/time").await.ok(200);
    old.get("/cart/esp32/time").await.refused(401, "unknown-device-key");
    assert_eq!(admin.delete(&path).await.ok(200)["revoked"], true);
    new.get("/cart/esp32/time").await.refused(401, "unknown-device-key");
    admin.send("POST", &format!("{path}/rotate"), "").await.refused(409, "revoked");
    let other = shop.device().await;
    admin.send("POST", &format!("/devices/{}/rotate", other.id), "").await.ok(200);
    shop.wait(24 * 3600 + 1);
    other.get("/cart/esp32/time").await.refused(401, "unknown-device-key");
}

#[tokio::test]
async fn the_till_takes_an_anonymous_trolleys_cart() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    let trolley = shop.device().await;
    flat(trolley.send("POST", "/cart/esp32/checkout", "").await).refused(400, "empty-cart");
    trolley.post("/cart/esp32/add_item", json!({"product_id": milk})).await.ok(200);
    let paid = flat(trolley.send("POST", "/cart/esp32/checkout", "").await).ok(200);
    let again = flat(trolley.send("POST", "/cart/esp32/checkout", "").await).ok(200);
    assert_eq!(again["duplicate"], true);
    assert_eq!((&again["order_id"], &again["code"]), (&paid["order_id"], &paid["code"]));
    let path = format!("/orders/{}", paid["order_id"]);
    let order = staff.get(&path).await.ok(200);
    assert_eq!((&order["user_id"], &order["device_id"]), (&json!(null), &json!(trolley.id)));
    assert_eq!(staff.patch(&path, json!({"status": "paid"})).await.ok(200)["status"], "paid");
    shop.customer("ann").await.get(&path).await.refused(403, "not-yours");
    shop.wait(61);
    flat(trolley.send("POST", "/cart/esp32/checkout", "").await).refused(400, "empty-cart");
}
