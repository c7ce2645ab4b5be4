//! Accounts and sessions on disk.

use serde::{Deserialize, Serialize};

use super::{domain_record, from_us, to_us};
use crate::domain::accounts::{Email, RefreshHash, Role, Session, User, Username};
use crate::domain::id::{SessionId, UserId};
use crate::storage::RecordError;

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
}

domain_record!(User as UserRecord, format 1);

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
        })
    }
}

#[derive(Serialize, Deserialize)]
struct SessionRecord {
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

domain_record!(Session as SessionRecord, format 1);

impl From<&Session> for SessionRecord {
    fn from(session: &Session) -> Self {
        Self {
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
        }
    }
}

impl SessionRecord {
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
            revoked: self.revoked,
            created_at: from_us(self.created_at_us)?,
            expires_at: from_us(self.expires_at_us)?,
            user_agent: self.user_agent,
        })
    }
}
