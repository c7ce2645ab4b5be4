//! The store map and the shortest walk through it.

mod maps;
mod shelves;
mod turns;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::checklists::listed;
use super::positions::{last_start, section_at};
use super::{App, Error, Principal, Refusal, Result, unblocked};
use crate::domain::catalog::Product;
use crate::domain::id::{DeviceId, ProductId, UserId};
use crate::domain::invalid::FieldErrors;
use crate::domain::routing::picture::{PictureOptions, floors_of_walk, picture};
use crate::domain::routing::{
    Graph, MAX_ENDS, MAX_STOPS, PathPoint, Point, Resolved, RouteAnswer, RouteError, RouteRequest,
    RouteStop, Start, solve,
};
use crate::domain::store_map::{NodeKind, StoreMap};
use crate::storage::devices;
use crate::storage::products;

pub use maps::{LoadedMap, check_store_map};
use shelves::Middle;

/// How long a solve may take when the request says nothing, in milliseconds.
const BUDGET_DEFAULT_MS: u64 = 500;
/// How long a solve over HTTP may take at most, in milliseconds.
const BUDGET_MAX_MS: u64 = 2_000;

/// What walks need beside the store: the map, where products stand, and whose turn it is.
#[derive(Debug, Default)]
pub(super) struct MapCache {
    maps: maps::LoadedMaps,
    shelves: shelves::Shelves,
    turns: turns::Turns,
    /// Whoever reads a file with a map.
    pub(super) reading: tokio::sync::Mutex<()>,
}

/// A request in which products still stand for places, and anything may be left out.
#[derive(Debug, Clone, PartialEq)]
pub struct WalkRequest {
    /// Where to begin; when left out, the trolley's last position, else the map's first entrance.
    pub start: Option<Start>,
    /// See [`RouteRequest::ends`].
    pub ends: Option<Vec<String>>,
    /// What to visit; the open items of the shopping list when left out.
    pub stops: Option<Vec<RouteStop>>,
    /// Products' own groups order the walk: heavy first, frozen last.
    pub use_groups: bool,
    /// See [`RouteRequest::return_to_start`].
    pub return_to_start: bool,
    /// See [`RouteRequest::budget_ms`].
    pub budget_ms: Option<u64>,
    /// When the walk takes place, RFC 3339: opening hours are compared with the store's own clock
    /// then. Now when left out.
    pub at: Option<String>,
    /// See [`RouteRequest::min_width_m`].
    pub min_width_m: Option<f64>,
    /// With a picture of each floor that the walk touches.
    pub with_pictures: bool,
}

impl WalkRequest {
    /// Refuses at once what would only be refused at its turn: nothing large waits.
    fn check_size(&self) -> Result<()> {
        let count = self.stops.as_ref().map_or(0, Vec::len);
        if count > MAX_STOPS {
            return Err(refused(&RouteError::TooManyStops { count }));
        }
        let count = self.ends.as_ref().map_or(0, Vec::len);
        if count > MAX_ENDS {
            return Err(refused(&RouteError::TooManyEnds { count }));
        }
        Ok(())
    }
}

/// A walk that was found.
#[derive(Debug)]
pub struct FoundWalk {
    /// The walk.
    pub answer: RouteAnswer,
    /// The map that it goes through.
    pub map: Arc<LoadedMap>,
    /// For each place of the walk's path the id of the first section of the map around it.
    pub path_sections: Vec<Option<String>>,
    /// Floors and their pictures as SVG, rising; `None` when nobody asked for them.
    pub pictures: Option<Vec<(i32, String)>>,
}

/// Where to look for a product.
#[derive(Debug, Clone, PartialEq)]
pub struct Whereabouts {
    /// The place: its location, or the middle of its category.
    pub point: Point,
    /// Why there, when it is only a guess.
    pub note: Option<String>,
}

/// Says when whoever asked no longer waits for the answer.
struct Asker(Arc<AtomicBool>);

