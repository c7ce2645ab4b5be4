use serde_json::json;

use super::super::{EdgeKind, Format, NodeKind, Reading};
use super::*;

fn reading(text: &str) -> Reading {
    Reading::of(text.as_bytes()).unwrap_or_else(|errors| panic!("{errors}"))
}

fn objects() -> Value {
    serde_json::from_str(include_str!("../../../../tests/fixtures/maps/tiled-objects.tmj")).unwrap()
}

fn tiles() -> Value {
    serde_json::from_str(include_str!("../../../../tests/fixtures/maps/tiled-tiles.tmj")).unwrap()
}

fn refusal(map: &Value) -> String {
    Reading::of(map.to_string().as_bytes()).unwrap_err().to_string()
}

fn ends(map: &StoreMap) -> Vec<(&str, &str)> {
    map.edges.iter().map(|edge| (edge.from.as_str(), edge.to.as_str())).collect()
}

#[test]
fn object_layers_are_a_map() {
    let reading = reading(&objects().to_string());
    assert_eq!(reading.format, Format::Tiled);
    let map = reading.map;
    assert_eq!(map.name, "Two floors");
    let places: Vec<(&str, f64, f64, i32)> =
        map.nodes.iter().map(|node| (node.id.as_str(), node.x, node.y, node.floor)).collect();
    assert_eq!(
        places,
        [
            ("door", 0.0, 10.0, 0),
            ("till", 20.0, 10.0, 0),
            ("S1", 10.0, 10.0, 0),
            ("L@0", 10.0, 20.0, 0),
            ("L@1", 10.0, 20.0, 1),
            ("n1", 12.0, 20.0, 0),
            ("n2", 10.0, 15.0, 1),
        ]
    );
    assert_eq!(
        ends(&map),
        [
            ("door", "S1"),
            ("S1", "till"),
            ("S1", "L@0"),
            ("L@0", "n1"),
            ("L@1", "n2"),
            ("L@0", "L@1")
        ]
    );
    assert_eq!(map.edges[0].aisle.as_deref(), Some("A1"));
    assert!(map.edges[2].one_way && map.edges[2].width_m == Some(1.5));
    assert_eq!(map.edges[2].aisle.as_deref(), Some("A2"));
    assert_eq!((map.edges[3].kind, map.edges[3].seconds), (EdgeKind::Stairs, Some(10.0)));
    assert_eq!((map.edges[5].kind, map.edges[5].seconds), (EdgeKind::Lift, Some(25.0)));
    assert_eq!(map.nodes[0].kind, NodeKind::Entrance);
    assert_eq!(map.locations[0].id, "A1-01");
    assert_eq!(map.locations[0].offset, Some(5.0));
    let dairy = &map.sections[0];
    assert_eq!((dairy.name.as_str(), dairy.x1, dairy.y1), ("Dairy", 1.0, 17.0));
    assert_eq!((dairy.x2, dairy.y2), (5.0, 19.0));
    assert!(reading.notes.list().iter().any(|note| note.code == "left-out"));
}

#[test]
fn walkable_tiles_are_a_grid() {
    let reading = reading(&tiles().to_string());
    let map = reading.map;
    // 18 tiles, the door beside the middle of one, the till on the middle of one.
    assert_eq!(map.nodes.len(), 19);
    assert_eq!(map.edges.len(), 19);
    assert_eq!(ends(&map)[18], ("door", "t0_-16"));
    assert!(map.nodes.iter().any(|node| node.id == "till" && node.kind == NodeKind::Checkout));
    let tile = map.nodes.iter().find(|node| node.id == "t0_-16").unwrap();
    assert_eq!((tile.x, tile.y), (0.5, 15.5));
    assert_eq!(map.locations[0].id, "shelf-1");
    assert_eq!(reading.notes.list()[0].code, "tile-is-a-metre");
}

#[test]
fn base64_is_read_and_compression_is_refused() {
    use base64::Engine;
    let plain = reading(&tiles().to_string()).map;
    let mut map = tiles();
    let numbers: Vec<u32> =
        serde_json::from_value(map["layers"][0]["chunks"][0]["data"].clone()).unwrap();
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    let text = base64::engine::general_purpose::STANDARD.encode(bytes);
    map["layers"][0]["chunks"][0]["data"] = text.into();
    map["layers"][0]["encoding"] = "base64".into();
    assert_eq!(reading(&map.to_string()).map, plain);
    map["layers"][0]["compression"] = "zstd".into();
    let message = refusal(&map);
    assert!(message.starts_with("layers[0].compression: zstd cannot be read"), "{message}");
    // A layer that is not walkable may be as it likes.
    map["layers"][0]["properties"] = json!([]);
    map["layers"][1]["objects"][2]["type"] = "".into();
    assert_eq!(reading(&map.to_string()).map.nodes.len(), 2);
}

