//! The stock ledger: what is booked adds up to the stock, whatever happens at once.

use std::sync::Arc;

use cartwright::storage::{Store, ledger};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Client, TestApp};

/// What a check of the store's ledger finds.
fn fault(store: &Store) -> Option<String> {
    let mut check = ledger::RowCheck::default();
    store.export_tables(|table, key, value| check.row(table, key, value)).unwrap();
    check.finish().complaint()
}

async fn stock(client: &Client, id: u64) -> i64 {
    client.get(&format!("/products/{id}")).await.ok(200)["stock"].as_i64().unwrap()
}

#[tokio::test]
async fn movements_add_up_to_the_stock() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let id = shop.milk(&staff).await;
    let path = format!("/products/{id}/stock-movements");
    for (booking, delta, after) in [
        (json!({"kind": "receipt", "quantity": 24, "note": " pallet 7 "}), 24, 34),
        (json!({"kind": "return", "delta": 1}), 1, 35),
        (json!({"kind": "shrinkage", "quantity": 3, "note": "broken"}), -3, 32),
        (json!({"kind": "shrinkage", "delta": -2}), -2, 30),
        (json!({"kind": "adjustment", "delta": -31, "note": null}), -31, -1),
    ] {
        let booked = staff.post(&path, booking.clone()).await.ok(201);
        assert_eq!(booked["kind"], booking["kind"]);
        let amounts = (&booked["delta"], &booked["stock_after"]);
        assert_eq!(amounts, (&json!(delta), &json!(after)), "{booking}");
        assert_eq!((&booked["product_id"], &booked["by"]), (&json!(id), &json!(staff.id)));
        assert_eq!(stock(&staff, id).await, after);
    }
    let listed = staff.get(&path).await;
    assert_eq!(listed.header("x-total-count"), "6");
    let listed = listed.ok(200);
    let notes: Vec<&Value> = listed.as_array().unwrap().iter().map(|it| &it["note"]).collect();
    let none = Value::Null;
    assert_eq!(notes, [&none, &none, &json!("broken"), &none, &json!("pallet 7"), &none]);
    assert_eq!(staff.get(&format!("/products/{id}")).await.ok(200)["version"], 1);
    assert_eq!(fault(&shop.store), None);
}

#[tokio::test]
async fn a_stock_below_zero_can_be_sent_back_and_sells_nothing() {
    let shop = TestApp::new();
    let (staff, ann) = (shop.staff().await, shop.customer("ann").await);
    let id = shop.milk(&staff).await;
    let path = format!("/products/{id}");
    let booking = json!({"kind": "shrinkage", "quantity": 12});
    staff.post(&format!("{path}/stock-movements"), booking).await.ok(201);
    let mut product = staff.get(&path).await.ok(200);
    assert_eq!(product["stock"], -2);
    product["name"] = "Milk".into();
    assert_eq!(staff.put(&path, product).await.ok(200)["stock"], -2);
    staff.patch(&path, json!({"stock": -3})).await.names("stock");
    staff.post("/products", json!({"name": "X", "price": 1, "stock": -1})).await.names("stock");
    ann.post(&format!("/cart/{}/items", ann.id), json!({"product_id": id})).await.ok(201);
    let refused = ann.post("/checkout", json!({})).await.refused(409, "out-of-stock");
    assert_eq!(refused["errors"][0]["available"], 0);
    assert_eq!(fault(&shop.store), None);
}

