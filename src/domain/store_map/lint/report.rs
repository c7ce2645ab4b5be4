//! Findings about a map as they are shown: one shape for the command line and the API.

use serde::Serialize;
use utoipa::ToSchema;

use super::super::{Format, Reading, StoreMap};
use super::{Finding, Findings, Level};

/// What was found about a map.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MapReport {
    /// What it is written in.
    pub format: Format,
    /// How many nodes it has.
    pub nodes: usize,
    /// How many edges it has.
    pub edges: usize,
    /// How many sections it has.
    pub sections: usize,
    /// How many shelf locations it has.
    pub locations: usize,
    /// How many products were held against it; null when none could be.
    pub products: Option<usize>,
    /// What was found, errors first, at most 50 of each code.
    pub findings: Vec<Finding>,
    /// How many more there are than are listed.
    pub more: usize,
    /// Errors in all: with one of them the map cannot be used.
    pub errors: usize,
    /// Warnings in all.
    pub warnings: usize,
    /// Notes in all.
    pub notes: usize,
}

/// A map with what was found about it so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Linted {
    /// What it was written in.
    pub format: Format,
    /// The map; `None` when it has errors.
    pub map: Option<StoreMap>,
    /// What was found.
    pub findings: Findings,
    /// How many products were looked at, if any were.
    pub products: Option<usize>,
}

impl Linted {
    /// Reads a file and looks at everything but products.
    pub fn read(text: &[u8]) -> Self {
        match Reading::of(text) {
            Ok(Reading { map, format, notes }) => Self::with(notes, map, format),
            Err(errors) => {
                let mut findings = Findings::default();
                findings.refused(&errors);
                Self { format: Format::of(text), map: None, findings, products: None }
            }
        }
    }

    /// Looks at everything but products of a map.
    pub fn of(map: StoreMap, format: Format) -> Self {
        Self::with(Findings::default(), map, format)
    }

    fn with(mut findings: Findings, map: StoreMap, format: Format) -> Self {
        findings.look_at(&map);
        let map = (findings.count(Level::Error) == 0).then_some(map);
        Self { format, map, findings, products: None }
    }

    /// What is shown, and the map.
    pub fn into_report(self) -> (MapReport, Option<StoreMap>) {
        let Self { format, map, findings, products } = self;
        let count = |count: fn(&StoreMap) -> usize| map.as_ref().map_or(0, count);
        let report = MapReport {
            format,
            nodes: count(|map| map.nodes.len()),
            edges: count(|map| map.edges.len()),
            sections: count(|map| map.sections.len()),
            locations: count(|map| map.locations.len()),
            products,
            errors: findings.count(Level::Error),
            warnings: findings.count(Level::Warning),
            notes: findings.count(Level::Note),
            more: findings.more,
            findings: findings.list,
        };
        (report, map)
    }
}
