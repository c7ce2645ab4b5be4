//! The edges of the numbers: what is one, what uses one up, and what is kept of it.

use serde_json::{Value, json};

use crate::support::{Client, Parts, TestApp};

const ADD: &str = "/cart/esp32/add_item";
const EVENTS: &str = "/cart/esp32/events";
const CHECKOUT: &str = "/cart/esp32/checkout";

async fn trolley_and_milk(shop: &TestApp) -> (Client, u64) {
    let milk = shop.milk(&shop.staff().await).await;
    (shop.device().await, milk)
}

fn add(product: u64, boot: &str, seq: u32) -> Value {
    json!({"product_id": product, "boot_id": boot, "seq": seq})
}

async fn items(trolley: &Client) -> Value {
    trolley.get("/cart/esp32/cart").await.ok(200)["items"].clone()
}

#[tokio::test]
async fn a_number_is_whole_and_from_1_to_2147483647() {
    let shop = TestApp::new();
    let (trolley, milk) = trolley_and_milk(&shop).await;
    for seq in
        ["0", "-1", "2147483648", "1.5", "\"x\"", "true", "[]", "1e10", "99999999999999999999"]
    {
        let body = format!("{{\"product_id\":{milk},\"boot_id\":\"b\",\"seq\":{seq}}}");
        trolley.send("POST", ADD, body).await.refused(400, "invalid");
        let body = format!(
            "{{\"boot_id\":\"b\",\"events\":[{{\"type\":\"add\",\"product_id\":{milk},\"seq\":{seq}}}]}}"
        );
        trolley.send("POST", EVENTS, body).await.refused(400, "invalid");
    }
    assert_eq!(items(&trolley).await, 0, "nothing was changed");
    for seq in ["1", "1.0", "\"1\"", "\" 01\r\\n\"", "1e0"] {
        let body = format!("{{\"product_id\":{milk},\"boot_id\":\"b\",\"seq\":{seq}}}");
        assert_eq!(trolley.send("POST", ADD, body).await.ok(200)["seq"], 1, "{seq}");
    }
    assert_eq!(items(&trolley).await, 1, "all of these are the first event");
    let last = trolley.post(ADD, add(milk, "b", 2_147_483_647)).await;
    assert_eq!(trolley.post(ADD, add(milk, "b", 2_147_483_647)).await.text, last.text);
    trolley.post(ADD, add(milk, "b", 2_147_483_646)).await.ok(200);
    let old = trolley.post(ADD, add(milk, "b", 2_147_483_000)).await.ok(200);
    assert_eq!((&old["duplicate"], &old["items"]), (&json!(true), &json!(3)));
}

#[tokio::test]
async fn a_boot_is_1_to_32_characters_of_any_script() {
    let shop = TestApp::new();
    let (trolley, milk) = trolley_and_milk(&shop).await;
    for boot in ["b".repeat(33), "\u{1f6d2}".repeat(33), "a\u{7}b".to_owned()] {
        trolley.post(ADD, add(milk, &boot, 1)).await.refused(400, "invalid");
    }
    for boot in [json!(null), json!(""), json!("\r\n"), json!(true), json!({}), json!([1])] {
        let body = json!({"product_id": milk, "boot_id": boot, "seq": 1});
        trolley.post(ADD, body).await.refused(400, "invalid");
    }
    assert_eq!(items(&trolley).await, 0);
    for boot in ["b".repeat(32), "\u{1f6d2}".repeat(32), "ä b".to_owned(), "7".to_owned()] {
        trolley.post(ADD, add(milk, &boot, 1)).await.ok(200);
    }
    trolley.post(ADD, json!({"product_id": milk, "boot_id": 7, "seq": 1})).await.ok(200);
    assert_eq!(items(&trolley).await, 4, "7 and \"7\" are one");
}

#[tokio::test]
async fn events_of_one_batch_may_be_of_several_boots() {
    let shop = TestApp::new();
    let (trolley, milk) = trolley_and_milk(&shop).await;
    let event = |boot: &str, seq: u32| json!({"seq": seq, "type": "add", "product_id": milk, "boot_id": boot});
    trolley.post(ADD, add(milk, "old", 5)).await.ok(200);
    let batch = json!({"boot_id": "new", "events": [
        event("old", 6), event("old", 4), {"seq": 1, "type": "add", "product_id": milk},
        event("old", 6), event("new", 2), event("old", 9), event("new", 3),
    ]});
    let gap = trolley.post(EVENTS, batch).await.refused(409, "gap");
    assert_eq!((&gap["acked"], &gap["seq"], &gap["expect"]), (&json!(5), &json!(2), &json!(7)));
    assert_eq!(items(&trolley).await, 5);
    let again = json!({"boot_id": "new", "events": [event("old", 7), event("new", 3)]});
    assert_eq!(trolley.post(EVENTS, again).await.ok(200)["acked"], 2);
    trolley.post(EVENTS, json!({"events": [event("third", 2)]})).await.refused(409, "gap");
    trolley
        .post(EVENTS, json!({"events": [{"seq": 1, "type": "add"}]}))
        .await
        .refused(400, "invalid");
    assert_eq!(items(&trolley).await, 7);
}

