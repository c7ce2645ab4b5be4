//! Imports of products and their journals: what each did to each product, until it is too old to
//! be undone.

use jiff::Timestamp;

use super::error::Error;
use super::read::Reader;
use super::record::{Record, RecordError};
use super::tables::{IMPORT_BY_ID, IMPORT_JOURNAL, IMPORT_KEPT_BY_PRODUCT};
use super::write::WriteTx;
use crate::domain::catalog::Product;
use crate::domain::id::ProductId;
use crate::domain::imports::{Import, ImportState, JournalEntry, Kept};

/// Imports that are remembered.
pub const IMPORTS_MAX: usize = 1_000;
/// The newest imports that can be undone.
pub const JOURNALS_MAX: usize = 20;

/// The import.
pub fn import(tx: &impl Reader, id: u64) -> Result<Option<Import>, Error> {
    tx.get(IMPORT_BY_ID, &id)
}

/// Imports, the newest first.
pub fn imports(tx: &impl Reader, limit: usize) -> Result<Vec<Import>, Error> {
    let rows = tx.scan_rev(IMPORT_BY_ID, .., limit)?;
    Ok(rows.into_iter().map(|(_, import)| import).collect())
}

/// Writes an import.
pub fn put(tx: &mut WriteTx<'_>, import: &Import) -> Result<(), Error> {
    tx.put(IMPORT_BY_ID, &import.id, import)
}

/// Notes what the `number`th row of an import does; rows are undone from the last to the first.
pub fn note(
    tx: &mut WriteTx<'_>,
    import: u64,
    number: u64,
    entry: &JournalEntry,
) -> Result<(), Error> {
    tx.put(IMPORT_JOURNAL, &(import, number), entry)
}

/// The last entries of an import's journal, the last first.
pub fn last_notes(
    tx: &impl Reader,
    import: u64,
    limit: usize,
) -> Result<Vec<(u64, JournalEntry)>, Error> {
    let rows = tx.scan_rev(IMPORT_JOURNAL, super::prefix(&import), limit)?;
    Ok(rows.into_iter().map(|((_, number), entry)| (number, entry)).collect())
}

/// Removes an entry of a journal.
pub fn forget(tx: &mut WriteTx<'_>, import: u64, number: u64) -> Result<(), Error> {
    tx.remove(IMPORT_JOURNAL, &(import, number)).map(drop)
}

/// Notes a product that undoing left as it is.
pub fn keep(tx: &mut WriteTx<'_>, import: u64, kept: &Kept) -> Result<(), Error> {
    tx.put(IMPORT_KEPT_BY_PRODUCT, &(import, kept.product_id), kept)
}

/// The products that undoing left as they are.
pub fn kept(tx: &impl Reader, import: u64, limit: usize) -> Result<Vec<Kept>, Error> {
    let rows = tx.scan_prefix(IMPORT_KEPT_BY_PRODUCT, &import, limit)?;
    Ok(rows.into_iter().map(|(_, kept)| kept).collect())
}

/// A product as a journal keeps it.
pub fn image(product: &Product) -> Result<Vec<u8>, Error> {
    let mut bytes = vec![Product::FORMAT];
    product.encode(&mut bytes).map_err(|error| malformed(&error))?;
    Ok(bytes)
}

/// The product behind an image, whichever format it was written in.
pub fn of_image(bytes: &[u8]) -> Result<Product, Error> {
    let empty = RecordError::Malformed("an empty image of a product".into());
    let (format, body) = bytes.split_first().ok_or_else(|| malformed(&empty))?;
    Product::decode(*format, body).map_err(|error| malformed(&error))
}

fn malformed(error: &RecordError) -> Error {
    Error::Corrupt { table: IMPORT_JOURNAL.name().into(), detail: error.to_string() }
}

/// Forgets the journals of imports that are too old or too many, and imports that are too many;
/// at most `limit` rows.
pub fn prune(tx: &mut WriteTx<'_>, before: Timestamp, limit: usize) -> Result<usize, Error> {
    let all = imports(tx, IMPORTS_MAX + limit)?;
    let mut removed = 0;
    let mut journals = 0;
    for (place, mut import) in all.into_iter().enumerate() {
        if matches!(import.state, ImportState::Running | ImportState::Undoing) {
            continue;
        }
        journals += usize::from(import.has_journal);
        if import.has_journal && (journals > JOURNALS_MAX || import.at < before) {
            let old = tx.scan_prefix(IMPORT_JOURNAL, &import.id, limit - removed)?;
            for (key, _) in &old {
                tx.remove(IMPORT_JOURNAL, key)?;
            }
            removed += old.len();
            if removed >= limit {
                return Ok(removed);
            }
            import.has_journal = false;
            put(tx, &import)?;
        }
        if place >= IMPORTS_MAX && !import.has_journal {
            let old = tx.scan_prefix(IMPORT_KEPT_BY_PRODUCT, &import.id, limit - removed)?;
            for (key, _) in &old {
                tx.remove::<(u64, ProductId), Kept>(IMPORT_KEPT_BY_PRODUCT, key)?;
            }
            removed += old.len();
            if removed >= limit {
                return Ok(removed);
            }
            tx.remove(IMPORT_BY_ID, &import.id)?;
            removed += 1;
        }
    }
    Ok(removed)
}
