//! Which sessions an account has, and ending them.
//!
//! People see and end their own; admins also those of others. Ended sessions are not listed, and
//! a session that is not there to the caller is not found, whoever has it.

use super::super::audit;
use super::super::{App, Error, Result, Shopper};
use super::sessions::end_all;
use crate::domain::accounts::Session;
use crate::domain::id::{SessionId, UserId};
use crate::storage::accounts;

/// Sessions that were ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// How many.
    pub count: usize,
    /// Whether the caller's own was among them.
    pub current: bool,
}

impl App {
    /// The sessions of the caller, or of the account that an admin names, newest first.
    pub fn sessions(&self, shopper: &Shopper, whose: Option<&str>) -> Result<Vec<Session>> {
        let (id, now) = (self.whose(shopper, whose)?, self.now());
        self.read(|tx| {
            let Some(user) = accounts::user(tx, id)? else { return Ok(Vec::new()) };
            let mut sessions = accounts::sessions_of(tx, id)?;
            sessions.retain(|session| session.stands(&user, now));
            Ok(sessions)
        })
    }

    /// Ends one session.
    pub async fn end_session(
        &self,
        shopper: &Shopper,
        whose: Option<&str>,
        session: SessionId,
    ) -> Result<Ended> {
        let (user_id, now) = (self.whose(shopper, whose)?, self.now());
        let act = self.act(shopper);
        let ended = self.write(move |tx| {
            let found = accounts::session(tx, session)?
                .filter(|session| session.user_id == user_id && !session.is_over(now));
            let mut found = found.ok_or_else(|| Error::not_found("session"))?;
            found.revoked = true;
            accounts::put_session(tx, &found)?;
            let change = audit::Change::none().with("session", session.value());
            audit::record(tx, &act, "session.end", ("user", user_id), change)
        });
        ended.await?;
        self.tell_session_ends();
        Ok(Ended { count: 1, current: session == shopper.0.session_id })
    }

    /// Ends all sessions of the caller, this one included, or of the account that an admin names.
    pub async fn end_sessions(&self, shopper: &Shopper, whose: Option<&str>) -> Result<Ended> {
        let (user_id, now) = (self.whose(shopper, whose)?, self.now());
        let act = self.act(shopper);
        let ended = self.write(move |tx| {
            let sessions = accounts::sessions_of(tx, user_id)?;
            end_all(tx, user_id, None)?;
            let change = audit::Change::none().with("sessions", "all");
            audit::record(tx, &act, "session.end", ("user", user_id), change)?;
            Ok(sessions.iter().filter(|session| !session.is_over(now)).count())
        });
        let count = ended.await?;
        self.tell_session_ends();
        Ok(Ended { count, current: user_id == shopper.user_id() })
    }

    fn whose(&self, shopper: &Shopper, id_or_name: Option<&str>) -> Result<UserId> {
        match id_or_name {
            None => Ok(shopper.user_id()),
            Some(id_or_name) => Ok(self.user(shopper, id_or_name)?.id),
        }
    }
}
