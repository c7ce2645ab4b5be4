//! Whole walks in words.

use crate::domain::{
    routing::{Graph, Point, Resolved, RouteAnswer, RouteRequest, RouteStop, Start, solve},
    store_map::{Location, Node, NodeKind, Side, StoreMap},
};

fn map() -> StoreMap {
    StoreMap::from_json(
        br#"{"nodes":[{"id":"in","x":0,"y":0,"kind":"entrance"},{"id":"b","x":6,"y":0},
              {"id":"c","x":12,"y":0.2},{"id":"d","x":12,"y":8.25},{"id":"out","x":20,"y":8.25,
              "kind":"checkout"},{"id":"up","x":12,"y":8.25,"floor":1}],
            "edges":[{"from":"in","to":"b","aisle":"A3"},{"from":"b","to":"c","aisle":"A3"},
              {"from":"c","to":"d","aisle":"B1"},{"from":"d","to":"out"},
              {"from":"d","to":"up","kind":"lift","seconds":20}],
            "sections":[{"id":"s1","name":"Dairy","x1":13,"y1":0,"x2":11,"y2":6}],
            "locations":[{"id":"B1-02","from":"d","to":"c","offset":5,"side":"left"}]}"#,
    )
    .unwrap()
}

fn walk(map: &StoreMap, request: &RouteRequest) -> RouteAnswer {
    let answer = solve(&Graph::build(map).unwrap(), request, &|| false).unwrap();
    assert_eq!(answer.steps.len(), answer.display.len());
    let legs = answer.segments.iter();
    assert_eq!(answer.steps, legs.clone().flat_map(|leg| leg.steps.clone()).collect::<Vec<_>>());
    assert_eq!(answer.display, legs.flat_map(|leg| leg.display.clone()).collect::<Vec<_>>());
    for line in &answer.display {
        assert!((1..=16).contains(&line.len()) && line.bytes().all(|b| (32..127).contains(&b)));
    }
    answer
}

fn steps(map: &StoreMap, request: &RouteRequest) -> Vec<String> {
    walk(map, request).steps
}

fn from(start: &str, stops: Vec<RouteStop>) -> RouteRequest {
    RouteRequest::new(Start::Node(start.into()), stops)
}

#[test]
fn straight_stretches_merge_and_turns_follow_the_geometry() {
    let answer = walk(&map(), &from("in", vec![RouteStop::at_location("B1-02")]));
    assert_eq!(
        answer.steps,
        [
            "Walk 12 m along aisle A3",
            "Turn left into aisle B1 and walk 3.1 m",
            // Left on the way down is right on the way up.
            "Pick up B1-02 in Dairy, on your right",
            "Walk 5 m along aisle B1",
            "Turn right and walk 8 m",
            "Finish at checkout out",
        ]
    );
    assert_eq!(
        answer.display,
        [">12m A3", "<L B1 3.1m", "B1-02 >", ">5m B1", ">R 8m", "Checkout out"]
    );
}

#[test]
fn lifts_products_and_turning_around_have_words() {
    let mut map = map();
    let upstairs = Location { id: "D1".into(), node: Some("up".into()), ..Location::default() };
    map.locations.push(upstairs);
    let milk = Resolved::At { location: "D1".into(), name: "Milk 1 l".into() };
    let mut request = from(
        "c",
        vec![
            RouteStop::for_product(7, milk),
            RouteStop { group: Some(1), ..RouteStop::at_node("out") },
        ],
    );
    request.return_to_start = true;
    let answer = walk(&map, &request);
    assert_eq!(
        answer.steps,
        [
            "Walk 8.1 m along aisle B1",
            "Take the lift to floor 1",
            "Pick up Milk 1 l at D1",
            "Take the lift to floor 0",
            "Walk 8 m",
            "Stop at out",
            "Turn around and walk 8 m",
            "Turn left into aisle B1 and walk 8.1 m to Dairy",
            "Finish at c",
        ]
    );
    assert_eq!(answer.display[1..4], ["Lift to F1", "Milk 1 l", "Lift to F0"]);
}

