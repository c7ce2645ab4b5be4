//! What staff should look at: one of a kind about a trolley, refreshed, cleared, forgotten.

use cartwright::app::Admin;
use cartwright::domain::alerts::{Alert, AlertKind, Confidence, NewAlert};
use cartwright::domain::id::{CartId, DeviceId, ProductId};
use serde_json::{Value, json};

use crate::support::TestApp;

fn low_battery(device: u64, detail: &str) -> NewAlert {
    NewAlert {
        device_id: DeviceId::new(device).unwrap(),
        cart_id: None,
        kind: AlertKind::BatteryLow,
        detail: detail.into(),
        confidence: Confidence::CERTAIN,
        product_id: None,
        weight_g: None,
    }
}

fn unscanned(device: u64, cart: u64) -> NewAlert {
    NewAlert {
        cart_id: Some(CartId::new(cart).unwrap()),
        kind: AlertKind::UnscannedItem,
        confidence: Confidence::from_percent(93),
        product_id: Some(ProductId::new(9).unwrap()),
        weight_g: Some(402),
        ..low_battery(device, "402 g more than the list explains")
    }
}

async fn raise(shop: &TestApp, new: NewAlert) -> Alert {
    shop.app.raise_alert(new).await.unwrap().expect("the trolley is in use")
}

/// The id of an alert about a new trolley.
pub(super) async fn raised(shop: &TestApp) -> u64 {
    let device = shop.app.add_device(&Admin::local(), "Cart 1").await.unwrap().device.id;
    raise(shop, low_battery(device.value(), "7 %")).await.id.value()
}

#[tokio::test]
async fn of_each_kind_a_trolley_has_one_open_alert() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let trolley = shop.device().await.id;
    raise(&shop, low_battery(trolley, "9 %")).await;
    raise(&shop, unscanned(trolley, 5)).await;
    shop.wait(10);
    raise(&shop, low_battery(trolley, "7 %")).await;
    let found = staff.get("/alerts").await;
    assert_eq!(found.header("x-total-count"), "2");
    let found = found.ok(200);
    assert_eq!(
        found[0],
        json!({
            "id": 2, "device_id": trolley, "device_name": "Cart 7", "cart_id": 5,
            "kind": "unscanned-item", "detail": "402 g more than the list explains",
            "confidence": 0.93, "product_id": 9, "weight_g": 402, "state": "open",
            "at": "2026-11-20T12:00:00Z", "cleared_at": null, "cleared_by": null, "note": null,
        })
    );
    let battery = (&found[1]["id"], &found[1]["detail"], &found[1]["at"]);
    assert_eq!(battery, (&json!(1), &json!("7 %"), &json!("2026-11-20T12:00:00Z")));
    // Said again as it is, nothing is written.
    let written = shop.store.last_change_seq();
    raise(&shop, low_battery(trolley, "7 %")).await;
    assert_eq!(shop.store.last_change_seq(), written);
    // Another cart is another matter.
    raise(&shop, unscanned(trolley, 6)).await;
    let all = staff.get("/alerts?state=all").await.ok(200);
    assert_eq!(all[0]["cart_id"], 6);
    assert_eq!(
        (&all[1]["state"], &all[1]["note"]),
        (&json!("cleared"), &json!("another cart since"))
    );
    staff.get("/alerts?state=odd").await.refused(400, "invalid");
}

#[tokio::test]
async fn staff_clear_an_alert_once() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let id = raised(&shop).await;
    let path = format!("/alerts/{id}/clear");
    let long = json!({"note": "x".repeat(501)});
    staff.post(&path, long).await.refused(400, "invalid");
    let cleared = staff.post(&path, json!({"note": " charged "})).await.ok(200);
    let end = (&cleared["state"], &cleared["cleared_by"], &cleared["note"], &cleared["cleared_at"]);
    let noon = json!("2026-11-20T12:00:00Z");
    assert_eq!(end, (&json!("cleared"), &json!("staff"), &json!("charged"), &noon));
    shop.wait(5);
    assert_eq!(staff.post(&path, json!({"note": "again"})).await.ok(200), cleared);
    staff.post("/alerts/99/clear", json!({})).await.refused(404, "not-found");
    assert_eq!(staff.get("/alerts").await.ok(200), json!([]));
    assert_eq!(staff.get("/alerts?state=cleared").await.ok(200), json!([cleared]));
    let device = DeviceId::new(cleared["device_id"].as_u64().unwrap()).unwrap();
    raise(&shop, low_battery(device.value(), "5 %")).await;
    shop.app.clear_alert_kind(device, AlertKind::BatteryLow, "charging").await.unwrap();
    let newest = staff.get("/alerts?state=cleared&limit=1").await.ok(200)[0].clone();
    let end = (&newest["id"], &newest["cleared_by"], &newest["note"]);
    assert_eq!(end, (&json!(id + 1), &Value::Null, &json!("charging")));
}

#[tokio::test]
async fn cleared_alerts_are_kept_for_a_while_and_there_is_always_room() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let id = raised(&shop).await;
    staff.post(&format!("/alerts/{id}/clear"), json!({})).await.ok(200);
    let still_open = raised(&shop).await;
    shop.wait(90 * 86_400);
    shop.app.prune().await.unwrap();
    let staff = shop.account_again("staff").await;
    assert_eq!(staff.get("/alerts?state=cleared").await.header("x-total-count"), "1");
    shop.wait(1);
    shop.app.prune().await.unwrap();
    assert_eq!(staff.get("/alerts?state=cleared").await.header("x-total-count"), "0");
    let open = staff.get("/alerts?state=all").await.ok(200);
    assert_eq!((open.as_array().unwrap().len(), &open[0]["id"]), (1, &json!(still_open)));
}
