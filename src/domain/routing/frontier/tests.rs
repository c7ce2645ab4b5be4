//! The sweep against the dynamic program over subsets, and against itself in other orders.

mod gates;
mod one_way;

use super::{
    super::{
        Graph, RouteRequest, RouteStop, Start,
        answer::Point,
        check::verify,
        exact, places, plan, solve,
        testing::{Seeded, random_map, random_request, store},
        tour,
    },
    *,
};
use crate::domain::store_map::{Edge, Node, NodeKind, StoreMap};

fn never() -> bool {
    false
}

const ALL: usize = usize::MAX;

/// A small two-way map: a tree with some more edges, a grid or a store, with parallel edges and
/// edges without length.
fn two_way_map(random: &mut Seeded) -> StoreMap {
    let mut map = match random.below(4) {
        0 => {
            let aisles = 2 + random.below(4);
            store(aisles, 2 + random.below(2), 1 + random.below(3))
        }
        1 => {
            let aisles = 3 + random.below(3);
            store(aisles, 3 + random.below(2), 1)
        }
        _ => {
            let nodes = 4 + random.below(14);
            random_map(random, nodes, false)
        }
    };
    for _ in 0..random.below(4) {
        let copy = random.below(map.edges.len());
        let mut edge = Edge { length: Some(random.metres(9)), ..map.edges[copy].clone() };
        if random.chance(30) {
            std::mem::swap(&mut edge.from, &mut edge.to);
        }
        map.edges.push(edge);
    }
    if random.chance(30) {
        for edge in &mut map.edges {
            if random.below(5) == 0 {
                edge.length = Some(0.0);
                edge.seconds = None;
            }
        }
        map.locations.clear();
    }
    if random.chance(30) {
        // Two one-way edges in opposite directions are as good as one for both.
        for index in 0..map.edges.len() {
            if random.below(4) == 0 {
                map.edges[index].one_way = true;
                let edge = map.edges[index].clone();
                map.edges.push(Edge { from: edge.to, to: edge.from, ..edge });
            }
        }
        map.locations.clear();
    }
    if map.check().is_err() {
        map.locations.clear();
    }
    if random.chance(40) {
        let checkout = random.below(map.nodes.len());
        map.nodes[checkout].kind = NodeKind::Checkout;
    }
    map
}

fn request(random: &mut Seeded, map: &StoreMap, stops: usize) -> RouteRequest {
    let mut request = random_request(random, map, stops);
    request.stops.iter_mut().for_each(|stop| stop.group = None);
    request
}

#[test]
fn the_sweep_is_as_short_as_the_dynamic_program_over_subsets() {
    let mut random = Seeded::new(41);
    let mut compared = 0;
    for round in 0..800 {
        let map = two_way_map(&mut random);
        let count = 1 + random.below(9);
        let request = request(&mut random, &map, count);
        let graph = Graph::build(&map).unwrap();
        let places = places::locate(&graph, &request).unwrap();
        let Ok(served) = plan::served(&places) else { continue };
        let visits = served.visits.clone();
        if visits.is_empty() {
            continue;
        }
        let plan = plan::measure(&places, served.visits).unwrap();
        let expected = exact::solve(&plan.problem).1;
        let Some(frontier) = Frontier::new(&places, &visits, 1) else { continue };
        // A point on one of two opposite one-way edges makes them differ.
        if frontier.reduction.rule != Rule::Parity {
            continue;
        }
        let swept = frontier.solve(ALL, &never).unwrap_or_else(|| panic!("round {round}"));
        assert!(swept.is_shortest);
        assert_eq!(swept.walk.cost(), expected, "round {round}: {map:?}\n{request:?}");
        let arcs = swept.walk.legs.iter().flat_map(|leg| &leg.arcs);
        assert_eq!(arcs.map(|arc| arc.cost).sum::<Ticks>(), expected, "round {round}");
        let answer = solve(&graph, &request, &never).unwrap();
        verify(&graph, &request, &answer)
            .unwrap_or_else(|error| panic!("round {round}: {error}\n{map:?}\n{answer:#?}"));
        assert!(answer.optimal);
        compared += 1;
    }
    assert!(compared > 450, "{compared}");
}

#[test]
fn any_order_of_the_edges_gives_the_same_length() {
    let mut random = Seeded::new(5);
    let mut compared = 0;
    for round in 0..60 {
        let map = if round % 3 == 0 { store(5, 4, 3) } else { two_way_map(&mut random) };
        let count = 3 + random.below(20);
        let request = request(&mut random, &map, count);
        let graph = Graph::build(&map).unwrap();
        let places = places::locate(&graph, &request).unwrap();
        let Ok(served) = plan::served(&places) else { continue };
        let Some(mut frontier) = Frontier::new(&places, &served.visits, 1) else { continue };
        if frontier.reduction.rule != Rule::Parity {
            continue;
        }
        let expected = frontier.solve(ALL, &never).unwrap().walk.cost();
        for _ in 0..4 {
            // Few swaps, so that not too many vertices are open.
            let mut links = frontier.steps.links.clone();
            links.reverse();
            for _ in 0..4.min(links.len()) {
                let (a, b) = (random.below(links.len()), random.below(links.len()));
                links.swap(a, b);
            }
            let Some(steps) = steps::arrange(&frontier.reduction, links) else { continue };
            let before = std::mem::replace(&mut frontier.steps, steps);
            if let Some(swept) = frontier.solve(30_000, &never).filter(|swept| swept.is_shortest) {
                assert_eq!(swept.walk.cost(), expected, "round {round}");
                compared += usize::from(!frontier.steps.list.is_empty());
            }
            frontier.steps = before;
        }
    }
    assert!(compared > 60, "{compared}");
}

