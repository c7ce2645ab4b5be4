//! The shortest walk over HTTP: what may be left out, what older clients send and read, and
//! products that stand nowhere.

use cartwright::control::execute;
use cartwright::data_dir::DataDir;
use cartwright::wire::control::Request;
use cartwright::wire::import::ImportOptions;
use serde_json::{Value, json};

use crate::support::{Client, Parts, TestApp};

const WALK: &str = "/cart/shortest_path";

/// Four nodes in a row, ten metres apart; two entrances and two tills.
fn corridor() -> Value {
    json!({
        "name": "Corridor",
        "nodes": [
            {"id": "west", "x": 0, "y": 0, "kind": "entrance"},
            {"id": "a", "x": 10, "y": 0, "kind": "checkout"},
            {"id": "b", "x": 20, "y": 0},
            {"id": "c", "x": 30, "y": 0, "kind": "checkout"},
            {"id": "east", "x": 40, "y": 0, "kind": "entrance"},
        ],
        "edges": [
            {"from": "west", "to": "a"}, {"from": "a", "to": "b", "aisle": "A1"},
            {"from": "b", "to": "c", "aisle": "A2", "width_m": 0.8},
            {"from": "c", "to": "east", "hours": "08:00-12:30"},
        ],
        "sections": [{"id": "fresh", "name": "Fresh", "x1": 8, "y1": -2, "x2": 16, "y2": 2}],
        "locations": [
            {"id": "S-1", "from": "a", "to": "b", "offset": 2},
            {"id": "S-2", "from": "a", "to": "b", "offset": 5},
            {"id": "S-3", "from": "b", "to": "c", "offset": 9},
        ],
    })
}

async fn shop() -> (TestApp, Client, Client) {
    let shop = TestApp::new();
    let (staff, ann) = (shop.staff().await, shop.customer("ann").await);
    staff.put("/map", corridor()).await.ok(200);
    (shop, staff, ann)
}

#[track_caller]
fn is_metres(walk: &Value, metres: f64) {
    assert!((walk["distance"].as_f64().unwrap() - metres).abs() < 1e-6, "{metres} m: {walk}");
}

