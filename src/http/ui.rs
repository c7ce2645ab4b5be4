//! The administration's files, embedded in the binary.
//!
//! All files share one path prefix made from a hash of the whole set, so that each can be kept
//! for ever and no page ever mixes two versions; only the page that names the prefix is asked
//! for again.

use std::borrow::Cow;
use std::sync::LazyLock;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{Embed, EmbeddedFile};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::app::App;

use super::exchange::text;
use super::{Problem, Result};

const FOR_EVER: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";

#[derive(Embed)]
#[folder = "assets/ui"]
struct Ui;

#[derive(Embed)]
#[folder = "assets/vendor"]
struct Vendor;

/// The first 8 bytes of one hash of all files: enough to tell versions apart.
static HASH: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = Sha256::new();
    hash_all::<Ui>(&mut hasher);
    hash_all::<Vendor>(&mut hasher);
    let digest: [u8; 32] = hasher.finalize().into();
    let start = digest.first_chunk().map_or(0, |start| u64::from_be_bytes(*start));
    format!("{start:016x}")
});

/// The page, with the prefix of this version filled in.
static INDEX: LazyLock<Option<String>> = LazyLock::new(|| {
    let page = Ui::get("index.html")?;
    let page = String::from_utf8_lossy(&page.data);
    Some(page.replace("{{base}}", &format!("/admin/assets/{}", *HASH)))
});

fn hash_all<E: Embed>(hasher: &mut Sha256) {
    let mut names: Vec<Cow<'static, str>> = E::iter().collect();
    names.sort();
    for name in names {
        hasher.update(name.as_bytes());
        hasher.update([0]);
        if let Some(file) = E::get(&name) {
            hasher.update(file.metadata.sha256_hash());
        }
    }
}

/// Whether the first admin is still to be made.
#[derive(Debug, Serialize, ToSchema)]
pub struct Setup {
    /// True until there is an admin; then `POST /setup` wants the token that was printed.
    needed: bool,
}

pub(super) async fn redirect() -> impl IntoResponse {
    (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, "/admin/")])
}

pub(super) async fn index() -> Result<Response> {
    let page = INDEX.as_deref().ok_or_else(|| Problem::internal("no index.html is embedded"))?;
    let kind = (header::CONTENT_TYPE, "text/html; charset=utf-8");
    Ok(([kind, (header::CACHE_CONTROL, ASK_AGAIN)], page).into_response())
}

pub(super) async fn asset(Path((hash, path)): Path<(String, String)>) -> Result<Response> {
    if hash != *HASH {
        return Err(Problem::not_found());
    }
    let file = match path.split_once('/') {
        Some(("ui", name)) => Ui::get(name),
        Some(("vendor", name)) => Vendor::get(name),
        _ => None,
    };
    Ok(serve(file.ok_or_else(Problem::not_found)?, &path, FOR_EVER))
}

/// An embedded file as an answer; the kind follows from the name.
pub(super) fn serve(file: EmbeddedFile, name: &str, cache_control: &'static str) -> Response {
    let kind = (header::CONTENT_TYPE, media_type(name));
    ([kind, (header::CACHE_CONTROL, cache_control)], file.data).into_response()
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "webmanifest" => "application/manifest+json",
        _ => "text/plain; charset=utf-8",
    }
}

/// A browser is led to the page, with the token of the printed address; a program is told.
pub(super) async fn setup(
    State(app): State<App>,
    headers: HeaderMap,
    uri: axum::http::Uri,
) -> Result<Response> {
    let wants_page = text(&headers, "accept").is_some_and(|kinds| kinds.contains("text/html"));
    if !wants_page {
        return Ok(Json(Setup { needed: app.setup_needed()? }).into_response());
    }
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let location = format!("/admin/#/setup{query}");
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}
