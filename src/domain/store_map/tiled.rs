//! Maps drawn with Tiled (<https://www.mapeditor.org>), in its JSON format (`.tmj`).
//!
//! Object layers hold points (nodes, by their class), polylines (aisles) and rectangles
//! (sections); custom properties say the rest. What a layer or group says counts for everything in
//! it that does not say otherwise, so `floor` is usually a layer's property. Tile layers with
//! `walkable: true` are a grid in which one walks from tile to tile.
//!
//! Pixels become metres by the map's property `metres_per_pixel`; without it a tile is one metre
//! wide. `y` goes down in Tiled and up here, so it is measured from the lower edge of the map (of
//! an infinite one, from its origin).

mod objects;
#[cfg(test)]
mod tests;
mod tiles;

use std::rc::Rc;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use self::objects::Object;
use self::tiles::{Chunk, Grid};
use super::attributes::Attributes;
use super::check::{MapError, MapErrors};
use super::drawing::{Drawing, Source, Spot};
use super::lint::Findings;
use super::{MAX_LENGTH_M, StoreMap};

/// Most layers, groups included.
const MAX_LAYERS: usize = 1_000;

/// A map as Tiled writes it; members that say nothing here are passed over.
#[derive(Debug, Deserialize)]
struct TiledMap<'a> {
    #[serde(default)]
    orientation: Option<String>,
    tilewidth: f64,
    tileheight: f64,
    #[serde(default)]
    height: f64,
    #[serde(default)]
    infinite: bool,
    #[serde(default)]
    class: Option<String>,
    #[serde(default)]
    properties: Option<Value>,
    #[serde(borrow)]
    layers: Vec<Layer<'a>>,
}

#[derive(Debug, Deserialize)]
struct Layer<'a> {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    offsetx: f64,
    #[serde(default)]
    offsety: f64,
    #[serde(default)]
    properties: Option<Value>,
    #[serde(default)]
    objects: Vec<Object>,
    #[serde(borrow, default)]
    layers: Vec<Self>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(borrow, default)]
    chunks: Vec<Chunk<'a>>,
    #[serde(default)]
    encoding: Option<String>,
    #[serde(default)]
    compression: Option<String>,
    #[serde(default)]
    width: u32,
    #[serde(default)]
    height: u32,
}

/// From pixels to metres.
#[derive(Debug, Clone, Copy)]
struct Scale {
    metres_per_pixel: f64,
    /// The pixels from the top where `y` is 0.
    bottom: f64,
    tile: (f64, f64),
}

impl Scale {
    fn spot(self, (x, y): (f64, f64), floor: i32) -> Spot {
        let (x, y) = (x * self.metres_per_pixel, (self.bottom - y) * self.metres_per_pixel);
        Spot::new(x, y, floor).rounded()
    }
}

/// What a layer is in.
#[derive(Debug, Clone, Default)]
struct Surroundings {
    path: String,
    offset: (f64, f64),
    attributes: Attributes,
}

/// Reads a map.
pub(super) fn read(text: &[u8]) -> Result<(StoreMap, Findings), MapErrors> {
    let refused = |message: String| MapErrors::one(MapError::new("", message));
    let map: TiledMap<'_> = serde_json::from_slice(text)
        .map_err(|error| refused(format!("not a Tiled map: {error}; export it again as JSON")))?;
    if map.orientation.as_deref().is_some_and(|it| it != "orthogonal") {
        let message = "only orthogonal maps can be read; change it in Tiled's map properties";
        return Err(MapErrors::one(MapError::new("orientation", message)));
    }
    let properties = properties(map.properties.as_ref());
    let name = properties.text(&["name"]).or_else(|| map.class.clone()).unwrap_or_default();
    let mut drawing = Drawing::new(name);
    drawing.shelves_are_locations = true;
    let scale = scale(&mut drawing, &properties, &map)?;
    let mut reader = Reader { drawing, scale, grids: Vec::new(), points: Vec::new(), left_out: 0 };
    let mut layers = Vec::new();
    flatten(&map.layers, &Surroundings::default(), &mut layers);
    if layers.len() > MAX_LAYERS {
        let message =
            format!("has more than {MAX_LAYERS} layers; put what belongs together on one");
        return Err(MapErrors::one(MapError::new("layers", message)));
    }
    // Points first, so that lines and grids find the nodes that they run to.
    for (layer, around) in &layers {
        reader.points_and_areas(layer, around);
    }
    for (layer, around) in &layers {
        reader.lines(layer, around);
    }
    for (layer, around) in &layers {
        if layer.kind == "tilelayer" {
            reader.tiles(layer, around);
        }
    }
    reader.finish()
}

