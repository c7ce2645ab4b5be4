//! Numbered events: each happens once, whatever is sent again.

use serde_json::{Value, json};

use crate::support::{Client, TestApp};

const ADD: &str = "/cart/esp32/add_item";
const EVENTS: &str = "/cart/esp32/events";

async fn trolley_and_milk(shop: &TestApp) -> (Client, u64) {
    let milk = shop.milk(&shop.staff().await).await;
    (shop.device().await, milk)
}

fn add(product: u64, seq: u32) -> Value {
    json!({"product_id": product, "boot_id": "b1", "seq": seq})
}

async fn items(trolley: &Client) -> Value {
    trolley.get("/cart/esp32/cart").await.ok(200)["items"].clone()
}

#[tokio::test]
async fn a_repeat_gets_its_first_answer_word_for_word() {
    let shop = TestApp::new();
    let (trolley, milk) = trolley_and_milk(&shop).await;
    let first = trolley.post(ADD, add(milk, 1)).await;
    let second = trolley.post(ADD, add(milk, 2)).await;
    shop.wait(3600);
    assert_eq!(trolley.post(ADD, add(milk, 1)).await.text, first.text);
    assert_eq!(trolley.post(ADD, add(milk, 2)).await.text, second.text);
    assert_eq!(items(&trolley).await, 2);
    let other = json!({"product_id": milk, "boot_id": "b2", "seq": 1});
    trolley.post(ADD, other).await.ok(200);
    assert_eq!(items(&trolley).await, 3, "another start counts for itself");
}

#[tokio::test]
async fn routes_share_the_numbers() {
    let shop = TestApp::new();
    let (trolley, milk) = trolley_and_milk(&shop).await;
    let first = trolley.post(ADD, add(milk, 1)).await;
    let answer = trolley.post("/cart/esp32/remove_item", add(milk, 1)).await;
    assert_eq!(answer.text, first.text);
    let batch = json!({"boot_id": "b1", "events": [
        {"seq": 1, "type": "add", "product_id": milk}, {"seq": 2, "type": "add", "product_id": milk},
    ]});
    let answer = trolley.post(EVENTS, batch).await.ok(200);
    assert_eq!((&answer["acked"], &answer["seq"]), (&json!(2), &json!(2)));
    assert_eq!(answer["total"], 2.58);
    assert_eq!(items(&trolley).await, 2);
    let checkout = json!({"boot_id": "b1", "seq": 3});
    let paid = trolley.post("/cart/esp32/checkout", checkout.clone()).await;
    assert_eq!(trolley.post("/cart/esp32/checkout", checkout).await.text, paid.text);
}

#[tokio::test]
async fn a_gap_in_a_batch_stops_it() {
    let shop = TestApp::new();
    let (trolley, milk) = trolley_and_milk(&shop).await;
    let event = |seq: u32| json!({"seq": seq, "type": "add", "product_id": milk});
    let batch = json!({"boot_id": "b1", "events": [event(1), event(3), event(4)]});
    let gap = trolley.post(EVENTS, batch).await.refused(409, "gap");
    assert_eq!((&gap["acked"], &gap["seq"], &gap["expect"]), (&json!(1), &json!(1), &json!(2)));
    assert_eq!(items(&trolley).await, 1);
    let batch = json!({"boot_id": "b1", "events": [event(2), event(3), event(4)]});
    let done = trolley.post(EVENTS, batch).await.ok(200);
    assert_eq!((&done["acked"], &done["seq"]), (&json!(3), &json!(4)));
    assert_eq!(items(&trolley).await, 4);
}

#[tokio::test]
async fn single_events_may_skip_and_come_late() {
    let shop = TestApp::new();
    let (trolley, milk) = trolley_and_milk(&shop).await;
    trolley.post(ADD, add(milk, 300)).await.ok(200);
    trolley.post(ADD, add(milk, 299)).await.ok(200);
    trolley.post(ADD, add(milk, 44)).await.ok(200);
    assert_eq!(items(&trolley).await, 3, "late numbers are applied");
    let old = trolley.post(ADD, add(milk, 43)).await.ok(200);
    assert_eq!((&old["duplicate"], &old["items"]), (&json!(true), &json!(3)));
    let late = json!({"boot_id": "b1", "events": [{"seq": 45, "type": "add", "product_id": milk}]});
    assert_eq!(trolley.post(EVENTS, late).await.ok(200)["acked"], 1);
    assert_eq!(items(&trolley).await, 4);
}

#[tokio::test]
async fn forgotten_answers_are_answered_with_the_totals() {
    let shop = TestApp::new();
    let (trolley, milk) = trolley_and_milk(&shop).await;
    trolley.post(ADD, add(milk, 1)).await.ok(200);
    trolley.post(ADD, add(milk, 1000)).await.ok(200);
    let repeat = trolley.post(ADD, add(milk, 1)).await.ok(200);
    assert_eq!(repeat["items"], 2, "{repeat}");
    assert_eq!((&repeat["success"], &repeat["duplicate"]), (&json!(true), &json!(true)));
}

