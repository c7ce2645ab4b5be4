//! Where trolleys are: as reported, or by the shelf of what was scanned last.

use super::devices::existing;
use super::{App, CartDevice, Error, Result, Shopper};
use crate::domain::catalog::Product;
use crate::domain::id::{DeviceId, UserId};
use crate::domain::position::{Position, PositionSource};
use crate::domain::routing::{Graph, Place, Point, Start};
use crate::domain::store_map::{MAX_COORDINATE_M, Section, StoreMap};
use crate::storage::{Reader, WriteTx, devices, positions};
use jiff::Timestamp;

/// A trolley's position on the map in use.
#[derive(Debug, Clone, PartialEq)]
pub struct Located {
    /// The trolley.
    pub device_id: DeviceId,
    /// The place and how it is known.
    pub position: Position,
    /// Where that is.
    pub point: Point,
    /// The section that it is in.
    pub section: Option<Section>,
}

/// How somebody names a place.
#[derive(Debug, Clone, PartialEq)]
pub enum Spotted {
    /// A node, a shelf location or a point.
    At(Place),
    /// What a tag on the floor or shelf says: the id of a shelf location or of a node.
    Tag(String),
}

impl App {
    /// Where a trolley was last: for the shopper who has it, and for staff.
    pub fn position(&self, shopper: &Shopper, id: DeviceId) -> Result<Located> {
        self.may_follow(shopper, id)?;
        self.locate(id)?.ok_or_else(|| Error::not_found("position of this trolley yet"))
    }

    /// Notes where a trolley is, as its shopper or staff see it.
    pub async fn report_position(
        &self,
        shopper: &Shopper,
        id: DeviceId,
        spotted: Spotted,
    ) -> Result<Located> {
        self.may_follow(shopper, id)?;
        self.note_position(id, spotted).await
    }

    /// Notes where a trolley says that it is.
    pub async fn report_own_position(
        &self,
        device: &CartDevice,
        spotted: Spotted,
    ) -> Result<Located> {
        self.note_position(device.id, spotted).await
    }

    async fn note_position(&self, id: DeviceId, spotted: Spotted) -> Result<Located> {
        let loaded = self.store_map()?;
        let place = placed(&loaded.map, &loaded.graph, spotted)?;
        let position = Position { place, source: PositionSource::Reported, at: self.now() };
        let before = self
            .write(move |tx| {
                existing(tx, id)?;
                let before = positions::of_device(tx, id)?;
                positions::put(tx, id, &position)?;
                Ok(before)
            })
            .await?;
        let located = self.locate(id)?;
        let located = located.ok_or_else(|| Error::not_found("position of this trolley yet"))?;
        let before = before.and_then(|it| point_of(&loaded.graph, &loaded.map, &it.place));
        self.note_place(id, before, located.point);
        Ok(located)
    }

    fn locate(&self, id: DeviceId) -> Result<Option<Located>> {
        let Some(position) = self.read(|tx| Ok(positions::of_device(tx, id)?))? else {
            return Ok(None);
        };
        let loaded = self.store_map()?;
        let point = point_of(&loaded.graph, &loaded.map, &position.place);
        Ok(point.map(|point| {
            let section = section_at(&loaded.map, point).cloned();
            Located { device_id: id, position, point, section }
        }))
    }

    /// For another shopper's trolley, known or not, a customer is forbidden.
    fn may_follow(&self, shopper: &Shopper, id: DeviceId) -> Result<()> {
        self.read(|tx| {
            if super::Principal::User(shopper.0).staff().is_some() {
                return existing(tx, id).map(drop);
            }
            let own = devices::of_user(tx, shopper.user_id())?;
            if own.is_some_and(|device| device.id == id) {
                return Ok(());
            }
            Err(Error::forbidden("not-yours", "connect to this trolley first"))
        })
    }
}

/// Where a walk of this trolley, or of this shopper's, begins: `None` when that is unknown, or is
/// not on this map.
pub(super) fn last_start(
    tx: &impl Reader,
    (map, graph): (&StoreMap, &Graph),
    device: Option<DeviceId>,
    user: Option<UserId>,
) -> Result<Option<Start>> {
    let device = match (device, user) {
        (Some(device), _) => Some(device),
        (None, Some(user)) => devices::of_user(tx, user)?.map(|device| device.id),
        (None, None) => None,
    };
    let Some(device) = device else { return Ok(None) };
    let Some(Position { place, .. }) = positions::of_device(tx, device)? else { return Ok(None) };
    let Some(point) = point_of(graph, map, &place) else { return Ok(None) };
    Ok(Some(match place {
        Place::Node(id) if !graph.is_cut_off(&id) => Start::Node(id),
        // As a point it begins at the nearest aisle that is open: somebody who stands in a blocked
        // one gets out of it.
        Place::Node(_) | Place::Location(_) | Place::Point(_) => Start::Point(point),
    }))
}

/// The trolley is where the product stands that was scanned just now.
pub(super) fn scanned(
    tx: &mut WriteTx<'_>,
    device: DeviceId,
    product: &Product,
    now: Timestamp,
) -> Result<()> {
    let Some(location) = &product.location else { return Ok(()) };
    let place = Place::Location(location.clone());
    Ok(positions::put(tx, device, &Position { place, source: PositionSource::Scanned, at: now })?)
}

fn placed(map: &StoreMap, graph: &Graph, spotted: Spotted) -> Result<Place> {
    let is_node = |id: &str| map.nodes.iter().any(|node| node.id == id);
    let missing = |field: &str, id: &str| Error::field(field, format!("the map has no `{id}`"));
    match spotted {
        Spotted::At(Place::Node(id)) if !is_node(&id) => Err(missing("node", &id)),
        Spotted::At(Place::Location(id)) if graph.location_point(&id).is_none() => {
            Err(missing("location", &id))
        }
        Spotted::At(Place::Point(point)) => {
            if !is_on_a_map(point) {
                return Err(Error::field("x", "x and y are metres on the map"));
            }
            if !map.nodes.iter().any(|node| node.floor == point.floor) {
                return Err(Error::field("floor", format!("the map has no floor {}", point.floor)));
            }
            Ok(Place::Point(point))
        }
        Spotted::At(place) => Ok(place),
        Spotted::Tag(id) if graph.location_point(&id).is_some() => Ok(Place::Location(id)),
        Spotted::Tag(id) if is_node(&id) => Ok(Place::Node(id)),
        Spotted::Tag(id) => Err(missing("tag", &id)),
    }
}

fn point_of(graph: &Graph, map: &StoreMap, place: &Place) -> Option<Point> {
    match place {
        Place::Node(id) => {
            let node = map.nodes.iter().find(|node| node.id == *id)?;
            Some(Point { x: node.x, y: node.y, floor: node.floor })
        }
        Place::Location(id) => graph.location_point(id),
        Place::Point(point) => {
            let has_floor = map.nodes.iter().any(|node| node.floor == point.floor);
            (has_floor && is_on_a_map(*point)).then_some(*point)
        }
    }
}

/// Whether a walk can begin there: what no map can have is where no trolley is.
fn is_on_a_map(point: Point) -> bool {
    let fits = |metres: f64| (-MAX_COORDINATE_M..=MAX_COORDINATE_M).contains(&metres);
    fits(point.x) && fits(point.y)
}

/// The first section around a point.
pub fn section_at(map: &StoreMap, point: Point) -> Option<&Section> {
    map.sections.iter().find(|section| section.contains((point.x, point.y), point.floor))
}
