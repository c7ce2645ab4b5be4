//! `import`: files into the shop.

mod bar;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Global;
use super::output::{self, Failure, cell};
use crate::wire::control::{BODY_MAX_BYTES, Request};
use crate::wire::import::{ImportOptions, ImportReport, RowChange, UndoReport};

use self::bar::Bar;

/// Errors that are printed; all of them are in `--json`.
const ERRORS_SHOWN: usize = 50;
/// Changes of a dry run that are printed.
const CHANGES_SHOWN: usize = 50;
/// Longest value in a table, in characters.
const VALUE_SHOWN: usize = 40;

#[derive(Debug, Subcommand)]
pub(super) enum Import {
    /// Products, CSV or NDJSON, matched by sku, else by their first barcode
    #[command(after_help = "Example:\n  cartwright import products products.csv --dry-run\n  \
        cartwright import products supplier.csv --map 'Artikel=name;Preis=price;Notiz='\n  \
        cartwright import products openfoodfacts.csv --partial --set price=1.00\n\n\
        Columns: sku, barcodes, name, brand, category, description, price, stock, unit, weight_g,\n\
        tax_rate, min_age, allergens, location, active and a product's other fields. Only name\n\
        and price must be there; several values in a cell are separated by |. Common headers in\n\
        English and German and those of Open Food Facts are known; --map says what others are.\n\
        The file is checked whole before anything is written, and may be as long as it likes:\n\
        500,000 rows, 1 GiB. `cartwright import undo ID` takes all of it back.\n\n\
        A deposit is named by deposit_sku; its row stands before the rows of its bottles. Pictures\n\
        are paths: those below /misc/images/ that this shop does not have are left out and\n\
        counted, and a product that is there keeps its pictures as they are then.")]
    Products(Products),
    /// Users, CSV or NDJSON, matched by username, else by e-mail address
    #[command(after_help = "Example:\n  cartwright import users users.csv --partial\n\n\
        Columns: username, email, mobile_number, role, password_hash, name, disabled. An empty\n\
        hash makes an account without a password. Hashes may come from older systems: argon2id,\n\
        werkzeug's scrypt:, pbkdf2: and sha256$, bare SHA-256 in hexadecimal; each is replaced at\n\
        the first sign-in. A password that was set or used here stays. A row that raises the role\n\
        of an account with a password or number of its own is rejected: set its role with\n\
        `cartwright user set-role`. Role user is customer.\n\
        Numbers without + get the shop's country, and open the account once a code that was sent\n\
        there came back.")]
    Users(Rows),
    /// Promotions, CSV or NDJSON, matched by name
    #[command(after_help = "Example:\n  cartwright import promotions promotions.csv --dry-run\n\n\
        Columns: name, message, kind (percent, amount), value, scope (product, category, cart),\n\
        skus or product_ids, categories, starts_at, ends_at, active. Only name, kind, value and\n\
        what it covers must be there; several values in a cell are separated by |. A time without\n\
        an offset is in the store's time zone; starts_at is now unless given.")]
    Promotions(Rows),
    /// The store map
    #[command(after_help = "Examples:\n  cartwright import map map.json\n  \
        cartwright import map floor.geojson --dry-run\n  cartwright import map store.tmj\n\n\
        The file is the map's own JSON, GeoJSON (RFC 7946) or a map of the editor Tiled (.tmj);\n\
        its content tells which. Drawings: points are nodes, by kind (in Tiled: class) entrance,\n\
        checkout, shelf, junction, or shelf locations beside an aisle (location), or lift and\n\
        stairs; lines are aisles, and vertices within 1 cm of each other are one node; areas are\n\
        sections. Properties: id, floor (or level), aisle, one_way, closed, length, seconds,\n\
        width_m, hours. Degrees become metres. What had to be assumed is said;\n\
        `cartwright map lint` says what is wrong with a map.")]
    Map(Rows),
    /// Take an import of products back, whole
    #[command(after_help = "Example:\n  cartwright import undo 12\n\n\
        Products that were edited, deleted or sold since are left as they are, and named. Stock is\n\
        booked back. `cartwright import list` shows the numbers; the last 20 imports of 90 days\n\
        can be undone.")]
    Undo(Undo),
    /// Imports of products, the newest first
    #[command(after_help = "Example:\n  cartwright import list")]
    List(List),
}

