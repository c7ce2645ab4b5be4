//! What staff do to trolleys and carts that are not their own.

use serde_json::{Value, json};

use super::audit::newest;
use crate::support::{Client, TestApp};

const ADD: &str = "/cart/esp32/add_item";
const HEARTBEAT: &str = "/cart/esp32/heartbeat";

async fn beat(trolley: &Client) -> Value {
    trolley.send("POST", HEARTBEAT, "").await.ok(200)
}

/// The number of the cart that is on this trolley.
async fn cart_on(staff: &Client, trolley: &Client) -> Value {
    let found = staff.get(&format!("/carts?device_id={}", trolley.id)).await.ok(200);
    assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
    found[0]["id"].clone()
}

async fn scan(trolley: &Client, product: u64, boot: &str, seq: u32) {
    let scan = json!({"product_id": product, "boot_id": boot, "seq": seq});
    trolley.post(ADD, scan).await.ok(200);
}

async fn connect(shopper: &Client, code: &str) {
    shopper.post("/cart/connect", json!({"cart_code": code})).await.ok(200);
}

#[tokio::test]
async fn a_shopper_moves_with_the_cart() {
    let shop = TestApp::new();
    let (staff, ann) = (shop.staff().await, shop.customer("ann").await);
    let milk = shop.milk(&staff).await;
    let ((one, first), (two, second)) =
        (shop.device_with_code().await, shop.device_with_code().await);
    connect(&ann, &first).await;
    scan(&one, milk, "b", 1).await;
    let (old, target) = (beat(&one).await, beat(&two).await);
    let path = format!("/carts/{}/move", cart_on(&staff, &one).await);
    let to = json!({"device_id": two.id});
    let moved = staff.post(&path, to.clone()).await;
    assert_eq!(moved.header("etag"), format!("\"{}\"", moved.body["version"]));
    let moved = moved.ok(200);
    assert_eq!((&moved["device_id"], &moved["user_id"]), (&json!(two.id), &json!(ann.id)));
    assert_eq!(ann.get("/cart/view").await.ok(200), moved);
    let (left, taken) = (beat(&one).await, beat(&two).await);
    assert_eq!((&left["paired"], &left["items"]), (&json!(false), &json!(0)));
    assert_eq!((&taken["paired"], &taken["items"]), (&json!(true), &json!(1)));
    assert_ne!(old["session"], left["session"]);
    assert_ne!(target["session"], taken["session"]);

    // What either has still to tell of before is refused.
    for (trolley, session) in [(&one, &old["session"]), (&two, &target["session"])] {
        let late = json!({"product_id": milk, "session": session, "boot_id": "b", "seq": 2});
        trolley.post(ADD, late).await.refused(409, "session-ended");
    }
    scan(&two, milk, "c", 1).await;
    assert_eq!(ann.get("/cart/view").await.ok(200)["item_count"], 2);
    // A second time changes nothing.
    let again = staff.post(&path, to).await.ok(200);
    assert_eq!(again["version"], ann.get("/cart/view").await.ok(200)["version"]);
    assert_eq!(beat(&two).await["session"], taken["session"]);
    // She is not on the old one any more: the next shopper takes it, and she gives back the new one.
    connect(&shop.customer("bob").await, &first).await;
    assert_eq!(ann.send("POST", "/cart/disconnect", "").await.ok(200)["cart_id"], two.id);
    connect(&ann, &second).await;
}

