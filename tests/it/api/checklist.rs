//! The shopping list, where trolleys are, and the walk that follows from both.

use serde_json::{Value, json};

use crate::support::{Client, TestApp};

const ADD: &str = "/user/checklist/add";
const REMOVE: &str = "/user/checklist/remove";
const WALK: &str = "/cart/shortest_path";

/// Four nodes in a row, ten metres apart, with two shelves; the entrance left, the till right.
fn corridor() -> Value {
    json!({
        "name": "Corridor", "unit": "m",
        "nodes": [
            {"id": "in", "x": 0, "y": 0, "kind": "entrance"},
            {"id": "a", "x": 10, "y": 0, "kind": "junction"},
            {"id": "b", "x": 20, "y": 0, "kind": "junction"},
            {"id": "out", "x": 30, "y": 0, "kind": "checkout"},
        ],
        "edges": [
            {"from": "in", "to": "a"}, {"from": "a", "to": "b"}, {"from": "b", "to": "out"},
        ],
        "sections": [{"id": "fresh", "name": "Fresh", "x1": 8, "y1": -2, "x2": 16, "y2": 2}],
        "locations": [{"id": "S-1", "from": "a", "to": "b", "offset": 4}, {"id": "S-2", "node": "a"}],
    })
}

async fn items(ann: &Client) -> Vec<Value> {
    ann.get("/user/checklist").await.ok(200)["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_list_is_written_and_crossed_out() {
    let shop = TestApp::new();
    let milk = shop.milk(&shop.staff().await).await;
    let (ann, bob) = (shop.customer("ann").await, shop.customer("bob").await);
    assert!(items(&ann).await.is_empty());
    let item = ann.post(ADD, json!({"product_id": milk, "quantity": 2})).await.ok(200);
    assert_eq!((&item["quantity"], &item["user_id"]), (&json!(2), &json!(ann.id)));
    assert_eq!(item["product"]["name"], "Milk 1 l");
    let more = ann.post(ADD, json!({"product_id": milk})).await.ok(200);
    assert_eq!((&more["quantity"], &more["checklist_id"]), (&json!(3), &item["checklist_id"]));
    assert!(items(&bob).await.is_empty());

    ann.post(ADD, json!({"product_id": milk, "quantity": 997})).await.names("quantity");
    ann.post(ADD, json!({"product_id": milk, "quantity": 0})).await.names("quantity");
    ann.post(ADD, json!({"product_id": 999})).await.refused(404, "not-found");
    bob.post(REMOVE, json!({"product_id": milk})).await.refused(404, "not-on-list");
    let gone = ann.post(REMOVE, json!({"product_id": milk})).await.ok(200);
    assert_eq!(gone["message"], format!("Product {milk} removed from checklist."));
    assert!(items(&ann).await.is_empty());
}

#[tokio::test]
async fn an_addition_that_is_repeated_counts_once() {
    let shop = TestApp::new();
    let milk = shop.milk(&shop.staff().await).await;
    let ann = shop.customer("ann").await.with("idempotency-key", "k1");
    let first = ann.post(ADD, json!({"product_id": milk})).await.ok(200);
    assert_eq!(ann.post(ADD, json!({"product_id": milk})).await.ok(200), first);
    assert_eq!(items(&ann).await[0]["quantity"], 1);
}

#[tokio::test]
async fn scans_tick_off_and_a_checkout_takes_off() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let (milk, apples) = (shop.milk(&staff).await, shop.apples(&staff).await);
    let (trolley, code) = shop.device_with_code().await;
    let ann = shop.customer("ann").await;
    ann.post(ADD, json!({"product_id": milk, "quantity": 2})).await.ok(200);
    ann.post(ADD, json!({"product_id": apples})).await.ok(200);
    ann.post("/cart/connect", json!({"cart_code": code})).await.ok(200);

    let scan = |seq: u32| json!({"barcode": "4006381333931", "boot_id": "b", "seq": seq});
    trolley.post("/cart/esp32/add_item", scan(1)).await.ok(200);
    let milk_item = items(&ann).await[0].clone();
    assert_eq!((&milk_item["picked"], &milk_item["ticked"]), (&json!(1), &json!(false)));
    trolley.post("/cart/esp32/add_item", scan(2)).await.ok(200);
    assert_eq!(items(&ann).await[0]["ticked"], true);
    trolley.post("/cart/esp32/remove_item", scan(3)).await.ok(200);
    assert_eq!(items(&ann).await[0]["ticked"], false, "what goes back is open again");

    ann.send("POST", "/checkout", "").await.ok(201);
    let left = items(&ann).await;
    assert_eq!((&left[0]["product_id"], &left[0]["quantity"]), (&json!(milk), &json!(1)));
    assert_eq!(left.len(), 2, "the apples were not bought");
    staff.delete(&format!("/products/{apples}")).await.ok(200);
    assert_eq!(items(&ann).await.len(), 1, "what is not sold is not listed");
}

