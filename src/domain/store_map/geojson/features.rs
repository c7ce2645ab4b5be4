//! The features of a file, each read by itself, so that an error names the feature.

use std::rc::Rc;

use serde::de::{DeserializeOwned, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::super::attributes::Attributes;
use super::super::drawing::{Drawing, Name, Source};
use super::super::grid::Xy;
use super::super::read::without_place;
use super::super::{MAX_EDGES, MAX_LOCATIONS, MAX_NODES, MAX_SECTIONS};
use super::ELEMENT;

/// Most features: one for each part of the largest map.
const MAX_FEATURES: usize = MAX_NODES + MAX_EDGES + MAX_SECTIONS + MAX_LOCATIONS;
/// Columns that programs add to every feature when they save.
const FOREIGN_COLUMNS: [&str; 7] =
    ["fid", "ogc_fid", "gid", "objectid", "OBJECTID", "layer", "path"];

#[derive(Deserialize)]
struct RawFeature<'a> {
    #[serde(rename = "type", default)]
    kind: Option<Value>,
    #[serde(default)]
    id: Option<Value>,
    #[serde(borrow, default)]
    geometry: Option<RawGeometry<'a>>,
    #[serde(default)]
    properties: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
struct RawGeometry<'a> {
    #[serde(rename = "type", default)]
    kind: Option<Value>,
    #[serde(borrow, default)]
    coordinates: Option<&'a RawValue>,
}

/// A longitude and a latitude, or x and y; a height is passed over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Position(pub(super) Xy);

/// What a feature looks like.
#[derive(Debug)]
pub(super) enum Shape {
    Points(Vec<Position>),
    Lines(Vec<Vec<Position>>),
    /// Outer rings; holes do not count.
    Areas(Vec<Vec<Position>>),
}

#[derive(Debug)]
pub(super) struct Feature {
    pub(super) source: Source,
    pub(super) shape: Shape,
    pub(super) attributes: Attributes,
    /// The id beside the properties.
    outer_id: Option<String>,
    pub(super) element: Option<String>,
}

/// The features that can be read; errors about the others are noted.
pub(super) fn features(raw: &[&RawValue], drawing: &mut Drawing) -> Vec<Feature> {
    if raw.len() > MAX_FEATURES {
        let message = format!("{} features are too many; at most {MAX_FEATURES}", raw.len());
        drawing.wrong("features", "", message);
        return Vec::new();
    }
    let mut features = Vec::with_capacity(raw.len());
    let mut without_place = Vec::new();
    for (index, raw) in raw.iter().enumerate() {
        match feature(index, raw) {
            Ok(Some(feature)) => features.push(feature),
            Ok(None) => without_place.push(index),
            Err((field, message)) => drawing.wrong(&format!("features[{index}]"), field, message),
        }
    }
    if let [first, ..] = without_place.as_slice() {
        let message = format!("{} features without a geometry were left out", without_place.len());
        drawing.note("left-out", &format!("features[{first}]"), message);
    }
    features
}

type Wrong = (&'static str, String);

fn feature(index: usize, raw: &RawValue) -> Result<Option<Feature>, Wrong> {
    let raw: RawFeature<'_> = serde_json::from_str(raw.get())
        .map_err(|error| ("", format!("is no feature: {}", without_place(&error))))?;
    if raw.kind.as_ref().and_then(Value::as_str) != Some("Feature") {
        return Err(("type", "is not \"Feature\"; correct it".to_owned()));
    }
    let Some(geometry) = raw.geometry else { return Ok(None) };
    let shape = shape(&geometry)?;
    let mut members = raw.properties.unwrap_or_default();
    let element = members.remove(ELEMENT).and_then(|it| it.as_str().map(ToOwned::to_owned));
    let attributes = if element.is_some() {
        members.retain(|member, _| !FOREIGN_COLUMNS.contains(&member.as_str()));
        Attributes::exact(members)
    } else {
        Attributes::new(members)
    };
    let outer_id = raw.id.and_then(|id| match id {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    });
    let source = Rc::from(format!("features[{index}]"));
    Ok(Some(Feature { source, shape, attributes, outer_id, element }))
}

fn shape(geometry: &RawGeometry<'_>) -> Result<Shape, Wrong> {
    let kind = geometry.kind.as_ref().and_then(Value::as_str).unwrap_or_default();
    let coordinates = geometry.coordinates.map_or("null", RawValue::get);
    Ok(match kind {
        "Point" => Shape::Points(vec![positions(coordinates)?]),
        "MultiPoint" => Shape::Points(positions(coordinates)?),
        "LineString" => Shape::Lines(vec![positions(coordinates)?]),
        "MultiLineString" => Shape::Lines(positions(coordinates)?),
        "Polygon" => Shape::Areas(outer_rings(vec![positions(coordinates)?])?),
        "MultiPolygon" => Shape::Areas(outer_rings(positions(coordinates)?)?),
        _ => {
            let message = format!(
                "{kind:?} cannot be read; use Point, LineString, Polygon or their Multi kinds"
            );
            return Err(("geometry.type", message));
        }
    })
}

fn positions<T: DeserializeOwned>(coordinates: &str) -> Result<T, Wrong> {
    serde_json::from_str(coordinates)
        .map_err(|error| ("geometry.coordinates", without_place(&error)))
}

fn outer_rings(polygons: Vec<Vec<Vec<Position>>>) -> Result<Vec<Vec<Position>>, Wrong> {
    let first = |rings: Vec<Vec<Position>>| rings.into_iter().next().filter(|it| it.len() >= 3);
    let wrong = || ("geometry.coordinates", "a polygon needs a ring of 3 corners".to_owned());
    polygons.into_iter().map(|rings| first(rings).ok_or_else(wrong)).collect()
}

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Numbers;

        impl<'de> Visitor<'de> for Numbers {
            type Value = Position;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a position, that is [x, y]")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut numbers: A) -> Result<Position, A::Error> {
                let short = |count| serde::de::Error::invalid_length(count, &self);
                let x = numbers.next_element()?.ok_or_else(|| short(0))?;
                let y = numbers.next_element()?.ok_or_else(|| short(1))?;
                while numbers.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Position((x, y)))
            }
        }

        deserializer.deserialize_seq(Numbers)
    }
}

impl Feature {
    /// What it is called.
    pub(super) fn name(&self) -> Name {
        self.attributes.text(&["id"]).map_or_else(|| self.label(), Name::Id)
    }

    /// What it is called when others may have the same name.
    pub(super) fn label(&self) -> Name {
        let label = self.attributes.text(&["id", "ref", "name"]).or_else(|| self.outer_id.clone());
        label.map_or(Name::None, Name::Label)
    }
}

/// A part of the map from a feature's properties and what its geometry adds.
pub(super) fn part<T: DeserializeOwned>(
    feature: &Feature,
    numbers: &[(&str, f64)],
) -> Result<T, String> {
    let mut attributes = feature.attributes.clone();
    attributes.plain_flags(&["one_way", "closed"]);
    let mut members = attributes.into_members();
    for &(name, number) in numbers {
        members.insert(name.to_owned(), number.into());
    }
    serde_json::from_value(Value::Object(members)).map_err(|error| without_place(&error))
}
