//! Turns at the solver: one walk of each principal at a time, few of them waiting, and trolleys
//! apart from people, so that nobody's requests keep the others waiting for long.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::super::{Error, Principal, Result};

/// Walks of one principal: one that is solved and two that wait.
const OWN_MAX: usize = 3;
/// Walks in a lane, those that wait included: no wait is longer than so many solves.
const LANE_MAX: usize = 12;
/// When to try again after too many of one's own, in seconds.
const RETRY_AFTER_S: u64 = 2;

/// Who waits. Each lane solves one walk at a time: solves are the only long computation, and
/// scans must not wait for them.
#[derive(Debug, Default)]
pub(super) struct Turns {
    people: Arc<Lane>,
    devices: Arc<Lane>,
}

#[derive(Debug)]
struct Lane {
    solver: Arc<Semaphore>,
    /// By [`Principal::key`]; who has none is not there.
    waiting: Mutex<HashMap<String, Own>>,
}

/// One principal's walks.
#[derive(Debug)]
struct Own {
    count: usize,
    turn: Arc<Semaphore>,
}

/// A place in the line; given back on drop.
#[derive(Debug)]
struct Place {
    lane: Arc<Lane>,
    key: String,
}

/// The right to solve now; dropping it lets the next one.
#[derive(Debug)]
pub(super) struct Turn {
    _solver: OwnedSemaphorePermit,
    _own: OwnedSemaphorePermit,
    _place: Place,
}

impl Default for Lane {
    fn default() -> Self {
        Self { solver: Arc::new(Semaphore::new(1)), waiting: Mutex::default() }
    }
}

impl Turns {
    /// Waits for this principal's turn, or refuses at once: 429 when it has too many in line
    /// itself, 503 when the line is full.
    pub(super) async fn take(&self, walker: &Principal) -> Result<Turn> {
        let lane = if walker.device().is_some() { &self.devices } else { &self.people };
        let (place, own) = lane.enter(walker.key())?;
        let own = own.acquire_owned().await.map_err(|_| closed())?;
        let solver = Arc::clone(&lane.solver).acquire_owned().await.map_err(|_| closed())?;
        Ok(Turn { _solver: solver, _own: own, _place: place })
    }
}

impl Lane {
    fn enter(self: &Arc<Self>, key: String) -> Result<(Place, Arc<Semaphore>)> {
        let mut waiting = self.waiting();
        let mine = waiting.get(&key).map_or(0, |own| own.count);
        if mine >= OWN_MAX {
            return Err(Error::TooManyRequests { retry_after_s: RETRY_AFTER_S });
        }
        if waiting.values().map(|own| own.count).sum::<usize>() >= LANE_MAX {
            let detail = "too many walks are being solved: try again in a moment";
            return Err(Error::unavailable("busy", detail));
        }
        let fresh = || Own { count: 0, turn: Arc::new(Semaphore::new(1)) };
        let own = waiting.entry(key.clone()).or_insert_with(fresh);
        own.count += 1;
        Ok((Place { lane: Arc::clone(self), key }, Arc::clone(&own.turn)))
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<String, Own>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut waiting = self.lane.waiting();
        match waiting.get_mut(&self.key) {
            Some(own) if own.count > 1 => own.count -= 1,
            _ => drop(waiting.remove(&self.key)),
        }
    }
}

fn closed() -> Error {
    Error::unavailable("shutting-down", "the appliance is shutting down")
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::super::super::{CartDevice, Identity};
    use super::*;
    use crate::domain::accounts::Role;
    use crate::domain::id::{DeviceId, SessionId, UserId};

    fn person(id: u64) -> Principal {
        Principal::User(Identity {
            user_id: UserId::new(id).unwrap(),
            role: Role::Customer,
            session_id: SessionId::new(id).unwrap(),
            from: None,
            generation: 1,
        })
    }

    fn trolley(id: u64) -> Principal {
        Principal::Device(CartDevice { id: DeviceId::new(id).unwrap() })
    }

    fn too_many(outcome: Option<&Result<Turn>>) -> bool {
        matches!(outcome, Some(Err(Error::TooManyRequests { retry_after_s: RETRY_AFTER_S })))
    }

    #[tokio::test]
    async fn one_principal_has_one_walk_solved_and_two_in_line() {
        let turns = Turns::default();
        let (ann, bob) = (person(1), person(2));
        let first = turns.take(&ann).await.unwrap();
        let mut second = Box::pin(turns.take(&ann));
        let mut third = Box::pin(turns.take(&ann));
        let mut other = Box::pin(turns.take(&bob));
        assert!(second.as_mut().now_or_never().is_none());
        assert!(third.as_mut().now_or_never().is_none());
        assert!(too_many(turns.take(&ann).now_or_never().as_ref()), "a fourth is refused at once");
        assert!(other.as_mut().now_or_never().is_none());
        let trolley = turns.take(&trolley(1)).now_or_never();
        assert!(trolley.unwrap().is_ok(), "trolleys have a turn of their own");
        drop(first);
        let bobs = other.await.unwrap();
        drop(bobs);
        let second = second.await.unwrap();
        drop(third);
        drop(second);
        assert!(turns.people.waiting().is_empty(), "nothing is remembered of who left");
    }

    #[tokio::test]
    async fn the_line_is_bounded() {
        let turns = Turns::default();
        let all: Vec<Principal> = (1..=12).map(person).collect();
        let mut line: Vec<_> = all.iter().map(|one| Box::pin(turns.take(one))).collect();
        let first = line[0].as_mut().now_or_never().unwrap().unwrap();
        for one in &mut line[1..] {
            assert!(one.as_mut().now_or_never().is_none());
        }
        let refused = turns.take(&person(13)).now_or_never().unwrap();
        assert!(matches!(refused, Err(Error::Unavailable(refusal)) if refusal.code == "busy"));
        drop(first);
        assert!(turns.take(&person(13)).now_or_never().is_none(), "there is a place again");
    }
}
