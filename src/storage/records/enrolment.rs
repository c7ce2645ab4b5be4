//! Codes that let boards in, on disk.

use serde::{Deserialize, Serialize};

use super::{domain_record, from_us, to_us};
use crate::domain::devices::KeyHash;
use crate::domain::enrolment::{ClaimHash, Enrolled, PairingCode};
use crate::domain::id::DeviceId;
use crate::storage::RecordError;

/// With the address of who used it, which let the same board in again, instead of a claim.
#[derive(Deserialize)]
struct PairingCodeRecordV1 {
    id: u64,
    name: Option<String>,
    device_id: Option<DeviceId>,
    created_at_us: i64,
    expires_at_us: i64,
    created_by: Option<String>,
    used: Option<EnrolledRecordV1>,
}

#[derive(Deserialize)]
struct EnrolledRecordV1 {
    device_id: DeviceId,
    #[expect(dead_code, reason = "stands between the others on disk")]
    mac: Option<String>,
    key_hash: KeyHash,
    at_us: i64,
}

impl PairingCodeRecordV1 {
    fn into_domain(self) -> Result<PairingCode, RecordError> {
        let used = self.used.map(|used| EnrolledRecord {
            device_id: used.device_id,
            claim: None,
            key_hash: used.key_hash,
            at_us: used.at_us,
        });
        PairingCodeRecord {
            id: self.id,
            name: self.name,
            device_id: self.device_id,
            created_at_us: self.created_at_us,
            expires_at_us: self.expires_at_us,
            created_by: self.created_by,
            used,
        }
        .into_domain()
    }
}

#[derive(Serialize, Deserialize)]
struct PairingCodeRecord {
    id: u64,
    name: Option<String>,
    device_id: Option<DeviceId>,
    created_at_us: i64,
    expires_at_us: i64,
    created_by: Option<String>,
    used: Option<EnrolledRecord>,
}

#[derive(Serialize, Deserialize)]
struct EnrolledRecord {
    device_id: DeviceId,
    claim: Option<ClaimHash>,
    key_hash: KeyHash,
    at_us: i64,
}

domain_record!(PairingCode as PairingCodeRecord, format 2, format 1 from PairingCodeRecordV1);

impl From<&PairingCode> for PairingCodeRecord {
    fn from(code: &PairingCode) -> Self {
        Self {
            id: code.id,
            name: code.name.clone(),
            device_id: code.device_id,
            created_at_us: to_us(code.created_at),
            expires_at_us: to_us(code.expires_at),
            created_by: code.created_by.clone(),
            used: code.used.as_ref().map(|used| EnrolledRecord {
                device_id: used.device_id,
                claim: used.claim,
                key_hash: used.key_hash,
                at_us: to_us(used.at),
            }),
        }
    }
}

impl PairingCodeRecord {
    fn into_domain(self) -> Result<PairingCode, RecordError> {
        let used = self.used.map(|used| {
            from_us(used.at_us).map(|at| Enrolled {
                device_id: used.device_id,
                claim: used.claim,
                key_hash: used.key_hash,
                at,
            })
        });
        Ok(PairingCode {
            id: self.id,
            name: self.name,
            device_id: self.device_id,
            created_at: from_us(self.created_at_us)?,
            expires_at: from_us(self.expires_at_us)?,
            created_by: self.created_by,
            used: used.transpose()?,
        })
    }
}
