//! A pairing code as the command line gets it.

use serde::Serialize;

use crate::domain::enrolment::PairingCode;
use crate::domain::id::DeviceId;

/// A new pairing code; it is shown this once.
#[derive(Clone, Serialize)]
pub struct PairingCodeMade {
    /// What is typed into the board.
    pub pairing_code: String,
    /// When it works no longer.
    pub expires_at: jiff::Timestamp,
    /// What the trolley will be called, or is.
    pub name: Option<String>,
    /// The trolley that gets a new board.
    pub device_id: Option<u64>,
}

impl PairingCodeMade {
    /// What it is for, and the code in words for people.
    pub fn new(code: &PairingCode, text: String) -> Self {
        Self {
            pairing_code: text,
            expires_at: code.expires_at,
            name: code.name.clone(),
            device_id: code.device_id.map(DeviceId::value),
        }
    }
}

impl std::fmt::Debug for PairingCodeMade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PairingCodeMade").field("name", &self.name).finish_non_exhaustive()
    }
}
