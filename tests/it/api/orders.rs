//! Orders: placed once, short stock explained, states that staff move.

use serde_json::{Value, json};

use crate::support::{Client, TestApp};

/// A pending order of two milks by a shopper.
async fn order(shop: &TestApp, staff: &Client) -> (Client, u64, u64) {
    let milk = shop.milk(staff).await;
    let ann = shop.customer("ann").await;
    ann.post("/cart/add", json!({"product_id": milk, "quantity": 2})).await.ok(200);
    let placed = ann.send("POST", "/checkout", "").await.ok(201);
    (ann, milk, placed["order_id"].as_u64().unwrap())
}

async fn stock(client: &Client, product: u64) -> i64 {
    client.get(&format!("/products/{product}")).await.ok(200)["stock"].as_i64().unwrap()
}

#[tokio::test]
async fn a_cart_becomes_an_order() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let (ann, milk, id) = order(&shop, &staff).await;
    let order = ann.get(&format!("/orders/{id}")).await;
    assert_eq!(order.header("etag"), "\"1\"");
    let order = order.ok(200);
    assert_eq!((&order["status"], &order["total"]), (&json!("pending"), &json!(2.58)));
    assert_eq!(order["next_statuses"], json!(["paid", "cancelled"]));
    assert_eq!(
        (&order["items"][0]["name"], &order["user_id"]),
        (&json!("Milk 1 l"), &json!(ann.id))
    );
    assert_eq!(order["history"][0]["by"], format!("user:{}", ann.id));
    assert_eq!(stock(&staff, milk).await, 8);
    assert_eq!(ann.get("/cart/view").await.ok(200)["items"], json!([]));
    ann.send("POST", "/checkout", "").await.refused(400, "empty-cart");
    let receipt = ann.get(&format!("/orders/{id}/receipt?format=txt")).await;
    assert!(receipt.text.contains("Milk 1 l"), "{}", receipt.text);
    assert!(receipt.text.lines().all(|line| line.chars().count() <= 42));
}

#[tokio::test]
async fn short_stock_lists_every_line_and_changes_nothing() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let (milk, apples) = (shop.milk(&staff).await, shop.apples(&staff).await);
    let bread = shop.product(&staff, json!({"name": "Bread", "price": 2.5, "stock": 1})).await;
    let ann = shop.customer("ann").await;
    ann.post("/cart/add", json!({"product_id": milk, "quantity": 11})).await.ok(200);
    ann.post("/cart/add", json!({"product_id": bread})).await.ok(200);
    for grams in [3000, 2500] {
        ann.post("/cart/add", json!({"product_id": apples, "weight_g": grams})).await.ok(200);
    }
    let cart = ann.get("/cart/view").await.ok(200);
    let refused = ann.send("POST", "/checkout", "").await.refused(409, "out-of-stock");
    let errors = refused["errors"].as_array().unwrap();
    assert_eq!(errors[0]["field"], "items[0]");
    assert_eq!(errors[0]["product_id"], milk);
    assert_eq!((&errors[0]["requested"], &errors[0]["available"]), (&json!(11), &json!(10)));
    assert!(errors.iter().any(|error| error["product_id"] == apples), "{refused}");
    assert!(errors.iter().all(|error| error["product_id"] != bread), "{refused}");
    assert_eq!(ann.get("/cart/view").await.ok(200), cart);
    assert_eq!((stock(&staff, milk).await, stock(&staff, bread).await), (10, 1));
    assert_eq!(ann.get("/orders").await.ok(200), json!([]));
}

#[tokio::test]
async fn products_that_left_the_catalogue_stop_a_checkout() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    let ann = shop.customer("ann").await;
    ann.post("/cart/add", json!({"product_id": milk})).await.ok(200);
    staff.delete(&format!("/products/{milk}")).await.ok(200);
    ann.send("POST", "/checkout", "").await.refused(409, "product-unavailable");
    assert_eq!(ann.get("/cart/view").await.ok(200)["item_count"], 1);
}

#[tokio::test]
async fn orders_keep_what_was_bought() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let (ann, milk, id) = order(&shop, &staff).await;
    let before = ann.get(&format!("/orders/{id}")).await.ok(200);
    staff.patch(&format!("/products/{milk}"), json!({"name": "X", "price": 9})).await.ok(200);
    staff.delete(&format!("/products/{milk}")).await.ok(200);
    assert_eq!(ann.get(&format!("/orders/{id}")).await.ok(200), before);
}