#[test]
fn a_finite_layer_and_older_files_are_read_too() {
    let map = json!({
        "height": 2, "width": 3, "tilewidth": 10, "tileheight": 10, "layers": [
            {"type": "tilelayer", "width": 3, "height": 2, "data": [1, 1, 1, 0, 0, 1],
             "properties": {"walkable": true, "floor": 2, "aisle": "Hall"},
             "propertytypes": {"walkable": "bool"}},
            {"type": "objectgroup", "properties": {"floor": 2}, "objects": [
                {"x": 10, "y": 0, "width": 0, "height": 0, "class": "shelf", "name": "S"},
                {"x": 0, "y": 0, "rotation": 90, "polyline": [{"x": 5, "y": -5}, {"x": 15, "y": -5}]},
                {"x": 20, "y": 20, "rotation": 180, "width": 20, "height": 10, "name": "Box"},
            ]},
        ],
    });
    let map = reading(&map.to_string()).map;
    let ids: Vec<&str> = map.nodes.iter().map(|node| node.id.as_str()).collect();
    // Turned by 90 degrees, the line runs down from the first tile's middle.
    assert_eq!(ids, ["S", "n1", "n2", "f2t1_0", "f2t2_0", "f2t2_1"]);
    assert_eq!((map.nodes[1].x, map.nodes[1].y), (0.5, 1.5));
    assert_eq!((map.nodes[2].x, map.nodes[2].y), (0.5, 0.5));
    assert_eq!(map.edges[1].aisle.as_deref(), Some("Hall"));
    assert_eq!(map.locations[0].node.as_deref(), Some("S"));
    let section = &map.sections[0];
    assert_eq!((section.x1, section.y1, section.x2, section.y2), (0.0, 0.0, 2.0, 1.0));
}

#[test]
fn errors_name_the_layer_and_the_object() {
    let change = |change: &dyn Fn(&mut Value)| {
        let mut map = objects();
        change(&mut map);
        refusal(&map)
    };
    for (message, part) in [
        (change(&|map| map["orientation"] = "isometric".into()), "orientation: only orthogonal"),
        (change(&|map| map["tilewidth"] = 0.into()), "tilewidth"),
        (change(&|map| map["layers"] = 7.into()), "not a Tiled map"),
        (
            change(&|map| map["properties"][1]["value"] = (-1).into()),
            "properties.metres_per_pixel: has to be",
        ),
        (
            change(&|map| {
                map["layers"][1]["objects"][1]["properties"] =
                    json!([{"name": "kind", "value": "way"}]);
            }),
            "layers[1].objects[1].properties.kind",
        ),
        (
            change(&|map| map["layers"][2]["layers"][0]["objects"][1]["template"] = "a.tx".into()),
            "layers[2].layers[0].objects[1].template: is an instance",
        ),
        (
            change(&|map| map["layers"][0]["objects"][0]["polyline"] = json!([{"x": 0, "y": 0}])),
            "layers[0].objects[0].polyline: a line needs",
        ),
        (
            change(&|map| map["layers"][2]["properties"][0]["value"] = "up".into()),
            "layers[2].layers[0].objects[0].properties.floor",
        ),
        (change(&|map| map["layers"][2]["properties"] = json!([])), "stands twice on floor 0"),
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
    let mut map = tiles();
    map["layers"][0]["chunks"][0]["width"] = 7.into();
    assert!(refusal(&map).contains("layers[0].data: has 256 tiles, but 7 by 16 are 112"));
    map["layers"][0]["chunks"][0] = json!({"data": vec![1; 22_500], "width": 150, "height": 150});
    assert!(refusal(&map).contains("more than 20000 walkable tiles"));
}

#[test]
fn a_layer_that_is_to_be_ignored_is() {
    let mut map = objects();
    map["layers"][2]["properties"] = json!([{"name": "ignore", "type": "bool", "value": true}]);
    map["layers"][1]["objects"][4]["type"] = "".into();
    assert_eq!(reading(&map.to_string()).map.nodes.len(), 5);
}

#[test]
fn layers_and_what_they_hand_down_are_limited() {
    let many: serde_json::Map<String, Value> =
        (0..5_000).map(|number| (format!("p{number}"), 1.into())).collect();
    let map = |layers: usize| {
        let group =
            json!({"type": "group", "properties": &many, "layers": vec![json!({}); layers]});
        json!({"tilewidth": 10, "tileheight": 10, "layers": [group]})
    };
    assert_eq!(reading(&map(999).to_string()).map, StoreMap::default());
    assert!(refusal(&map(1_000).to_string().parse().unwrap()).starts_with("layers: has more than"));
}
