//! What staff should look at: list, clear.

use axum::extract::State;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::app::alerts::NamedAlert;
use crate::app::{App, Staff};
use crate::domain::alerts::Shown;
use crate::domain::id::AlertId;
use crate::http::extract::{Json, OptionalJson, Page, Path, Query};
use crate::http::reply::Listed;
use crate::http::{Problem, Result};
use crate::wire::alert::Alert;

/// Which alerts.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
pub(in crate::http) struct AlertQuery {
    /// `open` (when left out), `cleared` or `all`.
    #[param(pattern = "^(open|cleared|all)?$", example = "open")]
    state: Option<String>,
}

/// Clears an alert.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::http) struct AlertClear {
    /// What came of it.
    #[schema(example = "a bag of theirs", max_length = 500)]
    note: Option<String>,
}

fn wire(named: NamedAlert) -> Alert {
    Alert::new(named.alert, named.device_name)
}

pub(in crate::http) async fn list(
    State(app): State<App>,
    staff: Staff,
    Query(query): Query<AlertQuery>,
    page: Page,
) -> Result<Listed<Alert, 50>> {
    let shown = match query.state.as_deref() {
        None | Some("" | "open") => Shown::Open,
        Some("cleared") => Shown::Cleared,
        Some("all") => Shown::All,
        Some(_) => return Err(Problem::field("state", "is open, cleared or all")),
    };
    let (found, total) = app.alerts(&staff, shown, page.offset, page.limit).await?;
    Ok(Listed { items: found.into_iter().map(wire).collect(), total, page })
}

pub(in crate::http) async fn clear(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<AlertId>,
    OptionalJson(body): OptionalJson<AlertClear>,
) -> Result<Json<Alert>> {
    let note = body.unwrap_or_default().note.unwrap_or_default();
    Ok(Json(wire(app.clear_alert(&staff, id, &note).await?)))
}
