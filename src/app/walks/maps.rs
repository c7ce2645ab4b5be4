//! The map in use, held in memory: read and built once for each version, and marked with what is
//! blocked once for each change of that. Every walk asks the store for the map's version and the
//! closures, which are a few small rows, so that both count from the next request on.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bytes::Bytes;

use super::super::audit::{self, shapes};
use super::super::{App, Error, Result, Staff, Versions, unblocked};
use super::map_errors;
use crate::domain::closures::Closure;
use crate::domain::routing::Graph;
use crate::domain::routing::picture::{PictureOptions, floors_of_map, picture};
use crate::domain::store_map::{NodeKind, StoreMap};
use crate::storage::store_map;

/// The map in use and its graph.
#[derive(Debug)]
pub struct LoadedMap {
    /// The map.
    pub map: Arc<StoreMap>,
    /// Made from it, with what is blocked now.
    pub graph: Arc<Graph>,
    /// Its version.
    pub version: u64,
    /// The map as it stands in the store: JSON.
    pub json: Bytes,
    /// What is blocked now.
    pub closures: Vec<Closure>,
    /// The edges that it bars, by their position in the map.
    pub blocked: BTreeSet<usize>,
    /// The graph as if nothing were blocked.
    open: Arc<Graph>,
    /// Pictures that were drawn, by their floor.
    pictures: Mutex<HashMap<i32, Bytes>>,
    /// The map as `GeoJSON`, once somebody asked for it.
    geojson: Arc<OnceLock<Bytes>>,
}

impl LoadedMap {
    fn read(json: Vec<u8>, version: u64) -> Result<Self> {
        let map = StoreMap::from_json(&json).map_err(|errors| map_errors(&errors))?;
        let open = Arc::new(Graph::build(&map).map_err(|errors| map_errors(&errors))?);
        Ok(Self {
            map: Arc::new(map),
            graph: Arc::clone(&open),
            version,
            json: json.into(),
            closures: Vec::new(),
            blocked: BTreeSet::new(),
            open,
            pictures: Mutex::default(),
            geojson: Arc::default(),
        })
    }

    /// The same map with these closures and no others.
    fn with(&self, closures: Vec<Closure>) -> Self {
        let mut blocked = BTreeSet::new();
        let mut reasons = Vec::new();
        for closure in &closures {
            let reason: Arc<str> = closure.reason.as_str().into();
            for edge in closure.blocked.edges(&self.map) {
                blocked.insert(edge);
                reasons.push((edge, Arc::clone(&reason)));
            }
        }
        let graph = if blocked.is_empty() {
            Arc::clone(&self.open)
        } else {
            Arc::new(self.open.with_blocked(reasons))
        };
        Self {
            map: Arc::clone(&self.map),
            graph,
            version: self.version,
            json: self.json.clone(),
            closures,
            blocked,
            open: Arc::clone(&self.open),
            pictures: Mutex::default(),
            geojson: Arc::clone(&self.geojson),
        }
    }

    /// One of its floors, drawn once.
    fn picture(&self, floor: i32) -> Bytes {
        let mut pictures = self.pictures.lock().unwrap_or_else(PoisonError::into_inner);
        let options = PictureOptions { floor, blocked: &self.blocked, answer: None };
        pictures.entry(floor).or_insert_with(|| picture(&self.map, &options).into()).clone()
    }
}

/// The map as it was needed last.
#[derive(Debug, Default)]
pub(super) struct LoadedMaps(Mutex<Option<Arc<LoadedMap>>>);

