//! The store map and the shortest walk, on the demo store's own files.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Client, TestApp};

const WALK: &str = "/cart/shortest_path";

fn data(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name)).unwrap()
}

async fn import(staff: &Client) -> Value {
    staff.send("PUT", "/map", data("map.json")).await.ok(200)
}

fn metres(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

/// Four nodes in a row, ten metres apart, with one shelf; the entrance left, the till right.
fn corridor() -> Value {
    json!({
        "name": "Corridor", "unit": "m",
        "nodes": [
            {"id": "in", "x": 0, "y": 0, "kind": "entrance"},
            {"id": "a", "x": 10, "y": 0, "kind": "junction"},
            {"id": "b", "x": 20, "y": 0, "kind": "junction"},
            {"id": "out", "x": 30, "y": 0, "kind": "checkout"},
        ],
        "edges": [
            {"from": "in", "to": "a"}, {"from": "a", "to": "b"}, {"from": "b", "to": "out"},
        ],
        "locations": [{"id": "S-1", "from": "a", "to": "b", "offset": 4}],
    })
}

#[tokio::test]
async fn a_map_comes_and_goes() {
    let shop = TestApp::new();
    let (staff, anyone) = (shop.staff().await, shop.anonymous());
    anyone.get("/map").await.refused(404, "not-found");
    let map = import(&staff).await;
    let read = anyone.get("/map").await;
    assert_eq!(read.header("etag"), "\"1\"");
    assert_eq!(read.ok(200), map);
    let sections = anyone.get("/misc/store-sections").await.ok(200);
    assert_eq!(sections.as_array().unwrap().len(), map["sections"].as_array().unwrap().len());
    assert_eq!(sections[0]["section_id"], sections[0]["id"]);
    let second = anyone.get("/misc/store-sections?limit=1&offset=1").await;
    assert_eq!(second.header("x-total-count"), sections.as_array().unwrap().len().to_string());
    assert_eq!(second.ok(200), json!([sections[1]]));
    let stale = staff.with("if-match", "\"7\"").put("/map", corridor()).await;
    stale.refused(412, "stale-version");
    staff.put("/map", map).await.ok(200);
}

#[tokio::test]
async fn bad_maps_are_explained_and_change_nothing() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let before = staff.put("/map", corridor()).await.ok(200);
    let mut lost = corridor();
    lost["edges"][1]["to"] = "nowhere".into();
    let problem = staff.put("/map", lost).await;
    assert_eq!(problem.status, 400, "{}", problem.text);
    assert!(problem.text.contains("edges[1].to") && problem.text.contains("nowhere"));
    let mut twice = corridor();
    twice["nodes"][1]["id"] = "in".into();
    let problem = staff.put("/map", twice).await;
    assert_eq!(problem.status, 400);
    let mut off = corridor();
    off["locations"][0]["offset"] = 400.into();
    assert!(staff.put("/map", off).await.text.contains("locations[0].offset"));
    let mut far = corridor();
    far["edges"][0]["length"] = (-1).into();
    assert_eq!(staff.put("/map", far).await.status, 400);
    let mut spelled = corridor();
    spelled["nodes"][1]["kind"] = "door".into();
    let problem = staff.put("/map", spelled).await;
    assert_eq!((problem.status, &problem.body["code"]), (400, &json!("invalid-map")));
    assert_eq!(problem.body["errors"][0]["field"], "nodes[1].kind");
    for body in ["{}", "[]", "{\"nodes\":7}"] {
        assert_eq!(staff.send("PUT", "/map", body).await.status, 400, "{body}");
    }
    assert_eq!(staff.get("/map").await.ok(200), before);
}

