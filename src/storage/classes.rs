//! The numbers of categories, food types and allergens. A number once given stays its name's for
//! ever, also when no product bears the name any more.

use super::error::Error;
use super::read::Reader;
use super::tables::{CLASS_BY_ID, CLASS_BY_NAME};
use super::write::WriteTx;
use crate::domain::classes::ClassKind;

/// The number of a name.
pub fn id(tx: &impl Reader, kind: ClassKind, name: &str) -> Result<Option<u64>, Error> {
    tx.get(CLASS_BY_NAME, &(kind, name.to_owned()))
}

/// Whether the number was given to a name.
pub fn is_known(tx: &impl Reader, kind: ClassKind, id: u64) -> Result<bool, Error> {
    tx.contains(CLASS_BY_ID, &(kind, id))
}

/// Gives a name its number, if it has none.
pub fn add(tx: &mut WriteTx<'_>, kind: ClassKind, name: &str) -> Result<u64, Error> {
    if let Some(known) = id(tx, kind, name)? {
        return Ok(known);
    }
    let sequence = match kind {
        ClassKind::Category => "category",
        ClassKind::FoodType => "food_type",
        ClassKind::Allergen => "allergen",
    };
    let id = tx.next_id(sequence)?;
    tx.put(CLASS_BY_NAME, &(kind, name.to_owned()), &id)?;
    tx.put(CLASS_BY_ID, &(kind, id), &name.to_owned())?;
    Ok(id)
}
