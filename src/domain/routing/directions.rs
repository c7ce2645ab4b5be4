//! Directions: what a person is told, and what a display of 16 columns shows.
//!
//! ```text
//! Leg --(rides, places beside the aisle)--> stretches --course--> Runs --> Steps
//!                                                     Step --words--> a sentence
//!                                                          --short--> a line
//! ```
//!
//! Stretches that go on straight along the same aisle become one step; what is a turn is decided
//! in [`course`]. Left and right follow from the geometry, with `x` to the right and `y` up.
//! A place a few steps beside the aisle, such as a shelf that hangs on it, is not walked to in
//! words: it is "on your left".
//!
//! Invariants: a leg's steps and lines are equally many; the last of them says what to do at its
//! end; a line has at most 16 characters.

mod course;
mod short;
mod words;

use std::collections::HashMap;

use super::{
    answer::Point,
    network::{Arc, Network, Vertex},
    request::{Resolved, RouteStop},
    walk::Leg,
};
use crate::domain::store_map::{
    EdgeKind, NodeKind, Section, Side,
    length::{TICKS_PER_METRE, Ticks},
};
use course::{Course, Run, Stretch, Turn};

/// Farther from the aisle than this, a shelf is walked to in words: 3 m.
const BESIDE: Ticks = 3 * TICKS_PER_METRE;
/// Stretches shorter than this are not worth a word: 5 cm.
const MIN_WALK: Ticks = TICKS_PER_METRE / 20;
/// Something at less than this angle to the direction of the walk is neither left nor right.
const AHEAD_DEGREES: f64 = 30.0;

/// The steps of a leg: sentences, and a line for each of them.
#[derive(Debug)]
pub(super) struct Steps {
    /// In plain English.
    pub(super) said: Vec<String>,
    /// At most 16 columns of ASCII each.
    pub(super) shown: Vec<String>,
}

/// Writes the steps of a walk, leg by leg.
#[derive(Debug)]
pub(super) struct Directions<'a> {
    network: &'a Network<'a>,
    /// The direction of the last stretch, in radians; unknown at the start and behind a lift.
    heading: Option<f64>,
    /// The aisle that was walked last.
    aisle: Option<&'a str>,
    /// Where the aisle is, for a person who stands beside it.
    foot: Option<Vertex>,
    /// The section of each place that was asked about: a walk comes by many of them again.
    section_at: HashMap<Vertex, Option<&'a str>>,
}

/// One step of the directions.
#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Walk {
        turn: Option<Turn>,
        cost: Ticks,
        aisle: Option<&'a str>,
        /// Whether another aisle was walked before.
        is_new: bool,
        /// A section that is entered on the way.
        into: Option<&'a str>,
    },
    Ride {
        means: Means,
        floor: i32,
    },
    Arrive {
        errand: Errand<'a>,
        section: Option<&'a str>,
        beside: Beside,
    },
    Finish(End<'a>),
}

/// How one changes floors, or takes stairs on one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Means {
    Lift,
    Stairs,
    /// Stairs or a lift that stay on their floor.
    Within(EdgeKind),
    /// On foot, up or down.
    Ramp {
        is_up: bool,
    },
}

/// What is done at a stop.
#[derive(Debug, Clone, Copy)]
enum Errand<'a> {
    Pick {
        name: &'a str,
        at: Option<&'a str>,
    },
    /// Something that nobody knows the place of, but it is likely to be around this location.
    Seek {
        name: &'a str,
        around: &'a str,
    },
    Node(&'a str),
    Point {
        x: f64,
        y: f64,
    },
}

/// Where the thing is, seen by the person who has arrived.
#[derive(Debug, Clone, Copy, Default)]
struct Beside {
    side: Option<Side>,
    /// How far it is from the aisle.
    away: Ticks,
}

