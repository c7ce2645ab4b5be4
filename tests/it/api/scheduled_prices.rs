//! Prices that take effect at their moment, once, whatever happened to their products meanwhile.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::{Parts, TestApp};

/// One o'clock; the shop's clock stands at noon.
const ONE: &str = "2026-11-20T13:00:00Z";
const TWO: &str = "2026-11-20T14:00:00Z";

#[tokio::test]
async fn a_price_takes_effect_at_its_moment() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let path = format!("/products/{}", shop.milk(&staff).await);
    let prices = json!([{"price": 1.49, "valid_from": ONE}, {"price": 1.59, "valid_from": TWO}]);
    let set = staff.patch(&path, json!({"scheduled_prices": prices})).await.ok(200);
    assert_eq!((&set["scheduled_prices"], &set["version"]), (&prices, &json!(2)));
    let pause = shop.app.next_price_moment().unwrap().unwrap();
    assert_eq!(pause.as_secs(), 3_600);
    shop.wait(3_599);
    assert_eq!(shop.app.apply_due_prices().await.unwrap(), 0);
    shop.wait(1);
    assert_eq!(shop.app.apply_due_prices().await.unwrap(), 1);
    assert_eq!(shop.app.apply_due_prices().await.unwrap(), 0, "once");
    let now = staff.get(&path).await.ok(200);
    assert_eq!((&now["price"], &now["version"]), (&json!(1.49), &json!(3)));
    assert_eq!(now["scheduled_prices"], json!([prices[1]]));
    let dear = staff.get("/products?min_price=1.49").await;
    assert_eq!(dear.header("x-total-count"), "1", "filters see it");
    let entries = shop.admin().await.get("/audit?action=product.price").await.ok(200);
    let entry = &entries[0];
    assert_eq!((&entry["actor"], &entry["at"]), (&json!("system"), &json!(ONE)));
    assert_eq!((&entry["before"]["price"], &entry["after"]["price"]), (&json!(1.29), &json!(1.49)));
}

#[tokio::test]
async fn what_came_due_while_the_shop_was_closed_counts_when_it_opens() {
    let parts = Parts::default();
    let (store, clock) = (parts.store.clone(), parts.clock.clone());
    let shop = TestApp::of(parts);
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    let prices = json!([{"price": 1.49, "valid_from": ONE}, {"price": 1.59, "valid_from": TWO}]);
    staff.patch(&format!("/products/{milk}"), json!({"scheduled_prices": prices})).await.ok(200);
    shop.wait(24 * 3_600);
    let reopened = TestApp::of(Parts { store, clock });
    assert_eq!(reopened.app.apply_due_prices().await.unwrap(), 1);
    let found = reopened.anonymous().get(&format!("/products/{milk}")).await.ok(200);
    assert_eq!((&found["price"], &found["version"]), (&json!(1.59), &json!(3)));
    assert_eq!(found["scheduled_prices"], json!([]));
    assert_eq!(reopened.app.next_price_moment().unwrap(), None);
}

#[tokio::test]
async fn a_product_that_changed_meanwhile_is_read_as_it_is() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let scheduled = json!([{"price": 9, "valid_from": ONE}]);
    let mut paths = Vec::new();
    for name in ["deleted", "edited", "cancelled", "moved", "repriced"] {
        let product = json!({"name": name, "price": 1, "scheduled_prices": scheduled});
        paths.push(format!("/products/{}", shop.product(&staff, product).await));
    }
    staff.delete(&paths[0]).await.ok(200);
    staff.patch(&paths[1], json!({"name": "renamed"})).await.ok(200);
    staff.patch(&paths[2], json!({"scheduled_prices": []})).await.ok(200);
    let later = json!([{"price": 8, "valid_from": TWO}]);
    staff.patch(&paths[3], json!({"scheduled_prices": later})).await.ok(200);
    staff.patch(&paths[4], json!({"price": 2})).await.ok(200);
    shop.wait(3_600);
    assert_eq!(shop.app.apply_due_prices().await.unwrap(), 2);
    staff.get(&paths[0]).await.refused(404, "not-found");
    let prices = [(1, 9), (2, 1), (3, 1), (4, 9)];
    for (index, price) in prices {
        let found = staff.get(&paths[index]).await.ok(200);
        assert_eq!(found["price"], price, "{}", found["name"]);
    }
    shop.wait(3_600);
    assert_eq!(shop.app.apply_due_prices().await.unwrap(), 1);
    assert_eq!(staff.get(&paths[3]).await.ok(200)["price"], 8);
}

