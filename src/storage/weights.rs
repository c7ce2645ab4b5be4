//! What products weigh, and what trolleys' scales read when they last agreed with their lists.

use super::error::Error;
use super::read::Reader;
use super::tables::{SCALE_BY_DEVICE, WEIGHT_BY_PRODUCT};
use super::write::WriteTx;
use crate::domain::event::Change;
use crate::domain::id::{DeviceId, ProductId};
use crate::domain::weight::learned::LearnedWeight;
use crate::domain::weight::scale::Scale;

/// What was learned of the product; nothing to begin with.
pub fn learned(tx: &impl Reader, product: ProductId) -> Result<LearnedWeight, Error> {
    Ok(tx.get(WEIGHT_BY_PRODUCT, &product)?.unwrap_or_default())
}

/// Writes what was learned.
pub fn put_learned(
    tx: &mut WriteTx<'_>,
    product: ProductId,
    weight: &LearnedWeight,
) -> Result<(), Error> {
    tx.put(WEIGHT_BY_PRODUCT, &product, weight)
}

/// What is known of the trolley's scale.
pub fn scale(tx: &impl Reader, device: DeviceId) -> Result<Option<Scale>, Error> {
    tx.get(SCALE_BY_DEVICE, &device)
}

/// Writes what is known of the trolley's scale.
pub fn put_scale(tx: &mut WriteTx<'_>, device: DeviceId, scale: &Scale) -> Result<(), Error> {
    tx.put(SCALE_BY_DEVICE, &device, scale)
}

/// The same, of a window for bags that staff opened: the trolley's followers hear of it.
pub fn put_window(tx: &mut WriteTx<'_>, device: DeviceId, scale: &Scale) -> Result<(), Error> {
    put_scale(tx, device, scale)?;
    tx.log(&Change::Device(device))?;
    Ok(())
}
