//! `GeoJSON` in: what this program wrote, and what `QGIS`, `JOSM` and other programs draw.
//!
//! Points are read first, so that lines find the nodes that they run to.

use std::rc::Rc;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::super::attributes::{Direction, Role};
use super::super::check::{MapError, MapErrors};
use super::super::drawing::{Drawing, Name, Source, Spot};
use super::super::grid::Xy;
use super::super::lint::Findings;
use super::super::read::without_place;
use super::super::{Edge, EdgeKind, NodeKind, Section, StoreMap};
use super::features::{Feature, Position, Shape, features, part};
use super::project::{Extent, Projection};
use super::{Element, LOCAL_METRES};

#[derive(Deserialize)]
struct Collection<'a> {
    #[serde(default)]
    name: Option<Value>,
    #[serde(default)]
    crs: Option<Value>,
    #[serde(default)]
    cartwright: Option<Value>,
    #[serde(borrow)]
    features: Vec<&'a RawValue>,
}

/// Reads a feature collection.
pub(in super::super) fn read(text: &[u8]) -> Result<(StoreMap, Findings), MapErrors> {
    let collection: Collection<'_> = serde_json::from_slice(text).map_err(|error| {
        let message = format!(
            "not a GeoJSON FeatureCollection: {error}; a single Feature or geometry has to be \
             wrapped into one"
        );
        MapErrors::one(MapError::new("", message))
    })?;
    let name = collection.name.as_ref().and_then(Value::as_str).unwrap_or_default();
    let mut drawing = Drawing::new(name);
    let features = features(&collection.features, &mut drawing);
    let is_ours = collection.cartwright.as_ref().and_then(|mark| mark.get("coordinates"))
        == Some(&LOCAL_METRES.into())
        || features.iter().any(|feature| feature.element.is_some());
    drawing.shelves_are_locations = !is_ours;
    let projection = if is_ours { Projection::Metres } else { projection(&collection, &features) };
    if !is_ours && !features.is_empty() {
        let (code, message) = projection.note();
        drawing.note(code, "", message);
    }
    let mut reader = Reader { drawing, projection, areas_boxed: 0 };
    for feature in &features {
        reader.points_and_areas(feature);
    }
    for feature in &features {
        reader.lines(feature);
    }
    reader.finish()
}

fn projection(collection: &Collection<'_>, features: &[Feature]) -> Projection {
    let system = collection.crs.as_ref().and_then(|crs| crs.pointer("/properties/name"));
    let places = features.iter().flat_map(|feature| match &feature.shape {
        Shape::Points(points) => std::slice::from_ref(points),
        Shape::Lines(parts) | Shape::Areas(parts) => parts,
    });
    let extent = Extent::of(places.flatten().map(|position| position.0));
    extent.map_or(Projection::Metres, |it| Projection::of(it, system.and_then(Value::as_str)))
}

struct Reader {
    drawing: Drawing,
    projection: Projection,
    /// Areas that are no rectangles.
    areas_boxed: usize,
}

impl Reader {
    fn finish(mut self) -> Result<(StoreMap, Findings), MapErrors> {
        if self.areas_boxed > 0 {
            let message = format!(
                "sections are rectangles: {} areas of another shape became the box around them",
                self.areas_boxed
            );
            self.drawing.note("boxed", "sections", message);
        }
        self.drawing.finish()
    }

    fn spot(&self, position: Position, floor: i32) -> Spot {
        let (x, y) = self.projection.apply(position.0);
        Spot::new(x, y, floor)
    }

    fn points_and_areas(&mut self, feature: &Feature) {
        match (&feature.shape, &feature.element) {
            (Shape::Points(points), None) => self.drawn_points(points, feature),
            (Shape::Areas(rings), None) => self.drawn_areas(rings, feature),
            (Shape::Lines(_), _) => {}
            (_, Some(element)) => self.element(element, feature),
        }
    }

