//! Promotions from a file: matched by their name.

use serde::Deserialize;

use super::table::{self, Columns, Kind, Members};
use super::{Checked, ImportFile, Parsed, Seen, Source, Verdict};
use crate::app::audit::{Change, shapes};
use crate::app::promotions::{create, update};
use crate::app::{App, Error, Result, Staff};
use crate::domain::codes::Sku;
use crate::domain::invalid::FieldErrors;
use crate::domain::promotions::PromotionPatch;
use crate::domain::settings::StoreSettings;
use crate::storage::{Reader, WriteTx, products, promotions};
use crate::wire::import::{ImportOptions, ImportReport};
use crate::wire::promotion::PromotionInput;

/// The columns of a file of promotions; `name`, `kind` and `value` must be there for new ones.
/// Products are named by `skus` or by `product_ids`.
pub(in crate::app) const COLUMNS: Columns = &[
    ("name", Kind::Word),
    ("message", Kind::Clearable),
    ("kind", Kind::Word),
    ("value", Kind::Decimal),
    ("scope", Kind::Word),
    ("skus", Kind::List),
    ("product_ids", Kind::WholeList),
    ("categories", Kind::List),
    ("starts_at", Kind::Word),
    ("ends_at", Kind::Clearable),
    ("active", Kind::Flag),
    ("id", Kind::Ignored),
    ("running", Kind::Ignored),
    ("version", Kind::Ignored),
    ("created_at", Kind::Ignored),
    ("updated_at", Kind::Ignored),
];

/// A row that was read.
#[derive(Debug, Clone)]
struct Row {
    name: String,
    patch: PromotionPatch,
    /// Products by what every shop calls the same; ids differ from shop to shop.
    skus: Vec<Sku>,
}

/// The one member that the API does not have.
#[derive(Debug, Deserialize)]
struct Skus {
    skus: Option<Vec<String>>,
}

impl App {
    /// Brings in a file of promotions, CSV or NDJSON. What runs by it is announced by the server,
    /// at once or when it starts.
    pub async fn import_promotions(
        &self,
        staff: &Staff,
        file: impl Into<ImportFile>,
        options: ImportOptions,
    ) -> Result<ImportReport> {
        let file = file.into();
        let settings = self.settings().clone();
        let source = Source::of(self.act(staff), "promotion.import", "promotion", &file);
        let parsed = {
            let settings = settings.clone();
            tokio::task::spawn_blocking({
                let options = options.clone();
                move || parse(&file, &options, &settings)
            })
        };
        let parsed = parsed.await.map_err(|error| Error::Internal(error.to_string()))??;
        let now = self.now();
        let report = self
            .import_rows(parsed, options, source, move |tx, row| apply(tx, &settings, row, now))
            .await?;
        self.tell_promotions();
        Ok(report)
    }
}

fn apply(
    tx: &mut WriteTx<'_>,
    settings: &StoreSettings,
    row: &Row,
    now: jiff::Timestamp,
) -> Result<Verdict> {
    let mut patch = row.patch.clone();
    if !row.skus.is_empty() {
        patch.product_ids = Some(products_of(tx, &row.skus)?);
    }
    let mut same_name = promotions::all(tx)?.into_iter().filter(|it| it.name == row.name);
    let Some(found) = same_name.next() else {
        create(tx, settings, &patch, now)?;
        return Ok(Verdict::New);
    };
    if let Some(other) = same_name.next() {
        let message = format!("means both promotion {} and promotion {}", found.id, other.id);
        return Err(Error::field("name", message));
    }
    let shape = |promotion: &_| shapes::promotion(promotion, &settings.currency, now);
    let before = shape(&found);
    let (after, changed) = update(tx, settings, found, &patch, now)?;
    if !changed {
        return Ok(Verdict::Unchanged);
    }
    Ok(Verdict::Changed(after.id.to_string(), Change::between(before, shape(&after))))
}

fn products_of(tx: &impl Reader, skus: &[Sku]) -> Result<Vec<crate::domain::id::ProductId>> {
    let mut unknown = FieldErrors::new();
    let mut ids = Vec::with_capacity(skus.len());
    for sku in skus {
        match products::by_sku(tx, sku)? {
            Some(id) => ids.push(id),
            None => unknown.push("skus", format!("{sku} is no product's")),
        }
    }
    unknown.into_result()?;
    Ok(ids)
}

fn parse(
    file: &ImportFile,
    options: &ImportOptions,
    settings: &StoreSettings,
) -> Result<Parsed<Row>> {
    let Parsed { rows: raw, mut errors } = table::read_all(file, COLUMNS, options)?;
    let mut seen = Seen::default();
    let mut rows = Vec::with_capacity(raw.len());
    for Checked { line, row } in raw {
        match checked(line, row, settings, &mut seen) {
            Ok(row) => rows.push(Checked { line, row }),
            Err(reasons) => errors.reject(line, reasons),
        }
    }
    Ok(Parsed { rows, errors })
}

fn checked(
    line: usize,
    members: Members,
    settings: &StoreSettings,
    seen: &mut Seen,
) -> std::result::Result<Row, Vec<(String, String)>> {
    let (skus, members): (Members, Members) =
        members.into_iter().partition(|(name, _)| name == "skus");
    let Skus { skus } = table::typed(&skus)?;
    let input: PromotionInput = table::typed(&members)?;
    let patch = input.into_patch(&settings.time_zone).map_err(|fields| reasons(&fields))?;
    let mut errors = FieldErrors::new();
    let name = patch.name.as_deref().map(str::trim).unwrap_or_default().to_owned();
    if name.is_empty() {
        errors.push("name", "is required");
    } else {
        errors.take("name", seen.check("name", &name, line));
    }
    let skus = skus.unwrap_or_default();
    if !skus.is_empty() && patch.product_ids.as_ref().is_some_and(|ids| !ids.is_empty()) {
        errors.push("skus", "name the same as product_ids: give one of them");
    }
    let skus = skus.iter().filter_map(|sku| errors.take("skus", sku.parse())).collect();
    errors.into_result().map_err(|fields| reasons(&fields))?;
    Ok(Row { name, patch, skus })
}

fn reasons(fields: &FieldErrors) -> Vec<(String, String)> {
    fields.iter().map(|error| (error.field.clone(), error.message.clone())).collect()
}
