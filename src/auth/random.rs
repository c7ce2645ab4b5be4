//! Randomness from the operating system.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// `N` random bytes, fit for keys.
///
/// # Panics
/// When the operating system has no random source: nothing secret can be made then.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has a random source");
    bytes
}

/// A random identifier of 128 bits, 22 characters of `[A-Za-z0-9_-]`.
pub fn random_id() -> String {
    URL_SAFE_NO_PAD.encode(random_bytes::<16>())
}

/// `count` characters of `alphabet`, each equally likely.
pub(super) fn random_text(alphabet: &[u8], count: usize) -> String {
    let size = u8::try_from(alphabet.len()).expect("an alphabet has fewer than 256 characters");
    // Bytes at or above the largest multiple of the alphabet's size would favour its start.
    let unbiased_below = u8::MAX - u8::MAX % size;
    let mut text = String::with_capacity(count);
    while text.len() < count {
        let [byte] = random_bytes();
        if byte < unbiased_below {
            text.push(char::from(alphabet[usize::from(byte % size)]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_do_not_repeat() {
        let ids: BTreeSet<String> = (0..1000).map(|_| random_id()).collect();
        assert_eq!(ids.len(), 1000);
        assert!(ids.iter().all(|id| id.len() == 22));
    }

    #[test]
    fn random_text_uses_the_whole_alphabet_and_nothing_else() {
        let text = random_text(b"abc", 600);
        assert_eq!(text.len(), 600);
        for letter in ["a", "b", "c"] {
            let share = text.matches(letter).count();
            assert!((120..280).contains(&share), "{letter}: {share}");
        }
    }
}
