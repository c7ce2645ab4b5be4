//! Suggestions while somebody types.

use std::collections::BTreeSet;

use super::language::Language;
use super::text::{self, Purpose, QueryWord};
use crate::domain::id::ProductId;

/// Most suggestions for one text.
pub const SUGGESTIONS_MAX: usize = 20;

/// A product to offer for an unfinished query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The product.
    pub id: ProductId,
    /// Its name.
    pub name: String,
    /// Its name as HTML: matching words are in `<b>`, everything else is escaped.
    pub highlight: String,
}

/// `name` as HTML with the words in `<b>` that a query's words or `stems` match. Of a word that
/// is only begun, the part that was typed is marked.
pub(super) fn highlight(
    name: &str,
    words: &[QueryWord],
    stems: &BTreeSet<String>,
    language: Language,
) -> String {
    let mut stem = text::stem_alone(language);
    let mut html = String::with_capacity(name.len() + 16);
    let mut at = 0;
    text::words_of(name, Purpose::Query, &mut |token| {
        let begun = words.iter().find(|word| word.is_open && token.text.starts_with(&word.text));
        let is_whole = stems.contains(&text::stem_of(&mut stem, &token.text));
        let Some(slice) = name.get(token.offset_from..token.offset_to) else { return };
        let end = match begun {
            // Folding may change lengths; only where it did not is the typed part known.
            Some(word) if slice.to_lowercase() == token.text => {
                let typed = slice.char_indices().nth(word.text.chars().count());
                typed.map_or(token.offset_to, |(typed, _)| token.offset_from + typed)
            }
            _ if begun.is_some() || is_whole => token.offset_to,
            _ => return,
        };
        escape(name.get(at..token.offset_from).unwrap_or(""), &mut html);
        html.push_str("<b>");
        escape(name.get(token.offset_from..end).unwrap_or(""), &mut html);
        html.push_str("</b>");
        at = end;
    });
    escape(name.get(at..).unwrap_or(""), &mut html);
    html
}

fn escape(text: &str, html: &mut String) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_are_marked_and_the_rest_is_escaped() {
        let shown = |name, query| {
            let words = text::query_words(query, Language::English);
            let stems = words.iter().map(|word| word.stem.clone()).collect();
            highlight(name, &words, &stems, Language::English)
        };
        assert_eq!(shown("Dark <i>Chocolate</i>", "choc"), {
            "Dark &lt;i&gt;<b>Choc</b>olate&lt;/i&gt;"
        });
        assert_eq!(shown("Red & green apples", "apple "), "Red &amp; green <b>apples</b>");
        assert_eq!(shown("Crème fraîche", "creme"), "<b>Crème</b> fraîche");
        assert_eq!(shown("Milk 1 l", "1l"), "Milk <b>1 l</b>");
        assert_eq!(shown("\"'", "x"), "&quot;&#39;");
    }
}
