//! The ground an answer is re-walked on: positions on and off the edges of the map.
//!
//! Nothing is split and no distance is kept: a position inside an edge is the edge and an offset,
//! and what a step costs is read from the edges that both ends of it lie on.

use std::collections::HashSet;

use super::super::{
    answer::{PathPoint, Point},
    graph::{Graph, Spot},
    join,
    request::{Place, RouteRequest, Start},
};
use crate::domain::store_map::length::Ticks;

/// Somewhere a walk can be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::domain::routing) enum Position {
    /// On the graph.
    On(Spot),
    /// Off the graph, hanging on a spot by a stretch.
    Off {
        /// Where.
        point: Point,
        /// What it hangs on.
        foot: Spot,
        /// How far it is to there.
        stretch: Ticks,
    },
    /// Off the graph with nothing to hang on: a start on a floor without an open aisle.
    Stranded(Point),
}

/// The map as a request may use it, and the places the request names.
pub(in crate::domain::routing) struct Ground<'g> {
    graph: &'g Graph,
    is_usable: Vec<bool>,
    /// The usable edges at each node.
    touching: Vec<Vec<usize>>,
    start: Position,
    stops: Vec<Option<Position>>,
    ends: Option<Vec<Position>>,
    /// Places without a node, by where they stand.
    unnamed: Vec<(Point, Position)>,
    /// What can be reached from the start.
    in_reach: HashSet<Spot>,
}

impl<'g> Ground<'g> {
    pub(in crate::domain::routing) fn new(
        graph: &'g Graph,
        request: &RouteRequest,
    ) -> Result<Self, String> {
        request.check().map_err(|error| error.detail())?;
        let minute = request.minute().map_err(|error| error.detail())?;
        let min_width = request.min_width().map_err(|error| error.detail())?;
        let usable = graph.edges.iter().map(|edge| edge.barrier(minute, min_width).is_none());
        let mut ground = Self {
            graph,
            is_usable: usable.collect(),
            touching: vec![Vec::new(); graph.nodes.len()],
            start: Position::Stranded(Point::default()),
            stops: Vec::new(),
            ends: None,
            unnamed: Vec::new(),
            in_reach: HashSet::new(),
        };
        for (index, edge) in graph.edges.iter().enumerate().filter(|(i, _)| ground.is_usable[*i]) {
            ground.touching[edge.from].push(index);
            ground.touching[edge.to].push(index);
        }
        ground.start = match &request.start {
            Start::Node(id) => ground.node(id)?,
            Start::Point(point) => ground.join(*point).unwrap_or_else(|| {
                ground.unnamed.push((*point, Position::Stranded(*point)));
                Position::Stranded(*point)
            }),
        };
        for (index, stop) in request.stops.iter().enumerate() {
            let position = match stop.place(index).map_err(|error| error.detail())? {
                Ok(place) => ground.place(&place)?,
                Err(_) => None,
            };
            ground.stops.push(position);
        }
        ground.ends = ground.ends_of(request)?;
        if let Some(start) = spot_of(ground.start) {
            ground.in_reach = ground.reach(start);
        }
        Ok(ground)
    }

    pub(in crate::domain::routing) fn start(&self) -> Position {
        self.start
    }

    pub(in crate::domain::routing) fn stop(&self, index: usize) -> Option<Position> {
        self.stops.get(index).copied().flatten()
    }

    /// Where the walk may end; `None` is anywhere.
    pub(in crate::domain::routing) fn ends(&self) -> Option<&[Position]> {
        self.ends.as_deref()
    }

    /// All positions that a walk can pass: each node, and what the request names.
    #[cfg(test)]
    pub(in crate::domain::routing) fn positions_everywhere(&self) -> Vec<Position> {
        let nodes = (0..self.graph.nodes.len()).map(|node| Position::On(Spot::Node(node)));
        let mut all: Vec<Position> = nodes.collect();
        for &(_, position) in &self.unnamed {
            if !all.contains(&position) {
                all.push(position);
            }
        }
        all
    }

    /// Everything a point of a path can stand for.
    pub(super) fn positions(&self, point: &PathPoint) -> Vec<Position> {
        let at = Point { x: point.x, y: point.y, floor: point.floor };
        if let Some(id) = &point.node {
            let here = self.graph.node(id).filter(|&node| self.graph.nodes[node].point == at);
            return here.map(|node| Position::On(Spot::Node(node))).into_iter().collect();
        }
        let here = self.unnamed.iter().filter(|(place, _)| *place == at);
        here.map(|&(_, position)| position).collect()
    }

    /// The least that one step of a path can cost, if it can be walked at all.
    pub(in crate::domain::routing) fn cost(&self, from: Position, to: Position) -> Option<Ticks> {
        match (from, to) {
            (Position::On(from), Position::On(to)) => self.cost_along(from, to),
            (Position::Off { foot, stretch, .. }, Position::On(spot))
            | (Position::On(spot), Position::Off { foot, stretch, .. }) => {
                (foot == spot).then_some(stretch)
            }
            (from, to) => (from == to).then_some(0),
        }
    }

