//! How a code leaves the appliance. The ways over files and networks are in `gateway`; here is
//! what they have in common, and the log, for trying out.

use std::fmt;

use jiff::Timestamp;

use crate::auth::OneTimeCode;
use crate::domain::accounts::MobileNumber;

/// A code on its way to its number.
#[derive(Debug, Clone)]
pub struct CodeMessage {
    /// The same each time that this message is tried, so that a receiver can tell repeats.
    pub id: String,
    /// The number as the shopper wrote it.
    pub mobile_number: String,
    /// The number in E.164.
    pub e164: MobileNumber,
    /// The code.
    pub code: OneTimeCode,
    /// When it is good no more.
    pub expires_at: Timestamp,
}

/// Takes codes over.
///
/// Called on a thread that may block, but a shopper waits for it: what takes long is queued, and
/// the queue has a limit.
pub trait CodeChannel: fmt::Debug + Send + Sync {
    /// Takes a code over: it was delivered, or it is queued for that.
    fn deliver(&self, message: CodeMessage) -> Result<(), NotDelivered>;
}

/// Why a code was not taken over, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotDelivered(pub String);

/// Writes codes to the log, where everyone who reads it can sign in with them.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogChannel;

impl CodeChannel for LogChannel {
    fn deliver(&self, message: CodeMessage) -> Result<(), NotDelivered> {
        tracing::warn!(
            number = %message.e164,
            code = message.code.expose(),
            "one-time code in the log: this is for trying out only; before shoppers come, set \
             otp_channel to webhook and otp_webhook to your SMS gateway"
        );
        Ok(())
    }
}
