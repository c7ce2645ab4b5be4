//! A pack as clients send it: an object, or the one text that fits a cell of a file.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// A pack, not judged yet.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum PackInput {
    /// `4006381333948*6`.
    Text(String),
    /// The same by name.
    Members {
        /// A GTIN.
        barcode: String,
        /// Pieces.
        quantity: i64,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    barcode: String,
    quantity: i64,
}

struct EitherForm;

impl<'de> Deserialize<'de> for PackInput {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EitherForm)
    }
}

impl<'de> Visitor<'de> for EitherForm {
    type Value = PackInput;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a pack with barcode and quantity, or a text such as 4006381333948*6")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<PackInput, E> {
        Ok(PackInput::Text(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<PackInput, A::Error> {
        let Members { barcode, quantity } = Members::deserialize(MapAccessDeserializer::new(map))?;
        Ok(PackInput::Members { barcode, quantity })
    }
}
