//! Trolleys with a scale: what they are told, what staff are told, and that no scan is refused.

use cartwright::storage::Reader;
use cartwright::storage::tables::{ALERT_BY_ID, SCALE_BY_DEVICE};
use serde_json::{Value, json};

use crate::support::{Client, TestApp};

/// A scan of milk at this reading.
async fn scan(trolley: &Client, seq: u32, reading: impl Into<Value>) -> Value {
    let milk = json!({"barcode": "4006381333931", "boot_id": "b", "seq": seq,
                      "cart_weight": reading.into()});
    trolley.post("/cart/esp32/add_item", milk).await.ok(200)
}

/// A scale that rests at this for ten seconds.
async fn rests(shop: &TestApp, trolley: &Client, grams: i64) {
    for second in 0..11 {
        let noise = [0, 2, -1, 1][second % 4];
        let weight = json!({"cart_weight": grams + noise});
        trolley.post("/cart/esp32/heartbeat", weight).await.ok(200);
        shop.wait(1);
    }
}

/// A shop that has learned that milk weighs 1030 g, and a trolley that rests at 400 g with nothing
/// in it.
async fn learned() -> (TestApp, Client, Client) {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    shop.milk(&staff).await;
    let teacher = shop.device().await;
    for seq in 0..6 {
        scan(&teacher, seq + 1, 400 + 1030 * i64::from(seq)).await;
    }
    let trolley = shop.device().await;
    rests(&shop, &trolley, 400).await;
    (shop, staff, trolley)
}

#[tokio::test]
async fn weights_are_learned_from_scans_and_then_checked() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    let trolley = shop.device().await;
    let first = scan(&trolley, 1, 1_400).await;
    assert_eq!(
        (&first["check"], &first["check_hint"]),
        (&json!("learning"), &json!("first-reading"))
    );
    let second = scan(&trolley, 2, 2_430).await;
    assert_eq!((&second["check"], &second["check_hint"]), (&json!("learning"), &json!("new-item")));
    scan(&trolley, 3, 3_461).await;
    let path = format!("/products/{milk}/weight");
    let known = staff.get(&path).await.ok(200);
    assert_eq!((&known["samples"], &known["learned_weight_g"]), (&json!(2), &Value::Null));
    scan(&trolley, 4, 4_491).await;
    let known = staff.get(&path).await.ok(200);
    assert_eq!((&known["samples"], &known["learned_weight_g"]), (&json!(3), &json!(1030.3)));
    let fits = scan(&trolley, 5, 5_523).await;
    assert_eq!((&fits["check"], fits.get("check_hint")), (&json!("ok"), None));
    // A repeat learns nothing and gets its first answer.
    assert_eq!(scan(&trolley, 5, 9_999).await, fits);
    assert_eq!(staff.get(&path).await.ok(200)["samples"], 4);
    // What no trolley's scale reads says nothing of the item.
    for (seq, drifted) in [(6, -900), (7, 400_000)] {
        let answer = scan(&trolley, seq, drifted).await;
        assert_eq!(
            (&answer["check"], &answer["check_hint"]),
            (&json!("unsure"), &json!("no-reading"))
        );
    }
    for (seq, nonsense) in [(8, json!("NaN")), (9, json!(1e9)), (10, json!("heavy"))] {
        let body = json!({"barcode": "4006381333931", "boot_id": "b", "seq": seq,
                          "cart_weight": nonsense});
        trolley.post("/cart/esp32/add_item", body).await.refused(400, "invalid");
    }
    let without = json!({"barcode": "4006381333931", "boot_id": "b", "seq": 90});
    let without = trolley.post("/cart/esp32/add_item", without).await.ok(200);
    assert_eq!(without.get("check"), None);
    assert_eq!(staff.get("/alerts").await.ok(200), json!([]));
    staff.get("/products/99/weight").await.refused(404, "not-found");
}

