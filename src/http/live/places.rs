//! How many there may be at a time, over all and for each key: an account, an address.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts against two bounds.
#[derive(Debug)]
pub(super) struct Places<K> {
    max_total: usize,
    max_per_key: usize,
    taken: Mutex<Taken<K>>,
}

/// Invariant: `total` is the sum of `per_key`, whose counts are above zero.
#[derive(Debug)]
struct Taken<K> {
    total: usize,
    per_key: HashMap<K, usize>,
}

/// Which bound was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    Everywhere,
    ForOne,
}

/// One place; given back on drop.
#[derive(Debug)]
pub(super) struct Place<K: Copy + Eq + Hash> {
    places: Arc<Places<K>>,
    key: K,
}

impl<K: Copy + Eq + Hash> Places<K> {
    pub(super) fn new(max_total: usize, max_per_key: usize) -> Arc<Self> {
        let taken = Taken { total: 0, per_key: HashMap::new() };
        Arc::new(Self { max_total, max_per_key, taken: Mutex::new(taken) })
    }

    /// A place for this key, if there is one.
    pub(super) fn take(self: &Arc<Self>, key: K) -> Result<Place<K>, Full> {
        let mut taken = self.taken();
        if taken.total >= self.max_total {
            return Err(Full::Everywhere);
        }
        let of_key = taken.per_key.get(&key).copied().unwrap_or(0);
        if of_key >= self.max_per_key {
            return Err(Full::ForOne);
        }
        taken.total += 1;
        taken.per_key.insert(key, of_key + 1);
        Ok(Place { places: Arc::clone(self), key })
    }

    fn taken(&self) -> MutexGuard<'_, Taken<K>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Copy + Eq + Hash> Drop for Place<K> {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        taken.total -= 1;
        match taken.per_key.get_mut(&self.key) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(taken.per_key.remove(&self.key)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_and_given_back() {
        let places = Places::new(3, 2);
        let first = places.take("ann").unwrap();
        let second = places.take("ann").unwrap();
        assert_eq!(places.take("ann").unwrap_err(), Full::ForOne);
        let third = places.take("bob").unwrap();
        assert_eq!(places.take("bob").unwrap_err(), Full::Everywhere);
        drop(first);
        let fourth = places.take("bob").unwrap();
        drop((second, third, fourth));
        assert_eq!(places.taken().total, 0);
        assert!(places.taken().per_key.is_empty(), "nothing is remembered of who left");
    }
}
