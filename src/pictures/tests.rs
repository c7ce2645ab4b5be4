//! Every file here is made by the test, so that it says what is wrong with it.

use image::codecs::jpeg::JpegEncoder;
use image::{ImageEncoder, Rgb, RgbImage, Rgba, RgbaImage};
use proptest::prelude::*;

use super::*;

/// What must not be found in what is kept.
const SECRET: &[u8] = b"52.5163N 13.3777E by Ann";
const RED: Rgb<u8> = Rgb([200, 30, 30]);
const BLUE: Rgb<u8> = Rgb([30, 30, 200]);

/// Red on the left, blue on the right.
fn two_colors(width: u32, height: u32) -> DynamicImage {
    let color = |x, _| if x < width / 2 { RED } else { BLUE };
    RgbImage::from_fn(width, height, color).into()
}

fn png_of(picture: &DynamicImage) -> Vec<u8> {
    scale::png(picture, None).unwrap()
}

/// A JPEG with this Exif block.
fn jpeg_of(picture: &DynamicImage, exif: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
    if !exif.is_empty() {
        encoder.set_exif_metadata(exif.to_vec()).unwrap();
    }
    picture.write_with_encoder(encoder).unwrap();
    bytes
}

fn webp_of(picture: &DynamicImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = image::codecs::webp::WebPEncoder::new_lossless(&mut bytes);
    picture.write_with_encoder(encoder).unwrap();
    bytes
}

/// A little-endian Exif block that says which way is up, and a secret.
fn exif(orientation: u8) -> Vec<u8> {
    let mut block = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    block.extend_from_slice(&[orientation, 0, 0, 0, 0, 0, 0, 0]);
    block.extend_from_slice(SECRET);
    block
}

fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut named = name.to_vec();
    named.extend_from_slice(data);
    let mut chunk = u32::try_from(data.len()).unwrap().to_be_bytes().to_vec();
    chunk.extend_from_slice(&named);
    chunk.extend_from_slice(&crc32fast::hash(&named).to_be_bytes());
    chunk
}

/// A PNG whose header says this size, with next to no pixels.
fn png_claiming(width: u32, height: u32, bits: u8, color: u8) -> Vec<u8> {
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend_from_slice(&[bits, color, 0, 0, 0]);
    let parts = [
        png::SIGNATURE.to_vec(),
        chunk(b"IHDR", &header),
        chunk(b"IDAT", b"\x78\x9c\x03\0\0\0\0\x01"),
        chunk(b"IEND", b""),
    ];
    parts.concat()
}

/// A PNG with more chunks behind its header.
fn png_with(picture: &DynamicImage, chunks: &[Vec<u8>]) -> Vec<u8> {
    let bytes = png_of(picture);
    let (head, rest) = bytes.split_at(33);
    [head.to_vec(), chunks.concat(), rest.to_vec()].concat()
}

fn riff(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut body = b"WEBP".to_vec();
    for (name, data) in chunks {
        body.extend_from_slice(*name);
        body.extend_from_slice(&u32::try_from(data.len()).unwrap().to_le_bytes());
        body.extend_from_slice(data);
        body.resize(body.len().next_multiple_of(2), 0);
    }
    let length = u32::try_from(body.len()).unwrap().to_le_bytes();
    [b"RIFF".to_vec(), length.to_vec(), body].concat()
}

fn segment(marker: u8, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len() + 2).unwrap().to_be_bytes();
    [vec![0xff, marker], length.to_vec(), data.to_vec()].concat()
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn code(bytes: &[u8]) -> &'static str {
    examine(bytes).map_or_else(|refused| refused.code(), |_| "taken")
}

fn near(pixel: Rgb<u8>, color: Rgb<u8>) -> bool {
    pixel.0.iter().zip(color.0).all(|(one, other)| one.abs_diff(other) < 24)
}

