//! Text into words: one analysis for documents and queries, so that both agree.
//!
//! Words are lower-cased and folded to ASCII where that is possible. An apostrophe joins
//! (`L'Oréal` is `loreal`) except before a final s (`kid's` is `kid`). A number followed by a unit
//! is one word in the smallest unit: `1 l`, `1L`, `1 litre` and `100 cl` are all `1000ml`; a
//! document holds the bare number as well. `6x330ml` is a number and a measure.

use std::ops::Range;

use tantivy::tokenizer::{
    AsciiFoldingFilter, LowerCaser, RawTokenizer, RemoveLongFilter, TextAnalyzer, Token,
    TokenStream, Tokenizer,
};

use super::language::Language;

/// What of a query is read, in characters.
pub(super) const QUERY_CHARS_MAX: usize = 128;
/// How many words of a query are looked for.
pub(super) const QUERY_WORDS_MAX: usize = 12;
/// Longer words are not indexed, in bytes.
const WORD_BYTES_MAX: usize = 64;

/// A word of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct QueryWord {
    /// Folded, as the vocabulary spells words.
    pub(super) text: String,
    /// Its stem, as the weighted fields are indexed.
    pub(super) stem: String,
    /// Its bare number, when it is a measure.
    pub(super) number: Option<String>,
    /// Its place in the query, in bytes.
    pub(super) range: Range<usize>,
    /// Whether the query ends in it, so that it may be unfinished.
    pub(super) is_open: bool,
}

/// The part of a query that is read.
pub(super) fn cut(query: &str) -> &str {
    let end = query.char_indices().nth(QUERY_CHARS_MAX).map_or(query.len(), |(at, _)| at);
    query.get(..end).unwrap_or(query)
}

/// The words of a query that is [`cut`] already: each once, at most [`QUERY_WORDS_MAX`].
pub(super) fn query_words(query: &str, language: Language) -> Vec<QueryWord> {
    let mut stem = stem_alone(language);
    let mut words: Vec<QueryWord> = Vec::new();
    words_of(query, Purpose::Query, &mut |token| {
        let is_open = token.offset_to == query.len();
        if let Some(same) = words.iter_mut().find(|word| word.text == token.text) {
            same.is_open |= is_open;
            return;
        }
        words.push(QueryWord {
            text: token.text.clone(),
            stem: stem_of(&mut stem, &token.text),
            number: query.get(token.offset_from..token.offset_to).and_then(number_of_measure),
            range: token.offset_from..token.offset_to,
            is_open,
        });
    });
    // A query of nothing but stop words keeps them.
    if words.iter().any(|word| !language.is_stop_word(&word.text)) {
        words.retain(|word| !language.is_stop_word(&word.text));
    }
    words.truncate(QUERY_WORDS_MAX);
    words
}

/// The words of a text with their places in it, in bytes.
pub(super) fn words_of(text: &str, purpose: Purpose, visit: &mut dyn FnMut(&Token)) {
    plain(purpose).token_stream(text).process(visit);
}

/// The analyser of the vocabulary: whole words.
pub(super) fn plain(purpose: Purpose) -> TextAnalyzer {
    TextAnalyzer::builder(WordTokenizer { purpose })
        .filter(LowerCaser)
        .filter(AsciiFoldingFilter)
        .filter(RemoveLongFilter::limit(WORD_BYTES_MAX))
        .build()
}

/// The analyser of neighbours: each two words that stand side by side, stop words left out, as
/// the stem of one word.
pub(super) fn joined(language: Language) -> TextAnalyzer {
    TextAnalyzer::builder(NeighbourTokenizer { words: plain(Purpose::Query), language })
        .filter(RemoveLongFilter::limit(WORD_BYTES_MAX))
        .filter(language.stemmer())
        .build()
}

/// The analyser of the weighted fields: stems.
pub(super) fn stemmed(language: Language) -> TextAnalyzer {
    TextAnalyzer::builder(WordTokenizer { purpose: Purpose::Document })
        .filter(LowerCaser)
        .filter(AsciiFoldingFilter)
        .filter(RemoveLongFilter::limit(WORD_BYTES_MAX))
        .filter(language.stemmer())
        .build()
}

/// Stems words that are folded already.
pub(super) fn stem_alone(language: Language) -> TextAnalyzer {
    TextAnalyzer::builder(RawTokenizer::default()).filter(language.stemmer()).build()
}

/// The stem of a folded word by [`stem_alone`].
pub(super) fn stem_of(stem: &mut TextAnalyzer, word: &str) -> String {
    let mut stream = stem.token_stream(word);
    if stream.advance() { stream.token().text.clone() } else { word.to_owned() }
}

/// The bare number of a measure as it was written, and of nothing else.
pub(super) fn number_of_measure(written: &str) -> Option<String> {
    let mut scanner = Scanner { text: written, at: 0 };
    scanner.peek().filter(char::is_ascii_digit)?;
    let number = number(&mut scanner);
    measure(&number, &mut scanner).map(|_| number)
}

