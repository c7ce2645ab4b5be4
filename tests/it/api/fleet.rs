//! The fleet as staff see it: states, batteries, alerts, and what survives a restart.

use cartwright::app::{Admin, App};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::{Client, Parts, TestApp};

async fn shown(staff: &Client, trolley: &Client) -> Value {
    staff.get(&format!("/devices/{}", trolley.id)).await.ok(200)
}

async fn open_alerts(staff: &Client) -> Vec<String> {
    let alerts = staff.get("/alerts").await.ok(200);
    let kind = |alert: &Value| alert["kind"].as_str().unwrap().to_owned();
    alerts.as_array().unwrap().iter().map(kind).collect()
}

fn commits(app: &App) -> u64 {
    app.writer_stats().commits
}

#[tokio::test]
async fn a_trolley_is_new_online_asleep_or_offline() {
    let shop = TestApp::new();
    let admin = shop.admin().await;
    let trolley = shop.device().await;
    let beat = "/cart/esp32/heartbeat";
    let fresh = shown(&admin, &trolley).await;
    assert_eq!((&fresh["state"], &fresh["online"]), (&json!("new"), &json!(false)));
    assert_eq!((&fresh["last_seen"], &fresh["ip"]), (&Value::Null, &Value::Null));
    trolley.post(beat, json!({"free_heap": 140_000})).await.ok(200);
    let online = shown(&admin, &trolley).await;
    assert_eq!((&online["state"], &online["online"]), (&json!("online"), &json!(true)));
    assert_eq!(online["free_heap"], 140_000);
    shop.wait(70);
    assert_eq!(shown(&admin, &trolley).await["state"], "online");
    shop.wait(1);
    assert_eq!(shown(&admin, &trolley).await["state"], "offline");
    let often = json!({"heartbeat_s": 60});
    let path = format!("/devices/{}", trolley.id);
    assert_eq!(admin.patch(&path, often).await.ok(200)["state"], "online", "by its own interval");
    trolley.post(beat, json!({"sleep_s": "300"})).await.ok(200);
    let asleep = shown(&admin, &trolley).await;
    assert_eq!((&asleep["state"], &asleep["online"]), (&json!("asleep"), &json!(false)));
    shop.wait(360);
    assert_eq!(shown(&admin, &trolley).await["state"], "asleep");
    shop.wait(1);
    assert_eq!(shown(&admin, &trolley).await["state"], "offline");
    trolley.get("/cart/esp32/time").await.ok(200);
    assert_eq!(shown(&admin, &trolley).await["state"], "online");
}

#[tokio::test]
async fn the_list_tells_basket_session_and_alerts() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    for _ in 0..3 {
        shop.device().await;
    }
    let trolley = shop.device().await;
    let bought = json!({"product_id": milk, "quantity": 2});
    trolley.post("/cart/esp32/add_item", bought).await.ok(200);
    trolley.post("/cart/esp32/heartbeat", json!({"battery_pct": 9})).await.ok(200);
    shop.app.check_fleet().await.unwrap();
    let page = staff.get("/devices?offset=3&limit=1").await;
    assert_eq!(page.header("x-total-count"), "4");
    let page = page.ok(200);
    assert_eq!(page.as_array().unwrap().len(), 1);
    for (member, value) in [
        ("id", json!(trolley.id)),
        ("items", json!(2)),
        ("total", json!(2.58)),
        ("currency", json!("EUR")),
        ("session", json!(1)),
        ("open_alerts", json!(1)),
        ("battery_pct", json!(9)),
    ] {
        assert_eq!(page[0][member], value, "{member}: {}", page[0]);
    }
    assert!(page[0]["session_began_at"].is_string());
    assert!(staff.get("/devices?offset=99").await.ok(200).as_array().unwrap().is_empty());
}

#[tokio::test]
async fn a_silent_trolley_with_goods_raises_one_alert_and_clears_it() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    let trolley = shop.device().await;
    trolley.post("/cart/esp32/add_item", json!({"product_id": milk})).await.ok(200);
    let check = || async { shop.app.check_fleet().await.unwrap() };
    check().await;
    assert!(open_alerts(&staff).await.is_empty());
    shop.wait(71);
    check().await;
    assert_eq!(open_alerts(&staff).await, ["offline-with-basket"]);
    let alert = staff.get("/alerts").await.ok(200)[0].clone();
    assert_eq!((&alert["device_id"], &alert["confidence"]), (&json!(trolley.id), &json!(1.0)));
    assert!(alert["cart_id"].is_u64(), "{alert}");
    let before = commits(&shop.app);
    check().await;
    assert_eq!(commits(&shop.app), before, "what is known is not written again");

    // Back by itself, gone again, and cleared by staff: it does not nag.
    trolley.get("/cart/esp32/time").await.ok(200);
    check().await;
    assert!(open_alerts(&staff).await.is_empty());
    shop.wait(71);
    check().await;
    assert!(
        open_alerts(&staff).await.is_empty(),
        "one that comes and goes is told of now and then"
    );
    shop.wait(300);
    check().await;
    let id = staff.get("/alerts").await.ok(200)[0]["id"].clone();
    staff.post(&format!("/alerts/{id}/clear"), json!({})).await.ok(200);
    check().await;
    assert!(open_alerts(&staff).await.is_empty());

    // An empty cart concerns nobody.
    trolley.get("/cart/esp32/time").await.ok(200);
    shop.wait(300);
    check().await;
    assert_eq!(open_alerts(&staff).await, ["offline-with-basket"]);
    let carts = staff.get("/carts").await.ok(200);
    let cart = carts[0]["id"].as_u64().unwrap();
    staff.post("/checkout", json!({"cart": cart})).await.ok(201);
    check().await;
    assert!(open_alerts(&staff).await.is_empty());
}