#[tokio::test]
async fn answers_are_kept_for_eight_boots_and_numbers_for_longer() {
    let shop = TestApp::new();
    let (trolley, milk) = trolley_and_milk(&shop).await;
    let first = trolley.post(ADD, add(milk, "b1", 1)).await;
    for boot in 2..=8 {
        trolley.post(ADD, add(milk, &format!("b{boot}"), 1)).await.ok(200);
    }
    assert_eq!(trolley.post(ADD, add(milk, "b1", 1)).await.text, first.text);
    trolley.post(ADD, add(milk, "b9", 1)).await.ok(200);
    let repeat = trolley.post(ADD, add(milk, "b1", 1)).await.ok(200);
    assert_eq!((&repeat["duplicate"], &repeat["items"]), (&json!(true), &json!(9)));
    let again = json!({"boot_id": "b1", "events": [
        {"seq": 1, "type": "add", "product_id": milk}, {"seq": 2, "type": "add", "product_id": milk},
    ]});
    assert_eq!(trolley.post(EVENTS, again).await.ok(200)["acked"], 2, "an old boot goes on");
    assert_eq!(items(&trolley).await, 10);
}

#[tokio::test]
async fn the_last_256_answers_of_a_boot_are_kept() {
    let shop = TestApp::new();
    let (trolley, milk) = trolley_and_milk(&shop).await;
    let event = |seq: u32| json!({"seq": seq, "type": "set", "product_id": milk, "quantity": seq % 999 + 1});
    let batch = |from: u32, to: u32| json!({"boot_id": "b", "events": (from..=to).map(event).collect::<Vec<Value>>()});
    trolley.post(EVENTS, batch(1, 256)).await.ok(200);
    trolley.post(EVENTS, batch(257, 300)).await.ok(200);
    let kept = trolley.post(ADD, add(milk, "b", 45)).await.ok(200);
    assert_eq!((&kept["quantity"], kept.get("duplicate")), (&json!(46), None), "its own answer");
    let gone = trolley.post(ADD, add(milk, "b", 44)).await.ok(200);
    assert_eq!((&gone["duplicate"], &gone["items"]), (&json!(true), &json!(301)));
}

#[tokio::test]
async fn a_late_answer_is_kept_like_any_other() {
    let shop = TestApp::new();
    let (trolley, milk) = trolley_and_milk(&shop).await;
    trolley.post(ADD, add(milk, "b", 300)).await.ok(200);
    let refused = trolley.post(ADD, add(999, "b", 44)).await;
    let late = trolley.post(ADD, add(milk, "b", 45)).await;
    for seq in 46..300 {
        trolley.post(ADD, add(milk, "b", seq)).await.ok(200);
    }
    let again = trolley.post(ADD, add(milk, "b", 44)).await;
    assert_eq!((again.status, again.text), (404, refused.text), "no success afterwards");
    assert_eq!(trolley.post(ADD, add(milk, "b", 45)).await.text, late.text);
    trolley.post(ADD, add(milk, "b", 301)).await.ok(200);
    for seq in [44, 45] {
        assert_eq!(trolley.post(ADD, add(milk, "b", seq)).await.ok(200)["duplicate"], true);
    }
    assert_eq!(items(&trolley).await, 257);
}

#[tokio::test]
async fn a_batch_says_for_all_what_its_events_do_not_say() {
    let shop = TestApp::new();
    let (trolley, milk) = trolley_and_milk(&shop).await;
    let batch = |member: &str, value: Value, event: Value| {
        let mut event = event;
        event["seq"] = json!(1);
        event["type"] = json!("add");
        event["product_id"] = json!(milk);
        json!({"boot_id": format!("b-{member}"), member: value, "events": [event]})
    };
    let foreign = batch("cart_id", json!(99), json!({}));
    trolley.post(EVENTS, foreign).await.refused(403, "not-your-cart");
    let own = batch("cart_id", json!(99), json!({"cart_id": trolley.id}));
    assert_eq!(trolley.post(EVENTS, own).await.ok(200)["acked"], 1);
    let ended = batch("session", json!(0), json!({}));
    let ended = trolley.post(EVENTS, ended).await.refused(409, "session-ended");
    assert_eq!((&ended["acked"], items(&trolley).await), (&json!(1), json!(1)));
}