/// What a text is split for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A measure is found by its bare number too.
    Document,
    /// A measure means only itself.
    Query,
}

/// Splits text into words, numbers and measures.
#[derive(Debug, Clone)]
struct WordTokenizer {
    purpose: Purpose,
}

/// Makes one word of each two neighbours.
#[derive(Clone)]
struct NeighbourTokenizer {
    words: TextAnalyzer,
    language: Language,
}

impl Tokenizer for NeighbourTokenizer {
    type TokenStream<'a> = Words;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Words {
        let language = self.language;
        let mut pairs: Vec<Token> = Vec::new();
        let mut last: Option<Token> = None;
        self.words.token_stream(text).process(&mut |token| {
            if language.is_stop_word(&token.text) {
                return;
            }
            if let Some(last) = &last {
                pairs.push(Token {
                    text: format!("{}{}", last.text, token.text),
                    offset_from: last.offset_from,
                    ..token.clone()
                });
            }
            last = Some(token.clone());
        });
        Words { rest: pairs.into_iter(), current: Token::default() }
    }
}

struct Words {
    rest: std::vec::IntoIter<Token>,
    current: Token,
}

impl Tokenizer for WordTokenizer {
    type TokenStream<'a> = Words;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Words {
        Words { rest: split(text, self.purpose).into_iter(), current: Token::default() }
    }
}

impl TokenStream for Words {
    fn advance(&mut self) -> bool {
        match self.rest.next() {
            Some(token) => {
                self.current = token;
                true
            }
            None => false,
        }
    }

    fn token(&self) -> &Token {
        &self.current
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.current
    }
}

/// A text that is read from the front.
struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

impl Scanner<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Takes characters while they fit.
    fn take(&mut self, fits: impl Fn(char) -> bool) -> Range<usize> {
        let start = self.at;
        self.at += self.rest().find(|c| !fits(c)).unwrap_or(self.rest().len());
        start..self.at
    }
}

fn split(text: &str, purpose: Purpose) -> Vec<Token> {
    let mut scanner = Scanner { text, at: 0 };
    let mut tokens: Vec<Token> = Vec::new();
    let mut emit = |text: String, range: &Range<usize>| {
        tokens.push(Token {
            offset_from: range.start,
            offset_to: range.end,
            position: tokens.len(),
            text,
            position_length: 1,
        });
    };
    while let Some(c) = scanner.peek() {
        let start = scanner.at;
        if c.is_ascii_digit() {
            let number = number(&mut scanner);
            let after_number = scanner.at;
            if let Some(measure) = measure(&number, &mut scanner) {
                if purpose == Purpose::Document {
                    emit(number, &(start..after_number));
                }
                emit(measure, &(start..scanner.at));
            } else if !is_times(&mut scanner) && scanner.peek().is_some_and(char::is_alphanumeric) {
                emit(number + &word(&mut scanner), &(start..scanner.at));
            } else {
                emit(number, &(start..after_number));
            }
        } else if c.is_alphanumeric() {
            let word = word(&mut scanner);
            emit(word, &(start..scanner.at));
        } else {
            scanner.at += c.len_utf8();
        }
    }
    tokens
}

/// Digits, with a decimal point or comma inside.
fn number(scanner: &mut Scanner<'_>) -> String {
    let whole = scanner.take(|c| c.is_ascii_digit());
    let mut number = scanner.text.get(whole).unwrap_or("").to_owned();
    let mut ahead = scanner.rest().chars();
    if matches!(ahead.next(), Some('.' | ',')) && ahead.next().is_some_and(|c| c.is_ascii_digit()) {
        scanner.at += 1;
        let fraction = scanner.take(|c| c.is_ascii_digit());
        number.push('.');
        number.push_str(scanner.text.get(fraction).unwrap_or(""));
    }
    number
}

/// Takes the `x` of `6x330ml` and of `22 x 36`.
fn is_times(scanner: &mut Scanner<'_>) -> bool {
    let before = scanner.at;
    scanner.take(|c| c == ' ');
    let times = scanner.take(|c| matches!(c, 'x' | 'X' | '×'));
    scanner.take(|c| c == ' ');
    let is_times = !times.is_empty() && scanner.peek().is_some_and(|c| c.is_ascii_digit());
    if !is_times {
        scanner.at = before;
    }
    is_times
}

/// Letters and digits, with apostrophes between letters.
fn word(scanner: &mut Scanner<'_>) -> String {
    let mut word = String::new();
    loop {
        let run = scanner.take(char::is_alphanumeric);
        let run = scanner.text.get(run).unwrap_or("");
        word.push_str(run);
        let mut ahead = scanner.rest().chars();
        let Some(apostrophe @ ('\'' | '’')) = ahead.next() else { return word };
        let Some(next) = ahead.next().filter(|c| c.is_alphabetic()) else { return word };
        let is_last = !ahead.next().is_some_and(char::is_alphanumeric);
        scanner.at += apostrophe.len_utf8();
        if matches!(next, 's' | 'S') && is_last {
            scanner.at += 1;
            return word;
        }
    }
}

