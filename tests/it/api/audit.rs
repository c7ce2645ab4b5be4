//! The audit log: nothing that staff, admins or the command line change is missing, nothing secret
//! is in it, and whoever alters it is found out.

mod catalogue;
mod command_line;
mod trolleys;

use axum::http::Method;
use cartwright::backup;
use cartwright::data_dir::DataDir;
use cartwright::domain::audit::to_hex;
use cartwright::http::route::{Route, Who};
use cartwright::http::routes;
use cartwright::storage::tables::AUDIT_BY_SEQ;
use cartwright::storage::{Error, Reader, Store};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{Client, Parts, TestApp};

/// Rows that have an unsafe method and change nothing.
const CHANGE_NOTHING: [(&str, &str); 2] = [("POST", "/barcode-rules/test"), ("POST", "/map/lint")];

/// The newest entry and how many there are.
pub(super) async fn newest(admin: &Client) -> (Value, u64) {
    let answer = admin.get("/audit?limit=1").await;
    let total = answer.header("x-total-count").parse().unwrap();
    (answer.ok(200)[0].clone(), total)
}

/// The entries that a query finds, newest first.
async fn entries(admin: &Client, query: &str) -> Vec<Value> {
    admin.get(&format!("/audit?{query}")).await.ok(200).as_array().unwrap().clone()
}

/// A request that succeeds and changes something, and the action that it leaves in the log.
struct Example {
    path: String,
    body: Vec<u8>,
    action: &'static str,
}

impl Example {
    fn new(path: impl Into<String>, body: &Value, action: &'static str) -> Self {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        Self { path: path.into(), body: body.into(), action }
    }
}

/// The example of a row. **A new row for staff or admins needs one here**, unless it changes
/// nothing; its use case has to call `audit::record`.
async fn example(shop: &TestApp, admin: &Client, route: &Route) -> Option<Example> {
    let line = format!("{} {}", route.method(), route.path());
    Some(match line.as_str() {
        "PUT /map" => {
            let map = json!({"name": "Shop", "unit": "m", "nodes": [{"id": "a", "x": 0, "y": 0}]});
            Example::new("/map", &map, "map.replace")
        }
        "POST /map/import" => {
            let map = json!({"nodes": [{"id": "a", "x": 0, "y": 0}]});
            Example::new("/map/import", &map, "map.replace")
        }
        "POST /map/closures" => {
            super::closures::aisled(admin).await;
            Example::new("/map/closures", &json!({"aisle": "A1"}), "closure.create")
        }
        "DELETE /map/closures/{id}" => {
            super::closures::aisled(admin).await;
            let id =
                admin.post("/map/closures", json!({"aisle": "A1"})).await.ok(201)["id"].clone();
            Example::new(format!("/map/closures/{id}"), &Value::Null, "closure.delete")
        }
        "POST /alerts/{id}/clear" => {
            let id = super::alerts::raised(shop).await;
            Example::new(format!("/alerts/{id}/clear"), &Value::Null, "alert.clear")
        }
        "POST /devices/{id}/tare" => {
            let id = shop.device().await.id;
            Example::new(format!("/devices/{id}/tare"), &Value::Null, "device.tare")
        }
        "POST /users" => {
            let user = json!({"username": "new-one", "password": "correct horse"});
            Example::new("/users", &user, "user.create")
        }
        "PATCH /users/{user}" => {
            shop.customer("patched").await;
            Example::new("/users/patched", &json!({"name": "Pat"}), "user.update")
        }
        "DELETE /users/{user}" => {
            shop.customer("deleted").await;
            Example::new("/users/deleted", &Value::Null, "user.delete")
        }
        "PATCH /orders/{id}" => {
            let id = shop.product(admin, json!({"name": "Oil", "price": 1, "stock": 9})).await;
            let items = json!([{"product_id": id}]);
            let order = json!({"user_id": admin.id, "items": items});
            let order = admin.post("/orders", order).await.ok(201)["id"].clone();
            Example::new(format!("/orders/{order}"), &json!({"status": "paid"}), "order.update")
        }
        "PATCH /settings" => Example::new("/settings", &json!({"log": "warn"}), "settings.update"),
        "POST /devices" => Example::new("/devices", &json!({"name": "Cart 1"}), "device.create"),
        "PATCH /devices/{id}" => {
            let id = shop.device().await.id;
            Example::new(format!("/devices/{id}"), &json!({"name": "Cart 2"}), "device.update")
        }
        "DELETE /devices/{id}" => {
            let id = shop.device().await.id;
            Example::new(format!("/devices/{id}"), &Value::Null, "device.revoke")
        }
        "POST /devices/{id}/rotate" => {
            let id = shop.device().await.id;
            Example::new(format!("/devices/{id}/rotate"), &Value::Null, "device.rotate-key")
        }
        "POST /devices/pairing-codes" => {
            Example::new("/devices/pairing-codes", &Value::Null, "pairing-code.create")
        }
        "DELETE /devices/pairing-codes/{id}" => {
            let made = admin.post("/devices/pairing-codes", json!({})).await.ok(201);
            let path = format!("/devices/pairing-codes/{}", made["id"]);
            Example::new(path, &Value::Null, "pairing-code.delete")
        }
        "POST /firmware" => Example {
            path: "/firmware?version=9.0.0".into(),
            body: super::firmware::image(0, 90),
            action: "firmware.create",
        },
        "PATCH /firmware/{id}" => {
            let id = super::firmware::upload(admin, "9.0.1", 91).await;
            Example::new(format!("/firmware/{id}"), &json!({"notes": "x"}), "firmware.update")
        }
        "DELETE /firmware/{id}" => {
            let id = super::firmware::upload(admin, "9.0.2", 92).await;
            Example::new(format!("/firmware/{id}"), &Value::Null, "firmware.delete")
        }
        _ => match trolleys::example(shop, admin, &line).await {
            Some(example) => example,
            None => return catalogue::example(shop, admin, &line).await,
        },
    })
}

