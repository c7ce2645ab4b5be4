//! Carts: what goes in, what comes out, and whose they are.

use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn an_empty_cart_is_a_cart() {
    let shop = TestApp::new();
    let ann = shop.customer("ann").await;
    for path in [format!("/cart/{}", ann.id), format!("/cart/get/{}", ann.id), "/cart/view".into()]
    {
        let cart = ann.get(&path).await.ok(200);
        assert_eq!((&cart["id"], &cart["version"]), (&json!(null), &json!(0)));
        assert_eq!((&cart["items"], &cart["total"]), (&json!([]), &json!(0)));
        assert_eq!(cart["user_id"], ann.id);
    }
}

#[tokio::test]
async fn pieces_of_a_product_share_a_line() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    let ann = shop.customer("ann").await;
    let items = format!("/cart/{}/items", ann.id);
    ann.post(&items, json!({"product_id": milk})).await.ok(201);
    let cart = ann.post(&items, json!({"barcode": "4006381333931", "quantity": 2})).await.ok(201);
    assert_eq!(cart["items"].as_array().unwrap().len(), 1);
    assert_eq!((&cart["items"][0]["quantity"], &cart["item_count"]), (&json!(3), &json!(3)));
    assert_eq!((&cart["total"], &cart["items"][0]["total"]), (&json!(3.87), &json!(3.87)));
    let own = ann.post("/add-to-cart", json!({"product_id": milk})).await.ok(200);
    assert_eq!(own["message"], "Item added to cart!");
    assert_eq!(own["item_count"], 4);
    let fewer = ann.post("/cart/remove", json!({"product_id": milk, "quantity": 3})).await.ok(200);
    assert_eq!(fewer["item_count"], 1);
    let none = ann.post("/cart/item/remove", json!({"product_id": milk})).await.ok(200);
    assert_eq!(none["items"], json!([]));
    let gone = ann.post("/cart/remove", json!({"product_id": milk})).await;
    gone.refused(404, "not-in-cart");
}

#[tokio::test]
async fn each_weighed_scan_is_its_own_line() {
    let shop = TestApp::new();
    let apples = shop.apples(&shop.staff().await).await;
    let ann = shop.customer("ann").await;
    let items = format!("/cart/{}/items", ann.id);
    ann.post(&items, json!({"product_id": apples})).await.refused(400, "weight-required");
    ann.post(&items, json!({"product_id": apples, "weight_g": 0})).await.names("weight_g");
    ann.post(&items, json!({"product_id": apples, "weight_g": 100_001})).await.names("weight_g");
    ann.post(&items, json!({"product_id": apples, "weight_g": 500})).await.ok(201);
    let cart = ann.post(&items, json!({"barcode": "2112345015002"})).await.ok(201);
    let lines = cart["items"].as_array().unwrap();
    assert_eq!(lines.len(), 2);
    assert_eq!((&lines[0]["quantity"], &lines[0]["weight_g"]), (&json!(1), &json!(500)));
    assert_eq!(lines[0]["total"], 1.25, "1.245 is rounded half up");
    assert_eq!((&lines[1]["weight_g"], &lines[1]["total"]), (&json!(1500), &json!(3.74)));
    assert_eq!(cart["total"], 4.99);
    let line = format!("{items}/{}", lines[0]["id"]);
    let heavier = ann.put(&line, json!({"weight_g": 1000})).await.ok(200);
    assert_eq!(heavier["items"][0]["total"], 2.49);
    let fewer = ann.post("/cart/remove", json!({"product_id": apples})).await.ok(200);
    assert_eq!(fewer["items"].as_array().unwrap().len(), 1);
    assert_eq!(fewer["items"][0]["weight_g"], 1000, "the newest scan goes first");
}

#[tokio::test]
async fn quantities_are_1_to_999() {
    let shop = TestApp::new();
    let milk = shop.milk(&shop.staff().await).await;
    let ann = shop.customer("ann").await;
    let items = format!("/cart/{}/items", ann.id);
    for quantity in [json!(0), json!(-1), json!(1000), json!(1.5), json!("2"), json!(1e15)] {
        let body = json!({"product_id": milk, "quantity": quantity});
        ann.post(&items, body).await.names("quantity");
    }
    assert_eq!(ann.get("/cart/view").await.ok(200)["version"], 0, "nothing was changed");
    ann.post(&items, json!({"product_id": milk, "quantity": 999})).await.ok(201);
    ann.post(&items, json!({"product_id": milk})).await.names("quantity");
    assert_eq!(ann.get("/cart/view").await.ok(200)["item_count"], 999);
}

