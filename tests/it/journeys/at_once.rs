//! What happens when everybody does it at the same moment.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::json;

use crate::support::TestApp;

/// How many ask at once.
const MANY: usize = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_last_piece_is_sold_once() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let last = shop.product(&staff, json!({"name": "Last", "price": 1, "stock": 1})).await;
    let mut shoppers = Vec::new();
    for number in 0..MANY {
        let shopper = shop.customer(&format!("shopper{number}")).await;
        shopper.post("/cart/add", json!({"product_id": last})).await.ok(200);
        shoppers.push(shopper);
    }
    let answers = join_all(shoppers.iter().map(|it| it.send("POST", "/checkout", ""))).await;
    let sold = answers.iter().filter(|answer| answer.status == 201).count();
    let refused = answers.iter().filter(|answer| answer.body["code"] == "out-of-stock").count();
    assert_eq!((sold, refused), (1, MANY - 1));
    let product = staff.get(&format!("/products/{last}")).await.ok(200);
    assert_eq!(product["stock"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_key_sent_many_times_is_one_request() {
    let shop = TestApp::new();
    let milk = shop.milk(&shop.staff().await).await;
    let ann = shop.customer("ann").await.with("idempotency-key", "k");
    let body = json!({"product_id": milk});
    let answers = join_all((0..MANY).map(|_| ann.post("/cart/add", body.clone()))).await;
    let texts: BTreeSet<&str> = answers.iter().map(|answer| answer.text.as_str()).collect();
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert!(answers.iter().all(|answer| answer.status == 200));
    let fresh = answers.iter().filter(|it| it.header("idempotency-replayed").is_empty());
    assert_eq!(fresh.count(), 1);
    assert_eq!(ann.get("/cart/view").await.ok(200)["item_count"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_number_sent_many_times_is_one_event() {
    let shop = TestApp::new();
    let milk = shop.milk(&shop.staff().await).await;
    let trolley = shop.device().await;
    let body = json!({"product_id": milk, "boot_id": "b", "seq": 1});
    let path = "/cart/esp32/add_item";
    let answers = join_all((0..MANY).map(|_| trolley.post(path, body.clone()))).await;
    let texts: BTreeSet<&str> = answers.iter().map(|answer| answer.text.as_str()).collect();
    assert_eq!(texts.len(), 1, "{texts:?}");
    let numbers = (1..=50)
        .map(|seq| trolley.post(path, json!({"product_id": milk, "boot_id": "b2", "seq": seq})));
    join_all(numbers).await;
    assert_eq!(trolley.get("/cart/esp32/cart").await.ok(200)["items"], 51, "late ones count too");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_edits_of_one_version_one_wins() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let path = format!("/products/{}", shop.milk(&staff).await);
    let editor = staff.with("if-match", "\"1\"");
    let prices: Vec<_> = (1..=MANY).map(|price| json!({"price": price})).collect();
    let edits = prices.iter().map(|price| editor.patch(&path, price.clone()));
    let answers = join_all(edits).await;
    let won: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(won.len(), 1);
    assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 412)));
    assert_eq!(staff.get(&path).await.ok(200)["price"], won[0].body["price"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_shop_gets_one_first_admin() {
    let shop = TestApp::new();
    let anyone = shop.anonymous();
    let owners: Vec<_> = (0..4)
        .map(|number| {
            let name = format!("owner{number}");
            json!({"token": shop.setup_token.expose(), "username": name, "password": "correct horse"})
        })
        .collect();
    let answers = join_all(owners.iter().map(|owner| anyone.post("/setup", owner.clone()))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    assert!(answers.iter().all(|answer| matches!(answer.status, 201 | 409)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_trolley_goes_to_one_of_those_who_want_it() {
    let shop = TestApp::new();
    let (trolley, code) = shop.device_with_code().await;
    let mut shoppers = Vec::new();
    for number in 0..MANY {
        shoppers.push(shop.customer(&format!("shopper{number}")).await);
    }
    let body = json!({"cart_code": code});
    let wishes = shoppers.iter().map(|it| it.post("/cart/connect", body.clone()));
    let answers = join_all(wishes).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    let beat = trolley.send("POST", "/cart/esp32/heartbeat", "").await.ok(200);
    assert_eq!(beat["paired"], true);
}
