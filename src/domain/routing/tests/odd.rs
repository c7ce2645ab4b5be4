//! Odd but legal, and plainly wrong: each has a clear error or the trivial right answer.

use super::{
    super::{testing::store, *},
    assert_metres, at, line, nodes, order,
    properties::after,
    refusal, solved,
};
use crate::domain::store_map::{Edge, EdgeKind, MAX_NODES, Node, NodeKind, StoreMap};

#[test]
fn ten_thousand_stops_are_refused_and_a_thousand_on_one_node_are_one_visit() {
    let map = line(4);
    let many = vec![RouteStop::at_node("n2"); 10_000];
    let error = refusal(&map, &RouteRequest::new(at("n0"), many));
    assert_eq!(error.code(), "too-many-stops");
    assert!(error.detail().contains("10000"), "{error}");
    let answer = solved(&map, &RouteRequest::new(at("n2"), nodes(&["n2"; 1_000])));
    assert_eq!((answer.stops.len(), answer.optimal), (1_000, true));
    assert_metres(answer.distance, 10.0);
    let ends = vec!["n0".to_owned(); 1_001];
    let request = RouteRequest { ends: Some(ends), ..RouteRequest::new(at("n0"), vec![]) };
    assert_eq!(refusal(&map, &request).code(), "too-many-ends");
}

#[test]
fn a_map_of_one_node_is_a_store() {
    let map = StoreMap {
        nodes: vec![Node { kind: NodeKind::Checkout, ..Node::new("n0", 0.0, 0.0) }],
        ..StoreMap::default()
    };
    for request in [
        RouteRequest::new(at("n0"), nodes(&["n0", "n0"])),
        RouteRequest { return_to_start: true, ..RouteRequest::new(at("n0"), nodes(&["n0"])) },
        RouteRequest { ends: Some(vec![]), ..RouteRequest::new(at("n0"), vec![]) },
        RouteRequest { ends: Some(vec!["n0".into(); 3]), ..RouteRequest::new(at("n0"), vec![]) },
    ] {
        let answer = solved(&map, &request);
        assert_metres(answer.distance, 0.0);
        assert!(answer.optimal);
    }
    // A point has no edge to be joined to.
    let point = Point { x: 1.0, y: 1.0, floor: 0 };
    let stops = vec![RouteStop::at_point(point)];
    let answer = solved(&map, &RouteRequest::new(at("n0"), stops));
    assert_eq!((answer.stops.len(), answer.unreachable.len()), (0, 1));
    let stranded = RouteRequest::new(Start::Point(point), vec![]);
    assert_eq!(refusal(&map, &stranded).code(), "no-walk");
    let back = RouteRequest { return_to_start: true, ..stranded.clone() };
    assert_metres(solved(&map, &back).distance, 0.0);
    let anywhere = RouteRequest { ends: Some(vec![]), ..stranded };
    assert_metres(solved(&map, &anywhere).distance, 0.0);
}

#[test]
fn loops_parallel_edges_and_edges_of_no_length_do_no_harm() {
    let mut map = line(5);
    map.edges.insert(0, Edge { length: Some(3.0), ..Edge::new("n1", "n1") });
    map.edges.insert(0, Edge { length: Some(25.0), ..Edge::new("n2", "n1") });
    map.edges.push(Edge { length: Some(4.0), one_way: true, ..Edge::new("n3", "n1") });
    map.edges.push(Edge { length: Some(0.0), ..Edge::new("n4", "n2") });
    let request = RouteRequest::new(at("n0"), nodes(&["n3", "n1", "n2", "n4", "n0"]));
    let answer = solved(&map, &request);
    // n0, n1, n2 = n4, n3, and back to n4 through n2 or straight: 10 + 10 + 10 + 10.
    assert_metres(answer.distance, 40.0);
    assert!(answer.optimal);

    let mut flat = store(3, 3, 2);
    flat.edges.iter_mut().for_each(|edge| edge.length = Some(0.0));
    let all: Vec<RouteStop> =
        flat.nodes.iter().map(|node| RouteStop::at_node(node.id.clone())).collect();
    let answer = solved(&flat, &RouteRequest::new(at("a1r1"), all));
    assert_metres(answer.distance, 0.0);
    assert!(answer.optimal, "{}", answer.method);

    let mut ring = line(3);
    ring.edges.iter_mut().for_each(|edge| (edge.one_way, edge.length) = (true, Some(0.0)));
    let answer = solved(&ring, &RouteRequest::new(at("n0"), nodes(&["n2", "n1", "n0"])));
    assert_eq!(order(&answer), [2, 1, 0]);
}