#[test]
fn stores_with_a_hundred_stops_are_proven_and_no_longer_than_the_local_search() {
    let mut random = Seeded::new(9);
    for (aisles, crossings, bays) in [(20, 2, 12), (14, 3, 9), (10, 4, 7)] {
        let map = store(aisles, crossings, bays);
        let stops = (0..100).map(|_| map.nodes[random.below(map.nodes.len())].id.clone());
        let stops = stops.map(RouteStop::at_node).collect();
        let request = RouteRequest::new(Start::Point(Point::default()), stops);
        let graph = Graph::build(&map).unwrap();
        let answer = solve(&graph, &request, &never).unwrap();
        verify(&graph, &request, &answer).unwrap();
        assert_eq!((answer.method.as_str(), answer.optimal), ("frontier", true));
        let places = places::locate(&graph, &request).unwrap();
        let plan = plan::plan(&places).unwrap();
        let asked = std::cell::Cell::new(0);
        let soon = || asked.replace(asked.get() + 1) > 300;
        let tour = tour::solve(&plan.problem, &soon);
        let ticks = super::super::length::ticks_from_metres(answer.distance).unwrap();
        assert!(tour.lower_bound <= ticks && ticks <= tour.length);
    }
}

#[test]
fn a_sweep_without_room_or_time_claims_nothing() {
    let map = store(9, 9, 1);
    let stops = map.nodes.iter().step_by(2).map(|node| RouteStop::at_node(&node.id)).collect();
    let request = RouteRequest::new(Start::Node(map.nodes[0].id.clone()), stops);
    let graph = Graph::build(&map).unwrap();
    let places = places::locate(&graph, &request).unwrap();
    let served = plan::served(&places).unwrap();
    let frontier = Frontier::new(&places, &served.visits, 1).unwrap();
    assert!(frontier.solve(1_000, &never).is_none());
    assert!(frontier.solve(100_000, &never).is_none_or(|swept| !swept.is_shortest));
    assert!(frontier.solve(ALL, &|| true).is_none_or(|swept| !swept.is_shortest));
    assert_eq!(frontier.affordable(0), None);
    let answer = solve(&graph, &request, &|| true).unwrap();
    verify(&graph, &request, &answer).unwrap();
}

#[test]
fn with_one_way_roads_walks_are_legal_and_no_longer_than_the_local_search() {
    let mut random = Seeded::new(77);
    let mut proven = 0;
    for round in 0..6 {
        let mut map = store(5 + random.below(5), 2 + random.below(3), 3);
        for edge in &mut map.edges {
            edge.one_way = random.chance(10);
        }
        let count = 18 + random.below(20);
        let request = request(&mut random, &map, count);
        let graph = Graph::build(&map).unwrap();
        let places = places::locate(&graph, &request).unwrap();
        let Ok(served) = plan::served(&places) else { continue };
        let Ok(plan) = plan::measure(&places, served.visits) else { continue };
        if !is_directed(&places, &plan.visits) {
            continue;
        }
        let answer = solve(&graph, &request, &questions(3_000, &never)).unwrap();
        verify(&graph, &request, &answer)
            .unwrap_or_else(|error| panic!("round {round}: {error}\n{map:?}\n{answer:#?}"));
        let tour = tour::solve(&plan.problem, &questions(3_000, &never));
        let length = super::super::length::ticks_from_metres(answer.distance).unwrap();
        assert!(tour.lower_bound <= length && length <= tour.length, "round {round}");
        proven += usize::from(answer.optimal);
    }
    assert!(proven >= 2, "{proven}");
}

#[test]
fn groups_are_as_short_as_the_dynamic_program_over_subsets() {
    let mut random = Seeded::new(101);
    let mut compared = 0;
    for round in 0..60 {
        let map = if round % 3 == 0 { store(6, 3, 4) } else { two_way_map(&mut random) };
        let mut request = request(&mut random, &map, 0);
        for _ in 0..4 + random.below(20) {
            let node = &map.nodes[random.below(map.nodes.len())];
            let group = Some(i32::from(random.chance(30)) + i32::from(random.chance(20)));
            request.stops.push(RouteStop { group, ..RouteStop::at_node(&node.id) });
        }
        let graph = Graph::build(&map).unwrap();
        let places = places::locate(&graph, &request).unwrap();
        let Ok(served) = plan::served(&places) else { continue };
        let unreachable = served.unreachable.clone();
        let Some(swept) = frontier_of_groups(&places, &served.visits) else { continue };
        assert!(swept.is_shortest);
        let plan = plan::measure(&places, served.visits).unwrap();
        let tour = tour::solve(&plan.problem, &|| true);
        assert!(tour.lower_bound <= swept.walk.cost() && swept.walk.cost() <= tour.length);
        if tour.method == "held-karp" {
            assert_eq!(swept.walk.cost(), tour.length, "round {round}");
            compared += 1;
        }
        let walk = swept.walk;
        let length = walk.cost();
        let found = super::super::Found { walk, length, lower_bound: length, method: "frontier" };
        let mut answer = super::super::answer(&request, &places, found);
        answer.unreachable = unreachable;
        verify(&graph, &request, &answer)
            .unwrap_or_else(|error| panic!("round {round}: {error}\n{map:?}\n{answer:#?}"));
    }
    assert!(compared > 20, "{compared}");
}

fn frontier_of_groups(places: &Places<'_>, visits: &[Visit]) -> Option<Swept> {
    if visits.len() < 2 || visits[0].group == visits[visits.len() - 1].group {
        return None;
    }
    groups::solve(places, visits, 60_000, &never)
}
