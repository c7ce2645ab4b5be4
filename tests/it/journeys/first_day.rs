//! A shop's first day: set up, stock, scan, pair, pay, and a second look after a power cut.

use cartwright::clock::Clock;
use cartwright::storage::{Options, Store};
use serde_json::{Value, json};

use crate::support::{Client, Parts, TestApp};

/// The owner sets the shop up and hires; returns the owner and the staff member.
async fn open_shop(shop: &TestApp) -> (Client, Client) {
    let owner = json!({
        "token": shop.setup_token.expose(), "username": "owner", "password": "correct horse",
    });
    let owner = shop.anonymous().post("/setup", owner).await.ok(201);
    let owner = shop.bearer(owner["access_token"].as_str().unwrap());
    let sam = json!({"username": "sam", "password": "battery staple", "role": "staff"});
    owner.post("/users", sam).await.ok(201);
    let login = json!({"username": "sam", "password": "battery staple"});
    let sam = shop.anonymous().post("/auth/login", login).await.ok(200);
    (owner, shop.bearer(sam["access_token"].as_str().unwrap()))
}

async fn stock(client: &Client, product: &Value) -> Value {
    client.get(&format!("/products/{product}")).await.ok(200)["stock"].clone()
}

#[tokio::test]
async fn from_setup_to_paid_orders() {
    let shop = TestApp::new();
    let (owner, sam) = open_shop(&shop).await;
    let milk = json!({
        "name": "Milk 1 l", "price": 1.29, "stock": 20, "barcodes": ["4006381333931"],
    });
    let milk = sam.post("/products", milk).await.ok(201)["id"].clone();
    let added = owner.post("/devices", json!({"name": "Cart 7"})).await.ok(201);
    let trolley = shop.anonymous().with("x-api-key", added["key"].as_str().unwrap());

    // A shopper without a phone pays at the till.
    let scan = |seq: u32| json!({"barcode": "4006381333931", "boot_id": "monday", "seq": seq});
    for seq in [1, 2, 2, 3] {
        trolley.post("/cart/esp32/add_item", scan(seq)).await.ok(200);
    }
    let carts = sam.get("/carts").await.ok(200);
    assert_eq!((&carts[0]["item_count"], &carts[0]["user_id"]), (&json!(3), &json!(null)));
    let checkout = json!({"boot_id": "monday", "seq": 4});
    let paid = trolley.post("/cart/esp32/checkout", checkout).await.ok(200);
    let found = sam.get(&format!("/orders?code={}", paid["code"].as_str().unwrap())).await.ok(200);
    assert_eq!(found[0]["id"], paid["order_id"]);
    let order = format!("/orders/{}", paid["order_id"]);
    sam.patch(&order, json!({"status": "paid"})).await.ok(200);
    sam.patch(&order, json!({"status": "collected"})).await.ok(200);
    assert_eq!(stock(&sam, &milk).await, 17);

    // One with a phone takes the trolley and pays there.
    let ann = json!({"email": "ann@example.org", "password": "securepassword"});
    let ann = shop.anonymous().post("/auth/signup", ann).await.ok(201);
    let ann = shop.bearer(ann["token"].as_str().unwrap());
    ann.post("/cart/connect", json!({"cart_code": added["cart_code"]})).await.ok(200);
    trolley.post("/cart/esp32/add_item", scan(5)).await.ok(200);
    assert_eq!(ann.get("/cart/view").await.ok(200)["item_count"], 1);
    let placed = ann.with("idempotency-key", "1").send("POST", "/checkout", "").await.ok(201);
    assert_eq!(placed["order"]["total"], 1.29);
    assert_eq!(stock(&sam, &milk).await, 16);

    let board = sam.get("/reports/dashboard").await.ok(200);
    assert_eq!(board["orders_today"], 2, "{board}");
}

#[tokio::test]
async fn what_was_answered_is_there_when_the_store_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.redb");
    let clock = Clock::manual("2026-11-20T12:00:00Z".parse().unwrap());
    let options = Options { create: true, ..Options::default() };
    let scan = json!({"barcode": "4006381333931", "boot_id": "b", "seq": 1});
    let (key, first, product);
    {
        let store = Store::open(&path, options).unwrap();
        let shop = TestApp::of(Parts { store: store.clone(), clock: clock.clone() });
        let admin = shop.admin().await;
        shop.milk(&admin).await;
        let added = admin.post("/devices", json!({"name": "Cart 7"})).await.ok(201);
        key = added["key"].as_str().unwrap().to_owned();
        let trolley = shop.anonymous().with("x-api-key", &key);
        first = trolley.post("/cart/esp32/add_item", scan.clone()).await;
        product = admin.get("/products/1").await.text;
        drop(shop);
        store.close();
    }
    let store = Store::open(&path, options).unwrap();
    let shop = TestApp::of(Parts { store, clock });
    let trolley = shop.anonymous().with("x-api-key", &key);
    let again = trolley.post("/cart/esp32/add_item", scan).await;
    assert_eq!((again.status, &again.text), (200, &first.text));
    assert_eq!(trolley.get("/cart/esp32/cart").await.ok(200)["items"], 1);
    assert_eq!(shop.anonymous().get("/products/1").await.text, product);
}
