//! Tile layers as grids: from each walkable tile to the four beside it.

use std::collections::HashMap;
use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::drawing::{Name, Source};
use super::super::read::without_place;
use super::super::{Edge, MAX_NODES, NodeKind};
use super::{Layer, Reader, Surroundings};

/// The bits of a tile's number that say which it is; the others say how it is turned.
const TILE_BITS: u32 = 0x0fff_ffff;

/// A piece of an infinite layer.
#[derive(Debug, Deserialize)]
pub(super) struct Chunk<'a> {
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(default)]
    width: u32,
    #[serde(default)]
    height: u32,
    #[serde(default)]
    x: i32,
    #[serde(default)]
    y: i32,
}

/// The walkable tiles of a layer.
#[derive(Debug)]
pub(super) struct Grid {
    pub(super) floor: i32,
    /// What its edges are like.
    pub(super) template: Edge,
    pub(super) source: Source,
    offset: (f64, f64),
    node_by_tile: HashMap<(i64, i64), usize>,
}

impl Grid {
    /// The node of the tile that these pixels lie on.
    pub(super) fn tile_at(&self, pixels: (f64, f64), tile: (f64, f64)) -> Option<usize> {
        let column = super::super::grid::cell(pixels.0 - self.offset.0, tile.0);
        let row = super::super::grid::cell(pixels.1 - self.offset.1, tile.1);
        self.node_by_tile.get(&(column, row)).copied()
    }
}

impl Reader {
    /// Reads a layer's tiles when it is walkable.
    pub(super) fn tiles(&mut self, layer: &Layer<'_>, around: &Surroundings) {
        let source: Source = Rc::from(around.path.as_str());
        match self.drawing.take(&source, around.attributes.flag("walkable")) {
            Some(Some(true)) => {}
            _ => return,
        }
        let Some(floor) = self.drawing.take(&source, around.attributes.floor()) else { return };
        let Some((edge, _)) = self.drawing.take(&source, around.attributes.edge()) else { return };
        // A grid is walked both ways, from the middle of each tile to that of the next.
        let template = Edge { one_way: false, length: None, seconds: None, ..edge };
        match walkable_tiles(layer) {
            Ok(tiles) => self.grid(&tiles, floor, template, (&source, around.offset)),
            Err((member, message)) => self.drawing.wrong(&source, member, message),
        }
    }

    fn grid(
        &mut self,
        tiles: &[(i64, i64)],
        floor: i32,
        template: Edge,
        (source, offset): (&Source, (f64, f64)),
    ) {
        let mut node_by_tile = HashMap::with_capacity(tiles.len());
        for &(column, row) in tiles {
            let middle = |number: i64, size: f64| (wide(number) + 0.5) * size;
            let (width, height) = self.scale.tile;
            let pixels = (middle(column, width) + offset.0, middle(row, height) + offset.1);
            let spot = self.scale.spot(pixels, floor);
            let id = || match floor {
                0 => format!("t{column}_{row}"),
                floor => format!("f{floor}t{column}_{row}"),
            };
            let name = Name::Label(id());
            let there = self.drawing.snapped(spot);
            let Some(node) =
                there.or_else(|| self.drawing.node(name, spot, NodeKind::Junction, source))
            else {
                return;
            };
            node_by_tile.insert((column, row), node);
        }
        for &(column, row) in tiles {
            let from = node_by_tile.get(&(column, row));
            for beside in [(column + 1, row), (column, row + 1)] {
                if let (Some(&from), Some(&to)) = (from, node_by_tile.get(&beside)) {
                    self.drawing.edge(from, to, template.clone(), source);
                }
            }
        }
        let source = Rc::clone(source);
        self.grids.push(Grid { floor, template, source, offset, node_by_tile });
    }
}

type Wrong = (&'static str, String);

/// Columns and rows of the tiles that are not empty, row by row.
fn walkable_tiles(layer: &Layer<'_>) -> Result<Vec<(i64, i64)>, Wrong> {
    if let Some(compression) = layer.compression.as_deref().filter(|it| !it.is_empty()) {
        let message = format!(
            "{compression} cannot be read; choose CSV or Base64 (uncompressed) as the tile layer \
             format in Tiled's map properties"
        );
        return Err(("compression", message));
    }
    let mut tiles = Vec::new();
    let encoding = layer.encoding.as_deref();
    if let Some(data) = layer.data {
        collect(&mut tiles, &numbers(data, encoding)?, (layer.width, layer.height), (0, 0))?;
    }
    for chunk in &layer.chunks {
        if let Some(data) = chunk.data {
            let corner = (chunk.x, chunk.y);
            collect(&mut tiles, &numbers(data, encoding)?, (chunk.width, chunk.height), corner)?;
        }
    }
    tiles.sort_unstable_by_key(|&(column, row)| (row, column));
    tiles.dedup();
    Ok(tiles)
}

fn collect(
    tiles: &mut Vec<(i64, i64)>,
    numbers: &[u32],
    (width, height): (u32, u32),
    corner: (i32, i32),
) -> Result<(), Wrong> {
    let count = usize::try_from(u64::from(width) * u64::from(height)).unwrap_or(usize::MAX);
    if numbers.len() != count {
        let message = format!(
            "has {} tiles, but {width} by {height} are {count}; export the map again",
            numbers.len()
        );
        return Err(("data", message));
    }
    let places =
        (0..i64::from(height)).flat_map(|row| (0..i64::from(width)).map(move |it| (it, row)));
    let walkable = places.zip(numbers).filter(|(_, number)| *number & TILE_BITS != 0);
    for ((column, row), _) in walkable {
        if tiles.len() >= MAX_NODES {
            let message =
                format!("has more than {MAX_NODES} walkable tiles; draw larger tiles or lines");
            return Err(("data", message));
        }
        tiles.push((column + i64::from(corner.0), row + i64::from(corner.1)));
    }
    Ok(())
}

/// The numbers of tiles, from a list or from base64 of little-endian 32-bit numbers.
fn numbers(data: &RawValue, encoding: Option<&str>) -> Result<Vec<u32>, Wrong> {
    let wrong = |message: String| ("data", message);
    if encoding != Some("base64") {
        return serde_json::from_str(data.get())
            .map_err(|error| wrong(format!("is no list of tiles: {}", without_place(&error))));
    }
    let text: String = serde_json::from_str(data.get())
        .map_err(|error| wrong(format!("is no base64: {}", without_place(&error))))?;
    let bytes =
        STANDARD.decode(text.trim()).map_err(|error| wrong(format!("is no base64: {error}")))?;
    let (numbers, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(wrong("ends in the middle of a tile; export the map again".to_owned()));
    }
    Ok(numbers.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect())
}

fn wide(number: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "columns and rows have 32 bits")]
    let wide = number as f64;
    wide
}
