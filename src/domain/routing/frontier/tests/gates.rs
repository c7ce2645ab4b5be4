//! Stores whose only one-way roads are doors, lanes and the way round outside.

use super::{super::gates, *};

/// A two-way store with a door and checkout lanes, all one-way, and sometimes a pavement from the
/// tills back to the door.
fn store_with_gates(random: &mut Seeded) -> StoreMap {
    let mut map = store(3 + random.below(4), 2 + random.below(2), 1 + random.below(3));
    for node in &mut map.nodes {
        node.kind = NodeKind::Junction;
    }
    let inside = map.nodes.len();
    let one_way = |map: &mut StoreMap, from: &str, to: &str, length: f64| {
        let edge = Edge { one_way: true, length: Some(length), ..Edge::new(from, to) };
        map.edges.push(edge);
    };
    map.nodes.push(Node::new("door", -3.0, -3.0));
    for _ in 0..=random.below(2) {
        let to = map.nodes[random.below(inside)].id.clone();
        let length = random.metres(9);
        one_way(&mut map, "door", &to, length);
    }
    for till in 0..=random.below(3) {
        let id = format!("till{till}");
        map.nodes.push(Node { kind: NodeKind::Checkout, ..Node::new(&id, -1.0, -5.0) });
        for _ in 0..=random.below(2) {
            let from = map.nodes[random.below(inside)].id.clone();
            let length = random.metres(9);
            one_way(&mut map, &from, &id, length);
        }
        if random.chance(60) {
            let length = random.metres(40);
            one_way(&mut map, &id, "door", length);
        }
    }
    map
}

#[test]
fn stores_with_gates_are_as_short_as_the_dynamic_program_over_subsets() {
    let mut random = Seeded::new(31);
    let mut proven = 0;
    for round in 0..400 {
        let map = store_with_gates(&mut random);
        let count = 2 + random.below(7);
        let mut request = request(&mut random, &map, count);
        if random.chance(80) {
            request.start = Start::Node("door".to_owned());
        }
        let graph = Graph::build(&map).unwrap();
        let places = places::locate(&graph, &request).unwrap();
        let Ok(served) = plan::served(&places) else { continue };
        let (roads, _) = roads::roads(&places.network, places.start, 1);
        let swept = gates::solve(&places, &served.visits, roads, 60_000, &never);
        let Ok(plan) = plan::measure(&places, served.visits) else { continue };
        let Some(swept) = swept else { continue };
        let tour = tour::small(&plan.problem).unwrap();
        assert_eq!(swept.walk.cost(), tour.length, "round {round}: {map:?}\n{request:?}");
        assert!(swept.is_shortest);
        proven += 1;
    }
    assert!(proven > 100, "{proven}");
}

#[test]
fn the_demo_store_is_proven_beyond_the_dynamic_program_over_subsets() {
    let map = StoreMap::from_json(include_bytes!("../../../../../data/map.json")).unwrap();
    let stops = map.locations.iter().step_by(9).map(|at| RouteStop::at_location(&at.id)).collect();
    let request = RouteRequest::new(Start::Node("in1".to_owned()), stops);
    let graph = Graph::build(&map).unwrap();
    let answer = solve(&graph, &request, &never).unwrap();
    verify(&graph, &request, &answer).unwrap();
    assert!(answer.stops.len() > 20);
    assert_eq!((answer.optimal, answer.method.as_str()), (true, "frontier"));
}
