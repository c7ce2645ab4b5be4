//! Walks through a map that lies in a file, without an appliance: the solver on the command line.

use std::collections::BTreeSet;
use std::time::Instant;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::walks::timed_solve;
use super::{Error, Result};
use crate::domain::routing::{Graph, RouteAnswer, RouteRequest, picture};
use crate::domain::store_map::{BYTE_ORDER_MARK, Reading, StoreMap};

/// How long a solve may take when the request says nothing, in milliseconds.
const BUDGET_DEFAULT_MS: u64 = 2_000;

/// What there is to print, and to draw.
#[derive(Debug)]
pub enum RouteAnswers {
    /// The answer to a request.
    One(Box<Routed>),
    /// The answers to a list of requests, in their order.
    List(Vec<Routed>),
}

/// What became of a request.
#[derive(Debug)]
pub struct Routed {
    /// The answer, or as JSON why there is none.
    pub answer: std::result::Result<RouteAnswer, Value>,
    /// The picture of the walk, if it was asked for.
    pub picture: Option<String>,
}

/// A map that is ready to be walked on.
struct Ground<'m> {
    map: &'m StoreMap,
    graph: Graph,
    /// How long the graph took to be built: part of every answer's time.
    build_us: u64,
    with_pictures: bool,
}

/// Answers a request, or a list of requests, on a map in any of its formats. A request that is
/// refused has `{"error": {"code", "detail"}}` in its place.
pub fn route_files(map: &[u8], requests: &[u8], with_pictures: bool) -> Result<RouteAnswers> {
    let Reading { map, .. } = Reading::of(map)
        .map_err(|errors| Error::bad_request("invalid-map", format!("the map: {errors}")))?;
    let begun = Instant::now();
    let graph = Graph::build(&map)
        .map_err(|errors| Error::bad_request("invalid-map", format!("the map: {errors}")))?;
    let build_us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    let ground = Ground { map: &map, graph, build_us, with_pictures };
    let requests = requests.strip_prefix(BYTE_ORDER_MARK).unwrap_or(requests);
    let requests: Value = serde_json::from_slice(requests)
        .map_err(|error| Error::bad_request("invalid-json", format!("the request: {error}")))?;
    Ok(match requests {
        Value::Array(requests) => {
            RouteAnswers::List(requests.into_iter().map(|request| ground.routed(request)).collect())
        }
        request => RouteAnswers::One(Box::new(ground.routed(request))),
    })
}

/// What stands for an answer when there is none.
pub fn refused(code: &str, detail: &str) -> Value {
    json!({ "error": { "code": code, "detail": detail } })
}

impl RouteAnswers {
    /// What became of each request.
    pub fn all(&self) -> &[Routed] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::List(all) => all,
        }
    }
}

/// Without an intermediate form: the path of a long walk is many times as large in one.
impl Serialize for RouteAnswers {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Self::One(one) => one.serialize(serializer),
            Self::List(all) => all.serialize(serializer),
        }
    }
}

impl Serialize for Routed {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match &self.answer {
            Ok(answer) => answer.serialize(serializer),
            Err(refused) => refused.serialize(serializer),
        }
    }
}

impl Ground<'_> {
    fn routed(&self, request: Value) -> Routed {
        let answer = self.answer(request);
        let drawn = answer.as_ref().ok().filter(|_| self.with_pictures);
        let picture =
            drawn.map(|answer| picture::picture_of_walk(self.map, &BTreeSet::new(), answer));
        Routed { answer, picture }
    }

    fn answer(&self, request: Value) -> std::result::Result<RouteAnswer, Value> {
        // A derived reader takes a list for a struct, member by member.
        if !request.is_object() {
            return Err(refused("invalid-request", "a request is an object with start and stops"));
        }
        let request: RouteRequest = serde_path_to_error::deserialize(request)
            .map_err(|error| refused("invalid-request", &error.to_string()))?;
        let mut answer = timed_solve(&self.graph, request, BUDGET_DEFAULT_MS)
            .map_err(|error| refused(error.code(), &error.detail()))?;
        answer.elapsed_us = answer.elapsed_us.saturating_add(self.build_us);
        Ok(answer)
    }
}
