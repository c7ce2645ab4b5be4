//! Promotions: who may make them, when they count, what they take off, and that each start is
//! told once.

use std::fmt::Write;

use cartwright::app::Admin;
use cartwright::wire::import::ImportOptions;
use serde_json::{Value, json};

use crate::support::{Client, Parts, TestApp};

const NOON: &str = "2026-11-20T12:00:00Z";

fn percent(value: f64, scope: &Value) -> Value {
    let mut promotion = json!({"name": "Week", "kind": "percent", "value": value});
    for (member, content) in scope.as_object().unwrap() {
        promotion[member] = content.clone();
    }
    promotion
}

async fn promote(staff: &Client, promotion: Value) -> u64 {
    staff.post("/promotions", promotion).await.ok(201)["id"].as_u64().unwrap()
}

/// Milk in `Dairy/Milk` at 1.29, ten of it.
async fn dairy_milk(shop: &TestApp, staff: &Client) -> u64 {
    let milk = shop.milk(staff).await;
    staff.patch(&format!("/products/{milk}"), json!({"category": "Dairy/Milk"})).await.ok(200);
    milk
}

fn ids(list: &Value) -> Vec<u64> {
    list.as_array().unwrap().iter().map(|item| item["id"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn a_promotion_comes_changes_and_goes() {
    let shop = TestApp::new();
    let (staff, anyone) = (shop.staff().await, shop.anonymous());
    let milk = shop.milk(&staff).await;
    let body = json!({
        "name": "Milk week", "kind": "percent", "value": 12.5, "scope": "product",
        "product_ids": [milk, milk], "categories": [], "ends_at": "2026-11-27T12:00:00+01:00",
    });
    let made = staff.post("/promotions", body).await;
    assert_eq!(made.header("etag"), "\"1\"");
    let made = made.ok(201);
    assert_eq!(
        made,
        json!({
            "id": 1, "name": "Milk week", "message": "Milk week: 12.5 % off Milk 1 l",
            "kind": "percent", "value": 12.5, "scope": "product", "product_ids": [milk],
            "categories": [], "starts_at": NOON, "ends_at": "2026-11-27T11:00:00Z",
            "active": true, "running": true, "version": 1, "created_at": NOON, "updated_at": NOON,
        })
    );
    assert_eq!(anyone.get("/promotions/1").await.ok(200), made);
    assert_eq!(anyone.get("/api/v1/promotions/").await.ok(200), json!([made]));

    // An answer may be edited and sent back.
    let mut edited = made.clone();
    edited["name"] = "Cream week".into();
    let path = "/promotions/1";
    staff.with("if-match", "\"7\"").patch(path, edited.clone()).await.refused(412, "stale-version");
    let changed = staff.with("if-match", "\"1\"").patch(path, edited).await;
    assert_eq!(changed.header("etag"), "\"2\"");
    let changed = changed.ok(200);
    assert_eq!(changed["message"], "Cream week: 12.5 % off Milk 1 l");
    let money = json!({"kind": "amount", "value": 0.3, "message": "Thirty cents!"});
    let changed = staff.patch(path, money).await.ok(200);
    assert_eq!((&changed["value"], &changed["message"]), (&json!(0.3), &json!("Thirty cents!")));
    let same = staff.patch(path, json!({"value": 0.30})).await.ok(200);
    assert_eq!(same["version"], 3, "the same again is no edit");

    staff.with("if-match", "\"2\"").delete(path).await.refused(412, "stale-version");
    let deleted = staff.delete(path).await.ok(200);
    assert_eq!((&deleted["deleted"], &deleted["promotion_id"]), (&json!(true), &json!(1)));
    for client in [&staff, &anyone] {
        client.get(path).await.refused(404, "not-found");
        assert_eq!(client.get("/promotions").await.ok(200), json!([]));
    }
    staff.patch(path, json!({})).await.refused(404, "not-found");
}

#[tokio::test]
async fn a_repeated_creation_is_one_promotion() {
    let shop = TestApp::new();
    let staff = shop.staff().await.with("idempotency-key", "k1");
    let body = percent(10.0, &json!({"scope": "cart"}));
    let first = staff.post("/promotions", body.clone()).await;
    let again = staff.post("/api/v1/promotions", body).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"));
    assert_eq!(again.text, first.text);
    assert_eq!(staff.get("/promotions").await.header("x-total-count"), "1");
}

#[tokio::test]
async fn bad_promotions_are_refused_field_by_field() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    let good = percent(10.0, &json!({"product_ids": [milk]}));
    for (field, member, value) in [
        ("name", "name", json!("")),
        ("kind", "kind", json!("bogof")),
        ("value", "value", json!(100.01)),
        ("value", "value", json!(0)),
        ("value", "value", json!(10.125)),
        ("value", "value", json!("10")),
        ("scope", "scope", json!("shelf")),
        ("product_ids", "product_ids", json!([])),
        ("product_ids[1]", "product_ids", json!([milk, 99])),
        ("product_ids[0]", "product_ids", json!([0])),
        ("product_ids[0]", "product_ids", json!(["1"])),
        ("categories", "categories", json!(["Dairy"])),
        ("ends_at", "ends_at", json!(NOON)),
        ("ends_at", "ends_at", json!("soon")),
        ("starts_at", "starts_at", json!(1_700_000_000)),
        ("discount", "discount", json!(5)),
    ] {
        let mut bad = good.clone();
        bad["scope"] = "product".into();
        bad[member] = value.clone();
        let answer = staff.post("/promotions", bad).await;
        assert_eq!(answer.status, 400, "{member} {value}");
        answer.names(field);
    }
    let money = json!({"name": "Off", "kind": "amount", "value": 0.005, "scope": "cart"});
    staff.post("/promotions", money).await.names("value");
    staff.post("/promotions", json!({"name": "x"})).await.names("scope");
    let many: Vec<u64> = (1..=1_001).collect();
    staff
        .post("/promotions", percent(1.0, &json!({"product_ids": many})))
        .await
        .names("product_ids");
    assert_eq!(staff.get("/promotions").await.ok(200), json!([]));
    assert_eq!(promote(&staff, good).await, 1, "a refusal uses up no id");
}

#[tokio::test]
async fn staff_write_and_others_see_what_runs_or_will() {
    let shop = TestApp::new();
    let (staff, ann) = (shop.staff().await, shop.customer("ann").await);
    let cart = json!({"scope": "cart"});
    ann.post("/promotions", percent(10.0, &cart)).await.refused(403, "forbidden");
    shop.anonymous().delete("/promotions/1").await.refused(401, "unauthenticated");
    let now = promote(&staff, percent(10.0, &cart)).await;
    let later = json!({"scope": "cart", "starts_at": "2026-11-21T12:00:00Z"});
    let later = promote(&staff, percent(10.0, &later)).await;
    let off = promote(&staff, percent(10.0, &json!({"scope": "cart", "active": false}))).await;
    let past = json!({"scope": "cart", "starts_at": "2026-11-01", "ends_at": "2026-11-02"});
    let past = promote(&staff, percent(10.0, &past)).await;
    assert_eq!(ids(&ann.get("/promotions").await.ok(200)), [now, later]);
    assert_eq!(ids(&ann.get("/promotions?running=true").await.ok(200)), [now]);
    assert_eq!(ids(&staff.get("/promotions").await.ok(200)), [now, later, off, past]);
    let page = staff.get("/promotions?offset=1&limit=2").await;
    assert_eq!(page.header("x-total-count"), "4");
    assert_eq!(ids(&page.ok(200)), [later, off]);
    for hidden in [off, past] {
        ann.get(&format!("/promotions/{hidden}")).await.refused(404, "not-found");
        staff.get(&format!("/promotions/{hidden}")).await.ok(200);
    }
}

#[tokio::test]
async fn products_show_their_offers_while_they_run() {
    let shop = TestApp::new();
    let (staff, anyone) = (shop.staff().await, shop.anonymous());
    let (milk, apples) = (dairy_milk(&shop, &staff).await, shop.apples(&staff).await);
    let tofu = json!({"name": "Tofu", "price": 2, "category": "DairyFree"});
    let tofu = shop.product(&staff, tofu).await;
    let week = json!({"categories": ["Dairy"], "starts_at": "2026-11-20T12:10:00Z",
        "ends_at": "2026-11-20T12:20:00Z"});
    promote(&staff, percent(25.0, &week)).await;
    let kilo = json!({"name": "Kilo", "kind": "amount", "value": 0.5, "product_ids": [apples]});
    promote(&staff, kilo).await;
    promote(&staff, percent(1.0, &json!({"scope": "cart"}))).await;
    let offered = async |offered: &[u64]| {
        let offers = anyone.get("/products/offers").await.ok(200);
        assert_eq!(ids(&offers["offers"]), offered);
        assert_eq!(ids(&anyone.get("/products?on_offer=true").await.ok(200)), offered);
        let rest = anyone.get("/products?on_offer=false").await.ok(200);
        assert_eq!(ids(&rest).len(), 3 - offered.len());
    };
    offered(&[apples]).await;
    shop.wait(600);
    offered(&[milk, apples]).await;
    for path in [format!("/products/{milk}"), "/products/barcode/4006381333931".to_owned()] {
        let found = anyone.get(&path).await;
        let etag = found.header("etag").to_owned();
        let found = found.ok(200);
        assert_eq!(
            (&found["price"], &found["discounted_price"], &found["offer_name"]),
            (&json!(1.29), &json!(0.97), &json!("Week")),
        );
        assert_eq!(etag, "\"2\"", "offers are no edits");
    }
    let found = anyone.get("/products/search?query=&on_offer=true&sort=price").await.ok(200);
    assert_eq!(
        (&found["total"], &found["results"][0]["discounted_price"]),
        (&json!(2), &json!(0.97))
    );
    let kilo = anyone.get(&format!("/products/{apples}")).await.ok(200);
    assert_eq!((&kilo["discounted_price"], &kilo["offer_name"]), (&json!(1.99), &json!("Kilo")));
    let plain = anyone.get(&format!("/products/{tofu}")).await.ok(200);
    assert_eq!((&plain["discounted_price"], &plain["offer_name"]), (&Value::Null, &Value::Null));
    // A product that moves takes on what its new category has.
    staff.patch(&format!("/products/{tofu}"), json!({"category": "Dairy"})).await.ok(200);
    offered(&[milk, apples, tofu]).await;
    shop.wait(600);
    offered(&[apples]).await;
}

#[tokio::test]
async fn carts_and_orders_cost_what_the_best_promotion_leaves() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let (milk, apples) = (dairy_milk(&shop, &staff).await, shop.apples(&staff).await);
    staff.patch(&format!("/products/{milk}"), json!({"tax_rate": 7})).await.ok(200);
    let ann = shop.customer("ann").await;
    ann.post("/cart/add", json!({"product_id": milk, "quantity": 3})).await.ok(200);
    ann.post("/cart/add", json!({"product_id": apples, "weight_g": 1500})).await.ok(200);
    let until = json!({"categories": ["dairy"], "ends_at": "2026-11-20T13:00:00Z"});
    let week = promote(&staff, percent(20.0, &until)).await;
    promote(&staff, percent(10.0, &json!({"scope": "cart"}))).await;
    let cart = ann.get("/cart/view").await.ok(200);
    // 3.87 less 20 % is 3.096; 1.5 kg at 2.49 are 3.735, less 10 % 3.3615.
    let (first, second) = (&cart["items"][0], &cart["items"][1]);
    assert_eq!((&first["total"], &first["discount"]), (&json!(3.1), &json!(0.77)));
    assert_eq!(first["promotions"], json!([{"id": week, "name": "Week", "amount": 0.77}]));
    assert_eq!((&second["total"], &second["discount"]), (&json!(3.36), &json!(0.38)));
    for (member, amount) in [("subtotal", 7.61), ("discount", 1.15), ("tax", 0.2), ("total", 6.46)]
    {
        assert_eq!(cart[member], json!(amount), "{member}: {cart}");
    }
    let listed = staff.get("/carts").await.ok(200);
    assert_eq!(listed[0]["total"], 6.46);

    let order = |total: f64| json!({"user_id": ann.id, "total": total, "items": cart["items"]});
    ann.post("/orders", order(7.61)).await.refused(409, "price-changed");
    let placed = ann.post("/orders", order(6.46)).await.ok(201);
    assert_eq!(placed["items"][0]["promotions"], first["promotions"]);
    let checked_out = ann.send("POST", "/checkout", "").await.ok(201)["order"].clone();
    for (member, amount) in [("subtotal", 7.61), ("discount", 1.15), ("total", 6.46)] {
        assert_eq!((&placed[member], &checked_out[member]), (&json!(amount), &json!(amount)));
    }
    // What was bought stays as it was, whatever becomes of the promotion.
    staff.patch(&format!("/promotions/{week}"), json!({"name": "X", "value": 1})).await.ok(200);
    staff.delete(&format!("/promotions/{week}")).await.ok(200);
    let path = format!("/orders/{}", checked_out["id"]);
    assert_eq!(ann.get(&path).await.ok(200), checked_out);
    let receipt = ann.get(&format!("{path}/receipt?format=txt")).await.text;
    assert!(receipt.lines().all(|line| line.chars().count() <= 42), "{receipt}");
    for line in ["  3 x 1.29", "  Week", "You save", "TOTAL EUR"] {
        assert!(receipt.lines().any(|it| it.starts_with(line)), "{line}: {receipt}");
    }
    for amount in [" 3.87", " -0.77", " 7.61", " -1.15", " 6.46"] {
        assert!(receipt.lines().any(|it| it.ends_with(amount)), "{amount}: {receipt}");
    }
}

#[tokio::test]
async fn a_cart_follows_the_time_and_a_deactivation() {
    let shop = TestApp::new();
    let (staff, ann) = (shop.staff().await, shop.customer("ann").await);
    let milk = shop.milk(&staff).await;
    ann.post("/cart/add", json!({"product_id": milk})).await.ok(200);
    let window = json!({"scope": "cart", "starts_at": "2026-11-20T12:01:00Z",
        "ends_at": "2026-11-20T12:02:00Z"});
    promote(&staff, percent(50.0, &window)).await;
    let open = promote(&staff, percent(10.0, &json!({"product_ids": [milk]}))).await;
    let total = async || ann.get("/cart/view").await.ok(200)["total"].clone();
    let mut seen = Vec::new();
    for _ in 0..5 {
        seen.push(total().await);
        shop.wait(30);
    }
    // 1.29 less 10 % is 1.161, less half 0.645.
    assert_eq!(seen, [1.16, 1.16, 0.65, 0.65, 1.16]);
    staff.patch(&format!("/promotions/{open}"), json!({"active": false})).await.ok(200);
    assert_eq!(total().await, json!(1.29));
    staff.patch(&format!("/promotions/{open}"), json!({"active": true})).await.ok(200);
    assert_eq!(total().await, json!(1.16));
}

#[tokio::test]
async fn a_trolley_shows_what_is_to_be_paid() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let (milk, apples) = (shop.milk(&staff).await, shop.apples(&staff).await);
    let off =
        json!({"name": "Off", "kind": "amount", "value": 0.29, "product_ids": [milk, apples]});
    promote(&staff, off).await;
    let trolley = shop.device().await;
    let scan = json!({"barcode": "4006381333931", "quantity": 2});
    let scan = trolley.post("/cart/esp32/add_item", scan).await.ok(200);
    assert_eq!(scan["lcdMessage"], "Milk 1 l    1.00");
    assert_eq!((&scan["price"], &scan["total"]), (&json!(1), &json!(2)));
    // Item 12345 at an embedded 10.00: 4.01606... kg, each 0.29 cheaper.
    let priced = json!({"barcode": "2012345010000"});
    let priced = trolley.post("/cart/esp32/add_item", priced).await.ok(200);
    assert_eq!((&priced["price"], &priced["total"]), (&json!(8.84), &json!(10.84)));
    let page = trolley.get("/cart/esp32/cart").await.ok(200);
    assert_eq!((&page["lines"][1]["total"], &page["total"]), (&json!(8.84), &json!(10.84)));
    assert_eq!(trolley.post("/cart/esp32/heartbeat", json!({})).await.ok(200)["total"], 10.84);
    let order = trolley.post("/cart/esp32/checkout", json!({})).await.ok(200);
    assert_eq!(order["total"], 10.84);
}

