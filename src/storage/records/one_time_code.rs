//! The codes of a mobile number on disk.

use serde::{Deserialize, Serialize};

use super::{domain_record, from_us, to_us};
use crate::domain::one_time_codes::{CodeHash, CodeLedger};
use crate::storage::RecordError;

#[derive(Serialize, Deserialize)]
struct CodeLedgerRecord {
    live: Option<CodeHash>,
    expires_at_us: i64,
    tries_left: u8,
    sent_at_us: i64,
    day_began_us: i64,
    codes_in_day: u32,
    failures_in_day: u32,
}

domain_record!(CodeLedger as CodeLedgerRecord, format 1);

impl From<&CodeLedger> for CodeLedgerRecord {
    fn from(ledger: &CodeLedger) -> Self {
        Self {
            live: ledger.live,
            expires_at_us: to_us(ledger.expires_at),
            tries_left: ledger.tries_left,
            sent_at_us: to_us(ledger.sent_at),
            day_began_us: to_us(ledger.day_began),
            codes_in_day: ledger.codes_in_day,
            failures_in_day: ledger.failures_in_day,
        }
    }
}

impl CodeLedgerRecord {
    fn into_domain(self) -> Result<CodeLedger, RecordError> {
        Ok(CodeLedger {
            live: self.live,
            expires_at: from_us(self.expires_at_us)?,
            tries_left: self.tries_left,
            sent_at: from_us(self.sent_at_us)?,
            day_began: from_us(self.day_began_us)?,
            codes_in_day: self.codes_in_day,
            failures_in_day: self.failures_in_day,
        })
    }
}