#[derive(Debug, Args)]
pub(super) struct Products {
    #[command(flatten)]
    rows: Rows,
    /// What headers are: pairs such as 'Artikel=name;Preis=price;Notiz=', none leaves one out
    #[arg(long, value_name = "PAIRS", default_value = "", hide_default_value = true)]
    map: String,
    /// What a new product gets where its row says nothing, such as price=1.00; may be repeated
    #[arg(long, value_name = "COLUMN=VALUE")]
    set: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct Undo {
    /// The import's number
    id: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Rows {
    /// The file; - reads stdin
    file: PathBuf,
    /// Say what would happen and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Apply the good rows although others are bad
    #[arg(long)]
    partial: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Import {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        match self {
            Self::Products(Products { rows, map, set }) => {
                let defaults = set.join(";");
                let options = ImportOptions { map, defaults, ..rows.options() };
                rows.send(global, Request::ImportProducts(options))
            }
            Self::Users(rows) => rows.send(global, Request::ImportUsers(rows.options())),
            Self::Promotions(rows) => rows.send(global, Request::ImportPromotions(rows.options())),
            Self::Map(rows) => {
                let mut file = io::Cursor::new(read_file(&rows.file)?);
                let request = Request::ImportMap(rows.options());
                told_map(&global.ask_with(request, &mut file, &mut |_| Ok(()))?, &rows)
            }
            Self::Undo(Undo { id, json }) => {
                let mut bar = Bar::new(0);
                let request = Request::ImportUndo { id };
                let done = global.ask_with(request, &mut io::empty(), &mut |line| {
                    bar.told(line);
                    Ok(())
                });
                bar.clear();
                told_undo(&done?, json)
            }
            Self::List(List { json }) => {
                let members = ["id", "at", "state", "new", "changed", "unchanged", "rejected"];
                output::print_table(&global.ask(Request::ImportList)?, &members, json)
            }
        }
    }
}

impl Rows {
    fn options(&self) -> ImportOptions {
        let Self { dry_run, partial, .. } = *self;
        ImportOptions { dry_run, partial, ..ImportOptions::default() }
    }

    /// Sends the file, with a bar on a terminal, and tells what came of it.
    fn send(&self, global: &Global, request: Request) -> Result<(), Failure> {
        let (file, bytes) = open_file(&self.file)?;
        let mut bar = Bar::new(bytes);
        let mut file = bar.reader(file);
        let report = global.ask_with(request, &mut file, &mut |line| {
            bar.told(line);
            Ok(())
        });
        bar.clear();
        told(&report?, self)
    }
}

/// Opens the caller's file, with the caller's rights, and tells its length if it has one.
fn open_file(path: &Path) -> Result<(Box<dyn Read>, u64), Failure> {
    if path.as_os_str() == "-" {
        return Ok((Box::new(io::stdin()), 0));
    }
    let failed =
        |error: io::Error| Failure::new(format!("cannot read {}: {error}", path.display()));
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(Failure::new(format!("{} is a directory", path.display())));
    }
    Ok((Box::new(file), metadata.len()))
}

/// Reads the caller's file, with the caller's rights.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed =
        |error: io::Error| Failure::new(format!("cannot read {}: {error}", path.display()));
    let from: Box<dyn Read> = if path.as_os_str() == "-" {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path).map_err(failed)?)
    };
    let limit = u64::try_from(BODY_MAX_BYTES).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    from.take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > BODY_MAX_BYTES {
        let limit = BODY_MAX_BYTES / 1024 / 1024;
        let name = path.display();
        return Err(Failure::new(format!("{name} has more than {limit} MiB: split it")));
    }
    Ok(bytes)
}