#[tokio::test]
async fn a_swap_is_accepted_and_staff_are_told() {
    let (shop, staff, trolley) = learned().await;
    let fits = scan(&trolley, 1, 1_431).await;
    assert_eq!(fits["check"], "ok");
    let answer = trolley
        .post(
            "/cart/esp32/add_item",
            json!({
                "barcode": "4006381333931", "boot_id": "b", "seq": 2, "cart_weight": 1_681,
            }),
        )
        .await;
    assert!(answer.text.len() < 256, "{}", answer.text);
    let swap = answer.ok(200);
    assert_eq!((&swap["check"], &swap["check_hint"]), (&json!("mismatch"), &json!("item-lighter")));
    assert_eq!((&swap["success"], &swap["quantity"]), (&json!(true), &json!(2)));
    assert_eq!(swap["lcdMessage"], fits["lcdMessage"]);
    assert!(swap["check_confidence"].as_f64().unwrap() > 0.8, "{swap}");
    let alerts = staff.get("/alerts").await.ok(200);
    let alert = &alerts[0];
    assert_eq!((&alert["kind"], &alert["product_id"]), (&json!("swapped-item"), &json!(1)));
    assert_eq!((&alert["device_id"], &alert["state"]), (&json!(trolley.id), &json!("open")));
    assert!((-790..=-770).contains(&alert["weight_g"].as_i64().unwrap()), "{alert}");
    // Said once, and put right.
    rests(&shop, &trolley, 1_681).await;
    assert_eq!(staff.get("/alerts?state=all").await.header("x-total-count"), "1");
    rests(&shop, &trolley, 2_461).await;
    assert_eq!(staff.get("/alerts").await.ok(200), json!([]));
}

#[tokio::test]
async fn what_comes_in_without_a_scan_is_told_after_a_while_and_once() {
    let (shop, staff, trolley) = learned().await;
    scan(&trolley, 1, 1_430).await;
    // A phone, laid down and taken up.
    for grams in [1_430, 1_432, 1_612, 1_611, 1_610, 1_612, 1_431, 1_430, 1_431] {
        trolley.post("/cart/esp32/heartbeat", json!({"cart_weight": grams})).await.ok(200);
        shop.wait(1);
    }
    assert_eq!(staff.get("/alerts?state=all").await.ok(200), json!([]));
    rests(&shop, &trolley, 1_850).await;
    let found = staff.get("/alerts").await.ok(200);
    assert_eq!(
        (&found[0]["kind"], &found[0]["product_id"]),
        (&json!("unscanned-item"), &Value::Null)
    );
    assert!((415..=425).contains(&found[0]["weight_g"].as_i64().unwrap()), "{found}");
    // It stays, and nothing more is written however often the scale says so.
    let written = shop.store.last_change_seq();
    for _ in 0..4 {
        rests(&shop, &trolley, 1_850).await;
    }
    assert_eq!(shop.store.last_change_seq(), written);
    // A later scan that fits is a matter of its own.
    assert_eq!(scan(&trolley, 2, 2_881).await["check"], "ok");
    assert_eq!(staff.get("/alerts").await.ok(200).as_array().unwrap().len(), 1);
    rests(&shop, &trolley, 2_460).await;
    let all = staff.get("/alerts?state=all").await.ok(200);
    assert_eq!((&all[0]["state"], &all[0]["cleared_by"]), (&json!("cleared"), &Value::Null));
    // Then a carton goes out without a scan.
    rests(&shop, &trolley, 1_430).await;
    let found = staff.get("/alerts").await.ok(200);
    assert_eq!((&found[0]["kind"], &found[0]["product_id"]), (&json!("item-missing"), &json!(1)));
    let rows = shop.store.read(|tx| tx.len(ALERT_BY_ID)).unwrap();
    assert_eq!(rows, 2);
}

#[tokio::test]
async fn what_the_scale_said_ends_with_the_session() {
    let (shop, staff, trolley) = learned().await;
    scan(&trolley, 1, 1_430).await;
    rests(&shop, &trolley, 1_850).await;
    assert_eq!(staff.get("/alerts").await.header("x-total-count"), "1");
    trolley.post("/cart/esp32/checkout", json!({"boot_id": "b", "seq": 2})).await.ok(200);
    assert_eq!(staff.get("/alerts").await.ok(200), json!([]));
    let ended = staff.get("/alerts?state=cleared").await.ok(200);
    assert_eq!(
        (&ended[0]["kind"], &ended[0]["cleared_by"]),
        (&json!("unscanned-item"), &Value::Null)
    );
}