#[tokio::test]
async fn many_take_effect_at_the_same_moment() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let mut file = "sku,name,price,scheduled_prices\n".to_owned();
    for number in 0..1_203 {
        writeln!(file, "S-{number},Item {number},1,2.50@{ONE}|3@{TWO}").unwrap();
    }
    let csv = staff.with("content-type", "text/csv");
    let report = csv.send("POST", "/products/import", file).await.ok(200);
    assert_eq!(report["new"], 1_203, "{report}");
    shop.wait(3_600);
    let before = shop.app.writer_stats().commits;
    assert_eq!(shop.app.apply_due_prices().await.unwrap(), 1_203);
    assert!(shop.app.writer_stats().commits >= before + 3, "at most 500 in each");
    let priced = staff.get("/products?min_price=2.50&max_price=2.50&limit=1").await;
    assert_eq!(priced.header("x-total-count"), "1203");
}

#[tokio::test]
async fn bad_schedules_are_named_and_change_nothing() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let path = format!("/products/{}", shop.milk(&staff).await);
    let at = |at: &str| json!({"price": 1, "valid_from": at});
    for (field, prices) in [
        ("scheduled_prices[0].valid_from", json!([at("2026-11-20T12:00:00Z")])),
        ("scheduled_prices[0].valid_from", json!([at("soon")])),
        ("scheduled_prices[1].valid_from", json!([at(TWO), at(ONE)])),
        ("scheduled_prices[1].valid_from", json!([at(ONE), at(ONE)])),
        ("scheduled_prices[0].price", json!([{"price": -1, "valid_from": ONE}])),
        ("scheduled_prices[0].price", json!([{"price": 1.295, "valid_from": ONE}])),
        ("scheduled_prices[0].price", json!([{"price": "1", "valid_from": ONE}])),
        ("scheduled_prices[0].until", json!([{"price": 1, "valid_from": ONE, "until": TWO}])),
        (
            "scheduled_prices",
            json!((1..=9).map(|day| { at(&format!("2027-01-0{day}")) }).collect::<Vec<_>>()),
        ),
    ] {
        let answer = staff.patch(&path, json!({"scheduled_prices": prices})).await;
        assert_eq!(answer.status, 400, "{prices}: {}", answer.text);
        answer.names(field);
    }
    assert_eq!(staff.get(&path).await.ok(200)["version"], 1);
}

#[tokio::test]
async fn an_answer_with_a_due_price_can_be_sent_back() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let path = format!("/products/{}", shop.milk(&staff).await);
    let prices = json!({"scheduled_prices": [{"price": 1.49, "valid_from": ONE}]});
    let mut product = staff.patch(&path, prices).await.ok(200);
    shop.wait(3_601);
    let staff = shop.account_again("staff").await;
    product["name"] = "Whole milk".into();
    product["price"] = json!(1.19);
    staff.put(&path, product.clone()).await.ok(200);
    assert_eq!(shop.app.apply_due_prices().await.unwrap(), 1);
    assert_eq!(staff.get(&path).await.ok(200)["price"], 1.49);
    staff.put(&path, product).await.names("scheduled_prices[0].valid_from");
}

#[tokio::test]
async fn schedules_and_thresholds_leave_and_come_back_in_files() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let product = json!({"sku": "M-1", "name": "Milk", "price": 1.29, "low_stock": 4,
        "scheduled_prices": [{"price": 1.4, "valid_from": ONE}, {"price": 2, "valid_from": TWO}]});
    let id = shop.product(&staff, product).await;
    let before = staff.get(&format!("/products/{id}")).await.ok(200);
    for format in ["csv", "ndjson"] {
        let file = staff.get(&format!("/products/export?format={format}")).await.text;
        let report = staff
            .with("content-type", "text/csv")
            .send("POST", "/products/import", file.clone())
            .await
            .ok(200);
        assert_eq!((&report["unchanged"], &report["rejected"]), (&json!(1), &json!(0)), "{file}");
        let other = TestApp::new();
        let staff = other.staff().await.with("content-type", "text/csv");
        staff.send("POST", "/products/import", file).await.ok(200);
        let copy = staff.get("/products").await.ok(200)[0].clone();
        for member in ["scheduled_prices", "low_stock", "price"] {
            assert_eq!(copy[member], before[member], "{format} {member}");
        }
    }
    let csv = staff.with("content-type", "text/csv");
    let file = "sku;scheduled_prices;low_stock\nM-1;1,55@2026-11-20T15:00:00+01:00;\n";
    csv.send("POST", "/products/import", file).await.ok(200);
    let changed = staff.get(&format!("/products/{id}")).await.ok(200);
    let two = json!([{"price": 1.55, "valid_from": TWO}]);
    assert_eq!((&changed["scheduled_prices"], &changed["low_stock"]), (&two, &Value::Null));
    for cell in ["1.49", "@", "x@2026-12-01", "1.49@soon", "1.49@2026-11-20T11:00:00Z"] {
        let file = format!("sku,scheduled_prices\nM-1,{cell}\n");
        let report = csv.send("POST", "/products/import", file).await.ok(400);
        let field = report["errors"][0]["field"].as_str().unwrap();
        assert!(field.starts_with("scheduled_prices"), "{cell}: {report}");
        assert_eq!(report["errors"][0]["line"], 2);
    }
}
