//! The checker against liars: a right answer with anything changed in it is refused.

use serde_json::{Value, json};

use super::{
    super::{check::verify, testing::store, *},
    at, never, nodes,
};
use crate::domain::store_map::{Edge, Location, Node, NodeKind, StoreMap};

/// A store in which no two ways are equally long: with one-way and closed aisles, hours, widths,
/// two places along one edge, and a corner that cannot be reached.
fn shop() -> StoreMap {
    let mut map = store(5, 3, 3);
    for (index, edge) in map.edges.iter_mut().enumerate() {
        edge.length = Some(1.0 + 0.001 * f64::from(u32::try_from(index * index).unwrap()));
    }
    let edge = |map: &StoreMap, from: &str, to: &str| {
        map.edges.iter().position(|edge| edge.from == from && edge.to == to).unwrap()
    };
    let (one_way, closed) = (edge(&map, "a2r1", "a2r2"), edge(&map, "a3r4", "a3r5"));
    let (hours, narrow) = (edge(&map, "a1r4", "a1r5"), edge(&map, "a4r1", "a4r2"));
    map.edges[one_way].one_way = true;
    map.edges[closed].closed = true;
    map.edges[hours].hours = Some("08:00-20:00".to_owned());
    map.edges[narrow].width_m = Some(0.8);
    for (id, offset) in [("near", 0.25), ("far", 0.75)] {
        map.locations.push(Location {
            id: id.to_owned(),
            from: Some("a1r1".to_owned()),
            to: Some("a1r2".to_owned()),
            offset: Some(offset),
            ..Location::default()
        });
    }
    map.nodes.push(Node::new("island", 50.0, 50.0));
    map.nodes.push(Node { kind: NodeKind::Checkout, ..Node::new("till", 20.0, -3.0) });
    map.edges.push(Edge { one_way: true, ..Edge::new("a4r0", "till") });
    map
}

fn requests() -> Vec<RouteRequest> {
    let mut stops = nodes(&["a2r2", "a0r4", "a3r3", "island", "a4r5", "a2r2"]);
    stops.push(RouteStop::at_location("far"));
    stops.push(RouteStop::at_location("near"));
    stops.push(RouteStop::at_point(Point { x: 3.1, y: 4.9, floor: 0 }));
    stops.push(RouteStop::at_point(Point { x: 3.1, y: 4.9, floor: 4 }));
    let base = RouteRequest::new(at("a0r0"), stops);
    let mut grouped = base.clone();
    for (index, stop) in grouped.stops.iter_mut().enumerate() {
        stop.group = (index % 3 != 0).then(|| i32::try_from(index % 3).unwrap() - 2);
    }
    vec![
        RouteRequest { ends: Some(vec![]), ..base.clone() },
        RouteRequest { ends: Some(vec!["a2r6".into(), "a4r6".into()]), ..base.clone() },
        RouteRequest {
            return_to_start: true,
            start: Start::Point(Point { x: 5.0, y: 0.4, floor: 0 }),
            ..base.clone()
        },
        grouped,
        base,
    ]
}

/// Calls `lie` with each answer to each request; what comes back must be refused.
fn refuse(lie: impl Fn(&RouteRequest, &RouteAnswer) -> Vec<(String, RouteAnswer)>) -> usize {
    let graph = Graph::build(&shop()).unwrap();
    let mut count = 0;
    for (number, request) in requests().iter().enumerate() {
        let answer = solve(&graph, request, &never).unwrap();
        verify(&graph, request, &answer).unwrap();
        for (what, changed) in lie(request, &answer) {
            assert_ne!(changed, answer, "request {number}, {what}: nothing was changed");
            assert!(
                verify(&graph, request, &changed).is_err(),
                "request {number}: {what} went through\n{changed:#?}"
            );
            count += 1;
        }
    }
    count
}

/// Members that a client may rely on and that are not free text.
const FACTS: [&str; 9] =
    ["distance", "optimal", "lower_bound", "stops", "end", "path", "segments", "steps", "display"];

