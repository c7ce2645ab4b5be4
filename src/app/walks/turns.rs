//! Turns at the solver: one walk of each principal at a time, so many of them waiting, and
//! trolleys apart from people, so that nobody's requests keep the others waiting for long. Whoever
//! asks more often than that is not locked out: the line is full, and they come again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::super::{Error, Principal, Result};

/// Walks of one principal: one that is solved and those that wait for it. They wait for each
/// other, and not in front of anybody else.
const OWN_MAX: usize = 64;
/// Walks in a lane, those that wait included: each holds a request, of some 100 KB at most.
const LANE_MAX: usize = 256;

/// Who waits. Each lane solves one walk at a time, so two are solved at once at most: solves are
/// the only long computation, and scans must not wait for them.
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
    /// Waits for this principal's turn, or refuses at once when its own line or the lane is full:
    /// `busy`.
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
            let detail = "too many walks of yours wait: try again in a moment";
            return Err(Error::unavailable("busy", detail));
        }
        if waiting.values().map(|own| own.count).sum::<usize>() >= LANE_MAX {
            let detail = "too many walks wait: try again in a moment";
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
    use crate::domain::devices::WeightUnit;
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
        let id = DeviceId::new(id).unwrap();
        Principal::Device(CartDevice { id, weight_unit: WeightUnit::default(), key: [0; 32] })
    }

    fn is_busy(outcome: Option<&Result<Turn>>) -> bool {
        matches!(outcome, Some(Err(Error::Unavailable(refusal))) if refusal.code == "busy")
    }

    #[tokio::test]
    async fn one_principal_has_one_walk_solved_and_others_in_line() {
        let turns = Turns::default();
        let (ann, bob) = (person(1), person(2));
        let mut anns: Vec<_> = (0..OWN_MAX).map(|_| Box::pin(turns.take(&ann))).collect();
        let first = anns[0].as_mut().now_or_never().unwrap().unwrap();
        for one in &mut anns[1..] {
            assert!(one.as_mut().now_or_never().is_none());
        }
        assert!(is_busy(turns.take(&ann).now_or_never().as_ref()), "one's own line is bounded");
        let mut other = Box::pin(turns.take(&bob));
        assert!(other.as_mut().now_or_never().is_none());
        let trolley = turns.take(&trolley(1)).now_or_never();
        assert!(trolley.unwrap().is_ok(), "trolleys have a turn of their own");
        drop(first);
        drop(other.await.unwrap());
        for one in anns.drain(..).skip(1) {
            drop(one.await.unwrap());
        }
        assert!(turns.people.waiting().is_empty(), "nothing is remembered of who left");
    }

    #[tokio::test]
    async fn who_gives_up_leaves_the_line() {
        let turns = Turns::default();
        let ann = person(1);
        let first = turns.take(&ann).await.unwrap();
        let mut waits: Vec<_> = (1..OWN_MAX).map(|_| Box::pin(turns.take(&ann))).collect();
        for one in &mut waits {
            assert!(one.as_mut().now_or_never().is_none());
        }
        drop(waits);
        let mut next = Box::pin(turns.take(&ann));
        assert!(next.as_mut().now_or_never().is_none());
        drop(first);
        drop(next.await.unwrap());
        assert!(turns.people.waiting().is_empty());
    }

    #[tokio::test]
    async fn the_line_is_bounded() {
        let turns = Turns::default();
        let all: Vec<Principal> = (1..=256).map(person).collect();
        assert_eq!(all.len(), LANE_MAX);
        let mut line: Vec<_> = all.iter().map(|one| Box::pin(turns.take(one))).collect();
        let first = line[0].as_mut().now_or_never().unwrap().unwrap();
        for one in &mut line[1..] {
            assert!(one.as_mut().now_or_never().is_none());
        }
        let late = person(257);
        assert!(is_busy(turns.take(&late).now_or_never().as_ref()));
        drop(first);
        assert!(turns.take(&late).now_or_never().is_none(), "there is a place again");
    }
}
