//! Shopping lists.

use super::error::Error;
use super::read::Reader;
use super::tables::CHECKLIST_BY_USER;
use super::write::WriteTx;
use crate::domain::checklist::Checklist;
use crate::domain::id::UserId;

/// The shopper's list, empty if there is none.
pub fn of_user(tx: &impl Reader, user: UserId) -> Result<Checklist, Error> {
    Ok(tx.get(CHECKLIST_BY_USER, &user)?.unwrap_or_default())
}

/// Writes the shopper's list; an empty one takes no room.
pub fn put(tx: &mut WriteTx<'_>, user: UserId, list: &Checklist) -> Result<(), Error> {
    if list.items.is_empty() {
        return delete(tx, user);
    }
    tx.put(CHECKLIST_BY_USER, &user, list)
}

/// Removes the shopper's list.
pub fn delete(tx: &mut WriteTx<'_>, user: UserId) -> Result<(), Error> {
    tx.remove(CHECKLIST_BY_USER, &user)?;
    Ok(())
}
