//! Requests that trolleys sign with their key instead of sending it.

use hmac::{Hmac, KeyInit, Mac};
use jiff::SignedDuration;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::support::{Answer, Client, Parts, TestApp};

const ADD: &str = "/cart/esp32/add_item";
const TIME: &str = "/cart/esp32/time";

/// A trolley that signs.
struct Signer {
    nobody: Client,
    id: u64,
    key: String,
    /// Seconds by which its clock is off.
    offset_s: i64,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

impl Signer {
    fn of(shop: &TestApp, trolley: &Client) -> Self {
        let key = trolley.sends("x-api-key").to_owned();
        Self { nobody: shop.anonymous(), id: trolley.id, key, offset_s: 0 }
    }

    fn time(&self, shop: &TestApp) -> String {
        (shop.clock.now().as_second() + self.offset_s).to_string()
    }

    fn signature(&self, message: &[&str; 4], body: &str) -> String {
        let secret = Sha256::digest(self.key.as_bytes());
        let mut mac = Hmac::<Sha256>::new_from_slice(&secret).unwrap();
        let message = format!("{}\n{}", message.join("\n"), hex(&Sha256::digest(body)));
        mac.update(message.as_bytes());
        hex(&mac.finalize().into_bytes())
    }

    fn headers(&self, message: &[&str; 4], signature: &str) -> Client {
        let [_, _, time, nonce] = *message;
        let client = self.nobody.with("x-device-id", &self.id.to_string()).with("x-time", time);
        client.with("x-nonce", nonce).with("x-signature", signature)
    }