#[tokio::test]
async fn a_repeated_checkout_is_one_order() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    let ann = shop.customer("ann").await;
    let keyed = ann.with("idempotency-key", "pay-1");
    keyed.send("POST", "/checkout", "").await.refused(400, "empty-cart");
    ann.post("/cart/add", json!({"product_id": milk})).await.ok(200);
    let first = keyed.send("POST", "/checkout", "").await;
    assert_eq!((first.status, first.header("idempotency-replayed")), (201, ""));
    for path in ["/checkout", "/orders/checkout", "/api/v1/checkout"] {
        let again = keyed.send("POST", path, "").await;
        assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"));
        assert_eq!(again.text, first.text);
    }
    let other = keyed.post("/checkout", json!({"shipping_address": {"city": "Ulm"}})).await;
    assert_eq!(other.status, 422, "{}", other.text);
    assert_eq!(ann.get("/orders").await.header("x-total-count"), "1");
    assert_eq!(stock(&staff, milk).await, 9);
}

#[tokio::test]
async fn keys_are_free_again_after_a_day() {
    let shop = TestApp::new();
    let milk = shop.milk(&shop.staff().await).await;
    let login = json!({"username": "ann", "password": "correct horse"});
    shop.anonymous().post("/auth/signup", login.clone()).await.ok(201);
    let body = json!({"product_id": milk, "quantity": 2});
    for (wait_s, items) in [(0, 2), (3600, 2), (24 * 3600, 4)] {
        // The access token of the time before has ended.
        shop.wait(wait_s);
        let pair = shop.anonymous().post("/auth/login", login.clone()).await.ok(200);
        let ann = shop.bearer(pair["access_token"].as_str().unwrap());
        ann.with("idempotency-key", "k").post("/cart/add", body.clone()).await.ok(200);
        assert_eq!(ann.get("/cart/view").await.ok(200)["item_count"], items);
    }
}

#[tokio::test]
async fn states_follow_the_table() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    let words =
        ["pending", "paid", "packed", "shipped", "delivered", "collected", "cancelled", "refunded"];
    let ways: [(&[&str], &[&str]); 8] = [
        (&[], &["pending", "paid", "cancelled", "packed", "shipped", "delivered"]),
        (&["paid"], &["paid", "packed", "collected", "refunded", "shipped", "delivered"]),
        (&["packed"], &["packed", "shipped", "collected", "refunded", "delivered"]),
        (&["shipped"], &["shipped", "delivered", "refunded"]),
        (&["delivered"], &["delivered", "refunded"]),
        (&["paid", "collected"], &["collected", "refunded"]),
        (&["cancelled"], &["cancelled"]),
        (&["paid", "refunded"], &["refunded"]),
    ];
    staff.patch(&format!("/products/{milk}"), json!({"stock": 1000})).await.ok(200);
    for (way, allowed) in ways {
        for word in words {
            let items =
                json!({"user_id": staff.id, "items": [{"product_id": milk, "quantity": 1}]});
            let id = staff.post("/orders", items).await.ok(201)["id"].clone();
            let path = format!("/orders/{id}");
            for step in way {
                staff.patch(&path, json!({"status": step})).await.ok(200);
            }
            let before = staff.get(&path).await.ok(200);
            let answer = staff.patch(&path, json!({"status": word})).await;
            if !allowed.contains(&word) {
                let refused = answer.refused(409, "illegal-status");
                assert_eq!(refused["next_statuses"], before["next_statuses"]);
                assert_eq!(staff.get(&path).await.ok(200), before);
                continue;
            }
            let after = answer.ok(200);
            assert_eq!(after["status"], word, "{way:?} -> {word}");
            if before["status"] == word {
                assert_eq!(after, before, "the same status changes nothing");
            }
        }
    }
}

#[tokio::test]
async fn skipped_states_enter_the_history() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let (_, _, id) = order(&shop, &staff).await;
    let path = format!("/orders/{id}");
    let body = json!({"status": "shipped", "tracking_number": "T1", "updated_at": "whenever"});
    let shipped = staff.patch(&path, body).await.ok(200);
    let words: Vec<&Value> =
        shipped["history"].as_array().unwrap().iter().map(|step| &step["status"]).collect();
    assert_eq!(words, ["pending", "paid", "packed", "shipped"]);
    assert_eq!(shipped["tracking_number"], "T1");
    staff.patch(&path, json!({"status": "lost"})).await.names("status");
    let stale = staff.with("if-match", "\"1\"");
    stale.patch(&path, json!({"status": "delivered"})).await.refused(412, "stale-version");
}

#[tokio::test]
async fn cancel_and_refund_put_stock_back_once() {
    for way in [&["cancelled", "cancelled"][..], &["paid", "refunded", "refunded"]] {
        let shop = TestApp::new();
        let staff = shop.staff().await;
        let (_, milk, id) = order(&shop, &staff).await;
        assert_eq!(stock(&staff, milk).await, 8);
        for status in way {
            staff.patch(&format!("/orders/{id}"), json!({"status": status})).await.ok(200);
        }
        assert_eq!(stock(&staff, milk).await, 10);
        let refused = staff.patch(&format!("/orders/{id}"), json!({"status": "paid"})).await;
        refused.refused(409, "illegal-status");
        assert_eq!(stock(&staff, milk).await, 10);
    }
}

