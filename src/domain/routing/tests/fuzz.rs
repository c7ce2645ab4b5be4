//! Bytes that were never a map or a request: refused with the place of the mistake, or answered
//! with a legal walk. Never a panic, never a hang.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    super::{
        check::verify,
        testing::cases::{Case, cases, maps},
        *,
    },
    properties::after,
};
use crate::domain::store_map::StoreMap;

/// How often a solve may ask before it is stopped.
const QUESTIONS: usize = 60;

/// Values that stand where something else belongs.
fn odd_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        prop::sample::select(vec![
            json!(-1),
            json!(0),
            json!(-0.0),
            json!(1e308),
            json!(1e-320),
            json!(9_999.999_99),
            json!(u64::MAX),
            json!(i64::MIN),
            json!(2_147_483_648_u64),
            json!(""),
            json!("n0"),
            json!("n1"),
            json!("\u{0}\u{202e}"),
            json!("08:00-20:00"),
            json!("NaN"),
            json!([]),
            json!({}),
            json!([[]]),
            json!({"x": 1, "y": 1}),
        ]),
        any::<f64>().prop_map(|number| json!(number)),
        "\\PC{0,30}".prop_map(Value::String),
        (0..5_000_usize).prop_map(|count| Value::String("x".repeat(count))),
    ]
}

/// What to do to a document: where (a number that wraps around) and with what.
#[derive(Debug, Clone)]
enum Change {
    Replace(usize, Value),
    Remove(usize),
    Double(usize),
    Rename(usize, String),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let change = prop_oneof![
        4 => (any::<usize>(), odd_value()).prop_map(|(at, value)| Change::Replace(at, value)),
        1 => any::<usize>().prop_map(Change::Remove),
        1 => any::<usize>().prop_map(Change::Double),
        1 => (any::<usize>(), "[a-z_]{1,8}").prop_map(|(at, name)| Change::Rename(at, name)),
    ];
    prop::collection::vec(change, 1..4)
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum::<usize>(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

impl Change {
    fn apply(&self, document: &mut Value) {
        let (Self::Replace(at, _) | Self::Remove(at) | Self::Double(at) | Self::Rename(at, _)) =
            self;
        let mut at = at % count(document);
        self.descend(document, &mut at);
    }

    /// Walks to the value number `at`; whether it was found in here.
    fn descend(&self, value: &mut Value, at: &mut usize) -> bool {
        if *at == 0 {
            self.change(value);
            return true;
        }
        *at -= 1;
        match value {
            Value::Array(items) => items.iter_mut().any(|item| self.descend(item, at)),
            Value::Object(members) => members.values_mut().any(|member| self.descend(member, at)),
            _ => false,
        }
    }

    fn change(&self, value: &mut Value) {
        match (self, value) {
            (Self::Replace(_, with), value) => *value = with.clone(),
            (Self::Remove(_), Value::Array(items)) => drop(items.pop()),
            (Self::Double(_), Value::Array(items)) => items.extend(items.clone()),
            (Self::Remove(_) | Self::Rename(..), Value::Object(members)) => {
                let first = members.keys().next().cloned();
                if let Some(removed) = first.and_then(|first| members.remove(&first))
                    && let Self::Rename(_, name) = self
                {
                    members.insert(name.clone(), removed);
                }
            }
            _ => {}
        }
    }
}

/// A map from bytes: a refusal says where.
fn read_map(bytes: &[u8]) -> Result<Option<StoreMap>, TestCaseError> {
    match StoreMap::from_json(bytes) {
        Ok(map) => Ok(Some(map)),
        Err(errors) => {
            prop_assert!(!errors.errors.is_empty());
            for error in &errors.errors {
                let is_placed = !error.field.is_empty() || error.message.contains("line");
                prop_assert!(is_placed, "says not where: {error}");
                prop_assert!(!error.message.is_empty());
            }
            Ok(None)
        }
    }
}

/// A request from bytes: a refusal says where.
fn read_request(bytes: &[u8]) -> Result<Option<RouteRequest>, TestCaseError> {
    match serde_json::from_slice(bytes) {
        Ok(request) => Ok(Some(request)),
        Err(error) => {
            prop_assert!(error.to_string().contains("line"), "says not where: {error}");
            Ok(None)
        }
    }
}

/// Members of a request that an error begins with.
const FIELDS: [&str; 7] =
    ["start", "stops", "ends", "return_to_start", "at", "min_width_m", "budget_ms"];

/// A walk that is legal, or a refusal that names the member.
fn walk_or_refusal(map: &StoreMap, request: &RouteRequest) -> Result<(), TestCaseError> {
    let graph = Graph::build(map).unwrap();
    match solve(&graph, request, &after(QUESTIONS)) {
        Ok(answer) => verify(&graph, request, &answer).map_err(TestCaseError::fail),
        Err(error) => {
            let detail = error.detail();
            let is_placed =
                error.is_conflict() || FIELDS.iter().any(|field| detail.starts_with(field));
            prop_assert!(is_placed, "says not where: {detail}");
            prop_assert!(error.code().bytes().all(|b| b == b'-' || b.is_ascii_lowercase()));
            Ok(())
        }
    }
}

/// A document after the changes, as text.
fn changed(document: &impl serde::Serialize, changes: &[Change]) -> Vec<u8> {
    let mut document = serde_json::to_value(document).unwrap();
    for change in changes {
        change.apply(&mut document);
    }
    serde_json::to_vec(&document).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bytes_are_no_map(bytes: Vec<u8>, text in "\\PC{0,60}") {
        read_map(&bytes)?;
        read_map(text.as_bytes())?;
        read_request(&bytes)?;
        read_request(text.as_bytes())?;
    }

    #[test]
    fn text_that_was_a_map_once_is_refused_or_walked(
        case in cases(6), at: prop::sample::Index, byte: u8, cut: bool,
    ) {
        let mut bytes = serde_json::to_vec(&case.map).unwrap();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at); } else { bytes[at] = byte; }
        if let Some(map) = read_map(&bytes)? {
            walk_or_refusal(&map, &case.request)?;
        }
    }

    #[test]
    fn maps_with_odd_values_are_refused_or_walked(case in cases(6), changes in changes()) {
        if let Some(map) = read_map(&changed(&case.map, &changes))? {
            walk_or_refusal(&map, &case.request)?;
        }
    }

    #[test]
    fn requests_with_odd_values_are_refused_or_served(case in cases(6), changes in changes()) {
        if let Some(request) = read_request(&changed(&case.request, &changes))? {
            walk_or_refusal(&case.map, &request)?;
        }
    }

    #[test]
    fn the_request_for_one_map_is_no_danger_to_another(case in cases(12), map in maps()) {
        let Case { request, .. } = case;
        walk_or_refusal(&map, &request)?;
    }
}
