//! What an image of firmware says of itself, and whether all of it is there.
//!
//! The format is that of ESP-IDF (`esp_image_format.h`, `esp_app_format.h`): a header of 24 bytes,
//! up to 16 segments, each with a header of its own, a checksum at the end of a block of 16 bytes,
//! and mostly a SHA-256 of everything before it. What a board would refuse to start is found here,
//! before a shop full of trolleys has fetched it. But encrypted images and those of the ESP8266 are
//! laid out in other ways, so that only what is plainly something else is refused: the rest is a
//! warning, and holds the image back from more than one trolley until somebody insists.

use sha2::{Digest, Sha256};

use super::chip::Chip;

/// What every image begins with.
pub const MAGIC: u8 = 0xe9;
/// Largest image, in bytes: half of the largest flash that trolleys have.
pub const IMAGE_MAX_BYTES: usize = 8 * 1024 * 1024;

const HEADER_BYTES: usize = 24;
/// An ESP8266's header ends before the chip's number.
const OLD_HEADER_BYTES: usize = 8;
const SEGMENT_HEADER_BYTES: usize = 8;
const SEGMENTS_MAX: u8 = 16;
const CHIP_AT: usize = 12;
const HASH_FLAG_AT: usize = 23;
const BLOCK_BYTES: usize = 16;
const HASH_BYTES: usize = 32;
/// Where the checksum of all segments begins.
const CHECKSUM_SEED: u8 = 0xef;

/// Why bytes are no image for a trolley.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// There is nothing.
    #[error("the file is empty: send the image's bytes as application/octet-stream")]
    Empty,
    /// It is something else.
    #[error(
        "this is no firmware image: it begins with 0x{0:02X}, and images begin with 0xE9. Send the \
         .bin of the application, not a .elf, a .zip or a file for a serial flash tool"
    )]
    Magic(u8),
}

/// What looks wrong with an image, which a board may start all the same: encrypted images and those
/// of other chips are laid out in other ways.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// It ends early.
    #[error("the image seems cut off: it has {bytes} bytes and says that it goes on to {needed}")]
    Truncated {
        /// How long it is.
        bytes: usize,
        /// How long it should be at least.
        needed: usize,
    },
    /// No image has so many segments.
    #[error("the image says that it has {0} segments, and images have 1 to 16")]
    Segments(u8),
    /// A chip that this version does not know.
    #[error("the image is for a chip that is not known here (0x{image:04X}); it goes to {taken}")]
    UnknownChip {
        /// By its header.
        image: u16,
        /// What it is taken for.
        taken: Chip,
    },
    /// For another chip than was said.
    #[error("the image says that it is for {image}, not for {said}")]
    OtherChip {
        /// By its header.
        image: Chip,
        /// By who sent it.
        said: Chip,
    },
    /// Its bytes changed on their way.
    #[error("the image seems damaged: its checksum does not fit")]
    Checksum,
}

/// What an image says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// What it is for: what the sender says, else what its header says.
    pub chip: Chip,
    /// What looks wrong with it.
    pub findings: Vec<Finding>,
}

/// Looks at an image. `said` is the chip that the sender says, and counts.
pub fn examine(bytes: &[u8], said: Option<Chip>) -> Result<Examined, ImageError> {
    let first = *bytes.first().ok_or(ImageError::Empty)?;
    if first != MAGIC {
        return Err(ImageError::Magic(first));
    }
    let mut findings = Vec::new();
    let chip = match (said, number_of_chip(bytes)) {
        // The header of this one does not say so.
        (Some(Chip::Esp8266), _) => Chip::Esp8266,
        (_, None) => said.unwrap_or(Chip::Esp32),
        (_, Some(number)) => {
            let image = Chip::of_number(number);
            let chip = said.or(image).unwrap_or(Chip::Esp32);
            match image {
                None => findings.push(Finding::UnknownChip { image: number, taken: chip }),
                Some(image) if image != chip => {
                    findings.push(Finding::OtherChip { image, said: chip });
                }
                Some(_) => {}
            }
            chip
        }
    };
    findings.extend(check(bytes, chip).err());
    Ok(Examined { chip, findings })
}

fn number_of_chip(bytes: &[u8]) -> Option<u16> {
    let number = bytes.get(..HEADER_BYTES)?;
    Some(u16::from_le_bytes([number[CHIP_AT], number[CHIP_AT + 1]]))
}

/// Whether all of an image is there, as it was built.
fn check(bytes: &[u8], chip: Chip) -> Result<(), Finding> {
    let needed = if chip == Chip::Esp8266 { OLD_HEADER_BYTES } else { HEADER_BYTES };
    if bytes.len() < needed {
        return Err(Finding::Truncated { bytes: bytes.len(), needed });
    }
    let segments = bytes[1];
    if !(1..=SEGMENTS_MAX).contains(&segments) {
        return Err(Finding::Segments(segments));
    }
    let end = walk(bytes, needed, segments)?;
    // An ESP8266's loader and application are two images in one file: only the first is walked.
    if chip != Chip::Esp8266 && bytes[HASH_FLAG_AT] == 1 {
        let needed = end + HASH_BYTES;
        let hash = bytes.get(end..needed);
        let hash = hash.ok_or(Finding::Truncated { bytes: bytes.len(), needed })?;
        if Sha256::digest(&bytes[..end]).as_slice() != hash {
            return Err(Finding::Checksum);
        }
    }
    Ok(())
}

