//! Numbered texts, so that a filter compares text once for each name and not for each product, and
//! facets are counted in an array.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::super::Counts;

/// Numbered texts, which know their alphabetical order. A text keeps its number when no product
/// bears it any more, until the table is loaded anew.
#[derive(Debug, Default)]
pub(super) struct Names {
    texts: Vec<Arc<str>>,
    /// As filters compare them.
    folded: Vec<Box<str>>,
    numbers: HashMap<Arc<str>, u32>,
    in_order: Vec<u32>,
}

impl Names {
    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    pub(super) fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.texts.len()).expect("fewer names than memory has room for");
        let place = self.in_order.partition_point(|other| self.text(*other) < name);
        self.in_order.insert(place, number);
        self.folded.push(folded(name).into());
        let name: Arc<str> = name.into();
        self.texts.push(Arc::clone(&name));
        self.numbers.insert(name, number);
        number
    }

    fn text(&self, number: u32) -> &str {
        self.texts.get(index(number)).map_or("", |name| name)
    }

    pub(super) fn name(&self, number: u32) -> Arc<str> {
        self.texts.get(index(number)).map_or_else(|| "".into(), Arc::clone)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(|name| &**name)
    }

    /// For each number, whether its [`folded`] text passes.
    pub(super) fn that(&self, passes: impl Fn(&str) -> bool) -> Vec<bool> {
        self.folded.iter().map(|name| passes(name)).collect()
    }

    /// The texts that were counted, in alphabetical order; of more than `limit` those with the
    /// greatest counts.
    pub(super) fn counted(&self, counts: &[u32], limit: usize) -> Counts {
        let count = |number: u32| counts.get(index(number)).copied().unwrap_or(0);
        let is_used = |number: &u32| count(*number) > 0 && !self.text(*number).is_empty();
        let mut used: Vec<u32> = self.in_order.iter().copied().filter(is_used).collect();
        if used.len() > limit {
            let mut by_count: Vec<u32> = used.iter().map(|number| count(*number)).collect();
            let (_, least, _) = by_count.select_nth_unstable_by(limit, |a, b| b.cmp(a));
            let least = *least;
            let greater = used.iter().filter(|number| count(**number) > least).count();
            let mut room = limit - greater;
            used.retain(|number| {
                let takes_room = count(*number) == least && room > 0;
                room -= usize::from(takes_room);
                takes_room || count(*number) > least
            });
        }
        let counted =
            |number: u32| (self.name(number), usize::try_from(count(number)).unwrap_or(0));
        used.into_iter().map(counted).collect()
    }
}

/// Numbered sets of words: the products of a shop share few of them.
#[derive(Debug, Default)]
pub(super) struct Sets {
    words: Names,
    members: Vec<BTreeSet<u32>>,
    numbers: HashMap<BTreeSet<u32>, u32>,
}

impl Sets {
    /// The number of the set of these words, in any order and case.
    pub(super) fn number(&mut self, words: &[String]) -> u32 {
        let words = words.iter().map(|word| word.trim().to_lowercase());
        let set: BTreeSet<u32> = words.map(|word| self.words.number(&word)).collect();
        if let Some(number) = self.numbers.get(&set) {
            return *number;
        }
        let number =
            u32::try_from(self.members.len()).expect("fewer sets than memory has room for");
        self.members.push(set.clone());
        self.numbers.insert(set, number);
        number
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    /// For each number, whether its set has all these words.
    pub(super) fn with_all(&self, words: &[String]) -> Vec<bool> {
        let wanted = self.known(words);
        let has = |set: &BTreeSet<u32>| {
            wanted.iter().all(|word| word.is_some_and(|word| set.contains(&word)))
        };
        self.members.iter().map(has).collect()
    }

    /// For each number, whether its set has none of these words.
    pub(super) fn without(&self, words: &[String]) -> Vec<bool> {
        let unwanted = self.known(words);
        let lacks = |set: &BTreeSet<u32>| !unwanted.iter().flatten().any(|word| set.contains(word));
        self.members.iter().map(lacks).collect()
    }

    fn known(&self, words: &[String]) -> Vec<Option<u32>> {
        let words = words.iter().map(|word| word.trim().to_lowercase());
        words.map(|word| self.words.numbers.get(word.as_str()).copied()).collect()
    }

    /// How many products have each word, from how many have each set.
    pub(super) fn counted(&self, counts: &[u32], limit: usize) -> Counts {
        let mut by_word = vec![0; self.words.len()];
        for (set, count) in self.members.iter().zip(counts).filter(|(_, count)| **count > 0) {
            for word in set {
                if let Some(sum) = by_word.get_mut(index(*word)) {
                    *sum += count;
                }
            }
        }
        self.words.counted(&by_word, limit)
    }
}

/// A path or word as filters compare it: lower-case, without blanks around its levels and without
/// empty levels.
pub(super) fn folded(path: &str) -> String {
    let levels = path.split('/').map(str::trim).filter(|level| !level.is_empty());
    levels.collect::<Vec<_>>().join("/").to_lowercase()
}

/// A number as a place in an array.
pub(super) fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(counts: &Counts) -> Vec<(&str, usize)> {
        counts.iter().map(|(name, count)| (&**name, *count)).collect()
    }

    #[test]
    fn counts_are_in_order_and_bounded() {
        let mut names = Names::default();
        for name in ["pears", "", "apples", "figs", "apples"] {
            names.number(name);
        }
        assert_eq!(names.len(), 4);
        // In the order of numbers: pears, "", apples, figs.
        let counts = [2, 9, 2, 5];
        assert_eq!(shown(&names.counted(&counts, 9)), [("apples", 2), ("figs", 5), ("pears", 2)]);
        assert_eq!(shown(&names.counted(&counts, 2)), [("apples", 2), ("figs", 5)]);
        assert_eq!(shown(&names.counted(&counts, 1)), [("figs", 5)]);
        assert_eq!(shown(&names.counted(&[0, 1, 0, 1], 9)), [("figs", 1)]);
    }

    #[test]
    fn sets_are_shared() {
        let words = |words: &[&str]| words.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let mut sets = Sets::default();
        let none = sets.number(&[]);
        let both = sets.number(&words(&["vegan", "Organic "]));
        assert_eq!(sets.number(&words(&["organic", "vegan", "vegan"])), both);
        let one = sets.number(&words(&["vegan"]));
        assert_eq!((none, both, one, sets.len()), (0, 1, 2, 3));
        assert_eq!(sets.with_all(&words(&["VEGAN"])), [false, true, true]);
        assert_eq!(sets.with_all(&words(&["vegan", "organic"])), [false, true, false]);
        assert_eq!(sets.with_all(&words(&["halal"])), [false; 3]);
        assert_eq!(sets.with_all(&[]), [true; 3]);
        assert_eq!(sets.without(&words(&["organic", "halal"])), [true, false, true]);
        assert_eq!(shown(&sets.counted(&[4, 2, 1], 9)), [("organic", 2), ("vegan", 3)]);
    }
}
