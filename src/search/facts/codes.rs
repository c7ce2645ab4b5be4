//! SKUs and barcodes: exact ones by a lookup, parts of them by one scan of all codes as bytes.
//!
//! The codes of all products are one text, `sku\ngtin\n` and so on, which `memmem` runs through at
//! some gigabytes a second: two megabytes of a hundred thousand products are a fraction of a
//! millisecond. Most queries never get there: a table of the pairs of bytes that occur says that
//! no code can have them.

use std::collections::BTreeSet;

use memchr::memmem::Finder;

use super::names::index;
use crate::domain::catalog::Product;

/// Words of the table of pairs: one bit for each of the 65,536.
const PAIR_WORDS: usize = 1_024;
/// The text is written anew when this many bytes of it and half of it are of no product.
const DEAD_BYTES_MAX: usize = 64 * 1024;

/// The codes of the catalogue by slot.
#[derive(Debug, Default)]
pub(super) struct Codes {
    /// All codes, those of removed entries overwritten.
    text: Vec<u8>,
    /// Where entries begin, rising, with their slots; removed ones too.
    entries: Vec<(u32, u32)>,
    /// The entry of each slot: beginning and end in `text`; empty for none.
    places: Vec<(u32, u32)>,
    /// Codes with their slots. A SKU may be several products' when case is ignored.
    exact: BTreeSet<(Box<str>, u32)>,
    pairs: Vec<u64>,
    dead: usize,
}

/// The SKU in lower case, the barcodes as fourteen digits and the PLU, each ended by a line break, which no
/// code has.
pub(super) fn text_of(product: &Product) -> String {
    let mut codes = product.sku.as_str().to_lowercase();
    codes.push('\n');
    for gtin in product.all_barcodes() {
        codes.push_str(&gtin.padded());
        codes.push('\n');
    }
    if let Some(plu) = product.plu {
        codes.push_str(&plu.to_string());
        codes.push('\n');
    }
    codes
}

impl Codes {
    /// Sets the codes of a slot, as [`text_of`] writes them; an empty text removes them.
    pub(super) fn set(&mut self, slot: u32, codes: &str) {
        if self.of(slot) == codes.as_bytes() {
            return;
        }
        self.remove(slot);
        if !codes.is_empty() {
            for code in codes.lines() {
                self.exact.insert((code.into(), slot));
            }
            self.append(slot, codes.as_bytes());
        }
        if self.dead > DEAD_BYTES_MAX && self.dead > self.text.len() / 2 {
            self.compact();
        }
    }

    fn of(&self, slot: u32) -> &[u8] {
        let place = self.places.get(index(slot)).copied().unwrap_or_default();
        self.text.get(index(place.0)..index(place.1)).unwrap_or(&[])
    }

    fn remove(&mut self, slot: u32) {
        let Some(place) = self.places.get_mut(index(slot)) else { return };
        let (start, end) = std::mem::take(place);
        let Some(entry) = self.text.get_mut(index(start)..index(end)) else { return };
        for code in String::from_utf8_lossy(entry).lines() {
            self.exact.remove(&(code.into(), slot));
        }
        self.dead += entry.len();
        // Nothing that is looked for has a line break.
        entry.fill(b'\n');
    }

    fn append(&mut self, slot: u32, codes: &[u8]) {
        if self.pairs.is_empty() {
            self.pairs = vec![0; PAIR_WORDS];
        }
        for pair in codes.windows(2) {
            if let [first, second] = pair {
                let (word, bit) = pair_bit(*first, *second);
                if let Some(word) = self.pairs.get_mut(word) {
                    *word |= bit;
                }
            }
        }
        let at = |length: usize| u32::try_from(length).expect("codes are far below 4 GB");
        let start = at(self.text.len());
        self.text.extend_from_slice(codes);
        self.entries.push((start, slot));
        if self.places.len() <= index(slot) {
            self.places.resize(index(slot) + 1, (0, 0));
        }
        if let Some(place) = self.places.get_mut(index(slot)) {
            *place = (start, at(self.text.len()));
        }
    }

