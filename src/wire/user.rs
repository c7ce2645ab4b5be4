//! An account in JSON, never with its hash.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::accounts::{Role, User as DomainUser};

/// An account.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct User {
    id: u64,
    username: String,
    email: Option<String>,
    name: Option<String>,
    /// In E.164.
    #[schema(example = "+4917604069003")]
    mobile_number: Option<String>,
    /// Whether a code that was sent there came back: only then the number signs in.
    mobile_verified: bool,
    role: Role,
    created_at: Timestamp,
    last_login: Option<Timestamp>,
    disabled: bool,
}

impl From<DomainUser> for User {
    fn from(user: DomainUser) -> Self {
        Self {
            id: user.id.value(),
            username: user.username.to_string(),
            email: user.email.map(|email| email.to_string()),
            name: user.name,
            mobile_number: user.mobile_number,
            mobile_verified: user.mobile_verified,
            role: user.role,
            created_at: user.created_at,
            last_login: user.last_login,
            disabled: user.disabled,
        }
    }
}