#[test]
fn each_kind_is_taken_by_its_content_and_gets_thumbnails() {
    let picture = two_colors(800, 500);
    for (bytes, kind) in [
        (png_of(&picture), PictureKind::Png),
        (jpeg_of(&picture, &[]), PictureKind::Jpeg),
        (webp_of(&picture), PictureKind::Webp),
    ] {
        let examined = examine(&bytes).unwrap();
        assert_eq!((examined.kind, examined.has_alpha), (kind, false));
        assert_eq!((examined.width, examined.height), (800, 500));
        assert_eq!(examined.thumbnails.iter().map(|it| it.0).collect::<Vec<_>>(), [320, 96]);
        for ((side, bytes), size) in examined.thumbnails.iter().zip([(320, 200), (96, 60)]) {
            assert_eq!(image::guess_format(bytes).unwrap(), ImageFormat::Jpeg);
            let small = image::load_from_memory(bytes).unwrap().into_rgb8();
            assert_eq!(small.dimensions(), size, "{side}");
            assert!(
                near(*small.get_pixel(5, 5), RED) && near(*small.get_pixel(size.0 - 5, 5), BLUE)
            );
        }
        // What needs no change is kept byte by byte.
        assert_eq!(examine(&examined.content).unwrap(), examined);
    }
    let tiny = examine(&png_of(&two_colors(2, 1))).unwrap();
    let small = image::load_from_memory(&tiny.thumbnails[0].1).unwrap();
    assert_eq!((small.width(), small.height()), (2, 1), "nothing is enlarged");
    let thin = examine(&png_of(&two_colors(4000, 2))).unwrap();
    assert_eq!(image::load_from_memory(&thin.thumbnails[1].1).unwrap().height(), 1);
}

#[test]
fn what_is_cut_out_stays_cut_out_and_has_no_dark_rim() {
    // White on the left, transparent black on the right.
    let color = |x, _| if x < 500 { Rgba([255; 4]) } else { Rgba([0; 4]) };
    let cut: DynamicImage = RgbaImage::from_fn(1000, 700, color).into();
    for bytes in [png_of(&cut), webp_of(&cut)] {
        let examined = examine(&bytes).unwrap();
        assert!(examined.has_alpha);
        for (_, bytes) in &examined.thumbnails {
            assert_eq!(image::guess_format(bytes).unwrap(), ImageFormat::Png);
            let small = image::load_from_memory(bytes).unwrap().into_rgba8();
            assert_eq!(small.get_pixel(small.width() - 1, 0).0[3], 0);
            let rim = small.pixels().filter(|pixel| pixel.0[3] > 8);
            assert!(rim.clone().all(|pixel| pixel.0[0] > 240), "a dark rim");
        }
    }
    let opaque: DynamicImage = RgbaImage::from_pixel(400, 400, Rgba([1, 2, 3, 255])).into();
    let examined = examine(&png_of(&opaque)).unwrap();
    assert!(!examined.has_alpha, "transparency that is not used is none");
}

