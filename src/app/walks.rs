//! The store map and the shortest walk through it.

mod turns;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::audit::{self, shapes};
use super::checklists::listed;
use super::positions::last_start;
use super::{App, Error, Principal, Refusal, Result, Staff, Versions};
use crate::domain::id::{DeviceId, ProductId, UserId};
use crate::domain::invalid::FieldErrors;
use crate::domain::routing::{Graph, Place, Resolved, RouteAnswer, RouteRequest, RouteStop, solve};
use crate::domain::store_map::{NodeKind, StoreMap};
use crate::storage::{devices, products, store_map};

/// How long a solve may take when the request says nothing, in milliseconds.
const BUDGET_DEFAULT_MS: u64 = 500;
/// How long a solve over HTTP may take at most, in milliseconds.
const BUDGET_MAX_MS: u64 = 2_000;

/// The map in use and its graph.
#[derive(Debug)]
pub struct LoadedMap {
    /// The map.
    pub map: StoreMap,
    /// Made from it.
    pub graph: Graph,
    /// Its version.
    pub version: u64,
}

/// The graph of the map, built once for each version.
#[derive(Debug, Default)]
pub(super) struct MapCache {
    loaded: Mutex<Option<Arc<LoadedMap>>>,
    turns: turns::Turns,
}

/// A request in which products still stand for places, and anything may be left out.
#[derive(Debug, Clone, PartialEq)]
pub struct WalkRequest {
    /// Where to begin; when left out, the trolley's last position, else the map's first entrance.
    pub start: Option<crate::domain::routing::Start>,
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
    /// See [`RouteRequest::at`]; now when left out.
    pub at: Option<String>,
    /// See [`RouteRequest::min_width_m`].
    pub min_width_m: Option<f64>,
}

impl App {
    /// The map in use.
    pub fn store_map(&self) -> Result<Arc<LoadedMap>> {
        let version = self.read(|tx| Ok(store_map::version(tx)?))?;
        let mut loaded = self.inner.map.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(map) = loaded.as_ref().filter(|map| map.version == version) {
            return Ok(Arc::clone(map));
        }
        let json = self.read(|tx| Ok(store_map::json(tx)?))?;
        let json = json.ok_or_else(|| Error::not_found("store map: import one first"))?;
        let map = StoreMap::from_json(&json).map_err(|errors| map_errors(&errors))?;
        let graph = Graph::build(&map).map_err(|errors| map_errors(&errors))?;
        let fresh = Arc::new(LoadedMap { map, graph, version });
        *loaded = Some(Arc::clone(&fresh));
        Ok(fresh)
    }

    /// Replaces the map.
    pub async fn replace_store_map(
        &self,
        staff: &Staff,
        map: StoreMap,
        expected: Option<Versions>,
    ) -> Result<Arc<LoadedMap>> {
        Graph::build(&map).map_err(|errors| map_errors(&errors))?;
        let json = serde_json::to_vec(&map).map_err(|error| Error::Internal(error.to_string()))?;
        let act = self.act(staff);
        let before = self.store_map().ok().map(|old| shapes::map(&old.map, old.version));
        self.write(move |tx| {
            super::check_version(expected, store_map::version(tx)?)?;
            let version = store_map::replace(tx, &json)?;
            let change = audit::Change::between(before, Some(shapes::map(&map, version)))
                .with("sha256", crate::auth::digest(&json).to_hex());
            audit::record(tx, &act, "map.replace", ("map", ""), change)?;
            Ok(version)
        })
        .await?;
        self.store_map()
    }