#[tokio::test]
async fn files_of_promotions_come_in_by_name() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    let local = Admin::local().staff();
    let import = async |file: &str, options: ImportOptions| {
        shop.app.import_promotions(&local, file.as_bytes().to_vec(), options).await.unwrap()
    };
    let sku = staff.get(&format!("/products/{milk}")).await.ok(200)["sku"].clone();
    let sku = sku.as_str().unwrap();
    let file = format!(
        "name;kind;value;skus;categories;starts_at;ends_at;active\n\
         Milk week;percent;12,5;{sku};;2026-11-20T12:00;;\n\
         Bakery;amount;0.5;;Bakery|Sweets;2026-12-01;2026-12-24T18:00+01:00;no\n"
    );
    let dry = ImportOptions { dry_run: true, ..ImportOptions::default() };
    let tried = import(&file, dry).await;
    assert_eq!((tried.new, tried.rejected, tried.applied), (2, 0, false), "{tried:?}");
    assert_eq!(staff.get("/promotions").await.ok(200), json!([]));
    assert_eq!(import(&file, ImportOptions::default()).await.new, 2);
    assert_eq!(import(&file, ImportOptions::default()).await.unchanged, 2);
    let all = staff.get("/promotions").await.ok(200);
    assert_eq!((&all[0]["product_ids"], &all[0]["value"]), (&json!([milk]), &json!(12.5)));
    assert_eq!(all[1]["categories"], json!(["Bakery", "Sweets"]));
    assert_eq!(all[1]["ends_at"], "2026-12-24T17:00:00Z");
    assert_eq!(staff.get(&format!("/products/{milk}")).await.ok(200)["offer_name"], "Milk week");

    let bad = "name,kind,value,skus,product_ids,scope\n\
        A,percent,200,,,cart\nB,percent,10,NONE-1,,\n,percent,10,,,cart\nC,gift,x,,1|y,\n\
        D,percent,5,,1,\nA,percent,5,,,cart\nE,percent,5,,77,\n";
    let refused = import(bad, ImportOptions::default()).await;
    let places: Vec<_> = refused.errors.iter().map(|it| (it.line, it.field.as_str())).collect();
    let wanted = [
        (2, "value"),
        (3, "skus"),
        (4, "name"),
        (5, "product_ids"),
        (5, "value"),
        (7, "name"),
        (8, "product_ids[0]"),
    ];
    assert_eq!(places, wanted, "{refused:?}");
    assert_eq!((refused.new, refused.rejected, refused.applied), (0, 6, false));
    let partial = ImportOptions { partial: true, ..ImportOptions::default() };
    let some = import(bad, partial.clone()).await;
    assert_eq!((some.new, some.rejected, some.applied), (1, 6, true));
    let ndjson = "{\"name\":\"D\",\"value\":6,\"version\":9}\n{\"name\":\"F\",\"hue\":1}\n";
    let more = import(ndjson, partial).await;
    assert_eq!((more.changed, more.rejected), (1, 1));
    assert_eq!((more.errors[0].line, more.errors[0].field.as_str()), (2, "hue"));
}

