//! Boards come in by pairing codes: once, within ten minutes, and no lost answer locks one out that
//! made a claim.

use cartwright::clock::Clock;
use cartwright::storage::Store;
use serde_json::{Value, json};

use crate::support::{Answer, Client, Parts, TestApp};

const ENROLL: &str = "/cart/esp32/enroll";
const CODES: &str = "/devices/pairing-codes";
const MAC: &str = "24:6F:28:AB:01:9C";

/// A code for this.
async fn code(admin: &Client, what: Value) -> String {
    let made = admin.post(CODES, what).await.ok(201);
    made["pairing_code"].as_str().unwrap().to_owned()
}

fn board(code: &str) -> Value {
    json!({"pairing_code": code, "mac": MAC, "chip": "ESP32-S3"})
}

/// The client that a board is with the key that it got.
fn with_key(shop: &TestApp, enrolled: &Value) -> Client {
    shop.anonymous().with("x-api-key", enrolled["key"].as_str().unwrap())
}

/// Checks what firmware relies on in every answer of its dialect.
#[track_caller]
fn flat(answer: Answer) -> Answer {
    assert_eq!(answer.header("content-type"), "application/json", "{}", answer.text);
    assert!(answer.has_length && answer.text.len() < 256, "{}", answer.text);
    assert!(answer.text.is_ascii() && answer.body["success"] == (answer.status < 400));
    answer
}

#[tokio::test]
async fn a_board_comes_in_once() {
    let shop = TestApp::new();
    let admin = shop.admin().await;
    let made = admin.post(CODES, json!({"name": "Kärren 7"})).await.ok(201);
    let code = made["pairing_code"].as_str().unwrap();
    let plain = code.replace('-', "");
    assert_eq!((code.len(), plain.len()), (9, 8));
    assert_eq!(made["expires_at"], "2026-11-20T12:10:00Z");
    assert_eq!((&made["name"], &made["device_id"]), (&json!("Kärren 7"), &Value::Null));
    let url = made["url"].as_str().unwrap();
    assert!(url.starts_with("http://"), "{url}");
    assert_eq!(made["qr_text"], format!("cartwright:enroll?url={url}&code={plain}"));
    assert!(made["qr"].as_str().unwrap().starts_with("<svg "));

    let enrolled = flat(shop.anonymous().post(ENROLL, board(code)).await).ok(200);
    assert!(enrolled["key"].as_str().unwrap().starts_with("cwk_"));
    assert_eq!(enrolled["lcdMessage"], "Kaerren 7");
    let trolley = with_key(&shop, &enrolled);
    let status = trolley.post("/cart/esp32/heartbeat", json!({})).await.ok(200);
    assert_eq!(status["cart_code"], enrolled["cart_code"]);
    let device = admin.get(&format!("/devices/{}", enrolled["device_id"])).await.ok(200);
    assert_eq!(device["name"], "Kärren 7");
    assert_eq!((&device["mac"], &device["chip"]), (&json!("246F28AB019C"), &json!("ESP32-S3")));
    // Once its key was used, the code is good for nothing, for this board neither.
    flat(shop.anonymous().post(ENROLL, board(code)).await).refused(409, "pairing-code-used");
    let other = json!({"pairing_code": code, "mac": "24:6F:28:AB:01:9D"});
    flat(shop.anonymous().post(ENROLL, other).await).refused(409, "pairing-code-used");
    shop.wait(600);
    flat(shop.anonymous().post(ENROLL, board(code)).await).refused(404, "unknown-pairing-code");
    trolley.get("/cart/esp32/time").await.ok(200);
    // Nothing secret is in the log.
    let log = admin.get("/audit?limit=10").await.text;
    assert!(log.contains("device.enroll") && log.contains("pairing-code.create"));
    assert!(!log.contains(code) && !log.contains(&plain));
    assert!(!log.contains(enrolled["key"].as_str().unwrap()));
}

