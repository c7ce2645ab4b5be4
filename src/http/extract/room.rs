//! The memory that bodies take while they arrive.
//!
//! A body is parsed when it is whole, so whoever sends one slowly makes the appliance hold it.
//! Small ones are bounded by the number of connections. What a body has beyond [`SMALL_BYTES`]
//! needs a place in a common room, of which strangers have one of their own: they cannot take
//! the place of an import.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::http::request::Parts;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::app::Principal;
use crate::http::{Problem, Result};

/// What every body may have without asking.
const SMALL_BYTES: usize = 64 * 1024;
/// Places are given out in pieces of this size.
const PIECE_BYTES: usize = 64 * 1024;
/// Pieces for requests without a principal: 32 MiB.
const STRANGERS_PIECES: usize = 512;
/// Pieces for accounts and trolleys: 256 MiB, four imports of the largest size.
const KNOWN_PIECES: usize = 4096;

/// Both rooms; clones share them.
#[derive(Debug, Clone)]
pub struct BodyRoom {
    strangers: Arc<Semaphore>,
    known: Arc<Semaphore>,
}

impl Default for BodyRoom {
    fn default() -> Self {
        Self {
            strangers: Arc::new(Semaphore::new(STRANGERS_PIECES)),
            known: Arc::new(Semaphore::new(KNOWN_PIECES)),
        }
    }
}

/// What one body takes, until it is whole.
#[derive(Debug)]
pub(super) struct Place {
    /// `None` outside the route table, where nothing has to be shared.
    room: Option<Arc<Semaphore>>,
    held: Vec<OwnedSemaphorePermit>,
    granted_bytes: usize,
}

impl Place {
    pub(super) fn of(parts: &Parts) -> Self {
        let is_known = parts
            .extensions
            .get::<Principal>()
            .is_some_and(|principal| !matches!(principal, Principal::Anonymous));
        let room = parts.extensions.get::<BodyRoom>();
        let room = room.map(|room| if is_known { &room.known } else { &room.strangers });
        Self { room: room.map(Arc::clone), held: Vec::new(), granted_bytes: SMALL_BYTES }
    }

    /// Takes as many pieces as so many bytes need, or refuses: nobody waits for a place while
    /// holding one.
    pub(super) fn grow_to(&mut self, bytes: usize) -> Result<()> {
        let missing = bytes.saturating_sub(self.granted_bytes).div_ceil(PIECE_BYTES);
        let Some(room) = self.room.as_ref().filter(|_| missing > 0) else { return Ok(()) };
        let pieces = u32::try_from(missing).unwrap_or(u32::MAX);
        let Ok(permit) = Arc::clone(room).try_acquire_many_owned(pieces) else {
            let detail = "too many large requests arrive at once: try again";
            let status = StatusCode::SERVICE_UNAVAILABLE;
            return Err(Problem::new(status, "too-many-large-bodies", detail));
        };
        self.held.push(permit);
        self.granted_bytes += missing * PIECE_BYTES;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn parts(room: &BodyRoom) -> Parts {
        let mut parts = Request::new(()).into_parts().0;
        parts.extensions.insert(room.clone());
        parts
    }

    #[test]
    fn small_bodies_need_no_place_and_large_ones_give_theirs_back() {
        let room = BodyRoom::default();
        let parts = parts(&room);
        let mut small = Place::of(&parts);
        small.grow_to(SMALL_BYTES).unwrap();
        assert_eq!(room.strangers.available_permits(), STRANGERS_PIECES);

        let mut large = Place::of(&parts);
        for bytes in [1, SMALL_BYTES + 1, 1_000_000, 1024 * 1024] {
            large.grow_to(bytes).unwrap();
        }
        assert_eq!(room.strangers.available_permits(), STRANGERS_PIECES - 15);
        drop(large);
        assert_eq!(room.strangers.available_permits(), STRANGERS_PIECES);
    }

    #[test]
    fn strangers_fill_their_own_room_only() {
        let room = BodyRoom::default();
        let stranger = parts(&room);
        let mut all: Vec<Place> = Vec::new();
        let refused = loop {
            let mut place = Place::of(&stranger);
            match place.grow_to(1024 * 1024) {
                Ok(()) => all.push(place),
                Err(problem) => break problem,
            }
        };
        assert_eq!((all.len(), refused.code()), (34, "too-many-large-bodies"));
        assert_eq!(room.known.available_permits(), KNOWN_PIECES);
        Place::of(&stranger).grow_to(SMALL_BYTES).unwrap();
    }
}
