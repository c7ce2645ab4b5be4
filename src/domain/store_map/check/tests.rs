use super::*;

fn two_nodes() -> StoreMap {
    StoreMap {
        nodes: vec![Node::new("a", 0.0, 0.0), Node::new("b", 3.0, 4.0)],
        edges: vec![Edge::new("a", "b")],
        ..StoreMap::default()
    }
}

fn along(offset: f64) -> Location {
    Location {
        id: "L".into(),
        from: Some("b".into()),
        to: Some("a".into()),
        offset: Some(offset),
        ..Location::default()
    }
}

/// The one error of a map, as text.
fn refusal(map: &StoreMap) -> String {
    let errors = map.check().unwrap_err();
    assert_eq!(errors.errors.len(), 1, "{errors}");
    errors.to_string()
}

#[test]
fn good_maps_pass() {
    let mut map = two_nodes();
    map.locations = vec![along(5.0)];
    assert_eq!(map.check(), Ok(()));
    assert_eq!(StoreMap::default().check(), Ok(()));
}

#[test]
fn each_error_names_the_field_the_value_and_the_remedy() {
    let mut map = two_nodes();
    map.edges[0].to = "n99".into();
    assert_eq!(
        refusal(&map),
        "edges[0].to: no node is called \"n99\"; add it to nodes or correct this"
    );

    let mut map = two_nodes();
    map.nodes.push(Node::new("a", 1.0, 1.0));
    assert_eq!(refusal(&map), "nodes[2].id: \"a\" is used twice; give each node its own id");

    let mut map = two_nodes();
    map.edges[0].hours = Some("8-20".into());
    assert!(refusal(&map).starts_with("edges[0].hours: \"8-20\" is not understood"));

    let mut map = two_nodes();
    map.locations = vec![along(5.1)];
    assert!(refusal(&map).starts_with("locations[0].offset: 5.1 lies beyond"));

    let mut map = two_nodes();
    map.locations =
        vec![Location { id: "L".into(), node: Some("zz".into()), ..Location::default() }];
    assert!(refusal(&map).starts_with("locations[0].node: no node is called \"zz\""));

    let mut map = two_nodes();
    map.locations = vec![Location { node: Some("a".into()), ..along(1.0) }];
    assert!(refusal(&map).contains("no clear place"));

    let mut map = two_nodes();
    map.nodes.push(Node::new("", 1.0, 1.0));
    assert!(refusal(&map).contains("nodes[2].id: is empty"));
}

#[test]
fn numbers_outside_their_range_are_refused() {
    for bad in [f64::NAN, f64::INFINITY, -1.0, 1e9] {
        let mut map = two_nodes();
        map.edges[0].length = Some(bad);
        assert!(refusal(&map).starts_with("edges[0].length: "));

        let mut map = two_nodes();
        map.edges[0].seconds = Some(bad);
        assert!(refusal(&map).starts_with("edges[0].seconds: "));

        let mut map = two_nodes();
        map.edges[0].width_m = Some(bad);
        assert!(refusal(&map).starts_with("edges[0].width_m: "));

        let mut map = two_nodes();
        map.locations = vec![along(bad)];
        assert!(refusal(&map).starts_with("locations[0].offset: "));
    }
    let mut map = two_nodes();
    map.nodes[0].x = f64::NAN;
    // A default length that cannot be computed is reported beside its cause.
    assert!(map.check().unwrap_err().to_string().starts_with("nodes[0].x: NaN"));
}

#[test]
fn limits_hold_and_reports_stay_short() {
    let mut map = two_nodes();
    map.edges = vec![Edge::new("a", "b"); MAX_EDGES + 1];
    assert!(refusal(&map).starts_with("edges: 100001 entries are too many"));

    let mut map = two_nodes();
    map.nodes[1].id = "b".repeat(MAX_ID_CHARS + 1);
    map.edges.clear();
    assert!(refusal(&map).contains("65 characters are too many"));

    let mut map = two_nodes();
    map.edges = vec![Edge::new("a", "x"); 80];
    let errors = map.check().unwrap_err();
    assert_eq!((errors.errors.len(), errors.more), (MAX_REPORTED_ERRORS, 30));
    assert!(errors.to_string().ends_with("and 30 more"));
}
