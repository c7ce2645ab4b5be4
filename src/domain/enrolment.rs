//! How a board becomes a trolley: somebody with the right to do so gets a short code, and the
//! board shows it in exchange for a key of its own.
//!
//! A code works once. But the answer that carries the key can get lost on its way, and a board
//! that was cut off there would be locked out with a code that is used up. So firmware may send a
//! claim along with its code: a text that it drew at random and told nobody else. The board that
//! shows the same claim again is the one that was let in, and gets another key for the same
//! trolley, as long as the code lives and the key that went out was never used. An address
//! proves nothing, because everybody on the network can read it; without a claim there is no
//! second answer.

use jiff::{SignedDuration, Timestamp};

use super::devices::KeyHash;
use super::id::DeviceId;

/// How long a code works.
pub const CODE_LIFE: SignedDuration = SignedDuration::from_mins(10);
/// How long a code is remembered after its end, so that a late board is told why.
pub const CODE_KEPT: SignedDuration = SignedDuration::from_hours(1);
/// The most codes that work at a time.
pub const CODES_OPEN_MAX: usize = 50;
/// The most codes that are remembered, used and expired ones included.
pub const CODES_KEPT_MAX: usize = 1_000;
/// Characters of a claim: enough that nobody guesses it.
const CLAIM_CHARS: std::ops::RangeInclusive<usize> = 16..=64;
/// Longest name of a chip, in characters.
const CHIP_CHARS_MAX: usize = 32;
/// Characters of a MAC address.
const MAC_DIGITS: usize = 12;

/// The SHA-256 of a claim.
pub type ClaimHash = [u8; 32];

/// A code that lets one board in. The code itself is shown once and never kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairingCode {
    /// Identity; tells nothing of the code.
    pub id: u64,
    /// What the trolley will be called; `None`: the next free number.
    pub name: Option<String>,
    /// The trolley that gets a new board and key; `None`: a new trolley.
    pub device_id: Option<DeviceId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it works no longer.
    pub expires_at: Timestamp,
    /// The username of who asked for it; `None` for the command line.
    pub created_by: Option<String>,
    /// Who used it.
    pub used: Option<Enrolled>,
}

/// What came of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// The trolley.
    pub device_id: DeviceId,
    /// The hash of the claim that the board made, if it made one.
    pub claim: Option<ClaimHash>,
    /// The hash of the key that went out.
    pub key_hash: KeyHash,
    /// When.
    pub at: Timestamp,
}

impl PairingCode {
    /// Whether a board that has not enrolled yet may use it.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.used.is_none() && self.lives(now)
    }

    /// Whether its time is not over.
    pub fn lives(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }

    /// Whether it may be forgotten.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        self.expires_at + CODE_KEPT <= now
    }

    /// The enrolment that a board repeats, if it is the same one. Without a claim no board can be
    /// told from another.
    pub fn repeated_by(&self, claim: Option<&ClaimHash>) -> Option<&Enrolled> {
        let used = self.used.as_ref()?;
        (used.claim.is_some() && used.claim.as_ref() == claim).then_some(used)
    }
}

/// A MAC address as it is kept: 12 upper-case hexadecimal digits, whatever stood between them.
/// All zeros, which a board says whose radio is off, is none.
pub fn mac(text: &str) -> Result<Option<String>, &'static str> {
    const WRONG: &str = "is 12 hexadecimal digits, as 24:6F:28:AB:01:9C";
    let is_between = |c: &char| c.is_whitespace() || matches!(c, ':' | '-' | '.' | '_');
    let digits: String = text.chars().filter(|c| !is_between(c)).collect();
    let digits = digits.strip_prefix("0x").unwrap_or(&digits).to_ascii_uppercase();
    if digits.len() != MAC_DIGITS || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(WRONG);
    }
    if digits.bytes().all(|byte| byte == b'F') {
        return Err("is everybody's address: send the board's own");
    }
    Ok((!digits.bytes().all(|byte| byte == b'0')).then_some(digits))
}

/// Checks a claim: a text that firmware drew at random.
pub fn claim(text: &str) -> Result<&str, &'static str> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_plain && CLAIM_CHARS.contains(&text.len()) {
        Ok(text)
    } else {
        Err("is 16 to 64 printable ASCII characters without blanks, drawn at random")
    }
}

