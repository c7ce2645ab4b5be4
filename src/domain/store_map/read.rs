//! Maps in whatever format they come: their own JSON, `GeoJSON` or Tiled's JSON, told apart by
//! what is in them.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::lint::Findings;
use super::{MapErrors, StoreMap, geojson, tiled};

/// What a map was written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// The JSON of this program.
    Json,
    /// `GeoJSON`, RFC 7946.
    Geojson,
    /// The JSON of the map editor Tiled.
    Tiled,
}

/// A map that was read, and what was done to read it.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The map, checked.
    pub map: StoreMap,
    /// What it was written in.
    pub format: Format,
    /// What was assumed, computed or left out.
    pub notes: Findings,
}

/// The members that tell formats apart.
#[derive(Debug, Default, Deserialize)]
struct Marks {
    #[serde(rename = "type")]
    kind: Option<Value>,
    nodes: Option<IgnoredAny>,
    features: Option<IgnoredAny>,
    layers: Option<IgnoredAny>,
    tilewidth: Option<IgnoredAny>,
}

/// What Windows programs put before UTF-8.
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl Format {
    /// The format of a text; its own when nothing speaks for another.
    pub fn of(text: &[u8]) -> Self {
        let marks: Marks = serde_json::from_slice(without_mark(text)).unwrap_or_default();
        match marks.kind.as_ref().and_then(Value::as_str) {
            Some(kind) if geojson::is_kind(kind) => return Self::Geojson,
            Some("map") => return Self::Tiled,
            _ => {}
        }
        if marks.nodes.is_some() {
            Self::Json
        } else if marks.features.is_some() {
            Self::Geojson
        } else if marks.layers.is_some() || marks.tilewidth.is_some() {
            Self::Tiled
        } else {
            Self::Json
        }
    }
}

impl Reading {
    /// Reads and checks a map in any of the formats, and tells what was done to read it.
    pub fn of(text: &[u8]) -> Result<Self, MapErrors> {
        let text = without_mark(text);
        let format = Format::of(text);
        let (map, notes) = match format {
            Format::Json => (StoreMap::from_json(text)?, Findings::default()),
            Format::Geojson => geojson::read(text)?,
            Format::Tiled => tiled::read(text)?,
        };
        Ok(Self { map, format, notes })
    }
}

fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}

/// A parser's message without its line and column, where these count from the middle of a file.
pub(super) fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message).to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formats_are_told_apart_by_what_is_in_them() {
        for (text, format) in [
            (r#"{"nodes":[]}"#, Format::Json),
            (r#"{"type":"FeatureCollection","features":[]}"#, Format::Geojson),
            (r#"{"features":[]}"#, Format::Geojson),
            (r#"{"type":"Feature","geometry":null,"properties":null}"#, Format::Geojson),
            (r#"{"type":"map","layers":[],"tilewidth":1}"#, Format::Tiled),
            (r#"{"layers":[],"tilewidth":32}"#, Format::Tiled),
            (r#"{"type":7,"nodes":[]}"#, Format::Json),
            ("[1]", Format::Json),
            ("", Format::Json),
        ] {
            assert_eq!(Format::of(text.as_bytes()), format, "{text}");
        }
        let marked = b"\xef\xbb\xbf{\"nodes\":[]}";
        assert_eq!(Reading::of(marked).unwrap().map, StoreMap::default());
        assert_eq!(Format::of(b"\xef\xbb\xbf{\"layers\":[]}"), Format::Tiled);
        assert!(Reading::of(b"\xff\xfe{").is_err());
    }

    /// Texts of all three formats, to be mutated.
    const SAMPLES: [&str; 5] = [
        include_str!("../../../tests/fixtures/maps/corridor.geojson"),
        include_str!("../../../tests/fixtures/maps/qgis-wgs84.geojson"),
        include_str!("../../../tests/fixtures/maps/tiled-objects.tmj"),
        include_str!("../../../tests/fixtures/maps/tiled-tiles.tmj"),
        r#"{"nodes":[{"id":"a","x":0,"y":0}],"edges":[],"locations":[]}"#,
    ];

    proptest! {
        #[test]
        fn any_bytes_are_a_map_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Reading::of(&bytes);
        }

        #[test]
        fn mutated_files_are_a_map_or_an_error(
            sample in 0..SAMPLES.len(),
            edits in proptest::collection::vec((any::<prop::sample::Index>(), 0..EDITS.len()), 1..6),
        ) {
            let mut text = SAMPLES[sample].as_bytes().to_vec();
            for (place, edit) in edits {
                let at = place.index(text.len());
                let end = text[at..].iter().position(|byte| b",:[]{}".contains(byte));
                text.splice(at..at + end.unwrap_or(0), EDITS[edit].bytes());
            }
            if let Ok(reading) = Reading::of(&text) {
                prop_assert_eq!(reading.map.check(), Ok(()));
                let _ = super::super::lint::Findings::of(&reading.map);
            }
        }
    }

    /// What a part of a file is replaced by.
    const EDITS: [&str; 14] = [
        "",
        "null",
        "[]",
        "{}",
        "-1",
        "1e300",
        "1e-300",
        "99999999999999999999",
        "\"x\"",
        "true",
        "[[0,0]]",
        "-0.0",
        "\"base64\"",
        "0",
    ];
}
