//! A trolley in JSON, as the command line shows it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::devices::Device as DomainDevice;
use crate::domain::id::UserId;

/// A trolley.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeviceSummary {
    id: u64,
    name: String,
    cart_code: String,
    /// The shopper who is connected.
    user_id: Option<u64>,
    revoked: bool,
    created_at: jiff::Timestamp,
}

impl From<DomainDevice> for DeviceSummary {
    fn from(device: DomainDevice) -> Self {
        Self {
            id: device.id.value(),
            name: device.name,
            cart_code: device.cart_code,
            user_id: device.user_id.map(UserId::value),
            revoked: device.revoked,
            created_at: device.created_at,
        }
    }
}

/// A new trolley, or one with a new key: the key is shown this once.
#[derive(Clone, Serialize, ToSchema)]
pub struct DeviceKeyed {
    /// The trolley.
    pub id: u64,
    /// What people call it.
    pub name: String,
    /// What shoppers type to connect.
    pub cart_code: String,
    /// What its firmware sends in `X-API-Key`.
    pub key: String,
}

impl std::fmt::Debug for DeviceKeyed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeviceKeyed").field("id", &self.id).finish_non_exhaustive()
    }
}