#[tokio::test]
async fn each_start_is_announced_once_and_numbers_rise_through_restarts() {
    let first = Parts::default();
    let (store, clock) = (first.store.clone(), first.clock.clone());
    let shop = TestApp::of(first);
    let mut heard = shop.app.announcements();
    let staff = shop.staff().await;
    let cart = json!({"scope": "cart"});
    let now = promote(&staff, percent(10.0, &cart)).await;
    let told = heard.try_recv().unwrap();
    assert_eq!((told.seq, &*told.message), (1, "Week: 10 % off everything"));
    let shown = staff.get(&format!("/promotions/{now}")).await.ok(200);
    assert_eq!(told.promotion, shown);
    assert_eq!(shown["version"], 1, "to be announced is no edit");

    // Edits of what runs say nothing; another run does.
    let path = format!("/promotions/{now}");
    staff.patch(&path, json!({"value": 20})).await.ok(200);
    staff.patch(&path, json!({"active": false})).await.ok(200);
    assert!(heard.try_recv().is_err());
    staff.patch(&path, json!({"active": true})).await.ok(200);
    assert_eq!(heard.try_recv().unwrap().seq, 2);

    let soon = json!({"scope": "cart", "starts_at": "2026-11-20T12:10:00Z"});
    promote(&staff, percent(5.0, &soon)).await;
    let brief = json!({"scope": "cart", "starts_at": "2026-11-20T12:11:00Z",
        "ends_at": "2026-11-20T12:12:00Z"});
    promote(&staff, percent(5.0, &brief)).await;
    assert_eq!(shop.app.next_promotion_moment().unwrap().unwrap().as_secs(), 600);
    assert_eq!(shop.app.announce_due().await.unwrap(), 0);
    assert!(heard.try_recv().is_err());
    drop(shop);

    // It began, and another came and went, while the appliance was off.
    clock.advance(jiff::SignedDuration::from_mins(15));
    let shop = TestApp::of(Parts { store: store.clone(), clock: clock.clone() });
    let mut heard = shop.app.announcements();
    assert_eq!(shop.app.announce_due().await.unwrap(), 1);
    let told = heard.try_recv().unwrap();
    assert_eq!((told.seq, &told.promotion["id"]), (3, &json!(2)));
    drop(shop);
    let shop = TestApp::of(Parts { store, clock });
    assert_eq!(shop.app.announce_due().await.unwrap(), 0);
    assert_eq!(shop.app.next_promotion_moment().unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_announcers_tell_one_start_once() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    for minute in 1..=5 {
        let at = json!({"scope": "cart", "starts_at": format!("2026-11-20T12:0{minute}:00Z")});
        promote(&staff, percent(5.0, &at)).await;
    }
    let mut heard = shop.app.announcements();
    shop.wait(600);
    let all = (0..8).map(|_| {
        let app = shop.app.clone();
        tokio::spawn(async move { app.announce_due().await.unwrap() })
    });
    let counts = futures_util::future::join_all(all).await;
    assert_eq!(counts.into_iter().map(Result::unwrap).sum::<usize>(), 5);
    let seqs: Vec<u64> = std::iter::from_fn(|| heard.try_recv().ok()).map(|it| it.seq).collect();
    assert_eq!(seqs, [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn what_was_promoted_may_leave_the_catalogue() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let (milk, apples) = (shop.milk(&staff).await, shop.apples(&staff).await);
    let both = json!({"product_ids": [milk, apples]});
    let id = promote(&staff, percent(10.0, &both)).await;
    staff.delete(&format!("/products/{milk}")).await.ok(200);
    let path = format!("/promotions/{id}");
    let mut back = staff.get(&path).await.ok(200);
    back["value"] = 15.into();
    assert_eq!(staff.patch(&path, back).await.ok(200)["value"], 15);
    assert_eq!(ids(&staff.get("/products/offers").await.ok(200)["offers"]), [apples]);
    let gone = json!({"product_ids": [apples]});
    staff.patch(&path, gone).await.ok(200);
    staff.patch(&path, both).await.names("product_ids[0]");
}

#[tokio::test]
async fn a_shop_has_a_limit_of_promotions() {
    let shop = TestApp::new();
    let mut file = String::from("name,kind,value,scope,starts_at\n");
    for number in 1..=501 {
        writeln!(file, "P{number},percent,1,cart,2027-01-01").unwrap();
    }
    let local = Admin::local().staff();
    let partial = ImportOptions { partial: true, ..ImportOptions::default() };
    let report =
        shop.app.import_promotions(&local, file.as_bytes().to_vec(), partial).await.unwrap();
    assert_eq!((report.new, report.rejected, report.errors[0].line), (500, 1, 502));
    let staff = shop.staff().await;
    let one_more = percent(1.0, &json!({"scope": "cart"}));
    staff.post("/promotions", one_more.clone()).await.refused(409, "too-many-promotions");
    staff.delete("/promotions/7").await.ok(200);
    assert_eq!(promote(&staff, one_more).await, 501);
}
