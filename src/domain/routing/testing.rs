//! Maps and requests for tests, and the slow solver they are compared with.

pub(super) mod brute_force;
pub(super) mod cases;

use super::request::{RouteRequest, RouteStop, Start};
use crate::domain::store_map::{Edge, Location, Node, NodeKind, StoreMap};

/// Random numbers that are the same in every run.
pub(super) struct Seeded(u64);

impl Seeded {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        // xorshift64* (Vigna 2016)
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(high).unwrap() % limit
    }

    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(super) fn metres(&mut self, limit: u32) -> f64 {
        let limit = usize::try_from(limit).unwrap();
        f64::from(u32::try_from(self.below(limit * 100)).unwrap()) / 100.0
    }
}

/// `n0 - n1 - ... `, 10 m apart; the last one is a checkout.
pub(super) fn line(count: usize) -> StoreMap {
    let mut map = StoreMap::default();
    for index in 0..count {
        let x = f64::from(u32::try_from(index * 10).unwrap());
        map.nodes.push(Node::new(format!("n{index}"), x, 0.0));
        if index > 0 {
            map.edges.push(Edge::new(format!("n{}", index - 1), format!("n{index}")));
        }
    }
    map.nodes[count - 1].kind = NodeKind::Checkout;
    map
}

/// A random map: mostly connected, with bent edges, closed ones and, if wanted, one-way ones,
/// a location along every third edge, two checkouts.
pub(super) fn random_map(random: &mut Seeded, nodes: usize, has_one_way: bool) -> StoreMap {
    let mut map = StoreMap::default();
    for index in 0..nodes {
        map.nodes.push(Node::new(format!("n{index}"), random.metres(30), random.metres(30)));
    }
    for _ in 0..2 {
        let checkout = random.below(nodes);
        map.nodes[checkout].kind = NodeKind::Checkout;
    }
    let mut ends: Vec<(usize, usize)> =
        (1..nodes).map(|index| (random.below(index), index)).collect();
    ends.extend((0..nodes).map(|_| (random.below(nodes), random.below(nodes))));
    for (number, (from, to)) in ends.into_iter().enumerate() {
        let (from, to) = if random.chance(50) { (from, to) } else { (to, from) };
        let mut edge = Edge::new(format!("n{from}"), format!("n{to}"));
        if random.chance(30) {
            edge.length = Some(random.metres(40));
        }
        edge.one_way = has_one_way && random.chance(35);
        edge.closed = random.chance(6);
        edge.seconds = random.chance(10).then_some(7.5);
        if number % 3 == 0 {
            let (a, b) = (edge.from.clone(), edge.to.clone());
            let offset = edge.length.map_or(0.0, |length| length / 4.0);
            map.locations.push(Location {
                id: format!("L{number}"),
                from: Some(a),
                to: Some(b),
                offset: Some(offset),
                ..Location::default()
            });
        }
        map.edges.push(edge);
    }
    // An earlier parallel edge may be shorter than the one a location was meant for.
    let errors = map.check().err();
    let bad = |index: usize| {
        let field = format!("locations[{index}].");
        errors.iter().flat_map(|all| &all.errors).any(|error| error.field.starts_with(&field))
    };
    let kept = (0..map.locations.len()).filter(|&index| !bad(index));
    map.locations = kept.map(|index| map.locations[index].clone()).collect();
    map
}

/// A store of parallel aisles between cross aisles, all two-way, with a checkout at one corner.
pub(super) fn store(aisles: usize, crossings: usize, bays: usize) -> StoreMap {
    let mut map = StoreMap::default();
    let name = |aisle: usize, row: usize| format!("a{aisle}r{row}");
    let metres = |count: usize, each: f64| f64::from(u32::try_from(count).unwrap()) * each;
    let rows = (crossings - 1) * bays + 1;
    for aisle in 0..aisles {
        for row in 0..rows {
            map.nodes.push(Node::new(name(aisle, row), metres(aisle, 2.4), metres(row, 1.1)));
            if row > 0 {
                let along = Edge::new(name(aisle, row - 1), name(aisle, row));
                map.edges.push(Edge { aisle: Some(format!("A{aisle}")), ..along });
            }
            if aisle > 0 && row % bays == 0 {
                map.edges.push(Edge::new(name(aisle - 1, row), name(aisle, row)));
            }
        }
    }
    map.nodes[0].kind = NodeKind::Entrance;
    let last = map.nodes.len() - rows;
    map.nodes[last].kind = NodeKind::Checkout;
    map
}

/// A request for random nodes, locations and points of a map.
pub(super) fn random_request(random: &mut Seeded, map: &StoreMap, stops: usize) -> RouteRequest {
    let node = |random: &mut Seeded| map.nodes[random.below(map.nodes.len())].id.clone();
    let point =
        |random: &mut Seeded| super::Point { x: random.metres(35), y: random.metres(35), floor: 0 };
    let start =
        if random.chance(70) { Start::Node(node(random)) } else { Start::Point(point(random)) };
    let mut request = RouteRequest::new(start, Vec::new());
    let has_groups = random.chance(30);
    for _ in 0..stops {
        let mut stop = match random.below(10) {
            0..3 if !map.locations.is_empty() => {
                RouteStop::at_location(&map.locations[random.below(map.locations.len())].id)
            }
            3..5 => RouteStop::at_point(point(random)),
            _ => RouteStop::at_node(node(random)),
        };
        stop.group = has_groups.then(|| i32::try_from(random.below(3)).unwrap() - 1);
        request.stops.push(stop);
    }
    match random.below(4) {
        0 => request.return_to_start = true,
        1 => request.ends = Some(Vec::new()),
        2 => request.ends = Some((0..3).map(|_| node(random)).collect()),
        _ => {}
    }
    request
}
