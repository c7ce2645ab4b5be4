//! The solver as a whole, on small maps whose answers can be seen by eye, and on odd input.

mod fuzz;
mod hostile;
mod odd;
mod oracle;
mod properties;

use super::{
    check::verify,
    testing::{line, store},
    *,
};
use crate::domain::store_map::{EdgeKind, StoreMap};

fn never() -> bool {
    false
}

/// Solves, checks the answer, and returns it.
fn solved(map: &StoreMap, request: &RouteRequest) -> RouteAnswer {
    let graph = Graph::build(map).unwrap();
    let answer = solve(&graph, request, &never).unwrap();
    verify(&graph, request, &answer).unwrap_or_else(|error| panic!("{error}\n{answer:#?}"));
    answer
}

fn refusal(map: &StoreMap, request: &RouteRequest) -> RouteError {
    solve(&Graph::build(map).unwrap(), request, &never).unwrap_err()
}

fn at(node: &str) -> Start {
    Start::Node(node.to_owned())
}

fn nodes(ids: &[&str]) -> Vec<RouteStop> {
    ids.iter().map(|id| RouteStop::at_node(*id)).collect()
}

fn order(answer: &RouteAnswer) -> Vec<usize> {
    answer.stops.iter().map(|stop| stop.index).collect()
}

fn assert_metres(actual: f64, expected: f64) {
    assert!((actual - expected).abs() < 1e-9, "{actual} is not {expected}");
}

#[test]
fn time_that_is_over_from_the_beginning_still_gives_a_walk() {
    // A core of 14 vertices across, which is too wide for a sweep.
    let graph = Graph::build(&store(14, 14, 2)).unwrap();
    let ids: Vec<String> =
        (0..14).flat_map(|a| (1..26).map(move |r| format!("a{a}r{r}"))).collect();
    let request = RouteRequest::new(at("a0r0"), ids.into_iter().map(RouteStop::at_node).collect());
    let answer = solve(&graph, &request, &|| true).unwrap();
    verify(&graph, &request, &answer).unwrap();
    assert_eq!(answer.method, "local-search");
}

#[test]
fn groups_make_large_requests_exact() {
    let map = store(6, 2, 12);
    let stops = (0..60).map(|index: usize| RouteStop {
        group: Some(i32::try_from(index % 6).unwrap()),
        ..RouteStop::at_node(format!("a{}r{}", index % 5, (index * 7) % 12))
    });
    let answer = solved(&map, &RouteRequest::new(at("a0r0"), stops.collect()));
    assert!(answer.optimal);
    assert_eq!(answer.method, "held-karp");
}

#[test]
fn trivial_requests_have_the_trivial_answer() {
    let map = line(4);
    let answer = solved(&map, &RouteRequest::new(at("n1"), Vec::new()));
    assert_metres(answer.distance, 20.0);
    assert_eq!((answer.method.as_str(), answer.optimal), ("trivial", true));
    assert_eq!(answer.end.as_deref(), Some("n3"));
    assert_eq!(answer.steps, ["Walk 20 m", "Finish at checkout n3"]);

    let anywhere = RouteRequest { ends: Some(vec![]), ..RouteRequest::new(at("n1"), vec![]) };
    let answer = solved(&map, &anywhere);
    assert_metres(answer.distance, 0.0);
    assert_eq!((answer.path.len(), answer.segments.len(), answer.steps.len()), (1, 0, 0));

    // The start is a stop, and so is the end.
    let answer = solved(&map, &RouteRequest::new(at("n3"), nodes(&["n3"])));
    assert_metres(answer.distance, 0.0);
    assert_eq!(answer.steps, ["Stop at n3", "Finish at checkout n3"]);
}

#[test]
fn stops_at_one_place_are_one_visit() {
    let map = line(4);
    let answer = solved(&map, &RouteRequest::new(at("n0"), nodes(&["n2"; 40])));
    assert_eq!(answer.method, "trivial");
    assert_eq!(order(&answer), (0..40).collect::<Vec<_>>());
    assert_metres(answer.stops[0].leg_distance, 20.0);
    assert_metres(answer.stops[39].leg_distance, 0.0);
    assert_metres(answer.stops[39].distance_so_far, 20.0);
    assert_eq!(answer.segments.len(), 41);
}

#[test]
fn the_same_place_in_two_groups_is_visited_twice() {
    let group = |node: &str, group| RouteStop { group: Some(group), ..RouteStop::at_node(node) };
    let stops = vec![group("n1", 5), group("n2", 0), group("n1", -1)];
    let answer = solved(&line(4), &RouteRequest::new(at("n0"), stops));
    assert_eq!(order(&answer), [2, 1, 0]);
    assert_metres(answer.distance, 10.0 + 10.0 + 10.0 + 20.0);
}

