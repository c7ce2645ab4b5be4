//! Tickets for live connections: browsers cannot send a header when they open a WebSocket, and a
//! token in an address ends up in logs. A ticket is good once, for half a minute.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::{App, Error, Identity, Result, Shopper};
use crate::auth::{digest, random_id};

/// Life of a ticket.
pub const TICKET_LIFE: SignedDuration = SignedDuration::from_secs(30);
/// The most tickets that wait; beyond it none is issued for the moment.
const TICKETS_MAX: usize = 10_000;
/// The most tickets of one session that wait; beyond it its oldest is void.
const TICKETS_PER_SESSION_MAX: usize = 16;

/// Tickets that wait to be redeemed, by their hash.
#[derive(Debug, Default)]
pub(super) struct Tickets {
    waiting: Mutex<HashMap<[u8; 32], (Identity, Timestamp)>>,
}

impl App {
    /// Issues a ticket for the caller's session.
    pub fn issue_ticket(&self, shopper: &Shopper) -> Result<String> {
        let now = self.now();
        let mut waiting = self.inner.tickets.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= TICKETS_MAX {
            waiting.retain(|_, (_, until)| *until > now);
        }
        if waiting.len() >= TICKETS_MAX {
            return Err(Error::unavailable("busy", "too many tickets wait: try again in a moment"));
        }
        let own = waiting.iter().filter(|(_, (it, _))| it.session_id == shopper.0.session_id);
        let own: Vec<([u8; 32], Timestamp)> =
            own.map(|(hash, (_, until))| (*hash, *until)).collect();
        if own.len() >= TICKETS_PER_SESSION_MAX
            && let Some((oldest, _)) = own.iter().min_by_key(|(_, until)| *until)
        {
            waiting.remove(oldest);
        }
        let ticket = random_id();
        waiting.insert(*digest(&ticket).as_bytes(), (shopper.0, now + TICKET_LIFE));
        Ok(ticket)
    }

    pub(super) fn redeem(&self, ticket: &str) -> Result<Identity> {
        let spent = || Error::unauthenticated("invalid-ticket", "this ticket is spent or too old");
        let found = {
            let mut waiting =
                self.inner.tickets.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.remove(digest(ticket).as_bytes())
        };
        let (identity, _) = found.filter(|(_, until)| *until > self.now()).ok_or_else(spent)?;
        self.identity_now(&identity)?.ok_or_else(spent)
    }
}
