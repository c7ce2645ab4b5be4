//! The states of one step, each once, with its cheapest cost: a hash table with open addressing.

use super::super::Ticks;

/// States by their keys.
#[derive(Debug, Default)]
pub(super) struct Layer {
    pub(super) keys: Vec<u64>,
    pub(super) costs: Vec<Ticks>,
    /// What has to be added to the cost before it can be compared with other states.
    pub(super) leads: Vec<Ticks>,
    /// Which state of the step before each came from.
    pub(super) from: Vec<u32>,
    /// How it came from there.
    pub(super) how: Vec<u16>,
    /// Positions in `keys`, plus 1; 0 for a free slot.
    table: Vec<u32>,
}

impl Layer {
    /// Empties it, ready for about as many states as it had last time.
    pub(super) fn clear(&mut self) {
        self.keys.clear();
        self.costs.clear();
        self.leads.clear();
        self.from.clear();
        self.how.clear();
        self.table.fill(0);
    }

    /// Where its states came from, and how. Afterwards it only knows their keys and costs.
    pub(super) fn take_origins(&mut self) -> (Vec<u32>, Vec<u16>) {
        let copies = (self.from.as_slice().into(), self.how.as_slice().into());
        self.from.clear();
        self.how.clear();
        copies
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Adds a state, or makes it cheaper. Of its leads the least is kept: charges that are
    /// too large to be told apart may lead to the same state.
    pub(super) fn offer(&mut self, key: u64, [cost, lead]: [Ticks; 2], from: u32, how: u16) {
        if 2 * (self.keys.len() + 1) > self.table.len() {
            self.grow();
        }
        let mask = self.table.len() - 1;
        let mut slot = spread(key) & mask;
        while let Some(position) = index(self.table[slot]).checked_sub(1) {
            if self.keys[position] == key {
                self.leads[position] = self.leads[position].min(lead);
                if cost < self.costs[position] {
                    self.costs[position] = cost;
                    self.from[position] = from;
                    self.how[position] = how;
                }
                return;
            }
            slot = (slot + 1) & mask;
        }
        self.keys.push(key);
        self.costs.push(cost);
        self.leads.push(lead);
        self.from.push(from);
        self.how.push(how);
        self.table[slot] = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
    }

    /// Keeps the states at these positions, which rise. No more can be offered afterwards.
    pub(super) fn keep(&mut self, positions: &[usize]) {
        for (kept, &position) in positions.iter().enumerate() {
            self.keys[kept] = self.keys[position];
            self.costs[kept] = self.costs[position];
            self.leads[kept] = self.leads[position];
            self.from[kept] = self.from[position];
            self.how[kept] = self.how[position];
        }
        self.keys.truncate(positions.len());
        self.costs.truncate(positions.len());
        self.leads.truncate(positions.len());
        self.from.truncate(positions.len());
        self.how.truncate(positions.len());
    }

    fn grow(&mut self) {
        let size = (2 * self.table.len()).max(64);
        self.table.clear();
        self.table.resize(size, 0);
        for (position, &key) in (1..).zip(&self.keys) {
            let mut slot = spread(key) & (size - 1);
            while self.table[slot] != 0 {
                slot = (slot + 1) & (size - 1);
            }
            self.table[slot] = position;
        }
    }
}

/// Fibonacci hashing (Knuth 1973): the high bits of a product depend on all bits of the key.
fn spread(key: u64) -> usize {
    let product = (key ^ key >> 29).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    usize::try_from(product >> 24).unwrap_or(0)
}

fn index(position: u32) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}
