//! Walks through a map that lies in a file, without an appliance: the solver on the command line.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::walks::timed_solve;
use super::{Error, Result};
use crate::domain::routing::{Graph, MAX_BUDGET_MS, RouteAnswer, RouteRequest, picture};
use crate::domain::store_map::{BYTE_ORDER_MARK, StoreMap};

/// How long a solve may take when the request says nothing, in milliseconds.
const BUDGET_DEFAULT_MS: u64 = 2_000;

/// What there is to print, and whether every request was answered.
#[derive(Debug, Clone, PartialEq)]
pub struct RouteAnswers {
    /// One answer, or a list of them in the order of the requests.
    pub json: Value,
    /// Whether no request was refused.
    pub all_answered: bool,
    /// The picture of each answer, in the order of the requests; `None` where it was refused.
    /// Empty unless asked for.
    pub pictures: Vec<Option<String>>,
}

/// A map that is ready to be walked on.
struct Ground<'m> {
    map: &'m StoreMap,
    graph: Graph,
    /// How long the graph took to be built: part of every answer's time.
    build_us: u64,
    with_pictures: bool,
}

/// An answer as JSON and, if asked for, its picture.
type Answered = (Value, Option<String>);

/// Answers a request, or a list of requests, on a map in any of its formats. A request that is
/// refused has `{"error": {"code", "detail"}}` in its place.
pub fn route_files(map: &[u8], requests: &[u8], with_pictures: bool) -> Result<RouteAnswers> {
    let (map, _) = StoreMap::read(map)
        .map_err(|errors| Error::bad_request("invalid-map", format!("the map: {errors}")))?;
    let begun = Instant::now();
    let graph = Graph::build(&map)
        .map_err(|errors| Error::bad_request("invalid-map", format!("the map: {errors}")))?;
    let build_us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    let ground = Ground { map: &map, graph, build_us, with_pictures };
    let requests = requests.strip_prefix(BYTE_ORDER_MARK).unwrap_or(requests);
    let requests: Value = serde_json::from_slice(requests)
        .map_err(|error| Error::bad_request("invalid-json", format!("the request: {error}")))?;
    let is_list = requests.is_array();
    let requests = match requests {
        Value::Array(requests) => requests,
        request => vec![request],
    };
    let mut answers = Vec::with_capacity(requests.len());
    let mut pictures = Vec::new();
    let mut all_answered = true;
    for request in requests {
        let (json, picture) = ground.answer(request).unwrap_or_else(|refused| {
            all_answered = false;
            (refused, None)
        });
        answers.push(json);
        if with_pictures {
            pictures.push(picture);
        }
    }
    let json = if is_list { Value::Array(answers) } else { answers.swap_remove(0) };
    Ok(RouteAnswers { json, all_answered, pictures })
}

/// What stands for an answer when there is none.
pub fn refused(code: &str, detail: &str) -> Value {
    json!({ "error": { "code": code, "detail": detail } })
}

impl Ground<'_> {
    fn answer(&self, request: Value) -> std::result::Result<Answered, Value> {
        // A derived reader takes a list for a struct, member by member.
        if !request.is_object() {
            return Err(refused("invalid-request", "a request is an object with start and stops"));
        }
        let request: RouteRequest = serde_path_to_error::deserialize(request)
            .map_err(|error| refused("invalid-request", &error.to_string()))?;
        let budget_ms = request.budget_ms.unwrap_or(BUDGET_DEFAULT_MS).min(MAX_BUDGET_MS);
        let mut answer = timed_solve(&self.graph, &request, Duration::from_millis(budget_ms))
            .map_err(|error| refused(error.code(), &error.detail()))?;
        answer.elapsed_us = answer.elapsed_us.saturating_add(self.build_us);
        let picture = self.with_pictures.then(|| self.picture(&answer));
        let json = serde_json::to_value(answer)
            .map_err(|error| refused("internal", &error.to_string()))?;
        Ok((json, picture))
    }

    fn picture(&self, answer: &RouteAnswer) -> String {
        picture::picture_of_walk(self.map, &BTreeSet::new(), answer)
    }
}
