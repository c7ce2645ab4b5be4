//! From the order of the stops to the walk itself: legs of stretches between places.

use super::{
    network::{Arc, Network, Vertex},
    places::Places,
    plan::Plan,
    shortest_paths::ShortestPaths,
};
use crate::domain::store_map::length::Ticks;

/// A walk, leg by leg.
#[derive(Debug, Clone)]
pub(super) struct Walk {
    /// One for each visited stop in order, then one to the end, if the walk has one.
    pub(super) legs: Vec<Leg>,
    /// Where it ends.
    pub(super) end: Vertex,
}

/// The way to one stop, or to the end.
#[derive(Debug, Clone)]
pub(super) struct Leg {
    /// Position of the stop in the request; `None` for the way to the end.
    pub(super) stop: Option<usize>,
    /// Where it begins.
    pub(super) from: Vertex,
    /// The stretches; none when it begins where it ends.
    pub(super) arcs: Vec<Arc>,
}

impl Leg {
    /// The cost of the whole leg.
    pub(super) fn cost(&self) -> Ticks {
        self.arcs.iter().map(|arc| arc.cost).sum()
    }

    /// All places from its beginning to its end.
    pub(super) fn vertices(&self) -> impl Iterator<Item = Vertex> {
        std::iter::once(self.from).chain(self.arcs.iter().map(|arc| arc.to))
    }
}

impl Walk {
    /// The cost of all legs.
    pub(super) fn cost(&self) -> Ticks {
        self.legs.iter().map(Leg::cost).sum()
    }
}

/// Walks the visits of a plan in the given order of cities.
pub(super) fn walk(places: &Places<'_>, plan: &Plan, order: &[usize]) -> Walk {
    let mut search = ShortestPaths::new(&places.network);
    let mut legs = Vec::new();
    let mut at = places.start;
    for &city in order {
        let visit = &plan.visits[city - 1];
        let mut from = at;
        for &stop in &visit.stops {
            // Only the first of several stops at one place is walked to.
            let arcs = arcs(&mut search, &places.network, from, visit.vertex);
            legs.push(Leg { stop: Some(stop), from, arcs });
            from = visit.vertex;
        }
        at = visit.vertex;
    }
    let last_city = order.last().copied().unwrap_or(0);
    if let Some(end) = plan.end_after[last_city] {
        let arcs = arcs(&mut search, &places.network, at, end);
        legs.push(Leg { stop: None, from: at, arcs });
        at = end;
    }
    Walk { legs, end: at }
}

/// The arcs of a shortest path, without the places of other stops that it merely passes.
fn arcs(
    search: &mut ShortestPaths<'_, '_>,
    network: &Network<'_>,
    from: Vertex,
    to: Vertex,
) -> Vec<Arc> {
    let path = search.path(from, to).expect("a plan contains only visits that can be reached");
    let mut arcs: Vec<Arc> = Vec::with_capacity(path.len());
    for arc in path {
        match arcs.last_mut() {
            Some(last)
                if last.edge.is_some() && last.edge == arc.edge && !network.is_node(arc.from) =>
            {
                last.to = arc.to;
                last.cost += arc.cost;
            }
            _ => arcs.push(arc),
        }
    }
    arcs
}

#[cfg(test)]
mod tests {
    use crate::domain::routing::{
        Graph, RouteRequest, RouteStop, Start, answer::Point, solve, testing::line,
    };

    #[test]
    fn points_and_joins_have_no_node_and_passed_places_are_left_out() {
        // a (0,0) - b (10,0) - c (20,0), checkout c.
        let graph = Graph::build(&line(3)).unwrap();
        let point = |x, y| Point { x, y, floor: 0 };
        let mut request = RouteRequest::new(
            Start::Point(point(2.0, 1.0)),
            vec![
                RouteStop::at_point(point(15.0, 2.0)),
                RouteStop { group: Some(1), ..RouteStop::at_point(point(4.0, 0.0)) },
            ],
        );
        request.return_to_start = true;
        let answer = solve(&graph, &request, &|| false).unwrap();
        let seen: Vec<_> =
            answer.path.iter().map(|p| (p.node.as_deref(), p.x.round(), p.y.round())).collect();
        assert_eq!(
            seen,
            [
                (None, 2.0, 1.0),
                (None, 2.0, 0.0),
                (Some("n1"), 10.0, 0.0),
                (None, 15.0, 0.0),
                (None, 15.0, 2.0),
                (None, 15.0, 0.0),
                (Some("n1"), 10.0, 0.0),
                (None, 4.0, 0.0),
                (None, 2.0, 0.0),
                (None, 2.0, 1.0),
            ]
        );
        assert!((answer.distance - (1.0 + 13.0 + 2.0 + 2.0 + 11.0 + 2.0 + 1.0)).abs() < 1e-9);
    }
}
