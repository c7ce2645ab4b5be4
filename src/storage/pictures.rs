//! Which pictures are kept, and which products name them.
//!
//! A picture that nothing names any more is marked with the time, in the transaction in which the
//! last product lets go of it; naming it again takes the mark away. So whether a picture may go is
//! known without looking through the catalogue.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::error::Error;
use super::read::Reader;
use super::tables::{PICTURE_BY_HASH, PICTURE_BY_UNNAMED, PRODUCT_BY_PICTURE};
use super::write::WriteTx;
use crate::domain::catalog::Product;
use crate::domain::pictures::{Picture, PictureHash, PictureName};

/// The picture with these bytes.
pub fn picture(tx: &impl Reader, hash: &PictureHash) -> Result<Option<Picture>, Error> {
    tx.get(PICTURE_BY_HASH, hash)
}

/// Notes a picture whose files are on disk. One that is known keeps the time at which it came.
pub fn put(tx: &mut WriteTx<'_>, picture: &Picture) -> Result<(), Error> {
    let hash = *picture.name.hash();
    if tx.contains(PICTURE_BY_HASH, &hash)? {
        return Ok(());
    }
    let is_named = is_named(tx, &hash)?;
    let unnamed_since = (!is_named).then_some(picture.added_at);
    mark(tx, &Picture { unnamed_since, ..picture.clone() })
}

/// Brings up to date which pictures this product names; deleted ones go on naming theirs.
pub(super) fn name(
    tx: &mut WriteTx<'_>,
    old: Option<&Product>,
    new: &Product,
) -> Result<(), Error> {
    let before = old.map(|old| hashes(&old.images)).unwrap_or_default();
    let after = hashes(&new.images);
    for hash in after.difference(&before) {
        tx.put(PRODUCT_BY_PICTURE, &(*hash, new.id), &())?;
        settle(tx, hash, new.updated_at)?;
    }
    for hash in before.difference(&after) {
        tx.remove(PRODUCT_BY_PICTURE, &(*hash, new.id))?;
        settle(tx, hash, new.updated_at)?;
    }
    Ok(())
}

/// Forgets pictures that nothing has named since `before`, at most `limit`; which.
pub fn prune(
    tx: &mut WriteTx<'_>,
    before: Timestamp,
    limit: usize,
) -> Result<Vec<PictureName>, Error> {
    let before_us = before.as_microsecond();
    let mut unnamed = tx.scan(PICTURE_BY_UNNAMED, .., limit)?;
    unnamed.retain(|((since_us, _), ())| *since_us <= before_us);
    let mut gone = Vec::with_capacity(unnamed.len());
    for (key, ()) in &unnamed {
        tx.remove(PICTURE_BY_UNNAMED, key)?;
        if let Some(picture) = tx.get(PICTURE_BY_HASH, &key.1)? {
            tx.remove(PICTURE_BY_HASH, &key.1)?;
            gone.push(picture.name);
        }
    }
    Ok(gone)
}

/// Sets or takes away the mark of a picture whose products have changed.
fn settle(tx: &mut WriteTx<'_>, hash: &PictureHash, now: Timestamp) -> Result<(), Error> {
    let Some(picture) = tx.get(PICTURE_BY_HASH, hash)? else { return Ok(()) };
    let is_named = is_named(tx, hash)?;
    if is_named == picture.unnamed_since.is_none() {
        return Ok(());
    }
    mark(tx, &Picture { unnamed_since: (!is_named).then_some(now), ..picture })
}

fn mark(tx: &mut WriteTx<'_>, picture: &Picture) -> Result<(), Error> {
    let hash = *picture.name.hash();
    let since = |picture: &Picture| picture.unnamed_since.map(Timestamp::as_microsecond);
    if let Some(us) = tx.get(PICTURE_BY_HASH, &hash)?.as_ref().and_then(since) {
        tx.remove(PICTURE_BY_UNNAMED, &(us, hash))?;
    }
    if let Some(us) = since(picture) {
        tx.put(PICTURE_BY_UNNAMED, &(us, hash), &())?;
    }
    tx.put(PICTURE_BY_HASH, &hash, picture)
}

fn is_named(tx: &impl Reader, hash: &PictureHash) -> Result<bool, Error> {
    Ok(!tx.scan_prefix(PRODUCT_BY_PICTURE, hash, 1)?.is_empty())
}

fn hashes(images: &[String]) -> BTreeSet<PictureHash> {
    images.iter().filter_map(|image| PictureName::of_path(image)).map(|name| *name.hash()).collect()
}
