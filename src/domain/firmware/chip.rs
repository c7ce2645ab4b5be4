//! The chips that firmware is built for, by the numbers in its image.
//!
//! Source: `esp_chip_id_t` in ESP-IDF's `bootloader_support/include/esp_app_format.h`.

use std::fmt;
use std::str::FromStr;

/// A family of chips: an image of one does not run on another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Chip {
    /// The first one.
    Esp32,
    /// One Xtensa core.
    Esp32S2,
    /// RISC-V, small.
    Esp32C3,
    /// Two Xtensa cores.
    Esp32S3,
    /// RISC-V, smallest.
    Esp32C2,
    /// RISC-V with Wi-Fi 6.
    Esp32C6,
    /// RISC-V without Wi-Fi.
    Esp32H2,
    /// RISC-V, two cores.
    Esp32P4,
    /// RISC-V with two bands.
    Esp32C5,
    /// RISC-V with Wi-Fi 6, small.
    Esp32C61,
    /// The one before; its images do not say so.
    Esp8266,
}

/// Each with its name and its number in an image's header.
const CHIPS: [(Chip, &str, Option<u16>); 11] = [
    (Chip::Esp32, "ESP32", Some(0x0000)),
    (Chip::Esp32S2, "ESP32-S2", Some(0x0002)),
    (Chip::Esp32C3, "ESP32-C3", Some(0x0005)),
    (Chip::Esp32S3, "ESP32-S3", Some(0x0009)),
    (Chip::Esp32C2, "ESP32-C2", Some(0x000c)),
    (Chip::Esp32C6, "ESP32-C6", Some(0x000d)),
    (Chip::Esp32H2, "ESP32-H2", Some(0x0010)),
    (Chip::Esp32P4, "ESP32-P4", Some(0x0012)),
    (Chip::Esp32C61, "ESP32-C61", Some(0x0014)),
    (Chip::Esp32C5, "ESP32-C5", Some(0x0017)),
    (Chip::Esp8266, "ESP8266", None),
];

impl Chip {
    /// The chip with this number in an image's header.
    pub fn of_number(number: u16) -> Option<Self> {
        CHIPS.iter().find(|(_, _, known)| *known == Some(number)).map(|(chip, ..)| *chip)
    }

    /// What it is called.
    pub fn name(self) -> &'static str {
        CHIPS.iter().find(|(chip, ..)| *chip == self).map_or("", |(_, name, _)| name)
    }

    /// The chip that a board says it has, in whatever words: `ESP32-D0WDQ6`, `esp32s3`,
    /// `ESP32-C3 (QFN32) (revision v0.3)`.
    pub fn of_board(text: &str) -> Option<Self> {
        let plain: String = text
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_uppercase();
        let fits = |name: &str| plain.starts_with(&name.replace('-', ""));
        // The longest name that fits: ESP32-C61 before ESP32-C6 before ESP32.
        let fitting = CHIPS.iter().filter(|(_, name, _)| fits(name));
        let (chip, name, _) = fitting.max_by_key(|(_, name, _)| name.len())?;
        // What follows ESP32 names its package, unless it is a family that is not known here.
        let rest = &plain[name.replace('-', "").len()..];
        let is_other = *chip == Self::Esp32
            && rest.starts_with(['C', 'S', 'H', 'P'])
            && rest[1..].starts_with(|c: char| c.is_ascii_digit());
        (!is_other).then_some(*chip)
    }
}

impl FromStr for Chip {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let plain = |text: &str| text.trim().replace(['-', '_', ' '], "").to_ascii_uppercase();
        let found = CHIPS.iter().find(|(_, name, _)| plain(name) == plain(text));
        found.map(|(chip, ..)| *chip).ok_or_else(|| {
            let names: Vec<&str> = CHIPS.iter().map(|(_, name, _)| *name).collect();
            format!("is one of {}", names.join(", "))
        })
    }
}

impl fmt::Display for Chip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chip_is_found_by_its_name_and_number() {
        for (chip, name, number) in CHIPS {
            assert_eq!(name.parse(), Ok(chip));
            assert_eq!(name.to_lowercase().replace('-', "").parse(), Ok(chip));
            assert_eq!(Chip::of_board(name), Some(chip));
            assert_eq!(chip.to_string(), name);
            if let Some(number) = number {
                assert_eq!(Chip::of_number(number), Some(chip));
            }
        }
        assert_eq!(Chip::of_number(0x00ff), None);
        assert!("ESP33".parse::<Chip>().unwrap_err().contains("ESP32-C61"));
    }

    #[test]
    fn boards_say_their_chip_in_many_words() {
        for (text, chip) in [
            ("ESP32-D0WDQ6", Some(Chip::Esp32)),
            ("ESP32-D0WD-V3 (rev 3.1)", Some(Chip::Esp32)),
            ("ESP32-PICO-D4", Some(Chip::Esp32)),
            ("esp32s3", Some(Chip::Esp32S3)),
            ("ESP32-S3 (QFN56) (revision v0.2)", Some(Chip::Esp32S3)),
            ("ESP32-C61", Some(Chip::Esp32C61)),
            ("ESP32-C6FH4", Some(Chip::Esp32C6)),
            ("ESP32-S9", None),
            ("ESP8266EX", Some(Chip::Esp8266)),
            ("RP2040", None),
            ("", None),
        ] {
            assert_eq!(Chip::of_board(text), chip, "{text}");
        }
    }
}