#[tokio::test]
async fn bags_are_no_alert_and_a_trolley_may_not_ask_for_ever() {
    let (shop, staff, trolley) = learned().await;
    let window = trolley.post("/cart/esp32/tare", json!({"seconds": 15})).await;
    assert!(window.text.len() < 256 && window.header("content-type") == "application/json");
    let window = window.ok(200);
    assert_eq!(
        (&window["seconds"], &window["lcdMessage"]),
        (&json!(15), &json!("Put your bags in"))
    );
    rests(&shop, &trolley, 2_000).await;
    assert_eq!(scan(&trolley, 1, 3_032).await["check_hint"], "tare");
    shop.wait(10);
    rests(&shop, &trolley, 3_100).await;
    rests(&shop, &trolley, 3_100).await;
    assert_eq!(scan(&trolley, 2, 4_131).await["check"], "ok");
    assert_eq!(staff.get("/alerts?state=all").await.ok(200), json!([]));
    for _ in 0..4 {
        shop.wait(400);
        trolley.send("POST", "/cart/esp32/tare", "").await.ok(200);
    }
    shop.wait(400);
    trolley.post("/cart/esp32/tare", json!({})).await.refused(409, "tare-limit");
    trolley.post("/cart/esp32/tare", json!({"seconds": 301})).await.refused(400, "invalid");
    let path = format!("/devices/{}/tare", trolley.id);
    let staff = shop.account_again("staff").await;
    let by_staff = staff.post(&path, json!({"seconds": 60})).await.ok(200);
    assert_eq!((&by_staff["device_id"], &by_staff["seconds"]), (&json!(trolley.id), &json!(60)));
    staff.post("/devices/99/tare", json!({})).await.refused(404, "not-found");
}

#[tokio::test]
async fn a_checkout_begins_anew_and_kilograms_are_read() {
    let (shop, staff, trolley) = learned().await;
    assert_eq!(scan(&trolley, 1, 1_430).await["check"], "ok");
    trolley.post("/cart/esp32/checkout", json!({"boot_id": "b", "seq": 2})).await.ok(200);
    rests(&shop, &trolley, 1_431).await;
    assert_eq!(staff.get("/alerts?state=all").await.ok(200), json!([]));
    assert_eq!(scan(&trolley, 3, 2_460).await["check"], "ok");
    let id = trolley.id.try_into().unwrap();
    let scale = shop.store.read(|tx| tx.get(SCALE_BY_DEVICE, &id)).unwrap().unwrap();
    assert_eq!((scale.session, scale.anchor_g), (2, Some(2_460)));
    let admin = shop.admin().await;
    let path = format!("/devices/{}", trolley.id);
    admin.send("PATCH", &path, json!({"weight_unit": "kg"}).to_string()).await.ok(200);
    assert_eq!(scan(&trolley, 4, 3.491).await["check"], "ok");
    let removed =
        json!({"barcode": "4006381333931", "boot_id": "b", "seq": 5, "cart_weight": "2.46"});
    let removed = trolley.post("/cart/esp32/remove_item", removed).await.ok(200);
    assert_eq!(removed["check"], "ok");
}

#[tokio::test]
async fn an_items_own_weight_is_a_check_too() {
    let (_shop, staff, trolley) = learned().await;
    let own = |seq: u32, grams: i64| {
        json!({"barcode": "4006381333931", "boot_id": "o",
                                             "seq": seq, "weight": grams})
    };
    let fits = trolley.post("/cart/esp32/add_item", own(1, 1_031)).await.ok(200);
    assert_eq!(fits["check"], "ok");
    let other = trolley.post("/cart/esp32/add_item", own(2, 300)).await.ok(200);
    assert_eq!((&other["check"], &other["quantity"]), (&json!("mismatch"), &json!(2)));
    assert_eq!(staff.get("/alerts").await.ok(200)[0]["kind"], "swapped-item");
}
