//! Products: written by staff, read by all, found by the next search.

use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn a_product_lives_from_creation_to_deletion() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let body = json!({
        "name": "Oat Drink 1 l", "price": 1.79, "category": "Drinks", "inventory": 24,
        "barcodes": ["4006381333931"], "tax_rate": 7, "allergens": ["gluten"],
    });
    let created = staff.post("/products", body).await;
    assert_eq!(created.header("etag"), "\"1\"");
    let created = created.ok(201);
    let id = created["id"].as_u64().unwrap();
    assert_eq!(created["price"], 1.79);
    assert_eq!(created["currency"], "EUR");
    assert_eq!((&created["stock"], &created["unit"]), (&json!(24), &json!("each")));
    let path = format!("/products/{id}");
    let read = shop.anonymous().get(&path).await;
    assert_eq!(read.header("cache-control"), "no-store");
    assert_eq!(read.ok(200), created);

    let patched = staff.patch(&path, json!({"price": 1.99})).await.ok(200);
    assert_eq!((&patched["price"], &patched["version"]), (&json!(1.99), &json!(2)));
    assert_eq!(patched["name"], "Oat Drink 1 l");
    let put = staff.put(&path, json!({"name": "Oat Drink"})).await.ok(200);
    assert_eq!((&put["name"], &put["price"]), (&json!("Oat Drink"), &json!(1.99)));

    let gone = staff.delete(&path).await.ok(200);
    assert_eq!(gone["message"], "Product deleted");
    assert_eq!((&gone["deleted"], &gone["product_id"]), (&json!(true), &json!(id)));
    for answer in [
        staff.get(&path).await,
        staff.patch(&path, json!({"price": 2})).await,
        staff.delete(&path).await,
        staff.get("/products/barcode/4006381333931").await,
    ] {
        answer.refused(404, "not-found");
    }
    let found = staff.get("/products/search?query=oat").await.ok(200);
    assert_eq!(found["total"], 0);
}

#[tokio::test]
async fn a_stale_version_is_refused_and_changes_nothing() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let path = format!("/products/{}", shop.milk(&staff).await);
    staff.with("if-match", "\"1\"").patch(&path, json!({"price": 1.39})).await.ok(200);
    let stale = staff.with("if-match", "\"1\"");
    stale.patch(&path, json!({"price": 9})).await.refused(412, "stale-version");
    stale.delete(&path).await.refused(412, "stale-version");
    let kept = staff.get(&path).await.ok(200);
    assert_eq!((&kept["price"], &kept["version"]), (&json!(1.39), &json!(2)));
    staff.with("if-match", "soon").patch(&path, json!({"price": 9})).await.names("If-Match");
}

#[tokio::test]
async fn the_next_search_sees_an_answered_write() {
    let shop = TestApp::new();
    let (staff, anyone) = (shop.staff().await, shop.anonymous());
    // Text search waits for the first build of the index, which an answered write has seen.
    let path = format!("/products/{}", shop.milk(&staff).await);
    for (index, name) in ["Quince", "Rhubarb", "Salsify", "Tamarind"].into_iter().enumerate() {
        staff.patch(&path, json!({"name": name})).await.ok(200);
        let found = anyone.get(&format!("/products/search?query={name}")).await.ok(200);
        assert_eq!(found["results"][0]["name"], name, "edit {index}");
        let listed = anyone.get(&format!("/products?query={name}")).await;
        assert_eq!(listed.header("x-total-count"), "1");
    }
    let by_code = anyone.get("/products/search?query=4006381333931").await.ok(200);
    assert_eq!(by_code["total"], 1);
    assert!(by_code["facets"]["category"].is_object() && by_code["did_you_mean"].is_null());
}

#[tokio::test]
async fn codes_find_their_product() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let (milk, apples) = (shop.milk(&staff).await, shop.apples(&staff).await);
    let anyone = shop.anonymous();
    for (code, id) in [
        ("4006381333931", milk),
        ("04006381333931", milk),
        ("12345", apples),
        ("012345", apples),
        ("2112345015002", apples),
    ] {
        let found = anyone.get(&format!("/products/barcode/{code}")).await.ok(200);
        assert_eq!(found["id"], id, "{code}");
    }
    anyone.get("/products/barcode/9521234567896").await.refused(404, "not-found");
    let wrong = anyone.get("/products/barcode/4006381333932").await;
    assert!(wrong.status == 400 || wrong.status == 404, "{}", wrong.text);
}