#[tokio::test]
async fn a_clock_that_is_set_makes_nobody_silent() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    let trolley = shop.device().await;
    trolley.post("/cart/esp32/add_item", json!({"product_id": milk})).await.ok(200);
    for days in [20_000, -20_000, 10_000] {
        shop.wait(30);
        shop.clock.set(shop.clock.now() + SignedDuration::from_hours(24 * days));
        shop.app.check_fleet().await.unwrap();
        shop.app.check_fleet().await.unwrap();
        let staff = shop.account_again("staff").await;
        assert_eq!(shown(&staff, &trolley).await["state"], "online", "{days}");
        assert!(open_alerts(&staff).await.is_empty(), "{days}");
        trolley.get("/cart/esp32/time").await.ok(200);
    }
    shop.wait(71);
    shop.app.check_fleet().await.unwrap();
    let staff = shop.account_again("staff").await;
    assert_eq!(open_alerts(&staff).await, ["offline-with-basket"]);
}

#[tokio::test]
async fn a_low_battery_is_told_until_it_is_charged() {
    let shop = TestApp::new();
    let (staff, trolley) = (shop.staff().await, shop.device().await);
    let mut seen = Vec::new();
    for percent in [40, 16, 15, 20, 24, 25, 15] {
        trolley.post("/cart/esp32/heartbeat", json!({"battery_pct": percent})).await.ok(200);
        shop.app.check_fleet().await.unwrap();
        seen.push(open_alerts(&staff).await.len());
    }
    assert_eq!(seen, [0, 0, 1, 1, 1, 0, 1]);
    shop.app.revoke_device(&Admin::local(), trolley.id.try_into().unwrap()).await.unwrap();
    assert!(open_alerts(&staff).await.is_empty(), "a revoked trolley concerns nobody");
    shop.app.check_fleet().await.unwrap();
    assert!(open_alerts(&staff).await.is_empty());
}

#[tokio::test]
async fn telemetry_never_touches_the_disk() {
    let shop = TestApp::new();
    let trolleys = [shop.device().await, shop.device().await];
    let before = commits(&shop.app);
    for number in 0..500 {
        for trolley in &trolleys {
            let beat = json!({"battery_pct": number % 100, "rssi": -60, "cart_weight": number});
            trolley.post("/cart/esp32/heartbeat", beat).await.ok(200);
            let weight = json!({"cart_weight": 2 * number});
            trolley.post("/cart/esp32/heartbeat", weight).await.ok(200);
        }
    }
    assert_eq!(commits(&shop.app), before);
    // One small write for all, and none when nobody was heard of since.
    assert!(shop.app.keep_last_seen().await.unwrap());
    assert_eq!(commits(&shop.app), before + 1);
    assert!(!shop.app.keep_last_seen().await.unwrap());
    assert_eq!(commits(&shop.app), before + 1);
}

#[tokio::test]
async fn after_a_restart_who_is_gone_is_not_new() {
    let shop = TestApp::new();
    let (heard, silent) = (shop.device().await, shop.device().await);
    let milk = shop.milk(&shop.staff().await).await;
    heard.post("/cart/esp32/add_item", json!({"product_id": milk})).await.ok(200);
    shop.app.keep_last_seen().await.unwrap();
    shop.wait(24 * 3600);
    let again = TestApp::of(Parts { store: shop.store.clone(), clock: shop.clock.clone() });
    let staff = again.account_again("staff").await;
    let gone = shown(&staff, &heard).await;
    assert_eq!(
        (&gone["state"], &gone["last_seen"]),
        (&json!("offline"), &json!("2026-11-20T12:00:00Z"))
    );
    assert_eq!(shown(&staff, &silent).await["state"], "new");
    // Nobody could be heard of while the appliance was off.
    again.app.check_fleet().await.unwrap();
    assert!(open_alerts(&staff).await.is_empty());
    again.wait(71);
    again.app.check_fleet().await.unwrap();
    assert_eq!(open_alerts(&staff).await, ["offline-with-basket"]);
}

#[tokio::test]
async fn monitors_see_the_fleet() {
    let shop = TestApp::new();
    let admin = shop.admin().await;
    let (online, asleep) = (shop.device().await, shop.device().await);
    shop.device().await;
    online.post("/cart/esp32/heartbeat", json!({"battery_pct": 3})).await.ok(200);
    asleep.post("/cart/esp32/heartbeat", json!({"sleep_s": 600})).await.ok(200);
    shop.app.check_fleet().await.unwrap();
    let text = admin.get("/metrics").await.text;
    for line in [
        "cartwright_devices{state=\"new\"} 1",
        "cartwright_devices{state=\"online\"} 1",
        "cartwright_devices{state=\"asleep\"} 1",
        "cartwright_devices{state=\"offline\"} 0",
        "cartwright_device_sockets 0",
        "cartwright_open_alerts 1",
    ] {
        assert!(text.lines().any(|it| it == line), "{line} is missing in\n{text}");
    }
}
