//! What is forgiven, what is repeated, and what must not be lost on the way.

use serde_json::json;

use crate::support::TestApp;

const ADD: &str = "/cart/esp32/add_item";
const SET: &str = "/cart/esp32/update_item";
const EVENTS: &str = "/cart/esp32/events";

#[tokio::test]
async fn scales_send_fractions_of_a_gram() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let (milk, apples) = (shop.milk(&staff).await, shop.apples(&staff).await);
    let trolley = shop.device().await;
    trolley.post(ADD, json!({"product_id": milk, "weight": 1034.6})).await.ok(200);
    let added = trolley.post(ADD, json!({"product_id": apples, "weight": 999.7})).await.ok(200);
    assert_eq!(added["price"], 2.49);
    trolley.post(ADD, json!({"product_id": apples, "weight": 0})).await.refused(400, "invalid");
    let gone = trolley.post(SET, json!({"product_id": apples, "weight": 0})).await.ok(200);
    assert_eq!(gone["items"], 1);
}

#[tokio::test]
async fn one_bad_event_does_not_take_its_batch_along() {
    let shop = TestApp::new();
    let milk = shop.milk(&shop.staff().await).await;
    let trolley = shop.device().await;
    let batch = |second: serde_json::Value| {
        json!({"boot_id": "b", "events": [
            {"seq": 1, "type": "add", "product_id": milk}, second,
        ]})
    };
    let foreign = json!({"seq": 2, "type": "add", "product_id": milk, "cart_id": 999});
    let stopped = trolley.post(EVENTS, batch(foreign)).await.refused(403, "not-your-cart");
    assert_eq!((&stopped["acked"], &stopped["total"]), (&json!(1), &json!(1.29)));
    let unnumbered = json!({"type": "add", "product_id": milk});
    assert_eq!(trolley.post(EVENTS, batch(unnumbered)).await.ok(200)["acked"], 1);
    let nonsense = json!({"seq": 2, "type": "add", "product_id": milk, "cart_id": "x"});
    let refused = trolley.post(EVENTS, batch(nonsense)).await.refused(400, "invalid");
    assert_eq!((&refused["acked"], &refused["seq"]), (&json!(2), &json!(2)));
}

#[tokio::test]
async fn an_answer_can_be_edited_and_sent_back() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    let ann = shop.customer("ann").await;
    let path = format!("/cart/{}/items", ann.id);
    let cart = ann.post(&path, json!({"product_id": milk})).await.ok(201);
    let mut line = cart["items"][0].clone();
    line["quantity"] = json!(3);
    let line_path = format!("{path}/{}", line["id"]);
    assert_eq!(ann.put(&line_path, line).await.ok(200)["item_count"], 3);
    ann.put(&line_path, json!({"quantity": 0})).await.refused(400, "invalid");
    let mut order = ann.post("/checkout", json!({})).await.ok(201)["order"].clone();
    order["status"] = json!("paid");
    let order_path = format!("/orders/{}", order["id"]);
    assert_eq!(staff.patch(&order_path, order).await.ok(200)["status"], "paid");
    let admin = shop.admin().await;
    let user = admin.get(&format!("/users/{}", ann.id)).await.ok(200);
    admin.patch(&format!("/users/{}", ann.id), user).await.ok(200);
}

#[tokio::test]
async fn an_account_is_made_once() {
    let shop = TestApp::new();
    let admin = shop.admin().await.with("idempotency-key", "k1");
    let new = json!({"username": "kim", "password": "nine-lemons-today"});
    let first = admin.post("/users", new.clone()).await;
    let again = admin.post("/users", new).await;
    assert_eq!((first.status, &first.text), (201, &again.text));
    assert_eq!(again.header("idempotency-replayed"), "true");
}

#[tokio::test]
async fn the_catalogue_comes_and_goes_as_a_file() {
    let shop = TestApp::new();
    let staff = shop.staff().await.with("content-type", "text/csv");
    let file = "sku,name,price\r\nA,Tea,2.50\r\nB,,1\r\n";
    let refused = staff.send("POST", "/products/import", file).await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.body["errors"][0]["line"], 3);
    let dry = staff.send("POST", "/products/import?dry_run=true&partial=true", file).await.ok(200);
    assert_eq!((&dry["new"], &dry["rejected"]), (&json!(1), &json!(1)));
    assert_eq!(staff.get("/products").await.ok(200), json!([]));
    staff.send("POST", "/products/import?partial=true", file).await.ok(200);
    let export = staff.get("/products/export").await;
    assert!(export.text.contains("Tea"), "{}", export.text);
    let again = staff.send("POST", "/products/import", export.text).await.ok(200);
    assert_eq!(again["unchanged"], 1);
}
