//! The sweep on networks with one-way roads against the dynamic program over subsets: what it
//! calls a bound is one, however early it stops counting.

use super::*;

/// A comb: aisles that run one way between two cross aisles, and few that run back.
fn comb(random: &mut Seeded) -> StoreMap {
    let (aisles, crossings) = (3 + random.below(6), 2 + random.below(3));
    let mut map = store(aisles, crossings, 1 + random.below(2));
    let back = random.below(aisles);
    let is_cross_one_way = random.chance(30);
    for edge in &mut map.edges {
        let Some(aisle) = &edge.aisle else {
            edge.one_way = is_cross_one_way && random.chance(50);
            continue;
        };
        edge.one_way = !random.chance(8);
        if aisle == &format!("A{back}") {
            std::mem::swap(&mut edge.from, &mut edge.to);
        }
    }
    map
}

/// A store some of whose aisles and cross aisles run one way.
fn mixed(random: &mut Seeded) -> StoreMap {
    let aisles = 3 + random.below(4);
    let mut map = store(aisles, 2 + random.below(3), 1 + random.below(2));
    let share = 10 + random.below(60);
    for edge in &mut map.edges {
        edge.one_way = random.chance(share);
        if edge.one_way && random.chance(50) {
            std::mem::swap(&mut edge.from, &mut edge.to);
        }
    }
    map
}

/// A ring that runs one way, with chords; or several of them, one after the other.
fn rings(random: &mut Seeded) -> StoreMap {
    let mut map = StoreMap::default();
    let mut edges = Vec::new();
    let mut first = 0;
    for ring in 0..=random.below(3) {
        let count = 3 + random.below(5);
        for node in first..first + count {
            edges.push((node, first + (node + 1 - first) % count, random.chance(80)));
        }
        for _ in 0..random.below(4) {
            let (a, b) = (first + random.below(count), first + random.below(count));
            edges.push((a, b, random.chance(60)));
        }
        if ring > 0 {
            edges.push((random.below(first), first + random.below(count), random.chance(80)));
            if random.chance(30) {
                edges.push((random.below(first), first + random.below(count), true));
            }
        }
        first += count;
    }
    for node in 0..first {
        map.nodes.push(super::super::super::testing::line(1).nodes[0].clone());
        map.nodes[node].id = format!("n{node}");
        map.nodes[node].kind = NodeKind::default();
    }
    for (from, to, one_way) in edges.into_iter().filter(|(from, to, _)| from != to) {
        let length = if random.chance(15) { 0.0 } else { random.metres(12) };
        let edge = Edge::new(format!("n{from}"), format!("n{to}"));
        map.edges.push(Edge { one_way, length: Some(length), ..edge });
    }
    map.nodes[first - 1].kind = NodeKind::Checkout;
    map
}

fn one_way_map(random: &mut Seeded) -> StoreMap {
    let mut map = match random.below(5) {
        0 => comb(random),
        1 | 2 => mixed(random),
        3 => rings(random),
        _ => {
            let nodes = 4 + random.below(12);
            random_map(random, nodes, true)
        }
    };
    if random.chance(25) {
        // Parallel edges, and some without length.
        for _ in 0..=random.below(4) {
            let copy = map.edges[random.below(map.edges.len())].clone();
            let length = if random.chance(30) { 0.0 } else { random.metres(9) };
            map.edges.push(Edge { length: Some(length), ..copy });
        }
        map.locations.clear();
    }
    if map.check().is_err() {
        map.locations.clear();
    }
    if random.chance(30) {
        let checkout = random.below(map.nodes.len());
        map.nodes[checkout].kind = NodeKind::Checkout;
    }
    map
}

/// A known case and what can be said of it.
fn case(
    random: &mut Seeded,
    mut check: impl FnMut(&mut Seeded, &Places<'_>, &[Visit], Ticks, &str),
) {
    let map = one_way_map(random);
    let count = 2 + random.below(10);
    let request = request(random, &map, count);
    let Ok(graph) = Graph::build(&map) else { return };
    let places = places::locate(&graph, &request).unwrap();
    let Ok(served) = plan::served(&places) else { return };
    let visits = served.visits.clone();
    if visits.len() < 2 || roads::roads(&places.network, places.start, 1).1 == Rule::Parity {
        return;
    }
    let Ok(plan) = plan::measure(&places, served.visits) else { return };
    let expected = exact::solve(&plan.problem).1;
    check(random, &places, &visits, expected, &format!("{map:?}\n{request:?}"));
}

#[test]
fn no_bound_is_above_a_shortest_walk_whatever_is_counted() {
    let mut random = Seeded::new(2_024);
    let (mut compared, mut swept, mut proven) = (0, 0, 0);
    for round in 0..25 {
        case(&mut random, |random, places, visits, expected, what| {
            for most in [1, 2, 3, 7] {
                let Some(frontier) = Frontier::new(places, visits, most) else { continue };
                let upper = match random.below(4) {
                    0 => expected,
                    1 => expected + 1,
                    2 => expected + 50_000,
                    _ => 10 * expected + 1_000_000,
                };
                let attempt = frontier.attempt((upper, 1), &mut 100_000, &never);
                let bound = attempt.lower_bound;
                assert!(bound <= expected, "round {round}, {most}: {bound} {expected}\n{what}");
                let found = attempt.walk.map_or(upper, |walk| walk.cost());
                assert!(found >= expected, "round {round}, {most}: {found} {expected}\n{what}");
                compared += 1;
                swept += usize::from(!frontier.steps.list.is_empty());
                proven += usize::from(bound == expected);
            }
        });
    }
    assert!(compared > 25 && swept > 6, "{compared} {swept}");
    assert!(10 * proven > 7 * compared, "{proven} of {compared}");
}

#[test]
fn walks_on_one_way_networks_are_proven() {
    let mut random = Seeded::new(909);
    let (mut compared, mut proven) = (0, 0);
    for round in 0..50 {
        case(&mut random, |random, places, visits, expected, what| {
            let longer =
                if random.chance(50) { 0 } else { Ticks::from(random.chance(50)) + 70_000 };
            let proof = prove(places, visits, (expected + longer, 1), 500, &never);
            let Some(proof) = proof else { return };
            assert!(proof.lower_bound <= expected, "round {round}\n{what}");
            if let Some(shorter) = &proof.shorter {
                assert!(shorter.cost() >= expected, "round {round}\n{what}");
            }
            compared += 1;
            proven += usize::from(proof.lower_bound == expected);
        });
    }
    assert!(compared > 15 && 100 * proven > 90 * compared, "{proven} of {compared}");
}