#[test]
fn one_way_aisles_decide_the_order() {
    let mut map = line(4);
    for edge in &mut map.edges {
        edge.one_way = true;
    }
    let answer = solved(&map, &RouteRequest::new(at("n0"), nodes(&["n3", "n1", "n2"])));
    assert_eq!(order(&answer), [1, 2, 0]);

    // Two dead ends that both lead to the exit but not to each other.
    map.nodes[3].x = 5.0;
    map.edges[2].from = "n0".into();
    map.edges.push(crate::domain::store_map::Edge::new("n3", "n2"));
    map.edges[3].one_way = true;
    map.nodes[2].kind = crate::domain::store_map::NodeKind::Checkout;
    map.nodes[3].kind = crate::domain::store_map::NodeKind::Junction;
    let error = refusal(&map, &RouteRequest::new(at("n0"), nodes(&["n1", "n3"])));
    assert!(error.is_conflict());
    assert_eq!(
        error.detail(),
        "there is no such walk: neither of stops[0] and stops[1] can be reached from the other"
    );
}

#[test]
fn what_cannot_be_served_is_left_out_with_the_reason() {
    let mut map = line(5);
    map.nodes[4].kind = crate::domain::store_map::NodeKind::Junction;
    map.nodes[2].kind = crate::domain::store_map::NodeKind::Checkout;
    map.edges[2].one_way = true; // n2 -> n3, and no way back
    map.edges[3].closed = true; // n3 - n4
    map.locations.push(crate::domain::store_map::Location {
        id: "far".into(),
        from: Some("n3".into()),
        to: Some("n4".into()),
        offset: Some(1.0),
        ..Default::default()
    });
    let mut stops = nodes(&["n4", "n1", "n3"]);
    stops.push(RouteStop::at_location("far"));
    stops.push(RouteStop::at_point(Point { x: 0.0, y: 0.0, floor: 3 }));
    let nowhere = Resolved::Nowhere { reason: "its shelf is not on the map".to_owned() };
    stops.push(RouteStop::for_product(9, nowhere));
    let answer = solved(&map, &RouteRequest::new(at("n0"), stops));
    assert_eq!(order(&answer), [1]);
    let reasons: Vec<_> =
        answer.unreachable.iter().map(|left| (left.index, left.reason.as_str())).collect();
    assert_eq!(
        reasons,
        [
            (0, "the aisle it stands in is closed"),
            (2, "there is no open way from it to an end of the walk"),
            (3, "the aisle it stands in is closed"),
            (4, "floor 3 has no open aisle to join it to"),
            (5, "its shelf is not on the map"),
        ]
    );
}

#[test]
fn hours_and_width_bar_edges_only_when_asked() {
    let mut map = line(3);
    map.edges[1].hours = Some("08:00-20:00".into());
    map.edges[1].width_m = Some(0.8);
    let mut request = RouteRequest::new(at("n0"), nodes(&["n1"]));
    solved(&map, &request);
    request.at = Some("2026-11-20T20:00:00+01:00".into());
    assert_eq!(refusal(&map, &request).code(), "no-walk");
    request.at = Some("2026-11-20T19:59:00+01:00".into());
    solved(&map, &request);
    request.min_width_m = Some(0.9);
    assert_eq!(refusal(&map, &request).code(), "no-walk");
}

#[test]
fn the_nearest_of_several_ends_is_taken_and_lifts_cost_time() {
    let mut map = line(5);
    map.nodes[0].kind = crate::domain::store_map::NodeKind::Checkout;
    map.edges[3].kind = EdgeKind::Lift;
    map.edges[3].seconds = Some(10.0);
    let answer = solved(&map, &RouteRequest::new(at("n2"), nodes(&["n3"])));
    // 10 m and a lift of 10 m and 12 m worth of waiting, against 30 m back.
    assert_eq!(answer.end.as_deref(), Some("n4"));
    assert_metres(answer.distance, 32.0);
    let back =
        RouteRequest { return_to_start: true, ..RouteRequest::new(at("n2"), nodes(&["n3"])) };
    assert_metres(solved(&map, &back).distance, 20.0);
}

