//! What a mobile number's one-time codes may be used for, and how often.
//!
//! Six digits can be guessed, so everything is counted by the number, whoever asks: tries of one
//! code, failures and codes of one day. A day is the 24 hours from the first code.

use jiff::{SignedDuration, Timestamp};

/// How long a code is good.
pub const CODE_LIFE: SignedDuration = SignedDuration::from_mins(5);
/// The least time between two codes for a number.
pub const RESEND_COOLDOWN: SignedDuration = SignedDuration::from_secs(30);
/// Wrong codes after which a code is dead.
pub const TRIES_PER_CODE: u8 = 5;
/// Wrong codes after which nothing is checked until the day is over.
pub const FAILURES_PER_DAY: u32 = 20;
/// Codes for one number in a day: each may cost the shop money and its owner peace.
pub const CODES_PER_DAY: u32 = 20;
/// See the module's documentation.
pub const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The keyed hash of a number and its code; the code itself is never kept.
pub type CodeHash = [u8; 32];

/// The codes of one number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeLedger {
    /// The code that is out, until it is used, guessed at too often, or replaced.
    pub live: Option<CodeHash>,
    /// When the last code ends.
    pub expires_at: Timestamp,
    /// How many more wrong codes the live one bears.
    pub tries_left: u8,
    /// When the last code was sent.
    pub sent_at: Timestamp,
    /// When the day began in which the following are counted.
    pub day_began: Timestamp,
    /// Codes sent in the day.
    pub codes_in_day: u32,
    /// Wrong codes in the day.
    pub failures_in_day: u32,
}

/// What a code is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is the live one; it is spent now.
    Right,
    /// It is not.
    Wrong,
    /// Nothing is checked for so long.
    Locked(SignedDuration),
}

impl CodeLedger {
    /// A new code for a number, in the place of any before; `Err` says how long to wait.
    pub fn issue(
        before: Option<Self>,
        hash: CodeHash,
        now: Timestamp,
    ) -> Result<Self, SignedDuration> {
        let (day_began, codes, failures) = match before {
            Some(before) => {
                let before = before.on(now);
                let full = before.failures_in_day >= FAILURES_PER_DAY
                    || before.codes_in_day >= CODES_PER_DAY;
                if full {
                    return Err(before.rest_of_day(now));
                }
                // A clock that was set back must not make anybody wait for it.
                let since = now.duration_since(before.sent_at);
                if !since.is_negative() && since < RESEND_COOLDOWN {
                    return Err(RESEND_COOLDOWN - since);
                }
                (before.day_began, before.codes_in_day, before.failures_in_day)
            }
            None => (now, 0, 0),
        };
        Ok(Self {
            live: Some(hash),
            expires_at: now + CODE_LIFE,
            tries_left: TRIES_PER_CODE,
            sent_at: now,
            day_began,
            codes_in_day: codes + 1,
            failures_in_day: failures,
        })
    }

    /// Uses up a try. `is_code` compares with the live code's hash.
    pub fn check(&mut self, now: Timestamp, is_code: impl FnOnce(&CodeHash) -> bool) -> Verdict {
        *self = self.clone().on(now);
        if self.failures_in_day >= FAILURES_PER_DAY {
            return Verdict::Locked(self.rest_of_day(now));
        }
        let live = self.live.filter(|_| now < self.expires_at);
        if live.is_some_and(|hash| is_code(&hash)) {
            self.live = None;
            return Verdict::Right;
        }
        self.failures_in_day += 1;
        self.tries_left = self.tries_left.saturating_sub(1);
        if self.tries_left == 0 {
            self.live = None;
        }
        Verdict::Wrong
    }

    /// When nothing in it counts any more.
    pub fn ends_at(&self) -> Timestamp {
        self.expires_at.max(self.day_began + DAY)
    }

    /// The ledger with the counts of the day that `now` is in.
    fn on(self, now: Timestamp) -> Self {
        let age = now.duration_since(self.day_began);
        if !age.is_negative() && age < DAY {
            return self;
        }
        Self { day_began: now, codes_in_day: 0, failures_in_day: 0, ..self }
    }

