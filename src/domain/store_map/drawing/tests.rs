use super::*;

fn source() -> Source {
    Rc::from("features[0]")
}

fn drawn(drawing: &mut Drawing, spots: &[(f64, f64)], template: &Edge) {
    let nodes: Vec<usize> =
        spots.iter().filter_map(|&(x, y)| drawing.vertex(Spot::new(x, y, 0), &source())).collect();
    drawing.line(&nodes, template, &source());
}

#[test]
fn vertices_within_a_centimetre_are_one_node() {
    let mut drawing = Drawing::new("");
    drawn(&mut drawing, &[(0.0, 0.0), (5.0, 0.0), (5.0, 5.0)], &Edge::default());
    drawn(&mut drawing, &[(5.006, 0.008), (9.0, 0.0)], &Edge::default());
    drawn(&mut drawing, &[(5.0, 4.98), (9.0, 5.0)], &Edge::default());
    let (map, _) = drawing.finish().unwrap();
    let ids: Vec<&str> = map.nodes.iter().map(|node| node.id.as_str()).collect();
    assert_eq!(ids, ["n1", "n2", "n3", "n4", "n5", "n6"]);
    let ends: Vec<(&str, &str)> =
        map.edges.iter().map(|edge| (edge.from.as_str(), edge.to.as_str())).collect();
    assert_eq!(ends, [("n1", "n2"), ("n2", "n3"), ("n2", "n4"), ("n5", "n6")]);
}

#[test]
fn a_line_shares_out_its_length() {
    let mut drawing = Drawing::new("");
    let template = Edge { length: Some(10.0), seconds: Some(1.0), ..Edge::default() };
    drawn(&mut drawing, &[(0.0, 0.0), (1.0, 0.0), (1.0, 0.0), (3.0, 0.0), (6.0, 0.0)], &template);
    let (map, _) = drawing.finish().unwrap();
    let lengths: Vec<Option<f64>> = map.edges.iter().map(|edge| edge.length).collect();
    assert_eq!(lengths, [Some(1.6667), Some(3.3333), Some(5.0)]);
    let seconds: f64 = map.edges.iter().filter_map(|edge| edge.seconds).sum();
    assert!((seconds - 1.0).abs() < 1e-9);
}

#[test]
fn a_location_finds_its_aisle() {
    let mut drawing = Drawing::new("");
    let template = Edge { length: Some(20.0), ..Edge::default() };
    drawn(&mut drawing, &[(0.0, 0.0), (10.0, 0.0)], &template);
    drawn(&mut drawing, &[(0.0, 6.0), (10.0, 6.0)], &Edge::default());
    for (label, x, y) in [("A", 2.5, 1.0), ("A", 2.5, 4.0), ("C", 10.5, 0.5)] {
        drawing.loose_location(Name::Label(label.into()), Spot::new(x, y, 0), &source());
    }
    let (map, _) = drawing.finish().unwrap();
    let along = |id: &str, from: &str, to: &str, offset| Location {
        id: id.into(),
        from: Some(from.into()),
        to: Some(to.into()),
        offset: Some(offset),
        ..Location::default()
    };
    assert_eq!(map.locations[0], along("A", "n1", "n2", 5.0));
    assert_eq!(map.locations[1], along("A-2", "n3", "n4", 2.5));
    assert_eq!(map.locations[2].node.as_deref(), Some("n2"));

    let mut drawing = Drawing::new("");
    drawn(&mut drawing, &[(0.0, 0.0), (10.0, 0.0)], &Edge::default());
    drawing.loose_location(Name::Id("far".into()), Spot::new(0.0, 9.0, 0), &source());
    let error = drawing.finish().unwrap_err().to_string();
    assert!(error.starts_with("features[0]: \"far\" is more than 5 m away"), "{error}");
}

#[test]
fn a_lift_joins_its_floors_and_stands_on_two_at_least() {
    let mut drawing = Drawing::new("");
    let lift = Edge { kind: EdgeKind::Lift, seconds: Some(20.0), ..Edge::default() };
    let spot = Spot::new(3.0, 3.0, 0);
    drawing.riser(Some("L"), (spot, &[2, 0]), &lift, &source());
    drawing.riser(Some("L"), (spot, &[1]), &lift, &source());
    let (map, _) = drawing.finish().unwrap();
    let ends: Vec<(&str, &str)> =
        map.edges.iter().map(|edge| (edge.from.as_str(), edge.to.as_str())).collect();
    assert_eq!(ends, [("L@0", "L@1"), ("L@1", "L@2")]);

    let mut drawing = Drawing::new("");
    drawing.riser(None, (spot, &[1]), &lift, &source());
    assert!(drawing.finish().unwrap_err().to_string().contains("one floor only"));
}

#[test]
fn errors_name_the_place_in_the_file() {
    let mut drawing = Drawing::new("");
    let edge = Edge { hours: Some("always".into()), ..Edge::default() };
    drawn(&mut drawing, &[(0.0, 0.0), (10.0, 99_999.0)], &edge);
    let errors = drawing.finish().unwrap_err();
    let fields: Vec<&str> = errors.errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(fields, ["features[0].y", "features[0].length", "features[0].hours"]);
}
