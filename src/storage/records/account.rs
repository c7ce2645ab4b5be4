//! Accounts and sessions on disk.

use serde::{Deserialize, Serialize};

use super::{from_us, to_us};
use crate::domain::accounts::{Email, RefreshHash, Role, Session, User, Username};
use crate::domain::id::{SessionId, UserId};
use crate::storage::{Record, RecordError, decode_postcard, encode_postcard};

/// Before mobile numbers were verified and shoppers had a profile.
#[derive(Deserialize)]
struct UserRecordV1 {
    id: UserId,
    username: Username,
    email: Option<Email>,
    name: Option<String>,
    mobile_number: Option<String>,
    role: Role,
    password_hash: Option<String>,
    disabled: bool,
    epoch: u64,
    created_at_us: i64,
    last_login_us: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct UserRecord {
    id: UserId,
    username: Username,
    email: Option<Email>,
    name: Option<String>,
    mobile_number: Option<String>,
    role: Role,
    password_hash: Option<String>,
    disabled: bool,
    epoch: u64,
    created_at_us: i64,
    last_login_us: Option<i64>,
    mobile_verified: bool,
    food_type_id: Option<u64>,
    allergy_id: Option<u64>,
}

impl Record for User {
    const FORMAT: u8 = 2;

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), RecordError> {
        encode_postcard(&UserRecord::from(self), out)
    }

    fn decode(format: u8, body: &[u8]) -> Result<Self, RecordError> {
        match format {
            2 => decode_postcard::<UserRecord>(body)?.into_domain(),
            1 => UserRecord::from(decode_postcard::<UserRecordV1>(body)?).into_domain(),
            _ => Err(RecordError::UnknownFormat(format)),
        }
    }
}

impl From<UserRecordV1> for UserRecord {
    fn from(old: UserRecordV1) -> Self {
        Self {
            id: old.id,
            username: old.username,
            email: old.email,
            name: old.name,
            mobile_number: old.mobile_number,
            role: old.role,
            password_hash: old.password_hash,
            disabled: old.disabled,
            epoch: old.epoch,
            created_at_us: old.created_at_us,
            last_login_us: old.last_login_us,
            mobile_verified: false,
            food_type_id: None,
            allergy_id: None,
        }
    }
}

impl From<&User> for UserRecord {
    fn from(user: &User) -> Self {
        let user = user.clone();
        Self {
            id: user.id,
            username: user.username,
            email: user.email,
            name: user.name,
            mobile_number: user.mobile_number,
            role: user.role,
            password_hash: user.password_hash,
            disabled: user.disabled,
            epoch: user.epoch,
            created_at_us: to_us(user.created_at),
            last_login_us: user.last_login.map(to_us),
            mobile_verified: user.mobile_verified,
            food_type_id: user.food_type_id,
            allergy_id: user.allergy_id,
        }
    }
}

impl UserRecord {
    fn into_domain(self) -> Result<User, RecordError> {
        Ok(User {
            id: self.id,
            username: self.username,
            email: self.email,
            name: self.name,
            mobile_number: self.mobile_number,
            role: self.role,
            password_hash: self.password_hash,
            disabled: self.disabled,
            epoch: self.epoch,
            created_at: from_us(self.created_at_us)?,
            last_login: self.last_login_us.map(from_us).transpose()?,
            mobile_verified: self.mobile_verified,
            food_type_id: self.food_type_id,
            allergy_id: self.allergy_id,
        })
    }
}

/// Format 1, and how later ones begin.
#[derive(Serialize, Deserialize)]
struct SessionRecordV1 {
    id: SessionId,
    user_id: UserId,
    family: RefreshHash,
    current: RefreshHash,
    spent: Option<(RefreshHash, i64)>,
    grace_used: bool,
    generation: u64,
    min_generation: u64,
    revoked: bool,
    created_at_us: i64,
    expires_at_us: i64,
    user_agent: String,
}

#[derive(Serialize, Deserialize)]
struct SessionRecord {
    base: SessionRecordV1,
    lost_generation: Option<u64>,
    epoch: u64,
    last_used_at_us: i64,
    address: Option<String>,
}

impl Record for Session {
    const FORMAT: u8 = 2;

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), RecordError> {
        encode_postcard(&SessionRecord::from(self), out)
    }

    fn decode(format: u8, body: &[u8]) -> Result<Self, RecordError> {
        match format {
            2 => decode_postcard::<SessionRecord>(body)?.into_domain(),
            1 => decode_postcard::<SessionRecordV1>(body)?.into_domain(),
            _ => Err(RecordError::UnknownFormat(format)),
        }
    }
}

impl From<&Session> for SessionRecord {
    fn from(session: &Session) -> Self {
        let base = SessionRecordV1 {
            id: session.id,
            user_id: session.user_id,
            family: session.family,
            current: session.current,
            spent: session.spent.map(|(hash, at)| (hash, to_us(at))),
            grace_used: session.grace_used,
            generation: session.generation,
            min_generation: session.min_generation,
            revoked: session.revoked,
            created_at_us: to_us(session.created_at),
            expires_at_us: to_us(session.expires_at),
            user_agent: session.user_agent.clone(),
        };
        Self {
            base,
            lost_generation: session.lost_generation,
            epoch: session.epoch,
            last_used_at_us: to_us(session.last_used_at),
            address: session.address.clone(),
        }
    }
}

impl SessionRecord {
    fn into_domain(self) -> Result<Session, RecordError> {
        Ok(Session {
            lost_generation: self.lost_generation,
            epoch: self.epoch,
            last_used_at: from_us(self.last_used_at_us)?,
            address: self.address,
            ..self.base.into_domain()?
        })
    }
}

impl SessionRecordV1 {
    fn into_domain(self) -> Result<Session, RecordError> {
        let spent = match self.spent {
            Some((hash, at_us)) => Some((hash, from_us(at_us)?)),
            None => None,
        };
        Ok(Session {
            id: self.id,
            user_id: self.user_id,
            family: self.family,
            current: self.current,
            spent,
            grace_used: self.grace_used,
            generation: self.generation,
            min_generation: self.min_generation,
            lost_generation: None,
            epoch: 0,
            revoked: self.revoked,
            created_at: from_us(self.created_at_us)?,
            last_used_at: from_us(self.created_at_us)?,
            expires_at: from_us(self.expires_at_us)?,
            user_agent: self.user_agent,
            address: None,
        })
    }
}