/// The measure that `number` and the unit after it make; takes the unit.
fn measure(number: &str, scanner: &mut Scanner<'_>) -> Option<String> {
    let before = scanner.at;
    if matches!(scanner.peek(), Some(' ' | '-')) {
        scanner.at += 1;
    }
    let mut unit = scanner.take(char::is_alphanumeric);
    if unit.is_empty() {
        unit = scanner.take(|c| matches!(c, '"' | '”' | '″' | '\''));
    }
    let unit = scanner.text.get(unit).unwrap_or("").to_lowercase();
    let measure = unit_of(&unit).and_then(|(base, factor)| in_base(number, base, factor));
    if measure.is_none() {
        scanner.at = before;
    }
    measure
}

/// The unit that measures are told in, and how many of it the named one has.
fn unit_of(name: &str) -> Option<(&'static str, u64)> {
    Some(match name {
        "l" | "lt" | "ltr" | "litre" | "litres" | "liter" | "liters" => ("ml", 1_000),
        "dl" => ("ml", 100),
        "cl" => ("ml", 10),
        "ml" | "millilitre" | "millilitres" | "milliliter" | "milliliters" => ("ml", 1),
        "kg" | "kilo" | "kilos" | "kilogram" | "kilograms" => ("g", 1_000),
        "g" | "gr" | "gram" | "grams" | "gramme" | "grammes" => ("g", 1),
        "\"" | "''" | "”" | "″" | "in" | "inch" | "inches" => ("in", 1),
        "ft" | "foot" | "feet" => ("in", 12),
        "cm" | "centimetre" | "centimetres" | "centimeter" | "centimeters" => ("mm", 10),
        "mm" | "millimetre" | "millimetres" | "millimeter" | "millimeters" => ("mm", 1),
        "oz" | "ounce" | "ounces" => ("oz", 1),
        "lb" | "lbs" | "pound" | "pounds" => ("oz", 16),
        "qt" | "quart" | "quarts" => ("qt", 1),
        "gal" | "gallon" | "gallons" => ("qt", 4),
        "gb" | "gigabyte" | "gigabytes" => ("gb", 1),
        "tb" | "terabyte" | "terabytes" => ("gb", 1_000),
        _ => return None,
    })
}

/// `number` of the unit in the base unit; `None` with more than three decimals or too many digits.
fn in_base(number: &str, base: &str, factor: u64) -> Option<String> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.len() > 3 || whole.len() > 9 {
        return None;
    }
    let thousandths: u64 = format!("{whole}{fraction:0<3}").parse().ok()?;
    let total = thousandths * factor;
    let decimals = format!("{:03}", total % 1_000);
    let decimals = decimals.trim_end_matches('0');
    let point = if decimals.is_empty() { "" } else { "." };
    Some(format!("{}{point}{decimals}{base}", total / 1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str, purpose: Purpose) -> Vec<String> {
        let mut words = Vec::new();
        words_of(text, purpose, &mut |token| words.push(token.text.clone()));
        words
    }

    #[test]
    fn measures_have_one_spelling() {
        for text in ["1l", "1 l", "1 L", "1 litre", "100cl", "1,0 l", "1000 ml"] {
            assert_eq!(texts(text, Purpose::Query), ["1000ml"], "{text}");
        }
        assert_eq!(texts("12.5 g", Purpose::Query), ["12.5g"]);
        assert_eq!(texts("Milk 1.5 l", Purpose::Document), ["milk", "1.5", "1500ml"]);
        assert_eq!(texts("6x330ml", Purpose::Query), ["6", "330ml"]);
        assert_eq!(texts("7up 3.5% a4", Purpose::Query), ["7up", "3.5", "a4"]);
        assert_eq!(texts("99999999999999999999 l", Purpose::Query).len(), 2);
    }

    #[test]
    fn words_are_folded() {
        let words = texts("Crème-Brûlée, L’Oréal kid's D'", Purpose::Query);
        assert_eq!(words, ["creme", "brulee", "loreal", "kid", "d"]);
    }

    #[test]
    fn a_query_has_few_words() {
        assert!(query_words("", Language::English).is_empty());
        assert!(query_words("+-&|!(){}[]^\"~*?:\\/\u{0}\n", Language::English).is_empty());
        let words = query_words("a bottle of milk ", Language::English);
        let found: Vec<_> = words.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(found, ["bottle", "milk"]);
        assert!(words.iter().all(|word| !word.is_open));
        assert!(query_words("milk choc", Language::English)[1].is_open);
        assert_eq!(query_words("the", Language::English)[0].text, "the");
        let many: Vec<_> = (0..1_000).map(|n| format!("word{n}")).collect();
        assert_eq!(query_words(&many.join(" "), Language::English).len(), QUERY_WORDS_MAX);
        assert_eq!(cut(&"ü".repeat(10_000)).chars().count(), QUERY_CHARS_MAX);
    }
}
