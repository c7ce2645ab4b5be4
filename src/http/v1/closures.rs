//! Aisles that staff report as blocked: list, report, free.

use axum::extract::State;
use jiff::Timestamp;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Answer;
use crate::app::closures::ReportedClosure;
use crate::app::{App, Error, Staff};
use crate::domain::closures::{Blocked, ClosureReport};
use crate::domain::id::ClosureId;
use crate::http::Result;
use crate::http::extract::{Json, KeyedJson, Page, Path};
use crate::http::reply::{Listed, Stored};
use crate::wire::promotion::time;
use crate::wire::read_only;

/// Closures on a page when the client does not say: all that there can be.
pub(in crate::http) const CLOSURES_DEFAULT: usize = 200;

/// A blocked aisle or stretch.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Closure {
    id: u64,
    /// The aisle; `null` when it is a stretch between two nodes.
    #[schema(example = "A3")]
    aisle: Option<String>,
    /// One end of the stretch; `null` when it is an aisle.
    from: Option<String>,
    /// The other end.
    to: Option<String>,
    /// Why; empty when nobody said.
    #[schema(example = "spill")]
    reason: String,
    /// When it is over by itself; `null` for an end that is not known.
    until: Option<Timestamp>,
    created_at: Timestamp,
    /// The username of who reported it; `null` for the command line.
    created_by: Option<String>,
    /// How many edges of the map in use it bars; 0 when the map has none of this name.
    edges: usize,
}

/// What is blocked: an `aisle`, or what lies between the nodes `from` and `to`, in both
/// directions. Members that only the server sets are ignored.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::http) struct ClosureInput {
    /// The name of an aisle of the map.
    #[schema(example = "A3", max_length = 200)]
    aisle: Option<String>,
    /// The id of a node.
    #[schema(max_length = 64)]
    from: Option<String>,
    /// The id of another node, with an edge to the first.
    #[schema(max_length = 64)]
    to: Option<String>,
    /// Why, in words for shoppers.
    #[schema(example = "spill", max_length = 200)]
    reason: Option<String>,
    /// When it is over by itself: RFC 3339; without an offset in the store's time zone.
    until: Option<String>,
    #[schema(schema_with = read_only)]
    id: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    created_at: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    created_by: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    edges: Option<IgnoredAny>,
}

/// The answer to a deletion.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct ClosureDeleted {
    message: &'static str,
    deleted: bool,
    closure_id: u64,
}

impl From<&ReportedClosure> for Closure {
    fn from(reported: &ReportedClosure) -> Self {
        let closure = &reported.closure;
        let (aisle, from, to) = match closure.blocked.clone() {
            Blocked::Aisle(aisle) => (Some(aisle), None, None),
            Blocked::Between(from, to) => (None, Some(from), Some(to)),
        };
        Self {
            id: closure.id.value(),
            aisle,
            from,
            to,
            reason: closure.reason.clone(),
            until: closure.until,
            created_at: closure.created_at,
            created_by: closure.created_by.clone(),
            edges: reported.edges,
        }
    }
}

pub(in crate::http) async fn list(
    State(app): State<App>,
    staff: Staff,
    page: Page<CLOSURES_DEFAULT>,
) -> Result<Listed<Closure, CLOSURES_DEFAULT>> {
    let (found, total) = app.closures(&staff, page.offset, page.limit)?;
    let total = u64::try_from(total).unwrap_or(u64::MAX);
    Ok(Listed { items: found.iter().map(Closure::from).collect(), total, page })
}

pub(in crate::http) async fn create(
    State(app): State<App>,
    staff: Staff,
    KeyedJson { body, idempotency }: KeyedJson<ClosureInput>,
) -> Result<Stored> {
    let zone = &app.settings().time_zone;
    let until = body.until.map(|until| time(&until, zone)).transpose();
    let until = until.map_err(|error| Error::field("until", error))?;
    let reason = body.reason.unwrap_or_default();
    let report = ClosureReport { aisle: body.aisle, from: body.from, to: body.to, reason, until };
    let answer = Answer::new(201, |made: &ReportedClosure| Closure::from(made));
    let outcome = app.create_closure(&staff, report, answer.once(idempotency)).await?;
    Ok(answer.reply(outcome))
}

pub(in crate::http) async fn delete(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<ClosureId>,
) -> Result<Json<ClosureDeleted>> {
    app.delete_closure(&staff, id).await?;
    let closure_id = id.value();
    Ok(Json(ClosureDeleted { message: "Closure deleted", deleted: true, closure_id }))
}
