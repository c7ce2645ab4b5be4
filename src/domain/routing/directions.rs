//! Directions in plain English.
//!
//! Stretches that go on straight along the same aisle become one step. A turn is named by the
//! angle between two stretches, with `x` to the right and `y` up; a bend of less than
//! 30 degrees is no turn. Bends without a turn, a lift or a new aisle need no words of their own.

use super::{
    network::{Arc, Network, Vertex},
    request::{Place, Resolved, RouteStop},
    walk::Leg,
};
use crate::domain::store_map::{
    EdgeKind, NodeKind,
    length::{self, TICKS_PER_METRE, Ticks},
};

/// Bends below this many degrees go on straight.
const STRAIGHT_DEGREES: f64 = 30.0;
/// Bends above this many degrees go back.
const BACK_DEGREES: f64 = 150.0;
/// Stretches shorter than this are not worth a word: 5 cm.
const MIN_WALK: Ticks = TICKS_PER_METRE / 20;

/// Writes the steps of a walk, leg by leg.
#[derive(Debug)]
pub(super) struct Directions<'a> {
    network: &'a Network<'a>,
    /// The direction of the last stretch, in radians; unknown at the start and behind a lift.
    heading: Option<f64>,
}

/// A straight walk along one aisle, under construction.
struct Run<'a> {
    cost: Ticks,
    turn: &'static str,
    aisle: Option<&'a str>,
}

impl<'a> Directions<'a> {
    pub(super) fn new(network: &'a Network<'a>) -> Self {
        Self { network, heading: None }
    }

    /// The steps of one leg: the way, then what to do at its end.
    pub(super) fn leg(&mut self, leg: &Leg, stop: Option<&RouteStop>, end: Vertex) -> Vec<String> {
        let mut steps = Vec::new();
        let mut run: Option<Run<'a>> = None;
        for arc in &leg.arcs {
            match self.ride(arc) {
                Some(ride) => {
                    steps.extend(run.take().and_then(Run::step));
                    steps.push(ride);
                    self.heading = None;
                }
                None => self.walk(arc, &mut run, &mut steps),
            }
        }
        steps.extend(run.and_then(Run::step));
        steps.push(match stop {
            Some(stop) => self.arrival(stop, end),
            None => self.finish(end),
        });
        steps
    }

    /// What is done on stairs and lifts.
    fn ride(&self, arc: &Arc) -> Option<String> {
        let means = match self.network.graph.edges[arc.edge?].kind {
            EdgeKind::Walk => return None,
            EdgeKind::Stairs => "stairs",
            EdgeKind::Lift => "lift",
        };
        let (from, to) = (self.network.point(arc.from).floor, self.network.point(arc.to).floor);
        Some(if from == to {
            format!("Take the {means}")
        } else {
            format!("Take the {means} to floor {to}")
        })
    }

    fn walk(&mut self, arc: &Arc, run: &mut Option<Run<'a>>, steps: &mut Vec<String>) {
        let aisle = arc.edge.and_then(|edge| self.network.graph.edges[edge].aisle.as_deref());
        let (from, to) = (self.network.point(arc.from), self.network.point(arc.to));
        let (dx, dy) = (to.x - from.x, to.y - from.y);
        let turn = if dx == 0.0 && dy == 0.0 {
            ""
        } else {
            let heading = dy.atan2(dx);
            turn(self.heading.replace(heading), heading)
        };
        match run {
            Some(run) if turn.is_empty() && run.aisle == aisle => run.cost += arc.cost,
            _ => {
                let next = Run { cost: arc.cost, turn, aisle };
                steps.extend(run.replace(next).and_then(Run::step));
            }
        }
    }

    fn arrival(&self, stop: &RouteStop, vertex: Vertex) -> String {
        let section = self.section(vertex).map_or_else(String::new, |name| format!(" in {name}"));
        if let Some(Resolved::At { place, name }) = &stop.resolved {
            let at = match place {
                Place::Location(id) => format!(" at {id}"),
                Place::Node(_) | Place::Point(_) => String::new(),
            };
            return format!("Pick up {name}{at}{section}");
        }
        if let Some(Resolved::Near { place: Place::Location(id), name, .. }) = &stop.resolved {
            return format!("Look for {name} around {id}{section}");
        }
        match (&stop.location, &stop.node) {
            (Some(location), _) => format!("Pick up {location}{section}"),
            (None, Some(node)) => format!("Stop at {node}{section}"),
            (None, None) => {
                let point = self.network.point(vertex);
                format!("Stop at ({:.1}, {:.1}){section}", point.x, point.y)
            }
        }
    }

    fn finish(&self, vertex: Vertex) -> String {
        match self.network.graph.nodes.get(vertex) {
            Some(node) if node.kind == NodeKind::Checkout => {
                format!("Finish at checkout {}", node.id)
            }
            Some(node) => format!("Finish at {}", node.id),
            None => "Finish where you began".to_owned(),
        }
    }

    /// The name of the first section that contains a place.
    fn section(&self, vertex: Vertex) -> Option<&str> {
        let point = self.network.point(vertex);
        let is_between = |value: f64, a: f64, b: f64| value >= a.min(b) && value <= a.max(b);
        let sections = &self.network.graph.sections;
        let found = sections.iter().find(|section| {
            section.floor == point.floor
                && is_between(point.x, section.x1, section.x2)
                && is_between(point.y, section.y1, section.y2)
        })?;
        Some(if found.name.is_empty() { &found.id } else { &found.name })
    }
}

