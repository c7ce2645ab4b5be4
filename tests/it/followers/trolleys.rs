//! `GET /cart/esp32/ws`: what trolleys are told, and how their connections end.

use cartwright::app::Admin;
use cartwright::http::live::{Limits, Live};
use futures_util::SinkExt;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::api::firmware::upload;
use crate::support::{Client, Listening, TestApp, WebSocket, next_text};

const PATH: &str = "/cart/esp32/ws";
const REFUSED: (u16, &str) = (4401, "the key is no longer good");

/// A trolley's connection, and what it is told first.
async fn connect(server: &Listening, trolley: &Client) -> (WebSocket, Value) {
    let mut socket = server.open(PATH, &[("x-api-key", trolley.sends("x-api-key"))]).await.unwrap();
    let hello = frame(&mut socket).await;
    assert_eq!(hello["type"], "hello");
    (socket, hello)
}

/// The next frame, with what firmware relies on.
async fn frame(socket: &mut WebSocket) -> Value {
    let text = next_text(socket).await.unwrap();
    assert!(text.len() < 256 && text.is_ascii(), "{} bytes: {text}", text.len());
    assert!(text.starts_with("{\"type\":\""), "{text}");
    let frame: Value = serde_json::from_str(&text).unwrap();
    let members = frame.as_object().unwrap();
    assert!(members.values().all(|value| !value.is_object() && !value.is_array()), "{text}");
    if frame["type"] != "error" {
        for member in ["time", "paired", "session", "cart_code", "cart_version", "items", "total"] {
            assert!(members.contains_key(member), "{member}: {text}");
        }
    }
    frame
}

/// The next frame in which these members have these values; those before it are of the kinds that
/// may come in between.
async fn until(socket: &mut WebSocket, kind: &str, members: &Value) -> Value {
    for _ in 0..10 {
        let frame = frame(socket).await;
        let fits = members.as_object().unwrap().iter().all(|(name, value)| frame[name] == *value);
        if fits && frame["type"] == kind {
            return frame;
        }
    }
    panic!("no {kind} with {members} came")
}

async fn ends_with(socket: &mut WebSocket, (code, reason): (u16, &str)) {
    assert_eq!(next_text(socket).await, Err(Some((code, reason.to_owned()))));
}