#[tokio::test]
async fn the_walk_along_a_corridor_is_its_length() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    staff.put("/map", corridor()).await.ok(200);
    let milk = json!({"name": "Milk", "price": 1, "location": "S-1"});
    let milk = shop.product(&staff, milk).await;
    let ann = shop.customer("ann").await;
    let walk =
        ann.post(WALK, json!({"stops": [{"node": "b"}, {"product_id": milk}]})).await.ok(200);
    assert!((metres(&walk["distance"]) - 30.0).abs() < 1e-6, "{walk}");
    assert_eq!(walk["optimal"], true);
    let order: Vec<&Value> =
        walk["stops"].as_array().unwrap().iter().map(|stop| &stop["index"]).collect();
    assert_eq!(order, [1, 0]);
    assert!((metres(&walk["stops"][0]["leg_distance"]) - 14.0).abs() < 1e-6, "{walk}");
    assert_eq!(walk["path"][0]["node"], "in");
    assert!(walk["steps"][0].is_string() && walk["unreachable"] == json!([]));
    let back = json!({"stops": [{"location": "S-1"}], "return_to_start": true});
    let back = ann.post(WALK, back).await.ok(200);
    assert!((metres(&back["distance"]) - 28.0).abs() < 1e-6, "{back}");
    let here = json!({"start": {"x": 5, "y": 0}, "ends": [], "stops": [{"x": 25, "y": 0}]});
    let here = ann.post(WALK, here).await.ok(200);
    assert!((metres(&here["distance"]) - 20.0).abs() < 1e-6, "{here}");
    let seed = json!({"start_x": 0, "start_y": 0, "destinations": [{"x": 25, "y": 0}]});
    assert_eq!(ann.post(WALK, seed).await.ok(200)["stops"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_cannot_be_reached_is_said() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let mut map = corridor();
    map["edges"][1]["closed"] = true.into();
    staff.put("/map", map).await.ok(200);
    let stops = json!({"ends": [], "stops": [{"node": "b"}, {"node": "a"}]});
    let walk = staff.post(WALK, stops).await.ok(200);
    assert_eq!(walk["unreachable"][0]["index"], 0);
    assert!(walk["unreachable"][0]["reason"].is_string());
    staff.post(WALK, json!({"stops": [{"node": "a"}]})).await.refused(409, "no-walk");
}

#[tokio::test]
async fn bad_requests_are_refused() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let ann = shop.customer("ann").await;
    ann.post(WALK, json!({"stops": [{"node": "a"}]})).await.refused(404, "not-found");
    staff.put("/map", corridor()).await.ok(200);
    for (body, field) in [
        (json!({"stops": [{"product_id": 99}]}), "stops[0].product_id"),
        (json!({"stops": [{"node": "a"}], "budget_ms": 2001}), "budget_ms"),
        (json!({"stops": [{"node": "a"}], "start_x": 1}), "start"),
    ] {
        ann.post(WALK, body).await.names(field);
    }
    for body in [
        json!({"stops": [{"node": "nowhere"}]}),
        json!({"stops": [{"location": "nowhere"}]}),
        json!({"stops": [{}]}),
        json!({"stops": [{"node": "a"}], "start": "nowhere"}),
        json!({"stops": [{"node": "a"}], "ends": ["out"], "return_to_start": true}),
        json!({"stops": vec![json!({"node": "a"}); 1001]}),
        json!({"stops": "a"}),
    ] {
        let answer = ann.post(WALK, body.clone()).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.text);
    }
}

#[tokio::test]
async fn the_demo_store_can_be_walked() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    import(&staff).await;
    let csv = data("products.csv");
    let mut rows = csv::Reader::from_reader(csv.as_bytes());
    let column = rows.headers().unwrap().iter().position(|name| name == "location").unwrap();
    let mut places: Vec<String> =
        rows.records().map(|row| row.unwrap()[column].to_owned()).collect();
    assert!(places.len() >= 400);
    places.sort();
    places.dedup();
    // Every shelf of the catalogue is on the map and can be reached from the entrance.
    for some in places.chunks(1000) {
        let stops: Vec<Value> = some.iter().map(|id| json!({"location": id})).collect();
        let walk = staff.post(WALK, json!({"stops": stops, "budget_ms": 50})).await.ok(200);
        assert_eq!(walk["unreachable"], json!([]));
        assert_eq!(walk["stops"].as_array().unwrap().len(), some.len());
        assert!(metres(&walk["lower_bound"]) <= metres(&walk["distance"]));
    }
    // Twelve stops are solved exactly, in whatever order they are named.
    let step = places.len() / 12;
    let mut twelve: Vec<Value> =
        places.iter().step_by(step).take(12).map(|id| json!({"location": id})).collect();
    let there = staff.post(WALK, json!({"stops": twelve})).await.ok(200);
    twelve.reverse();
    let back = staff.post(WALK, json!({"stops": twelve})).await.ok(200);
    assert_eq!((&there["optimal"], &back["optimal"]), (&json!(true), &json!(true)));
    assert!((metres(&there["distance"]) - metres(&back["distance"])).abs() < 1e-6);
    let trolley = shop.device().await;
    trolley.post(WALK, json!({"stops": [{"location": places[0]}]})).await.ok(200);
}
