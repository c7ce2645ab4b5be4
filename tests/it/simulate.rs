//! Virtual carts against the appliance, and against shops that keep no promises: the checker must
//! notice each of them.

mod fake;

use std::path::Path;
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use cartwright::simulate::{ByToken, Chaos, Metrics, Plan, Report, Share, Stops, run};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::{NamedTempFile, TempDir};
use tokio::process::Command;
use tokio::time::{sleep, timeout};

use self::fake::{Fault, Shop};
use crate::support::{Client, TestApp};

/// Long enough for any of these runs.
const PATIENCE: Duration = Duration::from_mins(2);

/// Everything goes wrong, and often.
fn trouble() -> Chaos {
    Chaos {
        loss: Share::percent(10),
        duplicates: Share::percent(25),
        reorder: Share::percent(25),
        offline: Share::percent(4),
        reboots: Share::percent(4),
        deaths: Share::percent(0),
    }
}

/// Nothing does.
fn calm() -> Chaos {
    let none = Share::percent(0);
    Chaos {
        loss: none,
        duplicates: none,
        reorder: none,
        offline: none,
        reboots: none,
        deaths: none,
    }
}

fn plan(url: String, carts: u32) -> Plan {
    Plan {
        url,
        carts,
        seconds: None,
        events: None,
        seed: 7,
        speed: 1_000_000.0,
        patience: Duration::from_secs(10),
        checkout: false,
        chaos: trouble(),
    }
}

/// A shop with every kind of goods.
async fn stocked() -> (TestApp, Client) {
    let shop = TestApp::new();
    let admin = shop.admin().await;
    shop.milk(&admin).await;
    shop.apples(&admin).await;
    let deposit = json!({"name": "Deposit", "price": 0.25, "sku": "DEP", "active": false});
    let deposit = shop.product(&admin, deposit).await;
    let map = json!({
        "name": "m", "nodes": [{"id": "a", "x": 0, "y": 0}, {"id": "b", "x": 3, "y": 4}],
        "edges": [{"from": "a", "to": "b"}],
        "locations": [{"id": "A1", "node": "a"}, {"id": "B1", "node": "b"}],
    });
    admin.put("/map", map).await.ok(200);
    for product in [
        json!({"name": "Beer", "location": "A1", "price": 1.1, "stock": 9, "deposit_id": deposit, "weight_g": 900}),
        json!({"name": "Shirt", "location": "B1", "price": 19, "stock": 9, "rfid": ["AB01CD02", "AB01CD03"]}),
        json!({"name": "Nuts", "price": 8, "unit": "kg", "stock": 900, "tare_g": 12}),
        json!({"name": "Salt", "price": 0.5, "barcodes": ["0012345678905"], "stock": 9}),
    ] {
        shop.product(&admin, product).await;
    }
    (shop, admin)
}

/// A file with the credential of this caller.
fn token_file(admin: &Client) -> NamedTempFile {
    let file = NamedTempFile::new().unwrap();
    let token = admin.sends("authorization").trim_start_matches("Bearer ").to_owned();
    std::fs::write(file.path(), token + "\n").unwrap();
    file
}

