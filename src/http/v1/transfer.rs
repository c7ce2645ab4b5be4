//! The catalogue as a file: import and export.

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde::Deserialize;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::IntoParams;

use super::Answer;
use crate::app::import::Watcher;
use crate::app::{App, Outcome, Staff};
use crate::http::extract::page::LIMIT_DEFAULT;
use crate::http::extract::{Json, Keyed, Page, Path, Query, Spooled};
use crate::http::reply::{Listed, Stored};
use crate::http::{Problem, Result};
use crate::wire::control::ExportFormat;
use crate::wire::import::{ImportOptions, ImportReport, ImportSummary, UndoReport};

/// Most bytes of a file; it goes to the disk as it arrives.
pub(in crate::http) const IMPORT_MAX_BYTES: usize = 1024 * 1024 * 1024;
/// Pieces of an export that wait for a slow reader.
const PIECES_WAITING: usize = 4;

/// How an import treats its file.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
pub(in crate::http) struct ImportQuery {
    /// Say what would happen and change nothing.
    dry_run: bool,
    /// Apply the good rows although others are bad.
    partial: bool,
    /// What headers mean: pairs such as `Artikel=name;Preis=price;Notiz=`, separated by semicolons.
    /// A header without a column is left out.
    #[param(example = "")]
    map: String,
    /// What new products get where their row says nothing: pairs such as
    /// `price=1.00;category=Food`.
    #[param(example = "")]
    defaults: String,
}

/// Which form an export has.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
pub(in crate::http) struct ExportQuery {
    /// `csv` or `ndjson`.
    #[param(pattern = "^(csv|ndjson)?$", example = "ndjson")]
    format: Option<String>,
}

pub(in crate::http) async fn import_products(
    State(app): State<App>,
    staff: Staff,
    Query(query): Query<ImportQuery>,
    Spooled { file, idempotency }: Spooled,
) -> Result<Response> {
    let ImportQuery { dry_run, partial, map, defaults } = query;
    let options = ImportOptions { dry_run, partial, map, defaults };
    let answer = Answer::new(200, ImportReport::clone);
    let request = answer.once(idempotency);
    let watcher = Watcher::default();
    let outcome = app.import_products_once(&staff, file, options, request, watcher).await?;
    if let Outcome::Fresh(report) = &outcome
        && report.rejected > 0
        && !partial
        && !dry_run
    {
        return Err(rejected(report));
    }
    Ok(answer.reply(outcome).into_response())
}

/// Why nothing of a file was taken: the report as a problem.
fn rejected(report: &ImportReport) -> Problem {
    let rows = report.rejected;
    let detail = match report.errors.first() {
        Some(first) if rows == 1 => {
            format!("line {}: {} {}", first.line, first.field, first.message)
        }
        _ => format!("{rows} rows have errors, and nothing was changed: `errors` names them"),
    };
    let problem = Problem::bad_request("import-rejected", detail);
    let members = serde_json::to_value(report).ok();
    let members = members.as_ref().and_then(serde_json::Value::as_object).into_iter().flatten();
    members.fold(problem, |problem, (name, value)| problem.with(name, value.clone()))
}

/// Imports, the newest first.
pub(in crate::http) async fn imports(
    State(app): State<App>,
    staff: Staff,
    page: Page,
) -> Result<Listed<ImportSummary, LIMIT_DEFAULT>> {
    let (found, total) = app.imports(&staff, page.offset, page.limit)?;
    Ok(Listed { items: found.into_iter().map(ImportSummary::from).collect(), total, page })
}

pub(in crate::http) async fn import(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<u64>,
) -> Result<Json<ImportSummary>> {
    Ok(Json(app.import(&staff, id)?.into()))
}

pub(in crate::http) async fn undo_import(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<u64>,
    Keyed(idempotency): Keyed,
) -> Result<Stored> {
    let answer = Answer::new(200, UndoReport::clone);
    let request = answer.once(idempotency);
    let outcome = app.undo_import(&staff, id, request, Watcher::default()).await?;
    Ok(answer.reply(outcome))
}

pub(in crate::http) async fn export_products(
    State(app): State<App>,
    staff: Staff,
    Query(query): Query<ExportQuery>,
) -> Result<Response> {
    let (format, kind) = match query.format.as_deref() {
        None | Some("csv") => (ExportFormat::Csv, "text/csv; charset=utf-8"),
        Some("ndjson") => (ExportFormat::Ndjson, "application/x-ndjson"),
        Some(_) => return Err(Problem::field("format", "is csv or ndjson")),
    };
    let (pieces, waiting) = tokio::sync::mpsc::channel(PIECES_WAITING);
    tokio::spawn(async move {
        if let Err(error) = app.export_products(&staff, format, &pieces).await {
            tracing::warn!(%error, "an export ended early");
        }
    });
    let body = Body::from_stream(ReceiverStream::new(waiting).map(Ok::<_, std::io::Error>));
    Ok(([(header::CONTENT_TYPE, kind)], body).into_response())
}
