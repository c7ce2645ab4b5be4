//! Whatever the map and the request: a legal walk, a shortest one where that can be known, or a
//! refusal with a reason. Run longer with `PROPTEST_CASES`.

use std::cell::Cell;

use proptest::prelude::*;

use super::{
    super::{
        check::verify,
        testing::{Seeded, brute_force, cases::cases, random_map, random_request},
        *,
    },
    never,
};
use crate::domain::store_map::StoreMap;

/// Stops asking for more after so many questions.
pub(super) fn after(calls: usize) -> impl Fn() -> bool {
    let left = Cell::new(calls);
    move || {
        let is_over = left.get() == 0;
        left.set(left.get().saturating_sub(1));
        is_over
    }
}

/// How often a solve asks whether to stop, up to a limit.
fn questions(graph: &Graph, request: &RouteRequest, most: usize) -> usize {
    let asked = Cell::new(0);
    let _ = solve(graph, request, &|| {
        asked.set(asked.get() + 1);
        asked.get() > most
    });
    asked.get()
}

fn ticks(metres: f64) -> Ticks {
    length::ticks_from_metres(metres).unwrap()
}

/// A refusal has to be one that the request or the map explains.
fn check_refusal(map: &StoreMap, request: &RouteRequest, error: &RouteError) -> Result<(), String> {
    let has_checkout =
        map.nodes.iter().any(|node| node.kind == crate::domain::store_map::NodeKind::Checkout);
    let may_lack = request.ends.is_none() && !request.return_to_start;
    match error.code() {
        "no-checkout" if may_lack && !has_checkout => Ok(()),
        "no-walk" if error.is_conflict() => Ok(()),
        _ => Err(format!("refused: {error}")),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn up_to_eight_stops_are_served_in_the_best_order_of_all(case in cases(8)) {
        let graph = Graph::build(&case.map).unwrap();
        let best = brute_force::shortest(&graph, &case.request);
        match solve(&graph, &case.request, &never) {
            Ok(answer) => {
                verify(&graph, &case.request, &answer).map_err(TestCaseError::fail)?;
                prop_assert_eq!(Some(ticks(answer.distance)), best);
                prop_assert!(answer.optimal, "{} is not proven", answer.method);
            }
            Err(error) => {
                check_refusal(&case.map, &case.request, &error).map_err(TestCaseError::fail)?;
                prop_assert!(best.is_none(), "refused, but {:?} is a walk: {error}", best);
            }
        }
    }

    #[test]
    fn a_solve_can_be_stopped_at_every_question(case in cases(7)) {
        let graph = Graph::build(&case.map).unwrap();
        let best = brute_force::shortest(&graph, &case.request);
        for calls in 0..=questions(&graph, &case.request, 40) {
            match solve(&graph, &case.request, &after(calls)) {
                Ok(answer) => {
                    verify(&graph, &case.request, &answer).map_err(TestCaseError::fail)?;
                    let best = best.ok_or_else(|| TestCaseError::fail("there is no walk"))?;
                    prop_assert!(ticks(answer.lower_bound) <= best, "after {calls}: too high");
                    prop_assert!(ticks(answer.distance) >= best);
                }
                Err(error) => {
                    check_refusal(&case.map, &case.request, &error).map_err(TestCaseError::fail)?;
                    prop_assert!(best.is_none(), "after {calls}: refused: {error}");
                }
            }
        }
    }
}

#[test]
fn many_stops_get_a_legal_walk_whenever_time_is_over() {
    let mut random = Seeded::new(41);
    for round in 0..6 {
        let map = random_map(&mut random, 30 + 15 * round, round % 2 == 1);
        let request = random_request(&mut random, &map, 18 + 5 * round);
        let graph = Graph::build(&map).unwrap();
        let most = questions(&graph, &request, 500);
        let (mut calls, mut bound) = (0, 0);
        let mut shortest = Ticks::MAX;
        while calls <= most {
            match solve(&graph, &request, &after(calls)) {
                Ok(answer) => {
                    verify(&graph, &request, &answer)
                        .unwrap_or_else(|error| panic!("round {round}, {calls}: {error}"));
                    shortest = shortest.min(ticks(answer.distance));
                    bound = bound.max(ticks(answer.lower_bound));
                }
                Err(error) => assert_eq!(error.code(), "no-walk", "round {round}: {error}"),
            }
            calls = calls * 2 + 1;
        }
        assert!(bound <= shortest, "round {round}: the bound {bound} is above {shortest}");
    }
}

#[test]
fn the_same_request_has_the_same_answer() {
    let mut random = Seeded::new(43);
    for round in 0..6 {
        let map = random_map(&mut random, 60, round % 2 == 1);
        let request = random_request(&mut random, &map, 25);
        let graph = Graph::build(&map).unwrap();
        let once = solve(&graph, &request, &after(300));
        assert_eq!(once, solve(&graph, &request, &after(300)), "round {round}");
        assert_eq!(once, solve(&Graph::build(&map).unwrap(), &request, &after(300)));
    }
}