fn order(walk: &Value) -> Vec<u64> {
    let stops = walk["stops"].as_array().unwrap().iter();
    stops.map(|stop| stop["index"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn whatever_may_be_left_out_has_its_default() {
    let (shop, staff, ann) = shop().await;
    // The first entrance, no stops, the nearest till.
    for body in [json!({}), json!({"stops": []})] {
        let walk = ann.post(WALK, body).await.ok(200);
        is_metres(&walk, 10.0);
        assert_eq!((&walk["start"]["node"], &walk["end"]), (&json!("west"), &json!("a")));
        assert_eq!((&walk["optimal"], &walk["stops"]), (&json!(true), &json!([])));
    }
    is_metres(&ann.send("POST", WALK, "").await.ok(200), 10.0);
    // Anywhere, one's own ends, back again.
    let body = json!({"ends": [], "stops": [{"node": "b"}]});
    let walk = ann.post(WALK, body).await.ok(200);
    is_metres(&walk, 20.0);
    assert_eq!(walk["end"], "b");
    is_metres(&ann.post(WALK, json!({"ends": ["b", "c"], "stops": []})).await.ok(200), 20.0);
    is_metres(
        &ann.post(WALK, json!({"return_to_start": true, "stops": [{"node": "a"}]})).await.ok(200),
        20.0,
    );
    let both = json!({"return_to_start": true, "ends": [], "stops": []});
    ann.post(WALK, both).await.refused(400, "ends-with-return");
    // The open items of one's list: what is in the cart is not fetched again.
    let at = |name: &str, location: &str| json!({"name": name, "price": 1, "location": location});
    let milk = shop.product(&staff, at("Milk", "S-1")).await;
    let tea = shop.product(&staff, at("Tea", "S-3")).await;
    for (id, quantity) in [(milk, 1), (tea, 2)] {
        let item = json!({"product_id": id, "quantity": quantity});
        ann.post("/user/checklist/add", item).await.ok(200);
    }
    let walk = ann.post(WALK, json!({})).await.ok(200);
    is_metres(&walk, 30.0);
    assert_eq!(walk["stops"][1]["product_id"], tea);
    ann.post("/cart/add", json!({"product_id": milk})).await.ok(200);
    ann.post("/cart/add", json!({"product_id": tea})).await.ok(200);
    let walk = ann.post(WALK, json!({})).await.ok(200);
    assert_eq!(walk["stops"].as_array().unwrap().len(), 1);
    assert_eq!(walk["stops"][0]["product_id"], tea, "one of two is in the cart");
    // Said so, there is nothing to fetch.
    is_metres(&ann.post(WALK, json!({"stops": []})).await.ok(200), 10.0);
}

#[tokio::test]
async fn a_walk_begins_where_the_trolley_was_last() {
    let (shop, staff, ann) = shop().await;
    let tea = json!({"name": "Tea", "price": 1, "location": "S-3", "barcodes": ["4006381333931"]});
    shop.product(&staff, tea).await;
    let lost = json!({"name": "Lost", "price": 1, "barcodes": ["9771234567003"]});
    shop.product(&staff, lost).await;
    let (trolley, code) = shop.device_with_code().await;
    ann.post("/cart/connect", json!({"cart_code": code})).await.ok(200);
    let start = async || {
        let walk = ann.post(WALK, json!({"stops": []})).await.ok(200);
        let own = trolley.post(WALK, json!({"stops": []})).await.ok(200);
        assert_eq!(walk["start"], own["start"]);
        (walk["start"]["x"].as_f64().unwrap(), walk["distance"].as_f64().unwrap())
    };
    let is = |(x, metres): (f64, f64), x_wanted: f64, wanted: f64| {
        assert!((x - x_wanted).abs() < 1e-6 && (metres - wanted).abs() < 1e-6, "{x} {metres}");
    };
    is(start().await, 0.0, 10.0);
    trolley.post("/cart/esp32/location", json!({"x": 19, "y": 1})).await.ok(200);
    is(start().await, 19.0, 10.0);
    trolley.post("/cart/esp32/location", json!({"tag": "b"})).await.ok(200);
    is(start().await, 20.0, 10.0);
    trolley.post("/cart/esp32/location", json!({"tag": "S-2"})).await.ok(200);
    is(start().await, 15.0, 5.0);
    // No walk can begin outside of what a map may have.
    let outside = trolley.post("/cart/esp32/location", json!({"x": 10_001, "y": 0})).await;
    assert_eq!(outside.status, 400, "{}", outside.text);
    is(start().await, 15.0, 5.0);
    trolley.post("/cart/esp32/add_item", json!({"barcode": "4006381333931"})).await.ok(200);
    is(start().await, 29.0, 1.0);
    trolley.post("/cart/esp32/add_item", json!({"barcode": "9771234567003"})).await.ok(200);
    is(start().await, 29.0, 1.0);
    // What is said counts before it, and a place that a new map lacks does not.
    is_metres(&ann.post(WALK, json!({"start": "west", "stops": []})).await.ok(200), 10.0);
    let mut other = corridor();
    other["locations"] = json!([]);
    staff.put("/map", other).await.ok(200);
    is(start().await, 0.0, 10.0);
}

#[tokio::test]
async fn hours_are_read_on_the_stores_clock() {
    let (shop, _, ann) = shop().await;
    let stops = json!({"start": "east", "stops": []});
    // The tests' shop is on UTC: noon, then one o'clock.
    is_metres(&ann.post(WALK, stops.clone()).await.ok(200), 10.0);
    shop.wait(60 * 60);
    let ann = shop.account_again("ann").await;
    ann.post(WALK, stops.clone()).await.refused(409, "no-walk");
    for (at, is_open) in [
        ("2026-11-21T12:29:59Z", true),
        ("2026-11-21T12:30:00Z", false),
        ("2026-11-21T13:00:00+01:00", true),
        ("2026-11-21T10:00:00-05:00", false),
    ] {
        let mut body = stops.clone();
        body["at"] = at.into();
        assert_eq!(ann.post(WALK, body).await.status, if is_open { 200 } else { 409 }, "{at}");
    }
    let never = json!({"stops": [], "at": "noon"});
    ann.post(WALK, never).await.refused(400, "invalid-time");
}

#[tokio::test]
async fn widths_groups_and_budgets_are_heeded() {
    let (shop, staff, ann) = shop().await;
    let wide = json!({"stops": [{"node": "c"}], "min_width_m": 0.9});
    let walk = ann.post(WALK, wide).await.ok(200);
    assert_eq!(walk["unreachable"][0]["index"], 0);
    ann.post(WALK, json!({"stops": [], "min_width_m": -1})).await.refused(400, "invalid-width");
    let placed = |name: &str, location: &str, group: i64| json!({"name": name, "price": 1, "location": location, "pick_group": group});
    let ice = shop.product(&staff, placed("Ice", "S-1", 9)).await;
    let water = shop.product(&staff, placed("Water", "S-3", -1)).await;
    let tea = shop.product(&staff, placed("Tea", "S-2", 0)).await;
    let stops = json!([{"product_id": ice}, {"product_id": water}, {"product_id": tea}]);
    let plain = ann.post(WALK, json!({"stops": stops})).await.ok(200);
    assert_eq!(order(&plain), [0, 2, 1]);
    let grouped = ann.post(WALK, json!({"stops": stops, "use_groups": true})).await.ok(200);
    assert_eq!(order(&grouped), [1, 2, 0]);
    let mut own = stops;
    own[1]["group"] = 10.into();
    let grouped = ann.post(WALK, json!({"stops": own, "use_groups": true})).await.ok(200);
    assert_eq!(order(&grouped), [2, 0, 1], "a stop's own group counts first");
    for budget in [json!(0), json!(1), json!(2000)] {
        ann.post(WALK, json!({"stops": [], "budget_ms": budget})).await.ok(200);
    }
    for budget in [json!(2001), json!(-1), json!("10"), json!(1.5)] {
        ann.post(WALK, json!({"stops": [], "budget_ms": budget})).await.names("budget_ms");
    }
}

#[tokio::test]
async fn the_smart_cart_seeds_requests_and_answers_work() {
    let (shop, staff, ann) = shop().await;
    let milk = json!({"name": "Milk", "price": 1, "location": "S-1"});
    let milk = shop.product(&staff, milk).await;
    let body = json!({"start_x": 0.0, "start_y": 0.0,
                      "destinations": [{"x": 15.0, "y": 1.0}, {"x": 12.0, "y": 0.0}]});
    let walk = ann.post(WALK, body).await.ok(200);
    assert_eq!(order(&walk), [1, 0]);
    let path = walk["path"].as_array().unwrap();
    for place in path {
        assert!(place["x"].is_number() && place["y"].is_number());
        assert!(place["instruction"].is_string(), "{place}");
        let is_fresh = place["x"].as_f64().is_some_and(|x| (8.0..=16.0).contains(&x));
        assert_eq!(place["section_id"], json!(is_fresh.then_some("fresh")), "{place}");
    }
    assert!(path[0]["instruction"].as_str().unwrap().starts_with("Walk "), "{walk}");
    assert_eq!(path.last().unwrap()["instruction"], "You have arrived");

    let body = json!({"destinations": [{"product_id": milk}, {"product_id": milk}]});
    let walk = ann.post(WALK, body).await.ok(200);
    assert_eq!((&walk["start"]["x"], &walk["start"]["y"]), (&json!(0.0), &json!(0.0)));
    assert_eq!(order(&walk), [0, 1], "the same product twice is fetched twice");
    let leg = &walk["segments"][0];
    assert_eq!(leg["destination"], json!({"x": 12.0, "y": 0.0, "floor": 0}));
    assert_eq!((&leg["product_id"], &leg["section_id"]), (&json!(milk), &json!("fresh")));
    assert_eq!((&leg["path_length"], &leg["distance"]), (&json!(12.0), &json!(12.0)));
    assert_eq!(leg["last_instruction"], leg["steps"].as_array().unwrap().last().unwrap().clone());
    assert_eq!(leg["path"][0]["x"], 0.0);
    let last = walk["segments"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["stop"], &last["product_id"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn refusals_name_what_is_wrong() {
    let (shop, staff, ann) = shop().await;
    for body in [
        json!({"stops": [{"product_id": 99}]}),
        json!({"stops": [{"product_id": 0}]}),
        json!({"destinations": [{"product_id": 99}]}),
    ] {
        ann.post(WALK, body).await.names("stops[0].product_id");
    }
    let gone = shop.product(&staff, json!({"name": "Gone", "price": 1, "location": "S-1"})).await;
    staff.delete(&format!("/products/{gone}")).await.ok(200);
    ann.post(WALK, json!({"stops": [{"product_id": gone}]})).await.names("stops[0].product_id");
    let many = |count: usize| json!({"stops": vec![json!({"product_id": 99}); count]});
    ann.post(WALK, many(1_001)).await.refused(400, "too-many-stops");
    ann.post(WALK, many(10_000)).await.refused(400, "too-many-stops");
    let thousand = json!({"stops": vec![json!({"node": "b"}); 1_000]});
    is_metres(&ann.post(WALK, thousand).await.ok(200), 30.0);
    let ends = json!({"stops": [], "ends": vec!["a"; 1_001]});
    ann.post(WALK, ends).await.refused(400, "too-many-ends");
    for (body, code) in [
        (json!({"stops": [{"node": "x"}]}), "unknown-node"),
        (json!({"stops": [], "start": "x"}), "unknown-node"),
        (json!({"stops": [], "ends": ["x"]}), "unknown-node"),
        (json!({"stops": [{"location": "x"}]}), "unknown-location"),
        (json!({"stops": [{"location": "S-1", "product_id": 1}]}), "invalid-stop"),
        (json!({"stops": [{"x": 1e9, "y": 0}]}), "invalid-point"),
    ] {
        ann.post(WALK, body).await.refused(400, code);
    }
    ann.post(WALK, json!({"start_x": 1, "stops": []})).await.names("start");
    // No till and no entrance on the map.
    let mut bare = corridor();
    for node in bare["nodes"].as_array_mut().unwrap() {
        node["kind"] = "junction".into();
    }
    staff.put("/map", bare).await.ok(200);
    ann.post(WALK, json!({"stops": []})).await.names("start");
    ann.post(WALK, json!({"start": "a", "stops": []})).await.refused(400, "no-checkout");
    is_metres(&ann.post(WALK, json!({"start": "a", "stops": [], "ends": []})).await.ok(200), 0.0);
    shop.anonymous().post(WALK, json!({})).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_trolley_asks_with_its_key() {
    let (shop, staff, _) = shop().await;
    let milk = json!({"name": "Milk", "price": 1, "location": "S-1"});
    let milk = shop.product(&staff, milk).await;
    let trolley = shop.device().await;
    let walk = trolley.post(WALK, json!({"stops": [{"product_id": milk}]})).await;
    assert!(walk.has_length, "no chunks for an ESP32");
    let walk = walk.ok(200);
    for line in walk["display"].as_array().unwrap() {
        let line = line.as_str().unwrap();
        assert!(!line.is_empty() && line.len() <= 16 && line.is_ascii(), "{line}");
    }
    is_metres(&walk, 14.0);
    // Without a shopper there is no list.
    is_metres(&trolley.post(WALK, json!({})).await.ok(200), 10.0);
}

/// Milk at S-1, cream at S-2 and, deeper, yoghurt at S-3; dairy in general; nothing of paper.
#[tokio::test]
async fn products_that_stand_nowhere_are_looked_for_where_their_category_is() {
    let (shop, staff, ann) = shop().await;
    let of = |name: &str, category: &str, location: Option<&str>| json!({"name": name, "price": 1, "category": category, "location": location});
    let lost = shop.product(&staff, of("Kefir", "Dairy/Milk", None)).await;
    let walk =
        async || ann.post(WALK, json!({"stops": [{"product_id": lost}], "ends": []})).await.ok(200);
    let nowhere = walk().await;
    assert_eq!(nowhere["stops"], json!([]));
    assert_eq!(
        nowhere["unreachable"][0]["reason"],
        "Kefir has no location, and nothing of its category Dairy/Milk has one"
    );
    shop.product(&staff, of("Yoghurt", "Dairy/Cultured", Some("S-3"))).await;
    let above = walk().await;
    is_metres(&above, 29.0);
    let looked = &above["stops"][0];
    assert_eq!((&looked["approximate"], &looked["product_id"]), (&json!(true), &json!(lost)));
    assert_eq!(looked["note"], "Kefir has no location: its category Dairy is around here");
    assert_eq!(above["segments"][0]["last_instruction"], "Look for Kefir around S-3");
    let located = ann.get(&format!("/cart/product_locations?product_ids={lost}")).await.ok(200);
    assert_eq!((&located[0]["x"], &located[0]["location"]), (&json!(29.0), &Value::Null));
    assert_eq!((&located[0]["approximate"], &located[0]["note"]), (&json!(true), &looked["note"]));
    let milk = shop.product(&staff, of("Milk", "dairy/milk", Some("S-1"))).await;
    let same = walk().await;
    is_metres(&same, 12.0);
    assert_eq!(
        same["stops"][0]["note"],
        "Kefir has no location: its category Dairy/Milk is around here"
    );
    // The middle of three, and of those that are still sold.
    for (name, location) in [("Whole milk", "S-2"), ("Oat milk", "S-3")] {
        shop.product(&staff, of(name, "Dairy/Milk", Some(location))).await;
    }
    is_metres(&walk().await, 15.0);
    staff.delete(&format!("/products/{milk}")).await.ok(200);
    staff.put(&format!("/products/{lost}"), json!({"location": "Z-9"})).await.ok(200);
    let moved = walk().await;
    is_metres(&moved, 15.0);
    assert_eq!(
        moved["stops"][0]["note"],
        "Kefir is at Z-9, which the map does not have: its category Dairy/Milk is around here"
    );
    // Another map, another middle.
    let mut other = corridor();
    other["locations"].as_array_mut().unwrap().remove(1);
    staff.put("/map", other).await.ok(200);
    is_metres(&walk().await, 29.0);
    let bare = shop.product(&staff, json!({"name": "Bag", "price": 1})).await;
    let bare = ann.post(WALK, json!({"stops": [{"product_id": bare}]})).await.ok(200);
    assert_eq!(bare["unreachable"][0]["reason"], "Bag has no location, and it has no category");
    // One that has its place has no note.
    let known = shop.product(&staff, of("Butter", "Dairy", Some("S-1"))).await;
    let located = ann.get(&format!("/cart/product_locations?product_ids={known}")).await.ok(200);
    assert_eq!((&located[0]["x"], &located[0]["section_id"]), (&json!(12.0), &json!("fresh")));
    assert_eq!((&located[0]["approximate"], &located[0]["note"]), (&json!(false), &Value::Null));
    let known = ann.post(WALK, json!({"stops": [{"product_id": known}]})).await.ok(200);
    assert_eq!(
        (&known["stops"][0]["note"], &known["stops"][0]["approximate"]),
        (&Value::Null, &Value::Null)
    );
}

#[tokio::test]
async fn many_walks_of_one_shopper_wait_for_each_other() {
    let (_shop, _, ann) = shop().await;
    let body = json!({"stops": [{"location": "S-2"}, {"node": "b"}]});
    let asked = (0..40).map(|_| ann.post(WALK, body.clone()));
    for walk in futures_util::future::join_all(asked).await {
        is_metres(&walk.ok(200), 30.0);
    }
}

#[tokio::test]
async fn an_empty_map_is_refused() {
    let (_, staff, _) = shop().await;
    staff.put("/map", json!({"nodes": []})).await.names("nodes");
    assert_eq!(staff.get("/map").await.ok(200)["name"], "Corridor");
    let large = format!("{{\"name\":\"{}\",\"nodes\":[]}}", "x".repeat(1024 * 1024));
    assert_eq!(staff.send("PUT", "/map", large).await.status, 413);
}

/// A map of the most nodes there can be, 100 by 200 of them.
fn largest() -> Value {
    let id = |x: usize, y: usize| format!("node-in-the-large-hall-{x}-{y}");
    let (mut nodes, mut edges) = (Vec::new(), Vec::new());
    for (x, y) in (0..100).flat_map(|x| (0..200).map(move |y| (x, y))) {
        nodes.push(json!({"id": id(x, y), "x": x, "y": y}));
        edges.extend((x > 0).then(|| json!({"from": id(x.saturating_sub(1), y), "to": id(x, y)})));
        edges.extend((y > 0).then(|| json!({"from": id(x, y.saturating_sub(1)), "to": id(x, y)})));
    }
    nodes[0]["kind"] = "entrance".into();
    nodes.last_mut().unwrap()["kind"] = "checkout".into();
    let locations: Vec<_> = (0..100_000)
        .map(|n| {
            let edge: &Value = &edges[n % edges.len()];
            let id = format!("{n:>64}").replace(' ', "x");
            json!({"id": id, "from": edge["from"], "to": edge["to"], "offset": 0.5})
        })
        .collect();
    json!({"name": "Largest", "nodes": nodes, "edges": edges, "locations": locations})
}

#[tokio::test]
async fn the_largest_map_is_imported_by_the_command_line() {
    let (shop, staff, ann) = shop().await;
    let folder = tempfile::tempdir().unwrap();
    let dir = DataDir::open(folder.path().join("data")).unwrap();
    let (pieces, _waiting) = tokio::sync::mpsc::channel(1);
    let import = async |map: &Value| {
        let request = Request::ImportMap(ImportOptions::default());
        execute(&shop.app, &dir, request, map.to_string().into_bytes(), &pieces).await
    };
    let map = largest();
    assert!(map.to_string().len() > 15 * 1024 * 1024);
    assert_eq!(import(&map).await.unwrap()["nodes"], 20_000);
    is_metres(&ann.post(WALK, json!({"stops": []})).await.ok(200), 298.0);
    let read = staff.get("/map").await.ok(200);
    assert_eq!(read["locations"], map["locations"]);
    // Another program reads the same.
    let again = TestApp::of(Parts { store: shop.store.clone(), ..Parts::default() });
    assert_eq!(again.anonymous().get("/map").await.ok(200), read);
    let mut larger = map;
    larger["nodes"].as_array_mut().unwrap().push(json!({"id": "one", "x": 0, "y": 0}));
    assert!(import(&larger).await.unwrap_err().to_string().contains("20001 entries are too many"));
    import(&json!({"nodes": []})).await.unwrap_err();
    assert_eq!(staff.get("/map").await.ok(200), read);
}
