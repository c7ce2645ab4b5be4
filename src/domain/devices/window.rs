//! Which sequence numbers of one boot are used: the highest, and the 256 below it.

use serde::{Deserialize, Serialize};

/// The highest sequence number.
pub const SEQ_MAX: u32 = 0x7fff_ffff;
/// How far below the highest number a late one may still be applied.
pub const SEQ_WINDOW: u32 = 256;

/// Words of the bitmap.
const WORDS: usize = 4;

/// The used numbers of one (device, boot).
///
/// Bit `k` of `below` says whether `highest - 1 - k` is used. Numbers further below count as
/// used: an answer to them says nothing happened now, and nothing did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SeqWindow {
    highest: u32,
    below: [u64; WORDS],
}

/// Where a number lies in the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeqPlace {
    /// Above the highest used one. `next` tells whether it follows it directly.
    Ahead {
        /// Whether the number is the highest plus one.
        next: bool,
    },
    /// Unused, within the window: apply it now.
    Late,
    /// Used, or too old to tell.
    Repeat,
}

impl SeqWindow {
    /// The highest used number; 0 before the first.
    pub const fn highest(&self) -> u32 {
        self.highest
    }

    /// Where `seq` (at least 1) lies.
    pub fn place(&self, seq: u32) -> SeqPlace {
        if seq > self.highest {
            return SeqPlace::Ahead { next: seq == self.highest + 1 };
        }
        match self.bit(seq) {
            Some((word, mask)) if self.below[word] & mask == 0 => SeqPlace::Late,
            _ => SeqPlace::Repeat,
        }
    }

    /// Marks `seq` as used.
    pub fn mark(&mut self, seq: u32) {
        if seq > self.highest {
            let shift = seq - self.highest;
            self.below = shifted(self.below, shift);
            // The number that was the highest stands `shift - 1` bits below the new one.
            if self.highest > 0 && shift <= SEQ_WINDOW {
                self.highest = seq;
                if let Some((word, mask)) = self.bit(seq - shift) {
                    self.below[word] |= mask;
                }
            }
            self.highest = seq;
        } else if let Some((word, mask)) = self.bit(seq) {
            self.below[word] |= mask;
        }
    }

    /// The word and mask of a number below the highest, when it lies in the window.
    fn bit(&self, seq: u32) -> Option<(usize, u64)> {
        let distance = self.highest.checked_sub(seq)?.checked_sub(1)?;
        let index = usize::try_from(distance).ok().filter(|index| *index < WORDS * 64)?;
        Some((index / 64, 1 << (index % 64)))
    }
}

/// The bitmap moved `by` places up.
fn shifted(words: [u64; WORDS], by: u32) -> [u64; WORDS] {
    let mut moved = [0; WORDS];
    let by = usize::try_from(by).unwrap_or(usize::MAX);
    if by >= WORDS * 64 {
        return moved;
    }
    let (jump, bits) = (by / 64, by % 64);
    for index in jump..WORDS {
        moved[index] = words[index - jump] << bits;
        if bits > 0 && index > jump {
            moved[index] |= words[index - jump - 1] >> (64 - bits);
        }
    }
    moved
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_is_used_once() {
        let mut window = SeqWindow::default();
        assert_eq!(window.place(1), SeqPlace::Ahead { next: true });
        assert_eq!(window.place(2), SeqPlace::Ahead { next: false });
        window.mark(3);
        assert_eq!(window.place(3), SeqPlace::Repeat);
        assert_eq!(window.place(1), SeqPlace::Late);
        window.mark(1);
        assert_eq!(window.place(1), SeqPlace::Repeat);
        assert_eq!(window.place(2), SeqPlace::Late);
        window.mark(SEQ_MAX);
        assert_eq!(window.place(2), SeqPlace::Repeat);
        assert_eq!(window.place(SEQ_MAX - 256), SeqPlace::Late);
        assert_eq!(window.place(SEQ_MAX - 257), SeqPlace::Repeat);
    }

    proptest! {
        #[test]
        fn the_window_equals_a_set(steps in prop::collection::vec(1u32..900, 1..200)) {
            let mut window = SeqWindow::default();
            let mut used = BTreeSet::new();
            let mut highest = 0;
            for seq in steps {
                let expected = if seq > highest {
                    SeqPlace::Ahead { next: seq == highest + 1 }
                } else if used.contains(&seq) || highest - seq > SEQ_WINDOW {
                    SeqPlace::Repeat
                } else {
                    SeqPlace::Late
                };
                prop_assert_eq!(window.place(seq), expected);
                window.mark(seq);
                used.insert(seq);
                highest = highest.max(seq);
                prop_assert_eq!(window.highest(), highest);
            }
        }
    }
}
