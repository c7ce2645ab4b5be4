//! How many connections there may be, over all and per address, and who makes room.
//!
//! Two addresses at their own bound fill the whole appliance. So when it is full, an address that
//! has fewer connections than another still gets in, and the other is asked to give one up: the
//! one that has waited longest without a request in flight. Addresses share what there is, and a
//! crowd behind one of them cannot lock out the trolleys.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Connections above the bound while others are being asked to leave.
const SPARE: usize = 64;

/// Counts connections against two bounds.
#[derive(Debug)]
pub(super) struct Caps {
    max_total: usize,
    max_per_address: usize,
    open: Mutex<Open>,
}

/// Invariant: `total` is the sum of the counts in `per_address`, which are above zero, so the map
/// never has more entries than there are connections.
#[derive(Debug, Default)]
struct Open {
    total: usize,
    per_address: HashMap<IpAddr, Share>,
}

/// What one address has.
#[derive(Debug, Default)]
struct Share {
    count: usize,
    leave: Arc<Notify>,
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
    leave: Arc<Notify>,
}

impl Caps {
    pub(super) fn new(max_total: usize, max_per_address: usize) -> Self {
        Self { max_total, max_per_address, open: Mutex::default() }
    }

    /// A place for a connection from this address, if there is one or one can be made.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr) -> Result<Slot, Full> {
        let mut open = self.open();
        let of_address = open.per_address.get(&address).map_or(0, |share| share.count);
        if of_address >= self.max_per_address {
            return Err(Full::ForAddress);
        }
        if open.total >= self.max_total {
            let greediest = open.per_address.values().max_by_key(|share| share.count);
            let greediest = greediest.filter(|share| share.count > of_address + 1);
            let most = self.max_total + SPARE.min(self.max_total);
            let Some(share) = greediest.filter(|_| open.total < most) else {
                return Err(Full::Everywhere);
            };
            share.leave.notify_one();
        }
        open.total += 1;
        let share = open.per_address.entry(address).or_default();
        share.count += 1;
        let leave = Arc::clone(&share.leave);
        Ok(Slot { caps: Arc::clone(self), address, leave })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    /// Wakes one connection of this address at a time, the one that has waited longest: it is to
    /// make room.
    pub(super) fn leave(&self) -> Arc<Notify> {
        Arc::clone(&self.leave)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.caps.open();
        open.total -= 1;
        match open.per_address.get_mut(&self.address) {
            Some(share) if share.count > 1 => share.count -= 1,
            _ => {
                open.per_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 2));

    #[test]
    fn places_are_bounded_and_given_back() {
        let caps = Arc::new(Caps::new(3, 2));
        let first = caps.take(HERE).unwrap();
        let second = caps.take(HERE).unwrap();
        assert_eq!(caps.take(HERE).unwrap_err(), Full::ForAddress);
        let third = caps.take(THERE).unwrap();
        assert_eq!(caps.take(THERE).unwrap_err(), Full::Everywhere);
        drop(first);
        let fourth = caps.take(HERE).unwrap();
        drop((second, third, fourth));
        assert_eq!(caps.open().total, 0);
        assert!(caps.open().per_address.is_empty(), "nothing is remembered of who left");
    }

    #[tokio::test]
    async fn the_greediest_address_makes_room_for_a_modest_one() {
        let caps = Arc::new(Caps::new(4, 4));
        let greedy: Vec<Slot> = (0..4).map(|_| caps.take(HERE).unwrap()).collect();
        let asked = greedy[0].leave();
        let modest = caps.take(THERE).unwrap();
        asked.notified().await;
        assert_eq!(caps.take(HERE).unwrap_err(), Full::ForAddress);
        let second = caps.take(THERE).unwrap();
        let third = caps.take(THERE).unwrap();
        assert_eq!(caps.take(THERE).unwrap_err(), Full::Everywhere, "an equal share, no more");
        drop((greedy, modest, second, third));
        assert_eq!(caps.open().total, 0);
    }

    #[test]
    fn what_is_above_the_bound_is_bounded_too() {
        let caps = Arc::new(Caps::new(1000, 1000));
        let _greedy: Vec<Slot> = (0..1000).map(|_| caps.take(HERE).unwrap()).collect();
        let got_in: Vec<_> = (0..200).map_while(|_| caps.take(THERE).ok()).collect();
        assert_eq!(got_in.len(), SPARE, "nobody has left yet");
    }
}
