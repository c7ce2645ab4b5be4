use super::super::{Edge, Location, Node};
use super::*;

/// A door, two aisles and a till; nothing is wrong with it.
fn shop() -> StoreMap {
    StoreMap::from_json(
        br#"{"nodes":[{"id":"in","x":0,"y":0,"kind":"entrance"},{"id":"a","x":10,"y":0},
                      {"id":"b","x":10,"y":10},{"id":"out","x":0,"y":10,"kind":"checkout"}],
            "edges":[{"from":"in","to":"a"},{"from":"a","to":"b"},{"from":"b","to":"out"}],
            "locations":[{"id":"L","from":"a","to":"b","offset":4},{"id":"M","node":"b"}]}"#,
    )
    .unwrap()
}

/// Codes and places of all findings.
fn found(map: &StoreMap) -> Vec<String> {
    let findings = Findings::of(map);
    findings.list().iter().map(|it| format!("{} {}", it.code, it.at)).collect()
}

fn message(map: &StoreMap, code: &str) -> String {
    let findings = Findings::of(map);
    let found = findings.list().iter().find(|it| it.code == code);
    found.map(|it| it.message.clone()).unwrap_or_default()
}

#[test]
fn a_good_map_has_no_findings() {
    assert_eq!(found(&shop()), [""; 0]);
}

#[test]
fn the_demo_store_is_clean() {
    let map = StoreMap::from_json(include_bytes!("../../../../data/map.json")).unwrap();
    assert_eq!(Findings::of(&map).list(), []);
}

#[test]
fn errors_of_the_check_are_findings() {
    let mut map = shop();
    map.edges[0].to = "nowhere".into();
    let findings = Findings::of(&map);
    assert_eq!(findings.count(Level::Error), 1);
    assert_eq!(findings.list()[0].at, "edges[0].to");
    let (report, read) = Linted::read(b"{\"nodes\":7}").into_report();
    assert_eq!((report.errors, read), (1, None));
}

#[test]
fn doors_and_tills_are_missed() {
    let mut map = shop();
    map.nodes.iter_mut().for_each(|node| node.kind = NodeKind::Junction);
    assert_eq!(found(&map), ["no-entrance nodes", "no-checkout nodes"]);
    // Without an entrance, what is apart from the rest is still found.
    map.nodes.push(Node::new("x", 50.0, 0.0));
    map.nodes.push(Node::new("y", 60.0, 0.0));
    map.edges.push(Edge::new("x", "y"));
    assert_eq!(found(&map)[2..], ["unreachable-node nodes[4]"]);
}

#[test]
fn a_map_without_a_place_is_of_no_use() {
    assert_eq!(found(&StoreMap::default()), ["invalid-map nodes"]);
    for empty in [r#"{"nodes":[]}"#, r#"{"type":"FeatureCollection","features":[]}"#] {
        let (report, map) = Linted::read(empty.as_bytes()).into_report();
        assert_eq!((report.errors, map), (1, None), "{empty}");
    }
}

#[test]
fn what_nobody_reaches_is_found_with_its_reason() {
    let mut map = shop();
    map.edges[1].one_way = true;
    (map.edges[1].from, map.edges[1].to) = ("b".into(), "a".into());
    assert_eq!(
        found(&map),
        [
            "unreachable-node nodes[2]",
            "unreachable-location locations[0]",
            "unreachable-location locations[1]",
            "no-way-out nodes[0]",
        ]
    );
    assert_eq!(
        message(&map, "unreachable-node"),
        "\"b\" and 1 node beside it cannot be reached from an entrance: no edge leads there in \
         its direction; turn a one-way edge round or add one"
    );
    map.edges.remove(1);
    map.locations.remove(0);
    assert_eq!(
        message(&map, "unreachable-location"),
        "\"M\" cannot be reached from an entrance: no edge leads there; add one"
    );
}

