//! A state of the sweep: what the walked part looks like from the open vertices.
//!
//! Each open vertex has a slot with the label of its component (0 when nothing touches it) and
//! its charge. Labels are counted up in the order of the slots, so equal states have equal keys.

use super::{
    order::MAX_OPEN,
    ways::{Rule, Shape},
};

/// Set in the key of a state whose end has been chosen.
const ENDED: u64 = 1 << 63;
/// Labels that are not in use in a state that was unpacked.
const FRESH: [u8; 2] = [14, 15];

const _: () = assert!(MAX_OPEN < 14);

/// A state, unpacked.
#[derive(Debug, Clone, Copy)]
pub(super) struct State {
    label: [u8; MAX_OPEN],
    charge: [i8; MAX_OPEN],
    pub(super) has_ended: bool,
}

/// What became of a vertex that was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closing {
    /// Its component goes on elsewhere, or nothing touches it.
    Fine,
    /// Its component has no open vertex any more.
    Last,
    /// It cannot be left with its charge.
    Illegal,
}

/// Bits of the label of a slot in a key, and of its charge.
const fn slot_bits(rule: Rule) -> (u32, u32) {
    match rule {
        Rule::Parity => (4, 1),
        Rule::Balance { .. } => (3, 6),
    }
}

/// Most vertices that may be open, so that a key has room for all of them and for the end.
pub(super) fn max_open(rule: Rule) -> usize {
    match rule {
        Rule::Parity => MAX_OPEN,
        Rule::Balance { .. } => 7,
    }
}

impl State {
    pub(super) const EMPTY: Self =
        Self { label: [0; MAX_OPEN], charge: [0; MAX_OPEN], has_ended: false };

    /// From a key whose slots from `slots` on are empty.
    pub(super) fn unpack(rule: Rule, key: u64, slots: usize) -> Self {
        let mut state = Self { has_ended: key & ENDED != 0, ..Self::EMPTY };
        let (label_bits, charge_bits) = slot_bits(rule);
        let mut rest = key;
        for slot in 0..slots {
            let [bits, ..] = rest.to_le_bytes();
            state.label[slot] = bits & ((1 << label_bits) - 1);
            rest >>= label_bits;
            let [bits, ..] = rest.to_le_bytes();
            state.charge[slot] = match rule {
                Rule::Parity => (bits & 1).cast_signed(),
                // Keeps the sign.
                Rule::Balance { .. } => (bits << 2).cast_signed() >> 2,
            };
            rest >>= charge_bits;
        }
        state
    }

    /// The key, with the labels counted up anew.
    pub(super) fn pack(&self, rule: Rule, slots: usize) -> u64 {
        let mut names = [0_u8; 16];
        let mut next = 1;
        let (label_bits, charge_bits) = slot_bits(rule);
        let mut key = 0;
        let mut shift = 0;
        for slot in 0..slots {
            let label = self.label[slot];
            if label != 0 {
                let name = &mut names[usize::from(label & 15)];
                if *name == 0 {
                    *name = next;
                    next += 1;
                }
                let charge = self.charge[slot].cast_unsigned() & ((1 << charge_bits) - 1);
                key |= (u64::from(*name) | u64::from(charge) << label_bits) << shift;
            }
            shift += label_bits + charge_bits;
        }
        if self.has_ended { key | ENDED } else { key }
    }

    /// Opens a vertex; one that has to be visited counts as touched from the beginning.
    pub(super) fn open(&mut self, slot: usize, is_required: bool, charge: i8, which: usize) {
        self.label[slot] = if is_required { FRESH[which] } else { 0 };
        self.charge[slot] = charge;
    }

    /// Walks a piece between two slots in a way of this shape. Returns what their charges may be
    /// afterwards, from the least to the greatest.
    pub(super) fn walk(&mut self, rule: Rule, slots: [usize; 2], shape: Shape) -> [[i8; 2]; 2] {
        for index in 0..2 {
            let slot = slots[index];
            if shape.touches[index] && self.label[slot] == 0 {
                self.label[slot] = FRESH[index];
            }
        }
        let [kept, gone] = slots.map(|slot| self.label[slot]);
        if shape.joins && kept != gone {
            for label in &mut self.label {
                if *label == gone {
                    *label = kept;
                }
            }
        }
        self.has_ended |= shape.ends;
        [0, 1].map(|index| rule.sums(self.charge[slots[index]], shape.charge[index]))
    }

    /// Gives a slot its charge.
    pub(super) fn settle(&mut self, slot: usize, charge: i8) {
        self.charge[slot] = charge;
    }

    /// Closes a vertex: its slot is empty afterwards.
    pub(super) fn close(&mut self, slot: usize) -> Closing {
        if self.charge[slot] != 0 {
            return Closing::Illegal;
        }
        let label = std::mem::take(&mut self.label[slot]);
        if label == 0 || self.label.contains(&label) { Closing::Fine } else { Closing::Last }
    }

    /// Whether the walk has ended and nothing is open that it touches.
    pub(super) fn is_finished(&self) -> bool {
        self.has_ended && self.label == [0; MAX_OPEN]
    }
}
