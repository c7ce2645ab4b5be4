//! Where trolleys were last.

use super::error::Error;
use super::read::Reader;
use super::tables::POSITION_BY_DEVICE;
use super::write::WriteTx;
use crate::domain::id::DeviceId;
use crate::domain::position::Position;

/// Where the trolley was last, if that was ever known.
pub fn of_device(tx: &impl Reader, device: DeviceId) -> Result<Option<Position>, Error> {
    tx.get(POSITION_BY_DEVICE, &device)
}

/// Notes where the trolley is.
pub fn put(tx: &mut WriteTx<'_>, device: DeviceId, position: &Position) -> Result<(), Error> {
    tx.put(POSITION_BY_DEVICE, &device, position)
}
