//! Uids from readers that lose zeros.
//!
//! Much firmware prints a uid byte by byte with `String(byte, HEX)`, which leaves out a byte's
//! leading zero: `04 A3 0F 22` comes as `4A3F22`, and so does `4A 03 0F 22`. Which tag it was can
//! only be told by looking which of the few that read so there is.

use super::Uid;

/// How many bytes uids have: MIFARE and ISO 14443 (4, 7, 10), 125 kHz tags (5), ISO 15693 (8).
const LENGTHS: [usize; 5] = [4, 5, 7, 8, 10];
/// Of long uids at most so many zeros are put back: one in sixteen bytes begins with a zero, so
/// that more are rare, and the readings become many.
const LONG_MISSING_MAX: usize = 3;
/// Uids of at most so many bytes may miss every zero.
const SHORT_BYTES: usize = 5;
/// What the numbers above come to at most, all lengths together; a test counts.
#[cfg(test)]
const READINGS_MAX: usize = 250;

impl Uid {
    /// The uids that a reader without leading zeros prints like this one; itself is none of them.
    pub fn unpadded_readings(&self) -> Vec<Self> {
        let digits = self.as_str().as_bytes();
        let mut found = Vec::new();
        for bytes in LENGTHS {
            let missing = (2 * bytes).saturating_sub(digits.len());
            let missing_max = if bytes <= SHORT_BYTES { bytes } else { LONG_MISSING_MAX };
            if (1..=missing_max).contains(&missing) {
                pad(digits, bytes, missing, &mut String::new(), &mut found);
            }
        }
        found
    }
}

/// Reads `digits` as so many bytes, so many of which are one digit long.
fn pad(digits: &[u8], bytes: usize, missing: usize, uid: &mut String, found: &mut Vec<Uid>) {
    let [first, rest @ ..] = digits else {
        if bytes == 0 {
            found.push(Uid(uid.clone()));
        }
        return;
    };
    if bytes == 0 {
        return;
    }
    let length = uid.len();
    if missing > 0 {
        uid.extend(['0', char::from(*first)]);
        pad(rest, bytes - 1, missing - 1, uid, found);
        uid.truncate(length);
    }
    // A byte of two digits begins with no zero: it would have been left out.
    if let [second, rest @ ..] = rest
        && *first != b'0'
        && bytes > missing
    {
        uid.extend([char::from(*first), char::from(*second)]);
        pad(rest, bytes - 1, missing, uid, found);
        uid.truncate(length);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn readings(text: &str) -> Vec<String> {
        let uid: Uid = text.parse().unwrap();
        uid.unpadded_readings().iter().map(Uid::to_string).collect()
    }

    #[test]
    fn zeros_are_put_back_wherever_they_may_have_been() {
        let all = readings("4A31F22");
        let of_four: Vec<&String> = all.iter().filter(|uid| uid.len() == 8).collect();
        assert_eq!(of_four, ["04A31F22", "4A031F22", "4A310F22", "4A31F202"]);
        assert_eq!(all.len() - of_four.len(), 10, "and those of five bytes");
        assert_eq!(readings("1234"), ["01020304"]);
        assert_eq!(readings("0234"), ["00020304"], "a byte that is zero is one digit");
        assert!(readings("04A31F22").iter().all(|uid| uid.len() == 10));
        assert!(readings("0800AB12CD7E1122334455").is_empty());
    }

    #[test]
    fn readings_are_few_and_no_two_are_the_same() {
        for length in 4..=32 {
            let all = readings(&"A".repeat(length));
            let distinct: std::collections::BTreeSet<&String> = all.iter().collect();
            assert!(all.len() <= READINGS_MAX && distinct.len() == all.len(), "{length}");
        }
    }

    proptest! {
        #[test]
        fn every_short_uid_is_among_its_readings(bytes in prop::collection::vec(any::<u8>(), 4..=5)) {
            let padded = bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().concat();
            let sent = bytes.iter().map(|byte| format!("{byte:X}")).collect::<Vec<_>>().concat();
            prop_assert!(sent == padded || readings(&sent).contains(&padded));
        }
    }
}
