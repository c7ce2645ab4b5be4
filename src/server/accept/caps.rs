//! How many connections there may be, over all and per address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts connections against two bounds.
#[derive(Debug)]
pub(super) struct Caps {
    max_total: usize,
    max_per_address: usize,
    open: Mutex<Open>,
}

/// Invariant: `total` is the sum of `per_address`, whose counts are above zero, so the map
/// never has more entries than there are connections.
#[derive(Debug, Default)]
struct Open {
    total: usize,
    per_address: HashMap<IpAddr, usize>,
}

/// Which bound was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    Everywhere,
    ForAddress,
}

/// One connection's place; given back on drop.
#[derive(Debug)]
pub(super) struct Slot {
    caps: Arc<Caps>,
    address: IpAddr,
}

impl Caps {
    pub(super) fn new(max_total: usize, max_per_address: usize) -> Self {
        Self { max_total, max_per_address, open: Mutex::default() }
    }

    /// A place for a connection from this address, if there is one.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr) -> Result<Slot, Full> {
        let mut open = self.open();
        if open.total >= self.max_total {
            return Err(Full::Everywhere);
        }
        let of_address = open.per_address.get(&address).copied().unwrap_or(0);
        if of_address >= self.max_per_address {
            return Err(Full::ForAddress);
        }
        open.total += 1;
        open.per_address.insert(address, of_address + 1);
        Ok(Slot { caps: Arc::clone(self), address })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.caps.open();
        open.total -= 1;
        match open.per_address.get_mut(&self.address) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                open.per_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_and_given_back() {
        let caps = Arc::new(Caps::new(3, 2));
        let (here, there): (IpAddr, IpAddr) = ([127, 0, 0, 1].into(), [127, 0, 0, 2].into());
        let first = caps.take(here).unwrap();
        let second = caps.take(here).unwrap();
        assert_eq!(caps.take(here).unwrap_err(), Full::ForAddress);
        let third = caps.take(there).unwrap();
        assert_eq!(caps.take(there).unwrap_err(), Full::Everywhere);
        drop(first);
        let fourth = caps.take(here).unwrap();
        drop((second, third, fourth));
        assert_eq!(caps.open().total, 0);
        assert!(caps.open().per_address.is_empty(), "nothing is remembered of who left");
    }
}