#[tokio::test]
async fn a_cart_that_nobody_signed_in_for_moves_too() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    let (one, two) = (shop.device().await, shop.device().await);
    scan(&one, milk, "b", 1).await;
    // An empty cart of the other trolley's own is no obstacle.
    scan(&two, milk, "b", 1).await;
    two.post("/cart/esp32/remove_item", json!({"product_id": milk})).await.ok(200);
    let id = cart_on(&staff, &one).await;
    let path = format!("/carts/{id}/move");
    staff.post(&path, json!({"device_id": two.id})).await.ok(200);
    assert_eq!(cart_on(&staff, &two).await, id);
    assert_eq!(beat(&one).await["items"], 0);
    scan(&one, milk, "b", 2).await;
    scan(&two, milk, "b", 2).await;
    assert_eq!((&beat(&one).await["items"], &beat(&two).await["items"]), (&json!(1), &json!(2)));
    assert_eq!(staff.get("/carts").await.ok(200).as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_cart_moves_to_a_free_trolley_only() {
    let shop = TestApp::new();
    let (admin, staff) = (shop.admin().await, shop.staff().await);
    let milk = shop.milk(&staff).await;
    let trolley = shop.device().await;
    scan(&trolley, milk, "b", 1).await;
    let path = format!("/carts/{}/move", cart_on(&staff, &trolley).await);
    let (taken, code) = shop.device_with_code().await;
    connect(&shop.customer("ann").await, &code).await;
    let (full, revoked) = (shop.device().await, shop.device().await);
    scan(&full, milk, "b", 1).await;
    admin.delete(&format!("/devices/{}", revoked.id)).await.ok(200);
    let before = staff.get("/carts").await.ok(200);
    for (id, status, code) in [
        (taken.id, 409, "trolley-taken"),
        (full.id, 409, "trolley-not-empty"),
        (revoked.id, 409, "revoked"),
        (99, 404, "not-found"),
    ] {
        staff.post(&path, json!({"device_id": id})).await.refused(status, code);
    }
    staff.post(&path, json!({"device_id": 0})).await.names("device_id");
    staff.post(&path, json!({})).await.refused(400, "invalid");
    let free = shop.device().await.id;
    for path in ["/carts/99/move", "/carts/99/empty", "/carts/99/take-over", "/carts/99/checkout"] {
        staff.post(path, json!({"device_id": free})).await.refused(404, "not-found");
    }
    let stale = staff.with("if-match", "\"7\"");
    stale.post(&path, json!({"device_id": free})).await.refused(412, "stale-version");
    assert_eq!(staff.get("/carts").await.ok(200), before, "a refusal changes nothing");
}

#[tokio::test]
async fn any_cart_can_be_emptied() {
    let shop = TestApp::new();
    let (staff, ann) = (shop.staff().await, shop.customer("ann").await);
    let milk = shop.milk(&staff).await;
    let ((one, code), two) = (shop.device_with_code().await, shop.device().await);
    connect(&ann, &code).await;
    for trolley in [&one, &two] {
        scan(trolley, milk, "b", 1).await;
        let (old, id) = (beat(trolley).await, cart_on(&staff, trolley).await);
        let path = format!("/carts/{id}/empty");
        let empty = staff.send("POST", &path, "").await.ok(200);
        assert_eq!((&empty["items"], &empty["total"], &empty["id"]), (&json!([]), &json!(0), &id));
        let now = beat(trolley).await;
        assert_eq!((&now["items"], &now["paired"]), (&json!(0), &old["paired"]));
        let late = json!({"product_id": milk, "session": old["session"], "boot_id": "b", "seq": 2});
        trolley.post(ADD, late).await.refused(409, "session-ended");
        let again = staff.send("POST", &path, "").await.ok(200);
        assert_eq!(again["version"], empty["version"], "there was nothing to be done");
        assert_eq!(beat(trolley).await["session"], now["session"]);
        scan(trolley, milk, "b", 3).await;
        assert_eq!(beat(trolley).await["items"], 1);
    }
    assert_eq!(ann.get("/cart/view").await.ok(200)["item_count"], 1);
}

#[tokio::test]
async fn staff_go_on_with_a_cart_on_their_own_account() {
    let shop = TestApp::new();
    let (staff, ann) = (shop.staff().await, shop.customer("ann").await);
    let milk = shop.milk(&staff).await;
    let (one, code) = shop.device_with_code().await;
    connect(&ann, &code).await;
    scan(&one, milk, "b", 1).await;
    staff.post("/cart/add", json!({"product_id": milk, "quantity": 2})).await.ok(200);
    let (old, id) = (beat(&one).await, cart_on(&staff, &one).await);
    let path = format!("/carts/{id}/take-over");
    let mine = staff.send("POST", &path, "").await.ok(200);
    assert_eq!((&mine["user_id"], &mine["device_id"]), (&json!(staff.id), &json!(one.id)));
    assert_eq!(mine["item_count"], 3);
    assert_eq!(staff.get("/cart/view").await.ok(200), mine);
    let hers = ann.get("/cart/view").await.ok(200);
    assert_eq!((&hers["item_count"], &hers["device_id"]), (&json!(0), &json!(null)));
    let now = beat(&one).await;
    assert_eq!((&now["items"], &now["paired"]), (&json!(3), &json!(true)));
    assert_ne!(now["session"], old["session"]);
    let own = format!("/carts/{}/take-over", mine["id"]);
    assert_eq!(staff.send("POST", &own, "").await.ok(200), mine, "it is theirs already");

    // With a trolley of their own they take over what has none, and nothing else.
    let two = shop.device().await;
    scan(&two, milk, "b", 1).await;
    let path = format!("/carts/{}/take-over", cart_on(&staff, &two).await);
    staff.send("POST", &path, "").await.refused(409, "already-connected");
    ann.post("/cart/add", json!({"product_id": milk})).await.ok(200);
    let path = format!("/carts/{}/take-over", hers["id"]);
    let mine = staff.send("POST", &path, "").await.ok(200);
    assert_eq!((&mine["item_count"], &mine["device_id"]), (&json!(4), &json!(one.id)));
    assert_eq!(beat(&one).await["session"], now["session"], "the trolley did not change hands");
    assert_eq!(beat(&two).await["items"], 1);
}

#[tokio::test]
async fn a_dead_trolleys_cart_is_paid_at_the_till() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    let trolley = shop.device().await;
    scan(&trolley, milk, "b", 1).await;
    let (old, id) = (beat(&trolley).await, cart_on(&staff, &trolley).await);
    let path = format!("/carts/{id}/checkout");
    let keyed = staff.with("idempotency-key", "till-1");
    let order = keyed.send("POST", &path, "").await;
    let again = keyed.send("POST", &path, "").await;
    assert_eq!((again.status, &again.text), (201, &order.text));
    assert_eq!(again.header("idempotency-replayed"), "true");
    let order = order.ok(201);
    assert_eq!((&order["status"], &order["user_id"]), (&json!("pending"), &Value::Null));
    assert_eq!((&order["device_id"], &order["total"]), (&json!(trolley.id), &json!(1.29)));
    assert_eq!(staff.get(&format!("/orders/{}", order["id"])).await.ok(200), order);
    staff.send("POST", &path, "").await.refused(400, "empty-cart");
    // When it comes back, what it saved up is of before.
    let late = json!({"product_id": milk, "session": old["session"], "boot_id": "b", "seq": 2});
    trolley.post(ADD, late).await.refused(409, "session-ended");
    assert_eq!(beat(&trolley).await["items"], 0);
    // What the stock does not serve is refused as at any checkout.
    trolley.post(ADD, json!({"product_id": milk, "quantity": 99})).await.ok(200);
    staff.send("POST", &path, "").await.refused(409, "out-of-stock");
}