async fn refusal(server: &Listening, headers: &[(&str, &str)]) -> (u16, String) {
    let (status, body) = server.open(PATH, headers).await.map(drop).unwrap_err();
    assert_eq!(body["success"], false, "flat: {body}");
    (status, body["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_trolley_learns_of_its_shopper_the_cart_and_the_checkout() {
    let shop = TestApp::new();
    let server = shop.listen().await;
    let (staff, ann) = (shop.staff().await, shop.customer("ann").await);
    let milk = shop.milk(&staff).await;
    let (trolley, code) = shop.device_with_code().await;
    let (mut socket, hello) = connect(&server, &trolley).await;
    let session = hello["session"].as_u64().unwrap();
    assert_eq!((&hello["paired"], &hello["items"]), (&json!(false), &json!(0)));
    assert_eq!(hello["cart_code"], code);

    ann.post("/cart/connect", json!({"cart_code": code})).await.ok(200);
    let paired = json!({"paired": true, "session": session + 1});
    until(&mut socket, "session", &paired).await;
    ann.post("/cart/add", json!({"product_id": milk, "quantity": 2})).await.ok(200);
    until(&mut socket, "cart", &json!({"items": 2, "total": 2.58})).await;
    let items = format!("/cart/{}/items", ann.id);
    staff.post(&items, json!({"product_id": milk})).await.ok(201);
    until(&mut socket, "cart", &json!({"items": 3, "total": 3.87})).await;
    staff.patch(&format!("/products/{milk}"), json!({"price": 1.05})).await.ok(200);
    until(&mut socket, "cart", &json!({"items": 3, "total": 3.15})).await;
    ann.send("POST", "/checkout", "").await.ok(201);
    until(&mut socket, "session", &json!({"items": 0, "session": session + 2})).await;
    ann.send("POST", "/cart/disconnect", "").await.ok(200);
    until(&mut socket, "session", &json!({"paired": false})).await;
    drop(socket);
    server.stop().await;
}

#[tokio::test]
async fn a_burst_of_changes_comes_as_its_last_state() {
    let shop = TestApp::new();
    let server = shop.listen().await;
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    let trolley = shop.device().await;
    let (mut socket, _) = connect(&server, &trolley).await;
    for _ in 0..50 {
        trolley.post("/cart/esp32/add_item", json!({"product_id": milk})).await.ok(200);
        shop.wait(8);
    }
    let mut frames = 1;
    while frame(&mut socket).await["items"] != 50 {
        frames += 1;
    }
    assert!(frames < 50, "{frames} frames for 50 changes");
    server.stop().await;
}

#[tokio::test]
async fn heartbeats_are_taken_and_nothing_else_is() {
    let shop = TestApp::new();
    let server = shop.listen().await;
    let staff = shop.staff().await;
    let trolley = shop.device().await;
    let (mut socket, hello) = connect(&server, &trolley).await;
    let beat = "{\"battery_pct\":\"41\",\"rssi\":-60,\"free_heap\":90000}\r\n\0";
    socket.send(Message::text(beat)).await.unwrap();
    let answer = frame(&mut socket).await;
    assert_eq!((&answer["type"], &answer["success"]), (&json!("heartbeat"), &json!(true)));
    assert_eq!(answer["session"], hello["session"]);
    let seen = staff.get(&format!("/devices/{}", trolley.id)).await.ok(200);
    assert_eq!((&seen["battery_pct"], &seen["state"]), (&json!(41), &json!("online")));
    assert_eq!((&seen["free_heap"], &seen["ip"]), (&json!(90_000), &json!("127.0.0.1")));
    for (text, code) in [
        ("{\"barcode\":\"4006381333931\"}", "scans-not-here"),
        ("{\"seq\":1,\"boot_id\":\"b\",\"product_id\":1}", "scans-not-here"),
        ("{\"type\":\"checkout\"}", "unknown-frame"),
        ("hello", "malformed-json"),
        ("[1]", "malformed-json"),
    ] {
        socket.send(Message::text(text)).await.unwrap();
        let refused = frame(&mut socket).await;
        assert_eq!((&refused["type"], &refused["code"]), (&json!("error"), &json!(code)), "{text}");
    }
    socket.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(frame(&mut socket).await["code"], "not-text");
    socket.send(Message::text("x".repeat(5000))).await.unwrap();
    ends_with(&mut socket, (1008, "malformed, or larger than 4 KiB")).await;
    server.stop().await;
}

#[tokio::test]
async fn a_key_that_is_no_longer_good_ends_its_connection_at_once() {
    let shop = TestApp::new();
    let server = shop.listen().await;
    let admin = shop.admin().await;
    let (revoked, rotated, signing) =
        (shop.device().await, shop.device().await, shop.device().await);
    let (mut first, _) = connect(&server, &revoked).await;
    let (mut second, _) = connect(&server, &rotated).await;
    let (mut third, _) = connect(&server, &signing).await;
    admin.delete(&format!("/devices/{}", revoked.id)).await.ok(200);
    ends_with(&mut first, REFUSED).await;
    admin.patch(&format!("/devices/{}", signing.id), json!({"signed_only": true})).await.ok(200);
    ends_with(&mut third, REFUSED).await;

    let path = format!("/devices/{}/rotate", rotated.id);
    let key = admin.send("POST", &path, "").await.ok(200)["key"].as_str().unwrap().to_owned();
    // The older key goes on until the newer one is used.
    second.send(Message::text("{}")).await.unwrap();
    assert_eq!(frame(&mut second).await["type"], "heartbeat");
    shop.anonymous().with("x-api-key", &key).get("/cart/esp32/time").await.ok(200);
    ends_with(&mut second, REFUSED).await;
    let gone = refusal(&server, &[("x-api-key", rotated.sends("x-api-key"))]).await;
    assert_eq!(gone, (401, "unknown-device-key".to_owned()));
    let (newer, _) = connect(&server, &shop.anonymous().with("x-api-key", &key)).await;
    drop(newer);
    server.stop().await;
}

#[tokio::test]
async fn a_newer_connection_takes_the_place_of_the_older() {
    let shop = TestApp::new();
    let server = shop.listen().await;
    let trolley = shop.device().await;
    let (mut older, _) = connect(&server, &trolley).await;
    let (mut newer, _) = connect(&server, &trolley).await;
    ends_with(&mut older, (4409, "replaced by a newer connection")).await;
    assert_eq!(server.metrics.device_sockets.value(), 1);
    server.begin_stop();
    ends_with(&mut newer, (1001, "the server is stopping")).await;
    server.stop().await;
}

#[tokio::test]
async fn a_trolley_learns_of_bags_and_of_firmware() {
    let shop = TestApp::new();
    let server = shop.listen().await;
    let admin = shop.admin().await;
    let (milk, trolley) = (shop.milk(&admin).await, shop.device().await);
    let (mut socket, _) = connect(&server, &trolley).await;
    admin.post(&format!("/devices/{}/tare", trolley.id), json!({})).await.ok(200);
    let told = until(&mut socket, "tare", &json!({})).await;
    assert_eq!(told.get("firmware"), None);

    let id = upload(&admin, "1.4.0", 1).await;
    let path = format!("/firmware/{id}");
    admin.patch(&path, json!({"ring": "all"})).await.ok(200);
    until(&mut socket, "firmware", &json!({"firmware": true})).await;
    // While somebody shops it waits, and says so again afterwards.
    trolley.post("/cart/esp32/add_item", json!({"product_id": milk})).await.ok(200);
    let told = until(&mut socket, "cart", &json!({"items": 1})).await;
    assert_eq!(told.get("firmware"), None);
    admin.patch(&path, json!({"state": "halted"})).await.ok(200);
    admin.patch(&path, json!({"state": "rolling"})).await.ok(200);
    trolley.send("POST", "/cart/esp32/checkout", "").await.ok(200);
    let told = frame(&mut socket).await;
    assert_eq!((&told["type"], &told["firmware"]), (&json!("session"), &json!(true)));
    drop(socket);
    server.stop().await;
}

#[tokio::test]
async fn who_has_no_key_or_comes_from_a_page_is_refused_flat() {
    let shop = TestApp::new();
    let limits = Limits { devices: 1, ..Limits::default() };
    let server = shop.listen_with(|state| state.live = Live::new(limits)).await;
    let ann = shop.customer("ann").await;
    let (one, other) = (shop.device().await, shop.device().await);
    let (key, bearer) = (one.sends("x-api-key"), ann.sends("authorization"));
    for (headers, status, code) in [
        (vec![], 401, "unauthenticated"),
        (vec![("x-api-key", "cwk_foreign")], 401, "unknown-device-key"),
        (vec![("authorization", bearer)], 403, "forbidden"),
        (vec![("x-api-key", key), ("origin", "https://evil.example")], 403, "bad-origin"),
        (vec![("x-api-key", key), ("origin", "null")], 403, "bad-origin"),
    ] {
        assert_eq!(refusal(&server, &headers).await, (status, code.to_owned()), "{headers:?}");
    }
    let path = format!("{PATH}?key={key}");
    assert_eq!(server.open(&path, &[]).await.map(drop).unwrap_err().0, 401, "not in addresses");
    let (status, _, body) = server.ask("GET", PATH, &[("x-api-key", key)], "").await;
    assert!(status == 426 && body.contains("upgrade-required"), "{status} {body}");

    // What the usual library of ESP32 firmware sends is no page.
    let headers = [("x-api-key", key), ("origin", "file://")];
    let mut socket = server.open(PATH, &headers).await.unwrap();
    assert_eq!(frame(&mut socket).await["type"], "hello");
    let full = refusal(&server, &[("x-api-key", other.sends("x-api-key"))]).await;
    assert_eq!(full, (503, "too-many-live-connections".to_owned()));
    let (_again, _) = connect(&server, &one).await;
    ends_with(&mut socket, (4409, "replaced by a newer connection")).await;
    server.stop().await;
}

#[tokio::test]
async fn a_trolley_that_is_connected_is_there() {
    let shop = TestApp::new();
    let server = shop.listen().await;
    let staff = shop.staff().await;
    let added = shop.app.add_device(&Admin::local(), "Cart 9").await.unwrap();
    let trolley = shop.anonymous().with("x-api-key", added.key.expose());
    let path = format!("/devices/{}", added.device.id);
    assert_eq!(staff.get(&path).await.ok(200)["state"], "new");
    let (socket, _) = connect(&server, &trolley).await;
    shop.wait(600);
    // Its token is good for 15 minutes.
    assert_eq!(staff.get(&path).await.ok(200)["state"], "online");
    drop(socket);
    while server.metrics.device_sockets.value() > 0 {
        tokio::task::yield_now().await;
    }
    shop.wait(71);
    assert_eq!(staff.get(&path).await.ok(200)["state"], "offline");
    server.stop().await;
}
