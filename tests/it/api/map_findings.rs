//! What is wrong with a map, asked over HTTP, in all formats that maps come in.

use serde_json::{Value, json};

use crate::support::{Client, TestApp};

const LINT: &str = "/map/lint";

/// Findings as `code at`.
fn found(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap();
    let text = |finding: &Value, member: &str| finding[member].as_str().unwrap().to_owned();
    findings.iter().map(|it| format!("{} {}", text(it, "code"), text(it, "at"))).collect()
}

fn map() -> Value {
    json!({
        "name": "Corner shop",
        "nodes": [{"id": "in", "x": 0, "y": 0, "kind": "entrance"},
                  {"id": "out", "x": 9, "y": 0, "kind": "checkout"}],
        "edges": [{"from": "in", "to": "out"}],
        "locations": [{"id": "A1", "from": "in", "to": "out", "offset": 4}],
    })
}

async fn lint(staff: &Client, body: impl Into<Vec<u8>>) -> Value {
    staff.send("POST", LINT, body).await.ok(200)
}

#[tokio::test]
async fn the_map_in_use_and_its_products_are_looked_at() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    staff.get("/map/findings").await.refused(404, "not-found");
    staff.put("/map", map()).await.ok(200);
    let report = staff.get("/map/findings").await.ok(200);
    assert_eq!((&report["findings"], &report["products"]), (&json!([]), &json!(0)));
    assert_eq!((&report["format"], &report["edges"]), (&json!("json"), &json!(1)));
    shop.product(&staff, json!({"name": "Milk", "price": 1, "location": "A1"})).await;
    let bread = shop.product(&staff, json!({"name": "Bread", "price": 1})).await;
    let salt = shop.product(&staff, json!({"name": "Salt", "price": 1, "location": "Z9"})).await;
    shop.product(&staff, json!({"name": "Old", "price": 1, "active": false})).await;
    let deposit = shop.product(&staff, json!({"name": "Bottle deposit", "price": 0.25})).await;
    let water = json!({"name": "Water", "price": 1, "location": "A1", "deposit_id": deposit});
    shop.product(&staff, water).await;
    let report = staff.get("/map/findings").await.ok(200);
    assert_eq!(
        found(&report),
        [
            format!("product-nowhere products/{bread}"),
            format!("product-unknown-location products/{salt}"),
        ]
    );
    assert_eq!((&report["products"], &report["warnings"]), (&json!(4), &json!(2)));
}

#[tokio::test]
async fn a_map_is_looked_at_and_not_taken() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let mut torn = map();
    torn["nodes"].as_array_mut().unwrap().push(json!({"id": "x", "x": 4.5, "y": 0}));
    let report = staff.post(LINT, torn.clone()).await.ok(200);
    assert_eq!(found(&report), ["lonely-node nodes[2]"]);
    assert_eq!(report["map"]["nodes"][2]["id"], "x");
    torn["edges"][0]["to"] = "nowhere".into();
    let report = staff.post(LINT, torn).await.ok(200);
    assert_eq!((&report["map"], &report["errors"]), (&Value::Null, &json!(2)));
    assert_eq!(found(&report), ["invalid-map edges[0].to", "invalid-map locations[0].to"]);
    assert_eq!(report["findings"][0]["level"], "error");
    let report = staff.post(LINT, json!({"nodes": []})).await.ok(200);
    assert_eq!((&report["map"], &report["errors"]), (&Value::Null, &json!(1)));
    let report = staff.post(LINT, json!({"shelves": 7})).await.ok(200);
    assert_eq!(report["errors"], 1);
    staff.get("/map").await.refused(404, "not-found");
    for (body, code) in [("[]", "invalid-input"), ("{", "malformed-json"), ("", "body-required")] {
        let answer = staff.send("POST", LINT, body).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.text);
        assert!(code == "invalid-input" || answer.body["code"] == code, "{}", answer.text);
    }
    let long = format!("{{\"name\":\"{}\"}}", "x".repeat(1024 * 1024));
    staff.send("POST", LINT, long).await.refused(413, "body-too-large");
}

#[tokio::test]
async fn drawings_become_maps_that_can_be_put() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    for (file, format, nodes) in [
        (include_str!("../../fixtures/maps/corridor.geojson"), "geojson", 3),
        (include_str!("../../fixtures/maps/qgis-wgs84.geojson"), "geojson", 6),
        (include_str!("../../fixtures/maps/josm-indoor.geojson"), "geojson", 5),
        (include_str!("../../fixtures/maps/tiled-objects.tmj"), "tiled", 7),
        (include_str!("../../fixtures/maps/tiled-tiles.tmj"), "tiled", 19),
    ] {
        let report = lint(&staff, file).await;
        assert_eq!(
            (&report["format"], &report["nodes"]),
            (&json!(format), &json!(nodes)),
            "{report}"
        );
        assert_eq!(report["errors"], 0, "{report}");
        staff.put("/map", report["map"].clone()).await.ok(200);
    }
    let broken = json!({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"floor": "roof"},
         "geometry": {"type": "Point", "coordinates": [0, 0]}},
    ]});
    let report = lint(&staff, broken.to_string()).await;
    assert_eq!(found(&report), ["invalid-map features[0].properties.floor"]);
}

#[tokio::test]
async fn the_demo_store_has_nothing_to_find() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let report = lint(&staff, include_str!("../../../data/map.json")).await;
    assert_eq!(report["findings"], json!([]));
}
