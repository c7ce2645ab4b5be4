//! Images of firmware, and how far trolleys are with them, on disk.

use serde::{Deserialize, Serialize};

use super::{domain_record, from_us, to_us};
use crate::domain::firmware::{
    Firmware, ImageHash, InstallState, Installation, Md5, Ring, RolloutState, Shown,
};
use crate::domain::id::{DeviceId, FirmwareId};
use crate::storage::RecordError;

/// Without warnings: what looked wrong was refused.
#[derive(Deserialize)]
struct FirmwareRecordV1 {
    id: FirmwareId,
    version: String,
    chip: String,
    size: u64,
    md5: Md5,
    sha256: ImageHash,
    notes: String,
    ring: RingRecord,
    device_id: Option<DeviceId>,
    state: RolloutRecord,
    downgrade: bool,
    decided_at_us: i64,
    created_at_us: i64,
    created_by: Option<String>,
}

impl FirmwareRecordV1 {
    fn into_domain(self) -> Result<Firmware, RecordError> {
        FirmwareRecord {
            id: self.id,
            version: self.version,
            chip: self.chip,
            size: self.size,
            md5: self.md5,
            sha256: self.sha256,
            notes: self.notes,
            ring: self.ring,
            device_id: self.device_id,
            state: self.state,
            downgrade: self.downgrade,
            decided_at_us: self.decided_at_us,
            created_at_us: self.created_at_us,
            created_by: self.created_by,
            warnings: Vec::new(),
        }
        .into_domain()
    }
}

#[derive(Serialize, Deserialize)]
struct FirmwareRecord {
    id: FirmwareId,
    version: String,
    chip: String,
    size: u64,
    md5: Md5,
    sha256: ImageHash,
    notes: String,
    ring: RingRecord,
    device_id: Option<DeviceId>,
    state: RolloutRecord,
    downgrade: bool,
    decided_at_us: i64,
    created_at_us: i64,
    created_by: Option<String>,
    warnings: Vec<String>,
}

/// In the order of their numbers on disk.
#[derive(Serialize, Deserialize)]
enum RingRecord {
    None,
    One,
    Tenth,
    All,
}

/// In the order of their numbers on disk.
#[derive(Serialize, Deserialize)]
enum RolloutRecord {
    Draft,
    Rolling,
    Halted,
}

#[derive(Serialize, Deserialize)]
struct InstallationRecord {
    state: InstallRecord,
    at_us: i64,
    before_version: Option<String>,
    before_md5: Option<Md5>,
    given_at_us: Option<i64>,
    too_small_bytes: Option<u64>,
}

/// In the order of their numbers on disk.
#[derive(Serialize, Deserialize)]
enum InstallRecord {
    Waiting,
    Offered,
    Installed,
    Healthy,
    RolledBack,
}

domain_record!(Firmware as FirmwareRecord, format 2, format 1 from FirmwareRecordV1);
domain_record!(Installation as InstallationRecord, format 1);

impl From<&Firmware> for FirmwareRecord {
    fn from(image: &Firmware) -> Self {
        Self {
            id: image.id,
            version: image.version.clone(),
            chip: image.chip.name().to_owned(),
            size: image.size,
            md5: image.md5,
            sha256: image.sha256,
            notes: image.notes.clone(),
            ring: match image.ring {
                Ring::None => RingRecord::None,
                Ring::One => RingRecord::One,
                Ring::Tenth => RingRecord::Tenth,
                Ring::All => RingRecord::All,
            },
            device_id: image.device_id,
            state: match image.state {
                RolloutState::Draft => RolloutRecord::Draft,
                RolloutState::Rolling => RolloutRecord::Rolling,
                RolloutState::Halted => RolloutRecord::Halted,
            },
            downgrade: image.downgrade,
            decided_at_us: to_us(image.decided_at),
            created_at_us: to_us(image.created_at),
            created_by: image.created_by.clone(),
            warnings: image.warnings.clone(),
        }
    }
}

impl FirmwareRecord {
    fn into_domain(self) -> Result<Firmware, RecordError> {
        Ok(Firmware {
            id: self.id,
            version: self.version,
            chip: self.chip.parse().map_err(RecordError::Malformed)?,
            size: self.size,
            md5: self.md5,
            sha256: self.sha256,
            notes: self.notes,
            ring: match self.ring {
                RingRecord::None => Ring::None,
                RingRecord::One => Ring::One,
                RingRecord::Tenth => Ring::Tenth,
                RingRecord::All => Ring::All,
            },
            device_id: self.device_id,
            state: match self.state {
                RolloutRecord::Draft => RolloutState::Draft,
                RolloutRecord::Rolling => RolloutState::Rolling,
                RolloutRecord::Halted => RolloutState::Halted,
            },
            downgrade: self.downgrade,
            decided_at: from_us(self.decided_at_us)?,
            created_at: from_us(self.created_at_us)?,
            created_by: self.created_by,
            warnings: self.warnings,
        })
    }
}

impl From<&Installation> for InstallationRecord {
    fn from(it: &Installation) -> Self {
        Self {
            state: match it.state {
                InstallState::Waiting => InstallRecord::Waiting,
                InstallState::Offered => InstallRecord::Offered,
                InstallState::Installed => InstallRecord::Installed,
                InstallState::Healthy => InstallRecord::Healthy,
                InstallState::RolledBack => InstallRecord::RolledBack,
            },
            at_us: to_us(it.at),
            before_version: it.before.version.clone(),
            before_md5: it.before.md5,
            given_at_us: it.given_at.map(to_us),
            too_small_bytes: it.too_small_bytes,
        }
    }
}

impl InstallationRecord {
    fn into_domain(self) -> Result<Installation, RecordError> {
        Ok(Installation {
            state: match self.state {
                InstallRecord::Waiting => InstallState::Waiting,
                InstallRecord::Offered => InstallState::Offered,
                InstallRecord::Installed => InstallState::Installed,
                InstallRecord::Healthy => InstallState::Healthy,
                InstallRecord::RolledBack => InstallState::RolledBack,
            },
            at: from_us(self.at_us)?,
            before: Shown { version: self.before_version, md5: self.before_md5 },
            given_at: self.given_at_us.map(from_us).transpose()?,
            too_small_bytes: self.too_small_bytes,
        })
    }
}
