//! Devices, the windows of their numbered events, and the answers kept for repeats, on disk.

use serde::{Deserialize, Serialize};

use super::{domain_record, from_us, to_us};
use crate::domain::devices::{
    Board, Device, DeviceProfile, KeyHash, LastCheckout, SeqWindow, WeightUnit,
};
use crate::domain::id::{DeviceId, OrderId, UserId};
use crate::storage::RecordError;
use crate::storage::record::record;

/// Without profile and board.
#[derive(Deserialize)]
struct DeviceRecordV1 {
    id: DeviceId,
    name: String,
    cart_code: String,
    key_hash: KeyHash,
    old_key: Option<(KeyHash, i64)>,
    revoked: bool,
    user_id: Option<UserId>,
    session: u64,
    last_checkout: Option<(OrderId, i64)>,
    dedupe_ms: u32,
    created_at_us: i64,
}

impl DeviceRecordV1 {
    fn into_domain(self) -> Result<Device, RecordError> {
        let profile = DeviceProfile::default();
        DeviceRecord {
            id: self.id,
            name: self.name,
            cart_code: self.cart_code,
            key_hash: self.key_hash,
            old_key: self.old_key,
            revoked: self.revoked,
            user_id: self.user_id,
            session: self.session,
            last_checkout: self.last_checkout,
            session_began_at_us: self.created_at_us,
            dedupe_ms: self.dedupe_ms,
            weight_unit: profile.weight_unit,
            needs_signature: profile.needs_signature,
            interval_s: profile.interval_s,
            board: Board::default(),
            created_at_us: self.created_at_us,
        }
        .into_domain()
    }
}

#[derive(Serialize, Deserialize)]
struct DeviceRecord {
    id: DeviceId,
    name: String,
    cart_code: String,
    key_hash: KeyHash,
    old_key: Option<(KeyHash, i64)>,
    revoked: bool,
    user_id: Option<UserId>,
    session: u64,
    last_checkout: Option<(OrderId, i64)>,
    session_began_at_us: i64,
    dedupe_ms: u32,
    weight_unit: WeightUnit,
    needs_signature: bool,
    interval_s: u32,
    board: Board,
    created_at_us: i64,
}

domain_record!(Device as DeviceRecord, format 2, format 1 from DeviceRecordV1);

impl From<&Device> for DeviceRecord {
    fn from(device: &Device) -> Self {
        Self {
            id: device.id,
            name: device.name.clone(),
            cart_code: device.cart_code.clone(),
            key_hash: device.key_hash,
            old_key: device.old_key.map(|(hash, until)| (hash, to_us(until))),
            revoked: device.revoked,
            user_id: device.user_id,
            session: device.session,
            last_checkout: device.last_checkout.map(|last| (last.order_id, to_us(last.at))),
            session_began_at_us: to_us(device.session_began_at),
            dedupe_ms: device.profile.dedupe_ms,
            weight_unit: device.profile.weight_unit,
            needs_signature: device.profile.needs_signature,
            interval_s: device.profile.interval_s,
            board: device.board.clone(),
            created_at_us: to_us(device.created_at),
        }
    }
}

impl DeviceRecord {
    fn into_domain(self) -> Result<Device, RecordError> {
        let old_key = match self.old_key {
            Some((hash, until_us)) => Some((hash, from_us(until_us)?)),
            None => None,
        };
        let last_checkout = match self.last_checkout {
            Some((order_id, at_us)) => Some(LastCheckout { order_id, at: from_us(at_us)? }),
            None => None,
        };
        Ok(Device {
            id: self.id,
            name: self.name,
            cart_code: self.cart_code,
            key_hash: self.key_hash,
            old_key,
            revoked: self.revoked,
            user_id: self.user_id,
            session: self.session,
            last_checkout,
            session_began_at: from_us(self.session_began_at_us)?,
            profile: DeviceProfile {
                dedupe_ms: self.dedupe_ms,
                weight_unit: self.weight_unit,
                needs_signature: self.needs_signature,
                interval_s: self.interval_s,
            },
            board: self.board,
            created_at: from_us(self.created_at_us)?,
        })
    }
}

/// The window of one boot of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BootRecord {
    /// The how-manieth boot of the device it is: the older half of the key of its answers.
    pub order: u64,
    /// Which numbers are used.
    pub window: SeqWindow,
}

record!(BootRecord, format 1);

/// An answer kept to be given again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerRecord {
    /// HTTP status.
    pub status: u16,
    /// The flat JSON.
    pub body: String,
}

record!(AnswerRecord, format 1);

/// An answer to an unnumbered event, kept for as long as an identical body counts as a retry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentRecord {
    /// SHA-256 of route and body.
    pub body_hash: [u8; 32],
    /// When it was first answered, in microseconds since 1970.
    pub at_us: i64,
    /// What was answered.
    pub answer: AnswerRecord,
}

/// The recent unnumbered answers of one device.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RecentAnswers(pub Vec<RecentRecord>);

record!(RecentAnswers, format 1);