#[tokio::test]
async fn bad_fields_are_named_and_change_nothing() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let path = format!("/products/{}", shop.milk(&staff).await);
    let before = staff.get(&path).await.ok(200);
    for (field, body) in [
        ("price", json!({"price": "1.29"})),
        ("price", json!({"price": 1.295})),
        ("price", json!({"price": -1})),
        ("price", json!({"price": 1e30})),
        ("price", json!({"price": null, "name": 7})),
        ("name", json!({"name": ""})),
        ("name", json!({"name": 7})),
        ("stock", json!({"stock": 1.5})),
        ("tax_rate", json!({"tax_rate": 107})),
        ("unit", json!({"unit": "lb"})),
        ("barcodes", json!({"barcodes": ["4006381333932"]})),
        ("colour", json!({"colour": "blue"})),
    ] {
        if field == "price" && body["price"].is_null() {
            continue;
        }
        let answer = staff.patch(&path, body.clone()).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.text);
        let named = answer.body["errors"][0]["field"].as_str().unwrap_or_default().to_owned();
        assert!(named.starts_with(field), "{body}: {}", answer.text);
    }
    assert_eq!(staff.get(&path).await.ok(200), before);
    staff.post("/products", json!({"price": 1})).await.names("name");
    staff.post("/products", json!({"name": "X"})).await.names("price");
    let yen = json!({"name": "X", "price": 1, "currency": "JPY"});
    staff.post("/products", yen).await.refused(400, "currency-mismatch");
    staff.patch(&path, json!({"currency": "USD"})).await.refused(400, "currency-mismatch");
    let taken = json!({"name": "X", "price": 1, "barcodes": ["4006381333931"]});
    staff.post("/products", taken).await.refused(409, "barcode-taken");
    assert_eq!(staff.get("/products").await.ok(200).as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn money_is_exact_both_ways() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    for text in ["0.1", "10.9", "10.90", "0.07", "99999.99", "3", "3.00", "0"] {
        let body = format!("{{\"name\":\"X\",\"price\":{text}}}");
        let answer = staff.send("POST", "/products", body).await.ok(201);
        let (sent, got): (f64, f64) = (text.parse().unwrap(), answer["price"].as_f64().unwrap());
        assert!((sent - got).abs() < f64::EPSILON, "{text}: {got}");
    }
}

#[tokio::test]
async fn an_answer_can_be_edited_and_sent_back() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let path = format!("/products/{}", shop.milk(&staff).await);
    let mut product = staff.get(&path).await.ok(200);
    product["name"] = "Whole Milk 1 l".into();
    let saved = staff.put(&path, product).await.ok(200);
    assert_eq!((&saved["name"], &saved["stock"]), (&json!("Whole Milk 1 l"), &json!(10)));
}

#[tokio::test]
async fn inactive_products_are_there_for_staff_only() {
    let shop = TestApp::new();
    let (staff, anyone) = (shop.staff().await, shop.anonymous());
    let path = format!("/products/{}", shop.milk(&staff).await);
    staff.patch(&path, json!({"active": false})).await.ok(200);
    anyone.get(&path).await.refused(404, "not-found");
    anyone.get("/products/barcode/4006381333931").await.refused(404, "not-found");
    assert_eq!(anyone.get("/products").await.ok(200), json!([]));
    assert_eq!(anyone.get("/products/search?query=milk").await.ok(200)["total"], 0);
    staff.get(&path).await.ok(200);
}

#[tokio::test]
async fn lists_have_pages() {
    let shop = TestApp::new();
    let (staff, anyone) = (shop.staff().await, shop.anonymous());
    for number in 1..=5 {
        let price = f64::from(6 - number);
        shop.product(&staff, json!({"name": format!("Item {number}"), "price": price})).await;
    }
    let page = anyone.get("/products?limit=2&offset=1").await;
    assert_eq!(page.header("x-total-count"), "5");
    assert!(page.header("link").contains("rel=\"next\""), "{}", page.header("link"));
    let page = page.ok(200);
    assert_eq!((&page[0]["name"], &page[1]["name"]), (&json!("Item 2"), &json!("Item 3")));
    let cheap = anyone.get("/products?sort=price&limit=1").await.ok(200);
    assert_eq!(cheap[0]["name"], "Item 5");
    let filtered = anyone.get("/products?min_price=2&max_price=3").await.ok(200);
    assert_eq!(filtered.as_array().unwrap().len(), 2);
    anyone.get("/products?limit=1001").await.names("limit");
    anyone.get("/products?limit=x").await.names("limit");
    anyone.get("/products?sort=colour").await.names("sort");
    anyone.get("/products?min_price=cheap").await.names("min_price");
    assert_eq!(anyone.get("/products?colour=blue").await.status, 200);
}

#[tokio::test]
async fn stock_moves_are_in_the_ledger() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let path = format!("/products/{}", shop.milk(&staff).await);
    staff.patch(&path, json!({"stock": 4})).await.ok(200);
    let moves = staff.get(&format!("{path}/stock-movements")).await.ok(200);
    assert_eq!(moves.as_array().unwrap().len(), 2, "{moves}");
    assert_eq!(staff.get(&path).await.ok(200)["version"], 1, "stock moves by itself");
}

#[tokio::test]
async fn a_repeated_creation_makes_one_product() {
    let shop = TestApp::new();
    let keyed = shop.staff().await.with("idempotency-key", "k1");
    let first = keyed.post("/products", json!({"name": "X", "price": 1})).await;
    let again = keyed.post("/api/v1/products/", json!({"name": "X", "price": 1})).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.text, first.text);
    assert_eq!(again.status, 201);
    let other = keyed.post("/products", json!({"name": "Y", "price": 1})).await;
    assert_eq!(other.status, 422, "{}", other.text);
    assert_eq!(keyed.get("/products").await.header("x-total-count"), "1");
}