#[test]
fn behind_a_closed_edge_it_is_a_note() {
    let mut map = shop();
    map.edges[1].closed = true;
    let findings = Findings::of(&map);
    assert_eq!((findings.count(Level::Warning), findings.count(Level::Note)), (0, 4));
    assert!(message(&map, "unreachable-location").ends_with("only a closed edge leads there"));
}

#[test]
fn a_dead_end_of_one_way_edges_has_no_way_out() {
    let mut map = shop();
    map.nodes.push(Node::new("trap", 20.0, 0.0));
    map.edges.push(Edge { one_way: true, ..Edge::new("a", "trap") });
    map.locations.push(Location {
        id: "T".into(),
        node: Some("trap".into()),
        ..Location::default()
    });
    let along = |offset| Location {
        id: "U".into(),
        from: Some("a".into()),
        to: Some("trap".into()),
        offset: Some(offset),
        ..Location::default()
    };
    map.locations.push(along(3.0));
    assert_eq!(
        found(&map),
        ["no-way-out nodes[4]", "no-way-out locations[2]", "no-way-out locations[3]"]
    );
}

#[test]
fn edges_by_themselves() {
    let mut map = shop();
    map.edges[0].length = Some(9.0);
    map.edges[1].length = Some(9.995);
    map.edges.push(Edge::new("in", "in"));
    map.edges.push(Edge::new("out", "b"));
    map.edges.push(Edge { length: Some(12.0), ..Edge::new("a", "b") });
    map.nodes.push(Node::new("alone", 30.0, 30.0));
    map.nodes.push(Node::new("on", 10.0, 5.0));
    map.nodes.push(Node::new("twin", 0.0, 0.0));
    map.edges.push(Edge::new("in", "twin"));
    assert_eq!(
        found(&map),
        [
            "length-shorter-than-line edges[0]",
            "zero-length-edge edges[3]",
            "zero-length-edge edges[6]",
            "duplicate-edge edges[4]",
            "lonely-node nodes[4]",
            "lonely-node nodes[5]",
            "duplicate-edge edges[5]",
        ]
    );
    let findings = Findings::of(&map);
    assert_eq!(findings.list()[6].level, Level::Note);
    assert!(findings.list()[5].message.contains("lies on edges[1] (\"a\" to \"b\")"));
    assert!(findings.list()[0].message.contains("its ends are 10.00 m apart"));
}

#[test]
fn lifts_need_no_length_when_they_take_time_and_opposite_one_ways_are_no_duplicates() {
    let mut map = shop();
    map.nodes.push(Node { floor: 1, ..Node::new("up", 10.0, 10.0) });
    let lift = Edge { kind: EdgeKind::Lift, seconds: Some(20.0), ..Edge::new("b", "up") };
    map.edges.push(lift);
    map.edges[0].one_way = true;
    map.edges.push(Edge { one_way: true, ..Edge::new("a", "in") });
    assert_eq!(found(&map), [""; 0]);
    map.edges[3].seconds = None;
    assert_eq!(found(&map), ["zero-length-edge edges[3]"]);
}

/// A map of lines, each with its own two nodes, all of them doors and tills.
fn lines(ends: &[[f64; 4]]) -> StoreMap {
    let mut map = StoreMap::default();
    for (index, [x1, y1, x2, y2]) in ends.iter().enumerate() {
        let (from, to) = (format!("a{index}"), format!("b{index}"));
        map.nodes.push(Node { kind: NodeKind::Entrance, ..Node::new(&from, *x1, *y1) });
        map.nodes.push(Node { kind: NodeKind::Checkout, ..Node::new(&to, *x2, *y2) });
        map.edges.push(Edge::new(from, to));
    }
    map
}