#[tokio::test]
async fn every_row_for_staff_and_admins_that_changes_something_is_recorded() {
    let (shop, _dir, _place) = super::settings::shop();
    let admin = shop.admin().await;
    let mut wrong = Vec::new();
    for route in routes::table() {
        let is_safe = matches!(*route.method(), Method::GET | Method::HEAD | Method::OPTIONS);
        if is_safe || !matches!(route.who(), Who::Staff | Who::Admin) {
            continue;
        }
        let line = format!("{} {}", route.method(), route.path());
        if CHANGE_NOTHING.contains(&(route.method().as_str(), route.path())) {
            continue;
        }
        let Some(example) = example(&shop, &admin, &route).await else {
            wrong.push(format!("{line}: add an example to `example`, and record what it does"));
            continue;
        };
        let (_, before) = newest(&admin).await;
        let answer = admin.send(route.method().as_str(), &example.path, example.body).await;
        if !(200..300).contains(&answer.status) {
            wrong.push(format!("{line}: the example fails: {}", answer.text));
            continue;
        }
        let (entry, after) = newest(&admin).await;
        if after != before + 1 || entry["action"] != example.action {
            wrong.push(format!("{line}: {before} entries, then {after}, the newest {entry}"));
        }
        let who = (&entry["actor"], &entry["actor_name"], &entry["from"]);
        assert_eq!(
            who,
            (&json!(format!("user:{}", admin.id)), &json!("admin"), &json!("127.0.0.1"))
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn an_entry_tells_what_changed_and_nothing_else() {
    let shop = TestApp::new();
    let (admin, staff) = (shop.admin().await, shop.staff().await);
    let milk = shop.milk(&staff).await;
    let (made, _) = newest(&admin).await;
    assert_eq!((&made["before"], &made["after"]["price"]), (&Value::Null, &json!(1.29)));
    let path = format!("/products/{milk}");
    staff.patch(&path, json!({"price": 1.39, "name": "Milk 1 l"})).await.ok(200);
    let (entry, total) = newest(&admin).await;
    assert_eq!(entry["before"], json!({"price": 1.29, "version": 1}));
    assert_eq!(entry["after"], json!({"price": 1.39, "version": 2}));
    assert_eq!(
        (&entry["target"], &entry["actor_name"]),
        (&json!(format!("product:{milk}")), &json!("staff"))
    );
    assert_eq!(entry["at"], "2026-11-20T12:00:00Z");
    // What changes nothing is no entry, nor is what was refused.
    staff.patch(&path, json!({"price": 1.39})).await.ok(200);
    staff.patch(&path, json!({"price": -1})).await.names("price");
    staff.with("if-match", "\"1\"").delete(&path).await.refused(412, "stale-version");
    assert_eq!(newest(&admin).await.1, total);
    // A repeat under an idempotency key is done once.
    let keyed = staff.with("idempotency-key", "k");
    for _ in 0..2 {
        keyed.post("/products", json!({"name": "Salt", "price": 1})).await.ok(201);
    }
    assert_eq!(newest(&admin).await.1, total + 1);
    staff.delete(&path).await.ok(200);
    let (gone, _) = newest(&admin).await;
    assert_eq!((&gone["before"]["stock"], &gone["after"]), (&json!(10), &Value::Null));
}

#[tokio::test]
async fn what_staff_do_to_others_carts_is_recorded_and_to_their_own_is_not() {
    let shop = TestApp::new();
    let (admin, staff, ann) = (shop.admin().await, shop.staff().await, shop.customer("ann").await);
    let milk = shop.milk(&staff).await;
    let (_, before) = newest(&admin).await;
    for client in [&ann, &staff] {
        client.post("/cart/add", json!({"product_id": milk})).await.ok(200);
    }
    ann.send("POST", "/checkout", "").await.ok(201);
    let order = json!({"user_id": staff.id, "items": [{"product_id": milk}]});
    staff.post("/orders", order).await.ok(201);
    assert_eq!(newest(&admin).await.1, before, "their own");

    let cart = format!("/cart/{}", ann.id);
    staff.post(&format!("{cart}/items"), json!({"product_id": milk})).await.ok(201);
    let (entry, _) = newest(&admin).await;
    assert_eq!(
        (&entry["action"], &entry["before"]),
        (&json!("cart.update"), &json!({"items": []}))
    );
    assert_eq!(entry["after"]["items"][0]["quantity"], 1);
    let line = ann.get(&cart).await.ok(200)["items"][0]["id"].clone();
    let line = format!("{cart}/items/{line}");
    staff.put(&line, json!({"quantity": 3})).await.ok(200);
    staff.delete(&line).await.ok(200);
    staff.delete(&cart).await.ok(200);
    assert_eq!(newest(&admin).await.1, before + 3, "emptying an empty cart changes nothing");
    staff.post(&format!("{cart}/items"), json!({"product_id": milk})).await.ok(201);
    let cart = ann.get(&cart).await.ok(200)["id"].clone();
    staff.post("/checkout", json!({"cart": cart})).await.ok(201);
    let order = json!({"user_id": ann.id, "items": [{"product_id": milk}]});
    staff.post("/orders", order).await.ok(201);
    let orders = entries(&admin, "action=order.create&actor=staff").await;
    assert_eq!(orders.len(), 2);
    assert_eq!(orders[0]["after"]["total"], 1.29);
}

#[tokio::test]
async fn who_signs_in_and_out_is_recorded() {
    let shop = TestApp::new();
    let admin = shop.admin().await;
    let ann = json!({"username": "ann", "password": "securepassword"});
    shop.anonymous().post("/auth/signup", ann.clone()).await.ok(201);
    let pair = shop.anonymous().post("/auth/login", ann.clone()).await.ok(200);
    let here = shop.bearer(pair["token"].as_str().unwrap());
    let change = json!({"old_password": "securepassword", "new_password": "correct horse"});
    here.post("/auth/change-password", change).await.ok(200);
    shop.anonymous().post("/auth/refresh", json!({"refresh_token": pair["refresh_token"]})).await;
    here.send("POST", "/auth/logout", "").await.ok(200);
    here.send("POST", "/auth/logout", "").await.ok(200);
    let id = pair["user"]["id"].as_u64().unwrap();
    let found = entries(&admin, &format!("target=user:{id}")).await;
    let actions: Vec<_> = found.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(
        actions,
        [
            "session.sign-out",
            "user.change-password",
            "session.sign-in",
            "session.sign-in",
            "user.sign-up"
        ]
    );
    let hows: Vec<_> = found[2..4].iter().map(|entry| &entry["after"]["how"]).collect();
    assert_eq!(hows, ["password", "new"]);
    assert_eq!((&found[4]["actor"], &found[4]["from"]), (&json!("anonymous"), &json!("127.0.0.1")));
    assert_eq!(found[0]["actor_name"], "ann");
    shop.anonymous().post("/auth/login", ann).await.refused(401, "wrong-credentials");
}

#[tokio::test]
async fn failed_sign_ins_are_counted_and_strangers_not_named() {
    let shop = TestApp::new();
    let admin = shop.admin().await;
    let ann = shop.customer("ann").await;
    let try_as = async |name: &str| {
        let body = json!({"username": name, "password": "hunter2hunter2"});
        shop.anonymous().post("/auth/login", body).await.status
    };
    for _ in 0..7 {
        try_as("ann").await;
    }
    // People type their password where the name belongs.
    assert_eq!(try_as("my-secret-password").await, 401);
    let (_, total) = newest(&admin).await;
    let failed = entries(&admin, "action=session.sign-in-failed").await;
    assert_eq!(failed.len(), 2, "{failed:?}");
    let of = |target: &str| failed.iter().find(|entry| entry["target"] == target).unwrap();
    let known = of(&format!("user:{}", ann.id));
    assert_eq!(
        known["after"],
        json!({"how": "password", "failed": 5, "throttled": 2}),
        "no password was looked at after the fifth"
    );
    assert_eq!((&known["actor"], &known["from"]), (&json!("anonymous"), &json!("127.0.0.1")));
    assert_eq!(of("user")["after"], json!({"how": "password", "failed": 1}));
    admin.patch("/users/ann", json!({"disabled": true})).await.ok(200);
    let setup = json!({"token": "x", "username": "eve", "password": "correct horse"});
    shop.anonymous().post("/setup", setup).await.refused(409, "already-set-up");
    assert_eq!(newest(&admin).await.1, total + 1, "what is refused for all is no attempt");
}

#[tokio::test]
async fn no_secret_is_in_the_log() {
    let shop = TestApp::new();
    let owner = json!({
        "token": shop.setup_token.expose(), "username": "owner", "password": "correct horse",
    });
    let pair = shop.anonymous().post("/setup", owner).await.ok(201);
    let owner = shop.bearer(pair["access_token"].as_str().unwrap());
    let sam = json!({"username": "sam", "password": "battery staple", "role": "staff"});
    owner.post("/users", sam).await.ok(201);
    owner.patch("/users/sam", json!({"password": "nine lemons"})).await.ok(200);
    let device = owner.post("/devices", json!({"name": "Cart 7"})).await.ok(201);
    let rotated =
        owner.send("POST", &format!("/devices/{}/rotate", device["id"]), "").await.ok(200);
    let log = owner.get("/audit/export").await.text;
    let told = entries(&owner, "action=user.update").await;
    assert_eq!(told[0]["after"], json!({"password": "changed"}));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    for secret in [
        "correct horse".to_owned(),
        "battery staple".into(),
        "nine lemons".into(),
        "argon2".into(),
        "cwk_".into(),
        shop.setup_token.expose().to_owned(),
        text(&device["key"]),
        text(&device["cart_code"]),
        text(&rotated["key"]),
        text(&pair["access_token"]),
        text(&pair["refresh_token"]),
    ] {
        assert!(!log.contains(&secret), "{secret}");
    }
}

#[tokio::test]
async fn entries_are_found_by_what_they_are() {
    let shop = TestApp::new();
    let (admin, staff) = (shop.admin().await, shop.staff().await);
    let milk = shop.milk(&staff).await;
    shop.wait(60);
    let salt = shop.product(&admin, json!({"name": "Salt", "price": 1})).await;
    let count = async |query: &str| {
        let answer = admin.get(&format!("/audit?{query}")).await;
        let found = answer.body.as_array().unwrap().len();
        assert_eq!(answer.header("x-total-count"), found.to_string(), "{query}");
        found
    };
    assert_eq!(count("action=product.").await, 2);
    assert_eq!(count("action=product.create&actor=staff").await, 1);
    assert_eq!(count(&format!("actor=user:{}&target=product", admin.id)).await, 1);
    assert_eq!(count(&format!("target=product:{milk}")).await, 1);
    assert_eq!(count("target=prod").await, 0);
    assert_eq!(count("actor=cli&action=user.create").await, 2);
    assert_eq!(count("action=product&from=2026-11-20T12:00:01Z").await, 1);
    assert_eq!(count("action=product&to=2026-11-20T12:00:01Z").await, 1);
    admin.get("/audit?from=yesterday").await.names("from");
    let all = admin.get("/audit?limit=1000").await.ok(200);
    let all = all.as_array().unwrap();
    let seqs: Vec<_> = all.iter().map(|entry| entry["seq"].as_u64().unwrap()).collect();
    let total = u64::try_from(all.len()).unwrap();
    assert_eq!(seqs, (1..=total).rev().collect::<Vec<_>>());
    assert_eq!(all[0]["target"], format!("product:{salt}"));
    // Pages join up, with and without a filter.
    for query in ["", "actor=cli&"] {
        let whole = entries(&admin, &format!("{query}limit=1000")).await;
        let mut pages = Vec::new();
        for offset in 0..whole.len() {
            pages.extend(entries(&admin, &format!("{query}limit=1&offset={offset}")).await);
        }
        assert_eq!(pages, whole);
    }
    let first = admin.get("/audit?limit=2").await;
    assert_eq!(first.header("link"), "</audit?limit=2&offset=2>; rel=\"next\"");
    assert_eq!(entries(&admin, "offset=1000").await, [] as [Value; 0]);
}

/// The recipe of the document, by hand.
fn verified(export: &str) -> String {
    let genesis = Sha256::digest("cartwright audit log");
    let mut last = to_hex(&genesis.into());
    for line in export.lines() {
        let entry: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| match &entry[name] {
            Value::Null => String::new(),
            Value::Number(number) => number.to_string(),
            other => other.as_str().unwrap().to_owned(),
        };
        let names = [
            "prev_hash",
            "seq",
            "at",
            "actor",
            "actor_name",
            "from",
            "action",
            "target",
            "before",
            "after",
        ];
        let texts = std::iter::once("cartwright-audit-1".to_owned()).chain(names.map(text));
        let mut data = Vec::new();
        for text in texts {
            data.extend(u32::try_from(text.len()).unwrap().to_be_bytes());
            data.extend(text.bytes());
        }
        assert_eq!(entry["prev_hash"], last, "{line}");
        last = to_hex(&Sha256::digest(&data).into());
        assert_eq!(entry["hash"], last, "{line}");
    }
    last
}

#[tokio::test]
async fn an_export_can_be_verified_by_others() {
    let shop = TestApp::new();
    let (admin, staff) = (shop.admin().await, shop.staff().await);
    shop.milk(&staff).await;
    let cheese =
        json!({"name": "Käse \"jung\" \u{1F9C0}", "price": 1, "description": "ä".repeat(4_000)});
    shop.product(&staff, cheese).await;
    for number in 0..260 {
        shop.product(&staff, json!({"name": format!("Tea {number}"), "price": 1})).await;
    }
    let answer = admin.get("/audit/export").await;
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    let (entry, total) = newest(&admin).await;
    assert_eq!(answer.text.lines().count(), usize::try_from(total).unwrap());
    assert_eq!(verified(&answer.text), entry["hash"].as_str().unwrap());
    let long = entries(&admin, "action=product.create&limit=1000").await;
    let long = long.iter().find(|entry| entry["after"]["cut"] == true).unwrap();
    assert!(long["after"]["bytes"].as_u64().unwrap() > 8 * 1024);
    assert!(long["after"]["start"].as_str().unwrap().contains("ää"));
}

#[tokio::test]
async fn an_import_tells_what_it_changed() {
    let shop = TestApp::new();
    let (admin, staff) = (shop.admin().await, shop.staff().await);
    let import = async |file: &str, query: &str| {
        staff.send("POST", &format!("/products/import{query}"), file).await.ok(200)
    };
    let file = "sku,name,price\nA,Milk,1.29\nB,Bread,2.5\n";
    import(file, "?dry_run=true").await;
    assert_eq!(entries(&admin, "action=product.import").await.len(), 0);
    import(file, "").await;
    import(file, "").await;
    import(&file.replace("1.29", "1.39"), "").await;
    let found = entries(&admin, "action=product.import").await;
    assert_eq!(found.len(), 2, "an import that changes nothing is no entry");
    assert_eq!((&found[1]["after"]["new"], &found[0]["after"]["changed"]), (&json!(2), &json!(1)));
    assert_eq!(found[0]["before"], json!({"rows": {"1": {"price": 1.29, "version": 1}}}));
    assert_eq!(found[0]["after"]["rows"], json!({"1": {"price": 1.39, "version": 2}}));
    assert_eq!(found[0]["after"]["sha256"].as_str().unwrap().len(), 64);
}

#[tokio::test]
async fn tampering_is_found_in_a_backup_and_survives_a_restore() {
    let outer = tempfile::tempdir().unwrap();
    let dir = DataDir::open(outer.path().join("data")).unwrap();
    let store = Store::open(&dir.database(), cartwright::storage::Options::default()).unwrap();
    let parts = Parts { store: store.clone(), ..Parts::default() };
    let clock = parts.clock.clone();
    let shop = TestApp::of(parts);
    let admin = shop.admin().await;
    shop.milk(&admin).await;
    let (entry, total) = newest(&admin).await;
    let archive = |name: &str| {
        let path = outer.path().join(name);
        let (path, store, dir, now) = (path, store.clone(), dir.clone(), clock.now());
        tokio::task::spawn_blocking(move || {
            let made = backup::create_file(&store, &dir, &path, now).unwrap();
            assert_eq!(backup::verify_file(&path).unwrap(), made);
            (path, made.audit)
        })
    };
    let (path, audit) = archive("good.cwb").await.unwrap();
    assert_eq!((audit.head_seq, audit.entries, &audit.fault), (total, total, &None));
    assert_eq!(entry["hash"], audit.head_hash);

    // A restored shop's log goes on from there.
    let copy = outer.path().join("copy");
    let restored = {
        let (path, copy, now) = (path.clone(), copy.clone(), clock.now());
        tokio::task::spawn_blocking(move || {
            let copy = DataDir::open(copy).unwrap();
            backup::restore(&path, &copy, now, false).unwrap();
            Store::open(&copy.database(), cartwright::storage::Options::default()).unwrap()
        })
    };
    let shop = TestApp::of(Parts { store: restored.await.unwrap(), clock: clock.clone() });
    let owner = shop.account_again("admin").await;
    let found = entries(&owner, "limit=1000").await;
    let place = found.iter().position(|entry| entry["action"] == "backup.restore").unwrap();
    assert_eq!(found[place]["prev_hash"], audit.head_hash);
    assert_eq!((&found[place]["actor"], &found[place]["from"]), (&json!("cli"), &json!("local")));
    let report = verified(&owner.get("/audit/export").await.text);
    assert_eq!(report, newest(&owner).await.0["hash"].as_str().unwrap());

    // A clerk with an editor.
    let change = store.write(|tx| {
        let mut entry = tx.get(AUDIT_BY_SEQ, &2)?.unwrap();
        entry.event.actor_name = Some("somebody else".into());
        tx.put(AUDIT_BY_SEQ, &2, &entry)
    });
    change.await.map_err(|error: cartwright::storage::WriteError<Error>| error).unwrap();
    let (_, audit) = archive("altered.cwb").await.unwrap();
    assert_eq!(audit.fault.unwrap().seq, 2);
    let cut = store.write(move |tx| {
        tx.remove(AUDIT_BY_SEQ, &2)?;
        tx.remove(AUDIT_BY_SEQ, &total).map(drop)
    });
    cut.await.map_err(|error: cartwright::storage::WriteError<Error>| error).unwrap();
    let (_, audit) = archive("cut.cwb").await.unwrap();
    assert_eq!(audit.fault.unwrap().seq, 2, "the first one is named");
}
