//! The ground an answer is re-walked on: positions on and off the edges of the map.

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
pub(super) enum Position {
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
}

/// The map as a request may use it, and the places the request names.
pub(super) struct Ground<'g> {
    graph: &'g Graph,
    is_usable: Vec<bool>,
    start: Option<Position>,
    stops: Vec<Option<Position>>,
    ends: Option<Vec<Position>>,
    /// Places without a node, by where they stand.
    unnamed: Vec<(Point, Position)>,
}

impl<'g> Ground<'g> {
    pub(super) fn new(graph: &'g Graph, request: &RouteRequest) -> Result<Self, String> {
        let minute = request.minute().map_err(|error| error.detail())?;
        let min_width = request.min_width().map_err(|error| error.detail())?;
        let usable = graph.edges.iter().map(|edge| edge.barrier(minute, min_width).is_none());
        let mut ground = Self {
            graph,
            is_usable: usable.collect(),
            start: None,
            stops: Vec::new(),
            ends: None,
            unnamed: Vec::new(),
        };
        ground.start = match &request.start {
            Start::Node(id) => ground.place(&Place::Node(id.clone())),
            Start::Point(point) => ground.place(&Place::Point(*point)),
        };
        for (index, stop) in request.stops.iter().enumerate() {
            let position = match stop.place(index).map_err(|error| error.detail())? {
                Ok(place) => ground.place(&place),
                Err(_) => None,
            };
            ground.stops.push(position);
        }
        let on_node = |index: &usize| Position::On(Spot::Node(*index));
        ground.ends = match &request.ends {
            _ if request.return_to_start => Some(ground.start.into_iter().collect()),
            None => Some(graph.checkouts.iter().map(on_node).collect()),
            Some(ids) if ids.is_empty() => None,
            Some(ids) => Some(
                ids.iter().filter_map(|id| graph.node(id)).map(|index| on_node(&index)).collect(),
            ),
        };
        Ok(ground)
    }

    pub(super) fn start(&self) -> Option<Position> {
        self.start
    }

    pub(super) fn stop(&self, index: usize) -> Option<Position> {
        self.stops.get(index).copied().flatten()
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

    /// What one step of a path costs, if it can be walked at all.
    pub(super) fn cost(&self, from: Position, to: Position) -> Option<Ticks> {
        match (from, to) {
            (Position::On(from), Position::On(to)) => self.cost_along(from, to),
            (Position::Off { foot, stretch, .. }, Position::On(spot))
            | (Position::On(spot), Position::Off { foot, stretch, .. }) => {
                (foot == spot).then_some(stretch)
            }
            (Position::Off { .. }, Position::Off { .. }) => None,
        }
    }

    /// Whether the start reaches a stop and the stop reaches an end.
    pub(super) fn can_serve(&self, stop: usize) -> bool {
        let (Some(start), Some(stop)) = (self.start, self.stop(stop)) else { return false };
        let leaves = || match &self.ends {
            None => true,
            Some(ends) => ends.iter().any(|&end| self.is_way(stop, end)),
        };
        self.is_way(start, stop) && leaves()
    }

    fn place(&mut self, place: &Place) -> Option<Position> {
        match place {
            Place::Node(id) => self.graph.node(id).map(|index| Position::On(Spot::Node(index))),
            Place::Location(id) => {
                let spot = self.graph.location(id)?;
                Some(self.on(spot, self.graph.spot_point(spot)))
            }
            Place::Point(point) => {
                let join = join::nearest(self.graph, &self.is_usable, *point)?;
                let foot = self.graph.spot_along(join.edge, join.offset);
                let on = self.on(foot, join.foot);
                if join.stretch == 0 {
                    return Some(on);
                }
                let off = Position::Off { point: *point, foot, stretch: join.stretch };
                self.unnamed.push((*point, off));
                Some(off)
            }
        }
    }

    fn on(&mut self, spot: Spot, point: Point) -> Position {
        let position = Position::On(spot);
        if matches!(spot, Spot::Along { .. }) {
            self.unnamed.push((point, position));
        }
        position
    }

    fn cost_along(&self, from: Spot, to: Spot) -> Option<Ticks> {
        let mut least = None;
        for edge in (0..self.graph.edges.len()).filter(|&edge| self.is_usable[edge]) {
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

    /// Whether any walk leads from one position to another.
    fn is_way(&self, from: Position, to: Position) -> bool {
        let foot = |position| match position {
            Position::On(spot) | Position::Off { foot: spot, .. } => spot,
        };
        let (from, to) = (foot(from), foot(to));
        let mut reached = HashSet::new();
        let mut queue = vec![from];
        while let Some(at) = queue.pop() {
            if at == to || self.cost_along(at, to).is_some() {
                return true;
            }
            for (index, edge) in self.graph.edges.iter().enumerate() {
                let touches = self.offsets(index, at).into_iter().any(|offset| offset.is_some());
                if !touches {
                    continue;
                }
                for end in [edge.from, edge.to].map(Spot::Node) {
                    if !reached.contains(&end) && self.cost_along(at, end).is_some() {
                        reached.insert(end);
                        queue.push(end);
                    }
                }
            }
        }
        false
    }
}
