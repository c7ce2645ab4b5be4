//! Pictures on disk: what is known of a file in `blobs/`.

use serde::{Deserialize, Serialize};

use super::{domain_record, from_us, to_us};
use crate::domain::pictures::{Picture, PictureHash, PictureKind, PictureName};
use crate::storage::RecordError;

#[derive(Serialize, Deserialize)]
struct PictureRecord {
    hash: PictureHash,
    has_alpha: bool,
    kind: KindRecord,
    width: u32,
    height: u32,
    bytes: u64,
    added_at_us: i64,
    unnamed_since_us: Option<i64>,
}

/// In the order of their numbers on disk.
#[derive(Serialize, Deserialize)]
enum KindRecord {
    Png,
    Jpeg,
    Webp,
}

domain_record!(Picture as PictureRecord, format 1);

impl From<&Picture> for PictureRecord {
    fn from(picture: &Picture) -> Self {
        Self {
            hash: *picture.name.hash(),
            has_alpha: picture.name.has_alpha(),
            kind: match picture.name.kind() {
                PictureKind::Png => KindRecord::Png,
                PictureKind::Jpeg => KindRecord::Jpeg,
                PictureKind::Webp => KindRecord::Webp,
            },
            width: picture.width,
            height: picture.height,
            bytes: picture.bytes,
            added_at_us: to_us(picture.added_at),
            unnamed_since_us: picture.unnamed_since.map(to_us),
        }
    }
}

impl PictureRecord {
    fn into_domain(self) -> Result<Picture, RecordError> {
        let kind = match self.kind {
            KindRecord::Png => PictureKind::Png,
            KindRecord::Jpeg => PictureKind::Jpeg,
            KindRecord::Webp => PictureKind::Webp,
        };
        Ok(Picture {
            name: PictureName::new(self.hash, self.has_alpha, kind),
            width: self.width,
            height: self.height,
            bytes: self.bytes,
            added_at: from_us(self.added_at_us)?,
            unnamed_since: self.unnamed_since_us.map(from_us).transpose()?,
        })
    }
}