/// Where a walk ends.
#[derive(Debug, Clone, Copy)]
enum End<'a> {
    Checkout(&'a str),
    Node(&'a str),
    Start,
}

impl<'a> Directions<'a> {
    pub(super) fn new(network: &'a Network<'a>) -> Self {
        Self { network, heading: None, aisle: None, foot: None, section_at: HashMap::new() }
    }

    /// The steps of one leg: the way, then what to do at its end.
    pub(super) fn leg(&mut self, leg: &Leg, stop: Option<&RouteStop>, end: Vertex) -> Steps {
        let mut steps = Vec::new();
        let mut arcs = leg.arcs.as_slice();
        // Back from beside the aisle.
        if let (Some(foot), [first, rest @ ..]) = (self.foot, arcs)
            && first.to == foot
        {
            arcs = rest;
            self.foot = None;
        } else if !arcs.is_empty() {
            self.foot = None;
        }
        let mut beside = None;
        if stop.is_some()
            && let [rest @ .., last] = arcs
            && self.hangs_beside(last)
        {
            arcs = rest;
            beside = Some(last);
        }
        // The section of a stop is named there, not on the way.
        let goal = stop.and_then(|_| self.section(end));
        self.way(arcs, goal, &mut steps);
        steps.push(match stop {
            Some(stop) => {
                let place = beside.map_or_else(|| self.beside_edge(stop), |arc| self.beside(arc));
                Step::Arrive {
                    errand: self.errand(stop, end),
                    section: self.section(end),
                    beside: place,
                }
            }
            None => Step::Finish(self.end(end)),
        });
        if let Some(arc) = beside {
            self.foot = Some(arc.from);
        }
        Steps {
            said: steps.iter().map(Step::sentence).collect(),
            shown: steps.iter().map(Step::line).collect(),
        }
    }

    /// The way itself: walks between rides.
    fn way<'s>(&mut self, arcs: &[Arc], goal: Option<&str>, steps: &mut Vec<Step<'s>>)
    where
        'a: 's,
    {
        let mut course = Course::new();
        for arc in arcs {
            let Some((means, floor)) = self.ride(arc) else {
                course.push(self.stretch(arc));
                continue;
            };
            self.walk(&std::mem::take(&mut course), goal, steps);
            match steps.last_mut() {
                // A ride that goes on is one ride.
                Some(Step::Ride { means: last, floor: to }) if *last == means => *to = floor,
                _ => steps.push(Step::Ride { means, floor }),
            }
            self.heading = None;
        }
        self.walk(&course, goal, steps);
    }

    fn walk<'s>(&mut self, course: &Course<'a>, goal: Option<&str>, steps: &mut Vec<Step<'s>>)
    where
        'a: 's,
    {
        let Some(begin) = course.begin() else { return };
        let (runs, heading) = course.runs(self.heading);
        self.heading = heading;
        let mut before = self.section(begin);
        for Run { turn, cost, aisle, to } in runs {
            let here = self.section(to);
            let is_entered = here != before && here != goal;
            before = here;
            let is_new = aisle != self.aisle;
            self.aisle = aisle;
            if cost >= MIN_WALK {
                let into = here.filter(|_| is_entered);
                steps.push(Step::Walk { turn, cost, aisle, is_new, into });
            }
        }
    }

    fn stretch(&self, arc: &Arc) -> Stretch<'a> {
        let (from, to) = (self.network.point(arc.from), self.network.point(arc.to));
        Stretch {
            from: arc.from,
            to: arc.to,
            dx: to.x - from.x,
            dy: to.y - from.y,
            cost: arc.cost,
            aisle: arc.edge.and_then(|edge| self.network.graph.edges[edge].aisle.as_deref()),
        }
    }

    /// What is done on stairs and lifts, and to which floor.
    fn ride(&self, arc: &Arc) -> Option<(Means, i32)> {
        let kind = self.network.graph.edges[arc.edge?].kind;
        let (from, to) = (self.network.point(arc.from).floor, self.network.point(arc.to).floor);
        let means = match kind {
            EdgeKind::Walk if from == to => return None,
            EdgeKind::Walk => Means::Ramp { is_up: to > from },
            _ if from == to => Means::Within(kind),
            EdgeKind::Stairs => Means::Stairs,
            EdgeKind::Lift => Means::Lift,
        };
        Some((means, to))
    }

    /// Whether an arc leads a few steps aside, to a shelf or to a point, and nowhere else.
    fn hangs_beside(&self, arc: &Arc) -> bool {
        if arc.cost > BESIDE || self.ride(arc).is_some() {
            return false;
        }
        let is_shelf = || {
            let node = self.network.graph.nodes.get(arc.to);
            node.is_some_and(|node| node.kind == NodeKind::Shelf)
                && self.network.arcs_from(arc.to).iter().all(|back| back.to == arc.from)
        };
        arc.edge.is_none() || is_shelf()
    }

    /// Where the end of such an arc is, for a person who stands at its beginning.
    fn beside(&self, arc: &Arc) -> Beside {
        let (from, to) = (self.network.point(arc.from), self.network.point(arc.to));
        let side = self.heading.and_then(|heading| {
            let degrees = course::bend(heading, (to.y - from.y).atan2(to.x - from.x));
            let is_aside = (AHEAD_DEGREES..=180.0 - AHEAD_DEGREES).contains(&degrees.abs());
            is_aside.then_some(if degrees > 0.0 { Side::Left } else { Side::Right })
        });
        Beside { side, away: arc.cost }
    }

    /// The side that the map gives for a stop's location, turned with the person.
    fn beside_edge(&self, stop: &RouteStop) -> Beside {
        let side = || {
            let graph = self.network.graph;
            let (edge, side) = graph.location_side(location(stop)?)?;
            let edge = &graph.edges[edge];
            let (from, to) = (graph.nodes[edge.from].point, graph.nodes[edge.to].point);
            let degrees = course::bend((to.y - from.y).atan2(to.x - from.x), self.heading?).abs();
            if degrees < 60.0 {
                Some(side)
            } else if degrees > 120.0 {
                Some(side.opposite())
            } else {
                None
            }
        };
        Beside { side: side(), away: 0 }
    }

    fn errand<'s>(&self, stop: &'s RouteStop, vertex: Vertex) -> Errand<'s> {
        let at = location(stop);
        if let Some(Resolved::At { name, .. }) = &stop.resolved {
            return Errand::Pick { name, at };
        }
        if let Some(Resolved::Near { location: around, name, .. }) = &stop.resolved {
            return Errand::Seek { name, around };
        }
        match (at, &stop.node) {
            (Some(location), _) => Errand::Pick { name: location, at: None },
            (None, Some(node)) => Errand::Node(node),
            (None, None) => {
                let point = self.network.point(vertex);
                Errand::Point { x: point.x, y: point.y }
            }
        }
    }

    fn end(&self, vertex: Vertex) -> End<'a> {
        match self.network.graph.nodes.get(vertex) {
            Some(node) if node.kind == NodeKind::Checkout => End::Checkout(&node.id),
            Some(node) => End::Node(&node.id),
            None => End::Start,
        }
    }

    /// The name of the first section that contains a place.
    fn section(&mut self, vertex: Vertex) -> Option<&'a str> {
        let network = self.network;
        *self.section_at.entry(vertex).or_insert_with(|| {
            let Point { x, y, floor } = network.point(vertex);
            let mut sections = network.graph.sections.iter();
            sections.find(|section| section.contains((x, y), floor)).map(Section::title)
        })
    }
}

/// The shelf location that a stop names, by itself or by what its product was resolved to.
fn location(stop: &RouteStop) -> Option<&str> {
    match &stop.resolved {
        Some(Resolved::At { location, .. }) => Some(location),
        _ => stop.location.as_deref(),
    }
}

#[cfg(test)]
mod tests;
