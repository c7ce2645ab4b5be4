//! Carts that nobody comes back to, and their trolleys.

use std::time::Duration;

use cartwright::storage::{Options, Store};
use futures_util::StreamExt;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::{Client, Parts, TestApp};

const ADD: &str = "/cart/esp32/add_item";
const MINUTE: i64 = 60;
const DAY: i64 = 24 * 60 * MINUTE;

async fn beat(trolley: &Client) -> Value {
    trolley.send("POST", "/cart/esp32/heartbeat", "").await.ok(200)
}

/// How the carts that hold something stand, by their order, for staff who sign in again.
async fn states(shop: &TestApp, query: &str) -> Vec<String> {
    let staff = shop.account_again("staff").await;
    let carts = staff.get(&format!("/carts?{query}")).await.ok(200);
    let state = |cart: &Value| cart["state"].as_str().unwrap().to_owned();
    carts.as_array().unwrap().iter().map(state).collect()
}

#[tokio::test]
async fn silence_makes_a_cart_idle_and_then_abandoned() {
    let shop = TestApp::new();
    let (staff, ann) = (shop.staff().await, shop.customer("ann").await);
    let milk = shop.milk(&staff).await;
    let trolley = shop.device().await;
    assert_eq!(ann.get("/cart/view").await.ok(200)["state"], "active", "a cart of nobody's yet");
    trolley.post(ADD, json!({"product_id": milk})).await.ok(200);
    shop.wait(14 * MINUTE);
    let mine = ann.post("/cart/add", json!({"product_id": milk})).await.ok(200);
    assert_eq!(mine["state"], "active");
    assert_eq!(states(&shop, "").await, ["active", "active"]);
    shop.wait(MINUTE);
    assert_eq!(states(&shop, "").await, ["idle", "active"]);
    assert_eq!(states(&shop, "state=idle").await, ["idle"]);
    shop.wait(105 * MINUTE);
    assert_eq!(states(&shop, "").await, ["abandoned", "idle"]);
    let (staff, ann) = (shop.account_again("staff").await, shop.account_again("ann").await);
    assert_eq!(ann.get("/cart/view").await.ok(200)["state"], "idle");
    let found = staff.get(&format!("/carts?state=abandoned&device_id={}", trolley.id)).await;
    assert_eq!(found.header("x-total-count"), "1");
    assert_eq!(found.ok(200)[0]["device_id"], trolley.id);
    assert_eq!(states(&shop, "state=active").await, [] as [&str; 0]);
    assert_eq!(states(&shop, "device_id=99").await, [] as [&str; 0]);
    staff.get("/carts?state=lost").await.names("state");
    staff.get("/carts?device_id=0").await.names("device_id");
    // Whoever does something has it back.
    trolley.post(ADD, json!({"product_id": milk, "quantity": 2})).await.ok(200);
    assert_eq!(states(&shop, "").await, ["active", "idle"]);
}

#[tokio::test]
async fn a_clock_that_is_set_frees_no_trolley() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    let trolley = shop.device().await;
    trolley.post(ADD, json!({"product_id": milk})).await.ok(200);
    for days in [20_000, -20_000] {
        shop.wait(60 * MINUTE);
        shop.clock.set(shop.clock.now() + SignedDuration::from_hours(24 * days));
        assert_eq!(shop.app.tend_trolleys().await.unwrap(), 0, "{days}");
        assert_eq!(states(&shop, "").await, ["active"], "{days}");
    }
    // From then on it counts again, also for what was written in the years to come.
    shop.wait(119 * MINUTE);
    assert_eq!(shop.app.tend_trolleys().await.unwrap(), 0);
    shop.wait(MINUTE);
    assert_eq!(shop.app.tend_trolleys().await.unwrap(), 1);
}