    fn compact(&mut self) {
        let old = std::mem::take(&mut self.text);
        let places = std::mem::take(&mut self.places);
        self.entries.clear();
        self.pairs.clear();
        self.dead = 0;
        for (slot, (start, end)) in (0..).zip(places) {
            if let Some(codes) = old.get(index(start)..index(end)).filter(|it| !it.is_empty()) {
                self.append(slot, codes);
            }
        }
    }

    /// The slots with exactly this code.
    pub(super) fn exact(&self, code: &str) -> impl Iterator<Item = u32> {
        let code: Box<str> = code.into();
        let range = (code.clone(), 0)..=(code, u32::MAX);
        self.exact.range(range).map(|(_, slot)| *slot)
    }

    /// The first slots of whose codes this is a part, at most `limit`, each once.
    pub(super) fn with_part(&self, part: &str, limit: usize) -> Vec<u32> {
        let part = part.as_bytes();
        let mut found = Vec::new();
        if part.is_empty() || part.contains(&b'\n') || !self.may_have(part) {
            return found;
        }
        let finder = Finder::new(part);
        let mut at = 0;
        while let Some(hit) = self.text.get(at..).and_then(|rest| finder.find(rest)) {
            let hit = at + hit;
            let next = self.entries.partition_point(|(start, _)| index(*start) <= hit);
            let Some((_, slot)) = next.checked_sub(1).and_then(|entry| self.entries.get(entry))
            else {
                break;
            };
            found.push(*slot);
            if found.len() >= limit {
                break;
            }
            // On with the next entry: each product counts once.
            at = self.entries.get(next).map_or(self.text.len(), |(start, _)| index(*start));
        }
        found
    }

    fn may_have(&self, part: &[u8]) -> bool {
        part.windows(2).all(|pair| {
            let [first, second] = pair else { return true };
            let (word, bit) = pair_bit(*first, *second);
            self.pairs.get(word).is_some_and(|word| word & bit != 0)
        })
    }
}

fn pair_bit(first: u8, second: u8) -> (usize, u64) {
    let pair = usize::from(first) << 8 | usize::from(second);
    (pair / 64, 1 << (pair % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(codes: &Codes, code: &str) -> Vec<u32> {
        codes.exact(code).collect()
    }

    #[test]
    fn codes_are_found_whole_and_in_part() {
        let mut codes = Codes::default();
        assert!(codes.with_part("abc", 9).is_empty());
        codes.set(0, "abc-1\n04006381333931\n");
        codes.set(2, "abc-2\n");
        codes.set(1, "xyz\n00000096385074\n04006381333931\n");
        assert_eq!(exact(&codes, "04006381333931"), [0, 1]);
        assert_eq!(exact(&codes, "abc"), [] as [u32; 0]);
        assert_eq!(codes.with_part("abc", 9), [0, 2]);
        assert_eq!(codes.with_part("abc", 1), [0]);
        assert_eq!(codes.with_part("0", 9), [0, 1], "each once");
        assert_eq!(codes.with_part("4006381333931", 9), [0, 1]);
        for none in ["", "abc-1\n0", "1\n", "bca", "31xyz", "zz"] {
            assert!(codes.with_part(none, 9).is_empty(), "{none:?}");
        }
        codes.set(0, "");
        codes.set(2, "new\n");
        assert_eq!((exact(&codes, "abc-1").len(), exact(&codes, "abc-2").len()), (0, 0));
        assert!(codes.with_part("abc", 9).is_empty());
        assert_eq!((codes.with_part("new", 9), exact(&codes, "new")), (vec![2], vec![2]));
        codes.set(9, "");
        assert_eq!(codes.with_part("yz", 9), [1]);
    }

    #[test]
    fn edits_do_not_make_the_text_grow_for_ever() {
        let mut codes = Codes::default();
        for round in 0..20_000_u32 {
            codes.set(round % 100, &format!("sku-{round:08}\n"));
        }
        assert!(codes.text.len() < 3 * DEAD_BYTES_MAX, "{}", codes.text.len());
        assert_eq!(codes.exact.len(), 100);
        for round in 19_900..20_000_u32 {
            let part = format!("{round:08}");
            assert_eq!(codes.with_part(&part, 9), [round % 100]);
        }
    }
}