impl Drop for Asker {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl App {
    /// The shortest walk for a request. When the caller drops this, its solve ends soon.
    pub async fn shortest_walk(
        &self,
        walker: &Principal,
        request: WalkRequest,
    ) -> Result<FoundWalk> {
        request.check_size()?;
        // Before the stops are looked up, which takes its time too.
        let turn = self.inner.map.turns.take(walker).await?;
        let is_gone = Arc::new(AtomicBool::new(false));
        let _asker = Asker(Arc::clone(&is_gone));
        let (app, walker) = (self.clone(), *walker);
        unblocked(move || {
            let _turn = turn;
            app.find_walk(&walker, request, &is_gone)
        })
        .await?
    }

    fn find_walk(
        &self,
        walker: &Principal,
        request: WalkRequest,
        is_gone: &AtomicBool,
    ) -> Result<FoundWalk> {
        let map = self.store_map()?;
        let with_pictures = request.with_pictures;
        let request = self.placed(&map, walker, request)?;
        let answer = solve_within(&map.graph, request, BUDGET_DEFAULT_MS, is_gone)
            .map_err(|error| refused(&error))?;
        let pictures = with_pictures.then(|| {
            let floors = floors_of_walk(&answer).into_iter();
            let drawn = floors.map(|floor| {
                let (blocked, answer) = (&map.blocked, Some(&answer));
                (floor, picture(&map.map, &PictureOptions { floor, blocked, answer }))
            });
            drawn.collect()
        });
        let path_sections = path_sections(&map.map, &answer);
        Ok(FoundWalk { answer, map, path_sections, pictures })
    }

    /// Fills in what was left out and finds where products stand.
    fn placed(
        &self,
        loaded: &LoadedMap,
        walker: &Principal,
        walk: WalkRequest,
    ) -> Result<RouteRequest> {
        if walk.budget_ms.is_some_and(|budget_ms| budget_ms > BUDGET_MAX_MS) {
            return Err(Error::field("budget_ms", format!("is at most {BUDGET_MAX_MS}")));
        }
        let (device, user) = self.walker(walker)?;
        let start = match walk.start {
            Some(start) => Some(start),
            None => self.read(|tx| last_start(tx, (&loaded.map, &loaded.graph), device, user))?,
        };
        let start = start.map_or_else(|| entrance(&loaded.map), Ok)?;
        let stops = match (walk.stops, user) {
            (Some(stops), _) => stops,
            (None, Some(user)) => self.open_items(user)?,
            (None, None) => Vec::new(),
        };
        let mut request = RouteRequest::new(start, stops);
        self.place_products(loaded, &mut request.stops, walk.use_groups)?;
        request.ends = walk.ends;
        request.return_to_start = walk.return_to_start;
        request.budget_ms = walk.budget_ms;
        request.at = Some(match walk.at {
            // What is no time is left for the solver to refuse.
            Some(at) => at.parse().map_or(at, |at| self.wall_clock_at(at)),
            None => self.wall_clock_at(self.now()),
        });
        request.min_width_m = walk.min_width_m;
        Ok(request)
    }

    /// A moment on the store's own clock: opening hours are compared with it.
    fn wall_clock_at(&self, at: Timestamp) -> String {
        let here = at.to_zoned(self.settings().time_zone.clone());
        here.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }

    /// Whose trolley and whose shopping list a walk is for.
    fn walker(&self, walker: &Principal) -> Result<(Option<DeviceId>, Option<UserId>)> {
        match walker {
            Principal::Anonymous => Ok((None, None)),
            Principal::User(identity) => Ok((None, Some(identity.user_id()))),
            Principal::Device(device) => {
                let paired = self.read(|tx| Ok(devices::device(tx, device.id)?))?;
                Ok((Some(device.id), paired.and_then(|device| device.user_id)))
            }
        }
    }

