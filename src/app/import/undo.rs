//! Taking an import back by its journal, from its last row to its first.
//!
//! Each chunk puts its products back and removes its entries of the journal in one transaction, so
//! that it goes on where it was cut off. What somebody edited since is not touched: the version
//! says so. Stock is not put back but booked back: what was sold or delivered since still counts,
//! and the ledger is never rewritten.

use super::write::{Whose, count, existing_import, patiently};
use super::{CHANGES_TOLD_MAX, CHUNK_ROWS, Watcher};
use crate::app::audit::{self, Change, shapes};
use crate::app::deposits;
use crate::app::once::once;
use crate::app::products::{book, check_codes, check_references, unpriced};
use crate::app::{Error, Once, Outcome, Result};
use crate::domain::imports::{ImportState, JournalEntry, Kept};
use crate::domain::stock::MovementKind;
use crate::storage::{Reader, Store, WriteTx, imports, products};
use crate::wire::import::{ImportPhase, UndoReport};

/// Most kept products in an answer.
const KEPT_REPORTED_MAX: usize = 1_000;

/// Refuses what cannot be undone. Whoever asks has the turn, so nothing is being written.
pub(super) fn check(tx: &impl Reader, id: u64) -> Result<()> {
    let import = imports::import(tx, id)?.ok_or_else(|| Error::not_found("import"))?;
    if import.state == ImportState::Undone {
        return Err(Error::conflict("import-undone", "this import was undone already"));
    }
    if !import.has_journal {
        let detail = format!(
            "this import is too old to be undone: what it changed is kept for the last {} imports",
            imports::JOURNALS_MAX
        );
        return Err(Error::conflict("import-too-old", detail));
    }
    Ok(())
}

/// Takes an import back.
pub(super) fn undo(
    store: &Store,
    id: u64,
    whose: &Whose,
    request: Option<Once<UndoReport>>,
    watcher: &Watcher,
) -> Result<Outcome<UndoReport>> {
    let whose = whose.clone();
    let mut done = 0;
    loop {
        let chunk = patiently(store, || {
            let whose = whose.clone();
            move |tx: &mut WriteTx<'_>| chunk(tx, id, &whose)
        })?;
        let Some(next) = chunk else { break };
        done += CHUNK_ROWS;
        // The last entry's number says how many are left.
        watcher.tell(ImportPhase::Undoing, count(done), count(done).saturating_add(next));
    }
    let finish = move |tx: &mut WriteTx<'_>| {
        once(tx, request, whose.now, |tx| {
            let mut import = existing_import(tx, id)?;
            import.state = ImportState::Undone;
            import.undone_at = Some(whose.now);
            import.has_journal = false;
            imports::put(tx, &import)?;
            let kept = imports::kept(tx, id, KEPT_REPORTED_MAX)?;
            Ok(UndoReport {
                id,
                restored: import.restored,
                deleted: import.deleted,
                kept: kept.into_iter().map(Into::into).collect(),
            })
        })
    };
    Ok(store.write_blocking(finish)?)
}

/// What became of one product.
enum Back {
    Restored(Change),
    Deleted(Change),
    Kept(String, String),
}

/// Takes the last rows back; the number of the last one that is left, or nothing when none is.
fn chunk(tx: &mut WriteTx<'_>, id: u64, whose: &Whose) -> Result<Option<u64>> {
    let notes = imports::last_notes(tx, id, CHUNK_ROWS)?;
    let Some((last, _)) = notes.last() else { return Ok(None) };
    let last = *last;
    let mut import = existing_import(tx, id)?;
    import.state = ImportState::Undoing;
    let (mut told, mut kept, before) = (Vec::new(), 0, (import.restored, import.deleted));
    for (number, entry) in &notes {
        let change = match back(tx, entry, whose)? {
            Back::Restored(change) => {
                import.restored += 1;
                change
            }
            Back::Deleted(change) => {
                import.deleted += 1;
                change
            }
            Back::Kept(sku, reason) => {
                kept += 1;
                let product_id = entry.product_id;
                imports::keep(tx, id, &Kept { product_id, sku, reason })?;
                imports::forget(tx, id, *number)?;
                continue;
            }
        };
        imports::forget(tx, id, *number)?;
        if told.len() < CHANGES_TOLD_MAX {
            told.push((entry.product_id.to_string(), change));
        }
    }
    let change = Change::of_many(told)
        .with("restored", import.restored - before.0)
        .with("deleted", import.deleted - before.1)
        .with("kept", kept);
    audit::record(tx, &whose.act, "import.undo", ("import", id), change)?;
    imports::put(tx, &import)?;
    Ok(Some(last))
}

fn back(tx: &mut WriteTx<'_>, entry: &JournalEntry, whose: &Whose) -> Result<Back> {
    let JournalEntry { product_id: id, version_after, stock_delta, .. } = *entry;
    let Some(current) = products::product(tx, id)? else {
        return Ok(Back::Kept(String::new(), "there is no such product any more".to_owned()));
    };
    let sku = current.sku.to_string();
    let kept = |reason: &str| Ok(Back::Kept(sku.clone(), reason.to_owned()));
    if current.deleted {
        return kept("it was deleted since");
    }
    if current.version != version_after {
        return kept("it was edited since");
    }
    let before = unpriced(tx, current)?;
    let shape = |it| shapes::product(it, &whose.settings.currency);
    let Some(image) = &entry.before else {
        if before.stock != stock_delta {
            return kept("its stock was sold or booked since");
        }
        if let Err(Error::Conflict(refusal)) = deposits::check_unused(tx, id) {
            return kept(&refusal.detail);
        }
        let mut product = before.product.clone();
        unbook(tx, entry, whose)?;
        product.deleted = true;
        product.version += 1;
        product.updated_at = whose.now;
        products::put(tx, &product)?;
        return Ok(Back::Deleted(Change::removed(shape(&before))));
    };
    if before.stock < stock_delta {
        return kept("the stock that came with the import was sold since");
    }
    let mut product = imports::of_image(image)?;
    product.version = before.product.version;
    product.updated_at = before.product.updated_at;
    if product != before.product {
        let is_valid = check_codes(tx, &product)
            .and_then(|()| check_references(tx, Some(&before.product), &product));
        match is_valid {
            Ok(()) => {}
            Err(Error::Conflict(refusal)) => return kept(&refusal.detail),
            Err(Error::Invalid(fields)) => return kept(&fields.to_string()),
            Err(error) => return Err(error),
        }
        product.version += 1;
        product.updated_at = whose.now;
        products::put(tx, &product)?;
    }
    unbook(tx, entry, whose)?;
    let after = unpriced(tx, product)?;
    Ok(Back::Restored(Change::between(shape(&before), shape(&after))))
}

/// Books back what the import booked.
fn unbook(tx: &mut WriteTx<'_>, entry: &JournalEntry, whose: &Whose) -> Result<()> {
    if entry.stock_delta == 0 {
        return Ok(());
    }
    let (id, delta) = (entry.product_id, -entry.stock_delta);
    book(tx, id, MovementKind::Adjustment, delta, None, whose.by, whose.now)
}