#[tokio::test]
async fn an_abandoned_trolley_is_free_and_its_shopper_keeps_the_cart() {
    let shop = TestApp::new();
    let (admin, ann) = (shop.admin().await, shop.customer("ann").await);
    let milk = shop.milk(&admin).await;
    let (trolley, code) = shop.device_with_code().await;
    let connect = json!({"cart_code": code});
    ann.post("/cart/connect", connect.clone()).await.ok(200);
    trolley.post(ADD, json!({"product_id": milk, "boot_id": "b", "seq": 1})).await.ok(200);
    let before = beat(&trolley).await;
    shop.wait(119 * MINUTE);
    assert_eq!(shop.app.tend_trolleys().await.unwrap(), 0);
    let now = beat(&trolley).await;
    assert_eq!((&now["session"], &now["paired"]), (&before["session"], &json!(true)));
    shop.wait(MINUTE);
    assert_eq!(shop.app.tend_trolleys().await.unwrap(), 1);
    assert_eq!(shop.app.tend_trolleys().await.unwrap(), 0, "once");
    let after = beat(&trolley).await;
    assert_eq!((&after["paired"], &after["items"]), (&json!(false), &json!(0)));
    assert_ne!(after["session"], before["session"]);
    let ann = shop.account_again("ann").await;
    let cart = ann.get("/cart/view").await.ok(200);
    assert_eq!((&cart["device_id"], &cart["item_count"]), (&Value::Null, &json!(1)));
    assert_eq!(cart["state"], "abandoned");

    // By the appliance, and written down.
    let admin = shop.account_again("admin").await;
    let disconnects = admin.get("/audit?action=device.disconnect").await.ok(200);
    assert_eq!(disconnects.as_array().unwrap().len(), 1);
    assert_eq!(
        (&disconnects[0]["actor"], &disconnects[0]["from"]),
        (&json!("system"), &Value::Null)
    );
    assert_eq!(disconnects[0]["target"], format!("device:{}", trolley.id));
    assert_eq!(disconnects[0]["after"], json!({"user_id": null, "why": "abandoned"}));

    // What it saved up is of before, and the next shopper finds it empty.
    let late = json!({"product_id": milk, "session": before["session"], "boot_id": "b", "seq": 2});
    trolley.post(ADD, late).await.refused(409, "session-ended");
    let bob = shop.customer("bob").await;
    bob.post("/cart/connect", json!({"cart_id": trolley.id})).await.ok(200);
    assert_eq!(bob.get("/cart/view").await.ok(200)["item_count"], 0);
    // She comes back and takes another.
    let (second, code) = shop.device_with_code().await;
    ann.post("/cart/connect", json!({"cart_code": code})).await.ok(200);
    let cart = ann.get("/cart/view").await.ok(200);
    assert_eq!((&cart["state"], &cart["device_id"]), (&json!("active"), &json!(second.id)));
    assert_eq!(cart["item_count"], 1);
}

#[tokio::test]
async fn goods_that_nobody_signed_in_for_are_put_aside_for_staff() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    let trolleys = [shop.device().await, shop.device().await, shop.device().await];
    for trolley in &trolleys {
        trolley.post(ADD, json!({"product_id": milk})).await.ok(200);
    }
    // Nothing is in this one, so nothing happens to it.
    let idle = shop.device().await;
    let untouched = beat(&idle).await["session"].clone();
    let session = beat(&trolleys[0]).await["session"].clone();
    shop.wait(120 * MINUTE);
    assert_eq!(shop.app.tend_trolleys().await.unwrap(), 3);
    assert_eq!(beat(&idle).await["session"], untouched);
    let staff = shop.account_again("staff").await;
    let aside = staff.get("/carts?state=abandoned").await.ok(200);
    assert_eq!(aside.as_array().unwrap().len(), 3);
    for (cart, trolley) in aside.as_array().unwrap().iter().zip(&trolleys) {
        assert_eq!((&cart["device_id"], &cart["user_id"]), (&Value::Null, &Value::Null));
        let now = beat(trolley).await;
        assert_ne!(now["session"], session);
        assert_eq!(now["items"], 0);
    }
    let entries = shop.admin().await.get("/audit?action=cart.put-aside").await.ok(200);
    assert_eq!(entries.as_array().unwrap().len(), 3);
    assert_eq!(
        (&entries[0]["actor"], &entries[0]["after"]["why"]),
        (&json!("system"), &json!("abandoned"))
    );
    // The next shopper of the trolley begins anew.
    trolleys[0].post(ADD, json!({"product_id": milk})).await.ok(200);
    assert_eq!(beat(&trolleys[0]).await["items"], 1);
    let act = |index: usize, act: &str| format!("/carts/{}/{act}", aside[index]["id"]);
    let moved = staff.post(&act(0, "move"), json!({"device_id": idle.id})).await.ok(200);
    assert_eq!((&moved["state"], &moved["device_id"]), (&json!("active"), &json!(idle.id)));
    staff.send("POST", &act(1, "checkout"), "").await.ok(201);
    staff.send("POST", &act(2, "empty"), "").await.ok(200);
    assert_eq!(states(&shop, "state=abandoned").await, [] as [&str; 0]);
    assert_eq!(states(&shop, "").await.len(), 2);
}

