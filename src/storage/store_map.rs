//! The store map: one JSON document in pieces, because it may be larger than a value.

use super::error::Error;
use super::read::Reader;
use super::record::Blob;
use super::tables::{MAP_PIECE_BY_INDEX, MAP_VERSION};
use super::write::WriteTx;
use crate::domain::event::Change;

/// Bytes of JSON per row.
const PIECE_BYTES: usize = 60 * 1024;
/// Most pieces.
const PIECES_MAX: usize = 2_048;
/// Largest JSON of a map: far more than one within the limits on nodes and edges takes.
pub const BYTES_MAX: usize = PIECES_MAX * PIECE_BYTES;

/// The version of the map; 0 while there is none.
pub fn version(tx: &impl Reader) -> Result<u64, Error> {
    Ok(tx.get(MAP_VERSION, &())?.unwrap_or(0))
}

/// The map's JSON, when there is a map.
pub fn json(tx: &impl Reader) -> Result<Option<Vec<u8>>, Error> {
    let pieces = tx.scan(MAP_PIECE_BY_INDEX, .., PIECES_MAX)?;
    if pieces.is_empty() {
        return Ok(None);
    }
    Ok(Some(pieces.into_iter().map(|(_, Blob(piece))| piece).collect::<Vec<_>>().concat()))
}

/// Replaces the map; its new version. The JSON has at most [`BYTES_MAX`].
pub fn replace(tx: &mut WriteTx<'_>, json: &[u8]) -> Result<u64, Error> {
    for (index, _) in tx.scan(MAP_PIECE_BY_INDEX, .., PIECES_MAX)? {
        tx.remove(MAP_PIECE_BY_INDEX, &index)?;
    }
    for (index, piece) in (0u32..).zip(json.chunks(PIECE_BYTES)) {
        tx.put(MAP_PIECE_BY_INDEX, &index, &Blob(piece.to_vec()))?;
    }
    let version = version(tx)? + 1;
    tx.put(MAP_VERSION, &(), &version)?;
    tx.log(&Change::StoreMap)?;
    Ok(version)
}
