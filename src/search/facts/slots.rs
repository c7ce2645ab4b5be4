//! From ids to slots: an array for ids as shops give them out, a map for the far ones.

use std::collections::HashMap;

use super::names::index;
use crate::domain::id::ProductId;

/// Ids below this are looked up in the array, which has four bytes for each up to the greatest.
const NEAR_IDS: u64 = 1 << 22;
/// No slot.
const NONE: u32 = u32::MAX;

/// The slots of ids. A slot is given out once and never to another id.
#[derive(Debug, Default)]
pub(super) struct Slots {
    near: Vec<u32>,
    far: HashMap<ProductId, u32>,
    count: u32,
}

impl Slots {
    /// The slot of an id that was added.
    pub(super) fn get(&self, id: ProductId) -> Option<usize> {
        let slot = if id.value() < NEAR_IDS {
            self.near.get(usize::try_from(id.value()).ok()?).copied()
        } else {
            self.far.get(&id).copied()
        };
        slot.filter(|slot| *slot != NONE).map(index)
    }

    /// The next slot, for an id that has none.
    pub(super) fn add(&mut self, id: ProductId) -> u32 {
        let slot = self.count;
        self.count += 1;
        match usize::try_from(id.value()).ok().filter(|_| id.value() < NEAR_IDS) {
            Some(place) => {
                if self.near.len() <= place {
                    self.near.resize(place + 1, NONE);
                }
                if let Some(known) = self.near.get_mut(place) {
                    *known = slot;
                }
            }
            None => {
                self.far.insert(id, slot);
            }
        }
        slot
    }
}

/// A slot as it is kept in other tables.
pub(super) fn number(slot: usize) -> u32 {
    u32::try_from(slot).unwrap_or(NONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_and_far_ids_have_slots() {
        let mut slots = Slots::default();
        let ids = [7, 1, NEAR_IDS - 1, NEAR_IDS, u64::MAX >> 1];
        let ids = ids.map(|id| ProductId::new(id).unwrap());
        for (slot, id) in ids.into_iter().enumerate() {
            assert_eq!(slots.get(id), None);
            assert_eq!(slots.add(id), number(slot));
            assert_eq!(slots.get(id), Some(slot));
        }
        assert_eq!(slots.get(ProductId::new(8).unwrap()), None);
    }
}
