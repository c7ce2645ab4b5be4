//! A shopper takes a trolley and gives it back.

use serde_json::json;

use crate::support::TestApp;

const ADD: &str = "/cart/esp32/add_item";

#[tokio::test]
async fn what_was_scanned_anonymously_comes_along() {
    let shop = TestApp::new();
    let milk = shop.milk(&shop.staff().await).await;
    let (trolley, code) = shop.device_with_code().await;
    let ann = shop.customer("ann").await;
    ann.post("/cart/add", json!({"product_id": milk, "quantity": 998})).await.ok(200);
    trolley.post(ADD, json!({"product_id": milk, "quantity": 3})).await.ok(200);
    let paired = ann.post("/cart/connect", json!({"cart_code": code})).await.ok(200);
    assert_eq!((&paired["cart_id"], &paired["user_id"]), (&json!(trolley.id), &json!(ann.id)));
    let cart = ann.get("/cart/view").await.ok(200);
    assert_eq!((&cart["item_count"], &cart["device_id"]), (&json!(1001), &json!(trolley.id)));
    assert_eq!(cart["items"].as_array().unwrap().len(), 2, "past 999 as a second line");
    let scan = json!({"product_id": milk, "boot_id": "b", "seq": 1});
    assert_eq!(trolley.post(ADD, scan).await.ok(200)["items"], 1002);

    assert_eq!(ann.send("POST", "/cart/disconnect", "").await.ok(200)["cart_id"], trolley.id);
    assert_eq!(ann.get("/cart/view").await.ok(200)["item_count"], 1002, "the shopper keeps it");
    assert_eq!(trolley.get("/cart/esp32/cart").await.ok(200)["items"], 0);
    let none = ann.send("POST", "/cart/disconnect", "").await.ok(200);
    assert!(none["cart_id"].is_null());
}

#[tokio::test]
async fn a_trolley_has_one_shopper_and_a_shopper_one_trolley() {
    let shop = TestApp::new();
    let (one, first) = shop.device_with_code().await;
    let (_, second) = shop.device_with_code().await;
    let (ann, bob) = (shop.customer("ann").await, shop.customer("bob").await);
    let connect = |code: &str| json!({"cart_code": code});
    ann.post("/cart/connect", connect(&first)).await.ok(200);
    ann.post("/cart/connect", connect(&first)).await.ok(200);
    ann.post("/cart/connect", json!({"cart_id": one.id})).await.ok(200);
    bob.post("/cart/connect", connect(&first)).await.refused(409, "trolley-taken");
    ann.post("/cart/connect", connect(&second)).await.refused(409, "already-connected");
    ann.post("/cart/connect", connect("ZZZZZZ")).await.refused(404, "not-found");
    ann.post("/cart/connect", json!({"cart_id": 99})).await.refused(404, "not-found");
    ann.post("/cart/connect", json!({})).await.names("cart_code");
    ann.send("POST", "/cart/disconnect", "").await.ok(200);
    bob.post("/cart/connect", connect(&first.to_lowercase())).await.ok(200);
}

#[tokio::test]
async fn a_number_alone_connects_an_empty_trolley_only() {
    let shop = TestApp::new();
    let milk = shop.milk(&shop.staff().await).await;
    let (trolley, code) = shop.device_with_code().await;
    let ann = shop.customer("ann").await;
    trolley.post(ADD, json!({"product_id": milk})).await.ok(200);
    let by_number = json!({"cart_id": trolley.id});
    ann.post("/cart/connect", by_number.clone()).await.refused(409, "code-required");
    assert_eq!(trolley.get("/cart/esp32/cart").await.ok(200)["items"], 1);
    trolley.post("/cart/esp32/remove_item", json!({"product_id": milk})).await.ok(200);
    ann.post("/cart/connect", by_number).await.ok(200);
    ann.post("/cart/connect", json!({"cart_code": code})).await.ok(200);
}

