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
    let (mut data_max, mut data_bytes) = (0, 0);
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
        match name {
            b"IHDR" => data_max = most_data(data)?,
            b"IDAT" => data_bytes += u64::from(u32::try_from(size).unwrap_or(u32::MAX)),
            _ => {}
        }
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
    if data_bytes == 0 {
        return Err(Refused::damaged("it has no pixels"));
    }
    if data_bytes > data_max {
        return Err(Refused::damaged("it holds far more than its pixels"));
    }
    Ok(Stripped { bytes: kept, exif, work_bytes_per_kilopixel: 0 })
}

/// The most bytes that pixels of this header take, compressed as badly as anybody does. More of
/// them unfold to something else.
fn most_data(mut header: &[u8]) -> Result<u64, Refused> {
    let header = &mut header;
    let width = u64::from(u32::from_be_bytes(take_array(header)?));
    let height = u64::from(u32::from_be_bytes(take_array(header)?));
    let [bits, color] = take_array(header)?;
    let channels: u64 = match color {
        2 => 3,
        4 => 2,
        6 => 4,
        _ => 1,
    };
    // Rows of an interlaced picture begin several times.
    let row = (width * channels).saturating_mul(bits.into()) / 8 + 16;
    let plain = row.saturating_mul(height);
    Ok(plain.saturating_add(plain / 8).saturating_add(4096))
}
