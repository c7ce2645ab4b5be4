//! Blocked aisles: reported, walked round, over.

use cartwright::storage::Reader;
use cartwright::storage::tables::CLOSURE_BY_ID;
use serde_json::{Value, json};

use crate::support::{Client, Parts, TestApp};

const CLOSURES: &str = "/map/closures";
const WALK: &str = "/cart/shortest_path";

/// Two ways from the entrance to the till: 20 m by aisle A1, 40 m round by A2.
fn two_aisles() -> Value {
    json!({
        "name": "Two aisles",
        "nodes": [
            {"id": "in", "x": 0, "y": 0, "kind": "entrance"}, {"id": "a", "x": 10, "y": 0},
            {"id": "b", "x": 0, "y": 10}, {"id": "c", "x": 20, "y": 10},
            {"id": "out", "x": 20, "y": 0, "kind": "checkout"},
        ],
        "edges": [
            {"from": "in", "to": "a", "aisle": "A1"}, {"from": "a", "to": "out", "aisle": "A1"},
            {"from": "in", "to": "b"}, {"from": "b", "to": "c", "aisle": "A2"},
            {"from": "c", "to": "out"},
        ],
        "locations": [{"id": "A1-01", "from": "in", "to": "a", "offset": 5},
                      {"id": "A2-01", "from": "b", "to": "c", "offset": 5}],
    })
}

/// Puts a map that has an aisle A1.
pub(super) async fn aisled(staff: &Client) {
    staff.put("/map", two_aisles()).await.ok(200);
}

async fn metres(shopper: &Client) -> f64 {
    shopper.post(WALK, json!({"stops": []})).await.ok(200)["distance"].as_f64().unwrap()
}

fn near(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-6
}

#[tokio::test]
async fn the_next_walk_goes_round_and_says_why() {
    let shop = TestApp::new();
    let (staff, ann) = (shop.staff().await, shop.customer("ann").await);
    staff.get(CLOSURES).await.ok(200);
    staff.post(CLOSURES, json!({"aisle": "A1"})).await.refused(404, "not-found");
    aisled(&staff).await;
    assert!(near(metres(&ann).await, 20.0));
    let spill = json!({"aisle": "A1", "reason": " spill "});
    let spill = staff.post(CLOSURES, spill).await.ok(201);
    let at = "2026-11-20T12:00:00Z";
    assert_eq!(
        spill,
        json!({"id": 1, "aisle": "A1", "from": null, "to": null, "reason": "spill", "until": null,
               "created_at": at, "created_by": "staff", "edges": 2})
    );
    assert!(near(metres(&ann).await, 40.0));
    let milk = json!({"name": "Milk", "price": 1, "location": "A1-01"});
    let milk = shop.product(&staff, milk).await;
    let stops = json!({"stops": [{"product_id": milk}, {"node": "a"}, {"location": "A2-01"}]});
    let walk = ann.post(WALK, stops.clone()).await.ok(200);
    let reason = "the aisle it stands in is blocked: spill";
    assert_eq!(
        walk["unreachable"],
        json!([{"index": 0, "reason": reason}, {"index": 1, "reason": reason}])
    );
    assert_eq!(walk["stops"][0]["index"], 2);
    // A point beside the blocked aisle joins what is open: the way up from the entrance.
    let point = json!({"stops": [{"x": 3, "y": 2}], "ends": ["in"]});
    let walk = ann.post(WALK, point).await.ok(200);
    assert!(near(walk["distance"].as_f64().unwrap(), 10.0), "{walk}");

    let all = staff.get(CLOSURES).await;
    assert_eq!(all.header("x-total-count"), "1");
    assert_eq!(all.ok(200), json!([spill]));
    let gone = staff.delete("/map/closures/1").await.ok(200);
    assert_eq!(gone, json!({"message": "Closure deleted", "deleted": true, "closure_id": 1}));
    staff.delete("/map/closures/1").await.refused(404, "not-found");
    assert!(near(metres(&ann).await, 20.0));
    assert_eq!(ann.post(WALK, stops).await.ok(200)["unreachable"], json!([]));
    ann.get(CLOSURES).await.refused(403, "forbidden");
}

