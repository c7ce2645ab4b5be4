//! Maps and requests for proptest: made of small numbers, so that what fails shrinks to something
//! that can be drawn on paper.

use proptest::prelude::*;

use super::super::{
    answer::Point,
    request::{RouteRequest, RouteStop, Start},
};
use crate::domain::store_map::{Edge, EdgeKind, Location, Node, NodeKind, StoreMap};

/// A map and a request on it.
#[derive(Debug, Clone)]
pub(in crate::domain::routing) struct Case {
    pub(in crate::domain::routing) map: StoreMap,
    pub(in crate::domain::routing) request: RouteRequest,
}

/// Small maps with everything a map can have, and up to that many stops.
pub(in crate::domain::routing) fn cases(most_stops: usize) -> impl Strategy<Value = Case> {
    (maps(), wishes(most_stops)).prop_map(|(map, wish)| {
        let request = wish.on(&map);
        Case { map, request }
    })
}

/// Maps of up to ten nodes: in one piece or several, with loops, parallel edges, edges of no
/// length, one-way and closed ones, two floors, locations along edges.
pub(in crate::domain::routing) fn maps() -> impl Strategy<Value = StoreMap> {
    let node = (0..20_u8, 0..20_u8, prop::bool::weighted(0.15), 0..5_u8);
    let tree = (any::<u8>(), prop::bool::weighted(0.93), edge_parts());
    let extra = (any::<u8>(), any::<u8>(), edge_parts());
    let location = (any::<u8>(), 0..=4_u8, any::<bool>());
    (
        prop::collection::vec((node, tree), 1..10),
        prop::collection::vec(extra, 0..9),
        prop::collection::vec(location, 0..4),
        any::<bool>(),
    )
        .prop_map(|(nodes, extras, locations, is_two_way)| {
            let mut map = StoreMap::default();
            for (index, &((x, y, is_up, kind), (parent, is_joined, ref parts))) in
                nodes.iter().enumerate()
            {
                let mut node = Node::new(format!("n{index}"), f64::from(x), f64::from(y));
                node.floor = i32::from(is_up);
                node.kind = match kind {
                    0 => NodeKind::Checkout,
                    1 => NodeKind::Entrance,
                    2 => NodeKind::Shelf,
                    _ => NodeKind::Junction,
                };
                map.nodes.push(node);
                if index > 0 && is_joined {
                    map.edges.push(parts.between(usize::from(parent) % index, index));
                }
            }
            for (from, to, parts) in &extras {
                let count = map.nodes.len();
                map.edges.push(parts.between(usize::from(*from) % count, usize::from(*to) % count));
            }
            // Half of the maps: they have solvers of their own.
            map.edges.iter_mut().for_each(|edge| edge.one_way &= !is_two_way);
            for (number, &(edge, quarters, is_turned)) in locations.iter().enumerate() {
                add_location(&mut map, number, usize::from(edge), f64::from(quarters), is_turned);
            }
            map
        })
}

fn add_location(map: &mut StoreMap, number: usize, edge: usize, quarters: f64, is_turned: bool) {
    if map.edges.is_empty() {
        return;
    }
    let edge = &map.edges[edge % map.edges.len()];
    let (from, to) = (edge.from.clone(), edge.to.clone());
    let (from, to) = if is_turned { (to, from) } else { (from, to) };
    map.locations.push(Location {
        id: format!("L{number}"),
        from: Some(from),
        to: Some(to),
        offset: Some(edge.length.unwrap_or(0.0) * quarters / 4.0),
        ..Location::default()
    });
    // A parallel edge that comes earlier may be shorter than the one it was meant for.
    if map.check().is_err() {
        map.locations.pop();
    }
}

#[derive(Debug, Clone)]
struct EdgeParts {
    length: Option<f64>,
    one_way: bool,
    closed: bool,
    kind: EdgeKind,
    seconds: Option<f64>,
    width_m: Option<f64>,
    hours: Option<&'static str>,
    is_turned: bool,
}

fn edge_parts() -> impl Strategy<Value = EdgeParts> {
    let length = prop_oneof![
        3 => Just(None),
        4 => (1..40_u8).prop_map(|metres| Some(f64::from(metres))),
        1 => Just(Some(0.0)),
        1 => (0.0..9.0_f64).prop_map(Some),
    ];
    let kind = prop_oneof![8 => Just(EdgeKind::Walk), 1 => Just(EdgeKind::Stairs), 1 => Just(EdgeKind::Lift)];
    let flags = (prop::bool::weighted(0.3), prop::bool::weighted(0.06), any::<bool>());
    let seconds = prop::option::weighted(0.1, Just(7.5));
    let width = prop::option::weighted(0.1, Just(0.8));
    let hours = prop::option::weighted(
        0.1,
        prop_oneof![Just("08:00-20:00"), Just("22:00-06:00"), Just("00:00-24:00")],
    );
    (length, flags, kind, seconds, width, hours).prop_map(
        |(length, (one_way, closed, is_turned), kind, seconds, width_m, hours)| EdgeParts {
            length,
            one_way,
            closed,
            kind,
            seconds,
            width_m,
            hours,
            is_turned,
        },
    )
}

