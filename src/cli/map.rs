//! `map`: looking at maps of the store.

use std::io;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::Value;

use super::Global;
use super::import::read_file;
use super::output::{self, Failure, cell};
use crate::app::map_findings::lint_file;
use crate::wire::control::Request;

#[derive(Debug, Subcommand)]
pub(super) enum Map {
    /// Say what is wrong with a map; nothing is changed
    #[command(after_help = "Examples:\n  cartwright map lint map.json\n  \
        cartwright map lint floor.geojson --json\n  \
        cartwright export map | cartwright map lint -\n\n\
        The file is the map's own JSON, GeoJSON (RFC 7946) or a map of the editor Tiled (.tmj);\n\
        its content tells which. Each finding is an error (the map cannot be used), a warning\n\
        (surely not what was meant) or a note. The command leaves with 0 when there is neither an\n\
        error nor a warning, else with 1.\n\n\
        The products of the shop, of a running server or in the data directory, are held against\n\
        the map as well, when there is a shop and --map-only is not given.")]
    Lint(Lint),
}

#[derive(Debug, Args)]
pub(super) struct Lint {
    /// The map; - reads stdin
    file: PathBuf,
    /// Look at no products
    #[arg(long)]
    map_only: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Map {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        match self {
            Self::Lint(lint) => lint.run(global),
        }
    }
}

impl Lint {
    fn run(&self, global: &Global) -> Result<(), Failure> {
        let file = read_file(&self.file)?;
        let report = match self.with_shop(global, &file) {
            Some(report) => report,
            None => serde_json::to_value(lint_file(&file))?,
        };
        if self.json {
            output::print_json(&report)?;
        } else {
            told(&report)?;
        }
        let count = |member: &str| report[member].as_u64().unwrap_or(0);
        if count("errors") + count("warnings") == 0 { Ok(()) } else { Err(Failure::Said) }
    }

    /// The report of a shop, if there is one that answers: a map is looked at without one too.
    fn with_shop(&self, global: &Global, file: &[u8]) -> Option<Value> {
        if self.map_only {
            return None;
        }
        let mut body = io::Cursor::new(file);
        global.ask_with(Request::MapLint, &mut body, &mut |_| Ok(())).ok()
    }
}

/// One line for each finding, then a summary.
fn told(report: &Value) -> Result<(), Failure> {
    let findings = report["findings"].as_array().map_or(&[][..], Vec::as_slice);
    for finding in findings {
        let level = cell(&finding["level"]);
        let at = finding["at"].as_str().filter(|at| !at.is_empty()).unwrap_or("map");
        let (code, message) = (cell(&finding["code"]), cell(&finding["message"]));
        output::print(format!("{level:<7}  {at} {code}: {message}"))?;
    }
    let more = report["more"].as_u64().unwrap_or(0);
    if more > 0 {
        output::print(format!("... and {more} more"))?;
    }
    let count = |member: &str| cell(&report[member]);
    let products = report["products"].as_u64().map(|products| format!(", {products} products"));
    output::print(format!(
        "{} map: {} nodes, {} edges, {} sections, {} locations{}: {} errors, {} warnings, {} notes",
        count("format"),
        count("nodes"),
        count("edges"),
        count("sections"),
        count("locations"),
        products.unwrap_or_default(),
        count("errors"),
        count("warnings"),
        count("notes"),
    ))
}
