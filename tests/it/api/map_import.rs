//! A map comes as a file of any format and size, and goes as `GeoJSON`.

use serde_json::{Value, json};

use crate::support::TestApp;

const IMPORT: &str = "/map/import";
const LOOK: &str = "/map/import?dry_run=true";

/// A corridor of so many nodes, a metre apart.
fn corridor(nodes: usize) -> Value {
    let node = |at: usize| {
        let kind = if at == 0 { "entrance" } else { "checkout" };
        json!({"id": format!("a-node-of-the-long-corridor-{at}"), "x": at % 9_999, "y": at / 9_999, "kind": kind})
    };
    let all: Vec<Value> = (0..nodes).map(node).collect();
    let edge = |pair: &[Value]| json!({"from": pair[0]["id"], "to": pair[1]["id"], "aisle": "A1"});
    let edges: Vec<Value> = all.windows(2).map(edge).collect();
    json!({"name": "Long corridor", "nodes": all, "edges": edges})
}

#[tokio::test]
async fn a_file_larger_than_other_bodies_becomes_the_map() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let file = corridor(9_000).to_string();
    assert!(file.len() > 1024 * 1024, "{}", file.len());
    staff.send("PUT", "/map", file.clone()).await.refused(413, "body-too-large");
    let seen = staff.send("POST", LOOK, file.clone()).await.ok(200);
    assert_eq!((&seen["applied"], &seen["version"]), (&json!(false), &Value::Null));
    assert_eq!(seen["map"]["nodes"].as_array().unwrap().len(), 9_000);
    staff.get("/map").await.refused(404, "not-found");
    let taken = staff.send("POST", IMPORT, file).await.ok(200);
    assert_eq!((&taken["applied"], &taken["version"]), (&json!(true), &json!(1)));
    assert_eq!((&taken["nodes"], &taken["map"]), (&json!(9_000), &Value::Null));
    assert_eq!(staff.get("/map").await.ok(200)["name"], "Long corridor");
    let larger = vec![b' '; 32 * 1024 * 1024 + 1];
    staff.send("POST", IMPORT, larger).await.refused(413, "body-too-large");
    staff.send("POST", IMPORT, "").await.refused(400, "body-required");
}

#[tokio::test]
async fn a_file_of_another_format_becomes_the_map_unless_somebody_was_faster() {
    let shop = TestApp::new();
    let staff = shop.staff().await.with("content-type", "application/octet-stream");
    let drawing = include_str!("../../fixtures/maps/tiled-objects.tmj");
    assert_eq!(staff.send("POST", IMPORT, drawing).await.ok(200)["format"], "tiled");
    let late = staff.with("if-match", "\"7\"");
    late.send("POST", IMPORT, drawing).await.refused(412, "stale-version");
    // Whoever only looks has nothing to be late for.
    late.send("POST", LOOK, drawing).await.ok(200);
    let drawing = include_str!("../../fixtures/maps/corridor.geojson");
    let taken = staff.with("if-match", "\"1\"").send("POST", IMPORT, drawing).await.ok(200);
    assert_eq!((&taken["format"], &taken["version"]), (&json!("geojson"), &json!(2)));
}

#[tokio::test]
async fn a_file_with_errors_changes_nothing() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let mut torn = corridor(3);
    staff.post(IMPORT, torn.clone()).await.ok(200);
    torn["edges"][1]["to"] = "nowhere".into();
    let seen = staff.post(LOOK, torn.clone()).await.ok(200);
    assert_eq!((&seen["map"], &seen["errors"]), (&Value::Null, &json!(1)));
    staff.post(IMPORT, torn).await.names("edges[1].to");
    for file in ["{", "[]", "null", "name;x;y\n", r#"{"nodes":[]}"#] {
        let answer = staff.send("POST", IMPORT, file).await;
        assert_eq!(answer.status, 400, "{file}: {}", answer.text);
        let seen = staff.send("POST", LOOK, file).await.ok(200);
        assert!(seen["errors"].as_u64().unwrap() > 0, "{file}: {seen}");
    }
    assert_eq!(staff.get("/map").await.header("etag"), "\"1\"");
}

#[tokio::test]
async fn the_map_in_use_goes_as_geojson_and_comes_back_the_same() {
    let shop = TestApp::new();
    let (staff, anyone) = (shop.staff().await, shop.anonymous());
    anyone.get("/map/geojson").await.refused(404, "not-found");
    let map = staff.send("PUT", "/map", include_str!("../../../data/map.json")).await.ok(200);
    let written = anyone.get("/map/geojson").await;
    assert_eq!(written.header("content-type"), "application/geo+json");
    assert_eq!(written.header("etag"), "\"1\"");
    assert_eq!(written.body["type"], "FeatureCollection");
    let seen = staff.send("POST", LOOK, written.bytes).await.ok(200);
    assert_eq!((&seen["format"], &seen["findings"]), (&json!("geojson"), &json!([])));
    assert_eq!(seen["map"], map);
    let taken = staff.post(IMPORT, corridor(3)).await.ok(200);
    assert_eq!(taken["version"], 2);
    let written = anyone.get("/map/geojson").await.ok(200);
    assert_eq!(written["features"].as_array().unwrap().len(), 5);
}