impl EdgeParts {
    fn between(&self, from: usize, to: usize) -> Edge {
        let (from, to) = if self.is_turned { (to, from) } else { (from, to) };
        Edge {
            length: self.length,
            one_way: self.one_way,
            closed: self.closed,
            kind: self.kind,
            seconds: self.seconds,
            width_m: self.width_m,
            hours: self.hours.map(str::to_owned),
            ..Edge::new(format!("n{from}"), format!("n{to}"))
        }
    }
}

/// A request before it is known on which map: places are numbers that wrap around.
#[derive(Debug, Clone)]
struct Wish {
    start: WishedPlace,
    stops: Vec<(WishedPlace, Option<i32>)>,
    ends: WishedEnds,
    at: Option<&'static str>,
    min_width_m: Option<f64>,
}

#[derive(Debug, Clone)]
enum WishedPlace {
    Node(u8),
    Location(u8),
    Point(f64, f64, i32),
}

#[derive(Debug, Clone)]
enum WishedEnds {
    Checkouts,
    Anywhere,
    Start,
    Named(Vec<u8>),
}

fn wishes(most_stops: usize) -> impl Strategy<Value = Wish> {
    let place = || {
        prop_oneof![
            5 => any::<u8>().prop_map(WishedPlace::Node),
            2 => any::<u8>().prop_map(WishedPlace::Location),
            1 => (-3.0..23.0_f64, -3.0..23.0_f64, 0..2_i32)
                .prop_map(|(x, y, floor)| WishedPlace::Point(x, y, floor)),
            1 => (0..20_u8, 0..20_u8)
                .prop_map(|(x, y)| WishedPlace::Point(f64::from(x), f64::from(y), 0)),
        ]
    };
    let ends = prop_oneof![
        2 => Just(WishedEnds::Checkouts),
        2 => Just(WishedEnds::Anywhere),
        2 => Just(WishedEnds::Start),
        2 => prop::collection::vec(any::<u8>(), 1..4).prop_map(WishedEnds::Named),
    ];
    let group = prop_oneof![3 => Just(None), 1 => (-1..2_i32).prop_map(Some)];
    let at = prop_oneof![
        3 => Just(None),
        1 => Just(Some("2026-11-20T12:00:00Z")),
        1 => Just(Some("2026-11-20T23:30:00+01:00")),
    ];
    (
        place(),
        prop::collection::vec((place(), group), 0..=most_stops),
        ends,
        at,
        prop::option::weighted(0.2, Just(0.9)),
    )
        .prop_map(|(start, stops, ends, at, min_width_m)| Wish {
            start,
            stops,
            ends,
            at,
            min_width_m,
        })
}

impl Wish {
    fn on(&self, map: &StoreMap) -> RouteRequest {
        let node = |number: u8| map.nodes[usize::from(number) % map.nodes.len()].id.clone();
        let stop = |place: &WishedPlace| match *place {
            WishedPlace::Location(number) if !map.locations.is_empty() => {
                RouteStop::at_location(&map.locations[usize::from(number) % map.locations.len()].id)
            }
            WishedPlace::Node(number) | WishedPlace::Location(number) => {
                RouteStop::at_node(node(number))
            }
            WishedPlace::Point(x, y, floor) => RouteStop::at_point(Point { x, y, floor }),
        };
        let start = match self.start {
            WishedPlace::Node(number) | WishedPlace::Location(number) => Start::Node(node(number)),
            WishedPlace::Point(x, y, floor) => Start::Point(Point { x, y, floor }),
        };
        let stops =
            self.stops.iter().map(|(place, group)| RouteStop { group: *group, ..stop(place) });
        let mut request = RouteRequest::new(start, stops.collect());
        match &self.ends {
            WishedEnds::Checkouts => {}
            WishedEnds::Anywhere => request.ends = Some(Vec::new()),
            WishedEnds::Start => request.return_to_start = true,
            WishedEnds::Named(ids) => request.ends = Some(ids.iter().map(|&id| node(id)).collect()),
        }
        request.at = self.at.map(str::to_owned);
        request.min_width_m = self.min_width_m;
        request
    }
}