/// Each way to change one value inside `value`, as (where, the whole document changed).
fn single_changes(document: &Value, at: &str, into: &mut Vec<(String, Value)>) {
    let value = document.pointer(at).unwrap();
    let mut put = |what: &str, with: Value| {
        let mut changed = document.clone();
        *changed.pointer_mut(at).unwrap() = with;
        into.push((format!("{at} {what}"), changed));
    };
    match value {
        Value::Null => put("named", json!("a0r1")),
        Value::Bool(is_true) => put("turned", json!(!is_true)),
        Value::String(text) => {
            put("longer", json!(format!("{text}x")));
            put("empty", json!(""));
        }
        Value::Number(number) if number.is_f64() => {
            let metres = number.as_f64().unwrap();
            for more in [0.0001, -1.0] {
                put("moved", json!(metres + more));
            }
        }
        Value::Number(number) => {
            let number = number.as_i64().unwrap();
            for other in [number + 1, 77] {
                if other != number {
                    put("renumbered", json!(other));
                }
            }
        }
        Value::Array(items) => {
            for index in 0..items.len() {
                let mut fewer = items.clone();
                let item = fewer.remove(index);
                put("fewer", json!(fewer));
                if !((at.ends_with("steps") || at.ends_with("display"))
                    && index > 0
                    && items[index - 1] == item)
                {
                    let mut more = items.clone();
                    more.insert(index, item);
                    put("more", json!(more));
                }
                if index > 0 && items[index] != items[index - 1] {
                    let mut swapped = items.clone();
                    swapped.swap(index, index - 1);
                    put("swapped", json!(swapped));
                }
            }
            for index in 0..items.len() {
                single_changes(document, &format!("{at}/{index}"), into);
            }
        }
        Value::Object(members) => {
            for name in members.keys().filter(|name| !["note", "approximate"].contains(&&***name)) {
                single_changes(document, &format!("{at}/{name}"), into);
            }
        }
    }
}

#[test]
fn no_single_value_of_an_answer_can_be_changed() {
    let count = refuse(|_, answer| {
        let whole = serde_json::to_value(answer).unwrap();
        let mut changes = Vec::new();
        for fact in FACTS {
            single_changes(&whole, &format!("/{fact}"), &mut changes);
        }
        let lies = changes.into_iter().filter_map(|(what, document)| {
            let lie: RouteAnswer = serde_json::from_value(document).ok()?;
            // Only a bound that is lower than it could be is no lie.
            let is_modest = what.starts_with("/lower_bound")
                && !answer.optimal
                && lie.lower_bound < answer.lower_bound;
            (lie != *answer && !is_modest).then_some((what, lie))
        });
        lies.collect()
    });
    assert!(count > 2_000, "{count}");
}

/// Puts a path together again after a change to the segments, and the sums as well.
fn repaired(mut answer: RouteAnswer) -> RouteAnswer {
    answer.path.truncate(1);
    answer.steps.clear();
    answer.display.clear();
    let mut so_far = 0;
    for (number, segment) in answer.segments.iter().enumerate() {
        answer.path.extend(segment.path.iter().skip(1).cloned());
        answer.steps.extend(segment.steps.iter().cloned());
        answer.display.extend(segment.display.iter().cloned());
        so_far += length::ticks_from_metres(segment.distance).unwrap();
        if let Some(stop) = answer.stops.get_mut(number) {
            stop.leg_distance = segment.distance;
            stop.distance_so_far = length::metres_from_ticks(so_far);
        }
    }
    answer.distance = length::metres_from_ticks(so_far);
    answer.lower_bound = answer.distance;
    answer.optimal = true;
    answer.end = answer.path.last().and_then(|last| last.node.clone());
    answer
}

#[test]
fn no_leg_can_be_cut_short_and_the_sums_repaired() {
    let count = refuse(|_, answer| {
        let mut lies = Vec::new();
        let mut lie = |what: &str, number: usize, change: &dyn Fn(&mut RouteAnswer)| {
            let mut changed = answer.clone();
            change(&mut changed);
            lies.push((format!("segments[{number}]: {what}"), repaired(changed)));
        };
        for (number, segment) in answer.segments.iter().enumerate() {
            let points = segment.path.len();
            if points < 2 {
                continue;
            }
            lie("a shorter length", number, &|a| a.segments[number].distance -= 0.01);
            lie("a longer length", number, &|a| a.segments[number].distance += 0.01);
            lie("does not arrive", number, &|a| drop(a.segments[number].path.pop()));
            if points > 2 {
                lie("a jump", number, &|a| drop(a.segments[number].path.drain(1..points - 1)));
                for point in 1..points - 1 {
                    lie("a point less", number, &|a| drop(a.segments[number].path.remove(point)));
                }
            }
            lie("stands still and pays", number, &|a| {
                let first = a.segments[number].path[0].clone();
                a.segments[number].path.insert(0, first);
                a.segments[number].distance += 0.5;
            });
        }
        lies
    });
    assert!(count > 150, "{count}");
}