    /// What is still to be fetched.
    fn open_items(&self, user: UserId) -> Result<Vec<RouteStop>> {
        let running = self.running(self.now())?;
        let listed = self.read(|tx| listed(tx, user, &running))?;
        let open = listed.iter().filter(|listed| !listed.is_ticked());
        Ok(open
            .map(|listed| RouteStop {
                product_id: Some(listed.item.product_id.value()),
                ..RouteStop::default()
            })
            .collect())
    }

    /// Finds where products stand, in one look at the catalogue.
    fn place_products(
        &self,
        loaded: &LoadedMap,
        stops: &mut [RouteStop],
        use_groups: bool,
    ) -> Result<()> {
        let asked = stops.iter_mut().enumerate();
        let asked = asked.filter_map(|(index, stop)| match stop.product_id {
            Some(id) if names_only_a_product(stop) => Some((index, id, stop)),
            _ => None,
        });
        self.read(|tx| {
            for (index, id, stop) in asked {
                let field = || format!("stops[{index}].product_id");
                let id = ProductId::new(id).map_err(|error| Error::field(&field(), error))?;
                let product = products::product(tx, id)?
                    .filter(Product::is_on_sale)
                    .ok_or_else(|| Error::field(&field(), "there is no such product"))?;
                let group = use_groups.then(|| i32::from(product.pick_group));
                stop.group = stop.group.or(group);
                stop.resolved = Some(self.resolved(loaded, product)?);
            }
            Ok(())
        })
    }

    /// Where each of these products stands on the map, or is likely to.
    pub async fn whereabouts(
        &self,
        loaded: &Arc<LoadedMap>,
        products: &[Product],
    ) -> Result<Vec<Option<Whereabouts>>> {
        let (app, loaded, products) = (self.clone(), Arc::clone(loaded), products.to_vec());
        // The first guess reads the whole catalogue.
        unblocked(move || {
            products.into_iter().map(|product| app.whereabouts_of(&loaded, product)).collect()
        })
        .await?
    }

    fn whereabouts_of(&self, loaded: &LoadedMap, product: Product) -> Result<Option<Whereabouts>> {
        let (location, note) = match self.resolved(loaded, product)? {
            Resolved::At { location, .. } => (location, None),
            Resolved::Near { location, note, .. } => (location, Some(note)),
            Resolved::Nowhere { .. } => return Ok(None),
        };
        Ok(loaded.graph.location_point(&location).map(|point| Whereabouts { point, note }))
    }