#[tokio::test]
async fn nonsense_uses_its_number_and_what_is_not_about_it_does_not() {
    let shop = TestApp::new();
    let (trolley, milk) = trolley_and_milk(&shop).await;
    let mut seq = 0;
    for wrong in [
        "\"weight\":NaN",
        "\"weight\":nan",
        "\"weight\":-1",
        "\"weight\":1e9",
        "\"weight\":\"heavy\"",
        "\"weight\":1000000000",
        "\"quantity\":-1",
        "\"quantity\":0",
        "\"quantity\":1.5",
        "\"quantity\":1e400",
        "\"cart_weight\":1e9",
        "\"cart_weight\":nan",
        "\"cart_id\":\"cart_001\"",
        "\"cart_id\":0",
        "\"cart_id\":-1",
        "\"session\":0",
    ] {
        seq += 1;
        let body = format!("{{\"product_id\":{milk},\"boot_id\":\"b\",\"seq\":{seq},{wrong}}}");
        let refused = trolley.send("POST", ADD, body).await;
        assert!(matches!(refused.status, 400 | 409), "{wrong}: {}", refused.text);
        assert_eq!(refused.body["seq"], seq, "{wrong}");
        let repeat = trolley.post(ADD, add(milk, "b", seq)).await;
        assert_eq!((repeat.status, repeat.text), (refused.status, refused.text), "{wrong}");
    }
    assert_eq!(items(&trolley).await, 0, "nothing was changed");
    seq += 1;
    let body =
        |more: &str| format!("{{\"product_id\":{milk},\"boot_id\":\"b\",\"seq\":{seq}{more}");
    trolley.send("POST", ADD, body("")).await.refused(400, "malformed-json");
    trolley.send("POST", ADD, body(",\"cart_id\":99}")).await.refused(403, "not-your-cart");
    let huge = format!(",\"x\":\"{}\"}}", "x".repeat(1024 * 1024));
    trolley.send("POST", ADD, body(&huge)).await.refused(413, "body-too-large");
    let stranger = shop.anonymous().with("x-api-key", &format!("cwk_{}", "x".repeat(43)));
    stranger.send("POST", ADD, body("}")).await.refused(401, "unknown-device-key");
    let gap =
        json!({"boot_id": "b", "events": [{"seq": seq + 1, "type": "add", "product_id": milk}]});
    trolley.post(EVENTS, gap).await.refused(409, "gap");
    let ok = trolley.send("POST", ADD, body(",\"cart_weight\":-1,\"weight\":0}")).await.ok(200);
    assert_eq!((&ok["items"], &ok["seq"]), (&json!(1), &json!(seq)), "it was free all the time");
}

#[tokio::test]
async fn ten_thousand_events_are_refused_whole() {
    let shop = TestApp::new();
    let (trolley, milk) = trolley_and_milk(&shop).await;
    let many = |event: &str| {
        format!("{{\"boot_id\":\"b\",\"events\":[{}{event}]}}", format!("{event},").repeat(9_999))
    };
    trolley.send("POST", EVENTS, many("{}")).await.refused(413, "too-many-events");
    let event = format!("{{\"seq\":1,\"type\":\"add\",\"product_id\":{milk}}}");
    trolley.send("POST", EVENTS, many(&event)).await.refused(413, "body-too-large");
    assert_eq!(items(&trolley).await, 0);
    trolley.post(ADD, add(milk, "b", 1)).await.ok(200);
}

#[tokio::test]
async fn what_was_scanned_for_the_session_before_is_refused_once_and_for_all() {
    let shop = TestApp::new();
    let milk = shop.milk(&shop.staff().await).await;
    let (trolley, code) = shop.device_with_code().await;
    let ann = shop.customer("ann").await;
    let session =
        trolley.send("POST", "/cart/esp32/heartbeat", "").await.ok(200)["session"].clone();
    ann.post("/cart/connect", json!({"cart_code": code})).await.ok(200);
    let late = json!({"product_id": milk, "boot_id": "b", "seq": 1, "session": session});
    let refused = trolley.post(ADD, late.clone()).await;
    assert_eq!(trolley.post(ADD, late).await.text, refused.text);
    refused.refused(409, "session-ended");
    let now = trolley.send("POST", "/cart/esp32/heartbeat", "").await.ok(200)["session"].clone();
    assert_ne!(now, session);
    let batch = json!({"boot_id": "b", "events": [
        {"seq": 2, "type": "add", "product_id": milk, "session": now},
        {"seq": 3, "type": "add", "product_id": milk, "session": session},
        {"seq": 4, "type": "add", "product_id": milk, "session": now},
    ]});
    let stopped = trolley.post(EVENTS, batch.clone()).await.refused(409, "session-ended");
    assert_eq!((&stopped["acked"], &stopped["seq"]), (&json!(2), &json!(3)));
    assert_eq!(trolley.post(EVENTS, batch).await.ok(200)["acked"], 3);
    assert_eq!(items(&trolley).await, 2);
}

