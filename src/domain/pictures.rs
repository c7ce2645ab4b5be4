//! Pictures of products, by their names.
//!
//! A picture is named by the SHA-256 of its bytes, so that it can be kept for ever and is there
//! once however many products show it. The name also says what its thumbnails are called: an
//! answer that lists a thousand products looks at no file and at no table for them.
//!
//! ```text
//! <hash>.jpg            a picture without transparency (.png, .webp)
//! <hash>-320.jpg        its thumbnail, 320 pixels on the longer side
//! <hash>-alpha.png      a picture with transparency (.webp)
//! <hash>-alpha-320.png  its thumbnail, which is transparent too
//! ```

use std::fmt;

use jiff::Timestamp;

/// Where pictures are served: what a product's `images` begin with.
pub const PATH_PREFIX: &str = "/misc/images/";
/// The longer side of thumbnails, in pixels: for cards, and for lists.
pub const THUMBNAIL_SIDES_PX: [u16; 2] = [320, 96];
/// What names of pictures with transparency have behind the hash.
const ALPHA: &str = "-alpha";

/// The SHA-256 of a picture's bytes.
pub type PictureHash = [u8; 32];

/// How a picture is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureKind {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP.
    Webp,
}

impl PictureKind {
    /// The end of its name.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Webp => "webp",
        }
    }

    /// The `Content-Type`.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
        }
    }
}

/// The name of a picture or of a thumbnail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureName {
    hash: PictureHash,
    has_alpha: bool,
    /// `None` for the picture itself.
    side_px: Option<u16>,
    kind: PictureKind,
}

impl PictureName {
    /// The name of a picture with these bytes. A JPEG has no transparency.
    pub const fn new(hash: PictureHash, has_alpha: bool, kind: PictureKind) -> Self {
        let has_alpha = has_alpha && !matches!(kind, PictureKind::Jpeg);
        Self { hash, has_alpha, side_px: None, kind }
    }

    /// Reads a name; `None` unless it is exactly as this program writes it.
    pub fn parse(name: &str) -> Option<Self> {
        let (stem, extension) = name.split_once('.')?;
        let (hex, rest) = stem.split_at_checked(2 * size_of::<PictureHash>())?;
        let (has_alpha, rest) = match rest.strip_prefix(ALPHA) {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let kinds = [PictureKind::Png, PictureKind::Jpeg, PictureKind::Webp];
        let kind = kinds.into_iter().find(|kind| kind.extension() == extension)?;
        let picture = Self::new(hash_of(hex)?, has_alpha, kind);
        let parsed = match rest.strip_prefix('-') {
            Some(side) => {
                let mut sides = THUMBNAIL_SIDES_PX.into_iter();
                picture.thumbnail(sides.find(|known| known.to_string() == side)?)
            }
            None => picture,
        };
        (parsed.to_string() == name).then_some(parsed)
    }

    /// The picture behind an entry of a product's `images`, if it is one of ours.
    pub fn of_path(path: &str) -> Option<Self> {
        path.strip_prefix(PATH_PREFIX).and_then(Self::parse).filter(Self::is_whole)
    }

    /// Whether it names the picture itself and no thumbnail.
    pub fn is_whole(&self) -> bool {
        self.side_px.is_none()
    }

    /// The thumbnail of this longer side: PNG where there is transparency, else JPEG.
    #[must_use]
    pub const fn thumbnail(self, side_px: u16) -> Self {
        let kind = if self.has_alpha { PictureKind::Png } else { PictureKind::Jpeg };
        Self { side_px: Some(side_px), kind, ..self }
    }

    /// It and its thumbnails.
    pub fn files(self) -> impl Iterator<Item = Self> {
        let thumbnails = THUMBNAIL_SIDES_PX.into_iter().map(move |side_px| self.thumbnail(side_px));
        std::iter::once(self).chain(thumbnails)
    }

    /// What its bytes hash to; for a thumbnail, what the picture's do.
    pub const fn hash(&self) -> &PictureHash {
        &self.hash
    }

    /// Whether anything of it is transparent.
    pub const fn has_alpha(&self) -> bool {
        self.has_alpha
    }

    /// How it is encoded.
    pub const fn kind(&self) -> PictureKind {
        self.kind
    }

    /// Where it is served.
    pub fn path(&self) -> String {
        format!("{PATH_PREFIX}{self}")
    }
}

impl fmt::Display for PictureName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.hash {
            write!(f, "{byte:02x}")?;
        }
        f.write_str(if self.has_alpha { ALPHA } else { "" })?;
        if let Some(side_px) = self.side_px {
            write!(f, "-{side_px}")?;
        }
        write!(f, ".{}", self.kind.extension())
    }
}

/// The thumbnail of an entry of a product's `images`; `None` for what is no picture of ours.
pub fn thumbnail_path(image: &str) -> Option<String> {
    PictureName::of_path(image).map(|name| name.thumbnail(THUMBNAIL_SIDES_PX[0]).path())
}

/// A picture that the shop keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Its name.
    pub name: PictureName,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Length of its file.
    pub bytes: u64,
    /// When it came.
    pub added_at: Timestamp,
    /// Since when no product names it; `None` while one does.
    pub unnamed_since: Option<Timestamp>,
}

fn hash_of(hex: &str) -> Option<PictureHash> {
    let mut hash = PictureHash::default();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok());
    for (byte, pair) in hash.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
        *byte = (digit(pair[0])? << 4) | digit(pair[1])?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_lead_to_their_thumbnails() {
        let plain = PictureName::new([0xab; 32], false, PictureKind::Webp);
        let clear = PictureName::new([0x01; 32], true, PictureKind::Png);
        let hex = "ab".repeat(32);
        assert_eq!(plain.to_string(), format!("{hex}.webp"));
        assert_eq!(thumbnail_path(&plain.path()).unwrap(), format!("/misc/images/{hex}-320.jpg"));
        assert_eq!(clear.thumbnail(96).to_string(), format!("{}-alpha-96.png", "01".repeat(32)));
        for name in [plain, clear, plain.thumbnail(320), clear.thumbnail(96)] {
            assert_eq!(PictureName::parse(&name.to_string()), Some(name));
        }
        assert!(!PictureName::new([1; 32], true, PictureKind::Jpeg).to_string().contains("alpha"));
    }

    #[test]
    fn nothing_but_a_name_is_a_name() {
        let hex = "ab".repeat(32);
        for wrong in [
            String::new(),
            ".".into(),
            "../cartwright.redb".into(),
            hex.clone(),
            format!("{hex}.svg"),
            format!("{hex}.jpeg"),
            format!("{hex}.png.png"),
            format!("{hex}-320.png"),
            format!("{hex}-320.webp"),
            format!("{hex}-alpha.jpg"),
            format!("{hex}-alpha-320.jpg"),
            format!("{hex}-0320.jpg"),
            format!("{hex}-100.jpg"),
            format!("{hex}-.jpg"),
            format!("{}.png", "AB".repeat(32)),
            format!("{}.png", "ab".repeat(31)),
            format!("{}é.png", "ab".repeat(31)),
            format!("../{hex}.png"),
            format!("{hex}/..png"),
            format!("{hex}.png\0"),
        ] {
            assert_eq!(PictureName::parse(&wrong), None, "{wrong}");
        }
        for path in [format!("/misc/images/{hex}-320.jpg"), format!("/images/{hex}.jpg")] {
            assert_eq!(PictureName::of_path(&path), None, "{path}");
        }
        assert_eq!(thumbnail_path("https://shop.example/milk.png"), None);
    }
}
