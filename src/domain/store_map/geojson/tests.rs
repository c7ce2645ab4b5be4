use proptest::prelude::*;

use super::super::lint::Level;
use super::super::{EdgeKind, Format, NodeKind, Reading, Unit, edge_length_m};
use super::*;

fn read_file(text: &str) -> Reading {
    Reading::of(text.as_bytes()).unwrap_or_else(|errors| panic!("{errors}"))
}

fn collection(features: &[&str]) -> String {
    format!("{{\"type\":\"FeatureCollection\",\"features\":[{}]}}", features.join(","))
}

fn drawn(geometry: &str, coordinates: &str, properties: &str) -> String {
    format!(
        "{{\"type\":\"Feature\",\"properties\":{properties},\
         \"geometry\":{{\"type\":\"{geometry}\",\"coordinates\":{coordinates}}}}}"
    )
}

/// The ends of all edges.
fn ends(map: &StoreMap) -> Vec<(&str, &str)> {
    map.edges.iter().map(|edge| (edge.from.as_str(), edge.to.as_str())).collect()
}

fn refusal(features: &[&str]) -> String {
    Reading::of(collection(features).as_bytes()).unwrap_err().to_string()
}

#[test]
fn what_is_written_is_the_fixture_and_comes_back() {
    let text = include_str!("../../../../tests/fixtures/maps/corridor.geojson");
    let reading = read_file(text);
    assert_eq!(reading.format, Format::Geojson);
    assert_eq!(reading.notes.list(), []);
    assert_eq!(reading.map.to_geojson(), text);
    assert_eq!(reading.map.locations[1].offset, Some(5.25));
    let section = &reading.map.sections[0];
    assert!((section.y1 - 3.0).abs() < 1e-9 && (section.y2 - 1.0).abs() < 1e-9, "{section:?}");
}

#[test]
fn the_demo_store_comes_back() {
    let map = StoreMap::from_json(include_bytes!("../../../../data/map.json")).unwrap();
    assert_eq!(read_file(&map.to_geojson()).map, map);
}

#[test]
fn degrees_from_qgis_become_metres() {
    let reading = read_file(include_str!("../../../../tests/fixtures/maps/qgis-wgs84.geojson"));
    let map = reading.map;
    assert_eq!(map.name, "market");
    assert!(
        reading.notes.list().iter().any(|note| note.code == "projected"),
        "{:?}",
        reading.notes
    );
    assert_eq!(map.nodes.len(), 6);
    let kinds: Vec<NodeKind> = map.nodes.iter().map(|node| node.kind).collect();
    assert_eq!(kinds[..2], [NodeKind::Entrance, NodeKind::Checkout]);
    let wide = map.nodes[1].x - map.nodes[0].x;
    assert!((wide - 12.0).abs() < 0.001, "{wide}");
    assert_eq!(map.edges.len(), 7);
    let one_way: Vec<_> = map.edges.iter().filter(|edge| edge.one_way).collect();
    assert_eq!(one_way.len(), 1);
    assert_eq!(one_way[0].aisle.as_deref(), Some("Cross"));
    let location = &map.locations[0];
    assert_eq!((location.id.as_str(), location.from.as_deref()), ("A1-01", Some("door")));
    assert!((location.offset.unwrap() - 5.0).abs() < 0.001, "{location:?}");
    assert_eq!(map.sections[0].name, "Fruit");
}

#[test]
fn indoor_tags_of_openstreetmap_are_understood() {
    let map = read_file(include_str!("../../../../tests/fixtures/maps/josm-indoor.geojson")).map;
    let kinds: Vec<EdgeKind> = map.edges.iter().map(|edge| edge.kind).collect();
    let (walk, stairs, lift) = (EdgeKind::Walk, EdgeKind::Stairs, EdgeKind::Lift);
    assert_eq!(kinds, [walk, walk, walk, stairs, lift]);
    assert_eq!(ends(&map)[1], ("n2", "L1@0"));
    // Against the drawing.
    assert!(map.edges[2].one_way);
    assert_eq!(ends(&map)[2], ("n3", "L1@1"));
    assert_eq!(ends(&map)[3], ("n2", "n3"));
    assert_eq!(map.edges[0].aisle.as_deref(), Some("Main"));
    assert_eq!((map.sections[0].id.as_str(), map.sections[0].floor), ("C", 1));
}

