//! Where the words of a name are, so that a page of results is marked without reading the names
//! anew.
//!
//! The folded words make the key that names are sorted by; beside it are their places in the name
//! and a hash of each stem. Should two stems ever share a hash, a word too much is marked.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::super::language::Language;
use super::super::text::{self, Purpose, QueryWord};

/// The words of a name.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// The folded words with a space between.
    sort_key: Box<str>,
    /// As many as there are in the key.
    words: Box<[Mark]>,
}

/// A word of a name.
#[derive(Debug, Clone, Copy)]
struct Mark {
    /// Its place in the name, in bytes.
    start: u16,
    end: u16,
    stem: u32,
}

/// What of names is marked for a query.
#[derive(Debug)]
pub(in super::super) struct Marker {
    /// The unfinished last word, folded.
    begun: Option<String>,
    stems: Vec<u32>,
}

impl Marks {
    pub(super) fn of(name: &str, language: Language) -> Self {
        let mut stem = text::stem_alone(language);
        let mut key = String::with_capacity(name.len());
        let mut words = Vec::new();
        text::words_of(name, Purpose::Query, &mut |word| {
            if !key.is_empty() {
                key.push(' ');
            }
            key.push_str(&word.text);
            // Names are far shorter; what is beyond is not marked.
            let place = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
            let (start, end) = (place(word.offset_from), place(word.offset_to));
            words.push(Mark { start, end, stem: hash(&text::stem_of(&mut stem, &word.text)) });
        });
        Self { sort_key: key.into(), words: words.into() }
    }

    /// The name as it is compared when names are sorted: lower-case and folded, punctuation
    /// ignored.
    pub(super) fn sort_key(&self) -> &str {
        &self.sort_key
    }
}

impl Marker {
    /// Marks these words of a query, if they are unfinished, and words of these stems.
    pub(in super::super) fn new(words: &[QueryWord], stems: &BTreeSet<String>) -> Self {
        let begun = words.iter().find(|word| word.is_open).map(|word| word.text.clone());
        Self { begun, stems: stems.iter().map(|stem| hash(stem)).collect() }
    }

    /// `name` as HTML with matching words in `<b>`. Of a word that is only begun, the part that
    /// was typed is marked.
    pub(super) fn highlight(&self, name: &str, marks: &Marks) -> String {
        let mut html = String::with_capacity(name.len() + 32);
        let mut at = 0;
        for (mark, folded) in marks.words.iter().zip(marks.sort_key.split(' ')) {
            let begun = self.begun.as_ref().filter(|begun| folded.starts_with(begun.as_str()));
            if begun.is_none() && !self.stems.contains(&mark.stem) {
                continue;
            }
            let (start, end) = (usize::from(mark.start), usize::from(mark.end));
            let Some(slice) = name.get(start..end).filter(|slice| !slice.is_empty()) else {
                continue;
            };
            // Folding may change lengths; only where it did not is the typed part known.
            let typed = begun.filter(|_| slice.to_lowercase() == folded).and_then(|begun| {
                slice.char_indices().nth(begun.chars().count()).map(|(typed, _)| start + typed)
            });
            let end = typed.unwrap_or(end);
            escape(name.get(at..start).unwrap_or(""), &mut html);
            html.push_str("<b>");
            escape(name.get(start..end).unwrap_or(""), &mut html);
            html.push_str("</b>");
            at = end;
        }
        escape(name.get(at..).unwrap_or(""), &mut html);
        html
    }
}

fn hash(stem: &str) -> u32 {
    let mut hasher = DefaultHasher::new();
    stem.hash(&mut hasher);
    let [a, b, c, d, ..] = hasher.finish().to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

fn escape(text: &str, html: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        let (plain, special) = rest.split_at(at);
        html.push_str(plain);
        html.push_str(match special.as_bytes().first() {
            Some(b'&') => "&amp;",
            Some(b'<') => "&lt;",
            Some(b'>') => "&gt;",
            Some(b'"') => "&quot;",
            _ => "&#39;",
        });
        rest = special.get(1..).unwrap_or("");
    }
    html.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_are_marked_and_the_rest_is_escaped() {
        let shown = |name: &str, query: &str| {
            let words = text::query_words(query, Language::English);
            let stems = words.iter().map(|word| word.stem.clone()).collect();
            Marker::new(&words, &stems).highlight(name, &Marks::of(name, Language::English))
        };
        assert_eq!(shown("Dark <i>Chocolate</i>", "choc"), {
            "Dark &lt;i&gt;<b>Choc</b>olate&lt;/i&gt;"
        });
        assert_eq!(shown("Red & green apples", "apple "), "Red &amp; green <b>apples</b>");
        assert_eq!(shown("Crème fraîche", "creme"), "<b>Crème</b> fraîche");
        assert_eq!(shown("Milk 1 l", "1l"), "Milk <b>1 l</b>");
        assert_eq!(shown("\"'", "x"), "&quot;&#39;");
        let long = "- ".repeat(40_000) + "milk";
        assert_eq!(shown(&long, "milk "), long, "too far behind to be marked");
    }

    #[test]
    fn names_are_sorted_by_their_folded_words() {
        let key = |name: &str| Marks::of(name, Language::English).sort_key().to_owned();
        assert_eq!(key("  Crème-Brûlée, 100 g! "), "creme brulee 100g");
        assert_eq!(key("?!"), "");
    }
}