#[tokio::test]
async fn codes_and_addresses_are_read_however_they_are_written() {
    let shop = TestApp::new();
    let admin = shop.admin().await;
    for write in [
        |code: &str| format!("{{\"pairing_code\":\"{}\"}}", code.to_lowercase()),
        |code: &str| format!("{{\"pairing_code\":\" {}\r\n\"}}", code.replace('-', " ")),
        |code: &str| format!("{{\"pairing_code\":\"{code}\\u0000\",\"mac\":\"246f.28ab.019c\"}}\0"),
        |code: &str| format!("{{\"pairing_code\":\"{code}\",\"mac\":\"00:00:00:00:00:00\"}}"),
        |code: &str| {
            format!("{{\"pairing_code\":\"{code}\",\"mac\":null,\"chip\":\"\",\"x\":[1]}}")
        },
    ] {
        let body = write(&code(&admin, json!({})).await);
        let enrolled = flat(shop.anonymous().send("POST", ENROLL, body.clone()).await);
        assert_eq!(enrolled.status, 200, "{body:?}: {}", enrolled.text);
    }
    // What cannot be read uses nothing up.
    let good = code(&admin, json!({})).await;
    for body in [
        json!({}),
        json!({"pairing_code": null}),
        json!({"pairing_code": good, "mac": "24:6F"}),
        json!({"pairing_code": good, "mac": "ff:ff:ff:ff:ff:ff"}),
        json!({"pairing_code": good, "mac": {"a": 1}, "chip": "<script>"}),
        json!({"pairing_code": good, "chip": "E".repeat(33)}),
        json!({"pairing_code": good, "claim": "0123456789abcde"}),
        json!({"pairing_code": good, "claim": "0".repeat(65)}),
        json!({"pairing_code": good, "claim": "0123456789 abcdef"}),
    ] {
        flat(shop.anonymous().post(ENROLL, body).await).refused(400, "invalid");
    }
    flat(shop.anonymous().send("POST", ENROLL, "{").await).refused(400, "malformed-json");
    flat(shop.anonymous().post(ENROLL, board(&good)).await).ok(200);
}