#[test]
fn no_stop_can_be_skipped_swapped_or_disowned() {
    let count = refuse(|request, answer| {
        let mut lies = Vec::new();
        for number in 0..answer.stops.len() {
            let mut skipped = answer.clone();
            let stop = skipped.stops.remove(number);
            skipped.segments.remove(number);
            lies.push((format!("leg {number} less"), repaired(skipped)));

            // A walk that is right without the stop, and calls it unreachable.
            let mut smaller = request.clone();
            smaller.stops.remove(stop.index);
            let graph = Graph::build(&shop()).unwrap();
            let mut disowned = solve(&graph, &smaller, &never).unwrap();
            let renumber = |index: usize| if index >= stop.index { index + 1 } else { index };
            disowned.stops.iter_mut().for_each(|s| s.index = renumber(s.index));
            disowned.unreachable.iter_mut().for_each(|s| s.index = renumber(s.index));
            for segment in &mut disowned.segments {
                segment.stop = segment.stop.map(renumber);
            }
            let reason = "it is far away".to_owned();
            disowned.unreachable.push(UnreachableStop { index: stop.index, reason });
            lies.push((format!("leg {number} disowned"), disowned));

            let other = (number + 1) % answer.stops.len();
            let place = |index: usize| {
                let stop = &request.stops[answer.stops[index].index];
                (&stop.node, &stop.location, stop.x)
            };
            if place(number) != place(other) {
                let mut swapped = answer.clone();
                swapped.stops.swap(number, other);
                let (a, b) = (swapped.segments[number].stop, swapped.segments[other].stop);
                (swapped.segments[number].stop, swapped.segments[other].stop) = (b, a);
                lies.push((format!("legs {number} and {other} swapped"), repaired(swapped)));
            }
        }
        let mut hushed = answer.clone();
        hushed.unreachable.pop();
        lies.push(("an unreachable stop less".to_owned(), hushed));
        lies
    });
    assert!(count > 80, "{count}");
}

#[test]
fn no_walk_goes_backwards_or_through_what_is_barred() {
    let free = |change: &dyn Fn(&mut Edge)| {
        let mut map = shop();
        map.edges.iter_mut().for_each(change);
        Graph::build(&map).unwrap()
    };
    let graph = Graph::build(&shop()).unwrap();
    let asks = |from: &str, stop: &str| RouteRequest {
        ends: Some(vec![]),
        ..RouteRequest::new(at(from), nodes(&[stop]))
    };
    let noon = Some("2026-11-20T12:00:00Z".to_owned());
    let night = Some("2026-11-20T22:00:00Z".to_owned());
    let cases = [
        (free(&|e| e.one_way = false), asks("a2r2", "a2r1"), asks("a2r2", "a2r1")),
        (free(&|e| e.closed = false), asks("a3r4", "a3r5"), asks("a3r4", "a3r5")),
        (
            graph.clone(),
            RouteRequest { at: noon, ..asks("a1r4", "a1r5") },
            RouteRequest { at: night, ..asks("a1r4", "a1r5") },
        ),
        (
            graph.clone(),
            RouteRequest { min_width_m: Some(0.8), ..asks("a4r1", "a4r2") },
            RouteRequest { min_width_m: Some(0.9), ..asks("a4r1", "a4r2") },
        ),
    ];
    for (number, (friendly, request, strict)) in cases.into_iter().enumerate() {
        let answer = solve(&friendly, &request, &never).unwrap();
        verify(&friendly, &request, &answer).unwrap();
        assert_eq!(answer.path.len(), 2, "case {number}");
        assert!(verify(&graph, &strict, &answer).is_err(), "case {number} went through");
        verify(&graph, &strict, &solve(&graph, &strict, &never).unwrap()).unwrap();
    }
    // A whole walk backwards, on a map where it would be as long.
    let mut map = shop();
    map.edges.iter_mut().for_each(|edge| edge.one_way = true);
    let graph = Graph::build(&map).unwrap();
    let request = asks("a0r0", "a4r6");
    let mut answer = solve(&graph, &request, &never).unwrap();
    answer.path.reverse();
    answer.segments[0].path.reverse();
    let request = asks("a4r6", "a0r0");
    answer.stops[0].stop = request.stops[0].clone();
    answer.end = Some("a0r0".to_owned());
    assert!(verify(&graph, &request, &answer).unwrap_err().contains("cannot be walked"));
}

#[test]
fn no_walk_ends_where_it_may_not() {
    let graph = Graph::build(&shop()).unwrap();
    let to = |ends: Option<Vec<String>>| RouteRequest {
        ends,
        ..RouteRequest::new(at("a0r0"), nodes(&["a0r2"]))
    };
    let open = solve(&graph, &to(Some(vec![])), &never).unwrap();
    let named = solve(&graph, &to(Some(vec!["a0r3".into()])), &never).unwrap();
    let till = solve(&graph, &to(None), &never).unwrap();
    for (answer, request) in [
        (&open, to(None)),
        (&open, to(Some(vec!["a0r2".into()]))),
        (&named, to(Some(vec![]))),
        (&named, to(None)),
        (&till, to(Some(vec!["a0r3".into()]))),
        (&named, RouteRequest { return_to_start: true, ..to(None) }),
    ] {
        assert!(verify(&graph, &request, answer).is_err(), "{request:?}\n{answer:#?}");
    }
}
