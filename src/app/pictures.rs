//! Pictures of products: taken in, served, and let go.
//!
//! A picture's files are written before the transaction that names it, and deleted after the one
//! that forgets it; both happen under one lock, so that no picture is named whose files are on
//! their way out. What a crash or a refused transaction leaves behind are files without a row,
//! which a sweep finds. Files are as old as their names: nothing is ever changed.

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Mutex, Semaphore};

use super::audit::{self, shapes};
use super::once::{Once, Outcome, once};
use super::products::{existing, unpriced, update};
use super::{App, Error, Result, Staff, Versions, unblocked};
use crate::blobs::{self, BlobError};
use crate::domain::catalog::ProductPatch;
use crate::domain::id::ProductId;
use crate::domain::invalid::FieldErrors;
use crate::domain::pictures::{PATH_PREFIX, Picture, PictureKind, PictureName};
use crate::domain::view::StockedProduct;
use crate::pictures::{Examined, Refused, examine};
use crate::storage::{Reader, pictures};

pub use crate::pictures::PICTURE_MAX_BYTES;

/// How long a picture is kept that no product names any more, so that an edit or an import can be
/// taken back, and a backup that is being made finds what its catalogue names.
pub const UNNAMED_KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);
/// How old a file without a row must be before it is taken for a leftover.
const LEFTOVER_AGE: Duration = Duration::from_hours(24);
/// The most pictures that one pruning lets go.
const PRUNED_MAX: usize = 200;
/// The most uploads that wait for the one that is decoded.
const WAITING_MAX: usize = 8;
/// Where pictures are among the blobs.
const FOLDER: &str = "images";

/// Where uploads queue.
#[derive(Debug)]
pub(super) struct PictureRoom {
    /// Uploads that are decoded or wait for it.
    queue: Semaphore,
    /// One is decoded at a time, which bounds the memory.
    desk: Arc<Semaphore>,
    /// Held from before files are written or forgotten until rows and files agree.
    keeping: Arc<Mutex<()>>,
    /// Which part of the files the next sweep looks through.
    shard: AtomicU8,
}

impl Default for PictureRoom {
    fn default() -> Self {
        Self {
            queue: Semaphore::new(WAITING_MAX + 1),
            desk: Arc::new(Semaphore::new(1)),
            keeping: Arc::default(),
            shard: AtomicU8::new(0),
        }
    }
}

/// A picture that was added, and the version that its product has now.
#[derive(Debug, Clone)]
pub struct Added {
    /// The picture.
    pub picture: Picture,
    /// The product's version.
    pub version: u64,
}

/// An open file of a picture.
#[derive(Debug)]
pub struct PictureFile {
    /// At its beginning.
    pub file: File,
    /// Its length.
    pub bytes: u64,
    /// What it is.
    pub kind: PictureKind,
}

impl App {
    /// Adds a picture to a product, behind those that it has. One that it shows already stays
    /// where it is.
    pub async fn add_picture(
        &self,
        staff: &Staff,
        id: ProductId,
        bytes: Bytes,
        expected: Option<Versions>,
        request: Option<Once<Added>>,
    ) -> Result<Outcome<Added>> {
        if request.is_none() {
            // No second of decoding for what is refused anyway. A repeat finds its answer below.
            let product = self.read(|tx| existing(tx, id))?;
            super::check_version(expected.clone(), product.version)?;
        }
        let examined = self.examined(bytes).await?;
        let (act, by, now) = (self.act(staff), staff.user_id(), self.now());
        let app = self.clone();
        // A task of its own: a caller who goes away must not let go of the lock halfway.
        let kept = tokio::spawn(async move {
            let currency = app.settings().currency;
            let _lock = app.inner.pictures.keeping.lock().await;
            let picture = app.write_files(examined, now).await?;
            app.write(move |tx| {
                once(tx, request, now, |tx| {
                    let before = unpriced(tx, existing(tx, id)?)?;
                    pictures::put(tx, &picture)?;
                    let mut images = before.product.images.clone();
                    let path = picture.name.path();
                    if !images.contains(&path) {
                        images.push(path);
                    }
                    let edit = ProductPatch { images: Some(images), ..ProductPatch::default() };
                    let after = update(tx, id, &edit, expected, by, now)?;
                    if after != before {
                        let shape = |it| shapes::product(it, &currency);
                        let change = audit::Change::between(shape(&before), shape(&after));
                        audit::record(tx, &act, "product.add-image", ("product", id), change)?;
                    }
                    Ok(Added { picture, version: after.product.version })
                })
            })
            .await
        });
        let added = kept.await.map_err(|error| Error::Internal(error.to_string()))??;
        self.search_caught_up().await;
        Ok(added)
    }

    /// Keeps a picture that a product will name.
    pub(super) async fn keep_picture(&self, bytes: Bytes) -> Result<Picture> {
        let examined = self.examined(bytes).await?;
        let _lock = Arc::clone(&self.inner.pictures.keeping).lock_owned().await;
        let picture = self.write_files(examined, self.now()).await?;
        let row = picture.clone();
        self.write(move |tx| Ok(pictures::put(tx, &row)?)).await?;
        Ok(picture)
    }

