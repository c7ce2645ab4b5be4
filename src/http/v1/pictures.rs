//! Pictures of products.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tokio_util::io::ReaderStream;
use utoipa::ToSchema;

use super::Answer;
use crate::app::pictures::Added;
use crate::app::{App, Staff};
use crate::domain::id::ProductId;
use crate::domain::pictures::THUMBNAIL_SIDES_PX;
use crate::http::Result;
use crate::http::exchange::text;
use crate::http::extract::{IfMatch, Json, KeyedBody, Path};
use crate::http::reply::{Stored, Versioned};
use crate::wire::product::Product;

pub(in crate::http) use crate::app::pictures::PICTURE_MAX_BYTES;

/// A name stands for the same bytes for ever.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Opened by itself, a picture is a picture and nothing else.
const NOTHING_ELSE: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";
/// A file is read in pieces of this size, as fast as the reader takes them.
const PIECE_BYTES: usize = 64 * 1024;

/// A picture that was added to a product.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct AddedPicture {
    /// What the product's `images` has now.
    #[schema(example = "/misc/images/\
        5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9.jpg")]
    image: String,
    /// A small form of it.
    #[schema(example = "/misc/images/\
        5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9-320.jpg")]
    thumbnail: String,
    /// Pixels.
    #[schema(example = 1200)]
    width: u32,
    /// Pixels.
    #[schema(example = 900)]
    height: u32,
    /// Length of the file that is kept.
    #[schema(example = 184_213)]
    bytes: u64,
    /// The product's, now.
    version: u64,
}

impl From<&Added> for AddedPicture {
    fn from(Added { picture, version }: &Added) -> Self {
        Self {
            image: picture.name.path(),
            thumbnail: picture.name.thumbnail(THUMBNAIL_SIDES_PX[0]).path(),
            width: picture.width,
            height: picture.height,
            bytes: picture.bytes,
            version: *version,
        }
    }
}

pub(in crate::http) async fn add(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<ProductId>,
    IfMatch(expected): IfMatch,
    KeyedBody { body, idempotency }: KeyedBody,
) -> Result<Versioned<Stored>> {
    let answer = Answer::new(201, |added: &Added| AddedPicture::from(added));
    let outcome = app.add_picture(&staff, id, body, expected, answer.once(idempotency)).await?;
    Ok(answer.reply_versioned(outcome))
}

pub(in crate::http) async fn remove(
    State(app): State<App>,
    staff: Staff,
    Path((id, name)): Path<(ProductId, String)>,
    IfMatch(expected): IfMatch,
) -> Result<Versioned<Json<Product>>> {
    let product = app.remove_picture(&staff, id, name, expected).await?;
    Ok(Versioned(product.product.version, Json(Product::new(product, &app.settings().currency))))
}

pub(in crate::http) async fn find(
    State(app): State<App>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response> {
    let found = app.picture_file(&name).await?;
    let tag = format!("\"{name}\"");
    let kept = [
        (header::CACHE_CONTROL, HeaderValue::from_static(FOR_EVER)),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(NOTHING_ELSE)),
        // Shops show their goods on other pages too; pictures are public.
        (
            header::HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("cross-origin"),
        ),
    ];
    let etag = [(header::ETAG, tag.clone())];
    if text(&headers, "if-none-match").is_some_and(|seen| knows(seen, &tag)) {
        return Ok((StatusCode::NOT_MODIFIED, kept, etag).into_response());
    }
    let sizes = [
        (header::CONTENT_TYPE, HeaderValue::from_static(found.kind.media_type())),
        (header::CONTENT_LENGTH, found.bytes.into()),
    ];
    let file = tokio::fs::File::from_std(found.file);
    let body = Body::from_stream(ReaderStream::with_capacity(file, PIECE_BYTES));
    Ok((kept, etag, sizes, body).into_response())
}

/// Whether a client that has seen these tags has this one.
fn knows(seen: &str, tag: &str) -> bool {
    let mut tags = seen.split(',').map(str::trim);
    tags.any(|it| it == "*" || it.strip_prefix("W/").unwrap_or(it) == tag)
}
