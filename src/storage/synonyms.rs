//! Words of one meaning, and which word is in which group.

use super::error::Error;
use super::read::Reader;
use super::tables::{SYNONYM_BY_ID, SYNONYM_BY_WORD};
use super::write::WriteTx;
use crate::domain::event::Change;
use crate::domain::id::SynonymId;
use crate::domain::synonyms::{SYNONYM_GROUPS_MAX, SynonymGroup, folded};

/// The group.
pub fn group(tx: &impl Reader, id: SynonymId) -> Result<Option<SynonymGroup>, Error> {
    tx.get(SYNONYM_BY_ID, &id)
}

/// All groups by their ids.
pub fn all(tx: &impl Reader) -> Result<Vec<SynonymGroup>, Error> {
    let rows = tx.scan(SYNONYM_BY_ID, .., SYNONYM_GROUPS_MAX)?;
    Ok(rows.into_iter().map(|(_, group)| group).collect())
}

/// The group that has this word or phrase, however it is spelt.
pub fn of_word(tx: &impl Reader, word: &str) -> Result<Option<SynonymId>, Error> {
    tx.get(SYNONYM_BY_WORD, &folded(word))
}

/// Whether there is room for another one.
pub fn has_room(tx: &impl Reader) -> Result<bool, Error> {
    Ok(usize::try_from(tx.len(SYNONYM_BY_ID)?).is_ok_and(|count| count < SYNONYM_GROUPS_MAX))
}

/// Writes a group. The caller has checked that its words are in no other one.
pub fn put(tx: &mut WriteTx<'_>, group: &SynonymGroup) -> Result<(), Error> {
    if let Some(old) = tx.get(SYNONYM_BY_ID, &group.id)? {
        unindex(tx, &old)?;
    }
    for word in &group.words {
        tx.put(SYNONYM_BY_WORD, &folded(word), &group.id)?;
    }
    tx.put(SYNONYM_BY_ID, &group.id, group)?;
    tx.log(&Change::Synonym(group.id))?;
    Ok(())
}

/// Removes a group.
pub fn delete(tx: &mut WriteTx<'_>, group: &SynonymGroup) -> Result<(), Error> {
    unindex(tx, group)?;
    tx.remove(SYNONYM_BY_ID, &group.id)?;
    tx.log(&Change::Synonym(group.id))?;
    Ok(())
}

fn unindex(tx: &mut WriteTx<'_>, group: &SynonymGroup) -> Result<(), Error> {
    for word in &group.words {
        tx.remove(SYNONYM_BY_WORD, &folded(word))?;
    }
    Ok(())
}