/// An aisle with shelves on both sides, 0.8 m off it.
fn shelves() -> StoreMap {
    let mut map = StoreMap::default();
    for (index, x) in [0.0, 5.0, 10.0].into_iter().enumerate() {
        map.nodes.push(Node::new(format!("a{index}"), x, 0.0));
    }
    map.nodes[2].kind = NodeKind::Checkout;
    let shelf = |id: &str, y| Node { kind: NodeKind::Shelf, ..Node::new(id, 5.0, y) };
    map.nodes.extend([shelf("north", 0.8), shelf("south", -0.8), shelf("far", 4.0)]);
    let edge = crate::domain::store_map::Edge::new;
    map.edges = vec![edge("a0", "a1"), edge("a1", "a2"), edge("a1", "north"), edge("a1", "south")];
    map.edges.push(edge("a1", "far"));
    map.edges.iter_mut().take(2).for_each(|edge| edge.aisle = Some("A1".into()));
    map
}

#[test]
fn shelves_beside_the_aisle_are_on_a_side() {
    let mut there = from("a0", vec![RouteStop::at_node("north"), RouteStop::at_node("south")]);
    there.stops[1].group = Some(1);
    let answer = walk(&shelves(), &there);
    assert_eq!(
        answer.steps,
        [
            "Walk 5 m along aisle A1",
            "Stop at north, on your left",
            "Stop at south, on your right",
            "Walk 5 m along aisle A1",
            "Finish at checkout a2",
        ]
    );
    // The other way round it is the other side, and a far shelf is walked to.
    let mut back = from("a2", vec![RouteStop::at_node("north"), RouteStop::at_node("far")]);
    back.stops[1].group = Some(1);
    assert_eq!(
        steps(&shelves(), &back),
        [
            "Walk 5 m along aisle A1",
            "Stop at north, on your right",
            "Turn right and walk 4 m",
            "Stop at far",
            "Turn around and walk 4 m",
            "Turn left into aisle A1 and walk 5 m",
            "Finish at checkout a2",
        ]
    );
}

#[test]
fn points_off_the_aisle_are_named_with_their_distance() {
    let point = |x, y| RouteStop::at_point(Point { x, y, floor: 0 });
    assert_eq!(
        steps(&shelves(), &from("a0", vec![point(2.0, -1.5)])),
        [
            "Walk 2 m along aisle A1",
            "Stop at (2.0, -1.5), 1.5 m to your right",
            "Walk 8 m along aisle A1",
            "Finish at checkout a2",
        ]
    );
}

#[test]
fn sections_are_named_where_they_are_entered() {
    let mut map = map();
    map.sections[0].y2 = 9.0;
    let request = from("in", Vec::new());
    assert_eq!(
        steps(&map, &request),
        [
            "Walk 12 m along aisle A3 to Dairy",
            "Turn left into aisle B1 and walk 8.1 m",
            "Turn right and walk 8 m",
            "Finish at checkout out",
        ]
    );
}

#[test]
fn a_ride_over_several_floors_is_one_and_ramps_have_words() {
    let map = StoreMap::from_json(
        br#"{"nodes":[{"id":"a","x":0,"y":0},{"id":"b","x":0,"y":0,"floor":1},
              {"id":"c","x":0,"y":0,"floor":2},{"id":"d","x":9,"y":0,"floor":1,"kind":"checkout"}],
            "edges":[{"from":"a","to":"b","kind":"stairs"},{"from":"b","to":"c","kind":"stairs"},
              {"from":"c","to":"d","length":12}]}"#,
    )
    .unwrap();
    let answer = walk(&map, &from("a", vec![RouteStop::at_node("c")]));
    assert_eq!(
        answer.steps,
        ["Take the stairs to floor 2", "Stop at c", "Walk down to floor 1", "Finish at checkout d"]
    );
    assert_eq!(answer.display, ["Stairs to F2", "Stop c", "Down to F1", "Checkout d"]);
}

#[test]
fn a_side_at_the_end_of_an_edge_counts_only_along_it() {
    let mut map = shelves();
    map.locations.push(Location {
        id: "L".into(),
        from: Some("a0".into()),
        to: Some("a1".into()),
        offset: Some(5.0),
        side: Some(Side::Left),
        ..Location::default()
    });
    let stop = || vec![RouteStop::at_location("L")];
    assert!(steps(&map, &from("a0", stop())).contains(&"Pick up L, on your left".to_owned()));
    assert!(steps(&map, &from("a2", stop())).contains(&"Pick up L, on your right".to_owned()));
    assert!(steps(&map, &from("far", stop())).contains(&"Pick up L".to_owned()));
    assert_eq!(steps(&map, &from("a1", stop()))[0], "Pick up L");
}