#[tokio::test]
async fn a_checkout_is_answered_again_until_something_happens() {
    let shop = TestApp::new();
    let (trolley, milk) = trolley_and_milk(&shop).await;
    let scan = json!({"product_id": milk});
    trolley.post(ADD, scan.clone()).await.ok(200);
    let paid = trolley.send("POST", CHECKOUT, "").await.ok(200);
    shop.wait(60);
    let again = trolley.send("POST", CHECKOUT, "{}").await.ok(200);
    assert_eq!((&again["duplicate"], &again["order_id"]), (&json!(true), &paid["order_id"]));
    assert_eq!((&again["code"], &again["total"]), (&paid["code"], &paid["total"]));
    shop.wait(1);
    trolley.send("POST", CHECKOUT, "").await.refused(400, "empty-cart");

    trolley.post(ADD, scan.clone()).await.ok(200);
    let second = trolley.send("POST", CHECKOUT, "").await.ok(200);
    let scanned = trolley.post(ADD, scan.clone()).await.ok(200);
    assert_eq!((scanned.get("duplicate"), &scanned["items"]), (None, &json!(1)), "no retry");
    let third = trolley.send("POST", CHECKOUT, "").await.ok(200);
    assert!(third.get("duplicate").is_none() && third["order_id"] != second["order_id"]);

    trolley.post(ADD, scan.clone()).await.ok(200);
    trolley.post(CHECKOUT, json!({"boot_id": "b", "seq": 1})).await.ok(200);
    let scanned = trolley.post(ADD, scan).await.ok(200);
    assert_eq!((scanned.get("duplicate"), &scanned["items"]), (None, &json!(1)));
}

#[tokio::test]
async fn two_checkouts_of_one_batch_are_two_orders() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    let trolley = shop.device().await;
    let batch = json!({"boot_id": "b", "events": [
        {"seq": 1, "type": "add", "product_id": milk}, {"seq": 2, "type": "checkout"},
        {"seq": 3, "type": "ADD", "product_id": milk}, {"seq": 4, "type": "checkout"},
    ]});
    assert_eq!(trolley.post(EVENTS, batch.clone()).await.ok(200)["acked"], 4);
    assert_eq!(trolley.post(EVENTS, batch).await.ok(200)["acked"], 4);
    let orders = staff.get("/orders").await.ok(200);
    let orders = orders.as_array().unwrap();
    assert_eq!(orders.len(), 2);
    let codes = [&orders[0]["code"], &orders[1]["code"]].map(|code| code.as_str().unwrap().len());
    assert_eq!(codes[0], codes[1], "each has a code of its own");
    assert_ne!(orders[0]["code"], orders[1]["code"]);
}

#[tokio::test]
async fn all_of_it_survives_a_restart() {
    let before = TestApp::new();
    let milk = before.milk(&before.staff().await).await;
    let trolley = before.device().await;
    let key = trolley.sends("x-api-key").to_owned();
    let first = trolley.post(ADD, add(milk, "b", 1)).await;
    let refused = trolley.post(ADD, add(99, "b", 2)).await;
    trolley.post(ADD, json!({"product_id": milk})).await.ok(200);
    let after = TestApp::of(Parts { store: before.store.clone(), clock: before.clock.clone() });
    let trolley = after.anonymous().with("x-api-key", &key);
    assert_eq!(trolley.post(ADD, add(milk, "b", 1)).await.text, first.text);
    assert_eq!(trolley.post(ADD, add(milk, "b", 2)).await.text, refused.text);
    let retry = trolley.post(ADD, json!({"product_id": milk})).await.ok(200);
    assert_eq!((&retry["duplicate"], &retry["items"]), (&json!(true), &json!(2)));
    let gap = json!({"boot_id": "b", "events": [{"seq": 4, "type": "add", "product_id": milk}]});
    assert_eq!(trolley.post(EVENTS, gap).await.refused(409, "gap")["expect"], 3);
}
