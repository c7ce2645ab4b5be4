//! What was searched for and not found.

use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::{App, Staff};
use crate::domain::searches::MISS_DAYS_KEPT;
use crate::http::extract::{Page, Query};
use crate::http::reply::Listed;
use crate::http::{Problem, Result};

/// How far a report looks back unless the client says otherwise, in days.
const DAYS_DEFAULT: u32 = 30;

/// Which searches.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
pub(in crate::http) struct SearchReportQuery {
    /// Days to look back, today included: 1 to 90, 30 when left out.
    #[param(minimum = 1, maximum = 90, example = 30)]
    days: Option<u32>,
}

/// A text that was searched for and found nothing.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct SearchMiss {
    /// In lower case, at most 128 characters. Texts with an e-mail address or a long number are
    /// never kept.
    #[schema(example = "oat milk barista")]
    query: String,
    /// How often in these days.
    #[schema(example = 12)]
    count: u64,
    /// The last time.
    last_at: Timestamp,
    /// How many products it found.
    #[schema(example = 0)]
    results: u64,
}

pub(in crate::http) async fn missed(
    State(app): State<App>,
    staff: Staff,
    Query(query): Query<SearchReportQuery>,
    page: Page,
) -> Result<Listed<SearchMiss, 50>> {
    let days = query.days.unwrap_or(DAYS_DEFAULT);
    if !(1..=MISS_DAYS_KEPT).contains(&days) {
        return Err(Problem::field("days", format!("a number from 1 to {MISS_DAYS_KEPT}")));
    }
    let (found, total) = app.missed_searches(&staff, days, page.offset, page.limit).await?;
    let miss = |found: crate::app::searches::MissedSearch| SearchMiss {
        query: found.query,
        count: found.count,
        last_at: found.last_at,
        results: 0,
    };
    let total = u64::try_from(total).unwrap_or(u64::MAX);
    Ok(Listed { items: found.into_iter().map(miss).collect(), total, page })
}
