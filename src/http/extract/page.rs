//! `offset` and `limit` of a list.

use axum::extract::FromRequestParts;
use axum::http::Uri;
use axum::http::request::Parts;
use serde::Deserialize;

use crate::http::{Problem, Result, State, exchange};

use super::query;

/// The most items of one page.
pub const LIMIT_MAX: usize = 1_000;
/// How many items a page has unless the route or the client says otherwise.
pub const LIMIT_DEFAULT: usize = 50;

/// Which part of a list is asked for.
#[derive(Debug, Clone)]
pub struct Page<const DEFAULT: usize = LIMIT_DEFAULT> {
    /// Items to leave out at the beginning.
    pub offset: usize,
    /// Most items to give, 1 to [`LIMIT_MAX`].
    pub limit: usize,
    uri: Uri,
}

#[derive(Deserialize)]
struct Asked {
    offset: Option<u32>,
    limit: Option<u32>,
}

impl<const DEFAULT: usize> FromRequestParts<State> for Page<DEFAULT> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self> {
        let Asked { offset, limit } = query::parse(parts.uri.query().unwrap_or_default())?;
        let limit = limit.map_or(Ok(DEFAULT), usize::try_from);
        let limit = limit.ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
        let limit = limit
            .ok_or_else(|| Problem::field("limit", format!("a number from 1 to {LIMIT_MAX}")))?;
        let offset = usize::try_from(offset.unwrap_or(0)).unwrap_or(usize::MAX);
        Ok(Self { offset, limit, uri: exchange::of(parts)?.uri.clone() })
    }
}

impl<const DEFAULT: usize> Page<DEFAULT> {
    /// The `Link` to the next page, if this one, with `count` items, is not the last.
    pub(in crate::http) fn next(&self, count: usize, total: u64) -> Option<String> {
        let seen = self.offset.saturating_add(count);
        if count == 0 || u64::try_from(seen).is_ok_and(|seen| seen >= total) {
            return None;
        }
        let kept = form_urlencoded::parse(self.uri.query().unwrap_or_default().as_bytes())
            .filter(|(name, _)| name != "offset" && name != "limit");
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(kept)
            .append_pair("limit", &self.limit.to_string())
            .append_pair("offset", &seen.to_string())
            .finish();
        Some(format!("<{}?{query}>; rel=\"next\"", self.uri.path()))
    }
}
