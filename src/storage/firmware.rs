//! Images of firmware, and how far each trolley is with them.

use super::devices::DEVICES_MAX;
use super::error::Error;
use super::read::Reader;
use super::tables::{FIRMWARE_BY_ID, INSTALLATION_BY_FIRMWARE, ROLLBACK_BY_DEVICE};
use super::write::WriteTx;
use crate::domain::firmware::{Firmware, IMAGES_MAX, ImageHash, Installation};
use crate::domain::id::{DeviceId, FirmwareId};

/// The most images that one trolley is remembered to have rolled back from.
const ROLLBACKS_MAX: usize = 256;

/// The image.
pub fn image(tx: &impl Reader, id: FirmwareId) -> Result<Option<Firmware>, Error> {
    tx.get(FIRMWARE_BY_ID, &id)
}

/// All images, oldest first.
pub fn all(tx: &impl Reader) -> Result<Vec<Firmware>, Error> {
    let rows = tx.scan(FIRMWARE_BY_ID, .., IMAGES_MAX)?;
    Ok(rows.into_iter().map(|(_, image)| image).collect())
}

/// Whether there is room for another one.
pub fn has_room(tx: &impl Reader) -> Result<bool, Error> {
    Ok(usize::try_from(tx.len(FIRMWARE_BY_ID)?).is_ok_and(|count| count < IMAGES_MAX))
}

/// Writes an image.
pub fn put(tx: &mut WriteTx<'_>, image: &Firmware) -> Result<(), Error> {
    tx.put(FIRMWARE_BY_ID, &image.id, image)
}

/// Removes an image and what is known of trolleys that had it, but not who rolled back from it.
pub fn delete(tx: &mut WriteTx<'_>, id: FirmwareId) -> Result<(), Error> {
    for (device, _) in installations(tx, id)? {
        tx.remove(INSTALLATION_BY_FIRMWARE, &(id, device))?;
    }
    tx.remove(FIRMWARE_BY_ID, &id)?;
    Ok(())
}

/// How far each trolley is with an image, by their ids.
pub fn installations(
    tx: &impl Reader,
    id: FirmwareId,
) -> Result<Vec<(DeviceId, Installation)>, Error> {
    let rows = tx.scan_prefix(INSTALLATION_BY_FIRMWARE, &id, DEVICES_MAX)?;
    Ok(rows.into_iter().map(|((_, device), row)| (device, row)).collect())
}

/// How far a trolley is with an image.
pub fn installation(
    tx: &impl Reader,
    id: FirmwareId,
    device: DeviceId,
) -> Result<Option<Installation>, Error> {
    tx.get(INSTALLATION_BY_FIRMWARE, &(id, device))
}

/// Writes how far a trolley is with an image.
pub fn put_installation(
    tx: &mut WriteTx<'_>,
    id: FirmwareId,
    device: DeviceId,
    row: &Installation,
) -> Result<(), Error> {
    tx.put(INSTALLATION_BY_FIRMWARE, &(id, device), row)
}

/// Notes for good that a trolley has rolled back from these bytes.
pub fn put_rollback(
    tx: &mut WriteTx<'_>,
    device: DeviceId,
    image: &ImageHash,
) -> Result<(), Error> {
    tx.put(ROLLBACK_BY_DEVICE, &(device, *image), &())
}

/// The images that a trolley has rolled back from.
pub fn rollbacks(tx: &impl Reader, device: DeviceId) -> Result<Vec<ImageHash>, Error> {
    let rows = tx.scan_prefix(ROLLBACK_BY_DEVICE, &device, ROLLBACKS_MAX)?;
    Ok(rows.into_iter().map(|((_, image), ())| image).collect())
}

/// Whether a trolley has rolled back from these bytes.
pub fn has_rolled_back(
    tx: &impl Reader,
    device: DeviceId,
    image: &ImageHash,
) -> Result<bool, Error> {
    tx.contains(ROLLBACK_BY_DEVICE, &(device, *image))
}
