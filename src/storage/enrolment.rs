//! Codes that let boards in.

use jiff::Timestamp;

use super::error::Error;
use super::read::Reader;
use super::tables::PAIRING_CODE_BY_HASH;
use super::write::WriteTx;
use crate::domain::devices::KeyHash;
use crate::domain::enrolment::{CODES_KEPT_MAX, PairingCode};

/// The code with this hash, whatever became of it.
pub fn code(tx: &impl Reader, hash: &KeyHash) -> Result<Option<PairingCode>, Error> {
    tx.get(PAIRING_CODE_BY_HASH, hash)
}

/// All codes with their hashes, used and expired ones included, in no order.
pub fn all(tx: &impl Reader) -> Result<Vec<(KeyHash, PairingCode)>, Error> {
    tx.scan(PAIRING_CODE_BY_HASH, .., CODES_KEPT_MAX)
}

/// Writes a code.
pub fn put(tx: &mut WriteTx<'_>, hash: &KeyHash, code: &PairingCode) -> Result<(), Error> {
    tx.put(PAIRING_CODE_BY_HASH, hash, code)
}

/// Removes a code.
pub fn delete(tx: &mut WriteTx<'_>, hash: &KeyHash) -> Result<(), Error> {
    tx.remove(PAIRING_CODE_BY_HASH, hash)?;
    Ok(())
}

/// Forgets codes whose time was over long ago, and tells how many.
pub fn prune(tx: &mut WriteTx<'_>, now: Timestamp) -> Result<usize, Error> {
    let mut stale = all(tx)?;
    stale.retain(|(_, code)| code.is_stale(now));
    for (hash, _) in &stale {
        delete(tx, hash)?;
    }
    Ok(stale.len())
}
