//! Objects of a layer: points, polylines, rectangles and polygons.

use serde::Deserialize;
use serde_json::Value;

use super::super::attributes::{Attributes, Direction, Role};
use super::super::drawing::{Name, Source};
use super::super::{Edge, EdgeKind, NodeKind, Section};
use super::{Layer, Reader, Surroundings, properties, source_of};

type Pixels = (f64, f64);

/// An object as Tiled writes it.
#[derive(Debug, Deserialize)]
pub(super) struct Object {
    #[serde(default)]
    name: String,
    /// Its class, in files of Tiled 1.8 and before, and of 1.10 and after.
    #[serde(rename = "type", default)]
    kind: String,
    /// Its class in files of Tiled 1.9.
    #[serde(default)]
    class: String,
    #[serde(default)]
    x: f64,
    #[serde(default)]
    y: f64,
    #[serde(default)]
    width: f64,
    #[serde(default)]
    height: f64,
    /// Degrees clockwise.
    #[serde(default)]
    rotation: f64,
    #[serde(default)]
    point: bool,
    #[serde(default)]
    ellipse: bool,
    #[serde(default)]
    polyline: Option<Vec<Point>>,
    #[serde(default)]
    polygon: Option<Vec<Point>>,
    #[serde(default)]
    gid: Option<Value>,
    #[serde(default)]
    text: Option<Value>,
    #[serde(default)]
    template: Option<Value>,
    #[serde(default)]
    properties: Option<Value>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct Point {
    x: f64,
    y: f64,
}

/// What an object looks like, in pixels of the map.
enum Shape {
    Point(Pixels),
    Line(Vec<Pixels>),
    /// Its corners in turn, and whether they are a rectangle's.
    Area(Vec<Pixels>, bool),
    /// A text, an ellipse or a picture.
    Other,
}

impl Object {
    fn class(&self) -> &str {
        if self.kind.is_empty() { &self.class } else { &self.kind }
    }

    /// A place relative to the object, as it lies on the map.
    fn turned(&self, (dx, dy): Pixels, offset: Pixels) -> Pixels {
        let (sine, cosine) = if self.rotation.abs() > 0.0 {
            self.rotation.to_radians().sin_cos()
        } else {
            (0.0, 1.0)
        };
        // Clockwise, with y down.
        let (x, y) = (dx * cosine - dy * sine, dx * sine + dy * cosine);
        (self.x + offset.0 + x, self.y + offset.1 + y)
    }

    fn shape(&self, offset: Pixels) -> Shape {
        let turned = |points: &[Point]| {
            points.iter().map(|point| self.turned((point.x, point.y), offset)).collect()
        };
        if let Some(points) = &self.polyline {
            return Shape::Line(turned(points));
        }
        if let Some(points) = &self.polygon {
            return Shape::Area(turned(points), false);
        }
        let has_size = self.width.abs() > 0.0 || self.height.abs() > 0.0;
        if self.gid.is_some() || self.text.is_some() || (self.ellipse && has_size) {
            Shape::Other
        } else if self.point || !has_size {
            Shape::Point(self.turned((0.0, 0.0), offset))
        } else {
            let (width, height) = (self.width, self.height);
            let corners = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)];
            let corners = corners.map(|corner| self.turned(corner, offset)).to_vec();
            let quarter = (self.rotation / 90.0).fract().abs();
            Shape::Area(corners, !(1e-9..=1.0 - 1e-9).contains(&quarter))
        }
    }
}

impl Reader {
    pub(super) fn points_and_areas(&mut self, layer: &Layer<'_>, around: &Surroundings) {
        for (index, object) in layer.objects.iter().enumerate() {
            let source = source_of(&around.path, index);
            if object.template.is_some() {
                let message = "is an instance of a template, whose file is not here; choose \
                               Detach in Tiled's menu and export again";
                self.drawing.wrong(&source, "template", message);
                continue;
            }
            let attributes = properties(object.properties.as_ref()).within(&around.attributes);
            match object.shape(around.offset) {
                Shape::Point(place) => self.point(object, place, &attributes, &source),
                Shape::Area(corners, is_rectangle) => {
                    self.area(object, (&corners, is_rectangle), &attributes, &source);
                }
                Shape::Line(_) => {}
                Shape::Other => self.left_out += 1,
            }
        }
    }

    pub(super) fn lines(&mut self, layer: &Layer<'_>, around: &Surroundings) {
        for (index, object) in layer.objects.iter().enumerate() {
            let source = source_of(&around.path, index);
            let attributes = properties(object.properties.as_ref()).within(&around.attributes);
            match object.shape(around.offset) {
                Shape::Line(places) => self.line(object, &places, &attributes, &source),
                Shape::Area(mut corners, _)
                    if attributes.role(Some(object.class())) == Ok(Some(Role::Walk)) =>
                {
                    // A closed way round.
                    corners.extend(corners.first().copied());
                    self.line(object, &corners, &attributes, &source);
                }
                _ => {}
            }
        }
    }

