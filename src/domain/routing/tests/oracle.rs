//! Random maps and requests: against brute force, the exact solver and the checker.

use std::cell::Cell;

use super::{
    super::{
        check::verify,
        places,
        testing::{Seeded, brute_force, random_map, random_request, store},
        *,
    },
    assert_metres, never,
};
use crate::domain::store_map::{EdgeKind, StoreMap};

#[test]
fn small_requests_are_as_short_as_brute_force_finds() {
    let mut random = Seeded::new(7);
    let (mut walks, mut refusals, mut partial) = (0, 0, 0);
    for round in 0..600 {
        let size = 4 + random.below(12);
        let map = random_map(&mut random, size, round % 2 == 0);
        let count = random.below(8);
        let request = random_request(&mut random, &map, count);
        let graph = Graph::build(&map).unwrap();
        let expected = brute_force::shortest(&graph, &request);
        match (solve(&graph, &request, &never), expected) {
            (Ok(answer), Some(length)) => {
                verify(&graph, &request, &answer)
                    .unwrap_or_else(|error| panic!("round {round}: {error}\n{answer:#?}"));
                assert_metres(answer.distance, length::metres_from_ticks(length));
                assert!(answer.optimal, "round {round}");
                walks += 1;
                partial += usize::from(!answer.unreachable.is_empty());
            }
            (Err(error), None) => {
                assert_eq!(error.code(), "no-walk", "round {round}: {error}");
                refusals += 1;
            }
            (found, expected) => panic!("round {round}: {found:?} but {expected:?}"),
        }
    }
    assert!(walks > 300 && refusals > 5 && partial > 20, "{walks} {refusals} {partial}");
}

#[test]
fn the_heuristic_finds_what_the_exact_solver_proves() {
    let mut random = Seeded::new(11);
    let mut hits = 0;
    for round in 0..60 {
        let map = random_map(&mut random, 40, round % 2 == 0);
        let request = random_request(&mut random, &map, 10);
        let graph = Graph::build(&map).unwrap();
        let places = places::locate(&graph, &request).unwrap();
        let Ok(plan) = plan::plan(&places) else { continue };
        // Chains of tiny blocks are the exact solver's business at any size.
        if plan.problem.blocks().iter().any(|block| block.len() < 4) || plan.visits.is_empty() {
            continue;
        }
        let (_, best) = exact::solve(&plan.problem);
        let bound = bound::lower_bound(&plan.problem, best, &never);
        assert!(bound <= best, "round {round}: {bound} is above {best}");
        assert!(bound::lower_bound(&plan.problem, best, &|| true) <= bound);
        let mut search = heuristic::Search::new(&plan.problem);
        search.descend(&never);
        search.improve(best, &never);
        let (order, length) = search.into_best();
        assert_eq!(length, plan.problem.length(&order));
        assert_eq!(length, best, "round {round}");
        hits += 1;
    }
    assert!(hits > 15, "{hits}");
}

#[test]
fn large_requests_get_legal_walks_within_their_bound() {
    let mut random = Seeded::new(3);
    let calls = Cell::new(0);
    let soon = || {
        calls.set(calls.get() + 1);
        calls.get() > 1_500
    };
    for round in 0..6 {
        let map = if round == 0 { store(8, 3, 8) } else { random_map(&mut random, 90, round > 3) };
        let request = random_request(&mut random, &map, 50);
        let graph = Graph::build(&map).unwrap();
        calls.set(0);
        match solve(&graph, &request, &soon) {
            Ok(answer) => verify(&graph, &request, &answer)
                .unwrap_or_else(|error| panic!("round {round}: {error}")),
            Err(error) => assert!(error.is_conflict(), "{error}"),
        }
    }
}

/// Turns one thing in a map into something odd.
fn tamper(random: &mut Seeded, map: &mut StoreMap) {
    let node = random.below(map.nodes.len());
    let edge = random.below(map.edges.len());
    let numbers = [0.0, -0.0, 1e-9, 9_999.0, 1e12, -1.0, f64::NAN, f64::INFINITY];
    let number = numbers[random.below(numbers.len())];
    match random.below(10) {
        0 => map.nodes[node].x = number,
        1 => map.nodes[node].floor = 7,
        2 => map.nodes[node].id = map.nodes[0].id.clone(),
        3 => map.edges[edge].length = Some(number),
        4 => map.edges[edge].seconds = Some(number),
        5 => map.edges[edge].to = map.edges[edge].from.clone(),
        6 => map.edges[edge].from = "nowhere".to_owned(),
        7 => map.edges[edge].kind = EdgeKind::Stairs,
        8 => map.edges[edge].hours = Some("23:00-01:00".to_owned()),
        _ => map.nodes.iter_mut().for_each(|node| (node.x, node.y) = (1.0, 1.0)),
    }
}

#[test]
fn odd_maps_and_requests_get_an_error_or_a_legal_walk() {
    let mut random = Seeded::new(23);
    let (mut refused, mut walked) = (0, 0);
    for round in 0..800 {
        let mut map = random_map(&mut random, 3 + round % 10, round % 3 == 0);
        for _ in 0..=random.below(3) {
            tamper(&mut random, &mut map);
        }
        let count = random.below(20);
        let mut request = random_request(&mut random, &map, count);
        request.at = random.chance(50).then(|| "2026-11-20T12:00:00Z".to_owned());
        if let Some(stop) = request.stops.first_mut() {
            stop.floor = random.chance(20).then_some(7);
        }
        let Ok(graph) = Graph::build(&map) else {
            refused += 1;
            continue;
        };
        if let Ok(answer) = solve(&graph, &request, &|| true) {
            verify(&graph, &request, &answer)
                .unwrap_or_else(|error| panic!("round {round}: {error}\n{map:?}\n{answer:#?}"));
            walked += 1;
        }
    }
    assert!(refused > 100 && walked > 100, "{refused} {walked}");
}
