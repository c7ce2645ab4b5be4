//! The one-time codes of mobile numbers, kept so that no counter is forgotten by a restart.

use jiff::Timestamp;

use super::error::Error;
use super::read::Reader;
use super::tables::{OTP_BY_NUMBER, OTP_BY_TIME};
use super::write::WriteTx;
use crate::domain::accounts::MobileNumber;
use crate::domain::one_time_codes::CodeLedger;

/// The codes of this number.
pub fn ledger(tx: &impl Reader, number: &MobileNumber) -> Result<Option<CodeLedger>, Error> {
    tx.get(OTP_BY_NUMBER, number)
}

/// Writes the codes of a number.
pub fn put(tx: &mut WriteTx<'_>, number: &MobileNumber, ledger: &CodeLedger) -> Result<(), Error> {
    if let Some(old) = tx.get(OTP_BY_NUMBER, number)? {
        tx.remove(OTP_BY_TIME, &end_of(number, &old))?;
    }
    tx.put(OTP_BY_TIME, &end_of(number, ledger), &())?;
    tx.put(OTP_BY_NUMBER, number, ledger)
}

fn end_of(number: &MobileNumber, ledger: &CodeLedger) -> (i64, MobileNumber) {
    (ledger.ends_at().as_microsecond(), number.clone())
}

/// Removes what counts no more, at most `limit` numbers; how many.
pub fn prune(tx: &mut WriteTx<'_>, now: Timestamp, limit: usize) -> Result<usize, Error> {
    let now_us = now.as_microsecond();
    let mut ended = tx.scan(OTP_BY_TIME, .., limit)?;
    ended.retain(|((end_us, _), ())| *end_us <= now_us);
    for ((end_us, number), ()) in &ended {
        tx.remove(OTP_BY_TIME, &(*end_us, number.clone()))?;
        tx.remove(OTP_BY_NUMBER, number)?;
    }
    Ok(ended.len())
}