async fn simulated(plan: &Plan, token: &Path) -> Report {
    let fleet = ByToken::new(plan.url.clone(), token.to_owned());
    run(plan, &fleet, &Arc::new(Metrics::default()), &Stops::default()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn carts_in_trouble_end_as_they_should() {
    let (shop, admin) = stocked().await;
    let server = shop.listen().await;
    let token = token_file(&admin);
    let url = format!("http://{}/api/v1", server.address);
    let plan = Plan { seconds: Some(2), speed: 300.0, ..plan(url, 5) };
    let report = simulated(&plan, token.path()).await;
    assert!(report.ok, "{report:#?}");
    assert!(report.acknowledged > 20 && report.acknowledged == report.events, "{report:#?}");
    assert_eq!((report.carts_checked, report.devices_revoked), (5, 5));
    let devices = admin.get("/devices").await.ok(200);
    assert!(devices.as_array().unwrap().iter().all(|device| device["revoked"] == true));
    assert_eq!(admin.get("/carts").await.ok(200), json!([]), "nothing is left behind");
    assert_eq!(admin.get("/orders").await.ok(200), json!([]), "nobody asked for orders");
    drop(plan);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trouble_of_every_kind_is_met_and_dead_carts_claim_nothing() {
    let (shop, admin) = stocked().await;
    let server = shop.listen().await;
    let token = token_file(&admin);
    let url = format!("http://{}", server.address);
    let chaos = Chaos { deaths: Share::percent(30), ..trouble() };
    let plan = Plan { events: Some(250), chaos, ..plan(url, 8) };
    let report = simulated(&plan, token.path()).await;
    assert!(report.ok, "{report:#?}");
    for (met, what) in [
        (report.retries, "retries"),
        (report.requests_lost, "requests lost"),
        (report.answers_lost, "answers lost"),
        (report.duplicates_answered, "duplicates"),
        (report.reordered, "late events"),
        (report.batches, "batches"),
        (report.gaps, "gaps"),
        (report.times_offline, "times offline"),
        (report.reboots, "reboots"),
        (report.refused, "refusals"),
        (report.dead_carts, "dead carts"),
        (report.never_sent, "events that were never sent"),
        (report.telemetry, "telemetry"),
    ] {
        assert!(met > 0, "{what}: {report:#?}");
    }
    assert_eq!(report.errors, 0, "{report:#?}");
    assert_eq!(report.events, report.acknowledged + report.never_sent + report.never_answered);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn carts_go_to_the_till_when_asked_to() {
    let shop = TestApp::new();
    let admin = shop.admin().await;
    for number in 0..16 {
        let goods = json!({"name": format!("Goods {number}"), "price": 1, "stock": 9_000});
        shop.product(&admin, goods).await;
    }
    let server = shop.listen().await;
    let token = token_file(&admin);
    let url = format!("http://{}", server.address);
    let plan = Plan { events: Some(150), checkout: true, ..plan(url, 4) };
    let report = simulated(&plan, token.path()).await;
    assert!(report.ok, "{report:#?}");
    let orders = admin.get("/orders").await.ok(200);
    let orders = u64::try_from(orders.as_array().unwrap().len()).unwrap();
    assert!(orders > 0 && orders == report.checkouts, "{orders}: {report:#?}");
    server.stop().await;
}

#[tokio::test]
async fn an_honest_shop_passes_and_each_broken_promise_is_noticed() {
    for seed in 1..=3 {
        let report = visited(Fault::None, seed, trouble()).await;
        assert!(report.ok, "{report:#?}");
    }
    let lost = visited(Fault::LosesOne(20), 3, calm()).await;
    assert!(!lost.ok && lost.units_lost > 0 && lost.units_doubled == 0, "{lost:#?}");
    assert_eq!(lost.differences.len(), 1, "{lost:#?}");
    let doubled = visited(Fault::DoublesOne(20), 3, calm()).await;
    assert!(!doubled.ok && doubled.units_doubled > 0 && doubled.units_lost == 0, "{doubled:#?}");
    // Repeats that count again, as of any shop without numbers.
    let blind = visited(Fault::CountsRepeats, 3, trouble()).await;
    assert!(!blind.ok && blind.units_doubled > 0, "{blind:#?}");
    let forgetful = visited(Fault::ForgetsAnswers, 3, trouble()).await;
    assert!(!forgetful.ok && forgetful.differences.is_empty(), "{forgetful:#?}");
    assert!(forgetful.problems[0].contains("was answered 200"), "{forgetful:#?}");
}

/// The event that a start cuts short may have arrived before older ones that wait: it must not
/// be one whose place among them matters.
#[tokio::test]
async fn an_honest_shop_passes_however_often_carts_start_anew() {
    for seed in [5, 18, 29, 31, 32, 49] {
        let chaos = Chaos { reboots: Share::percent(30), ..trouble() };
        let report = visited_for(250, Fault::None, seed, chaos).await;
        assert!(report.ok && report.reboots > 40, "{report:#?}");
    }
}

/// What is found out about a shop with this fault.
async fn visited(fault: Fault, seed: u64, chaos: Chaos) -> Report {
    visited_for(60, fault, seed, chaos).await
}

async fn visited_for(events: u64, fault: Fault, seed: u64, chaos: Chaos) -> Report {
    let shop = Shop::open(fault).await;
    let token = NamedTempFile::new().unwrap();
    std::fs::write(token.path(), "token").unwrap();
    let plan = Plan { events: Some(events), seed, chaos, ..plan(shop.url(), 1) };
    simulated(&plan, token.path()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_leaves_with_1_and_says_which_item_is_lost() {
    let shop = Shop::open(Fault::LosesOne(20)).await;
    let token = NamedTempFile::new().unwrap();
    std::fs::write(token.path(), "token").unwrap();
    let told = command(
        &shop.url(),
        token.path(),
        &["--events", "60", "--carts", "1", "--speed", "1000000"],
    );
    let calm = ["--loss", "0", "--duplicates", "0", "--reorder", "0", "--offline", "0"];
    let mut told = told;
    told.args(calm).args(["--reboots", "0", "--deaths", "0", "--seed", "3"]);
    let Output { status, stdout, stderr } = finished(told).await;
    assert_eq!(status.code(), Some(1));
    let report: Value = serde_json::from_slice(&stdout).unwrap();
    assert_eq!(report["ok"], false);
    let difference = &report["differences"][0];
    assert!(difference["found"].as_u64() < difference["expected"][0].as_u64(), "{report}");
    let stderr = String::from_utf8(stderr).unwrap();
    assert!(stderr.contains("Simulated cart 1") && stderr.contains("found"), "{stderr}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupt_ends_the_run_and_revokes_its_devices() {
    let (shop, admin) = stocked().await;
    let server = shop.listen().await;
    let token = token_file(&admin);
    let url = format!("http://{}", server.address);
    let mut told = command(&url, token.path(), &["--seconds", "600", "--carts", "3"]);
    let child = told.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let pid = Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
    let shopping = async {
        while admin.get("/carts").await.ok(200).as_array().unwrap().is_empty() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, shopping).await.expect("carts fill");
    kill_process(pid, Signal::INT).unwrap();
    let output = timeout(PATIENCE, child.wait_with_output()).await.unwrap().unwrap();
    assert_eq!(output.status.code(), Some(1), "it did not do what was asked");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["interrupted"], true);
    assert_eq!(report["differences"], json!([]));
    assert_eq!((&report["carts_checked"], &report["devices_revoked"]), (&json!(3), &json!(3)));
    let devices = admin.get("/devices").await.ok(200);
    assert!(devices.as_array().unwrap().iter().all(|device| device["revoked"] == true));
    server.stop().await;
}

#[tokio::test]
async fn a_shop_that_cannot_be_visited_is_left_alone() {
    let (shop, admin) = stocked().await;
    let server = shop.listen().await;
    let token = token_file(&shop.customer("ann").await);
    let told = command(
        &format!("http://{}", server.address),
        token.path(),
        &["--seconds", "1", "--carts", "2"],
    );
    let output = finished(told).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("admin"), "{stderr}");
    assert_eq!(admin.get("/devices").await.ok(200), json!([]));
    server.stop().await;
    let nobody = command("http://127.0.0.1:1", token.path(), &["--seconds", "1", "--carts", "2"]);
    let output = finished(nobody).await;
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("no shop answers there"), "{stderr}");
}

/// The command against this shop; nobody's directory is meant.
fn command(url: &str, token: &Path, arguments: &[&str]) -> Command {
    let nowhere = TempDir::new().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cartwright"));
    command.env("CARTWRIGHT_DATA", nowhere.path()).kill_on_drop(true);
    command.args(["simulate", "--json", "--url", url, "--token-file"]).arg(token).args(arguments);
    command
}

async fn finished(mut command: Command) -> Output {
    timeout(PATIENCE, command.output()).await.expect("it ends").unwrap()
}