#[tokio::test]
async fn unknown_products_are_404() {
    let shop = TestApp::new();
    let ann = shop.customer("ann").await;
    let items = format!("/cart/{}/items", ann.id);
    ann.post(&items, json!({"product_id": 99})).await.refused(404, "not-found");
    ann.post(&items, json!({"barcode": "9521234567896"})).await.refused(404, "not-found");
    ann.post(&items, json!({"product_id": 0})).await.names("product_id");
    ann.post(&items, json!({})).await.names("product_id");
    ann.put(&format!("{items}/1"), json!({"quantity": 2})).await.refused(404, "not-found");
    ann.delete(&format!("{items}/1")).await.refused(404, "not-found");
}

#[tokio::test]
async fn another_shoppers_cart_is_forbidden_and_untouched() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    let (ann, bob) = (shop.customer("ann").await, shop.customer("bob").await);
    let path = format!("/cart/{}", ann.id);
    let items = format!("{path}/items");
    ann.post(&items, json!({"product_id": milk})).await.ok(201);
    for answer in [
        bob.get(&path).await,
        bob.post(&items, json!({"product_id": milk})).await,
        bob.put(&format!("{items}/1"), json!({"quantity": 9})).await,
        bob.delete(&format!("{items}/1")).await,
        bob.delete(&path).await,
        bob.get("/cart/999").await,
        bob.post("/cart/add", json!({"product_id": milk, "user_id": ann.id})).await,
    ] {
        answer.refused(403, "not-yours");
    }
    assert_eq!(staff.get(&path).await.ok(200)["item_count"], 1);
    staff.get("/cart/999").await.refused(404, "not-found");
}

#[tokio::test]
async fn lines_change_and_go() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    let bread = shop.product(&staff, json!({"name": "Bread", "price": 2.5})).await;
    let ann = shop.customer("ann").await;
    let path = format!("/cart/{}", ann.id);
    let cart = ann.post(&format!("{path}/items"), json!({"product_id": milk})).await.ok(201);
    let line = format!("{path}/items/{}", cart["items"][0]["id"]);
    let stale = ann.with("if-match", "\"7\"");
    stale.put(&line, json!({"quantity": 5})).await.refused(412, "stale-version");
    let answer = ann.with("if-match", "\"1\"").put(&line, json!({"quantity": 5})).await;
    assert_eq!(answer.header("etag"), "\"2\"");
    assert_eq!(answer.ok(200)["item_count"], 5);
    let swapped = ann.put(&line, json!({"product_id": bread})).await.ok(200);
    assert_eq!(swapped["items"][0]["product_id"], bread);
    assert_eq!(swapped["total"], 12.5);
    ann.put(&line, json!({})).await.names("quantity");
    let line = format!("{path}/items/{}", swapped["items"][0]["id"]);
    assert_eq!(ann.delete(&line).await.ok(200)["items"], json!([]));
    ann.post(&format!("{path}/items"), json!({"product_id": milk})).await.ok(201);
    assert_eq!(ann.delete(&path).await.ok(200)["item_count"], 0);
}

#[tokio::test]
async fn a_repeated_addition_adds_once() {
    let shop = TestApp::new();
    let milk = shop.milk(&shop.staff().await).await;
    let ann = shop.customer("ann").await;
    let keyed = ann.with("idempotency-key", "add-1");
    let first = keyed.post("/cart/add", json!({"product_id": milk})).await;
    let again = keyed.post("/add-to-cart", json!({"product_id": milk})).await;
    assert_eq!((again.status, &again.text), (200, &first.text));
    assert_eq!(ann.get("/cart/view").await.ok(200)["item_count"], 1);
    let bob = shop.customer("bob").await.with("idempotency-key", "add-1");
    let fresh = bob.post("/cart/add", json!({"product_id": milk})).await;
    assert_eq!(fresh.header("idempotency-replayed"), "", "keys of others do not count");
}

