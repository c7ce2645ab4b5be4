//! Walks through a map that lies in a file, without an appliance: the solver on the command line.

use std::time::Duration;

use serde_json::{Value, json};

use super::walks::timed_solve;
use super::{Error, Result};
use crate::domain::routing::{Graph, MAX_BUDGET_MS, RouteRequest};
use crate::domain::store_map::StoreMap;

/// How long a solve may take when the request says nothing, in milliseconds.
const BUDGET_DEFAULT_MS: u64 = 2_000;

/// What there is to print, and whether every request was answered.
#[derive(Debug, Clone, PartialEq)]
pub struct RouteAnswers {
    /// One answer, or a list of them in the order of the requests.
    pub json: Value,
    /// Whether no request was refused.
    pub all_answered: bool,
}

/// Answers a request, or a list of requests, on a map. A request that is refused has
/// `{"error": {"code", "detail"}}` in its place.
pub fn route_files(map: &[u8], requests: &[u8]) -> Result<RouteAnswers> {
    let map = StoreMap::from_json(map)
        .map_err(|errors| Error::bad_request("invalid-map", format!("the map: {errors}")))?;
    let graph = Graph::build(&map)
        .map_err(|errors| Error::bad_request("invalid-map", format!("the map: {errors}")))?;
    let requests: Value = serde_json::from_slice(requests)
        .map_err(|error| Error::bad_request("invalid-json", format!("the request: {error}")))?;
    Ok(match requests {
        Value::Array(requests) => {
            let answers: Vec<_> = requests.into_iter().map(|one| answer(&graph, one)).collect();
            let all_answered = answers.iter().all(std::result::Result::is_ok);
            let json = answers.into_iter().map(|a| a.unwrap_or_else(|refused| refused)).collect();
            RouteAnswers { json, all_answered }
        }
        request => match answer(&graph, request) {
            Ok(json) => RouteAnswers { json, all_answered: true },
            Err(json) => RouteAnswers { json, all_answered: false },
        },
    })
}

/// What stands for an answer when there is none.
pub fn refused(code: &str, detail: &str) -> Value {
    json!({ "error": { "code": code, "detail": detail } })
}

fn answer(graph: &Graph, request: Value) -> std::result::Result<Value, Value> {
    let request: RouteRequest = serde_json::from_value(request)
        .map_err(|error| refused("invalid-request", &error.to_string()))?;
    let budget_ms = request.budget_ms.unwrap_or(BUDGET_DEFAULT_MS).min(MAX_BUDGET_MS);
    let answer = timed_solve(graph, &request, Duration::from_millis(budget_ms))
        .map_err(|error| refused(error.code(), &error.detail()))?;
    serde_json::to_value(answer).map_err(|error| refused("internal", &error.to_string()))
}
