//! Categories, food types and allergens with their numbers.
//!
//! Names come from the catalogue as it is, numbers from a table that never forgets one. A name
//! gets its number the first time that anybody asks; the names are looked up again only after a
//! product changed.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::{App, Error, Result};
use crate::domain::classes::ClassKind;
use crate::domain::event::Change;
use crate::storage::tables::PRODUCT_BY_ID;
use crate::storage::{ReadTx, Reader, change_log, classes};

/// The most names of a kind: beyond it a catalogue is not sorted but tagged. Those that come
/// later in the alphabet are left out.
const CLASSES_MAX: usize = 10_000;
/// Changes that are looked through for one of a product, before the names are read anew.
const CHANGES_READ_MAX: usize = 10_000;

/// A name and its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// Stays with the name for ever.
    pub id: u64,
    /// The name.
    pub name: String,
}

/// What the shop sorts by now, each kind by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Classes {
    /// Categories of products that shoppers see, with all above them.
    pub categories: Vec<Class>,
    /// Food types.
    pub food_types: Vec<Class>,
    /// Allergens.
    pub allergens: Vec<Class>,
}

/// The classes as of a change.
#[derive(Debug, Default)]
pub(super) struct ClassCache(tokio::sync::Mutex<Option<(u64, Arc<Classes>)>>);

type Names = Vec<(ClassKind, BTreeSet<String>)>;

impl App {
    /// What the shop sorts by.
    pub async fn classes(&self) -> Result<Arc<Classes>> {
        // Held while the catalogue is read, so that many who ask at once read it once.
        let mut cache = self.inner.classes.0.lock().await;
        if let Some((seen, classes)) = &mut *cache
            && let Some(last) = self.read(|tx| unchanged_since(tx, *seen))?
        {
            *seen = last;
            return Ok(Arc::clone(classes));
        }
        let (seq, names) = self.scan(|tx| Ok((change_log::last_seq(tx)?, names(tx)?))).await?;
        let classes = Arc::new(self.numbered(names).await?);
        *cache = Some((seq, Arc::clone(&classes)));
        Ok(classes)
    }

    async fn numbered(&self, names: Names) -> Result<Classes> {
        let (names, found) = self.scan(move |tx| Ok((names.clone(), numbers(tx, &names)?))).await?;
        let found = match found {
            Some(found) => found,
            None => {
                self.write(move |tx| {
                    for (kind, names) in &names {
                        // The fixed ones first: their numbers are the same in every shop.
                        let fixed = kind.fixed().iter().copied();
                        for name in fixed.chain(names.iter().map(String::as_str)) {
                            classes::add(tx, *kind, name)?;
                        }
                    }
                    numbers(tx, &names)?
                        .ok_or_else(|| Error::Internal("a class has no number".into()))
                })
                .await?
            }
        };
        Ok(found)
    }
}

/// The last change, if no product changed after this one.
fn unchanged_since(tx: &ReadTx, seen: u64) -> Result<Option<u64>> {
    let last = change_log::last_seq(tx)?;
    if last == seen {
        return Ok(Some(last));
    }
    if change_log::first_seq(tx)? > seen + 1 {
        return Ok(None);
    }
    let changes = change_log::changes_since::<Change>(tx, seen, CHANGES_READ_MAX)?;
    let is_whole = changes.len() < CHANGES_READ_MAX;
    let is_same = !changes.iter().any(|(_, change)| matches!(change, Change::Product(_)));
    Ok((is_whole && is_same).then_some(last))
}

/// The names in use, and the fixed ones.
fn names(tx: &ReadTx) -> Result<Names> {
    let mut names: Names = ClassKind::ALL
        .map(|kind| (kind, kind.fixed().iter().map(|name| (*name).to_owned()).collect()))
        .into();
    tx.for_each(PRODUCT_BY_ID, .., |_, product| {
        if product.active && !product.deleted {
            for (kind, known) in &mut names {
                for name in kind.of(&product) {
                    if known.len() < CLASSES_MAX && !known.contains(name) {
                        known.insert(name.to_owned());
                    }
                }
            }
        }
        Ok::<_, crate::storage::Error>(ControlFlow::Continue(()))
    })?;
    Ok(names)
}

/// The names with their numbers; `None` when one has none yet.
fn numbers(tx: &impl Reader, names: &Names) -> Result<Option<Classes>> {
    let mut found = Classes::default();
    for (kind, names) in names {
        let list = match kind {
            ClassKind::Category => &mut found.categories,
            ClassKind::FoodType => &mut found.food_types,
            ClassKind::Allergen => &mut found.allergens,
        };
        for name in names {
            let Some(id) = classes::id(tx, *kind, name)? else { return Ok(None) };
            list.push(Class { id, name: name.clone() });
        }
    }
    Ok(Some(found))
}