#[test]
fn plain_lines_in_metres_are_a_map() {
    let map = read_file(&collection(&[
        &drawn("LineString", "[[0,0],[10,0],[20,0]]", "{\"length\":24,\"floor\":2}"),
        &drawn("LineString", "[[10.008,0],[10,9]]", "null"),
        &drawn(
            "LineString",
            "[[10,0,2],[10,9,2]]",
            "{\"level\":\"2\",\"from\":\"x\",\"to\":\"y\"}",
        ),
    ]));
    let map = map.map;
    assert_eq!(map.edges[0].length, Some(12.0));
    assert_eq!(ends(&map), [("n1", "n2"), ("n2", "n3"), ("n4", "n5"), ("x", "y")]);
    assert_eq!(map.nodes[3].floor, 0);
}

#[test]
fn an_edge_of_ours_that_was_bent_since_gets_nodes_at_its_bends() {
    let features = [
        drawn("Point", "[0,0]", r#"{"element":"node","id":"a","fid":1,"length":null}"#),
        drawn("Point", "[10,0]", r#"{"element":"node","id":"b","kind":"checkout"}"#),
        drawn(
            "LineString",
            "[[0,0],[0,5],[10,0]]",
            r#"{"element":"edge","from":"a","to":"b","one_way":1}"#,
        ),
    ];
    let features: Vec<&str> = features.iter().map(String::as_str).collect();
    let map = read_file(&collection(&features)).map;
    assert_eq!(ends(&map), [("a", "n1"), ("n1", "b")]);
    assert!(map.edges[1].one_way);
}

#[test]
fn errors_name_the_feature() {
    let good = drawn("Point", "[0,0]", r#"{"id":"a"}"#);
    for (feature, part) in [
        ("7".to_owned(), "features[1]: is no feature"),
        (r#"{"type":"Thing"}"#.to_owned(), "features[1].type"),
        (drawn("Circle", "[0,0]", "null"), "features[1].geometry.type: \"Circle\""),
        (drawn("Point", "[0]", "null"), "features[1].geometry.coordinates"),
        (drawn("Point", "[\"0\",0]", "null"), "features[1].geometry.coordinates"),
        (drawn("LineString", "[[0,0]]", "null"), "features[1].geometry.coordinates: a line needs"),
        (drawn("Polygon", "[[[0,0]]]", "null"), "a polygon needs a ring"),
        (drawn("Point", "[0,0]", r#"{"kind":"door"}"#), "features[1].properties.kind: \"door\""),
        (drawn("Point", "[0,0]", r#"{"floor":"first"}"#), "features[1].properties.floor"),
        (drawn("Point", "[0,0]", r#"{"id":"a"}"#), "features[1].id: \"a\" is used twice"),
        (drawn("Point", "[0,0]", r#"{"element":"edge"}"#), "\"edge\" cannot be this geometry"),
        (
            drawn("Point", "[0,0]", r#"{"element":"node","id":"b","shelf":1}"#),
            "features[1].properties: unknown field `shelf`",
        ),
        (
            drawn("LineString", "[[0,0],[9,9]]", r#"{"element":"edge","from":"a","to":"z"}"#),
            "features[1].properties.to: no node is called \"z\"",
        ),
        (
            drawn("LineString", "[[0,0],[9,9]]", r#"{"one_way":"perhaps"}"#),
            "features[1].properties.one_way",
        ),
        (drawn("LineString", "[[0,0],[9,9]]", r#"{"hours":"late"}"#), "features[1].hours"),
        (drawn("Point", "[1,1]", r#"{"kind":"location","id":"L"}"#), "features[1]: \"L\" is more"),
    ] {
        let message = refusal(&[&good, &feature]);
        assert!(message.contains(part), "{feature}: {message}");
    }
    assert!(
        Reading::of(br#"{"type":"Point","coordinates":[0,0]}"#)
            .unwrap_err()
            .to_string()
            .contains("has to be wrapped")
    );
    let many = drawn("Point", "[0,0]", "null");
    let many = vec![many.as_str(); 20_001];
    assert!(refusal(&many).contains("makes more than 20000 nodes"));
}

#[test]
fn what_was_assumed_is_said() {
    let reading = read_file(&collection(&[
        &drawn("LineString", "[[0,0],[10,0]]", "null"),
        &drawn("Point", "[0,0]", r#"{"kind":"shelf","id":"S"}"#),
        &drawn("Polygon", "[[[0,0],[5,5],[0,5],[0,0]]]", "null"),
        r#"{"type":"Feature","geometry":null,"properties":null}"#,
    ]));
    assert_eq!(reading.map.locations[0].node.as_deref(), Some("S"));
    assert_eq!(reading.map.sections[0].id, "s1");
    let codes: Vec<&str> = reading.notes.list().iter().map(|note| note.code).collect();
    assert_eq!(codes, ["left-out", "taken-for-metres", "boxed", "shelves-as-locations"]);
    assert!(reading.notes.list().iter().all(|note| note.level == Level::Note));
    assert_eq!(reading.notes.list()[0].at, "features[3]");
}

prop_compose! {
    /// Whole tenths of a millimetre, which JSON carries exactly.
    fn metres(most: i32)(ticks in -most * 10_000..=most * 10_000) -> f64 {
        f64::from(ticks) / 10_000.0
    }
}

prop_compose! {
    fn node(index: usize)(
        x in metres(60), y in metres(60), floor in -2..3_i32,
        kind in prop::sample::select(vec![
            NodeKind::Junction, NodeKind::Entrance, NodeKind::Checkout, NodeKind::Shelf,
        ]),
    ) -> Node {
        Node { id: format!("n\"{index}<é>"), x, y, floor, kind }
    }
}

prop_compose! {
    fn edge(ids: Vec<String>)(
        from in prop::sample::select(ids.clone()), to in prop::sample::select(ids),
        length in proptest::option::of(metres(200).prop_map(f64::abs)),
        one_way in any::<bool>(), closed in any::<bool>(),
        aisle in proptest::option::of("[A-Z1-9 ü]{0,5}"),
        kind in prop::sample::select(vec![EdgeKind::Walk, EdgeKind::Stairs, EdgeKind::Lift]),
        seconds in proptest::option::of(metres(60).prop_map(f64::abs)),
        width_m in proptest::option::of(metres(5).prop_map(f64::abs)),
        hours in proptest::option::of(Just("08:00-20:00".to_owned())),
    ) -> Edge {
        Edge { from, to, length, one_way, closed, aisle, kind, seconds, width_m, hours }
    }
}

prop_compose! {
    fn section(index: usize)(
        name in "[a-z ]{0,8}", floor in -1..2_i32,
        x1 in metres(50), y1 in metres(50), x2 in metres(50), y2 in metres(50),
    ) -> Section {
        Section { id: format!("s{index}"), name, floor, x1, y1, x2, y2 }
    }
}

fn some_map() -> impl Strategy<Value = StoreMap> {
    let nodes = (1..8_usize).prop_flat_map(|count| (0..count).map(node).collect::<Vec<_>>());
    nodes.prop_flat_map(|nodes| {
        let ids: Vec<String> = nodes.iter().map(|node| node.id.clone()).collect();
        let edges = proptest::collection::vec(edge(ids.clone()), 0..10);
        let sections = (0..3).map(section).collect::<Vec<_>>();
        let places = proptest::collection::vec((0..ids.len(), any::<bool>(), 0..=4_u8), 0..6);
        (Just(nodes), edges, sections, places, "[a-zA-Z ]{0,6}").prop_map(
            |(nodes, edges, sections, places, name)| {
                let mut map = StoreMap {
                    name,
                    unit: Unit::Metres,
                    nodes,
                    edges,
                    sections,
                    locations: vec![],
                };
                for (index, (place, is_along, quarter)) in places.into_iter().enumerate() {
                    let id = format!("L{index}");
                    let along = map.edges.get(place).filter(|_| is_along);
                    let location = if let Some(edge) = along {
                        let length = lengths(&map, edge);
                        let offset = (length * f64::from(quarter) * 2_500.0).floor() / 10_000.0;
                        let (from, to) = (Some(edge.from.clone()), Some(edge.to.clone()));
                        Location { id, from, to, offset: Some(offset), ..Location::default() }
                    } else {
                        let node = Some(map.nodes[place].id.clone());
                        Location { id, node, ..Location::default() }
                    };
                    map.locations.push(location);
                }
                map
            },
        )
    })
}

/// The length of the first edge with these ends, in either direction.
fn lengths(map: &StoreMap, edge: &Edge) -> f64 {
    let node = |id: &str| map.nodes.iter().find(|node| node.id == id).unwrap();
    let first = map.edges.iter().find(|it| it.from == edge.from && it.to == edge.to).unwrap();
    edge_length_m(first, node(&first.from), node(&first.to))
}

proptest! {
    #[test]
    fn every_map_comes_back_equal(map in some_map()) {
        prop_assert_eq!(map.check(), Ok(()));
        let text = map.to_geojson();
        let json: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&json["type"], "FeatureCollection");
        let read = Reading::of(text.as_bytes()).unwrap();
        prop_assert_eq!((read.map, read.format), (map, Format::Geojson));
    }
}