    async fn ask(
        &self,
        shop: &TestApp,
        method: &str,
        path: &str,
        nonce: &str,
        body: &str,
    ) -> Answer {
        let time = self.time(shop);
        let message = [method, path, &time, nonce];
        let client = self.headers(&message, &self.signature(&message, body));
        client.send(method, path, body).await
    }
}

#[tokio::test]
async fn a_signature_stands_for_the_key_on_every_route_of_trolleys() {
    let shop = TestApp::new();
    let milk = shop.milk(&shop.staff().await).await;
    let signer = Signer::of(&shop, &shop.device().await);
    let scan = json!({"product_id": milk, "boot_id": "b", "seq": 1}).to_string();
    let added = signer.ask(&shop, "POST", ADD, "nonce-01", &scan).await.ok(200);
    assert_eq!(added["items"], 1);
    let slash = signer.ask(&shop, "POST", "/api/v1/cart/esp32/add_item/", "nonce-02", &scan).await;
    assert_eq!(slash.ok(200), added, "the path is signed as it is sent");
    signer.ask(&shop, "GET", TIME, "nonce-03", "").await.ok(200);
    let page = signer.ask(&shop, "GET", "/cart/esp32/cart?offset=0", "nonce-04", "").await.ok(200);
    assert_eq!(page["items"], 1);
    signer.ask(&shop, "GET", "/cart/esp32/cart?offset=1", "nonce-05", "").await.ok(200);
    signer.ask(&shop, "POST", "/cart/esp32/heartbeat", "nonce-06", "{}").await.ok(200);
    let walk = signer.ask(&shop, "POST", "/cart/shortest_path", "nonce-07", "{\"stops\":[]}").await;
    assert!(!matches!(walk.status, 401 | 403), "{}", walk.text);
    let beside = signer.ask(&shop, "GET", "/cart/esp32/nothing", "nonce-08", "").await;
    beside.refused(404, "unknown-route");
    signer.ask(&shop, "GET", "/devices", "nonce-09", "").await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn what_was_not_signed_so_is_refused_and_changes_nothing() {
    let shop = TestApp::new();
    let milk = shop.milk(&shop.staff().await).await;
    let trolley = shop.device().await;
    let signer = Signer::of(&shop, &trolley);
    shop.wait(10);
    let time = signer.time(&shop);
    let body = json!({"product_id": milk}).to_string();
    let right = ["POST", ADD, time.as_str(), "nonce-01"];
    let signature = signer.signature(&right, &body);
    let other_time = (shop.clock.now().as_second() - 1).to_string();
    for (message, body, signature) in [
        (right, "{\"product_id\":1 }", signature.as_str()),
        (right, &body, &signature[1..]),
        (right, &body, &"0".repeat(64)),
        (right, &body, "?"),
        (["POST", ADD, &other_time, "nonce-01"], &body, &signature),
        (["POST", ADD, &time, "nonce-02"], &body, &signature),
        (["POST", ADD, &time, "short"], &body, &signature),
        (["POST", ADD, &time, "nonce 01"], &body, &signature),
        (["POST", ADD, "soon", "nonce-01"], &body, &signature),
        (["POST", ADD, "-5", "nonce-01"], &body, &signature),
        (["POST", ADD, "99999999999999999999", "nonce-01"], &body, &signature),
    ] {
        let client = signer.headers(&message, signature);
        client.send("POST", ADD, body).await.refused(401, "bad-signature");
    }
    let original = signer.headers(&right, &signature);
    original
        .send("POST", "/cart/esp32/update_item", body.clone())
        .await
        .refused(401, "bad-signature");
    original.send("POST", &format!("{ADD}/"), body.clone()).await.refused(401, "bad-signature");
    original
        .with("x-nonce", "nonce-02")
        .send("POST", ADD, body.clone())
        .await
        .refused(401, "bad-signature");
    let alone = shop.anonymous().with("x-signature", &signature);
    alone.send("POST", ADD, body.clone()).await.refused(401, "bad-signature");
    let foreign = Signer { id: shop.device().await.id, ..Signer::of(&shop, &trolley) };
    foreign.ask(&shop, "POST", ADD, "nonce-03", &body).await.refused(401, "bad-signature");
    let nobody = Signer { id: 999, ..Signer::of(&shop, &trolley) };
    nobody.ask(&shop, "POST", ADD, "nonce-03", &body).await.refused(401, "unknown-device-key");
    assert_eq!(trolley.get("/cart/esp32/cart").await.ok(200)["items"], 0);
    original.send("POST", ADD, body).await.ok(200);
}

#[tokio::test]
async fn a_request_counts_once() {
    let shop = TestApp::new();
    let milk = shop.milk(&shop.staff().await).await;
    let trolley = shop.device().await;
    let signer = Signer::of(&shop, &trolley);
    let body = json!({"product_id": milk}).to_string();
    let time = signer.time(&shop);
    let message = ["POST", ADD, time.as_str(), "nonce-01"];
    let client = signer.headers(&message, &signer.signature(&message, &body));
    client.send("POST", ADD, body.clone()).await.ok(200);
    client.send("POST", ADD, body.clone()).await.refused(401, "replayed");
    shop.wait(300);
    client.send("POST", ADD, body.clone()).await.refused(401, "replayed");
    signer.ask(&shop, "GET", TIME, "nonce-01", "").await.refused(401, "replayed");
    shop.wait(1);
    client.send("POST", ADD, body).await.refused(401, "clock-skew");
    signer.ask(&shop, "GET", TIME, "nonce-01", "").await.ok(200);
    assert_eq!(trolley.get("/cart/esp32/cart").await.ok(200)["items"], 1);
}

#[tokio::test]
async fn a_wrong_clock_is_told_the_time() {
    let shop = TestApp::new();
    let trolley = shop.device().await;
    let now = shop.clock.now().as_second();
    shop.wait(1_000);
    let mut signer = Signer::of(&shop, &trolley);
    for offset_s in [-now, -301, 2, 300, 1_000_000] {
        signer.offset_s = offset_s;
        let refused = signer.ask(&shop, "GET", TIME, "nonce-01", "").await;
        assert!(refused.text.len() < 256, "{}", refused.text);
        let refused = refused.refused(401, "clock-skew");
        assert_eq!(refused["unix"], now + 1_000, "{offset_s}");
    }
    for (nonce, offset_s) in [("nonce-01", -300), ("nonce-02", 1), ("nonce-03", 0)] {
        signer.offset_s = offset_s;
        signer.ask(&shop, "GET", TIME, nonce, "").await.ok(200);
    }
    let walk = Signer { offset_s: -5_000, ..signer };
    let walk = walk.ask(&shop, "POST", "/cart/shortest_path", "nonce-04", "{}").await;
    assert_eq!(walk.refused(401, "clock-skew")["unix"], now + 1_000);
}

#[tokio::test]
async fn a_clock_that_is_set_opens_no_replay_and_keeps_nobody_out() {
    let shop = TestApp::new();
    let trolley = shop.device().await;
    let signer = Signer::of(&shop, &trolley);
    // It started with a clock that was ahead, and was put right.
    let right = shop.clock.now() - SignedDuration::from_hours(24 * 10_000);
    signer.ask(&shop, "GET", TIME, "nonce-01", "").await.ok(200);
    shop.clock.set(right);
    signer.ask(&shop, "GET", TIME, "nonce-01", "").await.ok(200);
    // What was signed before it was set may have counted in an earlier run.
    shop.clock.set(right + SignedDuration::from_hours(24 * 5_000));
    let early = Signer { offset_s: -1, ..Signer::of(&shop, &trolley) };
    early.ask(&shop, "GET", TIME, "nonce-02", "").await.refused(401, "clock-skew");
    signer.ask(&shop, "GET", TIME, "nonce-02", "").await.ok(200);
    signer.ask(&shop, "GET", TIME, "nonce-02", "").await.refused(401, "replayed");
}

#[tokio::test]
async fn a_restart_opens_no_replay() {
    let before = TestApp::new();
    let trolley = before.device().await;
    let signer = Signer::of(&before, &trolley);
    let time = signer.time(&before);
    let message = ["GET", TIME, time.as_str(), "nonce-01"];
    let signature = signer.signature(&message, "");
    signer.headers(&message, &signature).get(TIME).await.ok(200);
    before.wait(1);
    let after = TestApp::of(Parts { store: before.store.clone(), clock: before.clock.clone() });
    let signer = Signer { nobody: after.anonymous(), ..signer };
    signer.headers(&message, &signature).get(TIME).await.refused(401, "clock-skew");
    signer.ask(&after, "GET", TIME, "nonce-01", "").await.ok(200);
}

#[tokio::test]
async fn who_signs_only_cannot_be_impersonated_by_the_key() {
    let shop = TestApp::new();
    let admin = shop.admin().await;
    let trolley = shop.device().await;
    let signer = Signer::of(&shop, &trolley);
    let path = format!("/devices/{}", trolley.id);
    admin.patch(&path, json!({"signed_only": true})).await.ok(200);
    trolley.get(TIME).await.refused(401, "signature-required");
    let bearer = shop.anonymous().with("authorization", &format!("Bearer {}", signer.key));
    bearer.get(TIME).await.refused(401, "signature-required");
    bearer.post("/cart/shortest_path", json!({})).await.refused(401, "signature-required");
    signer.ask(&shop, "GET", TIME, "nonce-01", "").await.ok(200);
    admin.patch(&path, json!({"signed_only": false})).await.ok(200);
    trolley.get(TIME).await.ok(200);
}

#[tokio::test]
async fn both_keys_sign_while_one_is_replaced() {
    let shop = TestApp::new();
    let admin = shop.admin().await;
    let trolley = shop.device().await;
    let old = Signer::of(&shop, &trolley);
    let path = format!("/devices/{}", trolley.id);
    let rotated = admin.send("POST", &format!("{path}/rotate"), "").await.ok(200);
    let key = rotated["key"].as_str().unwrap().to_owned();
    let new = Signer { key, ..Signer::of(&shop, &trolley) };
    old.ask(&shop, "GET", TIME, "nonce-01", "").await.ok(200);
    new.ask(&shop, "GET", TIME, "nonce-02", "").await.ok(200);
    old.ask(&shop, "GET", TIME, "nonce-03", "").await.refused(401, "bad-signature");
    trolley.get(TIME).await.refused(401, "unknown-device-key");
    admin.send("POST", &format!("{path}/rotate"), "").await.ok(200);
    shop.wait(24 * 3600 + 1);
    new.ask(&shop, "GET", TIME, "nonce-04", "").await.refused(401, "bad-signature");
    let admin = shop.account_again("admin").await;
    admin.delete(&path).await.ok(200);
    new.ask(&shop, "GET", TIME, "nonce-05", "").await.refused(401, "unknown-device-key");
}

#[tokio::test]
async fn a_signature_beside_another_principal_is_refused() {
    let shop = TestApp::new();
    let (one, two) = (shop.device().await, shop.device().await);
    let mut signer = Signer::of(&shop, &one);
    let own_key = signer.key.clone();
    signer.nobody = shop.anonymous().with("x-api-key", two.sends("x-api-key"));
    signer.ask(&shop, "GET", TIME, "nonce-01", "").await.refused(400, "conflicting-credentials");
    signer.nobody = shop.anonymous().with("x-api-key", &own_key);
    signer.ask(&shop, "GET", TIME, "nonce-02", "").await.ok(200);
    let large = format!("{{\"x\":\"{}\"}}", "x".repeat(65 * 1024));
    signer.ask(&shop, "POST", ADD, "nonce-03", &large).await.refused(413, "body-too-large");
}
