//! Versions of firmware: whatever the people who build it write, and which of two is older.

use std::cmp::Ordering;

/// Longest version, in characters: what a heartbeat can say.
const VERSION_CHARS_MAX: usize = 40;

/// Checks a version: 1 to 40 printable ASCII characters without blanks.
pub fn version(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    let fits = (1..=VERSION_CHARS_MAX).contains(&text.len());
    if fits && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(text.to_owned())
    } else {
        Err("is 1 to 40 letters, digits and signs without blanks, as 1.4.0")
    }
}

/// Whether both texts name the same version: `v1.4.0` is `1.4.0`.
pub fn is_same(one: &str, other: &str) -> bool {
    plain(one).eq_ignore_ascii_case(plain(other))
}

/// Which of two versions is newer, where that can be told: their numbers are compared one by one,
/// and one with a word behind the numbers (`1.4.0-rc1`) comes before the one without. `None` for
/// what has no number at its start, such as the hash of a commit.
pub fn order(one: &str, other: &str) -> Option<Ordering> {
    if is_same(one, other) {
        return Some(Ordering::Equal);
    }
    let ((one, one_word), (other, other_word)) = (parts(one)?, parts(other)?);
    let length = one.len().max(other.len());
    let number = |numbers: &[u64], index: usize| numbers.get(index).copied().unwrap_or(0);
    let numbers = (0..length).map(|index| number(&one, index).cmp(&number(&other, index)));
    let by_number = numbers.fold(Ordering::Equal, Ordering::then);
    let by_word = match (one_word, other_word) {
        ("", "") => Ordering::Equal,
        ("", _) => Ordering::Greater,
        (_, "") => Ordering::Less,
        // Words count up too: rc9 before rc10.
        (one, other) => word(one).cmp(&word(other)),
    };
    Some(by_number.then(by_word))
}

fn plain(text: &str) -> &str {
    let text = text.trim();
    let rest = text.strip_prefix(['v', 'V']).unwrap_or(text);
    if rest.starts_with(|c: char| c.is_ascii_digit()) { rest } else { text }
}

/// The numbers at the start and the word behind them; what follows a `+` says how it was built.
fn parts(text: &str) -> Option<(Vec<u64>, &str)> {
    let text = plain(text);
    let text = text.split_once('+').map_or(text, |(version, _)| version);
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (numbers, rest) = text.split_at(end);
    let is_word_apart = rest.is_empty() || rest.starts_with(['-', '_']) || numbers.contains('.');
    let numbers: Option<Vec<u64>> =
        numbers.trim_end_matches('.').split('.').map(|number| number.parse().ok()).collect();
    numbers.filter(|_| is_word_apart).map(|numbers| (numbers, rest.trim_start_matches(['-', '_'])))
}

fn word(text: &str) -> (String, u64) {
    let end = text.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    (text[..end].to_ascii_lowercase(), text[end..].parse().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_put_in_order_where_that_can_be_told() {
        for (older, newer) in [
            ("1.3.9", "1.4.0"),
            ("1.9", "1.10"),
            ("1.4", "1.4.1"),
            ("v1.4.0", "1.5.0"),
            ("1.4.0-rc1", "1.4.0"),
            ("1.4.0-rc9", "1.4.0-rc10"),
            ("1.4.0-beta", "1.4.0-rc1"),
            ("7", "8"),
            ("20260131", "20260201"),
        ] {
            assert_eq!(order(older, newer), Some(Ordering::Less), "{older} {newer}");
            assert_eq!(order(newer, older), Some(Ordering::Greater), "{newer} {older}");
        }
        for (one, other) in [("v1.4.0", "1.4.0"), ("1.4", "1.4.0"), ("1.4.0+a", "1.4.0+b")] {
            assert_eq!(order(one, other), Some(Ordering::Equal), "{one} {other}");
        }
        for odd in ["", "main", "9f8e7d6", "99999999999999999999.1"] {
            assert_eq!(order(odd, "1.4.0"), None, "{odd}");
            assert_eq!(order("1.4.0", odd), None, "{odd}");
        }
    }

    #[test]
    fn a_version_is_a_short_word() {
        assert_eq!(version(" 1.4.0\n"), Ok("1.4.0".to_owned()));
        for bad in ["", " ", "1.4 beta", "1.4.\u{7}", "é", &"1".repeat(41)] {
            assert!(version(bad).is_err(), "{bad}");
        }
        assert!(is_same("V2.0-RC1", "2.0-rc1") && !is_same("valid", "alid"));
    }
}