#[test]
fn nothing_but_the_picture_is_kept() {
    let picture = two_colors(64, 32);
    let text = [b"Comment\0".as_slice(), SECRET].concat();
    let mut png = png_with(
        &picture,
        &[
            chunk(b"tEXt", &text),
            chunk(b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0", SECRET].concat()),
            chunk(b"eXIf", &exif(1)),
            chunk(b"tIME", b"\x07\xea\x0b\x14\x0c\0\0"),
            chunk(b"acTL", &[0, 0, 0, 1, 0, 0, 0, 0]),
            chunk(b"prVt", SECRET),
        ],
    );
    png.extend_from_slice(SECRET);
    let plain = jpeg_of(&picture, &exif(1));
    let preview = [b"JFIF\0\x01\x02\0\0\x01\0\x01\x08\x01".as_slice(), SECRET].concat();
    let xmp = [b"http://ns.adobe.com/xap/1.0/\0".as_slice(), SECRET].concat();
    let mut jpeg = [
        vec![0xff, 0xd8],
        segment(0xe0, &preview),
        segment(0xe1, &xmp),
        segment(0xe2, &[b"MPF\0".as_slice(), SECRET].concat()),
        segment(0xed, &[b"Photoshop 3.0\0".as_slice(), SECRET].concat()),
        segment(0xfe, SECRET),
        vec![0xff],
        plain[2..].to_vec(),
    ]
    .concat();
    jpeg.extend_from_slice(&plain);
    let lossless = webp_of(&picture);
    let extended = [&[0x0c, 0, 0, 0][..], &[63, 0, 0, 31, 0, 0]].concat();
    let mut webp = riff(&[
        (b"VP8X", &extended),
        (b"VP8L", &lossless[20..]),
        (b"EXIF", &exif(1)),
        (b"XMP ", SECRET),
        (b"ABCD", SECRET),
    ]);
    webp.extend_from_slice(SECRET);
    for bytes in [png, jpeg, webp] {
        assert!(holds(&bytes, SECRET));
        let examined = examine(&bytes).unwrap();
        let kept = &examined.content;
        assert!(!holds(kept, SECRET), "{:?}", examined.kind);
        for mark in [b"Exif".as_slice(), b"eXIf", b"EXIF", b"XMP", b"acTL", b"MPF", b"Photoshop"] {
            assert!(!holds(kept, mark), "{:?} {}", examined.kind, mark.escape_ascii());
        }
        let (before, after) = (image::load_from_memory(&bytes), image::load_from_memory(kept));
        assert_eq!(before.unwrap(), after.unwrap(), "no pixel changes");
    }
}

#[test]
fn a_picture_stands_upright_whoever_shows_it() {
    let picture = two_colors(120, 60);
    // Turned by a quarter to the right, the left comes up; to the left, the right does.
    for (orientation, size, first) in
        [(1, (120, 60), RED), (3, (120, 60), BLUE), (6, (60, 120), RED), (8, (60, 120), BLUE)]
    {
        let jpeg = jpeg_of(&picture, &exif(orientation));
        let png = png_with(&picture, &[chunk(b"eXIf", &exif(orientation))]);
        for bytes in [jpeg, png] {
            let examined = examine(&bytes).unwrap();
            assert_eq!((examined.width, examined.height), size);
            assert!(!holds(&examined.content, SECRET));
            for shown in [&examined.content, &examined.thumbnails[0].1] {
                let shown = image::load_from_memory(shown).unwrap().into_rgb8();
                assert_eq!(shown.dimensions(), size);
                assert!(near(*shown.get_pixel(3, 3), first), "{orientation}");
            }
        }
    }
    let lossless = webp_of(&picture);
    let extended = [&[0x08, 0, 0, 0][..], &[119, 0, 0, 59, 0, 0]].concat();
    let webp = riff(&[(b"VP8X", &extended), (b"VP8L", &lossless[20..]), (b"EXIF", &exif(6))]);
    let examined = examine(&webp).unwrap();
    assert_eq!((examined.kind, examined.width), (PictureKind::Jpeg, 60));
}

#[test]
fn what_is_no_picture_is_refused_by_its_name() {
    let svg = b"<?xml version=\"1.0\"?>\n<!-- a --> <svg xmlns=\"http://www.w3.org/2000/svg\"/>";
    let zip = [b"PK\x03\x04".as_slice(), &[0; 500]].concat();
    let moving = riff(&[(b"VP8X", &[2, 0, 0, 0, 9, 0, 0, 9, 0, 0]), (b"ANIM", &[0; 6])]);
    for (bytes, expected) in [
        (&b""[..], "picture-unknown"),
        (b"hello", "picture-unknown"),
        (&zip, "picture-unknown"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "picture-unknown"),
        (b"<html><body>", "picture-unknown"),
        (svg, "picture-svg"),
        (b"\xef\xbb\xbf <SVG>", "picture-svg"),
        (b"GIF89a\x01\0\x01\0\0\0\0;", "picture-gif"),
        (&moving, "picture-animated"),
        (png::SIGNATURE, "picture-damaged"),
        (b"\xff\xd8\xff\xd9", "picture-damaged"),
        (b"\xff\xd8\xff\xe0", "picture-damaged"),
        (b"\xff\xd8\xff\xdb\0\0", "picture-damaged"),
        (b"RIFF\x04\0\0\0WEBP", "picture-damaged"),
        (b"RIFF\xff\xff\xff\xffWEBPVP8 ", "picture-damaged"),
        (b"RIFF\0\0\0\0WEBP", "picture-damaged"),
    ] {
        assert_eq!(code(bytes), expected, "{}", bytes.escape_ascii());
    }
    assert_eq!(
        examine(&zip).unwrap_err().to_string(),
        "this is a ZIP archive and no picture in PNG, JPEG or WebP, whatever its name says"
    );
}

#[test]
fn size_is_refused_before_a_pixel_is_decoded() {
    for (width, height) in [(40_000, 40_000), (12_001, 1), (1, 12_001), (8_000, 8_000)] {
        let refused = examine(&png_claiming(width, height, 8, 2)).unwrap_err();
        assert_eq!(refused, Refused::TooManyPixels { width, height });
    }
    let heavy = examine(&png_claiming(6_000, 6_000, 16, 6)).unwrap_err();
    assert_eq!(heavy, Refused::TooMuchMemory { width: 6_000, height: 6_000 });
    // Within the limits, and with next to no pixels.
    assert_eq!(code(&png_claiming(300, 300, 8, 2)), "picture-damaged");
    assert_eq!(code(&png_claiming(0, 300, 8, 2)), "picture-damaged");

    let picture = two_colors(16, 16);
    let sized = |width: u16, height: u16, marker: u8| {
        let mut bytes = jpeg_of(&picture, &[]);
        let at = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
        bytes[at + 1] = marker;
        bytes[at + 5..at + 7].copy_from_slice(&height.to_be_bytes());
        bytes[at + 7..at + 9].copy_from_slice(&width.to_be_bytes());
        bytes
    };
    assert_eq!(code(&sized(65_535, 65_535, 0xc0)), "picture-too-large");
    let refused = examine(&sized(6_000, 6_000, 0xc2)).unwrap_err();
    assert_eq!(refused, Refused::TooMuchMemory { width: 6_000, height: 6_000 });
}

#[test]
fn a_small_picture_in_a_heap_of_data_is_refused() {
    let bytes = png_of(&two_colors(16, 16));
    let (picture, end) = bytes.split_at(bytes.len() - 12);
    let with = |more: usize| [picture, &chunk(b"IDAT", &vec![0; more]), end].concat();
    let refused = examine(&with(100_000)).unwrap_err();
    assert_eq!(refused, Refused::damaged("it holds far more than its pixels"));
    assert_eq!(code(&with(10)), "taken");
}

#[test]
fn many_scans_of_nothing_are_refused() {
    let bytes = jpeg_of(&two_colors(16, 16), &[]);
    let at = bytes.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
    let end = bytes.len() - 2;
    let scans = bytes[at..end].repeat(65);
    assert_eq!(code(&[&bytes[..at], &scans, &[0xff, 0xd9]].concat()), "picture-damaged");
}

#[test]
fn a_picture_that_lost_its_end_is_refused() {
    let picture = two_colors(90, 70);
    for bytes in [png_of(&picture), jpeg_of(&picture, &exif(6)), webp_of(&picture)] {
        for kept in (12..bytes.len()).step_by(1 + bytes.len() / 60) {
            assert_eq!(code(&bytes[..kept]), "picture-damaged", "{kept} of {}", bytes.len());
        }
    }
}

#[test]
fn a_profile_is_kept_where_it_fits() {
    let mut profile = vec![0; 200];
    profile[16..20].copy_from_slice(b"RGB ");
    let bytes = scale::png(&two_colors(400, 10), Some(&profile)).unwrap();
    let examined = examine(&bytes).unwrap();
    assert!(holds(&examined.content, b"iCCP") && holds(&examined.thumbnails[0].1, &profile));
    let mut long = profile.clone();
    long.resize(5_000, 7);
    let examined = examine(&scale::png(&two_colors(400, 10), Some(&long)).unwrap()).unwrap();
    assert!(holds(&examined.content, b"iCCP"));
    assert!(!holds(&examined.thumbnails[0].1, b"ICC_PROFILE"));
}

/// Changes to make to a file: where, as a share of 65,536, and into what.
fn changes() -> impl Strategy<Value = Vec<(u16, u8)>> {
    proptest::collection::vec(any::<(u16, u8)>(), 1..12)
}

fn changed(mut bytes: Vec<u8>, changes: &[(u16, u8)]) -> Vec<u8> {
    for (place, byte) in changes {
        let at = bytes.len() * usize::from(*place) / 65_536;
        bytes[at] = *byte;
    }
    bytes
}

/// Makes the checksums of a PNG right again, so that changes come further than to them.
fn mended(mut bytes: Vec<u8>) -> Vec<u8> {
    let mut at = png::SIGNATURE.len();
    while let Some(size) = bytes.get(at..at + 4) {
        let size = length(u32::from_be_bytes(size.try_into().unwrap()));
        let end = (at + 8).saturating_add(size);
        let Some(named) = bytes.get(at + 4..end) else { break };
        let sum = crc32fast::hash(named).to_be_bytes();
        let Some(place) = bytes.get_mut(end..end + 4) else { break };
        place.copy_from_slice(&sum);
        at = end + 4;
    }
    bytes
}

fn is_sound(bytes: &[u8]) {
    if let Ok(examined) = examine(bytes) {
        let pixels = u64::from(examined.width) * u64::from(examined.height);
        assert!(pixels <= PIXELS_MAX && examined.width.max(examined.height) <= SIDE_MAX_PX);
        assert!(image::load_from_memory(&examined.thumbnails[0].1).is_ok());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_changed_picture_does_harm(changes in changes(), kind in 0..3_u8) {
        let picture = two_colors(40, 30);
        let bytes = match kind {
            0 => mended(changed(png_with(&picture, &[chunk(b"eXIf", &exif(6))]), &changes)),
            1 => changed(jpeg_of(&picture, &exif(6)), &changes),
            _ => changed(webp_of(&picture), &changes),
        };
        is_sound(&bytes);
    }

    #[test]
    fn no_noise_behind_a_beginning_does_harm(
        noise in proptest::collection::vec(any::<u8>(), 0..200), kind in 0..4_u8,
    ) {
        let start: &[u8] = match kind {
            0 => png::SIGNATURE,
            1 => b"\xff\xd8\xff",
            2 => b"RIFF\x40\0\0\0WEBP",
            _ => b"",
        };
        is_sound(&[start, &noise].concat());
    }
}