#[tokio::test]
async fn whoever_stands_in_a_blocked_aisle_gets_out_of_it() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    aisled(&staff).await;
    let trolley = shop.device().await;
    staff.post(CLOSURES, json!({"aisle": "A1"})).await.ok(201);
    for place in [json!({"tag": "a"}), json!({"tag": "A1-01"}), json!({"x": 4, "y": 0})] {
        trolley.post("/cart/esp32/location", place).await.ok(200);
        let walk = trolley.post(WALK, json!({"stops": []})).await.ok(200);
        assert_eq!(walk["end"], "out", "{walk}");
    }
    // Who names the node means it.
    trolley.post(WALK, json!({"start": "a", "stops": []})).await.refused(409, "no-walk");
}

#[tokio::test]
async fn a_stretch_is_blocked_in_both_directions() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    aisled(&staff).await;
    let made = staff.post(CLOSURES, json!({"from": "out", "to": "a"})).await.ok(201);
    assert_eq!(
        (&made["edges"], &made["aisle"], &made["from"]),
        (&json!(1), &json!(null), &json!("out"))
    );
    assert!(near(metres(&staff).await, 40.0));
    let stops = json!({"stops": [{"location": "A1-01"}]});
    assert!(near(staff.post(WALK, stops).await.ok(200)["distance"].as_f64().unwrap(), 50.0));
    staff.post(CLOSURES, json!({"aisle": "A2", "reason": "stocktaking"})).await.ok(201);
    staff.post(WALK, json!({"stops": []})).await.refused(409, "no-walk");
}

#[tokio::test]
async fn an_end_that_is_known_comes_by_itself() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    aisled(&staff).await;
    let soon = json!({"aisle": "A1", "until": "2026-11-20T12:30:00Z"});
    let soon = staff.post(CLOSURES, soon).await.ok(201);
    assert_eq!(soon["until"], "2026-11-20T12:30:00Z");
    assert!(near(metres(&staff).await, 40.0));
    shop.wait(30 * 60);
    let staff = shop.account_again("staff").await;
    assert!(near(metres(&staff).await, 20.0));
    assert_eq!(staff.get(CLOSURES).await.ok(200), json!([]));
    staff.delete("/map/closures/1").await.refused(404, "not-found");
    let rows = |shop: &TestApp| shop.store.read(|tx| tx.len(CLOSURE_BY_ID)).unwrap();
    assert_eq!(rows(&shop), 1);
    shop.app.prune().await.unwrap();
    assert_eq!(rows(&shop), 0);
    // A time without an offset is on the store's clock.
    let local = json!({"aisle": "A1", "until": "2026-11-20T14:00"});
    assert_eq!(staff.post(CLOSURES, local).await.ok(201)["until"], "2026-11-20T14:00:00Z");
}

#[tokio::test]
async fn another_map_keeps_them_and_a_restart_too() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    aisled(&staff).await;
    staff.post(CLOSURES, json!({"aisle": "A1", "reason": "spill"})).await.ok(201);
    let mut other = two_aisles();
    other["edges"][0]["aisle"] = "B1".into();
    other["edges"][1]["aisle"] = "B1".into();
    staff.put("/map", other).await.ok(200);
    assert_eq!(staff.get(CLOSURES).await.ok(200)[0]["edges"], 0);
    assert!(near(metres(&staff).await, 20.0));
    aisled(&staff).await;
    assert_eq!(staff.get(CLOSURES).await.ok(200)[0]["edges"], 2);
    let shop = TestApp::of(Parts { store: shop.store.clone(), ..Parts::default() });
    let ann = shop.customer("ann").await;
    assert!(near(metres(&ann).await, 40.0));
}