#[test]
fn edges_that_meet_without_a_node_are_found() {
    let across = [0.0, 0.0, 10.0, 0.0];
    for (other, part) in [
        ([5.0, -5.0, 5.0, 5.0], "crosses edges[1] (\"a1\" to \"b1\") at (5.00, 0.00)"),
        ([3.0, 0.0, 3.0, 5.0], "touches edges[1]"),
        ([3.0, 0.009, 3.0, 5.0], "touches edges[1]"),
        ([4.0, 0.0, 14.0, 0.0], "lies on edges[1] (\"a1\" to \"b1\") for 6.00 m"),
        ([8.0, 0.0, 2.0, 0.0], "for 6.00 m"),
    ] {
        let map = lines(&[across, other]);
        assert_eq!(found(&map), ["crossing-without-node edges[0]"], "{other:?}");
        let message = message(&map, "crossing-without-node");
        assert!(message.contains(part), "{message}");
    }
    for apart in [[3.0, 0.02, 3.0, 5.0], [10.5, 0.0, 20.0, 0.0], [0.0, 1.0, 10.0, 1.0]] {
        assert_eq!(found(&lines(&[across, apart])), [""; 0], "{apart:?}");
    }
    // Another floor, or stairs, may cross.
    let mut map = lines(&[across, [5.0, -5.0, 5.0, 5.0]]);
    map.nodes[2].floor = 1;
    map.nodes[3].floor = 1;
    assert_eq!(found(&map), [""; 0]);
    let mut map = lines(&[across, [5.0, -5.0, 5.0, 5.0]]);
    map.edges[1].kind = EdgeKind::Stairs;
    assert_eq!(found(&map), [""; 0]);
}

#[test]
fn edges_with_a_common_node_may_meet_there_only() {
    let mut map = lines(&[[0.0, 0.0, 10.0, 0.0], [10.0, 0.0, 4.0, 0.0]]);
    map.edges[1].from = "b0".into();
    map.nodes.remove(2);
    assert_eq!(found(&map), ["crossing-without-node edges[0]"]);
    map.nodes[2].x = 16.0;
    assert_eq!(found(&map), [""; 0]);
}

#[test]
fn two_nodes_at_one_place_are_found_unless_an_edge_joins_them() {
    let mut map = lines(&[[0.0, 0.0, 10.0, 0.0], [10.0, 0.005, 20.0, 0.0]]);
    assert_eq!(found(&map), ["crossing-without-node nodes[2]"]);
    map.edges.push(Edge { length: Some(0.5), ..Edge::new("b0", "a1") });
    assert_eq!(found(&map), [""; 0]);
}

#[test]
fn lists_are_capped_by_code_and_counted() {
    let mut map = shop();
    map.nodes.extend((0..60).map(|i| Node::new(format!("x{i}"), 50.0 + f64::from(i), 0.0)));
    map.edges.push(Edge::new("in", "in"));
    let findings = Findings::of(&map);
    assert_eq!((findings.list().len(), findings.more()), (LISTED_MAX + 1, 10));
    assert_eq!(findings.count(Level::Warning), 61);
}

#[test]
fn products_are_held_against_the_map() {
    let map = shop();
    let mut findings = Findings::default();
    let check = ProductCheck::new(&map);
    check.check(&mut findings, 1, "Milk", Some("L"));
    check.check(&mut findings, 2, "Bread", None);
    check.check(&mut findings, 3, "Salt", Some("Z-1"));
    let found: Vec<String> =
        findings.list().iter().map(|it| format!("{} {}", it.code, it.at)).collect();
    assert_eq!(found, ["product-nowhere products/2", "product-unknown-location products/3"]);
}

#[test]
fn a_large_map_takes_a_moment() {
    // A grid of 100 by 100 nodes, 19,800 edges.
    let mut map = StoreMap::default();
    let id = |x: i32, y: i32| format!("n{x}_{y}");
    for x in 0..100 {
        for y in 0..100 {
            map.nodes.push(Node::new(id(x, y), f64::from(x) * 2.0, f64::from(y) * 2.0));
            for (right, up) in [(x + 1, y), (x, y + 1)] {
                if right < 100 && up < 100 {
                    map.edges.push(Edge::new(id(x, y), id(right, up)));
                }
            }
        }
    }
    map.nodes[0].kind = NodeKind::Entrance;
    map.nodes[9_999].kind = NodeKind::Checkout;
    assert_eq!(found(&map), [""; 0]);
}