#[tokio::test]
async fn the_walk_goes_from_the_last_scan_to_what_is_open() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    staff.put("/map", corridor()).await.ok(200);
    let mut ids = Vec::new();
    for (name, location) in [("Milk", "S-2"), ("Bread", "S-1")] {
        let product = json!({"name": name, "price": 1, "stock": 5, "location": location});
        ids.push(shop.product(&staff, product).await);
    }
    let (trolley, code) = shop.device_with_code().await;
    let ann = shop.customer("ann").await;
    for id in &ids {
        ann.post(ADD, json!({"product_id": id})).await.ok(200);
    }
    let walk = ann.post(WALK, json!({})).await.ok(200);
    assert_eq!((&walk["distance"], walk["stops"].as_array().unwrap().len()), (&json!(30.0), 2));

    ann.post("/cart/connect", json!({"cart_code": code})).await.ok(200);
    trolley.post("/cart/esp32/add_item", json!({"product_id": ids[0]})).await.ok(200);
    let walk = ann.post(WALK, json!({})).await.ok(200);
    assert_eq!(walk["distance"], 20.0, "from the shelf of the last scan");
    assert_eq!(walk["stops"][0]["product_id"], ids[1]);
    assert_eq!(trolley.post(WALK, json!({})).await.ok(200)["distance"], 20.0);
}

#[tokio::test]
async fn a_trolley_is_where_it_was_seen_last() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let (trolley, code) = shop.device_with_code().await;
    let (ann, bob) = (shop.customer("ann").await, shop.customer("bob").await);
    let path = format!("/cart/{}/location", trolley.id);
    ann.get(&path).await.refused(403, "not-yours");
    ann.get("/cart/999/location").await.refused(403, "not-yours");
    ann.post("/cart/connect", json!({"cart_code": code})).await.ok(200);
    ann.get(&path).await.refused(404, "not-found");
    ann.post(&path, json!({"x": 1, "y": 1})).await.refused(404, "not-found");
    staff.put("/map", corridor()).await.ok(200);

    let seen = ann.post(&path, json!({"x": 12.5, "y": 0})).await.ok(200);
    assert_eq!((&seen["section_id"], &seen["x_coord"]), (&json!("fresh"), &json!(12.5)));
    assert_eq!((&seen["cart_id"], &seen["source"]), (&json!(trolley.id), &json!("reported")));
    assert_eq!(staff.get(&path).await.ok(200), seen);
    bob.get(&path).await.refused(403, "not-yours");
    bob.post(&path, json!({"node": "a"})).await.refused(403, "not-yours");
    staff.get("/cart/999/location").await.refused(404, "not-found");

    let own = trolley.post("/cart/esp32/location", json!({"tag": "S-1\r"})).await.ok(200);
    assert_eq!((&own["success"], &own["x"]), (&json!(true), &json!(14.0)));
    assert_eq!(ann.get(&path).await.ok(200)["location"], "S-1");
    for bad in [
        json!({"x": 1}),
        json!({"node": "nowhere"}),
        json!({"tag": "nowhere"}),
        json!({"x": 1, "y": 1, "floor": 7}),
        json!({"x": 1e300, "y": 0}),
    ] {
        assert_eq!(ann.post(&path, bad.clone()).await.status, 400, "{bad}");
        assert_eq!(trolley.post("/cart/esp32/location", bad).await.ok(400)["success"], false);
    }
    ann.post(&path, json!({"x": 1, "y": 1, "node": "a"})).await.names("x");
}
