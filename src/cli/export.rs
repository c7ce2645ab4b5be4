//! `export`: the shop into files.

use clap::{Args, Subcommand, ValueEnum};

use super::Global;
use super::output::{self, Failure};
use crate::wire::control::{ExportFormat, ExportTable, MapFormat, Request};

#[derive(Debug, Subcommand)]
pub(super) enum Export {
    /// The catalogue; the CSV can be imported again
    #[command(after_help = "Example:\n  cartwright export products > products.csv")]
    Products(Table),
    /// All orders
    #[command(after_help = "Example:\n  cartwright export orders --format csv > orders.csv")]
    Orders(Table),
    /// All accounts with their password hashes; the CSV can be imported again
    #[command(after_help = "Example:\n  cartwright export users > users.csv")]
    Users(Table),
    /// Carts that hold something
    #[command(after_help = "Example:\n  cartwright export carts")]
    Carts(Table),
    /// The store map
    #[command(after_help = "Examples:\n  cartwright export map > map.json\n  \
        cartwright export map --format geojson > map.geojson\n\n\
        GeoJSON here is in metres from the map's own origin, not in degrees, and says so: QGIS and\n\
        other programs draw it in its true shape. It can be imported again.")]
    Map(MapFile),
    /// The audit log, NDJSON, oldest entry first, with the hashes that verify it
    #[command(after_help = "Example:\n  cartwright export audit > audit.ndjson")]
    Audit,
}

#[derive(Debug, Args)]
pub(super) struct MapFile {
    /// How the map is written
    #[arg(long, default_value = "json")]
    format: MapStyle,
}

/// How a map is written.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum MapStyle {
    Json,
    Geojson,
}

#[derive(Debug, Args)]
pub(super) struct Table {
    /// [default: csv for products and users, ndjson for orders and carts]
    #[arg(long)]
    format: Option<Format>,
}

/// How rows are written.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Csv,
    Ndjson,
}

impl Export {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        let request = match self {
            Self::Products(given) => given.request(ExportTable::Products, ExportFormat::Csv),
            Self::Users(given) => given.request(ExportTable::Users, ExportFormat::Csv),
            Self::Orders(given) => given.request(ExportTable::Orders, ExportFormat::Ndjson),
            Self::Carts(given) => given.request(ExportTable::Carts, ExportFormat::Ndjson),
            Self::Map(MapFile { format }) => Request::ExportMap {
                format: match format {
                    MapStyle::Json => MapFormat::Json,
                    MapStyle::Geojson => MapFormat::Geojson,
                },
            },
            Self::Audit => Request::ExportAudit,
        };
        global.ask_with(request, &mut std::io::empty(), &mut output::write)?;
        Ok(())
    }
}

impl Table {
    fn request(&self, table: ExportTable, default: ExportFormat) -> Request {
        let format = self.format.map_or(default, |format| match format {
            Format::Csv => ExportFormat::Csv,
            Format::Ndjson => ExportFormat::Ndjson,
        });
        Request::Export { table, format }
    }
}
