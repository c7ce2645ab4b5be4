//! Promotions, and the count of their changes by which copies in memory know their age.

use super::error::Error;
use super::read::Reader;
use super::tables::{PROMOTION_BY_ID, PROMOTIONS_VERSION};
use super::write::WriteTx;
use crate::domain::event::Change;
use crate::domain::id::PromotionId;
use crate::domain::promotions::{PROMOTIONS_MAX, Promotion};

/// The promotion.
pub fn promotion(tx: &impl Reader, id: PromotionId) -> Result<Option<Promotion>, Error> {
    tx.get(PROMOTION_BY_ID, &id)
}

/// All promotions by their ids.
pub fn all(tx: &impl Reader) -> Result<Vec<Promotion>, Error> {
    let rows = tx.scan(PROMOTION_BY_ID, .., PROMOTIONS_MAX)?;
    Ok(rows.into_iter().map(|(_, promotion)| promotion).collect())
}

/// Whether there is room for another one.
pub fn has_room(tx: &impl Reader) -> Result<bool, Error> {
    Ok(usize::try_from(tx.len(PROMOTION_BY_ID)?).is_ok_and(|count| count < PROMOTIONS_MAX))
}

/// How often promotions changed.
pub fn version(tx: &impl Reader) -> Result<u64, Error> {
    Ok(tx.get(PROMOTIONS_VERSION, &())?.unwrap_or(0))
}

/// Writes a promotion.
pub fn put(tx: &mut WriteTx<'_>, promotion: &Promotion) -> Result<(), Error> {
    tx.put(PROMOTION_BY_ID, &promotion.id, promotion)?;
    changed(tx, promotion.id)
}

/// Removes a promotion. Orders keep their copies of its name.
pub fn delete(tx: &mut WriteTx<'_>, id: PromotionId) -> Result<(), Error> {
    tx.remove(PROMOTION_BY_ID, &id)?;
    changed(tx, id)
}

fn changed(tx: &mut WriteTx<'_>, id: PromotionId) -> Result<(), Error> {
    let version = version(tx)? + 1;
    tx.put(PROMOTIONS_VERSION, &(), &version)?;
    tx.log(&Change::Promotion(id))?;
    Ok(())
}