#[tokio::test]
async fn a_trolley_is_taken_from_its_shopper() {
    let shop = TestApp::new();
    let (staff, ann) = (shop.staff().await, shop.customer("ann").await);
    let milk = shop.milk(&staff).await;
    let (trolley, code) = shop.device_with_code().await;
    connect(&ann, &code).await;
    scan(&trolley, milk, "b", 1).await;
    let old = beat(&trolley).await;
    let path = format!("/devices/{}/disconnect", trolley.id);
    let keyed = staff.with("idempotency-key", "k");
    let device = keyed.send("POST", &path, "").await.ok(200);
    assert_eq!((&device["id"], &device["user_id"]), (&json!(trolley.id), &Value::Null));
    let now = beat(&trolley).await;
    assert_eq!((&now["paired"], &now["items"]), (&json!(false), &json!(0)));
    assert_ne!(now["session"], old["session"]);
    let cart = ann.get("/cart/view").await.ok(200);
    assert_eq!((&cart["item_count"], &cart["device_id"]), (&json!(1), &Value::Null));
    // From nobody: nothing happens. A repeat under the key does not take it from the next one.
    staff.send("POST", &path, "").await.ok(200);
    assert_eq!(beat(&trolley).await["session"], now["session"]);
    let bob = shop.customer("bob").await;
    connect(&bob, &code).await;
    keyed.send("POST", &path, "").await.ok(200);
    assert_eq!(bob.get("/cart/view").await.ok(200)["device_id"], trolley.id);
    staff.send("POST", "/devices/99/disconnect", "").await.refused(404, "not-found");
}

