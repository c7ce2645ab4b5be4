//! WebP, chunk by chunk (RFC 9649, section 2).

use super::{Refused, Stripped, length, take, take_array};

/// Bits of the extended header: animation, XMP, Exif.
const ANIMATION: u8 = 0x02;
const XMP: u8 = 0x04;
const EXIF: u8 = 0x08;
/// What the decoder holds beside the picture: planes, or four bytes a pixel.
const WORK_BYTES_PER_KILOPIXEL: u64 = 4_000;

/// Keeps what makes up the picture; an animation is refused.
pub(super) fn strip(bytes: &[u8]) -> Result<Stripped, Refused> {
    let mut input = bytes;
    let [_, size, _] = [take_array(&mut input)?, take_array(&mut input)?, take_array(&mut input)?];
    let size = length(u32::from_le_bytes(size)).checked_sub(4);
    let mut input = take(&mut input, size.unwrap_or(usize::MAX))?;
    let mut kept = Vec::with_capacity(bytes.len());
    let (mut exif, mut has_data) = (None, false);
    kept.extend_from_slice(b"RIFF\0\0\0\0WEBP");
    while !input.is_empty() {
        let name: [u8; 4] = take_array(&mut input)?;
        let size: [u8; 4] = take_array(&mut input)?;
        let data = take(&mut input, length(u32::from_le_bytes(size)))?;
        if data.len() % 2 == 1 && !input.is_empty() {
            take(&mut input, 1)?;
        }
        let begins_at = kept.len();
        match &name {
            b"ANIM" | b"ANMF" => return Err(Refused::Animated),
            b"EXIF" => {
                let block = data.strip_prefix(b"Exif\0\0").unwrap_or(data);
                exif = exif.or_else(|| Some(block.to_vec()));
                continue;
            }
            b"VP8X" | b"VP8 " | b"VP8L" | b"ALPH" | b"ICCP" => {}
            _ => continue,
        }
        has_data |= matches!(&name, b"VP8 " | b"VP8L");
        kept.extend_from_slice(&name);
        kept.extend_from_slice(&size);
        kept.extend_from_slice(data);
        if data.len() % 2 == 1 {
            kept.push(0);
        }
        if name == *b"VP8X" {
            let flags = kept.get_mut(begins_at + 8);
            let flags = flags.ok_or_else(|| Refused::damaged("its header is empty"))?;
            if *flags & ANIMATION != 0 {
                return Err(Refused::Animated);
            }
            *flags &= !(EXIF | XMP);
        }
    }
    if !has_data {
        return Err(Refused::damaged("it has no pixels"));
    }
    let size = u32::try_from(kept.len() - 8).expect("it is hardly longer than what was sent");
    kept[4..8].copy_from_slice(&size.to_le_bytes());
    Ok(Stripped { bytes: kept, exif, work_bytes_per_kilopixel: WORK_BYTES_PER_KILOPIXEL })
}