#[test]
fn requests_that_make_no_sense_are_refused_with_a_code() {
    let map = line(3);
    let base = || RouteRequest::new(at("n0"), Vec::new());
    let with = |stop: RouteStop| RouteRequest { stops: vec![stop], ..base() };
    let point = |x| Point { x, y: 0.0, floor: 0 };
    let cases = [
        (RouteRequest { start: at("zz"), ..base() }, "unknown-node"),
        (RouteRequest { start: Start::Point(point(f64::NAN)), ..base() }, "invalid-point"),
        (with(RouteStop::at_node("zz")), "unknown-node"),
        (with(RouteStop::at_location("zz")), "unknown-location"),
        (with(RouteStop::default()), "invalid-stop"),
        (with(RouteStop { product_id: Some(1), ..RouteStop::default() }), "product-needs-server"),
        (with(RouteStop::at_point(point(f64::INFINITY))), "invalid-point"),
        (RouteRequest { stops: nodes(&["n0"; 1001]), ..base() }, "too-many-stops"),
        (RouteRequest { ends: Some(vec!["zz".into()]), ..base() }, "unknown-node"),
        (RouteRequest { ends: Some(vec![]), return_to_start: true, ..base() }, "ends-with-return"),
        (RouteRequest { at: Some("noon".into()), ..base() }, "invalid-time"),
        (RouteRequest { min_width_m: Some(f64::NAN), ..base() }, "invalid-width"),
        (RouteRequest { budget_ms: Some(60_001), ..base() }, "invalid-budget"),
    ];
    for (request, code) in cases {
        let error = refusal(&map, &request);
        assert_eq!((error.code(), error.is_conflict()), (code, false), "{error}");
    }
    let mut map = map;
    map.nodes[2].kind = crate::domain::store_map::NodeKind::Shelf;
    assert_eq!(refusal(&map, &base()).code(), "no-checkout");
    assert_eq!(refusal(&StoreMap::default(), &base()).code(), "unknown-node");
}

#[test]
fn a_map_in_two_pieces_has_no_walk_to_an_end_beyond_the_gap() {
    let mut map = line(4);
    map.edges.remove(1);
    let error = refusal(&map, &RouteRequest::new(at("n0"), nodes(&["n1"])));
    assert_eq!(error.code(), "no-walk");
    let anywhere = RouteRequest {
        ends: Some(vec![]),
        ..RouteRequest::new(at("n0"), nodes(&["n1", "n2", "n3"]))
    };
    let answer = solved(&map, &anywhere);
    assert_eq!(order(&answer), [0]);
    assert_eq!(answer.unreachable.len(), 2);
}

#[test]
fn the_checker_notices_what_was_tampered_with() {
    let map = line(5);
    let graph = Graph::build(&map).unwrap();
    let request = RouteRequest::new(at("n0"), nodes(&["n3", "n1"]));
    let good = solve(&graph, &request, &never).unwrap();
    let complaint = |change: &dyn Fn(&mut RouteAnswer)| {
        let mut answer = good.clone();
        change(&mut answer);
        verify(&graph, &request, &answer).unwrap_err()
    };
    assert!(complaint(&|a| a.distance += 1.0).contains("distance"));
    assert!(complaint(&|a| a.optimal = false).contains("optimal"));
    assert!(complaint(&|a| drop(a.path.remove(2))).contains("path"));
    assert!(complaint(&|a| drop(a.stops.pop())).contains("dropped"));
    assert!(complaint(&|a| a.end = None).contains("ends elsewhere"));
    let mut closed = map.clone();
    closed.edges[1].closed = true;
    let complaint = verify(&Graph::build(&closed).unwrap(), &request, &good).unwrap_err();
    assert!(complaint.contains("cannot be walked"), "{complaint}");
}

#[test]
fn the_answer_has_the_shape_that_clients_read() {
    let stops = vec![RouteStop { group: Some(2), ..RouteStop::at_node("n1") }];
    let answer = solved(&line(3), &RouteRequest::new(at("n0"), stops));
    let json = serde_json::to_value(&answer).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "distance": 20.0, "optimal": true, "lower_bound": 20.0, "method": "trivial",
            "stops": [{"index": 0, "node": "n1", "group": 2, "leg_distance": 10.0,
                       "distance_so_far": 10.0}],
            "end": "n2",
            "path": [{"node": "n0", "x": 0.0, "y": 0.0, "floor": 0},
                     {"node": "n1", "x": 10.0, "y": 0.0, "floor": 0},
                     {"node": "n2", "x": 20.0, "y": 0.0, "floor": 0}],
            "segments": [
                {"stop": 0, "distance": 10.0, "steps": ["Walk 10 m", "Stop at n1"],
                 "display": [">10m", "Stop n1"], "path": [
                    {"node": "n0", "x": 0.0, "y": 0.0, "floor": 0},
                    {"node": "n1", "x": 10.0, "y": 0.0, "floor": 0}]},
                {"stop": null, "distance": 10.0,
                 "steps": ["Walk 10 m", "Finish at checkout n2"],
                 "display": [">10m", "Checkout n2"], "path": [
                    {"node": "n1", "x": 10.0, "y": 0.0, "floor": 0},
                    {"node": "n2", "x": 20.0, "y": 0.0, "floor": 0}]}],
            "steps": ["Walk 10 m", "Stop at n1", "Walk 10 m", "Finish at checkout n2"],
            "display": [">10m", "Stop n1", ">10m", "Checkout n2"],
            "unreachable": [], "elapsed_us": 0
        })
    );
    assert_eq!(serde_json::from_value::<RouteAnswer>(json).unwrap(), answer);
}
