//! Words and phrases that mean the same to the shop's search, as its owner says.

use jiff::Timestamp;

use super::id::SynonymId;
use super::invalid::FieldErrors;

/// Most groups of a shop: all of them are held in memory and looked at by each search.
pub const SYNONYM_GROUPS_MAX: usize = 1_000;
/// Fewest words or phrases of a group.
pub const SYNONYM_WORDS_MIN: usize = 2;
/// Most words or phrases of a group.
pub const SYNONYM_WORDS_MAX: usize = 16;
/// Longest phrase, in characters.
pub const PHRASE_CHARS_MAX: usize = 60;
/// Longest phrase, in words: a search looks for no more than eight.
pub const PHRASE_WORDS_MAX: usize = 4;

/// Words and phrases of one meaning: who looks for one of them finds the others too.
///
/// [`SynonymGroup::create`] and [`SynonymGroup::set_words`] hold the limits above, and that no
/// phrase stands in a group twice. That it stands in no other group is the store's to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SynonymGroup {
    /// Identity.
    pub id: SynonymId,
    /// The phrases, as the owner spells them but for blanks.
    pub words: Vec<String>,
    /// Rises with each edit.
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was edited last.
    pub updated_at: Timestamp,
}

impl SynonymGroup {
    /// A new group.
    pub fn create(id: SynonymId, words: &[String], now: Timestamp) -> Result<Self, FieldErrors> {
        let words = tidy(words)?;
        Ok(Self { id, words, version: 1, created_at: now, updated_at: now })
    }

    /// Other words; whether that changes anything.
    pub fn set_words(&mut self, words: &[String], now: Timestamp) -> Result<bool, FieldErrors> {
        let words = tidy(words)?;
        if words == self.words {
            return Ok(false);
        }
        self.words = words;
        self.version += 1;
        self.updated_at = now;
        Ok(true)
    }
}

/// A phrase as phrases are compared: lower-case, its words divided by one blank, without
/// punctuation around them.
pub fn folded(phrase: &str) -> String {
    let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let words: Vec<String> =
        phrase.split_whitespace().map(bare).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

fn tidy(words: &[String]) -> Result<Vec<String>, FieldErrors> {
    let mut errors = FieldErrors::new();
    if !(SYNONYM_WORDS_MIN..=SYNONYM_WORDS_MAX).contains(&words.len()) {
        errors.push(
            "words",
            format!(
                "a group has {SYNONYM_WORDS_MIN} to {SYNONYM_WORDS_MAX} words or phrases, \
                 this has {}",
                words.len()
            ),
        );
        return Err(errors);
    }
    let mut tidied: Vec<String> = Vec::with_capacity(words.len());
    let mut known: Vec<String> = Vec::with_capacity(words.len());
    for (index, word) in words.iter().enumerate() {
        let field = format!("words[{index}]");
        let phrase = word.split_whitespace().collect::<Vec<_>>().join(" ");
        let folded = folded(&phrase);
        if let Err(reason) = check(&phrase, &folded) {
            errors.push(field, reason);
        } else if let Some(first) = known.iter().position(|known| *known == folded) {
            errors.push(field, format!("`{phrase}` is the same as words[{first}]"));
        }
        tidied.push(phrase);
        known.push(folded);
    }
    errors.into_result()?;
    Ok(tidied)
}

fn check(phrase: &str, folded: &str) -> Result<(), String> {
    if phrase.chars().count() > PHRASE_CHARS_MAX {
        return Err(format!("is at most {PHRASE_CHARS_MAX} characters long"));
    }
    if phrase.chars().any(char::is_control) {
        return Err("has a control character".into());
    }
    match folded.split(' ').filter(|word| !word.is_empty()).count() {
        0 => Err("has no letter and no digit".into()),
        count if count > PHRASE_WORDS_MAX => {
            Err(format!("is at most {PHRASE_WORDS_MAX} words long"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(words: &[&str]) -> Result<Vec<String>, String> {
        let words: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
        let id = SynonymId::new(1).unwrap();
        let made = SynonymGroup::create(id, &words, Timestamp::UNIX_EPOCH);
        made.map(|group| group.words).map_err(|errors| errors.to_string())
    }

    #[test]
    fn groups_are_tidied_and_bounded() {
        assert_eq!(made(&[" Soft \t drink ", "soda"]).unwrap(), ["Soft drink", "soda"]);
        let many: Vec<_> = (0..17).map(|n| format!("w{n}")).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        assert!(made(&many[..16]).is_ok());
        for (words, said) in [
            (&["soda"][..], "2 to 16"),
            (&[], "this has 0"),
            (&many, "this has 17"),
            (&["soda", "SODA"], "words[1]: `SODA` is the same as words[0]"),
            (&["soft drink", "soda", "Soft  Drink!"], "words[2]"),
            (&["soda", " "], "words[1]: has no letter"),
            (&["soda", "?!"], "no letter"),
            (&["soda", "a\u{0}b"], "control"),
            (&["soda", "a b c d e"], "4 words"),
            (&["soda", &"x".repeat(61)], "60 characters"),
        ] {
            let refused = made(words).unwrap_err();
            assert!(refused.contains(said), "{words:?}: {refused}");
        }
    }

    #[test]
    fn an_edit_that_changes_nothing_is_none() {
        let words = ["soda".to_owned(), "pop".to_owned()];
        let (one, two) = (Timestamp::UNIX_EPOCH, Timestamp::from_second(2).unwrap());
        let mut group = SynonymGroup::create(SynonymId::new(1).unwrap(), &words, one).unwrap();
        assert!(!group.set_words(&["soda ".into(), "pop".into()], two).unwrap());
        assert_eq!(group.version, 1);
        assert!(group.set_words(&["soda".into(), "cola".into()], two).unwrap());
        assert_eq!((group.version, group.updated_at), (2, two));
        assert!(group.set_words(&[], two).is_err());
        assert_eq!(group.words, ["soda", "cola"]);
    }
}
