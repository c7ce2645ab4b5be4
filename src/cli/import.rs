//! `import`: files into the shop.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::Value;

use super::Global;
use super::output::{self, Failure, cell};
use crate::wire::control::{BODY_MAX_BYTES, Request};
use crate::wire::import::{ImportOptions, ImportReport};

/// Errors that are printed; all of them are in `--json`.
const ERRORS_SHOWN: usize = 50;

#[derive(Debug, Subcommand)]
pub(super) enum Import {
    /// Products, CSV or NDJSON, matched by sku, else by their first barcode
    #[command(after_help = "Example:\n  cartwright import products products.csv --dry-run\n\n\
        Columns: sku, barcodes, name, brand, category, description, price, stock, unit, weight_g,\n\
        tax_rate, min_age, allergens, location, active and a product's other fields. Only name\n\
        and price must be there; several values in a cell are separated by |.")]
    Products(Rows),
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
    #[command(after_help = "Example:\n  cartwright import map map.json")]
    Map(Rows),
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
        let (rows, request): (Rows, fn(ImportOptions) -> Request) = match self {
            Self::Products(rows) => (rows, Request::ImportProducts),
            Self::Users(rows) => (rows, Request::ImportUsers),
            Self::Promotions(rows) => (rows, Request::ImportPromotions),
            Self::Map(rows) => {
                let options = rows.options();
                let file = read_file(&rows.file)?;
                let map = global.ask_with(Request::ImportMap(options), file, &mut |_| Ok(()))?;
                return told_map(&map, &rows);
            }
        };
        let (options, file) = (rows.options(), read_file(&rows.file)?);
        let report = global.ask_with(request(options), file, &mut |_| Ok(()))?;
        told(&report, &rows)
    }
}

impl Rows {
    const fn options(&self) -> ImportOptions {
        ImportOptions { dry_run: self.dry_run, partial: self.partial }
    }
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
        output::print(format!(
            "{new} new, {changed} changed, {unchanged} unchanged, {rejected} rejected{what}"
        ))?;
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

fn told_map(map: &Value, rows: &Rows) -> Result<(), Failure> {
    if rows.json {
        return output::print_json(map);
    }
    let what = if rows.dry_run { "is good (dry run: nothing was changed)" } else { "is in use" };
    let count = |member: &str| cell(&map[member]);
    output::print(format!(
        "map {}: {} nodes, {} edges, {} locations {what}",
        count("name"),
        count("nodes"),
        count("edges"),
        count("locations")
    ))
}
