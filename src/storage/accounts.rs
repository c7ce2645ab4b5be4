//! Accounts and sessions, with the indexes that keep names unique and sessions findable.

use jiff::Timestamp;

use super::error::Error;
use super::read::Reader;
use super::tables::{
    SESSION_BY_END, SESSION_BY_FAMILY, SESSION_BY_ID, SESSION_BY_USER, USER_BY_EMAIL, USER_BY_ID,
    USER_BY_USERNAME,
};
use super::write::WriteTx;
use crate::domain::accounts::{Email, RefreshHash, Session, User, Username};
use crate::domain::event::Change;
use crate::domain::id::{SessionId, UserId};

/// The most sessions of one account, ended ones included: what is beyond would neither be listed
/// nor ended. Signing in makes room.
pub const SESSIONS_PER_USER_MAX: usize = 50;

/// The account.
pub fn user(tx: &impl Reader, id: UserId) -> Result<Option<User>, Error> {
    tx.get(USER_BY_ID, &id)
}

/// The account of this username.
pub fn user_by_username(tx: &impl Reader, name: &Username) -> Result<Option<User>, Error> {
    tx.get(USER_BY_USERNAME, name)?.map_or(Ok(None), |id| user(tx, id))
}

/// The account of this e-mail address.
pub fn user_by_email(tx: &impl Reader, email: &Email) -> Result<Option<User>, Error> {
    tx.get(USER_BY_EMAIL, email)?.map_or(Ok(None), |id| user(tx, id))
}

/// Writes an account and its indexes. The caller has checked that its names are free.
pub fn put_user(tx: &mut WriteTx<'_>, user: &User) -> Result<(), Error> {
    if let Some(old) = tx.get(USER_BY_ID, &user.id)? {
        unindex(tx, &old)?;
    }
    tx.put(USER_BY_USERNAME, &user.username, &user.id)?;
    if let Some(email) = &user.email {
        tx.put(USER_BY_EMAIL, email, &user.id)?;
    }
    super::mobile_numbers::index(tx, user)?;
    tx.put(USER_BY_ID, &user.id, user)?;
    tx.log(&Change::User(user.id))?;
    Ok(())
}

/// Removes an account for good; its orders stay.
pub fn delete_user(tx: &mut WriteTx<'_>, user: &User) -> Result<(), Error> {
    unindex(tx, user)?;
    tx.remove(USER_BY_ID, &user.id)?;
    tx.log(&Change::User(user.id))?;
    Ok(())
}

fn unindex(tx: &mut WriteTx<'_>, user: &User) -> Result<(), Error> {
    tx.remove(USER_BY_USERNAME, &user.username)?;
    if let Some(email) = &user.email {
        tx.remove(USER_BY_EMAIL, email)?;
    }
    super::mobile_numbers::unindex(tx, user)
}

/// The session.
pub fn session(tx: &impl Reader, id: SessionId) -> Result<Option<Session>, Error> {
    tx.get(SESSION_BY_ID, &id)
}

/// The session of this family of refresh tokens.
pub fn session_by_family(tx: &impl Reader, hash: &RefreshHash) -> Result<Option<Session>, Error> {
    tx.get(SESSION_BY_FAMILY, hash)?.map_or(Ok(None), |id| session(tx, id))
}

/// The sessions of an account, newest first.
pub fn sessions_of(tx: &impl Reader, user: UserId) -> Result<Vec<Session>, Error> {
    let ids = tx.scan_rev(SESSION_BY_USER, super::prefix(&user), SESSIONS_PER_USER_MAX)?;
    let mut sessions = Vec::with_capacity(ids.len());
    for ((_, id), ()) in ids {
        sessions.extend(session(tx, id)?);
    }
    Ok(sessions)
}

/// Writes a session and its indexes.
pub fn put_session(tx: &mut WriteTx<'_>, session: &Session) -> Result<(), Error> {
    if let Some(old) = tx.get(SESSION_BY_ID, &session.id)? {
        unindex_session(tx, &old)?;
    }
    tx.put(SESSION_BY_FAMILY, &session.family, &session.id)?;
    tx.put(SESSION_BY_USER, &(session.user_id, session.id), &())?;
    tx.put(SESSION_BY_END, &(session.expires_at.as_microsecond(), session.id), &())?;
    tx.put(SESSION_BY_ID, &session.id, session)
}

fn unindex_session(tx: &mut WriteTx<'_>, session: &Session) -> Result<(), Error> {
    tx.remove(SESSION_BY_FAMILY, &session.family)?;
    tx.remove(SESSION_BY_USER, &(session.user_id, session.id))?;
    tx.remove(SESSION_BY_END, &(session.expires_at.as_microsecond(), session.id))?;
    Ok(())
}

/// Removes a session.
pub fn delete_session(tx: &mut WriteTx<'_>, session: &Session) -> Result<(), Error> {
    unindex_session(tx, session)?;
    tx.remove(SESSION_BY_ID, &session.id)?;
    Ok(())
}

/// Removes sessions that ended before `before`, at most `limit`; how many.
pub fn prune_sessions(
    tx: &mut WriteTx<'_>,
    before: Timestamp,
    limit: usize,
) -> Result<usize, Error> {
    let end = (before.as_microsecond(), SessionId::new(1).expect("one is an id"));
    let old = tx.scan(SESSION_BY_END, ..end, limit)?;
    for ((_, id), ()) in &old {
        if let Some(session) = session(tx, *id)? {
            delete_session(tx, &session)?;
        }
    }
    Ok(old.len())
}
