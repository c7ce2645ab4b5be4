//! From bytes that somebody sent to a picture that can be shown to everybody.
//!
//! What kind it is, its content decides. Then, in this order:
//!
//! 1. The file is walked through part by part, and only the parts that make up the picture are
//!    kept: where it was taken, what with and by whom, texts, earlier versions, further frames and
//!    whatever hides behind the end are left out, without touching a pixel.
//! 2. The size that its header names is held against the limits, before memory is taken for it.
//! 3. It is decoded, which shows that it is whole, and turned upright if its camera was not: then,
//!    and only then, it is encoded anew.
//! 4. Thumbnails are made.
//!
//! Nothing here waits, reads a clock or a file. It takes up to [`MEMORY_MAX_BYTES`] and a second
//! or so, so the caller runs it on a thread of its own, one at a time. Only this room names
//! the `image` crate.

mod jpeg;
mod png;
mod scale;
mod webp;

#[cfg(test)]
mod tests;

use std::io::Cursor;

use image::error::{LimitErrorKind, UnsupportedErrorKind};
use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use crate::domain::pictures::{PictureKind, THUMBNAIL_SIDES_PX};

/// Most bytes of a picture as it is sent.
pub const PICTURE_MAX_BYTES: usize = 8 * 1024 * 1024;
/// Most pixels of a side.
pub const SIDE_MAX_PX: u32 = 12_000;
/// Most pixels of a picture.
pub const PIXELS_MAX: u64 = 50_000_000;
/// What decoding and turning may take, beside the file itself.
pub const MEMORY_MAX_BYTES: u64 = 200 * 1024 * 1024;
/// The quality of a JPEG that had to be turned upright.
const UPRIGHT_QUALITY: u8 = 92;

/// Why something is not taken as a picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A drawing that browsers run programs of.
    #[error("this is an SVG, which can hold programs: send it as PNG, JPEG or WebP")]
    Svg,
    /// A GIF.
    #[error("this is a GIF: send it as PNG, JPEG or WebP")]
    Gif,
    /// Something else, perhaps known by its beginning.
    #[error("this is {0} and no picture in PNG, JPEG or WebP, whatever its name says")]
    Unknown(&'static str),
    /// A WebP with several frames.
    #[error("this picture moves: send one still picture")]
    Animated,
    /// It begins like a picture and does not go on like one.
    #[error("this picture is damaged or incomplete: {0}")]
    Damaged(String),
    /// More pixels than anybody needs.
    #[error(
        "this picture has {width} x {height} pixels: at most {SIDE_MAX_PX} on a side and \
         {PIXELS_MAX} in all are taken"
    )]
    TooManyPixels {
        /// As its header says.
        width: u32,
        /// As its header says.
        height: u32,
    },
    /// Its encoding needs more memory for each pixel than others.
    #[error(
        "decoding this picture of {width} x {height} pixels would take more than \
         {} MiB: send a smaller one",
        MEMORY_MAX_BYTES / 1024 / 1024
    )]
    TooMuchMemory {
        /// As its header says.
        width: u32,
        /// As its header says.
        height: u32,
    },
}

impl Refused {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Svg => "picture-svg",
            Self::Gif => "picture-gif",
            Self::Unknown(_) => "picture-unknown",
            Self::Animated => "picture-animated",
            Self::Damaged(_) => "picture-damaged",
            Self::TooManyPixels { .. } | Self::TooMuchMemory { .. } => "picture-too-large",
        }
    }

    fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged(what.into())
    }
}

/// A picture that can be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// How `content` is encoded.
    pub kind: PictureKind,
    /// Whether anything of it is transparent.
    pub has_alpha: bool,
    /// Pixels, upright.
    pub width: u32,
    /// Pixels, upright.
    pub height: u32,
    /// The picture without what does not belong to it.
    pub content: Vec<u8>,
    /// Its thumbnails, for each of [`THUMBNAIL_SIDES_PX`]: PNG where there is transparency, else
    /// JPEG. None is larger than the picture.
    pub thumbnails: Vec<(u16, Vec<u8>)>,
}

/// A file that was walked through.
#[derive(Debug, PartialEq, Eq)]
struct Stripped {
    /// The parts that make up the picture.
    bytes: Vec<u8>,
    /// Its Exif block, which says which way is up.
    exif: Option<Vec<u8>>,
    /// What the decoder holds beside the decoded picture, in bytes for 1,000 pixels.
    work_bytes_per_kilopixel: u64,
}

/// Decodes a picture and makes its thumbnails. Blocks; see the module for what it takes.
pub fn examine(bytes: &[u8]) -> Result<Examined, Refused> {
    let kind = kind_of(bytes)?;
    let stripped = match kind {
        PictureKind::Png => png::strip(bytes)?,
        PictureKind::Jpeg => jpeg::strip(bytes)?,
        PictureKind::Webp => webp::strip(bytes)?,
    };
    let turn = stripped.exif.as_deref().and_then(Orientation::from_exif_chunk);
    let turn = turn.unwrap_or(Orientation::NoTransforms);
    let (mut picture, profile) = decode(kind, &stripped, turn)?;
    picture.apply_orientation(turn);
    let has_alpha = scale::is_transparent(&picture);
    let (kind, content) = if turn == Orientation::NoTransforms {
        (kind, stripped.bytes)
    } else {
        drop(stripped);
        upright(&picture, kind, has_alpha, profile.as_deref())?
    };
    let (width, height) = (picture.width(), picture.height());
    let thumbnails = scale::thumbnails(picture, has_alpha, profile, &THUMBNAIL_SIDES_PX)?;
    Ok(Examined { kind, has_alpha, width, height, content, thumbnails })
}