    /// Where a product stands, or is likely to.
    fn resolved(&self, loaded: &LoadedMap, product: Product) -> Result<Resolved> {
        let Product { name, location, category, .. } = product;
        let lacking = match location {
            Some(location) if loaded.graph.location_point(&location).is_some() => {
                return Ok(Resolved::At { location, name });
            }
            Some(location) => format!("{name} is at {location}, which the map does not have"),
            None => format!("{name} has no location"),
        };
        Ok(match self.middle_of(loaded, &category)? {
            Some(Middle { category, location }) => Resolved::Near {
                note: format!("{lacking}: its category {category} is around here"),
                location,
                name,
            },
            None if category.is_empty() => {
                Resolved::Nowhere { reason: format!("{lacking}, and it has no category") }
            }
            None => Resolved::Nowhere {
                reason: format!("{lacking}, and nothing of its category {category} has one"),
            },
        })
    }
}

fn refused(error: &RouteError) -> Error {
    let refusal = Refusal::new(error.code(), error.detail());
    if error.is_conflict() { Error::Conflict(refusal) } else { Error::BadRequest(refusal) }
}

/// The section around each place of a path. Most places come up again and again.
fn path_sections(map: &StoreMap, answer: &RouteAnswer) -> Vec<Option<String>> {
    let mut known = HashMap::new();
    let sections = answer.path.iter().map(|&PathPoint { x, y, floor, .. }| {
        let section = known.entry((x.to_bits(), y.to_bits(), floor)).or_insert_with(|| {
            section_at(map, Point { x, y, floor }).map(|section| section.id.clone())
        });
        section.clone()
    });
    sections.collect()
}

/// Solves in the request's time, or in `default_ms` when it says nothing, and notes the time it
/// took; the solver itself reads no clock.
pub fn timed_solve(
    graph: &Graph,
    request: RouteRequest,
    default_ms: u64,
) -> std::result::Result<RouteAnswer, RouteError> {
    solve_within(graph, request, default_ms, &AtomicBool::new(false))
}

/// The same, for somebody who may go away before it is done.
fn solve_within(
    graph: &Graph,
    mut request: RouteRequest,
    default_ms: u64,
    is_gone: &AtomicBool,
) -> std::result::Result<RouteAnswer, RouteError> {
    let begun = Instant::now();
    // The solver must know how long it has: it tries only what can be done by then.
    let budget = Duration::from_millis(*request.budget_ms.get_or_insert(default_ms));
    let should_stop = || begun.elapsed() >= budget || is_gone.load(Ordering::Relaxed);
    let mut answer = solve(graph, &request, &should_stop)?;
    answer.elapsed_us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    Ok(answer)
}

/// A stop that names a place as well is ambiguous, which the solver says.
fn names_only_a_product(stop: &RouteStop) -> bool {
    stop.node.is_none()
        && stop.location.is_none()
        && stop.x.is_none()
        && stop.y.is_none()
        && stop.floor.is_none()
}

fn entrance(map: &StoreMap) -> Result<Start> {
    let entrance = map.nodes.iter().find(|node| node.kind == NodeKind::Entrance);
    let id = entrance
        .map(|node| node.id.clone())
        .ok_or_else(|| Error::field("start", "is required: the map has no entrance to begin at"))?;
    Ok(Start::Node(id))
}

fn map_errors(errors: &crate::domain::store_map::MapErrors) -> Error {
    let mut fields = FieldErrors::new();
    for error in &errors.errors {
        fields.push(&error.field, &error.message);
    }
    Error::Invalid(fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        routing::MAX_BUDGET_MS,
        store_map::{Edge, Node},
    };

    /// A grid of `side` by `side` nodes, a metre apart.
    fn grid(side: u16) -> Graph {
        let id = |x: u16, y: u16| format!("n{x}-{y}");
        let mut map = StoreMap::default();
        for (x, y) in (0..side).flat_map(|x| (0..side).map(move |y| (x, y))) {
            map.nodes.push(Node::new(id(x, y), f64::from(x), f64::from(y)));
            map.edges.extend((x > 0).then(|| Edge::new(id(x.saturating_sub(1), y), id(x, y))));
            map.edges.extend((y > 0).then(|| Edge::new(id(x, y.saturating_sub(1)), id(x, y))));
        }
        Graph::build(&map).unwrap()
    }

    #[test]
    fn a_solve_ends_when_nobody_waits_for_it() {
        let at = |n: u16| RouteStop::at_node(format!("n{}-{}", n * 7 % 30, n * 11 % 29));
        let mut request = RouteRequest::new(Start::Node("n0-0".into()), (0..200).map(at).collect());
        request.ends = Some(Vec::new());
        let is_gone = Arc::new(AtomicBool::new(false));
        drop(Asker(Arc::clone(&is_gone)));
        let answer = solve_within(&grid(30), request, MAX_BUDGET_MS, &is_gone).unwrap();
        assert_eq!(answer.stops.len(), 200);
        assert!(answer.elapsed_us < 30_000_000, "{}", answer.elapsed_us);
    }

    #[test]
    fn the_solver_is_told_how_long_it_has_when_the_request_says_nothing() {
        let request = RouteRequest::new(Start::Node("n0-0".into()), Vec::new());
        // Only who is told can refuse it.
        let refused = timed_solve(&grid(2), request, MAX_BUDGET_MS + 1).unwrap_err();
        assert_eq!(refused, RouteError::BadBudget { budget_ms: MAX_BUDGET_MS + 1 });
    }
}