/// Follows the segments from `at`, and checks their sum; where the image ends.
fn walk(bytes: &[u8], mut at: usize, segments: u8) -> Result<usize, Finding> {
    let truncated = |needed| Finding::Truncated { bytes: bytes.len(), needed };
    let mut sum = CHECKSUM_SEED;
    for _ in 0..segments {
        let data_at = at + SEGMENT_HEADER_BYTES;
        let header = bytes.get(at..data_at).ok_or(truncated(data_at))?;
        let length = u32::from_le_bytes([header[4], header[5], header[6], header[7]]);
        let end = data_at.saturating_add(usize::try_from(length).unwrap_or(usize::MAX));
        let data = bytes.get(data_at..end).ok_or(truncated(end))?;
        sum = data.iter().fold(sum, |sum, byte| sum ^ byte);
        at = end;
    }
    // The sum is the last byte of a block.
    let sum_at = at - at % BLOCK_BYTES + BLOCK_BYTES - 1;
    let expected = *bytes.get(sum_at).ok_or(truncated(sum_at + 1))?;
    if expected == sum { Ok(sum_at + 1) } else { Err(Finding::Checksum) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An image with this many bytes in its second segment.
    fn image(chip: u16, length: u16, hashed: bool) -> Vec<u8> {
        let mut bytes = vec![0; HEADER_BYTES];
        (bytes[0], bytes[1]) = (MAGIC, 2);
        bytes[CHIP_AT..CHIP_AT + 2].copy_from_slice(&chip.to_le_bytes());
        bytes[HASH_FLAG_AT] = u8::from(hashed);
        let mut sum = CHECKSUM_SEED;
        for length in [5, length] {
            bytes.extend_from_slice(&[0, 0, 0, 0x40]);
            bytes.extend_from_slice(&u32::from(length).to_le_bytes());
            for byte in (0..length).map(|index| index.to_le_bytes()[0]) {
                bytes.push(byte);
                sum ^= byte;
            }
        }
        while bytes.len() % BLOCK_BYTES != BLOCK_BYTES - 1 {
            bytes.push(0);
        }
        bytes.push(sum);
        if hashed {
            let hash = Sha256::digest(&bytes);
            bytes.extend_from_slice(&hash);
        }
        bytes
    }

    /// The chip of an image that nothing looks wrong with.
    fn sound(bytes: &[u8], said: Option<Chip>) -> Option<Chip> {
        let Examined { chip, findings } = examine(bytes, said).unwrap();
        findings.is_empty().then_some(chip)
    }

    fn findings(bytes: &[u8], said: Option<Chip>) -> Vec<Finding> {
        examine(bytes, said).unwrap().findings
    }

    #[test]
    fn a_whole_image_tells_its_chip() {
        for hashed in [false, true] {
            for length in 0..40 {
                assert_eq!(sound(&image(0, length, hashed), None), Some(Chip::Esp32));
            }
            let c3 = image(5, 1000, hashed);
            assert_eq!(sound(&c3, Some(Chip::Esp32C3)), Some(Chip::Esp32C3));
            // A signature may stand behind it.
            let signed = [&c3[..], &[0xff; 4096]].concat();
            assert_eq!(sound(&signed, None), Some(Chip::Esp32C3));
            // Who sends it knows better, and is told.
            let other = examine(&c3, Some(Chip::Esp32)).unwrap();
            assert_eq!((other.chip, other.findings.len()), (Chip::Esp32, 1));
            let words = other.findings[0].to_string();
            assert_eq!(words, "the image says that it is for ESP32-C3, not for ESP32");
        }
    }

    #[test]
    fn every_cut_and_every_changed_byte_is_found() {
        let whole = image(9, 60, true);
        for length in 1..whole.len() {
            let found = findings(&whole[..length], None);
            let is_cut = matches!(found[..], [Finding::Truncated { bytes, needed }]
                if bytes == length && needed > length && needed <= whole.len());
            assert!(is_cut, "{length}: {found:?}");
        }
        for at in 1..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 0x55;
            // The flag that says whether there is a hash is all that nothing protects.
            assert!(at == HASH_FLAG_AT || !findings(&changed, None).is_empty(), "{at}");
        }
    }

    #[test]
    fn what_is_no_image_is_told_in_words() {
        assert_eq!(examine(b"", None), Err(ImageError::Empty));
        assert_eq!(examine(b"\x7fELF", None), Err(ImageError::Magic(0x7f)));
    }

    #[test]
    fn what_looks_wrong_is_told_in_words() {
        let mut none = image(0, 9, false);
        none[1] = 0;
        assert_eq!(findings(&none, None), [Finding::Segments(0)]);
        none[1] = 17;
        assert_eq!(findings(&none, None), [Finding::Segments(17)]);
        let unknown = examine(&image(0xfe, 9, false), None).unwrap();
        assert_eq!(unknown.chip, Chip::Esp32);
        assert_eq!(unknown.findings, [Finding::UnknownChip { image: 0xfe, taken: Chip::Esp32 }]);
        // A length that no file has must not overflow.
        let mut huge = image(0, 9, false);
        huge[HEADER_BYTES + 4..HEADER_BYTES + 8].fill(0xff);
        assert!(matches!(findings(&huge, None)[..], [Finding::Truncated { .. }]));
        assert_eq!(findings(&[MAGIC], Some(Chip::Esp32S3)).len(), 1);
    }

    #[test]
    fn an_older_chip_has_a_shorter_header() {
        let mut bytes = vec![MAGIC, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 3, 0, 0, 0, 1, 2, 4];
        bytes.resize(31, 0);
        bytes.push(CHECKSUM_SEED ^ 7);
        assert_eq!(sound(&bytes, Some(Chip::Esp8266)), Some(Chip::Esp8266));
        assert!(!findings(&bytes[..18], Some(Chip::Esp8266)).is_empty());
    }
}
