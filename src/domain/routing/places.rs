//! From a request to places in its network: resolving, joining and merging stops.

use std::collections::BTreeMap;

use super::{
    answer::UnreachableStop,
    error::RouteError,
    graph::{Barrier, Graph, Spot},
    network::{Network, NetworkBuilder, Vertex},
    request::{Place, RouteRequest, RouteStop, Start},
};

/// Stops of one group that stand at the same place: one visit serves them all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Visit {
    pub(super) vertex: Vertex,
    pub(super) group: i32,
    /// Positions in the request, rising.
    pub(super) stops: Vec<usize>,
    /// What bars the stop's own edge, so that the answer can say so.
    barrier: Option<Barrier>,
}

/// Where the walk may end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ends {
    /// At the last stop, whichever that is.
    Anywhere,
    /// At one of these vertices, in the order they were named; never empty.
    At(Vec<Vertex>),
}

/// A request on its network.
#[derive(Debug)]
pub(super) struct Places<'g> {
    pub(super) network: Network<'g>,
    pub(super) start: Vertex,
    pub(super) ends: Ends,
    /// In the order of group, then of the first stop.
    pub(super) visits: Vec<Visit>,
    /// The stops that have no place at all.
    pub(super) unreachable: Vec<UnreachableStop>,
}

/// Resolves everything the request names.
pub(super) fn locate<'g>(
    graph: &'g Graph,
    request: &RouteRequest,
) -> Result<Places<'g>, RouteError> {
    request.check()?;
    let mut builder = NetworkBuilder::new(graph, request.minute()?, request.min_width()?);
    let start = match &request.start {
        Start::Node(id) => node(graph, id, || "start".to_owned())?,
        Start::Point(point) => match builder.point(*point) {
            Some(vertex) => vertex,
            None => builder.island(*point),
        },
    };
    let ends = ends(graph, request, start)?;
    let mut visits = BTreeMap::<(i32, Vertex), Visit>::new();
    let mut unreachable = Vec::new();
    for (index, stop) in request.stops.iter().enumerate() {
        match site(graph, &mut builder, index, stop)? {
            Ok((vertex, barrier)) => {
                let group = stop.group_or_default();
                visits
                    .entry((group, vertex))
                    .or_insert_with(|| Visit { vertex, group, stops: Vec::new(), barrier })
                    .stops
                    .push(index);
            }
            Err(reason) => unreachable.push(UnreachableStop { index, reason }),
        }
    }
    let mut visits: Vec<_> = visits.into_values().collect();
    visits.sort_by_key(|visit| (visit.group, visit.stops[0]));
    Ok(Places { network: builder.finish(), start, ends, visits, unreachable })
}

impl Visit {
    /// Why the start cannot reach it.
    pub(super) fn no_way_there(&self) -> String {
        match &self.barrier {
            None => "there is no open way to it from the start".to_owned(),
            Some(barrier) => barred(barrier),
        }
    }

    /// Why no end can be reached from it.
    pub(super) fn no_way_out(&self) -> String {
        match &self.barrier {
            None => "there is no open way from it to an end of the walk".to_owned(),
            Some(barrier) => barred(barrier),
        }
    }
}

fn barred(barrier: &Barrier) -> String {
    match barrier {
        Barrier::Closed => "the aisle it stands in is closed".to_owned(),
        Barrier::Blocked(reason) if reason.is_empty() => {
            "the aisle it stands in is blocked".to_owned()
        }
        Barrier::Blocked(reason) => format!("the aisle it stands in is blocked: {reason}"),
        Barrier::OutOfHours(hours) => format!("the aisle it stands in is open {hours} only"),
        Barrier::TooNarrow => "the aisle it stands in is too narrow".to_owned(),
    }
}

/// The vertex of a stop and what bars its edge, or why it has no place.
type Site = Result<(Vertex, Option<Barrier>), String>;

fn site(
    graph: &Graph,
    builder: &mut NetworkBuilder<'_>,
    index: usize,
    stop: &RouteStop,
) -> Result<Site, RouteError> {
    let place = match stop.place(index)? {
        Ok(place) => place,
        Err(reason) => return Ok(Err(reason)),
    };
    let spot = match place {
        Place::Node(id) => Spot::Node(node(graph, &id, || format!("stops[{index}].node"))?),
        Place::Location(id) => match graph.location(&id) {
            Some(spot) => spot,
            None => return Err(RouteError::UnknownLocation { index, id }),
        },
        Place::Point(point) => {
            let vertex = builder.point(point);
            let nowhere = || format!("floor {} has no open aisle to join it to", point.floor);
            return Ok(vertex.map(|vertex| (vertex, None)).ok_or_else(nowhere));
        }
    };
    Ok(Ok((builder.spot(spot), builder.barrier_at(spot))))
}

fn ends(graph: &Graph, request: &RouteRequest, start: Vertex) -> Result<Ends, RouteError> {
    if request.return_to_start {
        return Ok(Ends::At(vec![start]));
    }
    match &request.ends {
        None if graph.checkouts.is_empty() => Err(RouteError::NoCheckout),
        None => Ok(Ends::At(graph.checkouts.clone())),
        Some(ids) if ids.is_empty() => Ok(Ends::Anywhere),
        Some(ids) => ids
            .iter()
            .enumerate()
            .map(|(index, id)| node(graph, id, || format!("ends[{index}]")))
            .collect::<Result<_, _>>()
            .map(Ends::At),
    }
}

fn node(graph: &Graph, id: &str, field: impl Fn() -> String) -> Result<Vertex, RouteError> {
    let unknown = || RouteError::UnknownNode { field: field(), id: id.chars().take(80).collect() };
    graph.node(id).ok_or_else(unknown)
}