#[tokio::test]
async fn lists_of_items_are_ordered_at_the_catalogues_prices() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let (milk, apples) = (shop.milk(&staff).await, shop.apples(&staff).await);
    let ann = shop.customer("ann").await;
    let order = |total: f64, quantity: i64| {
        json!({"user_id": ann.id, "total": total, "items": [
            {"product_id": milk, "quantity": quantity, "unit_price": 0.01, "name": "cheap"},
            {"product_id": apples, "weight_g": 1000},
        ]})
    };
    ann.post("/orders", order(1.0, 1)).await.refused(409, "price-changed");
    assert_eq!(stock(&staff, milk).await, 10);
    ann.post("/orders", order(15.39, 11)).await;
    assert_eq!(stock(&staff, milk).await, 10, "a wrong total or short stock changes nothing");
    let placed = ann.post("/orders", order(3.78, 1)).await.ok(201);
    assert_eq!((&placed["total"], &placed["status"]), (&json!(3.78), &json!("pending")));
    assert_eq!((stock(&staff, milk).await, stock(&staff, apples).await), (9, 4000));
    let mut other = order(3.78, 1);
    other["currency"] = "USD".into();
    ann.post("/orders", other).await.refused(400, "currency-mismatch");
    let none = json!({"user_id": ann.id, "items": []});
    ann.post("/orders", none).await.names("items");
    let unknown = json!({"user_id": ann.id, "items": [{"product_id": 99}]});
    let answer = ann.post("/orders", unknown).await;
    assert_eq!(answer.status, 404, "{}", answer.text);
    let loose = json!({"user_id": ann.id, "items": [{"product_id": apples, "quantity": 1}]});
    let answer = ann.post("/orders", loose).await;
    assert_eq!((answer.status, &answer.body["code"]), (400, &json!("weight-required")));
}

#[tokio::test]
async fn orders_of_others_are_forbidden() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let (ann, milk, id) = order(&shop, &staff).await;
    let bob = shop.customer("bob").await;
    bob.get(&format!("/orders/{id}")).await.refused(403, "not-yours");
    bob.get("/orders/999").await.refused(403, "not-yours");
    bob.get(&format!("/orders/{id}/receipt")).await.refused(403, "not-yours");
    let theirs = json!({"user_id": ann.id, "items": [{"product_id": milk}]});
    bob.post("/orders", theirs).await.refused(403, "not-yours");
    bob.post("/checkout", json!({"cart": 1})).await.refused(403, "not-staff");
    bob.get(&format!("/orders?user_id={}", ann.id)).await.refused(403, "not-yours");
    assert_eq!(bob.get("/orders").await.ok(200), json!([]));
    staff.get("/orders/999").await.refused(404, "not-found");
    assert_eq!(staff.get("/orders").await.ok(200).as_array().unwrap().len(), 1);
    ann.patch(&format!("/orders/{id}"), json!({"status": "paid"})).await.refused(403, "forbidden");
}

#[tokio::test]
async fn lists_are_filtered_and_newest_first() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let (ann, milk, first) = order(&shop, &staff).await;
    shop.wait(60);
    let items = json!({"user_id": ann.id, "items": [{"product_id": milk}]});
    let second = ann.post("/orders", items).await.ok(201);
    let list = ann.get("/orders/history").await.ok(200);
    assert_eq!((&list[0]["id"], &list[1]["id"]), (&second["id"], &json!(first)));
    staff.patch(&format!("/orders/{first}"), json!({"status": "paid"})).await.ok(200);
    let code = second["code"].as_str().unwrap();
    for (query, count) in [
        ("status=paid".to_owned(), 1),
        (format!("code={code}"), 1),
        ("from=2026-11-20T12:00:30Z".to_owned(), 1),
        ("to=2026-11-20T12:00:30Z".to_owned(), 1),
        (format!("product_id={milk}&limit=1"), 1),
        (format!("user_id={}", staff.id), 0),
    ] {
        let found = staff.get(&format!("/orders?{query}")).await.ok(200);
        assert_eq!(found.as_array().unwrap().len(), count, "{query}");
    }
    staff.get("/orders?status=lost").await.names("status");
    staff.get("/orders?from=yesterday").await.names("from");
}

#[tokio::test]
async fn what_is_made_reads_the_same_later() {
    let shop = TestApp::new();
    shop.clock.set("2026-11-20T12:00:00.123456789Z".parse().unwrap());
    let staff = shop.staff().await;
    let tea = json!({"name": "Tea", "price": 2, "stock": 9});
    let made = staff.post("/products", tea).await.ok(201);
    assert_eq!(made["created_at"], "2026-11-20T12:00:00.123456Z");
    assert_eq!(staff.get(&format!("/products/{}", made["id"])).await.ok(200), made);
    let list = json!({"user_id": staff.id, "items": [{"product_id": made["id"]}]});
    let order = staff.post("/orders", list).await.ok(201);
    assert_eq!(staff.get(&format!("/orders/{}", order["id"])).await.ok(200), order);
}