#[tokio::test]
async fn bad_bookings_are_named_and_change_nothing() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let id = shop.milk(&staff).await;
    let path = format!("/products/{id}/stock-movements");
    for (field, booking) in [
        ("kind", json!({"kind": "gift", "delta": 1})),
        ("kind", json!({"kind": "sale", "delta": -1})),
        ("kind", json!({"delta": 1})),
        ("delta", json!({"kind": "receipt"})),
        ("delta", json!({"kind": "receipt", "delta": -1})),
        ("delta", json!({"kind": "shrinkage", "delta": 1})),
        ("delta", json!({"kind": "adjustment", "delta": 0})),
        ("delta", json!({"kind": "adjustment", "delta": 1.5})),
        ("delta", json!({"kind": "adjustment", "delta": "1"})),
        ("delta", json!({"kind": "adjustment", "delta": 1_000_000_001})),
        ("delta", json!({"kind": "adjustment", "delta": i64::MIN})),
        ("quantity", json!({"kind": "adjustment", "quantity": 1})),
        ("quantity", json!({"kind": "shrinkage", "quantity": -1})),
        ("quantity", json!({"kind": "receipt", "quantity": 0})),
        ("quantity", json!({"kind": "receipt", "quantity": 1, "delta": 1})),
        ("note", json!({"kind": "receipt", "quantity": 1, "note": "x".repeat(201)})),
        ("note", json!({"kind": "receipt", "quantity": 1, "note": "a\nb"})),
        ("why", json!({"kind": "receipt", "quantity": 1, "why": "x"})),
    ] {
        let answer = staff.post(&path, booking.clone()).await;
        assert_eq!(answer.status, 400, "{booking}: {}", answer.text);
        answer.names(field);
    }
    let overflow = r#"{"kind":"adjustment","delta":9223372036854775808}"#;
    staff.send("POST", &path, overflow).await.names("delta");
    let most = json!({"kind": "receipt", "delta": 1_000_000_000});
    let refused = staff.post(&path, most).await.refused(409, "stock-out-of-range");
    assert_eq!(refused["stock"], 10);
    let receipt = json!({"kind": "receipt", "quantity": 1});
    staff.post("/products/999/stock-movements", receipt.clone()).await.refused(404, "not-found");
    let ann = shop.customer("ann").await;
    ann.post(&path, receipt).await.refused(403, "forbidden");
    assert_eq!(stock(&staff, id).await, 10);
    assert_eq!(staff.get(&path).await.header("x-total-count"), "1");
}

#[tokio::test]
async fn a_repeated_booking_counts_once() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let id = shop.milk(&staff).await;
    let path = format!("/products/{id}/stock-movements");
    let keyed = staff.with("idempotency-key", "delivery-7");
    let receipt = json!({"kind": "receipt", "quantity": 24});
    let first = keyed.post(&path, receipt.clone()).await;
    let again = keyed.post(&path, receipt).await;
    assert_eq!((again.status, &again.text), (201, &first.text));
    assert_eq!(again.header("idempotency-replayed"), "true");
    let other = keyed.post(&path, json!({"kind": "receipt", "quantity": 25})).await;
    other.refused(422, "idempotency-key-reused");
    assert_eq!(stock(&staff, id).await, 34);
}

#[tokio::test]
async fn bookings_and_sales_at_once_all_count() {
    let shop = Arc::new(TestApp::new());
    let staff = shop.staff().await;
    let id = shop.product(&staff, json!({"name": "Milk", "price": 1, "stock": 100})).await;
    let path = format!("/products/{id}/stock-movements");
    let mut buyers = Vec::new();
    for number in 0..8 {
        let buyer = shop.customer(&format!("buyer{number}")).await;
        let item = json!({"product_id": id, "quantity": 3});
        buyer.post(&format!("/cart/{}/items", buyer.id), item).await.ok(201);
        buyers.push(buyer);
    }
    let sales = buyers.into_iter().map(|it| it.post_owned("/checkout", json!({})));
    let bookings = [("receipt", 7), ("adjustment", -4), ("shrinkage", -1), ("return", 2)];
    let bookings = bookings.iter().cycle().take(16).map(|(kind, delta)| {
        staff.clone().post_owned(&path, json!({"kind": kind, "delta": delta}))
    });
    let (sold, booked) = tokio::join!(join_all(sales), join_all(bookings));
    assert!(sold.iter().chain(&booked).all(|answer| answer.status == 201));
    assert_eq!(stock(&staff, id).await, 100 - 8 * 3 + 4 * (7 - 4 - 1 + 2));
    assert_eq!(staff.get(&path).await.header("x-total-count"), "25");
    assert_eq!(fault(&shop.store), None);
}

