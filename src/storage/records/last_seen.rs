//! When trolleys were heard of last, on disk.

use serde::{Deserialize, Serialize};

use crate::domain::id::DeviceId;
use crate::storage::record::record;

/// When one trolley was heard of last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastSeen {
    /// Which.
    pub device: DeviceId,
    /// When, in seconds since 1970.
    pub at_s: i64,
    /// It announced to sleep for so many seconds from then; 0 for not at all.
    pub sleep_s: u32,
}

/// Some trolleys whose ids are near each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastSeenGroup(pub Vec<LastSeen>);

record!(LastSeenGroup, format 1);
