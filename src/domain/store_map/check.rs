//! Checking a map before anything is built from it.
//!
//! All errors are collected, up to a limit, so that a person corrects a file once and not once
//! per line. Each names the field by its path in the JSON, the value and the remedy.

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use super::{
    Edge, Location, MAX_COORDINATE_M, MAX_EDGES, MAX_FLOOR, MAX_ID_CHARS, MAX_LENGTH_M,
    MAX_LOCATIONS, MAX_NAME_CHARS, MAX_NODES, MAX_SECONDS, MAX_SECTIONS, Node, Section, StoreMap,
    along::{EdgeLengths, edge_length_m},
    hours::Hours,
    length,
};

/// Most errors reported at once; the rest would only hide the first.
pub(crate) const MAX_REPORTED_ERRORS: usize = 50;

/// One thing that is wrong with a map.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", prefix(.field))]
pub struct MapError {
    /// Where, as a path in the JSON: `edges[3].to`. Empty when it is the text as a whole.
    pub field: String,
    /// What is wrong there and what to do about it.
    pub message: String,
}

impl MapError {
    pub(super) fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

fn prefix(field: &str) -> String {
    if field.is_empty() { String::new() } else { format!("{field}: ") }
}

/// Everything that is wrong with a map; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapErrors {
    /// The first errors, in the order of the file.
    pub errors: Vec<MapError>,
    /// How many more there are than are listed.
    pub more: usize,
}

impl MapErrors {
    pub(super) fn one(error: MapError) -> Self {
        Self { errors: vec![error], more: 0 }
    }
}

impl fmt::Display for MapErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, error) in self.errors.iter().enumerate() {
            let separator = if position == 0 { "" } else { "\n" };
            write!(f, "{separator}{error}")?;
        }
        if self.more > 0 {
            write!(f, "\nand {} more", self.more)?;
        }
        Ok(())
    }
}

impl std::error::Error for MapErrors {}

impl StoreMap {
    /// Checks the whole map: ids, references, numbers and limits.
    pub fn check(&self) -> Result<(), MapErrors> {
        let mut report = Report::default();
        report.text("name", &self.name, MAX_NAME_CHARS);
        report.count("nodes", self.nodes.len(), MAX_NODES);
        report.count("edges", self.edges.len(), MAX_EDGES);
        report.count("sections", self.sections.len(), MAX_SECTIONS);
        report.count("locations", self.locations.len(), MAX_LOCATIONS);
        if report.is_clean() {
            let nodes = check_nodes(&self.nodes, &mut report);
            let edges = check_edges(&self.edges, &nodes, &mut report);
            check_sections(&self.sections, &mut report);
            check_locations(&self.locations, &nodes, &edges, &mut report);
        }
        report.finish()
    }
}

fn check_nodes<'a>(nodes: &'a [Node], report: &mut Report) -> HashMap<&'a str, &'a Node> {
    let mut known = HashMap::with_capacity(nodes.len());
    for (index, node) in nodes.iter().enumerate() {
        let at = |member: &str| format!("nodes[{index}].{member}");
        report.text(at("id"), &node.id, MAX_ID_CHARS);
        report.present(at("id"), &node.id);
        report.coordinate(at("x"), node.x);
        report.coordinate(at("y"), node.y);
        report.floor(at("floor"), node.floor);
        if known.insert(node.id.as_str(), node).is_some() {
            report.add(at("id"), format!("{:?} is used twice; give each node its own id", node.id));
        }
    }
    known
}

fn check_edges<'a>(
    edges: &'a [Edge],
    nodes: &HashMap<&str, &Node>,
    report: &mut Report,
) -> EdgeLengths<'a> {
    let mut lengths = EdgeLengths::with_room_for(edges.len());
    for (index, edge) in edges.iter().enumerate() {
        let at = |member: &str| format!("edges[{index}].{member}");
        let from = report.node(at("from"), &edge.from, nodes);
        let to = report.node(at("to"), &edge.to, nodes);
        if let (Some(from), Some(to)) = (from, to) {
            let length_m = edge_length_m(edge, from, to);
            if report.number(at("length"), length_m, MAX_LENGTH_M, "metres") {
                lengths.add(edge, length_m);
            }
        }
        if let Some(aisle) = &edge.aisle {
            report.text(at("aisle"), aisle, MAX_NAME_CHARS);
        }
        if let Some(seconds) = edge.seconds {
            report.number(at("seconds"), seconds, MAX_SECONDS, "seconds");
        }
        if let Some(width_m) = edge.width_m {
            report.number(at("width_m"), width_m, MAX_LENGTH_M, "metres");
        }
        if let Some(hours) = &edge.hours
            && let Err(error) = hours.parse::<Hours>()
        {
            report.add(at("hours"), format!("{hours:?} is not understood: {error}"));
        }
    }
    lengths
}