#[tokio::test]
async fn a_revoked_trolley_lets_go_of_its_carts() {
    let shop = TestApp::new();
    let (admin, ann) = (shop.admin().await, shop.customer("ann").await);
    let milk = shop.milk(&admin).await;
    let ((one, code), two) = (shop.device_with_code().await, shop.device().await);
    connect(&ann, &code).await;
    for trolley in [&one, &two] {
        scan(trolley, milk, "b", 1).await;
        admin.delete(&format!("/devices/{}", trolley.id)).await.ok(200);
    }
    let hers = ann.get("/cart/view").await.ok(200);
    assert_eq!((&hers["device_id"], &hers["item_count"]), (&Value::Null, &json!(1)));
    let aside = admin.get("/carts?state=abandoned").await.ok(200);
    assert_eq!(aside.as_array().unwrap().len(), 1);
    assert_eq!((&aside[0]["device_id"], &aside[0]["user_id"]), (&Value::Null, &Value::Null));
    // It goes on on another trolley.
    let three = shop.device().await;
    let path = format!("/carts/{}/move", aside[0]["id"]);
    let moved = admin.post(&path, json!({"device_id": three.id})).await.ok(200);
    assert_eq!((&moved["state"], &moved["item_count"]), (&json!("active"), &json!(1)));
    assert_eq!(beat(&three).await["items"], 1);
}

#[tokio::test]
async fn staff_acts_are_written_down() {
    let shop = TestApp::new();
    let (admin, staff, ann) = (shop.admin().await, shop.staff().await, shop.customer("ann").await);
    let milk = shop.milk(&staff).await;
    let ((one, code), two) = (shop.device_with_code().await, shop.device().await);
    connect(&ann, &code).await;
    scan(&one, milk, "b", 1).await;
    let id = cart_on(&staff, &one).await;
    staff.post(&format!("/carts/{id}/move"), json!({"device_id": two.id})).await.ok(200);
    let (entry, total) = newest(&admin).await;
    assert_eq!(
        (&entry["action"], &entry["target"]),
        (&json!("cart.move"), &json!(format!("cart:{id}")))
    );
    assert_eq!(entry["before"], json!({"device_id": one.id}));
    assert_eq!(entry["after"], json!({"device_id": two.id}));
    staff.post(&format!("/carts/{id}/move"), json!({"device_id": two.id})).await.ok(200);
    assert_eq!(newest(&admin).await.1, total, "what changes nothing is no entry");
    staff.send("POST", &format!("/devices/{}/disconnect", two.id), "").await.ok(200);
    let (entry, _) = newest(&admin).await;
    assert_eq!(entry["action"], "device.disconnect");
    assert_eq!(
        (&entry["before"], &entry["after"]),
        (&json!({"user_id": ann.id}), &json!({"user_id": null}))
    );
    staff.send("POST", &format!("/carts/{id}/take-over"), "").await.ok(200);
    let (entry, _) = newest(&admin).await;
    assert_eq!(
        (&entry["action"], &entry["before"]["user_id"]),
        (&json!("cart.take-over"), &json!(ann.id))
    );
    assert_eq!(entry["after"]["user_id"], staff.id);
}