impl App {
    /// The map in use. Reads and builds it when it is another than before, which takes some
    /// milliseconds: see [`App::loaded_map`].
    pub fn store_map(&self) -> Result<Arc<LoadedMap>> {
        let version = self.map_version()?;
        let closures = self.closures_in_force()?;
        let mut loaded = self.inner.map.maps.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = match loaded.as_ref().filter(|map| map.version == version) {
            Some(map) if map.closures == closures => return Ok(Arc::clone(map)),
            Some(map) => map.with(closures),
            None => {
                // Both in one look: the map may be replaced meanwhile.
                let (version, json) =
                    self.read(|tx| Ok((store_map::version(tx)?, store_map::json(tx)?)))?;
                let json = json.ok_or_else(|| Error::not_found("store map: import one first"))?;
                let map = LoadedMap::read(json, version)?;
                if closures.is_empty() { map } else { map.with(closures) }
            }
        };
        let fresh = Arc::new(fresh);
        *loaded = Some(Arc::clone(&fresh));
        Ok(fresh)
    }

    /// The map in use; a new one is read on a thread that may block.
    pub async fn loaded_map(&self) -> Result<Arc<LoadedMap>> {
        let app = self.clone();
        let is_there = {
            let version = self.map_version()?;
            let loaded = self.inner.map.maps.0.try_lock();
            loaded.is_ok_and(|map| map.as_ref().is_some_and(|map| map.version == version))
        };
        if is_there {
            return self.store_map();
        }
        unblocked(move || app.store_map()).await?
    }

    /// A floor of the map in use as SVG, with what is blocked now; the floor of the entrance, or
    /// of the first node, when none is named.
    pub async fn map_picture(&self, floor: Option<i32>) -> Result<Bytes> {
        let loaded = self.loaded_map().await?;
        let nodes = &loaded.map.nodes;
        let usual = nodes.iter().find(|node| node.kind == NodeKind::Entrance).or(nodes.first());
        let floor = floor.or(usual.map(|node| node.floor)).unwrap_or(0);
        if !floors_of_map(&loaded.map).contains(&floor) {
            return Err(Error::field("floor", format!("the map has no floor {floor}")));
        }
        unblocked(move || loaded.picture(floor)).await
    }

    /// The map in use as `GeoJSON`, in its own metres, and its version.
    pub async fn map_geojson(&self) -> Result<(u64, Bytes)> {
        let loaded = self.loaded_map().await?;
        let version = loaded.version;
        let write = move || loaded.geojson.get_or_init(|| loaded.map.to_geojson().into()).clone();
        let written = tokio::task::spawn_blocking(write).await;
        Ok((version, written.map_err(|error| Error::Internal(error.to_string()))?))
    }

    fn map_version(&self) -> Result<u64> {
        self.read(|tx| Ok(store_map::version(tx)?))
    }

    /// Replaces the map. Closures stay; see [`super::super::closures`].
    pub async fn replace_store_map(
        &self,
        staff: &Staff,
        map: StoreMap,
        expected: Option<Versions>,
    ) -> Result<Arc<LoadedMap>> {
        let before = self.loaded_map().await.ok();
        let before = before.map(|old| shapes::map(&old.map, old.version));
        let checked = unblocked(move || {
            check_store_map(&map)?;
            let json =
                serde_json::to_vec(&map).map_err(|error| Error::Internal(error.to_string()))?;
            if json.len() > store_map::BYTES_MAX {
                let detail = format!("a map has at most {} bytes of JSON", store_map::BYTES_MAX);
                return Err(Error::bad_request("map-too-large", detail));
            }
            let hash = crate::auth::digest(&json).to_hex();
            Ok((map, json, hash))
        });
        let (map, json, hash) = checked.await??;
        let act = self.act(staff);
        self.write(move |tx| {
            super::super::check_version(expected, store_map::version(tx)?)?;
            let version = store_map::replace(tx, &json)?;
            let change = audit::Change::between(before, Some(shapes::map(&map, version)))
                .with("sha256", hash);
            audit::record(tx, &act, "map.replace", ("map", ""), change)?;
            Ok(version)
        })
        .await?;
        self.loaded_map().await
    }
}

/// Whether walks can be found on a map.
pub fn check_store_map(map: &StoreMap) -> Result<()> {
    if map.nodes.is_empty() {
        return Err(Error::field("nodes", "is empty: there is nothing to walk on"));
    }
    Graph::build(map).map(drop).map_err(|errors| map_errors(&errors))
}