fn check_sections(sections: &[Section], report: &mut Report) {
    let mut known = HashSet::with_capacity(sections.len());
    for (index, section) in sections.iter().enumerate() {
        let at = |member: &str| format!("sections[{index}].{member}");
        report.text(at("id"), &section.id, MAX_ID_CHARS);
        report.present(at("id"), &section.id);
        report.text(at("name"), &section.name, MAX_NAME_CHARS);
        report.floor(at("floor"), section.floor);
        report.coordinate(at("x1"), section.x1);
        report.coordinate(at("y1"), section.y1);
        report.coordinate(at("x2"), section.x2);
        report.coordinate(at("y2"), section.y2);
        if !known.insert(section.id.as_str()) {
            let message = format!("{:?} is used twice; give each section its own id", section.id);
            report.add(at("id"), message);
        }
    }
}

fn check_locations(
    locations: &[Location],
    nodes: &HashMap<&str, &Node>,
    edges: &EdgeLengths<'_>,
    report: &mut Report,
) {
    let mut known = HashSet::with_capacity(locations.len());
    for (index, location) in locations.iter().enumerate() {
        let at = |member: &str| format!("locations[{index}].{member}");
        report.text(at("id"), &location.id, MAX_ID_CHARS);
        report.present(at("id"), &location.id);
        if !known.insert(location.id.as_str()) {
            let message = format!("{:?} is used twice; give each location its own id", location.id);
            report.add(at("id"), message);
        }
        if location.side.is_some() && location.node.is_some() {
            let message = "goes only with from, to and offset; remove it or name an edge";
            report.add(at("side"), message);
        }
        match (&location.node, &location.from, &location.to, location.offset) {
            (Some(node), None, None, None) => {
                report.node(at("node"), node, nodes);
            }
            (None, Some(from), Some(to), Some(offset_m)) => {
                let from_known = report.node(at("from"), from, nodes).is_some();
                let to_known = report.node(at("to"), to, nodes).is_some();
                if from_known && to_known {
                    check_offset(index, (from, to), offset_m, edges, report);
                }
            }
            _ => report.add(
                format!("locations[{index}]"),
                format!(
                    "{:?} has no clear place; give it a node, or from, to and offset",
                    location.id
                ),
            ),
        }
    }
}

fn check_offset(
    index: usize,
    (from, to): (&str, &str),
    offset_m: f64,
    edges: &EdgeLengths<'_>,
    report: &mut Report,
) {
    let field = format!("locations[{index}].offset");
    let Some(length_m) = edges.between(from, to) else {
        report.add(
            format!("locations[{index}].to"),
            format!("no edge joins {from:?} and {to:?}; add one or name the ends of another"),
        );
        return;
    };
    if report.number(field.clone(), offset_m, MAX_LENGTH_M, "metres")
        && length::ticks_from_metres(offset_m) > length::ticks_from_metres(length_m)
    {
        report.add(
            field,
            format!(
                "{offset_m} lies beyond the edge's length of {length_m} m; measure from {from:?}"
            ),
        );
    }
}

/// Collects errors up to the limit and counts the rest.
#[derive(Debug, Default)]
pub(super) struct Report {
    errors: Vec<MapError>,
    more: usize,
}

impl Report {
    pub(super) fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        if self.errors.len() < MAX_REPORTED_ERRORS {
            self.errors.push(MapError::new(field, message));
        } else {
            self.more += 1;
        }
    }

    fn is_clean(&self) -> bool {
        self.errors.is_empty()
    }

    pub(super) fn finish(self) -> Result<(), MapErrors> {
        if self.is_clean() {
            Ok(())
        } else {
            Err(MapErrors { errors: self.errors, more: self.more })
        }
    }

    fn count(&mut self, field: &str, count: usize, most: usize) {
        if count > most {
            self.add(field, format!("{count} entries are too many; at most {most} are allowed"));
        }
    }

    fn text(&mut self, field: impl Into<String>, text: &str, most: usize) {
        let chars = text.chars().count();
        if chars > most {
            self.add(field, format!("{chars} characters are too many; use at most {most}"));
        } else if text.chars().any(char::is_control) {
            // Ids and names end up in directions and on 16-character displays.
            self.add(field, "contains a control character; remove it");
        }
    }

    fn present(&mut self, field: impl Into<String>, text: &str) {
        if text.is_empty() {
            self.add(field, "is empty; give it a name");
        }
    }

    fn coordinate(&mut self, field: String, metres: f64) {
        if !(-MAX_COORDINATE_M..=MAX_COORDINATE_M).contains(&metres) {
            self.add(
                field,
                format!("{metres} is no coordinate; use metres within {MAX_COORDINATE_M} of 0"),
            );
        }
    }

    fn floor(&mut self, field: String, floor: i32) {
        if !(-MAX_FLOOR..=MAX_FLOOR).contains(&floor) {
            self.add(field, format!("{floor} is no floor; use -{MAX_FLOOR} to {MAX_FLOOR}"));
        }
    }

    fn number(&mut self, field: String, value: f64, most: f64, unit: &str) -> bool {
        let is_good = (0.0..=most).contains(&value);
        if !is_good {
            self.add(field, format!("{value} is out of range; use 0 to {most} {unit}"));
        }
        is_good
    }

    fn node<'a>(
        &mut self,
        field: String,
        id: &str,
        nodes: &HashMap<&str, &'a Node>,
    ) -> Option<&'a Node> {
        let found = nodes.get(id).copied();
        if found.is_none() {
            self.add(field, format!("no node is called {id:?}; add it to nodes or correct this"));
        }
        found
    }
}

#[cfg(test)]
mod tests;