#[tokio::test]
async fn events_of_an_older_session_are_refused() {
    let shop = TestApp::new();
    let milk = shop.milk(&shop.staff().await).await;
    let (trolley, code) = shop.device_with_code().await;
    let session = || async {
        let beat = trolley.send("POST", "/cart/esp32/heartbeat", "").await.ok(200);
        beat["session"].as_u64().unwrap()
    };
    let ann = shop.customer("ann").await;
    let mut seen = vec![session().await];
    ann.post("/cart/connect", json!({"cart_code": code})).await.ok(200);
    seen.push(session().await);
    let scan = |session: u64, seq: u32| json!({"product_id": milk, "session": session, "boot_id": "b", "seq": seq});
    trolley.post(ADD, scan(seen[0], 1)).await.refused(409, "session-ended");
    trolley.post(ADD, scan(seen[1], 2)).await.ok(200);
    ann.send("POST", "/checkout", "").await.ok(201);
    ann.send("POST", "/cart/disconnect", "").await.ok(200);
    seen.push(session().await);
    trolley.post(ADD, json!({"product_id": milk})).await.ok(200);
    trolley.send("POST", "/cart/esp32/checkout", "").await.ok(200);
    seen.push(session().await);
    seen.dedup();
    assert_eq!(seen.len(), 4, "each change of hands is another session: {seen:?}");
}

#[tokio::test]
async fn a_paired_trolleys_order_is_the_shoppers() {
    let shop = TestApp::new();
    let milk = shop.milk(&shop.staff().await).await;
    let (trolley, code) = shop.device_with_code().await;
    let ann = shop.customer("ann").await;
    ann.post("/cart/connect", json!({"cart_code": code})).await.ok(200);
    trolley.post(ADD, json!({"product_id": milk})).await.ok(200);
    let paid = trolley.send("POST", "/cart/esp32/checkout", "").await.ok(200);
    let order = ann.get(&format!("/orders/{}", paid["order_id"])).await.ok(200);
    assert_eq!((&order["user_id"], &order["device_id"]), (&json!(ann.id), &json!(trolley.id)));
    let repeat = trolley.send("POST", "/cart/esp32/checkout", "").await.ok(200);
    assert_eq!(repeat["duplicate"], true);
    ann.send("POST", "/cart/disconnect", "").await.ok(200);
    let fresh = trolley.send("POST", "/cart/esp32/checkout", "").await;
    fresh.refused(400, "empty-cart");
}

#[tokio::test]
async fn a_checkout_by_phone_changes_the_trolleys_session() {
    let shop = TestApp::new();
    let milk = shop.milk(&shop.staff().await).await;
    let (trolley, code) = shop.device_with_code().await;
    let ann = shop.customer("ann").await;
    ann.post("/cart/connect", json!({"cart_code": code})).await.ok(200);
    trolley.post(ADD, json!({"product_id": milk})).await.ok(200);
    let before = trolley.send("POST", "/cart/esp32/heartbeat", "").await.ok(200);
    ann.send("POST", "/checkout", "").await.ok(201);
    let after = trolley.send("POST", "/cart/esp32/heartbeat", "").await.ok(200);
    assert_ne!(before["session"], after["session"]);
    assert_eq!(after["items"], 0);
}

#[tokio::test]
async fn guessing_codes_is_slowed_down() {
    let shop = TestApp::new();
    let (trolley, code) = shop.device_with_code().await;
    let sign_up = json!({"username": "ann", "password": "correct horse"});
    let pair = shop.anonymous().post("/auth/signup", sign_up.clone()).await.ok(201);
    let (ann, bob) = (shop.bearer(pair["token"].as_str().unwrap()), shop.customer("bob").await);
    let wrong = if code == "JWXYA5" { "JWXYA6" } else { "JWXYA5" };
    for code in [wrong, "nonsense", "", wrong, wrong] {
        ann.post("/cart/connect", json!({"cart_code": code})).await.refused(404, "not-found");
    }
    let slowed = ann.post("/cart/connect", json!({"cart_code": code})).await;
    assert_eq!(slowed.header("retry-after"), "1");
    slowed.refused(429, "too-many-attempts");
    // Neither signing in nor others are concerned.
    shop.anonymous().post("/auth/login", sign_up).await.ok(200);
    bob.post("/cart/connect", json!({"cart_code": wrong})).await.refused(404, "not-found");
    shop.wait(1);
    let paired = ann.post("/cart/connect", json!({"cart_code": code})).await.ok(200);
    assert_eq!(paired["cart_id"], trolley.id);
    // A success clears the account; what is no guess does not count.
    for _ in 0..5 {
        bob.post("/cart/connect", json!({"cart_code": code})).await.refused(409, "trolley-taken");
        ann.post("/cart/connect", json!({"cart_code": wrong})).await.refused(404, "not-found");
    }
    bob.post("/cart/connect", json!({"cart_code": wrong})).await.refused(404, "not-found");
}
