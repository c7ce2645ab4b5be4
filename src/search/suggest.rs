//! Suggestions while somebody types.

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
