//! Positions of trolleys on disk.

use serde::{Deserialize, Serialize};

use super::{domain_record, from_us, to_us};
use crate::domain::position::{Position, PositionSource};
use crate::domain::routing::{Place, Point};
use crate::storage::RecordError;

#[derive(Serialize, Deserialize)]
struct PositionRecord {
    place: PlaceRecord,
    is_scanned: bool,
    at_us: i64,
}

#[derive(Serialize, Deserialize)]
enum PlaceRecord {
    Node(String),
    Location(String),
    Point { x: f64, y: f64, floor: i32 },
}

domain_record!(Position as PositionRecord, format 1);

impl From<&Position> for PositionRecord {
    fn from(position: &Position) -> Self {
        let place = match &position.place {
            Place::Node(id) => PlaceRecord::Node(id.clone()),
            Place::Location(id) => PlaceRecord::Location(id.clone()),
            Place::Point(Point { x, y, floor }) => {
                PlaceRecord::Point { x: *x, y: *y, floor: *floor }
            }
        };
        Self {
            place,
            is_scanned: position.source == PositionSource::Scanned,
            at_us: to_us(position.at),
        }
    }
}

impl PositionRecord {
    fn into_domain(self) -> Result<Position, RecordError> {
        let place = match self.place {
            PlaceRecord::Node(id) => Place::Node(id),
            PlaceRecord::Location(id) => Place::Location(id),
            PlaceRecord::Point { x, y, floor } => Place::Point(Point { x, y, floor }),
        };
        let source =
            if self.is_scanned { PositionSource::Scanned } else { PositionSource::Reported };
        Ok(Position { place, source, at: from_us(self.at_us)? })
    }
}