    /// Takes a picture away from a product. Its files stay for whoever else shows it, and for
    /// [`UNNAMED_KEPT`].
    pub async fn remove_picture(
        &self,
        staff: &Staff,
        id: ProductId,
        name: String,
        expected: Option<Versions>,
    ) -> Result<StockedProduct> {
        let (act, by, now) = (self.act(staff), staff.user_id(), self.now());
        let currency = self.settings().currency;
        self.write(move |tx| {
            let before = unpriced(tx, existing(tx, id)?)?;
            let path = format!("{PATH_PREFIX}{name}");
            let mut images = before.product.images.clone();
            images.retain(|image| *image != path);
            if images.len() == before.product.images.len() {
                return Err(Error::not_found("picture of this product"));
            }
            let edit = ProductPatch { images: Some(images), ..ProductPatch::default() };
            let after = update(tx, id, &edit, expected, by, now)?;
            let shape = |it| shapes::product(it, &currency);
            let change = audit::Change::between(shape(&before), shape(&after));
            audit::record(tx, &act, "product.remove-image", ("product", id), change)
        })
        .await?;
        self.search_caught_up().await;
        self.product(Some(staff), id)
    }

    /// The file of a picture or thumbnail of this name.
    pub async fn picture_file(&self, name: &str) -> Result<PictureFile> {
        let unknown = || Error::not_found("picture");
        let name = PictureName::parse(name).ok_or_else(unknown)?;
        let blobs = self.inner.parts.blobs.clone();
        let opened = unblocked(move || blobs.open(FOLDER, &name.to_string())).await??;
        let (file, bytes) = opened.ok_or_else(unknown)?;
        Ok(PictureFile { file, bytes, kind: name.kind() })
    }

    /// Lets go of pictures that nothing has named for long, and of files that belong to nothing:
    /// of these, a part at each call. How many files.
    pub async fn prune_pictures(&self) -> Result<usize> {
        let _lock = Arc::clone(&self.inner.pictures.keeping).lock_owned().await;
        let before = self.now() - UNNAMED_KEPT;
        let gone = self.write(move |tx| Ok(pictures::prune(tx, before, PRUNED_MAX)?)).await?;
        let first_byte = self.inner.pictures.shard.fetch_add(1, Ordering::Relaxed);
        let oldest = SystemTime::from(self.now()) - LEFTOVER_AGE;
        let app = self.clone();
        unblocked(move || {
            let blobs = &app.inner.parts.blobs;
            let mut count = 0;
            for name in gone {
                for file in name.files() {
                    blobs.remove(FOLDER, &file.to_string())?;
                    count += 1;
                }
            }
            for entry in blobs.shard(FOLDER, first_byte)? {
                if entry.modified < oldest && app.is_leftover(&entry)? {
                    blobs.remove_entry(&entry)?;
                    count += 1;
                }
            }
            Ok(count)
        })
        .await?
    }

    /// Whether a file belongs to nothing: it was never finished, or no row knows it.
    fn is_leftover(&self, entry: &blobs::Entry) -> Result<bool> {
        if entry.is_partial() {
            return Ok(true);
        }
        // What we did not name is not ours to delete.
        let Some(name) = PictureName::parse(&entry.name) else { return Ok(false) };
        self.read(|tx| Ok(pictures::picture(tx, name.hash())?.is_none()))
    }

    /// Decodes an upload when its turn comes.
    async fn examined(&self, bytes: Bytes) -> Result<Examined> {
        let room = &self.inner.pictures;
        let busy = || Error::unavailable("busy", "many pictures are being read: try again");
        let _place = room.queue.try_acquire().map_err(|_| busy())?;
        let desk = Arc::clone(&room.desk).acquire_owned().await.map_err(|_| busy())?;
        let examined = tokio::task::spawn_blocking(move || {
            // Whoever gives up waiting leaves the work behind, and with it the desk.
            let _desk = desk;
            examine(&bytes)
        });
        match examined.await {
            Ok(examined) => examined.map_err(|refused| refusal(&refused)),
            Err(error) => {
                tracing::warn!(%error, "a picture was too much for its decoder");
                Err(refusal(&Refused::Damaged("it cannot be decoded".into())))
            }
        }
    }

    /// Writes a picture and its thumbnails; what is known of it then.
    async fn write_files(&self, examined: Examined, now: Timestamp) -> Result<Picture> {
        let blobs = self.inner.parts.blobs.clone();
        unblocked(move || {
            let hash = blobs::address(&examined.content);
            let name = PictureName::new(hash, examined.has_alpha, examined.kind);
            for (side_px, content) in &examined.thumbnails {
                blobs.keep(FOLDER, &name.thumbnail(*side_px).to_string(), content)?;
            }
            blobs.keep(FOLDER, &name.to_string(), &examined.content)?;
            Ok(Picture {
                name,
                width: examined.width,
                height: examined.height,
                bytes: u64::try_from(examined.content.len()).unwrap_or(u64::MAX),
                added_at: now,
                unnamed_since: None,
            })
        })
        .await?
    }
}

/// Refuses pictures of ours that are not there. What the product shows already stays as it is:
/// files of older catalogues name what they like.
pub(super) fn check(tx: &impl Reader, before: &[String], images: &[String]) -> Result<()> {
    let mut errors = FieldErrors::new();
    for (index, image) in images.iter().enumerate() {
        if before.contains(image) {
            continue;
        }
        if !is_here(tx, image)? {
            let message = "there is no such picture here: POST its bytes to the product's images";
            errors.push(format!("images[{index}]"), message);
        }
    }
    Ok(errors.into_result()?)
}

/// Whether a path may be shown: a picture of ours is there, and others are kept elsewhere.
pub(super) fn is_here(tx: &impl Reader, path: &str) -> Result<bool> {
    if !path.starts_with(PATH_PREFIX) {
        return Ok(true);
    }
    let Some(name) = PictureName::of_path(path) else { return Ok(false) };
    Ok(pictures::picture(tx, name.hash())?.is_some_and(|it| it.name == name))
}

fn refusal(refused: &Refused) -> Error {
    Error::bad_request(refused.code(), refused)
}

impl From<BlobError> for Error {
    fn from(error: BlobError) -> Self {
        Self::Internal(error.to_string())
    }
}
