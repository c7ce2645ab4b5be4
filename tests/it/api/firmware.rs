//! Firmware goes out in rings, in the updater's own protocol, and never again after a rollback.

use cartwright::app::{Admin, App};
use cartwright::backup;
use cartwright::clock::Clock;
use cartwright::config::Config;
use cartwright::data_dir::DataDir;
use cartwright::storage::{self, Store};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Answer, Client, Parts, TestApp};

const FIRMWARE: &str = "/cart/esp32/firmware";
const HEALTHY: &str = "/cart/esp32/healthy";
const HEARTBEAT: &str = "/cart/esp32/heartbeat";

/// A whole image for a chip, unlike that of another seed; 40 KiB and some.
pub(super) fn image(chip: u8, seed: u8) -> Vec<u8> {
    let mut bytes = vec![0; 24];
    (bytes[0], bytes[1], bytes[12], bytes[23]) = (0xe9, 1, chip, 1);
    let data: Vec<u8> = (0..40_000_u32).map(|index| index.to_le_bytes()[0] ^ seed).collect();
    bytes.extend_from_slice(&[0, 0, 0, 0x40]);
    bytes.extend_from_slice(&u32::try_from(data.len()).unwrap().to_le_bytes());
    bytes.extend_from_slice(&data);
    bytes.resize(bytes.len() / 16 * 16 + 15, 0);
    bytes.push(data.iter().fold(0xef, |sum, byte| sum ^ byte));
    let hash = Sha256::digest(&bytes);
    bytes.extend_from_slice(&hash);
    bytes
}

/// Brings an image for ESP32 in; its id.
pub(crate) async fn upload(admin: &Client, version: &str, seed: u8) -> u64 {
    let made = post(admin, &format!("version={version}"), image(0, seed)).await.ok(201);
    made["id"].as_u64().unwrap()
}

async fn post(admin: &Client, query: &str, body: Vec<u8>) -> Answer {
    let admin = admin.with("content-type", "application/octet-stream");
    admin.send("POST", &format!("/firmware?{query}"), body).await
}

async fn decide(admin: &Client, id: u64, change: Value) -> Value {
    admin.patch(&format!("/firmware/{id}"), change).await.ok(200)
}

/// What a trolley gets that says it runs this version.
async fn ask(trolley: &Client, version: &str) -> Answer {
    trolley.with("x-ESP32-version", version).get(FIRMWARE).await
}