    /// The shortest walk for a request.
    pub async fn shortest_walk(
        &self,
        walker: &Principal,
        request: WalkRequest,
    ) -> Result<RouteAnswer> {
        let loaded = self.store_map()?;
        // Before the stops are looked up, which takes its time too.
        let turn = self.inner.map.turns.take(walker).await?;
        let request = self.placed(&loaded, walker, request)?;
        let budget_ms = request.budget_ms.unwrap_or(BUDGET_DEFAULT_MS).min(BUDGET_MAX_MS);
        let solved = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            timed_solve(&loaded.graph, &request, Duration::from_millis(budget_ms))
        });
        let solved = solved.await.map_err(|error| Error::Internal(error.to_string()))?;
        solved.map_err(|error| {
            let refusal = Refusal::new(error.code(), error.detail());
            if error.is_conflict() { Error::Conflict(refusal) } else { Error::BadRequest(refusal) }
        })
    }

    /// Fills in what was left out and finds where products stand.
    fn placed(
        &self,
        loaded: &LoadedMap,
        walker: &Principal,
        walk: WalkRequest,
    ) -> Result<RouteRequest> {
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
        let mut request = RouteRequest::new(start, Vec::with_capacity(stops.len()));
        for (index, stop) in stops.into_iter().enumerate() {
            let stop = match stop.product_id {
                Some(id) if names_only_a_product(&stop) => {
                    self.placed_product(loaded, index, id, stop.group, walk.use_groups)?
                }
                _ => stop,
            };
            request.stops.push(stop);
        }
        let budget_ms = walk.budget_ms;
        if budget_ms.is_some_and(|budget_ms| budget_ms > BUDGET_MAX_MS) {
            return Err(Error::field("budget_ms", format!("is at most {BUDGET_MAX_MS}")));
        }
        request.ends = walk.ends;
        request.return_to_start = walk.return_to_start;
        request.budget_ms = budget_ms;
        request.at = Some(walk.at.unwrap_or_else(|| self.wall_clock()));
        request.min_width_m = walk.min_width_m;
        Ok(request)
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

    fn placed_product(
        &self,
        loaded: &LoadedMap,
        index: usize,
        id: u64,
        group: Option<i32>,
        use_groups: bool,
    ) -> Result<RouteStop> {
        let field = || format!("stops[{index}].product_id");
        let id = ProductId::new(id).map_err(|error| Error::field(&field(), error))?;
        let product = self.read(|tx| Ok(products::product(tx, id)?))?;
        let product = product
            .filter(crate::domain::catalog::Product::is_on_sale)
            .ok_or_else(|| Error::field(&field(), "there is no such product"))?;
        let resolved = match product.location {
            Some(location) if loaded.graph.location_point(&location).is_some() => {
                Resolved::At { place: Place::Location(location), name: product.name }
            }
            Some(location) => Resolved::Nowhere {
                reason: format!("{} is at {location}, which the map does not have", product.name),
            },
            None => Resolved::Nowhere { reason: format!("{} has no location", product.name) },
        };
        let mut stop = RouteStop::for_product(id.value(), resolved);
        stop.group = group.or_else(|| use_groups.then(|| i32::from(product.pick_group)));
        Ok(stop)
    }
}

/// Solves with a deadline and notes the time it took; the solver itself reads no clock.
pub fn timed_solve(
    graph: &Graph,
    request: &RouteRequest,
    budget: Duration,
) -> std::result::Result<RouteAnswer, crate::domain::routing::RouteError> {
    let begun = Instant::now();
    let mut answer = solve(graph, request, &|| begun.elapsed() >= budget)?;
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

fn entrance(map: &StoreMap) -> Result<crate::domain::routing::Start> {
    let entrance = map.nodes.iter().find(|node| node.kind == NodeKind::Entrance);
    let id = entrance
        .map(|node| node.id.clone())
        .ok_or_else(|| Error::field("start", "is required: the map has no entrance to begin at"))?;
    Ok(crate::domain::routing::Start::Node(id))
}

fn map_errors(errors: &crate::domain::store_map::MapErrors) -> Error {
    let mut fields = FieldErrors::new();
    for error in &errors.errors {
        fields.push(&error.field, &error.message);
    }
    Error::Invalid(fields)
}