impl Run<'_> {
    fn step(self) -> Option<String> {
        if self.cost < MIN_WALK {
            return None;
        }
        let along = self.aisle.map_or_else(String::new, |aisle| format!(" along aisle {aisle}"));
        let metres = metres(self.cost);
        Some(match self.turn {
            "" => format!("Walk {metres}{along}"),
            turn => format!("{turn} and walk {metres}{along}"),
        })
    }
}

/// What to do between two headings; empty when it goes on straight.
fn turn(before: Option<f64>, heading: f64) -> &'static str {
    let Some(before) = before else { return "" };
    // Brought into -180 to 180 degrees, to the left positive.
    let degrees = (heading - before).to_degrees();
    let degrees = (degrees + 540.0).rem_euclid(360.0) - 180.0;
    if degrees.abs() < STRAIGHT_DEGREES {
        ""
    } else if degrees.abs() > BACK_DEGREES {
        "Turn around"
    } else if degrees > 0.0 {
        "Turn left"
    } else {
        "Turn right"
    }
}

/// Whole metres, and tenths below 10 m.
fn metres(cost: Ticks) -> String {
    let tenth = TICKS_PER_METRE / 10;
    let tenths = (cost + tenth / 2) / tenth;
    if tenths < 100 && tenths % 10 != 0 {
        format!("{:.1} m", length::metres_from_ticks(tenths * tenth))
    } else {
        format!("{} m", (cost + TICKS_PER_METRE / 2) / TICKS_PER_METRE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        routing::{Graph, RouteRequest, Start, solve},
        store_map::StoreMap,
    };

    fn steps(request: &RouteRequest) -> Vec<String> {
        let map = StoreMap::from_json(
            br#"{"nodes":[{"id":"in","x":0,"y":0,"kind":"entrance"},{"id":"b","x":6,"y":0},
                  {"id":"c","x":12,"y":0.2},{"id":"d","x":12,"y":8.25},{"id":"out","x":20,"y":8.25,
                  "kind":"checkout"},{"id":"up","x":12,"y":8.25,"floor":1}],
                "edges":[{"from":"in","to":"b","aisle":"A3"},{"from":"b","to":"c","aisle":"A3"},
                  {"from":"c","to":"d","aisle":"B1"},{"from":"d","to":"out"},
                  {"from":"d","to":"up","kind":"lift","seconds":20}],
                "sections":[{"id":"s1","name":"Dairy","x1":13,"y1":0,"x2":11,"y2":6}],
                "locations":[{"id":"B1-02","from":"d","to":"c","offset":5}]}"#,
        )
        .unwrap();
        solve(&Graph::build(&map).unwrap(), request, &|| false).unwrap().steps
    }

    #[test]
    fn straight_stretches_merge_and_turns_follow_the_geometry() {
        let request =
            RouteRequest::new(Start::Node("in".into()), vec![RouteStop::at_location("B1-02")]);
        assert_eq!(
            steps(&request),
            [
                "Walk 12 m along aisle A3",
                "Turn left and walk 3.1 m along aisle B1",
                "Pick up B1-02 in Dairy",
                "Walk 5 m along aisle B1",
                "Turn right and walk 8 m",
                "Finish at checkout out",
            ]
        );
    }

    #[test]
    fn lifts_products_and_turning_around_have_words() {
        let milk = Resolved::At { place: Place::Node("up".into()), name: "Milk 1 l".into() };
        let mut request = RouteRequest::new(
            Start::Node("c".into()),
            vec![
                RouteStop::for_product(7, milk),
                RouteStop { group: Some(1), ..RouteStop::at_node("out") },
            ],
        );
        request.return_to_start = true;
        assert_eq!(
            steps(&request),
            [
                "Walk 8.1 m along aisle B1",
                "Take the lift to floor 1",
                "Pick up Milk 1 l",
                "Take the lift to floor 0",
                "Walk 8 m",
                "Stop at out",
                "Turn around and walk 8 m",
                "Turn left and walk 8.1 m along aisle B1",
                "Finish at c",
            ]
        );
    }

    #[test]
    fn turns_are_named_by_the_angle() {
        let named = |from: f64, to: f64| turn(Some(from.to_radians()), to.to_radians());
        assert_eq!(named(0.0, 29.0), "");
        assert_eq!(named(170.0, -170.0), "");
        assert_eq!(named(90.0, 180.0), "Turn left");
        assert_eq!(named(-170.0, 100.0), "Turn right");
        assert_eq!(named(10.0, -175.0), "Turn around");
        assert_eq!(turn(None, 1.0), "");
    }

    #[test]
    fn lengths_are_read_out_as_people_say_them() {
        let read = |m: f64| metres(length::ticks_from_metres(m).unwrap());
        assert_eq!(read(12.4), "12 m");
        assert_eq!(read(9.96), "10 m");
        assert_eq!(read(3.04), "3 m");
        assert_eq!(read(3.06), "3.1 m");
        assert_eq!(read(0.5), "0.5 m");
    }
}
