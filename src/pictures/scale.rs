//! Thumbnails, and encoding.
//!
//! Scaling goes in two steps: averaging down to [`COARSE`] times the size, which costs next to
//! nothing, then Lanczos3 for sharpness. Colours of transparent pixels are weighted by how much they
//! show, so that no dark rim appears around what was cut out.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::imageops::FilterType;
use image::{ColorType, DynamicImage, ImageEncoder, RgbaImage};

use super::Refused;

/// How much larger than the thumbnail the averaged picture is.
const COARSE: u32 = 4;
/// The quality of thumbnails.
const THUMBNAIL_QUALITY: u8 = 82;
/// The longest colour profile that a thumbnail carries.
const PROFILE_MAX_BYTES: usize = 4 * 1024;

/// Whether anything of it can be seen through.
pub(super) fn is_transparent(picture: &DynamicImage) -> bool {
    match picture {
        DynamicImage::ImageRgba8(it) => it.as_chunks::<4>().0.iter().any(|it| it[3] < u8::MAX),
        DynamicImage::ImageLumaA8(it) => it.as_chunks::<2>().0.iter().any(|it| it[1] < u8::MAX),
        DynamicImage::ImageRgba16(it) => it.as_chunks::<4>().0.iter().any(|it| it[3] < u16::MAX),
        DynamicImage::ImageLumaA16(it) => it.as_chunks::<2>().0.iter().any(|it| it[1] < u16::MAX),
        other => other.color().has_alpha(),
    }
}

/// The thumbnails of these longer sides, encoded.
pub(super) fn thumbnails(
    picture: DynamicImage,
    has_alpha: bool,
    profile: Option<Vec<u8>>,
    sides_px: &[u16],
) -> Result<Vec<(u16, Vec<u8>)>, Refused> {
    let size = (picture.width(), picture.height());
    let profile = profile
        .filter(|profile| profile.len() <= PROFILE_MAX_BYTES && fits(profile, ColorType::Rgb8));
    let mut source = picture;
    if has_alpha {
        let mut pixels = source.into_rgba8();
        weigh(&mut pixels);
        source = pixels.into();
    }
    let mut made = Vec::with_capacity(sides_px.len());
    for &side_px in sides_px {
        let (width, height) = fit(size, side_px.into());
        let coarse = (width.saturating_mul(COARSE), height.saturating_mul(COARSE));
        if source.width() > coarse.0 && source.height() > coarse.1 {
            source = source.thumbnail_exact(coarse.0, coarse.1);
        }
        let small = source.resize_exact(width, height, FilterType::Lanczos3);
        let encoded = if has_alpha {
            let mut pixels = small.into_rgba8();
            unweigh(&mut pixels);
            png(&pixels.into(), profile.as_deref())
        } else {
            jpeg(&small.into_rgb8().into(), THUMBNAIL_QUALITY, profile.as_deref())
        };
        made.push((side_px, encoded?));
    }
    Ok(made)
}

/// The size whose longer side is `side_px`, or the picture's own if that is smaller.
fn fit((width, height): (u32, u32), side_px: u32) -> (u32, u32) {
    let longer = width.max(height);
    if longer <= side_px {
        return (width, height);
    }
    let scaled = |side: u32| {
        let exact =
            (u64::from(side) * u64::from(side_px) + u64::from(longer) / 2) / u64::from(longer);
        u32::try_from(exact).unwrap_or(side_px).max(1)
    };
    (scaled(width), scaled(height))
}

/// Multiplies colours by their opacity.
fn weigh(pixels: &mut RgbaImage) {
    for [red, green, blue, alpha] in pixels.as_chunks_mut::<4>().0 {
        for color in [red, green, blue] {
            let weighed = (u16::from(*color) * u16::from(*alpha) + 127) / 255;
            *color = u8::try_from(weighed).unwrap_or(u8::MAX);
        }
    }
}

/// Takes [`weigh`] back.
fn unweigh(pixels: &mut RgbaImage) {
    for [red, green, blue, alpha] in pixels.as_chunks_mut::<4>().0 {
        let alpha = u16::from(*alpha);
        for color in [red, green, blue] {
            let plain = (u16::from(*color) * 255 + alpha / 2).checked_div(alpha);
            *color = u8::try_from(plain.unwrap_or_default()).unwrap_or(u8::MAX);
        }
    }
}

/// Whether a colour profile speaks of these colours: that of a CMYK picture does not.
pub(super) fn fits(profile: &[u8], color: ColorType) -> bool {
    profile.get(16..20) == Some(if color.has_color() { b"RGB " } else { b"GRAY" })
}

/// A JPEG of a picture without transparency.
pub(super) fn jpeg(
    picture: &DynamicImage,
    quality: u8,
    profile: Option<&[u8]>,
) -> Result<Vec<u8>, Refused> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    encode(encoder, picture, profile)?;
    Ok(bytes)
}

/// A PNG.
pub(super) fn png(picture: &DynamicImage, profile: Option<&[u8]>) -> Result<Vec<u8>, Refused> {
    let mut bytes = Vec::new();
    encode(PngEncoder::new(&mut bytes), picture, profile)?;
    Ok(bytes)
}

fn encode(
    mut encoder: impl ImageEncoder,
    picture: &DynamicImage,
    profile: Option<&[u8]>,
) -> Result<(), Refused> {
    if let Some(profile) = profile {
        // Colours a shade off are better than no picture.
        drop(encoder.set_icc_profile(profile.to_vec()));
    }
    let written = picture.write_with_encoder(encoder);
    written.map_err(|error| Refused::damaged(format!("it cannot be written: {error}")))
}