    /// A feature that says what part of a map it is.
    fn element(&mut self, element: &str, feature: &Feature) {
        let source = Rc::clone(&feature.source);
        let part = match (element, &feature.shape) {
            ("node", Shape::Points(points)) if points.len() == 1 => {
                let (x, y) = points[0].0;
                part(feature, &[("x", x), ("y", y)]).map(Element::Node)
            }
            ("location", Shape::Points(_)) => part(feature, &[]).map(Element::Location),
            ("edge", Shape::Lines(lines)) if lines.len() == 1 => {
                part(feature, &[]).map(Element::Edge)
            }
            ("section", Shape::Areas(rings)) if rings.len() == 1 => {
                let corners = corners(&rings[0]);
                self.areas_boxed += usize::from(!corners.is_exact);
                let ((x1, y1), (x2, y2)) = (corners.first, corners.opposite);
                part(feature, &[("x1", x1), ("y1", y1), ("x2", x2), ("y2", y2)])
                    .map(Element::Section)
            }
            _ => Err(format!(
                "{element:?} cannot be this geometry; node and location are Points, edge is a \
                 LineString, section a Polygon"
            )),
        };
        match part {
            Err(message) => self.drawing.wrong(&source, "properties", message),
            Ok(Element::Node(node)) => {
                let spot = Spot::new(node.x, node.y, node.floor);
                self.drawing.node(Name::Id(node.id), spot, node.kind, &source);
            }
            Ok(Element::Location(location)) => self.drawing.location(location, &source),
            Ok(Element::Section(section)) => {
                let name = Name::Id(section.id.clone());
                self.drawing.section(name, section, &source);
            }
            Ok(Element::Edge(edge)) => self.element_edge(edge, &feature.shape, &source),
        }
    }

    /// An edge between the nodes that it names, bent at the vertices that were drawn since.
    fn element_edge(&mut self, edge: Edge, shape: &Shape, source: &Source) {
        let ends = [("from", &edge.from), ("to", &edge.to)].map(|(member, id)| {
            let found = self.drawing.node_named(id);
            if found.is_none() {
                let message = format!("no node is called {id:?}; add it or correct this");
                self.drawing.wrong(source, &format!("properties.{member}"), message);
            }
            found
        });
        let ([Some(from), Some(to)], Shape::Lines(lines)) = (ends, shape) else { return };
        let bends = lines
            .first()
            .map_or(&[][..], |line| line.get(1..line.len().saturating_sub(1)).unwrap_or_default());
        if bends.is_empty() {
            return self.drawing.edge(from, to, edge, source);
        }
        let floor = self.drawing.floor_of(from);
        let mut nodes = vec![from];
        for &bend in bends {
            let spot = self.spot(bend, floor).rounded();
            nodes.extend(self.drawing.vertex(spot, source));
        }
        nodes.push(to);
        self.drawing.line(&nodes, &edge, source);
    }

    fn drawn_points(&mut self, points: &[Position], feature: &Feature) {
        let Feature { source, attributes, .. } = feature;
        let role = attributes.role(None);
        let (Some(role), Some(floors)) =
            (self.drawing.take(source, role), self.drawing.take(source, attributes.floors()))
        else {
            return;
        };
        let is_placed = attributes.has("node")
            || (attributes.has("from") && attributes.has("to") && attributes.has("offset"));
        if is_placed && matches!(role, None | Some(Role::Location)) {
            return self.placed_location(feature);
        }
        for &point in points {
            let floor = floors.first().copied().unwrap_or(0);
            let spot = self.spot(point, floor).rounded();
            match role {
                Some(Role::Riser(kind)) => {
                    let Some((edge, _)) = self.template(feature, kind) else { return };
                    let label = attributes.text(&["id", "ref", "name"]);
                    let floors = if floors.is_empty() { &[0][..] } else { &floors };
                    self.drawing.riser(label.as_deref(), (spot, floors), &edge, source);
                }
                Some(Role::Location) => self.drawing.loose_location(feature.name(), spot, source),
                _ if floors.len() > 1 => {
                    let message = "names several floors; draw this once on each";
                    return self.drawing.wrong(source, "properties.level", message);
                }
                Some(Role::Node(kind)) => {
                    self.drawing.node(feature.name(), spot, kind, source);
                }
                Some(Role::Walk) | None => {
                    self.drawing.node(feature.name(), spot, NodeKind::Junction, source);
                }
            }
        }
    }

    fn placed_location(&mut self, feature: &Feature) {
        let Feature { source, attributes, .. } = feature;
        let Some(offset) = self.drawing.take(source, attributes.number("offset")) else { return };
        let id = match feature.name() {
            Name::Id(id) | Name::Label(id) => id,
            Name::None => {
                let message = "a location needs an id that products refer to";
                return self.drawing.wrong(source, "properties.id", message);
            }
        };
        let mut members = json!({ "id": id, "offset": offset });
        for name in ["node", "from", "to", "side"] {
            if let Some(text) = attributes.text(&[name]) {
                members[name] = text.into();
            }
        }
        match serde_json::from_value(members) {
            Ok(location) => self.drawing.location(location, source),
            Err(error) => self.drawing.wrong(source, "properties", without_place(&error)),
        }
    }