/// The name of a chip as it is kept: what the firmware says, in upper case.
pub fn chip(text: &str) -> Result<String, &'static str> {
    let name = text.trim().to_ascii_uppercase();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b" -_.()/+".contains(&byte);
    let fits = (1..=CHIP_CHARS_MAX).contains(&name.len());
    if fits && name.bytes().all(is_plain) {
        Ok(name)
    } else {
        Err("is the name of a chip, as ESP32-S3: at most 32 letters, digits and hyphens")
    }
}

/// `Cart 8` where the highest number of such a name is 7.
pub fn next_name<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let number = |name: &str| {
        let (word, number) = name.trim().rsplit_once(' ')?;
        let number = word.eq_ignore_ascii_case("cart").then(|| number.parse::<u32>().ok())??;
        (number < u32::MAX).then_some(number)
    };
    let highest = names.filter_map(number).max().unwrap_or(0);
    format!("Cart {}", highest + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_whatever_stands_between_its_digits() {
        for text in [
            "24:6F:28:AB:01:9C",
            "24-6f-28-ab-01-9c",
            " 246f.28ab.019c ",
            "246F28AB019C",
            "0x246F28AB019C",
        ] {
            assert_eq!(mac(text), Ok(Some("246F28AB019C".to_owned())), "{text}");
        }
        assert_eq!(mac("00:00:00:00:00:00"), Ok(None));
        for text in ["", "24:6F:28:AB:01", "24:6F:28:AB:01:9C:00", "24:6F:28:AB:01:9G", "é"] {
            assert!(mac(text).is_err(), "{text}");
        }
        assert!(mac("ff:ff:ff:ff:ff:ff").is_err());
    }

    #[test]
    fn a_chip_has_a_short_plain_name() {
        assert_eq!(chip(" esp32-s3 "), Ok("ESP32-S3".to_owned()));
        assert_eq!(chip("ESP32-D0WDQ6 (rev 1.0)"), Ok("ESP32-D0WDQ6 (REV 1.0)".to_owned()));
        for text in ["", " ", "ESP32\u{7}", "<b>", &"E".repeat(33)] {
            assert!(chip(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_claim_is_too_long_to_be_guessed() {
        for good in ["0123456789abcdef", &"~".repeat(64)] {
            assert_eq!(claim(good), Ok(good));
        }
        for bad in ["0123456789abcde", &"~".repeat(65), "0123456789 abcdef", "0123456789abcdé"] {
            assert!(claim(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_go_on_behind_the_highest_number() {
        let next = |names: &[&str]| next_name(names.iter().copied());
        assert_eq!(next(&[]), "Cart 1");
        assert_eq!(next(&["Cart 1", "Cart 3", "Trolley 9", "cart 2", "Cart x"]), "Cart 4");
        assert_eq!(next(&["Cart 4294967295", "Cart 4294967294"]), "Cart 4294967295");
    }

    #[test]
    fn only_the_same_board_repeats_an_enrolment() {
        let at = Timestamp::UNIX_EPOCH;
        let device_id = DeviceId::new(3).unwrap();
        let enrolled = |claim| Enrolled { device_id, claim, key_hash: [1; 32], at };
        let open = PairingCode {
            id: 1,
            name: None,
            device_id: None,
            created_at: at,
            expires_at: at + CODE_LIFE,
            created_by: None,
            used: None,
        };
        assert!(open.is_open(at) && !open.is_open(at + CODE_LIFE));
        let (mine, other) = ([7; 32], [8; 32]);
        assert_eq!(open.repeated_by(Some(&mine)), None);
        let used = PairingCode { used: Some(enrolled(Some(mine))), ..open.clone() };
        assert!(!used.is_open(at));
        assert!(used.repeated_by(Some(&mine)).is_some());
        assert_eq!(used.repeated_by(Some(&other)), None);
        assert_eq!(used.repeated_by(None), None);
        let bare = PairingCode { used: Some(enrolled(None)), ..open };
        assert_eq!(bare.repeated_by(None), None);
        assert_eq!(bare.repeated_by(Some(&mine)), None);
        assert!(!bare.is_stale(at + CODE_LIFE) && bare.is_stale(at + CODE_LIFE + CODE_KEPT));
    }
}