#[tokio::test]
async fn a_refused_event_uses_its_number() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    let trolley = shop.device().await;
    let unknown = json!({"barcode": "9521234567896", "boot_id": "b1", "seq": 1});
    let refused = trolley.post(ADD, unknown).await;
    assert_eq!((refused.status, &refused.body["seq"]), (404, &json!(1)));
    let repeat = trolley.post(ADD, add(milk, 1)).await;
    assert_eq!((repeat.status, &repeat.text), (404, &refused.text));
    let batch = json!({"boot_id": "b1", "events": [
        {"seq": 1, "type": "add", "product_id": milk},
        {"seq": 2, "type": "add", "product_id": milk},
        {"seq": 3, "type": "add", "product_id": 99},
        {"seq": 4, "type": "add", "product_id": milk},
    ]});
    let stopped = trolley.post(EVENTS, batch.clone()).await.refused(404, "not-found");
    assert_eq!((&stopped["acked"], &stopped["seq"]), (&json!(3), &json!(3)));
    assert_eq!(items(&trolley).await, 1);
    let done = trolley.post(EVENTS, batch).await.ok(200);
    assert_eq!(done["acked"], 4, "the refusal is a repeat now");
    assert_eq!(items(&trolley).await, 2);
}

#[tokio::test]
async fn a_batch_has_at_most_256_events() {
    let shop = TestApp::new();
    let (trolley, milk) = trolley_and_milk(&shop).await;
    let events = |count: u32| -> Vec<Value> {
        (1..=count).map(|seq| json!({"seq": seq, "type": "add", "product_id": milk})).collect()
    };
    let body = json!({"boot_id": "b1", "events": events(257)});
    trolley.post(EVENTS, body).await.refused(413, "too-many-events");
    assert_eq!(items(&trolley).await, 0);
    let body = json!({"boot_id": "b1", "events": events(256)});
    assert_eq!(trolley.post(EVENTS, body).await.ok(200)["acked"], 256);
    assert_eq!(items(&trolley).await, 256);
    let unnumbered = json!({"boot_id": "b1", "events": [{"type": "add", "product_id": milk}]});
    assert_eq!(trolley.post(EVENTS, unnumbered).await.status, 400);
    assert_eq!(trolley.post(EVENTS, json!({"boot_id": "b1"})).await.status, 400);
}

#[tokio::test]
async fn blind_retries_without_a_number_are_told_by_their_body() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    let trolley = shop.device().await;
    let body = json!({"product_id": milk});
    trolley.post(ADD, body.clone()).await.ok(200);
    shop.wait(6);
    let retry = trolley.post(ADD, body.clone()).await.ok(200);
    assert_eq!((&retry["duplicate"], &retry["items"]), (&json!(true), &json!(1)));
    shop.wait(2);
    trolley.post(ADD, body.clone()).await.ok(200);
    assert_eq!(items(&trolley).await, 2, "the window counts from the first");
    trolley.post(ADD, json!({"product_id": milk, "quantity": 1})).await.ok(200);
    assert_eq!(items(&trolley).await, 3, "another body is another event");
    let admin = shop.admin().await;
    let off = json!({"dedupe_ms": 0});
    admin.patch(&format!("/devices/{}", trolley.id), off).await.ok(200);
    trolley.post(ADD, body.clone()).await.ok(200);
    trolley.post(ADD, body).await.ok(200);
    assert_eq!(items(&trolley).await, 5);
}

#[tokio::test]
async fn two_trolleys_count_for_themselves() {
    let shop = TestApp::new();
    let (one, milk) = trolley_and_milk(&shop).await;
    let two = shop.device().await;
    one.post(ADD, add(milk, 1)).await.ok(200);
    two.post(ADD, add(milk, 1)).await.ok(200);
    assert_eq!((items(&one).await, items(&two).await), (json!(1), json!(1)));
}

#[tokio::test]
async fn a_clock_that_is_set_back_makes_no_scan_a_retry() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    let trolley = shop.device().await;
    let body = json!({"product_id": milk});
    trolley.post("/cart/esp32/add_item", body.clone()).await.ok(200);
    shop.clock.set(shop.clock.now() - jiff::SignedDuration::from_hours(24));
    let again = trolley.post("/cart/esp32/add_item", body.clone()).await.ok(200);
    assert_eq!(again["items"], 2, "{again}");
    let retry = trolley.post("/cart/esp32/add_item", body).await.ok(200);
    assert_eq!((&retry["items"], &retry["duplicate"]), (&json!(2), &json!(true)), "{retry}");
}
