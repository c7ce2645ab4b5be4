//! When trolleys were heard of last, as of now and then: many in one row.

use super::error::Error;
use super::read::Reader;
use super::records::last_seen::{LastSeen, LastSeenGroup};
use super::tables::LAST_SEEN_BY_GROUP;
use super::write::WriteTx;
use crate::domain::id::DeviceId;

/// Devices in one row.
const GROUP: u64 = 1_000;
/// Rows of a whole fleet, and some: ids are given out one by one.
const GROUPS_MAX: usize = 100;

/// The row that has this device.
pub fn group_of(device: DeviceId) -> u64 {
    device.value() / GROUP
}

/// All that is kept.
pub fn all(tx: &impl Reader) -> Result<Vec<LastSeen>, Error> {
    let rows = tx.scan(LAST_SEEN_BY_GROUP, .., GROUPS_MAX)?;
    Ok(rows.into_iter().flat_map(|(_, LastSeenGroup(devices))| devices).collect())
}

/// Replaces a row.
pub fn put(tx: &mut WriteTx<'_>, group: u64, devices: &LastSeenGroup) -> Result<(), Error> {
    tx.put(LAST_SEEN_BY_GROUP, &group, devices)
}
