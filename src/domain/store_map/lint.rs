//! What a map gets wrong although it can be used: shelves that nobody reaches, edges that cross
//! without a node, products that stand nowhere.
//!
//! An error is what [`StoreMap::check`](super::StoreMap::check) refuses. A warning is surely a
//! mistake of whoever drew the map. A note is worth a look. Opening hours and widths are not
//! looked at: they depend on the request.

mod crossings;
mod edges;
mod products;
mod reach;
mod report;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use self::products::ProductCheck;
pub use self::report::{Linted, MapReport};
use super::{EdgeKind, MapErrors, NodeKind, StoreMap};

/// Most findings of one code that are listed; the rest would hide the others.
pub const LISTED_MAX: usize = 50;

/// How bad a finding is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The map cannot be used.
    Error,
    /// It can be used, and is surely not what was meant.
    Warning,
    /// Worth knowing.
    Note,
}

/// One thing about a map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// Stable kebab-case.
    #[schema(example = "unreachable-location")]
    pub code: &'static str,
    /// Where, as a path in the map's JSON or in the file; empty when it is the whole.
    #[schema(example = "locations[3]")]
    pub at: String,
    /// What is wrong and what to change.
    #[schema(
        example = "\"A3-07\" cannot be reached from an entrance: no edge leads there; add one"
    )]
    pub message: String,
}

/// Findings in the order of their levels, not more than [`LISTED_MAX`] of each code.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    list: Vec<Finding>,
    count_by_code: HashMap<&'static str, usize>,
    count_by_level: HashMap<Level, usize>,
    more: usize,
}

impl Findings {
    /// All findings about a map, products aside.
    pub fn of(map: &StoreMap) -> Self {
        let mut findings = Self::default();
        findings.look_at(map);
        findings
    }

    /// Adds all findings about a map, products aside.
    fn look_at(&mut self, map: &StoreMap) {
        if let Err(errors) = map.check() {
            return self.refused(&errors);
        }
        if map.nodes.is_empty() {
            let message = "is empty: there is nothing to walk on; add the places that edges join";
            return self.add(Level::Error, "invalid-map", "nodes", message);
        }
        let net = Net::new(map);
        let has = |kind| map.nodes.iter().any(|node| node.kind == kind);
        if !has(NodeKind::Entrance) {
            let message = "no node is an entrance, so walks have no place to begin; give the node \
                           at the door the kind entrance";
            self.warn("no-entrance", "nodes", message);
        }
        if !has(NodeKind::Checkout) {
            let message = "no node is a checkout, so walks have no place to end; give the node at \
                           the till the kind checkout";
            self.warn("no-checkout", "nodes", message);
        }
        edges::check(&net, self);
        crossings::check(&net, self);
        reach::check(&net, self);
    }

    /// What is listed, errors first.
    pub fn list(&self) -> &[Finding] {
        &self.list
    }

    /// How many more there are than are listed.
    pub fn more(&self) -> usize {
        self.more
    }

    /// How many there are of a level, listed or not.
    pub fn count(&self, level: Level) -> usize {
        self.count_by_level.get(&level).copied().unwrap_or(0)
    }

    /// Adds what the check of a map says.
    pub fn refused(&mut self, errors: &MapErrors) {
        for error in &errors.errors {
            self.add(Level::Error, "invalid-map", error.field.clone(), error.message.clone());
        }
        self.more += errors.more;
        *self.count_by_level.entry(Level::Error).or_default() += errors.more;
    }

    fn warn(&mut self, code: &'static str, at: impl Into<String>, message: impl Into<String>) {
        self.add(Level::Warning, code, at, message);
    }

    pub(super) fn add(
        &mut self,
        level: Level,
        code: &'static str,
        at: impl Into<String>,
        message: impl Into<String>,
    ) {
        *self.count_by_level.entry(level).or_default() += 1;
        let listed = self.count_by_code.entry(code).or_default();
        if *listed < LISTED_MAX {
            *listed += 1;
            // Behind all that are as bad.
            let place = self.list.partition_point(|finding| finding.level <= level);
            let (at, message) = (at.into(), message.into());
            self.list.insert(place, Finding { level, code, at, message });
        } else {
            self.more += 1;
        }
    }
}

/// A checked map with indices instead of ids.
struct Net<'a> {
    map: &'a StoreMap,
    /// The ends of each edge.
    ends: Vec<(usize, usize)>,
    /// The edges at each node.
    edges_at: Vec<Vec<usize>>,
    node_by_id: HashMap<&'a str, usize>,
    /// The first edge of each (from, to).
    edge_by_ends: HashMap<(usize, usize), usize>,
}

impl<'a> Net<'a> {
    fn new(map: &'a StoreMap) -> Self {
        let node_by_id: HashMap<&str, usize> =
            map.nodes.iter().enumerate().map(|(index, node)| (node.id.as_str(), index)).collect();
        let mut net = Self {
            map,
            ends: Vec::with_capacity(map.edges.len()),
            edges_at: vec![Vec::new(); map.nodes.len()],
            node_by_id,
            edge_by_ends: HashMap::with_capacity(map.edges.len()),
        };
        for (index, edge) in map.edges.iter().enumerate() {
            let (from, to) = (net.node_by_id[edge.from.as_str()], net.node_by_id[edge.to.as_str()]);
            net.ends.push((from, to));
            net.edges_at[from].push(index);
            if from != to {
                net.edges_at[to].push(index);
            }
            net.edge_by_ends.entry((from, to)).or_insert(index);
        }
        net
    }

    /// Walked on foot on one floor.
    fn is_flat(&self, edge: usize) -> bool {
        let (from, to) = self.ends[edge];
        self.map.edges[edge].kind == EdgeKind::Walk
            && self.map.nodes[from].floor == self.map.nodes[to].floor
    }

    fn straight_m(&self, edge: usize) -> f64 {
        let (from, to) = self.ends[edge];
        let (from, to) = (&self.map.nodes[from], &self.map.nodes[to]);
        (to.x - from.x).hypot(to.y - from.y)
    }

    /// `edges[4] ("a" to "b")`.
    fn edge_name(&self, edge: usize) -> String {
        let ends = &self.map.edges[edge];
        format!("edges[{edge}] ({:?} to {:?})", ends.from, ends.to)
    }
}