/// What the content is, by its first bytes.
fn kind_of(bytes: &[u8]) -> Result<PictureKind, Refused> {
    if bytes.starts_with(png::SIGNATURE) {
        return Ok(PictureKind::Png);
    }
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        return Ok(PictureKind::Jpeg);
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Ok(PictureKind::Webp);
    }
    if bytes.starts_with(b"GIF8") {
        return Err(Refused::Gif);
    }
    // The word stands behind an XML declaration, comments and a document type.
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]).to_ascii_lowercase();
    let text = start.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if text.starts_with('<') && text.contains("<svg") {
        return Err(Refused::Svg);
    }
    let known: [(&[u8], &str); 8] = [
        (b"", if bytes.is_empty() { "empty" } else { "something" }),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"\x1f\x8b", "a gzip archive"),
        (b"%PDF", "a PDF"),
        (b"BM", "a BMP"),
        (b"II*\0", "a TIFF"),
        (b"MM\0*", "a TIFF"),
        (b"<", "a text with markup"),
    ];
    let found = known.iter().rev().find(|(start, _)| bytes.starts_with(start));
    Err(Refused::Unknown(match (found, bytes.get(4..8)) {
        (_, Some(b"ftyp")) => "an HEIC, AVIF or video",
        (Some((_, name)), _) => name,
        (None, _) => "something",
    }))
}

/// The pixels and the colour profile.
fn decode(
    kind: PictureKind,
    stripped: &Stripped,
    turn: Orientation,
) -> Result<(DynamicImage, Option<Vec<u8>>), Refused> {
    let format = match kind {
        PictureKind::Png => ImageFormat::Png,
        PictureKind::Jpeg => ImageFormat::Jpeg,
        PictureKind::Webp => ImageFormat::WebP,
    };
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MEMORY_MAX_BYTES);
    let mut reader = ImageReader::with_format(Cursor::new(stripped.bytes.as_slice()), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| refusal(&error, (0, 0)))?;
    let size = decoder.dimensions();
    check_size(size, &decoder, stripped.work_bytes_per_kilopixel, turn)?;
    let profile = decoder.icc_profile().ok().flatten();
    let picture = DynamicImage::from_decoder(decoder).map_err(|error| refusal(&error, size))?;
    Ok((picture, profile))
}

/// Holds what the header says against the limits: nothing was decoded yet.
fn check_size(
    (width, height): (u32, u32),
    decoder: &impl ImageDecoder,
    work_bytes_per_kilopixel: u64,
    turn: Orientation,
) -> Result<(), Refused> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err(Refused::damaged("it has no pixels"));
    }
    if width > SIDE_MAX_PX || height > SIDE_MAX_PX || pixels > PIXELS_MAX {
        return Err(Refused::TooManyPixels { width, height });
    }
    let whole = decoder.total_bytes();
    let decoding = whole + pixels.saturating_mul(work_bytes_per_kilopixel) / 1000;
    let is_on_its_side = matches!(
        turn,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    );
    // A quarter turn needs both; other forms of transparency become four bytes a pixel.
    let turning = if is_on_its_side { 2 * whole } else { whole };
    let color = decoder.color_type();
    let is_converted = color.has_alpha() && color != ColorType::Rgba8;
    let converting = if is_converted { whole + 4 * pixels } else { whole };
    if decoding.max(turning).max(converting) > MEMORY_MAX_BYTES {
        return Err(Refused::TooMuchMemory { width, height });
    }
    Ok(())
}

fn refusal(error: &ImageError, (width, height): (u32, u32)) -> Refused {
    match error {
        ImageError::Limits(limit) if matches!(limit.kind(), LimitErrorKind::DimensionError) => {
            Refused::TooManyPixels { width, height }
        }
        ImageError::Limits(_) => Refused::TooMuchMemory { width, height },
        ImageError::Unsupported(unsupported) => match unsupported.kind() {
            UnsupportedErrorKind::Color(color) => {
                Refused::damaged(format!("its colours ({color:?}) are of a rare kind"))
            }
            _ => Refused::damaged("it is of a rare kind"),
        },
        error => Refused::damaged(error.to_string()),
    }
}

/// The turned picture, encoded anew: in its own kind, but for WebP, which only browsers and
/// cameras write well.
fn upright(
    picture: &DynamicImage,
    kind: PictureKind,
    has_alpha: bool,
    profile: Option<&[u8]>,
) -> Result<(PictureKind, Vec<u8>), Refused> {
    let profile = profile.filter(|profile| scale::fits(profile, picture.color()));
    let kind = match kind {
        PictureKind::Webp if has_alpha => PictureKind::Png,
        PictureKind::Webp => PictureKind::Jpeg,
        kind => kind,
    };
    let encoded = match kind {
        PictureKind::Jpeg => {
            // A JPEG has no transparency, used or not.
            let opaque = picture.color().has_alpha().then(|| picture.to_rgb8().into());
            scale::jpeg(opaque.as_ref().unwrap_or(picture), UPRIGHT_QUALITY, profile)
        }
        _ => scale::png(picture, profile),
    };
    Ok((kind, encoded?))
}

/// Takes bytes from the front; damaged if there are fewer.
fn take<'a>(input: &mut &'a [u8], count: usize) -> Result<&'a [u8], Refused> {
    let (taken, rest) =
        input.split_at_checked(count).ok_or_else(|| Refused::damaged("it ends too early"))?;
    *input = rest;
    Ok(taken)
}

/// The same for a fixed number.
fn take_array<const N: usize>(input: &mut &[u8]) -> Result<[u8; N], Refused> {
    let taken = take(input, N)?;
    Ok(*taken.first_chunk().expect("so many were taken"))
}

/// A length of 32 bits.
fn length(bytes: u32) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