    fn point(&mut self, object: &Object, place: Pixels, attributes: &Attributes, source: &Source) {
        let role = attributes.role(Some(object.class()));
        let (Some(role), Some(floors)) =
            (self.drawing.take(source, role), self.drawing.take(source, attributes.floors()))
        else {
            return;
        };
        let floor = floors.first().copied().unwrap_or(0);
        let spot = self.scale.spot(place, floor);
        let name = name_of(object, attributes);
        match role {
            Some(Role::Location) => self.drawing.loose_location(name, spot, source),
            Some(Role::Riser(kind)) => {
                let Some((edge, _)) = self.template(object, attributes, kind, source) else {
                    return;
                };
                let label = Some(object.name.trim()).filter(|label| !label.is_empty());
                let floors = if floors.is_empty() { &[0][..] } else { &floors };
                self.drawing.riser(label, (spot, floors), &edge, source);
            }
            Some(Role::Node(_) | Role::Walk) | None => {
                let kind = match role {
                    Some(Role::Node(kind)) => kind,
                    _ => NodeKind::Junction,
                };
                if floors.len() > 1 {
                    let message = "names several floors; draw this once on each";
                    self.drawing.wrong(source, "properties.floor", message);
                } else if let Some(node) = self.drawing.node(name, spot, kind, source) {
                    self.points.push((node, place, floor));
                }
            }
        }
    }

    fn area(
        &mut self,
        object: &Object,
        (corners, is_rectangle): (&[Pixels], bool),
        attributes: &Attributes,
        source: &Source,
    ) {
        let Some((role, floor)) = self.role_and_floor(object, attributes, source) else { return };
        if role == Some(Role::Walk) {
            return;
        }
        let Some(&first) = corners.first() else { return };
        let (low, high) = corners.iter().fold((first, first), |(low, high), &(x, y)| {
            ((low.0.min(x), low.1.min(y)), (high.0.max(x), high.1.max(y)))
        });
        let name = name_of(object, attributes);
        let middle = (f64::midpoint(low.0, high.0), f64::midpoint(low.1, high.1));
        match role {
            // A shelf with its outline: one stops for it at the nearest aisle.
            Some(Role::Node(NodeKind::Shelf) | Role::Location) => {
                let spot = self.scale.spot(middle, floor);
                return self.drawing.loose_location(name, spot, source);
            }
            Some(Role::Node(kind)) => {
                let spot = self.scale.spot(middle, floor);
                if let Some(node) = self.drawing.node(name, spot, kind, source) {
                    self.points.push((node, middle, floor));
                }
                return;
            }
            _ => {}
        }
        if !is_rectangle {
            let message = "sections are rectangles: the box around this shape is taken";
            self.drawing.note("boxed", source, message);
        }
        // Down in pixels is up in metres.
        let (one, other) =
            (self.scale.spot((low.0, high.1), floor), self.scale.spot((high.0, low.1), floor));
        let (x1, y1, x2, y2) = (one.x, one.y, other.x, other.y);
        let label = object.name.trim().to_owned();
        let section = Section { id: String::new(), name: label, floor, x1, y1, x2, y2 };
        self.drawing.section(name, section, source);
    }

    fn line(
        &mut self,
        object: &Object,
        places: &[Pixels],
        attributes: &Attributes,
        source: &Source,
    ) {
        let Some((role, floor)) = self.role_and_floor(object, attributes, source) else { return };
        let kind = match role {
            Some(Role::Riser(kind)) => kind,
            _ => EdgeKind::Walk,
        };
        let Some((edge, is_reversed)) = self.template(object, attributes, kind, source) else {
            return;
        };
        if places.len() < 2 {
            return self.drawing.wrong(source, "polyline", "a line needs two points");
        }
        let mut nodes = Vec::with_capacity(places.len());
        for &place in places {
            nodes.extend(self.drawing.vertex(self.scale.spot(place, floor), source));
        }
        if is_reversed {
            nodes.reverse();
        }
        self.drawing.line(&nodes, &edge, source);
    }

    /// What an object stands for, if it says so, and its floor; `None` when either is wrong.
    fn role_and_floor(
        &mut self,
        object: &Object,
        attributes: &Attributes,
        source: &Source,
    ) -> Option<(Option<Role>, i32)> {
        let role = self.drawing.take(source, attributes.role(Some(object.class())));
        let floor = self.drawing.take(source, attributes.floor());
        Some((role?, floor?))
    }

    /// What an edge is like, apart from its ends, and whether it runs against the drawing.
    fn template(
        &mut self,
        object: &Object,
        attributes: &Attributes,
        kind: EdgeKind,
        source: &Source,
    ) -> Option<(Edge, bool)> {
        let (edge, direction) = self.drawing.take(source, attributes.edge())?;
        let label = Some(object.name.trim()).filter(|label| !label.is_empty());
        let aisle = edge.aisle.or_else(|| label.map(str::to_owned));
        Some((Edge { aisle, kind, ..edge }, direction == Direction::Backward))
    }
}

/// The property `id`, else the object's name.
fn name_of(object: &Object, attributes: &Attributes) -> Name {
    if let Some(id) = attributes.text(&["id"]) {
        return Name::Id(id);
    }
    let label = object.name.trim();
    if label.is_empty() { Name::None } else { Name::Label(label.to_owned()) }
}
