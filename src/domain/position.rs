//! Where a trolley was last.

use jiff::Timestamp;

use super::routing::Place;

/// How a position is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PositionSource {
    /// Somebody, or the trolley itself, said so.
    Reported,
    /// From the shelf of the product that was scanned last.
    Scanned,
}

/// Where a trolley was last: the place as it was named, for the map may have changed since.
#[derive(Debug, Clone, PartialEq)]
pub struct Position {
    /// The place.
    pub place: Place,
    /// How it is known.
    pub source: PositionSource,
    /// Since when.
    pub at: Timestamp,
}
