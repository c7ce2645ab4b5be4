//! The language of the catalogue: which forms of a word are the same, and which words say nothing.

use tantivy::tokenizer::{Language as Algorithm, Stemmer};

/// A language whose words can be stemmed (Snowball; Porter, 2001).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// `ar`.
    Arabic,
    /// `da`.
    Danish,
    /// `nl`.
    Dutch,
    /// `en`.
    #[default]
    English,
    /// `fi`.
    Finnish,
    /// `fr`.
    French,
    /// `de`.
    German,
    /// `el`.
    Greek,
    /// `hu`.
    Hungarian,
    /// `it`.
    Italian,
    /// `no`.
    Norwegian,
    /// `pt`.
    Portuguese,
    /// `ro`.
    Romanian,
    /// `ru`.
    Russian,
    /// `es`.
    Spanish,
    /// `sv`.
    Swedish,
    /// `ta`.
    Tamil,
    /// `tr`.
    Turkish,
}

impl Language {
    /// The language of an ISO 639-1 code.
    pub fn of_code(code: &str) -> Option<Self> {
        Some(match code {
            "ar" => Self::Arabic,
            "da" => Self::Danish,
            "nl" => Self::Dutch,
            "en" => Self::English,
            "fi" => Self::Finnish,
            "fr" => Self::French,
            "de" => Self::German,
            "el" => Self::Greek,
            "hu" => Self::Hungarian,
            "it" => Self::Italian,
            "no" => Self::Norwegian,
            "pt" => Self::Portuguese,
            "ro" => Self::Romanian,
            "ru" => Self::Russian,
            "es" => Self::Spanish,
            "sv" => Self::Swedish,
            "ta" => Self::Tamil,
            "tr" => Self::Turkish,
            _ => return None,
        })
    }

    /// Its stemmer, for words that are lower-case and folded already.
    pub(super) fn stemmer(self) -> Stemmer {
        Stemmer::new(match self {
            Self::Arabic => Algorithm::Arabic,
            Self::Danish => Algorithm::Danish,
            Self::Dutch => Algorithm::Dutch,
            Self::English => Algorithm::English,
            Self::Finnish => Algorithm::Finnish,
            Self::French => Algorithm::French,
            Self::German => Algorithm::German,
            Self::Greek => Algorithm::Greek,
            Self::Hungarian => Algorithm::Hungarian,
            Self::Italian => Algorithm::Italian,
            Self::Norwegian => Algorithm::Norwegian,
            Self::Portuguese => Algorithm::Portuguese,
            Self::Romanian => Algorithm::Romanian,
            Self::Russian => Algorithm::Russian,
            Self::Spanish => Algorithm::Spanish,
            Self::Swedish => Algorithm::Swedish,
            Self::Tamil => Algorithm::Tamil,
            Self::Turkish => Algorithm::Turkish,
        })
    }

    /// Whether a folded word says nothing about a product.
    pub(super) fn is_stop_word(self, word: &str) -> bool {
        self.stop_words().contains(&word)
    }

    /// Articles, prepositions and conjunctions, as words are folded; short lists, because a word
    /// on it is not looked for at all beside others.
    const fn stop_words(self) -> &'static [&'static str] {
        match self {
            Self::English => &[
                "a", "an", "and", "at", "by", "for", "from", "in", "is", "of", "on", "or", "the",
                "to", "with",
            ],
            Self::German => &[
                "am", "an", "auf", "aus", "bei", "das", "dem", "den", "der", "des", "die", "ein",
                "eine", "einem", "einen", "einer", "fur", "im", "in", "mit", "oder", "und", "vom",
                "von", "zu", "zum", "zur",
            ],
            Self::French => &[
                "a", "au", "aux", "avec", "d", "dans", "de", "des", "du", "en", "et", "l", "la",
                "le", "les", "ou", "par", "pour", "sur", "un", "une",
            ],
            Self::Spanish => &[
                "a", "al", "con", "de", "del", "el", "en", "la", "las", "los", "o", "para", "por",
                "un", "una", "y",
            ],
            Self::Italian => &[
                "a", "ai", "al", "alla", "alle", "con", "da", "dei", "del", "della", "delle", "di",
                "e", "ed", "gli", "i", "il", "in", "la", "le", "lo", "o", "per", "un", "una",
            ],
            Self::Dutch => &[
                "aan", "bij", "de", "een", "en", "het", "in", "met", "naar", "of", "om", "op",
                "te", "uit", "van", "voor",
            ],
            Self::Portuguese => &[
                "a", "ao", "as", "com", "da", "das", "de", "do", "dos", "e", "em", "na", "no", "o",
                "os", "ou", "para", "por", "um", "uma",
            ],
            Self::Swedish => {
                &["av", "den", "det", "en", "ett", "for", "fran", "i", "med", "och", "pa", "till"]
            }
            Self::Danish | Self::Norwegian => {
                &["af", "av", "den", "det", "en", "et", "for", "fra", "i", "med", "og", "pa", "til"]
            }
            Self::Finnish => &["ja", "tai", "kanssa"],
            Self::Hungarian => &["a", "az", "egy", "es", "vagy"],
            Self::Romanian => &[
                "a", "al", "ale", "cu", "de", "din", "in", "la", "o", "pe", "pentru", "sau", "si",
                "un",
            ],
            Self::Russian => {
                &["в", "для", "до", "и", "из", "или", "на", "о", "от", "по", "с", "со", "у"]
            }
            Self::Greek => &[
                "από", "για", "η", "και", "με", "ο", "οι", "σε", "στη", "στο", "τα", "τη", "της",
                "το", "του", "των",
            ],
            Self::Turkish => &["bir", "ile", "icin", "ve", "veya"],
            Self::Arabic => &["أو", "إلى", "على", "في", "مع", "من", "و"],
            Self::Tamil => &["அல்லது", "ஒரு"],
        }
    }
}