#[tokio::test]
async fn bad_reports_are_refused_and_the_same_one_counts_once() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    aisled(&staff).await;
    for (body, field) in [
        (json!({}), "aisle"),
        (json!({"aisle": "A9"}), "aisle"),
        (json!({"aisle": "A1", "from": "in", "to": "a"}), "aisle"),
        (json!({"from": "in"}), "aisle"),
        (json!({"from": "x", "to": "a"}), "from"),
        (json!({"from": "a", "to": "x"}), "to"),
        (json!({"from": "a", "to": "b"}), "to"),
        (json!({"aisle": "A1", "until": "2026-11-20T12:00:00Z"}), "until"),
        (json!({"aisle": "A1", "until": "tomorrow"}), "until"),
        (json!({"aisle": "A1", "reason": "x".repeat(201)}), "reason"),
        (json!({"aisle": "A1", "colour": "red"}), "colour"),
    ] {
        staff.post(CLOSURES, body).await.names(field);
    }
    assert_eq!(staff.get(CLOSURES).await.ok(200), json!([]));
    let keyed = staff.with("idempotency-key", "k1");
    let first = keyed.post(CLOSURES, json!({"aisle": "A1"})).await.ok(201);
    let again = keyed.post(CLOSURES, json!({"aisle": "A1"})).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.ok(201), first);
    assert_eq!(staff.get(CLOSURES).await.ok(200).as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn there_is_room_for_two_hundred() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    aisled(&staff).await;
    staff.post(CLOSURES, json!({"aisle": "A1", "until": "2026-11-20T13:00:00Z"})).await.ok(201);
    for _ in 1..200 {
        staff.post(CLOSURES, json!({"aisle": "A2"})).await.ok(201);
    }
    let late = staff.post(CLOSURES, json!({"aisle": "A2"})).await;
    late.refused(409, "too-many-closures");
    assert_eq!(staff.get(CLOSURES).await.ok(200).as_array().unwrap().len(), 200);
    shop.wait(60 * 60);
    let staff = shop.account_again("staff").await;
    // One that is over takes no room, even before it is swept away.
    staff.post(CLOSURES, json!({"aisle": "A2"})).await.ok(201);
}

#[tokio::test]
async fn the_picture_shows_what_is_blocked() {
    let shop = TestApp::new();
    let (staff, anyone) = (shop.staff().await, shop.anonymous());
    anyone.get("/map/picture").await.refused(404, "not-found");
    aisled(&staff).await;
    let svg = async || {
        let picture = anyone.get("/map/picture?floor=0").await;
        assert_eq!(picture.header("content-type"), "image/svg+xml");
        assert!(picture.header("content-security-policy").contains("sandbox"));
        picture.text
    };
    let open = svg().await;
    assert!(open.starts_with("<svg ") && open.contains("data-edge=\"4\""), "{open}");
    assert_eq!(anyone.get("/map/picture").await.text, open, "the entrance is on floor 0");
    let id = staff.post(CLOSURES, json!({"aisle": "A1"})).await.ok(201)["id"].clone();
    assert_ne!(svg().await, open);
    staff.delete(&format!("/map/closures/{id}")).await.ok(200);
    assert_eq!(svg().await, open);
    anyone.get("/map/picture?floor=7").await.names("floor");
    anyone.get("/map/picture?floor=up").await.names("floor");

    let plain = staff.post(WALK, json!({"stops": []})).await.ok(200);
    assert_eq!(plain.get("pictures"), None);
    let drawn = staff.post(&format!("{WALK}?picture=true"), json!({"stops": []})).await.ok(200);
    assert_eq!(drawn["pictures"].as_array().unwrap().len(), 1);
    let picture = &drawn["pictures"][0];
    assert_eq!(picture["floor"], 0);
    assert!(picture["svg"].as_str().unwrap().contains("class=\"walk"), "{picture}");
}
