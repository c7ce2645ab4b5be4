//! JPEG, segment by segment (ITU-T T.81, annex B).

use super::{Refused, Stripped, take, take_array};

const RESTART: std::ops::RangeInclusive<u8> = 0xd0..=0xd7;
const END: u8 = 0xd9;
const SCAN: u8 = 0xda;
/// The most scans: a progressive picture has about ten. Each of them costs the decoder a pass over
/// all pixels, however few bytes it has.
const SCANS_MAX: u32 = 64;
/// Coefficients of a picture whose scans come one after another, in bytes for each sample.
const COEFFICIENT_BYTES: u64 = 2;

/// Keeps what makes up the picture: tables, frame, scans, the JFIF mark, the colour profile and
/// Adobe's word on the colours. The end must be there; what follows it is left out.
pub(super) fn strip(bytes: &[u8]) -> Result<Stripped, Refused> {
    let mut input = bytes;
    let mut kept = Vec::with_capacity(bytes.len());
    let (mut exif, mut frame, mut scans) = (None, None, 0);
    kept.extend_from_slice(take(&mut input, 2)?);
    loop {
        let marker = next_marker(&mut input)?;
        if marker == END {
            kept.extend_from_slice(&[0xff, END]);
            break;
        }
        if RESTART.contains(&marker) || matches!(marker, 0x01 | 0xd8) {
            return Err(Refused::damaged("a mark stands where none belongs"));
        }
        let size = usize::from(u16::from_be_bytes(take_array(&mut input)?));
        let data = take(&mut input, size.checked_sub(2).unwrap_or(usize::MAX))?;
        match marker {
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                let known = frame.replace(Frame::read(marker, data)?);
                known.map_or(Ok(()), |_| Err(Refused::damaged("it has several headers")))?;
            }
            SCAN => scans += 1,
            0xe1 if exif.is_none() => exif = data.strip_prefix(b"Exif\0\0").map(<[u8]>::to_vec),
            _ => {}
        }
        if is_kept(marker, data) {
            push(&mut kept, marker, data);
        }
        if marker == SCAN {
            if scans > SCANS_MAX || frame.is_none() {
                return Err(Refused::damaged("its scans are not in order"));
            }
            let pixels = scan_length(input)?;
            kept.extend_from_slice(take(&mut input, pixels)?);
        }
    }
    let (Some(frame), true) = (frame, scans > 0) else {
        return Err(Refused::damaged("it has no pixels"));
    };
    let is_one_after_another = frame.is_progressive || scans > 1;
    let samples = if is_one_after_another { frame.samples_per_kilopixel } else { 0 };
    let work_bytes_per_kilopixel = samples.saturating_mul(COEFFICIENT_BYTES);
    Ok(Stripped { bytes: kept, exif, work_bytes_per_kilopixel })
}

/// The next mark, behind any filling.
fn next_marker(input: &mut &[u8]) -> Result<u8, Refused> {
    if take_array(input)? != [0xff] {
        return Err(Refused::damaged("a segment does not end where it should"));
    }
    loop {
        let [byte] = take_array(input)?;
        match byte {
            0xff => {}
            0 => return Err(Refused::damaged("a mark is missing")),
            marker => return Ok(marker),
        }
    }
}

fn is_kept(marker: u8, data: &[u8]) -> bool {
    match marker {
        // Applications' own: JFIF, colour profile, Adobe's colours. Exif, XMP, IPTC, previews and
        // everything else of theirs is not for others, nor are comments.
        0xe0 => data.starts_with(b"JFIF\0") && data.len() >= 14,
        0xe2 => data.starts_with(b"ICC_PROFILE\0"),
        0xee => data.starts_with(b"Adobe"),
        0xe1..=0xfe => false,
        _ => true,
    }
}

fn push(kept: &mut Vec<u8>, marker: u8, data: &[u8]) {
    let jfif: [u8; 14];
    let mut data = data;
    if marker == 0xe0 {
        // It may end in a preview, which may show what was cut away since.
        let mut head = *data.first_chunk().expect("a JFIF mark has 14 bytes at least");
        [.., head[12], head[13]] = [0, 0];
        jfif = head;
        data = &jfif;
    }
    let size = u16::try_from(data.len() + 2).expect("it was a segment before");
    kept.extend_from_slice(&[0xff, marker]);
    kept.extend_from_slice(&size.to_be_bytes());
    kept.extend_from_slice(data);
}

/// How many bytes of pixels follow: up to a mark that is no restart.
fn scan_length(input: &[u8]) -> Result<usize, Refused> {
    let is_end = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff | 0xd0..=0xd7);
    let end = input.windows(2).position(is_end);
    end.ok_or_else(|| Refused::damaged("it ends too early"))
}

/// What a frame's header says about the memory it needs.
#[derive(Debug, Clone, Copy)]
struct Frame {
    is_progressive: bool,
    /// Samples of all components for 1,000 pixels.
    samples_per_kilopixel: u64,
}

impl Frame {
    fn read(marker: u8, mut data: &[u8]) -> Result<Self, Refused> {
        let data = &mut data;
        let _precision_and_size: [u8; 5] = take_array(data)?;
        let [count] = take_array(data)?;
        let mut factors = Vec::with_capacity(4);
        for _ in 0..count.min(4) {
            let [_, factor, _] = take_array(data)?;
            factors.push((u64::from(factor >> 4), u64::from(factor & 15)));
        }
        let widest = factors.iter().map(|(across, _)| *across).max().unwrap_or_default();
        let highest = factors.iter().map(|(_, down)| *down).max().unwrap_or_default();
        if count == 0 || count > 4 || widest * highest == 0 {
            return Err(Refused::damaged("its header makes no sense"));
        }
        let samples: u64 = factors.iter().map(|(across, down)| across * down).sum();
        let samples_per_kilopixel = (1000 * samples).div_ceil(widest * highest);
        Ok(Self { is_progressive: marker == 0xc2, samples_per_kilopixel })
    }
}