#[tokio::test]
async fn what_was_put_aside_goes_after_thirty_days() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    let ann = shop.customer("ann").await;
    ann.post("/cart/add", json!({"product_id": milk})).await.ok(200);
    shop.device().await.post(ADD, json!({"product_id": milk})).await.ok(200);
    let count = async || states(&shop, "").await.len();
    shop.wait(3 * 60 * MINUTE);
    shop.app.tend_trolleys().await.unwrap();
    shop.wait(29 * DAY);
    shop.app.prune().await.unwrap();
    assert_eq!(count().await, 2);
    shop.wait(DAY);
    shop.app.prune().await.unwrap();
    assert_eq!(count().await, 1, "a shopper's stays");
    let ann = shop.account_again("ann").await;
    assert_eq!(ann.get("/cart/view").await.ok(200)["item_count"], 1);
}

#[tokio::test]
async fn who_walks_or_loads_without_scanning_is_there() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    let map = json!({
        "nodes": [{"id": "a", "x": 0, "y": 0}, {"id": "b", "x": 20, "y": 0}],
        "edges": [{"from": "a", "to": "b"}],
    });
    staff.put("/map", map).await.ok(200);
    let [walks, loads, stands] = [shop.device().await, shop.device().await, shop.device().await];
    for trolley in [&walks, &loads, &stands] {
        trolley.post(ADD, json!({"product_id": milk})).await.ok(200);
        trolley.post("/cart/esp32/location", json!({"node": "a"})).await.ok(200);
        trolley.post("/cart/esp32/heartbeat", json!({"cart_weight": 1000})).await.ok(200);
    }
    shop.wait(100 * MINUTE);
    walks.post("/cart/esp32/location", json!({"x": 1.5, "y": 0})).await.ok(200);
    walks.post("/cart/esp32/location", json!({"x": 3.5, "y": 0})).await.ok(200);
    loads.post("/cart/esp32/heartbeat", json!({"cart_weight": 1400})).await.ok(200);
    // It beats, drifts and says where it still is: nobody is with it.
    stands.post("/cart/esp32/location", json!({"x": 0.5, "y": 1})).await.ok(200);
    stands.post("/cart/esp32/heartbeat", json!({"cart_weight": 1010})).await.ok(200);
    assert_eq!(states(&shop, "").await, ["active", "active", "idle"]);
    shop.wait(20 * MINUTE);
    assert_eq!(shop.app.tend_trolleys().await.unwrap(), 1);
    assert_eq!(states(&shop, "").await, ["idle", "idle", "abandoned"]);
    assert_eq!(
        (&beat(&walks).await["items"], &beat(&stands).await["items"]),
        (&json!(1), &json!(0))
    );
    shop.wait(100 * MINUTE);
    assert_eq!(shop.app.tend_trolleys().await.unwrap(), 2, "then they left, too");
}

#[tokio::test]
async fn times_go_on_while_the_appliance_is_off() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.redb");
    let options = Options { create: true, ..Options::default() };
    let mut parts = Parts { store: Store::open(&path, options).unwrap(), ..Parts::default() };
    let clock = parts.clock.clone();
    let key;
    {
        let store = parts.store.clone();
        let shop = TestApp::of(parts);
        let (staff, ann) = (shop.staff().await, shop.customer("ann").await);
        let milk = shop.milk(&staff).await;
        let (trolley, code) = shop.device_with_code().await;
        key = trolley.sends("x-api-key").to_owned();
        ann.post("/cart/connect", json!({"cart_code": code})).await.ok(200);
        trolley.post(ADD, json!({"product_id": milk})).await.ok(200);
        shop.wait(60 * MINUTE);
        drop(shop);
        store.close();
    }
    parts = Parts { store: Store::open(&path, options).unwrap(), clock };
    let shop = TestApp::of(parts);
    let trolley = shop.anonymous().with("x-api-key", &key);
    let before = beat(&trolley).await;
    assert_eq!((&before["paired"], &before["items"]), (&json!(true), &json!(1)));
    assert_eq!(states(&shop, "").await, ["idle"]);
    shop.wait(59 * MINUTE);
    assert_eq!(shop.app.tend_trolleys().await.unwrap(), 0);
    shop.wait(MINUTE);
    assert_eq!(shop.app.tend_trolleys().await.unwrap(), 1);
    assert_eq!(beat(&trolley).await["paired"], false);
}

