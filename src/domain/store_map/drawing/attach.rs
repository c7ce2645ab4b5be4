//! From a shelf that was drawn beside an aisle to the place along the aisle where one stops for
//! it.

use std::collections::HashSet;
use std::rc::Rc;

use super::super::grid::{Segment, SegmentGrid};
use super::super::{EdgeKind, Location, NodeKind};
use super::{Drawing, REACH_M, SNAP_M, Source, Spot, round};

/// Finds the nearest aisle.
struct Aisles {
    segments: Vec<Segment>,
    grid: SegmentGrid,
}

impl Aisles {
    fn of(drawing: &Drawing) -> Self {
        let mut known = HashSet::new();
        let mut segments = Vec::new();
        for (index, drawn) in drawing.edges.iter().enumerate() {
            let (from, to) = (drawing.nodes[drawn.from].spot, drawing.nodes[drawn.to].spot);
            // A location names its edge by the ends: of several it is the first.
            let is_first = known.insert((drawn.from, drawn.to));
            if is_first && drawn.edge.kind == EdgeKind::Walk && from.floor == to.floor {
                let (floor, from, to) = (from.floor, (from.x, from.y), (to.x, to.y));
                segments.push(Segment { edge: index, floor, from, to });
            }
        }
        let grid = SegmentGrid::new(&segments, REACH_M);
        Self { segments, grid }
    }

    /// The nearest edge, and the fraction of it where the nearest point lies.
    fn nearest(&self, spot: Spot) -> Option<(usize, f64)> {
        let place = (spot.x, spot.y);
        let near = self.grid.near(spot.floor, place).iter().map(|&index| {
            let segment = &self.segments[index];
            let (fraction, distance) = segment.nearest(place);
            (distance, segment.edge, fraction)
        });
        near.filter(|(distance, ..)| *distance <= REACH_M)
            .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)))
            .map(|(_, edge, fraction)| (edge, fraction))
    }
}

impl Drawing {
    /// Gives every location its aisle.
    ///
    /// In a drawing without any location the shelves are locations as well, so that products can
    /// stand there.
    pub(super) fn attach_locations(&mut self) {
        let is_without = self.locations.is_empty() && self.loose.is_empty();
        let loose = std::mem::take(&mut self.loose);
        if loose.is_empty() && !is_without {
            return;
        }
        if !loose.is_empty() {
            let aisles = Aisles::of(self);
            for (id, spot, source) in loose {
                self.attach(&aisles, id, spot, &source);
            }
        }
        if is_without {
            self.shelves_as_locations();
        }
    }

    fn attach(&mut self, aisles: &Aisles, id: String, spot: Spot, source: &Source) {
        let Some((edge, fraction)) = aisles.nearest(spot) else {
            let message = format!(
                "{id:?} is more than {REACH_M} m away from every aisle of floor {}; draw it closer \
                 to one",
                spot.floor
            );
            return self.wrong(source, "", message);
        };
        let drawn = &self.edges[edge];
        let (from, to) = (&self.nodes[drawn.from], &self.nodes[drawn.to]);
        let straight = from.spot.distance(to.spot);
        let length = drawn.edge.length.unwrap_or(straight);
        let location = if fraction * straight <= SNAP_M {
            Location { id, node: from.id.clone(), ..Location::default() }
        } else if (1.0 - fraction) * straight <= SNAP_M {
            Location { id, node: to.id.clone(), ..Location::default() }
        } else {
            let offset = Some(round(fraction * length).min(length));
            let (from, to) = (from.id.clone(), to.id.clone());
            Location { id, from, to, offset, ..Location::default() }
        };
        self.location(location, source);
    }

    fn shelves_as_locations(&mut self) {
        if !self.shelves_are_locations {
            return;
        }
        let shelves: Vec<(Location, Source)> = self
            .nodes
            .iter()
            .filter(|node| node.kind == NodeKind::Shelf)
            .filter_map(|node| {
                let id = node.id.clone()?;
                let location = Location { id: id.clone(), node: Some(id), ..Location::default() };
                Some((location, Rc::clone(&node.source)))
            })
            .collect();
        if !shelves.is_empty() {
            let message = format!(
                "there is no location in the file: its {} shelves are locations by their ids",
                shelves.len()
            );
            self.note("shelves-as-locations", "locations", message);
            self.locations = shelves;
        }
    }
}