fn scale(
    drawing: &mut Drawing,
    properties: &Attributes,
    map: &TiledMap<'_>,
) -> Result<Scale, MapErrors> {
    let refused = |field: &str, message: &str| MapErrors::one(MapError::new(field, message));
    let is_size = |pixels: f64| (1.0..=1e6).contains(&pixels);
    if !is_size(map.tilewidth) || !is_size(map.tileheight) {
        return Err(refused("tilewidth", "tiles have at least one pixel; correct their size"));
    }
    let given = properties
        .number("metres_per_pixel")
        .map_err(|(member, message)| refused(&format!("properties.{member}"), &message))?;
    let metres_per_pixel = match given {
        Some(given) if given > 0.0 && given <= MAX_LENGTH_M => given,
        Some(_) => {
            return Err(refused("properties.metres_per_pixel", "has to be more than 0"));
        }
        None => {
            drawing.note(
                "tile-is-a-metre",
                "properties",
                "the map has no metres_per_pixel: a tile is taken to be 1 m wide",
            );
            1.0 / map.tilewidth
        }
    };
    let bottom = if map.infinite { 0.0 } else { map.height * map.tileheight };
    Ok(Scale { metres_per_pixel, bottom, tile: (map.tilewidth, map.tileheight) })
}

/// The layers in the order of drawing, out of their groups; no more than one too many.
fn flatten<'a>(
    layers: &'a [Layer<'a>],
    around: &Surroundings,
    found: &mut Vec<(&'a Layer<'a>, Surroundings)>,
) {
    for (index, layer) in layers.iter().enumerate() {
        if found.len() > MAX_LAYERS {
            return;
        }
        let attributes = properties(layer.properties.as_ref()).within(&around.attributes);
        if attributes.flag("ignore") == Ok(Some(true)) {
            continue;
        }
        let dot = if around.path.is_empty() { "" } else { "." };
        let inner = Surroundings {
            path: format!("{}{dot}layers[{index}]", around.path),
            offset: (around.offset.0 + layer.offsetx, around.offset.1 + layer.offsety),
            attributes,
        };
        flatten(&layer.layers, &inner, found);
        found.push((layer, inner));
    }
}

/// Custom properties: a list of name and value, or, before Tiled 1.2, an object.
fn properties(value: Option<&Value>) -> Attributes {
    let members = match value {
        Some(Value::Object(members)) => members.clone(),
        Some(Value::Array(list)) => list
            .iter()
            .filter_map(|one| {
                Some((one.get("name")?.as_str()?.to_owned(), one.get("value")?.clone()))
            })
            .collect(),
        _ => Map::new(),
    };
    Attributes::new(members)
}

struct Reader {
    drawing: Drawing,
    scale: Scale,
    grids: Vec<Grid>,
    /// Nodes that were drawn as points, with their pixels and floor, for the grids.
    points: Vec<(usize, (f64, f64), i32)>,
    /// Objects that are no part of a map.
    left_out: usize,
}

impl Reader {
    fn finish(mut self) -> Result<(StoreMap, Findings), MapErrors> {
        self.join_points_to_grids();
        if self.left_out > 0 {
            let message = format!(
                "{} objects were left out: texts, ellipses and pictures are no part of a map",
                self.left_out
            );
            self.drawing.note("left-out", "layers", message);
        }
        self.drawing.finish()
    }

    /// An entrance or a shelf that stands on a walkable tile is one step from its middle.
    fn join_points_to_grids(&mut self) {
        let points = std::mem::take(&mut self.points);
        for grid in std::mem::take(&mut self.grids) {
            for &(node, pixels, floor) in &points {
                if floor != grid.floor {
                    continue;
                }
                if let Some(tile) = grid.tile_at(pixels, self.scale.tile)
                    && tile != node
                {
                    self.drawing.edge(node, tile, grid.template.clone(), &grid.source);
                }
            }
        }
    }
}

fn source_of(path: &str, index: usize) -> Source {
    Rc::from(format!("{path}.objects[{index}]"))
}