#[test]
fn a_one_way_passage_is_walked_as_often_as_it_has_to_be() {
    // All ways to the petals lead through one passage, and each petal leads back before it.
    for petals in [2, 3, 7, 20] {
        let mut map = line(2);
        map.nodes[1].kind = NodeKind::Junction;
        map.nodes[0].kind = NodeKind::Checkout;
        map.edges[0].one_way = true;
        for petal in 0..petals {
            let id = format!("p{petal}");
            map.nodes.push(Node::new(&id, 20.0, f64::from(petal)));
            for (from, to) in [("n1", id.as_str()), (id.as_str(), "n0")] {
                let length = Some(2.0 + 0.5 * f64::from(petal));
                map.edges.push(Edge { length, one_way: true, ..Edge::new(from, to) });
            }
        }
        let stops = (0..petals).map(|petal| RouteStop::at_node(format!("p{petal}")));
        let answer = solved(&map, &RouteRequest::new(at("n0"), stops.collect()));
        let loops: f64 = (0..petals).map(|petal| 10.0 + 4.0 + f64::from(petal)).sum();
        assert_metres(answer.distance, loops);
        assert_eq!(answer.path.len(), 3 * usize::try_from(petals).unwrap() + 1);
    }
}

#[test]
fn lengths_that_are_none_never_get_into_a_graph() {
    for bad in [f64::NAN, f64::INFINITY, -1.0, -1e-300, 1e300] {
        let with = |change: &dyn Fn(&mut StoreMap)| {
            let mut map = line(3);
            change(&mut map);
            let errors = Graph::build(&map).unwrap_err();
            assert!(!errors.errors[0].field.is_empty(), "{errors}");
            errors.errors[0].field.clone()
        };
        assert_eq!(with(&|map| map.edges[1].length = Some(bad)), "edges[1].length");
        assert_eq!(with(&|map| map.edges[1].seconds = Some(bad)), "edges[1].seconds");
        assert_eq!(with(&|map| map.edges[0].width_m = Some(bad)), "edges[0].width_m");
        let number = if bad.abs() <= 1.0 { f64::NAN } else { bad };
        assert_eq!(with(&|map| map.nodes[2].x = number), "nodes[2].x");
    }
}

#[test]
fn the_longest_lengths_do_not_overflow() {
    let mut map = line(200);
    for edge in &mut map.edges {
        edge.length = Some(10_000.0);
        edge.seconds = Some(3_600.0);
        edge.kind = EdgeKind::Stairs;
    }
    let stops: Vec<RouteStop> = (0..300)
        .map(|index| RouteStop {
            group: Some(if index % 2 == 0 { i32::MIN } else { i32::MAX }),
            ..RouteStop::at_node(format!("n{}", (index * 83) % 200))
        })
        .collect();
    let request = RouteRequest::new(at("n100"), stops);
    let graph = Graph::build(&map).unwrap();
    let answer = solve(&graph, &request, &after(100)).unwrap();
    check::verify(&graph, &request, &answer).unwrap();
    assert!(answer.distance > 2_000_000.0 && answer.lower_bound <= answer.distance);
}

#[test]
fn the_largest_map_is_taken_and_one_more_node_is_not() {
    let mut map = line(MAX_NODES / 20);
    let request = RouteRequest::new(at("n0"), nodes(&["n500", "n1", "n999"]));
    assert_metres(solved(&map, &request).distance, 9_990.0);
    for index in map.nodes.len()..=MAX_NODES {
        map.nodes.push(Node::new(format!("m{index}"), 0.0, 0.0));
    }
    assert!(Graph::build(&map).unwrap_err().to_string().contains("20001"));
}

#[test]
fn time_that_is_over_leaves_nothing_out() {
    let map = store(12, 4, 12);
    let ids = (0..12).flat_map(|aisle| (0..30).map(move |row| format!("a{aisle}r{row}")));
    let request = RouteRequest::new(at("a0r0"), ids.map(RouteStop::at_node).collect());
    let graph = Graph::build(&map).unwrap();
    let answer = solve(&graph, &request, &|| true).unwrap();
    check::verify(&graph, &request, &answer).unwrap();
    assert_eq!((answer.stops.len(), answer.unreachable.len()), (360, 0));
}