/// The state of each trolley that the image knows.
async fn states(admin: &Client, id: u64) -> Vec<String> {
    let list = admin.get(&format!("/firmware/{id}/devices")).await.ok(200);
    list.as_array().unwrap().iter().map(|it| it["state"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_image_goes_to_a_trolley_and_is_well_there() {
    let shop = TestApp::new();
    let admin = shop.admin().await;
    let trolley = shop.device().await;
    let nothing = trolley.get(FIRMWARE).await;
    assert_eq!((nothing.status, nothing.bytes.len()), (304, 0));
    let made = post(&admin, "version=1.4.0&notes=Faster", image(0, 1)).await.ok(201);
    assert_eq!((&made["state"], &made["ring"]), (&json!("draft"), &json!("none")));
    assert_eq!((&made["chip"], &made["created_by"]), (&json!("ESP32"), &json!("admin")));
    let id = made["id"].as_u64().unwrap();
    assert_eq!(ask(&trolley, "1.3.0").await.status, 304, "a draft goes nowhere");
    let quiet = trolley.post(HEARTBEAT, json!({"firmware": "1.3.0"})).await.ok(200);
    assert!(quiet.get("firmware").is_none());

    let rolling = decide(&admin, id, json!({"ring": "one", "device_id": trolley.id})).await;
    assert_eq!((&rolling["state"], &rolling["device_id"]), (&json!("rolling"), &json!(trolley.id)));
    let told = trolley.post(HEARTBEAT, json!({"firmware": "1.3.0"})).await;
    assert!(told.text.len() < 256 && told.ok(200)["firmware"] == true);
    let answer = ask(&trolley, "1.3.0").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.bytes, image(0, 1));
    assert_eq!(answer.header("content-type"), "application/octet-stream");
    assert_eq!(answer.header("content-length"), image(0, 1).len().to_string());
    assert_eq!(answer.header("x-md5"), made["md5"]);
    assert!(answer.header("content-encoding").is_empty());
    assert_eq!(states(&admin, id).await, ["offered"]);

    assert_eq!(ask(&trolley, "v1.4.0").await.status, 304);
    assert_eq!(states(&admin, id).await, ["installed"]);
    let well = trolley.post(HEALTHY, json!({"version": "1.4.0\r"})).await.ok(200);
    assert_eq!((&well["success"], &well["firmware"]), (&json!(true), &json!("1.4.0")));
    let counts = admin.get(&format!("/firmware/{id}")).await.ok(200)["counts"].clone();
    assert_eq!(counts, json!({"offered": 1, "installed": 1, "healthy": 1, "rolled_back": 0}));
    let seen = admin.get(&format!("/devices/{}", trolley.id)).await.ok(200);
    assert_eq!(seen["firmware"], "1.4.0");
}

#[tokio::test]
async fn nobody_who_shops_gets_an_image() {
    let shop = TestApp::new();
    let admin = shop.admin().await;
    shop.milk(&admin).await;
    let (trolley, code) = shop.device_with_code().await;
    let id = upload(&admin, "1.4.0", 1).await;
    decide(&admin, id, json!({"ring": "all"})).await;
    let offered = async |expected: bool| {
        let told = trolley.post(HEARTBEAT, json!({"firmware": "1.3.0"})).await.ok(200);
        assert_eq!(told.get("firmware").is_some(), expected, "{told}");
        let status = trolley.with("x-ESP32-version", "1.3.0").outcome("HEAD", FIRMWARE).await.0;
        assert_eq!(status, if expected { 200 } else { 304 });
    };
    offered(true).await;
    let milk = json!({"barcode": "4006381333931"});
    trolley.post("/cart/esp32/add_item", milk.clone()).await.ok(200);
    offered(false).await;
    trolley.post("/cart/esp32/remove_item", milk).await.ok(200);
    offered(true).await;
    let ann = shop.customer("ann").await;
    ann.post("/cart/connect", json!({"cart_code": code})).await.ok(200);
    offered(false).await;
    ann.post("/cart/disconnect", json!({})).await.ok(200);
    offered(true).await;
    decide(&admin, id, json!({"state": "halted"})).await;
    offered(false).await;
}

#[tokio::test]
async fn what_was_rolled_back_never_comes_again() {
    let store = Store::in_memory().unwrap();
    let clock = Clock::manual("2026-11-20T12:00:00Z".parse().unwrap());
    let shop = TestApp::of(Parts { store: store.clone(), clock: clock.clone() });
    let admin = shop.admin().await;
    let trolleys: Vec<Client> = futures_util::future::join_all((0..3).map(|_| shop.device())).await;
    let id = upload(&admin, "1.4.0", 1).await;
    decide(&admin, id, json!({"ring": "all"})).await;
    // One shows the new version and then the old one; one never shows the new one.
    for trolley in &trolleys[..2] {
        assert_eq!(ask(trolley, "1.3.0").await.status, 200);
    }
    ask(&trolleys[0], "1.4.0").await;
    assert_eq!(ask(&trolleys[1], "1.3.0").await.status, 304, "it may be restarting");
    assert_eq!(states(&admin, id).await, ["installed", "offered", "waiting"]);
    trolleys[0].post(HEARTBEAT, json!({"firmware": "1.3.0"})).await.ok(200);
    let halted = admin.get(&format!("/firmware/{id}")).await.ok(200);
    // One of one is too many.
    assert_eq!((&halted["state"], &halted["counts"]["rolled_back"]), (&json!("halted"), &json!(1)));
    let log = admin.get("/audit?limit=1").await.ok(200)[0].clone();
    assert_eq!((&log["action"], &log["actor"]), (&json!("firmware.halt"), &json!("system")));
    let go_on = json!({"state": "rolling"});
    let path = format!("/firmware/{id}");
    let refused = admin.patch(&path, go_on).await.refused(409, "not-all-healthy");
    assert_eq!((&refused["not_healthy"], &refused["rolled_back"]), (&json!(2), &json!(1)));
    decide(&admin, id, json!({"state": "rolling", "force": true})).await;
    clock.advance(jiff::SignedDuration::from_secs(61));
    assert_eq!(ask(&trolleys[1], "1.3.0").await.status, 304);
    assert_eq!(admin.get(&path).await.ok(200)["state"], "halted", "two are too many");
    decide(&admin, id, json!({"state": "rolling", "force": true})).await;
    for trolley in &trolleys[..2] {
        assert_eq!(ask(trolley, "1.3.0").await.status, 304);
        assert_eq!(trolley.get(FIRMWARE).await.status, 304);
    }
    assert_eq!(ask(&trolleys[2], "1.3.0").await.status, 200);
    // Not after a restart, and not under another name either.
    let shop = TestApp::of(Parts { store, clock });
    let admin = shop.account_again("admin").await;
    decide(&admin, id, json!({"state": "halted"})).await;
    admin.delete(&path).await.ok(200);
    let again = upload(&admin, "1.4.1", 1).await;
    decide(&admin, again, json!({"ring": "all"})).await;
    let again = |trolley: &Client| shop.anonymous().with("x-api-key", trolley.sends("x-api-key"));
    assert_eq!(ask(&again(&trolleys[0]), "1.3.0").await.status, 304);
    assert_eq!(ask(&again(&trolleys[2]), "1.3.0").await.status, 200);
}

#[tokio::test]
async fn a_ring_is_not_widened_silently() {
    let shop = TestApp::new();
    let admin = shop.admin().await;
    let trolleys: Vec<Client> = futures_util::future::join_all((0..3).map(|_| shop.device())).await;
    let id = upload(&admin, "1.4.0", 1).await;
    let path = format!("/firmware/{id}");
    let tenth = decide(&admin, id, json!({"ring": "tenth"})).await;
    // Of three trolleys none is the tenth: the first stands in.
    assert_eq!(tenth["device_id"], trolleys[0].id);
    assert_eq!(ask(&trolleys[1], "1.3.0").await.status, 304);
    assert_eq!(ask(&trolleys[0], "1.3.0").await.status, 200);
    let all = json!({"ring": "all"});
    admin.patch(&path, all.clone()).await.refused(409, "not-all-healthy");
    ask(&trolleys[0], "1.4.0").await;
    shop.wait(601);
    let late = admin.get(&format!("{path}/devices")).await.ok(200);
    assert_eq!(
        (&late[0]["state"], &late[0]["problem"]),
        (&json!("installed"), &json!("no-self-test"))
    );
    admin.patch(&path, all.clone()).await.refused(409, "not-all-healthy");
    trolleys[0].post(HEALTHY, json!({})).await.ok(200);
    decide(&admin, id, all).await;
    assert_eq!(ask(&trolleys[1], "1.3.0").await.status, 200);
    // Who never says what it runs gets it once, and its word of being well counts.
    assert_eq!(trolleys[2].get(FIRMWARE).await.status, 200);
    assert_eq!(trolleys[2].get(FIRMWARE).await.status, 304);
    assert_eq!(trolleys[2].send("POST", HEALTHY, "").await.ok(200)["firmware"], "1.4.0");
    // Who does, and came back with the old one, says nothing about the new one.
    assert_eq!(trolleys[1].send("POST", HEALTHY, "").await.ok(200)["firmware"], Value::Null);
    assert_eq!(states(&admin, id).await, ["healthy", "offered", "healthy"]);
    for (change, field) in [
        (json!({"ring": "most"}), "ring"),
        (json!({"ring": "one"}), "device_id"),
        (json!({"ring": "one", "device_id": 99}), "device_id"),
        (json!({"ring": "all", "device_id": trolleys[0].id}), "device_id"),
        (json!({"state": "draft"}), "state"),
        (json!({"state": "gone"}), "state"),
        (json!({"ring": "none"}), "ring"),
        (json!({"notes": "x".repeat(1001)}), "notes"),
    ] {
        admin.patch(&path, change).await.names(field);
    }
    admin.delete(&path).await.refused(409, "firmware-rolling");
}

#[tokio::test]
async fn an_older_image_is_chosen_on_purpose_only() {
    let shop = TestApp::new();
    let admin = shop.admin().await;
    let trolley = shop.device().await;
    let (old, new) = (upload(&admin, "1.4.0", 1).await, upload(&admin, "1.5.0", 2).await);
    decide(&admin, new, json!({"ring": "all"})).await;
    shop.wait(1);
    decide(&admin, old, json!({"ring": "all"})).await;
    assert_eq!(ask(&trolley, "1.5.0").await.status, 304);
    decide(&admin, old, json!({"downgrade": true})).await;
    assert_eq!(ask(&trolley, "1.5.0").await.bytes, image(0, 1));
    assert_eq!(ask(&trolley, "1.4.0").await.status, 304, "the later decision counts");
}

#[tokio::test]
async fn an_image_that_does_not_fit_is_not_sent() {
    let shop = TestApp::new();
    let admin = shop.admin().await;
    let trolley = shop.device().await.with("x-ESP32-version", "1.3.0");
    let id = upload(&admin, "1.4.0", 1).await;
    decide(&admin, id, json!({"ring": "all"})).await;
    let small = trolley.with("x-ESP32-free-space", "4096");
    assert_eq!(small.get(FIRMWARE).await.status, 304);
    assert_eq!(small.get(FIRMWARE).await.status, 304);
    let list = admin.get(&format!("/firmware/{id}/devices")).await.ok(200);
    assert_eq!((&list[0]["state"], &list[0]["problem"]), (&json!("waiting"), &json!("too-large")));
    assert_eq!(list[0]["free_space"], 4096);
    let told = trolley.post(HEARTBEAT, json!({"firmware": "1.3.0"})).await.ok(200);
    assert!(told.get("firmware").is_none(), "it need not ask again and again");
    // What cannot be read counts as not sent.
    let odd = trolley.with("x-ESP32-free-space", "plenty").with("x-ESP32-sketch-md5", "?");
    assert_eq!(odd.get(FIRMWARE).await.status, 200);
    // The wrong chip is known from the enrolment.
    let code = admin.post("/devices/pairing-codes", json!({})).await.ok(201);
    let board = json!({"pairing_code": code["pairing_code"], "chip": "ESP32-C3"});
    let key = shop.anonymous().post("/cart/esp32/enroll", board).await.ok(200)["key"].clone();
    let other = shop.anonymous().with("x-api-key", key.as_str().unwrap());
    assert_eq!(other.get(FIRMWARE).await.status, 304);
    let c3 = other.get("/cart/esp32/time").await.ok(200);
    assert_eq!(c3["success"], true);
}

#[tokio::test]
async fn what_looks_wrong_is_told_and_goes_to_one_trolley_only() {
    let shop = TestApp::new();
    let admin = shop.admin().await;
    let trolley = shop.device().await;
    assert_eq!(post(&admin, "version=0", image(0, 9)).await.ok(201)["warnings"], json!([]));
    let whole = image(0, 1);
    let mut damaged = whole.clone();
    damaged[100] ^= 1;
    let mut last = Value::Null;
    for (query, body, chip, words) in [
        ("version=1", vec![0xe9; 64], "ESP32", "segments"),
        ("version=2", vec![0xe9], "ESP32", "cut off"),
        ("version=3&chip=ESP32-S3", whole[..20].to_vec(), "ESP32-S3", "cut off"),
        ("version=4", damaged, "ESP32", "damaged"),
        ("version=5&chip=ESP32-C3", whole.clone(), "ESP32-C3", "for ESP32, not for ESP32-C3"),
        ("version=6&chip=ESP8266", image(0, 2), "ESP8266", "damaged"),
        ("version=7", image(0xfe, 1), "ESP32", "0x00FE"),
        ("version=8", whole[..whole.len() - 1].to_vec(), "ESP32", "cut off"),
    ] {
        last = post(&admin, query, body).await.ok(201);
        let warnings = last["warnings"].as_array().unwrap();
        let is_told = warnings.iter().any(|warning| warning.as_str().unwrap().contains(words));
        assert!(is_told, "{query}: {last}");
        assert_eq!(last["chip"], chip, "{query}");
    }
    let path = format!("/firmware/{}", last["id"]);
    assert_eq!(admin.get(&path).await.ok(200)["warnings"], last["warnings"]);
    for ring in ["tenth", "all"] {
        let refused = admin.patch(&path, json!({"ring": ring})).await.refused(409, "has-warnings");
        assert_eq!(refused["warnings"], last["warnings"]);
    }
    let one = json!({"ring": "one", "device_id": trolley.id});
    admin.patch(&path, one).await.ok(200);
    assert_eq!(ask(&trolley, "0.9").await.bytes, whole[..whole.len() - 1]);
    ask(&trolley, "8").await;
    trolley.post(HEALTHY, json!({"version": "8"})).await.ok(200);
    admin.patch(&path, json!({"ring": "all"})).await.refused(409, "has-warnings");
    let all = admin.patch(&path, json!({"ring": "all", "force": true})).await.ok(200);
    assert_eq!((&all["ring"], &all["state"]), (&json!("all"), &json!("rolling")));
    // What goes out already may be noted on and halted, and goes on only on purpose.
    admin.patch(&path, json!({"notes": "Works"})).await.ok(200);
    admin.patch(&path, json!({"state": "halted"})).await.ok(200);
    admin.patch(&path, json!({"state": "rolling"})).await.refused(409, "has-warnings");
}

#[tokio::test]
async fn what_is_no_image_is_refused_in_words() {
    let shop = TestApp::new();
    let admin = shop.admin().await;
    let whole = image(0, 1);
    for (query, body, status, code) in [
        ("version=1", Vec::new(), 400, "empty-image"),
        ("version=1", b"\x7fELF and so on".to_vec(), 400, "not-an-image"),
        ("version=1", vec![0xe9; 9 * 1024 * 1024], 413, "body-too-large"),
        ("version=a%20b", whole.clone(), 400, "invalid"),
        ("version=", whole.clone(), 400, "invalid"),
        ("", whole.clone(), 400, "invalid"),
        ("version=1&chip=Z80", whole.clone(), 400, "invalid"),
    ] {
        post(&admin, query, body).await.refused(status, code);
    }
    assert_eq!(admin.get("/firmware").await.ok(200), json!([]));
    let first = upload(&admin, "1.4.0", 1).await;
    let twice = post(&admin, "version=1.4.1", image(0, 1)).await.refused(409, "image-exists");
    assert_eq!(twice["id"], first);
    post(&admin, "version=v1.4.0", image(0, 2)).await.refused(409, "version-exists");
    // The same version for another chip is another image; a key makes a repeat harmless.
    let keyed = admin.with("idempotency-key", "k1");
    let made = post(&keyed, "version=1.4.0&chip=esp32c3", image(5, 1)).await.ok(201);
    assert_eq!(made["chip"], "ESP32-C3");
    let again = post(&keyed, "version=1.4.0&chip=esp32c3", image(5, 1)).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.ok(201)["id"], made["id"]);
    assert_eq!(admin.get("/firmware").await.ok(200).as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_updater_asks_by_http_1_0() {
    let shop = TestApp::new();
    let admin = shop.admin().await;
    let trolley = shop.device().await;
    let id = upload(&admin, "1.4.0", 1).await;
    let server = shop.listen().await;
    let ask = async || {
        let request = format!(
            "GET {FIRMWARE} HTTP/1.0\r\nHost: shop\r\nUser-Agent: ESP32-http-Update\r\n\
             Connection: close\r\nx-ESP32-STA-MAC: 24:6F:28:AB:01:9C\r\n\
             x-ESP32-AP-MAC: 24:6F:28:AB:01:9D\r\nx-ESP32-free-space: 1966080\r\n\
             x-ESP32-sketch-size: 964736\r\nx-ESP32-sketch-md5: {}\r\n\
             x-ESP32-chip-size: 4194304\r\nx-ESP32-sdk-version: v5.1\r\n\
             x-ESP32-mode: sketch\r\nx-ESP32-version: 1.3.0\r\nX-API-Key: {}\r\n\r\n",
            "0".repeat(32),
            trolley.sends("x-api-key"),
        );
        let mut stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(answer[..end].to_vec()).unwrap().to_lowercase();
        (head, answer[end + 4..].to_vec())
    };
    let (head, body) = ask().await;
    assert!(head.starts_with("http/1.0 304 ") && body.is_empty(), "{head}");
    decide(&admin, id, json!({"ring": "all"})).await;
    let (head, body) = ask().await;
    assert!(head.starts_with("http/1.0 200 "), "{head}");
    assert!(head.contains(&format!("content-length: {}", image(0, 1).len())), "{head}");
    assert!(head.contains("x-md5: ") && !head.contains("transfer-encoding"), "{head}");
    assert_eq!(body, image(0, 1));
    let (head, body) = ask().await;
    assert!(head.starts_with("http/1.0 304 ") && body.is_empty(), "{head}");
    server.stop().await;
}

#[tokio::test]
async fn downloads_are_few_at_a_time() {
    let shop = TestApp::new();
    let admin = shop.admin().await;
    let id = upload(&admin, "1.4.0", 1).await;
    decide(&admin, id, json!({"ring": "all"})).await;
    let trolleys: Vec<Client> = futures_util::future::join_all((0..9).map(|_| shop.device())).await;
    let mut held = Vec::new();
    for trolley in &trolleys[..8] {
        held.push(trolley.stream(FIRMWARE).await);
    }
    let refused = trolleys[8].get(FIRMWARE).await;
    assert_eq!((refused.header("retry-after"), refused.has_length), ("30", true));
    refused.refused(503, "too-many-downloads");
    // A broken download gives its place back, and is begun again from its start.
    drop(held.remove(0));
    assert_eq!(trolleys[8].get(FIRMWARE).await.bytes, image(0, 1));
    assert_eq!(trolleys[0].get(FIRMWARE).await.bytes, image(0, 1));
}

#[tokio::test]
async fn a_backup_carries_the_images() {
    let place = tempfile::tempdir().unwrap();
    let dir = DataDir::open(place.path().join("shop")).unwrap();
    let archive = place.path().join("shop.cwb");
    let admin = Admin::local();
    let shop = App::open(&dir, &Config::default()).unwrap();
    let new =
        cartwright::app::firmware::NewFirmware { version: "1.4.0".into(), ..Default::default() };
    shop.create_firmware(&admin, new, image(0, 1).into(), None).await.unwrap();
    let made = shop.firmware_images(&admin.staff()).unwrap().pop().unwrap().image;
    let name = format!("{}.bin", cartwright::wire::firmware::hex(&made.sha256));
    shop.close();
    let elsewhere = DataDir::open(place.path().join("elsewhere")).unwrap();
    let there = elsewhere.clone();
    let moved = tokio::task::spawn_blocking(move || {
        let now = jiff::Timestamp::UNIX_EPOCH;
        let store = Store::open(&dir.database(), storage::Options::default()).unwrap();
        let made = backup::create_file(&store, &dir, &archive, now).unwrap();
        store.close();
        assert_eq!(backup::verify_file(&archive).unwrap(), made);
        backup::restore(&archive, &there, now, false).unwrap();
    });
    moved.await.unwrap();
    let shop = App::open(&elsewhere, &Config::default()).unwrap();
    assert_eq!(shop.firmware_images(&admin.staff()).unwrap()[0].image, made);
    let path = elsewhere.blobs().join("firmware").join(&name[..2]).join(&name);
    assert_eq!(std::fs::read(&path).unwrap(), image(0, 1));
    // The row came along, so the file is not swept; without a row it goes.
    for _ in 0..256 {
        assert_eq!(shop.prune_firmware().await.unwrap(), 0);
    }
    shop.delete_firmware(&admin, made.id).await.unwrap();
    assert!(!path.exists());
    shop.close();
}
