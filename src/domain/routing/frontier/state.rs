//! A state of the sweep: what the walked part looks like from the open vertices.
//!
//! Each open vertex has a slot with the label of its component (0 when nothing touches it) and
//! its charge. Labels are counted up in the order of the slots, so equal states have equal keys.

use super::{
    order::MAX_OPEN,
    ways::{END_CHARGE, Rule, Shape},
};

/// Bits of a label in a key.
const LABEL_BITS: u32 = 4;
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

/// Bits of a slot in a key: those of the label, and one or four for the charge.
const fn slot_bits(rule: Rule) -> u32 {
    match rule {
        Rule::Parity => LABEL_BITS + 1,
        Rule::Balance => LABEL_BITS + 4,
    }
}

/// Most vertices that may be open, so that a key has room for all of them and for the end.
pub(super) fn max_open(rule: Rule) -> usize {
    match rule {
        Rule::Parity => MAX_OPEN,
        Rule::Balance => 7,
    }
}

impl State {
    pub(super) const EMPTY: Self =
        Self { label: [0; MAX_OPEN], charge: [0; MAX_OPEN], has_ended: false };

    /// From a key whose slots from `slots` on are empty.
    pub(super) fn unpack(rule: Rule, key: u64, slots: usize) -> Self {
        let mut state = Self { has_ended: key & ENDED != 0, ..Self::EMPTY };
        let mut rest = key;
        for slot in 0..slots {
            let [bits, ..] = rest.to_le_bytes();
            state.label[slot] = bits & 15;
            state.charge[slot] = match rule {
                Rule::Parity => (bits >> LABEL_BITS & 1).cast_signed(),
                // Keeps the sign.
                Rule::Balance => bits.cast_signed() >> LABEL_BITS,
            };
            rest >>= slot_bits(rule);
        }
        state
    }

    /// The key, with the labels counted up anew.
    pub(super) fn pack(&self, rule: Rule, slots: usize) -> u64 {
        let mut names = [0_u8; 16];
        let mut next = 1;
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
                let charge = self.charge[slot].cast_unsigned() << LABEL_BITS;
                let bits = *name | if rule == Rule::Parity { charge & 16 } else { charge };
                key |= u64::from(bits) << shift;
            }
            shift += slot_bits(rule);
        }
        if self.has_ended { key | ENDED } else { key }
    }

    /// Opens a vertex; one that has to be visited counts as touched from the beginning.
    pub(super) fn open(&mut self, slot: usize, is_required: bool, charge: i8, which: usize) {
        self.label[slot] = if is_required { FRESH[which] } else { 0 };
        self.charge[slot] = charge;
    }

    /// Walks a piece between two slots in a way of this shape; false when a charge becomes too
    /// large to be counted on with.
    pub(super) fn walk(&mut self, rule: Rule, slots: [usize; 2], shape: Shape) -> bool {
        for index in 0..2 {
            let slot = slots[index];
            self.charge[slot] = rule.sum(self.charge[slot], shape.charge[index]);
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
        slots.iter().all(|&slot| rule.can_hold(self.charge[slot]))
    }

    /// Ends the walk at a slot.
    pub(super) fn end_at(&mut self, rule: Rule, slot: usize) {
        self.charge[slot] = rule.sum(self.charge[slot], END_CHARGE);
        self.has_ended = true;
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
