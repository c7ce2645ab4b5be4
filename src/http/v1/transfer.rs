//! The catalogue as a file: import and export.

use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde::Deserialize;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::IntoParams;

use crate::app::{App, Staff};
use crate::http::extract::{Json, Query, RawBody};
use crate::http::{Problem, Result};
use crate::wire::control::ExportFormat;
use crate::wire::import::{ImportOptions, ImportReport};

/// The largest file that is taken over HTTP; the command line takes larger ones.
pub(in crate::http) const IMPORT_MAX_BYTES: usize = 64 * 1024 * 1024;
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
    RawBody(file): RawBody,
) -> Result<(StatusCode, Json<ImportReport>)> {
    let options = ImportOptions { dry_run: query.dry_run, partial: query.partial };
    let report = app.import_products(&staff, file.to_vec(), options).await?;
    let refused = !report.errors.is_empty() && !query.partial && !query.dry_run;
    let status = if refused { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    Ok((status, Json(report)))
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
