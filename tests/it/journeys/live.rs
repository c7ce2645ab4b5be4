//! The live stream: staff see the floor, shoppers what is theirs.

use std::time::Duration;

use axum::body::BodyDataStream;
use cartwright::domain::alerts::{AlertKind, Confidence, NewAlert};
use futures_util::StreamExt;
use serde_json::json;

use crate::support::TestApp;

/// How long an event may take; a stream that stays silent must not hang the tests.
const PATIENCE: Duration = Duration::from_secs(10);

/// A stream's text, up to and with the first event whose text has all of these.
async fn until(stream: &mut BodyDataStream, words: &[&str]) -> String {
    let mut text = String::new();
    loop {
        let next = tokio::time::timeout(PATIENCE, stream.next()).await;
        let chunk = next.unwrap_or_else(|_| panic!("{words:?} did not come: {text}"));
        text.push_str(&String::from_utf8_lossy(&chunk.unwrap().unwrap()));
        if text.split("\n\n").any(|event| words.iter().all(|word| event.contains(word))) {
            return text;
        }
    }
}

#[tokio::test]
async fn a_scan_shows_on_the_board_and_on_the_shoppers_phone() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    let (ann, bob) = (shop.customer("ann").await, shop.customer("bob").await);
    let (trolley, code) = shop.device_with_code().await;
    ann.post("/cart/connect", json!({"cart_code": code})).await.ok(200);

    let mut board = staff.stream("/events").await;
    let mut phone = ann.stream("/events").await;
    let mut other = bob.stream("/events").await;
    for stream in [&mut board, &mut phone, &mut other] {
        until(stream, &["event: hello"]).await;
    }
    trolley.post("/cart/esp32/add_item", json!({"product_id": milk})).await.ok(200);
    until(&mut board, &["event: cart", "\"item_count\":1", "Milk 1 l"]).await;
    until(&mut phone, &["event: cart", "\"item_count\":1"]).await;

    ann.send("POST", "/checkout", "").await.ok(201);
    until(&mut board, &["event: order", "\"pending\""]).await;
    until(&mut phone, &["event: order", "\"pending\""]).await;

    bob.post("/cart/add", json!({"product_id": milk})).await.ok(200);
    let seen = until(&mut other, &["event: cart"]).await;
    assert!(!seen.contains("event: order") && !seen.contains("event: product"), "{seen}");
    assert!(!seen.contains(&format!("\"user_id\":{}", ann.id)), "{seen}");
}

#[tokio::test]
async fn the_board_hears_of_blocked_aisles() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let map = json!({
        "nodes": [{"id": "a", "x": 0, "y": 0}, {"id": "b", "x": 1, "y": 0}],
        "edges": [{"from": "a", "to": "b", "aisle": "A1"}],
    });
    staff.put("/map", map).await.ok(200);
    let mut board = staff.stream("/events").await;
    until(&mut board, &["event: hello"]).await;
    let until_one = json!({"aisle": "A1", "until": "2026-11-20T12:10:00Z"});
    staff.post("/map/closures", until_one).await.ok(201);
    until(&mut board, &["event: closure", "\"closure_id\":1"]).await;
    shop.wait(600);
    shop.app.prune().await.unwrap();
    until(&mut board, &["event: closure", "\"closure_id\":1"]).await;
}

#[tokio::test]
async fn the_board_hears_of_alerts_and_shoppers_do_not() {
    let shop = TestApp::new();
    let (staff, ann) = (shop.staff().await, shop.customer("ann").await);
    let milk = shop.milk(&staff).await;
    let device_id = shop.device().await.id.try_into().unwrap();
    let mut board = staff.stream("/events").await;
    let mut phone = ann.stream("/events").await;
    until(&mut board, &["event: hello"]).await;
    let new = NewAlert {
        device_id,
        cart_id: None,
        kind: AlertKind::BatteryLow,
        detail: "7 %".into(),
        confidence: Confidence::CERTAIN,
        product_id: None,
        weight_g: None,
    };
    shop.app.raise_alert(new).await.unwrap();
    until(&mut board, &["event: alert", "\"alert_id\":1", "battery-low", "\"open\""]).await;
    staff.post("/alerts/1/clear", json!({})).await.ok(200);
    until(&mut board, &["event: alert", "\"cleared\""]).await;
    ann.post("/cart/add", json!({"product_id": milk})).await.ok(200);
    let heard = until(&mut phone, &["event: cart"]).await;
    assert!(!heard.contains("event: alert"), "{heard}");
}

#[tokio::test]
async fn a_ticket_opens_one_stream() {
    let shop = TestApp::new();
    let ann = shop.customer("ann").await;
    let ticket = ann.send("POST", "/auth/ticket", "").await.ok(201);
    let path = format!("/events?ticket={}", ticket["ticket"].as_str().unwrap());
    assert_eq!(shop.anonymous().outcome("GET", &path).await.0, 200);
    assert_eq!(shop.anonymous().outcome("GET", &path).await.0, 401, "once");
    let late = ann.send("POST", "/auth/ticket", "").await.ok(201);
    shop.wait(31);
    let path = format!("/events?ticket={}", late["ticket"].as_str().unwrap());
    assert_eq!(shop.anonymous().outcome("GET", &path).await.0, 401, "30 s");
    let path = format!("/cart/view?ticket={}", late["ticket"].as_str().unwrap());
    assert_eq!(shop.anonymous().outcome("GET", &path).await.0, 401, "for live routes only");
}

#[tokio::test]
async fn a_stream_ends_with_its_session() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let ann = shop.customer("ann").await;
    let mut phone = ann.stream("/events").await;
    until(&mut phone, &["event: hello"]).await;
    ann.send("POST", "/auth/logout", "").await.ok(200);
    shop.milk(&staff).await;
    let rest = async { while phone.next().await.is_some() {} };
    tokio::time::timeout(PATIENCE, rest).await.unwrap();
}

#[tokio::test]
async fn the_board_hears_of_states_and_not_of_heartbeats() {
    let shop = TestApp::new();
    let (staff, ann) = (shop.staff().await, shop.customer("ann").await);
    let (trolley, code) = shop.device_with_code().await;
    let mut board = staff.stream("/events").await;
    until(&mut board, &["event: hello"]).await;
    let beat = "/cart/esp32/heartbeat";
    trolley.post(beat, json!({"battery_pct": 80})).await.ok(200);
    until(&mut board, &["event: device", "\"state\":\"online\"", "\"battery_pct\":80"]).await;
    for percent in [79, 78, 77] {
        trolley.post(beat, json!({"battery_pct": percent})).await.ok(200);
    }
    shop.wait(71);
    shop.app.check_fleet().await.unwrap();
    let heard = until(&mut board, &["event: device", "\"state\":\"offline\""]).await;
    assert_eq!(heard.matches("event: device").count(), 1, "{heard}");
    trolley.post(beat, json!({"battery_pct": 7})).await.ok(200);
    until(&mut board, &["event: device", "\"state\":\"online\"", "\"battery_pct\":7"]).await;
    ann.post("/cart/connect", json!({"cart_code": code})).await.ok(200);
    let user = format!("\"user_id\":{}", ann.id);
    until(&mut board, &["event: device", "\"session\":2", &user]).await;
}