#[tokio::test]
async fn a_code_works_once_for_the_same_board_too() {
    let shop = TestApp::new();
    let admin = shop.admin().await;
    let code = code(&admin, json!({})).await;
    let first = shop.anonymous().post(ENROLL, board(&code)).await.ok(200);
    let late = json!({"pairing_code": code, "mac": MAC, "claim": "0123456789abcdef"});
    for again in [board(&code), json!({"pairing_code": code}), late] {
        flat(shop.anonymous().post(ENROLL, again).await).refused(409, "pairing-code-used");
    }
    with_key(&shop, &first).get("/cart/esp32/time").await.ok(200);
    assert_eq!(admin.get("/devices").await.ok(200).as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_lost_answer_locks_no_board_out_that_made_a_claim() {
    let shop = TestApp::new();
    let admin = shop.admin().await;
    let code = code(&admin, json!({})).await;
    let with = |claim: &str| json!({"pairing_code": code, "mac": MAC, "claim": claim});
    let mine = with("0123456789abcdef");
    let first = flat(shop.anonymous().post(ENROLL, mine.clone()).await).ok(200);
    // Nobody else can take it over, whatever address they say.
    for other in [board(&code), with("0123456789abcdeF"), with("")] {
        flat(shop.anonymous().post(ENROLL, other).await).refused(409, "pairing-code-used");
    }
    shop.wait(17);
    let again = flat(shop.anonymous().post(ENROLL, mine.clone()).await).ok(200);
    assert_eq!(first["device_id"], again["device_id"]);
    assert_ne!(first["key"], again["key"]);
    assert_eq!(admin.get("/devices").await.ok(200).as_array().unwrap().len(), 1);
    // The key that nobody got is no key.
    let lost = with_key(&shop, &first).get("/cart/esp32/time").await;
    lost.refused(401, "unknown-device-key");
    with_key(&shop, &again).get("/cart/esp32/time").await.ok(200);
    shop.anonymous().post(ENROLL, mine.clone()).await.refused(409, "pairing-code-used");
    with_key(&shop, &again).get("/cart/esp32/time").await.ok(200);
    shop.wait(600);
    shop.anonymous().post(ENROLL, mine).await.refused(404, "unknown-pairing-code");
    // The claim is kept as a hash, and not in the log.
    assert!(!admin.get("/audit?limit=10").await.text.contains("0123456789abcdef"));
}

#[tokio::test]
async fn a_restart_opens_no_used_code() {
    let store = Store::in_memory().unwrap();
    let clock = Clock::manual("2026-11-20T12:00:00Z".parse().unwrap());
    let open = || TestApp::of(Parts { store: store.clone(), clock: clock.clone() });
    let shop = open();
    let admin = shop.admin().await;
    let (used, fresh) = (code(&admin, json!({})).await, code(&admin, json!({})).await);
    let enrolled = shop.anonymous().post(ENROLL, board(&used)).await.ok(200);
    with_key(&shop, &enrolled).get("/cart/esp32/time").await.ok(200);

    let shop = open();
    shop.anonymous().post(ENROLL, board(&used)).await.refused(409, "pairing-code-used");
    shop.anonymous().post(ENROLL, board(&fresh)).await.ok(200);
    with_key(&shop, &enrolled).get("/cart/esp32/time").await.ok(200);
}

#[tokio::test]
async fn a_code_for_a_trolley_replaces_its_board() {
    let shop = TestApp::new();
    let admin = shop.admin().await;
    let old = shop.device().await;
    shop.milk(&admin).await;
    old.post("/cart/esp32/add_item", json!({"barcode": "4006381333931"})).await.ok(200);
    let made = admin.post(CODES, json!({"device_id": old.id})).await.ok(201);
    assert_eq!((&made["name"], &made["device_id"]), (&json!("Cart 7"), &json!(old.id)));
    // Until a board comes, the old one works.
    old.get("/cart/esp32/time").await.ok(200);
    let code = made["pairing_code"].as_str().unwrap();
    let enrolled = shop.anonymous().post(ENROLL, board(code)).await.ok(200);
    assert_eq!(enrolled["device_id"], old.id);
    old.get("/cart/esp32/time").await.refused(401, "unknown-device-key");
    let cart = with_key(&shop, &enrolled).get("/cart/esp32/cart").await.ok(200);
    assert_eq!(cart["items"], 1, "the trolley's cart stays");

    for (body, field) in [
        (json!({"device_id": 99}), "device_id"),
        (json!({"device_id": 0}), "device_id"),
        (json!({"name": ""}), "name"),
        (json!({"name": "x", "device_id": old.id}), "name"),
    ] {
        admin.post(CODES, body).await.names(field);
    }
    let late = admin.post(CODES, json!({"device_id": old.id})).await.ok(201);
    admin.delete(&format!("/devices/{}", old.id)).await.ok(200);
    admin.post(CODES, json!({"device_id": old.id})).await.refused(409, "revoked");
    let late = board(late["pairing_code"].as_str().unwrap());
    shop.anonymous().post(ENROLL, late).await.refused(409, "revoked");
}

#[tokio::test]
async fn names_go_on_and_codes_are_listed_and_taken_back() {
    let shop = TestApp::new();
    let admin = shop.admin().await;
    shop.device().await;
    let first = admin.post(CODES, json!({})).await.ok(201);
    let second = admin.send("POST", CODES, "").await.ok(201);
    assert_eq!((&first["name"], &second["name"]), (&json!("Cart 8"), &json!("Cart 9")));
    let list = admin.get(CODES).await;
    assert_eq!(list.header("x-total-count"), "2");
    let code = second["pairing_code"].as_str().unwrap();
    assert!(!list.text.contains(code) && !list.text.contains(&code.replace('-', "")));
    admin.delete(&format!("{CODES}/{}", second["id"])).await.ok(200);
    admin.delete(&format!("{CODES}/{}", second["id"])).await.refused(404, "not-found");
    shop.anonymous().post(ENROLL, board(code)).await.refused(404, "unknown-pairing-code");
    shop.wait(600);
    assert_eq!(admin.get(CODES).await.ok(200), json!([]));
    for _ in 0..50 {
        admin.post(CODES, json!({})).await.ok(201);
    }
    admin.post(CODES, json!({})).await.refused(409, "too-many-pairing-codes");
    shop.wait(600);
    let admin = shop.account_again("admin").await;
    admin.post(CODES, json!({})).await.ok(201);
}

#[tokio::test]
async fn guesses_are_few() {
    let shop = TestApp::new();
    let good = code(&shop.admin().await, json!({})).await;
    let guess = |index: usize| {
        let letters = b"23456789ABCDEFGHJKMNPQRSTWXYZ";
        let two = [letters[index / 29], letters[index % 29]];
        json!({"pairing_code": format!("ZZZZZZ{}", String::from_utf8_lossy(&two))})
    };
    for index in 0..50 {
        let answer = flat(shop.anonymous().post(ENROLL, guess(index)).await);
        answer.refused(404, "unknown-pairing-code");
    }
    let refused = flat(shop.anonymous().post(ENROLL, board(&good)).await);
    assert_eq!(refused.header("retry-after"), "1");
    refused.refused(429, "too-many-attempts");
    shop.wait(2);
    shop.anonymous().post(ENROLL, board(&good)).await.ok(200);
}

#[tokio::test]
async fn a_code_admits_one_of_many_at_once() {
    let shop = TestApp::new();
    let admin = shop.admin().await;
    let code = code(&admin, json!({})).await;
    let boards = (0..8_u8).map(|index| {
        let board = json!({"pairing_code": code, "mac": format!("24:6F:28:AB:01:0{index}")});
        shop.anonymous().post_owned(ENROLL, board)
    });
    let answers = futures_util::future::join_all(boards).await;
    let admitted = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(admitted, 1);
    assert_eq!(admin.get("/devices").await.ok(200).as_array().unwrap().len(), 1);
}
