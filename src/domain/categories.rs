//! Category paths as a tree, and what becomes of a path when a category is renamed. Categories are
//! compared as filters compare them: level by level, in any case.

use std::collections::BTreeMap;

use super::catalog::{CATEGORY_LEVELS_MAX, CATEGORY_MAX, category_path};

/// A category with those below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryNode {
    /// The last level of its path.
    pub name: String,
    /// Its whole path.
    pub path: String,
    /// Products exactly there.
    pub count: usize,
    /// Products there and below.
    pub total: usize,
    /// By name.
    pub children: Vec<Self>,
}

#[derive(Default)]
struct Branch {
    count: usize,
    /// By the name in lower case, then as it is written.
    below: BTreeMap<(String, String), Self>,
}

/// The tree of these paths, each with its number of products; siblings by name in any case.
pub fn tree(counts: impl IntoIterator<Item = (String, usize)>) -> Vec<CategoryNode> {
    let mut root = Branch::default();
    for (path, count) in counts {
        let mut branch = &mut root;
        for level in path.split('/').take(CATEGORY_LEVELS_MAX) {
            branch = branch.below.entry((level.to_lowercase(), level.to_owned())).or_default();
        }
        branch.count += count;
    }
    nodes(root.below, "")
}

fn nodes(below: BTreeMap<(String, String), Branch>, parent: &str) -> Vec<CategoryNode> {
    let node = |((_, name), branch): ((String, String), Branch)| {
        let path = if parent.is_empty() { name.clone() } else { format!("{parent}/{name}") };
        let children = nodes(branch.below, &path);
        let total = children.iter().map(|child| child.total).sum::<usize>() + branch.count;
        CategoryNode { name, path, count: branch.count, total, children }
    };
    below.into_iter().map(node).collect()
}

/// Whether `path` is `category` or below it.
pub fn is_within(path: &str, category: &str) -> bool {
    rest_below(path, category).is_some()
}

/// A category's new name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renaming {
    from: String,
    to: String,
}

/// Why a category cannot be renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRenaming {
    /// No path at all.
    #[error("is the path of a category, such as Dairy/Milk")]
    Empty,
    /// It would be its own child.
    #[error("lies below the category that is renamed")]
    Below,
    /// Longer or deeper than a category can be, or with line breaks.
    #[error(
        "has at most {CATEGORY_MAX} characters and {CATEGORY_LEVELS_MAX} levels, those below \
         included, and no line breaks"
    )]
    TooLong,
}

impl Renaming {
    /// Reads a renaming; the error says which of the two members is wrong.
    pub fn new(from: &str, to: &str) -> Result<Self, (&'static str, InvalidRenaming)> {
        let (from, to) = (category_path(from), category_path(to));
        if from.is_empty() {
            return Err(("from", InvalidRenaming::Empty));
        }
        if to.is_empty() {
            return Err(("to", InvalidRenaming::Empty));
        }
        if rest_below(&to, &from).is_some_and(|rest| !rest.is_empty()) {
            return Err(("to", InvalidRenaming::Below));
        }
        if !is_category(&to) {
            return Err(("to", InvalidRenaming::TooLong));
        }
        Ok(Self { from, to })
    }

    /// The category that is renamed.
    pub fn from(&self) -> &str {
        &self.from
    }

    /// What it will be.
    pub fn to(&self) -> &str {
        &self.to
    }

    /// What becomes of this path; `None` when it is not within the category.
    pub fn of(&self, path: &str) -> Option<Result<String, InvalidRenaming>> {
        let rest = rest_below(path, &self.from)?;
        let moved = if rest.is_empty() {
            self.to.clone()
        } else {
            format!("{}/{}", self.to, rest.join("/"))
        };
        Some(if is_category(&moved) { Ok(moved) } else { Err(InvalidRenaming::TooLong) })
    }
}

fn is_category(path: &str) -> bool {
    path.chars().count() <= CATEGORY_MAX
        && path.split('/').count() <= CATEGORY_LEVELS_MAX
        && !path.chars().any(char::is_control)
}

/// The levels of `path` below `category`.
fn rest_below<'p>(path: &'p str, category: &str) -> Option<Vec<&'p str>> {
    let tidy = |level: &&str| !level.is_empty();
    let mut levels = path.split('/').map(str::trim).filter(tidy);
    for wanted in category.split('/').map(str::trim).filter(tidy) {
        if levels.next()?.to_lowercase() != wanted.to_lowercase() {
            return None;
        }
    }
    Some(levels.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_up_along_the_tree() {
        let paths = [("Dairy", 1), ("Dairy/Milk", 3), ("Dairy/Cheese/Soft", 2), ("Bakery", 4)];
        let found = tree(paths.map(|(path, count)| (path.to_owned(), count)));
        let shown: Vec<_> =
            found.iter().map(|node| (node.path.as_str(), node.count, node.total)).collect();
        assert_eq!(shown, [("Bakery", 4, 4), ("Dairy", 1, 6)]);
        let below: Vec<_> = found[1].children.iter().map(|node| node.path.as_str()).collect();
        assert_eq!(below, ["Dairy/Cheese", "Dairy/Milk"]);
        assert_eq!((found[1].children[0].count, found[1].children[0].total), (0, 2));
        assert_eq!(found[1].children[0].children[0].name, "Soft");
        assert!(tree([]).is_empty());
    }

    #[test]
    fn a_renaming_takes_all_below_along() {
        let renaming = Renaming::new(" dairy / milk ", "Dairy/Fresh milk").unwrap();
        for (path, moved) in
            [("Dairy/Milk", "Dairy/Fresh milk"), ("DAIRY/milk/Oat", "Dairy/Fresh milk/Oat")]
        {
            assert_eq!(renaming.of(path), Some(Ok(moved.to_owned())), "{path}");
        }
        for path in ["Dairy", "Dairy/Milkshakes", "", "Drinks/Dairy/Milk"] {
            assert_eq!(renaming.of(path), None, "{path}");
        }
    }

    #[test]
    fn impossible_renamings_are_refused() {
        for (from, to, field) in [
            ("", "A", "from"),
            ("A", " / ", "to"),
            ("A", "a/B", "to"),
            ("A", "1/2/3/4/5/6/7", "to"),
            ("A", "a\nb", "to"),
        ] {
            assert_eq!(Renaming::new(from, to).unwrap_err().0, field, "{from} {to}");
        }
        Renaming::new("dairy", "Dairy").unwrap();
        Renaming::new("Dairy/Milk", "Dairy").unwrap();
        let deep = Renaming::new("A", "1/2/3/4/5").unwrap();
        assert_eq!(deep.of("a/b"), Some(Ok("1/2/3/4/5/b".into())));
        assert_eq!(deep.of("a/b/c"), Some(Err(InvalidRenaming::TooLong)));
    }
}