    fn rest_of_day(&self, now: Timestamp) -> SignedDuration {
        DAY - now.duration_since(self.day_began)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> Timestamp {
        "2026-11-20T12:00:00Z".parse().unwrap()
    }

    fn s(seconds: i64) -> SignedDuration {
        SignedDuration::from_secs(seconds)
    }

    fn right(hash: &CodeHash) -> bool {
        *hash == [1; 32]
    }

    #[test]
    fn a_code_is_good_once_and_for_five_minutes() {
        let mut ledger = CodeLedger::issue(None, [1; 32], noon()).unwrap();
        let mut late = ledger.clone();
        assert_eq!(ledger.check(noon() + s(299), right), Verdict::Right);
        assert_eq!(ledger.check(noon() + s(299), right), Verdict::Wrong);
        assert_eq!(late.check(noon() + s(300), right), Verdict::Wrong);
    }

    #[test]
    fn five_wrong_tries_kill_a_code() {
        for (wrong, verdict) in [(4, Verdict::Right), (5, Verdict::Wrong)] {
            let mut ledger = CodeLedger::issue(None, [1; 32], noon()).unwrap();
            for _ in 0..wrong {
                assert_eq!(ledger.check(noon(), |_| false), Verdict::Wrong);
            }
            assert_eq!(ledger.check(noon(), right), verdict, "{wrong}");
        }
    }

    #[test]
    fn a_new_code_replaces_the_old_one_after_thirty_seconds() {
        let first = CodeLedger::issue(None, [1; 32], noon()).unwrap();
        let early = CodeLedger::issue(Some(first.clone()), [2; 32], noon() + s(12));
        assert_eq!(early, Err(s(18)));
        let mut second = CodeLedger::issue(Some(first), [2; 32], noon() + s(30)).unwrap();
        assert_eq!(second.check(noon() + s(30), right), Verdict::Wrong);
        assert_eq!(second.check(noon() + s(30), |hash| *hash == [2; 32]), Verdict::Right);
    }

    #[test]
    fn twenty_failures_lock_the_number_until_the_day_is_over() {
        let mut now = noon();
        let mut ledger = CodeLedger::issue(None, [1; 32], now).unwrap();
        for failure in 0..20 {
            assert_eq!(ledger.check(now, |_| false), Verdict::Wrong, "{failure}");
            if failure % 5 == 4 && failure < 19 {
                now += s(30);
                ledger = CodeLedger::issue(Some(ledger), [1; 32], now).unwrap();
            }
        }
        assert_eq!(ledger.check(now, right), Verdict::Locked(DAY - s(90)));
        let refused = CodeLedger::issue(Some(ledger.clone()), [1; 32], now + s(60));
        assert_eq!(refused, Err(DAY - s(150)));
        let tomorrow = noon() + DAY;
        let mut fresh = CodeLedger::issue(Some(ledger), [1; 32], tomorrow).unwrap();
        assert_eq!(fresh.check(tomorrow, right), Verdict::Right);
        assert_eq!(fresh.ends_at(), tomorrow + DAY);
    }

    #[test]
    fn a_number_gets_so_many_codes_a_day() {
        let mut now = noon();
        let mut ledger = CodeLedger::issue(None, [1; 32], now).unwrap();
        for _ in 1..CODES_PER_DAY {
            now += s(30);
            ledger = CodeLedger::issue(Some(ledger), [1; 32], now).unwrap();
        }
        assert!(CodeLedger::issue(Some(ledger.clone()), [1; 32], now + s(30)).is_err());
        assert!(CodeLedger::issue(Some(ledger), [1; 32], noon() + DAY).is_ok());
    }

    #[test]
    fn a_clock_that_was_set_back_locks_nobody_out() {
        let ledger = CodeLedger::issue(None, [1; 32], noon()).unwrap();
        let earlier = noon() - s(100_000);
        assert!(CodeLedger::issue(Some(ledger), [1; 32], earlier).is_ok());
    }
}
