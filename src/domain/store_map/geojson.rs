//! A map as `GeoJSON` (RFC 7946), out and in.
//!
//! RFC 7946 knows only degrees of WGS 84. A shop's own map is in metres from a corner of the
//! shop, so what is written carries metres and says so: the foreign member `cartwright` has
//! `"coordinates": "local-metres"`, and each feature has `element`. Programs draw it in its true
//! shape, at the wrong place on Earth.
//!
//! Each part of the map is a feature whose `properties` are the members of its JSON: nodes and
//! locations are Points, edges `LineString`s, sections Polygons. Reading such a feature gives the
//! part back, with a node's coordinates from its geometry; the geometry of edges between their
//! nodes and of locations only shows where they are.

mod features;
mod project;
mod reading;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Map, Value, json};

pub(super) use self::reading::read;
use super::{Edge, EdgeLengths, Location, Node, Section, StoreMap};

/// The foreign member that marks a map of this program.
const MARK: &str = "cartwright";
/// What its `coordinates` say.
const LOCAL_METRES: &str = "local-metres";
/// The property that says what a feature is.
const ELEMENT: &str = "element";

/// Whether a `type` is one of `GeoJSON`'s.
pub(super) fn is_kind(kind: &str) -> bool {
    matches!(
        kind,
        "FeatureCollection"
            | "Feature"
            | "GeometryCollection"
            | "Point"
            | "MultiPoint"
            | "LineString"
            | "MultiLineString"
            | "Polygon"
            | "MultiPolygon"
    )
}

#[derive(Serialize)]
struct FeatureOut<'a> {
    r#type: &'static str,
    properties: Map<String, Value>,
    geometry: GeometryOut<'a>,
}

#[derive(Serialize)]
struct GeometryOut<'a> {
    r#type: &'static str,
    coordinates: &'a Value,
}

impl StoreMap {
    /// The map as `GeoJSON`, one feature on each line. [`Reading::of`](super::Reading::of) gives an equal map back.
    pub fn to_geojson(&self) -> String {
        let nodes: HashMap<&str, &Node> =
            self.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
        let mut features = Vec::new();
        for node in &self.nodes {
            features.push(feature("node", node, &["x", "y"], "Point", &json!([node.x, node.y])));
        }
        for edge in &self.edges {
            let ends = [nodes.get(edge.from.as_str()), nodes.get(edge.to.as_str())];
            let line = ends.map(|end| end.map_or_else(|| json!([0, 0]), |it| json!([it.x, it.y])));
            features.push(feature("edge", edge, &[], "LineString", &json!(line)));
        }
        for section in &self.sections {
            let corners = ["x1", "y1", "x2", "y2"];
            features.push(feature(
                "section",
                section,
                &corners,
                "Polygon",
                &json!([ring(section)]),
            ));
        }
        let lengths = EdgeLengths::new(&self.edges, &nodes);
        for location in &self.locations {
            let (x, y) = place(location, &nodes, &lengths).unwrap_or_default();
            features.push(feature("location", location, &[], "Point", &json!([x, y])));
        }
        let name = json!(self.name);
        let mark = json!({ "coordinates": LOCAL_METRES, "unit": "m" });
        format!(
            "{{\"type\":\"FeatureCollection\",\"name\":{name},\"{MARK}\":{mark},\"features\":[\n{}\n]}}\n",
            features.join(",\n")
        )
    }
}

fn feature(
    element: &str,
    part: &impl Serialize,
    in_geometry: &[&str],
    shape: &'static str,
    coordinates: &Value,
) -> String {
    let mut properties = match serde_json::to_value(part) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    };
    properties.retain(|member, _| !in_geometry.contains(&member.as_str()));
    properties.insert(ELEMENT.to_owned(), element.into());
    let geometry = GeometryOut { r#type: shape, coordinates };
    let feature = FeatureOut { r#type: "Feature", properties, geometry };
    serde_json::to_string(&feature).unwrap_or_default()
}

/// The corners counter-clockwise, as RFC 7946 has it, and closed. The first is (x1, y1) and the
/// third is (x2, y2), so that reading knows which was which.
fn ring(section: &Section) -> [[f64; 2]; 5] {
    let Section { x1, y1, x2, y2, .. } = *section;
    let (second, fourth) =
        if (x2 - x1) * (y2 - y1) >= 0.0 { ([x2, y1], [x1, y2]) } else { ([x1, y2], [x2, y1]) };
    [[x1, y1], second, [x2, y2], fourth, [x1, y1]]
}

/// Where a location is drawn.
fn place(
    location: &Location,
    nodes: &HashMap<&str, &Node>,
    lengths: &EdgeLengths<'_>,
) -> Option<(f64, f64)> {
    if let Some(node) = &location.node {
        return nodes.get(node.as_str()).map(|node| (node.x, node.y));
    }
    let (from, to, share) = location.along(nodes, lengths)?;
    Some((from.x + (to.x - from.x) * share, from.y + (to.y - from.y) * share))
}

/// What a feature of this program says beside what it is, by what it is.
#[derive(Debug)]
enum Element {
    Node(Node),
    Edge(Edge),
    Section(Section),
    Location(Location),
}
