//! What people looked for and did not find, by day, without who they are.

use jiff::Timestamp;

/// Longest text that is kept, in characters.
pub const MISS_CHARS_MAX: usize = 128;
/// Shortest text that is kept, in characters: shorter ones are words that somebody began.
const MISS_CHARS_MIN: usize = 3;
/// This many digits in a row may be somebody's telephone or card number, also with blanks and
/// dashes between them.
const PRIVATE_DIGITS: usize = 7;
/// How long a day's count is kept.
pub const MISS_DAYS_KEPT: u32 = 90;
/// Most texts that are kept.
pub const MISSES_MAX: usize = 5_000;

/// How often a text was looked for in vain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misses {
    /// Days since 1970 with their counts, oldest first, at most [`MISS_DAYS_KEPT`] and one.
    pub days: Vec<(u32, u32)>,
    /// The last time.
    pub last_at: Timestamp,
}

impl Misses {
    /// None yet.
    pub const fn none() -> Self {
        Self { days: Vec::new(), last_at: Timestamp::UNIX_EPOCH }
    }

    /// Counts `count` more of `at`'s day, and forgets days that are too old.
    pub fn add(&mut self, count: u32, at: Timestamp) {
        let today = day_of(at);
        if let Some((_, known)) = self.days.iter_mut().find(|(day, _)| *day == today) {
            *known = known.saturating_add(count);
        } else {
            let place = self.days.partition_point(|(day, _)| *day < today);
            self.days.insert(place, (today, count));
        }
        self.last_at = self.last_at.max(at);
        self.forget_before(today.saturating_sub(MISS_DAYS_KEPT));
    }

    /// Forgets days before this one.
    pub fn forget_before(&mut self, day: u32) {
        self.days.retain(|(known, _)| *known >= day);
    }

    /// How often on this day or later.
    pub fn since(&self, day: u32) -> u64 {
        let days = self.days.iter().filter(|(known, _)| *known >= day);
        days.map(|(_, count)| u64::from(*count)).sum()
    }
}

/// Days since 1970, in UTC.
pub fn day_of(at: Timestamp) -> u32 {
    u32::try_from(at.as_second().div_euclid(86_400)).unwrap_or(0)
}

/// A query as it may be kept: lower-case, blanks as one, cut. `None` when it is too short to say
/// anything or may name a person: e-mail addresses and long numbers.
pub fn keepable(query: &str) -> Option<String> {
    let shown = query.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    let text = shown.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    // Looked at before it is cut, so that no cut hides what it is.
    if text.contains('@') || has_private_number(&text) {
        return None;
    }
    let text: String = text.chars().take(MISS_CHARS_MAX).collect();
    let says_something = text.chars().filter(|c| c.is_alphanumeric()).count() >= MISS_CHARS_MIN;
    says_something.then(|| text.trim_end().to_owned())
}

fn has_private_number(text: &str) -> bool {
    let mut digits = 0;
    for c in text.chars() {
        if c.is_numeric() {
            digits += 1;
            if digits >= PRIVATE_DIGITS {
                return true;
            }
        } else if !matches!(
            c,
            ' ' | '-' | '.' | '/' | '(' | ')' | '+' | '_' | ',' | '\u{2010}'..='\u{2015}'
        ) {
            digits = 0;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_day(day: i64) -> Timestamp {
        Timestamp::from_second(day * 86_400 + 7).unwrap()
    }

    #[test]
    fn only_harmless_texts_are_kept() {
        assert_eq!(keepable("  Oat\tMILK \u{0} 1l ").as_deref(), Some("oat milk 1l"));
        assert_eq!(keepable("7up 330").as_deref(), Some("7up 330"));
        assert_eq!(keepable(&"ü".repeat(10_000)).unwrap().chars().count(), MISS_CHARS_MAX);
        for private in [
            "4111 1111 1111 1111",
            "4111-1111-1111-1111",
            "+49 (176) 040-690",
            "4006381333931",
            "milk 01760406900",
            "ann@example.com",
            "0176/0406900 milk",
            "٤١١١١١١١",
            "x 123.456.7",
        ] {
            assert_eq!(keepable(private), None, "{private}");
        }
        let hidden = format!("{} 4111111111111111", "x".repeat(200));
        assert_eq!(keepable(&hidden), None, "not even behind the cut");
        for empty in ["", " ", "ab", "?!*", "\u{7}"] {
            assert_eq!(keepable(empty), None, "{empty:?}");
        }
    }

    #[test]
    fn days_are_counted_and_forgotten() {
        let mut misses = Misses::none();
        for day in [100, 100, 103, 101] {
            misses.add(2, on_day(day));
        }
        assert_eq!(misses.days, [(100, 4), (101, 2), (103, 2)]);
        assert_eq!((misses.since(0), misses.since(101), misses.since(104)), (8, 4, 0));
        assert_eq!(misses.last_at, on_day(103));
        misses.add(1, on_day(193));
        assert_eq!(misses.days, [(103, 2), (193, 1)]);
        misses.add(u32::MAX, on_day(193));
        assert_eq!(misses.days.last(), Some(&(193, u32::MAX)));
        for day in 0..1_000 {
            misses.add(1, on_day(200 + day));
            assert!(misses.days.len() <= 91);
        }
    }
}
