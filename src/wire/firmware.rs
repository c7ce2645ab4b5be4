//! Images of firmware in JSON.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::firmware::{
    Counts as DomainCounts, Firmware as Image, Installation, Ring, RolloutState,
};
use crate::domain::id::DeviceId;

/// An image of firmware and how it fares.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Firmware {
    id: u64,
    /// What the firmware says that it is.
    #[schema(example = "1.4.0")]
    version: String,
    /// What it runs on.
    #[schema(example = "ESP32")]
    chip: &'static str,
    /// Bytes.
    #[schema(example = 1_048_576)]
    size: u64,
    /// What the board's updater checks.
    #[schema(example = "9e107d9d372bb6826bd81d3542a419d6")]
    md5: String,
    sha256: String,
    /// What is new.
    notes: String,
    /// What looks wrong with it. Then it goes to more than one trolley only with `"force": true`.
    #[schema(example = json!([]))]
    warnings: Vec<String>,
    /// To whom it goes: `none`, `one`, `tenth` or `all`.
    #[schema(value_type = String, example = "tenth")]
    ring: Ring,
    /// The trolley of ring one; of ring tenth the one that stands in where no id is in the tenth.
    device_id: Option<u64>,
    /// `draft`, `rolling` or `halted`.
    #[schema(value_type = String, example = "rolling")]
    state: RolloutState,
    /// Whether it also goes to trolleys that run a newer version.
    downgrade: bool,
    created_at: Timestamp,
    /// The username of who brought it; `null` for the command line.
    created_by: Option<String>,
    counts: Counts,
}

/// How many trolleys are how far with an image; each counts for the earlier steps too.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Counts {
    offered: usize,
    installed: usize,
    healthy: usize,
    rolled_back: usize,
}

/// A trolley and how far it is with an image.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FirmwareDevice {
    device_id: u64,
    #[schema(example = "Cart 7")]
    name: String,
    /// `waiting`, `offered`, `installed`, `healthy` or `rolled-back`.
    #[schema(value_type = String, example = "healthy")]
    state: crate::domain::firmware::InstallState,
    /// Since when.
    at: Timestamp,
    /// Why it does not go on: `too-large` or `no-self-test`.
    #[schema(example = json!(null))]
    problem: Option<&'static str>,
    /// The room that it says it has for an image, in bytes, where that is too little.
    free_space: Option<u64>,
}

impl Firmware {
    /// An image and how many trolleys are how far.
    pub fn new(image: &Image, counts: DomainCounts) -> Self {
        Self {
            id: image.id.value(),
            version: image.version.clone(),
            chip: image.chip.name(),
            size: image.size,
            md5: hex(&image.md5),
            sha256: hex(&image.sha256),
            notes: image.notes.clone(),
            warnings: image.warnings.clone(),
            ring: image.ring,
            device_id: image.device_id.map(DeviceId::value),
            state: image.state,
            downgrade: image.downgrade,
            created_at: image.created_at,
            created_by: image.created_by.clone(),
            counts: Counts {
                offered: counts.offered,
                installed: counts.installed,
                healthy: counts.healthy,
                rolled_back: counts.rolled_back,
            },
        }
    }
}

impl FirmwareDevice {
    /// A trolley, how far it is, and whether its self-test is overdue.
    pub fn new(device_id: DeviceId, name: String, row: &Installation, is_late: bool) -> Self {
        let is_too_large = row.too_small_bytes.is_some();
        Self {
            device_id: device_id.value(),
            name,
            state: row.state,
            at: row.at,
            problem: match (is_too_large, is_late) {
                (true, _) => Some("too-large"),
                (false, true) => Some("no-self-test"),
                (false, false) => None,
            },
            free_space: row.too_small_bytes,
        }
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to a string does not fail");
        hex
    })
}
