//! Aisles that staff report as blocked.

use jiff::Timestamp;

use super::error::Error;
use super::read::Reader;
use super::tables::CLOSURE_BY_ID;
use super::write::WriteTx;
use crate::domain::closures::{CLOSURES_MAX, Closure};
use crate::domain::event::Change;
use crate::domain::id::ClosureId;

/// The closure, whether or not its time is over.
pub fn closure(tx: &impl Reader, id: ClosureId) -> Result<Option<Closure>, Error> {
    tx.get(CLOSURE_BY_ID, &id)
}

/// All closures by their ids, those whose time is over included until they are pruned.
pub fn all(tx: &impl Reader) -> Result<Vec<Closure>, Error> {
    let rows = tx.scan(CLOSURE_BY_ID, .., CLOSURES_MAX)?;
    Ok(rows.into_iter().map(|(_, closure)| closure).collect())
}

/// Whether there is room for another one.
pub fn has_room(tx: &impl Reader) -> Result<bool, Error> {
    Ok(usize::try_from(tx.len(CLOSURE_BY_ID)?).is_ok_and(|count| count < CLOSURES_MAX))
}

/// Writes a closure.
pub fn put(tx: &mut WriteTx<'_>, closure: &Closure) -> Result<(), Error> {
    tx.put(CLOSURE_BY_ID, &closure.id, closure)?;
    tx.log(&Change::Closure(closure.id))?;
    Ok(())
}

/// Removes a closure.
pub fn delete(tx: &mut WriteTx<'_>, id: ClosureId) -> Result<(), Error> {
    tx.remove(CLOSURE_BY_ID, &id)?;
    tx.log(&Change::Closure(id))?;
    Ok(())
}

/// Removes those whose time is over, and tells how many.
pub fn prune(tx: &mut WriteTx<'_>, now: Timestamp) -> Result<usize, Error> {
    let over: Vec<_> = all(tx)?.into_iter().filter(|closure| !closure.is_in_force(now)).collect();
    for closure in &over {
        delete(tx, closure.id)?;
    }
    Ok(over.len())
}