fn told(json: &Value, rows: &Rows) -> Result<(), Failure> {
    let report: ImportReport = serde_json::from_value(json.clone())?;
    if rows.json {
        output::print_json(json)?;
    } else {
        let ImportReport { new, changed, unchanged, rejected, .. } = report;
        let what = if rows.dry_run { " (dry run: nothing was changed)" } else { "" };
        if rows.dry_run {
            print_changes(&report.changes, new + changed)?;
        }
        let id = report.id.map(|id| format!("import {id}: ")).unwrap_or_default();
        output::print(format!(
            "{id}{new} new, {changed} changed, {unchanged} unchanged, {rejected} rejected{what}"
        ))?;
        if report.images_left_out > 0 {
            output::print(format!(
                "{} pictures were left out: this shop does not have them",
                report.images_left_out
            ))?;
        }
    }
    for error in report.errors.iter().take(ERRORS_SHOWN) {
        let field = if error.field.is_empty() { "" } else { &format!("{}: ", error.field) };
        eprintln!("line {}: {field}{}", error.line, error.message);
    }
    if report.errors.len() > ERRORS_SHOWN {
        eprintln!("... and more: --json prints up to 1000");
    }
    if report.rejected == 0 {
        return Ok(());
    }
    Err(Failure::new(match (rows.dry_run, report.applied) {
        (true, _) => "some rows would be rejected",
        (_, true) => "some rows were rejected, the others are in",
        _ => "nothing was imported: correct these lines, or import the others with --partial",
    }))
}

/// What a dry run would do, member by member.
fn print_changes(changes: &[RowChange], all: usize) -> Result<(), Failure> {
    let mut lines = Vec::new();
    for change in changes.iter().take(CHANGES_SHOWN) {
        let name = change.sku.as_deref().unwrap_or(&change.name);
        for (field, values) in &change.fields {
            lines.push(json!({
                "line": change.line, "what": change.verdict, "product": shown(&name.into()),
                "field": field, "before": shown(&values.before), "after": shown(&values.after),
            }));
        }
    }
    if lines.is_empty() {
        return Ok(());
    }
    let members = ["line", "what", "product", "field", "before", "after"];
    output::print_table(&lines.into(), &members, false)?;
    if all > CHANGES_SHOWN {
        output::print(format!("... and {} rows more", all - CHANGES_SHOWN))?;
    }
    Ok(())
}

/// A value as a cell of a table.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join("|"),
        other => cell(other),
    };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(VALUE_SHOWN) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text,
    }
}

fn told_undo(json: &Value, as_json: bool) -> Result<(), Failure> {
    let UndoReport { id, restored, deleted, kept } = serde_json::from_value(json.clone())?;
    if as_json {
        return output::print_json(json);
    }
    output::print(format!(
        "import {id} is undone: {restored} products are what they were, {deleted} are gone again, \
         {} are left as they are",
        kept.len()
    ))?;
    for product in kept {
        output::print(format!("{} {}: {}", product.product_id, product.sku, product.reason))?;
    }
    Ok(())
}

fn told_map(map: &Value, rows: &Rows) -> Result<(), Failure> {
    if rows.json {
        return output::print_json(map);
    }
    let what = if rows.dry_run { "is good (dry run: nothing was changed)" } else { "is in use" };
    let count = |member: &str| cell(&map[member]);
    let notes = map["notes"].as_array().map_or(&[][..], Vec::as_slice);
    for note in notes {
        eprintln!("note: {}", cell(&note["message"]));
    }
    if let Some(more @ 1..) = map["more"].as_u64() {
        eprintln!("note: and {more} more like these");
    }
    output::print(format!(
        "map {}: {} nodes, {} edges, {} locations {what}",
        count("name"),
        count("nodes"),
        count("edges"),
        count("locations")
    ))
}