#[tokio::test]
async fn the_ledger_of_the_shop_is_read_newest_first() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let (milk, apples) = (shop.milk(&staff).await, shop.apples(&staff).await);
    shop.wait(3_600);
    let staff = shop.account_again("staff").await;
    let booking = json!({"kind": "shrinkage", "quantity": 1});
    staff.post(&format!("/products/{milk}/stock-movements"), booking).await.ok(201);
    let ids = |answer: Value| -> Vec<u64> {
        answer.as_array().unwrap().iter().map(|it| it["id"].as_u64().unwrap()).collect()
    };
    let first = staff.get("/stock-movements?limit=2").await;
    assert_eq!(first.header("x-total-count"), "3");
    assert!(first.header("link").contains("offset=2"));
    assert_eq!(ids(first.ok(200)), [3, 2]);
    for (query, expected) in [
        ("offset=2", vec![1]),
        ("kind=receipt", vec![2, 1]),
        ("kind=receipt&offset=1", vec![1]),
        (&*format!("product_id={milk}"), vec![3, 1]),
        (&*format!("product_id={apples}&kind=shrinkage"), vec![]),
        ("product_id=999", vec![]),
        ("from=2026-11-20T12:30:00Z", vec![3]),
        ("to=2026-11-20T13:00:00Z", vec![2, 1]),
        ("from=2026-11-20&to=2026-11-21", vec![3, 2, 1]),
    ] {
        let answer = staff.get(&format!("/stock-movements?{query}")).await;
        assert_eq!(ids(answer.ok(200)), expected, "{query}");
    }
    for (query, field) in
        [("kind=gift", "kind"), ("product_id=0", "product_id"), ("from=soon", "from")]
    {
        staff.get(&format!("/stock-movements?{query}")).await.names(field);
    }
    shop.customer("ann").await.get("/stock-movements").await.refused(403, "forbidden");
}

#[tokio::test]
async fn low_stock_is_told_listed_and_counted() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    let apples = shop.apples(&staff).await;
    let path = format!("/products/{milk}");
    let product = staff.get(&path).await.ok(200);
    assert_eq!((&product["low_stock"], &product["is_low"]), (&Value::Null, &json!(false)));
    let product = staff.patch(&path, json!({"low_stock": 4})).await.ok(200);
    assert_eq!((&product["is_low"], &product["version"]), (&json!(false), &json!(2)));
    staff.patch(&format!("/products/{apples}"), json!({"low_stock": 5000})).await.ok(200);
    let low = "/products?low_stock=true";
    let listed = staff.get(low).await.ok(200);
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["id"]), (1, &json!(apples)));
    let booking = json!({"kind": "shrinkage", "quantity": 6});
    staff.post(&format!("{path}/stock-movements"), booking).await.ok(201);
    assert_eq!(staff.get(&path).await.ok(200)["is_low"], true);
    assert_eq!(staff.get(low).await.header("x-total-count"), "2");
    assert_eq!(staff.get("/products?low_stock=false").await.header("x-total-count"), "0");
    let searched = staff.get("/products/search?query=milk&low_stock=true").await.ok(200);
    assert_eq!(searched["total"], 1);
    let dashboard = staff.get("/reports/dashboard").await.ok(200);
    assert_eq!(dashboard["low_stock_count"], 2);
    assert_eq!(dashboard["low_stock"].as_array().unwrap().len(), 2);
    let cleared = staff.patch(&path, json!({"low_stock": null})).await.ok(200);
    assert_eq!((&cleared["low_stock"], &cleared["is_low"]), (&Value::Null, &json!(false)));
    for bad in [json!(-1), json!(1_000_000_001), json!("5"), json!(1.5)] {
        staff.patch(&path, json!({"low_stock": bad})).await.names("low_stock");
    }
}