#[tokio::test]
async fn the_board_and_the_phone_hear_of_it() {
    let shop = TestApp::new();
    let (staff, ann) = (shop.staff().await, shop.customer("ann").await);
    let milk = shop.milk(&staff).await;
    let (trolley, code) = shop.device_with_code().await;
    ann.post("/cart/connect", json!({"cart_code": code})).await.ok(200);
    trolley.post(ADD, json!({"product_id": milk})).await.ok(200);
    shop.app.tend_trolleys().await.unwrap();
    let heard = async |client: &Client| {
        let mut stream = client.stream("/events").await;
        let hello = stream.next().await.unwrap().unwrap();
        assert!(String::from_utf8_lossy(&hello).contains("event: hello"));
        async move |words: &[&str]| {
            let mut text = String::new();
            let reading = async {
                while !words.iter().all(|word| text.contains(word)) {
                    let chunk = stream.next().await.unwrap().unwrap();
                    text.push_str(&String::from_utf8_lossy(&chunk));
                }
            };
            let in_time = tokio::time::timeout(Duration::from_secs(10), reading).await;
            assert!(in_time.is_ok(), "{words:?} did not come");
        }
    };
    shop.wait(14 * MINUTE);
    let (mut board, mut phone) = (heard(&staff).await, heard(&ann).await);
    shop.app.tend_trolleys().await.unwrap();
    shop.wait(MINUTE);
    let written = shop.store.last_change_seq();
    for _ in 0..2 {
        assert_eq!(shop.app.tend_trolleys().await.unwrap(), 0);
    }
    assert_eq!(shop.store.last_change_seq(), written + 1, "only that it turned, and once");
    board(&["event: cart", "\"state\":\"idle\""]).await;
    phone(&["event: cart", "\"state\":\"idle\""]).await;
    shop.wait(105 * MINUTE);
    shop.app.tend_trolleys().await.unwrap();
    board(&["event: device", "event: cart", "\"device_id\":null", "\"state\":\"abandoned\""]).await;
    phone(&["event: cart", "\"device_id\":null", "\"state\":\"abandoned\""]).await;
}

#[tokio::test]
async fn whoever_takes_an_abandoned_trolley_waits_for_no_look() {
    let shop = TestApp::new();
    let milk = shop.milk(&shop.staff().await).await;
    let ((one, first), two) = (shop.device_with_code().await, shop.device().await);
    let ann = shop.customer("ann").await;
    ann.post("/cart/connect", json!({"cart_code": first})).await.ok(200);
    for trolley in [&one, &two] {
        trolley.post(ADD, json!({"product_id": milk})).await.ok(200);
    }
    shop.wait(120 * MINUTE);
    let (bob, cyd) = (shop.customer("bob").await, shop.customer("cyd").await);
    // Neither the shopper before nor goods that nobody signed in for are in the way.
    bob.post("/cart/connect", json!({"cart_code": first})).await.ok(200);
    cyd.post("/cart/connect", json!({"cart_id": two.id})).await.ok(200);
    for shopper in [&bob, &cyd] {
        assert_eq!(shopper.get("/cart/view").await.ok(200)["item_count"], 0);
    }
    let ann = shop.account_again("ann").await;
    let cart = ann.get("/cart/view").await.ok(200);
    assert_eq!((&cart["item_count"], &cart["device_id"]), (&json!(1), &Value::Null));
    assert_eq!(states(&shop, "state=abandoned").await.len(), 2);
    // Coming back to one's own counts, though nothing is put in.
    shop.wait(110 * MINUTE);
    let bob = shop.account_again("bob").await;
    bob.post("/cart/connect", json!({"cart_code": first})).await.ok(200);
    shop.wait(15 * MINUTE);
    assert_eq!(shop.app.tend_trolleys().await.unwrap(), 1);
    assert_eq!(
        (&beat(&one).await["paired"], &beat(&two).await["paired"]),
        (&json!(true), &json!(false))
    );
}
