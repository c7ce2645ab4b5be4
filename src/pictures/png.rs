//! PNG, chunk by chunk (W3C PNG, third edition, section 5).

use super::{Refused, Stripped, length, take, take_array};

pub(super) const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// What makes up the picture. Texts, times, Exif and the further frames of an animation are not
/// among them.
const KEPT: [&[u8; 4]; 15] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB",
    b"cICP", b"bKGD", b"pHYs", b"mDCV", b"cLLI",
];
/// The longest colour profile that is kept, compressed: it unfolds to a thousand times as much.
const PROFILE_MAX_BYTES: usize = 32 * 1024;

/// Keeps what makes up the picture; every checksum must be right and the end there.
pub(super) fn strip(bytes: &[u8]) -> Result<Stripped, Refused> {
    let mut input = bytes;
    let mut kept = Vec::with_capacity(bytes.len());
    let mut exif = None;
    let mut has_data = false;
    kept.extend_from_slice(take(&mut input, SIGNATURE.len())?);
    for is_first in std::iter::once(true).chain(std::iter::repeat(false)) {
        let chunk = input;
        let size = length(u32::from_be_bytes(take_array(&mut input)?));
        let named = take(&mut input, size.saturating_add(4))?;
        let (name, data) = named.split_at(4);
        if crc32fast::hash(named) != u32::from_be_bytes(take_array(&mut input)?) {
            return Err(Refused::damaged("a checksum is wrong"));
        }
        let chunk = &chunk[..chunk.len() - input.len()];
        if is_first != (name == b"IHDR") {
            return Err(Refused::damaged("it has no header, or several"));
        }
        has_data |= name == b"IDAT";
        match name {
            b"eXIf" => exif = exif.or_else(|| Some(data.to_vec())),
            b"iCCP" if size > PROFILE_MAX_BYTES => {}
            name if KEPT.iter().any(|known| *known == name) => kept.extend_from_slice(chunk),
            // A picture cannot be shown without the critical chunks, and nobody knows these.
            [b'A'..=b'Z', ..] => return Err(Refused::damaged("it has parts of a foreign kind")),
            _ => {}
        }
        if name == b"IEND" {
            break;
        }
    }
    if !has_data {
        return Err(Refused::damaged("it has no pixels"));
    }
    Ok(Stripped { bytes: kept, exif, work_bytes_per_kilopixel: 0 })
}