#[tokio::test]
async fn staff_see_every_open_cart() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    let ann = shop.customer("ann").await;
    ann.post("/cart/add", json!({"product_id": milk})).await.ok(200);
    let trolley = shop.device().await;
    trolley.post("/cart/esp32/add_item", json!({"product_id": milk})).await.ok(200);
    let carts = staff.get("/carts").await.ok(200);
    assert_eq!(carts.as_array().unwrap().len(), 2, "{carts}");
    for cart in carts.as_array().unwrap() {
        let same = staff.get(&format!("/carts/{}", cart["id"])).await.ok(200);
        assert_eq!(&same, cart);
    }
    staff.get("/carts/99").await.refused(404, "not-found");
}

#[tokio::test]
async fn a_stale_version_is_refused_wherever_a_cart_changes() {
    let shop = TestApp::new();
    let milk = shop.milk(&shop.staff().await).await;
    let ann = shop.customer("ann").await;
    let items = format!("/cart/{}/items", ann.id);
    let one = json!({"product_id": milk});
    let added = ann.with("if-match", "\"0\"").post(&items, one.clone()).await;
    assert_eq!(added.header("etag"), "\"1\"");
    assert_eq!(added.ok(201)["version"], 1);
    for path in [items.as_str(), "/cart/add", "/add-to-cart", "/cart/remove", "/checkout"] {
        let body = if path == "/checkout" { json!({}) } else { one.clone() };
        for stale in ["\"0\"", "\"2\", \"7\"", "W/\"1\""] {
            let refused = ann.with("if-match", stale).post(path, body.clone()).await;
            refused.refused(412, "stale-version");
        }
    }
    let any = ann.with("if-match", "\"9\", \"1\"").post("/cart/add", one.clone()).await;
    assert_eq!(any.header("etag"), "\"2\"");
    any.ok(200);
    // A repeat gets its answer, whatever became of the cart.
    let keyed = ann.with("if-match", "\"2\"").with("idempotency-key", "k1");
    let first = keyed.post("/cart/add", one.clone()).await;
    let again = keyed.post("/cart/add", one.clone()).await;
    assert_eq!((first.header("etag"), again.header("etag")), ("\"3\"", "\"3\""));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(first.ok(200), again.ok(200));
    let removed = ann.with("if-match", "*").post("/cart/remove", one).await;
    assert_eq!(removed.header("etag"), "\"4\"");
    let buys = ann.with("if-match", "\"4\"").with("idempotency-key", "k2");
    let order = buys.post("/checkout", json!({})).await.ok(201);
    assert_eq!(buys.post("/checkout", json!({})).await.ok(201), order);
    let gone = ann.with("if-match", "\"4\"").post("/checkout", json!({})).await;
    gone.refused(412, "stale-version");
}

#[tokio::test]
async fn a_line_keeps_its_id_when_its_product_changes() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    let tea = shop.product(&staff, json!({"name": "Tea", "price": 2, "stock": 9})).await;
    let rice = shop.product(&staff, json!({"name": "Rice", "price": 3, "stock": 9})).await;
    let ann = shop.customer("ann").await;
    let items = format!("/cart/{}/items", ann.id);
    ann.post(&items, json!({"product_id": milk, "quantity": 2})).await.ok(201);
    let cart = ann.post(&items, json!({"product_id": rice})).await.ok(201);
    let line = format!("{items}/{}", cart["items"][0]["id"]);
    let swapped = ann.put(&line, json!({"product_id": tea})).await.ok(200);
    let (before, after) = (&cart["items"][0], &swapped["items"][0]);
    assert_eq!((&after["id"], &after["product_id"]), (&before["id"], &json!(tea)));
    assert_eq!(after["quantity"], 2);
    let merged = ann.put(&line, json!({"product_id": rice})).await.ok(200);
    assert_eq!(merged["items"].as_array().unwrap().len(), 1);
    assert_eq!(merged["items"][0]["id"], cart["items"][1]["id"]);
    assert_eq!(merged["items"][0]["quantity"], 3);
}