    fn drawn_areas(&mut self, rings: &[Vec<Position>], feature: &Feature) {
        let Feature { source, attributes, .. } = feature;
        let Some(floor) = self.drawing.take(source, attributes.floor()) else { return };
        for ring in rings {
            let ring: Vec<Position> =
                ring.iter().map(|&it| Position(self.projection.apply(it.0))).collect();
            let corners = corners(&ring);
            self.areas_boxed += usize::from(!corners.is_exact);
            let ((x1, y1), (x2, y2)) = (corners.first, corners.opposite);
            let label = attributes.text(&["name", "id", "ref"]).unwrap_or_default();
            let section = Section { id: String::new(), name: label, floor, x1, y1, x2, y2 };
            let name = if rings.len() > 1 { feature.label() } else { feature.name() };
            self.drawing.section(name, section, source);
        }
    }

    fn lines(&mut self, feature: &Feature) {
        let Shape::Lines(lines) = &feature.shape else { return };
        if let Some(element) = &feature.element {
            return self.element(element, feature);
        }
        let Feature { source, attributes, .. } = feature;
        let floors = attributes.floors();
        let role = attributes.role(None);
        let (Some(floors), Some(role)) =
            (self.drawing.take(source, floors), self.drawing.take(source, role))
        else {
            return;
        };
        let (floor, last_floor) = match *floors.as_slice() {
            [] => (0, 0),
            [floor] => (floor, floor),
            [floor, last] => (floor, last),
            _ => {
                let message = "a line joins two floors at most; draw one for each storey";
                return self.drawing.wrong(source, "properties.level", message);
            }
        };
        let kind = match role {
            Some(Role::Riser(kind)) => kind,
            _ if floor != last_floor => EdgeKind::Stairs,
            _ => EdgeKind::Walk,
        };
        let Some((mut template, is_reversed)) = self.template(feature, kind) else { return };
        if lines.len() > 1 && template.length.take().is_some() {
            let message = "length was left out: it cannot be shared out among several lines";
            self.drawing.note("left-out", source, message);
        }
        for line in lines {
            if line.len() < 2 {
                let message = "a line needs two positions";
                return self.drawing.wrong(source, "geometry.coordinates", message);
            }
            let mut nodes = Vec::with_capacity(line.len());
            for (index, &position) in line.iter().enumerate() {
                let is_last = index + 1 == line.len();
                let floor = if is_last { last_floor } else { floor };
                let spot = self.spot(position, floor).rounded();
                let name = match (index, lines.len()) {
                    (0, 1) => attributes.text(&["from"]),
                    (_, 1) if is_last => attributes.text(&["to"]),
                    _ => None,
                };
                nodes.extend(self.end(name, spot, source));
            }
            if is_reversed {
                nodes.reverse();
            }
            self.drawing.line(&nodes, &template, source);
        }
    }

    /// The end of a line: the node that it names, or the one that is there.
    fn end(&mut self, name: Option<String>, spot: Spot, source: &Source) -> Option<usize> {
        let Some(id) = name else { return self.drawing.vertex(spot, source) };
        let known = self.drawing.node_named(&id);
        known.or_else(|| self.drawing.node(Name::Id(id), spot, NodeKind::Junction, source))
    }

    /// What an edge is like, apart from its ends, and whether it runs against the drawing.
    fn template(&mut self, feature: &Feature, kind: EdgeKind) -> Option<(Edge, bool)> {
        let Feature { source, attributes, .. } = feature;
        let (edge, direction) = self.drawing.take(source, attributes.edge())?;
        let aisle = edge.aisle.or_else(|| attributes.text(&["name", "ref"]));
        Some((Edge { aisle, kind, ..edge }, direction == Direction::Backward))
    }
}

struct Corners {
    first: Xy,
    opposite: Xy,
    /// Whether the ring is this rectangle.
    is_exact: bool,
}

/// The rectangle that a ring is, or the box around it.
fn corners(ring: &[Position]) -> Corners {
    let near = |a: f64, b: f64| (a - b).abs() <= 0.01;
    if let [Position(a), Position(b), Position(c), Position(d), ..] = *ring
        && ring.len() <= 5
    {
        let is_one_way_round = near(a.1, b.1) && near(b.0, c.0) && near(c.1, d.1) && near(d.0, a.0);
        let is_other_way = near(a.0, b.0) && near(b.1, c.1) && near(c.0, d.0) && near(d.1, a.1);
        if is_one_way_round || is_other_way {
            return Corners { first: a, opposite: c, is_exact: true };
        }
    }
    let (mut low, mut high) = ((f64::MAX, f64::MAX), (f64::MIN, f64::MIN));
    for Position((x, y)) in ring {
        low = (low.0.min(*x), low.1.min(*y));
        high = (high.0.max(*x), high.1.max(*y));
    }
    Corners { first: low, opposite: high, is_exact: false }
}