    /// Whether the start reaches a stop and the stop reaches an end.
    pub(in crate::domain::routing) fn can_serve(&self, stop: usize) -> bool {
        let Some(spot) = self.stop(stop).and_then(spot_of) else { return false };
        let leaves = || {
            let Some(ends) = &self.ends else { return true };
            let reach = self.reach(spot);
            ends.iter().filter_map(|&end| spot_of(end)).any(|end| reach.contains(&end))
        };
        self.in_reach.contains(&spot) && leaves()
    }

    fn ends_of(&self, request: &RouteRequest) -> Result<Option<Vec<Position>>, String> {
        if request.return_to_start {
            return Ok(Some(vec![self.start]));
        }
        match &request.ends {
            Some(ids) if ids.is_empty() => Ok(None),
            Some(ids) => ids.iter().map(|id| self.node(id)).collect::<Result<_, _>>().map(Some),
            None => {
                let tills = self.graph.checkouts.iter();
                Ok(Some(tills.map(|&till| Position::On(Spot::Node(till))).collect()))
            }
        }
    }

    fn node(&self, id: &str) -> Result<Position, String> {
        let index = self.graph.node(id).ok_or_else(|| format!("no node is called {id:?}"))?;
        Ok(Position::On(Spot::Node(index)))
    }

    fn place(&mut self, place: &Place) -> Result<Option<Position>, String> {
        match place {
            Place::Node(id) => self.node(id).map(Some),
            Place::Location(id) => {
                let spot = self.graph.location(id);
                let spot = spot.ok_or_else(|| format!("no location is called {id:?}"))?;
                Ok(Some(self.on(spot, self.graph.spot_point(spot))))
            }
            Place::Point(point) => Ok(self.join(*point)),
        }
    }

    fn join(&mut self, point: Point) -> Option<Position> {
        let join = join::nearest(self.graph, &self.is_usable, point)?;
        let foot = self.graph.spot_along(join.edge, join.offset);
        let on = self.on(foot, join.foot);
        if join.stretch == 0 {
            return Some(on);
        }
        let off = Position::Off { point, foot, stretch: join.stretch };
        self.unnamed.push((point, off));
        Some(off)
    }

    fn on(&mut self, spot: Spot, point: Point) -> Position {
        let position = Position::On(spot);
        if matches!(spot, Spot::Along { .. }) {
            self.unnamed.push((point, position));
        }
        position
    }

    fn cost_along(&self, from: Spot, to: Spot) -> Option<Ticks> {
        let mut least = (from == to).then_some(0);
        for &edge in self.edges_at(from) {
            for a in self.offsets(edge, from).into_iter().flatten() {
                for b in self.offsets(edge, to).into_iter().flatten() {
                    if a <= b || !self.graph.edges[edge].one_way {
                        let cost = (b.1 - a.1).abs();
                        least = Some(least.map_or(cost, |known: Ticks| known.min(cost)));
                    }
                }
            }
        }
        least
    }

    /// The usable edges that a spot is on.
    fn edges_at(&self, spot: Spot) -> &[usize] {
        match spot {
            Spot::Node(node) => &self.touching[node],
            Spot::Along { edge, .. } => {
                let ends = &self.touching[self.graph.edges[edge].from];
                let found = ends.iter().position(|&other| other == edge);
                found.map_or(&[], |position| &ends[position..=position])
            }
        }
    }

    /// Where on an edge a spot is; a node can be both of its ends. The first number keeps the ends
    /// of an edge apart that costs nothing.
    fn offsets(&self, edge: usize, spot: Spot) -> [Option<(u8, Ticks)>; 2] {
        let ends = &self.graph.edges[edge];
        match spot {
            Spot::Node(node) => {
                [(ends.from == node).then_some((0, 0)), (ends.to == node).then_some((2, ends.cost))]
            }
            Spot::Along { edge: own, offset } => [(own == edge).then_some((1, offset)), None],
        }
    }

    /// All nodes and named places that any walk from a spot leads to, itself included.
    fn reach(&self, from: Spot) -> HashSet<Spot> {
        let mut reached = HashSet::from([from]);
        let mut queue = vec![from];
        while let Some(at) = queue.pop() {
            for &edge in self.edges_at(at) {
                let edge = &self.graph.edges[edge];
                for end in [edge.from, edge.to].map(Spot::Node) {
                    if !reached.contains(&end) && self.cost_along(at, end).is_some() {
                        reached.insert(end);
                        queue.push(end);
                    }
                }
            }
        }
        // Nothing is walked through a place inside an edge that cannot be walked past it.
        let inside = self.unnamed.iter().filter_map(|&(_, position)| spot_of(position));
        let found: Vec<Spot> = inside
            .filter(|&spot| match spot {
                Spot::Node(_) => false,
                Spot::Along { edge, .. } => {
                    let edge = &self.graph.edges[edge];
                    let before = [Spot::Node(edge.from), Spot::Node(edge.to), from];
                    before
                        .into_iter()
                        .any(|at| reached.contains(&at) && self.cost_along(at, spot).is_some())
                }
            })
            .collect();
        reached.extend(found);
        reached
    }
}

/// Where a position is on the graph, or hangs on it.
fn spot_of(position: Position) -> Option<Spot> {
    match position {
        Position::On(spot) | Position::Off { foot: spot, .. } => Some(spot),
        Position::Stranded(_) => None,
    }
}
