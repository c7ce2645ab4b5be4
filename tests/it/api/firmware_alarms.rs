//! Staff hear of firmware that fares badly, once, and connected trolleys of an image that waits.

use cartwright::app::fleet::Nudge;
use cartwright::clock::Clock;
use cartwright::domain::id::DeviceId;
use cartwright::storage::Store;
use serde_json::{Value, json};

use super::firmware::upload;
use crate::support::{Client, Parts, TestApp, next_text};

const FIRMWARE: &str = "/cart/esp32/firmware";
const HEALTHY: &str = "/cart/esp32/healthy";

async fn decide(admin: &Client, id: u64, change: Value) {
    admin.patch(&format!("/firmware/{id}"), change).await.ok(200);
}

async fn ask(trolley: &Client, version: &str) -> u16 {
    trolley.with("x-ESP32-version", version).get(FIRMWARE).await.status
}

/// What the open alerts say.
async fn open(admin: &Client) -> Vec<String> {
    let list = admin.get("/alerts").await.ok(200);
    let mut details = Vec::new();
    for alert in list.as_array().unwrap() {
        assert_eq!(
            (&alert["kind"], &alert["confidence"]),
            (&json!("firmware-failed"), &json!(1.0))
        );
        details.push(alert["detail"].as_str().unwrap().to_owned());
    }
    details
}

#[tokio::test]
async fn a_rollback_is_told_until_a_self_test_goes_well() {
    let shop = TestApp::new();
    let admin = shop.admin().await;
    let trolley = shop.device().await;
    let first = upload(&admin, "1.4.0", 1).await;
    decide(&admin, first, json!({"ring": "all"})).await;
    assert_eq!(ask(&trolley, "1.3.0").await, 200);
    ask(&trolley, "1.4.0").await;
    assert!(open(&admin).await.is_empty());
    ask(&trolley, "1.3.0").await;
    assert_eq!(open(&admin).await, ["went back from firmware 1.4.0 to 1.3.0"]);
    // That the old one works is no news.
    trolley.post(HEALTHY, json!({"version": "1.3.0"})).await.ok(200);
    assert_eq!(open(&admin).await.len(), 1);
    shop.wait(1);
    let second = upload(&admin, "1.4.1", 2).await;
    decide(&admin, second, json!({"ring": "all"})).await;
    assert_eq!(ask(&trolley, "1.3.0").await, 200);
    ask(&trolley, "1.4.1").await;
    assert_eq!(open(&admin).await.len(), 1);
    trolley.post(HEALTHY, json!({"version": "1.4.1"})).await.ok(200);
    assert!(open(&admin).await.is_empty());
    let cleared = admin.get("/alerts?state=cleared").await.ok(200);
    assert_eq!(cleared[0]["note"], "its self-test went well");
}

#[tokio::test]
async fn an_image_that_does_not_fit_is_told() {
    let shop = TestApp::new();
    let admin = shop.admin().await;
    let trolley = shop.device().await.with("x-ESP32-free-space", "4096");
    let id = upload(&admin, "1.4.0", 1).await;
    decide(&admin, id, json!({"ring": "all"})).await;
    for _ in 0..2 {
        assert_eq!(ask(&trolley, "1.3.0").await, 304);
        let open = open(&admin).await;
        assert_eq!(open.len(), 1);
        assert!(open[0].starts_with("has no room for firmware 1.4.0: 4096 bytes"), "{open:?}");
    }
}

#[tokio::test]
async fn a_self_test_that_does_not_come_is_told_once() {
    let store = Store::in_memory().unwrap();
    let clock = Clock::manual("2026-11-20T12:00:00Z".parse().unwrap());
    let shop = TestApp::of(Parts { store: store.clone(), clock: clock.clone() });
    let admin = shop.admin().await;
    let (trolley, silent) = (shop.device().await, shop.device().await);
    let id = upload(&admin, "1.4.0", 1).await;
    decide(&admin, id, json!({"ring": "all"})).await;
    for trolley in [&trolley, &silent] {
        assert_eq!(ask(trolley, "1.3.0").await, 200);
    }
    ask(&trolley, "1.4.0").await;
    clock.advance(jiff::SignedDuration::from_mins(10));
    shop.app.check_firmware().await.unwrap();
    assert!(open(&admin).await.is_empty(), "it still has its time");
    clock.advance(jiff::SignedDuration::from_secs(1));
    shop.app.check_firmware().await.unwrap();
    let words = "did not say within 10 minutes that firmware 1.4.0 works";
    assert_eq!(open(&admin).await, [words]);
    // The other one never came back; it had a minute more to start.
    clock.advance(jiff::SignedDuration::from_secs(60));
    shop.app.check_firmware().await.unwrap();
    assert_eq!(open(&admin).await, [words, words]);
    for alert in admin.get("/alerts").await.ok(200).as_array().unwrap() {
        admin.post(&format!("/alerts/{}/clear", alert["id"]), json!({})).await.ok(200);
    }
    // What staff have cleared does not come back, not after a restart either.
    shop.app.check_firmware().await.unwrap();
    assert!(open(&admin).await.is_empty());
    let shop = TestApp::of(Parts { store, clock });
    shop.app.check_firmware().await.unwrap();
    let admin = shop.account_again("admin").await;
    assert!(open(&admin).await.is_empty());
}

#[tokio::test]
async fn connected_trolleys_hear_of_an_image_that_waits_and_of_a_tare() {
    let shop = TestApp::new();
    let admin = shop.admin().await;
    shop.milk(&admin).await;
    let server = shop.listen().await;
    let trolleys: Vec<Client> = futures_util::future::join_all((0..3).map(|_| shop.device())).await;
    let mut sockets = Vec::new();
    for trolley in &trolleys[..2] {
        let key = [("x-api-key", trolley.sends("x-api-key"))];
        let mut socket = server.open("/cart/esp32/ws", &key).await.unwrap();
        next_text(&mut socket).await.unwrap();
        sockets.push(socket);
    }
    // One of the two has goods in it, and one is not connected.
    let milk = json!({"barcode": "4006381333931"});
    trolleys[1].post("/cart/esp32/add_item", milk).await.ok(200);
    let mut nudges = shop.app.nudges();
    let id = upload(&admin, "1.4.0", 1).await;
    assert!(nudges.try_recv().is_err(), "a draft waits for nobody");
    decide(&admin, id, json!({"ring": "all"})).await;
    let device = |trolley: &Client| DeviceId::new(trolley.id).unwrap();
    assert_eq!(nudges.try_recv().unwrap(), (device(&trolleys[0]), Nudge::Firmware));
    decide(&admin, id, json!({"notes": "Faster"})).await;
    assert!(nudges.try_recv().is_err());
    admin.post(&format!("/devices/{}/tare", trolleys[1].id), json!({})).await.ok(200);
    assert_eq!(nudges.try_recv().unwrap(), (device(&trolleys[1]), Nudge::Tare));
    assert!(nudges.try_recv().is_err());
    drop(sockets);
    server.stop().await;
}
